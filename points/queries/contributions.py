"""What recorders and judges read: items to record, people to find, sheets, and a line with all that was done to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peewee import Case, fn

from points import access
from points.errors import NotFound
from points.judging import RECORDERS
from points.models.areas import Area
from points.models.contribution import Contribution, Line, Notice, Objection, Voice
from points.models.ledger import TakenBack, Transfer
from points.models.people import Household, Person
from points.models.rules import CATEGORIES, RuleBook, RuleItem

READERS = ("steward", "committee", "council", "supervisor", "admin")
PAGE = 20
FOUND = 10


@dataclass(frozen=True, slots=True)
class Found:
    """A person to put on a team."""

    id: int
    name: str
    initials: str
    household_id: int
    number: str
    address: str


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A sheet in a list: the people named on it and how many of its lines are in each state."""

    sheet: Contribution
    people: list[str]
    states: list[tuple[str, int]]


def items(village_id: int) -> list[RuleItem]:
    """Return the items of the adopted rule book by category; none before the first is adopted."""
    rows = (
        RuleItem.select()
        .join(RuleBook)
        .where(RuleBook.area == village_id, RuleBook.state == "adopted")
        .order_by(RuleItem.code)
    )
    return sorted(rows, key=lambda item: CATEGORIES.index(item.category))


# --- people ---------------------------------------------------------------------------------------------------------


def find(reader: Person, village_id: int, q: str) -> list[Found]:
    """Find people whom *reader* may record: by the start of the pinyin initials, a part of the name, or the number.

    Several words must all match: ``wxm 211`` is the one of many with these initials who lives in household 0211.
    """
    words = q.split()[:4]
    if not words:
        return last_team(reader, village_id)
    query = _people(reader, village_id).where(*(_matches(word) for word in words))
    name = words[0]
    best = Case(None, ((_numbered(name), 0), (Person.name == name, 0), (Person.name.startswith(name), 1)), 2)
    return _found(query.order_by(best, Household.number, Person.id).limit(FOUND))


def _matches(word: str) -> Any:
    by_name = fn.LOWER(Person.initials).startswith(word.lower()) | Person.name.contains(word)
    return by_name | _numbered(word) | Household.number.startswith(word)


def _numbered(word: str) -> Any:
    return fn.LTRIM(Household.number, "0") == (word.lstrip("0") or "0")


def last_team(reader: Person, village_id: int) -> list[Found]:
    """Return who was on the last sheet that *reader* recorded in the village."""
    last = (
        Contribution.select(Contribution.id)
        .where(Contribution.village == village_id, Contribution.recorded_by == reader)
        .order_by(Contribution.recorded_at.desc())
        .limit(1)
        .scalar()
    )
    on_it = Line.select(Line.person).where(Line.contribution == last)
    return _found(_people(reader, village_id).where(Person.id.in_(on_it)).order_by(Person.id).limit(30))


def chosen(reader: Person, village_id: int, ids: Sequence[int]) -> list[Found]:
    """Return the people of these ids, in that order, as far as *reader* may record them."""
    rows = {person.id: person for person in _found(_people(reader, village_id).where(Person.id.in_(list(ids))))}
    return [rows[id_] for id_ in dict.fromkeys(ids) if id_ in rows]


def _people(reader: Person, village_id: int) -> Any:
    return (
        Person.select(Person, Household)
        .join(Household)
        .where(Person.active, Household.active, Household.village == village_id)
        .where(Household.area.in_(access.covered_areas(reader, *RECORDERS)))
    )


def _found(query: Any) -> list[Found]:
    return [
        Found(row.id, row.name, row.initials, row.household_id, row.household.number, row.household.address)
        for row in query
    ]


# --- sheets ---------------------------------------------------------------------------------------------------------


