"""The ledger: points move from one account to another, once, and are never edited.

A transfer has one source, one target and a positive number of points, so an unbalanced entry cannot be written. A
mistake is answered by another transfer: `reverse` takes the whole back, once; `correct` takes a wrong award back as far
as the balance covers, and the rest is *owed*, taken first from later awards. Accounts with a floor keep their balance,
and the statement that spends also tests it. All of it runs inside the caller's transaction, together with the fact that
caused it. The SQL is fixed and written once for both databases; `docs/ledger.md` explains the book.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from points import db
from points.errors import (
    AlreadyReversed,
    InsufficientPoints,
    KeyReused,
    NotFound,
    NotReversible,
    TakesBackTooMuch,
)
from points.models.ledger import STORED_BALANCE, Account, AccountType, Kind

MOVES: dict[Kind, frozenset[tuple[AccountType, AccountType]]] = {
    Kind.AWARD: frozenset({(AccountType.ISSUANCE, AccountType.HOUSEHOLD)}),
    Kind.REDEMPTION: frozenset({(AccountType.HOUSEHOLD, AccountType.SHOP)}),
    Kind.CORRECTION: frozenset({(AccountType.HOUSEHOLD, AccountType.ISSUANCE)}),
    Kind.DEBT: frozenset({(AccountType.OWED, AccountType.ISSUANCE)}),
    Kind.REPAYMENT: frozenset({(AccountType.HOUSEHOLD, AccountType.OWED)}),
    Kind.ADJUSTMENT: frozenset(
        {(AccountType.ADJUSTMENT, AccountType.HOUSEHOLD), (AccountType.HOUSEHOLD, AccountType.ADJUSTMENT)}
    ),
    Kind.HOLD: frozenset({(AccountType.HOUSEHOLD, AccountType.HOLD)}),
    Kind.RELEASE: frozenset({(AccountType.HOLD, AccountType.HOUSEHOLD)}),
    Kind.SETTLEMENT: frozenset({(AccountType.SHOP, AccountType.SETTLED)}),
    Kind.OPENING: frozenset({(AccountType.ADJUSTMENT, AccountType.HOUSEHOLD)}),
    Kind.MOVE: frozenset({(AccountType.HOUSEHOLD, AccountType.HOUSEHOLD), (AccountType.OWED, AccountType.OWED)}),
}
"""Which kind moves between which types of account; anything else is a bug. A reversal mirrors one of these moves."""

REVERSIBLE = frozenset(
    {(target, source) for kind in (Kind.AWARD, Kind.REDEMPTION, Kind.ADJUSTMENT) for source, target in MOVES[kind]}
)


@dataclass(frozen=True, slots=True)
class Posting:
    """One movement to be posted: *points* > 0 from *source* to *target*, for the cause (*cause_type*, *cause_id*).

    *happened_at* is when the act took place; *reason* is kept beside the ledger, and may later be blanked there.
    """

    key: str
    kind: Kind
    source: Account
    target: Account
    points: int
    cause_type: str
    cause_id: int
    happened_at: datetime
    actor_id: int | None = None
    answers_id: int | None = None
    reason: str = ""


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


@dataclass(frozen=True, slots=True)
class Drift:
    """Something the audit recomputed and found otherwise."""

    what: str
    id: int
    stored: int
    recomputed: int


# --- accounts ---------------------------------------------------------------------------------------------------


def open_account(type_: AccountType, owner_id: int) -> Account:
    """Open the account of *type_* for the household, village area or shop *owner_id*, with zero points."""
    db.require_transaction()
    return Account.create(type=type_, owner_id=owner_id)


def account(type_: AccountType, owner_id: int) -> Account:
    """Return the account of *type_* that *owner_id* holds. Raises `NotFound`."""
    found = Account.get_or_none(type=type_, owner_id=owner_id)
    if found is None:
        raise NotFound()
    return found


def balance(account: Account) -> int:
    """Read the points on *account* now: stored where there is a floor, else summed from its transfers."""
    if account.type in STORED_BALANCE:
        row = db.execute("SELECT balance FROM account WHERE id = ?", (account.id,)).fetchone()
    else:
        row = db.execute(_SUM, (account.id, account.id)).fetchone()
    return int(row[0])


# --- posting ----------------------------------------------------------------------------------------------------


def post(posting: Posting, *, now: datetime) -> int:
    """Post one movement and return its transfer's id; the same key posts once.

    Raises `InsufficientPoints` when the source's floor does not allow it, `KeyReused` when the key already moved
    something else. An award first pays what the household owes.
    """
    if posting.kind is Kind.AWARD:
        return post_many([posting], now=now)[0]
    db.require_transaction()
    _assert_allowed(posting)
    found = _posted(posting)
    if found is not None:
        return found
    source_after = _move(posting.source, -posting.points)
    target_after = _move(posting.target, posting.points)
    digest, note = _digest(posting.reason)
    row = db.execute(_INSERT, (*_columns(posting, digest, now), source_after, target_after)).fetchone()
    _keep_notes([(row[0], *note)] if note else [])
    return int(row[0])


def post_many(postings: Sequence[Posting], *, now: datetime) -> list[int]:
    """Post a set in the given order, all or nothing, by a constant number of statements; return the transfers' ids.

    Keys already posted are not posted again. After awards, households that owe repay at once, as far as they received.
    Raises `InsufficientPoints` for the first posting that its source cannot cover.
    """
    db.require_transaction()
    for posting in postings:
        _assert_allowed(posting)
    known = _known_keys([posting.key for posting in postings])
    fresh = []
    for posting in postings:
        if posting.key not in known:
            fresh.append(posting)
        elif known[posting.key][1] != (posting.kind, posting.source.id, posting.target.id, posting.points):
            raise KeyReused()
    ids = {key: id_ for key, (id_, _) in known.items()} | _insert_many(fresh, now=now)
    _insert_many(_repayments([posting for posting in fresh if posting.kind is Kind.AWARD]), now=now)
    return [ids[posting.key] for posting in postings]


def post_awards(due: str, ids: Sequence[int], *, source: Account, cause_type: str, now: datetime) -> None:
    """Post an award for each of *ids*, within the database, by a constant number of statements.

    *due* selects ``cause_id, owner_id`` (a household), ``points, happened_at, reason`` of the causes in ``({ids})``.
    Their keys are ``cause_type:cause_id``, their order is that of the causes. Households that owe repay at once. It
    does what `post_many` does, at a fraction of the cost, for causes that the database holds already.
    """
    db.require_transaction()
    assert (AccountType(source.type), AccountType.HOUSEHOLD) in MOVES[Kind.AWARD]
    due = due.format(ids=db.set_of_ids())
    chosen = json.dumps(list(ids))
    if db.is_postgresql():  # one order for all who lock several accounts
        db.execute(f"{_HELD.format(due=due)} ORDER BY account.id FOR UPDATE", (chosen,))
    secret = secrets.token_hex(16)
    salt = f"SUBSTR({db.sha256('CAST(? AS TEXT) || CAST(due.cause_id AS TEXT)')}, 1, 32)"
    award = _AWARD.format(due=due, digest=db.sha256(f"{salt} || due.reason"))
    at = db.microseconds(now)
    db.execute(award, (f"{cause_type}:", source.id, cause_type, at, secret, chosen))
    db.execute(_ADD_DUE.format(due=due), (chosen,))
    db.execute(_NOTE_DUE.format(due=due, salt=salt), (secret, chosen, f"{cause_type}:"))
    owing = db.execute(_OWING.format(due=due), (chosen,)).fetchall()
    repaying = [
        Posting(
            key=f"{cause_type}:{cause_id}",
            kind=Kind.AWARD,
            source=source,
            target=Account(id=account_id, type=AccountType.HOUSEHOLD, owner_id=owner_id),
            points=points,
            cause_type=cause_type,
            cause_id=cause_id,
            happened_at=db.moment(happened_at),
        )
        for cause_id, owner_id, points, happened_at, account_id in owing
    ]
    _insert_many(_repayments(repaying), now=now)


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


# --- reading ----------------------------------------------------------------------------------------------------


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


def audit() -> Iterator[Drift]:
    """Recompute every balance, running balance and amount taken back from the transfers; name each drift."""
    allowed = {(kind, source, target) for kind, pairs in MOVES.items() for source, target in pairs}
    allowed |= {(Kind.REVERSAL, source, target) for source, target in REVERSIBLE}
    for kind, source, target, count in db.execute(_AUDIT_MOVES).fetchall():
        if (kind, source, target) not in allowed:
            yield Drift(f"move {kind} {source}->{target}", 0, count, 0)
    for what, sql in _AUDITS.items():
        for id_, stored, recomputed in db.execute(sql).fetchall():
            yield Drift(what, id_, stored if stored is not None else 0, recomputed if recomputed is not None else 0)


# --- within -----------------------------------------------------------------------------------------------------

_SUM = """
    SELECT COALESCE((SELECT SUM(points) FROM transfer WHERE target_id = ?), 0)
         - COALESCE((SELECT SUM(points) FROM transfer WHERE source_id = ?), 0)
