"""The meeting packet 会议材料: a village's figures of a week, half a month or a month, on a page and for paper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from points import access
from points.calendar import local_date
from points.errors import N_
from points.judging import ANSWERERS, CHECKERS
from points.models.areas import Area
from points.queries import council, fund, people, settlements, stock
from points.queries import packet as reads
from points.queries.packet import Item, Packet, Period
from points.services import complaint
from points.web.edge import grouped, label, local_day, local_time, now, short_day, yuan
from points.web.frame import url_for
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("packet", __name__)
READERS = ("committee", "council", "supervisor", "admin")
EARLIEST = date(2000, 1, 1)


class Figure(NamedTuple):
    """A figure with its words, and the page where it comes from, for those who may open it."""

    words: str
    value: str
    url: str | None = None


class Section(NamedTuple):
    """What the packet says about one matter."""

    title: str
    figures: list[Figure]


@blueprint.get("/villages/<int:village_id>/packet")
@login_required
def show(village_id: int) -> ResponseReturnValue:
    village, found = read(village_id, request.args)
    return render_template(
        "packet/show.html",
        village=village,
        packet=found,
        name=period_name(found.period),
        items=items(found),
        sections=sections(village_id, found),
        kinds=[(kind, _(KIND_WORDS[kind])) for kind in reads.KINDS],
        ahead=found.period.last < local_date(now()),
    )


def read(village_id: int, given: Mapping[str, str]) -> tuple[Area, Packet]:
    """Read the packet of the period asked for, today's where none is. Raises `NotFound` or `NotAllowed`."""
    access.require(me(), *READERS, area_id=village_id)
    village = access.village(village_id)
    try:
        day = max(min(date.fromisoformat(given.get("from", "")), local_date(now())), EARLIEST)
    except ValueError:
        day = local_date(now())
    period = reads.period(given.get("period", ""), day)
    return village, reads.packet(village_id, period, now=now())


def period_name(period: Period) -> str:
    """Write a period as ``2026年11月16日至22日``, ``2026年11月上半月`` or ``2026年11月``."""
    first, last = period.first, period.last
    month = {"year": first.year, "month": first.month}
    if period.kind == "month":
        return _("%(year)s年%(month)s月", **month)
    if period.kind == "half":
        return (
            _("%(year)s年%(month)s月上半月", **month) if first.day == 1 else _("%(year)s年%(month)s月下半月", **month)
        )
    ends = short_day(last) if last.year == first.year else local_day(last)
    return _("%(first)s至%(last)s", first=local_day(first), last=ends)


KIND_WORDS = {"week": N_("按周"), "half": N_("按半月"), "month": N_("按月")}


def items(packet: Packet) -> list[list[str]]:
    """Return the rows of what was recorded, by item."""
    return [[_item(one), *map(grouped, _figures(one))] for one in packet.items]


def _item(one: Item) -> str:
    return _("%(item)s（扣文明分）", item=one.name) if one.effect == "civility" else one.name


def _figures(one: Item) -> tuple[int, ...]:
    return one.lines, one.households, one.points, one.posted, one.refused, one.struck


def sections(village_id: int, packet: Packet) -> list[Section]:
    """Put the packet into words, matter by matter."""
    return [
        Section(_("这一期办成的"), _done(village_id, packet)),
        Section(_("等着办的（到现在）"), _waiting(village_id, packet)),
        Section(_("欠着的（到现在）"), _owed(village_id, packet)),
        Section(_("积分"), _points(village_id, packet)),
        Section(_("这一期的兑换"), _redeemed(village_id, packet)),
        Section(_("库存（到现在）"), _stock(packet)),
        Section(_("基金"), _fund(village_id, packet)),
    ]


def _done(village_id: int, packet: Packet) -> list[Figure]:
    n = packet.counts
    notices = _to("notices.index", ("committee", "supervisor", "admin"), village_id=village_id)
    posted = {
        "n": grouped(n["awards"]),
        "households": grouped(n["awarded_households"]),
        "points": grouped(n["awarded"]),
    }
    found = [
        Figure(_("入账"), _("%(n)s 笔，%(households)s 户，%(points)s 分", **posted), notices),
        Figure(_("结束的公示"), _("%(n)s 期", n=n["notices"]), notices),
        Figure(
            _("开评议会"), _("%(n)s 次", n=n["sittings"]), _to("council.sittings", council.READERS, **_v(village_id))
        ),
        Figure(_("更正"), _("%(n)s 条，收回 %(points)s 分", n=n["corrections"], points=grouped(n["taken"])), notices),
    ]
    if n["brought"]:
        found.append(Figure(_("期初和调整转入"), _("%(n)s 分", n=grouped(n["brought"]))))
    return found


