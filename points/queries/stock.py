"""What lies on a shop's shelf, what it is worth, how long it lasts; and the papers of all that came and went."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from points import access, barcodes, db
from points.errors import BadBarcode, NotFound
from points.models.goods import Goods
from points.models.people import Person
from points.models.shop import Shop
from points.models.stock import Loss, Receiving, Removal, StockBatch, StockMovement
from points.queries.shop import LOW, NEAR_DAYS

READERS = ("clerk", "committee", "supervisor", "admin")
KEEPERS = ("committee", "clerk")
PAGE = 50
RECENT_DAYS = 30
"""So many days say how fast goods are taken."""
MOST_NAMES = 2_000
"""So many goods are offered by name to whoever enters a delivery."""

COST = "CASE WHEN stock_batch.cost_fen > 0 THEN stock_batch.cost_fen ELSE goods.cost_fen END"
"""What a piece of a batch costs; *goods* say it where the batch does not."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How many goods are few or gone, how many batches are near their day or past it, and the worth at cost in fen."""

    low: int
    near: int
    expired: int
    worth_fen: int


@dataclass(frozen=True, slots=True)
class OnShelf:
    """Goods on the shelf, with their worth at cost and how many were taken in the last `RECENT_DAYS`."""

    id: int
    name: str
    unit: str
    hidden: bool
    low_at: int
    on_hand: int
    reserved: int
    worth_fen: int
    taken: int

    @property
    def available(self) -> int:
        """How many are there for whoever comes."""
        return self.on_hand - self.reserved

    @property
    def days(self) -> int | None:
        """How many days what is available lasts at the recent rate; None when nothing was taken."""
        return self.available * RECENT_DAYS // self.taken if self.taken > 0 else None


@dataclass(frozen=True, slots=True)
class Batch:
    """What is left of a batch."""

    id: int
    goods_id: int
    name: str
    unit: str
    best_before: date | None
    remaining: int
    cost_fen: int


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of stock, signed, and what caused it."""

    id: int
    kind: str
    change: int
    on_hand_after: int
    best_before: date | None
    cause_type: str
    cause_id: int
    note: str
    actor: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery in the list: its number, how many sorts came, and what they cost together."""

    id: int
    kind: str
    number: str
    source: str
    voucher: str
    received_by: str
    received_at: datetime
    sorts: int
    fen: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """A line of a delivery."""

    name: str
    unit: str
    quantity: int
    cost_fen: int
    best_before: date | None

    @property
    def fen(self) -> int:
        """What the line cost."""
        return self.quantity * self.cost_fen


@dataclass(frozen=True, slots=True)
class Paper:
    """A delivery with all its lines."""

    receiving: Receiving
    number: str
    lines: list[Delivered]

    @property
    def fen(self) -> int:
        """What it cost, or was worth, together."""
        return sum(line.fen for line in self.lines)


# --- the shelf --------------------------------------------------------------------------------------------------------

_NEAR = "stock_batch.remaining > 0 AND stock_batch.best_before <= ?"
_SUMMARY = f"""
    SELECT
        (SELECT COUNT(*) FROM goods JOIN stock ON stock.goods_id = goods.id WHERE goods.shop_id = ? AND {LOW}),
        COUNT(CASE WHEN best_before >= ? AND best_before <= ? THEN 1 END),
        COUNT(CASE WHEN best_before < ? THEN 1 END),
        COALESCE(SUM(CAST(remaining AS BIGINT) * {COST}), 0)
    FROM stock_batch JOIN goods ON goods.id = stock_batch.goods_id WHERE goods.shop_id = ? AND remaining > 0
"""
_SHELF = f"""
    WITH page AS (
        SELECT goods.id, name, initials, unit, hidden, low_at, on_hand, reserved, cost_fen FROM goods
        JOIN stock ON stock.goods_id = goods.id WHERE shop_id = ? AND {{where}} ORDER BY {{order}} LIMIT ? OFFSET ?
    )
    SELECT id, name, unit, hidden, low_at, on_hand, reserved,
        (SELECT COALESCE(SUM(CAST(remaining AS BIGINT) * {COST.replace("goods.", "page.")}), 0) FROM stock_batch
            WHERE goods_id = page.id AND remaining > 0),
        (SELECT COALESCE(-SUM(change), 0) FROM stock_movement
            WHERE goods_id = page.id AND kind IN ('redeem', 'undo') AND recorded_at >= ?)
    FROM page ORDER BY {{order}}
"""
_BATCHES = f"""
    SELECT stock_batch.id, goods.id, name, unit, best_before, remaining, {COST}
    FROM stock_batch JOIN goods ON goods.id = stock_batch.goods_id
    WHERE {{where}}
    ORDER BY CASE WHEN best_before IS NULL THEN 1 ELSE 0 END, best_before, goods.initials, stock_batch.id
"""

