"""The counter: card, basket, receipt, and the day's list."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from markupsafe import Markup

from points import access, codes
from points.calendar import local_date
from points.errors import (
    CardMisread,
    CashChanged,
    Invalid,
    NoPinLimit,
    NotAllowed,
    NotFound,
    PinNeeded,
    PointsError,
    TooSoon,
    WrongPin,
)
from points.models.receipt import PAPERS
from points.queries import counter, shifts, shop
from points.services import redemption
from points.web import basket, frame, qr
from points.web.edge import POLICY, now
from points.web.errors import sentence
from points.web.forms.base import ButtonForm
from points.web.forms.counter import CardForm, RedeemForm, UndoForm, plainly
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("counter", __name__)

PIN_REFUSALS = (WrongPin, PinNeeded, NoPinLimit, TooSoon)
SHOWS_CODE = timedelta(minutes=15)
"""So long after the sale a clerk sees and prints the receipt's code, for the customer to keep; then it is theirs."""

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
    return card_page(till_id, CardForm())


@blueprint.get("/tills/<int:till_id>/card")
@blueprint.get("/tills/<int:till_id>/redeem", endpoint="again")
@login_required
def back(till_id: int) -> ResponseReturnValue:
    """Lead a page that was answered to a POST and then reloaded back to its till."""
    return redirect(url_for("counter.till", till_id=till_id))


@blueprint.post("/tills/<int:till_id>/card")
@login_required
def card(till_id: int) -> ResponseReturnValue:
    """Open what was scanned or typed: the household of a card or phone, a receipt, a ticket; its first digit tells."""
    form = CardForm()
    if not form.validate_on_submit():
        return card_page(till_id, form)
    code = "".join((form.code.data or "").split())
    kind = codes.type_of(code)
    if kind == codes.TICKET_TYPE or (len(code) == 6 and code.isdecimal()):
        return redirect(url_for("reservations.ticket", till_id=till_id), 307)
    if kind == codes.RECEIPT_TYPE:
        access.require(me(), "clerk", area_id=counter.till(till_id).shop.area_id)
        try:
            return _receipt_page(codes.read_receipt(code), UndoForm(formdata=None, code=code))
        except CardMisread as refusal:
            redemption.note_refusal(refusal, till_id=till_id, actor=me(), card=code, now=now())
            form.refusal = refusal
    elif len(code) in (8, 13) and code.isdecimal():
        form.refusal = Invalid(what=_("这是商品条码，请先扫卡"))
    else:
        return _basket_page(till_id, RedeemForm(formdata=None, card=form.code.data, photo=form.photo.data))
    return card_page(till_id, form)


@blueprint.get("/tills/<int:till_id>/goods")
@login_required
def goods(till_id: int) -> ResponseReturnValue:
    """Answer with the goods found by `q`, or those that carry the barcode `code`, as a part of the basket's page."""
    here = counter.till(till_id)
    access.require(me(), "clerk", area_id=here.shop.area_id)
    code, today = request.args.get("code", ""), local_date(now())
    refusal = ""
    if code:
        one = shop.by_barcode(here.shop_id, code)
        found = [one] if one else []
        if one is None:
            refusal = _("没有登记这个条码：%(code)s。请按名称找，或到商品页登记。", code=code)
        elif not one.given_on(today):
            refusal = _("“%(goods)s”现在不兑换。", goods=one.name)
    else:
        found = [one for one in shop.find(here.shop_id, request.args.get("q", "").strip()[:40]) if one.given_on(today)]
    codes_of = shop.codes_of([one.id for one in found])
    return render_template("counter/_found.html", found=found, refusal=refusal, barcodes=codes_of)


@blueprint.post("/tills/<int:till_id>/redeem")
@login_required
def redeem(till_id: int) -> ResponseReturnValue:
    # No guard of its own: the service asks for the clerk's role, and this is the program's most frequent write.
    form, asked = None, plainly(request.form)
    if asked is None or "find" in request.form:
        form = RedeemForm()
        if "find" in request.form or not form.validate():  # without scripts: look for goods, and keep everything else
            return _basket_page(till_id, form)
        asked = form.asked
    try:
        collector, proxy = basket.collector(asked.collector)
        receipt_id = redemption.redeem(
            key=asked.key,
            actor=me(),
            now=now(),
            till_id=till_id,
            card=asked.card,
            collector_id=collector,
            pin=asked.pin,
            basket=basket.chosen(),
            proxy_id=proxy,
            photo=asked.photo,
            cash_fen=asked.cash_fen,
        )
    except (NotFound, NotAllowed):
        raise
    except PointsError as refusal:
        form = form or RedeemForm()
        form.refusal = refusal
        return _basket_page(till_id, form)
    return redirect(frame.url_for("counter.receipt", receipt_id=0)[:-1] + str(receipt_id), 303)


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
                key=form.key.data or "",
                actor=me(),
                now=now(),
                receipt_id=receipt_id,
                reason=form.reason.data or "",
                code=form.code.data or "",
            )
            flash(_("已撤销：积分退回这一户，商品退回库存。"), "success")
            return redirect(url_for("counter.receipt", receipt_id=receipt_id), 303)
    return _receipt_page(receipt_id, form)


