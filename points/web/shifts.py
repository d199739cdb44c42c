"""Shifts 班次: signing off, handing over, and the sheets."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access
from points.calendar import local_date
from points.errors import CountedPieces, NotFound
from points.models.shop import Shift
from points.queries import shifts
from points.queries import shop as shops
from points.services import shift
from points.web.edge import now
from points.web.forms.shifts import CountForm, SignForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("shifts", __name__)


@blueprint.route("/tills/<int:till_id>/shift", methods=["GET", "POST"])
@login_required
def sign(till_id: int) -> ResponseReturnValue:
    """Sign off today's shift at a till; with ``?shift=`` an own earlier one, also after the clerk's role ended."""
    till = shifts.till(till_id)
    earlier = request.args.get("shift", 0, type=int)
    if not earlier:
        access.require(me(), "clerk", area_id=till.shop.area_id)
    form = SignForm()
    today = local_date(now())
    others = [] if earlier else shifts.clerks(till.shop, me())
    form.next_clerk.choices = [
        SelectChoice(0, _("日结，我今天在这个柜台不再兑换")),
        *(SelectChoice(id_, _("交班给%(name)s", name=name)) for id_, name in others),
    ]
    if form.validate_on_submit():
        with form.refusals():
            shift_id = shift.sign_off(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                till_id=till_id,
                counted_fen=form.fen,
                counts=_counts(),
                note=form.note.data or "",
                next_clerk_id=form.next_clerk.data,
                shift_id=earlier,
            )
            flash(_("已签字。") if not form.next_clerk.data else _("已签字，等接班的人点数签字。"), "success")
            return redirect(url_for("shifts.show", shift_id=shift_id), 303)
    found = shifts.signing(me(), till, earlier, now=now(), today=today)
    if found is None:
        signed = earlier or shifts.last_signed(me(), till_id, today)
        return redirect(url_for("shifts.show", shift_id=signed), 303)
    return form.page("shifts/sign.html", found=found, others=others, today=today, typed=request.form)


@blueprint.get("/shifts/<int:shift_id>")
@login_required
def show(shift_id: int) -> ResponseReturnValue:
    sheet = shifts.sheet(shift_id, now=now())
    _require_reader(sheet.shift)
    return render_template(
        "shifts/show.html",
        sheet=sheet,
        shift=sheet.shift,
        back_url=url_for("shifts.index", shop_id=sheet.shift.till.shop_id),
        mine=sheet.shift.clerk_id == me().id and sheet.shift.closed_at is None,
        takes=sheet.shift.next_clerk_id == me().id and sheet.shift.taken_at is None,
        till_url=_till_url(sheet.shift),
    )


@blueprint.route("/shifts/<int:shift_id>/take", methods=["GET", "POST"])
@login_required
def take(shift_id: int) -> ResponseReturnValue:
    sheet = shifts.sheet(shift_id, now=now())
    _require_reader(sheet.shift)
    if sheet.shift.next_clerk_id != me().id:
        raise NotFound()
    form = CountForm()
    if form.validate_on_submit():
        with form.refusals():
            shift.take_over(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                shift_id=shift_id,
                counted_fen=form.fen,
                counts=_counts(),
                note=form.note.data or "",
            )
            flash(_("已接班。"), "success")
            return redirect(url_for("shifts.show", shift_id=shift_id), 303)
    elif request.method == "GET" and sheet.shift.taken_at is not None:
        return redirect(url_for("shifts.show", shift_id=shift_id), 303)
    return form.page("shifts/take.html", sheet=sheet, shift=sheet.shift, typed=request.form)


@blueprint.get("/shops/<int:shop_id>/shifts")
@login_required
def index(shop_id: int) -> ResponseReturnValue:
    shop = shops.shop(shop_id)
    access.require(me(), *shifts.READERS, area_id=shop.area_id)
    today = local_date(now())
    before = request.args.get("before", type=int)
    found, older = shifts.of_shop(shop_id, before=before)
    return render_template(
        "shifts/index.html",
        shop=shop,
        today=today,
        before=before,
        unsigned=[] if before else shifts.unsigned(shop_id, today),
        days=[(day, list(of_day)) for day, of_day in groupby(found, key=lambda one: one.day)],
        older=older,
    )


def _require_reader(found: Shift) -> None:
    """Let the clerk whose shift it is pass, and who may read in the shop's area."""
    if found.clerk_id != me().id:
        access.require(me(), *shifts.READERS, area_id=found.till.shop.area_id)


def _till_url(found: Shift) -> str | None:
    """Return the way back to the till for who serves there."""
    if access.holds(me(), ["clerk"], found.till.shop.area_id):
        return url_for("counter.till", till_id=found.till_id)
    return None


def _counts() -> dict[int, int]:
    """Read pieces by goods id from ``count-<id>``. Raises `CountedPieces`."""
    try:
        return {int(name[6:]): int(value) for name, value in request.form.items() if name.startswith("count-")}
    except ValueError:
        raise CountedPieces(most=shift.MOST_PIECES) from None
