"""The fund's book 微基金, in fen: money moves from one account of a village to another, once, and is never edited.

Double entry, as in the ledger and never mixed with it: a transfer has one source, one target and a positive number of
fen. What is free (``fund``) and what is promised (``committed``) never fall below zero: the statement that spends also
tests. All of it runs inside the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from points import db
from points.errors import EntryCancelled, EntryCancels, InsufficientFund, NotFound
from points.models.fund import FUND_FLOORS, SOURCES, FundTransfer

MOVES = {
    "income": frozenset((source, "fund") for source in SOURCES),
    "commit": frozenset({("fund", "committed")}),
    "release": frozenset({("committed", "fund")}),
    "spend": frozenset({("fund", "spent"), ("committed", "spent")}),
}
"""Which kind moves between which accounts; anything else is a bug. A reversal mirrors one of these moves."""

_OPEN = "INSERT INTO fund_account (village_id, type, fen) VALUES (?, ?, 0) ON CONFLICT (village_id, type) DO NOTHING"
_CHANGE = "UPDATE fund_account SET fen = fen + ? WHERE village_id = ? AND type = ? AND fen + ? >= 0 RETURNING fen"


@dataclass(frozen=True, slots=True)
class Move:
    """One movement of *fen* > 0: of *kind*, from *source* to *target*, with its voucher, on the local *day*.

    *commitment_id*: the commitment it is spent out of or released from.
    """

    village_id: int
    kind: str
    source: str
    target: str
    fen: int
    voucher: str
    note: str
    day: date
    commitment_id: int | None = None
    cause_type: str = ""
    cause_id: int | None = None


def post(move: Move, *, actor_id: int, now: datetime, answers_id: int | None = None) -> int:
    """Post one movement and return its id. Raises `InsufficientFund` when its source would fall below zero."""
    db.require_transaction()
    pair = (move.source, move.target)
    allowed = pair in MOVES[move.kind] if answers_id is None else any(pair[::-1] in pairs for pairs in MOVES.values())
    assert allowed and move.fen > 0, f"{move.kind} does not move {move.fen} fen from {move.source} to {move.target}"
    # One order for all who change both: "committed" before "fund".
    for account, change in sorted(((move.source, -move.fen), (move.target, move.fen))):
        if account in FUND_FLOORS:
            _change(move.village_id, account, change)
    made = FundTransfer.create(
        village=move.village_id,
        kind=move.kind,
        source=move.source,
        target=move.target,
        fen=move.fen,
        voucher=move.voucher,
        note=move.note,
        day=move.day,
        commitment=move.commitment_id,
        answers=answers_id,
        cause_type=move.cause_type,
        cause_id=move.cause_id,
        recorded_by=actor_id,
        recorded_at=now,
    )
    return int(made.id)


def reverse(transfer_id: int, *, note: str, day: date, actor_id: int, now: datetime) -> int:
    """Answer a movement by its opposite, once, whose voucher ``#12`` names it; return the answer's id.

    Raises `EntryCancelled`, `EntryCancels` for a reversal, `InsufficientFund` when the money is no longer there.
    """
    db.require_transaction()
    found = FundTransfer.get_or_none(FundTransfer.id == transfer_id)
    if found is None:
        raise NotFound()
    if found.kind == "reversal":
        raise EntryCancels()
    for account in FUND_FLOORS:  # two who reverse at once take turns
        _change(found.village_id, account, 0)
    if FundTransfer.select().where(FundTransfer.answers == found).exists():
        raise EntryCancelled()
    move = Move(
        village_id=found.village_id,
        kind="reversal",
        source=found.target,
        target=found.source,
        fen=found.fen,
        voucher=f"#{found.id}",
        note=note,
        day=day,
        commitment_id=found.commitment_id,
    )
    return post(move, actor_id=actor_id, now=now, answers_id=transfer_id)


def balance(village_id: int, account: str = "fund") -> int:
    """Return what is free in a village's fund, or what is ``committed``, in fen."""
    row = db.execute("SELECT fen FROM fund_account WHERE village_id = ? AND type = ?", (village_id, account)).fetchone()
    return int(row[0]) if row else 0


def audit() -> list[tuple[str, int, int, int]]:
    """Return (account, village id, stored, recomputed) wherever a balance differs from the sum of its transfers."""
    return [(row[0], int(row[1]), int(row[2]), int(row[3])) for row in db.execute(_AUDIT).fetchall()]


def _change(village_id: int, account: str, fen: int) -> None:
    row = db.execute(_CHANGE, (fen, village_id, account, fen)).fetchone()
    if row is None and balance(village_id, account) == 0:
        db.execute(_OPEN, (village_id, account))
        row = db.execute(_CHANGE, (fen, village_id, account, fen)).fetchone()
    if row is None:
        raise InsufficientFund(left=f"{balance(village_id, account) / 100:.2f}", needed=f"{-fen / 100:.2f}")


_AUDIT = """
    SELECT account.type, account.village_id, account.fen, COALESCE(SUM(felt.fen), 0) FROM fund_account AS account
    LEFT JOIN (
        SELECT village_id, source AS type, -fen AS fen FROM fund_transfer
        UNION ALL SELECT village_id, target, fen FROM fund_transfer
    ) AS felt ON felt.village_id = account.village_id AND felt.type = account.type
    GROUP BY account.type, account.village_id, account.fen HAVING account.fen <> COALESCE(SUM(felt.fen), 0)
"""
