"""Recording what a team did, the sheets recorded, and one line with everything that was done to it."""

from __future__ import annotations

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access, judging
from points.calendar import local_date
from points.errors import NotAllowed
from points.judging import RECORDERS
from points.models.contribution import Line
from points.models.rules import RuleItem
from points.queries import contributions as reads
from points.services import award, contribution
from points.web import answers
from points.web.edge import now
from points.web.forms.contributions import PutRightForm, RecordForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("contributions", __name__)


@blueprint.get("/villages/<int:village_id>/contributions")
@login_required
def index(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *reads.READERS, village_id=village_id)
    rows, older = reads.sheets(me(), village_id, before=request.args.get("before", type=int))
    return render_template(
        "contributions/index.html",
        village=access.area(village_id),
        rows=rows,
        older=older,
        records=_records(village_id),
    )


@blueprint.route("/villages/<int:village_id>/contributions/new", methods=["GET", "POST"])
@login_required
def new(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *RECORDERS, village_id=village_id)
    items = reads.items(village_id)
    form = RecordForm(day=local_date(now()))
    form.item_id.choices = [_choice(item) for item in items]
    if "find" not in request.form and form.validate_on_submit():
        with form.refusals():
            made = contribution.record(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                village_id=village_id,
                item_id=form.item_id.data,
                day=form.day.data,
                people=form.people,
                quantity=form.quantity.data or 0,
                note=form.note.data or "",
            )
            flash(_("已记下 %(n)s 人，等初审。", n=len(form.people)), "success")
            return redirect(url_for("contributions.show", contribution_id=made), 303)
    return _form(form, village_id, items)


def _form(form: RecordForm, village_id: int, items: list[RuleItem]) -> ResponseReturnValue:
    """Show the form again with who was chosen; the button that finds people, without scripts, comes here too."""
    q = request.form.get("q", "")[:40]
    found = None
    if "find" in request.form:
        found = reads.find(me(), village_id, q)
    elif request.method == "GET":
        found = reads.last_team(me(), village_id) or None
    chosen = reads.chosen(me(), village_id, form.people)
    ids = {person.id for person in chosen}
    answer = form.page(
        "contributions/new.html",
        village=access.area(village_id),
        items=items,
        today=local_date(now()),
        chosen=chosen,
        found=None if found is None else [person for person in found if person.id not in ids],
        q=q,
    )
    if "find" in request.form:
        answer.status_code = 200  # type: ignore[union-attr]
    return answer


@blueprint.get("/villages/<int:village_id>/people/search")
@login_required
def search(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *RECORDERS, village_id=village_id)
    return jsonify([_plain(person) for person in reads.find(me(), village_id, request.args.get("q", "")[:40])])


@blueprint.get("/contributions/<int:contribution_id>")
@login_required
def show(contribution_id: int) -> ResponseReturnValue:
    sheet = reads.sheet(contribution_id)
    access.require_inside(me(), *reads.READERS, village_id=sheet.village_id)
    g.village_id = sheet.village_id
    return render_template(
        "contributions/show.html",
        sheet=sheet,
        lines=reads.lines_of(me(), contribution_id),
        records=_records(sheet.village_id),
    )


@blueprint.get("/lines/<int:line_id>")
@login_required
def line(line_id: int) -> ResponseReturnValue:
    found = reads.line(line_id)
    access.require(me(), *reads.READERS, area_id=found.household.area_id)
    g.village_id = found.village_id
    return render_template(
        "contributions/line.html",
        line=found,
        voices=reads.voices(line_id),
        objections=reads.objections(line_id),
        taken_back=reads.taken_back(line_id),
        withdraws=found.state == "recorded" and found.recorded_by_id == me().id,
        objects=found.state == "noticed",
        puts_right=found.state == "posted" and _puts_right(found),
    )


@blueprint.post("/lines/<int:line_id>/withdraw")
@login_required
def withdraw(line_id: int) -> ResponseReturnValue:
    found = reads.line(line_id)
    access.require_inside(me(), *RECORDERS, village_id=found.village_id)
    reason = request.form.get("reason", "")
    return answers.button(
        lambda key: contribution.withdraw(key=key, actor=me(), now=now(), line_id=line_id, reason=reason),
        done=_("已撤回。"),
        to=url_for("contributions.line", line_id=line_id),
    )


@blueprint.route("/lines/<int:line_id>/put-right", methods=["GET", "POST"])
@login_required
def put_right(line_id: int) -> ResponseReturnValue:
    found = reads.line(line_id)
    access.require(me(), "committee", area_id=found.household.area_id)
    g.village_id = found.village_id
    form = PutRightForm()
    if form.validate_on_submit():
        given = {"key": form.key.data, "actor": me(), "now": now(), "line_id": line_id, "reason": form.reason.data}
        with form.refusals():
            if form.how.data == "whole":
                award.reverse(**given)
            else:
                award.correct(**given, points=form.points.data or 0)
            flash(_("已收回。住户的明细里看得到这一笔。"), "success")
            return redirect(url_for("contributions.line", line_id=line_id), 303)
    left = found.granted - reads.taken_back(line_id)
    return form.page("contributions/put_right.html", line=found, left=left)


def _records(village_id: int) -> bool:
    """Tell whether the page offers me to record: the service decides."""
    try:
        access.require_inside(me(), *RECORDERS, village_id=village_id)
    except NotAllowed:
        return False
    return True


def _puts_right(line: Line) -> bool:
    related = access.related_households(me())
    free = judging.hindrance(me(), line, related, judging.steps_of(line)) is None
    return free and access.holds(me(), ("committee",), line.household.area_id)


def _choice(item: RuleItem) -> SelectChoice:
    label = _("%(name)s · %(points)s 分", name=item.name, points=item.points)
    return SelectChoice(item.id, label, optgroup=item.category)


def _plain(person: reads.Found) -> dict[str, object]:
    return {name: getattr(person, name) for name in ("id", "name", "initials", "household_id", "number", "address")}
