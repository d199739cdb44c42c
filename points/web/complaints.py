"""Complaints and suggestions, from anyone; their list and answers, for the township and the administrators."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from wtforms.fields import SelectChoice

from points import access
from points.errors import NotAllowed
from points.models.openness import Complaint
from points.models.people import Person
from points.queries import complaints as reads
from points.queries import public
from points.services import complaint
from points.services.complaint import READERS
from points.web.edge import now
from points.web.forms.complaints import AnswerForm, ComplainForm
from points.web.frame import url_for
from points.web.phone import tabs
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("complaints", __name__)


@blueprint.route("/complaints", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    person = me() if current_user.is_authenticated else Person()
    home = person.household.village_id if person.household_id else 0
    asked = request.args.get("village", home, int)
    form = ComplainForm(village=asked)
    form.village.choices = [SelectChoice(0, _("不关于哪一个村"))] + [
        SelectChoice(village.id, f"{place} {village.name}".strip())
        for place, inside in public.villages()
        for village in inside
    ]
    known = asked in {choice.value for choice in form.village.choices if choice.value}
    if form.validate_on_submit():
        with form.refusals():
            number = complaint.complain(
                key=form.key.data or "",
                actor=person,
                now=now(),
                village_id=form.village.data or None,
                text=form.text.data or "",
                contact=form.contact.data or "",
            )
            flash(_("已收到，编号 %(number)s。", number=number), "success")
            return redirect(url_for("complaints.new", village=asked) if known else url_for("complaints.new"), 303)
    return form.page(
        "complaints/new.html",
        mine=reads.mine(person) if person.id else [],
        tabs=tabs(asked) if known else [],
    )


@blueprint.get("/complaints/desk")
@login_required
def index() -> ResponseReturnValue:
    if not current_user.is_any(*READERS):
        raise NotAllowed()
    after, unplaced = request.args.get("after", 0, int), complaint.reads_unplaced(me())
    waiting, more = reads.waiting(me(), unplaced=unplaced, after=after)
    return render_template(
        "complaints/index.html",
        waiting=waiting,
        more=more,
        after=after,
        answered=reads.answered(me(), unplaced=unplaced) if not after else [],
    )


@blueprint.route("/complaints/<int:complaint_id>", methods=["GET", "POST"])
@login_required
def answer(complaint_id: int) -> ResponseReturnValue:
    found = reads.complaint(complaint_id)
    complaint.require_reader(me(), found)
    form = AnswerForm()
    if form.validate_on_submit():
        with form.refusals():
            complaint.answer(
                key=form.key.data or "", actor=me(), now=now(), complaint_id=complaint_id, text=form.text.data or ""
            )
            flash(_("已答复。"), "success")
            return redirect(url_for("complaints.index"), 303)
    return form.page("complaints/answer.html", complaint=found, hindered=_hindered(found))


def _hindered(found: Complaint) -> bool:
    """Tell whether I, or my own, raised it: then another answers."""
    return found.raised_by is not None and access.are_related(me(), found.raised_by)
