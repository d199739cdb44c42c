"""Lists of what moved in a month or a year: by place or month, and by item."""

from __future__ import annotations

from flask import request

from points.queries import summary as reads
from points.web.lists import Listing, of
from points.web.summary import HEADS, period_name, read
from points.web.text import gettext as _


@of("summary.show")
def flows(area_id: int) -> Listing:
    found = read(area_id, request.args)
    name = _("月份") if found.by_month else _("地方")
    return Listing(
        title=_("汇总"),
        area_id=area_id,
        heads="、".join([name, *(_(words) for words in HEADS.values())]),
        rows=([flow.name, *(getattr(flow, figure) for figure in HEADS)] for flow in found.flows),
        asked=period_name(found.period.year if found.by_month else found.period),
    )


@of("summary.items")
def items(area_id: int) -> Listing:
    found = read(area_id, request.args)
    return Listing(
        title=_("按项目汇总"),
        area_id=area_id,
        heads=_("项目、类别、条、发放、收回"),
        rows=(
            [item.name, item.category, item.times, item.awarded, item.taken]
            for item in reads.items(area_id, found.period)
        ),
        asked=period_name(found.period),
    )
