"""The red board 红榜 of a village and a period; names as each household wishes."""

from __future__ import annotations

from collections.abc import Mapping

from points import access
from points.errors import NothingOnSheet
from points.queries import boards, notices
from points.queries.boards import Period
from points.services.paper import Facts
from points.web.boards import period_name
from points.web.edge import now
from points.web.papers import Sheet, page_code, size
from points.web.text import gettext as _


def build(village_id: int, given: Mapping[str, str]) -> Sheet:
    """Build the board of the period asked for, or of the newest: it is public."""
    village = access.village(village_id)
    counts = dict(boards.periods(village_id))
    asked = given.get("period", "")
    period = boards.period(asked) if asked else next(iter(counts), None)
    if period not in counts:
        raise NothingOnSheet()
    rows = boards.commended(village_id, period, now=now())
    with_points = notices.setting(village_id).board_points and any(row.points for row in rows)
    return Sheet(
        template="board",
        title=_("%(village)s%(period)s红榜", village=village.name, period=period_name(period)),
        area_id=village_id,
        data={
            "size": size(given),
            "place": village.name,
            "period": period_name(period),
            "web": _("扫码看红榜"),
            "points": with_points,
            "rows": [[row.lane, row.number, row.name, row.deed, *([row.points or ""] * with_points)] for row in rows],
            "note": _("评议会表扬，按街巷和户号排列，不分先后。姓名按各户自己的意愿写。"),
        },
        pictures=page_code("boards.red", village_id=village_id, period=period.word),
        facts=[_fact(period, counts[period])],
    )


def facts(village_id: int) -> Facts:
    """Tell how many households each period's board shows."""
    return [_fact(period, count) for period, count in boards.periods(village_id)]


def _fact(period: Period, count: int) -> tuple[str, str]:
    return period_name(period), _("表扬 %(n)s 户", n=count)
