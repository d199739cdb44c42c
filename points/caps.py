"""Caps: how often an item, and how many points in all, count for a household in a day, week, month or year of the act.

Room is taken under lock by one conditional update, so two approvals cannot both have the last place; what a strike or
a reversal frees is given back. Scope is an item's code (counted in times) or `ALL` (counted in points). An item's cap
belongs to the household, or to each person of it. Deductions from the civility score know no cap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from points import db
from points.calendar import month_of, week_of, year_of
from points.models.contribution import Line

ALL = 0
"""The scope of the household's monthly cap over all items that count to it."""
Place = tuple[int, int, str, int]
"""A row of `CapUse`: household, scope, period, person (0: the household's own)."""


@dataclass(slots=True)
class Room:
    """What the caps left for a line: times of its item, and points."""

    times: int
    points: int


_READ = "SELECT used FROM cap_use WHERE household_id = ? AND scope = ? AND period = ? AND person_id = ?"
_GIVE_BACK = """
    UPDATE cap_use SET used = used - ? WHERE household_id = ? AND scope = ? AND period = ? AND person_id = ?
"""
_OPEN = (
    "INSERT INTO cap_use (household_id, scope, period, person_id, used) "
    "SELECT {0}, {1}, {2:text}, {3}, 0 FROM {rows} ORDER BY rows.key ON CONFLICT DO NOTHING"
)
_HOLD = (
    "SELECT household_id, scope, period, person_id, used FROM cap_use "
    "WHERE (household_id, scope, period, person_id) IN (SELECT {0}, {1}, {2:text}, {3} FROM {rows}) "
    "ORDER BY scope = 0, household_id, scope, period, person_id"
)
_TAKE = """
    UPDATE cap_use SET used = cap_use.used + taken.amount
    FROM (SELECT {0} AS household_id, {1} AS scope, {2:text} AS period, {3} AS person_id, {4} AS amount, {5} AS most
        FROM {rows}) AS taken
    WHERE cap_use.household_id = taken.household_id AND cap_use.scope = taken.scope AND cap_use.period = taken.period
        AND cap_use.person_id = taken.person_id AND cap_use.used + taken.amount <= taken.most
    RETURNING cap_use.used
"""


def period_of(day: date, cap_period: str) -> str:
    """Return the period that an act on the local *day* counts to: a day, ``2026-W47``, ``2026-11`` or ``2026``."""
    match cap_period:
        case "day":
            return day.isoformat()
        case "week":
            return week_of(day)
        case "year":
            return year_of(day)
    return month_of(day)


def places(line: Line) -> tuple[Place | None, Place | None]:
    """Return where *line* counts: the cap of its item, and the household's month; None where it knows no such cap."""
    if line.effect != "points":
        return None, None
    person_id = line.person_id if line.cap_holder == "person" else 0
    item = (line.household_id, line.item_code, period_of(line.day, line.cap_period), person_id)
    month = (line.household_id, ALL, month_of(line.day), 0)
    return item if line.cap and line.cap_period != "event" else None, month if line.counts_to_cap else None


def take_for(lines: Sequence[Line], monthly_caps: Mapping[int, int]) -> dict[int, Room]:
    """Take room for what is *agreed* of *lines*, in part if need be, in times and then in points; return it by line id.

    *monthly_caps* are the villages' points a month. The earliest day comes first. A constant number of statements, by
    which the rows of all these caps are held in one order, items before sums: two sets of approvals wait for each
    other instead of locking each other out.
    """
    db.require_transaction()
    rooms = {line.id: Room(-(-line.agreed // line.each), line.agreed) for line in lines}
    both = {line.id: places(line) for line in lines}
    used = _hold({place for two in both.values() for place in two if place})
    before, most = dict(used), dict.fromkeys(used, 0)
    for line in sorted(lines, key=lambda line: (line.day, line.id)):
        room = rooms[line.id]
        item, month = both[line.id]
        if item:
            most[item] = max(most[item], line.cap or 0)
            room.times = min(room.times, max(0, (line.cap or 0) - used[item]))
            room.points = min(room.points, room.times * line.each)
        if month:
            most[month] = monthly_caps[line.village_id]
            room.points = min(room.points, max(0, most[month] - used[month]))
            room.times = -(-room.points // line.each)
            used[month] += room.points
        if item:
            used[item] += room.times
    taken = [[*place, used[place] - before[place], most[place]] for place in used if used[place] > before[place]]
    assert len(db.rows(_TAKE, taken)) == len(taken), "room was taken between lock and change"
    return rooms


def _hold(wanted: set[Place]) -> dict[Place, int]:
    """Lock the rows of these caps, items before sums, and read how much of each is used."""
    rows = sorted(wanted, key=lambda place: (place[1] == ALL, place))
    db.rows(_OPEN, rows)
    return {(row[0], row[1], row[2], row[3]): row[4] for row in db.rows(_HOLD, rows, lock=True)}


def give_back_for(line: Line, *, kept: int = 0) -> None:
    """Free what an approved *line* had taken, but for what *kept* points of it still need."""
    db.require_transaction()
    item, month = places(line)
    for place, amount in ((item, line.granted_quantity - -(-kept // line.each)), (month, line.granted - kept)):
        if place and amount:
            db.execute(_GIVE_BACK, (amount, *place))


def used(household_id: int, scope: int, period: str, person_id: int = 0) -> int:
    """Read how much of a cap is used."""
    row = db.execute(_READ, (household_id, scope, period, person_id)).fetchone()
    return int(row[0]) if row else 0