def _waiting(village_id: int, packet: Packet) -> list[Figure]:
    n, v = packet.counts, _v(village_id)
    notices = _to("notices.index", ("committee", "supervisor", "admin"), **v)
    objections = _to("notices.objections", (*ANSWERERS, "admin"))
    stores = [_to("stocktakes.index", stock.READERS, shop_id=shelf.shop_id) for shelf in packet.shelves]
    found = [
        Figure(_("待初审"), _("%(n)s 条", n=grouped(n["to_check"])), _to("review.check", CHECKERS)),
        Figure(_("待评议"), _("%(n)s 条", n=grouped(n["to_decide"])), _to("review.decide", ("council", "supervisor"))),
        Figure(_("通过了，还没有公示"), _("%(n)s 条", n=grouped(n["to_publish"])), notices),
        Figure(_("公示单等张贴"), _("%(n)s 期", n=n["to_hang"]), notices),
    ]
    found += [
        Figure(
            _("公示中：第 %(n)s 期", n=one.number),
            _(
                "%(lines)s 条，%(end)s结束，%(n)s 条有异议",
                lines=one.lines,
                end=local_time(one.closes_at),
                n=one.disputed,
            ),
            url_for("notices.show", notice_id=one.id),
        )
        for one in packet.hanging
    ]
    found.append(
        Figure(_("异议没有答复"), _("%(n)s 条，过期 %(late)s 条", n=n["objections"], late=n["overdue"]), objections)
    )
    found += [
        Figure(
            _("异议：%(number)s 户，%(item)s", number=one.household, item=one.item),
            _("%(when)s前答复", when=local_time(one.due_at)),
            _to("notices.answer", (*ANSWERERS, "admin"), objection_id=one.id),
        )
        for one in packet.disputed
    ]
    return [
        *found,
        Figure(_("提案等表决"), _("%(n)s 件", n=n["motions"]), _to("council.motions", council.READERS, **v)),
        Figure(_("投诉建议没有答复"), _("%(n)s 件", n=n["complaints"]), _to("complaints.index", complaint.READERS)),
        Figure(_("卡等发放"), _("%(n)s 张", n=n["cards"]), _to("cards.waiting", ("steward", "committee"), **v)),
        Figure(_("盘点等批准"), _("%(n)s 次", n=n["stocktakes"]), next(iter(stores), None)),
        Figure(_("结算单等签字"), _("%(n)s 张", n=n["to_sign"]), _to("settlements.index", _SETTLES, **v)),
    ]


_SETTLES = tuple(kind for kind in settlements.READERS if kind != "clerk")


def _owed(village_id: int, packet: Packet) -> list[Figure]:
    n, v = packet.counts, _v(village_id)
    owing = {"n": n["owing"], "points": grouped(n["owed"])}
    unpaid = {"n": n["unpaid"], "yuan": yuan(n["unpaid_fen"])}
    set_aside = {"n": len(packet.commitments), "yuan": yuan(sum(one.left_fen for one in packet.commitments))}
    return [
        Figure(_("欠分的户"), _("%(n)s 户，共 %(points)s 分", **owing), _to("households.index", people.READERS, **v)),
        Figure(_("结算单没有付款"), _("%(n)s 张，%(yuan)s 元", **unpaid), _to("settlements.index", _SETTLES, **v)),
        Figure(_("基金里预留的"), _("%(n)s 项，还剩 %(yuan)s 元", **set_aside), _to("fund.index", fund.READERS, **v)),
    ]


