"""Stock of goods: it moves only by movements, each remembered with its batch, and never below zero.

Like the ledger it writes inside the caller's transaction, and the statement that takes also tests. All of a basket is
moved by a constant number of statements. What is on hand but reserved is not available to others. Batches go out in the
order in which they spoil. Whoever moves several goods holds their rows first, in the order of their ids.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from points import db
from points.errors import BatchTooSmall, GoodsSpoilt, OutOfStock
from points.models.goods import Goods

Quantities = Mapping[int, int]
"""Pieces by goods id; each > 0."""


class Moved(NamedTuple):
    """Pieces of one batch that were moved (*change* is signed), and how many of the goods are on hand afterwards."""

    goods_id: int
    batch_id: int
    change: int
    on_hand_after: int


def hold(goods_ids: Iterable[int]) -> None:
    """Hold the stock of goods until the transaction ends: who moves several at once takes turns, and never waits round.

    SQLite's transactions hold the whole file already.
    """
    db.require_transaction()
    if db.is_postgresql():
        sql = f"SELECT 1 FROM stock WHERE goods_id IN ({db.set_of_ids()}) ORDER BY goods_id FOR UPDATE"
        db.execute(sql, (json.dumps(sorted(goods_ids)),))


def take_from(goods_id: int, batch_id: int, quantity: int) -> list[Moved]:
    """Take available pieces out of one batch, as when it has spoilt; then `remember` them.

    Raises `OutOfStock`, as `BatchTooSmall` when the batch alone has too few.
    """
    db.require_transaction()
    after = _change(_TAKE, {goods_id: quantity})[goods_id]
    if db.execute(_TAKE_FROM, (quantity, batch_id, goods_id, quantity)).fetchone() is None:
        left = db.execute(_LEFT, (batch_id, goods_id)).fetchone()
        raise BatchTooSmall(goods=Goods.get_by_id(goods_id).name, wanted=quantity, left=left[0] if left else 0)
    return [Moved(goods_id, batch_id, -quantity, after)]


def take(quantities: Quantities, *, reserved: bool = False, good_on: date | None = None) -> list[Moved]:
    """Take pieces off the shelf, the batches that spoil first; `remember` them once their cause has an id.

    *reserved*: those that `reserve` set aside before. *good_on*: to be eaten on that local day, so batches past their
    best-before day stay where they are. Raises `OutOfStock`, naming goods of which too few are available, or
    `GoodsSpoilt` when too few of these are good.
    """
    db.require_transaction()
    changed = db.over(_TAKE_RESERVED if reserved else _TAKE, sorted(quantities.items()))
    batches = db.over(_BATCHES, sorted(quantities.items()))  # asked together
    after = _after(changed, quantities)
    wanted, moved = dict(quantities), []
    for batch_id, goods_id, remaining, best_before in batches.fetchall():
        if good_on is not None and best_before is not None and db.day(best_before) < good_on:
            continue
        if count := min(remaining, wanted[goods_id]):
            wanted[goods_id] -= count
            moved.append(Moved(goods_id, batch_id, -count, after[goods_id] + wanted[goods_id]))
    for goods_id, missing in wanted.items():
        if missing:
            assert good_on is not None, "batches hold less than the shelf"
            raise GoodsSpoilt(goods=Goods.get_by_id(goods_id).name, left=quantities[goods_id] - missing)
    db.over(_CHANGE_BATCHES, [(one.batch_id, one.change) for one in moved])
    return moved


def give_back(moved: Sequence[Moved]) -> list[Moved]:
    """Put back into their batches pieces that were taken; then `remember` them."""
    db.require_transaction()
    assert len({one.batch_id for one in moved}) == len(moved), "each batch once"
    quantities: Counter[int] = Counter()
    for one in moved:
        quantities[one.goods_id] -= one.change
    after = _change(_ADD, quantities)
    back = []
    for one in reversed(moved):
        back.append(Moved(one.goods_id, one.batch_id, -one.change, after[one.goods_id]))
        after[one.goods_id] += one.change
    db.over(_CHANGE_BATCHES, [(one.batch_id, one.change) for one in back])
    return back[::-1]


@dataclass(frozen=True, slots=True)
class Batch:
    """Pieces that come together, *cost_fen* each."""

    goods_id: int
    quantity: int
    cost_fen: int
    best_before: date | None = None
    receiving_id: int | None = None


def add(
    goods_id: int,
    quantity: int,
    *,
    cost_fen: int,
    best_before: date | None = None,
    receiving_id: int | None = None,
) -> Moved:
    """Put *quantity* > 0 pieces on the shelf as a new batch, *cost_fen* each; then `remember` them."""
    return add_all([Batch(goods_id, quantity, cost_fen, best_before, receiving_id)])[0]


def add_all(batches: Sequence[Batch]) -> list[Moved]:
    """Put new batches on the shelf, however many, of goods that are held; then `remember` them."""
    db.require_transaction()
    quantities: Counter[int] = Counter()
    for one in batches:
        assert one.quantity > 0
        quantities[one.goods_id] += one.quantity
    after = _change(_ADD, quantities)
    rows = [
        (one.goods_id, one.receiving_id, one.best_before and one.best_before.isoformat(), one.cost_fen, one.quantity)
        for one in batches
    ]
    moved = []
    for batch_id, goods_id, count in sorted(db.rows(_NEW_BATCHES, rows), reverse=True):
        moved.append(Moved(goods_id, batch_id, count, after[goods_id]))
        after[goods_id] -= count
    return moved[::-1]


def reserve(quantities: Quantities, *, good_on: date | None = None) -> None:
    """Set available pieces aside. Raises `OutOfStock`, or `GoodsSpoilt` when too few of them are good on that day."""
    db.require_transaction()
    _change(_RESERVE, quantities)
    if good_on is not None:
        asked = [(goods_id, count, good_on.isoformat()) for goods_id, count in sorted(quantities.items())]
        for name, left in db.rows(_TOO_FEW_GOOD, asked):
            raise GoodsSpoilt(goods=name, left=max(int(left), 0))


def release(quantities: Quantities) -> None:
    """Make pieces available again that were set aside."""
    db.require_transaction()
    _change(_RELEASE, quantities)


def remember(
    moved: Sequence[Moved],
    *,
    kind: str,
    cause_type: str,
    cause_id: int,
    actor_id: int,
    now: datetime,
    note: str = "",
) -> None:
    """Keep what `take`, `give_back` or `add` moved."""
    at = db.microseconds(now)
    rows = [
        (one.goods_id, one.batch_id, kind, one.change, one.on_hand_after, cause_type, cause_id, note, actor_id, at)
        for one in moved
    ]
    db.over(_REMEMBER, rows)


def moved_by(cause_type: str, cause_id: int, kind: str) -> list[Moved]:
    """Return what a cause moved, as it was remembered."""
    sql = (
        "SELECT goods_id, batch_id, change, on_hand_after FROM stock_movement "
        "WHERE cause_type = ? AND cause_id = ? AND kind = ? ORDER BY id"
    )
    return [Moved(*row) for row in db.execute(sql, (cause_type, cause_id, kind)).fetchall()]


def audit() -> list[tuple[str, int, int, int]]:
    """Return (what, goods or batch id, stored, recomputed) wherever shelf, batches and movements disagree."""
    found = []
    for what, sql in _AUDITS.items():
        found += [(what, int(row[0]), int(row[1]), int(row[2])) for row in db.execute(sql).fetchall()]
    return found


# --- within -------------------------------------------------------------------------------------------------------

_TAKE = """
    UPDATE stock SET on_hand = on_hand - wanted.count FROM (SELECT {0} AS goods_id, {1} AS count FROM {rows}) AS wanted
    WHERE stock.goods_id = wanted.goods_id AND on_hand - reserved >= wanted.count RETURNING stock.goods_id, on_hand
