"""Opening balances as anyone may read them, masked beside household numbers, and as the committee works on them.

As on every notice, names go thirty days after the end: where *named* is false none leaves this module, nor a reason
that somebody wrote by hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from peewee import JOIN, Tuple, fn

from points import access, db, names
from points.errors import NotFound
from points.judging import ANSWERERS
from points.models.areas import Area
from points.models.opening import Opening, OpeningLine
from points.models.people import Household, Person
from points.models.photos import Upload
from points.objecting import DAYS_TO_ANSWER
from points.queries.notices import LIST, PAGE
from points.roster import KEPT_FOR

READERS = ("committee", "council", "supervisor", "admin")
"""Who sees an opening before it hangs."""
TYPED_MOST = 200
"""Up to so many households a village may type its balances; more come by spreadsheet."""


class Row(NamedTuple):
    """An opening in a list, with how many objections wait."""

    opening: Opening
    disputed: int


class Totals(NamedTuple):
    """What an opening comes to now: households and points that stay, those posted, lines disputed or dropped."""

    households: int
    points: int
    posted: int
    disputed: int
    dropped: int


@dataclass(frozen=True, slots=True)
class PublicLine:
    """A line as the wall shows it. *hand*: it is the household of who ``proposed`` or ``hung`` the opening."""

    id: int
    position: int
    lane_id: int
    lane: str
    number: str
    name: str
    points: int
    agreed: int
    state: str
    answered: bool
    answer: str
    hand: str


class Home(NamedTuple):
    """A household whose old balance may be typed."""

    id: int
    number: str
    lane: str
    name: str


def opening(opening_id: int) -> Opening:
    """Return an opening with its village and who proposed, hung or dropped it. Raises `NotFound`."""
    found: Opening | None = _openings().where(Opening.id == opening_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def of_village(village_id: int, *, hung_only: bool = False) -> list[Row]:
    """List a village's openings, newest first."""
    query = _openings().where(Opening.village == village_id)
    if hung_only:
        query = query.where(Opening.state.in_(("hung", "closed")))
    found = list(query.order_by(Opening.id.desc()).limit(LIST))
    counted: Any = OpeningLine.select(OpeningLine.opening, fn.COUNT(OpeningLine.id))
    counted = counted.where(OpeningLine.opening.in_([row.id for row in found]), OpeningLine.state == "disputed")
    disputed = dict(counted.group_by(OpeningLine.opening).tuples())
    return [Row(row, disputed.get(row.id, 0)) for row in found]


def running(village_id: int, now: datetime) -> list[Opening]:
    """List the openings that hang now, the one that ends first on top."""
    query = Opening.select().where(Opening.village == village_id, Opening.state == "hung", Opening.closes_at > now)
    return list(query.order_by(Opening.closes_at))


def totals(opening_id: int) -> Totals:
    """Add up an opening's lines as they are now."""
    query: Any = OpeningLine.select(OpeningLine.state, fn.COUNT(OpeningLine.id), fn.SUM(OpeningLine.agreed))
    rows = query.where(OpeningLine.opening == opening_id).group_by(OpeningLine.state).tuples()
    found = {state: (count, int(points)) for state, count, points in rows}
    dropped = found.pop("dropped", (0, 0))[0]
    return Totals(
        households=sum(count for count, _points in found.values()),
        points=sum(points for _count, points in found.values()),
        posted=found.get("posted", (0, 0))[1],
        disputed=found.get("disputed", (0, 0))[0],
        dropped=dropped,
    )


def lanes(opening_id: int) -> list[tuple[int, str, int, int]]:
    """Return the places of an opening in walking order, each with its households and what the old book gives them."""
    query: Any = (
        OpeningLine.select(Area.id, Area.name, fn.COUNT(OpeningLine.id), fn.SUM(OpeningLine.points))
        .join(Household)
        .join(Area)
        .where(OpeningLine.opening == opening_id)
        .group_by(Area.id, Area.name, Area.parent, Area.order)
        .order_by(Area.parent, Area.order, Area.id)
    )
    return [(id_, name, count, int(points)) for id_, name, count, points in query.tuples()]


