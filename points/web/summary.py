"""The summary 汇总 of a county, township or village: a month or a year, by place or month and by item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import access
from points.calendar import local_date
from points.errors import N_, NotFound
from points.models.areas import Area
from points.queries import areas
from points.queries import summary as reads
from points.queries.summary import Flow, Period
from points.web.edge import now
from points.web.session import me
from points.web.settlements import month_name
from points.web.text import gettext as _

blueprint = Blueprint("summary", __name__)
HEADS = {
    "opening": N_("期初"),
    "awarded": N_("发放"),
    "taken": N_("收回"),
    "brought": N_("旧账"),
    "moved": N_("迁移"),
    "redeemed": N_("兑换"),
    "undone": N_("撤销兑换"),
    "expired": N_("过期"),
    "closing": N_("期末"),
}
ALWAYS = ("opening", "awarded", "redeemed", "closing")


class Summary(NamedTuple):
    """What the page of an area says: its rows are places, or the months of a village's year."""

    area: Area
    period: Period
    flows: list[Flow]
    total: Flow

    @property
    def by_month(self) -> bool:
        """Tell whether the rows are months."""
        return self.area.kind == "village"

    @property
    def heads(self) -> dict[str, str]:
        """Return the headings of the figures that say something, by their names."""
        return {name: _(words) for name, words in HEADS.items() if name in ALWAYS or self._any(name)}

    def _any(self, name: str) -> bool:
        return any(getattr(flow, name) for flow in self.flows)


@blueprint.get("/areas/<int:area_id>/summary")
@login_required
def show(area_id: int) -> ResponseReturnValue:
    found = read(area_id, request.args)
    if found.by_month:
        g.village_id = area_id
    return render_template(
        "summary/show.html",
        found=found,
        name=period_name(found.period),
        path=areas.path(me(), area_id),
        items=reads.items(area_id, found.period),
        ahead=found.period.after.first <= this().first,
        this_month=this(),
    )


def read(area_id: int, given: Mapping[str, str]) -> Summary:
    """Read the summary of the period asked for, this month where none is. Raises `NotFound` or `NotAllowed`."""
    access.require(me(), *reads.READERS, area_id=area_id)
    area = access.area(area_id)
    if area.kind not in reads.KINDS:
        raise NotFound()
    period = reads.period(given.get("period", ""), local_date(now()))
    if area.kind == "village":
        return Summary(area, period, reads.by_month(area_id, period.year), reads.whole(area_id, period))
    flows = reads.below(area_id, period)
    return Summary(area, period, flows, reads.total(flows))


def period_name(period: Period) -> str:
    """Write a period as ``2026年11月`` or ``2026年``."""
    return _("%(year)s年", year=period.name) if period.is_year else month_name(period.name)


def this() -> Period:
    """Return this month."""
    return reads.period("", local_date(now()))
