"""People over time: households split and merge, people move, and what a person asks about the own data."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, BooleanField, CharField, Check, CompositeKey, DateField, ForeignKeyField

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table, one_of
from points.models.people import Household, Person

CHANGE_KINDS = ("split", "merge", "move_person", "move_household")
CHANGE_STATES = ("proposed", "done", "refused", "withdrawn")
DATA_REQUESTS = ("correct", "erase")


class HouseholdChange(Table):
    """A change of households: proposed by one, confirmed by another, and then done, the points following by transfer.

    split: *people* of *source* become a new household in *area* with *number*, and take *points* along.
    merge: all of *source* joins *target*; source rests, its points follow, also those that come later.
    move_person: *people* go from *source* to *target*, with *points*.
    move_household: all of *source* goes to *area*; into another village as a new household with *number*.
    *target* is the new household once it is done.
    """

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    kind = CharField(max_length=16)
    state = CharField(max_length=10, default="proposed")
    source: Any = ForeignKeyField(Household, backref="+", on_delete="RESTRICT")
    source_id: int
    target: Any = ForeignKeyField(Household, null=True, backref="+", on_delete="RESTRICT")
    target_id: int | None
    area: Any = ForeignKeyField(Area, null=True, backref="+", on_delete="RESTRICT", index=False)
    area_id: int | None
    number = CharField(max_length=12, default="")
    address = CharField(max_length=60, default="")
    points = BigIntegerField(default=0)
    reason = CharField(max_length=120)
    day: Any = DateField()
    proposed_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    proposed_by_id: int
    proposed_at = UTCField()
    decided_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    decided_by_id: int | None
    decided_at = UTCField(null=True)
    answer = CharField(max_length=120, default="")

    class Meta:
        constraints = [
            one_of("kind", CHANGE_KINDS),
            one_of("state", CHANGE_STATES),
            Check("points >= 0"),
            Check("target_id IS NULL OR target_id <> source_id"),
            Check("(state = 'proposed') = (decided_at IS NULL)"),
            Check("state <> 'done' OR decided_by_id <> proposed_by_id"),
        ]
        indexes = ((("village", "state"), False), (("state",), False))


# Few changes lead to a place rather than to a household.
HouseholdChange.add_index(HouseholdChange.index(HouseholdChange.area).where(HouseholdChange.area.is_null(False)))


class ChangePerson(Table):
    """A person who goes along with a change."""

    id = None
    change: Any = ForeignKeyField(HouseholdChange, backref="+", on_delete="RESTRICT", index=False)
    person: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT")
    change_id: int
    person_id: int

    class Meta:
        primary_key = CompositeKey("change", "person")


class DataRequest(Table):
    """What a person asks about the data that is kept of them: to correct it, or to remove it. Answered by another."""

    person: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT")
    person_id: int
    kind = CharField(max_length=8)
    words = CharField(max_length=300)
    made_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    made_by_id: int
    made_at = UTCField()
    granted = BooleanField(null=True)
    answer = CharField(max_length=300, default="")
    answered_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    answered_by_id: int | None
    answered_at = UTCField(null=True)

    class Meta:
        constraints = [
            one_of("kind", DATA_REQUESTS),
            Check("(granted IS NULL) = (answered_at IS NULL)"),
            Check("answered_by_id IS NULL OR answered_by_id <> made_by_id"),
        ]
