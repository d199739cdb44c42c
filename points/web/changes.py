"""Changes of households 户的变动: proposed on the household's page, confirmed by a second person."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access, ledger
from points.calendar import local_date
from points.errors import NoSuchHousehold, NotFound
from points.models.ledger import AccountType
from points.models.people import Household, Person
from points.queries import areas as places
from points.queries import changes as reads
from points.queries import people
from points.services import change
from points.services.change import CONFIRMERS, PROPOSERS
from points.web import answers
from points.web.edge import now
from points.web.forms.changes import FORMS, ChangeForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("changes", __name__)
KINDS = ",".join(FORMS)


@blueprint.get("/villages/<int:village_id>/changes")
@login_required
def index(village_id: int) -> ResponseReturnValue:
    access.require(me(), *reads.READERS, area_id=village_id)
    return render_template(
        "changes/index.html",
        village=access.area(village_id),
        waiting=reads.of_village(village_id, waiting=True),
        decided=reads.of_village(village_id, waiting=False),
    )


@blueprint.route(f"/households/<int:household_id>/changes/<any({KINDS}):kind>", methods=["GET", "POST"])
@login_required
def new(household_id: int, kind: str) -> ResponseReturnValue:
    household = access.household(household_id)
    access.require(me(), *PROPOSERS, area_id=household.area_id)
    form = FORMS[kind](day=local_date(now()))
    _offer(form, household, kind)
    if form.validate_on_submit():
        with form.refusals():
            change_id = change.propose(
                key=form.key.data or "", actor=me(), now=now(), household_id=household_id, kind=kind, **_given(form)
            )
            flash(_("已提出，等另一位确认后才生效。"), "success")
            return redirect(url_for("changes.show", change_id=change_id), 303)
    return form.page(
        "changes/new.html",
        household=household,
        kind=kind,
        balance=_balance(household_id),
        related=people.related(me(), household_id),
    )


@blueprint.get("/changes/<int:change_id>")
@login_required
def show(change_id: int) -> ResponseReturnValue:
    found = _read(change_id)
    waits = found.state == "proposed"
    related = [people.related(me(), id_) for id_ in (found.source_id, found.target_id)]
    related.append(found.proposer_id != me().id and access.are_related(me(), Person.get_by_id(found.proposer_id)))
    worth = (reads.worth_fen(found.source_village_id), reads.worth_fen(found.target_village_id))
    return render_template(
        "changes/show.html",
        change=found,
        members=people.people_of(found.source_id) if waits else [],
        balance=_balance(found.source_id),
        owed=-ledger.balance(ledger.account(AccountType.OWED, found.source_id)),
        worth=worth if worth[0] != worth[1] else None,
        keeps=[access.holds(me(), reads.READERS, id_) for id_ in (found.source_area_id, found.place_id)],
        related=any(related),
        confirms=waits and access.holds(me(), CONFIRMERS, found.place_id),
        mine=found.proposer_id == me().id,
        next_number=people.next_number(found.target_village_id) if waits and found.needs_number else "",
    )


@blueprint.post("/changes/<int:change_id>/confirm")
@login_required
def confirm(change_id: int) -> ResponseReturnValue:
    number = request.form.get("number", "")
    _read(change_id)
    return answers.button(
        lambda key: change.confirm(key=key, actor=me(), now=now(), change_id=change_id, number=number),
        done=_("已确认，变动已经生效。"),
        to=url_for("changes.show", change_id=change_id),
    )


@blueprint.post("/changes/<int:change_id>/refuse")
@login_required
def refuse(change_id: int) -> ResponseReturnValue:
    reason = request.form.get("reason", "")
    _read(change_id)
    return answers.button(
        lambda key: change.refuse(key=key, actor=me(), now=now(), change_id=change_id, reason=reason),
        done=_("没有同意，什么也没有变。"),
        to=url_for("changes.show", change_id=change_id),
    )


@blueprint.post("/changes/<int:change_id>/withdraw")
@login_required
def withdraw(change_id: int) -> ResponseReturnValue:
    _read(change_id)
    return answers.button(
        lambda key: change.withdraw(key=key, actor=me(), now=now(), change_id=change_id),
        done=_("已收回，什么也没有变。"),
        to=url_for("changes.show", change_id=change_id),
    )


def _read(change_id: int) -> reads.Change:
    """Return a change that I may read. Raises `NotFound`; `NotAllowed` for another role of the place it leaves."""
    found = reads.change(change_id)
    if not reads.reads(me(), found):
        access.require(me(), *reads.READERS, area_id=found.source_area_id)
        raise NotFound()
    return found


def _offer(form: ChangeForm, household: Household, kind: str) -> None:
    """Fill the choices of a form: who lives there, the places of the village, the villages of the county."""
    if "people" in form:
        living = [person for person in people.people_of(household.id) if person.active]
        form["people"].choices = [SelectChoice(person.id, person.name) for person in living]
    villages = places.villages(household.area_id)
    if "village_id" in form:
        form["village_id"].choices = [SelectChoice(village.id, village.name) for village in villages]
        if request.method == "GET":
            form["village_id"].data = household.village_id
    if "area_id" in form:
        lanes = places.within(me(), household.village_id, *PROPOSERS)
        form["area_id"].choices = [SelectChoice(area.id, "\u3000" * depth + area.name) for area, depth in lanes]
        if kind == "move_household":
            form["area_id"].choices = [one for one in form["area_id"].choices if one.value != household.area_id]
            others = [village for village in villages if village.id != household.village_id]
            form["area_id"].choices += [
                SelectChoice(other.id, _("外村：%(name)s", name=other.name)) for other in others
            ]
        elif request.method == "GET":
            form["area_id"].data = household.area_id
            form["number"].data = people.next_number(household.village_id)


def _given(form: ChangeForm) -> dict[str, Any]:
    """Return what the form says to `change.propose`; who is joined is found by village and number."""
    given = {name: field.data for name, field in form._fields.items() if name not in ("key", "village_id")}
    if "village_id" in form:
        number = given.pop("number")
        village_id = form["village_id"].data
        given["target_id"] = reads.find(village_id, number)
        if given["target_id"] is None:
            raise NoSuchHousehold(village=access.area(village_id).name, number=number)
    return given


def _balance(household_id: int) -> int:
    return ledger.balance(ledger.account(AccountType.HOUSEHOLD, household_id))
