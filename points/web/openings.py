"""Opening balances: entered from the old book, hung by a second person, read by anyone, objected to and answered."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from points import access, photos
from points import opening as book
from points.errors import (
    NotAllowed,
    NotFound,
    OwnHousehold,
    PointsError,
    ProposerRelated,
    RisenToTownship,
    SamePerson,
)
from points.judging import ANSWERERS
from points.models.opening import Opening, OpeningLine
from points.models.photos import Photo
from points.objecting import DAYS_TO_ANSWER
from points.queries import contributions, notices
from points.queries import opening as reads
from points.services import opening
from points.services.opening import HANGERS
from points.web import qr
from points.web.edge import now, short_day, spreadsheet, takes_files
from points.web.forms.base import ButtonForm, pictures
from points.web.forms.openings import AnswerForm, DropForm, HangForm, ObjectForm, ProposeForm, SheetForm
from points.web.notices import last_day
from points.web.phone import tabs
from points.web.public import whole_address
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("openings", __name__)
SHOWN = 300
"""How many rows of a sheet its preview names."""


# --- anyone ---------------------------------------------------------------------------------------------------------


@blueprint.get("/openings/<int:opening_id>")
def show(opening_id: int) -> ResponseReturnValue:
    found = _readable(opening_id)
    lane_id, after = request.args.get("lane", type=int), request.args.get("after", type=int)
    number = request.args.get("q", "").strip()[:12]
    named = _is_named(found)
    lines, next_ = reads.lines(found, named=named, lane_id=lane_id, number=number, after=after)
    return render_template(
        "openings/show.html",
        opening=found,
        open=_is_open(found),
        named=named,
        holidays=notices.holidays_within(found),
        setting=notices.setting(found.village_id),
        totals=reads.totals(opening_id),
        lanes=[(id_, name) for id_, name, _count, _points in reads.lanes(opening_id)],
        lane_id=lane_id,
        number=number,
        groups=[list(group) for _id, group in groupby(lines, key=lambda line: line.lane_id)],
        after=after,
        next=next_,
        mine=reads.mine(me(), opening_id) if current_user.is_authenticated else [],
        days=DAYS_TO_ANSWER,
        trouble=notices.trouble(),
        hangs=_holds(HANGERS, found),
        tabs=tabs(found.village_id),
    )


@blueprint.get("/openings/<int:opening_id>/sheets")
def sheets(opening_id: int) -> ResponseReturnValue:
    found = _readable(opening_id)
    path, lane_id = url_for("openings.show", opening_id=opening_id), request.args.get("lane", type=int)
    return render_template(
        "openings/sheets.html",
        opening=found,
        holidays=notices.holidays_within(found),
        setting=notices.setting(found.village_id),
        totals=reads.totals(opening_id),
        lanes=[(id_, name) for id_, name, _count, _points in reads.lanes(opening_id)],
        lane_id=lane_id,
        sheets=reads.sheets(found, named=_is_named(found), lane_id=lane_id),
        address=whole_address(path),
        code=qr.address(whole_address(path), _("本期公示的网页")),
        back_url=path,
    )


# --- objecting ------------------------------------------------------------------------------------------------------


@blueprint.route("/opening-lines/<int:line_id>/object", methods=["GET", "POST"])
@login_required
def object_to(line_id: int) -> ResponseReturnValue:
    line = reads.line(line_id)
    if not book.may_object(me(), line.opening.village_id):
        raise NotFound()
    form = ObjectForm()
    if form.validate_on_submit():
        with form.refusals():
            opening.object_to(
                key=form.key.data or "", actor=me(), now=now(), line_id=line_id, text=form.text.data or ""
            )
            flash(_("异议已收到。这一户先不入账，%(n)s 天内答复您。", n=DAYS_TO_ANSWER), "success")
            return redirect(url_for("openings.show", opening_id=line.opening_id), 303)
    return form.page(
        "openings/object.html",
        line=reads.public_line(line, named=_is_named(line.opening)),
        opening=line.opening,
        open=_is_open(line.opening),
        days=DAYS_TO_ANSWER,
        tabs=tabs(line.opening.village_id),
    )


@blueprint.route("/opening-lines/<int:line_id>/answer", methods=["GET", "POST"])
@login_required
def answer(line_id: int) -> ResponseReturnValue:
    line = reads.line(line_id)
    access.require(me(), *ANSWERERS, "admin", area_id=line.household.area_id)
    g.village_id = line.opening.village_id
    if line.objected_at is None:
        raise NotFound()
    form = AnswerForm()
    if form.validate_on_submit():
        said = {"keep": line.points, "change": form.points.data or 0, "drop": 0}
        with form.refusals():
            opening.answer(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                line_id=line_id,
                points=said[form.verdict.data],
                reason=form.reason.data or "",
            )
            flash(_("已答复。"), "success")
            return redirect(url_for("notices.objections"), 303)
    return form.page(
        "openings/answer.html",
        line=line,
        shown=reads.public_line(line, named=True),
        opening=line.opening,
        related=line.household_id in access.related_households(me()),
        photos=_photos(line.opening_id),
        due_at=opening.due_at(line),
        why_not=_why_not_answer(line),
    )


# --- the committee --------------------------------------------------------------------------------------------------


@blueprint.get("/villages/<int:village_id>/openings")
@login_required
def index(village_id: int) -> ResponseReturnValue:
    access.require(me(), *reads.READERS, area_id=village_id)
    return render_template(
        "openings/index.html",
        village=access.village(village_id),
        rows=reads.of_village(village_id),
        proposes=access.holds(me(), ("committee",), village_id),
        hangs=access.holds(me(), HANGERS, village_id),
    )


@blueprint.route("/villages/<int:village_id>/openings/new", methods=["GET", "POST"])
@takes_files
@login_required
def new(village_id: int) -> ResponseReturnValue:
    access.require(me(), "committee", area_id=village_id)
    form = SheetForm()
    if form.validate_on_submit():
        with form.refusals():
            file = form.sheet.data
            made = opening.upload(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                village_id=village_id,
                file_name=file.filename or "",
                rows=book.read(file.read()),
            )
            return redirect(url_for("openings.preview", upload_id=made), 303)
    village = access.village(village_id)
    return form.page("openings/new.html", village=village, heads=book.HEADS, types=bool(reads.homes(village_id)))


@blueprint.get("/villages/<int:village_id>/openings/example.xlsx")
@login_required
def example(village_id: int) -> ResponseReturnValue:
    access.require(me(), "committee", area_id=village_id)
    return spreadsheet(book.example(), _("期初积分样表.xlsx"))


@blueprint.route("/villages/<int:village_id>/openings/type", methods=["GET", "POST"])
@login_required
def type_in(village_id: int) -> ResponseReturnValue:
    """Show a field for each household; what was typed goes the way of a spreadsheet's rows."""
    access.require(me(), "committee", area_id=village_id)
    village, homes = access.village(village_id), reads.homes(village_id)
    form = ButtonForm()
    typed = {home.number: request.form.get(f"points-{home.id}", "")[:20] for home in homes}
    wrong = {}
    if form.validate_on_submit():
        rows = book.typed(typed)
        wrong = {entry.said["户号"]: entry.errors for entry in book.match(rows, village_id) if entry.errors}
        if not wrong:
            with form.refusals():
                made = opening.upload(
                    key=form.key.data or "", actor=me(), now=now(), village_id=village_id, file_name="", rows=rows
                )
                return redirect(url_for("openings.preview", upload_id=made), 303)
    elif again := request.args.get("upload", type=int):
        kept = reads.uploaded(me(), again, now())
        entries = book.match(kept.rows, village_id) if kept.village_id == village_id else []
        typed |= {entry.household: str(entry.said["积分"]) for entry in entries}
    lanes = [(lane, list(group)) for lane, group in groupby(homes, key=lambda home: home.lane)]
    return form.page("openings/type.html", village=village, lanes=lanes, typed=typed, wrong=wrong)


