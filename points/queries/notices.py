"""What hangs on the wall, as anyone may read it: masked names beside household numbers; and objections, for staff.

Thirty days after its end a notice keeps its numbers only: where *named* is false no name leaves this module, nor a word
that somebody wrote by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any, NamedTuple, TypeVar

from peewee import Tuple, fn

from points import access, names
from points.calendar import local_date
from points.errors import NotFound, PointsError
from points.judging import ANSWERERS
from points.models.areas import Area, VillageSetting
from points.models.contribution import Correction, Line, Notice, Objection, TickState
from points.models.opening import Opening
from points.models.people import Household, Person

PAGE = 50
ENDED = ("struck", "reversed")
LIST = 20
NAMES_STAY = timedelta(days=30)
RECENT = timedelta(days=92)
Row = TypeVar("Row")

_AREA = Household.area + 0
"""Compared by, it lets databases begin with the few objections, not with all households of a place and their lines."""


class Answer(NamedTuple):
    """An answered objection as the wall shows it: upheld with the points it left, or dismissed with its reason."""

    upheld: bool
    kept: int
    reason: str


@dataclass(frozen=True, slots=True)
class PublicLine:
    """A line as the wall shows it: `item` is only the category where the rule book is discreet.

    `position` is its number on the notice, the same on the page, on every sheet and on a slip. `part` says whether
    less than was asked counts because of a cap (``capped``) or of the voices (``agreed``). `recorder` is empty where
    the household reported for itself: that name would undo the mask.
    """

    id: int
    position: int
    lane_id: int
    lane: str
    number: str
    name: str
    item: str
    day: date
    effect: str
    points: int
    part: str
    recorder: str
    checker: str
    state: str
    disputed: bool
    answers: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class PublicCorrection:
    """A correction as the wall shows it: points taken back, or civility given back."""

    lane_id: int
    lane: str
    number: str
    name: str
    item: str
    day: date
    effect: str
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class NewHousehold:
    """A household that opened since the last notice, with its people's masked names."""

    number: str
    lane_id: int
    lane: str
    people: list[str]


@dataclass(frozen=True, slots=True)
class PaperSheet:
    """One page of paper: lines, corrections or new households of one place."""

    lane: str
    lines: Sequence[PublicLine] = ()
    corrections: Sequence[PublicCorrection] = ()
    households: Sequence[NewHousehold] = ()


class Paper(NamedTuple):
    """A size of paper: how many rows fit below each other, and how many signs beside each other in its columns."""

    rows: int
    item: int
    corrected: int
    reason: int
    people: int
    number: int = 3

    def of_line(self, line: PublicLine) -> float:
        """Say how many lines of text a row needs: with its item stands what it deducts, and what became of it."""
        told = line.item + "（扣文明分）" * (line.effect == "civility") + "（已冲正）" * (line.state in ENDED)
        return max(_width(told) / self.item, _width(line.number) / self.number)

    def of_correction(self, correction: PublicCorrection) -> float:
        """Say how many lines of text a row needs."""
        told = _width(correction.item) / self.corrected, _width(correction.reason) / self.reason
        return max(*told, _width(correction.number) / self.number)

    def of_household(self, household: NewHousehold) -> float:
        """Say how many lines of text a row needs."""
        return _width("、".join(household.people)) / self.people


