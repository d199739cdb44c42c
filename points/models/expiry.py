"""Expiry 到期: a village's rule that old points lapse at year's end, each year-end, and what lapsed in a household."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, CharField, Check, ForeignKeyField, IntegerField

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table, one_of
from points.models.people import Household, Person

RULE_STATES = ("proposed", "adopted", "ended", "dropped")
EXPIRY_STATES = ("waiting", "posted", "passed", "dropped")
EXPIRY_LINE_STATES = ("due", "disputed", "spared")


class ExpiryRule(Table):
    """Points earned in a calendar year lapse at the end of the year that is *years* later; none: points carry over.

    Proposed by one with the *minutes* of the decision, adopted by another; ended by anyone of them.
    """

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    state = CharField(max_length=8, default="proposed")
    years = IntegerField()
    minutes = CharField(max_length=60)
    proposed_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    proposed_by_id: int
    proposed_at = UTCField()
    adopted_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    adopted_by_id: int | None
    adopted_at = UTCField(null=True)
    ended_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    ended_by_id: int | None
    ended_at = UTCField(null=True)
    ended_reason = CharField(max_length=60, default="")

    class Meta:
        constraints = [
            one_of("state", RULE_STATES),
            Check("years IN (0, 1)"),
            Check("adopted_by_id IS NULL OR adopted_by_id <> proposed_by_id"),
            Check("(state IN ('adopted', 'ended')) = (adopted_at IS NOT NULL)"),
            Check("(state IN ('ended', 'dropped')) = (ended_at IS NOT NULL)"),
        ]
        indexes = ((("village", "state"), False),)


# A village has one rule at a time, proposed or adopted.
_open = ExpiryRule.state.in_(("proposed", "adopted"))
ExpiryRule.add_index(ExpiryRule.index(ExpiryRule.village, unique=True).where(_open))


class Expiry(Table):
    """One year-end of a rule: what was earned before *earned_until* and is not spent at *ends_at* lapses.

    From *warns_at* the list is public; only a list that was *hung* is posted, else the year-end has *passed*.
    """

    rule: Any = ForeignKeyField(ExpiryRule, backref="+", on_delete="RESTRICT", index=False)
    rule_id: int
    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    year = IntegerField()
    earned_until = UTCField()
    warns_at = UTCField()
    ends_at = UTCField()
    state = CharField(max_length=8, default="waiting")
    hung_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    hung_by_id: int | None
    hung_at = UTCField(null=True)
    closed_at = UTCField(null=True)

    class Meta:
        constraints = [
            one_of("state", EXPIRY_STATES),
            Check("earned_until <= ends_at"),
            Check("warns_at < ends_at"),
            Check("(state = 'waiting') = (closed_at IS NULL)"),
            Check("state <> 'posted' OR hung_at IS NOT NULL"),
        ]
        indexes = ((("rule", "year"), True), (("village", "state"), False), (("state", "ends_at"), False))


class ExpiryLine(Table):
    """What lapsed in a household at a year-end: *points* so far; *remaining* lapses as soon as it may.

    Made when somebody objects, or when the year-end is posted. *remaining* was reserved or disputed on that day.
    """

    expiry: Any = ForeignKeyField(Expiry, backref="+", on_delete="RESTRICT", index=False)
    expiry_id: int
    household: Any = ForeignKeyField(Household, backref="+", on_delete="RESTRICT", index=False)
    household_id: int
    state = CharField(max_length=8, default="due")
    points = BigIntegerField(default=0)
    remaining = BigIntegerField(default=0)
    objection = CharField(max_length=200, default="")
    objected_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    objected_by_id: int | None
    objected_at = UTCField(null=True)
    answer = CharField(max_length=200, default="")
    answered_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    answered_by_id: int | None
    answered_at = UTCField(null=True)

    class Meta:
        constraints = [
            one_of("state", EXPIRY_LINE_STATES),
            Check("points >= 0"),
            Check("remaining >= 0"),
            Check("state <> 'spared' OR points + remaining = 0"),
            Check("state <> 'disputed' OR points = 0"),
            Check("answered_by_id IS NULL OR answered_by_id <> objected_by_id"),
        ]
        indexes = ((("expiry", "household"), True), (("household", "expiry"), False), (("state", "objected_at"), False))


# Few lines wait to lapse; `tick` and a reservation that ends look for them.
ExpiryLine.add_index(ExpiryLine.index(ExpiryLine.household).where(ExpiryLine.remaining > 0))
