"""Staff of an area: roles in force, those that wait for a second person, and proposing someone."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access
from points.models.people import ROLES
from points.queries import people
from points.queries import staff as reads
from points.services import household, staff
from points.web.answers import button
from points.web.edge import label, now
from points.web.forms.households import PersonForm
from points.web.forms.staff import GrantForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("staff", __name__)
READERS = ("admin", "supervisor", "committee")


@blueprint.get("/areas/<int:area_id>/staff")
@login_required
def index(area_id: int) -> ResponseReturnValue:
    access.require(me(), *READERS, area_id=area_id)
    in_force, waiting, ended = reads.roles(area_id)
    return render_template(
        "staff/index.html",
        area=access.area(area_id),
        in_force=in_force,
        waiting=waiting,
        ended=ended,
        administers=access.holds(me(), ("admin",), area_id),
        mine=me().id,
    )


@blueprint.get("/roles")
@login_required
def waiting() -> ResponseReturnValue:
    """List every role that waits for someone like me."""
    return render_template("staff/waiting.html", waiting=reads.waiting(me()))


@blueprint.route("/areas/<int:area_id>/staff/new", methods=["GET", "POST"])
@login_required
def grant(area_id: int) -> ResponseReturnValue:
    access.require(me(), "admin", area_id=area_id)
    area = access.area(area_id)
    q = request.args.get("q", "")[:40]
    found = people.search(area_id, q)
    form = GrantForm()
    form.kind.choices = [SelectChoice(kind, label(kind)) for kind in ROLES if area.kind in staff.PLACES[kind]]
    form.person_id.choices = [SelectChoice(person.id, _described(person.name, person.household)) for person in found]
    if form.validate_on_submit():
        with form.refusals():
            staff.grant(
                key=form.key.data,
                actor=me(),
                now=now(),
                person_id=form.person_id.data,
                area_id=area_id,
                kind=form.kind.data,
                until=form.until.data,
            )
            flash(_("已提名。要另一位工作人员确认后才生效。"), "success")
            return redirect(url_for("staff.index", area_id=area_id), 303)
    return form.page("staff/grant.html", area=area, q=q, found=found)


@blueprint.route("/areas/<int:area_id>/staff/people/new", methods=["GET", "POST"])
@login_required
def add_person(area_id: int) -> ResponseReturnValue:
    access.require(me(), "admin", area_id=area_id)
    form = PersonForm()
    if form.validate_on_submit():
        with form.refusals():
            household.add_staff_person(
                key=form.key.data,
                actor=me(),
                now=now(),
                area_id=area_id,
                name=form.name.data,
                phone=form.phone.data or "",
            )
            flash(_("已加上%(name)s，现在可以提名职责。", name=form.name.data), "success")
            return redirect(url_for("staff.grant", area_id=area_id, q=form.name.data), 303)
    return form.page("staff/add_person.html", area=access.area(area_id))


@blueprint.post("/roles/<int:role_id>/confirm")
@login_required
def confirm(role_id: int) -> ResponseReturnValue:
    area_id = reads.role(role_id).area_id
    access.require(me(), *staff.CONFIRMERS, area_id=area_id)
    return button(
        lambda key: staff.confirm(key=key, actor=me(), now=now(), role_id=role_id),
        done=_("已确认，职责从现在起生效。"),
        to=url_for("staff.index", area_id=area_id),
    )


@blueprint.post("/roles/<int:role_id>/end")
@login_required
def end(role_id: int) -> ResponseReturnValue:
    area_id = reads.role(role_id).area_id
    access.require(me(), "admin", area_id=area_id)
    return button(
        lambda key: staff.end(key=key, actor=me(), now=now(), role_id=role_id),
        done=_("已卸任。"),
        to=url_for("staff.index", area_id=area_id),
    )


def _described(name: str, household: object) -> str:
    number = getattr(household, "number", None)
    return _("%(name)s · 第 %(number)s 户", name=name, number=number) if number else name
