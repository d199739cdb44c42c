"""Who may take which step on a line: three different people, none of the household or its kin; and the township's turn.

Verbs ask before they act and pages ask what to offer; both ask here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from peewee import ModelSelect

from points import access, db
from points.errors import NotFound, OwnHousehold, OwnHouseholdNamed, PointsError, SamePerson, WrongState
from points.models.contribution import Line, Voice
from points.models.people import Household, Person

RECORDERS = ("steward", "committee")
CHECKERS = ("steward", "committee", "supervisor")
ANSWERERS = ("committee", "council", "supervisor")

_COUNCIL = """
    SELECT DISTINCT role.person_id, person.household_id FROM role
    JOIN person ON person.id = role.person_id
    JOIN area_ancestor ON area_ancestor.ancestor_id = role.area_id AND area_ancestor.descendant_id = ?
    WHERE role.kind = 'council' AND role.confirmed_at IS NOT NULL AND role.ended_at IS NULL AND person.active
"""


def lines() -> ModelSelect[Line]:
    """Return a query of lines with their household and person, to be narrowed."""
    return Line.select(Line, Household, Person).join(Household).switch(Line).join(Person, on=Line.person)


def line(line_id: int) -> Line:
    """Return one line with its household and person. Raises `NotFound`."""
    found = lines().where(Line.id == line_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def hindrance(person: Person, line: Line, related: set[int], earlier: Iterable[int | None]) -> type[PointsError] | None:
    """Say why *person* may not take the next step on *line*: recusal, or an earlier step; None when nothing hinders.

    *related* are the person's `access.related_households`; *earlier* those who took the steps before.
    """
    if line.household_id in related:
        return OwnHousehold
    return SamePerson if person.id in earlier else None


def require_free_hand(person: Person, line: Line, earlier: Iterable[int | None]) -> None:
    """Raise `OwnHouseholdNamed` or `SamePerson` when something hinders *person* on *line*."""
    found = hindrance(person, line, access.related_households(person), earlier)
    if found is OwnHousehold:
        raise OwnHouseholdNamed(person=line.person.name)
    if found is not None:
        raise found()


def steps_of(line: Line) -> set[int]:
    """Return everyone who recorded, checked or decided *line*."""
    voices = Voice.select(Voice.person).where(Voice.line == line)
    people = {line.recorded_by_id, line.checked_by_id, *(voice.person_id for voice in voices)}
    return {id_ for id_ in people if id_ is not None}


def council(village_id: int) -> dict[int, set[int]]:
    """Return the council over a village: each member's id with the households that member keeps away from."""
    members = db.execute(_COUNCIL, (village_id,)).fetchall()
    return {id_: access.related_households(Person(id=id_, household=household)) for id_, household in members}


def too_few(members: Mapping[int, set[int]], line: Line, needed: int, checker_id: int | None) -> bool:
    """Tell whether the council has fewer unrelated members for *line* than voices *needed*."""
    free = (
        id_
        for id_, related in members.items()
        if id_ not in (line.recorded_by_id, checker_id) and line.household_id not in related
    )
    return sum(1 for _ in free) < needed


def wrong_state(line: Line) -> WrongState:
    """Build the refusal for a line that has moved on, read anew."""
    return WrongState(state=Line.get_by_id(line.id).state)
