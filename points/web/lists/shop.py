"""Lists of a shop: goods, stock and all that moves it, tills and their days, shifts, reservations, what to buy in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from flask import request

from points import access
from points.calendar import local_date
from points.exporting import Cell, yuan
from points.models.goods import GOODS_CATEGORIES
from points.models.shop import Shift, Shop
from points.models.stock import Loss, Removal, Stocktake
from points.names import mask
from points.queries import counter, reservations, shifts, stock, stocktakes, wishes
from points.queries import shop as shops
from points.queries.counter import Day, Refused, Slip
from points.services import redemption
from points.services.goods import MOST_ROWS
from points.web import goods
from points.web import stocktakes as counting
from points.web.counter import asked_day
from points.web.edge import label, local_day, now
from points.web.errors import sentence
from points.web.lists import Listing, asked, following, of, searched, turning, words
from points.web.reservations import READERS as TICKET_READERS
from points.web.session import me
from points.web.shops import READERS as SHOP_READERS
from points.web.text import gettext as _


def _shop(shop_id: int, kinds: Iterable[str]) -> Shop:
    shop = shops.shop(shop_id)
    access.require(me(), *kinds, area_id=shop.area_id)
    return shop


@of("shops.index")
def shops_of(village_id: int) -> Listing:
    access.require_inside(me(), *SHOP_READERS, village_id=village_id)
    found: list[Any] = shops.of_village(village_id, closed=True)
    return Listing(
        title=_("商店"),
        area_id=village_id,
        heads=_("店号、店名、服务范围、几个柜台、性质、情况"),
        rows=(
            [
                *(shop.code, shop.name, shop.area.name, len(shop.tills)),
                _("签约店") if shop.contracted else _("集体自己的店"),
                _("营业") if shop.active else _("已停业"),
            ]
            for shop in found
        ),
    )


# --- goods and stock --------------------------------------------------------------------------------------------------


@of("goods.index")
def goods_of(shop_id: int) -> Listing:
    shop, wanted, today = _shop(shop_id, goods.READERS), goods.asked(), local_date(now())
    page = shops.listed(shop_id, today=today, most=MOST_ROWS, **wanted)
    state, limits, days = (words("goods/_parts.html", macro) for macro in ("state", "limits", "days"))
    barcodes = shops.barcodes_in(shop_id)
    only = {"low": _("快没了"), "near": _("快到期"), "over": _("过了换的日子"), "hidden": _("已下架")}
    return Listing(
        title=_("%(shop)s商品", shop=shop.name),
        area_id=shop.area_id,
        heads=_("商品、类别、单位、价格（分）、可换、已预约、库存、进价（元）、限量、哪天可换、条码、情况"),
        rows=(
            [
                *(one.name, one.category, one.unit, one.price, one.available, one.reserved, one.on_hand),
                *(yuan(one.cost_fen) if one.cost_fen else None, limits(one), days(one)),
                *("、".join(barcodes.get(one.id, ())), state(one, today)),
            ]
            for one in page.goods
        ),
        asked=asked(
            only.get(wanted["only"], ""),
            wanted["category"] if wanted["category"] in GOODS_CATEGORIES else "",
            searched(wanted["q"]),
        ),
    )


@of("goods.show")
def prices(goods_id: int) -> Listing:
    found = shops.goods(goods_id)
    shop = _shop(found.shop_id, goods.READERS)
    return Listing(
        title=_("%(goods)s价格的变化", goods=found.name),
        area_id=shop.area_id,
        heads=_("从何时起、价格（分）、谁定的"),
        rows=([price.since, price.price, price.set_by] for price in shops.prices(goods_id)),
    )


@of("stockroom.index")
def on_shelf(shop_id: int) -> Listing:
    """What the page was asked to show: ``near`` its best-before day by batches, else goods, the ``low`` ones or all."""
    shop, show = _shop(shop_id, stock.READERS), request.args.get("show", "low")
    moment, title = now(), _("%(shop)s库存", shop=shop.name)
    if show == "near":
        today = local_date(moment)
        return Listing(
            title=title,
            area_id=shop.area_id,
            heads=_("商品、保质期到、还有、单位、单价（元）"),
            rows=(
                [one.name, one.best_before, one.remaining, one.unit, yuan(one.cost_fen) if one.cost_fen else None]
                for one in turning(lambda page: stock.near(shop_id, today, page=page))
            ),
            asked=_("快到期"),
        )
    return Listing(
        title=title,
        area_id=shop.area_id,
        heads=_("商品、可换、单位、已预约、库存、近一个月换走、还能换几天、值（元）、下架"),
        rows=(
            [
                *(one.name, one.available, one.unit, one.reserved, one.on_hand, one.taken, one.days),
                *(yuan(one.worth_fen), _("是") if one.hidden else None),
            ]
            for one in turning(lambda page: stock.shelf(shop_id, now=moment, low=show == "low", page=page))
        ),
        asked=_("快没了") if show == "low" else "",
    )


@of("stockroom.movements")
def movements(goods_id: int) -> Listing:
    found = shops.goods(goods_id)
    shop = _shop(found.shop_id, stock.READERS)
    return Listing(
        title=_("%(goods)s的进出", goods=found.name),
        area_id=shop.area_id,
        heads=_("时间、事由、说明、数量、剩、保质期到、经办"),
        rows=(
            [
                *(move.recorded_at, label(move.kind), move.note, move.change, move.on_hand_after),
                *(move.best_before, move.actor),
            ]
            for move in following(lambda before: stock.movements(goods_id, before))
        ),
    )


@of("stockroom.batches")
def batches(goods_id: int) -> Listing:
    """What is left of each batch, on the same page."""
    found = shops.goods(goods_id)
    shop = _shop(found.shop_id, stock.READERS)
    return Listing(
        title=_("%(goods)s的批次", goods=found.name),
        area_id=shop.area_id,
        heads=_("保质期到、还有、单位、单价（元）"),
        rows=(
            [batch.best_before, batch.remaining, batch.unit, yuan(batch.cost_fen) if batch.cost_fen else None]
            for batch in stock.batches(goods_id)
        ),
    )


@of("stockroom.deliveries")
def deliveries(shop_id: int) -> Listing:
    shop = _shop(shop_id, stock.READERS)
    return Listing(
        title=_("%(shop)s进货和捐赠", shop=shop.name),
        area_id=shop.area_id,
        heads=_("单号、进货或捐赠、来源、票据号、几种、金额（元）、时间、经办"),
        rows=(
            [
                *(row.number, _("捐赠") if row.kind == "donation" else _("进货"), row.source, row.voucher, row.sorts),
                *(yuan(row.fen), row.received_at, row.received_by),
            ]
            for row in following(lambda before: stock.deliveries(shop_id, before))
        ),
    )


@of("stockroom.delivery")
def delivery(receiving_id: int) -> Listing:
    """What came with one delivery."""
    paper = stock.delivery(receiving_id)
    access.require(me(), *stock.READERS, area_id=paper.receiving.shop.area_id)
    return Listing(
        title=_("进货单%(number)s", number=paper.number),
        area_id=paper.receiving.shop.area_id,
        heads=_("商品、数量、单位、单价（元）、金额（元）、保质期到"),
        rows=(
            [line.name, line.quantity, line.unit, yuan(line.cost_fen), yuan(line.fen), line.best_before]
            for line in paper.lines
        ),
    )


@of("stockroom.losses")
def losses(shop_id: int) -> Listing:
    shop = _shop(shop_id, stock.READERS)
    found: Iterator[Loss] = following(lambda before: stock.losses(shop_id, before))
    return Listing(
        title=_("%(shop)s报损", shop=shop.name),
        area_id=shop.area_id,
        heads=_("时间、商品、数量、单位、理由、经办"),
        rows=(
            [loss.recorded_at, loss.goods.name, loss.quantity, loss.goods.unit, loss.reason, loss.recorded_by.name]
            for loss in found
        ),
    )


@of("stockroom.removals")
def removals(shop_id: int) -> Listing:
    shop = _shop(shop_id, stock.READERS)

    def row(one: Removal) -> list[Cell]:
        change = -one.quantity if one.source.shop_id == shop_id else one.quantity
        places = [one.source.shop.name, one.target.shop.name]
        return [one.moved_at, one.source.name, change, one.source.unit, *places, one.note, one.moved_by.name]

    return Listing(
        title=_("%(shop)s调拨", shop=shop.name),
        area_id=shop.area_id,
        heads=_("时间、商品、数量、单位、从哪里、到哪里、说明、经办"),
        rows=map(row, following(lambda before: stock.removals(shop_id, before))),
    )


@of("stocktakes.index")
def stocktakes_of(shop_id: int) -> Listing:
    shop, state = _shop(shop_id, stock.READERS), words("stocktakes/_state.html", "state")
    found: Iterator[Stocktake] = following(lambda before: stocktakes.of_shop(shop_id, before))
    return Listing(
        title=_("%(shop)s盘点", shop=shop.name),
        area_id=shop.area_id,
        heads=_("开始、谁开始的、情况、说明"),
        rows=([one.started_at, one.started_by.name, state(one), one.note] for one in found),
    )


@of("stocktakes.show")
def stocktake(stocktake_id: int) -> Listing:
    """What is to be counted, without what the book says, while it is counted; then the differences."""
    found = stocktakes.stocktake(stocktake_id)
    shop = _shop(found.shop_id, stock.READERS)
    title = _("%(shop)s盘点，%(day)s", shop=shop.name, day=local_day(found.started_at))
    if found.counted_at is None:
        wanted = counting.asked()
        narrowed = {"category": wanted["category"], "q": wanted["q"]}
        return Listing(
            title=title,
            area_id=shop.area_id,
            heads=_("商品、类别、单位、数到、何时数"),
            rows=(
                [line.name, line.category, line.unit, line.counted, line.counted_at]
                for line in turning(lambda page: stocktakes.lines(stocktake_id, **narrowed, page=page))
            ),
            asked=asked(
                narrowed["category"] if narrowed["category"] in GOODS_CATEGORIES else "", searched(wanted["q"])
            ),
        )
    return Listing(
        title=title,
        area_id=shop.area_id,
        heads=_("商品、单位、账上、数到、差、值（元）"),
        rows=(
            [line.name, line.unit, line.expected, line.counted, line.pieces, yuan(line.fen)]
            for line in turning(lambda page: stocktakes.differences(stocktake_id, page))
        ),
    )


@of("wishes.demand")
def demand(shop_id: int) -> Listing:
    """What is new and asked for, then the goods, what runs out first on top."""
    shop, today = _shop(shop_id, wishes.READERS), local_date(now())

    def rows() -> Iterator[list[Cell]]:
        for wish in wishes.new_wishes(shop.area_id):
            yield [wish.name, _("店里没有"), *[None] * 6, wish.votes, None]
        for one in turning(lambda page: wishes.demand(shop_id, today, page=page)):
            taken = [one.taken_30, one.taken_90, one.days]
            yield [one.name, None, one.available, one.unit, one.reserved, *taken, one.votes, one.to_buy]

    return Listing(
        title=_("%(shop)s该进什么", shop=shop.name),
        area_id=shop.area_id,
        heads=_("商品、新的、可换、单位、已预约、近30天、近90天、还够几天、几户想要、建议进"),
        rows=rows(),
    )


# --- the counter ------------------------------------------------------------------------------------------------------


@of("counter.day")
def receipts(till_id: int) -> Listing:
    shop, day, title = _day(till_id)
    return _slips(title, shop, day, _slips_of(till_id, day))


@of("counter.unproved")
def unproved(till_id: int) -> Listing:
    """The day's receipts that no PIN proves, undone ones left out, as the page counts them."""
    shop, day, title = _day(till_id)
    found = (slip for slip in _slips_of(till_id, day) if not slip.pin and slip.undone_at is None)
    return _slips(_("%(title)s未验密码", title=title), shop, day, found)


