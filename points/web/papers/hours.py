"""When the shops of a village are open, and when the van comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from points import access
from points.calendar import local_date
from points.errors import NothingOnSheet
from points.models.shop import Shop
from points.queries import hours as reads
from points.queries import shop
from points.queries.hours import Hours
from points.services.paper import Facts
from points.web import hours
from points.web.edge import local_day, now
from points.web.papers import Sheet, page_code, size
from points.web.text import gettext as _


def build(village_id: int, given: Mapping[str, str]) -> Sheet:
    """Build the poster of all shops that serve a village: it is public."""
    village = access.village(village_id)
    shops, found = _shops(village_id)
    if not shops:
        raise NothingOnSheet()
    visits = reads.visits(village_id, local_date(now()))
    return Sheet(
        template="hours",
        title=_("%(village)s积分兑换超市营业时间", village=village.name),
        area_id=village_id,
        data={
            "size": size(given),
            "day": _("日期的安排写到%(day)s", day=local_day(reads.days_from(local_date(now()))[-1])),
            "web": _("扫码看今天开不开门"),
            "shops": [_told(one, found[one.id]) for one in shops],
            "visits": [
                [hours.full_day(one.day), hours.span_words(one.span), hours.where(one.span), one.shop] for one in visits
            ],
            "note": _("带卡来，忘了带卡记得卡号和密码也行。家里人、写明的代领人都可以来领。"),
        },
        pictures=page_code("public.village", village_id=village_id),
    )


def facts(village_id: int) -> Facts:
    """Tell the week of each shop."""
    shops, found = _shops(village_id)
    return [(one.name, hours.tell(one, found[one.id], now()).week) for one in shops]


def _shops(village_id: int) -> tuple[list[Shop], dict[int, Hours]]:
    shops = shop.of_village(village_id)
    return shops, reads.of_shops(shops, local_date(now()))


def _told(one: Shop, found: Hours) -> dict[str, Any]:
    told = hours.tell(one, found, now())
    return {
        "name": one.name,
        "week": hours.rows(found) if found.week else [],
        "told": told.week,
        "note": told.note,
        "days": [] if one.van else [row for day, spans in found.days.items() for row in _day(day, spans)],
    }


def _day(day: Any, spans: Any) -> list[list[str]]:
    """Write a day unlike others: closed, or its times with their place."""
    if not spans:
        return [[hours.full_day(day), _("休息"), ""]]
    return [
        [hours.full_day(day), hours.span_words(span), hours.where(span) or span.place or _("店里")] for span in spans
    ]
