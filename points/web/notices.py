"""Notices: the wall that anyone may read, its paper sheets, objections, and the committee's and judges' side of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import groupby
from operator import attrgetter

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from points import access, judging, photos
from points.calendar import local_date
from points.errors import NotAllowed, NotFound, RisenToTownship
from points.judging import ANSWERERS
from points.models.contribution import Notice, Objection
from points.objecting import DAYS_TO_ANSWER
from points.queries import expiry
from points.queries import notices as reads
from points.queries import opening as openings
from points.queries.contributions import READERS
from points.services import notice
from points.web import answers, qr
from points.web.edge import now, short_day, takes_files
from points.web.forms.base import pictures
from points.web.forms.notices import AnswerForm, HangForm, ObjectForm, SlipForm
from points.web.phone import tabs
from points.web.public import whole_address
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("notices", __name__)


@blueprint.app_template_filter()
def last_day(closes_at: datetime | None) -> date | None:
    """Return the last full local day of what ends at 24:00."""
    return None if closes_at is None else local_date(closes_at - timedelta(microseconds=1))


# --- anyone ---------------------------------------------------------------------------------------------------------


@blueprint.get("/villages/<int:village_id>/notices", endpoint="public")
def of_village(village_id: int) -> ResponseReturnValue:
    village = access.village(village_id)
    rows, older = reads.of_village(village_id, hung_only=True, before=request.args.get("before", type=int))
    return render_template(
        "notices/public.html",
        village=village,
        rows=rows,
        older=older,
        openings=[] if "before" in request.args else openings.of_village(village_id, hung_only=True),
        now=now(),
        tabs=tabs(village_id),
    )


@blueprint.get("/notices/<int:notice_id>")
def show(notice_id: int) -> ResponseReturnValue:
    found = reads.notice(notice_id)
    lane_id, after, number = request.args.get("lane", type=int), request.args.get("after", type=int), asked_number()
    named = is_named(found)
    lines, next_ = reads.public_lines(notice_id, named=named, lane_id=lane_id, number=number, after=after)
    first = not (after or number)
    return render_template(
        "notices/show.html",
        notice=found,
        open=_is_open(found),
        named=named,
        holidays=reads.holidays_within(found),
        setting=reads.setting(found.village_id),
        lanes=reads.lanes(notice_id),
        lane_id=lane_id,
        number=number,
        groups=[list(group) for _id, group in groupby(lines, key=attrgetter("lane_id"))],
        after=after,
        next=next_,
        corrections=reads.public_corrections(notice_id, named=named, lane_id=lane_id) if first else [],
        households=reads.new_households(notice_id, named=named, lane_id=lane_id) if first else [],
        mine=reads.mine(me(), notice_id) if current_user.is_authenticated else [],
        takes_slips=_is_open(found) and _speaks_for_others(found.village_id),
        trouble=reads.trouble(),
        tabs=tabs(found.village_id),
    )


@blueprint.get("/notices/<int:notice_id>/sheets")
def sheets(notice_id: int) -> ResponseReturnValue:
    found = reads.notice(notice_id)
    path = url_for("notices.show", notice_id=notice_id)
    address = whole_address(path)
    lane_id, named = request.args.get("lane", type=int), is_named(found)
    size = "a3" if request.args.get("paper") == "a3" else "a4"
    whole = "whole" in request.args and lane_id is None
    return render_template(
        "notices/sheets.html",
        notice=found,
        open=_is_open(found),
        named=named,
        holidays=reads.holidays_within(found),
        setting=reads.setting(found.village_id),
        lanes=reads.lanes(notice_id),
        lane_id=lane_id,
        size=size,
        whole=whole,
        sheets=reads.paper(notice_id, named=named, size=size, lane_id=lane_id, whole=whole),
        address=address,
        code=qr.address(address, _("本期公示的网页")),
        back_url=path,
    )


# --- objecting ------------------------------------------------------------------------------------------------------


@blueprint.route("/lines/<int:line_id>/object", methods=["GET", "POST"])
@login_required
@takes_files
def object_to(line_id: int) -> ResponseReturnValue:
    line, found = reads.public_line(line_id, now=now())
    speaks_for_others = _speaks_for_others(found.village_id)
    if not speaks_for_others and not reads.may_object(me(), found.village_id):
        raise NotFound()
    form = ObjectForm()
    if form.validate_on_submit():
        with form.refusals():
            notice.object_to(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                line_id=line_id,
                text=form.text.data or "",
                on_behalf_of=form.on_behalf_of.data or "",
                pictures=pictures(form.photos),
            )
            flash(_("异议已收到。这一条先不入账，%(n)s 天内答复您。", n=DAYS_TO_ANSWER), "success")
            return redirect(url_for("notices.show", notice_id=found.id), 303)
    return form.page(
        "notices/object.html",
        line=line,
        notice=found,
        open=_is_open(found),
        speaks_for_others=speaks_for_others,
        days=DAYS_TO_ANSWER,
        tabs=tabs(found.village_id),
    )


@blueprint.route("/notices/<int:notice_id>/slip", methods=["GET", "POST"])
@login_required
@takes_files
def slip(notice_id: int) -> ResponseReturnValue:
    found = reads.notice(notice_id)
    access.require_inside(me(), *notice.SPEAKERS, village_id=found.village_id)
    g.village_id = found.village_id
    form = SlipForm(notice_id)
    if form.validate_on_submit() and form.line is not None:
        with form.refusals():
            notice.object_to(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                line_id=form.line.id,
                text=form.text.data or "",
                on_behalf_of=form.on_behalf_of.data or "",
                channel=form.channel.data,
                pictures=pictures(form.photos),
            )
            flash(_("已记下对第 %(n)s 条的异议，这一条先不入账。", n=form.line.position), "success")
            return redirect(url_for("notices.slip", notice_id=notice_id), 303)
    return form.page("notices/slip.html", notice=found, open=_is_open(found), days=DAYS_TO_ANSWER)


@blueprint.get("/objections")
@login_required
def objections() -> ResponseReturnValue:
    if not current_user.is_any(*ANSWERERS, "admin"):
        raise NotAllowed()
    return render_template(
        "notices/objections.html",
        waiting=reads.open_objections(me()),
        openings=openings.disputed(me()),
        expiries=expiry.disputed(me()),
        answered=reads.answered(me(), now=now()),
        related=access.related_households(me()),
        now=now(),
    )


@blueprint.route("/objections/<int:objection_id>", methods=["GET", "POST"])
@login_required
def answer(objection_id: int) -> ResponseReturnValue:
    found = reads.objection(objection_id)
    access.require(me(), *ANSWERERS, "admin", area_id=found.line.household.area_id)
    g.village_id = found.line.village_id
    form = AnswerForm()
    if form.validate_on_submit():
        with form.refusals():
            notice.answer(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                objection_id=objection_id,
                upheld=form.verdict.data != "dismiss",
                kept=(form.kept.data or 0) if form.verdict.data == "lower" else 0,
                reason=form.reason.data or "",
            )
            flash(_("已答复。"), "success")
            return redirect(url_for("notices.objections"), 303)
    return form.page(
        "notices/answer.html",
        objection=found,
        line=found.line,
        photos=photos.of("objection", [objection_id]).get(objection_id, []),
        related=found.line.household_id in access.related_households(me()),
        why_not=_why_not(found),
        now=now(),
    )


# --- the committee --------------------------------------------------------------------------------------------------


@blueprint.get("/villages/<int:village_id>/notices/desk")
@login_required
def index(village_id: int) -> ResponseReturnValue:
    access.require(me(), "committee", "supervisor", "admin", area_id=village_id)
    rows, older = reads.of_village(village_id, hung_only=False, before=request.args.get("before", type=int))
    lines, households, corrections = reads.gatherable(village_id)
    return render_template(
        "notices/index.html",
        village=access.area(village_id),
        rows=rows,
        older=older,
        lines=lines,
        households=households,
        corrections=corrections,
        openings=openings.count_proposed(me(), village_id=village_id),
        proposed=expiry.count_proposed(me(), village_id=village_id),
        setting=reads.setting(village_id),
        hangs=access.holds(me(), ("committee",), village_id),
        trouble=reads.trouble(),
    )


@blueprint.post("/villages/<int:village_id>/notices")
@login_required
def open_notice(village_id: int) -> ResponseReturnValue:
    access.require(me(), "committee", area_id=village_id)
    return answers.button(
        lambda key: notice.open_notice(key=key, actor=me(), now=now(), village_id=village_id),
        done=_("已集中成一期公示。请打印、张贴，贴好后点“确认已张贴”。"),
        to=url_for("notices.index", village_id=village_id),
    )


@blueprint.route("/notices/<int:notice_id>/hang", methods=["GET", "POST"])
@login_required
@takes_files
def hang(notice_id: int) -> ResponseReturnValue:
    found = reads.notice(notice_id)
    access.require(me(), "committee", area_id=found.village_id)
    g.village_id = found.village_id
    form = HangForm()
    if form.validate_on_submit():
        with form.refusals():
            shown = pictures(form.photos)
            notice.hang(key=form.key.data or "", actor=me(), now=now(), notice_id=notice_id, pictures=shown)
            closes_at = reads.notice(notice_id).closes_at
            flash(_("已确认张贴。公示到 %(day)s 24 时止。", day=short_day(last_day(closes_at))), "success")
            return redirect(url_for("notices.index", village_id=found.village_id), 303)
    return form.page("notices/hang.html", notice=found, setting=reads.setting(found.village_id))


def _is_open(found: Notice) -> bool:
    """Tell whether objections are still heard."""
    return found.closes_at is None or found.closes_at > now()


def asked_number() -> str:
    return request.args.get("q", "").strip()[:12]


def is_named(found: Notice) -> bool:
    """Tell whether I read names: everyone does until they are dropped, staff of the village also afterwards."""
    staff = current_user.is_authenticated and access.holds(me(), READERS, found.village_id)
    return reads.is_named(found, now()) or staff


def _speaks_for_others(village_id: int) -> bool:
    if not current_user.is_authenticated:
        return False
    try:
        access.require_inside(me(), *notice.SPEAKERS, village_id=village_id)
    except (NotFound, NotAllowed):
        return False
    return True


def _why_not(objection: Objection) -> str:
    """Return the sentence that says why I may not answer, or nothing."""
    line = objection.line
    if not access.holds(me(), ANSWERERS, line.household.area_id):
        return NotAllowed.sentence
    if now() >= objection.due_at and not access.holds(me(), ("supervisor",), line.village_id):
        return RisenToTownship.sentence
    earlier = judging.steps_of(line) | {objection.raised_by_id}
    found = judging.hindrance(me(), line, access.related_households(me()), earlier)
    found = found or judging.objectors_hinder(me(), line)
    return found.sentence if found else ""
