"""Caps: how often an item, and how many points in all, count for a household in a local month or year of the act.

Room is taken by one conditional update, so two approvals cannot both have the last place; what a refusal, a strike or a
reversal frees is given back. Scope is an item's code (counted in times) or `ALL` (counted in points).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from points import db
from points.calendar import month_of, year_of
from points.models.contribution import Line

ALL = 0
"""The scope of the household's monthly cap over all items that count to it."""


@dataclass(slots=True)
class Room:
    """What the caps left for a line: times of its item, and points."""

    times: int
    points: int


_OPEN = "INSERT INTO cap_use (household_id, scope, period, used) VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING"
_TAKE = (
    "UPDATE cap_use SET used = used + ? WHERE household_id = ? AND scope = ? AND period = ? AND used + ? <= ? "
    "RETURNING used"
)
_READ = "SELECT used FROM cap_use WHERE household_id = ? AND scope = ? AND period = ?"
_GIVE_BACK = "UPDATE cap_use SET used = used - ? WHERE household_id = ? AND scope = ? AND period = ?"


def period_of(day: date, cap_period: str) -> str:
    """Return the period that an act on the local *day* counts to: ``2026-11`` or ``2026``."""
    return year_of(day) if cap_period == "year" else month_of(day)


def take(household_id: int, scope: int, period: str, *, wanted: int, limit: int) -> int:
    """Take up to *wanted* of what *limit* leaves in the period, and return how much was taken: 0 when it is full."""
    db.require_transaction()
    place = (household_id, scope, period)
    db.execute(_OPEN, place)
    while wanted > 0:
        if db.execute(_TAKE, (wanted, *place, wanted, limit)).fetchone() is not None:
            return wanted
        used = db.execute(_READ, place).fetchone()[0]
        wanted = min(wanted, limit - used)
    return 0


def give_back(household_id: int, scope: int, period: str, amount: int) -> None:
    """Free *amount* that `take` had taken."""
    db.require_transaction()
    if amount:
        db.execute(_GIVE_BACK, (amount, household_id, scope, period))


def take_for(lines: Sequence[Line], monthly_caps: Mapping[int, int]) -> dict[int, Room]:
    """Take room for approved *lines*, in part if need be, first in times and then in points; return it by line id.

    *monthly_caps* are the villages' points a month. Rows are taken in one order, all items before all sums, so that two
    sets of approvals wait for each other instead of locking each other out.
    """
    rooms = {line.id: Room(line.quantity, line.quantity * line.each) for line in lines}
    for line in sorted(lines, key=lambda line: (line.household_id, line.item_code, line.day, line.id)):
        if (limit := _item_cap(line)) is not None:
            place = (line.household_id, line.item_code, period_of(line.day, line.cap_period))
            times = take(*place, wanted=line.quantity, limit=limit)
            rooms[line.id] = Room(times, times * line.each)
    for line in sorted(lines, key=lambda line: (line.household_id, line.day, line.id)):
        room = rooms[line.id]
        if not line.counts_to_cap or not room.times:
            continue
        limit = monthly_caps[line.village_id]
        room.points = take(line.household_id, ALL, month_of(line.day), wanted=room.points, limit=limit)
        times = -(-room.points // line.each)
        if _item_cap(line) is not None:
            period = period_of(line.day, line.cap_period)
            give_back(line.household_id, line.item_code, period, room.times - times)
        room.times = times
    return rooms


def give_back_for(line: Line) -> None:
    """Free exactly what an approved *line* had taken."""
    if _item_cap(line) is not None:
        period = period_of(line.day, line.cap_period)
        give_back(line.household_id, line.item_code, period, line.granted_quantity)
    if line.counts_to_cap:
        give_back(line.household_id, ALL, month_of(line.day), line.granted)


def _item_cap(line: Line) -> int | None:
    return None if line.cap_period == "event" else line.cap


def used(household_id: int, scope: int, period: str) -> int:
    """Read how much of a cap is used."""
    row = db.execute(_READ, (household_id, scope, period)).fetchone()
    return int(row[0]) if row else 0
