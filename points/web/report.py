"""A villager's own report with photos, what became of it, and what a named person says: I was there, or not."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points.calendar import local_date
from points.errors import SeenBefore
from points.models.contribution import UNDER_WAY, Line
from points.models.rules import RuleItem
from points.queries import contributions, home
from points.queries import report as reads
from points.services import contribution, report
from points.web import answers
from points.web.edge import label, now, takes_files
from points.web.forms.base import pictures
from points.web.forms.report import ReportForm
from points.web.phone import tabs
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("report", __name__)


@blueprint.get("/reports")
@login_required
def index() -> ResponseReturnValue:
    top = home.front(me(), now=now())
    if top is None:
        return render_template("home/nobody.html", person=me())
    page = reads.mine(me(), before=request.args.get("before", type=int))
    return render_template("report/index.html", page=page, tabs=tabs(top.village_id))


@blueprint.route("/report", methods=["GET", "POST"])
@takes_files
@login_required
def new() -> ResponseReturnValue:
    return _form(None)


@blueprint.route("/reports/<int:line_id>/revise", methods=["GET", "POST"])
@takes_files
@login_required
def revise(line_id: int) -> ResponseReturnValue:
    return _form(reads.returned(me(), line_id))


def _form(earlier: Line | None) -> ResponseReturnValue:
    """Show or take a report; *earlier* is the returned line that it takes up again."""
    person = me()
    top = home.front(person, now=now())
    if top is None or person.household_id is None:
        return render_template("home/nobody.html", person=person)
    today = local_date(now())
    items = reads.items(top.village_id, today)
    form = ReportForm(data=_before(earlier, items) if earlier else {"day": today, "person_id": person.id})
    form.item_id.choices = [_choice(item) for item in items]
    form.person_id.choices = [(one.id, one.name) for one in reads.members(person.household_id)]
    if form.validate_on_submit():
        with form.refusals():
            report.report(
                key=form.key.data or "",
                actor=person,
                now=now(),
                person_id=form.person_id.data,
                item_id=form.item_id.data,
                day=form.day.data,
                quantity=form.quantity.data or 0,
                note=form.note.data or "",
                pictures=pictures(form.photos),
                again="again" in request.form,
                revises=earlier.id if earlier else None,
            )
            flash(_("已报上去，等初审。"), "success")
            return redirect(url_for("report.index"), 303)
    seen = []
    if isinstance(form.refusal, SeenBefore):
        code = next(item.code for item in items if item.id == form.item_id.data)
        seen = contributions.seen([form.person_id.data], code, form.day.data)
    return form.page(
        "report/new.html",
        village_id=top.village_id,
        items=items,
        earlier=earlier,
        seen=seen,
        today=today,
        tabs=tabs(top.village_id),
    )


@blueprint.post("/reports/<int:line_id>/withdraw")
@login_required
def withdraw(line_id: int) -> ResponseReturnValue:
    reason = request.form.get("reason", "")
    return answers.button(
        lambda key: contribution.withdraw(key=key, actor=me(), now=now(), line_id=line_id, reason=reason),
        done=_("已撤回。"),
        to=url_for("report.index"),
    )


@blueprint.get("/me/attendance")
@login_required
def named() -> ResponseReturnValue:
    top = home.front(me(), now=now())
    lines = reads.named(me(), local_date(now()))
    return render_template(
        "report/named.html", lines=lines, sayable=UNDER_WAY, tabs=tabs(top.village_id) if top else []
    )


@blueprint.post("/lines/<int:line_id>/attendance")
@login_required
def say_attendance(line_id: int) -> ResponseReturnValue:
    was_there = request.form.get("was_there") == "yes"
    reason = request.form.get("reason", "")
    return answers.button(
        lambda key: report.say_attendance(
            key=key, actor=me(), now=now(), line_id=line_id, was_there=was_there, reason=reason
        ),
        done=_("已记下：您在场。") if was_there else _("已记下：您不在场，这一条先停下来查。"),
        to=url_for("home.front"),
    )


def _before(line: Line, items: list[RuleItem]) -> dict[str, object]:
    """Return what the returned line said, as the form's fields."""
    item_id = next((item.id for item in items if item.code == line.item_code), None)
    return {
        "item_id": item_id,
        "person_id": line.person_id,
        "day": line.day,
        "quantity": line.quantity,
        "note": line.contribution.note,
    }


def _choice(item: RuleItem) -> SelectChoice:
    said = _("%(name)s · %(unit)s %(points)s 分")
    if "photo" in item.needs.split(","):
        said = _("%(name)s · %(unit)s %(points)s 分 · 要照片")
    words = {"name": item.name, "unit": label(item.unit), "points": item.points}
    return SelectChoice(item.id, said % words, optgroup=item.category)
