"""Reads of the pages about areas: where a person's roles reach, and what lies below an area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peewee import JOIN, fn

from points import access, db
from points.models.areas import Area, AreaAncestor
from points.models.people import Household, Person

KEEPERS = ("admin", "supervisor", "committee", "steward")
"""Whose pages these are."""


@dataclass(frozen=True, slots=True)
class Place:
    """An area in a list, with the number of households in it and below."""

    id: int
    name: str
    kind: str
    households: int


def tops(person: Person) -> list[Place]:
    """Return the areas in which *person* holds such a role, without those that lie below another of them."""
    held = {role.area_id for role in access.roles_of(person.id) if role.kind in KEEPERS}
    top = [id_ for id_ in held if not any(other != id_ and access.covers(other, id_) for other in held)]
    return _places(Area.id.in_(top)) if top else []


def children(area_id: int) -> list[Place]:
    """Return the areas directly below an area, in their order."""
    return _places(Area.parent == area_id)


def path(person: Person, area_id: int) -> list[Area]:
    """Return the areas above *area_id* that *person* may see, from the top down, without itself."""
    above = (
        Area.select()
        .join(AreaAncestor, on=(AreaAncestor.ancestor == Area.id))
        .where(AreaAncestor.descendant == area_id, Area.id != area_id)
        .where(Area.id.in_(access.covered_areas(person)))
    )
    steps = {area.id: area for area in above}
    return sorted(steps.values(), key=lambda area: _depth(area, steps))


def within(person: Person, village_id: int, *kinds: str) -> list[tuple[Area, int]]:
    """Return the village, its grids and lanes that *person* covers (by *kinds*), in order, each with its depth."""
    rows = (
        Area.select()
        .join(AreaAncestor, on=(AreaAncestor.descendant == Area.id))
        .where(AreaAncestor.ancestor == village_id, Area.id.in_(access.covered_areas(person, *kinds)))
        .order_by(Area.order, Area.id)
    )
    below: dict[int | None, list[Area]] = {}
    known = set()
    for area in rows:
        known.add(area.id)
        below.setdefault(area.parent_id, []).append(area)
    found: list[tuple[Area, int]] = []

    def walk(area: Area, depth: int) -> None:
        found.append((area, depth))
        for child in below.get(area.id, []):
            walk(child, depth + 1)

    for parent_id, areas in list(below.items()):
        if parent_id not in known:
            for area in areas:
                walk(area, 0)
    return found


def villages(area_id: int) -> list[Area]:
    """Return the villages of the tree in which *area_id* stands, by name: where a relative may live."""
    sql = """
        SELECT down.descendant_id FROM area_ancestor up
        JOIN area root ON root.id = up.ancestor_id AND root.parent_id IS NULL
        JOIN area_ancestor down ON down.ancestor_id = root.id
        JOIN area ON area.id = down.descendant_id AND area.kind = 'village' WHERE up.descendant_id = ?
    """
    ids = [row[0] for row in db.execute(sql, (area_id,)).fetchall()]
    return list(Area.select().where(Area.id.in_(ids)).order_by(Area.name)) if ids else []


def _places(where: object) -> list[Place]:
    rows: list[Any] = list(
        Area.select(Area, fn.COUNT(Household.id).alias("households"))
        .join(AreaAncestor, on=(AreaAncestor.ancestor == Area.id))
        .join(Household, JOIN.LEFT_OUTER, on=(Household.area == AreaAncestor.descendant))
        .where(where)
        .group_by(Area.id)
        .order_by(Area.order, Area.id)
    )
    return [Place(row.id, row.name, row.kind, row.households) for row in rows]


def _depth(area: Area, steps: dict[int, Area]) -> int:
    return 0 if area.parent_id not in steps else 1 + _depth(steps[area.parent_id], steps)