@of("counter.refusals")
def refusals(till_id: int) -> Listing:
    shop, day, title = _day(till_id)

    def row(one: Refused) -> list[Cell]:
        return [one.recorded_at, one.household_number, sentence(one.refusal), one.clerk]

    return Listing(
        title=_("%(title)s被拒的", title=title),
        area_id=shop.area_id,
        heads=_("时间、户号、原因、经办"),
        rows=map(row, counter.day(till_id, day).refusals),
        asked=local_day(day),
    )


def _day(till_id: int) -> tuple[Shop, date, str]:
    till = counter.till(till_id)
    access.require(me(), *redemption.READERS, area_id=till.shop.area_id)
    return till.shop, asked_day(local_date(now())), _("%(shop)s第 %(n)s 柜台", shop=till.shop.name, n=till.number)


def _slips_of(till_id: int, day: date) -> Iterator[Slip]:
    def page(before: int | None) -> tuple[list[Slip], int | None]:
        found: Day = counter.day(till_id, day, before=before)
        return found.receipts, found.older

    return following(page)


def _slips(title: str, shop: Shop, day: date, found: Iterable[Slip]) -> Listing:
    pin = words("counter/_parts.html", "pin")
    return Listing(
        title=title,
        area_id=shop.area_id,
        heads=_("时间、凭证号、户号、领取人、代领、积分、现金（元）、怎样核实、经办、撤销"),
        rows=(
            [
                *(slip.recorded_at, slip.number, slip.household_number, slip.collector),
                *(_("是") if slip.by_proxy else None, slip.points, yuan(slip.cash_fen) if slip.cash_fen else None),
                *(pin(slip), slip.clerk, slip.undone_at),
            ]
            for slip in found
        ),
        asked=local_day(day),
    )


