"""Paper that the program printed, runs of cards, passbook pages, and lists that were taken out of the system."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, BooleanField, CharField, Check, ForeignKeyField, IntegerField, TextField

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table, one_of
from points.models.people import Household, Person

PAPERS = (
    "board",
    "cards",
    "expiry",
    "goods",
    "hours",
    "lanes",
    "minutes",
    "notice",
    "opening",
    "packet",
    "passbook",
    "receipt",
    "rules",
    "settlement",
)
CARD_LAYOUTS = ("a4", "pvc")
FORMATS = ("xlsx", "csv", "zip")


class Paper(Table):
    """One printing of something: what its QR leads to, so that the sheet in the hand can be held against the system.

    *facts* is what the sheet said when it was printed, as a JSON list of [words, value] that anybody who holds the
    sheet may read: names masked, as on the sheet. *token* is in its QR and derived from the key of the write.
    """

    token = CharField(max_length=24, unique=True)
    kind = CharField(max_length=12)
    subject_id = BigIntegerField()
    area: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    area_id: int
    title = CharField(max_length=80)
    facts = TextField()
    printed_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    printed_by_id: int
    printed_at = UTCField()

    class Meta:
        constraints = [one_of("kind", PAPERS)]
        indexes = ((("kind", "subject_id"), False), (("area", "printed_at"), False))


class CardRun(Table):
    """Cards printed together: for a lane, a grid, a village or a selection. The cards name it."""

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    layout = CharField(max_length=4)
    full_names = BooleanField()
    count = IntegerField()
    printed_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    printed_by_id: int
    printed_at = UTCField()

    class Meta:
        constraints = [one_of("layout", CARD_LAYOUTS), Check("count > 0")]
        indexes = ((("village", "printed_at"), False),)


class PassbookPage(Table):
    """A printed page of a household's passbook: the transfers after *after_id* up to *last_id*, and the balance then.

    The next page continues where this one stopped; printed again, it shows the same.
    """

    household: Any = ForeignKeyField(Household, backref="+", on_delete="RESTRICT", index=False)
    household_id: int
    number = IntegerField()
    after_id = BigIntegerField()
    last_id = BigIntegerField()
    balance = BigIntegerField()
    printed_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    printed_by_id: int
    printed_at = UTCField()

    class Meta:
        constraints = [Check("number > 0"), Check("last_id > after_id")]
        indexes = ((("household", "number"), True),)


class Export(Table):
    """A list or archive that someone took out of the system: which, by what filter, how many rows. Never edited."""

    area: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    area_id: int
    name = CharField(max_length=32)
    title = CharField(max_length=80)
    asked = CharField(max_length=200, default="")
    format = CharField(max_length=4)
    count = IntegerField(column_name="row_count")
    made_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    made_by_id: int
    made_at = UTCField()

    class Meta:
        constraints = [one_of("format", FORMATS), Check("row_count >= 0")]
        indexes = ((("area", "made_at"), False),)
