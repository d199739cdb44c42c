"""Proxies 代领: whom a household lets collect its goods, on the phone, at the desk or at the counter."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access, codes
from points.calendar import local_date
from points.errors import CardNeeded, NotAllowed, NotFound, PinNeeded, PointsError
from points.models.shop import Till
from points.queries import counter, home
from points.queries import people as reads
from points.queries import proxies as grants
from points.services import proxy, redemption
from points.web import answers
from points.web.counter import READER
from points.web.edge import POLICY, local_day, now
from points.web.forms.proxies import (
    CodeForm,
    DeskProxyForm,
    KnownProxyForm,
    ProxyForm,
    TillProxyForm,
    TillRevokeForm,
)
from points.web.phone import tabs
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("proxies", __name__)


@blueprint.after_request
def allow_camera(response: Response) -> Response:
    """Let the page at the counter read cards, as `counter` does."""
    if request.endpoint == "proxies.at_till":
        response.headers["Content-Security-Policy"] = f"{POLICY}; {READER}"
    return response


@blueprint.route("/me/proxies", methods=["GET", "POST"])
@login_required
def mine() -> ResponseReturnValue:
    top = home.front(me(), now=now())
    household_id = me().household_id
    if top is None or household_id is None:
        return render_template("home/nobody.html", person=me())
    form = KnownProxyForm()
    if form.validate_on_submit():
        person_id = _known(form, top.village_id)
        if person_id is not None:
            with form.refusals():
                proxy.grant(key=form.key.data or "", actor=me(), now=now(), person_id=person_id, **form.who)
                _say_granted(form)
                return redirect(url_for("proxies.mine"), 303)
    return form.page("proxies/mine.html", tabs=tabs(top.village_id), **_lists(household_id))


@blueprint.post("/receipts/<int:receipt_id>/seen")
@login_required
def seen(receipt_id: int) -> ResponseReturnValue:
    """Take notice of what proxies collected, up to this receipt."""
    return answers.button(
        lambda key: proxy.note_seen(key=key, actor=me(), now=now(), receipt_id=receipt_id),
        done=_("好。以后有新的代领，再在这里告诉您。"),
        to=url_for("home.front"),
    )


@blueprint.post("/proxies/<int:proxy_id>/revoke")
@login_required
def revoke(proxy_id: int) -> ResponseReturnValue:
    household_id = grants.household_of(proxy_id)
    own = household_id == me().household_id
    back = url_for("proxies.mine") if own else url_for("proxies.of_household", household_id=household_id)
    if not own:
        access.require(me(), "committee", area_id=access.household(household_id).area_id)
    return answers.button(
        lambda key: proxy.revoke(key=key, actor=me(), now=now(), proxy_id=proxy_id),
        done=_("已撤销，从现在起不能再代领。"),
        to=back,
    )


@blueprint.route("/households/<int:household_id>/proxies", methods=["GET", "POST"])
@login_required
def of_household(household_id: int) -> ResponseReturnValue:
    household = access.household(household_id)
    access.require(me(), "committee", "steward", area_id=household.area_id)
    form = DeskProxyForm()
    members = [person for person in reads.people_of(household_id) if person.active]
    form.member.choices = [SelectChoice(person.id, person.name) for person in members]
    if form.validate_on_submit():
        person_id = _known(form, household.village_id)
        if person_id is not None:
            with form.refusals():
                proxy.grant_at_desk(
                    key=form.key.data or "",
                    actor=me(),
                    now=now(),
                    household_id=household_id,
                    member_id=form.member.data,
                    pin=form.pin.data or "",
                    person_id=person_id,
                    **form.who,
                )
                _say_granted(form)
                return redirect(url_for("proxies.of_household", household_id=household_id), 303)
    return form.page(
        "proxies/of_household.html",
        household=household,
        members=members,
        related=reads.related(me(), household_id),
        revokes=access.holds(me(), ["committee"], household.area_id),
        **_lists(household_id),
    )


@blueprint.route("/tills/<int:till_id>/proxies", methods=["GET", "POST"])
@login_required
def at_till(till_id: int) -> ResponseReturnValue:
    """Scan a card, then grant or take back with the holder's PIN: one address, so that a reload begins anew."""
    here = counter.till(till_id)
    access.require(me(), "clerk", area_id=here.shop.area_id)
    step = request.form.get("step")
    if step == "grant":
        return _grant_at_till(here)
    if step == "revoke":
        return _revoke_at_till(here)
    form = CodeForm()
    if form.validate_on_submit():
        return _till_page(here, form.code.data or "", TillProxyForm(formdata=None))
    return form.page("proxies/scan.html", till=here)


