"""Households and their people: the list of a village, one household, one person, and the first sign-in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access, codes, ledger
from points.census import KEEPERS as IMPORTERS
from points.errors import NotAllowed
from points.models.ledger import AccountType
from points.models.people import Person
from points.queries import areas as places
from points.queries import changes
from points.queries import people as reads
from points.queries import staff as roles
from points.services import household
from points.services.change import PROPOSERS
from points.services.data_request import ANSWERERS
from points.services.household import KEEPERS
from points.web.edge import now
from points.web.forms.households import (
    LEFT_WORDS,
    EditHouseholdForm,
    EditPersonForm,
    GiveSignInForm,
    OpenHouseholdForm,
    PersonForm,
)
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("households", __name__)
ENTRIES = 10


@blueprint.get("/villages/<int:village_id>/households")
@login_required
def index(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *reads.READERS, village_id=village_id)
    wanted = asked()
    rows, more = reads.households(me(), village_id, **wanted, after=request.args.get("after", ""))
    return render_template(
        "households/index.html",
        village=access.area(village_id),
        areas=places.within(me(), village_id),
        rows=rows,
        last=rows[-1].number if more else None,
        q=wanted["q"],
        lane=wanted["area_id"],
        state=request.args.get("state", ""),
        keeps=_keeps_inside(village_id),
        waiting=changes.count_waiting(village_id),
        keeps_all=access.holds(me(), changes.READERS, village_id),
        imports=access.holds(me(), IMPORTERS, village_id),
        answers=access.holds(me(), ANSWERERS, village_id),
    )


def asked() -> dict[str, Any]:
    """Return to what the list of households was narrowed."""
    resting = reads.RESTING.get(request.args.get("state", ""), False)
    return {"q": request.args.get("q", "")[:40], "area_id": request.args.get("lane", 0, int), "resting": resting}


@blueprint.route("/villages/<int:village_id>/households/new", methods=["GET", "POST"])
@login_required
def new(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *KEEPERS, village_id=village_id)
    lanes = places.within(me(), village_id, *KEEPERS)
    first = next((area.id for area, _depth in lanes if area.kind == "lane"), 0)
    form = OpenHouseholdForm(number=reads.next_number(village_id), area_id=request.args.get("lane", first, int))
    form.area_id.choices = _lanes(village_id)
    if form.validate_on_submit():
        with form.refusals():
            household_id = household.open_household(
                key=form.key.data,
                actor=me(),
                now=now(),
                area_id=form.area_id.data,
                number=form.number.data,
                address=form.address.data or "",
                people=form.names,
            )
            flash(_("第 %(number)s 户已登记，会出现在下一期公示上。", number=form.number.data), "success")
            return redirect(url_for("households.show", household_id=household_id), 303)
    return form.page("households/new.html", village=access.area(village_id))


@blueprint.get("/households/<int:household_id>")
@login_required
def show(household_id: int) -> ResponseReturnValue:
    found = access.household(household_id)
    access.require(me(), *reads.READERS, area_id=found.area_id)
    account = ledger.account(AccountType.HOUSEHOLD, household_id)
    successor = access.household(found.merged_into_id) if found.merged_into_id else None
    return render_template(
        "households/show.html",
        household=found,
        successor=successor,
        goes_on_here=successor is not None and access.holds(me(), reads.READERS, successor.area_id),
        changes=changes.of_household(household_id),
        area=access.area(found.area_id),
        people=reads.people_of(household_id),
        cards=reads.cards(household_id=household_id),
        balance=ledger.balance(account),
        owed=-ledger.balance(ledger.account(AccountType.OWED, household_id)),
        entries=ledger.statement(account, limit=ENTRIES),
        related=reads.related(me(), household_id),
        keeps=found.active and access.holds(me(), KEEPERS, found.area_id),
        proposes=found.active and access.holds(me(), PROPOSERS, found.area_id),
    )


@blueprint.route("/households/<int:household_id>/edit", methods=["GET", "POST"])
@login_required
def edit(household_id: int) -> ResponseReturnValue:
    found = access.household(household_id)
    access.require(me(), *KEEPERS, area_id=found.area_id)
    form = EditHouseholdForm(obj=found)
    form.area_id.choices = _lanes(found.village_id)
    if form.validate_on_submit():
        with form.refusals():
            household.edit_household(
                key=form.key.data,
                actor=me(),
                now=now(),
                household_id=household_id,
                area_id=form.area_id.data,
                address=form.address.data or "",
            )
            flash(_("已改好。"), "success")
            return redirect(url_for("households.show", household_id=household_id), 303)
    return form.page("households/edit.html", household=found)


@blueprint.route("/households/<int:household_id>/people/new", methods=["GET", "POST"])
@login_required
def add_person(household_id: int) -> ResponseReturnValue:
    found = access.household(household_id)
    access.require(me(), *KEEPERS, area_id=found.area_id)
    form = PersonForm()
    if form.validate_on_submit():
        with form.refusals():
            household.add_person(
                key=form.key.data,
                actor=me(),
                now=now(),
                household_id=household_id,
                name=form.name.data,
                phone=form.phone.data or "",
            )
            flash(_("已加上%(name)s。", name=form.name.data), "success")
            return redirect(url_for("households.show", household_id=household_id), 303)
    return form.page("households/add_person.html", household=found)


@blueprint.route("/people/<int:person_id>", methods=["GET", "POST"])
@login_required
def person(person_id: int) -> ResponseReturnValue:
    found = access.person(person_id)
    access.require(me(), *reads.READERS, area_id=found.area_id)
    form = EditPersonForm(obj=found)
    form.active.label.text = _("仍在本村") if found.active else _("回来了，重新启用")
    if form.validate_on_submit():
        with form.refusals():
            household.edit_person(
                key=form.key.data,
                actor=me(),
                now=now(),
                person_id=person_id,
                name=form.name.data,
                phone=form.phone.data or "",
                active=form.active.data,
                left_why=form.left_why.data or "",
                left_on=form.left_on.data,
            )
            flash(_("已改好。"), "success")
            return redirect(url_for("households.person", person_id=person_id), 303)
    return form.page(
        "households/person.html",
        person=found,
        household=access.household(found.household_id) if found.household_id else None,
        area=access.area(found.area_id),
        cards=reads.cards(person_id=person_id),
        kin=reads.kin(person_id),
        left_why=LEFT_WORDS[found.left_why],
        **_offers(found),
    )


@blueprint.route("/people/<int:person_id>/sign-in", methods=["GET", "POST"])
@login_required
def give_sign_in(person_id: int) -> ResponseReturnValue:
    found = access.person(person_id)
    access.require(me(), "committee", "admin", area_id=found.area_id)
    form = GiveSignInForm(obj=found)
    if form.validate_on_submit():
        with form.refusals():
            password = codes.temporary_password(form.key.data)
            household.give_sign_in(
                key=form.key.data,
                actor=me(),
                now=now(),
                person_id=person_id,
                username=form.username.data,
                password=password,
            )
            # The password exists only in this answer; the same key sent again shows the same one.
            username = access.person(person_id).username
            return render_template("households/sign_in.html", person=found, username=username, password=password)
    return form.page("households/give_sign_in.html", person=found)


def _lanes(village_id: int) -> list[SelectChoice]:
    """Return the choices of a household's place: the areas that I keep, indented by their depth."""
    return [
        SelectChoice(area.id, "\u3000" * depth + area.name) for area, depth in places.within(me(), village_id, *KEEPERS)
    ]


def _keeps_inside(village_id: int) -> bool:
    try:
        access.require_inside(me(), *KEEPERS, village_id=village_id)
    except NotAllowed:
        return False
    return True


def _offers(found: Person) -> dict[str, Any]:
    """Tell which steps a person's page offers me; the services decide."""
    related = access.are_related(me(), found)
    area_id, held = found.area_id, roles.of_person(found.id)
    return {
        "shows_data": access.holds(me(), ANSWERERS, area_id),
        "roles": held,
        "mine": me().id,
        "related": related,
        "edits": not related and access.holds(me(), KEEPERS if found.household_id else ("admin",), area_id),
        "signs_in": not related and access.holds(me(), ("admin",) if held else ("committee", "admin"), area_id),
        "prints": not related and found.household_id and access.holds(me(), ("committee", "admin"), area_id),
        "hands_over": not related and access.holds(me(), ("committee", "steward"), area_id),
        "resets": not related and found.household_id and access.holds(me(), ("committee",), area_id),
        "declares": found.household_id and access.holds(me(), ("committee",), area_id),
    }
