"""Recording what a team did, the sheets recorded, and one line with everything that was done to it."""

from __future__ import annotations

from datetime import date
from typing import cast

from flask import Blueprint, Response, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access, judging, roster
from points.calendar import local_date
from points.errors import CardMisread, CardUnknown, NotAllowed, PointsError, SeenBefore
from points.judging import RECORDERS
from points.models.contribution import Line
from points.models.rules import RuleItem
from points.queries import contributions as reads
from points.queries import history
from points.services import award, civility, contribution
from points.web import answers
from points.web.counter import READER
from points.web.edge import POLICY, label, now, spreadsheet, takes_files
from points.web.errors import sentence
from points.web.forms.base import ButtonForm, pictures
from points.web.forms.contributions import PutRightForm, RecordForm, RosterForm, RoundForm, ScoresForm
from points.web.phone import tabs
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("contributions", __name__)

SHOWN = 200
"""How many of a roster's errors a page names."""


@blueprint.after_request
def allow_camera(response: Response) -> Response:
    """Let the pages on which people are chosen run the QR reader, as the till's pages may."""
    if request.endpoint in ("contributions.new", "contributions.inspect"):
        response.headers["Content-Security-Policy"] = f"{POLICY}; {READER}"
    return response


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
        returned=reads.returned_to(me(), village_id),
    )


@blueprint.route("/villages/<int:village_id>/contributions/new", methods=["GET", "POST"])
@takes_files
@login_required
def new(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *RECORDERS, village_id=village_id)
    return _record(village_id, "contributions/new.html")


@blueprint.route("/villages/<int:village_id>/contributions/roll", methods=["GET", "POST"])
@takes_files
@login_required
def roll(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *RECORDERS, village_id=village_id)
    return _record(village_id, "contributions/roll.html", lanes=reads.roll(me(), village_id))


def _record(village_id: int, template: str, **more: object) -> ResponseReturnValue:
    """Show or take what a team did; ``?revises`` names the returned line that it takes up again."""
    today = local_date(now())
    items = reads.open_items(me(), village_id, today)
    line_id = request.args.get("revises", type=int)
    earlier = reads.returned(me(), line_id) if line_id else None
    form = RecordForm(data=_before(earlier, items) if earlier else {"day": today})
    form.item_id.choices = [_choice(item) for item in items]
    if not form.only_looks and form.validate_on_submit():
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
                pictures=pictures(form.photos),
                again="again" in request.form,
                revises=line_id,
            )
            flash(_("已记下 %(n)s 人，等初审。", n=len(form.people)), "success")
            return redirect(url_for("contributions.show", contribution_id=made), 303)
    answer = form.page(
        template,
        village=access.area(village_id),
        items=items,
        today=today,
        earlier=earlier,
        seen=_seen(form.refusal, form.people, form.item_id.data, form.day.data, items),
        **_people(
            village_id,
            form.people or ([earlier.person_id] if earlier else []),
            _code(items, form.item_id.data or (items[0].id if items else None)),
        ),
        **more,
    )
    if form.only_looks:
        answer.status_code = 200  # type: ignore[union-attr]
    return answer


def _people(village_id: int, ids: list[int], item_code: int | None) -> dict[str, object]:
    """Return what the people's picker shows; without scripts its buttons send the form here."""
    q = request.values.get("q", "")[:40]
    chosen = reads.chosen(me(), village_id, ids)
    taken = {person.id for person in chosen}
    found = reads.find(me(), village_id, q) if "find" in request.values and q else None
    return {
        "chosen": chosen,
        "found": None if found is None else [person for person in found if person.id not in taken],
        "teams": reads.teams(me(), village_id, item_code),
        "q": q,
    }


def _seen(
    refusal: PointsError | None, people: list[int], item_id: int | None, day: date | None, items: list[RuleItem]
) -> list[Line]:
    """Return the earlier lines for a refusal that says there are some."""
    code = _code(items, item_id)
    return reads.seen(people, code, day) if isinstance(refusal, SeenBefore) and code and day else []


def _code(items: list[RuleItem], item_id: int | None) -> int | None:
    return next((item.code for item in items if item.id == item_id), None)


