"""Posting one movement, and answering one: the statement that spends also tests the floor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any

from points import db, summaries
from points.errors import AlreadyReversed, InsufficientPoints, KeyReused, NotFound, NotReversible, TakesBackTooMuch
from points.ledger.accounts import account, balance, lock_balance
from points.ledger.moves import COLUMNS, REVERSIBLE, Posting, assert_allowed, columns, keep_notes, salted
from points.ledger.sets import post_many
from points.models.ledger import STORED_BALANCE, Account, AccountType, Kind


def post(posting: Posting, *, now: datetime) -> int:
    """Post one movement and return its transfer's id; the same key posts once.

    Raises `InsufficientPoints` when the source's floor does not allow it, `KeyReused` when the key already moved
    something else. An award first pays what the household owes.
    """
    if posting.kind is Kind.AWARD:
        return post_many([posting], now=now)[0]
    db.require_transaction()
    assert_allowed(posting)
    digest, note = salted(posting.reason)
    counted = summaries.one(posting, now=now)
    row = _write(posting, columns(posting, digest, now), counted)
    if row is None:
        return _posted(posting)
    keep_notes([(row[0], *note)] if note else [])
    if counted is None:
        summaries.add([posting], now=now)
    return int(row[0])


def reverse(transfer_id: int, *, key: str, actor_id: int, reason: str, now: datetime) -> int:
    """Take the whole of a transfer back, once, by an opposite one; return its id.

    Raises `NotReversible` for a reversal or another answer, `AlreadyReversed` when any of it was taken back before,
    `InsufficientPoints` when its target no longer holds the points (use `correct` for an award that is spent).
    """
    db.require_transaction()
    original = _transfer(transfer_id)
    found = _posted_answer(key, transfer_id, original.points)
    if found is not None:
        return found
    if (original.target.type, original.source.type) not in REVERSIBLE or original.answers_id is not None:
        raise NotReversible()
    row = db.execute(_TAKE_WHOLE, (transfer_id, original.points, original.points)).fetchone()
    if row is None:
        raise AlreadyReversed()
    return post(
        Posting(
            key=key,
            kind=Kind.REVERSAL,
            source=original.target,
            target=original.source,
            points=original.points,
            cause_type=original.cause_type,
            cause_id=original.cause_id,
            happened_at=now,
            actor_id=actor_id,
            answers_id=transfer_id,
            reason=reason,
        ),
        now=now,
    )


def correct(transfer_id: int, points: int, *, key: str, actor_id: int, reason: str, now: datetime) -> int:
    """Take *points* of a wrong award back: from the balance as far as it covers, the rest as owed; return the first id.

    Raises `NotReversible` unless the transfer is an award, `TakesBackTooMuch` when all corrections together would
    exceed it.
    """
    db.require_transaction()
    assert points > 0
    award = _transfer(transfer_id)
    found = _posted_answer(key, transfer_id, points)
    if found is not None:
        return found
    if award.kind != Kind.AWARD:
        raise NotReversible()
    taken = db.execute(_TAKE_PART, (points, transfer_id, points)).fetchone()
    if taken is None:
        before = db.execute("SELECT points FROM taken_back WHERE transfer_id = ?", (transfer_id,)).fetchone()
        raise TakesBackTooMuch(left=award.points - (before[0] if before else 0))
    held = lock_balance(award.target)
    covered = min(points, held)
    ids = []
    for kind, source, amount, suffix in (
        (Kind.CORRECTION, award.target, covered, ""),
        (
            Kind.DEBT,
            account(AccountType.OWED, award.target.owner_id),
            points - covered,
            ":owed" if covered else "",
        ),
    ):
        if amount:
            answer = Posting(
                key=key + suffix,
                kind=kind,
                source=source,
                target=award.source,
                points=amount,
                cause_type=award.cause_type,
                cause_id=award.cause_id,
                happened_at=now,
                actor_id=actor_id,
                answers_id=transfer_id,
                reason=reason,
            )
            ids.append(post(answer, now=now))
    return ids[0]


_NEW = "NOT EXISTS (SELECT 1 FROM transfer WHERE key = ?)"
_CHANGE = (
    "UPDATE account SET balance = balance + ? WHERE id = ? AND (type = 'owed' OR balance + ? >= 0) "
    f"AND {_NEW} RETURNING balance"
)
_INSERT = f"INSERT INTO transfer ({COLUMNS}) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
_TAKE_WHOLE = (
    "INSERT INTO taken_back (transfer_id, original, points) VALUES (?, ?, ?) "
    "ON CONFLICT (transfer_id) DO NOTHING RETURNING points"
)
_TAKE_PART = (
    "INSERT INTO taken_back (transfer_id, original, points) "
    "SELECT id, points, CAST(? AS BIGINT) FROM transfer WHERE id = ? AND points >= ? "
    "ON CONFLICT (transfer_id) DO UPDATE SET points = taken_back.points + excluded.points "
    "WHERE taken_back.points + excluded.points <= taken_back.original RETURNING points"
)


@dataclass(frozen=True, slots=True)
class _Original:
    kind: str
    points: int
    cause_type: str
    cause_id: int
    answers_id: int | None
    source: Account
    target: Account


def _transfer(transfer_id: int) -> _Original:
    row = db.execute(
        "SELECT kind, points, cause_type, cause_id, answers_id, source_id, target_id FROM transfer WHERE id = ?",
        (transfer_id,),
    ).fetchone()
    if row is None:
        raise NotFound()
    kind, points, cause_type, cause_id, answers_id, source_id, target_id = row
    source, target = Account.get_by_id(source_id), Account.get_by_id(target_id)
    return _Original(kind, points, cause_type, cause_id, answers_id, source, target)


def _write(posting: Posting, values: tuple[Any, ...], counted: tuple[Any, ...] | None) -> Any:
    """Change the balances within their floors, insert the transfer, count it; return its row, or None if one forbids.

    On PostgreSQL all of it is one statement, and one wait for an answer.
    """
    key = posting.key
    changes = {
        name: (change, account.id, change, key)
        for name, account, change in (
            ("source", posting.source, -posting.points),
            ("target", posting.target, posting.points),
        )
        if account.type in STORED_BALANCE
    }
    if db.is_postgresql():
        parameters = (*chain.from_iterable(changes.values()), *values, *(() if changes else (key,)), *(counted or ()))
        return db.execute(_in_one(*changes, count=counted is not None), parameters).fetchone()
    after: dict[str, int] = {}
    for name, change in changes.items():
        row = db.execute(_CHANGE, change).fetchone()
        if row is None:
            return None
        after[name] = row[0]
    balances = (after.get("source"), after.get("target"))
    made = db.execute(f"{_INSERT}, ?, ? WHERE {_NEW} RETURNING id", (*values, *balances, key)).fetchone()
    if made and counted:
        db.execute(summaries.one_sql(), counted)
    return made


@lru_cache
def _in_one(*changed: str, count: bool) -> str:
    """Phrase it as one statement: the balances *changed*, the source's first, the transfer, the summary."""
    steps = [f"{name} AS ({_CHANGE})" for name in changed]
    if len(steps) == 2:
        steps[1] = steps[1].replace("RETURNING", "AND EXISTS (SELECT 1 FROM source) RETURNING")
    after = ", ".join(f"{name}.balance" if name in changed else "NULL" for name in ("source", "target"))
    seen = f"FROM {', '.join(changed)}" if changed else f"WHERE {_NEW}"
    steps.append(f"made AS ({_INSERT}, {after} {seen} RETURNING id)")
    if count:
        steps.append(f"counted AS ({summaries.one_sql('made')})")
    return f"WITH {', '.join(steps)} SELECT id FROM made"


def _posted(posting: Posting) -> int:
    """Return the transfer that *posting* made before. Raises `KeyReused` or `InsufficientPoints`: why it made none."""
    row = db.execute(
        "SELECT id, kind, source_id, target_id, points FROM transfer WHERE key = ?", (posting.key,)
    ).fetchone()
    if row is None:
        raise InsufficientPoints(needed=posting.points, balance=balance(posting.source))
    if tuple(row[1:]) != (posting.kind, posting.source.id, posting.target.id, posting.points):
        raise KeyReused()
    return int(row[0])


def _posted_answer(key: str, answers_id: int, points: int) -> int | None:
    """Return the first transfer by which *key* answered before, or None. Raises `KeyReused` for another answer."""
    rows = db.execute(
        "SELECT id, answers_id, points FROM transfer WHERE key IN (?, ?) ORDER BY id", (key, key + ":owed")
    ).fetchall()
    if not rows:
        return None
    if any(row[1] != answers_id for row in rows) or sum(row[2] for row in rows) != points:
        raise KeyReused()
    return int(rows[0][0])
