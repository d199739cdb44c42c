"""The list of what lapses at year's end: one sheet or more for each lane, and how to spend it before."""

from __future__ import annotations

from collections.abc import Mapping

from points import access
from points.errors import NotFound, NothingOnSheet
from points.models.expiry import Expiry
from points.queries import expiry as reads
from points.queries import lanes as places
from points.queries import notices, shop
from points.services.paper import Facts
from points.web import hours
from points.web.edge import grouped, local_day, now
from points.web.papers import Sheet, given_int, page_code, size
from points.web.session import me
from points.web.text import gettext as _


def build(expiry_id: int, given: Mapping[str, str]) -> Sheet:
    """Build the sheets of all lanes, or of ``lane``: public within the warning, for those who work on it before."""
    found = reads.expiry(expiry_id)
    if found.state in ("dropped", "passed"):
        raise NotFound()
    if not reads.is_public(found, now()):
        access.require(me(), *reads.READERS, area_id=found.village_id)
    sheets = reads.sheets(found, named=reads.is_named(found, now()), lane_id=given_int(given, "lane") or None)
    if not sheets:
        raise NothingOnSheet()
    labels = places.labels(found.village_id)
    waiting = found.state == "waiting"
    day = local_day(reads.last_day(found))
    return Sheet(
        template="expiry",
        title=_("%(village)s%(year)s年积分到期清单", village=found.village.name, year=found.year),
        area_id=found.village_id,
        data={
            "size": size(given),
            "head": _("将到期") if waiting else _("已到期"),
            "span": _("到%(day)s 24 时还没用的，到期", day=day)
            if waiting
            else _("到%(day)s 24 时没用的，已到期", day=day),
            "rule": _rule(found),
            "web": _("扫码看现在还剩多少"),
            "lanes": [
                {"name": labels[lines[0].lane_id], "rows": [_row(line, waiting) for line in lines]} for lines in sheets
            ],
            "sums": _sums(found),
            "spending": list(_spending(found.village_id)) if waiting else [],
            "objecting": _(
                "觉得哪一户算得不对，请在到期前向“%(who)s”提出，3 天内答复；没答复之前，那一户不到期。",
                who=notices.setting(found.village_id).objection_contact or _("村委会"),
            ),
        },
        pictures=page_code("expiry.show", expiry_id=expiry_id),
    )


def facts(expiry_id: int) -> Facts:
    """Tell the day, what lapses or lapsed in all, and how far it is."""
    found = reads.expiry(expiry_id)
    states = {
        "waiting": _("还没到期"),
        "posted": _("已到期"),
        "passed": _("没有张贴，没有到期"),
        "dropped": _("已停用，没有到期"),
    }
    return [
        (_("哪一天到期"), local_day(reads.last_day(found))),
        (_("全村合计"), _extent(found)),
        (_("办到哪一步"), states[found.state]),
    ]


def _rule(found: Expiry) -> str:
    if found.rule.years:
        return _("规定：当年得的分，第二年年底还没用的，到期（%(minutes)s）", minutes=found.rule.minutes)
    return _("规定：到年底还没用的分，当年的和更早的都到期（%(minutes)s）", minutes=found.rule.minutes)


def _extent(found: Expiry) -> str:
    households, points = reads.totals(found)
    return _("%(n)s 户，%(points)s 分", n=grouped(households), points=grouped(points))


def _sums(found: Expiry) -> str:
    households, points = map(grouped, reads.totals(found))
    if found.state == "waiting":
        return _("全村现在 %(n)s 户共 %(points)s 分将到期；用掉多少就少多少。", n=households, points=points)
    return _("全村 %(n)s 户共 %(points)s 分已到期。", n=households, points=points)


def _spending(village_id: int) -> list[str]:
    """Say where points are spent and when it is open."""
    shops = shop.of_village(village_id)
    told = hours.told(shops, now())
    return [_("到%(shop)s换东西：%(hours)s", shop=one.name, hours=told[one.id].week) for one in shops]


def _row(line: reads.PublicLine, waiting: bool) -> list[str | int]:
    said = ""
    if line.state == "spared":
        said = _("异议成立，今年不到期")
    elif line.state == "disputed":
        said = _("有异议，待答复")
    elif line.held:
        said = (
            _("其中 %(n)s 分在预约里", n=grouped(line.held))
            if waiting
            else _("另有 %(n)s 分在预约里", n=grouped(line.held))
        )
    return [line.number, line.name, grouped(line.points), said]