def sheets(reader: Person, village_id: int, *, before: int | None = None) -> tuple[list[SheetRow], int | None]:
    """List the newest sheets of a village that touch what *reader* covers; and the key of the next page."""
    covered = Household.area.in_(access.covered_areas(reader, *READERS))
    touching = Line.select(Line.contribution).join(Household).where(Line.village == village_id, covered)
    query = (
        Contribution.select(Contribution, Person, RuleItem)
        .join(Person)
        .switch(Contribution)
        .join(RuleItem)
        .where(Contribution.village == village_id, Contribution.id.in_(touching))
        .order_by(Contribution.id.desc())
    )
    if before:
        query = query.where(Contribution.id < before)
    found = list(query.limit(PAGE + 1))
    shown = found[:PAGE]
    lines = (
        Line.select(Line.contribution, Line.state, Person.name)
        .join(Person, on=Line.person)
        .switch(Line)
        .join(Household)
        .where(Line.contribution.in_([sheet.id for sheet in shown]), covered)
        .order_by(Line.id)
    )
    by_sheet: dict[int, list[Line]] = {}
    for line in lines:
        by_sheet.setdefault(line.contribution_id, []).append(line)
    rows = [
        SheetRow(
            sheet,
            [line.person.name for line in by_sheet.get(sheet.id, [])],
            list(Counter(line.state for line in by_sheet.get(sheet.id, [])).items()),
        )
        for sheet in shown
    ]
    return rows, shown[-1].id if len(found) > PAGE else None


def sheet(contribution_id: int) -> Contribution:
    """Return a sheet with its village and recorder. Raises `NotFound`; the caller guards by the village."""
    found = (
        Contribution.select(Contribution, Area, Person)
        .join(Area)
        .switch(Contribution)
        .join(Person)
        .where(Contribution.id == contribution_id)
        .get_or_none()
    )
    if found is None:
        raise NotFound()
    return found


def lines_of(reader: Person, contribution_id: int) -> list[Line]:
    """Return the lines of a sheet that *reader* covers, with person, household, checker and notice."""
    covered = Household.area.in_(access.covered_areas(reader, *READERS))
    return list(_noticed_lines().where(Line.contribution == contribution_id, covered).order_by(Line.id))


def line(line_id: int) -> Line:
    """Return a line with person, household, sheet, recorder, checker and notice. Raises `NotFound`."""
    found: Line | None = _noticed_lines().where(Line.id == line_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def voices(line_id: int) -> list[Voice]:
    """Return the voices on a line, in the order in which they were given."""
    return list(Voice.select(Voice, Person).join(Person).where(Voice.line == line_id).order_by(Voice.id))


def objections(line_id: int) -> list[Objection]:
    """Return the objections to a line, with who raised and who answered them."""
    answerer = Person.alias()
    return list(
        Objection.select(Objection, Person, answerer)
        .join(Person, on=Objection.raised_by)
        .switch(Objection)
        .join(answerer, "LEFT OUTER JOIN", on=Objection.answered_by)
        .where(Objection.line == line_id)
        .order_by(Objection.id)
    )


def taken_back(line_id: int) -> int:
    """Return how many points of a line's award were reversed or corrected."""
    query = TakenBack.select(TakenBack.points).join(Transfer).where(Transfer.key == f"line:{line_id}")
    return int(query.scalar() or 0)


def lines(*more: Any) -> Any:
    """Return a query of lines with everyone on them and their sheet, to be narrowed; *more* is selected besides."""
    recorder, checker = Person.alias(), Person.alias()
    return (
        Line.select(Line, Person, Household, Contribution, recorder, checker, *more)
        .join(Person, on=Line.person)
        .switch(Line)
        .join(Household)
        .switch(Line)
        .join(Contribution)
        .switch(Line)
        .join(recorder, on=Line.recorded_by)
        .switch(Line)
        .join(checker, "LEFT OUTER JOIN", on=Line.checked_by)
        .switch(Line)
    )


def _noticed_lines() -> Any:
    return lines(Notice).join(Notice, "LEFT OUTER JOIN")
