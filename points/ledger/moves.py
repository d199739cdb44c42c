"""What a transfer is: which kind moves between which accounts, and what is written of it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any, NamedTuple

from points import db
from points.models.ledger import Account, AccountRef, AccountType, Kind

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
    Kind.EXPIRY: frozenset({(AccountType.HOUSEHOLD, AccountType.EXPIRED)}),
    Kind.MOVE: frozenset({(AccountType.HOUSEHOLD, AccountType.HOUSEHOLD), (AccountType.OWED, AccountType.OWED)}),
}
"""Which kind moves between which types of account; anything else is a bug. A reversal mirrors one of these moves."""
REVERSIBLE = frozenset(
    {(target, source) for kind in (Kind.AWARD, Kind.REDEMPTION, Kind.ADJUSTMENT) for source, target in MOVES[kind]}
)


class Posting(NamedTuple):
    """One movement to be posted: *points* > 0 from *source* to *target*, for the cause (*cause_type*, *cause_id*).

    *happened_at* is when the act took place; *reason* is kept beside the ledger, and may later be blanked there.
    """

    key: str
    kind: Kind
    source: Account | AccountRef
    target: Account | AccountRef
    points: int
    cause_type: str
    cause_id: int
    happened_at: datetime
    actor_id: int | None = None
    answers_id: int | None = None
    reason: str = ""


COLUMNS = (
    "key, kind, source_id, target_id, points, actor_id, cause_type, cause_id, answers_id, happened_at, recorded_at, "
    "reason_digest, source_after, target_after"
)


def assert_allowed(posting: Posting) -> None:
    """Assert that the kind of *posting* moves between its accounts; anything else is a bug of the caller."""
    move = (AccountType(posting.source.type), AccountType(posting.target.type))
    allowed = REVERSIBLE if posting.kind is Kind.REVERSAL else MOVES[posting.kind]
    assert move in allowed, f"{posting.kind} does not move from {move[0]} to {move[1]}"
    assert isinstance(posting.points, int) and posting.points > 0, "a transfer moves a positive number of points"


def columns(posting: Posting, digest: str, now: datetime) -> tuple[Any, ...]:
    """Return the values of `COLUMNS`, but for the two balances after."""
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


def salted(reason: str) -> tuple[str, tuple[str, str] | None]:
    """Return the salted digest of *reason* and what is kept beside the ledger; nothing for an empty reason."""
    if not reason:
        return "", None
    salt = secrets.token_hex(16)
    return hashlib.sha256((salt + reason).encode()).hexdigest(), (salt, reason)


def keep_notes(notes: list[tuple[int, str, str]]) -> None:
    """Keep (transfer, salt, words) beside the ledger."""
    if notes:
        db.rows(
            "INSERT INTO transfer_note (transfer_id, salt, text) SELECT {0}, {1:text}, {2:text} FROM {rows}",
            notes,
        )
