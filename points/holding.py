"""Holding 占用: points and goods that a reservation sets aside, and its end, which comes once.

Whoever collects, cancels or lets it expire asks `end` first: the conditional update has one winner, whatever races. It
all runs inside the caller's transaction. Locks are taken in the order reservation, stock by goods id, accounts by id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from points import db, expiring, ledger, stock
from points.calendar import local_date
from points.ledger import Posting
from points.models.ledger import Account, AccountType, Kind
from points.receipts import Line


@dataclass(frozen=True, slots=True)
class Held:
    """What a reservation held until it ended."""

    id: int
    household_id: int
    points: int
    lines: Sequence[Line]

    @property
    def quantities(self) -> dict[int, int]:
        """Pieces by goods id."""
        return {line.goods_id: line.quantity for line in self.lines}


_LINES = "SELECT goods_id, name, unit, price, quantity FROM reservation_line WHERE reservation_id = ? ORDER BY goods_id"
_END = (
    "UPDATE reservation SET state = ?, ended_by_id = ?, ended_at = ? WHERE id = ? AND state = 'open' "
    "RETURNING id, household_id, points"
)
_DUE = "SELECT id FROM reservation WHERE state = 'open' AND collect_by < ? ORDER BY collect_by, id"


def hold(held: Held, *, actor_id: int, now: datetime) -> None:
    """Set the points of a new reservation aside. Raises `InsufficientPoints`."""
    household = ledger.account(AccountType.HOUSEHOLD, held.household_id)
    Account.insert(type=AccountType.HOLD, owner_id=held.household_id).on_conflict_ignore().execute()
    aside = ledger.account(AccountType.HOLD, held.household_id)
    ledger.post_many([_posting(held, Kind.HOLD, household, aside, actor_id=actor_id, now=now)], now=now)


def end(reservation_id: int, state: str, *, actor_id: int | None, now: datetime) -> Held | None:
    """Bring an open reservation to *state* and return what it held, its stock rows locked; None if it ended before."""
    db.require_transaction()
    row = db.execute(_END, (state, actor_id, db.microseconds(now), reservation_id)).fetchone()
    if row is None:
        return None
    lines = [Line(*line) for line in db.execute(_LINES, (reservation_id,)).fetchall()]
    stock.hold([line.goods_id for line in lines])
    id_, household_id, points = row
    return Held(id_, household_id, points, lines)


def give_back(held: Held, *, actor_id: int | None, now: datetime, reason: str = "") -> None:
    """Make the goods available again, and give the household its points back: they lapse if their year-end is past."""
    stock.release(held.quantities)
    ledger.post_many([released(held, actor_id=actor_id, now=now, reason=reason)], now=now)
    expiring.late(held.household_id, now=now)


def released(held: Held, *, actor_id: int | None, now: datetime, reason: str = "") -> Posting:
    """Return the posting that gives the points back; who collects spends them in the same breath."""
    household, aside = (ledger.account(type_, held.household_id) for type_ in (AccountType.HOUSEHOLD, AccountType.HOLD))
    return _posting(held, Kind.RELEASE, aside, household, actor_id=actor_id, now=now, reason=reason)


def due(now: datetime) -> Sequence[int]:
    """Return the open reservations whose last day is over."""
    today = local_date(now)
    rows = db.execute(_DUE, (today if db.is_postgresql() else today.isoformat(),)).fetchall()
    return [row[0] for row in rows]


def expire(reservation_id: int, *, now: datetime) -> bool:
    """Let a reservation that is due end, and tell whether this did it; one that another machine is at is left to it."""
    db.require_transaction()
    if db.is_postgresql():
        free = "SELECT 1 FROM reservation WHERE id = ? AND state = 'open' FOR UPDATE SKIP LOCKED"
        if db.execute(free, (reservation_id,)).fetchone() is None:
            return False
    held = end(reservation_id, "expired", actor_id=None, now=now)
    if held is not None:
        give_back(held, actor_id=None, now=now)
    return held is not None


def audit() -> list[tuple[str, int, int, int]]:
    """Return (what, id, stored, recomputed) wherever held points, tickets and receipts disagree."""
    found = []
    for what, sql in _AUDITS.items():
        found += [(what, int(row[0]), int(row[1]), int(row[2])) for row in db.execute(sql).fetchall()]
    return found


_AUDITS = {
    "held points of household": """
        SELECT account.owner_id, account.balance, COALESCE(SUM(reservation.points), 0) FROM account
        LEFT JOIN reservation ON reservation.household_id = account.owner_id AND reservation.state = 'open'
        WHERE account.type = 'hold' GROUP BY account.owner_id, account.balance
        HAVING account.balance <> COALESCE(SUM(reservation.points), 0)
    """,
    "points of goods": """
        SELECT reservation.id, reservation.points, SUM(line.price * line.quantity) FROM reservation
        JOIN reservation_line AS line ON line.reservation_id = reservation.id
        GROUP BY reservation.id, reservation.points HAVING reservation.points <> SUM(line.price * line.quantity)
    """,
    "receipt": """
        SELECT reservation.id, CASE WHEN reservation.state = 'collected' THEN 1 ELSE 0 END, COUNT(receipt.id)
        FROM reservation LEFT JOIN receipt ON receipt.reservation_id = reservation.id
        GROUP BY reservation.id, reservation.state
        HAVING CASE WHEN reservation.state = 'collected' THEN 1 ELSE 0 END <> COUNT(receipt.id)
    """,
}


def _posting(
    held: Held,
    kind: Kind,
    source: Account,
    target: Account,
    *,
    actor_id: int | None,
    now: datetime,
    reason: str = "",
) -> Posting:
    return Posting(
        key=f"reservation:{held.id}:{kind}",
        kind=kind,
        source=source,
        target=target,
        points=held.points,
        cause_type="reservation",
        cause_id=held.id,
        happened_at=now,
        actor_id=actor_id,
        reason=reason,
    )
