"""The thread of the telling: one dice, one clock, keys one after another; so that the same seed tells the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from points import calendar, db, keys
from points.models.people import Person

Kept = tuple[str, int, str, str, str, int, None, int]
"""A row of `WriteKey`, of a write that was done."""


class Telling:
    """The dice, the clock and the keys that all of the county's tellers share."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.now = datetime(1970, 1, 1, tzinfo=UTC)

    def set(self, day: date, hour: int, minute: int = 0) -> datetime:
        """Put the clock to a local time, and return it."""
        self.now = moment(day, hour, minute)
        return self.now

    def key(self) -> str:
        """Return the next key."""
        return f"{self.dice.getrandbits(128):032x}"

    def do(self, verb: Callable[..., int], actor: Person, **payload: Any) -> int:
        """Carry out one verb, now and with a fresh key."""
        return verb(key=self.key(), actor=actor, now=self.now, **payload)

    def kept(self, key: str, actor_id: int, action: str, result: int, at: int, payload: dict[str, Any]) -> Kept:
        """Return what a verb would keep of a write under its *key*."""
        return key, actor_id, action, keys.digest(action, payload), "done", result, None, at

    def often(self, mean: float) -> int:
        """Return how often something happens that happens *mean* times: one more or less by the dice."""
        return int(mean) + (self.dice.random() < mean % 1)


def moment(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Return the moment of a local time."""
    return datetime.combine(day, time(hour, minute, second), calendar.LOCAL).astimezone(UTC)


def keep(rows: Sequence[Kept]) -> None:
    """Keep the keys of writes that were done in bulk."""
    db.load("write_key", "key, actor_id, action, digest, outcome, result, refusal, recorded_at", rows)
