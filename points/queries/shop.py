"""Shops, their tills and goods, for those who run them, for the counter, and for whoever looks at the shelf."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from peewee import prefetch

from points import barcodes, db
from points.errors import BadBarcode, NotFound
from points.models.areas import Area, AreaAncestor
from points.models.goods import GOODS_CATEGORIES, Goods, GoodsPrice
from points.models.people import Person
from points.models.photos import PhotoBody
from points.models.shop import Shop, Till

A_PAGE = 36
NEAR_DAYS = 30
"""So many days before its best-before day a batch is near it."""
LOW = "NOT goods.hidden AND stock.on_hand - stock.reserved <= goods.low_at"
"""Few or none are left of what is on the list."""
RECENT_RECEIPTS = 300
"""So many receipts of each till say what is taken most of late."""


class Shelved(NamedTuple):
    """Goods with what is on the shelf; `Goods` explains the rest. There are thousands: no row of the ORM's."""

    id: int
    shop_id: int
    name: str
    initials: str
    unit: str
    category: str
    price: int
    hidden: bool
    on_hand: int
    reserved: int
    cost_fen: int
    limit_household: int | None
    limit_person: int | None
    limit_period: str
    low_at: int
    photo_id: int | None
    valid_from: date | None
    valid_to: date | None

    @property
    def available(self) -> int:
        """How many are there for whoever comes: on hand and not reserved."""
        return self.on_hand - self.reserved

    def given_on(self, day: date) -> bool:
        """Tell whether the goods are on the list and given on a local day."""
        begun = self.valid_from is None or self.valid_from <= day
        return not self.hidden and begun and (self.valid_to is None or day <= self.valid_to)


class Page(NamedTuple):
    """A page of goods, from 1; *more*: another follows."""

    goods: list[Shelved]
    number: int
    more: bool


class Serving(NamedTuple):
    """A shop that serves a village."""

    id: int
    name: str
    hours: str
    van: bool


@dataclass(frozen=True, slots=True)
class Priced:
    """A price from a moment on, and who set it."""

    price: int
    since: datetime
    set_by: str


def of_village(village_id: int, *, closed: bool = False) -> list[Shop]:
    """List the shops that serve a village or a part of it, each with its `tills`; *closed*: with those that closed."""
    above = AreaAncestor.select(AreaAncestor.ancestor).where(AreaAncestor.descendant == village_id)
    below = AreaAncestor.select(AreaAncestor.descendant).where(AreaAncestor.ancestor == village_id)
    shops = (
        Shop.select(Shop, Area)
        .join(Area)
        .where(Shop.active | closed, Shop.area.in_(above) | Shop.area.in_(below))
        .order_by(Shop.active.desc(), Shop.contracted, Shop.code)
    )
    return list(prefetch(shops, Till.select().order_by(Till.number)))


def serving(village_id: int) -> list[Serving]:
    """List the shops that serve a village or a part of it, for the page with their goods."""
    return [Serving(*row) for row in db.execute(_SERVING, (village_id, village_id)).fetchall()]


