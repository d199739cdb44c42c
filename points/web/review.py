"""Checking and deciding what waits: two lists of one shape, ticked beforehand where the judge is free to judge."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from points.errors import NotAllowed
from points.judging import CHECKERS
from points.queries import review as reads
from points.services import review
from points.web.edge import now
from points.web.forms.review import JudgeForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("review", __name__)


@blueprint.route("/check", methods=["GET", "POST"])
@login_required
def check() -> ResponseReturnValue:
    _require_any(*CHECKERS)
    form = JudgeForm()
    if form.validate_on_submit():
        passes = form.verdict.data == "yes"
        with form.refusals():
            review.check(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                line_ids=form.lines,
                passes=passes,
                reason=form.reason.data or "",
            )
            said = _("%(n)s 条已通过初审，交评议。") if passes else _("%(n)s 条没有通过初审。")
            flash(said % {"n": len(form.lines)}, "success")
            return redirect(url_for("review.check"), 303)
    return _page(form, reads.to_check(me()), "check")


@blueprint.route("/decide", methods=["GET", "POST"])
@login_required
def decide() -> ResponseReturnValue:
    _require_any("council", "supervisor")
    form = JudgeForm()
    if form.validate_on_submit():
        approves = form.verdict.data == "yes"
        with form.refusals():
            review.decide(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                line_ids=form.lines,
                approves=approves,
                reason=form.reason.data or "",
            )
            said = _("已对 %(n)s 条表示同意。") if approves else _("已对 %(n)s 条表示不同意。")
            flash(said % {"n": len(form.lines)}, "success")
            return redirect(url_for("review.decide"), 303)
    return _page(form, reads.to_decide(me(), now=now()), "decide")


def _page(form: JudgeForm, sheets: list[reads.Sheet], step: str) -> ResponseReturnValue:
    ticked = set(form.lines) if request.method == "POST" else None
    free = sum(row.why_not is None for sheet in sheets for row in sheet.rows)
    return form.page("review/judge.html", sheets=sheets, step=step, ticked=ticked, free=free)


def _require_any(*kinds: str) -> None:
    """Let pass who holds one of *kinds* anywhere; the lists hold only what they cover."""
    if not current_user.is_any(*kinds):
        raise NotAllowed()
