"""What hangs on the wall, as anyone may read it: masked names beside household numbers; and objections, for staff."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from typing import Any, TypeVar

from peewee import fn

from points import access, names
from points.errors import NotFound, PointsError
from points.judging import ANSWERERS
from points.models.areas import Area, VillageSetting
from points.models.contribution import Line, Notice, Objection, TickState
from points.models.people import Household, Person

PAGE = 50
LIST = 20
SHEET_ROWS = 14
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class PublicLine:
    """A line as the wall shows it: `item` is only the category where the rule book is discreet."""

    id: int
    lane_id: int
    lane: str
    number: str
    name: str
    item: str
    day: date
    points: int
    in_part: bool
    recorder: str
    checker: str
    state: str
    disputed: bool


@dataclass(frozen=True, slots=True)
class NewHousehold:
    """A household that opened since the last notice, with its people's masked names."""

    number: str
    lane_id: int
    lane: str
    people: list[str]


@dataclass(frozen=True, slots=True)
class PaperSheet:
    """One A4 page: lines, or new households, of one place."""

    lane: str
    lines: Sequence[PublicLine]
    households: Sequence[NewHousehold]


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice in a list, with how many lines and new households it shows and how many objections are open."""

    notice: Notice
    lines: int
    households: int
    disputed: int


def notice(notice_id: int) -> Notice:
    """Return a notice with its village and who hung it. Raises `NotFound`."""
    found = (
        Notice.select(Notice, Area, Person)
        .join(Area)
        .switch(Notice)
        .join(Person, "LEFT OUTER JOIN", on=Notice.hung_by)
        .where(Notice.id == notice_id)
        .get_or_none()
    )
    if found is None:
        raise NotFound()
    return found


def of_village(village_id: int, *, hung_only: bool, before: int | None = None) -> tuple[list[NoticeRow], int | None]:
    """List a village's notices, newest first; and the key of the next page."""
    query = Notice.select(Notice, Person).join(Person, "LEFT OUTER JOIN", on=Notice.hung_by)
    query = query.where(Notice.village == village_id)
    if hung_only:
        query = query.where(Notice.state != "gathered")
    if before:
        query = query.where(Notice.id < before)
    found = list(query.order_by(Notice.id.desc()).limit(LIST + 1))
    shown = found[:LIST]
    ids = [row.id for row in shown]
    counted = Line.select(Line.notice, fn.COUNT(Line.id), fn.SUM(Line.open_objections))
    lines = {id_: (count, open_) for id_, count, open_ in _tuples(counted.where(Line.notice.in_(ids)), Line.notice)}
    fresh = Household.select(Household.notice_id, fn.COUNT(Household.id)).where(Household.notice_id.in_(ids))
    households = dict(_tuples(fresh, Household.notice_id))
    rows = []
    for row in shown:
        count, disputed = lines.get(row.id, (0, 0))
        rows.append(NoticeRow(row, lines=count, households=households.get(row.id, 0), disputed=disputed))
    return rows, shown[-1].id if len(found) > LIST else None


def setting(village_id: int) -> VillageSetting:
    """Return what a village decided: its days of notice, and to whom one objects."""
    return VillageSetting.get(VillageSetting.village == village_id)


def gatherable(village_id: int) -> tuple[int, int]:
    """Count the approved lines and new households that the next notice would gather."""
    lines = Line.select().where(Line.village == village_id, Line.state == "approved").count()
    fresh = Household.select().where(Household.village == village_id, Household.notice_id.is_null(), Household.active)
    return lines, fresh.count()


def trouble() -> PointsError | None:
    """Return why nothing is posted now, or None."""
    state = TickState.get_or_none()
    return PointsError.by_code[state.trouble]() if state is not None and state.trouble else None


# --- the wall -------------------------------------------------------------------------------------------------------


def lanes(notice_id: int) -> list[tuple[int, str]]:
    """Return the places that a notice speaks of, in walking order."""
    of_lines = Line.select(Household.area).join(Household).where(Line.notice == notice_id)
    fresh = Household.select(Household.area).where(Household.notice_id == notice_id)
    query = Area.select(Area.id, Area.name).where(Area.id.in_(of_lines) | Area.id.in_(fresh))
    return [(row.id, row.name) for row in query.order_by(Area.parent, Area.order, Area.id)]


def public_lines(
    notice_id: int, *, lane_id: int | None = None, page: int | None = None
) -> tuple[list[PublicLine], bool]:
    """Return a notice's lines by place and household, all or the *page* from 1 on, and whether more follow."""
    query = _public_lines().where(Line.notice == notice_id)
    if lane_id:
        query = query.where(Household.area == lane_id)
    if page:
        query = query.limit(PAGE + 1).offset((page - 1) * PAGE)
    found = [_public(row) for row in query]
    return (found[:PAGE], len(found) > PAGE) if page else (found, False)


def _public_lines() -> Any:
    recorder, checker = Person.alias(), Person.alias()
    return (
        Line.select(
            Line, Area.id.alias("lane_id"), Area.name.alias("lane"), Household.number.alias("number"),
            Person.name.alias("name"), recorder.name.alias("recorder"), checker.name.alias("checker"),
        )
        .join(Household)
        .join(Area)
        .switch(Line)
        .join(Person, on=Line.person)
        .switch(Line)
        .join(recorder, on=Line.recorded_by)
        .switch(Line)
        .join(checker, on=Line.checked_by)
        .where(Line.notice.is_null(False))
        .order_by(Area.parent, Area.order, Area.id, Household.number, Line.id)
        .objects()
    )  # fmt: skip


