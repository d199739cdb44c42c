"""The counter: card, basket, receipt, and the day's list."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access
from points.calendar import local_date
from points.errors import BasketTooLarge, NoPinLimit, NotAllowed, NotFound, PinNeeded, PointsError, WrongPin
from points.queries import counter, shop
from points.services import redemption
from points.web.edge import POLICY, now
from points.web.errors import sentence
from points.web.forms.counter import CardForm, RedeemForm, UndoForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("counter", __name__)

PIN_REFUSALS = (WrongPin, PinNeeded, NoPinLimit)
DAY_READERS = ("clerk", "committee", "supervisor", "admin")


READER = "script-src 'self' 'wasm-unsafe-eval'; media-src 'self' blob:"
"""What pages that scan cards may do beyond the others: run the QR reader on what the camera sees."""


@blueprint.after_request
def allow_camera(response: Response) -> Response:
    """Let the till's pages run the QR reader, which is WebAssembly, as few other pages may."""
    response.headers["Content-Security-Policy"] = f"{POLICY}; {READER}"
    return response


@blueprint.get("/tills")
@login_required
def tills() -> ResponseReturnValue:
    found = counter.tills(me())
    if len(found) == 1:
        return redirect(url_for("counter.till", till_id=found[0].id))
    return render_template("counter/tills.html", tills=found)


@blueprint.get("/tills/<int:till_id>")
@login_required
def till(till_id: int) -> ResponseReturnValue:
    return _card_page(till_id, CardForm())


@blueprint.get("/tills/<int:till_id>/card")
@blueprint.get("/tills/<int:till_id>/redeem", endpoint="again")
@login_required
def back(till_id: int) -> ResponseReturnValue:
    """Lead a page that was answered to a POST and then reloaded back to its till."""
    return redirect(url_for("counter.till", till_id=till_id))


@blueprint.post("/tills/<int:till_id>/card")
@login_required
def card(till_id: int) -> ResponseReturnValue:
    form = CardForm()
    if form.validate_on_submit():
        return _basket_page(till_id, RedeemForm(formdata=None, card=form.code.data))
    return _card_page(till_id, form)


@blueprint.post("/tills/<int:till_id>/redeem")
@login_required
def redeem(till_id: int) -> ResponseReturnValue:
    # No guard of its own: the service asks for the clerk's role, and this is the program's most frequent write.
    form = RedeemForm()
    if form.validate_on_submit():
        with form.refusals():
            receipt_id = redemption.redeem(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                till_id=till_id,
                card=form.card.data or "",
                collector_id=form.collector.data,
                pin=form.pin.data or "",
                basket=_basket(),
            )
            return redirect(url_for("counter.receipt", receipt_id=receipt_id), 303)
    return _basket_page(till_id, form)


@blueprint.get("/receipts/<int:receipt_id>")
@login_required
def receipt(receipt_id: int) -> ResponseReturnValue:
    return _receipt_page(receipt_id, UndoForm())


@blueprint.post("/receipts/<int:receipt_id>/undo")
@login_required
def undo(receipt_id: int) -> ResponseReturnValue:
    form = UndoForm()
    if form.validate_on_submit():
        with form.refusals():
            redemption.undo(
                key=form.key.data or "", actor=me(), now=now(), receipt_id=receipt_id, reason=form.reason.data or ""
            )
            flash(_("已撤销：积分退回这一户，商品退回库存。"), "success")
            return redirect(url_for("counter.receipt", receipt_id=receipt_id), 303)
    return _receipt_page(receipt_id, form)


@blueprint.get("/tills/<int:till_id>/day")
@login_required
def day(till_id: int) -> ResponseReturnValue:
    here = counter.till(till_id)
    access.require(me(), *DAY_READERS, area_id=here.shop.area_id)
    today = local_date(now())
    try:
        wanted = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        wanted = today
    return render_template(
        "counter/day.html",
        till=here,
        serves=access.holds(me(), ["clerk"], here.shop.area_id),
        wanted=wanted,
        before=wanted - timedelta(days=1),
        after=wanted + timedelta(days=1) if wanted < today else None,
        day=counter.day(till_id, wanted),
    )


def _card_page(till_id: int, form: CardForm) -> ResponseReturnValue:
    here = counter.till(till_id)
    access.require(me(), "clerk", area_id=here.shop.area_id)
    return form.page("counter/card.html", till=here)


def _basket_page(till_id: int, form: RedeemForm) -> ResponseReturnValue:
    """Show the household and the goods, with what was chosen before; or the till, when the card itself is refused."""
    here = counter.till(till_id)
    code = form.card.data or ""
    try:
        customer = counter.look_up(me(), till_id, code, now=now())
    except (NotFound, NotAllowed):
        raise
    except PointsError as refusal:
        if form.refusal is None:  # the verb keeps its own
            redemption.note_refusal(refusal, till_id=till_id, actor=me(), card=code, now=now())
        again = CardForm(formdata=None, code=code)
        again.refusal = refusal
        return again.page("counter/card.html", till=here)
    form.collector.choices = [SelectChoice(id_, name) for id_, name in customer.members]
    values = {
        "till": here,
        "customer": customer,
        "goods": shop.by_category(shop.shelf([here.shop_id])),
        "chosen": request.form,
    }
    if request.endpoint == "counter.card":
        form.collector.data = customer.members[0][0] if customer.members else None
        return render_template("counter/basket.html", form=form, **values)
    if isinstance(form.refusal, PIN_REFUSALS):
        form.pin.errors = [sentence(form.refusal)]  # beside the field, which lies below all the goods
    return form.page("counter/basket.html", **values)


def _receipt_page(receipt_id: int, form: UndoForm) -> ResponseReturnValue:
    slip = counter.receipt(receipt_id)
    if slip.household_id != me().household_id:
        access.require(me(), *DAY_READERS, area_id=slip.area_id)
    same_day = local_date(slip.recorded_at) == local_date(now())
    undoers = ("clerk", "committee") if same_day else ("committee",)
    return form.page(
        "counter/receipt.html",
        slip=slip,
        lines=counter.lines(receipt_id),
        serves=access.holds(me(), ["clerk"], slip.area_id),
        may_undo=slip.undone_at is None
        and access.holds(me(), undoers, slip.area_id)
        and slip.household_id not in access.related_households(me()),
    )


def _basket() -> list[tuple[int, int, int]]:
    """Read (goods id, quantity, price shown) from ``goods-<id>`` and ``price-<id>``; what stayed at 0 is not bought."""
    basket = []
    try:
        for name, value in request.form.items():
            if name.startswith("goods-") and value.strip() not in ("", "0"):
                goods_id = int(name[6:])
                basket.append((goods_id, int(value), int(request.form[f"price-{goods_id}"])))
    except (ValueError, KeyError):
        raise BasketTooLarge(kinds=redemption.MOST_KINDS, pieces=redemption.MOST_OF_A_KIND) from None
    return basket
