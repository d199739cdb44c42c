"""Expiry: the list of what lapses at year's end, objections to it, and the committee's rule."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from points import access, expiring, opening
from points.errors import NotAllowed, NotFound, OwnHousehold, PointsError, ProposerRelated, RisenToTownship, SamePerson
from points.judging import ANSWERERS
from points.models.expiry import Expiry, ExpiryLine, ExpiryRule
from points.objecting import DAYS_TO_ANSWER
from points.queries import contributions, notices, shop
from points.queries import expiry as reads
from points.services import expiry
from points.services.expiry import ADOPTERS
from points.web import hours
from points.web.answers import button
from points.web.edge import now, short_day
from points.web.forms.expiry import AnswerForm, EndForm, ObjectForm, ProposeForm
from points.web.phone import tabs
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("expiry", __name__)


# --- anyone -----------------------------------------------------------------------------------------------------------


@blueprint.get("/expiries/<int:expiry_id>")
def show(expiry_id: int) -> ResponseReturnValue:
    """Show the list, a lane at a time: what would lapse now, or what did."""
    found = _readable(expiry_id)
    lanes = reads.lanes(found.village_id)
    own = access.household(me().household_id).area_id if _lives_in(found) else None
    asked = request.args.get("lane", type=int) or own
    lane_id = asked if asked in dict(lanes) else lanes[0][0] if lanes else None
    return render_template(
        "expiry/show.html",
        expiry=found,
        day=reads.last_day(found),
        open=_is_open(found),
        named=_is_named(found),
        totals=reads.totals(found) if found.state == "posted" else None,
        setting=notices.setting(found.village_id),
        lanes=lanes,
        lane_id=lane_id,
        lines=reads.lines(found, named=_is_named(found), lane_id=lane_id),
        mine=reads.mine(me(), expiry_id) if current_user.is_authenticated else [],
        days=DAYS_TO_ANSWER,
        trouble=notices.trouble(),
        shops=_shops(found.village_id),
        tabs=tabs(found.village_id),
    )


@blueprint.get("/expiry-lines/<int:line_id>")
def line(line_id: int) -> ResponseReturnValue:
    """Lead from a household's statement to its line on the list."""
    found = reads.line_of(line_id)
    _readable(found.expiry_id)
    to = url_for("expiry.show", expiry_id=found.expiry_id, lane=found.household.area_id)
    return redirect(f"{to}#household-{found.household_id}", 302)


@blueprint.route("/expiries/<int:expiry_id>/households/<int:household_id>/object", methods=["GET", "POST"])
@login_required
def object_to(expiry_id: int, household_id: int) -> ResponseReturnValue:
    found = _readable(expiry_id)
    if not opening.may_object(me(), found.village_id):
        raise NotFound()
    shown = reads.line(found, household_id)
    form = ObjectForm()
    if form.validate_on_submit():
        with form.refusals():
            expiry.object_to(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                expiry_id=expiry_id,
                household_id=household_id,
                text=form.text.data or "",
            )
            flash(_("异议已收到。没答复之前，这一户的分不到期；%(n)s 天内答复您。", n=DAYS_TO_ANSWER), "success")
            return redirect(url_for("expiry.show", expiry_id=expiry_id, lane=shown.lane_id), 303)
    return form.page(
        "expiry/object.html",
        expiry=found,
        day=reads.last_day(found),
        line=shown,
        open=_is_open(found),
        days=DAYS_TO_ANSWER,
        tabs=tabs(found.village_id),
    )


@blueprint.route("/expiry-lines/<int:line_id>/answer", methods=["GET", "POST"])
@login_required
def answer(line_id: int) -> ResponseReturnValue:
    found = reads.objection(line_id)
    access.require(me(), *ANSWERERS, "admin", area_id=found.household.area_id)
    g.village_id = found.expiry.village_id
    form = AnswerForm()
    if form.validate_on_submit():
        with form.refusals():
            expiry.answer(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                line_id=line_id,
                spares=form.verdict.data == "spare",
                reason=form.reason.data or "",
            )
            flash(_("已答复。"), "success")
            return redirect(url_for("notices.objections"), 303)
    return form.page(
        "expiry/answer.html",
        line=found,
        shown=reads.line(found.expiry, found.household_id),
        expiry=found.expiry,
        day=reads.last_day(found.expiry),
        related=found.household_id in access.related_households(me()),
        due_at=expiry.due_at(found),
        why_not=_why_not_answer(found),
    )


# --- the committee ----------------------------------------------------------------------------------------------------


