"""The statement of a settlement, to be signed by both sides; with ``detail``, every receipt on it."""

from __future__ import annotations

from collections.abc import Mapping

from points import access
from points.capitals import capitals
from points.models.fund import Settlement
from points.queries import settlements as reads
from points.services.paper import Facts
from points.web.edge import grouped, local_day, local_time, short_day, yuan
from points.web.papers import Sheet
from points.web.session import me
from points.web.settlements import month_name
from points.web.text import gettext as _


def build(settlement_id: int, given: Mapping[str, str]) -> Sheet:
    """Build the statement for those who see the settlement: the village's staff, and the shop's clerks."""
    one = reads.settlement(settlement_id)
    if not access.holds(me(), ["clerk"], one.shop.area_id):
        access.require(me(), *(kind for kind in reads.READERS if kind != "clerk"), area_id=one.village_id)
    month = month_name(one.month)
    names = {"village": one.village.name, "shop": one.shop.name, "code": one.shop.code, "month": month, "id": one.id}
    total = (one.receipts, one.points, one.undone, one.undone_points)
    detail = reads.all_items(settlement_id) if given.get("detail") else ()
    return Sheet(
        template="settlement",
        title=_("%(village)s与%(shop)s结算单 %(id)s", **names),
        area_id=one.village_id,
        data={
            "title": _("积分兑换结算单"),
            "between": _("%(village)s与%(shop)s（店号 %(code)s），结到 %(month)s底，单号 %(id)s。", **names),
            "dropped": _("这一张已作废。") if one.state == "dropped" else "",
            "worths": [
                [yuan(row.worth_fen), *map(grouped, _counts(row)), yuan(row.fen)]
                for row in reads.by_worth(settlement_id)
            ],
            "total": [_("合计"), *map(grouped, total), yuan(one.fen)],
            "due": _("应付人民币 %(yuan)s 元，大写：%(words)s。", yuan=yuan(one.fen), words=capitals(one.fen)),
            "undone": [
                [row.number, short_day(row.recorded_at), short_day(row.undone_at), grouped(row.points), row.reason]
                for row in reads.undone(settlement_id)
            ],
            "signs": _signs(one),
            "items": [
                [
                    row.number,
                    local_time(row.undone_at if row.undone else row.recorded_at),
                    row.household,
                    grouped(-row.points if row.undone else row.points),
                    yuan(row.worth_fen),
                    yuan(row.fen),
                ]
                for row in detail
            ],
        },
    )


def facts(settlement_id: int) -> Facts:
    """Tell between whom it is, for which month, how many receipts it holds, what is due, and how it stands."""
    one = reads.settlement(settlement_id)
    return [
        (_("单号"), one.id),
        (_("商店"), one.shop.name),
        (_("结到"), month_name(one.month)),
        (_("凭证（张）"), one.receipts),
        (_("撤销（张）"), one.undone),
        (_("应付（元）"), yuan(one.fen)),
        (_("状态"), _state(one)),
    ]


def _counts(row: reads.Worth) -> tuple[int, int, int, int]:
    return row.receipts, row.points, row.undone, row.undone_points


def _signs(one: Settlement) -> list[list[str]]:
    signs = [
        [_("店方（签字）"), one.shop_signed_by.name if one.shop_signed_at else ""],
        [_("村里（签字）"), one.village_signed_by.name if one.village_signed_at else ""],
        [_("日期"), local_day(one.shop_signed_at)],
        [_("日期"), local_day(one.village_signed_at)],
    ]
    if one.paid_at:
        signs += [[_("付款日期"), local_day(one.payment.day)], [_("凭据"), one.payment.voucher]]
    return signs


def _state(one: Settlement) -> str:
    words = {
        "drawn": _("未付款"),
        "paid": _("已付款"),
        "closed": _("已结清"),
        "dropped": _("已作废"),
    }
    return words[one.state]