def _grant_at_till(here: Till) -> ResponseReturnValue:
    form = TillProxyForm()
    card = form.card.data or ""
    if form.validate_on_submit():
        with form.refusals():
            given = {"till_id": here.id, "card": card, "pin": form.pin.data or "", **form.who}
            proxy.grant_at_till(key=form.key.data or "", actor=me(), now=now(), **given)
            _say_granted(form)
            return redirect(url_for("counter.till", till_id=here.id), 303)
    return _till_page(here, card, form)


def _revoke_at_till(here: Till) -> ResponseReturnValue:
    form = TillRevokeForm()
    card, again = form.card.data or "", TillProxyForm(formdata=None)
    if form.validate_on_submit():
        with form.refusals():
            given = {"till_id": here.id, "card": card, "pin": form.pin.data or "", "proxy_id": form.proxy.data}
            proxy.revoke_at_till(key=form.key.data or "", actor=me(), now=now(), **given)
            flash(_("已撤销，从现在起不能再代领。"), "success")
            return redirect(url_for("counter.till", till_id=here.id), 303)
    again.refusal = form.refusal or PinNeeded()
    return _till_page(here, card, again)


def _till_page(here: Till, card: str, form: TillProxyForm) -> ResponseReturnValue:
    """Show the household's proxies and a form for one more; or where to scan, when the card itself is refused."""
    scan = CodeForm(formdata=None)
    try:
        if codes.type_of(card) == codes.PHONE_TYPE:
            raise CardNeeded()
        customer = counter.look_up(me(), here.id, card, now=now())
    except (NotFound, NotAllowed):
        raise
    except PointsError as refusal:
        if form.refusal is None:  # the verb keeps its own
            redemption.note_refusal(refusal, till_id=here.id, actor=me(), card=card, now=now())
        scan.refusal = refusal
        return scan.page("proxies/scan.html", till=here)
    form.card.data = card
    values = {"till": here, "customer": customer, "most": proxy.MOST, "days": _days()}
    if form.refusal is None and not form.errors:
        return render_template("proxies/at_till.html", form=form, **values)
    return form.page("proxies/at_till.html", **values)


def _known(form: KnownProxyForm, village_id: int) -> int | None:
    """Return who the proxy is, 0 for someone from elsewhere; None when number and name do not fit, and say so."""
    if not form.number.data:
        return 0
    person_id = reads.find(village_id, form.number.data, form.name.data or "")
    if person_id is None:
        form.number.errors = [_("没有找到这一户的这个人。请核对户号和姓名；外村人不用填户号。")]
    return person_id


def _lists(household_id: int) -> dict[str, Any]:
    """Return what the pages about a household's proxies show beside the form."""
    today = local_date(now())
    return {
        "standing": grants.grants(household_id, today, standing=True),
        "ended": grants.grants(household_id, today, standing=False),
        "most": proxy.MOST,
        "days": _days(),
    }


def _days() -> dict[str, str]:
    """Return the first and the last day that a grant may end on, for the input."""
    today = local_date(now())
    return {"min": today.isoformat(), "max": (today + proxy.LONGEST).isoformat()}


def _say_granted(form: ProxyForm) -> None:
    flash(_("%(name)s可以代领到%(day)s。", name=form.name.data, day=local_day(form.until.data)), "success")