@blueprint.route("/villages/<int:village_id>/expiry", methods=["GET", "POST"])
@login_required
def index(village_id: int) -> ResponseReturnValue:
    """Show the village's rule and its year-ends; let the committee propose one where there is none."""
    access.require(me(), *reads.READERS, area_id=village_id)
    form = ProposeForm()
    if form.validate_on_submit():
        with form.refusals():
            expiry.propose(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                village_id=village_id,
                years=int(form.years.data),
                minutes=form.minutes.data or "",
            )
            flash(_("已提出，等第二个人核对会议记录后启用。"), "success")
            return redirect(url_for("expiry.index", village_id=village_id), 303)
    rules = reads.rules(village_id)
    current = next((rule for rule in rules if rule.state in ("proposed", "adopted")), None)
    years = reads.years(village_id)
    waiting = next((row.expiry for row in years if row.expiry.state == "waiting"), None)
    return form.page(
        "expiry/index.html",
        village=access.village(village_id),
        rule=current,
        former=[rule for rule in rules if rule is not current],
        years=[row for row in years if row.expiry is not waiting],
        waiting=waiting,
        warned=waiting is not None and reads.is_public(waiting, now()),
        day=reads.last_day(waiting) if waiting else None,
        between=expiry.hang_between(waiting) if waiting else None,
        totals=reads.totals(waiting) if waiting and reads.is_public(waiting, now()) else None,
        first_year=expiring.first_year(now()),
        why_not=_why_not_adopt(current) if current else "",
        proposes=access.holds(me(), ("committee",), village_id),
        decides=access.holds(me(), ADOPTERS, village_id),
        end_form=EndForm(formdata=None),
    )


@blueprint.post("/expiry-rules/<int:rule_id>/adopt")
@login_required
def adopt(rule_id: int) -> ResponseReturnValue:
    village_id = _rule(rule_id).village_id
    return button(
        lambda key: expiry.adopt(key=key, actor=me(), now=now(), rule_id=rule_id),
        done=_("已启用。第一次到期是 %(year)s 年年底，提前 60 天告诉大家。", year=expiring.first_year(now())),
        to=url_for("expiry.index", village_id=village_id),
    )


@blueprint.post("/expiry-rules/<int:rule_id>/end")
@login_required
def end(rule_id: int) -> ResponseReturnValue:
    village_id = _rule(rule_id).village_id
    reason = request.form.get("reason", "")
    return button(
        lambda key: expiry.end(key=key, actor=me(), now=now(), rule_id=rule_id, reason=reason),
        done=_("已停用。积分不再到期，结转到下一年。"),
        to=url_for("expiry.index", village_id=village_id),
    )


@blueprint.post("/expiries/<int:expiry_id>/hang")
@login_required
def hang(expiry_id: int) -> ResponseReturnValue:
    found = reads.expiry(expiry_id)
    access.require(me(), "committee", area_id=found.village_id)
    return button(
        lambda key: expiry.hang(key=key, actor=me(), now=now(), expiry_id=expiry_id),
        done=_("已确认张贴。到 %(day)s 24 时还没用的，到期。", day=short_day(reads.last_day(found))),
        to=url_for("expiry.index", village_id=found.village_id),
    )


def _rule(rule_id: int) -> ExpiryRule:
    found = reads.rule(rule_id)
    access.require(me(), *ADOPTERS, area_id=found.village_id)
    return found


def _readable(expiry_id: int) -> Expiry:
    """Guard the pages that show a list: before the warning it is for those who work on it."""
    found = reads.expiry(expiry_id)
    if not reads.is_public(found, now()) and not _holds(reads.READERS, found):
        raise NotFound()
    return found


def _holds(kinds: tuple[str, ...], found: Expiry) -> bool:
    return current_user.is_authenticated and access.holds(me(), kinds, found.village_id)


def _lives_in(found: Expiry) -> bool:
    household = me().household if current_user.is_authenticated else None
    return household is not None and household.village_id == found.village_id


def _is_open(found: Expiry) -> bool:
    """Tell whether objections are heard."""
    return found.state == "waiting" and found.warns_at <= now() < found.ends_at


def _is_named(found: Expiry) -> bool:
    """Tell whether I read names: everyone does until they are dropped, staff of the village also afterwards."""
    return reads.is_named(found, now()) or _holds(contributions.READERS, found)


def _shops(village_id: int) -> list[tuple[str, str]]:
    """Return when each shop of the village is open, in words."""
    shops = shop.of_village(village_id)
    told = hours.told(shops, now())
    return [(one.name, told[one.id].week) for one in shops]


def _why_not_adopt(rule: ExpiryRule) -> str:
    """Return the sentence that says why I may not be the second person, or nothing."""
    if me().id == rule.proposed_by_id:
        return SamePerson.sentence
    return ProposerRelated.sentence if access.are_related(me(), rule.proposed_by) else ""


def _why_not_answer(found: ExpiryLine) -> str:
    """Return the sentence that says why I may not answer, or nothing."""
    rule = found.expiry.rule
    hindrance: type[PointsError] | None = None
    if not access.holds(me(), ANSWERERS, found.household.area_id):
        hindrance = NotAllowed
    elif now() >= expiry.due_at(found) and not access.holds(me(), ("supervisor",), rule.village_id):
        hindrance = RisenToTownship
    elif me().id in (rule.proposed_by_id, rule.adopted_by_id, found.objected_by_id):
        hindrance = SamePerson
    elif found.household_id in access.related_households(me()) or access.are_related(me(), found.objected_by):
        hindrance = OwnHousehold
    return hindrance.sentence if hindrance else ""
