"""The rule book 积分细则 of a village: versions of a list of items."""

from __future__ import annotations

from typing import Any

from peewee import BooleanField, CharField, Check, DateField, ForeignKeyField, IntegerField

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table, one_of
from points.models.people import Person

BOOK_STATES = ("draft", "adopted", "superseded")
CAP_PERIODS = ("month", "year", "event")
CATEGORIES = ("平安", "调解", "环境", "公益", "议事", "发展", "乡风")


class RuleBook(Table):
    """One version; at most one is adopted at a time. `worth_fen` is the worth of a point in fen under it."""

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    version = IntegerField()
    state = CharField(max_length=12, default="draft")
    worth_fen = IntegerField(default=100)
    minutes = CharField(max_length=60, default="")
    adopted_on: Any = DateField(null=True)
    adopted_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    created_at = UTCField()

    class Meta:
        constraints = [one_of("state", BOOK_STATES), Check("worth_fen > 0"), Check("version > 0")]
        indexes = ((("village", "version"), True),)


class RuleItem(Table):
    """One item: points for each time, how often it counts, and whether its public text is the category only.

    `counts_to_cap`: whether its points use up the household's monthly cap. A cap of None with period ``event`` has no
    number: each event counts.
    """

    book: Any = ForeignKeyField(RuleBook, backref="items", on_delete="RESTRICT", index=False)
    book_id: int
    code = IntegerField()
    category = CharField(max_length=8)
    name = CharField(max_length=40)
    points = IntegerField()
    evidence = CharField(max_length=60, default="")
    cap = IntegerField(null=True)
    cap_period = CharField(max_length=8, default="month")
    counts_to_cap = BooleanField(default=True)
    discreet = BooleanField(default=False)

    class Meta:
        constraints = [
            one_of("category", CATEGORIES),
            one_of("cap_period", CAP_PERIODS),
            Check("points > 0"),
            Check("cap IS NULL OR cap > 0"),
            Check("length(name) > 0"),
        ]
        indexes = ((("book", "code"), True),)
