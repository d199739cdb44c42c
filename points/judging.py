"""Who may take which step on a line: three different people, none of the household or its kin; and the township's turn.

Verbs ask before they act and pages ask what to offer; both ask here.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from peewee import ModelSelect

from points import access, db
from points.errors import NotFound, OwnHousehold, OwnHouseholdNamed, PointsError, SamePerson, WrongState
from points.models.areas import AreaAncestor
from points.models.contribution import Attendance, Line, Objection, Score, Voice
from points.models.people import Household, Person

RECORDERS = ("steward", "committee")
CHECKERS = ("steward", "committee", "supervisor")
ANSWERERS = ("committee", "council", "supervisor")

Council = Mapping[int, set[int]]
"""Each member's id with the households that member keeps away from."""

_MEMBERS = """
    SELECT DISTINCT area_ancestor.descendant_id, role.person_id, person.household_id FROM role
    JOIN person ON person.id = role.person_id
    JOIN area_ancestor ON area_ancestor.ancestor_id = role.area_id
    WHERE area_ancestor.descendant_id IN ({ids})
    AND role.kind = 'council' AND role.confirmed_at IS NOT NULL AND role.ended_at IS NULL AND person.active
"""
_KIN = """
    SELECT kin.person_id, person.household_id FROM kin JOIN person ON person.id = kin.relative_id
    WHERE kin.person_id IN ({ids})
    UNION
    SELECT kin.relative_id, person.household_id FROM kin JOIN person ON person.id = kin.person_id
    WHERE kin.relative_id IN ({ids})
    UNION
    SELECT change_person.person_id, household_change.source_id FROM change_person
    JOIN household_change ON household_change.id = change_person.change_id
    WHERE change_person.person_id IN ({ids}) AND household_change.state = 'done'
"""

_TAKEN_UP = """
    WITH RECURSIVE taken_up (id, household_id) AS (
        SELECT id, merged_into_id FROM household WHERE merged_into_id IN ({ids})
        UNION SELECT household.id, taken_up.household_id FROM household
        JOIN taken_up ON household.merged_into_id = taken_up.id
    )
    SELECT id, household_id FROM taken_up
"""
"""The households that some others took up, each with the one where its chain ends."""


def lines() -> ModelSelect[Line]:
    """Return a query of lines with their household and person, to be narrowed."""
    return Line.select(Line, Household, Person).join(Household).switch(Line).join(Person, on=Line.person)


def bare_lines() -> ModelSelect[Line]:
    """Return a query of lines with nothing but what rules look at, for when there are thousands."""
    return Line.select(*_LOOKED_AT).objects(Line)


_LOOKED_AT = (
    Line.id, Line.contribution, Line.village, Line.household, Line.person, Line.day, Line.item_code, Line.each,
    Line.quantity, Line.cap, Line.cap_period, Line.cap_holder, Line.counts_to_cap, Line.effect, Line.needs,
    Line.item_voices, Line.recorded_by, Line.checked_by, Line.state, Line.voices_needed, Line.by_township, Line.voices,
)  # fmt: skip


