"""What is kept about a person, all of it, by a constant number of statements; and what people ask of their data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from points import access, db, erasing
from points.errors import NotFound
from points.models.changes import DataRequest
from points.models.people import Household, Person

NEWEST = 10
"""So many of each kind are listed; of the rest the number is told."""


class Served(NamedTuple):
    """A role, with where it holds and from when to when."""

    kind: str
    area: str
    since: datetime
    ended: datetime | None


class Fetches(NamedTuple):
    """A household whose goods the person may collect, until a day, or could until it was taken back."""

    number: str
    until: date
    revoked: datetime | None


class Named(NamedTuple):
    """A line that names the person."""

    id: int
    item: str
    day: date
    state: str


class Fetched(NamedTuple):
    """A receipt for what the person collected."""

    id: int
    number: str
    shop: str
    at: datetime


class Moved(NamedTuple):
    """A change of households that the person went along with."""

    kind: str
    source: str
    target: str
    day: date


class Taken(NamedTuple):
    """A list taken out of the system that covers where the person lives."""

    title: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MyData:
    """Everything; *counts* by what was counted, *requests* the newest first."""

    household: Household | None
    area: str
    roles: list[Served]
    fetches: list[Fetches]
    lines: list[Named]
    receipts: list[Fetched]
    moves: list[Moved]
    exports: list[Taken]
    counts: dict[str, int]
    requests: list[Any]


_COUNTED = {
    "lines": "line WHERE person_id = ?",
    "receipts": "receipt WHERE collector_id = ? AND household_id IN ({homes})",
    "recorded": "contribution WHERE recorded_by_id = ?",
    "objections": "objection WHERE raised_by_id = ?",
    "complaints": "complaint WHERE raised_by_id = ?",
    "photos": "photo WHERE added_by_id = ? AND removed_at IS NULL",
    "photos_gone": "photo WHERE added_by_id = ? AND removed_at IS NOT NULL",
    "voices": "voice WHERE person_id = ?",
    "wishes": "wish WHERE raised_by_id = ?",
    "writes": "write_key WHERE actor_id = ?",
    "rosters": "census_change WHERE kind IN ('add_person', 'edit_person', 'move_person') AND subject_id = ?",
    "passbook": "passbook_page JOIN person ON person.household_id = passbook_page.household_id WHERE person.id = ?",
}
_HOMES = """
    SELECT household_id FROM person WHERE id = ?
    UNION SELECT source_id FROM change_person JOIN household_change ON household_change.id = change_id
    WHERE change_person.person_id = ? AND state = 'done'
"""
"""Where the person lives, and where they lived: nobody collects as a member of another household."""
_COUNTS = "SELECT " + ", ".join(f"(SELECT COUNT(*) FROM {what})" for what in _COUNTED.values()).format(homes=_HOMES)
_ROLES = """
    SELECT role.kind, area.name, role.granted_at, role.ended_at FROM role JOIN area ON area.id = role.area_id
    WHERE role.person_id = ? ORDER BY role.id
"""
_FETCHES = """
    SELECT household.number, proxy.until, proxy.revoked_at FROM proxy
    JOIN household ON household.id = proxy.household_id WHERE proxy.person_id = ? ORDER BY proxy.id DESC
"""
_LINES = "SELECT id, item_name, day, state FROM line WHERE person_id = ? ORDER BY id DESC LIMIT ?"
_RECEIPTS = f"""
    SELECT receipt.id, receipt.number, shop.name, receipt.recorded_at FROM receipt
    JOIN till ON till.id = receipt.till_id JOIN shop ON shop.id = till.shop_id
    WHERE receipt.collector_id = ? AND receipt.household_id IN ({_HOMES}) ORDER BY receipt.id DESC LIMIT ?
"""
_MOVES = """
    SELECT change.kind, source.number, target.number, change.day FROM change_person
    JOIN household_change AS change ON change.id = change_person.change_id AND change.state = 'done'
    JOIN household AS source ON source.id = change.source_id JOIN household AS target ON target.id = change.target_id
    WHERE change_person.person_id = ? ORDER BY change.id DESC
