"""What a villager reported, what is like it, and where others named them: each page in a constant number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from peewee import JOIN

from points import recording
from points.errors import NotFound
from points.models.contribution import Attendance, Contribution, Line
from points.models.people import Person
from points.models.rules import RuleBook, RuleItem

PAGE = 20
SAYABLE = ("recorded", "checked", "approved", "noticed")
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
    again = Line.select(Line.revises).where(Line.revises.in_([line.id for line in lines]))
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


def unsaid(person: Person, today: date) -> list[Line]:
    """Return the lines on their way on which others named *person*, who has not spoken yet: co-signs first."""
    lines = _named(person, today).where(Attendance.line.is_null(), Line.state.in_(SAYABLE)).order_by(Line.id.desc())
    return sorted(lines, key=lambda line: "cosign" not in line.needs.split(","))


def named(person: Person, today: date) -> Sequence[Line]:
    """Return the lines of the last months on which others named *person*, with ``attendance.was_there`` if said."""
    return list(_named(person, today).order_by(Line.id.desc()).limit(200))


def _named(person: Person, today: date):  # type: ignore[no-untyped-def]
    by_others = (Line.person == person) & (Line.recorded_by != person)
    return (
        Line.select(Line, Person, Attendance)
        .join(Person, on=Line.recorded_by)
        .switch(Line)
        .join(Attendance, JOIN.LEFT_OUTER, on=(Attendance.line == Line.id), attr="attendance")
        .where(by_others, Line.day >= today - timedelta(days=OLDEST))
    )
