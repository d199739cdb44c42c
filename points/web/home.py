"""A villager's own pages: the household's points and how each came, and what concerns the person alone."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points.queries import home
from points.web.edge import now
from points.web.phone import tabs
from points.web.session import me

blueprint = Blueprint("home", __name__)


@blueprint.get("/home")
@login_required
def front() -> ResponseReturnValue:
    person = me()
    top = home.front(person, now=now())
    if top is None or person.household_id is None:
        return render_template("home/nobody.html", person=person)
    before = request.args.get("before", type=int)
    page = home.page(top, person.household_id, before=before)
    return render_template(
        "home/front.html", person=person, top=top, page=page, first=before is None, tabs=tabs(top.village_id)
    )


@blueprint.get("/me")
@login_required
def mine() -> ResponseReturnValue:
    person = me()
    top = home.front(person, now=now())
    return render_template("home/mine.html", person=person, top=top, tabs=tabs(top.village_id) if top else [])
