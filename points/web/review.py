"""Checking and deciding what waits: two lists of one shape, ticked beforehand where nothing is odd."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from points.errors import N_, NotAllowed
from points.judging import CHECKERS
from points.queries import fund
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
    return _list("check")


@blueprint.route("/decide", methods=["GET", "POST"])
@login_required
def decide() -> ResponseReturnValue:
    _require_any("council", "supervisor")
    return _list("decide")


def _list(step: str) -> ResponseReturnValue:
    form, decides = JudgeForm(_DONE[step]), step == "decide"
    wanted = asked(step)
    after = request.args.get("after", 0, type=int)
    if form.validate_on_submit():
        if form.plain and reads.is_answered(me(), form.key.data):
            flash(_("这一批刚才已经办过了。"), "success")
            return redirect(_address(wanted, after), 303)
        line_ids = _chosen(form, wanted)
        with form.refusals():
            _judge(step, form, line_ids)
            flash(_done(step, form, len(line_ids)), "success")
            return redirect(_address(wanted, after), 303)
    page = reads.page(me(), wanted, now=now(), after=after)
    if after and not page.sheets and request.method == "GET":
        return redirect(_address(wanted), 303)
    return form.page(
        "review/judge.html",
        page=page,
        wanted=wanted,
        after=after,
        address=_address,
        other=replace(wanted, odd=not wanted.odd),
        ticked=set(form.ticked) if request.method == "POST" else None,
        warned=fund.warnings({row.line.village_id for sheet in page.sheets for row in sheet.rows} if decides else ()),
    )


def asked(step: str) -> reads.Wanted:
    """Return to what the list of a step was narrowed."""
    return reads.Wanted(
        step,
        village=request.args.get("village", 0, type=int),
        item=request.args.get("item", "")[:40],
        odd="odd" in request.args,
    )


def _chosen(form: JudgeForm, wanted: reads.Wanted) -> list[int]:
    if form.plain:
        return reads.plain(me(), wanted, now=now(), last=form.plain)
    return [form.only] if form.only else form.ticked


def _judge(step: str, form: JudgeForm, line_ids: list[int]) -> None:
    """Do what the button says."""
    given = {"key": form.key.data, "actor": me(), "now": now(), "line_ids": line_ids, "reason": form.reason.data or ""}
    verdict = form.verdict.data
    if step == "check":
        review.check(**given, passes=verdict == "approve", returns=verdict == "return")
    else:
        points = (form.points.data or 0) if verdict == "change" else 0
        review.decide(**given, verdict=verdict, points=points)


def _done(step: str, form: JudgeForm, n: int) -> str:
    return _(_DONE[step][form.verdict.data]) % {"n": n, "points": form.points.data}


_DONE = {
    "check": {
        "approve": N_("%(n)s 条已通过初审，交评议。"),
        "return": N_("%(n)s 条已退回，等记录人改好再报。"),
        "refuse": N_("%(n)s 条没有通过初审。"),
    },
    "decide": {
        "approve": N_("已对 %(n)s 条表示同意。"),
        "change": N_("已对 %(n)s 条表示改为 %(points)s 分。"),
        "return": N_("已对 %(n)s 条表示退回修改。"),
        "refuse": N_("已对 %(n)s 条表示不同意。"),
    },
}
"""The verdicts of each step, and what is said when one is given."""


def _address(wanted: reads.Wanted, after: int | None = None) -> str:
    """Return the address of a list, from the line after *after* on."""
    narrowed: dict[str, Any] = {"village": wanted.village, "item": wanted.item, "odd": int(wanted.odd), "after": after}
    return url_for(f"review.{wanted.step}", **{name: value for name, value in narrowed.items() if value})


def _require_any(*kinds: str) -> None:
    """Let pass who holds one of *kinds* anywhere; the lists hold only what they cover."""
    if not current_user.is_any(*kinds):
        raise NotAllowed()
