"""Shops, their tills and goods, for those who run them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import prefetch

from points.errors import NotFound
from points.models.areas import Area, AreaAncestor
from points.models.goods import GOODS_CATEGORIES, Goods, GoodsPrice
from points.models.people import Person
from points.models.shop import Shop, Till
from points.models.stock import Stock, StockMovement


@dataclass(frozen=True, slots=True)
class Shelved:
    """Goods with how many are on the shelf."""

    id: int
    shop_id: int
    name: str
    initials: str
    unit: str
    category: str
    price: int
    hidden: bool
    on_hand: int


@dataclass(frozen=True, slots=True)
class Moved:
    """One change of stock: `change` is signed."""

    kind: str
    change: int
    on_hand_after: int
    note: str
    actor: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Priced:
    """A price from a moment on, and who set it."""

    price: int
    since: datetime
    set_by: str


def of_village(village_id: int) -> list[Shop]:
    """List the shops that serve a village or a part of it, each with its `tills`."""
    above = AreaAncestor.select(AreaAncestor.ancestor).where(AreaAncestor.descendant == village_id)
    below = AreaAncestor.select(AreaAncestor.descendant).where(AreaAncestor.ancestor == village_id)
    shops = (
        Shop.select(Shop, Area)
        .join(Area)
        .where(Shop.active, Shop.area.in_(above) | Shop.area.in_(below))
        .order_by(Shop.code)
    )
    return list(prefetch(shops, Till.select().order_by(Till.number)))


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


def shelf(shop_ids: Sequence[int], *, q: str = "", hidden: bool = False) -> list[Shelved]:
    """List the goods of shops by initials; *hidden*: with those off the list; *q*: part of a name or first initials."""
    query = _shelved().where(Goods.shop.in_(shop_ids))
    if not hidden:
        query = query.where(~Goods.hidden)
    if q:
        query = query.where(Goods.name.contains(q) | Goods.initials.startswith(q.lower()))
    order = (Goods.shop, Goods.hidden, Goods.initials, Goods.id)
    return [Shelved(*row) for row in query.order_by(*order).tuples()]


def by_category(goods: Sequence[Shelved]) -> list[tuple[str, list[Shelved]]]:
    """Group goods by category, food first, as `GOODS_CATEGORIES` lists them."""
    groups = [(word, [one for one in goods if one.category == word]) for word in GOODS_CATEGORIES]
    return [group for group in groups if group[1]]


def goods(goods_id: int) -> Shelved:
    """Return goods with what is on the shelf. Raises `NotFound`."""
    row = _shelved().where(Goods.id == goods_id).tuples().first()
    if row is None:
        raise NotFound()
    return Shelved(*row)


def movements(goods_id: int, limit: int = 20) -> list[Moved]:
    """List the newest stock movements of goods."""
    row = StockMovement
    query: Any = (
        row.select(row.kind, row.change, row.on_hand_after, row.note, Person.name, row.recorded_at)
        .join(Person, on=(Person.id == row.actor_id))
        .where(row.goods == goods_id)
    )
    return [Moved(*found) for found in query.order_by(row.id.desc()).limit(limit).tuples()]


def prices(goods_id: int, limit: int = 20) -> list[Priced]:
    """List the prices of goods, newest first."""
    query: Any = GoodsPrice.select(GoodsPrice.price, GoodsPrice.since, Person.name).join(Person)
    found = query.where(GoodsPrice.goods == goods_id).order_by(GoodsPrice.id.desc()).limit(limit)
    return [Priced(*row) for row in found.tuples()]


def _shelved() -> Any:
    columns = (Goods.name, Goods.initials, Goods.unit, Goods.category, Goods.price, Goods.hidden, Stock.on_hand)
    return Goods.select(Goods.id, Goods.shop, *columns).join(Stock)
