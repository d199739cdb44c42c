"""The red board 红榜: households that the council commends, in lane order; the black board 黑榜: counts, no names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from peewee import SQL, fn

from points import names
from points.calendar import local_date
from points.errors import NotFound
from points.models.areas import Area
from points.models.contribution import Line
from points.models.council import Motion
from points.models.people import Household, Person

NAMED_FOR = timedelta(days=30)
"""So long after its period, or the later decision, a household is named; then its number and deed are left."""
FEWEST = 3
"""Deductions of fewer households than this are not counted in public: a count of one could name someone."""

_PERIOD = re.compile(r"(20\d\d)(?:-(0[1-9]|1[0-2])|-Q([1-4]))?")


@dataclass(frozen=True, slots=True)
class Period:
    """A month ``2026-11``, a quarter ``2026-Q4`` or a year ``2026``, from its *first* to its *last* local day."""

    word: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Commended:
    """A household with its deed; *name* as it chose, empty once it is dropped."""

    lane: str
    number: str
    name: str
    deed: str
    points: int


def period(word: str) -> Period:
    """Return the period that *word* names. Raises `NotFound`."""
    found = _PERIOD.fullmatch(word)
    if found is None:
        raise NotFound()
    year, month, quarter = (int(part) if part else 0 for part in found.groups())
    begins, months = (month, 1) if month else (3 * quarter - 2, 3) if quarter else (1, 12)
    ends = begins + months
    after = date(year + 1, 1, 1) if ends > 12 else date(year, ends, 1)
    return Period(word, date(year, begins, 1), after - timedelta(days=1))


def periods(village_id: int) -> list[tuple[Period, int]]:
    """List the periods of a village's red board, newest first, each with how many households it shows."""
    query: Any = _carried(village_id).select(Motion.period, fn.COUNT(Motion.household.distinct()))
    found = [(period(word), count) for word, count in query.group_by(Motion.period).tuples()]
    return sorted(found, key=lambda row: (row[0].last, row[0].first), reverse=True)


def commended(village_id: int, period: Period, *, now: datetime) -> list[Commended]:
    """List the deeds commended in *period* in lane order, without those of households that wish to be left out."""
    query = (
        _carried(village_id)
        .select(Motion, Household, Area)
        .join_from(Household, Area, on=Household.area)
        .where(Motion.period == period.word)
        .order_by(Area.parent, Area.order, Area.id, Household.number, Motion.id)
    )
    motions = list(query)
    first = _first_people(motion.household_id for motion in motions)
    today = local_date(now)
    return [
        Commended(
            lane=motion.household.area.name,
            number=motion.household.number,
            name=_name(motion.household, first) if today <= _named_until(motion, period) else "",
            deed=motion.text,
            points=motion.points,
        )
        for motion in motions
    ]


def deductions(village_id: int, period: Period) -> list[tuple[str, int]]:
    """Count the deductions in force in *period* by item, or category where the item is discreet, the most first.

    What touches fewer than `FEWEST` households is left out.
    """
    query: Any = (
        Line.select(Line.category, Line.item_name, Line.discreet, Line.household)
        .where(Line.village == village_id, Line.effect == "civility", Line.state == "posted")
        .where(Line.day.between(period.first, period.last))
    )
    touched: dict[str, list[int]] = {}
    for category, item, discreet, household_id in query.tuples():
        touched.setdefault(category if discreet else item, []).append(household_id)
    counts = [(item, len(ids)) for item, ids in touched.items() if len(set(ids)) >= FEWEST]
    return sorted(counts, key=lambda row: (-row[1], row[0]))


def _carried(village_id: int) -> Any:
    carried = (Motion.village == village_id) & (Motion.kind == "commend") & (Motion.state == "carried")
    return Motion.select().join(Household).where(carried, Household.board_name != SQL("'none'"))


def _named_until(motion: Motion, period: Period) -> date:
    assert motion.decided_at is not None, "what is carried was decided"
    return max(period.last, local_date(motion.decided_at)) + NAMED_FOR


def _name(household: Household, first: dict[int | None, str]) -> str:
    name = first.get(household.id, "")
    return name if household.board_name == "full" or not name else names.mask(name)


def _first_people(household_ids: Iterable[int]) -> dict[int | None, str]:
    """Return the name of the first active person of each household."""
    ids = set(household_ids)
    living = Person.select(Person.household, Person.name).where(Person.household.in_(ids), Person.active)
    first: dict[int | None, str] = {}
    for person in living.order_by(Person.id) if ids else ():
        first.setdefault(person.household_id, person.name)
    return first