def shop(shop_id: int) -> Shop:
    """Return a shop with its area. Raises `NotFound`."""
    found = Shop.select(Shop, Area).join(Area).where(Shop.id == shop_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def areas(village_id: int) -> list[tuple[int, str]]:
    """List the areas that a shop of the village may serve: the village itself, then its grids and lanes."""
    inside = AreaAncestor.select(AreaAncestor.descendant).where(AreaAncestor.ancestor == village_id)
    query: Any = Area.select(Area.id, Area.name).where(Area.id.in_(inside))
    return list(query.order_by(Area.id != village_id, Area.order, Area.name).tuples())


def tills(shop_id: int) -> list[Till]:
    """List a shop's tills."""
    return list(Till.select().where(Till.shop == shop_id).order_by(Till.number))


def offered(shop_id: int, *, today: date, q: str = "", category: str = "", page: int = 1) -> Page:
    """Return a page of what the shop gives now or soon: all of it when it is asked for nothing, by initials."""
    where, values = _asked(shop_id, q=q, category=category)
    where += " AND NOT goods.hidden AND (goods.valid_to IS NULL OR goods.valid_to >= ?)"
    return _page(f"{where} ORDER BY goods.initials, goods.id", [*values, today.isoformat()], page)


def listed(
    shop_id: int, *, today: date, q: str = "", category: str = "", only: str = "", page: int = 1, most: int = A_PAGE
) -> Page:
    """Return a page of a shop's list for who keeps it, by initials, hidden goods last.

    *only*: ``low`` few or none are left, ``near`` a batch is near its best-before day, ``hidden``, ``over`` no longer
    given.
    """
    where, values = _asked(shop_id, q=q, category=category)
    if only in _ONLY:
        where += f" AND {_ONLY[only]}"
    if only == "near":
        values.append((today + timedelta(days=NEAR_DAYS)).isoformat())
    elif only == "over":
        values.append(today.isoformat())
    return _page(f"{where} ORDER BY goods.hidden, goods.initials, goods.id", values, page, most)


def find(shop_id: int, q: str, limit: int = 30) -> list[Shelved]:
    """Find goods on the list for the counter: by part of a name or of its initials, or by a whole barcode.

    What begins so comes first. `Shelved.given_on` says whether they are given today.
    """
    where, values = _asked(shop_id, q=q)
    begins = _like(q)[1:]
    order = "CASE WHEN goods.initials LIKE ? ESCAPE '!' OR lower(goods.name) LIKE ? ESCAPE '!' THEN 0 ELSE 1 END"
    sql = f"{where} AND NOT goods.hidden ORDER BY {order}, goods.initials, goods.id LIMIT ?"
    return _goods(sql, [*values, begins, begins, limit])


def popular(shop_id: int, limit: int = 60) -> list[Shelved]:
    """List the goods that the shop's last receipts hold most of, then the others by initials."""
    return _goods(
        f"{_POPULAR} ORDER BY COALESCE(taken, 0) DESC, goods.initials, goods.id LIMIT ?", [shop_id] * 2 + [limit]
    )


def by_barcode(shop_id: int, code: str) -> Shelved | None:
    """Return the shop's goods that carry a barcode, hidden ones too; None when it has none such or it was misread."""
    try:
        read = barcodes.read(code)
    except BadBarcode:
        return None
    carried = "JOIN barcode ON barcode.goods_id = goods.id WHERE barcode.shop_id = ? AND barcode.code = ?"
    return next(iter(_goods(carried, [shop_id, read])), None)


def chosen(shop_id: int, ids: Collection[int]) -> list[Shelved]:
    """List those goods of a shop that were chosen already, by initials."""
    where = f"WHERE goods.shop_id = ? AND goods.id IN ({db.set_of_ids()}) ORDER BY goods.initials, goods.id"
    return _goods(where, [shop_id, json.dumps(sorted(ids))])


def codes_of(ids: Collection[int]) -> dict[int, str]:
    """Return the barcodes of goods, parted by blanks, by the goods' ids."""
    sql = f"SELECT goods_id, code FROM barcode WHERE goods_id IN ({db.set_of_ids()}) ORDER BY id"
    codes: dict[int, str] = {}
    for goods_id, code in db.execute(sql, (json.dumps(sorted(ids)),)).fetchall():
        codes[goods_id] = f"{codes[goods_id]} {code}" if goods_id in codes else code
    return codes


def by_category(goods: Sequence[Shelved]) -> list[tuple[str, list[Shelved]]]:
    """Group goods by category, food first, as `GOODS_CATEGORIES` lists them."""
    groups = [(word, [one for one in goods if one.category == word]) for word in GOODS_CATEGORIES]
    return [group for group in groups if group[1]]


def goods(goods_id: int) -> Shelved:
    """Return goods with what is on the shelf. Raises `NotFound`."""
    found = _goods("WHERE goods.id = ?", [goods_id])
    if not found:
        raise NotFound()
    return found[0]


def barcodes_of(goods_id: int) -> list[str]:
    """List the barcodes that goods carry."""
    rows = db.execute("SELECT code FROM barcode WHERE goods_id = ? ORDER BY id", (goods_id,))
    return [code for (code,) in rows.fetchall()]


def barcodes_in(shop_id: int) -> dict[int, list[str]]:
    """Return the barcodes of a shop's goods by goods id."""
    found: dict[int, list[str]] = {}
    rows = db.execute("SELECT goods_id, code FROM barcode WHERE shop_id = ? ORDER BY id", (shop_id,))
    for goods_id, code in rows.fetchall():
        found.setdefault(goods_id, []).append(code)
    return found


def picture(goods_id: int) -> tuple[int, bytes]:
    """Return the photo's id and the JPEG of the picture of goods, which anyone may see. Raises `NotFound`."""
    body = PhotoBody.select().join(Goods, on=(Goods.photo == PhotoBody.photo)).where(Goods.id == goods_id).get_or_none()
    if body is None:
        raise NotFound()
    return body.photo_id, bytes(body.body)


def prices(goods_id: int, limit: int = 20) -> list[Priced]:
    """List the prices of goods, newest first."""
    query: Any = GoodsPrice.select(GoodsPrice.price, GoodsPrice.since, Person.name).join(Person)
    found = query.where(GoodsPrice.goods == goods_id).order_by(GoodsPrice.id.desc()).limit(limit)
    return [Priced(*row) for row in found.tuples()]


_SERVING = """
    SELECT id, name, hours, van FROM shop WHERE active AND (
        area_id IN (SELECT ancestor_id FROM area_ancestor WHERE descendant_id = ?)
        OR area_id IN (SELECT descendant_id FROM area_ancestor WHERE ancestor_id = ?))
    ORDER BY contracted, code
"""
_SHELVED = """
    SELECT goods.id, goods.shop_id, goods.name, goods.initials, goods.unit, goods.category, goods.price, goods.hidden,
        stock.on_hand, stock.reserved, goods.cost_fen, goods.limit_household, goods.limit_person, goods.limit_period,
        goods.low_at, goods.photo_id, goods.valid_from, goods.valid_to
    FROM goods JOIN stock ON stock.goods_id = goods.id
"""
_FOUND = """
    AND (lower(goods.name) LIKE ? ESCAPE '!' OR goods.initials LIKE ? ESCAPE '!'
        OR goods.id IN (SELECT goods_id FROM barcode WHERE shop_id = ? AND code = ?))
"""
_ONLY = {
    "low": LOW,
    "near": "goods.id IN (SELECT goods_id FROM stock_batch WHERE remaining > 0 AND best_before <= ?)",
    "hidden": "goods.hidden",
    "over": "goods.valid_to < ?",
}
_POPULAR = f"""
    LEFT JOIN (
        SELECT receipt_line.goods_id, SUM(receipt_line.quantity) AS taken FROM till
        JOIN receipt ON receipt.till_id = till.id AND receipt.sequence > till.sequence - {RECENT_RECEIPTS}
        JOIN receipt_line ON receipt_line.receipt_id = receipt.id
        WHERE till.shop_id = ? GROUP BY receipt_line.goods_id
    ) AS recent ON recent.goods_id = goods.id
    WHERE goods.shop_id = ? AND NOT goods.hidden
"""


def _goods(clauses: str, values: Sequence[Any]) -> list[Shelved]:
    found = db.execute(_SHELVED + clauses, values).fetchall()
    return [
        Shelved._make(row)
        if row[-1] is row[-2] is None
        else Shelved._make((*row[:-2], row[-2] and db.day(row[-2]), row[-1] and db.day(row[-1])))
        for row in found
    ]


def _page(clauses: str, values: Sequence[Any], number: int, most: int = A_PAGE) -> Page:
    found = _goods(f"{clauses} LIMIT ? OFFSET ?", [*values, most + 1, (number - 1) * most])
    return Page(found[:most], number, len(found) > most)


def _asked(shop_id: int, *, q: str = "", category: str = "") -> tuple[str, list[Any]]:
    """Return the conditions for a shop's goods of a category that are called, or carry the barcode, *q*."""
    where, values = "WHERE goods.shop_id = ?", list[Any]([shop_id])
    if category:
        where, values = f"{where} AND goods.category = ?", [*values, category]
    if q:
        like = _like(q)
        code = f"0{q}" if len(q) == 12 else q
        where, values = where + _FOUND, [*values, like, like, shop_id, code]
    return where, values


def _like(q: str) -> str:
    literal = re.sub("[!%_]", r"!\g<0>", q.lower())
    return f"%{literal}%"