_CALLED = """
    WITH typed AS (SELECT {0} AS shop_id, {1:text} AS text, {2:text} AS initials, {3:text} AS code FROM {rows})
    SELECT text, goods.id, name, 0 FROM typed JOIN goods ON goods.shop_id = typed.shop_id AND name = text
    UNION SELECT text, goods.id, name, 1 FROM typed
        JOIN barcode ON barcode.shop_id = typed.shop_id AND barcode.code = typed.code
        JOIN goods ON goods.id = barcode.goods_id
    UNION SELECT text, goods.id, name, CASE WHEN goods.initials = typed.initials THEN 1 ELSE 2 END FROM typed
        JOIN goods ON goods.shop_id = typed.shop_id AND typed.initials <> ''
        AND substr(goods.initials, 1, length(typed.initials)) = typed.initials
    ORDER BY 4, 2
"""


def summary(shop_id: int, today: date) -> Summary:
    """Sum up a shop's shelf."""
    limit = today + timedelta(days=NEAR_DAYS)
    days = (today.isoformat(), limit.isoformat(), today.isoformat())
    return Summary(*map(int, db.execute(_SUMMARY, (shop_id, *days, shop_id)).fetchone()))


def shelf(shop_id: int, *, now: datetime, low: bool = False, page: int = 1) -> tuple[list[OnShelf], bool]:
    """Return a page of a shop's goods, and whether another follows: by initials, or the *low* ones, fewest first."""
    where, order = (LOW, "on_hand - reserved, initials, id") if low else ("TRUE", "hidden, initials, id")
    sql = _SHELF.format(where=where, order=order)
    since = db.microseconds(now - timedelta(days=RECENT_DAYS))
    found = db.execute(sql, (shop_id, PAGE + 1, PAGE * (page - 1), since)).fetchall()
    rows = [OnShelf(id_, name, unit, bool(hidden), *map(int, rest)) for id_, name, unit, hidden, *rest in found]
    return rows[:PAGE], len(rows) > PAGE


def near(shop_id: int, today: date, *, page: int = 1) -> tuple[list[Batch], bool]:
    """Return a page of the batches near their best-before day or past it, the oldest first; and whether more follow."""
    sql = _BATCHES.format(where=f"goods.shop_id = ? AND {_NEAR}") + " LIMIT ? OFFSET ?"
    limit = (today + timedelta(days=NEAR_DAYS)).isoformat()
    rows = [_batch(row) for row in db.execute(sql, (shop_id, limit, PAGE + 1, PAGE * (page - 1))).fetchall()]
    return rows[:PAGE], len(rows) > PAGE


def batches(goods_id: int) -> list[Batch]:
    """List what is left of each batch of goods, in the order in which they go out."""
    sql = _BATCHES.format(where="goods.id = ? AND remaining > 0")
    return [_batch(row) for row in db.execute(sql, (goods_id,)).fetchall()]


def movements(goods_id: int, before: int | None = None) -> tuple[list[Movement], int | None]:
    """List the movements of goods, newest first, and the key of the next page."""
    row = StockMovement
    columns = (row.id, row.kind, row.change, row.on_hand_after, StockBatch.best_before)
    cause = (row.cause_type, row.cause_id, row.note, Person.name, row.recorded_at)
    query: Any = row.select(*columns, *cause).join(StockBatch).switch(row).join(Person, on=Person.id == row.actor_id)
    query = query.where(row.goods == goods_id)
    return _paged(query, row.id, before, Movement)


# --- papers -----------------------------------------------------------------------------------------------------------


def number(receiving: Receiving) -> str:
    """Return the number on a delivery's paper: the shop, what it is, and its place among those."""
    return f"{receiving.shop.code}-{'捐' if receiving.kind == 'donation' else '进'}-{receiving.number:04d}"


def deliveries(shop_id: int, before: int | None = None) -> tuple[list[Delivery], int | None]:
    """List a shop's deliveries, newest first, and the key of the next page."""
    query: Any = Receiving.select(Receiving, Shop, Person).join(Shop).switch(Receiving).join(Person)
    query = query.where(Receiving.shop == shop_id, (Receiving.id < before) if before else True)
    found = list(query.order_by(Receiving.id.desc()).limit(PAGE + 1))
    sql = f"""
        SELECT receiving_id, COUNT(DISTINCT goods_id), SUM(CAST(change AS BIGINT) * stock_batch.cost_fen)
        FROM stock_batch JOIN (
            SELECT batch_id, change FROM stock_movement WHERE kind IN ('receive', 'donate') AND cause_type = 'receiving'
            AND cause_id IN ({db.set_of_ids()})
        ) AS came ON came.batch_id = stock_batch.id GROUP BY receiving_id
    """
    ids = [one.id for one in found[:PAGE]]
    sums = {row[0]: row[1:] for row in db.execute(sql, (json.dumps(ids),)).fetchall()}
    rows = [
        Delivery(
            id=one.id,
            kind=one.kind,
            number=number(one),
            source=one.source,
            voucher=one.voucher,
            received_by=one.received_by.name,
            received_at=one.received_at,
            sorts=int(sums[one.id][0]),
            fen=int(sums[one.id][1]),
        )
        for one in found[:PAGE]
    ]
    return rows, ids[-1] if len(found) > PAGE else None


