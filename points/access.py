"""Who may act where: roles in force, the areas below them, and recusal 回避.

A role covers its area and all below it. What lies outside every area that a person's roles reach does not exist for
them (`NotFound`); inside, a missing role is `NotAllowed`. Nobody acts on the own household or on declared kin.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from peewee import ModelSelect

from points import db
from points.errors import NotAllowed, NotFound, OwnHousehold
from points.models.areas import Area, AreaAncestor
from points.models.base import Table
from points.models.people import Household, Person, Role

Row = TypeVar("Row", bound=Table)


@dataclass(frozen=True, slots=True)
class Held:
    """A role in force: its kind and the area it covers."""

    kind: str
    area_id: int


def roles_of(person_id: int) -> list[Held]:
    """Return the roles that are confirmed and not ended, of an active person."""
    sql = (
        "SELECT role.kind, role.area_id FROM role JOIN person ON person.id = role.person_id "
        "WHERE role.person_id = ? AND role.confirmed_at IS NOT NULL AND role.ended_at IS NULL AND person.active"
    )
    return [Held(*row) for row in db.execute(sql, (person_id,)).fetchall()]


def holds(person: Person, kinds: Iterable[str], area_id: int) -> bool:
    """Tell whether *person* holds one of *kinds* over *area_id*, that is in it or in an area above it."""
    above = _above(area_id)
    wanted = set(kinds)
    return any(held.kind in wanted and held.area_id in above for held in roles_of(person.id))


def require(person: Person, *kinds: str, area_id: int) -> None:
    """Let *person* pass with one of *kinds* over *area_id*. Raises `NotFound` or `NotAllowed`."""
    above = _above(area_id)
    here = {held.kind for held in roles_of(person.id) if held.area_id in above}
    if not here:
        raise NotFound()
    if here.isdisjoint(kinds):
        raise NotAllowed()


def require_inside(person: Person, *kinds: str, village_id: int) -> None:
    """Let *person* pass with one of *kinds* over the village, or over a grid or lane within it."""
    reach = _above(village_id) | below(village_id)
    here = {held.kind for held in roles_of(person.id) if held.area_id in reach}
    if not here:
        raise NotFound()
    if here.isdisjoint(kinds):
        raise NotAllowed()


def covered_areas(person: Person, *kinds: str) -> ModelSelect[AreaAncestor]:
    """Return a subquery of the ids of all areas that *person*'s roles (of *kinds*, or any) cover: for ``.in_()``."""
    held = (
        Role.select(Role.area)
        .where(Role.person == person, Role.confirmed_at.is_null(False), Role.ended_at.is_null())
        .where(Role.kind.in_(kinds) if kinds else True)
    )
    return AreaAncestor.select(AreaAncestor.descendant).where(AreaAncestor.ancestor.in_(held))


def village_of(area_id: int) -> int:
    """Return the village that holds a village, grid or lane. Raises `NotFound` for an area above villages."""
    row = db.execute(
        "SELECT area.id FROM area_ancestor JOIN area ON area.id = area_ancestor.ancestor_id "
        "WHERE area_ancestor.descendant_id = ? AND area.kind = 'village'",
        (area_id,),
    ).fetchone()
    if row is None:
        raise NotFound()
    return int(row[0])


def below(area_id: int) -> set[int]:
    """Return *area_id* and the ids of all areas below it."""
    rows = db.execute("SELECT descendant_id FROM area_ancestor WHERE ancestor_id = ?", (area_id,)).fetchall()
    return {row[0] for row in rows}


def covers(area_id: int, inner_id: int) -> bool:
    """Tell whether *inner_id* is *area_id* or lies below it."""
    return area_id in _above(inner_id)


def _above(area_id: int) -> set[int]:
    rows = db.execute("SELECT ancestor_id FROM area_ancestor WHERE descendant_id = ?", (area_id,)).fetchall()
    return {row[0] for row in rows}


def area(area_id: int) -> Area:
    """Return the area *area_id*. Raises `NotFound`."""
    return _found(Area, area_id)


def village(village_id: int) -> Area:
    """Return the village *village_id*. Raises `NotFound`, for any other area too."""
    found = area(village_id)
    if found.kind != "village":
        raise NotFound()
    return found


def household(household_id: int | None) -> Household:
    """Return a household; the caller guards by its area. Raises `NotFound`."""
    return _found(Household, household_id)


def person(person_id: int | None) -> Person:
    """Return a person; the caller guards by the person's area. Raises `NotFound`."""
    return _found(Person, person_id)


def _found(table: type[Row], id_: int | None) -> Row:
    row: Row | None = table.get_or_none(table.id == id_)
    if row is None:
        raise NotFound()
    return row


# --- recusal ----------------------------------------------------------------------------------------------------


RELATED = """
    SELECT household_id FROM person WHERE id = ?
    UNION SELECT person.household_id FROM kin JOIN person ON person.id = kin.relative_id WHERE kin.person_id = ?
    UNION SELECT person.household_id FROM kin JOIN person ON person.id = kin.person_id WHERE kin.relative_id = ?
"""
"""The households on which a person (three times the id) may not act; some rows may be NULL."""


def related_households(person: Person) -> set[int]:
    """Return the households on which *person* may not act: the own, and those of declared kin, either way declared.

    With each come the households that it took up: what is still decided about them follows to it. And those that the
    person left by a change: what was recorded there, perhaps of that very person, is still to be decided.
    """
    rows = db.execute(_RELATED_AND_TAKEN_UP, (person.id, person.id, person.id, person.id)).fetchall()
    return {row[0] for row in rows if row[0] is not None}


LEFT = """
    SELECT household_change.source_id FROM change_person
    JOIN household_change ON household_change.id = change_person.change_id
    WHERE change_person.person_id = ? AND household_change.state = 'done'
"""
"""The households that a person left by a change."""

_RELATED_AND_TAKEN_UP = f"""
    WITH RECURSIVE related (id) AS (
        SELECT household_id FROM ({RELATED} UNION {LEFT}) AS own
        UNION SELECT household.id FROM household JOIN related ON household.merged_into_id = related.id
    )
    SELECT id FROM related
"""


def require_unrelated(person: Person, household: Household | int) -> None:
    """Raise `OwnHousehold` when *person* would act on the own household or on declared kin."""
    household_id = household if isinstance(household, int) else household.id
    if household_id in related_households(person):
        raise OwnHousehold()


def require_stranger(person: Person, other: Person) -> None:
    """Raise `OwnHousehold` when *person* would act on somebody related, as `are_related` tells."""
    if are_related(person, other):
        raise OwnHousehold()


def are_related(one: Person, other: Person) -> bool:
    """Tell whether two people are the same, share a household, or declared kinship with each other's household."""
    if one.id == other.id:
        return True
    sql = "SELECT 1 FROM kin WHERE (person_id = ? AND relative_id = ?) OR (person_id = ? AND relative_id = ?)"
    if db.execute(sql, (one.id, other.id, other.id, one.id)).fetchone() is not None:
        return True
    return (other.household_id is not None and other.household_id in related_households(one)) or (
        one.household_id is not None and one.household_id in related_households(other)
    )
