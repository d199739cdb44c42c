"""Shops: their tills, when they are open, and the shifts 班次 that clerks sign off."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, BooleanField, CharField, Check, DateField, ForeignKeyField, IntegerField

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table
from points.models.people import Person

MOST_HOLD_DAYS = 30
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


class Shop(Table):
    """A shop that serves an area and all below it. `code` begins its receipt numbers.

    *contracted*: not the village's own; it is paid monthly for what it gave. *takes_cash*: missing points may be paid
    in cash. *van*: it visits villages by calendar. *hold_days*: so long a reservation waits to be collected.
    """

    area: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT")
    area_id: int
    code = CharField(max_length=8, unique=True)
    name = CharField(max_length=40)
    hours = CharField(max_length=60, default="")
    active = BooleanField(default=True)
    contracted = BooleanField(default=False)
    takes_cash = BooleanField(default=False)
    van = BooleanField(default=False)
    hold_days = IntegerField(default=7)

    class Meta:
        constraints = [Check("length(name) > 0"), Check(f"hold_days BETWEEN 1 AND {MOST_HOLD_DAYS}")]


class Till(Table):
    """A counter of a shop; its receipts are numbered without a gap. `shift_id` is the shift that sold last."""

    shop: Any = ForeignKeyField(Shop, backref="tills", on_delete="RESTRICT", index=False)
    shop_id: int
    number = IntegerField()
    sequence = IntegerField(default=0)
    shift_id = BigIntegerField(null=True)

    class Meta:
        constraints = [Check("number > 0"), Check("sequence >= 0")]
        indexes = ((("shop", "number"), True),)


class OpeningHour(Table):
    """A shop is open on a weekday (0: Monday) between two times, in minutes after midnight.

    *redeems*: whether goods are given for points then.
    """

    shop: Any = ForeignKeyField(Shop, backref="opening_hours", on_delete="RESTRICT", index=False)
    shop_id: int
    weekday = IntegerField()
    opens = IntegerField()
    closes = IntegerField()
    redeems = BooleanField(default=True)

    class Meta:
        constraints = [
            Check("weekday BETWEEN 0 AND 6"),
            Check("opens >= 0 AND opens < closes AND closes <= 1440"),
        ]
        indexes = ((("shop", "weekday", "opens"), True),)


class ShopDay(Table):
    """A day unlike others: the van stands at a *place* in an area, or the shop opens at other times.

    Without times it is closed. A day's rows take the place of its weekday's hours.
    """

    shop: Any = ForeignKeyField(Shop, backref="days", on_delete="RESTRICT", index=False)
    shop_id: int
    day: Any = DateField()
    area: Any = ForeignKeyField(Area, null=True, backref="+", on_delete="RESTRICT", index=False)
    area_id: int | None
    place = CharField(max_length=40, default="")
    opens = IntegerField(null=True)
    closes = IntegerField(null=True)

    class Meta:
        constraints = [
            Check("(opens IS NULL) = (closes IS NULL)"),
            Check("opens IS NULL OR (opens >= 0 AND opens < closes AND closes <= 1440)"),
        ]
        indexes = ((("shop", "day"), False), (("area", "day"), False))


class Shift(Table):
    """A clerk's local day at a till. Signed off it is frozen, and holds what was counted then; cash is in fen.

    Its receipts name it; `first_sequence` is where to look for them. *next_clerk*: handed over to, who signs by
    *taken_at*; a shift that was closed without is the clerk's last of that day at that till.
    """

    till: Any = ForeignKeyField(Till, backref="shifts", on_delete="RESTRICT", index=False)
    till_id: int
    clerk: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    clerk_id: int
    day: Any = DateField()
    first_sequence = IntegerField()
    opened_at = UTCField()
    closed_at = UTCField(null=True)
    redemptions = IntegerField(null=True)
    points = BigIntegerField(null=True)
    cash_fen = BigIntegerField(null=True)
    undone = IntegerField(null=True)
    refused = IntegerField(null=True)
    counted_fen = BigIntegerField(null=True)
    note = CharField(max_length=120, default="")
    next_clerk: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    next_clerk_id: int | None
    taken_at = UTCField(null=True)
    taken_fen = BigIntegerField(null=True)
    taken_note = CharField(max_length=120, default="")

    class Meta:
        constraints = [
            Check("next_clerk_id IS NULL OR next_clerk_id <> clerk_id"),
            Check("taken_at IS NULL OR next_clerk_id IS NOT NULL"),
            Check("closed_at IS NOT NULL OR next_clerk_id IS NULL"),
        ]
        indexes = ((("till", "day"), False),)


# A clerk has one open shift a day at a till.
Shift.add_index(Shift.index(Shift.till, Shift.clerk, Shift.day, unique=True).where(Shift.closed_at.is_null()))


class ShiftCount(Table):
    """Goods counted when a shift was closed: what the book said, what lay there, and what the next clerk found."""

    shift: Any = ForeignKeyField(Shift, backref="counts", on_delete="RESTRICT", index=False)
    goods_id = BigIntegerField()
    expected = IntegerField()
    counted = IntegerField()
    recounted = IntegerField(null=True)

    class Meta:
        constraints = [Check("counted >= 0"), Check("recounted IS NULL OR recounted >= 0")]
        indexes = ((("shift", "goods_id"), True),)
