"""What lapses at year's end: a household's own, the list that hangs, and the committee's side of it.

Before year's end everything is figured from what households have now; afterwards it is what was posted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from peewee import JOIN, fn

from points import access, db, expiring, names
from points.calendar import local_date
from points.errors import NotFound
from points.judging import ANSWERERS
from points.models.areas import Area
from points.models.expiry import Expiry, ExpiryLine, ExpiryRule
from points.models.people import Household, Person
from points.objecting import DAYS_TO_ANSWER
from points.queries.notices import LIST, NAMES_STAY

READERS = ("committee", "council", "supervisor", "admin")

_HOMES = """
    SELECT household.id, household.number, area.id, area.name, (
        SELECT person.name FROM person WHERE person.household_id = household.id
        ORDER BY person.active DESC, person.id LIMIT 1
    ) FROM household JOIN area ON area.id = household.area_id WHERE {where}
    ORDER BY area.parent_id, area.position, area.id, household.number
"""
_WARNED = """
    SELECT expiry.id, expiry.earned_until, expiry.ends_at FROM household
    JOIN expiry ON expiry.village_id = household.village_id AND expiry.state = 'waiting' AND expiry.warns_at <= ?
    WHERE household.id = ? AND NOT EXISTS (
        SELECT 1 FROM expiry_line AS line WHERE line.expiry_id = expiry.id AND line.household_id = household.id
        AND line.state = 'spared'
    )
"""
_WARNED_THEN = """
    SELECT expiry.id, expiry.earned_until, expiry.ends_at FROM household
    JOIN expiry ON expiry.village_id = household.village_id AND expiry.warns_at <= ? AND expiry.ends_at > ?
    JOIN expiry_rule ON expiry_rule.id = expiry.rule_id AND expiry_rule.adopted_at <= ?
        AND (expiry_rule.ended_at IS NULL OR expiry_rule.ended_at > ?)
    WHERE household.id = ? AND NOT EXISTS (
        SELECT 1 FROM expiry_line AS line WHERE line.expiry_id = expiry.id AND line.household_id = household.id
        AND line.state = 'spared' AND line.answered_at <= ?
    )
"""
_STOOD = f"""
    SELECT account.type, account.id, COALESCE((
        SELECT CASE WHEN transfer.source_id = account.id THEN source_after ELSE target_after END FROM transfer
        WHERE (transfer.source_id = account.id OR transfer.target_id = account.id) AND transfer.recorded_at <= ?
        ORDER BY transfer.id DESC LIMIT 1
    ), 0), COALESCE((
        SELECT SUM(points) FROM transfer WHERE transfer.target_id = account.id
        AND transfer.recorded_at >= ? AND transfer.recorded_at <= ? AND transfer.kind IN {expiring.EARNING}
    ), 0) FROM account WHERE account.type IN ('household', 'hold') AND account.owner_id = ?
"""
_YEARS = """
    SELECT expiry_id, SUM(CASE WHEN points > 0 THEN 1 ELSE 0 END), SUM(points),
        SUM(CASE WHEN state = 'disputed' THEN 1 ELSE 0 END)
    FROM expiry_line WHERE expiry_id IN ({ids}) GROUP BY expiry_id
"""


class Lapsing(NamedTuple):
    """What of a household lapses after the local *day* if it is not spent; of that *held* for reservations."""

    expiry_id: int
    day: date
    points: int
    held: int


@dataclass(frozen=True, slots=True)
class PublicLine:
    """A household of the list as the wall shows it: *points* that lapse or lapsed, *held* those that still may.

    *line_id* and *state* are of its line, if there is one; *answer* is what was said to an objection.
    """

    household_id: int
    number: str
    lane_id: int
    lane: str
    name: str
    points: int
    held: int
    line_id: int | None
    state: str
    answered: bool
    answer: str


class Year(NamedTuple):
    """A year-end in a list, with how many households and points lapsed, and how many objections wait."""

    expiry: Expiry
    households: int
    points: int
    disputed: int


# --- a household's own ------------------------------------------------------------------------------------------------


def warning(household_id: int, now: datetime) -> Lapsing | None:
    """Return what of a household lapses at this year's end, within the warning; None if nothing does."""
    row = db.execute(_WARNED, (db.microseconds(now), household_id)).fetchone()
    if row is None:
        return None
    return _warning(row, expiring.purse(household_id, db.moment(row[1])))


def warned(household_id: int, at: datetime) -> Lapsing | None:
    """Return the warning as it was at a moment that is past: what a page of the passbook said when it was made."""
    then = db.microseconds(at)
    row = db.execute(_WARNED_THEN, (then, then, then, then, household_id, then)).fetchone()
    if row is None:
        return None
    stood = {type_: rest for type_, *rest in db.execute(_STOOD, (then, row[1], then, household_id)).fetchall()}
    account_id, balance, earned = map(int, stood["household"])
    held = int(stood["hold"][1]) if "hold" in stood else 0
    return _warning(row, expiring.Purse(household_id, account_id, balance, held, earned))


