"""Receipts 凭证, undone receipts and refusals; who may collect 代领 beside the household; codes shown by a phone."""

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
    TextField,
)

from points.db import UTCField
from points.models.base import Table, one_of
from points.models.goods import Goods
from points.models.ledger import Transfer
from points.models.people import Card, Household, Person
from points.models.reservation import Reservation
from points.models.shop import Shift, Till

VIAS = ("scan", "typed", "photo", "phone", "ticket")
"""How a customer showed who they are: card scanned, its number typed, a photo of it, their phone's code, a ticket."""
PAPERS = ("58", "80", "a5")


class Proxy(Table):
    """Someone whom a household lets collect its goods 代领, until the end of a local day or until revoked.

    *person*: who it is, if the village knows them.
    """

    household: Any = ForeignKeyField(Household, backref="proxies", on_delete="RESTRICT")
    household_id: int
    name = CharField(max_length=40)
    person: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    person_id: int | None
    until: Any = DateField()
    granted_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    granted_at = UTCField()
    revoked_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    revoked_at = UTCField(null=True)

    class Meta:
        constraints = [Check("length(name) > 0")]


# Few proxies are villagers.
Proxy.add_index(Proxy.index(Proxy.person).where(Proxy.person.is_null(False)))


class PhoneCode(Table):
    """A code shown by a person's phone, once a till has read it: for that till's next redemption alone."""

    id = None
    person: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    step = BigIntegerField()
    till: Any = ForeignKeyField(Till, backref="+", on_delete="RESTRICT", index=False)
    clerk: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    read_at = UTCField()
    used = BooleanField(default=False)

    class Meta:
        primary_key = CompositeKey("person", "step")


class Receipt(Table):
    """A receipt 凭证: number shop-till-sequence, gapless per till; append-only.

    `via` is how the customer showed who they are; `pin` whether the PIN was given; `collector` a member of the
    household, or else `proxy` took the goods. *points* were paid of its balance; *cash_points* more were missing and
    paid as *cash_fen*; *worth_fen* is what a point was worth then.
    """

    till: Any = ForeignKeyField(Till, backref="receipts", on_delete="RESTRICT", index=False)
    till_id: int
    sequence = IntegerField()
    number = CharField(max_length=24, unique=True)
    household: Any = ForeignKeyField(Household, backref="+", on_delete="RESTRICT", index=False)
    household_id: int
    card: Any = ForeignKeyField(Card, null=True, backref="+", on_delete="RESTRICT", index=False)
    collector: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    collector_id: int | None
    proxy: Any = ForeignKeyField(Proxy, null=True, backref="+", on_delete="RESTRICT", index=False)
    proxy_id: int | None
    clerk: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    clerk_id: int
    shift: Any = ForeignKeyField(Shift, backref="+", on_delete="RESTRICT", index=False)
    shift_id: int
    reservation: Any = ForeignKeyField(Reservation, null=True, backref="+", on_delete="RESTRICT", index=False)
    reservation_id: int | None
    via = CharField(max_length=8)
    pin = BooleanField()
    points = IntegerField()
    worth_fen = IntegerField()
    cash_points = IntegerField(default=0)
    cash_fen = BigIntegerField(default=0)
    balance_after = BigIntegerField()
    transfer: Any = ForeignKeyField(Transfer, unique=True, backref="+", on_delete="RESTRICT")
    transfer_id: int
    recorded_at = UTCField()

    class Meta:
        constraints = [
            one_of("via", VIAS),
            Check("pin OR via IN ('scan', 'phone', 'ticket')"),
            Check("points > 0"),
            Check("worth_fen > 0"),
            Check("cash_points >= 0 AND cash_fen >= 0 AND (cash_points = 0) = (cash_fen = 0)"),
            Check("(collector_id IS NULL) <> (proxy_id IS NULL)"),
            Check("card_id IS NOT NULL OR via = 'phone' OR reservation_id IS NOT NULL"),
        ]
        indexes = ((("till", "sequence"), True), (("household", "recorded_at"), False))


# Few receipts are of a reservation or of a proxy; the others shall not pay for these.
Receipt.add_index(Receipt.index(Receipt.reservation, unique=True).where(Receipt.reservation.is_null(False)))
Receipt.add_index(Receipt.index(Receipt.household, Receipt.id).where(Receipt.proxy.is_null(False)))


class ReceiptLine(Table):
    """One sort of goods on a receipt, with the price of the moment."""

    receipt: Any = ForeignKeyField(Receipt, backref="lines", on_delete="RESTRICT")
    goods: Any = ForeignKeyField(Goods, backref="+", on_delete="RESTRICT")
    name = CharField(max_length=40)
    unit = CharField(max_length=8)
    price = IntegerField()
    quantity = IntegerField()

    class Meta:
        constraints = [Check("price > 0"), Check("quantity > 0")]


class ReceiptUndo(Table):
    """A receipt undone, once, with its reason: points, stock and cash went back, the cash out of the *shift*'s till."""

    id = None
    receipt: Any = ForeignKeyField(Receipt, primary_key=True, on_delete="RESTRICT")
    receipt_id: int
    reason = CharField(max_length=120)
    undone_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    undone_at = UTCField()
    shift: Any = ForeignKeyField(Shift, null=True, backref="+", on_delete="RESTRICT")


class ReceiptPrint(Table):
    """A receipt put on paper; every print but the first is a copy."""

    receipt: Any = ForeignKeyField(Receipt, backref="prints", on_delete="RESTRICT", index=False)
    number = IntegerField()
    paper = CharField(max_length=2)
    printed_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    printed_at = UTCField()

    class Meta:
        constraints = [one_of("paper", PAPERS), Check("number > 0")]
        indexes = ((("receipt", "number"), True),)


class Refusal(Table):
    """What the counter refused, whom, and why; kept for the day's list."""

    till: Any = ForeignKeyField(Till, backref="refusals", on_delete="RESTRICT", index=False)
    till_id: int
    clerk: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    household_id = BigIntegerField(null=True)
    code = CharField(max_length=40)
    values = TextField(default="{}", column_name="details")
    recorded_at = UTCField()

    class Meta:
        indexes = ((("till", "recorded_at"), False),)
