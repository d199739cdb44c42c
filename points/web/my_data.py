"""My data 我的资料: what is kept of a person, shown to that person; asking to correct or remove it, and the answers."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import access
from points.models.people import Person
from points.queries import home, people
from points.queries import my_data as reads
from points.services import data_request
from points.services.data_request import ANSWERERS
from points.web import answers, phone
from points.web.edge import now
from points.web.forms.households import LEFT_WORDS
from points.web.forms.my_data import AnswerForm, AskForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("my_data", __name__)


@blueprint.route("/me/data", methods=["GET", "POST"])
@login_required
def mine() -> ResponseReturnValue:
    return _page(me(), url_for("my_data.mine"))


@blueprint.route("/people/<int:person_id>/data", methods=["GET", "POST"])
@login_required
def of_person(person_id: int) -> ResponseReturnValue:
    """Show it at the desk to somebody without a phone, and enter what they ask."""
    person = access.person(person_id)
    access.require(me(), *ANSWERERS, area_id=person.area_id)
    return _page(person, url_for("my_data.of_person", person_id=person_id))


@blueprint.get("/areas/<int:area_id>/data-requests")
@login_required
def requests(area_id: int) -> ResponseReturnValue:
    access.require(me(), *ANSWERERS, area_id=area_id)
    return render_template(
        "my_data/requests.html",
        area=access.area(area_id),
        waiting=reads.requests(area_id, waiting=True),
        answered=reads.requests(area_id, waiting=False),
    )


@blueprint.route("/data-requests/<int:request_id>", methods=["GET", "POST"])
@login_required
def answer(request_id: int) -> ResponseReturnValue:
    found = reads.request(request_id)
    access.require(me(), *ANSWERERS, area_id=found.person.area_id)
    form = AnswerForm()
    if form.validate_on_submit():
        with form.refusals():
            data_request.answer(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                request_id=request_id,
                granted=form.verdict.data == "yes",
                words=form.words.data or "",
            )
            flash(_("已答复，本人在“我的资料”里能看到。"), "success")
            return redirect(url_for("my_data.answer", request_id=request_id), 303)
    hinders = found.made_by_id == me().id or access.are_related(me(), found.person)
    return form.page(
        "my_data/answer.html",
        asked=found,
        area_id=access.village_of(found.person.area_id) if found.person.household_id else found.person.area_id,
        hinders=hinders,
        erases=not hinders and access.holds(me(), ["admin"], found.person.area_id),
        still=reads.hindrance(found.person) if found.kind == "erase" and found.granted else "",
    )


@blueprint.post("/data-requests/<int:request_id>/erase")
@login_required
def erase(request_id: int) -> ResponseReturnValue:
    access.require(me(), "admin", area_id=reads.request(request_id).person.area_id)
    return answers.button(
        lambda key: data_request.erase(key=key, actor=me(), now=now(), request_id=request_id),
        done=_("已删除：姓名换成编号，能认出本人的都去掉了，积分和凭证照旧。"),
        to=url_for("my_data.answer", request_id=request_id),
    )


def _page(person: Person, url: str) -> ResponseReturnValue:
    form = AskForm()
    if form.validate_on_submit():
        with form.refusals():
            data_request.ask(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                person_id=person.id,
                kind=form.kind.data,
                words=form.words.data or "",
            )
            flash(_("已提出，会由另一位工作人员答复。"), "success")
            return redirect(url, 303)
    mine = person.id == me().id
    top = home.front(person, now=now()) if mine else None
    return form.page(
        "my_data/show.html",
        person=person,
        mine=mine,
        related=not mine and access.are_related(me(), person),
        data=reads.of(person),
        left_why=LEFT_WORDS[person.left_why],
        cards=people.cards(person_id=person.id),
        kin=people.kin(person.id),
        url=url,
        tabs=phone.tabs(top.village_id) if top else [],
    )
