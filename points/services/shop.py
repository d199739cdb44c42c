"""Shops 超市 and their tills: opened by the committee or an administrator over the area that the shop serves."""

from __future__ import annotations

import re
from datetime import datetime

from peewee import IntegrityError, fn

from points import access, ledger
from points.errors import BadShopCode, ClashingName, Missing, NotFound
from points.keys import verb
from points.models.ledger import AccountType
from points.models.people import Person
from points.models.shop import Shop, Till


@verb("shop.open_shop")
def open_shop(*, key: str, actor: Person, now: datetime, area_id: int, code: str, name: str, hours: str) -> int:
    """Open a shop that serves an area and all below it, with its account; return its id.

    *code* begins its receipt numbers: 1 to 8 letters or digits. Raises `BadShopCode`, `ClashingName`, `Missing`.
    """
    access.require(actor, "committee", "admin", area_id=area_id)
    code, name = code.strip().upper(), name.strip()
    if not re.fullmatch(r"[A-Z0-9]{1,8}", code):
        raise BadShopCode()
    if not name:
        raise Missing(what="店名")
    try:
        shop = Shop.create(area=area_id, code=code, name=name, hours=hours.strip())
    except IntegrityError:
        raise ClashingName(name=code) from None
    ledger.open_account(AccountType.SHOP, shop.id)
    return int(shop.id)


@verb("shop.open_till")
def open_till(*, key: str, actor: Person, now: datetime, shop_id: int) -> int:
    """Open the shop's next till; return its id."""
    shop = Shop.get_or_none(Shop.id == shop_id)
    if shop is None:
        raise NotFound()
    access.require(actor, "committee", "admin", area_id=shop.area_id)
    Shop.update(active=Shop.active).where(Shop.id == shop_id).execute()  # two who open tills at once take turns
    last = Till.select(fn.COALESCE(fn.MAX(Till.number), 0)).where(Till.shop == shop).scalar()
    return int(Till.create(shop=shop, number=last + 1).id)
