"""Contributions 申报, line by line, with every voice; the caps they use; notices 公示 and objections 异议."""

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
from points.models.areas import Area
from points.models.base import Table, one_of
from points.models.people import Household, Person
from points.models.rules import CAP_HOLDERS, CAP_PERIODS, EFFECTS, UNITS, RuleItem

LINE_STATES = (
    "recorded",  # 待初审
    "checked",  # 待评议
    "approved",  # 已通过，待公示
    "noticed",  # 公示中 (or over, waiting for an objection's answer)
    "posted",  # 已入账
    "refused",  # 未通过
    "struck",  # 异议成立
    "withdrawn",  # 已撤回
    "reversed",  # 入账后已冲正，或文明分已恢复
    "returned",  # 退回修改：另记一条接着办
)
UNDER_WAY = ("recorded", "checked", "approved", "noticed")
"""A line in one of these states may still become points."""
NOTICE_STATES = ("gathered", "hung", "closed")
ANSWERS = ("upheld", "dismissed")
VERDICTS = ("approve", "change", "return", "refuse")
CHANNELS = ("web", "slip", "visit")


class Contribution(Table):
    """One sheet of a roster: an item, a day, a note, and who recorded it for the people on its lines."""

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    item: Any = ForeignKeyField(RuleItem, backref="+", on_delete="RESTRICT", index=False)
    item_id: int
    day: Any = DateField()
    note = TextField(default="")
    recorded_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    recorded_by_id: int
    recorded_at = UTCField()

    class Meta:
        indexes = ((("village", "recorded_at"), False), (("recorded_by", "recorded_at"), False))


class Notice(Table):
    """A public notice; its clock starts when a named person confirms that it hangs. `days` is frozen at opening."""

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    number = IntegerField()
    state = CharField(max_length=12, default="gathered")
    days = IntegerField()
    opened_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    opened_at = UTCField()
    hung_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    hung_at = UTCField(null=True)
    closes_at = UTCField(null=True)
    closed_at = UTCField(null=True)

    class Meta:
        constraints = [
            one_of("state", NOTICE_STATES),
            Check("days BETWEEN 3 AND 15"),
            Check("(state = 'gathered') = (hung_at IS NULL)"),
            Check("(hung_at IS NULL) = (closes_at IS NULL)"),
        ]
        indexes = ((("village", "number"), True), (("state", "closes_at"), False))


class Line(Table):
    """What one person of one household did. Text, points and version are frozen when it is recorded.

    *each* × *quantity* points are asked; *agreed* is what the voices allow of them; *granted_quantity* and *granted*
    are what the caps left room for. *effect* ``civility``: a deduction from the civility score, which no cap limits.
    *item_voices*: how many voices the item asks for, where it is not the village's number.
    *by_township*: too few unrelated council members were left, so the township's reviewer decides alone.
    *revises*: the returned line that this one takes up again.
    """

    contribution: Any = ForeignKeyField(Contribution, backref="lines", on_delete="RESTRICT")
    contribution_id: int
    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    household: Any = ForeignKeyField(Household, backref="+", on_delete="RESTRICT", index=False)
    household_id: int
    person: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    person_id: int
    day: Any = DateField()
    item_code = IntegerField()
    item_name = CharField(max_length=40)
    category = CharField(max_length=8)
    version = IntegerField()
    discreet = BooleanField()
    each = IntegerField()
    quantity = IntegerField()
    cap = IntegerField(null=True)
    cap_period = CharField(max_length=8)
    counts_to_cap = BooleanField()
    effect = CharField(max_length=8, default="points")
    unit = CharField(max_length=10, default="time")
    needs = CharField(max_length=40, default="")
    cap_holder = CharField(max_length=10, default="household")
    item_voices = IntegerField(null=True)
    revises: Any = ForeignKeyField("self", null=True, backref="+", on_delete="RESTRICT", index=False)
    revises_id: int | None
    recorded_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    recorded_by_id: int
    state = CharField(max_length=12, default="recorded")
    checked_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    checked_by_id: int | None
    checked_at = UTCField(null=True)
    voices_needed = IntegerField(default=0)
    by_township = BooleanField(default=False)
    voices = IntegerField(default=0)
    decided_at = UTCField(null=True)
    agreed = IntegerField(default=0)
    granted_quantity = IntegerField(default=0)
    granted = IntegerField(default=0)
    refusal = CharField(max_length=120, default="")
    notice: Any = ForeignKeyField(Notice, null=True, backref="lines", on_delete="RESTRICT")
    notice_id: int | None
    open_objections = IntegerField(default=0)
    posted_at = UTCField(null=True)

    class Meta:
        constraints = [
            one_of("state", LINE_STATES),
            one_of("cap_period", CAP_PERIODS),
            one_of("cap_holder", CAP_HOLDERS),
            one_of("effect", EFFECTS),
            one_of("unit", UNITS),
            Check("each > 0"),
            Check("quantity > 0"),
            Check("agreed >= 0 AND agreed <= each * quantity"),
            Check("granted >= 0 AND granted <= each * quantity"),
            Check("granted_quantity >= 0 AND granted_quantity <= quantity"),
            Check("voices >= 0 AND voices <= voices_needed"),
            Check("open_objections >= 0"),
            Check("checked_by_id IS NULL OR checked_by_id <> recorded_by_id"),
            Check("state NOT IN ('approved', 'noticed', 'posted') OR granted > 0"),
            Check("state NOT IN ('noticed', 'posted') OR notice_id IS NOT NULL"),
            Check("state <> 'posted' OR open_objections = 0"),
        ]
        indexes = (
            (("village", "state"), False),
            (("household", "day"), False),
            (("person", "day", "item_code"), False),
            (("village", "item_code", "day"), False),
        )


