"""The stockroom: what lies on the shelf; deliveries, donations, losses, goods brought to another shop."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access, photos
from points.calendar import local_date
from points.models.shop import Shop
from points.queries import shop as shops
from points.queries import stock as reads
from points.queries.shop import Shelved
from points.services import stockroom
from points.web.edge import local_day, now, takes_files
from points.web.forms.base import pictures
from points.web.forms.stockroom import DeliveryForm, LossForm, RemovalForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("stockroom", __name__)

CAUSES = {
    "receipt": ("counter.receipt", "receipt_id"),
    "receiving": ("stockroom.delivery", "receiving_id"),
    "stocktake": ("stocktakes.show", "stocktake_id"),
}
"""The page of what caused a movement, and what its address calls the id."""


@blueprint.get("/shops/<int:shop_id>/stock")
@login_required
def index(shop_id: int) -> ResponseReturnValue:
    shop = _shop(shop_id, reads.READERS)
    show, page = request.args.get("show", "low"), _page()
    today = local_date(now())
    rows: Sequence[reads.Batch | reads.OnShelf]
    if show == "near":
        rows, more = reads.near(shop_id, today, page=page)
    else:
        rows, more = reads.shelf(shop_id, now=now(), low=show == "low", page=page)
    return render_template(
        "stockroom/index.html",
        shop=shop,
        show=show,
        rows=rows,
        today=today,
        page={"number": page, "more": more},
        summary=reads.summary(shop_id, today),
        keeps=access.holds(me(), reads.KEEPERS, shop.area_id),
    )


@blueprint.get("/goods/<int:goods_id>/movements")
@login_required
def movements(goods_id: int) -> ResponseReturnValue:
    goods, shop = _goods(goods_id, reads.READERS)
    rows, older = reads.movements(goods_id, _before())
    return render_template(
        "stockroom/movements.html",
        goods=goods,
        shop=shop,
        rows=rows,
        older=older,
        batches=reads.batches(goods_id),
        causes=CAUSES,
        today=local_date(now()),
        keeps=access.holds(me(), reads.KEEPERS, shop.area_id),
    )


# --- deliveries -------------------------------------------------------------------------------------------------------


@blueprint.get("/shops/<int:shop_id>/deliveries")
@login_required
def deliveries(shop_id: int) -> ResponseReturnValue:
    shop = _shop(shop_id, reads.READERS)
    rows, older = reads.deliveries(shop_id, _before())
    keeps = access.holds(me(), reads.KEEPERS, shop.area_id)
    return render_template("stockroom/deliveries.html", shop=shop, rows=rows, older=older, keeps=keeps)


@blueprint.route("/shops/<int:shop_id>/deliveries/new", methods=["GET", "POST"])
@takes_files
@login_required
def new(shop_id: int) -> ResponseReturnValue:
    shop = _shop(shop_id, reads.KEEPERS)
    form = DeliveryForm()
    if request.method == "GET":
        form.rows[0].form.goods.data = reads.name(shop_id, request.args.get("goods", 0, type=int))
    form.known = reads.called(shop_id, [row.goods.data for row in form.filled])
    if "more" in request.form:
        form.more()
    elif form.validate_on_submit():
        with form.refusals():
            receiving_id = stockroom.receive(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                shop_id=shop_id,
                kind=form.kind.data,
                source=form.source.data or "",
                voucher=form.voucher.data or "",
                note=form.note.data or "",
                lines=[row.line for row in form.filled],
                pictures=pictures(form.photos),
            )
            flash(_("已入库。请打印单子，双方签字留存。"), "success")
            return redirect(url_for("stockroom.delivery", receiving_id=receiving_id), 303)
    return form.page("stockroom/new.html", shop=shop, names=reads.names(shop_id), today=local_date(now()))


@blueprint.get("/deliveries/<int:receiving_id>")
@login_required
def delivery(receiving_id: int) -> ResponseReturnValue:
    paper = reads.delivery(receiving_id)
    access.require(me(), *reads.READERS, area_id=paper.receiving.shop.area_id)
    shown = photos.of("receiving", [receiving_id]).get(receiving_id, [])
    return render_template("stockroom/delivery.html", paper=paper, photos=shown)


# --- losses and removals ----------------------------------------------------------------------------------------------


@blueprint.get("/shops/<int:shop_id>/losses")
@login_required
def losses(shop_id: int) -> ResponseReturnValue:
    shop = _shop(shop_id, reads.READERS)
    rows, older = reads.losses(shop_id, _before())
    shown = photos.of("loss", [loss.id for loss in rows])
    return render_template("stockroom/losses.html", shop=shop, rows=rows, older=older, photos=shown)


@blueprint.route("/goods/<int:goods_id>/lose", methods=["GET", "POST"])
@takes_files
@login_required
def lose(goods_id: int) -> ResponseReturnValue:
    goods, shop = _goods(goods_id, reads.KEEPERS)
    form = LossForm()
    if request.method == "GET":
        form.batch_id.data = request.args.get("batch", 0, type=int)
    form.batch_id.choices = [SelectChoice(0, _("不分批次，先到期的先出"))]
    form.batch_id.choices += [SelectChoice(batch.id, _said(batch)) for batch in reads.batches(goods_id)]
    if form.validate_on_submit():
        with form.refusals():
            stockroom.lose(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                goods_id=goods_id,
                quantity=form.quantity.data or 0,
                reason=form.reason.data or "",
                pictures=pictures(form.photos),
                batch_id=form.batch_id.data,
            )
            flash(_("已报损，库存已减去。"), "success")
            return redirect(url_for("stockroom.losses", shop_id=shop.id), 303)
    return form.page("stockroom/lose.html", goods=goods, shop=shop)


@blueprint.get("/shops/<int:shop_id>/removals")
@login_required
def removals(shop_id: int) -> ResponseReturnValue:
    shop = _shop(shop_id, reads.READERS)
    rows, older = reads.removals(shop_id, _before())
    return render_template("stockroom/removals.html", shop=shop, rows=rows, older=older)


@blueprint.route("/goods/<int:goods_id>/remove", methods=["GET", "POST"])
@login_required
def remove(goods_id: int) -> ResponseReturnValue:
    goods, shop = _goods(goods_id, reads.KEEPERS)
    form = RemovalForm()
    form.to_shop_id.choices = [SelectChoice(id_, name) for id_, name in reads.other_shops(me(), shop.id)]
    if form.validate_on_submit():
        with form.refusals():
            stockroom.remove(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                goods_id=goods_id,
                to_shop_id=form.to_shop_id.data,
                quantity=form.quantity.data or 0,
                note=form.note.data or "",
            )
            flash(_("已调出，对方店的库存已加上。"), "success")
            return redirect(url_for("stockroom.removals", shop_id=shop.id), 303)
    return form.page("stockroom/remove.html", goods=goods, shop=shop)


def _shop(shop_id: int, kinds: tuple[str, ...]) -> Shop:
    shop = shops.shop(shop_id)
    access.require(me(), *kinds, area_id=shop.area_id)
    return shop


def _goods(goods_id: int, kinds: tuple[str, ...]) -> tuple[Shelved, Shop]:
    goods = shops.goods(goods_id)
    return goods, _shop(goods.shop_id, kinds)


def _said(batch: reads.Batch) -> str:
    day = local_day(batch.best_before) if batch.best_before else _("没有写")
    return _("保质期到 %(day)s，还有 %(n)s %(unit)s", day=day, n=batch.remaining, unit=batch.unit)


def _page() -> int:
    return max(request.args.get("page", 1, type=int), 1)


def _before() -> int | None:
    return request.args.get("before", type=int)
