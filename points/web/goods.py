"""Goods of a shop: the list, prices, what came in."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import access
from points.queries import shop as shops
from points.services import goods
from points.web.edge import now
from points.web.forms.base import ButtonForm
from points.web.forms.shops import GoodsForm, PriceForm, ReceiveForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("goods", __name__)

READERS = ("clerk", "committee", "supervisor", "admin")
KEEPERS = ("committee", "clerk")


@blueprint.get("/shops/<int:shop_id>/goods")
@login_required
def index(shop_id: int) -> ResponseReturnValue:
    shop = shops.shop(shop_id)
    access.require(me(), *READERS, area_id=shop.area_id)
    q = request.args.get("q", "").strip()
    return render_template(
        "goods/index.html",
        shop=shop,
        q=q,
        goods=shops.shelf([shop_id], q=q, hidden=True),
        keeps=access.holds(me(), KEEPERS, shop.area_id),
    )


@blueprint.route("/shops/<int:shop_id>/goods/new", methods=["GET", "POST"])
@login_required
def new(shop_id: int) -> ResponseReturnValue:
    shop = shops.shop(shop_id)
    access.require(me(), *KEEPERS, area_id=shop.area_id)
    form = GoodsForm()
    if form.validate_on_submit():
        with form.refusals():
            goods_id = goods.add_goods(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                shop_id=shop_id,
                name=form.name.data or "",
                unit=form.unit.data or "",
                category=form.category.data,
                price=form.price.data or 0,
            )
            flash(_("已上架，库存是 0。请记下进了多少。"), "success")
            return redirect(url_for("goods.show", goods_id=goods_id), 303)
    return form.page("goods/new.html", shop=shop)


@blueprint.get("/goods/<int:goods_id>")
@login_required
def show(goods_id: int) -> ResponseReturnValue:
    return _page(goods_id, ReceiveForm(), PriceForm())


@blueprint.post("/goods/<int:goods_id>/receive")
@login_required
def receive(goods_id: int) -> ResponseReturnValue:
    form = ReceiveForm()
    if form.validate_on_submit():
        with form.refusals():
            goods.receive(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                goods_id=goods_id,
                quantity=form.quantity.data or 0,
                note=form.note.data or "",
            )
            flash(_("已入库 %(n)s 件。", n=form.quantity.data), "success")
            return redirect(url_for("goods.show", goods_id=goods_id), 303)
    return _page(goods_id, form, PriceForm(formdata=None))


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
    return _page(goods_id, ReceiveForm(formdata=None), form)


@blueprint.post("/goods/<int:goods_id>/hide")
@login_required
def hide(goods_id: int) -> ResponseReturnValue:
    form = ButtonForm()
    if form.validate_on_submit():
        hidden = request.form.get("hidden") == "1"
        goods.hide(key=form.key.data or "", actor=me(), now=now(), goods_id=goods_id, hidden=hidden)
        flash(_("已下架，柜台和公开页面不再显示。") if hidden else _("已重新上架。"), "success")
    return redirect(url_for("goods.show", goods_id=goods_id), 303)


def _page(goods_id: int, receive_form: ReceiveForm, price_form: PriceForm) -> ResponseReturnValue:
    found = shops.goods(goods_id)
    shop = shops.shop(found.shop_id)
    access.require(me(), *READERS, area_id=shop.area_id)
    asked = price_form if request.endpoint == "goods.price" else receive_form
    return asked.page(
        "goods/show.html",
        goods=found,
        shop=shop,
        receive_form=receive_form,
        price_form=price_form,
        button=ButtonForm(formdata=None),
        movements=shops.movements(goods_id),
        prices=shops.prices(goods_id),
        keeps=access.holds(me(), KEEPERS, shop.area_id),
    )
