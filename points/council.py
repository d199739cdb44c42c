"""The council's seats 评议员: who sits and for how long, and what is left to the township. Verbs, pages, `tick` ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from points import judging
from points.calendar import local_date
from points.models.council import Motion, MotionVoice
from points.models.people import Household, Person, Role


@dataclass(frozen=True, slots=True)
class Member:
    """A member in office; *until* is the last local day of the term, None where none was set."""

    person_id: int
    name: str
    household_number: str | None
    since: datetime
    until: date | None


def members(village_id: int) -> list[Member]:
    """Return the members of a village's council in office, the longest first."""
    rows: Any = (
        Role.select(Person.id, Person.name, Household.number, Role.confirmed_at, Role.until)
        .join(Person, on=(Role.person == Person.id))
        .join(Household, "LEFT OUTER JOIN", on=(Person.household == Household.id))
        .where(Role.area == village_id, Role.kind == "council", Person.active)
        .where(Role.confirmed_at.is_null(False), Role.ended_at.is_null())
        .order_by(Role.confirmed_at, Role.id)
    )
    return [Member(*row) for row in rows.tuples()]


def end_terms(now: datetime) -> int:
    """End the roles whose term is over, and return how many; nobody is named as having ended them."""
    over = Role.ended_at.is_null() & (Role.until < local_date(now))
    return int(Role.update(ended_at=now).where(over).execute())


def left_to_township(motion: Motion) -> bool:
    """Tell whether too few members are left for *motion*, who neither proposed it nor are related to its household."""
    said = {voice.person_id for voice in MotionVoice.select().where(MotionVoice.motion == motion)}
    members = judging.council(motion.village_id).items()
    free = {id_ for id_, away in members if id_ != motion.proposed_by_id and motion.household_id not in away}
    return len(said | free) < motion.voices_needed
