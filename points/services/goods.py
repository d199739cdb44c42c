"""Goods 商品: what a shop gives for points, at what price, and how much came in.

Never cash, vouchers, tobacco, alcohol or medicine: a name that smells of them is refused here, whoever types it.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from peewee import IntegrityError

from points import access, names, stock
from points.errors import BadPrice, BadQuantity, ClashingName, GoodsForbidden, Missing, NotFound
from points.keys import verb
from points.models.goods import GOODS_CATEGORIES, Goods, GoodsPrice
from points.models.people import Person
from points.models.shop import Shop
from points.models.stock import Stock

HIGHEST_PRICE = 100_000
MOST_RECEIVED = 100_000

_HARMLESS = re.compile(
    "(?<![白红黄啤米药果])酒精(?!饮)|[啤]?酒[杯瓶壶具架]|山药|芍药|药皂|药香皂|除烟|油烟|烟囱|烟筒|烟道|烟灰缸|无烟|禁烟"
)
"""Everyday words that hold a forbidden sign and mean something else; taken out before looking."""

_FORBIDDEN = {
    "烟": re.compile("烟|雪茄|打火机油"),
    "酒": re.compile("酒|茅台|五粮液|二锅头|威士忌|白兰地|伏特加"),
    "药品": re.compile("药|感冒灵|板蓝根|口服液|阿莫西林|布洛芬|阿司匹林|头孢|注射"),
    "现金": re.compile("现金|红包|现钞|人民币|零钱|彩票|刮刮乐"),
    "购物卡券": re.compile(
        "(购物|礼品|礼金|充值|储值|代金|提货|优惠|抵用|抵扣|消费|加油|电话|会员|超市|商场|京东|游戏|美食|点)[卡券]|话费|流量包|代币"
    ),
}


@verb("goods.add_goods")
def add_goods(
    *, key: str, actor: Person, now: datetime, shop_id: int, name: str, unit: str, category: str, price: int
) -> int:
    """Put goods on the shop's list at *price* points, with an empty shelf; return their id.

    Raises `GoodsForbidden`, `ClashingName`, `Missing`, `BadPrice`.
    """
    shop = Shop.get_or_none(Shop.id == shop_id)
    if shop is None:
        raise NotFound()
    access.require(actor, "committee", "clerk", area_id=shop.area_id)
    name, unit = " ".join(name.split()), unit.strip()
    if not name or not unit:
        raise Missing(what="名称和单位")
    if category not in GOODS_CATEGORIES:
        raise NotFound()
    require_allowed(name)
    _require_price(price)
    try:
        goods = Goods.create(
            shop=shop, name=name, initials=names.initials(name), unit=unit, category=category, price=price
        )
    except IntegrityError:
        raise ClashingName(name=name) from None
    GoodsPrice.create(goods=goods, price=price, since=now, set_by=actor)
    Stock.create(goods=goods)
    return int(goods.id)


@verb("goods.change_price")
def change_price(*, key: str, actor: Person, now: datetime, goods_id: int, price: int) -> int:
    """Set the price in points from now on, and keep who did; return the goods' id. Raises `BadPrice`."""
    _goods(actor, goods_id)
    _require_price(price)
    if Goods.update(price=price).where(Goods.id == goods_id, Goods.price != price).execute():
        GoodsPrice.create(goods=goods_id, price=price, since=now, set_by=actor)
    return goods_id


@verb("goods.hide")
def hide(*, key: str, actor: Person, now: datetime, goods_id: int, hidden: bool) -> int:
    """Take goods off the list, or put them back on it; return their id."""
    _goods(actor, goods_id)
    Goods.update(hidden=hidden).where(Goods.id == goods_id).execute()
    return goods_id


@verb("goods.receive")
def receive(*, key: str, actor: Person, now: datetime, goods_id: int, quantity: int, note: str) -> int:
    """Put *quantity* received pieces on the shelf; return the goods' id. Raises `BadQuantity`."""
    _goods(actor, goods_id)
    if not 0 < quantity <= MOST_RECEIVED:
        raise BadQuantity(most=MOST_RECEIVED)
    added = stock.add(goods_id, quantity, cost_fen=0)
    stock.remember(
        [added],
        kind="receive",
        cause_type="goods",
        cause_id=goods_id,
        actor_id=actor.id,
        now=now,
        note=note.strip()[:60],
    )
    return goods_id


def require_allowed(name: str) -> None:
    """Raise `GoodsForbidden` when *name* speaks of what points may never buy."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", name) if sign.isalnum())
    plain = _HARMLESS.sub("", plain)
    for what, pattern in _FORBIDDEN.items():
        if pattern.search(plain):
            raise GoodsForbidden(what=what)


def _goods(actor: Person, goods_id: int) -> Goods:
    goods = Goods.select(Goods, Shop).join(Shop).where(Goods.id == goods_id).get_or_none()
    if goods is None:
        raise NotFound()
    access.require(actor, "committee", "clerk", area_id=goods.shop.area_id)
    return goods


def _require_price(price: int) -> None:
    if not 0 < price <= HIGHEST_PRICE:
        raise BadPrice(most=HIGHEST_PRICE)
