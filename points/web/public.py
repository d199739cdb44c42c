"""What anyone may see without signing in: villages, what runs on notice, goods and prices, the rule book, the fund."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from points import access, council
from points.calendar import local_date, month_of
from points.models.goods import GOODS_CATEGORIES
from points.queries import boards, expiry, fund, lanes, notices, public, shop
from points.queries import hours as days
from points.queries import opening as openings
from points.queries.lanes import Lane
from points.web import hours, qr
from points.web.edge import now
from points.web.frame import url_for
from points.web.goods import page_number
from points.web.phone import tabs
from points.web.text import gettext as _

blueprint = Blueprint("public", __name__)


@blueprint.get("/robots.txt")
def robots() -> ResponseReturnValue:
    return Response("User-agent: *\nDisallow: /\n", mimetype="text/plain")


@blueprint.get("/")
def front() -> ResponseReturnValue:
    places = public.villages()
    if len(places) == 1 and len(places[0][1]) == 1:
        return village(places[0][1][0].id)
    return render_template("public/front.html", places=places)


@blueprint.get("/villages/<int:village_id>")
def village(village_id: int) -> ResponseReturnValue:
    found = access.village(village_id)
    setting = notices.setting(village_id)
    today = local_date(now())
    month = boards.period(month_of(today))
    shops = shop.of_village(village_id)
    return render_template(
        "public/village.html",
        village=found,
        notices=public.running_notices(village_id, now()),
        openings=openings.running(village_id, now()),
        expiry=expiry.public(village_id, now()),
        setting=setting,
        boards=boards.periods(village_id),
        month=month,
        deductions=boards.deductions(village_id, month) if setting.black_board else [],
        fund=fund.line(village_id),
        shops=shops,
        hours=hours.told(shops, now()),
        visits=days.visits(village_id, today),
        book=public.rule_book(village_id),
        members=council.members(village_id),
        tabs=tabs(village_id),
    )


@blueprint.get("/villages/<int:village_id>/poster")
def poster(village_id: int) -> ResponseReturnValue:
    found = access.village(village_id)
    path = url_for("public.village", village_id=village_id)
    address = whole_address(path)
    shops = shop.of_village(village_id)
    return render_template(
        "public/poster.html",
        village=found,
        setting=notices.setting(village_id),
        shops=shops,
        hours=hours.told(shops, now()),
        size=paper(),
        address=address,
        code=qr.address(address, _("本村的公开网页")),
        back_url=path,
    )


@blueprint.get("/villages/<int:village_id>/goods")
def goods(village_id: int) -> ResponseReturnValue:
    """Show what a shop gives, a page at a time; a list of one page is grouped by category."""
    found = public.named(village_id)
    shops = shop.serving(village_id)
    asked = {name: request.args.get(name, "").strip()[:40] for name in ("q", "category")}
    wanted = request.args.get("shop", type=int)
    here = next((one for one in shops if one.id == wanted), shops[0] if shops else None)
    today = local_date(now())
    page = shop.offered(here.id if here else 0, today=today, page=page_number(), **asked)
    whole = page.number == 1 and not page.more
    return render_template(
        "public/goods.html",
        village=found,
        shops=shops,
        here=here,
        hours=hours.told([here], now())[here.id] if here else None,
        page=page,
        groups=shop.by_category(page.goods) if whole else [("", page.goods)],
        asked=asked,
        where={"village_id": village_id, "shop": wanted, **asked} if wanted else {"village_id": village_id, **asked},
        categories=() if whole and not any(asked.values()) else GOODS_CATEGORIES,
        today=today,
        tabs=tabs(village_id),
    )


@blueprint.get("/villages/<int:village_id>/rules")
def rules(village_id: int) -> ResponseReturnValue:
    found = access.village(village_id)
    book = public.rule_book(village_id)
    return render_template(
        "public/rules.html",
        village=found,
        book=book,
        items=public.rule_items(book) if book else [],
        deductions=public.deductions(book) if book else [],
        tabs=tabs(village_id),
    )


@blueprint.get("/villages/<int:village_id>/lanes", endpoint="lanes")
def lane_board(village_id: int) -> ResponseReturnValue:
    """Show who looks after each lane, and which households it has."""
    found = access.village(village_id)
    return render_template("public/lanes.html", village=found, grids=lanes.board(village_id), tabs=tabs(village_id))


@blueprint.app_template_filter()
def numbers(lane: Lane) -> str:
    """Write the range of a lane's household numbers."""
    if not lane.households:
        return _("还没有登记的户")
    return lane.first if lane.first == lane.last else _("%(first)s–%(last)s", first=lane.first, last=lane.last)


def whole_address(path: str) -> str:
    """Return the address of a page of ours as paper shows it: the one configured, or that by which it was asked for."""
    return (current_app.config["SITE_ADDRESS"] or request.url_root).rstrip("/") + path


def paper() -> str:
    """Return the size of paper asked for: ``a4``, or ``a3``."""
    return "a3" if request.args.get("paper") == "a3" else "a4"
