"""Cards and PINs: printing, handing over with the villager's own PIN, choosing another PIN, stopping a lost card.

A card's code exists only in the answer to the POST that prints it: it is derived from the write's key, so sending the
same form again shows the same card, and nobody else's page can.
"""

from __future__ import annotations

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import access, codes
from points.errors import Missing
from points.queries import counter
from points.queries import people as reads
from points.services import card
from points.web import qr
from points.web.answers import button, refused_back
from points.web.counter import READER
from points.web.edge import POLICY, now
from points.web.forms.cards import LostForm, PinForm, PrintForm, RevokeForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("cards", __name__)


@blueprint.after_request
def allow_camera(response: Response) -> Response:
    """Let the page at the counter read cards, as `counter` does."""
    if request.endpoint == "cards.lost":
        response.headers["Content-Security-Policy"] = f"{POLICY}; {READER}"
    return response


@blueprint.get("/villages/<int:village_id>/cards")
@login_required
def waiting(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), "committee", "steward", village_id=village_id)
    return render_template(
        "cards/waiting.html",
        village=access.area(village_id),
        rows=reads.waiting_cards(me(), village_id),
        mine=me().id,
        related=access.related_households(me()),
    )


@blueprint.route("/people/<int:person_id>/cards/new", methods=["GET", "POST"])
@login_required
def print_card(person_id: int) -> ResponseReturnValue:
    person = reads.person(person_id)
    access.require(me(), "committee", "admin", area_id=person.area_id)
    form = PrintForm()
    if form.validate_on_submit():
        with form.refusals():
            card_id = card.print_card(key=form.key.data, actor=me(), now=now(), person_id=person_id)
            number, code = codes.new_card(form.key.data)
            return render_template(
                "cards/sheet.html",
                row=reads.card(card_id),
                number=number,
                drawing=qr.card(code, _("卡的二维码")),
                full_name=form.full_name.data,
                site=current_app.config["SITE_ADDRESS"] or request.host_url.rstrip("/"),
                back_url=url_for("households.person", person_id=person_id),
            )
    return form.page("cards/print.html", person=person, cards=reads.cards(person_id=person_id))


@blueprint.route("/cards/<int:card_id>/hand-over", methods=["GET", "POST"])
@login_required
def hand_over(card_id: int) -> ResponseReturnValue:
    row = reads.card(card_id)
    access.require(me(), "committee", "steward", area_id=row.person.area_id)
    form = PinForm()
    if form.validate_on_submit():
        with form.refusals():
            card.hand_over(key=form.key.data, actor=me(), now=now(), card_id=card_id, pin=form.pin.data)
            flash(_("卡已发到%(name)s手里，现在可以用了。", name=row.person.name), "success")
            return redirect(url_for("households.person", person_id=row.person.id), 303)
    return form.page("cards/hand_over.html", row=row, printed_by_me=row.card.printed_by_id == me().id)


@blueprint.route("/people/<int:person_id>/pin", methods=["GET", "POST"])
@login_required
def reset_pin(person_id: int) -> ResponseReturnValue:
    person = reads.person(person_id)
    access.require(me(), "committee", area_id=person.area_id)
    form = PinForm()
    if form.validate_on_submit():
        with form.refusals():
            card.reset_pin(key=form.key.data, actor=me(), now=now(), person_id=person_id, pin=form.pin.data)
            flash(_("%(name)s的取货密码已换好。", name=person.name), "success")
            return redirect(url_for("households.person", person_id=person_id), 303)
    return form.page("cards/reset_pin.html", person=person)


@blueprint.post("/cards/<int:card_id>/revoke")
@login_required
def revoke(card_id: int) -> ResponseReturnValue:
    row = reads.card(card_id)
    access.require(me(), "committee", "steward", "admin", area_id=row.person.area_id)
    form = RevokeForm()
    back = url_for("households.person", person_id=row.person.id)
    if form.validate_on_submit():
        with form.refusals():
            card.revoke(key=form.key.data, actor=me(), now=now(), card_id=card_id, reason=form.reason.data)
            flash(_("这张卡已停用。需要时可以再印一张。"), "success")
            return redirect(back, 303)
    return refused_back(form.refusal or Missing(what=_("原因")), back)


@blueprint.post("/cards/<int:card_id>/block")
@login_required
def block(card_id: int) -> ResponseReturnValue:
    """Stop a lost card of the own household."""
    return button(
        lambda key: card.block(key=key, actor=me(), now=now(), card_id=card_id),
        done=_("已挂失，这张卡不能再用。要新卡请找村委会补办。"),
        to=url_for("home.mine"),
    )


@blueprint.route("/tills/<int:till_id>/lost", methods=["GET", "POST"])
@login_required
def lost(till_id: int) -> ResponseReturnValue:
    """Find a lost card at the counter: by its number, or by the household's number and the holder's name."""
    here = counter.till(till_id)
    access.require(me(), "clerk", area_id=here.shop.area_id)
    form = LostForm()
    rows = None
    if form.validate_on_submit():
        with form.refusals():
            number = codes.read(form.code.data).number if form.code.data else ""
            who = {"number": number, "household_number": form.number.data or "", "name": form.name.data or ""}
            rows = reads.cards_lost(here.shop.area_id, **who)
            return render_template("cards/lost.html", form=form, till=here, rows=rows)
    return form.page("cards/lost.html", till=here, rows=rows)


@blueprint.post("/tills/<int:till_id>/lost/<int:card_id>")
@login_required
def block_at_till(till_id: int, card_id: int) -> ResponseReturnValue:
    return button(
        lambda key: card.block_at_till(key=key, actor=me(), now=now(), till_id=till_id, card_id=card_id),
        done=_("已挂失，这张卡不能再用。请持卡人到村委会补办新卡。"),
        to=url_for("counter.till", till_id=till_id),
    )
