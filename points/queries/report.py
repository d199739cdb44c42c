"""What a villager reported, what is like it, and where others named them: each page in a constant number of queries."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from points import db, recording
from points.errors import NotFound
from points.models.contribution import Contribution, Line
from points.models.people import Person
from points.models.rules import RuleBook, RuleItem

PAGE = 20
OLDEST = 120
"""How many days back a person sees where others named them."""


def items(village_id: int, day: date) -> list[RuleItem]:
    """Return the items that a villager may report on the local *day*, by their codes."""
    adopted = (RuleBook.area == village_id) & (RuleBook.state == "adopted")
    found = RuleItem.select().join(RuleBook).where(adopted, RuleItem.effect == "points").order_by(RuleItem.code)
    return [item for item in found if recording.may_record(item, "villager") and recording.is_valid(item, day)]


def members(household_id: int) -> list[Person]:
    """Return the people of a household."""
    return list(Person.select().where(Person.household == household_id, Person.active).order_by(Person.id))


class Mine(NamedTuple):
    """A page of the own reports, newest first; the ids of those taken up again; and from which id older ones begin."""

    lines: list[Line]
    taken_up: set[int]
    older: int | None


def mine(person: Person, *, before: int | None = None) -> Mine:
    """Return a page of what *person* reported for the own household, each line with its contribution and person."""
    own = (Line.recorded_by == person) & (Line.household == person.household_id)
    query = Line.select(Line, Contribution, Person).join(Contribution).switch(Line).join(Person, on=Line.person)
    found = list(query.where(own, Line.id < before if before else True).order_by(Line.id.desc()).limit(PAGE + 1))
    lines = found[:PAGE]
    returned = [line.id for line in lines if line.state == "returned"]
    again = Line.select(Line.revises).where(Line.revises.in_(returned)) if returned else ()
    return Mine(
        lines, {line.revises_id for line in again if line.revises_id}, lines[-1].id if len(found) > PAGE else None
    )


def returned(person: Person, line_id: int) -> Line:
    """Return a line that came back to *person*, with its contribution. Raises `NotFound`."""
    own = (Line.id == line_id) & (Line.recorded_by == person) & (Line.household == person.household_id)
    lines = Line.select(Line, Contribution).join(Contribution)
    found: Line | None = lines.where(own, Line.state == "returned").get_or_none()
    if found is None:
        raise NotFound()
    return found


class Named(NamedTuple):
    """A line on which *by* named the person; *was_there* is what the person said to it, None before that."""

    id: int
    item_name: str
    day: date
    quantity: int
    needs: str
    state: str
    by: str
    was_there: bool | None


# In fixed SQL, for it stands on the page that is visited most.
_NAMED = """
    SELECT line.id, line.item_name, line.day, line.quantity, line.needs, line.state, recorder.name, attendance.was_there
    FROM line JOIN person AS recorder ON recorder.id = line.recorded_by_id
    LEFT JOIN attendance ON attendance.line_id = line.id
    WHERE line.person_id = ? AND line.recorded_by_id <> ? AND line.day >= ?
"""
_UNSAID = "AND attendance.line_id IS NULL AND line.state IN ('recorded', 'checked', 'approved', 'noticed')"


def unsaid(person: Person, today: date) -> list[Named]:
    """Return the lines on their way on which others named *person*, who has not spoken yet: co-signs first."""
    return sorted(_named(person, today, _UNSAID), key=lambda line: "cosign" not in line.needs.split(","))


def named(person: Person, today: date) -> list[Named]:
    """Return the lines of the last months on which others named *person*."""
    return _named(person, today, "")


def _named(person: Person, today: date, more: str) -> list[Named]:
    since = today - timedelta(days=OLDEST)
    since_day = since if db.is_postgresql() else since.isoformat()
    rows = db.execute(f"{_NAMED} {more} ORDER BY line.id DESC LIMIT 200", (person.id, person.id, since_day)).fetchall()
    return [Named(row[0], row[1], db.day(row[2]), *row[3:]) for row in rows]
