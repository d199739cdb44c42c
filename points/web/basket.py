"""A basket on a page: the goods to choose from, who takes them, and what the form sends.

``goods-<id>`` holds how many, ``price-<id>`` the price shown, ``q`` what was looked for without scripts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import request
from wtforms.fields import SelectChoice

from points.basket import MOST_KINDS, MOST_OF_A_KIND
from points.calendar import local_date
from points.errors import BasketTooLarge
from points.queries import shop
from points.queries.shop import Shelved
from points.web.edge import now, short_day
from points.web.text import gettext as _

MOST_SHOWN = 120
"""A shop with more goods shows those taken most, `MOST_TAKEN` of them, and finds the others."""
MOST_TAKEN = 60
LONGEST = 9  # digits


def chosen() -> list[tuple[int, int, int]]:
    """Read (goods id, quantity, price shown); what stayed at 0 is not chosen. Raises `BasketTooLarge`."""
    basket = []
    try:
        for name, value in request.form.items():
            if name.startswith("goods-") and value.strip() not in ("", "0"):
                id_ = name.removeprefix("goods-")
                basket.append((_whole(id_), _whole(value), _whole(request.form[f"price-{id_}"])))
    except (ValueError, KeyError):
        raise BasketTooLarge(kinds=MOST_KINDS, pieces=MOST_OF_A_KIND) from None
    return basket


def shelf(shop_id: int, first: int = 0) -> dict[str, Any]:
    """Return the goods to choose from in groups, what was chosen before on top; all of a shop that has few.

    *first*: goods of which one is chosen to begin with.
    """
    today = local_date(now())
    counts = {
        int(name[6:]): count.strip()
        for name, count in request.form.items()
        if name.startswith("goods-") and _is_id(name[6:]) and count.strip() not in ("", "0")
    }
    if first and not request.form:
        counts[first] = "1"
    few = shop.popular(shop_id, MOST_SHOWN + 1)
    many = len(few) > MOST_SHOWN
    q = request.form.get("q", "").strip()[:40]
    found = shop.find(shop_id, q) if q else few[:MOST_TAKEN] if many else few
    shown = [one for one in found if one.given_on(today) and one.id not in counts]
    groups: list[tuple[str, list[Shelved]]] = [(_("已选"), shop.chosen(shop_id, counts))] if counts else []
    groups += [(_("常换的"), shown)] if many and not q else shop.by_category(shown)
    listed = [one.id for _title, goods in groups for one in goods]
    return {
        "groups": [group for group in groups if group[1]],
        "counts": counts,
        "many": many,
        "q": q,
        "barcodes": shop.codes_of(listed),
    }


def collectors(members: Sequence[tuple[int, str]], proxies: Sequence[tuple[int, str, date]]) -> list[SelectChoice]:
    """Offer who may take the goods: members by their ids, proxies as ``p<id>``."""
    return [SelectChoice(str(id_), name) for id_, name in members] + [
        SelectChoice(f"p{id_}", _("代领：%(name)s（到%(day)s）", name=name, day=short_day(until)))
        for id_, name, until in proxies
    ]


def collector(chosen: str) -> tuple[int, int]:
    """Read who takes the goods: the id of a member and of a proxy, one of them 0."""
    id_ = chosen.removeprefix("p")
    number = int(id_) if _is_id(id_) else 0
    return (0, number) if chosen.startswith("p") else (number, 0)


def _is_id(text: str) -> bool:
    """Tell whether *text* is a number that any column can hold."""
    return text.isdecimal() and len(text) <= LONGEST


def _whole(text: str) -> int:
    """Return a number that any column can hold. Raises `ValueError`."""
    if len(text) > LONGEST:
        raise ValueError
    return int(text)
