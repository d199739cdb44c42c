"""Recomputing the book from its transfers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from points import db
from points.ledger.moves import MOVES, REVERSIBLE
from points.models.ledger import Kind


@dataclass(frozen=True, slots=True)
class Drift:
    """Something the audit recomputed and found otherwise."""

    what: str
    id: int
    stored: int
    recomputed: int


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