"""
_SPEND = "UPDATE account SET balance = balance - ? WHERE id = ? AND balance >= ? RETURNING balance"
_ADD = "UPDATE account SET balance = balance + ? WHERE id = ? RETURNING balance"
_COLUMNS = (
    "key, kind, source_id, target_id, points, actor_id, cause_type, cause_id, answers_id, happened_at, recorded_at, "
    "reason_digest, source_after, target_after"
)
_INSERT = f"INSERT INTO transfer ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
_HELD = (
    "SELECT account.id FROM account WHERE account.type = 'household' "
    "AND account.owner_id IN (SELECT due.owner_id FROM ({due}) AS due)"
)
_AWARD = f"""
    INSERT INTO transfer ({_COLUMNS})
    SELECT CAST(? AS TEXT) || CAST(due.cause_id AS TEXT), 'award', CAST(? AS BIGINT), account.id, due.points, NULL,
        CAST(? AS TEXT), due.cause_id,
        NULL, due.happened_at, CAST(? AS BIGINT), {{digest}}, NULL,
        account.balance + SUM(due.points) OVER (PARTITION BY account.id ORDER BY due.cause_id)
    FROM ({{due}}) AS due CROSS JOIN account WHERE account.owner_id = due.owner_id AND account.type = 'household'
    ORDER BY due.cause_id
