"""Money in fen, never mixed with points: the fund 微基金, settlements 结算 with contracted shops, cover by month."""

from __future__ import annotations

from typing import Any

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    Check,
    CompositeKey,
    DateField,
    ForeignKeyField,
    IntegerField,
)

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table, one_of
from points.models.ledger import Transfer
from points.models.people import Person
from points.models.receipt import Receipt
from points.models.shop import Shop

SOURCES = ("grant", "donation", "dividend", "profit", "other")
"""Where the fund's money comes from."""
FUND_ACCOUNTS = (*SOURCES, "fund", "committed", "spent")
FUND_FLOORS = ("fund", "committed")
"""Accounts that keep their balance and never fall below zero; the others are summed."""
FUND_KINDS = ("income", "commit", "release", "spend", "reversal")
SETTLEMENT_STATES = ("drawn", "paid", "closed", "dropped")


class FundAccount(Table):
    """What a village's fund holds in fen: free (``fund``) or promised (``committed``)."""

    id = None
    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    type = CharField(max_length=10)
    fen = BigIntegerField(default=0)

    class Meta:
        primary_key = CompositeKey("village", "type")
        constraints = [one_of("type", FUND_FLOORS), Check("fen >= 0")]


class FundTransfer(Table):
    """Money that moved between two of a village's accounts, with its voucher; append-only.

    *commitment* is the ``commit`` out of which it was spent or to which it was released; *answers* the transfer that a
    reversal takes back, once. *cause_type* and *cause_id* name a settlement that it paid.
    """

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    kind = CharField(max_length=10)
    source = CharField(max_length=10)
    target = CharField(max_length=10)
    fen = BigIntegerField()
    voucher = CharField(max_length=60, default="")
    note = CharField(max_length=120, default="")
    day: Any = DateField()
    commitment: Any = ForeignKeyField("self", null=True, backref="+", on_delete="RESTRICT", index=False)
    commitment_id: int | None
    answers: Any = ForeignKeyField("self", null=True, backref="+", on_delete="RESTRICT", index=False)
    answers_id: int | None
    cause_type = CharField(max_length=12, default="")
    cause_id = BigIntegerField(null=True)
    recorded_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    recorded_at = UTCField()

    class Meta:
        constraints = [
            one_of("kind", FUND_KINDS),
            one_of("source", FUND_ACCOUNTS),
            one_of("target", FUND_ACCOUNTS),
            Check("fen > 0"),
            Check("source <> target"),
            Check("(kind = 'reversal') = (answers_id IS NOT NULL)"),
        ]
        indexes = ((("village", "id"), False),)


FundTransfer.add_index(FundTransfer.index(FundTransfer.answers, unique=True).where(FundTransfer.answers.is_null(False)))
FundTransfer.add_index(FundTransfer.index(FundTransfer.commitment).where(FundTransfer.commitment.is_null(False)))


class Settlement(Table):
    """What a contracted shop gave a village's households, up to the end of a local month, and is paid for, in fen.

    *points* of *receipts*, less *undone_points* of receipts *undone* since; *fen* by the worth frozen on each receipt.
    """

    shop: Any = ForeignKeyField(Shop, backref="+", on_delete="RESTRICT", index=False)
    shop_id: int
    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    month = CharField(max_length=7)
    state = CharField(max_length=8, default="drawn")
    receipts = IntegerField()
    points = BigIntegerField()
    undone = IntegerField()
    undone_points = BigIntegerField()
    fen = BigIntegerField()
    drawn_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    drawn_at = UTCField()
    shop_signed_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    shop_signed_by_id: int | None
    shop_signed_at = UTCField(null=True)
    village_signed_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    village_signed_by_id: int | None
    village_signed_at = UTCField(null=True)
    paid_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    paid_at = UTCField(null=True)
    payment: Any = ForeignKeyField(FundTransfer, null=True, backref="+", on_delete="RESTRICT", index=False)
    transfer: Any = ForeignKeyField(Transfer, null=True, backref="+", on_delete="RESTRICT", index=False)
    closed_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    closed_at = UTCField(null=True)

    class Meta:
        constraints = [
            one_of("state", SETTLEMENT_STATES),
            Check("fen > 0"),
            Check(
                "shop_signed_by_id IS NULL OR village_signed_by_id IS NULL OR shop_signed_by_id <> village_signed_by_id"
            ),
            Check("state NOT IN ('paid', 'closed') OR (shop_signed_at IS NOT NULL AND village_signed_at IS NOT NULL)"),
            Check("(state IN ('paid', 'closed')) = (paid_at IS NOT NULL)"),
            Check("(state = 'closed') = (closed_at IS NOT NULL)"),
        ]


Settlement.add_index(
    Settlement.index(Settlement.shop, Settlement.village, Settlement.month, unique=True).where(
        Settlement.state != "dropped"
    )
)

Settlement.add_index(Settlement.index(Settlement.village, Settlement.id))
Settlement.add_index(Settlement.index(Settlement.state, Settlement.shop))


class SettlementItem(Table):
    """A receipt in a settlement, once; and once more, as *undone*, if it was undone: then perhaps in a later one."""

    id = None
    receipt: Any = ForeignKeyField(Receipt, backref="+", on_delete="RESTRICT", index=False)
    undone = BooleanField()
    settlement: Any = ForeignKeyField(Settlement, backref="items", on_delete="RESTRICT")

    class Meta:
        primary_key = CompositeKey("receipt", "undone")


class CoverMonth(Table):
    """A village's points and what stands behind them, as last seen in a local month, and what moved in it.

    *outstanding*, *awarded*, *redeemed* in points; the rest in fen. *seen_on*: the local day of the figures.
    """

    id = None
    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    month = CharField(max_length=7)
    seen_on: Any = DateField()
    worth_fen = IntegerField()
    outstanding = BigIntegerField()
    fund_fen = BigIntegerField()
    stock_fen = BigIntegerField()
    unsettled_fen = BigIntegerField()
    awarded = BigIntegerField()
    redeemed = BigIntegerField()
    income_fen = BigIntegerField()
    spent_fen = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("village", "month")
        indexes = ((("seen_on",), False),)