PAPERS = {
    "a4": Paper(rows=13, item=10, corrected=7, reason=10, people=24),
    "a3": Paper(rows=18, item=13, corrected=8, reason=12, people=29),
}


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice in a list, with how much it shows and how many objections are open."""

    notice: Notice
    lines: int
    households: int
    corrections: int
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
    counted = Line.select(Line.notice, fn.COUNT(Line.notice)).where(Line.notice.in_(ids))  # its index alone tells
    lines = dict(_tuples(counted, Line.notice))
    open_ = Line.select(Line.notice, fn.SUM(Line.open_objections)).where(Line.notice.in_(ids), Line.state == "noticed")
    disputed = dict(_tuples(open_, Line.notice))
    fresh = Household.select(Household.notice_id, fn.COUNT(Household.id)).where(Household.notice_id.in_(ids))
    households = dict(_tuples(fresh, Household.notice_id))
    told = Correction.select(Correction.notice, fn.COUNT(Correction.id)).where(Correction.notice.in_(ids))
    corrections = dict(_tuples(told, Correction.notice))
    counts = (lines, households, corrections, disputed)
    rows = [NoticeRow(row, *(count.get(row.id, 0) for count in counts)) for row in shown]
    return rows, shown[-1].id if len(found) > LIST else None


def setting(village_id: int) -> VillageSetting:
    """Return what a village decided: its days of notice, and to whom one objects."""
    return VillageSetting.get(VillageSetting.village == village_id)


def gatherable(village_id: int) -> tuple[int, int, int]:
    """Count the approved lines, new households and corrections that the next notice would gather."""
    lines = Line.select().where(Line.village == village_id, Line.state == "approved").count()
    fresh = Household.select().where(Household.village == village_id, Household.notice_id.is_null(), Household.active)
    untold = Correction.select().where(Correction.village == village_id, Correction.notice.is_null())
    return lines, fresh.count(), untold.count()


def holidays_within(notice: Notice | Opening) -> int:
    """Return how many of the days that a notice hangs are holidays, which lengthened it."""
    if notice.hung_at is None or notice.closes_at is None:
        return 0
    last = local_date(notice.closes_at - timedelta(microseconds=1))
    return (last - local_date(notice.hung_at)).days - notice.days


def is_named(notice: Notice | Opening, now: datetime) -> bool:
    """Tell whether the public still reads names on a notice."""
    return notice.closes_at is None or now < notice.closes_at + NAMES_STAY


def trouble() -> PointsError | None:
    """Return why nothing is posted now, or None."""
    state = TickState.get_or_none()
    return PointsError.by_code[state.trouble]() if state is not None and state.trouble else None


# --- the wall -------------------------------------------------------------------------------------------------------


def lanes(notice_id: int) -> list[tuple[int, str]]:
    """Return the places that a notice speaks of, in walking order."""
    of_lines = Line.select(_of_its_household(Household.area)).where(Line.notice == notice_id)
    fresh = Household.select(Household.area).where(Household.notice_id == notice_id)
    told = Correction.select(Household.area).join(Line).join(Household).where(Correction.notice == notice_id)
    query = Area.select(Area.id, Area.name).where(Area.id.in_(of_lines | fresh | told))
    return [(row.id, row.name) for row in query.order_by(Area.parent, Area.order, Area.id)]


def public_lines(
    notice_id: int,
    *,
    named: bool,
    lane_id: int | None = None,
    number: str = "",
    after: int | None = None,
    most: int = PAGE,
) -> tuple[list[PublicLine], int | None]:
    """Return a page of a notice's lines by place and household, and the key of the next page.

    *lane_id* and *number* narrow them to a place or a household; *after* is the id of the line before the page.
    """
    query = _public_lines(notice_id)
    if lane_id:
        query = query.where(Household.area == lane_id)
    if number:
        query = query.where(fn.LTRIM(Household.number, "0") == number.lstrip("0"))
    if after:
        query = query.where(Tuple(*_order(Area, Household, Line)) > _place_of(after))
    rows = list(query.limit(most + 1))
    return _public(rows[:most], named=named), rows[most - 1].id if len(rows) > most else None


def public_line(line_id: int, *, now: datetime) -> tuple[PublicLine, Notice]:
    """Return one line as the wall shows it, and its notice. Raises `NotFound`."""
    row = Line.get_or_none(Line.id == line_id)
    if row is None or row.notice_id is None:
        raise NotFound()
    found = notice(row.notice_id)
    [line] = _public(_public_lines(found.id).where(Line.id == line_id), named=is_named(found, now))
    return line, found


def line_at(notice_id: int, position: int) -> PublicLine | None:
    """Return the line that has the number *position* on a notice, if there is one."""
    found = _public(_public_lines(notice_id, position), named=True)
    return found[0] if found else None


def _public_lines(notice_id: int, position: int | None = None) -> Any:
    """Build the query of a notice's lines with their numbers: by household number and age, which nothing changes."""
    recorder, checker = Person.alias(), Person.alias()
    by = fn.ROW_NUMBER().over(order_by=[_of_its_household(Household.number), Line.id])
    numbers = Line.select(Line.id.alias("line_id"), by.alias("position"))
    numbered = numbers.where(Line.notice == notice_id).alias("numbered")
    return (
        Line.select(
            Line, numbered.c.position.alias("position"), Area.id.alias("lane_id"), Area.name.alias("lane"),
            Household.number.alias("number"), Person.name.alias("name"), recorder.name.alias("recorder"),
            recorder.household.alias("recorder_household"), checker.name.alias("checker"),
        )
        .join(Household)
        .join(Area)
        .switch(Line)
        .join(Person, on=Line.person)
        .switch(Line)
        .join(recorder, on=Line.recorded_by)
        .switch(Line)
        .join(checker, "LEFT OUTER JOIN", on=Line.checked_by)
        .switch(Line)
        .join(numbered, on=(numbered.c.line_id == Line.id))
        .where(numbered.c.position == position if position else True)
        .order_by(*_order(Area, Household, Line))
        .objects()
    )  # fmt: skip


