"""Cards and PINs: printing, handing over with the villager's own PIN, choosing another PIN, stopping a lost card.

A card's code exists only in the answer to the POST that prints it: it is derived from the write's key, so sending the
same form again shows the same card, and nobody else's page can. Those of a run are drawn by a job (`papers.cards`).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access, codes
from points.errors import Missing, NoCardsChosen, NotFound
from points.models.areas import VillageSetting
from points.queries import areas, counter
from points.queries import people as reads
from points.queries.people import Holder, Home
from points.services import card
from points.web import jobs, qr
from points.web.answers import button, refused_back
from points.web.counter import READER
from points.web.edge import POLICY, now
from points.web.forms.base import ButtonForm
from points.web.forms.cards import LostForm, PinForm, RevokeForm, RunForm, WhoForm
from points.web.papers.cards import pages
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
    access.require_inside(me(), "committee", "steward", "admin", village_id=village_id)
    rows = reads.waiting_cards(me(), village_id)
    related = access.related_households(me())
    apart = []  # one by one, for the PIN is chosen on the spot; or by somebody else
    lanes: dict[str, list[reads.CardRow]] = {}
    for row in rows:
        if row.card.printed_by_id == me().id:
            continue
        if row.person.household_id in related or not row.has_pin:
            apart.append(row)
        else:
            lanes.setdefault(row.lane, []).append(row)
    return render_template(
        "cards/waiting.html",
        village=access.area(village_id),
        lanes=lanes,
        apart=apart,
        own=sum(row.card.printed_by_id == me().id for row in rows),
        most=card.MOST_CARDS,
        runs=reads.card_runs(village_id),
        related=related,
        hands_over=any(role.kind in ("committee", "steward") for role in access.roles_of(me().id)),
        prints=access.holds(me(), ("committee", "admin"), village_id),
    )


@blueprint.post("/villages/<int:village_id>/cards/hand-over")
@login_required
def hand_over_many(village_id: int) -> ResponseReturnValue:
    """Hand over the cards that were ticked, with their slips."""
    access.require_inside(me(), "committee", "steward", village_id=village_id)
    chosen = _numbers("cards")
    return button(
        lambda key: card.hand_over_many(key=key, actor=me(), now=now(), village_id=village_id, card_ids=chosen),
        done=_("%(n)s 张卡已发到本人手里，现在可以用了。", n=len(chosen)),
        to=url_for("cards.waiting", village_id=village_id),
    )


@blueprint.route("/villages/<int:village_id>/cards/print", methods=["GET", "POST"])
@login_required
def choose(village_id: int) -> ResponseReturnValue:
    """Choose for whom to print; look at how much paper it takes; print."""
    access.require(me(), "committee", "admin", area_id=village_id)
    village = access.village(village_id)
    who = WhoForm(formdata=request.args if "area" in request.args else None, data={"area": village_id})
    places = areas.within(me(), village_id)
    who.area.choices = [SelectChoice(area.id, "　" * depth + area.name) for area, depth in places]
    if not who.validate():
        raise NotFound()
    lanes = reads.holders(village_id, who.area.data)
    again = bool(who.again.data)
    form = RunForm()
    chosen = _numbers("people")
    if form.validate_on_submit():
        with form.refusals():
            if not chosen:
                raise NoCardsChosen()
            if "sure" in request.form:
                return _print(form, village_id, chosen, again=again)
    own = access.related_households(me())
    shown = _printable(lanes, own, again=again)
    asked = {"area": who.area.data, "who": who.who.data, "again": "y" if again else None}
    url = url_for("cards.choose", village_id=village_id, **asked)
    about: dict[str, Any] = {"village": village, "who": who, "url": url}
    if chosen and not form.errors:
        wanted = set(chosen)
        people = [person for _lane, homes in shown for home in homes for person in home.people if person.id in wanted]
        slips = sum(not person.has_pin for person in people)
        about |= {"people": people, "slips": slips, "held": sum(person.has_card for person in people)}
        about |= {"pages": pages(form.layout.data, len(people), slips)}
        if form.refusal is None:
            return render_template("cards/look.html", form=form, **about)
        return form.page("cards/look.html", **about)
    homes = [home for _lane, homes in lanes for home in homes]
    return form.page(
        "cards/choose.html",
        lanes=shown,
        ticked={
            person.id for _lane, homes in shown for home in homes for person in _ticked(home, who.who.data, again=again)
        },
        own=[person for home in homes if home.id in own for person in home.people],
        held=[person for home in homes if home.id not in own for person in home.people if person.has_card],
        most=card.MOST_CARDS,
        **about,
    )


def _print(form: RunForm, village_id: int, chosen: list[int], *, again: bool) -> ResponseReturnValue:
    key = form.key.data or ""
    run_id = card.print_run(
        key=key,
        actor=me(),
        now=now(),
        village_id=village_id,
        person_ids=chosen,
        layout=form.layout.data,
        full_names=VillageSetting.get_by_id(village_id).full_names,
        again=again,
    )
    given = {"run": run_id, "key": key}
    return jobs.ask(f"{key}.file", "cards", given)


def _printable(lanes: list[tuple[str, list[Home]]], own: set[int], *, again: bool) -> list[tuple[str, list[Home]]]:
    """Leave out the households of the reader and of kin, and those in which everybody has a card, unless *again*."""
    kept = [(lane, [home for home in homes if home.id not in own and (again or home.open)]) for lane, homes in lanes]
    return [(lane, homes) for lane, homes in kept if homes]


def _ticked(home: Home, who: str, *, again: bool) -> list[Holder]:
    """Choose of a household at first: everybody, or one: who has a card already, to print it again, or the first."""
    if who == "everyone":
        return home.people if again else home.open
    held = [person for person in home.people if person.has_card]
    return (held if again else []) if held else home.people[:1]


@blueprint.get("/cards/runs/<int:run_id>")
@login_required
def run(run_id: int) -> ResponseReturnValue:
    row = reads.card_run(run_id)
    access.require_inside(me(), "committee", "steward", "admin", village_id=row.village_id)
    return render_template(
        "cards/run.html",
        row=row,
        village=access.area(row.village_id),
        paper=pages(row.layout, row.count, row.slips),
        job=reads.job_of_run(me(), run_id, now=now()),
        mine=row.printed_by_id == me().id,
        stops=access.holds(me(), ("committee", "admin"), row.village_id),
    )


@blueprint.post("/cards/runs/<int:run_id>/stop")
@login_required
def stop_run(run_id: int) -> ResponseReturnValue:
    """Stop what still waits of a run, as when its paper is spoiled."""
    return button(
        lambda key: card.stop_run(
            key=key, actor=me(), now=now(), run_id=run_id, reason=request.form.get("reason", "")[:200]
        ),
        done=_("没发出去的都停用了。需要时可以再印。"),
        to=url_for("cards.run", run_id=run_id),
    )


def _numbers(name: str) -> list[int]:
    """Read ids that were ticked, or come together in one field."""
    words = " ".join(request.form.getlist(name)).split()
    return [int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 16]


@blueprint.route("/people/<int:person_id>/cards/new", methods=["GET", "POST"])
@login_required
def print_card(person_id: int) -> ResponseReturnValue:
    person = access.person(person_id)
    access.require(me(), "committee", "admin", area_id=person.area_id)
    form = ButtonForm()
    if form.validate_on_submit():
        with form.refusals():
            card_id = card.print_card(key=form.key.data, actor=me(), now=now(), person_id=person_id)
            number, code = codes.new_card(form.key.data)
            return render_template(
                "cards/sheet.html",
                row=reads.card(card_id),
                number=number,
                drawing=qr.card(code, _("卡的二维码")),
                full_name=VillageSetting.get_by_id(access.village_of(person.area_id)).full_names,
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
    person = access.person(person_id)
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
