"""Opening balances 期初积分: what households brought along from the old notebook, under a signed total."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, CharField, Check, ForeignKeyField, IntegerField

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table, one_of
from points.models.people import Household, Person

OPENING_STATES = ("proposed", "hung", "closed", "dropped")
OPENING_LINE_STATES = ("waiting", "disputed", "posted", "dropped")


class Opening(Table):
    """A village's old balances, on a notice of their own. *points* is the total that *signers* signed in the old book.

    Proposed by one, hung by another who compared the total; after *days* full days the undisputed lines are posted.
    """

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    state = CharField(max_length=8, default="proposed")
    source = CharField(max_length=60)
    signers = CharField(max_length=80)
    points = BigIntegerField()
    households = IntegerField()
    days = IntegerField()
    proposed_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    proposed_by_id: int
    proposed_at = UTCField()
    hung_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    hung_by_id: int | None
    hung_at = UTCField(null=True)
    closes_at = UTCField(null=True)
    closed_at = UTCField(null=True)
    dropped_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    dropped_by_id: int | None
    dropped_reason = CharField(max_length=60, default="")

    class Meta:
        constraints = [
            one_of("state", OPENING_STATES),
            Check("points > 0"),
            Check("days BETWEEN 3 AND 15"),
            Check("hung_by_id IS NULL OR hung_by_id <> proposed_by_id"),
            Check("(state IN ('hung', 'closed')) = (hung_at IS NOT NULL)"),
            Check("(state = 'closed') = (closed_at IS NOT NULL)"),
        ]
        indexes = ((("village", "state"), False), (("state", "closes_at"), False))


class OpeningLine(Table):
    """One household's old balance: *points* as the book said, *agreed* as posted after an objection was answered.

    A household gets an opening balance once: `services.opening` looks for another line that is not dropped.
    """

    opening: Any = ForeignKeyField(Opening, backref="+", on_delete="RESTRICT", index=False)
    opening_id: int
    position = IntegerField()
    household: Any = ForeignKeyField(Household, backref="+", on_delete="RESTRICT")
    household_id: int
    points = BigIntegerField()
    agreed = BigIntegerField()
    state = CharField(max_length=8, default="waiting")
    objection = CharField(max_length=200, default="")
    objected_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    objected_by_id: int | None
    objected_at = UTCField(null=True)
    answer = CharField(max_length=200, default="")
    answered_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    answered_by_id: int | None
    answered_at = UTCField(null=True)
    posted_at = UTCField(null=True)

    class Meta:
        constraints = [
            one_of("state", OPENING_LINE_STATES),
            Check("points > 0"),
            Check("agreed >= 0"),
            Check("(state = 'posted') = (posted_at IS NOT NULL)"),
            Check("answered_by_id IS NULL OR objected_by_id IS NULL OR answered_by_id <> objected_by_id"),
        ]
        indexes = ((("opening", "position"), True), (("opening", "household"), True))


# Few lines wait or are disputed.
OpeningLine.add_index(OpeningLine.index(OpeningLine.opening).where(OpeningLine.state == "waiting"))
OpeningLine.add_index(OpeningLine.index(OpeningLine.objected_at).where(OpeningLine.state == "disputed"))
