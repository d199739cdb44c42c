"""Reservations 预约 and their tickets: on the phone, at the desk, and at the counter where they are collected."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import access, codes, ledger
from points.calendar import local_date
from points.errors import NoPinSet, NotAllowed, NotFound, PinNeeded, PointsError, TooSoon, WrongPin
from points.models.ledger import AccountType
from points.models.people import Household
from points.models.shop import Shop
from points.names import mask
from points.queries import counter, home, hours, shop
from points.queries import reservations as reads
from points.queries.reservations import Ticket
from points.services import reservation
from points.services.reservation import AT_DESK
from points.web import basket, qr
from points.web.counter import READER, card_page
from points.web.edge import POLICY, now
from points.web.errors import sentence
from points.web.forms.base import new_key
from points.web.forms.counter import CardForm
from points.web.forms.reservations import CancelForm, CollectForm, DeskForm, ReserveForm
from points.web.hours import times_words
from points.web.phone import tabs
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("reservations", __name__)

READERS = ("clerk", "committee", "steward", "supervisor", "admin")
PIN_REFUSALS = (WrongPin, PinNeeded, NoPinSet, TooSoon)
SIZES = ("58", "a5")
MOST_PRINTED = 500


@blueprint.after_request
def allow_camera(response: Response) -> Response:
    """Let the pages of the counter run the QR reader."""
    if "till_id" in (request.view_args or {}):
        response.headers["Content-Security-Policy"] = f"{POLICY}; {READER}"
    return response


# --- reserving ----------------------------------------------------------------------------------------------------


@blueprint.route("/shops/<int:shop_id>/reserve", methods=["GET", "POST"])
@login_required
def new(shop_id: int) -> ResponseReturnValue:
    """Let a villager reserve for the own household."""
    person = me()
    top = home.front(person, now=now())
    if top is None:
        access.require(person, *READERS, area_id=shop.shop(shop_id).area_id)
        return render_template("home/nobody.html", person=person)
    household = access.household(person.household_id or 0)
    at = _shop_for(household, shop_id)
    return _reserve_page(ReserveForm(), household, at, person_id=person.id)


@blueprint.route("/households/<int:household_id>/reserve", methods=["GET", "POST"])
@login_required
def at_desk(household_id: int) -> ResponseReturnValue:
    """Let the committee or a steward reserve for someone who is there and types the PIN."""
    household = access.household(household_id)
    access.require(me(), *AT_DESK, area_id=household.area_id)
    access.require_unrelated(me(), household)
    shops = reads.shops_for(household)
    if not shops:
        return render_template("reservations/no_shop.html", household=household)
    at = _shop_for(household, request.args.get("shop", shops[0].id, int))
    form = DeskForm()
    form.person.choices = reads.members(household_id, 0, local_date(now()))
    return _reserve_page(form, household, at, person_id=form.person.data or 0, shops=shops)


def _reserve_page(
    form: ReserveForm, household: Household, at: Shop, *, person_id: int, **values: Any
) -> ResponseReturnValue:
    today = local_date(now())
    last = today + timedelta(days=at.hold_days)
    if request.method == "GET":
        form.collect_by.data = last
    looking = "find" in request.form  # without scripts: look for goods, and keep everything else
    if not looking and form.validate_on_submit():
        with form.refusals():
            made = reservation.reserve(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                shop_id=at.id,
                household_id=household.id,
                person_id=person_id,
                basket=basket.chosen(),
                collect_by=form.collect_by.data,
                pin=form.pin.data or "" if isinstance(form, DeskForm) else "",
            )
            flash(_("已预约：积分占用，货给您留着。"), "success")
            return redirect(url_for("reservations.show", reservation_id=made), 303)
    values |= basket.shelf(at.id, request.args.get("goods", 0, int))
    values |= {"household": household, "shop": at, "today": today, "last": last, "opens": _opens(at, today, last)}
    values["balance"] = ledger.balance(ledger.account(AccountType.HOUSEHOLD, household.id))
    if isinstance(form, DeskForm) and isinstance(form.refusal, PIN_REFUSALS):
        form.pin.errors = [sentence(form.refusal)]  # beside the field
    if looking:
        return render_template("reservations/new.html", form=form, **values)
    return form.page("reservations/new.html", **values)


@blueprint.get("/shops/<int:shop_id>/reserve/goods")
@login_required
def goods(shop_id: int) -> ResponseReturnValue:
    """Answer with the goods found by `q`, as a part of the page on which they are reserved."""
    shop.shop(shop_id)
    today = local_date(now())
    found = [one for one in shop.find(shop_id, request.args.get("q", "").strip()[:40]) if one.given_on(today)]
    return render_template("counter/_found.html", found=found, refusal="", barcodes={})


# --- the ticket ---------------------------------------------------------------------------------------------------


@blueprint.get("/me/reservations")
@login_required
def mine() -> ResponseReturnValue:
    top = home.front(me(), now=now())
    if top is None:
        return render_template("home/nobody.html", person=me())
    household = access.household(me().household_id or 0)
    return render_template(
        "reservations/mine.html",
        waiting=reads.open_of(household.id),
        ended=reads.ended_of(household.id),
        shops=reads.shops_for(household),
        tabs=tabs(top.village_id),
    )


@blueprint.get("/reservations/<int:reservation_id>")
@login_required
def show(reservation_id: int) -> ResponseReturnValue:
    return _show_page(_ticket(reservation_id), CancelForm(formdata=None))


@blueprint.get("/reservations/<int:reservation_id>/paper")
@login_required
def paper(reservation_id: int) -> ResponseReturnValue:
    """Show the ticket as paper, to those who may hold it."""
    found = _ticket(reservation_id)
    code = _code(found)
    if code is None:
        return redirect(url_for("reservations.show", reservation_id=reservation_id))
    size = request.args.get("size", "")
    return render_template(
        "reservations/paper.html", ticket=found, code=code, size=size if size in SIZES else SIZES[0], sizes=SIZES
    )


@blueprint.post("/reservations/<int:reservation_id>/cancel")
@login_required
def cancel(reservation_id: int) -> ResponseReturnValue:
    form = CancelForm()
    if form.validate_on_submit():
        with form.refusals():
            reservation.cancel(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                reservation_id=reservation_id,
                reason=form.reason.data or "",
                ticket=form.ticket.data or "",
            )
            flash(_("已取消：积分退回，货放回货架。"), "success")
            return redirect(url_for("reservations.show", reservation_id=reservation_id), 303)
    return _show_page(_ticket(reservation_id), form)


def _show_page(found: Ticket, form: CancelForm) -> ResponseReturnValue:
    own = found.household_id == me().household_id
    cancels = own or (
        access.holds(me(), ["committee"], found.household_area_id)
        and found.household_id not in access.related_households(me())
    )
    return form.page(
        "reservations/show.html",
        ticket=found,
        own=own,
        code=_code(found),
        cancels=cancels and found.state == "open",
        late=found.collect_by < local_date(now()),
        opens=_opens(shop.shop(found.shop_id), local_date(now()), found.collect_by),
        tabs=tabs(found.village_id) if own else None,
    )


# --- at the shop --------------------------------------------------------------------------------------------------


@blueprint.get("/shops/<int:shop_id>/reservations")
@login_required
def index(shop_id: int) -> ResponseReturnValue:
    at = shop.shop(shop_id)
    access.require(me(), *READERS, area_id=at.area_id)
    page = max(request.args.get("page", 1, int), 1)
    waiting, more = reads.open_at(shop_id, page=page)
    return render_template(
        "reservations/index.html",
        shop=at,
        aside=reads.aside(shop_id) if page == 1 else [],
        waiting=waiting,
        page=page,
        more=more,
        today=local_date(now()),
    )


@blueprint.get("/shops/<int:shop_id>/reservations/paper")
@login_required
def picking(shop_id: int) -> ResponseReturnValue:
    """Show as paper what is to be set aside, and for whom."""
    at = shop.shop(shop_id)
    access.require(me(), *READERS, area_id=at.area_id)
    waiting, more = reads.open_at(shop_id, most=MOST_PRINTED)
    return render_template(
        "reservations/picking.html", shop=at, aside=reads.aside(shop_id), waiting=waiting, more=more, moment=now()
    )


@blueprint.post("/tills/<int:till_id>/ticket")
@login_required
def ticket(till_id: int) -> ResponseReturnValue:
    """Show what is to be handed out for a ticket that was scanned, or named by its digits, where all is scanned."""
    form = CardForm()
    if form.validate_on_submit():
        return _collect_page(till_id, CollectForm(formdata=None, ticket=form.code.data))
    return card_page(till_id, form)


@blueprint.get("/tills/<int:till_id>/ticket")
@blueprint.get("/tills/<int:till_id>/collect", endpoint="again")
@login_required
def back(till_id: int) -> ResponseReturnValue:
    """Lead a page that was answered to a POST and then reloaded back to its till."""
    return redirect(url_for("counter.till", till_id=till_id))


@blueprint.post("/tills/<int:till_id>/collect")
@login_required
def collect(till_id: int) -> ResponseReturnValue:
    form = CollectForm()
    if form.validate_on_submit():
        with form.refusals():
            collector, proxy = basket.collector(form.collector.data or "")
            receipt_id = reservation.collect(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                till_id=till_id,
                ticket=form.ticket.data or "",
                collector_id=collector,
                proxy_id=proxy,
                pin=form.pin.data or "",
            )
            return redirect(url_for("counter.receipt", receipt_id=receipt_id), 303)
    return _collect_page(till_id, form)


def _collect_page(till_id: int, form: CollectForm) -> ResponseReturnValue:
    """Show what is to be handed out to whom; or the till, when the ticket itself is refused."""
    text = "".join((form.ticket.data or "").split())
    if not isinstance(form.refusal, PIN_REFUSALS) and form.refusal is not None:
        return _refused_ticket(till_id, text, form.refusal)
    try:
        found = reads.ticket(reservation.look_up(actor=me(), now=now(), till_id=till_id, ticket=text))
    except (NotFound, NotAllowed):
        raise
    except PointsError as refusal:
        return _refused_ticket(till_id, text, refusal)
    typed = len(text) != codes.CODE_LENGTH
    today = local_date(now())
    say = mask if typed else str  # whoever knows six digits learns no name
    members = [(id_, say(name)) for id_, name in reads.members(found.household_id, found.person_id, today)]
    proxies = [(id_, say(name), until) for id_, name, until in counter.proxies(found.household_id, today)]
    form.collector.choices = basket.collectors(members, proxies)
    listed = [choice.value for choice in form.collector.choices]
    if form.collector.data not in listed:
        form.collector.data = next(iter(listed), None)
    if isinstance(form.refusal, PIN_REFUSALS):
        form.pin.errors = [sentence(form.refusal)]
    values = {"till": counter.till(till_id), "ticket": found, "typed": typed, "cancel_key": new_key()}
    if form.refusal is None and not form.errors:
        return render_template("reservations/collect.html", form=form, **values)
    return form.page("reservations/collect.html", **values)


def _refused_ticket(till_id: int, text: str, refusal: PointsError) -> ResponseReturnValue:
    again = CardForm(formdata=None, code="" if len(text) == codes.CODE_LENGTH else text)
    again.refusal = refusal
    return card_page(till_id, again)


# --- within -------------------------------------------------------------------------------------------------------


def _shop_for(household: Household, shop_id: int) -> Shop:
    """Return a shop at which the household may reserve. Raises `NotFound`."""
    found = next((one for one in reads.shops_for(household) if one.id == shop_id), None)
    if found is None:
        raise NotFound()
    return found


def _ticket(reservation_id: int) -> Ticket:
    """Return a reservation that the reader may see: of the own household, or of a household or shop they look after."""
    found = reads.ticket(reservation_id)
    if found.household_id != me().household_id and not access.holds(me(), READERS, found.household_area_id):
        access.require(me(), *READERS, area_id=found.shop_area_id)
    return found


def _code(found: Ticket) -> Any:
    """Draw an open ticket's code for those who may hold it: the household, and whoever prints it at the desk."""
    if found.state != "open" or (found.household_id != me().household_id and found.made_by_id != me().id):
        return None
    return qr.card(codes.ticket_code(found.id), _("兑换券的码"))


def _opens(at: Shop, first: date, last: date) -> list[tuple[date, str]]:
    """List the days on which goods are given for points, with their times."""
    week = hours.of_shops([at], first)[at.id]
    found = []
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        spans = [span for span in week.on(day) if span.redeems]
        if spans:
            found.append((day, times_words(tuple((span.opens, span.closes) for span in spans))))
    return found
