"""The stockroom: goods come by a delivery, go as a loss, or move to another shop; each on a paper of its own.

Locks are taken in one order: the stock of each goods by id, then the shop whose papers are numbered.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from peewee import fn

from points import access, db, photos, stock
from points.calendar import local_date
from points.errors import (
    N_,
    BadCost,
    BadQuantity,
    BatchTooSmall,
    BestBeforePast,
    Missing,
    NotFound,
    OutOfStock,
    PhotoNeeded,
    ReservedPieces,
    SameShop,
    TooManyLines,
    TooManyPhotos,
    UnitDiffers,
)
from points.keys import verb
from points.models.goods import Goods, GoodsPrice
from points.models.people import Person
from points.models.shop import Shop
from points.models.stock import RECEIVINGS, Loss, Receiving, Removal, Stock, StockBatch
from points.photos import Picture
from points.stock import Batch, Moved
from points.texts import optional, required

KEEPERS = ("committee", "clerk")
MOST_LINES = 100
MOST_PIECES = 100_000
HIGHEST_COST = 1_000_000
"""Fen a piece."""

Line = tuple[int, int, int, date | None]
"""Of a delivery: goods id, pieces, what one cost in fen, the best-before day."""


@verb("stockroom.receive")
def receive(
    *,
    key: str,
    actor: Person,
    now: datetime,
    shop_id: int,
    kind: str,
    source: str,
    voucher: str,
    note: str,
    lines: Sequence[Line],
    pictures: Sequence[Picture] = (),
) -> int:
    """Put a delivery on the shelf, each line a batch; return the id of its paper, numbered without a gap.

    *kind*: a ``purchase`` from a supplier, with its *voucher*, or a ``donation``, whose costs are what the donor's
    goods are worth. *pictures* show the voucher. Raises `Missing`, `TooLong`, `BadQuantity`, `BadCost`,
    `BestBeforePast`, `TooManyLines`.
    """
    shop = _shop(actor, shop_id)
    if kind not in RECEIVINGS:
        raise NotFound()
    bought = kind == "purchase"
    source = required(source, N_("供货商") if bought else N_("捐赠人"), 60)
    voucher = (required if bought else optional)(voucher, N_("票据号"), 60)
    note = optional(note, N_("说明"), 120)
    _require_lines(shop_id, lines, local_date(now))
    stock.hold({goods_id for goods_id, *_ in lines})
    number = _next_number(shop_id, kind)
    paper = Receiving.create(
        shop=shop,
        kind=kind,
        number=number,
        source=source,
        voucher=voucher,
        note=note,
        received_by=actor,
        received_at=now,
    )
    moved = stock.add_all([Batch(*line, paper.id) for line in lines])
    stock.remember(
        moved,
        kind="receive" if bought else "donate",
        cause_type="receiving",
        cause_id=paper.id,
        actor_id=actor.id,
        now=now,
        note=source,
    )
    _keep(pictures, "receiving", paper.id, shop, actor=actor, now=now)
    return int(paper.id)


@verb("stockroom.lose")
def lose(
    *,
    key: str,
    actor: Person,
    now: datetime,
    goods_id: int,
    quantity: int,
    reason: str,
    pictures: Sequence[Picture],
    batch_id: int = 0,
) -> int:
    """Write off pieces that are broken, spoilt or missing, with a *reason* and a photo; return the loss's id.

    Those that spoil first, or those of one batch. Raises `Missing`, `PhotoNeeded`, `BadQuantity`, `BatchTooSmall`,
    `ReservedPieces` when too few are available.
    """
    goods = _goods(actor, goods_id)
    reason = required(reason, N_("理由"), 60)
    if not pictures:
        raise PhotoNeeded(item=N_("报损"))
    taken = _take(goods, quantity, batch_id)
    loss = Loss.create(goods=goods, quantity=quantity, reason=reason, recorded_by=actor, recorded_at=now)
    stock.remember(taken, kind="loss", cause_type="loss", cause_id=loss.id, actor_id=actor.id, now=now, note=reason)
    _keep(pictures, "loss", loss.id, goods.shop, actor=actor, now=now)
    return int(loss.id)


@verb("stockroom.remove")
def remove(*, key: str, actor: Person, now: datetime, goods_id: int, to_shop_id: int, quantity: int, note: str) -> int:
    """Bring pieces to the goods of the same name in another shop, new there if need be; return the removal's id.

    Each keeps its best-before day and cost. Raises `SameShop`, `UnitDiffers`, `BadQuantity`, `ReservedPieces`.
    """
    goods = _goods(actor, goods_id)
    shop = _shop(actor, to_shop_id)
    if shop.id == goods.shop_id:
        raise SameShop()
    note = optional(note, N_("说明"), 60)
    target = _same_goods(goods, shop, actor=actor, now=now)
    stock.hold({goods_id, target.id})
    taken = _take(goods, quantity)
    removal = Removal.create(source=goods, target=target, quantity=quantity, note=note, moved_by=actor, moved_at=now)
    batches = StockBatch.select().where(StockBatch.id.in_([one.batch_id for one in taken]))
    kept = {batch.id: (batch.cost_fen or goods.cost_fen, batch.best_before) for batch in batches}
    added = stock.add_all([Batch(target.id, -one.change, *kept[one.batch_id]) for one in taken])
    for moved, kind in ((taken, "move_out"), (added, "move_in")):
        stock.remember(
            moved, kind=kind, cause_type="removal", cause_id=removal.id, actor_id=actor.id, now=now, note=note
        )
    return int(removal.id)


def _shop(actor: Person, shop_id: int) -> Shop:
    shop = Shop.get_or_none(Shop.id == shop_id)
    if shop is None:
        raise NotFound()
    access.require(actor, *KEEPERS, area_id=shop.area_id)
    return shop


def _goods(actor: Person, goods_id: int) -> Goods:
    goods = Goods.select(Goods, Shop).join(Shop).where(Goods.id == goods_id).get_or_none()
    if goods is None:
        raise NotFound()
    access.require(actor, *KEEPERS, area_id=goods.shop.area_id)
    return goods


def _take(goods: Goods, quantity: int, batch_id: int = 0) -> list[Moved]:
    """Take available pieces; what is missing, because of reservations too, is said in full."""
    if not 0 < quantity <= MOST_PIECES:
        raise BadQuantity(most=MOST_PIECES)
    try:
        return stock.take_from(goods.id, batch_id, quantity) if batch_id else stock.take({goods.id: quantity})
    except BatchTooSmall:
        raise
    except OutOfStock:
        row = Stock.get_by_id(goods.id)
        if not row.reserved:
            raise
        left = row.on_hand - row.reserved
        raise ReservedPieces(goods=goods.name, left=left, on_hand=row.on_hand, reserved=row.reserved) from None


_COPY = """
    INSERT INTO goods (shop_id, name, initials, unit, category, price, hidden, cost_fen, limit_household, limit_person,
        limit_period, valid_from, valid_to, low_at, photo_id)
    SELECT CAST(? AS BIGINT), name, initials, unit, category, price, hidden, cost_fen, limit_household, limit_person,
        limit_period, valid_from, valid_to, low_at, photo_id FROM goods WHERE id = ?
    ON CONFLICT (shop_id, name) DO NOTHING RETURNING id
