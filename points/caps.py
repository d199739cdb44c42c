"""Caps: how often an item, and how many points in all, count for a household in a day, week, month or year of the act.

Room is taken by one conditional update, so two approvals cannot both have the last place; what a refusal, a strike or a
reversal frees is given back. Scope is an item's code (counted in times) or `ALL` (counted in points). An item's cap
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


@dataclass(slots=True)
class Room:
    """What the caps left for a line: times of its item, and points."""

    times: int
    points: int


_PLACE = "household_id = ? AND scope = ? AND period = ? AND person_id = ?"
_OPEN = (
    "INSERT INTO cap_use (household_id, scope, period, person_id, used) VALUES (?, ?, ?, ?, 0) ON CONFLICT DO NOTHING"
)
_TAKE = f"UPDATE cap_use SET used = used + ? WHERE {_PLACE} AND used + ? <= ? RETURNING used"
_READ = f"SELECT used FROM cap_use WHERE {_PLACE}"
_GIVE_BACK = f"UPDATE cap_use SET used = used - ? WHERE {_PLACE}"


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


def take(household_id: int, scope: int, period: str, person_id: int = 0, *, wanted: int, limit: int) -> int:
    """Take up to *wanted* of what *limit* leaves in the period, and return how much was taken: 0 when it is full.

    *person_id* is 0 for the household's own cap.
    """
    db.require_transaction()
    place = (household_id, scope, period, person_id)
    db.execute(_OPEN, place)
    while wanted > 0:
        if db.execute(_TAKE, (wanted, *place, wanted, limit)).fetchone() is not None:
            return wanted
        used = db.execute(_READ, place).fetchone()[0]
        wanted = min(wanted, limit - used)
    return 0


def give_back(household_id: int, scope: int, period: str, person_id: int = 0, *, amount: int) -> None:
    """Free *amount* that `take` had taken."""
    db.require_transaction()
    if amount:
        db.execute(_GIVE_BACK, (amount, household_id, scope, period, person_id))


def take_for(lines: Sequence[Line], monthly_caps: Mapping[int, int]) -> dict[int, Room]:
    """Take room for what is *agreed* of *lines*, in part if need be, in times and then in points; return it by line id.

    *monthly_caps* are the villages' points a month. Rows are taken in one order, all items before all sums, so that two
    sets of approvals wait for each other instead of locking each other out.
    """
    rooms = {line.id: Room(-(-line.agreed // line.each), line.agreed) for line in lines}
    capped = [line for line in lines if line.effect == "points"]
    for line in sorted(capped, key=lambda line: (line.household_id, line.item_code, line.day, line.id)):
        if (limit := _item_cap(line)) is not None:
            room = rooms[line.id]
            room.times = take(*_place(line), wanted=room.times, limit=limit)
            room.points = min(room.points, room.times * line.each)
    for line in sorted(capped, key=lambda line: (line.household_id, line.day, line.id)):
        room = rooms[line.id]
        if not line.counts_to_cap or not room.times:
            continue
        limit = monthly_caps[line.village_id]
        room.points = take(line.household_id, ALL, month_of(line.day), wanted=room.points, limit=limit)
        times = -(-room.points // line.each)
        if _item_cap(line) is not None:
            give_back(*_place(line), amount=room.times - times)
        room.times = times
    return rooms


def give_back_for(line: Line, *, kept: int = 0) -> None:
    """Free what an approved *line* had taken, but for what *kept* points of it still need."""
    if line.effect != "points":
        return
    if _item_cap(line) is not None:
        give_back(*_place(line), amount=line.granted_quantity - -(-kept // line.each))
    if line.counts_to_cap:
        give_back(line.household_id, ALL, month_of(line.day), amount=line.granted - kept)


def _place(line: Line) -> tuple[int, int, str, int]:
    person_id = line.person_id if line.cap_holder == "person" else 0
    return line.household_id, line.item_code, period_of(line.day, line.cap_period), person_id


def _item_cap(line: Line) -> int | None:
    return None if line.cap_period == "event" else line.cap


def used(household_id: int, scope: int, period: str, person_id: int = 0) -> int:
    """Read how much of a cap is used."""
    row = db.execute(_READ, (household_id, scope, period, person_id)).fetchone()
    return int(row[0]) if row else 0
