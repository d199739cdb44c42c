"""Goods of a shop: the list, its facts and prices, pictures, and the list as a spreadsheet."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import access
from points.calendar import local_date
from points.errors import Invalid, NotFound
from points.models.goods import GOODS_CATEGORIES
from points.models.shop import Shop
from points.queries import shop as shops
from points.queries import stock
from points.services import goods
from points.services.goods import KEEPERS
from points.web.edge import now, spreadsheet, takes_files
from points.web.forms import goods_sheet
from points.web.forms.base import ButtonForm
from points.web.forms.goods import GoodsForm, PriceForm, SheetForm
from points.web.forms.rule_sheet import Fault
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("goods", __name__)

READERS = ("clerk", "committee", "supervisor", "admin")
A_PAGE = 50
SHOWN_CHANGES = 300
SHOWN_MOVEMENTS = 20
PICTURE_KEPT = 365 * 24 * 3600


@blueprint.get("/shops/<int:shop_id>/goods")
@login_required
def index(shop_id: int) -> ResponseReturnValue:
    shop = _shop(shop_id, READERS)
    wanted = asked()
    page = shops.listed(shop_id, today=local_date(now()), page=page_number(), most=A_PAGE, **wanted)
    return render_template(
        "goods/index.html",
        shop=shop,
        page=page,
        asked=wanted,
        today=local_date(now()),
        categories=GOODS_CATEGORIES,
        keeps=access.holds(me(), KEEPERS, shop.area_id),
    )


@blueprint.get("/shops/<int:shop_id>/goods.xlsx")
@login_required
def sheet(shop_id: int) -> ResponseReturnValue:
    """Send as a spreadsheet what the list shows, all pages of it."""
    shop = _shop(shop_id, READERS)
    page = shops.listed(shop_id, today=local_date(now()), most=goods.MOST_ROWS, **asked())
    body = goods_sheet.write(shop, page.goods, shops.barcodes_in(shop_id))
    return spreadsheet(body, _("%(shop)s的商品.xlsx", shop=shop.name))


@blueprint.route("/shops/<int:shop_id>/goods/new", methods=["GET", "POST"])
@login_required
@takes_files
def new(shop_id: int) -> ResponseReturnValue:
    shop = _shop(shop_id, KEEPERS)
    form = GoodsForm(name=request.args.get("name", ""))
    if form.validate_on_submit():
        with form.refusals():
            goods_id = goods.add_goods(
                key=form.key.data, actor=me(), now=now(), shop_id=shop_id, picture=form.drawn(), **form.facts
            )
            flash(_("已上架，库存是 0。请记下进了多少。"), "success")
            return redirect(url_for("goods.show", goods_id=goods_id), 303)
    return form.page("goods/new.html", shop=shop)


@blueprint.route("/goods/<int:goods_id>/edit", methods=["GET", "POST"])
@login_required
@takes_files
def edit(goods_id: int) -> ResponseReturnValue:
    found = shops.goods(goods_id)
    shop = _shop(found.shop_id, KEEPERS)
    form = GoodsForm()
    if request.method == "GET":
        form.show(found, shops.barcodes_of(goods_id))
    if form.validate_on_submit():
        with form.refusals():
            goods.edit_goods(
                key=form.key.data, actor=me(), now=now(), goods_id=goods_id, picture=form.drawn(), **form.facts
            )
            flash(_("已改好。"), "success")
            return redirect(url_for("goods.show", goods_id=goods_id), 303)
    return form.page("goods/edit.html", goods=found, shop=shop)


@blueprint.get("/goods/<int:goods_id>")
@login_required
def show(goods_id: int) -> ResponseReturnValue:
    return _page(goods_id, PriceForm())


@blueprint.post("/goods/<int:goods_id>/price")
@login_required
def price(goods_id: int) -> ResponseReturnValue:
    form = PriceForm()
    if form.validate_on_submit():
        with form.refusals():
            goods.change_price(
                key=form.key.data or "", actor=me(), now=now(), goods_id=goods_id, price=form.price.data or 0
            )
            flash(_("新价格已生效。"), "success")
            return redirect(url_for("goods.show", goods_id=goods_id), 303)
    return _page(goods_id, form)


@blueprint.post("/goods/<int:goods_id>/hide")
@login_required
def hide(goods_id: int) -> ResponseReturnValue:
    form = ButtonForm()
    if form.validate_on_submit():
        hidden = request.form.get("hidden") == "1"
        goods.hide(key=form.key.data or "", actor=me(), now=now(), goods_id=goods_id, hidden=hidden)
        flash(_("已下架，柜台和公开页面不再显示。") if hidden else _("已重新上架。"), "success")
    return redirect(url_for("goods.show", goods_id=goods_id), 303)


@blueprint.get("/goods/<int:goods_id>/picture")
def picture(goods_id: int) -> ResponseReturnValue:
    """Send the picture of goods to anyone; `?v=` with its photo's id names this very picture, which never changes."""
    photo_id, body = shops.picture(goods_id)
    answer = Response(body, mimetype="image/jpeg")
    answer.set_etag(str(photo_id))
    if request.args.get("v") == str(photo_id):
        answer.headers["Cache-Control"] = f"public, max-age={PICTURE_KEPT}, immutable"
    else:
        answer.headers["Cache-Control"] = "no-cache"
    return answer.make_conditional(request)