def _of_its_household(field: Any) -> Any:
    """Look *field* up line by line: joined, PostgreSQL would rather read all households that there are."""
    return Household.select(field).where(Household.id == Line.household)


def _order(area: Any, household: Any, line: Any) -> tuple[Any, ...]:
    """Place by place; the sum keeps PostgreSQL from looking for the lines of each place that there is, in its order."""
    return area.parent + 0, area.order, area.id, household.number, line.id


def _place_of(line_id: int) -> Any:
    area, household, line = Area.alias(), Household.alias(), Line.alias()
    query = line.select(*_order(area, household, line)).join(household, on=line.household)
    return query.join(area, on=household.area).where(line.id == line_id)


def _public(rows: Iterable[Any], *, named: bool) -> list[PublicLine]:
    """Mask what a query of lines found; one statement more reads the answered objections to them."""
    found = list(rows)
    discreet = {row.id for row in found if row.discreet}
    answers: dict[int, list[Answer]] = {}
    notices = {row.notice_id for row in found}
    closed = Objection.select().join(Line).where(Objection.answer.is_null(False), Line.notice.in_(notices))
    for row in closed.order_by(Objection.id) if found else ():
        upheld = row.answer == "upheld"
        reason = row.reason if named and not upheld and row.line_id not in discreet else ""
        answers.setdefault(row.line_id, []).append(Answer(upheld, row.kept, reason))
    return [
        PublicLine(
            id=row.id,
            position=row.position,
            lane_id=row.lane_id,
            lane=row.lane,
            number=row.number,
            name=names.mask(row.name) if named else "",
            item=_item(row),
            day=row.day,
            effect=row.effect,
            points=row.granted,
            part=_part(row, answers.get(row.id, ())),
            recorder=row.recorder if named and row.recorder_household != row.household_id else "",
            checker=(row.checker or "") if named else "",
            state=row.state,
            disputed=row.open_objections > 0,
            answers=answers.get(row.id, ()),
        )
        for row in found
    ]


def _item(line: Any) -> str:
    return str(line.category if line.discreet else line.item_name)


def _part(line: Any, answers: Iterable[Answer]) -> str:
    if any(answer.kept for answer in answers):
        return ""
    return "capped" if line.granted < line.agreed else "agreed" if line.agreed < line.each * line.quantity else ""


def public_corrections(notice_id: int, *, named: bool, lane_id: int | None = None) -> list[PublicCorrection]:
    """Return what a notice tells of posted lines that were put right, by place and household."""
    query = (
        Correction.select(Correction, Line, Household, Area, Person)
        .join(Line)
        .join(Household)
        .join(Area, on=Household.area)
        .switch(Line)
        .join(Person, on=Line.person)
        .where(Correction.notice == notice_id)
        .order_by(Area.parent, Area.order, Area.id, Household.number, Correction.id)
    )
    if lane_id:
        query = query.where(Household.area == lane_id)
    return [
        PublicCorrection(
            lane_id=row.line.household.area.id,
            lane=row.line.household.area.name,
            number=row.line.household.number,
            name=names.mask(row.line.person.name) if named else "",
            item=_item(row.line),
            day=row.line.day,
            effect=row.line.effect,
            points=row.points,
            reason=row.reason if named and not row.line.discreet else "",
        )
        for row in query
    ]