def _warning(row: Sequence[int], purse: expiring.Purse) -> Lapsing | None:
    expiry_id, _earned_until, ends_at = row
    if not purse.old:
        return None
    return Lapsing(expiry_id, _last_day(db.moment(ends_at)), purse.old, min(purse.old, purse.held))


def _last_day(ends_at: datetime) -> date:
    return local_date(ends_at - timedelta(microseconds=1))


# --- the list ---------------------------------------------------------------------------------------------------------


def expiry(expiry_id: int) -> Expiry:
    """Return a year-end with its rule, village and who hung the list. Raises `NotFound`."""
    found: Expiry | None = _expiries().where(Expiry.id == expiry_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def public(village_id: int, now: datetime) -> Expiry | None:
    """Return the village's year-end whose list is public now, if one is."""
    shown = (Expiry.village == village_id) & (Expiry.state == "waiting") & (Expiry.warns_at <= now)
    found: Expiry | None = _expiries().where(shown).get_or_none()
    return found


def is_public(expiry: Expiry, now: datetime) -> bool:
    """Tell whether anybody may read the list: from the warning on, whatever became of it."""
    return bool(expiry.warns_at <= now)


def is_named(expiry: Expiry, now: datetime) -> bool:
    """Tell whether the public still reads names."""
    return bool(now < expiry.ends_at + NAMES_STAY)


def last_day(expiry: Expiry) -> date:
    """Return the last local day on which the points are good."""
    return _last_day(expiry.ends_at)


def lanes(village_id: int) -> list[tuple[int, str]]:
    """Return the places of a village where households are, in walking order."""
    query: Any = Household.select(Area.id, Area.name).join(Area).where(Household.village == village_id).distinct()
    query = query.select_extend(Area.parent, Area.order)
    return [(id_, name) for id_, name, *_ in query.order_by(Area.parent, Area.order, Area.id).tuples()]


def lines(expiry: Expiry, *, named: bool, lane_id: int | None = None) -> list[PublicLine]:
    """List the households of a lane, or of the village, of which something lapses or lapsed, in walking order.

    Figured now while the year-end waits; afterwards as posted. Objections are shown in either case.
    """
    said = {line.household_id: line for line in ExpiryLine.select().where(ExpiryLine.expiry == expiry)}
    if expiry.state == "waiting":
        purses = expiring.purses(expiry.village_id, expiry.earned_until, area_id=lane_id)
        due = {one.household_id: (one.old, min(one.old, one.held)) for one in purses if one.old}
    else:
        due = {id_: (line.points, line.remaining) for id_, line in said.items() if line.points or line.remaining}
    found = []
    for id_, number, lane, lane_name, name in _homes(expiry, lane_id):
        line = said.get(id_)
        if id_ not in due and (line is None or line.objected_at is None):
            continue
        points, held = due.get(id_, (0, 0))
        found.append(
            PublicLine(
                household_id=id_,
                number=number,
                lane_id=lane,
                lane=lane_name,
                name=names.mask(name) if named and name else "",
                points=points,
                held=held,
                line_id=line.id if line else None,
                state=line.state if line else "due",
                answered=line is not None and line.answered_at is not None,
                answer=line.answer if line and named else "",
            )
        )
    return found


def line(expiry: Expiry, household_id: int) -> PublicLine:
    """Return a household of the list, whether or not something lapses there. Raises `NotFound`."""
    household = Household.get_or_none(Household.id == household_id, Household.village == expiry.village_id)
    if household is None:
        raise NotFound()
    for found in lines(expiry, named=True, lane_id=household.area_id):
        if found.household_id == household_id:
            return found
    raise NotFound()


def sheets(expiry: Expiry, *, named: bool, lane_id: int | None = None) -> list[list[PublicLine]]:
    """Return the list for paper, a group a lane."""
    return [
        list(group) for _lane, group in groupby(lines(expiry, named=named, lane_id=lane_id), lambda one: one.lane_id)
    ]


def totals(expiry: Expiry) -> tuple[int, int]:
    """Return of how many households how many points lapse now, or lapsed."""
    if expiry.state == "waiting":
        spared = {
            line.household_id
            for line in ExpiryLine.select().where(ExpiryLine.expiry == expiry, ExpiryLine.state == "spared")
        }
        purses = expiring.purses(expiry.village_id, expiry.earned_until)
        old = [one.old for one in purses if one.old and one.household_id not in spared]
        return len(old), sum(old)
    query: Any = ExpiryLine.select(fn.COUNT(ExpiryLine.id), fn.SUM(ExpiryLine.points))
    count, points = query.where(ExpiryLine.expiry == expiry, ExpiryLine.points > 0).tuples()[0]
    return int(count), int(points or 0)


# --- the committee and the judges -------------------------------------------------------------------------------------


def rules(village_id: int) -> list[ExpiryRule]:
    """List a village's rules, newest first, with who proposed, adopted and ended them."""
    proposer, adopter, ender = Person.alias(), Person.alias(), Person.alias()
    query = ExpiryRule.select(ExpiryRule, proposer, adopter, ender).join(proposer, on=ExpiryRule.proposed_by)
    query = query.switch(ExpiryRule).join(adopter, JOIN.LEFT_OUTER, on=ExpiryRule.adopted_by)
    query = query.switch(ExpiryRule).join(ender, JOIN.LEFT_OUTER, on=ExpiryRule.ended_by)
    return list(query.where(ExpiryRule.village == village_id).order_by(ExpiryRule.id.desc()).limit(LIST))


def rule(rule_id: int) -> ExpiryRule:
    """Return a rule. Raises `NotFound`."""
    found: ExpiryRule | None = ExpiryRule.get_or_none(ExpiryRule.id == rule_id)
    if found is None:
        raise NotFound()
    return found


def years(village_id: int) -> list[Year]:
    """List a village's year-ends that count or counted, newest first."""
    shown = (Expiry.village == village_id) & (Expiry.state != "dropped")
    found = list(_expiries().where(shown).order_by(Expiry.id.desc()).limit(LIST))
    rows = db.execute(_YEARS.format(ids=db.set_of_ids()), (json.dumps([row.id for row in found]),)).fetchall()
    sums = {id_: tuple(map(int, numbers)) for id_, *numbers in rows}
    return [Year(row, *sums.get(row.id, (0, 0, 0))) for row in found]


def line_of(line_id: int) -> ExpiryLine:
    """Return a line with its household. Raises `NotFound`."""
    query = ExpiryLine.select(ExpiryLine, Household).join(Household)
    found: ExpiryLine | None = query.where(ExpiryLine.id == line_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def objection(line_id: int) -> ExpiryLine:
    """Return a line that somebody objected to, with its year-end, household, objector, answerer. Raises `NotFound`."""
    found: ExpiryLine | None = _objections().where(ExpiryLine.id == line_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def disputed(person: Person) -> list[ExpiryLine]:
    """List the lines that wait for an answer in what *person* covers, the oldest objection first."""
    here = Household.area.in_(access.covered_areas(person, *ANSWERERS, "admin"))
    waiting = _objections().where(ExpiryLine.state == "disputed", here)
    return list(waiting.order_by(ExpiryLine.objected_at).limit(200))


def mine(person: Person, expiry_id: int) -> list[ExpiryLine]:
    """Return the lines of a year-end to which *person* objected."""
    return list(_objections().where(ExpiryLine.expiry == expiry_id, ExpiryLine.objected_by == person))


def count_to_answer(person: Person, *, now: datetime) -> int:
    """Count the objections that *person*'s roles may still answer: the township's once they are late."""
    late = ExpiryLine.objected_at <= now - timedelta(days=DAYS_TO_ANSWER)
    here = Household.area.in_(access.covered_areas(person, *ANSWERERS)) & ~late
    township = Household.area.in_(access.covered_areas(person, "supervisor"))
    found = ExpiryLine.select().join(Household).where(ExpiryLine.state == "disputed", here | township)
    return int(found.where(ExpiryLine.objected_by != person).count())


def count_proposed(person: Person, *, village_id: int | None = None) -> int:
    """Count the rules that wait for *person* as the second one: everywhere, or in one village."""
    here = ExpiryRule.village.in_(access.covered_areas(person, "committee", "supervisor"))
    waiting = ExpiryRule.select().where(ExpiryRule.state == "proposed", ExpiryRule.proposed_by != person, here)
    return int(waiting.where(ExpiryRule.village == village_id if village_id else True).count())


def _homes(expiry: Expiry, lane_id: int | None) -> list[Any]:
    where, ids = "household.village_id = ?", [expiry.village_id]
    if lane_id:
        where, ids = f"{where} AND household.area_id = ?", [*ids, lane_id]
    return list(db.execute(_HOMES.format(where=where), ids).fetchall())


def _expiries() -> Any:
    query = Expiry.select(Expiry, ExpiryRule, Area, Person).join(ExpiryRule).switch(Expiry).join(Area)
    return query.switch(Expiry).join(Person, JOIN.LEFT_OUTER, on=Expiry.hung_by)


def _objections() -> Any:
    objector, answerer = Person.alias(), Person.alias()
    query = ExpiryLine.select(ExpiryLine, Expiry, ExpiryRule, Area, Household, objector, answerer)
    query = query.join(Expiry).join(ExpiryRule).switch(Expiry).join(Area).switch(ExpiryLine).join(Household)
    query = query.switch(ExpiryLine).join(objector, on=ExpiryLine.objected_by)
    return query.switch(ExpiryLine).join(answerer, JOIN.LEFT_OUTER, on=ExpiryLine.answered_by)