"""
_EXPORTS = """
    SELECT export.title, person.name, export.made_at FROM export JOIN person ON person.id = export.made_by_id
    JOIN area_ancestor ON area_ancestor.ancestor_id = export.area_id
    WHERE area_ancestor.descendant_id = ? ORDER BY export.id DESC LIMIT ?
"""


def of(person: Person) -> MyData:
    """Return what is kept about *person*, beside the row of the person itself."""
    counts = db.execute(_COUNTS, (person.id,) * (len(_COUNTED) + 2)).fetchone()
    return MyData(
        household=Household.get_by_id(person.household_id) if person.household_id else None,
        area=access.area(person.area_id).name,
        roles=[Served(kind, area, db.moment(at), _moment(end)) for kind, area, at, end in _all(_ROLES, person)],
        fetches=[Fetches(number, db.day(until), _moment(at)) for number, until, at in _all(_FETCHES, person)],
        lines=[Named(id_, item, db.day(day), state) for id_, item, day, state in _all(_LINES, person, NEWEST)],
        receipts=[Fetched(id_, number, shop, db.moment(at)) for id_, number, shop, at in _fetched(person)],
        moves=[Moved(kind, source, target, db.day(day)) for kind, source, target, day in _all(_MOVES, person)],
        exports=[
            Taken(title, by, db.moment(at))
            for title, by, at in db.execute(_EXPORTS, (person.area_id, NEWEST)).fetchall()
        ],
        counts=dict(zip(_COUNTED, counts, strict=True)),
        requests=_requests(DataRequest.person == person),
    )


def request(request_id: int) -> Any:
    """Return one request with whom it is about. Raises `NotFound`; the caller guards by the person's area."""
    found = _requests(DataRequest.id == request_id)
    if not found:
        raise NotFound()
    return found[0]


def requests(area_id: int, *, waiting: bool) -> list[Any]:
    """Return the requests of the people of an area and below that wait for an answer, or the newest answered ones."""
    asker = Person.select(Person.id).where(Person.area.in_(access.below(area_id)))
    state = DataRequest.granted.is_null() if waiting else DataRequest.granted.is_null(False)
    return _requests(DataRequest.person.in_(asker), state)


def to_answer(reader: Person) -> list[int]:
    """Return the requests that *reader* may answer."""
    asker = Person.select(Person.id).where(Person.area.in_(access.covered_areas(reader, "committee", "admin")))
    query = DataRequest.select(DataRequest.id).where(DataRequest.granted.is_null(), DataRequest.made_by != reader)
    return [found.id for found in query.where(DataRequest.person.in_(asker)).order_by(DataRequest.id)]


def hindrance(person: Person) -> str:
    """Say what must end before the data of *person* can be removed; nothing if nothing does."""
    return erasing.hindrance(person)


def _requests(*where: Any) -> list[Any]:
    maker, answerer = Person.alias(), Person.alias()
    rows: Any = DataRequest.select(DataRequest, Person, maker, answerer).join(Person, on=DataRequest.person)
    rows = rows.switch(DataRequest).join(maker, on=(DataRequest.made_by == maker.id))
    rows = rows.switch(DataRequest).join(answerer, "LEFT OUTER JOIN", on=(DataRequest.answered_by == answerer.id))
    return list(rows.where(*where).order_by(DataRequest.id.desc()).limit(50))


def _fetched(person: Person) -> Sequence[Any]:
    return _all(_RECEIPTS, person, person.id, person.id, NEWEST)


def _all(sql: str, person: Person, *more: int) -> Sequence[Any]:
    found: Sequence[Any] = db.execute(sql, (person.id, *more)).fetchall()
    return found


def _moment(stored: int | None) -> datetime | None:
    return None if stored is None else db.moment(stored)