@blueprint.route("/opening-uploads/<int:upload_id>", methods=["GET", "POST"])
@takes_files
@login_required
def preview(upload_id: int) -> ResponseReturnValue:
    """Show what the rows mean; with the signed total and its page they become a proposal."""
    form = ProposeForm()
    if form.validate_on_submit():
        with form.refusals():
            made = opening.propose(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                upload_id=upload_id,
                source=form.source.data or "",
                signers=form.signers.data or "",
                points=form.points.data or 0,
                days=form.days.data or 0,
                pictures=pictures(form.photos),
            )
            flash(_("已录好，等第二个人核对总数、张贴。"), "success")
            return redirect(url_for("openings.index", village_id=reads.opening(made).village_id), 303)
    kept = reads.uploaded(me(), upload_id, now())
    access.require(me(), "committee", area_id=kept.village_id)
    g.village_id = kept.village_id
    setting = notices.setting(kept.village_id)
    if request.method == "GET":
        form.days.data = setting.notice_days
    entries = book.match(kept.rows, kept.village_id)
    related = access.related_households(me())
    return form.page(
        "openings/preview.html",
        village=access.area(kept.village_id),
        kept=kept,
        setting=setting,
        entries=entries,
        wrong=[entry for entry in entries if entry.errors],
        doubtful=[entry for entry in entries if entry.doubt],
        added=sum(entry.points for entry in entries if not entry.errors),
        own=any(entry.household_id in related for entry in entries),
        shown=SHOWN,
    )


