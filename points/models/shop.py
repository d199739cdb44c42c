"""The shop: tills, goods, stock and its movements, receipts, undone receipts and refusals."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, BooleanField, CharField, Check, ForeignKeyField, IntegerField, TextField

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table, one_of
from points.models.ledger import Transfer
from points.models.people import Card, Household, Person

MOVEMENTS = ("receive", "redeem", "undo")
GOODS_CATEGORIES = ("粮油", "调味", "日化", "纸品", "清洁", "厨具", "家纺", "文具", "农具", "其他")


class Shop(Table):
    """A shop that serves an area and all below it. `code` begins its receipt numbers."""

    area: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT")
    area_id: int
    code = CharField(max_length=8, unique=True)
    name = CharField(max_length=40)
    hours = CharField(max_length=60, default="")
    active = BooleanField(default=True)

    class Meta:
        constraints = [Check("length(name) > 0")]


class Till(Table):
    """A counter of a shop; its receipts are numbered without a gap."""

    shop: Any = ForeignKeyField(Shop, backref="tills", on_delete="RESTRICT", index=False)
    shop_id: int
    number = IntegerField()
    sequence = IntegerField(default=0)

    class Meta:
        constraints = [Check("number > 0"), Check("sequence >= 0")]
        indexes = ((("shop", "number"), True),)


class Goods(Table):
    """Goods of one shop, priced in points. Never cash, vouchers, tobacco, alcohol or medicine."""

    shop: Any = ForeignKeyField(Shop, backref="goods", on_delete="RESTRICT", index=False)
    shop_id: int
    name = CharField(max_length=40)
    initials = CharField(max_length=40, default="")
    unit = CharField(max_length=8)
    category = CharField(max_length=8)
    price = IntegerField()
    hidden = BooleanField(default=False)

    class Meta:
        constraints = [one_of("category", GOODS_CATEGORIES), Check("price > 0"), Check("length(name) > 0")]
        indexes = ((("shop", "name"), True),)


class GoodsPrice(Table):
    """The price of goods from a moment on, and who set it."""

    goods: Any = ForeignKeyField(Goods, backref="prices", on_delete="RESTRICT")
    price = IntegerField()
    since = UTCField()
    set_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)

    class Meta:
        constraints = [Check("price > 0")]


class Stock(Table):
    """How many of the goods are on the shelf; never below zero."""

    id = None
    goods: Any = ForeignKeyField(Goods, primary_key=True, on_delete="RESTRICT")
    on_hand = IntegerField(default=0)

    class Meta:
        constraints = [Check("on_hand >= 0")]


class StockMovement(Table):
    """One change of stock and what caused it; append-only."""

    goods: Any = ForeignKeyField(Goods, backref="movements", on_delete="RESTRICT")
    goods_id: int
    kind = CharField(max_length=8)
    change = IntegerField()
    on_hand_after = IntegerField()
    cause_type = CharField(max_length=12)
    cause_id = BigIntegerField()
    note = CharField(max_length=60, default="")
    actor_id = BigIntegerField()
    recorded_at = UTCField()

    class Meta:
        constraints = [
            one_of("kind", MOVEMENTS),
            Check("(kind = 'redeem') = (change < 0)"),
            Check("change <> 0"),
            Check("on_hand_after >= 0"),
        ]


class Receipt(Table):
    """A receipt 凭证: number shop-till-sequence, gapless per till; append-only.

    `via` is how the card was read; `pin` whether its PIN was given; `collector` who took the goods.
    """

    till: Any = ForeignKeyField(Till, backref="receipts", on_delete="RESTRICT", index=False)
    till_id: int
    sequence = IntegerField()
    number = CharField(max_length=24, unique=True)
    household: Any = ForeignKeyField(Household, backref="+", on_delete="RESTRICT", index=False)
    household_id: int
    card: Any = ForeignKeyField(Card, backref="+", on_delete="RESTRICT", index=False)
    collector: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    clerk: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    clerk_id: int
    via = CharField(max_length=8)
    pin = BooleanField()
    points = IntegerField()
    balance_after = BigIntegerField()
    transfer: Any = ForeignKeyField(Transfer, unique=True, backref="+", on_delete="RESTRICT")
    transfer_id: int
    recorded_at = UTCField()

    class Meta:
        constraints = [one_of("via", ("scan", "typed")), Check("via = 'scan' OR pin"), Check("points > 0")]
        indexes = ((("till", "sequence"), True), (("household", "recorded_at"), False))


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
    """A receipt undone, once, with its reason: points and stock went back."""

    id = None
    receipt: Any = ForeignKeyField(Receipt, primary_key=True, on_delete="RESTRICT")
    reason = CharField(max_length=120)
    undone_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    undone_at = UTCField()


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
