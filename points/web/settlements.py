"""Settlements 结算 with contracted shops: drawn and paid by the village, signed by both, closed by the shop."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access
from points.calendar import local_date
from points.models.fund import Settlement
from points.queries import fund
from points.queries import settlements as reads
from points.services import settlement as verbs
from points.web.answers import button
from points.web.edge import now, yuan
from points.web.forms.fund import DrawForm, PayForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("settlements", __name__)


def month_name(month: str) -> str:
    """Word ``2026-10`` as ``2026年10月``."""
    year, number = month.split("-")
    return _("%(year)s年%(month)s月", year=year, month=int(number))


blueprint.add_app_template_filter(month_name)


@blueprint.route("/villages/<int:village_id>/settlements", methods=["GET", "POST"])
@login_required
def index(village_id: int) -> ResponseReturnValue:
    """List a village's settlements, to a clerk those of the own shops; a POST draws one."""
    if request.method == "POST":
        access.require(me(), "committee", area_id=village_id)
    access.require_inside(me(), *reads.READERS, village_id=village_id)
    village, shops = access.village(village_id), reads.contracted(village_id)
    form = DrawForm()
    form.shop.choices = [SelectChoice(shop.id, shop.name) for shop in shops]
    form.month.choices = [SelectChoice(month, month_name(month)) for month in reads.months(now())]
    if form.validate_on_submit():
        with form.refusals():
            settlement_id = verbs.draw(
                key=form.key.data,
                actor=me(),
                now=now(),
                shop_id=form.shop.data,
                village_id=village_id,
                month=form.month.data,
            )
            flash(_("结算单已开好，请双方核对签字。"), "success")
            return redirect(url_for("settlements.show", settlement_id=settlement_id), 303)
    rows, older = reads.of_village(me(), village_id, before=request.args.get("before", type=int))
    return form.page(
        "settlements/index.html",
        village=village,
        shops=shops,
        rows=rows,
        older=older,
        draws=access.holds(me(), ("committee",), village_id),
    )


@blueprint.get("/settlements/<int:settlement_id>")
@login_required
def show(settlement_id: int) -> ResponseReturnValue:
    found = readable(settlement_id)
    return _page(found, _pay_form(found))


@blueprint.get("/settlements/<int:settlement_id>/sheet")
@login_required
def sheet(settlement_id: int) -> ResponseReturnValue:
    """Show the statement as it is printed and signed."""
    found = readable(settlement_id)
    return render_template(
        "settlements/sheet.html",
        settlement=found,
        worths=reads.by_worth(settlement_id),
        undone=reads.undone(settlement_id),
        back_url=url_for("settlements.show", settlement_id=settlement_id),
    )


@blueprint.post("/settlements/<int:settlement_id>/sign")
@login_required
def sign(settlement_id: int) -> ResponseReturnValue:
    return _press(settlement_id, verbs.sign, _("已签字。"))


@blueprint.post("/settlements/<int:settlement_id>/drop")
@login_required
def drop(settlement_id: int) -> ResponseReturnValue:
    return _press(settlement_id, verbs.drop, _("已作废，里面的凭证可以重新结算。"))


@blueprint.post("/settlements/<int:settlement_id>/close")
@login_required
def close(settlement_id: int) -> ResponseReturnValue:
    return _press(settlement_id, verbs.close, _("已确认收款，这一张结清了。"))


@blueprint.post("/settlements/<int:settlement_id>/pay")
@login_required
def pay(settlement_id: int) -> ResponseReturnValue:
    found = readable(settlement_id)
    access.require(me(), "committee", area_id=found.village_id)
    form = _pay_form(found)
    if form.validate_on_submit():
        with form.refusals():
            verbs.pay(
                key=form.key.data,
                actor=me(),
                now=now(),
                settlement_id=settlement_id,
                voucher=form.voucher.data,
                day=form.day.data,
                commitment_id=form.commitment.data or None,
            )
            flash(_("已记付款，基金里多了一笔支出。请店方确认收款。"), "success")
            return redirect(url_for("settlements.show", settlement_id=settlement_id), 303)
    return _page(found, form)


def _press(settlement_id: int, verb: Callable[..., int], done: str) -> ResponseReturnValue:
    readable(settlement_id)
    to = url_for("settlements.show", settlement_id=settlement_id)
    return button(lambda key: verb(key=key, actor=me(), now=now(), settlement_id=settlement_id), done=done, to=to)


def readable(settlement_id: int) -> Settlement:
    """Return a settlement that the reader may see: of the own village, or of the own shop."""
    found = reads.settlement(settlement_id)
    if not access.holds(me(), ["clerk"], found.shop.area_id):
        access.require(me(), *(kind for kind in reads.READERS if kind != "clerk"), area_id=found.village_id)
    g.village_id = found.village_id
    return found


def _pay_form(found: Settlement) -> PayForm:
    form = PayForm(day=local_date(now()))
    form.commitment.choices = [SelectChoice(0, _("可用资金"))] + [
        SelectChoice(one.id, _("预留：%(purpose)s（剩 %(yuan)s 元）", purpose=one.purpose, yuan=yuan(one.left_fen)))
        for one in fund.commitments(found.village_id)
    ]
    return form


def _page(found: Settlement, form: PayForm) -> ResponseReturnValue:
    page = max(request.args.get("page", 0, type=int), 0)
    return form.page(
        "settlements/show.html",
        settlement=found,
        worths=reads.by_worth(found.id),
        items=reads.items(found.id, page=page),
        page=page,
        per_page=reads.PAGE,
        serves=access.holds(me(), ["clerk"], found.shop.area_id),
        keeps=access.holds(me(), ["committee"], found.village_id),
    )