"""
_TAKE_RESERVED = """
    UPDATE stock SET on_hand = on_hand - wanted.count, reserved = reserved - wanted.count
    FROM (SELECT {0} AS goods_id, {1} AS count FROM {rows}) AS wanted
    WHERE stock.goods_id = wanted.goods_id AND reserved >= wanted.count RETURNING stock.goods_id, on_hand
"""
_ADD = """
    UPDATE stock SET on_hand = on_hand + given.count FROM (SELECT {0} AS goods_id, {1} AS count FROM {rows}) AS given
    WHERE stock.goods_id = given.goods_id RETURNING stock.goods_id, on_hand
"""
_RESERVE = """
    UPDATE stock SET reserved = reserved + wanted.count
    FROM (SELECT {0} AS goods_id, {1} AS count FROM {rows}) AS wanted
    WHERE stock.goods_id = wanted.goods_id AND on_hand - reserved >= wanted.count RETURNING stock.goods_id, on_hand
"""
_RELEASE = """
    UPDATE stock SET reserved = reserved - given.count
    FROM (SELECT {0} AS goods_id, {1} AS count FROM {rows}) AS given
    WHERE stock.goods_id = given.goods_id AND reserved >= given.count RETURNING stock.goods_id, on_hand
"""
_TOO_FEW_GOOD = """
    SELECT name, left_good FROM (
        SELECT goods.id, goods.name, {1} AS wanted, {1} - stock.reserved + (
            SELECT COALESCE(SUM(remaining), 0) FROM stock_batch
            WHERE stock_batch.goods_id = goods.id AND (best_before IS NULL OR best_before >= {2:day})
        ) AS left_good
        FROM {rows} JOIN goods ON goods.id = {0} JOIN stock ON stock.goods_id = goods.id
    ) AS found WHERE left_good < wanted ORDER BY id
