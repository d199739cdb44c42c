"""Writing a receipt 凭证: what selling a basket and handing out a reservation have in common.

Inside the caller's transaction, after stock and points have moved: the till's next number, the receipt, its lines, and
what left the shelf.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from points import db, shifts, stock
from points.cards import AtTill
from points.models.people import Person
from points.stock import Moved


@dataclass(frozen=True, slots=True)
class Line:
    """One sort of goods with its price in points."""

    goods_id: int
    name: str
    unit: str
    price: int
    quantity: int

    @property
    def points(self) -> int:
        """What the line costs."""
        return self.price * self.quantity


class Sale(NamedTuple):
    """Who took goods and how they were paid: what a receipt says beside its number and lines.

    Either a member of the household collects or a proxy. *cash_points* were missing and paid as *cash_fen*.
    """

    household_id: int
    card_id: int | None
    collector_id: int | None
    proxy_id: int | None
    via: str
    pin: bool
    points: int
    worth_fen: int
    transfer_id: int
    cash_points: int = 0
    cash_fen: int = 0
    reservation_id: int | None = None


_RECEIPT = """
    INSERT INTO receipt (clerk_id, household_id, card_id, collector_id, proxy_id, via, pin, points, worth_fen,
        transfer_id, cash_points, cash_fen, reservation_id, recorded_at, balance_after,
        till_id, shift_id, sequence, number)
    SELECT CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT),
        CAST(? AS TEXT), CAST(? AS BOOLEAN), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT),
        CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), (SELECT source_after FROM transfer WHERE id = ?),
        id, shift_id, sequence, CAST(? AS TEXT) || CASE
            WHEN sequence < 1000000 THEN substr(CAST(1000000 + sequence AS TEXT), 2) ELSE CAST(sequence AS TEXT) END
    FROM till WHERE id = ? AND shift_id = ? RETURNING id
"""
_LINES = (
    "INSERT INTO receipt_line (receipt_id, goods_id, name, unit, price, quantity) "
    "SELECT {0}, {1}, {2:text}, {3:text}, {4}, {5} FROM {rows} ORDER BY rows.key"
)


def write(
    sale: Sale, lines: Sequence[Line], taken: Sequence[Moved], *, till: AtTill, clerk: Person, now: datetime
) -> int:
    """Write the receipt of *sale* at *till* and return its id. Raises `ShiftClosed`.

    It takes the till's lock, which comes last of all: every customer in the queue touches that row.
    """
    values = (
        *(clerk.id, sale.household_id, sale.card_id, sale.collector_id, sale.proxy_id, sale.via, sale.pin),
        *(sale.points, sale.worth_fen, sale.transfer_id, sale.cash_points, sale.cash_fen, sale.reservation_id),
        *(db.microseconds(now), sale.transfer_id, f"{till.shop_code}-{till.number}-"),
    )
    made = _made(till.id, till.shift_id, values) if till.shift_id else None
    if made is None:  # another shift sold last at this till
        made = _made(till.id, shifts.take_over(till.id, clerk, now=now), values)
    receipt_id = int(made[0])
    db.over(_LINES, [(receipt_id, line.goods_id, line.name, line.unit, line.price, line.quantity) for line in lines])
    stock.remember(taken, kind="redeem", cause_type="receipt", cause_id=receipt_id, actor_id=clerk.id, now=now)
    return receipt_id


def _made(till_id: int, shift_id: int, values: Sequence[Any]) -> Any:
    shifts.count_receipt(till_id, shift_id)
    return db.execute(_RECEIPT, (*values, till_id, shift_id)).fetchone()
