"""Reads of the pages about staff: roles in force, roles that wait for a second person, and those that ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from points import db
from points.errors import NotFound
from points.models.people import Person, Role

_SELECT = """
    SELECT role.id, role.kind, area.name, role.area_id, person.id, person.name, household.number,
           role.granted_by_id, granter.name, role.granted_at, confirmer.name, role.until, role.confirmed_at,
           role.ended_at
    FROM role JOIN area ON area.id = role.area_id JOIN person ON person.id = role.person_id
    LEFT JOIN household ON household.id = person.household_id
    LEFT JOIN person granter ON granter.id = role.granted_by_id
    LEFT JOIN person confirmer ON confirmer.id = role.confirmed_by_id
"""


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role with everyone's names; it waits while `confirmed_at` is None, and runs until `ended_at`.

    *until* is the last day of a council member's term.
    """

    id: int
    kind: str
    area: str
    area_id: int
    person_id: int
    person: str
    household_number: str | None
    granted_by_id: int | None
    granted_by: str | None
    granted_at: datetime
    confirmed_by: str | None
    until: date | None
    confirmed_at: datetime | None
    ended_at: datetime | None


def roles(area_id: int) -> tuple[list[RoleRow], list[RoleRow], list[RoleRow]]:
    """Return an area's own roles: in force, waiting, and the last fifty that ended."""
    order = "ORDER BY role.kind, role.id"
    running = _rows(f"WHERE role.area_id = ? AND role.ended_at IS NULL {order}", (area_id,))
    ended = _rows(
        "WHERE role.area_id = ? AND role.ended_at IS NOT NULL ORDER BY role.ended_at DESC LIMIT 50", (area_id,)
    )
    in_force = [role for role in running if role.confirmed_at is not None]
    return in_force, [role for role in running if role.confirmed_at is None], ended


def waiting(reader: Person) -> list[RoleRow]:
    """Return the proposed roles that the reader could confirm as to place; kinship is judged when they try."""
    where = """
        WHERE role.confirmed_at IS NULL AND role.ended_at IS NULL AND role.person_id <> ? AND role.granted_by_id <> ?
        AND role.area_id IN (
            SELECT area_ancestor.descendant_id FROM role held
            JOIN area_ancestor ON area_ancestor.ancestor_id = held.area_id
            WHERE held.person_id = ? AND held.kind IN ('admin', 'supervisor', 'committee')
            AND held.confirmed_at IS NOT NULL AND held.ended_at IS NULL
        ) ORDER BY role.id
    """
    return _rows(where, (reader.id, reader.id, reader.id))


def of_person(person_id: int) -> list[RoleRow]:
    """Return the roles of a person that have not ended."""
    return _rows("WHERE role.person_id = ? AND role.ended_at IS NULL ORDER BY role.id", (person_id,))


def _rows(where: str, parameters: tuple[Any, ...]) -> list[RoleRow]:
    rows = []
    for row in db.execute(_SELECT + where, parameters).fetchall():
        *before, granted_at, confirmed_by, until, confirmed_at, ended_at = row
        confirmed, ended = (None if at is None else db.moment(at) for at in (confirmed_at, ended_at))
        values: tuple[Any, ...] = (
            *before,
            db.moment(granted_at),
            confirmed_by,
            Role.until.python_value(until),
            confirmed,
            ended,
        )
        rows.append(RoleRow(*values))
    return rows


def role(role_id: int) -> RoleRow:
    """Return one role. Raises `NotFound`; the caller guards by its area."""
    found = _rows("WHERE role.id = ?", (role_id,))
    if not found:
        raise NotFound()
    return found[0]