"""
_BATCHES = """
    SELECT id, goods_id, remaining, best_before FROM stock_batch
    WHERE goods_id IN (SELECT {0} FROM {rows}) AND remaining > 0
    ORDER BY goods_id, CASE WHEN best_before IS NULL THEN 1 ELSE 0 END, best_before, id
"""
_CHANGE_BATCHES = """
    UPDATE stock_batch SET remaining = remaining + moved.change
    FROM (SELECT {0} AS id, {1} AS change FROM {rows}) AS moved WHERE stock_batch.id = moved.id
"""
_NEW_BATCHES = """
    INSERT INTO stock_batch (goods_id, receiving_id, best_before, cost_fen, remaining)
    SELECT {0}, {1}, {2:day}, {3}, {4} FROM {rows} ORDER BY rows.key RETURNING id, goods_id, remaining
"""
_TAKE_FROM = (
    "UPDATE stock_batch SET remaining = remaining - ? WHERE id = ? AND goods_id = ? AND remaining >= ? RETURNING id"
)
_LEFT = "SELECT remaining FROM stock_batch WHERE id = ? AND goods_id = ?"
_REMEMBER = """
    INSERT INTO stock_movement
        (goods_id, batch_id, kind, change, on_hand_after, cause_type, cause_id, note, actor_id, recorded_at)
    SELECT {0}, {1}, {2:text}, {3}, {4}, {5:text}, {6}, {7:text}, {8}, {9} FROM {rows} ORDER BY rows.key
"""
_AUDITS = {
    "on hand": """
        SELECT stock.goods_id, stock.on_hand, COALESCE(SUM(stock_movement.change), 0) FROM stock
        LEFT JOIN stock_movement ON stock_movement.goods_id = stock.goods_id
        GROUP BY stock.goods_id, stock.on_hand HAVING stock.on_hand <> COALESCE(SUM(stock_movement.change), 0)
    """,
    "in batches": """
        SELECT stock.goods_id, stock.on_hand, COALESCE(SUM(stock_batch.remaining), 0) FROM stock
        LEFT JOIN stock_batch ON stock_batch.goods_id = stock.goods_id
        GROUP BY stock.goods_id, stock.on_hand HAVING stock.on_hand <> COALESCE(SUM(stock_batch.remaining), 0)
    """,
    "batch": """
        SELECT stock_batch.id, stock_batch.remaining, COALESCE(SUM(stock_movement.change), 0) FROM stock_batch
        LEFT JOIN stock_movement ON stock_movement.batch_id = stock_batch.id
        GROUP BY stock_batch.id, stock_batch.remaining
        HAVING stock_batch.remaining <> COALESCE(SUM(stock_movement.change), 0)
    """,
    "reserved": """
        SELECT stock.goods_id, stock.reserved, COALESCE(SUM(held.quantity), 0) FROM stock
        LEFT JOIN (
            SELECT goods_id, quantity FROM reservation_line
            JOIN reservation ON reservation.id = reservation_line.reservation_id WHERE reservation.state = 'open'
        ) AS held ON held.goods_id = stock.goods_id
        GROUP BY stock.goods_id, stock.reserved HAVING stock.reserved <> COALESCE(SUM(held.quantity), 0)
    """,
}


def _change(sql: str, quantities: Quantities) -> dict[int, int]:
    """Change the stock of goods by one statement; return how many of each are on hand. Raises `OutOfStock`."""
    return _after(db.over(sql, sorted(quantities.items())), quantities)


def _after(changed: Any, quantities: Quantities) -> dict[int, int]:
    """Return how many of each are on hand after what a statement *changed*. Raises `OutOfStock`."""
    assert quantities and all(count > 0 for count in quantities.values())
    after = {int(row[0]): int(row[1]) for row in changed.fetchall()}
    for goods_id, wanted in sorted(quantities.items()):
        if goods_id not in after:
            available = db.execute("SELECT on_hand - reserved FROM stock WHERE goods_id = ?", (goods_id,)).fetchone()
            name = Goods.get_by_id(goods_id).name
            raise OutOfStock(goods=name, wanted=wanted, left=available[0] if available else 0)
    return after
