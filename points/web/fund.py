"""The village's fund, in fen: what came in, what is set aside, what was spent, and the points that it stands behind."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import access, fundbook
from points.calendar import local_date
from points.errors import Invalid, NotAllowed, NotFound, PointsError
from points.models.fund import FundTransfer
from points.queries import fund as reads
from points.queries import settlements
from points.services import fund
from points.web.answers import refused_back
from points.web.edge import now
from points.web.forms.fund import CancelForm, CommitForm, EnterForm, ReleaseForm, SpendForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("fund", __name__)


@blueprint.route("/villages/<int:village_id>/fund", methods=["GET", "POST"])
@login_required
def index(village_id: int) -> ResponseReturnValue:
    enters = request.method == "POST"
    access.require(me(), *(("committee",) if enters else reads.READERS), area_id=village_id)
    village = access.village(village_id)
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
        free=fundbook.balance(village_id),
        commitments=reads.commitments(village_id),
        keeps=access.holds(me(), ("committee",), village_id),
        settles=access.holds(me(), settlements.READERS, village_id),
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


# --- what is set aside ----------------------------------------------------------------------------------------------


@blueprint.route("/villages/<int:village_id>/fund/commit", methods=["GET", "POST"])
@login_required
def commit(village_id: int) -> ResponseReturnValue:
    access.require(me(), "committee", area_id=village_id)
    village = access.village(village_id)
    form = CommitForm()
    if form.validate_on_submit():
        with form.refusals():
            commitment_id = fund.commit(
                key=form.key.data,
                actor=me(),
                now=now(),
                village_id=village_id,
                fen=form.fen,
                purpose=form.purpose.data,
            )
            flash(_("已预留。用的时候从这里支出。"), "success")
            return redirect(url_for("fund.commitment", commitment_id=commitment_id), 303)
    return form.page("fund/commit.html", village=village, free=fundbook.balance(village_id))


@blueprint.route("/commitments/<int:commitment_id>", methods=["GET", "POST"])
@login_required
def commitment(commitment_id: int) -> ResponseReturnValue:
    """Show what was set aside and what became of it; a POST spends out of it."""
    entry = commitment_of(commitment_id)
    form = SpendForm(day=local_date(now()))
    if form.validate_on_submit():
        with form.refusals():
            fund.spend_committed(
                key=form.key.data,
                actor=me(),
                now=now(),
                commitment_id=commitment_id,
                fen=form.fen,
                voucher=form.voucher.data,
                note=form.note.data or "",
                day=form.day.data,
            )
            flash(_("已记下支出。"), "success")
            return redirect(url_for("fund.commitment", commitment_id=commitment_id), 303)
    rows, _older = reads.entries(entry.village_id, commitment_id=commitment_id)
    return form.page(
        "fund/commitment.html",
        village=access.village(entry.village_id),
        commitment=entry,
        left=fundbook.left(entry.village_id, commitment_id),
        rows=rows,
        keeps=access.holds(me(), ("committee",), entry.village_id),
        settles=access.holds(me(), settlements.READERS, entry.village_id),
    )


@blueprint.route("/commitments/<int:commitment_id>/release", methods=["GET", "POST"])
@login_required
def release(commitment_id: int) -> ResponseReturnValue:
    entry = commitment_of(commitment_id, "committee")
    left = fundbook.left(entry.village_id, commitment_id)
    form = ReleaseForm(yuan=f"{left // 100}.{left % 100:02}")
    if form.validate_on_submit():
        with form.refusals():
            fund.release(
                key=form.key.data,
                actor=me(),
                now=now(),
                commitment_id=commitment_id,
                fen=form.fen,
                reason=form.reason.data,
            )
            flash(_("已退回可用资金。"), "success")
            return redirect(url_for("fund.index", village_id=entry.village_id), 303)
    return form.page("fund/release.html", commitment=entry, left=left)


def commitment_of(commitment_id: int, *kinds: str) -> FundTransfer:
    """Return a commitment that the reader may see; posting is for the committee."""
    entry = reads.entry(commitment_id)
    kinds = kinds or (("committee",) if request.method == "POST" else reads.READERS)
    access.require(me(), *kinds, area_id=entry.village_id)
    if entry.kind != "commit":
        raise NotFound()
    g.village_id = entry.village_id
    return entry


# --- cover ------------------------------------------------------------------------------------------------------------


@blueprint.get("/villages/<int:village_id>/cover")
@login_required
def cover(village_id: int) -> ResponseReturnValue:
    access.require(me(), *reads.READERS, area_id=village_id)
    return render_template(
        "fund/cover.html",
        village=access.village(village_id),
        trend=reads.trend(village_id, now=now()),
        decides=access.holds(me(), ("committee", "admin"), village_id),
    )
