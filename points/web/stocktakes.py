"""Stocktakes 盘点: counted blind, approved by a second person."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import access
from points.models.stock import Stocktake
from points.queries import shop as shops
from points.queries import stocktakes as reads
from points.queries.stock import READERS
from points.services import stocktake
from points.services.stocktake import APPROVERS, COUNTERS
from points.web import answers
from points.web.edge import now
from points.web.forms.stocktakes import CountForm, FinishForm, StartForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("stocktakes", __name__)


@blueprint.route("/shops/<int:shop_id>/stocktakes", methods=["GET", "POST"])
@login_required
def index(shop_id: int) -> ResponseReturnValue:
    shop = shops.shop(shop_id)
    access.require(me(), *(COUNTERS if request.method == "POST" else READERS), area_id=shop.area_id)
    form = StartForm()
    form.categories.choices = [
        (word, _("%(category)s（%(n)s 种）", category=word, n=n)) for word, n in reads.categories(shop_id)
    ]
    if form.validate_on_submit():
        with form.refusals():
            chosen = form.categories.data
            stocktake_id = stocktake.start(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                shop_id=shop_id,
                goods_ids=reads.goods_of(shop_id, chosen) if chosen else None,
            )
            return redirect(url_for("stocktakes.show", stocktake_id=stocktake_id), 303)
    rows, older = reads.of_shop(shop_id, request.args.get("before", type=int))
    return form.page(
        "stocktakes/index.html",
        shop=shop,
        rows=rows,
        older=older,
        starts=access.holds(me(), COUNTERS, shop.area_id),
    )


@blueprint.get("/stocktakes/<int:stocktake_id>")
@login_required
def show(stocktake_id: int) -> ResponseReturnValue:
    found = _stocktake(stocktake_id, READERS)
    if found.counted_at is None:
        return _counting(found, CountForm())
    page = max(request.args.get("page", 1, type=int), 1)
    rows, more = reads.differences(stocktake_id, page)
    second = me().id not in (found.started_by_id, found.counted_by_id)
    return render_template(
        "stocktakes/result.html",
        stocktake=found,
        result=reads.result(stocktake_id),
        rows=rows,
        page={"number": page, "more": more},
        approves=found.state == "counted" and second and access.holds(me(), APPROVERS, found.shop.area_id),
    )


@blueprint.post("/stocktakes/<int:stocktake_id>/count")
@login_required
def count(stocktake_id: int) -> ResponseReturnValue:
    found = _stocktake(stocktake_id, COUNTERS)
    form = CountForm()
    if form.validate_on_submit() and not form.wrong:
        with form.refusals():
            if form.counts:
                stocktake.count(
                    key=form.key.data or "", actor=me(), now=now(), stocktake_id=stocktake_id, counts=form.counts
                )
            flash(_("已存 %(n)s 种。", n=len(form.counts)), "success")
            return redirect(url_for("stocktakes.show", stocktake_id=stocktake_id, **asked()), 303)
    return _counting(found, form)


@blueprint.post("/stocktakes/<int:stocktake_id>/finish")
@login_required
def finish(stocktake_id: int) -> ResponseReturnValue:
    skip = bool(FinishForm().skip.data)
    return answers.button(
        lambda key: stocktake.finish(key=key, actor=me(), now=now(), stocktake_id=stocktake_id, skip=skip),
        done=_("清点结束。请另一位村委干部或乡镇监督员核对差异后批准。"),
        to=url_for("stocktakes.show", stocktake_id=stocktake_id),
    )


@blueprint.post("/stocktakes/<int:stocktake_id>/approve")
@login_required
def approve(stocktake_id: int) -> ResponseReturnValue:
    return answers.button(
        lambda key: stocktake.approve(key=key, actor=me(), now=now(), stocktake_id=stocktake_id),
        done=_("已批准，库存已改成数到的。"),
        to=url_for("stocktakes.show", stocktake_id=stocktake_id),
    )


@blueprint.post("/stocktakes/<int:stocktake_id>/drop")
@login_required
def drop(stocktake_id: int) -> ResponseReturnValue:
    reason = request.form.get("reason", "")
    return answers.button(
        lambda key: stocktake.drop(key=key, actor=me(), now=now(), stocktake_id=stocktake_id, reason=reason),
        done=_("已作废，库存没有变。"),
        to=url_for("stocktakes.show", stocktake_id=stocktake_id),
    )


@blueprint.get("/stocktakes/<int:stocktake_id>/sheet")
@login_required
def sheet(stocktake_id: int) -> ResponseReturnValue:
    found = _stocktake(stocktake_id, READERS)
    return render_template("stocktakes/sheet.html", stocktake=found, groups=reads.sheet(stocktake_id))


def _stocktake(stocktake_id: int, kinds: tuple[str, ...]) -> Stocktake:
    found = reads.stocktake(stocktake_id)
    access.require(me(), *kinds, area_id=found.shop.area_id)
    return found


def _counting(found: Stocktake, form: CountForm) -> ResponseReturnValue:
    """Show what is to be counted: nothing on the page says what the book expects."""
    wanted = asked()
    lines, more = reads.lines(found.id, **wanted)
    return form.page(
        "stocktakes/counting.html",
        stocktake=found,
        sections=reads.sections(found.id),
        lines=lines,
        asked=wanted,
        page={"number": wanted["page"], "more": more},
        counts=found.state == "counting" and access.holds(me(), COUNTERS, found.shop.area_id),
    )


def asked() -> dict[str, Any]:
    """Return the part of the list that is looked at; it goes along when counts are sent."""
    page = max(request.args.get("page", 1, type=int), 1)
    return {"category": request.args.get("category", ""), "q": request.args.get("q", "").strip(), "page": page}