# Few lines are waiting, returned, taken up again or deductions; the others shall not pay for these.
Line.add_index(Line.index(Line.household).where(Line.state.in_(UNDER_WAY)))
Line.add_index(Line.index(Line.village, Line.day).where(Line.effect == "civility"))
Line.add_index(Line.index(Line.notice, Line.open_objections).where(Line.state == "noticed"))
Line.add_index(Line.index(Line.recorded_by).where(Line.state == "returned"))
Line.add_index(Line.index(Line.revises).where(Line.revises.is_null(False)))
Line.add_index(Line.index(Line.village, Line.posted_at).where(Line.posted_at.is_null(False)))


class Voice(Table):
    """One member's voice on one line: the *points* it allows, with a reason where that is not all that was asked."""

    line: Any = ForeignKeyField(Line, backref="said", on_delete="RESTRICT", index=False)
    person: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    line_id: int
    person_id: int
    verdict = CharField(max_length=8)
    points = IntegerField()
    reason = CharField(max_length=120, default="")
    sitting_id = BigIntegerField(null=True)
    said_at = UTCField()

    class Meta:
        constraints = [one_of("verdict", VERDICTS), Check("(points > 0) = (verdict IN ('approve', 'change'))")]
        indexes = ((("line", "person"), True), (("person",), False))


class Attendance(Table):
    """What the person named on a line says: I was there 我在, or I was not 我不在. Said once."""

    id = None
    line: Any = ForeignKeyField(Line, primary_key=True, on_delete="RESTRICT")
    line_id: int
    was_there = BooleanField()
    said_at = UTCField()


class Score(Table):
    """One judge's score for a household in an inspection round; the line's points are the judges' average."""

    id = None
    line: Any = ForeignKeyField(Line, backref="scores", on_delete="RESTRICT", index=False)
    judge: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    line_id: int
    judge_id: int
    points = IntegerField()

    class Meta:
        primary_key = CompositeKey("line", "judge")
        constraints = [Check("points >= 0")]


class CapUse(Table):
    """How much of a cap is used: times of an item (scope its code) or points of all (scope 0) in a period.

    *person_id* is 0 where the cap is the household's.
    """

    id = None
    household: Any = ForeignKeyField(Household, backref="+", on_delete="RESTRICT", index=False)
    person_id = BigIntegerField(default=0)
    scope = IntegerField()
    period = CharField(max_length=10)
    used = IntegerField(default=0)

    class Meta:
        primary_key = CompositeKey("household", "person_id", "scope", "period")
        constraints = [Check("used >= 0")]


class Objection(Table):
    """An objection to one line; it halts that line only and is answered by a third person before `due_at`.

    Unanswered it rises to the township (`risen_at`) and never posts by silence. Upheld, *kept* points are left of the
    line: 0 strikes it.
    """

    line: Any = ForeignKeyField(Line, backref="objections", on_delete="RESTRICT")
    line_id: int
    raised_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    raised_by_id: int
    on_behalf_of = CharField(max_length=40, default="")
    channel = CharField(max_length=8, default="web")
    text = TextField()
    raised_at = UTCField()
    due_at = UTCField()
    risen_at = UTCField(null=True)
    answer = CharField(max_length=12, null=True)
    kept = IntegerField(default=0)
    reason = TextField(default="")
    answered_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    answered_at = UTCField(null=True)

    class Meta:
        constraints = [
            Check("answer IS NULL OR answer IN ('upheld', 'dismissed')"),
            Check("(answer IS NULL) = (answered_at IS NULL)"),
            one_of("channel", CHANNELS),
            Check("kept >= 0"),
        ]
        indexes = ((("answer", "due_at"), False), (("raised_by",), False), (("answered_at",), False))


class Correction(Table):
    """A posted line put right afterwards: *points* taken back, or civility given back; it hangs on the next notice."""

    line: Any = ForeignKeyField(Line, backref="corrections", on_delete="RESTRICT")
    line_id: int
    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    points = IntegerField()
    reason = CharField(max_length=120)
    made_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    made_at = UTCField()
    notice: Any = ForeignKeyField(Notice, null=True, backref="corrections", on_delete="RESTRICT")
    notice_id: int | None

    class Meta:
        constraints = [Check("points > 0")]
        indexes = ((("village", "notice"), False),)


class CivilityEntry(Table):
    """One change of a household's civility score 文明分, which begins each year at 100; append-only."""

    household: Any = ForeignKeyField(Household, backref="+", on_delete="RESTRICT", index=False)
    household_id: int
    year = IntegerField()
    change = IntegerField()
    line: Any = ForeignKeyField(Line, backref="+", on_delete="RESTRICT")
    line_id: int
    reason = CharField(max_length=120, default="")
    recorded_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    recorded_at = UTCField()

    class Meta:
        constraints = [Check("change <> 0")]
        indexes = ((("household", "year"), False),)


class TickState(Table):
    """The one row by which `points tick` knows when it last ran, and why it stands still if it does.

    `trouble` is the code of the refusal. `confirmed_to` is the newest record when an administrator confirmed the clock:
    what an earlier, wrong clock had dated later than now no longer stops it.
    """

    id: Any = IntegerField(primary_key=True, default=1)
    last_at = UTCField()
    confirmed_to = UTCField(null=True)
    trouble = CharField(max_length=40, default="")

    class Meta:
        constraints = [Check("id = 1")]
