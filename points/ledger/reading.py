"""Reading an account: its entries with the balance after each, paged by key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from points import db
from points.models.ledger import STORED_BALANCE, Account, Kind


class Entry(NamedTuple):
    """One row of a statement: *points* is signed, as the account felt it; *balance* is what it held afterwards."""

    id: int
    kind: Kind
    points: int
    balance: int
    cause_type: str
    cause_id: int
    happened_at: datetime
    recorded_at: datetime


def statement(account: Account, *, before: int | None = None, limit: int = 20) -> list[Entry]:
    """Read the newest *limit* entries of an account with a stored balance, recorded before the transfer *before*.

    Paged by key: pass the last entry's id to read on. The order is that of recording.
    """
    assert account.type in STORED_BALANCE
    edge = before if before is not None else 2**62
    return _entries(_STATEMENT, (account.id, edge, limit, account.id, edge, limit, limit))


def following(account: Account, *, after: int, limit: int) -> list[Entry]:
    """Read the first *limit* entries of an account with a stored balance, recorded after the transfer *after*."""
    assert account.type in STORED_BALANCE
    return _entries(_FOLLOWING, (account.id, after, limit, account.id, after, limit, limit))


def canonical(row: dict[str, Any]) -> bytes:
    """Return the bytes of a transfer that a digest of a month is taken over; `docs/ledger.md` fixes their form."""
    return json.dumps(
        ["points.transfer.1", *(row[name] for name in CANONICAL)], ensure_ascii=True, separators=(",", ":")
    ).encode("ascii")


CANONICAL = (
    "id",
    "key",
    "kind",
    "source_id",
    "target_id",
    "points",
    "actor_id",
    "cause_type",
    "cause_id",
    "answers_id",
    "happened_at",
    "recorded_at",
    "source_after",
    "target_after",
    "reason_digest",
)
_STATEMENT = """
    SELECT * FROM (
        SELECT * FROM (
            SELECT id, kind, -points AS points, source_after, cause_type, cause_id, happened_at, recorded_at
            FROM transfer WHERE source_id = ? AND id < ? ORDER BY id DESC LIMIT ?
        ) AS spent
        UNION ALL
        SELECT * FROM (
            SELECT id, kind, points, target_after, cause_type, cause_id, happened_at, recorded_at
            FROM transfer WHERE target_id = ? AND id < ? ORDER BY id DESC LIMIT ?
        ) AS earned
    ) AS entries ORDER BY id DESC LIMIT ?
"""
_FOLLOWING = _STATEMENT.replace("id < ?", "id > ?").replace(" DESC", "")


def _entries(sql: str, values: Sequence[int]) -> list[Entry]:
    return [
        Entry(row[0], Kind(row[1]), row[2], row[3], row[4], row[5], db.moment(row[6]), db.moment(row[7]))
        for row in db.execute(sql, values).fetchall()
    ]
