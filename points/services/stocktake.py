"""Stocktake 盘点: counted without seeing what the book says, by one person or two; a third approves the differences.

Beside each count stands what the book said at that moment, so that what is sold meanwhile falsifies nothing. However
many goods there are, each step takes the same number of statements.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime

from peewee import IntegrityError

from points import access, db, stock
from points.errors import (
    N_,
    CountBreaksReserved,
    CountedByTwo,
    CountRange,
    NotAllCounted,
    NotFound,
    NothingToCount,
    OutOfStock,
    SamePerson,
    StocktakeOpen,
    StocktakeOver,
)
from points.keys import verb
from points.models.goods import Goods
from points.models.people import Person
from points.models.shop import Shop
from points.models.stock import Stocktake, StocktakeLine
from points.stock import Batch
from points.texts import required

COUNTERS = ("committee", "clerk")
APPROVERS = ("committee", "supervisor")
MOST_COUNTED = 100_000

_LINES = """
    INSERT INTO stocktake_line (stocktake_id, goods_id)
    SELECT CAST(? AS BIGINT), goods.id FROM goods JOIN stock ON stock.goods_id = goods.id
    WHERE goods.shop_id = ? AND {} ORDER BY goods.id RETURNING id
"""
_COUNT = """
    UPDATE stocktake_line SET counted = given.counted, expected = stock.on_hand, counted_at = given.at
    FROM (SELECT {0} AS stocktake_id, {1} AS goods_id, {2} AS counted, {3} AS at FROM {rows}) AS given
    JOIN stock ON stock.goods_id = given.goods_id
    WHERE stocktake_line.stocktake_id = given.stocktake_id AND stocktake_line.goods_id = given.goods_id
    RETURNING stocktake_line.id
"""
_DIFFERENCES = """
    SELECT goods_id, counted - expected FROM stocktake_line
    WHERE stocktake_id = ? AND counted <> expected ORDER BY goods_id
"""
_SHORT = """
    SELECT goods.name FROM (SELECT {0} AS goods_id, {1} AS missing FROM {rows}) AS short
    JOIN stock ON stock.goods_id = short.goods_id JOIN goods ON goods.id = short.goods_id
    WHERE stock.on_hand - stock.reserved < short.missing ORDER BY goods.id
"""
_NEWEST = """
    SELECT goods_id, cost_fen, best_before FROM stock_batch
    WHERE id IN (SELECT MAX(id) FROM stock_batch WHERE goods_id IN (SELECT {0} FROM {rows}) GROUP BY goods_id)
