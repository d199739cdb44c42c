"""The lane board: each lane's head, its households' numbers and how many they are; public, so no villager's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from points import access, db
from points.errors import NotFound

_AREAS = """
    SELECT area.id, area.parent_id, area.kind, area.name FROM area
    JOIN area_ancestor ON area_ancestor.descendant_id = area.id
    JOIN area parent ON parent.id = area.parent_id
    WHERE area_ancestor.ancestor_id = ?
    ORDER BY area.kind <> 'village', parent.position, parent.id, area.kind = 'lane', area.position, area.id
"""
_HEADS = """
    SELECT role.area_id, person.name, CASE WHEN person.phone_public THEN person.phone END FROM role
    JOIN person ON person.id = role.person_id
    JOIN area_ancestor ON area_ancestor.descendant_id = role.area_id
    WHERE area_ancestor.ancestor_id = ? AND role.kind = 'steward'
    AND role.confirmed_at IS NOT NULL AND role.ended_at IS NULL AND person.active
    ORDER BY role.id
"""
_NUMBERS = """
    SELECT household.area_id, household.number FROM household
    JOIN area_ancestor ON area_ancestor.descendant_id = household.area_id
    WHERE area_ancestor.ancestor_id = ? AND household.active
"""


class Head(NamedTuple):
    """Who looks after a lane; *phone* is empty unless the person lets posters show it."""

    name: str
    phone: str


class Lane(NamedTuple):
    """A lane, or a grid or village as far as households belong to no lane of it: its own heads, and its numbers."""

    id: int
    name: str
    heads: list[Head]
    first: str
    last: str
    households: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid, or the village for lanes in no grid: its stewards (else the village's), its lanes in walking order."""

    name: str
    stewards: list[Head]
    lanes: list[Lane] = field(default_factory=list)


def board(area_id: int) -> list[Grid]:
    """Return the lanes of a village, or of one grid, by three statements. Raises `NotFound`."""
    village_id = access.village_of(area_id)
    areas = {id_: (parent, kind, name) for id_, parent, kind, name in db.execute(_AREAS, (village_id,)).fetchall()}
    if areas[area_id][1] == "lane":
        raise NotFound()
    heads: dict[int, list[Head]] = {}
    for at, name, phone in db.execute(_HEADS, (village_id,)).fetchall():
        heads.setdefault(at, []).append(Head(name, phone or ""))
    numbers: dict[int, list[str]] = {}
    for at, number in db.execute(_NUMBERS, (village_id,)).fetchall():
        numbers.setdefault(at, []).append(number)
    grids: dict[int, Grid] = {}
    for id_, (parent, kind, name) in areas.items():
        around = parent if kind == "lane" else id_
        if area_id not in (village_id, around) or (kind != "lane" and id_ not in numbers):
            continue
        grid = grids.setdefault(around, Grid(areas[around][2], heads.get(around) or heads.get(village_id, [])))
        grid.lanes.append(Lane(id_, name, heads.get(id_, []) if kind == "lane" else [], *_range(numbers.get(id_, ()))))
    return list(grids.values())


def labels(village_id: int) -> dict[int, str]:
    """Return the names of a village's areas by their ids; with the area around it where two are called the same."""
    areas = {id_: (parent, name) for id_, parent, _kind, name in db.execute(_AREAS, (village_id,)).fetchall()}
    often = Counter(name for _parent, name in areas.values())
    return {
        id_: areas[parent][1] + name if often[name] > 1 and parent in areas else name
        for id_, (parent, name) in areas.items()
    }


def _range(numbers: Iterable[str]) -> tuple[str, str, int]:
    """Return the first and last number as people count, and how many there are."""
    found = sorted(numbers, key=lambda number: (len(number.lstrip("0")), number.lstrip("0")))
    return (found[0], found[-1], len(found)) if found else ("", "", 0)
