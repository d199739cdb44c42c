"""The rule book 积分细则 of a village: versions of a list of items; a township or county may have one to copy from."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, BooleanField, CharField, Check, DateField, ForeignKeyField, IntegerField

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table, one_of
from points.models.people import Person

BOOK_STATES = ("draft", "adopted", "superseded")
CAP_PERIODS = ("day", "week", "month", "year", "event")
CAP_HOLDERS = ("household", "person")
EFFECTS = ("points", "civility")
UNITS = ("time", "hour", "case", "household")
REPORTERS = ("anyone", "staff", "committee")
EVIDENCE = ("photo", "roster", "cosign", "minutes")
VOICES = (1, 3, 5, 7)
CATEGORIES = ("平安", "调解", "环境", "公益", "议事", "发展", "乡风")


class RuleBook(Table):
    """One version; at most one is adopted at a time. `worth_fen` is the worth of a point in fen under it.

    The book of a village counts; that of a township or county is a template 样板; *template_id* names a copy's.
    """

    area: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    area_id: int
    version = IntegerField()
    state = CharField(max_length=12, default="draft")
    worth_fen = IntegerField(default=100)
    minutes = CharField(max_length=60, default="")
    adopted_on: Any = DateField(null=True)
    adopted_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    created_at = UTCField()
    template_id = BigIntegerField(null=True)

    class Meta:
        constraints = [one_of("state", BOOK_STATES), Check("worth_fen > 0"), Check("version > 0")]
        indexes = ((("area", "version"), True),)


class RuleItem(Table):
    """One item: what a *unit* of it gives, how often it counts, and whether its public text is the category only.

    *effect* ``points`` earns them; ``civility`` lowers the civility score 文明分 by *points* and never touches points.
    *cap* times count in a *cap_period* for each *cap_holder*; None with period ``event``: each event counts.
    *counts_to_cap*: whether its points use up the household's monthly cap. *reporter* says who may record it:
    ``anyone`` (villagers too), ``staff`` (stewards and committee) or ``committee``. *needs* lists the kinds of evidence
    (of `EVIDENCE`, joined by commas) and *evidence* words it. *voices* overrides the village's number.
    It may be recorded for days from *valid_from* to *valid_to*.
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
    effect = CharField(max_length=8, default="points")
    unit = CharField(max_length=10, default="time")
    needs = CharField(max_length=40, default="")
    cap_holder = CharField(max_length=10, default="household")
    reporter = CharField(max_length=10, default="anyone")
    voices = IntegerField(null=True)
    valid_from: Any = DateField(null=True)
    valid_to: Any = DateField(null=True)

    class Meta:
        constraints = [
            one_of("category", CATEGORIES),
            one_of("cap_period", CAP_PERIODS),
            one_of("cap_holder", CAP_HOLDERS),
            one_of("effect", EFFECTS),
            one_of("unit", UNITS),
            one_of("reporter", REPORTERS),
            Check("voices IS NULL OR voices IN (1, 3, 5, 7)"),
            Check("valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from"),
            Check("points > 0"),
            Check("cap IS NULL OR cap > 0"),
            Check("length(name) > 0"),
        ]
        indexes = ((("book", "code"), True),)