def new_households(notice_id: int, *, named: bool, lane_id: int | None = None) -> list[NewHousehold]:
    """Return the households that a notice makes known."""
    query = (
        Household.select(Household, Area).join(Area, on=Household.area).where(Household.notice_id == notice_id)
    ).order_by(Area.parent, Area.order, Area.id, Household.number)
    if lane_id:
        query = query.where(Household.area == lane_id)
    found = list(query)
    people: dict[int | None, list[str]] = {}
    if named:
        listed = Household.select(Household.id).where(Household.notice_id == notice_id)
        for person in Person.select().where(Person.household.in_(listed), Person.active).order_by(Person.id):
            people.setdefault(person.household_id, []).append(names.mask(person.name))
    return [NewHousehold(row.number, row.area.id, row.area.name, people.get(row.id, [])) for row in found]


# --- paper ----------------------------------------------------------------------------------------------------------


def paper(
    notice_id: int, *, named: bool, size: str = "a4", lane_id: int | None = None, whole: bool = False
) -> list[PaperSheet]:
    """Cut a notice into pages of paper: lines, then corrections, then new households.

    A place has pages of its own, or the *whole* village runs on without a name of place.
    """
    query = _public_lines(notice_id)
    lines = _public(query.where(Household.area == lane_id) if lane_id else query, named=named)
    corrections = public_corrections(notice_id, named=named, lane_id=lane_id)
    fresh = new_households(notice_id, named=named, lane_id=lane_id)
    fits = PAPERS[size]
    sheets = []
    for id_, lane in [(None, "")] if whole else lanes(notice_id):
        sheets += [PaperSheet(lane, lines=rows) for rows in _pages(_here(lines, id_), fits, fits.of_line)]
        told = _pages(_here(corrections, id_), fits._replace(rows=fits.rows - 1), fits.of_correction)  # a note above
        sheets += [PaperSheet(lane, corrections=rows) for rows in told]
        new = _pages(_here(fresh, id_), fits, fits.of_household)
        sheets += [PaperSheet(lane, households=rows) for rows in new]
    return sheets


def _here(rows: Iterable[Any], lane_id: int | None) -> list[Any]:
    return [row for row in rows if lane_id is None or row.lane_id == lane_id]


def _pages(rows: Sequence[Row], fits: Paper, lines_of: Callable[[Row], float]) -> list[list[Row]]:
    """Cut *rows* into pages; *lines_of* says how many lines of text a row needs."""
    pages: list[list[Row]] = []
    room = 0.0
    for row in rows:
        height = 1 + 0.7 * max(ceil(lines_of(row)) - 1, 0)  # a further line of text is lower than a row of its own
        if height > room or not pages:
            pages.append([])
            room = fits.rows
        pages[-1].append(row)
        room -= height
    return pages


def _width(text: str) -> float:
    """Count full-width signs; a Latin one is about half as wide."""
    return sum(0.6 if sign.isascii() else 1 for sign in text)


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
    here = _AREA.in_(access.covered_areas(person, *ANSWERERS)) & (Objection.due_at > now)
    township = _AREA.in_(access.covered_areas(person, "supervisor"))
    found = Objection.select().join(Line).join(Household).where(Objection.answer.is_null(), here | township)
    return int(found.where(Objection.raised_by != person).count())


def answered(person: Person, *, now: datetime) -> list[Objection]:
    """List the objections answered last in what *person* covers, of the last three months."""
    closed = (Objection.answered_at > now - RECENT) & _AREA.in_(access.covered_areas(person, *ANSWERERS, "admin"))
    return list(_objections().where(closed).order_by(Objection.answered_at.desc()).limit(LIST))


def objection(objection_id: int) -> Objection:
    """Return an objection with its line, the line's people, and who raised it. Raises `NotFound`."""
    found: Objection | None = _objections().where(Objection.id == objection_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def _open(person: Person) -> Any:
    return Objection.answer.is_null() & _AREA.in_(access.covered_areas(person, *ANSWERERS, "admin"))


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


def _tuples(query: Any, by: Any) -> list[tuple[Any, ...]]:
    return list(query.group_by(by).tuples())
