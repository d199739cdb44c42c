"""Keys: every write carries one, minted where it begins, so that a retry finds the first result.

A function marked `@verb` is one write and one transaction. Its key is looked up first: the same actor and payload get
the first answer again (the same id, or the same refusal), another payload is `KeyReused`, another actor's key does not
exist (`NotFound`). A refusal by a rule undoes whatever was begun and is stored under the key in a transaction of its
own. Secrets take no part in the payload's digest, for a digest of six digits gives them away.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ParamSpec

from peewee import IntegrityError

from points import db
from points.errors import KeyReused, NotFound, PointsError
from points.models.people import Person

P = ParamSpec("P")
Aftermath = Callable[[PointsError, dict[str, Any]], None]

_FIND = "SELECT actor_id, digest, outcome, result, refusal FROM write_key WHERE key = ?"
_KEEP = (
    "INSERT INTO write_key (key, actor_id, action, digest, outcome, result, refusal, recorded_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def verb(
    action: str, *, secret: tuple[str, ...] = (), on_refusal: Aftermath | None = None
) -> Callable[[Callable[P, int]], Callable[P, int]]:
    """Make a function one keyed write. It is called by keyword with *key*, *actor* (a `Person`) and *now*.

    The function returns the id of what it made. *secret* names arguments left out of the digest. *on_refusal* runs in
    the transaction that stores the refusal. An error whose class says ``in_place`` is stored in the very transaction
    that raised it, together with what it wrote before.
    """

    def mark(function: Callable[P, int]) -> Callable[P, int]:
        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> int:
            assert not args, "verbs are called by keyword"
            given: dict[str, Any] = dict(kwargs)
            write = _Write(action, given, secret)
            try:
                return write.carry_out(lambda: function(*args, **kwargs), on_refusal)
            except PointsError as refusal:
                if write.settled:
                    raise
                return write.keep_refusal(refusal, on_refusal)
            except IntegrityError:
                # Another request with the same key may have been faster; then its answer is the answer.
                found = write.find()
                if found is None:
                    raise
                return found

        return run

    return mark


class _Write:
    def __init__(self, action: str, given: dict[str, Any], secret: tuple[str, ...]) -> None:
        self.action = action
        self.given = given
        self.key: str = given["key"]
        self.actor: Person = given["actor"]
        self.now: datetime = given["now"]
        self.settled = False
        payload = {name: value for name, value in given.items() if name not in ("key", "actor", "now", *secret)}
        self.digest = digest(action, payload)

    def carry_out(self, work: Callable[[], int], on_refusal: Aftermath | None) -> int:
        with db.transaction():
            found = self.find()
            if found is not None:
                return found
            try:
                result = work()
            except PointsError as refusal:
                if not refusal.in_place:
                    raise
                self._store_refusal(refusal, on_refusal)
                kept: PointsError = refusal
            else:
                self._store("done", result, None)
                return result
        raise kept

    def find(self) -> int | None:
        """Return the first result under this key, raise its refusal again, or return None for a new key."""
        row = db.execute(_FIND, (self.key,)).fetchone()
        if row is None:
            return None
        self.settled = True
        actor_id, digest, outcome, result, refusal = row
        if actor_id != self.actor.id:
            raise NotFound()
        if digest != self.digest:
            raise KeyReused()
        if outcome == "refused":
            code, values = json.loads(refusal)
            raise PointsError.by_code[code](**values)
        return int(result)

    def keep_refusal(self, refusal: PointsError, on_refusal: Aftermath | None) -> int:
        try:
            with db.transaction():
                self._store_refusal(refusal, on_refusal)
        except IntegrityError:
            found = self.find()
            if found is not None:
                return found
            raise
        raise refusal

    def _store_refusal(self, refusal: PointsError, on_refusal: Aftermath | None) -> None:
        if on_refusal is not None:
            on_refusal(refusal, self.given)
        self._store("refused", None, json.dumps([refusal.code, refusal.values], ensure_ascii=False))
        self.settled = True

    def _store(self, outcome: str, result: int | None, refusal: str | None) -> None:
        at = db.microseconds(self.now)
        db.execute(_KEEP, (self.key, self.actor.id, self.action, self.digest, outcome, result, refusal, at))


def digest(action: str, payload: dict[str, Any]) -> str:
    """Return the digest of what a write asked: its *payload* is all that was handed over but secrets."""
    return hashlib.sha256(_canonical.encode([action, payload]).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Reduce what JSON does not know: a dataclass to its fields, a date to ISO, bytes to their hash."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    raise TypeError(f"a {type(value).__name__} has no plain form")


_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)
