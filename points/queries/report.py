"""What a villager reported, what is like it, and where others named them: each page in a constant number of queries."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from peewee import JOIN

from points import recording
from points.errors import NotFound
from points.models.contribution import Attendance, Contribution, Line
from points.models.people import Person
from points.models.rules import RuleBook, RuleItem

PAGE = 20
OLDEST = timedelta(days=120)
"""How far back a person sees where others named them."""


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


def named(person: Person, today: date) -> list[Named]:
    """Return the lines of the last months on which others named *person*."""
    recorder = Person.alias()
    own = (Line.person == person) & (Line.recorded_by != person) & (Line.day >= today - OLDEST)
    columns = (Line.id, Line.item_name, Line.day, Line.quantity, Line.needs, Line.state)
    lines = Line.select(*columns, recorder.name, Attendance.was_there).join(recorder, on=Line.recorded_by)
    lines = lines.join_from(Line, Attendance, JOIN.LEFT_OUTER).where(own).order_by(Line.id.desc()).limit(200)
    rows: Any = lines.tuples()
    return [Named(*row) for row in rows]