def _before(line: Line, items: list[RuleItem]) -> dict[str, object]:
    """Return what a returned line said, as the form's fields."""
    item_id = next((item.id for item in items if item.code == line.item_code), None)
    return {"item_id": item_id, "day": line.day, "quantity": line.quantity, "note": line.contribution.note}


@blueprint.get("/villages/<int:village_id>/people/search")
@login_required
def search(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *RECORDERS, village_id=village_id)
    return jsonify([_plain(person) for person in reads.find(me(), village_id, request.args.get("q", "")[:40])])


@blueprint.get("/villages/<int:village_id>/people/teams")
@login_required
def teams(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *RECORDERS, village_id=village_id)
    item = RuleItem.get_or_none(RuleItem.id == request.args.get("item", 0, type=int))
    found = reads.teams(me(), village_id, item.code if item else None)
    return render_template("contributions/_teams.html", teams=found)


@blueprint.post("/villages/<int:village_id>/people/card")
@login_required
def card(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *RECORDERS, village_id=village_id)
    try:
        return jsonify(_plain(reads.of_card(me(), village_id, request.form.get("code", "")[:60])))
    except (CardMisread, CardUnknown) as refusal:
        return jsonify({"error": sentence(refusal)}), refusal.status


# --- inspection rounds ----------------------------------------------------------------------------------------------


@blueprint.route("/villages/<int:village_id>/contributions/inspect", methods=["GET", "POST"])
@takes_files
@login_required
def inspect(village_id: int) -> ResponseReturnValue:
    """First, by GET: which lane, item, day and judges; then, under that address, the scores."""
    access.require_inside(me(), *RECORDERS, village_id=village_id)
    today = local_date(now())
    items = [item for item in reads.open_items(me(), village_id, today) if item.effect == "points"]
    lanes = reads.lanes(me(), village_id)
    about = RoundForm(request.args, data={"day": today})
    about.item_id.choices = [_choice(item) for item in sorted(items, key=lambda item: item.unit != "household")]
    about.lane_id.choices = [(lane.id, lane.name) for lane in lanes]
    people = _people(village_id, about.judges, None)
    place = {"village": access.area(village_id), "today": today}
    if not about.complete or len(cast(list[reads.Found], people["chosen"])) != contribution.JUDGES:
        asked = "judges" in request.args and not about.only_looks
        seats = reads.council(me(), village_id)
        return render_template("contributions/inspect.html", form=about, asked=asked, seats=seats, **place, **people)
    item = next(item for item in items if item.id == about.item_id.data)
    blocks = reads.round_of(me(), village_id, about.lane_id.data, about.judges)
    form = ScoresForm()
    scores = [
        (block.household.id, [form.score(block.household.id, judge) for judge in about.judges])
        for block in blocks
        if not block.closed
    ]
    if form.validate_on_submit():
        with form.refusals():
            made = contribution.inspect(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                village_id=village_id,
                lane_id=about.lane_id.data,
                item_id=item.id,
                day=about.day.data,
                judges=about.judges,
                scores=scores,
                note=form.note.data or "",
                pictures=pictures(form.photos),
                again="again" in request.form,
            )
            flash(_("已记下这一轮评比，等初审。"), "success")
            return redirect(url_for("contributions.show", contribution_id=made), 303)
    heads = [block.people[0].id for block in blocks]
    return form.page(
        "contributions/score.html",
        about=about,
        item=item,
        lane=next(lane for lane in lanes if lane.id == about.lane_id.data),
        blocks=blocks,
        given={(id_, judge): said for id_, row in scores for judge, said in zip(about.judges, row, strict=True)},
        seen=_seen(form.refusal, heads, item.id, about.day.data, items),
        here=url_for(
            "contributions.inspect",
            village_id=village_id,
            lane_id=about.lane_id.data,
            item_id=item.id,
            day=about.day.data.isoformat(),
            judges=tuple(about.judges),
        ),
        **place,
        **people,
    )


# --- rosters from a spreadsheet -------------------------------------------------------------------------------------