@blueprint.post("/receipts/<int:receipt_id>/print")
@login_required
def print_(receipt_id: int) -> ResponseReturnValue:
    """Keep that the receipt is put on paper, and show the paper, which prints itself."""
    form = ButtonForm()
    if not form.validate_on_submit():
        raise Invalid(what=_("这一页不完整，请刷新"))
    size = request.form.get("size", "")
    redemption.print_receipt(key=form.key.data or "", actor=me(), now=now(), receipt_id=receipt_id, paper=size)
    return redirect(url_for("counter.paper", receipt_id=receipt_id, size=size), 303)


@blueprint.get("/receipts/<int:receipt_id>/paper")
@login_required
def paper(receipt_id: int) -> ResponseReturnValue:
    slip = _slip(receipt_id)
    size = request.args.get("size", "")
    if not slip.prints:
        return redirect(url_for("counter.receipt", receipt_id=receipt_id))
    code = _code(slip)
    size = size if size in PAPERS else PAPERS[0]
    return render_template("counter/paper.html", slip=slip, lines=counter.lines(receipt_id), code=code, size=size)


@blueprint.get("/tills/<int:till_id>/day")
@login_required
def day(till_id: int) -> ResponseReturnValue:
    here = counter.till(till_id)
    access.require(me(), *redemption.READERS, area_id=here.shop.area_id)
    today = local_date(now())
    wanted = asked_day(today)
    before = request.args.get("before", type=int)
    return render_template(
        "counter/day.html",
        till=here,
        serves=access.holds(me(), ["clerk"], here.shop.area_id),
        wanted=wanted,
        today=today,
        before=wanted - timedelta(days=1),
        after=wanted + timedelta(days=1) if wanted < today else None,
        later=before is not None,
        day=counter.day(till_id, wanted, before=before),
    )


def asked_day(today: date) -> date:
    """Return the day that a list of a day was asked for."""
    try:
        return min(date.fromisoformat(request.args.get("day", "")), today)
    except ValueError:
        return today


def card_page(till_id: int, form: CardForm) -> ResponseReturnValue:
    """Show where everything is scanned, and what was wrong with the last scan."""
    here = counter.till(till_id)
    access.require(me(), "clerk", area_id=here.shop.area_id)
    return form.page("counter/card.html", till=here, to_sign=shifts.to_sign(me(), local_date(now()), till_id))


def _basket_page(till_id: int, form: RedeemForm) -> ResponseReturnValue:
    """Show the household and the goods, with what was chosen before; or the till, when the card itself is refused."""
    here = counter.till(till_id)
    code, photo = form.card.data or "", bool(form.photo.data)
    try:
        redemption.claim_phone(till_id=till_id, actor=me(), card=code, now=now())
        customer = counter.look_up(me(), till_id, code, now=now(), photo=photo)
    except (NotFound, NotAllowed):
        raise
    except PointsError as refusal:
        if form.refusal is None:  # the verb keeps its own
            redemption.note_refusal(refusal, till_id=till_id, actor=me(), card=code, now=now())
        again = CardForm(formdata=None, code="" if len(code) == codes.CODE_LENGTH else code)
        again.refusal = refusal
        return again.page("counter/card.html", till=here)
    form.collector.choices = basket.collectors(customer.members, customer.proxies)
    listed = [choice.value for choice in form.collector.choices]
    if form.collector.data not in listed:
        form.collector.data = next(iter(listed), None)
    if isinstance(form.refusal, PIN_REFUSALS):
        form.pin.errors = [sentence(form.refusal)]  # beside the field
    values = {
        "till": here,
        "customer": customer,
        "cash_due": form.refusal.values["fen"] if isinstance(form.refusal, CashChanged) else 0,
        **basket.shelf(here.shop_id),
    }
    if form.refusal is None and not form.errors:
        return render_template("counter/basket.html", form=form, **values)
    return form.page("counter/basket.html", **values)


def _slip(receipt_id: int) -> counter.Slip:
    """Return a receipt that the reader may see. Raises `NotFound` or `NotAllowed`."""
    slip = counter.receipt(receipt_id)
    if slip.household_id != me().household_id:
        access.require(me(), *redemption.READERS, area_id=slip.area_id)
    return slip


def _code(slip: counter.Slip) -> Markup | None:
    """Draw the code that undoing asks for: for the household, and at first for the clerk, who hands it over."""
    if slip.household_id != me().household_id and now() - slip.recorded_at >= SHOWS_CODE:
        return None
    return qr.card(codes.receipt_code(slip.id), _("凭证的码"))


def _receipt_page(receipt_id: int, form: UndoForm) -> ResponseReturnValue:
    slip = _slip(receipt_id)
    own = slip.household_id == me().household_id
    sold_on = local_date(slip.recorded_at)
    undoers = ("clerk", "committee") if sold_on == local_date(now()) else ("committee",)
    values = {
        "slip": slip,
        "lines": counter.lines(receipt_id),
        "own": own,
        "sold_on": sold_on,
        "serves": access.holds(me(), ["clerk"], slip.area_id),
        "code": _code(slip),
        "may_undo": slip.undone_at is None
        and access.holds(me(), undoers, slip.area_id)
        and slip.household_id not in access.related_households(me()),
        "needs_code": not access.holds(me(), ["committee"], slip.area_id),
    }
    if form.refusal is None and not form.errors:
        return render_template("counter/receipt.html", form=form, **values)
    return form.page("counter/receipt.html", **values)
