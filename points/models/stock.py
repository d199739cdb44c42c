"""Stock 库存: batches, the movements that change it, and the papers behind them."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, CharField, Check, DateField, ForeignKeyField, IntegerField

from points.db import UTCField
from points.models.base import Table, one_of
from points.models.goods import Goods
from points.models.people import Person
from points.models.shop import Shop

MOVEMENTS = ("receive", "donate", "redeem", "undo", "loss", "move_out", "move_in", "count")
RECEIVINGS = ("purchase", "donation")
STOCKTAKE_STATES = ("counting", "counted", "approved", "dropped")


class Stock(Table):
    """How many of the goods are on the shelf, and how many of these are set aside for reservations."""

    id = None
    goods: Any = ForeignKeyField(Goods, primary_key=True, on_delete="RESTRICT")
    on_hand = IntegerField(default=0)
    reserved = IntegerField(default=0)

    class Meta:
        constraints = [Check("on_hand >= 0"), Check("reserved >= 0"), Check("reserved <= on_hand")]


class Receiving(Table):
    """A delivery: bought from a supplier, or given by a donor. Each kind is numbered without a gap in its shop."""

    shop: Any = ForeignKeyField(Shop, backref="+", on_delete="RESTRICT", index=False)
    shop_id: int
    kind = CharField(max_length=8)
    number = IntegerField()
    source = CharField(max_length=60)
    voucher = CharField(max_length=60, default="")
    note = CharField(max_length=120, default="")
    received_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    received_at = UTCField()

    class Meta:
        constraints = [one_of("kind", RECEIVINGS), Check("number > 0"), Check("length(source) > 0")]
        indexes = ((("shop", "kind", "number"), True),)


class StockBatch(Table):
    """Pieces that came together: their best-before day, what one cost in fen, and how many are left.

    The batch that spoils first goes out first; without a day it goes last.
    """

    goods: Any = ForeignKeyField(Goods, backref="batches", on_delete="RESTRICT")
    goods_id: int
    receiving: Any = ForeignKeyField(Receiving, null=True, backref="batches", on_delete="RESTRICT")
    best_before: Any = DateField(null=True)
    cost_fen = IntegerField(default=0)
    remaining = IntegerField()

    class Meta:
        constraints = [Check("remaining >= 0"), Check("cost_fen >= 0")]


class StockMovement(Table):
    """One change of a batch and what caused it; append-only. *on_hand_after* counts all batches of the goods."""

    goods: Any = ForeignKeyField(Goods, backref="movements", on_delete="RESTRICT")
    goods_id: int
    batch: Any = ForeignKeyField(StockBatch, backref="+", on_delete="RESTRICT", index=False)
    batch_id: int
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
            Check("kind = 'count' OR (kind IN ('redeem', 'loss', 'move_out')) = (change < 0)"),
            Check("change <> 0"),
            Check("on_hand_after >= 0"),
        ]
        indexes = ((("cause_type", "cause_id"), False),)


class Loss(Table):
    """Pieces that were broken, spoiled or missing, with a reason; its photos prove it."""

    goods: Any = ForeignKeyField(Goods, backref="+", on_delete="RESTRICT")
    goods_id: int
    quantity = IntegerField()
    reason = CharField(max_length=60)
    recorded_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    recorded_at = UTCField()

    class Meta:
        constraints = [Check("quantity > 0"), Check("length(reason) > 0")]


class Removal(Table):
    """Pieces brought from one shop to the same goods of another."""

    source: Any = ForeignKeyField(Goods, backref="+", on_delete="RESTRICT")
    target: Any = ForeignKeyField(Goods, backref="+", on_delete="RESTRICT")
    source_id: int
    target_id: int
    quantity = IntegerField()
    note = CharField(max_length=60, default="")
    moved_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    moved_at = UTCField()

    class Meta:
        constraints = [Check("quantity > 0"), Check("source_id <> target_id")]


class Stocktake(Table):
    """A stocktake 盘点: counted without seeing what the book says; its differences are approved by a second person."""

    shop: Any = ForeignKeyField(Shop, backref="+", on_delete="RESTRICT", index=False)
    shop_id: int
    state = CharField(max_length=8, default="counting")
    started_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    started_by_id: int
    started_at = UTCField()
    counted_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    counted_by_id: int | None
    counted_at = UTCField(null=True)
    approved_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    approved_by_id: int | None
    approved_at = UTCField(null=True)
    note = CharField(max_length=120, default="")

    class Meta:
        constraints = [
            one_of("state", STOCKTAKE_STATES),
            Check("approved_by_id IS NULL OR approved_by_id <> counted_by_id"),
            Check("approved_by_id IS NULL OR approved_by_id <> started_by_id"),
        ]
        indexes = ((("shop", "state"), False),)


# One is under way in a shop at a time.
Stocktake.add_index(Stocktake.index(Stocktake.shop, unique=True).where(Stocktake.state.in_(("counting", "counted"))))


class StocktakeLine(Table):
    """Goods of a stocktake: how many were counted, and what the book said at that moment."""

    stocktake: Any = ForeignKeyField(Stocktake, backref="lines", on_delete="RESTRICT", index=False)
    goods: Any = ForeignKeyField(Goods, backref="+", on_delete="RESTRICT", index=False)
    goods_id: int
    counted = IntegerField(null=True)
    expected = IntegerField(null=True)
    counted_at = UTCField(null=True)

    class Meta:
        constraints = [Check("counted IS NULL OR counted >= 0"), Check("(counted IS NULL) = (expected IS NULL)")]
        indexes = ((("stocktake", "goods"), True),)