def lines(
    opening: Opening, *, named: bool, lane_id: int | None = None, number: str = "", after: int | None = None
) -> tuple[list[PublicLine], int | None]:
    """Return a page of an opening's lines by place, and the key of the next page.

    *lane_id* and *number* narrow them to a place or a household; *after* is the id of the line before the page.
    """
    query = _lines(opening.id)
    if lane_id:
        query = query.where(Household.area == lane_id)
    if number:
        query = query.where(fn.LTRIM(Household.number, "0") == number.lstrip("0"))
    if after:
        query = query.where(Tuple(*_order(Area, OpeningLine)) > _place_of(after))
    rows = list(query.limit(PAGE + 1))
    return _public(rows[:PAGE], opening, named=named), rows[PAGE - 1].id if len(rows) > PAGE else None


def sheets(opening: Opening, *, named: bool, lane_id: int | None = None) -> list[tuple[str, list[PublicLine]]]:
    """Return all lines for paper, by place."""
    query = _lines(opening.id).where(Household.area == lane_id if lane_id else True)
    found = groupby(_public(query, opening, named=named), key=lambda line: (line.lane_id, line.lane))
    return [(lane, list(group)) for (_id, lane), group in found]


def line(line_id: int) -> OpeningLine:
    """Return a line that hangs or hung with its opening, household, objector and answerer. Raises `NotFound`."""
    found: OpeningLine | None = _full_lines().where(OpeningLine.id == line_id).get_or_none()
    if found is None or found.opening.state not in ("hung", "closed"):
        raise NotFound()
    return found


def public_line(line: OpeningLine, *, named: bool) -> PublicLine:
    """Return a line as the wall shows it."""
    return _public(_lines(line.opening_id).where(OpeningLine.id == line.id), line.opening, named=named)[0]


def mine(person: Person, opening_id: int) -> list[OpeningLine]:
    """Return the lines of an opening to which *person* objected."""
    query = _full_lines().where(OpeningLine.opening == opening_id, OpeningLine.objected_by == person)
    return list(query.order_by(OpeningLine.position))


def disputed(person: Person) -> list[OpeningLine]:
    """List the lines that wait for an answer in what *person* covers, the oldest objection first."""
    here = Household.area.in_(access.covered_areas(person, *ANSWERERS, "admin"))
    return list(_full_lines().where(OpeningLine.state == "disputed", here).order_by(OpeningLine.objected_at).limit(200))


def count_proposed(person: Person, *, village_id: int | None = None) -> int:
    """Count the openings that wait for *person* as the second one: everywhere, or in one village."""
    here = Opening.village.in_(access.covered_areas(person, "committee", "supervisor"))
    query = Opening.select().where(Opening.state == "proposed", Opening.proposed_by != person, here)
    return int(query.where(Opening.village == village_id if village_id else True).count())


def count_to_answer(person: Person, *, now: datetime) -> int:
    """Count the objections that *person*'s roles may still answer: the township's once they are late."""
    late = OpeningLine.objected_at <= now - timedelta(days=DAYS_TO_ANSWER)
    here = Household.area.in_(access.covered_areas(person, *ANSWERERS)) & ~late
    township = Household.area.in_(access.covered_areas(person, "supervisor"))
    found = OpeningLine.select().join(Household).where(OpeningLine.state == "disputed", here | township)
    return int(found.where(OpeningLine.objected_by != person).count())


def uploaded(reader: Person, upload_id: int, now: datetime) -> Upload:
    """Return what *reader* uploaded or typed, while it is kept. Raises `NotFound`."""
    mine = (Upload.id == upload_id) & (Upload.kind == "opening") & (Upload.uploaded_by == reader)
    found: Upload | None = Upload.get_or_none(mine, Upload.uploaded_at > now - KEPT_FOR)
    if found is None:
        raise NotFound()
    return found