@blueprint.route("/villages/<int:village_id>/contributions/import", methods=["GET", "POST"])
@takes_files
@login_required
def upload(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *RECORDERS, village_id=village_id)
    form = RosterForm()
    if form.validate_on_submit():
        with form.refusals():
            file = form.sheet.data
            made = contribution.upload(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                village_id=village_id,
                file_name=file.filename or "",
                rows=roster.read(file.read()),
            )
            return redirect(url_for("contributions.preview", upload_id=made), 303)
    return form.page("contributions/import.html", village=access.area(village_id), heads=roster.HEADS)


@blueprint.get("/villages/<int:village_id>/contributions/example.xlsx")
@login_required
def example(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *RECORDERS, village_id=village_id)
    file = roster.example(reads.open_items(me(), village_id, local_date(now())))
    return spreadsheet(file, _("积分记录样表.xlsx"))


@blueprint.route("/contributions/import/<int:upload_id>", methods=["GET", "POST"])
@login_required
def preview(upload_id: int) -> ResponseReturnValue:
    kept = reads.uploaded(me(), upload_id, now())
    access.require_inside(me(), *RECORDERS, village_id=kept.village_id)
    g.village_id = kept.village_id
    form = ButtonForm()
    if form.validate_on_submit():
        with form.refusals():
            contribution.import_rows(
                key=form.key.data or "", actor=me(), now=now(), upload_id=upload_id, again="again" in request.form
            )
            flash(_("已按表格全部记下，等初审。"), "success")
            return redirect(url_for("contributions.index", village_id=kept.village_id), 303)
    if not kept.rows:
        flash(_("这份表格已经记下了。"), "success")
        return redirect(url_for("contributions.index", village_id=kept.village_id), 303)
    entries = roster.match(kept.rows, village_id=kept.village_id, recorder=me(), now=now())
    return form.page(
        "contributions/import_preview.html",
        village=access.area(kept.village_id),
        kept=kept,
        entries=entries,
        wrong=[entry for entry in entries if entry.errors],
        twice=[entry for entry in entries if entry.twice is not None],
        shown=SHOWN,
    )


@blueprint.get("/contributions/<int:contribution_id>")
@login_required
def show(contribution_id: int) -> ResponseReturnValue:
    sheet = reads.sheet(contribution_id)
    access.require_inside(me(), *reads.READERS, village_id=sheet.village_id)
    g.village_id = sheet.village_id
    lines, more = reads.lines_of(me(), contribution_id, after=request.args.get("after", 0, type=int))
    return render_template(
        "contributions/show.html",
        sheet=sheet,
        lines=lines,
        more=more,
        scores=reads.scores_of(lines),
        photos=reads.photos_of(me(), contribution_id, lines),
        revisable=reads.revisable(me(), lines),
        records=_records(sheet.village_id),
    )


@blueprint.get("/lines/<int:line_id>")
@login_required
def line(line_id: int) -> ResponseReturnValue:
    found = reads.line(line_id)
    own = found.household_id == me().household_id
    if not own:
        access.require(me(), *reads.READERS, area_id=found.household.area_id)
    g.village_id = found.village_id
    related = found.household_id in access.related_households(me())
    return render_template(
        "contributions/line.html",
        line=found,
        own=own,
        related=related,
        events=history.of_line(found, unnamed=related),
        taken_back=reads.taken_back(line_id),
        withdraws=found.state == "recorded" and found.recorded_by_id == me().id,
        objects=found.state == "noticed",
        puts_right=found.state == "posted" and _puts_right(found),
        tabs=tabs(found.village_id) if own else [],
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
            if found.effect == "civility":
                civility.restore(**given)
            elif form.how.data == "whole":
                award.reverse(**given)
            else:
                award.correct(**given, points=form.points.data or 0)
            flash(_("已更正，会写进下一期公示。住户也看得到。"), "success")
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
    worth = {"name": item.name, "unit": label(item.unit), "points": item.points}
    if item.effect == "civility":
        return SelectChoice(item.id, _("%(name)s · %(unit)s扣 %(points)s 分", **worth), optgroup=_("扣文明分"))
    return SelectChoice(item.id, _("%(name)s · %(unit)s %(points)s 分", **worth), optgroup=item.category)


def _plain(person: reads.Found) -> dict[str, object]:
    return {name: getattr(person, name) for name in ("id", "name", "initials", "household_id", "number", "address")}