@of("shifts.index")
def shifts_of(shop_id: int) -> Listing:
    shop, today, state = _shop(shop_id, shifts.READERS), local_date(now()), words("shifts/_state.html", "state")

    def row(one: Shift) -> list[Cell]:
        sums: list[Cell] = [one.redemptions, one.points, yuan(one.cash_fen or 0), one.undone, one.refused]
        signed = sums if one.closed_at else [None] * len(sums)
        return [one.day, one.till.number, one.clerk.name, one.opened_at, one.closed_at, *signed, state(one, today)]

    return Listing(
        title=_("%(shop)s班次", shop=shop.name),
        area_id=shop.area_id,
        heads=_("日期、柜台、店员、开始、签字、几笔、积分、现金（元）、撤销、被拒、情况"),
        rows=map(row, following(lambda before: shifts.of_shop(shop_id, before=before))),
    )


@of("reservations.index")
def tickets(shop_id: int) -> Listing:
    shop, wares = _shop(shop_id, TICKET_READERS), words("reservations/_ticket.html", "goods")
    return Listing(
        title=_("%(shop)s预约", shop=shop.name),
        area_id=shop.area_id,
        heads=_("期限、户号、预约的人、商品、积分"),
        rows=(
            [one.collect_by, one.household_number, mask(one.person), wares(one), one.points]
            for one in turning(lambda page: reservations.open_at(shop_id, page=page))
        ),
    )


@of("reservations.aside")
def aside(shop_id: int) -> Listing:
    """What is to be set aside for them."""
    shop = _shop(shop_id, TICKET_READERS)
    return Listing(
        title=_("%(shop)s备货单", shop=shop.name),
        area_id=shop.area_id,
        heads=_("商品、留出、单位、架上、最早"),
        rows=([one.goods, one.quantity, one.unit, one.on_hand, one.first] for one in reservations.aside(shop_id)),
    )
