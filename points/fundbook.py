"""The fund's book 微基金, in fen: money moves from one account of a village to another, once, and is never edited.

Double entry, as in the ledger and never mixed with it: a transfer has one source, one target and a positive number of
fen. What is free (``fund``) and what is promised (``committed``) never fall below zero: the statement that spends also
tests. What leaves ``committed`` names its commitment, and no more than that holds. All of it runs inside the caller's
transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from points import db
from points.errors import EntryCancelled, EntryCancels, EntryPays, InsufficientFund, NotFound
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
    """Post one movement and return its id.

    Raises `InsufficientFund` when its source would fall below zero or its commitment does not hold so much, `NotFound`
    for a commitment that is not of the village.
    """
    db.require_transaction()
    pair = (move.source, move.target)
    allowed = pair in MOVES[move.kind] if answers_id is None else any(pair[::-1] in pairs for pairs in MOVES.values())
    assert allowed and move.fen > 0, f"{move.kind} does not move {move.fen} fen from {move.source} to {move.target}"
    # One order for all who change both: "committed" before "fund".
    for account, change in sorted(((move.source, -move.fen), (move.target, move.fen))):
        if account in FUND_FLOORS:
            _change(move.village_id, account, change)
    if move.source == "committed":  # whose balance is locked by now
        held = left(move.village_id, move.commitment_id)
        if held < move.fen:
            raise _insufficient(held, move.fen)
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

    Raises `EntryCancelled`, `EntryCancels` for a reversal, `EntryPays` for what paid a settlement, `InsufficientFund`
    when the money is no longer there.
    """
    db.require_transaction()
    found = FundTransfer.get_or_none(FundTransfer.id == transfer_id)
    if found is None:
        raise NotFound()
    if found.kind == "reversal":
        raise EntryCancels()
    if found.cause_type:
        raise EntryPays()
    for account in sorted(FUND_FLOORS):  # two who reverse at once take turns
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
        commitment_id=found.id if found.kind == "commit" else found.commitment_id,
    )
    return post(move, actor_id=actor_id, now=now, answers_id=transfer_id)


def balance(village_id: int, account: str = "fund") -> int:
    """Return what is free in a village's fund, or what is ``committed``, in fen."""
    row = db.execute("SELECT fen FROM fund_account WHERE village_id = ? AND type = ?", (village_id, account)).fetchone()
    return int(row[0]) if row else 0


def left(village_id: int, commitment_id: int | None) -> int:
    """Return what a commitment of the village still holds, in fen. Raises `NotFound`."""
    row = db.execute(_LEFT, (commitment_id, village_id)).fetchone()
    if row is None:
        raise NotFound()
    return int(row[0])


def audit() -> list[tuple[str, int, int, int]]:
    """Return (what, id, stored, recomputed) where balances, commitments or kinds differ from the transfers.

    A village's *account*; a *commitment* out of which more went than it held; a transfer that its kind does not allow.
    """
    rows = [row for sql in _AUDITS for row in db.execute(sql).fetchall()]
    found = [(str(row[0]), int(row[1]), int(row[2]), int(row[3])) for row in rows]
    pairs = {kind: set(moves) for kind, moves in MOVES.items()}
    pairs["reversal"] = {pair[::-1] for moves in MOVES.values() for pair in moves}
    for kind, source, target, count in db.execute(_AUDIT_MOVES).fetchall():
        if (source, target) not in pairs[kind]:
            found.append((f"move {kind} {source}->{target}", 0, int(count), 0))
    return found


def _change(village_id: int, account: str, fen: int) -> None:
    row = db.execute(_CHANGE, (fen, village_id, account, fen)).fetchone()
    if row is None and balance(village_id, account) == 0:
        db.execute(_OPEN, (village_id, account))
        row = db.execute(_CHANGE, (fen, village_id, account, fen)).fetchone()
    if row is None:
        raise _insufficient(balance(village_id, account), -fen)


def _insufficient(held: int, needed: int) -> InsufficientFund:
    return InsufficientFund(left=f"{Decimal(held) / 100:.2f}", needed=f"{Decimal(needed) / 100:.2f}")


_LEFT = """
    SELECT made.fen - COALESCE(SUM(CASE moved.source WHEN 'committed' THEN moved.fen ELSE -moved.fen END), 0)
    FROM fund_transfer AS made LEFT JOIN fund_transfer AS moved ON moved.commitment_id = made.id
    WHERE made.id = ? AND made.village_id = ? AND made.kind = 'commit' GROUP BY made.id, made.fen
"""
_AUDITS = (
    """
    SELECT account.type, account.village_id, account.fen, COALESCE(SUM(felt.fen), 0) FROM fund_account AS account
    LEFT JOIN (
        SELECT village_id, source AS type, -fen AS fen FROM fund_transfer
        UNION ALL SELECT village_id, target, fen FROM fund_transfer
    ) AS felt ON felt.village_id = account.village_id AND felt.type = account.type
    GROUP BY account.type, account.village_id, account.fen HAVING account.fen <> COALESCE(SUM(felt.fen), 0)
    """,
    """
    SELECT 'commitment', made.id, made.fen, SUM(CASE moved.source WHEN 'committed' THEN moved.fen ELSE -moved.fen END)
    FROM fund_transfer AS made JOIN fund_transfer AS moved ON moved.commitment_id = made.id
    GROUP BY made.id, made.fen, made.kind, made.village_id
    HAVING made.kind <> 'commit' OR MIN(moved.village_id) <> made.village_id OR MAX(moved.village_id) <> made.village_id
        OR SUM(CASE moved.source WHEN 'committed' THEN moved.fen ELSE -moved.fen END) NOT BETWEEN 0 AND made.fen
    """,
    """
    SELECT 'without commitment', id, fen, 0 FROM fund_transfer
    WHERE commitment_id IS NULL AND kind <> 'commit' AND (source = 'committed' OR target = 'committed')
    """,
)
_AUDIT_MOVES = "SELECT kind, source, target, COUNT(*) FROM fund_transfer GROUP BY kind, source, target"