def homes(village_id: int) -> list[Home]:
    """List the households whose old balances may be typed, by place; nothing in a village with too many of them."""
    had = OpeningLine.select().where(OpeningLine.household == Household.id, OpeningLine.state != "dropped")
    query = (
        Household.select(Household.id, Household.number, Area.name.alias("lane"))
        .join(Area)
        .where(Household.village == village_id, Household.active, ~fn.EXISTS(had))
        .order_by(Area.parent, Area.order, Area.id, Household.number)
        .limit(TYPED_MOST + 1)
        .objects()
    )
    rows: list[Any] = list(query)
    if len(rows) > TYPED_MOST:
        return []
    heads = _heads([row.id for row in rows])
    return [Home(row.id, row.number, row.lane, heads.get(row.id, "")) for row in rows]


def _openings() -> Any:
    proposer, hanger, dropper = Person.alias(), Person.alias(), Person.alias()
    query = Opening.select(Opening, Area, proposer, hanger, dropper).join(Area)
    query = query.switch(Opening).join(proposer, on=Opening.proposed_by)
    query = query.switch(Opening).join(hanger, JOIN.LEFT_OUTER, on=Opening.hung_by)
    return query.switch(Opening).join(dropper, JOIN.LEFT_OUTER, on=Opening.dropped_by)


def _full_lines() -> Any:
    proposer, hanger, objector, answerer = Person.alias(), Person.alias(), Person.alias(), Person.alias()
    query = OpeningLine.select(OpeningLine, Opening, Area, proposer, hanger, Household, objector, answerer)
    query = query.join(Opening).join(Area).switch(Opening).join(proposer, on=Opening.proposed_by)
    query = query.switch(Opening).join(hanger, JOIN.LEFT_OUTER, on=Opening.hung_by)
    query = query.switch(OpeningLine).join(Household)
    query = query.switch(OpeningLine).join(objector, JOIN.LEFT_OUTER, on=OpeningLine.objected_by)
    return query.switch(OpeningLine).join(answerer, JOIN.LEFT_OUTER, on=OpeningLine.answered_by)


def _lines(opening_id: int) -> Any:
    return (
        OpeningLine.select(
            OpeningLine, Area.id.alias("lane_id"), Area.name.alias("lane"), Household.number.alias("number")
        )
        .join(Household)
        .join(Area)
        .where(OpeningLine.opening == opening_id)
        .order_by(*_order(Area, OpeningLine))
        .objects()
    )


def _order(area: Any, line: Any) -> tuple[Any, ...]:
    return area.parent, area.order, area.id, line.position


def _place_of(line_id: int) -> Any:
    area, household, line = Area.alias(), Household.alias(), OpeningLine.alias()
    query = line.select(*_order(area, line)).join(household, on=line.household)
    return query.join(area, on=household.area).where(line.id == line_id)


def _public(rows: Iterable[Any], opening: Opening, *, named: bool) -> list[PublicLine]:
    found = list(rows)
    heads = _heads([row.household_id for row in found]) if named else {}
    hands = {opening.proposed_by.household_id: "proposed"}
    if opening.hung_by_id:
        hands.setdefault(opening.hung_by.household_id, "hung")
    return [
        PublicLine(
            id=row.id,
            position=row.position,
            lane_id=row.lane_id,
            lane=row.lane,
            number=row.number,
            name=names.mask(heads[row.household_id]) if row.household_id in heads else "",
            points=row.points,
            agreed=row.agreed,
            state=row.state,
            answered=row.answered_at is not None,
            answer=row.answer if named else "",
            hand=hands.get(row.household_id, "") if named else "",
        )
        for row in found
    ]


def _heads(household_ids: list[int]) -> dict[int, str]:
    """Return a name for each household: who was added first of those who still live there."""
    query: Any = Person.select(Person.household, Person.name).where(Person.household.in_(db.among(household_ids)))
    heads: dict[int, str] = {}
    for household_id, name in query.order_by(Person.active.desc(), Person.id).tuples():
        heads.setdefault(household_id, name)
    return heads
