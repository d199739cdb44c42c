"""The council's sittings and motions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from wtforms.fields import SelectChoice

from points import access, council
from points.calendar import local_date, month_of, quarter_of, year_of
from points.errors import NotFound, SittingClosed
from points.models.council import MOTIONS, Sitting
from points.models.people import Person
from points.queries import boards, fund, notices
from points.queries import council as reads
from points.services import council as verbs
from points.services import review
from points.web.answers import button, refused_back
from points.web.boards import period_name
from points.web.edge import local_day, now
from points.web.forms.council import AgendaForm, BarForm, CommendForm, LiftForm, SayForm, SittingForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("council", __name__)

FORMS = {"commend": CommendForm, "bar": BarForm, "lift": LiftForm}
PROPOSERS = {"commend": verbs.COMMENDERS, "bar": verbs.CONVENERS, "lift": verbs.CONVENERS}


# --- sittings -------------------------------------------------------------------------------------------------------


@blueprint.route("/villages/<int:village_id>/sittings", methods=["GET", "POST"])
@login_required
def sittings(village_id: int) -> ResponseReturnValue:
    access.require(me(), *(verbs.CONVENERS if request.method == "POST" else reads.READERS), area_id=village_id)
    village = access.village(village_id)
    members = reads.members(village_id)
    voices = notices.setting(village_id).council_voices
    form = SittingForm(place=_("村委会会议室"), quorum=min(voices, len(members)))
    if form.validate_on_submit():
        with form.refusals():
            sitting_id = verbs.open_sitting(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                village_id=village_id,
                place=form.place.data or "",
                quorum=form.quorum.data,
            )
            return redirect(url_for("council.sitting", sitting_id=sitting_id), 303)
    rows, older = reads.sittings(village_id, before=request.args.get("before", type=int))
    return form.page(
        "council/sittings.html",
        village=village,
        members=members,
        rows=rows,
        older=older,
        opens=access.holds(me(), verbs.CONVENERS, village_id),
        today=local_date(now()),
    )


@blueprint.route("/sittings/<int:sitting_id>", methods=["GET", "POST"])
@login_required
def sitting(sitting_id: int) -> ResponseReturnValue:
    """Show a sitting and take a member's voice on lines of its agenda; once it is closed, its minutes."""
    found = _sitting(sitting_id, *(("council",) if request.method == "POST" else reads.READERS))
    form = AgendaForm()
    if form.validate_on_submit():
        with form.refusals():
            review.decide(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                line_ids=form.lines,
                verdict=form.verdict.data or "",
                points=form.points.data or 0,
                reason=form.reason.data or "",
                sitting_id=sitting_id,
            )
            flash(_("已对 %(n)s 条表态。", n=len(form.lines)), "success")
            return redirect(url_for("council.sitting", sitting_id=sitting_id), 303)
    if found.state == "open":
        return _agenda(found, form)
    if request.method == "POST":
        return refused_back(form.refusal or SittingClosed(), url_for("council.sittings", village_id=found.village_id))
    return _minutes(found)


@blueprint.post("/sittings/<int:sitting_id>/attend")
@login_required
def attend(sitting_id: int) -> ResponseReturnValue:
    _sitting(sitting_id, "council")
    return button(
        lambda key: verbs.attend(key=key, actor=me(), now=now(), sitting_id=sitting_id),
        done=_("已记下您到会。"),
        to=url_for("council.sitting", sitting_id=sitting_id),
    )


@blueprint.post("/sittings/<int:sitting_id>/close")
@login_required
def close(sitting_id: int) -> ResponseReturnValue:
    found = _sitting(sitting_id, *verbs.CONVENERS)
    return button(
        lambda key: verbs.close_sitting(key=key, actor=me(), now=now(), sitting_id=sitting_id),
        done=_("评议会已结束，会议记录在下面。没议完的转到下一次。"),
        to=url_for("council.sittings", village_id=found.village_id),
    )


def _sitting(sitting_id: int, *kinds: str) -> Sitting:
    found = reads.sitting(sitting_id)
    access.require(me(), *kinds, area_id=found.village_id)
    g.village_id = found.village_id
    return found


def _agenda(found: Sitting, form: AgendaForm) -> ResponseReturnValue:
    seats = reads.seats(found.id)
    mine = next((seat for seat in seats if seat.person_id == me().id), None)
    present = sum(seat.present_at is not None for seat in seats)
    show = request.args.get("show", "mine" if mine else "waiting")
    return form.page(
        "council/sitting.html",
        sitting=found,
        seats=seats,
        mine=mine,
        present=present,
        speaks=mine is not None and mine.present_at is not None and present >= found.quorum,
        closes=access.holds(me(), verbs.CONVENERS, found.village_id),
        tally=reads.tally(me(), found.id),
        show=show,
        agenda=reads.agenda(me(), found.id, show, now=now(), after=request.args.get("after", 0, type=int)),
        ticked=form.lines if request.method == "POST" else None,
        warned=fund.warnings([found.village_id]),
    )


