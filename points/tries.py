"""Wrong tries: growing waits after wrong PINs and passwords, never a lasting lock.

Four wrong tries cost nothing; the fifth costs a quarter of a minute and each further one doubles the wait, up to an
hour. Web and till are counted apart, so that a stranger at one cannot keep the owner out of the other.
"""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any

from points import db
from points.errors import TooSoon

FREE_TRIES = 4
FIRST_WAIT = 15  # seconds
LONGEST_WAIT = 3600  # seconds

_READ = "SELECT failures, last_at FROM tries WHERE channel = ? AND subject = "
_COUNT = (
    "INSERT INTO tries (channel, subject, failures, last_at) VALUES (?, ?, 1, ?) "
    "ON CONFLICT (channel, subject) DO UPDATE SET failures = tries.failures + 1, last_at = excluded.last_at"
)
_CLEAR = "DELETE FROM tries WHERE channel = ? AND subject = ?"


def wait_after(failures: int) -> int:
    """Return the seconds to wait after so many wrong tries in a row."""
    if failures <= FREE_TRIES:
        return 0
    return int(min(FIRST_WAIT * 2 ** min(failures - FREE_TRIES - 1, 20), LONGEST_WAIT))


def require_patience(channel: str, subject: str, *, now: datetime) -> int:
    """Raise `TooSoon` while the wait for *subject* has not passed; return the wrong tries so far."""
    return patience(ask(channel, subject), now=now)


def ask(channel: str, *of: object, subject: str = "?") -> Any:
    """Ask for the wrong tries of a *subject*, which is an SQL expression *of* values; `patience` reads the answer."""
    return db.ask(f"{_READ}{subject}", (channel, *of))


def patience(answer: Any, *, now: datetime) -> int:
    """Read an answer as `require_patience` does."""
    row = answer.fetchone()
    if row is None:
        return 0
    left = wait_after(row[0]) - (now - db.moment(row[1])).total_seconds()
    if left > 0:
        raise TooSoon(seconds=ceil(left))
    return int(row[0])


def count_failure(channel: str, subject: str, *, now: datetime) -> None:
    """Count one wrong try."""
    db.require_transaction()
    db.execute(_COUNT, (channel, subject, db.microseconds(now)))


def clear(channel: str, subject: str) -> None:
    """Forget the wrong tries after a right one."""
    db.require_transaction()
    db.execute(_CLEAR, (channel, subject))
