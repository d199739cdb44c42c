"""Shops of a village and their tills."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access
from points.queries import shop as shops
from points.services import shop
from points.web.edge import now
from points.web.forms.base import ButtonForm
from points.web.forms.shops import ShopForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("shops", __name__)

READERS = ("clerk", "committee", "supervisor", "admin")
KEEPERS = ("committee", "admin")


@blueprint.get("/villages/<int:village_id>/shops")
@login_required
def index(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *READERS, village_id=village_id)
    return render_template(
        "shops/index.html",
        village=access.area(village_id),
        shops=shops.of_village(village_id),
        may_open=access.holds(me(), KEEPERS, village_id),
    )


@blueprint.route("/villages/<int:village_id>/shops/new", methods=["GET", "POST"])
@login_required
def new(village_id: int) -> ResponseReturnValue:
    access.require(me(), *KEEPERS, area_id=village_id)
    form = ShopForm()
    form.area.choices = [SelectChoice(id_, name) for id_, name in shops.areas(village_id)]
    if form.validate_on_submit():
        with form.refusals():
            shop_id = shop.open_shop(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                area_id=form.area.data,
                code=form.code.data or "",
                name=form.name.data or "",
                hours=form.hours.data or "",
            )
            flash(_("店已开好。请再开一个柜台，并把商品上架。"), "success")
            return redirect(url_for("shops.show", shop_id=shop_id), 303)
    return form.page("shops/new.html", village=access.area(village_id))


@blueprint.get("/shops/<int:shop_id>")
@login_required
def show(shop_id: int) -> ResponseReturnValue:
    found = shops.shop(shop_id)
    access.require(me(), *READERS, area_id=found.area_id)
    return render_template(
        "shops/show.html",
        shop=found,
        tills=shops.tills(shop_id),
        form=ButtonForm(),
        serves=access.holds(me(), ["clerk"], found.area_id),
        keeps=access.holds(me(), KEEPERS, found.area_id),
    )


@blueprint.post("/shops/<int:shop_id>/tills")
@login_required
def open_till(shop_id: int) -> ResponseReturnValue:
    form = ButtonForm()
    if form.validate_on_submit():
        shop.open_till(key=form.key.data or "", actor=me(), now=now(), shop_id=shop_id)
        flash(_("柜台已开好。"), "success")
    return redirect(url_for("shops.show", shop_id=shop_id), 303)
