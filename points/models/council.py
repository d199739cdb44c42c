"""The council 评议会: its sittings with attendance and agenda, and motions that its members vote on.

A motion commends a household for the red board, keeps a person from collecting until a day, or lifts that again.
"""

from __future__ import annotations

from typing import Any

from peewee import BooleanField, CharField, Check, CompositeKey, DateField, ForeignKeyField, IntegerField

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table, one_of
from points.models.contribution import Line
from points.models.people import Household, Person

SITTING_STATES = ("open", "closed")
MOTIONS = ("commend", "bar", "lift")
MOTION_STATES = ("open", "carried", "lost")


class Sitting(Table):
    """A sitting: its day and place, how many members must be present, and who opened and closed it."""

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    number = IntegerField()
    day: Any = DateField()
    place = CharField(max_length=40, default="")
    quorum = IntegerField()
    state = CharField(max_length=8, default="open")
    opened_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    opened_at = UTCField()
    closed_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    closed_at = UTCField(null=True)

    class Meta:
        constraints = [
            one_of("state", SITTING_STATES),
            Check("quorum > 0"),
            Check("(state = 'closed') = (closed_at IS NOT NULL)"),
        ]
        indexes = ((("village", "number"), True),)


class SittingMember(Table):
    """A member summoned to a sitting; *present_at* is when the member said to have come, by the own sign-in."""

    id = None
    sitting: Any = ForeignKeyField(Sitting, backref="members", on_delete="RESTRICT", index=False)
    person: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    sitting_id: int
    person_id: int
    present_at = UTCField(null=True)

    class Meta:
        primary_key = CompositeKey("sitting", "person")


class SittingLine(Table):
    """A line on a sitting's agenda."""

    id = None
    sitting: Any = ForeignKeyField(Sitting, backref="agenda", on_delete="RESTRICT", index=False)
    line: Any = ForeignKeyField(Line, backref="+", on_delete="RESTRICT")
    sitting_id: int
    line_id: int

    class Meta:
        primary_key = CompositeKey("sitting", "line")


class Motion(Table):
    """Something put to the council's vote; carried by more than half of the voices needed.

    ``commend``: *household* for the deed *text* on the red board of *period* (``2026-11``, ``2026-Q4`` or ``2026``).
    ``bar``: *person* may not collect through the local day *until*, for the fraud that *text* states. ``lift`` ends it.
    """

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    kind = CharField(max_length=8)
    household: Any = ForeignKeyField(Household, backref="+", on_delete="RESTRICT", index=False)
    household_id: int
    person: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT")
    person_id: int | None
    text = CharField(max_length=200)
    points = IntegerField(default=0)
    period = CharField(max_length=8, default="")
    until: Any = DateField(null=True)
    proposed_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    proposed_by_id: int
    proposed_at = UTCField()
    voices_needed = IntegerField()
    voices = IntegerField(default=0)
    state = CharField(max_length=8, default="open")
    decided_at = UTCField(null=True)

    class Meta:
        constraints = [
            one_of("kind", MOTIONS),
            one_of("state", MOTION_STATES),
            Check("length(text) > 0"),
            Check("points >= 0"),
            Check("voices >= 0 AND voices <= voices_needed"),
            Check("(kind = 'commend') = (period <> '')"),
            Check("(kind = 'commend') = (person_id IS NULL)"),
            Check("(kind = 'bar') = (until IS NOT NULL)"),
            Check("(state = 'open') = (decided_at IS NULL)"),
        ]
        indexes = ((("village", "state", "kind"), False),)


class MotionVoice(Table):
    """One member's voice on a motion; append-only."""

    motion: Any = ForeignKeyField(Motion, backref="said", on_delete="RESTRICT", index=False)
    person: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    motion_id: int
    person_id: int
    approves = BooleanField()
    reason = CharField(max_length=120, default="")
    said_at = UTCField()

    class Meta:
        indexes = ((("motion", "person"), True),)
