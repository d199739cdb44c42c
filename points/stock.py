"""Stock of goods: it moves only by movements, each remembered, and never below zero.

Like the ledger it writes inside the caller's transaction, and the statement that takes also tests.
"""

from __future__ import annotations

from datetime import datetime

from points import db
from points.errors import OutOfStock
from points.models.shop import Goods

_TAKE = "UPDATE stock SET on_hand = on_hand - ? WHERE goods_id = ? AND on_hand >= ? RETURNING on_hand"
_ADD = "UPDATE stock SET on_hand = on_hand + ? WHERE goods_id = ? RETURNING on_hand"
_REMEMBER = (
    "INSERT INTO stock_movement "
    "(goods_id, kind, change, on_hand_after, cause_type, cause_id, note, actor_id, recorded_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def take(goods_id: int, quantity: int) -> int:
    """Take *quantity* > 0 off the shelf and return what is left; `remember` it once its cause has an id.

    Raises `OutOfStock`, naming the goods and what is left.
    """
    db.require_transaction()
    assert quantity > 0
    row = db.execute(_TAKE, (quantity, goods_id, quantity)).fetchone()
    if row is None:
        left = db.execute("SELECT on_hand FROM stock WHERE goods_id = ?", (goods_id,)).fetchone()
        name = Goods.get_by_id(goods_id).name
        raise OutOfStock(goods=name, wanted=quantity, left=left[0] if left else 0)
    return int(row[0])


def add(goods_id: int, quantity: int) -> int:
    """Put *quantity* > 0 on the shelf, received or given back, and return what is there; then `remember` it."""
    db.require_transaction()
    assert quantity > 0
    return int(db.execute(_ADD, (quantity, goods_id)).fetchone()[0])


def remember(
    goods_id: int,
    *,
    kind: str,
    change: int,
    on_hand_after: int,
    cause_type: str,
    cause_id: int,
    actor_id: int,
    now: datetime,
    note: str = "",
) -> None:
    """Keep one movement: *change* is signed, *on_hand_after* what `take` or `add` returned."""
    at = db.microseconds(now)
    db.execute(_REMEMBER, (goods_id, kind, change, on_hand_after, cause_type, cause_id, note, actor_id, at))


def audit() -> list[tuple[int, int, int]]:
    """Return (goods id, stored, recomputed) wherever the shelf differs from the sum of its movements."""
    sql = """
        SELECT stock.goods_id, stock.on_hand, COALESCE(SUM(stock_movement.change), 0) FROM stock
        LEFT JOIN stock_movement ON stock_movement.goods_id = stock.goods_id
        GROUP BY stock.goods_id, stock.on_hand HAVING stock.on_hand <> COALESCE(SUM(stock_movement.change), 0)
    """
    return [tuple(row) for row in db.execute(sql).fetchall()]