"""  # CROSS: SQLite begins with what is due, not with all households
_ADD_DUE = """
    UPDATE account SET balance = balance + total.points
    FROM (SELECT due.owner_id, SUM(due.points) AS points FROM ({due}) AS due GROUP BY due.owner_id) AS total
    WHERE account.type = 'household' AND account.owner_id = total.owner_id
"""
_NOTE_DUE = """
    INSERT INTO transfer_note (transfer_id, salt, text)
    SELECT transfer.id, {salt}, due.reason FROM ({due}) AS due
    JOIN transfer ON transfer.key = CAST(? AS TEXT) || CAST(due.cause_id AS TEXT)
"""
_OWING = """
    SELECT due.cause_id, due.owner_id, due.points, due.happened_at, account.id FROM ({due}) AS due
    JOIN account AS owed ON owed.owner_id = due.owner_id AND owed.type = 'owed' AND owed.balance < 0
    JOIN account ON account.owner_id = due.owner_id AND account.type = 'household'
    ORDER BY due.cause_id
"""
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
_AUDIT_MOVES = """
    SELECT transfer.kind, source.type, target.type, COUNT(*) FROM transfer
    JOIN account AS source ON source.id = transfer.source_id
    JOIN account AS target ON target.id = transfer.target_id
    GROUP BY transfer.kind, source.type, target.type
"""
_FELT = """
    SELECT source_id AS account_id, id, -points AS felt, source_after AS after FROM transfer
    UNION ALL SELECT target_id, id, points, target_after FROM transfer