"""
_COPY_BARCODES = """
    INSERT INTO barcode (goods_id, shop_id, code)
    SELECT CAST(? AS BIGINT), CAST(? AS BIGINT), code FROM barcode WHERE goods_id = ?
    ON CONFLICT (shop_id, code) DO NOTHING
"""


def _same_goods(goods: Goods, shop: Shop, *, actor: Person, now: datetime) -> Goods:
    """Return the goods of the same name in *shop*, put on its list like these if they are not on it yet."""
    row = db.execute(_COPY, (shop.id, goods.id)).fetchone()
    if row is None:
        found = Goods.get(Goods.shop == shop, Goods.name == goods.name)
        if found.unit != goods.unit:
            raise UnitDiffers(shop=shop.name, goods=goods.name, there=found.unit, here=goods.unit)
        return found
    GoodsPrice.create(goods=row[0], price=goods.price, since=now, set_by=actor)
    Stock.create(goods=row[0])
    db.execute(_COPY_BARCODES, (row[0], shop.id, goods.id))
    return Goods.get_by_id(row[0])


def _require_lines(shop_id: int, lines: Sequence[Line], today: date) -> None:
    if not lines:
        raise Missing(what=N_("进了哪些商品"))
    if len(lines) > MOST_LINES:
        raise TooManyLines(most=MOST_LINES)
    names = _names(shop_id, {goods_id for goods_id, *_ in lines})
    for goods_id, quantity, cost_fen, best_before in lines:
        if not 0 < quantity <= MOST_PIECES:
            raise BadQuantity(most=MOST_PIECES)
        if not 0 < cost_fen <= HIGHEST_COST:
            raise BadCost(goods=names[goods_id], most=HIGHEST_COST // 100)
        if best_before and best_before < today:
            raise BestBeforePast(goods=names[goods_id], day=best_before.isoformat())


def _names(shop_id: int, goods_ids: set[int]) -> dict[int, str]:
    """Return the names of goods of a shop by id. Raises `NotFound` for any other."""
    found = {one.id: one.name for one in Goods.select().where(Goods.shop == shop_id, Goods.id.in_(goods_ids))}
    if found.keys() != goods_ids:
        raise NotFound()
    return found


def _next_number(shop_id: int, kind: str) -> int:
    """Hold the shop until the transaction ends, and return the next number of its papers of *kind*."""
    db.execute("UPDATE shop SET active = active WHERE id = ?", (shop_id,))
    last = Receiving.select(fn.MAX(Receiving.number)).where(Receiving.shop == shop_id, Receiving.kind == kind).scalar()
    return int(last or 0) + 1


def _keep(
    pictures: Sequence[Picture], subject: str, subject_id: int, shop: Shop, *, actor: Person, now: datetime
) -> None:
    if len(pictures) > photos.MOST:
        raise TooManyPhotos(limit=photos.MOST)
    photos.keep(pictures, village_id=shop.area_id, subject_type=subject, subject_id=subject_id, actor=actor, now=now)
