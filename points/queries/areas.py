"""Reads of the pages about areas: where a person's roles reach, what lies below an area, its limits and holidays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from peewee import JOIN, fn

from points import access, db
from points.errors import NotFound
from points.models.areas import Area, AreaAncestor, AreaLimit, Holiday, VillageSetting
from points.models.people import Household, Person
from points.models.rules import RuleBook, RuleItem

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


@dataclass(frozen=True, slots=True)
class Exceeding:
    """A village that decided more than an area above allows, before that did; with what, as the limits count it."""

    village_id: int
    name: str
    points: int | None
    monthly_cap: int | None
    worth_fen: int | None


def limit(area_id: int) -> AreaLimit | None:
    """Return the limits that an area itself sets."""
    found: AreaLimit | None = AreaLimit.get_or_none(AreaLimit.area == area_id)
    return found


def exceeding(area_id: int) -> list[Exceeding]:
    """List the villages below an area whose book in force or setting lies above the limits that the area sets."""
    set_ = limit(area_id)
    if set_ is None:
        return []
    rows: Any = (
        VillageSetting.select(
            Area.id, Area.name, fn.MAX(RuleItem.points), VillageSetting.monthly_cap, fn.MAX(RuleBook.worth_fen)
        )
        .join(Area)
        .join(AreaAncestor, on=(AreaAncestor.descendant == Area.id))
        .join(RuleBook, JOIN.LEFT_OUTER, on=((RuleBook.area == Area.id) & (RuleBook.state == "adopted")))
        .join(RuleItem, JOIN.LEFT_OUTER, on=((RuleItem.book == RuleBook.id) & (RuleItem.effect == "points")))
        .where(AreaAncestor.ancestor == area_id)
        .group_by(Area.id, Area.name, VillageSetting.monthly_cap)
        .order_by(Area.order, Area.id)
        .tuples()
    )
    limits = (set_.most_points, set_.most_monthly_cap, set_.most_worth_fen)
    found = []
    for id_, name, *decided in rows:
        over = [one if most and one and one > most else None for one, most in zip(decided, limits, strict=True)]
        if any(over):
            found.append(Exceeding(id_, name, *over))
    return found


@dataclass(slots=True)
class DaysOff:
    """Days off in a row of one name and area; *coming_id* is the first of them that is still to come, if any is."""

    area: Area
    name: str
    first: date
    last: date
    coming_id: int | None


def holidays(area_id: int, today: date) -> list[DaysOff]:
    """List the days off from *today* on that an area or one above it names, the next first."""
    query = (
        Holiday.select(Holiday, Area)
        .join(Area)
        .join(AreaAncestor, on=(AreaAncestor.ancestor == Area.id))
        .where(AreaAncestor.descendant == area_id, Holiday.day >= today)
    )
    found: list[DaysOff] = []
    for day in query.order_by(Area.id, Holiday.day):
        run = found[-1] if found else None
        if run is None or (run.area.id, run.name, run.last + timedelta(days=1)) != (day.area.id, day.name, day.day):
            run = DaysOff(day.area, day.name, day.day, day.day, None)
            found.append(run)
        run.last = day.day
        if run.coming_id is None and day.day > today:
            run.coming_id = day.id
    return sorted(found, key=lambda run: run.first)


def holiday(holiday_id: int) -> Holiday:
    """Return a day off. Raises `NotFound`; the caller guards by its area."""
    found = Holiday.get_or_none(Holiday.id == holiday_id)
    if found is None:
        raise NotFound()
    return found


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