def public_line(line_id: int) -> tuple[PublicLine, Notice]:
    """Return one line as the wall shows it, and its notice. Raises `NotFound`."""
    found = _public_lines().where(Line.id == line_id).get_or_none()
    if found is None:
        raise NotFound()
    return _public(found), notice(found.notice_id)


def new_households(notice_id: int, *, lane_id: int | None = None) -> list[NewHousehold]:
    """Return the households that a notice makes known."""
    query = (
        Household.select(Household, Area).join(Area, on=Household.area).where(Household.notice_id == notice_id)
    ).order_by(Area.parent, Area.order, Area.id, Household.number)
    if lane_id:
        query = query.where(Household.area == lane_id)
    found = list(query)
    people: dict[int | None, list[str]] = {}
    ids = [household.id for household in found]
    for person in Person.select().where(Person.household.in_(ids), Person.active).order_by(Person.id):
        people.setdefault(person.household_id, []).append(names.mask(person.name))
    return [NewHousehold(row.number, row.area.id, row.area.name, people.get(row.id, [])) for row in found]


def paper(notice_id: int, *, lane_id: int | None = None) -> list[PaperSheet]:
    """Cut a notice into A4 pages, a place on pages of its own, lines first and new households after them."""
    lines, _more = public_lines(notice_id, lane_id=lane_id)
    fresh = new_households(notice_id, lane_id=lane_id)
    sheets = []
    for id_, lane in lanes(notice_id):
        here = [line for line in lines if line.lane_id == id_]
        sheets += [PaperSheet(lane, rows, ()) for rows in _pages(here, lambda line: len(line.item) / 14)]
        new = [row for row in fresh if row.lane_id == id_]
        sheets += [PaperSheet(lane, (), rows) for rows in _pages(new, lambda row: len("、".join(row.people)) / 24)]
    return sheets


def _pages(rows: Sequence[Row], fills: Callable[[Row], float]) -> list[list[Row]]:
    """Cut *rows* into pages; *fills* tells how many lines of its column a row's text takes up."""
    pages: list[list[Row]] = []
    room = 0.0
    for row in rows:
        height = 1 + 0.7 * (max(ceil(fills(row)), 1) - 1)  # a further line of text is lower than a row of its own
        if height > room or not pages:
            pages.append([])
            room = SHEET_ROWS
        pages[-1].append(row)
        room -= height
    return pages


# --- objections -----------------------------------------------------------------------------------------------------


def may_object(person: Person, village_id: int) -> bool:
    """Tell whether *person* lives in the village: for staff the service looks at roles."""
    return person.household is not None and person.household.village_id == village_id


def mine(person: Person, notice_id: int) -> list[Objection]:
    """Return the objections that *person* raised to lines of a notice."""
    query = Objection.select(Objection, Line).join(Line)
    return list(query.where(Line.notice == notice_id, Objection.raised_by == person).order_by(Objection.id))


def open_objections(person: Person) -> list[Objection]:
    """List the open objections in what *person* covers, the most urgent first."""
    return list(_objections().where(_open(person)).order_by(Objection.due_at, Objection.id).limit(200))


def count_to_answer(person: Person, *, now: datetime) -> int:
    """Count the open objections that *person*'s roles may still answer: the township's once they are due."""
    here = Household.area.in_(access.covered_areas(person, *ANSWERERS)) & (Objection.due_at > now)
    township = Household.area.in_(access.covered_areas(person, "supervisor"))
    found = Objection.select().join(Line).join(Household).where(Objection.answer.is_null(), here | township)
    return int(found.where(Objection.raised_by != person).count())


def answered(person: Person) -> list[Objection]:
    """List the objections answered last in what *person* covers."""
    closed = Objection.answer.is_null(False) & Household.area.in_(access.covered_areas(person, *ANSWERERS, "admin"))
    return list(_objections().where(closed).order_by(Objection.answered_at.desc()).limit(LIST))


def objection(objection_id: int) -> Objection:
    """Return an objection with its line, the line's people, and who raised it. Raises `NotFound`."""
    found: Objection | None = _objections().where(Objection.id == objection_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def _open(person: Person) -> Any:
    return Objection.answer.is_null() & Household.area.in_(access.covered_areas(person, *ANSWERERS, "admin"))


def _objections() -> Any:
    raiser, answerer = Person.alias(), Person.alias()
    return (
        Objection.select(Objection, Line, Household, Person, raiser, answerer)
        .join(Line)
        .join(Household)
        .switch(Line)
        .join(Person, on=Line.person)
        .switch(Objection)
        .join(raiser, on=Objection.raised_by)
        .switch(Objection)
        .join(answerer, "LEFT OUTER JOIN", on=Objection.answered_by)
    )


def _public(row: Any) -> PublicLine:
    return PublicLine(
        id=row.id,
        lane_id=row.lane_id,
        lane=row.lane,
        number=row.number,
        name=names.mask(row.name),
        item=row.category if row.discreet else row.item_name,
        day=row.day,
        points=row.granted,
        in_part=row.granted < row.each * row.quantity,
        recorder=row.recorder,
        checker=row.checker,
        state=row.state,
        disputed=row.open_objections > 0,
    )


def _tuples(query: Any, by: Any) -> list[tuple[Any, ...]]:
    return list(query.group_by(by).tuples())
