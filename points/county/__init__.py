"""A county of any size to try, measure and show: villages of real shape, and months of life in each.

What is rare goes through the verbs of the services, one by one: places, rule books, shops, deliveries, cards, notices,
money, settlements, corrections, and `tick`. What there is much of goes by bulk versions of four of them, a set in a
transaction, on the same floors as the verbs: households (`settling`), contributions recorded, checked and decided
(`deeds`), redemptions and the shift that is signed off (`sales`). `docs/performance.md` says what each shares with its
verb and what not. The same seed gives the same county, but for salts and what else must be random.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from points import calendar, db
from points.county.deeds import Deeds
from points.county.sales import Sales
from points.county.settling import Founding
from points.county.shape import halves
from points.county.telling import Telling
from points.errors import ClockUnsure
from points.services import tick

__all__ = ["build", "steps"]


def steps(villages: int, months: int) -> int:
    """Return how often `build` calls its *step*."""
    return villages * (1 + 2 * months)


def build(
    *,
    villages: int,
    months: int,
    seed: int,
    password: str,
    now: datetime,
    step: Callable[[], None],
    households: int = 413,
) -> tuple[str, str]:
    """Fill the bound, empty database with *villages* of about *households* each; return a card's number and its PIN.

    The *months* end with the last half of a month that is over. *step* is called after each village's founding and
    each village's half-month. Everybody with a sign-in has *password*.
    """
    telling = Telling(seed)
    spans = halves(calendar.local_date(now), months)
    if not db.is_postgresql():
        db.execute("PRAGMA synchronous = OFF")  # a county that is interrupted is thrown away
        db.execute("PRAGMA cache_size = -128000")
        db.execute("PRAGMA wal_autocheckpoint = 16000")  # else each page of an index is written twice for each village
    telling.set(spans[0].first - timedelta(days=5), 8)
    founding = Founding(telling, villages, households)
    for _ in founding.found(password):
        step()
    founding.give_sign_ins(password)
    _let_the_database_look()
    _tick(founding, telling.now)
    deeds, sales = Deeds(telling), Sales(telling)
    for village in founding.villages:
        village.hung_on = spans[0].first - timedelta(days=1)
    for number, span in enumerate(spans):
        for village in founding.villages:
            if span.first.day == 1:
                sales.restock(village, span.first)
            deeds.live(village, span)
            sales.live(village, span)
            if number == len(spans) - 1:
                deeds.leave_on_the_desk(village, span)
            step()
        telling.set(span.last + timedelta(days=1), 0, 5)
        _tick(founding, telling.now)
        if number == 0:
            _let_the_database_look()
    _tick(founding, now)
    _let_the_database_look()
    if not db.is_postgresql():
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA synchronous = FULL")
    return founding.card_to_try()


def _tick(founding: Founding, now: datetime) -> None:
    """Do what is due; the administrator confirms the clock, which stood still for half a month."""
    try:
        tick.tick(now=now)
    except ClockUnsure:
        tick.confirm_clock(key=founding.telling.key(), actor=founding.admin, now=now)
        tick.tick(now=now)


def _let_the_database_look() -> None:
    """Let PostgreSQL count its rows: it plans as if the tables were as short as they were."""
    if db.is_postgresql():
        db.execute("ANALYZE")
