"""Posting a whole set by a constant number of statements, however many movements there are."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from points import db, summaries
from points.errors import InsufficientPoints, KeyReused
from points.ledger.moves import COLUMNS, MOVES, Posting, assert_allowed, salted
from points.models.ledger import STORED_BALANCE, Account, AccountRef, AccountType, Kind


def post_many(postings: Sequence[Posting], *, now: datetime) -> list[int]:
    """Post a set in the given order, all or nothing, by a constant number of statements; return the transfers' ids.

    Keys already posted are not posted again. After awards, households that owe repay at once, as far as they received.
    Raises `InsufficientPoints` for the first posting that its source cannot cover.
    """
    db.require_transaction()
    _assert_allowed(postings)
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
    summaries.add_awards(due, chosen, cause_type=cause_type, now=now)
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


_HELD = (
    "SELECT account.id FROM account WHERE account.type = 'household' "
    "AND account.owner_id IN (SELECT due.owner_id FROM ({due}) AS due)"
)
_AWARD = f"""
    INSERT INTO transfer ({COLUMNS})
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
_HELD_MANY = """
    SELECT id, balance FROM account WHERE {chosen} AND type IN ('household', 'hold', 'owed') ORDER BY id
"""
_CHANGE_MANY = """
    UPDATE account SET balance = balance + change.number FROM ({change}) AS change
    WHERE account.id = change.id AND (account.type = 'owed' OR account.balance + change.number >= 0)
"""
_OWED_MANY = "SELECT owner_id, id, balance FROM account WHERE type = 'owed' AND balance < 0 AND {chosen}"
_WORDS = {id(kind): kind.value for kind in Kind}
"""What is written of a kind, by which member it is: to ask one for its value costs ten times as much."""


def _assert_allowed(postings: Sequence[Posting]) -> None:
    """Assert what `assert_allowed` does of each, by asking it once for each way to move."""
    types = {each: account.type for each, account in _accounts(postings).items()}
    ways = {(one.kind, types[id(one.source)], types[id(one.target)]): one for one in postings}
    for posting in ways.values():
        assert_allowed(posting)
    assert all(posting.points > 0 for posting in postings), "a transfer moves a positive number of points"


def _accounts(postings: Sequence[Posting]) -> dict[int, Account | AccountRef]:
    """Return the accounts, each once, by which object it is: to ask one of its type costs what ten look-ups do."""
    found = {id(posting.source): posting.source for posting in postings}
    found.update({id(posting.target): posting.target for posting in postings})
    return found


def _known_keys(keys: list[str]) -> dict[str, tuple[int, tuple[Any, ...]]]:
    sql = f"SELECT key, id, kind, source_id, target_id, points FROM transfer WHERE {db.in_set('key', 'TEXT')}"
    return {row[0]: (row[1], tuple(row[2:])) for row in db.execute(sql, (json.dumps(keys),)).fetchall()}


def _insert_many(postings: Sequence[Posting], *, now: datetime) -> dict[str, int]:
    """Post new *postings* in their order; return their ids by key."""
    if not postings:
        return {}
    facts = {
        each: (account.id, account.type in STORED_BALANCE, account.type != AccountType.OWED)
        for each, account in _accounts(postings).items()
    }
    held = _lock_balances({id_ for id_, stored, _ in facts.values() if stored})
    before = dict(held)
    at = db.microseconds(now)
    ids = db.new_ids("transfer", len(postings))
    rows, notes = [], []
    for id_, posting in zip(ids, postings, strict=True):
        key, kind, source, target, points, cause_type, cause_id, moment, actor_id, answers_id, reason = posting
        source_after, target_after, digest = None, None, ""
        source_id, stored, floored = facts[id(source)]
        if stored:
            source_after = held[source_id] = held[source_id] - points
            if floored and source_after < 0:
                raise InsufficientPoints(needed=points, balance=source_after + points)
        target_id, stored, _ = facts[id(target)]
        if stored:
            target_after = held[target_id] = held[target_id] + points
        if reason:
            digest, note = salted(reason)
            notes.append((id_, *(note or ())))
        happened = at if moment is now else db.microseconds(moment)
        rows.append(
            (
                *(id_, key, _WORDS[id(kind)], source_id, target_id, points, actor_id, cause_type, cause_id),
                *(answers_id, happened, at, digest, source_after, target_after),
            )
        )
    changes = {id_: held[id_] - before[id_] for id_ in sorted(held) if held[id_] != before[id_]}
    changed = db.execute(_CHANGE_MANY.format(change=db.set_of_numbers()), (json.dumps(changes),))
    db.load("transfer", f"id, {COLUMNS}", rows)
    assert changed.rowcount == len(changes), "a floor was broken between lock and change"
    if notes:
        db.load("transfer_note", "transfer_id, salt, text", notes)
    summaries.add(postings, now=now)
    return {posting.key: id_ for posting, id_ in zip(postings, ids, strict=True)}


def _lock_balances(account_ids: set[int]) -> dict[int, int]:
    """Read balances so that no other transaction can change them before this one ends."""
    sql = _HELD_MANY.format(chosen=db.in_set("id")) + (" FOR NO KEY UPDATE" if db.is_postgresql() else "")
    return dict(db.execute(sql, (json.dumps(sorted(account_ids)),)).fetchall())


def _repayments(awards: Sequence[Posting]) -> list[Posting]:
    """Build what households that owe pay back out of *awards*, award by award, as far as each goes."""
    if not awards:
        return []
    owners = sorted({account.owner_id for account in {id(one.target): one.target for one in awards}.values()})
    sql = _OWED_MANY.format(chosen=db.in_set("owner_id")) + (" FOR NO KEY UPDATE" if db.is_postgresql() else "")
    owing = {owner: [id_, -balance] for owner, id_, balance in db.execute(sql, (json.dumps(owners),)).fetchall()}
    debts: list[Posting] = []
    if not owing:
        return debts
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
