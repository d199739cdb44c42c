"""The meeting packet on paper: the period's figures, what waits now, and lines for what the meeting decides."""

from __future__ import annotations

from collections.abc import Mapping

from points import cover
from points.queries import fund
from points.services.paper import Facts
from points.web import packet
from points.web.edge import yuan
from points.web.papers import Sheet
from points.web.text import gettext as _


def build(village_id: int, given: Mapping[str, str]) -> Sheet:
    """Build the packet of the period asked for, for those who may open its page."""
    village, found = packet.read(village_id, given)
    name = packet.period_name(found.period)
    most = max(found.cover.owed_fen, found.cover.behind_fen, 1)
    sections = packet.sections(village_id, found)
    return Sheet(
        template="packet",
        title=_("%(village)s会议材料（%(period)s）", village=village.name, period=name),
        area_id=village_id,
        data={
            "title": _("%(village)s会议材料", village=village.name),
            "period": name,
            "quiet": _("这一期没有新的记录、入账、兑换和收支。") if found.quiet else "",
            "items": packet.items(found),
            "gauge": {
                "owed": max(1000 * found.cover.owed_fen // most, 0),
                "behind": 1000 * found.cover.behind_fen // most,
            },
            "sections": [
                {
                    "title": section.title,
                    "gauge": section.title == _("积分"),
                    "figures": [[figure.words, figure.value] for figure in section.figures],
                }
                for section in sections
            ],
        },
    )


def facts(village_id: int) -> Facts:
    """Tell what anyone may read of the village: the points outstanding, what one is worth, and the fund."""
    now = cover.of(village_id)
    return [
        (_("各户手里的积分"), now.held),
        (_("一分值（元）"), yuan(now.worth_fen)),
        (_("基金结余（元）"), yuan(fund.balance(village_id))),
    ]
