"""Lists of the fund, what is set aside of it, the cover by month, and settlements with shops."""

from __future__ import annotations

from collections.abc import Iterator

from points import access
from points.exporting import Cell, yuan
from points.models.fund import Settlement
from points.queries import fund, settlements
from points.queries.fund import EntryRow
from points.queries.settlements import Item
from points.web.edge import label, now
from points.web.fund import commitment_of
from points.web.lists import Listing, following, of, words
from points.web.session import me
from points.web.settlements import month_name, readable
from points.web.text import gettext as _


@of("fund.index")
def entries(village_id: int) -> Listing:
    _require_reader(village_id)
    return _entries(_("基金收支"), village_id)


@of("fund.commitments")
def commitments(village_id: int) -> Listing:
    """What is set aside and not used up, on the same page."""
    _require_reader(village_id)
    return Listing(
        title=_("预留"),
        area_id=village_id,
        heads=_("用途、日期、预留（元）、还剩（元）"),
        rows=([one.purpose, one.day, yuan(one.fen), yuan(one.left_fen)] for one in fund.commitments(village_id)),
    )


@of("fund.commitment")
def commitment(commitment_id: int) -> Listing:
    entry = commitment_of(commitment_id, *fund.READERS)
    return _entries(_("预留的经过"), entry.village_id, commitment_id)


def _require_reader(village_id: int) -> None:
    access.require(me(), *fund.READERS, area_id=village_id)
    access.village(village_id)


def _entries(title: str, village_id: int, commitment_id: int | None = None) -> Listing:
    def row(one: EntryRow) -> list[Cell]:
        ours = ("fund", "committed")
        sign = -1 if one.target not in ours else 1
        state = _("冲销") if one.answers else _("已冲销") if one.cancelled else ""
        places = [label(one.source), label(one.target)]
        return [
            one.id,
            one.day,
            *places,
            yuan(sign * one.fen),
            one.voucher,
            one.note,
            one.recorder,
            one.recorded_at,
            state,
        ]

    return Listing(
        title=title,
        area_id=village_id,
        heads=_("编号、日期、从哪里、到哪里、金额（元）、凭据、说明、经手、何时记、情况"),
        rows=map(row, following(lambda before: fund.entries(village_id, before=before, commitment_id=commitment_id))),
    )


@of("fund.cover")
def cover_by_month(village_id: int) -> Listing:
    _require_reader(village_id)
    return Listing(
        title=_("积分保障"),
        area_id=village_id,
        heads=_("月份、积分、要兑付（元）、基金（元）、存货（元）、发出（分）、兑换（分）、收入（元）、支出（元）"),
        rows=(
            [
                *(row.month, row.outstanding, yuan(row.outstanding * row.worth_fen + row.unsettled_fen)),
                *(yuan(row.fund_fen), yuan(row.stock_fen), row.awarded, row.redeemed),
                *(yuan(row.income_fen), yuan(row.spent_fen)),
            ]
            for row in reversed(fund.trend(village_id, now=now()).months)
        ),
    )


@of("settlements.index")
def settlements_of(village_id: int) -> Listing:
    access.require_inside(me(), *settlements.READERS, village_id=village_id)
    access.village(village_id)
    reader, state = me(), words("settlements/_state.html", "state")
    found: Iterator[Settlement] = following(lambda before: settlements.of_village(reader, village_id, before=before))
    return Listing(
        title=_("结算单"),
        area_id=village_id,
        heads=_("商店、月份、凭证（张）、积分、撤销积分、金额（元）、情况、开单"),
        rows=(
            [
                *(one.shop.name, one.month, one.receipts, one.points, one.undone_points, yuan(one.fen)),
                *(state(one), one.drawn_at),
            ]
            for one in found
        ),
    )


@of("settlements.show")
def items(settlement_id: int) -> Listing:
    found = readable(settlement_id)

    def row(item: Item) -> list[Cell]:
        points = -item.points if item.undone else item.points
        state = _("撤销冲减") if item.undone else _("已撤销") if item.undone_at else ""
        when, why = (item.undone_at, item.reason) if item.undone else (None, "")
        worth: list[Cell] = [points, yuan(item.worth_fen), yuan(item.fen)]
        return [item.number, item.recorded_at, item.household, *worth, state, when, why]

    return Listing(
        title=_("%(shop)s%(month)s结算明细", shop=found.shop.name, month=month_name(found.month)),
        area_id=found.village_id,
        heads=_("凭证号、时间、户号、积分、每分值（元）、金额（元）、说明、何时撤销、撤销原因"),
        rows=map(row, settlements.all_items(settlement_id) if found.state != "dropped" else ()),
    )