def _minutes(found: Sitting) -> ResponseReturnValue:
    lines, said, after = reads.minutes(found, after=request.args.get("after", 0, type=int))
    motions = [] if "after" in request.args else reads.decided_at(found)
    return render_template(
        "council/minutes.html",
        sitting=found,
        seats=reads.seats(found.id),
        lines=lines,
        said=said,
        after=after,
        carried_over=reads.carried_over(found),
        motions=motions,
        ballots=reads.said(motions),
        back_url=url_for("council.sittings", village_id=found.village_id),
    )


# --- motions --------------------------------------------------------------------------------------------------------


@blueprint.get("/villages/<int:village_id>/motions")
@login_required
def motions(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *reads.READERS, "steward", village_id=village_id)
    wanted = asked()
    rows, older = reads.motions(me(), village_id, **wanted, before=request.args.get("before", type=int))
    return render_template(
        "council/motions.html",
        village=access.village(village_id),
        rows=rows,
        older=older,
        **wanted,
        sees_all=reads.may_see_all(me(), village_id),
        offers=[one for one in MOTIONS if current_user.is_any(*PROPOSERS[one])],
    )


def asked() -> dict[str, str]:
    """Return to what the list of motions was narrowed."""
    state = "decided" if request.args.get("state") == "decided" else "open"
    return {"state": state, "kind": request.args.get("kind", "")}


@blueprint.route("/villages/<int:village_id>/motions/new", methods=["GET", "POST"])
@login_required
def propose(village_id: int) -> ResponseReturnValue:
    """Propose a motion of the kind ``?kind=``, on one of the people found by ``?q=``."""
    kind = request.args.get("kind", "commend")
    if kind not in FORMS:
        raise NotFound()
    access.require_inside(me(), *PROPOSERS[kind], village_id=village_id)
    q = request.args.get("q", "")[:40]
    if kind == "lift":
        found = reads.barred(village_id, local_date(now()))
    else:
        found = reads.candidates(me(), village_id, q, kinds=PROPOSERS[kind])
    form = FORMS[kind]()
    form.person_id.choices = [SelectChoice(person.id, _described(person)) for person in found]
    if kind == "commend":
        form.period.choices = [SelectChoice(period, period_word(period)) for period in _periods(local_date(now()))]
    if form.validate_on_submit():
        with form.refusals():
            by = {"key": form.key.data or "", "actor": me(), "now": now()}
            motion_id = _propose(form, by | {"village_id": village_id, "text": form.text.data}, found)
            flash(_("提案已提交，等评议员表决。"), "success")
            return redirect(url_for("council.motion", motion_id=motion_id), 303)
    return form.page(
        "council/propose.html",
        village=access.village(village_id),
        kind=kind,
        offers=[one for one in MOTIONS if current_user.is_any(*PROPOSERS[one])],
        q=q,
        found=found,
    )


@blueprint.route("/motions/<int:motion_id>", methods=["GET", "POST"])
@login_required
def motion(motion_id: int) -> ResponseReturnValue:
    """Show a motion with its voices, and take one."""
    found = reads.motion(motion_id)
    readers = (*reads.READERS, "steward") if found.kind == "commend" else reads.READERS
    voters = ("council", "supervisor")
    access.require(me(), *(voters if request.method == "POST" else readers), area_id=found.household.area_id)
    g.village_id = found.village_id
    form = SayForm()
    if form.validate_on_submit():
        with form.refusals():
            verbs.say(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                motion_id=motion_id,
                approves=form.verdict.data == "yes",
                reason=form.reason.data or "",
            )
            flash(_("您的意见已记下。"), "success")
            return redirect(url_for("council.motion", motion_id=motion_id), 303)
    voices = reads.said([found])[motion_id]
    return form.page(
        "council/motion.html",
        motion=found,
        voices=voices,
        votes=reads.votes(me(), found) and me().id not in {voice.person_id for voice in voices},
        township=found.state == "open" and council.left_to_township(found),
        why_not=reads.why_not(me(), found),
    )


def _propose(form: Any, given: dict[str, Any], found: list[Person]) -> int:
    if isinstance(form, CommendForm):
        household = next(person.household for person in found if person.id == form.person_id.data)
        return verbs.propose_commendation(
            **given, household_id=household.id, points=form.points.data, period=form.period.data
        )
    given["person_id"] = form.person_id.data
    if isinstance(form, BarForm):
        return verbs.propose_bar(**given, until=form.until.data)
    return verbs.propose_lift(**given)


def _periods(today: date) -> list[str]:
    """Offer the month, quarter and year of *today* and those before."""
    month = today.replace(day=1) - timedelta(days=1)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1) - timedelta(days=1)
    return [
        *(month_of(today), quarter_of(today), year_of(today)),
        *(month_of(month), quarter_of(quarter), str(today.year - 1)),
    ]


@blueprint.app_template_filter()
def period_word(period: str) -> str:
    """Write ``2026-Q4`` as 2026年第4季度."""
    return period_name(boards.period(period))


def _described(person: Person) -> str:
    if person.barred_until:
        return _("%(name)s · %(number)s 户（限制到%(day)s）", name=person.name, number=person.household.number,
                 day=local_day(person.barred_until))  # fmt: skip
    return _("%(name)s · %(number)s 户", name=person.name, number=person.household.number)
