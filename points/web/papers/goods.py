"""The list of a shop's goods with their prices in points and their pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import get_template_attribute
from markupsafe import Markup

from points import access, pdf, photos
from points.calendar import local_date
from points.errors import NotFound, NothingOnSheet
from points.models.goods import Goods
from points.models.photos import PhotoBody
from points.queries import shop
from points.queries.shop import Shelved
from points.services.paper import Facts
from points.web.edge import local_day, now
from points.web.papers import Sheet, page_code, size
from points.web.text import gettext as _

MOST = 2000
"""So many goods stand on one list."""
MOST_PICTURES = 200
"""So many of them with a picture: each has to be read and drawn small."""
SIDE = 200  # pixels of a picture's longer side


def build(shop_id: int, given: Mapping[str, str]) -> Sheet:
    """Build the list of what an open shop gives now or soon: it is public."""
    found = shop.shop(shop_id)
    if not found.active:
        raise NotFound()
    goods = _offered(shop_id)
    if not goods:
        raise NothingOnSheet()
    groups = shop.by_category(goods)
    pictures = _pictures([one for _category, inside in groups for one in inside])
    more = sum(one.photo_id is not None for one in goods) > len(pictures)
    return Sheet(
        template="goods",
        title=_("%(shop)s商品和价目", shop=found.name),
        area_id=found.area_id,
        data={
            "size": size(given),
            "day": _("%(day)s的价，以店里当天的为准", day=local_day(now())),
            "web": _("扫码看店里有什么"),
            "pictures": bool(pictures),
            "groups": [
                {"name": category, "goods": [_told(one, pictures) for one in inside]} for category, inside in groups
            ],
            "notes": [
                _("积分只换东西，不能换钱。没有您想要的，告诉店员或扫码写下来。"),
                *([_("商品多，只印了前 %(n)s 样的图。", n=len(pictures))] if more else []),
                *([_("商品多，只印了前 %(n)s 样。", n=MOST)] if len(goods) == MOST else []),
            ],
        },
        pictures={**_page(found), **pictures},
    )


def facts(shop_id: int) -> Facts:
    """Tell how many goods a shop offers, and what one of each costs together."""
    goods = _offered(shop_id)
    return [(_("几样商品"), len(goods)), (_("每样一件，一共几分"), sum(one.price for one in goods))]


def _offered(shop_id: int) -> list[Shelved]:
    today = local_date(now())
    listed = shop.listed(shop_id, today=today, most=MOST).goods
    return [one for one in listed if not one.hidden and (one.valid_to is None or today <= one.valid_to)]


def _told(one: Shelved, pictures: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "name": one.name,
        "initial": one.name[0],
        "price": one.price,
        "unit": one.unit,
        "gone": one.available <= 0,
        "notes": [said for macro in ("limits", "days") if (said := _said(macro, one))],
        "picture": _file(one) if _file(one) in pictures else None,
    }


def _said(macro: str, one: Shelved) -> str:
    """Say what the page with the goods says of them."""
    words: Any = get_template_attribute("goods/_parts.html", macro)(one)
    return Markup(words).unescape().strip()


def _pictures(goods: Iterable[Shelved]) -> dict[str, bytes]:
    """Draw the pictures of the first goods that have one, small."""
    with_one = {one.id: one for one in goods if one.photo_id is not None}
    ids = list(with_one)[:MOST_PICTURES]
    bodies: Any = PhotoBody.select(Goods.id, PhotoBody.body).join(Goods, on=(Goods.photo == PhotoBody.photo))
    found = bodies.where(Goods.id.in_(ids)).tuples().iterator()
    small = {id_: photos.redraw(bytes(body), longest=SIDE) for id_, body in found}
    return {_file(with_one[id_]): pdf.photo(one.body, one.width, one.height) for id_, one in small.items()}


def _file(one: Shelved) -> str:
    return f"goods-{one.id}.svg"


def _page(found: Any) -> dict[str, bytes]:
    try:
        return page_code("public.goods", village_id=access.village_of(found.area_id), shop=found.id)
    except NotFound:  # a shop or van that serves many villages
        return page_code("public.front")