"""


@verb("stocktake.start")
def start(*, key: str, actor: Person, now: datetime, shop_id: int, goods_ids: Collection[int] | None = None) -> int:
    """Begin to count some goods, or all that are on the list or on the shelf; return the stocktake's id.

    Raises `StocktakeOpen` while another is under way in the shop, `NothingToCount`.
    """
    shop = Shop.get_or_none(Shop.id == shop_id)
    if shop is None:
        raise NotFound()
    access.require(actor, *COUNTERS, area_id=shop.area_id)
    try:
        stocktake = Stocktake.create(shop=shop, started_by=actor, started_at=now)
    except IntegrityError:
        raise StocktakeOpen() from None
    if goods_ids is None:
        chosen, parameters = "(NOT goods.hidden OR stock.on_hand > 0)", []
    else:
        chosen, parameters = f"goods.id IN ({db.set_of_ids()})", [json.dumps(sorted(set(goods_ids)))]
    made = db.execute(_LINES.format(chosen), (stocktake.id, shop_id, *parameters)).fetchall()
    if goods_ids and len(made) != len(set(goods_ids)):
        raise NotFound()
    if not made:
        raise NothingToCount()
    return int(stocktake.id)


@verb("stocktake.count")
def count(*, key: str, actor: Person, now: datetime, stocktake_id: int, counts: Mapping[int, int]) -> int:
    """Keep how many of each goods lie there, in one sitting or many; return the stocktake's id.

    Counted again, goods get the new count. Whoever started counts, and one other person. Raises `CountRange`,
    `CountedByTwo`, `StocktakeOver`, `NotFound` for goods that are not in it.
    """
    stocktake = _found(actor, stocktake_id, COUNTERS)
    if not all(0 <= counted <= MOST_COUNTED for counted in counts.values()):
        raise CountRange(most=MOST_COUNTED)
    _hold_to_count(stocktake, actor)
    stock.hold(counts)
    at = db.microseconds(now)
    kept = db.rows(_COUNT, [(stocktake_id, goods_id, counted, at) for goods_id, counted in sorted(counts.items())])
    if len(kept) != len(counts):
        raise NotFound()
    return stocktake_id


@verb("stocktake.finish")
def finish(*, key: str, actor: Person, now: datetime, stocktake_id: int, skip: bool = False) -> int:
    """End the counting, so that the differences appear; return the stocktake's id.

    *skip*: goods that were not counted are left out. Raises `NotAllCounted`, `NothingToCount` when none was,
    `CountedByTwo` for a third person, `StocktakeOver`.
    """
    stocktake = _found(actor, stocktake_id, COUNTERS)
    _hold_to_count(stocktake, actor)
    lines = StocktakeLine.select().where(StocktakeLine.stocktake == stocktake)
    left = lines.where(StocktakeLine.counted.is_null()).count()
    if left and not skip:
        raise NotAllCounted(n=left)
    if left == lines.count():
        raise NothingToCount()
    held = Stocktake.get_by_id(stocktake_id)
    _move(held, "counting", "counted", counted_by=held.counted_by_id or actor.id, counted_at=now)
    return stocktake_id


@verb("stocktake.approve")
def approve(*, key: str, actor: Person, now: datetime, stocktake_id: int) -> int:
    """Let the shelf follow what was counted, as someone who neither began it nor counted; return the stocktake's id.

    What is missing goes out of the batches that spoil first; what was found becomes a batch like the newest. Raises
    `SamePerson`, `StocktakeOver`, `CountBreaksReserved` naming the goods of which too few are free of reservations.
    """
    stocktake = _found(actor, stocktake_id, APPROVERS)
    _require_third(stocktake, actor)
    _move(stocktake, "counted", "approved", approved_by=actor, approved_at=now)
    differences = [(int(goods_id), int(change)) for goods_id, change in db.execute(_DIFFERENCES, (stocktake_id,))]
    stock.hold(goods_id for goods_id, _ in differences)
    missing = {goods_id: -change for goods_id, change in differences if change < 0}
    found = {goods_id: change for goods_id, change in differences if change > 0}
    moved = [*_take(missing), *_add(found)]
    stock.remember(moved, kind="count", cause_type="stocktake", cause_id=stocktake_id, actor_id=actor.id, now=now)
    return stocktake_id


@verb("stocktake.drop")
def drop(*, key: str, actor: Person, now: datetime, stocktake_id: int, reason: str) -> int:
    """Give a stocktake up, for a reason; return its id. Once its differences are seen, only who may approve can.

    Raises `Missing`, `SamePerson`, `StocktakeOver`.
    """
    stocktake = _found(actor, stocktake_id, {*COUNTERS, *APPROVERS})
    reason = required(reason, N_("理由"), 120)
    if stocktake.state == "counted":
        access.require(actor, *APPROVERS, area_id=stocktake.shop.area_id)
        _require_third(stocktake, actor)
        _move(stocktake, "counted", "dropped", note=reason)
    else:
        _move(stocktake, "counting", "dropped", note=reason)
    return stocktake_id


def _found(actor: Person, stocktake_id: int, kinds: Collection[str]) -> Stocktake:
    stocktake = Stocktake.select(Stocktake, Shop).join(Shop).where(Stocktake.id == stocktake_id).get_or_none()
    if stocktake is None:
        raise NotFound()
    access.require(actor, *kinds, area_id=stocktake.shop.area_id)
    return stocktake


def _require_third(stocktake: Stocktake, actor: Person) -> None:
    if actor.id in (stocktake.started_by_id, stocktake.counted_by_id):
        raise SamePerson()


def _hold_to_count(stocktake: Stocktake, actor: Person) -> None:
    """Hold a stocktake that is being counted, by who started it or the one who counts with them."""
    other = Stocktake.counted_by
    starts = stocktake.started_by_id == actor.id
    row = (Stocktake.id == stocktake.id) & (Stocktake.state == "counting")
    allowed = starts | other.is_null() | (other == actor)
    if not Stocktake.update(counted_by=other if starts else actor).where(row, allowed).execute():
        held = Stocktake.get_by_id(stocktake.id)
        if held.state != "counting" or held.counted_by is None:
            raise StocktakeOver()
        raise CountedByTwo(first=held.started_by.name, second=held.counted_by.name)


def _move(stocktake: Stocktake, before: str, after: str, **values: object) -> None:
    """Take a stocktake from one state to the next, once. Raises `StocktakeOver`."""
    row = (Stocktake.id == stocktake.id) & (Stocktake.state == before)
    if not Stocktake.update(state=after, **values).where(row).execute():
        raise StocktakeOver()


def _take(missing: Mapping[int, int]) -> list[stock.Moved]:
    if not missing:
        return []
    try:
        return stock.take(missing)
    except OutOfStock:
        names = [row[0] for row in db.rows(_SHORT, sorted(missing.items()))]
        raise CountBreaksReserved(goods="、".join(names)) from None


def _add(found: Mapping[int, int]) -> list[stock.Moved]:
    if not found:
        return []
    newest = {row[0]: (row[1], row[2] and db.day(row[2])) for row in db.rows(_NEWEST, [[id_] for id_ in found])}
    plain = {goods.id: (goods.cost_fen, None) for goods in Goods.select().where(Goods.id.in_(db.among(found)))}
    return stock.add_all([Batch(id_, pieces, *(newest.get(id_) or plain[id_])) for id_, pieces in found.items()])