def delivery(receiving_id: int) -> Paper:
    """Return a delivery with its lines. Raises `NotFound`."""
    query = Receiving.select(Receiving, Shop, Person).join(Shop).switch(Receiving).join(Person)
    found = query.where(Receiving.id == receiving_id).get_or_none()
    if found is None:
        raise NotFound()
    row = StockMovement
    lines: Any = (
        row.select(Goods.name, Goods.unit, row.change, StockBatch.cost_fen, StockBatch.best_before)
        .join(StockBatch)
        .switch(row)
        .join(Goods)
        .where(row.cause_type == "receiving", row.cause_id == receiving_id)
    )
    return Paper(found, number(found), [Delivered(*line) for line in lines.order_by(row.id).tuples()])


def losses(shop_id: int, before: int | None = None) -> tuple[list[Loss], int | None]:
    """List a shop's losses with goods and who recorded them, newest first, and the key of the next page."""
    query: Any = Loss.select(Loss, Goods, Person).join(Goods).switch(Loss).join(Person)
    return _rows(query.where(Goods.shop == shop_id), Loss.id, before)


def removals(shop_id: int, before: int | None = None) -> tuple[list[Removal], int | None]:
    """List what was brought out of a shop or into it, newest first, and the key of the next page."""
    there, its_shop = Goods.alias(), Shop.alias()
    goods = Goods.select(Goods.id).where(Goods.shop == shop_id)
    out = Removal.select(Removal.id).where(Removal.source.in_(goods))
    into = Removal.alias()
    moved = out | into.select(into.id).where(into.target.in_(goods))
    query: Any = (
        Removal.select(Removal, Goods, Shop, there, its_shop, Person)
        .join(Goods, on=(Removal.source == Goods.id))
        .join(Shop)
        .switch(Removal)
        .join(there, on=(Removal.target == there.id))
        .join(its_shop, on=(there.shop == its_shop.id))
        .switch(Removal)
        .join(Person)
        .where(Removal.id.in_(moved))
    )
    return _rows(query, Removal.id, before)


def other_shops(person: Person, shop_id: int) -> list[tuple[int, str]]:
    """List the shops, by id and name, to which *person* may bring goods from this one."""
    mine = access.covered_areas(person, *KEEPERS)
    query: Any = Shop.select(Shop.id, Shop.name).where(Shop.active, Shop.id != shop_id, Shop.area.in_(mine))
    return list(query.order_by(Shop.code).tuples())


# --- what is typed ----------------------------------------------------------------------------------------------------


def names(shop_id: int) -> list[tuple[str, str]]:
    """List names and initials of a shop's goods, to be offered to whoever types one."""
    query: Any = Goods.select(Goods.name, Goods.initials).where(Goods.shop == shop_id)
    return list(query.order_by(Goods.hidden, Goods.initials, Goods.id).limit(MOST_NAMES).tuples())


def name(shop_id: int, goods_id: int) -> str:
    """Return the name of goods of the shop, or nothing."""
    return str(Goods.select(Goods.name).where(Goods.shop == shop_id, Goods.id == goods_id).scalar() or "")


def called(shop_id: int, typed: Iterable[str]) -> dict[str, list[tuple[int, str]]]:
    """Return which goods of a shop each text may mean, by id and name: a name, barcode, or initials."""
    texts = sorted(set(typed))
    found: dict[str, dict[int, str]] = {text: {} for text in texts}
    best: dict[str, int] = {}
    for text, id_, name, rank in db.rows(_CALLED, [(shop_id, text, text.lower(), _code(text)) for text in texts]):
        if rank == best.setdefault(text, rank):
            found[text][int(id_)] = name
    return {text: list(may.items()) for text, may in found.items()}


def _code(text: str) -> str:
    try:
        return barcodes.read(text)
    except BadBarcode:
        return ""


def _batch(row: Any) -> Batch:
    id_, goods_id, name, unit, best_before, remaining, cost_fen = row
    return Batch(id_, goods_id, name, unit, best_before and db.day(best_before), remaining, cost_fen)


def _paged(query: Any, key: Any, before: int | None, kind: Any) -> tuple[list[Any], int | None]:
    query = query.where(key < before) if before else query
    found = [kind(*row) for row in query.order_by(key.desc()).limit(PAGE + 1).tuples()]
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def _rows(query: Any, key: Any, before: int | None) -> tuple[list[Any], int | None]:
    query = query.where(key < before) if before else query
    found = list(query.order_by(key.desc()).limit(PAGE + 1))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None