@blueprint.route("/shops/<int:shop_id>/goods/upload", methods=["GET", "POST"])
@login_required
@takes_files
def upload(shop_id: int) -> ResponseReturnValue:
    shop = _shop(shop_id, KEEPERS)
    form = SheetForm()
    faults: list[Fault] = []
    if form.validate_on_submit():
        with form.refusals():
            given, _changes, faults = goods_sheet.read(form.sheet.data.read(), shop_id)
            if not faults:
                upload_id = goods.upload(
                    key=form.key.data,
                    actor=me(),
                    now=now(),
                    shop_id=shop_id,
                    file_name=form.sheet.data.filename or "",
                    given=given,
                )
                return redirect(url_for("goods.preview", upload_id=upload_id), 303)
    return form.page("goods/upload.html", shop=shop, faults=faults)


@blueprint.route("/goods-uploads/<int:upload_id>", methods=["GET", "POST"])
@login_required
def preview(upload_id: int) -> ResponseReturnValue:
    if request.method == "POST":
        return _taken_in(upload_id)
    shop_id, given = goods.uploaded(me(), upload_id)
    shop = _shop(shop_id, KEEPERS)
    changes, wrong = goods.look_over(shop_id, given)
    return render_template(
        "goods/preview.html",
        shop=shop,
        upload_id=upload_id,
        changes=changes[:SHOWN_CHANGES],
        more=len(changes) - SHOWN_CHANGES,
        added=sum(not change.goods_id for change in changes),
        changed=sum(bool(change.goods_id) for change in changes),
        same=len(given) - len(changes) - len(wrong),
        wrong=wrong[0][1] if wrong else None,
        headings=goods_sheet.headings(),
        said=goods_sheet.said,
    )


def _taken_in(upload_id: int) -> ResponseReturnValue:
    form = ButtonForm()
    if not form.validate_on_submit():
        raise Invalid(what=_("这一页不完整，请刷新"))
    shop_id = goods.take_in(key=form.key.data, actor=me(), now=now(), upload_id=upload_id)
    flash(_("已照表格改好。新上架的库存是 0，请记下进了多少。"), "success")
    return redirect(url_for("goods.index", shop_id=shop_id), 303)


def page_number() -> int:
    """Return the page of a long list that was asked for, from 1."""
    return min(max(request.args.get("page", 1, type=int), 1), 1000)


def asked() -> dict[str, Any]:
    return {name: request.args.get(name, "").strip()[:40] for name in ("q", "category", "only")}


def _shop(shop_id: int, kinds: tuple[str, ...]) -> Shop:
    """Guard the pages of a shop's goods, and show the side bar of its village."""
    shop = shops.shop(shop_id)
    access.require(me(), *kinds, area_id=shop.area_id)
    with suppress(NotFound):  # it may serve more than a village
        g.village_id = access.village_of(shop.area_id)
    return shop


def _page(goods_id: int, form: PriceForm) -> ResponseReturnValue:
    found = shops.goods(goods_id)
    shop = _shop(found.shop_id, READERS)
    return form.page(
        "goods/show.html",
        goods=found,
        shop=shop,
        today=local_date(now()),
        barcodes=shops.barcodes_of(goods_id),
        button=ButtonForm(formdata=None),
        movements=stock.movements(goods_id)[0][:SHOWN_MOVEMENTS],
        prices=shops.prices(goods_id),
        keeps=access.holds(me(), KEEPERS, shop.area_id),
    )