def _points(village_id: int, packet: Packet) -> list[Figure]:
    n, cover = packet.counts, packet.cover
    gauge = _to("fund.cover", fund.READERS, **_v(village_id))
    percent = _("没有基金和存货") if cover.percent is None else f"{cover.percent}%"
    return [
        Figure(_("这一期发出"), _("%(n)s 分", n=grouped(n["awarded"]))),
        Figure(_("这一期兑掉"), _("%(n)s 分", n=grouped(n["spent"] - n["returned"]))),
        Figure(_("现在各户手里"), _("%(n)s 分", n=grouped(cover.held)), gauge),
        Figure(_("已通过、还没有入账"), _("%(n)s 分", n=grouped(cover.promised)), gauge),
        Figure(_("要兑付的共值"), _("%(yuan)s 元", yuan=yuan(cover.owed_fen)), gauge),
        Figure(_("基金和存货共"), _("%(yuan)s 元", yuan=yuan(cover.behind_fen)), gauge),
        Figure(_("要兑付的占基金和存货"), percent, gauge),
    ]


def _redeemed(village_id: int, packet: Packet) -> list[Figure]:
    n = packet.counts
    shops = _to("shops.index", ("committee", "admin"), **_v(village_id))
    back = {"n": grouped(n["undone"]), "points": grouped(n["returned"])}
    found = [
        Figure(_("兑换"), _("%(n)s 次，%(points)s 分", n=grouped(n["redeemed"]), points=grouped(n["spent"])), shops),
        Figure(_("其中没有验密码"), _("%(n)s 次", n=grouped(n["unproved"])), shops),
        Figure(_("其中代领"), _("%(n)s 次", n=grouped(n["by_proxy"])), shops),
        Figure(_("撤销"), _("%(n)s 次，退回 %(points)s 分", **back), shops),
        Figure(_("柜台拒绝"), _("%(n)s 次", n=grouped(n["denied"])), shops),
    ]
    if n["cash_fen"]:
        found.append(Figure(_("现金补的"), _("%(yuan)s 元", yuan=yuan(n["cash_fen"])), shops))
    return found


def _stock(packet: Packet) -> list[Figure]:
    found = []
    for shelf in packet.shelves:
        low, near = (
            _to("stockroom.index", stock.READERS, shop_id=shelf.shop_id, show=show) for show in ("low", "near")
        )
        lost = {"n": shelf.lost, "yuan": yuan(shelf.lost_fen)}
        losses = _to("stockroom.losses", stock.READERS, shop_id=shelf.shop_id)
        found += [
            Figure(_("%(shop)s：存货", shop=shelf.name), _("%(yuan)s 元", yuan=yuan(shelf.worth_fen)), low),
            Figure(_("快没了的"), _("%(n)s 种", n=shelf.low), low),
            Figure(_("快到期、已过期"), _("%(near)s 批、%(expired)s 批", near=shelf.near, expired=shelf.expired), near),
            Figure(_("这一期报损"), _("%(n)s 件，%(yuan)s 元", **lost), losses),
        ]
    for one in packet.scarce:
        left = {"n": one.available, "unit": one.unit, "days": one.days}
        words = _("剩 %(n)s %(unit)s", **left) if one.days is None else _("剩 %(n)s %(unit)s，够 %(days)s 天", **left)
        found.append(Figure(one.name, words, _to("stockroom.movements", stock.READERS, goods_id=one.goods_id)))
    return found or [Figure(_("本村自己的店"), _("没有"))]


def _fund(village_id: int, packet: Packet) -> list[Figure]:
    entries = _to("fund.index", fund.READERS, **_v(village_id))
    spent = {"settlement": _("付结算"), "other": _("其他支出")}
    moved = [
        *((_("收入：%(what)s", what=label(name)), fen) for name, fen in packet.income.items()),
        *((_("支出：%(what)s", what=spent[name]), fen) for name, fen in sorted(packet.spent.items()) if fen),
    ]
    return [
        *(Figure(words, _("%(yuan)s 元", yuan=yuan(fen)), entries) for words, fen in moved),
        *([] if moved else [Figure(_("这一期的收支"), _("没有"), entries)]),
        Figure(_("现在可用"), _("%(yuan)s 元", yuan=yuan(packet.free_fen)), entries),
        Figure(_("现在预留"), _("%(yuan)s 元", yuan=yuan(packet.committed_fen)), entries),
    ]


def _to(endpoint: str, kinds: tuple[str, ...], **values: Any) -> str | None:
    """Return the address of a page for those whose roles open it."""
    return url_for(endpoint, **values) if current_user.is_any(*kinds) else None


def _v(village_id: int) -> dict[str, int]:
    return {"village_id": village_id}
