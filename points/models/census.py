"""A roster of households and people 户名册 from a spreadsheet: read, previewed, taken in, undone as a whole."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, CharField, Check, ForeignKeyField, IntegerField, TextField

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table, one_of
from points.models.people import Person

CENSUS_STATES = ("read", "previewed", "applied", "undone", "dropped")
CENSUS_CHANGES = (
    "open_area",
    "open_household",
    "edit_household",
    "add_person",
    "edit_person",
    "move_person",
)


class Census(Table):
    """A roster that was uploaded. *cells* holds its rows as read, without identity numbers; *mapping* which column is
    what; *preview* every change and problem, by row; *counts* how many of each. All JSON.

    Cells and preview are emptied once it is applied or dropped.
    """

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    file_name = CharField(max_length=80)
    state = CharField(max_length=10, default="read")
    cells = TextField()
    mapping = TextField(default="")
    preview = TextField(default="")
    counts = TextField(default="")
    uploaded_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    uploaded_by_id: int
    uploaded_at = UTCField()
    applied_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    applied_by_id: int | None
    applied_at = UTCField(null=True)
    undone_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    undone_by_id: int | None
    undone_at = UTCField(null=True)

    class Meta:
        constraints = [
            one_of("state", CENSUS_STATES),
            Check("(state IN ('applied', 'undone')) = (applied_at IS NOT NULL)"),
            Check("(state = 'undone') = (undone_at IS NOT NULL)"),
        ]
        indexes = ((("village", "uploaded_at"), False), (("state", "uploaded_at"), False))


class CensusChange(Table):
    """One thing that a roster changed, in order: the subject, and as JSON what it was before and is since."""

    census: Any = ForeignKeyField(Census, backref="+", on_delete="RESTRICT", index=False)
    census_id: int
    position = IntegerField()
    kind = CharField(max_length=16)
    subject_id = BigIntegerField()
    before = TextField(default="")
    after = TextField(default="")

    class Meta:
        constraints = [one_of("kind", CENSUS_CHANGES)]
        indexes = ((("census", "position"), True), (("kind", "subject_id"), False))
