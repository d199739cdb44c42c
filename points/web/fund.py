"""The village's fund, in fen: what came in, what was spent, and the points that it stands behind."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import access
from points.calendar import local_date
from points.errors import Invalid, NotAllowed, NotFound, PointsError
from points.queries import fund as reads
from points.queries import public
from points.services import fund
from points.web.answers import refused_back
from points.web.edge import now
from points.web.forms.fund import CancelForm, EnterForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("fund", __name__)


@blueprint.route("/villages/<int:village_id>/fund", methods=["GET", "POST"])
@login_required
def index(village_id: int) -> ResponseReturnValue:
    enters = request.method == "POST"
    access.require(me(), *(("committee",) if enters else reads.READERS), area_id=village_id)
    village = public.village(village_id)
    form = EnterForm(day=local_date(now()))
    if form.validate_on_submit():
        with form.refusals():
            fund.enter(
                key=form.key.data,
                actor=me(),
                now=now(),
                village_id=village_id,
                kind=form.kind.data,
                fen=form.fen,
                voucher=form.voucher.data,
                note=form.note.data or "",
                day=form.day.data,
            )
            flash(_("已记下一笔。"), "success")
            return redirect(url_for("fund.index", village_id=village_id), 303)
    rows, older = reads.entries(village_id, before=request.args.get("before", type=int))
    return form.page(
        "fund/index.html",
        village=village,
        rows=rows,
        older=older,
        fund=reads.line(village_id),
        keeps=access.holds(me(), ("committee",), village_id),
    )


@blueprint.post("/fund/<int:entry_id>/cancel")
@login_required
def cancel(entry_id: int) -> ResponseReturnValue:
    entry = reads.entry(entry_id)
    access.require(me(), "committee", area_id=entry.village_id)
    form, back = CancelForm(), url_for("fund.index", village_id=entry.village_id)
    if not form.validate_on_submit():
        return refused_back(Invalid(what=_("理由")), back)
    try:
        fund.cancel(key=form.key.data, actor=me(), now=now(), entry_id=entry_id, reason=form.reason.data)
    except (NotFound, NotAllowed):
        raise
    except PointsError as refusal:
        return refused_back(refusal, back)
    flash(_("已冲销。原来那一笔还在，后面多了一笔相反的。"), "success")
    return redirect(back, 303)