"""
_AUDITS = {
    "balance": f"""
        SELECT account.id, account.balance, COALESCE(SUM(felt.felt), 0) FROM account
        LEFT JOIN ({_FELT}) AS felt ON felt.account_id = account.id
        WHERE account.type IN ('household', 'hold', 'owed')
        GROUP BY account.id, account.balance HAVING account.balance <> COALESCE(SUM(felt.felt), 0)
    """,
    "balance after": f"""
        SELECT running.id, running.after, running.total FROM (
            SELECT felt.id, felt.after, SUM(felt.felt) OVER (PARTITION BY account_id ORDER BY felt.id) AS total
            FROM ({_FELT}) AS felt JOIN account ON account.id = felt.account_id
            WHERE account.type IN ('household', 'hold', 'owed')
        ) AS running WHERE running.after IS NULL OR running.after <> running.total
    """,
    "taken back": """
        SELECT taken_back.transfer_id, taken_back.points, COALESCE(SUM(transfer.points), 0) FROM taken_back
        LEFT JOIN transfer ON transfer.answers_id = taken_back.transfer_id
        GROUP BY taken_back.transfer_id, taken_back.points
        HAVING taken_back.points <> COALESCE(SUM(transfer.points), 0)
    """,
    "answer not counted": """
        SELECT transfer.id, 0, transfer.points FROM transfer
        LEFT JOIN taken_back ON taken_back.transfer_id = transfer.answers_id
        WHERE transfer.answers_id IS NOT NULL AND taken_back.transfer_id IS NULL
    """,
}


@dataclass(frozen=True, slots=True)
class _Original:
    kind: str
    points: int
    cause_type: str
    cause_id: int
    answers_id: int | None
    source: Account
    target: Account


def _entries(sql: str, values: Sequence[int]) -> list[Entry]:
    return [
        Entry(row[0], Kind(row[1]), row[2], row[3], row[4], row[5], db.moment(row[6]), db.moment(row[7]))
        for row in db.execute(sql, values).fetchall()
    ]


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


def _assert_allowed(posting: Posting) -> None:
    move = (AccountType(posting.source.type), AccountType(posting.target.type))
    allowed = REVERSIBLE if posting.kind is Kind.REVERSAL else MOVES[posting.kind]
    assert move in allowed, f"{posting.kind} does not move from {move[0]} to {move[1]}"
    assert isinstance(posting.points, int) and posting.points > 0, "a transfer moves a positive number of points"


def _posted(posting: Posting) -> int | None:
    """Return the transfer that *posting* made before, or None. Raises `KeyReused` when its key moved something else."""
    row = db.execute(
        "SELECT id, kind, source_id, target_id, points FROM transfer WHERE key = ?", (posting.key,)
    ).fetchone()
    if row is None:
        return None
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


def _move(account: Account, points: int) -> int | None:
    """Change a stored balance within its floor and return it; None for an account that is summed."""
    if account.type not in STORED_BALANCE:
        return None
    if points < 0 and account.type != AccountType.OWED:
        row = db.execute(_SPEND, (-points, account.id, -points)).fetchone()
        if row is None:
            raise InsufficientPoints(needed=-points, balance=balance(account))
    else:
        row = db.execute(_ADD, (points, account.id)).fetchone()
    return int(row[0])


def lock_balance(account: Account) -> int:
    """Read a stored balance so that no other transaction can change it before this one ends."""
    return int(
        db.execute("UPDATE account SET balance = balance WHERE id = ? RETURNING balance", (account.id,)).fetchone()[0]
    )


def _columns(posting: Posting, digest: str, now: datetime) -> tuple[Any, ...]:
    return (
        posting.key,
        str(posting.kind),
        posting.source.id,
        posting.target.id,
        posting.points,
        posting.actor_id,
        posting.cause_type,
        posting.cause_id,
        posting.answers_id,
        db.microseconds(posting.happened_at),
        db.microseconds(now),
        digest,
    )


def _digest(reason: str) -> tuple[str, tuple[str, str] | None]:
    """Return the salted digest of *reason* and what is kept beside the ledger; nothing for an empty reason."""
    if not reason:
        return "", None
    salt = secrets.token_hex(16)
    return hashlib.sha256((salt + reason).encode()).hexdigest(), (salt, reason)


def _keep_notes(notes: list[tuple[int, str, str]]) -> None:
    if notes:
        db.rows(
            "INSERT INTO transfer_note (transfer_id, salt, text) SELECT {0}, {1:text}, {2:text} FROM {rows}",
            notes,
        )


def _known_keys(keys: list[str]) -> dict[str, tuple[int, tuple[Any, ...]]]:
    sql = "SELECT key, id, kind, source_id, target_id, points FROM transfer WHERE key IN (SELECT {0:text} FROM {rows})"
    return {row[0]: (row[1], tuple(row[2:])) for row in db.rows(sql, [[key] for key in keys])}


def _insert_many(postings: Sequence[Posting], *, now: datetime) -> dict[str, int]:
    """Post new *postings* in their order; return their ids by key."""
    if not postings:
        return {}
    held = _lock_balances({account.id for posting in postings for account in (posting.source, posting.target)})
    before = dict(held)
    rows, notes = [], {}
    for posting in postings:
        after: list[int | None] = []
        for account, change in ((posting.source, -posting.points), (posting.target, posting.points)):
            if account.type in STORED_BALANCE:
                held[account.id] += change
                if held[account.id] < 0 and change < 0 and account.type != AccountType.OWED:
                    raise InsufficientPoints(needed=posting.points, balance=held[account.id] + posting.points)
                after.append(held[account.id])
            else:
                after.append(None)
        digest, note = _digest(posting.reason)
        if note:
            notes[posting.key] = note
        rows.append((*_columns(posting, digest, now), *after))
    changes = [(id_, held[id_] - before[id_]) for id_ in sorted(held) if held[id_] != before[id_]]
    updated = db.rows(_CHANGE_MANY, changes)
    assert len(updated) == len(changes), "a floor was broken between lock and change"
    ids = {row[1]: int(row[0]) for row in db.rows(_INSERT_MANY, rows)}
    _keep_notes([(ids[key], *note) for key, note in notes.items()])
    return ids


def _lock_balances(account_ids: set[int]) -> dict[int, int]:
    sql = (
        "SELECT id, balance FROM account WHERE id IN (SELECT {0} FROM {rows}) "
        "AND type IN ('household', 'hold', 'owed') ORDER BY id"
    )
    return {row[0]: row[1] for row in db.rows(sql, [[id_] for id_ in sorted(account_ids)], lock=True)}


def _repayments(awards: Sequence[Posting]) -> list[Posting]:
    """Build what households that owe pay back out of *awards*, award by award, as far as each goes."""
    if not awards:
        return []
    sql = (
        "SELECT owner_id, id, balance FROM account WHERE type = 'owed' AND balance < 0 "
        "AND owner_id IN (SELECT {0} FROM {rows})"
    )
    owners = sorted({posting.target.owner_id for posting in awards})
    owing = {row[0]: [row[1], -row[2]] for row in db.rows(sql, [[owner] for owner in owners], lock=True)}
    debts = []
    for posting in awards:
        owner = posting.target.owner_id
        if owner not in owing or not owing[owner][1]:
            continue
        paid = min(posting.points, owing[owner][1])
        owing[owner][1] -= paid
        debts.append(
            Posting(
                key=posting.key + ":owed",
                kind=Kind.REPAYMENT,
                source=posting.target,
                target=Account(id=owing[owner][0], type=AccountType.OWED, owner_id=owner),
                points=paid,
                cause_type=posting.cause_type,
                cause_id=posting.cause_id,
                happened_at=posting.happened_at,
                actor_id=posting.actor_id,
            )
        )
    return debts


_CHANGE_MANY = (
    "UPDATE account SET balance = balance + change.points "
    "FROM (SELECT {0} AS id, {1} AS points FROM {rows}) AS change WHERE account.id = change.id "
    "AND (account.type = 'owed' OR account.balance + change.points >= 0) RETURNING account.id"
)
_INSERT_MANY = (
    f"INSERT INTO transfer ({_COLUMNS}) SELECT "
    "{0:text}, {1:text}, {2}, {3}, {4}, {5}, {6:text}, {7}, {8}, {9}, {10}, {11:text}, {12}, {13} "
    "FROM {rows} ORDER BY rows.key RETURNING id, key"
)
