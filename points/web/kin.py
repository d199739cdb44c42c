"""Declaring kin: one's own, or as the committee those of a villager who cannot do it themselves.

The relative is named by village, household number and full name, so that nobody can leaf through a village's people.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access
from points.models.people import Person
from points.queries import areas as places
from points.queries import people as reads
from points.services import kin
from points.web import phone
from points.web.edge import now
from points.web.forms.staff import KinForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("kin", __name__)


@blueprint.route("/me/kin", methods=["GET", "POST"])
@login_required
def mine() -> ResponseReturnValue:
    return _page(me(), url_for("kin.mine"))


@blueprint.route("/people/<int:person_id>/kin", methods=["GET", "POST"])
@login_required
def of_person(person_id: int) -> ResponseReturnValue:
    person = access.person(person_id)
    access.require(me(), "committee", area_id=person.area_id)
    return _page(person, url_for("kin.of_person", person_id=person_id))


def _page(person: Person, url: str) -> ResponseReturnValue:
    villages = places.villages(person.area_id)
    own = access.area(person.area_id)
    form = KinForm()
    form.village_id.choices = [SelectChoice(village.id, village.name) for village in villages]
    if request.method == "GET" and person.household_id:
        form.village_id.data = access.village_of(own.id)
    if form.validate_on_submit():
        relative_id = reads.find(form.village_id.data, form.number.data, form.name.data)
        if relative_id is None:
            form.name.errors = [_("没有找到这一户的这个人。请核对村、户号和姓名。")]
        else:
            with form.refusals():
                kin.declare(
                    key=form.key.data,
                    actor=me(),
                    now=now(),
                    relative_id=relative_id,
                    relation=form.relation.data,
                    person_id=person.id,
                )
                flash(_("已申报。涉及这一户的事，将请别人办理。"), "success")
                return redirect(url, 303)
    tabs = phone.tabs(access.village_of(own.id)) if person.household_id else None
    return form.page(
        "kin/declare.html", person=person, mine=person.id == me().id, relatives=reads.kin(person.id), tabs=tabs
    )
