"""A notice of opening balances: one sheet or more for each lane, with the signed total."""

from __future__ import annotations

from collections.abc import Mapping

from points import access
from points.errors import NotFound
from points.models.opening import Opening
from points.queries import lanes as places
from points.queries import notices
from points.queries import opening as reads
from points.services.paper import Facts
from points.web.edge import grouped, local_day, now
from points.web.notices import last_day
from points.web.papers import Sheet, given_int, page_code, size
from points.web.session import me
from points.web.text import gettext as _


def build(opening_id: int, given: Mapping[str, str]) -> Sheet:
    """Build the sheets of all lanes, or of ``lane``: public once it hangs, for those who work on it before."""
    found = reads.opening(opening_id)
    if found.state == "dropped":
        raise NotFound()
    if found.hung_at is None:
        access.require(me(), *reads.READERS, area_id=found.village_id)
    totals = reads.totals(opening_id)
    sheets = reads.sheets(found, named=notices.is_named(found, now()), lane_id=given_int(given, "lane") or None)
    if not sheets:
        raise NotFound()
    labels = places.labels(found.village_id)
    return Sheet(
        template="opening",
        title=_("%(village)s期初积分公示单", village=found.village.name),
        area_id=found.village_id,
        data={
            "size": size(given),
            "source": _("从“%(source)s”转入，%(signers)s签字", source=found.source, signers=found.signers),
            "span": _span(found),
            "web": _("扫码看这份公示，在网上提异议"),
            "lanes": [
                {"name": labels[lines[0].lane_id], "rows": [_row(line) for line in lines]} for _lane, lines in sheets
            ],
            "sums": _(
                "全村签字总数 %(signed)s 分，现在合计 %(now)s 分。",
                signed=grouped(found.points),
                now=grouped(totals.points),
            ),
            "objecting": _(
                "有异议，请在截止前向“%(who)s”提出，3 天内答复；也可在网上提。提出人的名字不公开。",
                who=notices.setting(found.village_id).objection_contact or _("村委会"),
            ),
        },
        pictures=page_code("openings.show", opening_id=opening_id),
    )


def facts(opening_id: int) -> Facts:
    """Tell the signed total, what it comes to now, and how far it is."""
    found, totals = reads.opening(opening_id), reads.totals(opening_id)
    states = {"proposed": _("等张贴"), "hung": _("公示中"), "closed": _("已结束"), "dropped": _("已退回")}
    return [
        (_("签字总数"), _("%(n)s 户，%(points)s 分", n=grouped(found.households), points=grouped(found.points))),
        (_("现在合计"), _("%(n)s 户，%(points)s 分", n=grouped(totals.households), points=grouped(totals.points))),
        (_("办到哪一步"), states[found.state]),
    ]


def _span(found: Opening) -> str:
    if found.hung_at is None:
        return _("张贴日期：______年____月____日，次日起公示 %(n)s 天，假日顺延", n=found.days)
    when = {"from": local_day(found.hung_at), "n": found.days, "to": local_day(last_day(found.closes_at))}
    return _("%(from)s张贴，公示 %(n)s 天，假日顺延，到 %(to)s 24 时止", **when)


def _row(line: reads.PublicLine) -> list[str | int]:
    said = [{"proposed": _("经办人家"), "hung": _("核对人家")}.get(line.hand, "")]
    if line.state == "dropped":
        said.append(_("已取消"))
    elif line.state == "disputed":
        said.append(_("有异议，待答复"))
    elif line.agreed != line.points:
        said.append(_("旧账 %(n)s 分，已改", n=grouped(line.points)))
    points = 0 if line.state == "dropped" else line.agreed
    return [line.position, line.number, line.name, grouped(points), "；".join(filter(None, said))]
