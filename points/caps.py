"""Caps: how often an item, and how many points in all, count for a household in a local month or year of the act.

Room is taken by one conditional update, so two approvals cannot both have the last place; what a refusal, a strike or a
reversal frees is given back. Scope is an item's code (counted in times) or `ALL` (counted in points).
"""

from __future__ import annotations

from datetime import date

from points import db
from points.calendar import month_of, year_of

ALL = 0
"""The scope of the household's monthly cap over all items that count to it."""

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


def used(household_id: int, scope: int, period: str) -> int:
    """Read how much of a cap is used."""
    row = db.execute(_READ, (household_id, scope, period)).fetchone()
    return int(row[0]) if row else 0