def line(line_id: int) -> Line:
    """Return one line with its household and person. Raises `NotFound`."""
    found = lines().where(Line.id == line_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


# --- a free hand ------------------------------------------------------------------------------------------------


def hindrance(person: Person, line: Line, related: set[int], earlier: Iterable[int | None]) -> type[PointsError] | None:
    """Say why *person* may not take the next step on *line*: recusal, or an earlier step; None when nothing hinders.

    *related* are the person's `access.related_households`; *earlier* those who took the steps before.
    """
    if line.household_id in related:
        return OwnHousehold
    return SamePerson if person.id in earlier else None


def require_free_hand(person: Person, line: Line, earlier: Iterable[int | None]) -> None:
    """Raise `OwnHouseholdNamed` or `SamePerson` when something hinders *person* on *line*."""
    require_free_hands(person, [line], {line.id: earlier})


def require_free_hands(person: Person, lines: Iterable[Line], earlier: Mapping[int, Iterable[int | None]]) -> None:
    """Raise `OwnHouseholdNamed` or `SamePerson` when something hinders *person* on one of *lines*."""
    related = access.related_households(person)
    for line in lines:
        found = hindrance(person, line, related, earlier[line.id])
        if found is OwnHousehold:
            raise OwnHouseholdNamed(person=line.person.name)
        if found is not None:
            raise found()


def steps_before_council(lines: Collection[Line]) -> dict[int, set[int]]:
    """Return who recorded or checked each of *lines*, or gave its points as a judge of an inspection round."""
    people = {line.id: {id_ for id_ in (line.recorded_by_id, line.checked_by_id) if id_ is not None} for line in lines}
    scores: Any = Score.select(Score.line, Score.judge).where(Score.line.in_(db.among(people)))
    for line_id, judge_id in scores.tuples():
        people[line_id].add(judge_id)
    return people


def steps_of(line: Line) -> set[int]:
    """Return everyone who recorded, checked or decided *line*, or judged it in an inspection round."""
    voices = Voice.select(Voice.person).where(Voice.line == line)
    return steps_before_council([line])[line.id] | {voice.person_id for voice in voices}


def objectors_hinder(person: Person, line: Line) -> type[PointsError] | None:
    """Say why *person* may not answer the open objections to *line*: one is the own, or of the household or kin."""
    raised = Objection.select(Objection, Person).join(Person, on=Objection.raised_by)
    for objection in raised.where(Objection.line == line, Objection.answer.is_null()):
        if objection.raised_by_id == person.id:
            return SamePerson
        in_own_name = objection.channel == "web" and not objection.on_behalf_of
        if in_own_name and access.are_related(person, objection.raised_by):
            return OwnHousehold
    return None


def denied(line_ids: Collection[int]) -> dict[int, str]:
    """Return those of the lines whose named person said not to have been there 我不在, with that person's name."""
    said: Any = Attendance.select(Attendance.line, Person.name).join(Line).join(Person, on=Line.person)
    return dict(said.where(Attendance.line.in_(db.among(line_ids)), ~Attendance.was_there).tuples())


# --- who covers what --------------------------------------------------------------------------------------------


def kinds_over(person: Person, area_ids: Collection[int]) -> dict[int, set[str]]:
    """Return the kinds of role that *person* holds over each of the areas. Raises `NotFound` for one without any."""
    held = access.roles_of(person.id)
    kinds: dict[int, set[str]] = {area_id: set() for area_id in area_ids}
    for row in AreaAncestor.select().where(AreaAncestor.descendant.in_(db.among(kinds))):
        kinds[row.descendant_id] |= {role.kind for role in held if role.area_id == row.ancestor_id}
    if not all(kinds.values()):
        raise NotFound()
    return kinds


def council(village_id: int) -> Council:
    """Return the council over a village."""
    return councils([village_id])[village_id]


def councils(village_ids: Collection[int]) -> dict[int, Council]:
    """Return the council over each village; a constant number of statements for any number of villages."""
    found: dict[int, dict[int, set[int]]] = {id_: {} for id_ in village_ids}
    away: dict[int, set[int]] = {}
    sql = _MEMBERS.format(ids=db.set_of_ids())
    for village_id, member, household_id in db.execute(sql, (json.dumps(sorted(found)),)).fetchall():
        found[village_id][member] = away.setdefault(member, {household_id} - {None})
    members = json.dumps(sorted(away))
    for member, household_id in db.execute(_KIN.format(ids=db.set_of_ids()), (members, members, members)).fetchall():
        away[member] |= {household_id} - {None}
    kept_away = json.dumps(sorted(set().union(*away.values())))
    for taken_up, household_id in db.execute(_TAKEN_UP.format(ids=db.set_of_ids()), (kept_away,)).fetchall():
        for households in away.values():
            if household_id in households:
                households.add(taken_up)
    return dict(found)


def too_few(members: Council, line: Line, needed: int, earlier: Collection[int]) -> bool:
    """Tell whether fewer of *members* than voices *needed* are unrelated to *line* and took no *earlier* step."""
    free = (id_ for id_, away in members.items() if id_ not in earlier and line.household_id not in away)
    return sum(1 for _ in free) < needed


def wrong_state(line: Line) -> WrongState:
    """Build the refusal for a line that has moved on, read anew."""
    return WrongState(state=Line.get_by_id(line.id).state)