@blueprint.route("/openings/<int:opening_id>/hang", methods=["GET", "POST"])
@takes_files
@login_required
def hang(opening_id: int) -> ResponseReturnValue:
    found = reads.opening(opening_id)
    access.require(me(), *HANGERS, area_id=found.village_id)
    g.village_id = found.village_id
    form = HangForm()
    if form.validate_on_submit():
        with form.refusals():
            opening.hang(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                opening_id=opening_id,
                points=form.points.data or 0,
                pictures=pictures(form.photos),
            )
            closes_at = reads.opening(opening_id).closes_at
            flash(_("已确认张贴。公示到 %(day)s 24 时止。", day=short_day(last_day(closes_at))), "success")
            return redirect(url_for("openings.index", village_id=found.village_id), 303)
    return _hang_page(found, form, DropForm(formdata=None))


@blueprint.post("/openings/<int:opening_id>/drop")
@login_required
def drop(opening_id: int) -> ResponseReturnValue:
    found = reads.opening(opening_id)
    access.require(me(), *HANGERS, area_id=found.village_id)
    g.village_id = found.village_id
    form = DropForm()
    if form.validate_on_submit():
        with form.refusals():
            opening.drop(
                key=form.key.data or "", actor=me(), now=now(), opening_id=opening_id, reason=form.reason.data or ""
            )
            flash(_("已退回，没有张贴。这些户可以重新录。"), "success")
            return redirect(url_for("openings.index", village_id=found.village_id), 303)
    return _hang_page(found, HangForm(formdata=None), form)


def _hang_page(found: Opening, form: HangForm, drop_form: DropForm) -> ResponseReturnValue:
    sent = drop_form if drop_form.errors or drop_form.refusal else form
    return sent.page(
        "openings/hang.html",
        hang_form=form,
        drop_form=drop_form,
        opening=found,
        lanes=reads.lanes(found.id),
        photos=_photos(found.id),
        setting=notices.setting(found.village_id),
        why_not=_why_not_hang(found),
    )


def _readable(opening_id: int) -> Opening:
    """Guard the pages that show an opening: before it hangs, and once dropped, they are for those who work on it."""
    found = reads.opening(opening_id)
    if found.hung_at is None and not _holds(reads.READERS, found):
        raise NotFound()
    return found


def _holds(kinds: tuple[str, ...], found: Opening) -> bool:
    return current_user.is_authenticated and access.holds(me(), kinds, found.village_id)


def _is_open(found: Opening) -> bool:
    """Tell whether objections are heard."""
    return found.closes_at is not None and found.closes_at > now()


def _is_named(found: Opening) -> bool:
    """Tell whether I read names: everyone does until they are dropped, staff of the village also afterwards."""
    return notices.is_named(found, now()) or _holds(contributions.READERS, found)


def _photos(opening_id: int) -> list[Photo]:
    return photos.of("opening", [opening_id]).get(opening_id, [])


def _why_not_hang(found: Opening) -> str:
    """Return the sentence that says why I may not confirm, or nothing."""
    if me().id == found.proposed_by_id:
        return SamePerson.sentence
    return ProposerRelated.sentence if access.are_related(me(), found.proposed_by) else ""


def _why_not_answer(line: OpeningLine) -> str:
    """Return the sentence that says why I may not answer, or nothing."""
    hindrance: type[PointsError] | None = None
    if not access.holds(me(), ANSWERERS, line.household.area_id):
        hindrance = NotAllowed
    elif now() >= opening.due_at(line) and not access.holds(me(), ("supervisor",), line.opening.village_id):
        hindrance = RisenToTownship
    elif me().id in (line.opening.proposed_by_id, line.opening.hung_by_id, line.objected_by_id):
        hindrance = SamePerson
    elif line.household_id in access.related_households(me()) or access.are_related(me(), line.objected_by):
        hindrance = OwnHousehold
    return hindrance.sentence if hindrance else ""
