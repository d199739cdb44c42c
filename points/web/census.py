"""Rosters 户名册: a spreadsheet read, its columns named, its changes previewed, taken in and taken back as a whole."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access, census, jobs, sheets
from points.census import KEEPERS, KINDS, PROBLEMS, TARGETS, WAYS, Mapping, Roster
from points.errors import N_, BadSheet, CensusHasProblems
from points.jobs import Outcome, Task
from points.models.census import Census
from points.queries import areas as places
from points.queries import census as reads
from points.services import census as service
from points.web import jobs as works
from points.web.edge import label, now, spreadsheet, takes_files
from points.web.forms.base import ButtonForm
from points.web.forms.census import ApplyForm, ColumnsForm, UploadForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("census", __name__)
STATES = {
    "read": N_("待核对"),
    "previewed": N_("待导入"),
    "applied": N_("已导入"),
    "undone": N_("已撤销"),
    "dropped": N_("已放弃"),
}


@blueprint.route("/villages/<int:village_id>/census", methods=["GET", "POST"])
@takes_files
@login_required
def index(village_id: int) -> ResponseReturnValue:
    access.require(me(), *KEEPERS, area_id=village_id)
    access.village(village_id)
    form = UploadForm()
    if form.validate_on_submit():
        with form.refusals():
            data = form.sheet.data.read(sheets.MOST_BYTES + 1)
            if len(data) > sheets.MOST_BYTES:
                raise BadSheet(what=_("文件超过 8 MB，请分成几份"))
            given = {"upload": jobs.keep_upload(works.spool(), form.key.data, data), "village": village_id}
            name, _numbers = census.without_numbers(form.sheet.data.filename or "")
            return works.ask(form.key.data, "census.read", {**given, "name": name or ""})
    rows = reads.rosters(village_id)
    return form.page("census/index.html", village=access.area(village_id), rows=rows, states=STATES)


@blueprint.route("/census/<int:census_id>/columns", methods=["GET", "POST"])
@login_required
def columns(census_id: int) -> ResponseReturnValue:
    found = _roster(census_id)
    if found.state not in ("read", "previewed"):
        return redirect(url_for("census.show", census_id=census_id), 303)
    kept, mapping = Roster.load(found.cells), Mapping.load(found.mapping)
    form = ColumnsForm(way=mapping.way, area_id=mapping.area_id)
    form.way.choices = [SelectChoice(way, _(words)) for way, words in WAYS.items()]
    form.area_id.choices = [
        SelectChoice(area.id, "\u3000" * depth + area.name)
        for area, depth in places.within(me(), found.village_id, *KEEPERS)
    ]
    chosen = mapping.columns
    if request.method == "POST":
        chosen = form.columns(len(kept.heads))
    if form.validate_on_submit():
        with form.refusals():
            service.map_columns(
                key=form.key.data,
                actor=me(),
                now=now(),
                census_id=census_id,
                columns=chosen,
                way=form.way.data,
                area_id=form.area_id.data,
            )
            return works.ask(f"{form.key.data}.job", "census.preview", {"census": census_id})
    shown = list(reads.columns(kept))
    targets = {target: _(words) for target, words in TARGETS.items()}
    return form.page("census/columns.html", census=found, kept=kept, columns=shown, chosen=chosen, targets=targets)


@blueprint.get("/census/<int:census_id>")
@login_required
def show(census_id: int) -> ResponseReturnValue:
    return _show(_roster(census_id), ApplyForm())


def _show(found: Census, form: ApplyForm) -> ResponseReturnValue:
    if found.state == "read":
        return redirect(url_for("census.columns", census_id=found.id), 303)
    if found.state != "previewed":
        counts = json.loads(found.counts) if found.counts else {}
        return form.page(
            "census/done.html", census=found, counts=counts, kinds=KINDS, village=access.area(found.village_id)
        )
    page = reads.preview(found, request.args.get("kind", ""), request.args.get("page", 1, int))
    lines = [(row, number, name, _said(kind, said, name)) for kind, row, number, name, said in page.lines]
    changes = sum(page.counts[kind] for kind in KINDS if kind not in ("problem", "absent"))
    return form.page("census/preview.html", census=found, page=page, lines=lines, kinds=KINDS, changes=changes)


@blueprint.post("/census/<int:census_id>/apply")
@login_required
def apply(census_id: int) -> ResponseReturnValue:
    found = _roster(census_id)
    form = ApplyForm()
    if form.validate_on_submit():
        with form.refusals():
            wrong = json.loads(found.counts)["wrong"] if found.state == "previewed" else 0
            if wrong and not form.skip.data:
                raise CensusHasProblems(n=wrong)
            given = {"census": census_id, "skip": form.skip.data, "key": f"{form.key.data}.apply"}
            return works.ask(form.key.data, "census.apply", given)
    return _show(found, form)


@blueprint.post("/census/<int:census_id>/undo")
@login_required
def undo(census_id: int) -> ResponseReturnValue:
    found, form = _roster(census_id), ButtonForm()
    if form.validate_on_submit():
        with form.refusals():
            service.undo(key=form.key.data, actor=me(), now=now(), census_id=census_id)
            flash(_("已整批撤销：新开的户和人去掉了，改过的改回来了。"), "success")
            return redirect(url_for("census.show", census_id=census_id), 303)
    return _show(found, _refused(form))


@blueprint.post("/census/<int:census_id>/drop")
@login_required
def drop(census_id: int) -> ResponseReturnValue:
    found, form = _roster(census_id), ButtonForm()
    if form.validate_on_submit():
        with form.refusals():
            service.drop(key=form.key.data, actor=me(), now=now(), census_id=census_id)
            flash(_("这份名册已放弃，表里的内容已清除。"), "success")
            return redirect(url_for("census.index", village_id=found.village_id), 303)
    return _show(found, _refused(form))


@blueprint.get("/census/<int:census_id>/problems.xlsx")
@login_required
def problems(census_id: int) -> ResponseReturnValue:
    found = _roster(census_id)
    lines = json.loads(found.preview) if found.preview else []
    rows = [[row, _said(kind, said)] for kind, row, _number, _name, said in lines if kind == "problem"]
    file = sheets.write(_("有问题的行"), [_("行"), _("怎么改")], rows, widths=(8, 90))
    return spreadsheet(file, _("有问题的行.xlsx"))


# --- the work beside the requests -----------------------------------------------------------------------------------


def read(task: Task) -> Outcome:
    """Read an uploaded roster, and keep it without identity and bank numbers."""
    village_id = task.given["village"]
    access.require(task.actor, *KEEPERS, area_id=village_id)
    task.step(0, 3)
    kept = census.read(task.upload())
    task.step(1, 3)
    mapping = census.guess(kept, village_id, reads.last_mapping(village_id)).dump(kept.heads)
    given = {"village_id": village_id, "file_name": task.given["name"], "cells": kept.dump(), "mapping": mapping}
    task.step(2, 3)
    return Outcome(service.keep(key=f"job-{task.id}.read", actor=task.actor, now=task.now, **given))


def preview(task: Task) -> Outcome:
    """Compare a roster with the village, and keep what it would change."""
    found = census.of(task.actor, task.given["census"])
    kept, mapping = Roster.load(found.cells), Mapping.load(found.mapping)
    task.step(1, 4)
    plan = census.plan(kept, mapping, village_id=found.village_id, actor=task.actor)
    task.step(2, 4)
    lines = json.dumps(census.items(plan, found.village_id), ensure_ascii=False, separators=(",", ":"))
    task.step(3, 4)
    given = {"mapping": found.mapping, "preview": lines, "counts": json.dumps(census.counts(plan))}
    key = f"job-{task.id}.preview"
    return Outcome(service.preview(key=key, actor=task.actor, now=task.now, census_id=found.id, **given))


def take_in(task: Task) -> Outcome:
    """Take a roster in."""
    given = {"census_id": task.given["census"], "skip": task.given["skip"], "step": task.step}
    return Outcome(service.apply(key=task.given["key"], actor=task.actor, now=task.now, **given))


# --- words ----------------------------------------------------------------------------------------------------------


def _said(kind: str, said: dict[str, Any], name: str = "") -> str:
    """Say in one sentence what a line of the preview means."""
    match kind:
        case "problem":
            return _(PROBLEMS[said["code"]]) % said
        case "open_area":
            return _(
                "新设%(kind)s“%(name)s”，在%(place)s。", kind=label(said["kind"]), name=said["name"], place=said["in"]
            )
        case "open_household" if said["address"]:
            return _("新户，在%(area)s，%(address)s。", **said)
        case "open_household":
            return _("新户，在%(area)s。", **said)
        case "add_person" if said["phone"]:
            return _("新增，电话 %(phone)s。", **said)
        case "add_person":
            return _("新增，没有电话。")
        case "move_person":
            return _("从第 %(before)s 户搬到第 %(after)s 户。积分不跟着走。", before=said["from"], after=said["to"])
        case "absent" if not name:
            return _("整户不在表里，不会动。")
        case "absent":
            return _("表里没有，不会动。离开了的请到本人的页面登记。")
    changes = {"name": _("姓名"), "phone": _("电话"), "area": _("街巷"), "address": _("地址")}
    parts = [
        _("%(what)s“%(before)s”改为“%(after)s”", what=changes[what], before=before, after=after)
        if before
        else _("补上%(what)s“%(after)s”", what=changes[what], after=after)
        for what, (before, after) in said.items()
    ]
    return "；".join(parts)


def _roster(census_id: int) -> Census:
    found = census.of(me(), census_id)
    g.village_id = found.village_id
    return found


def _refused(button: ButtonForm) -> ApplyForm:
    form = ApplyForm(skip=False)
    form.refusal = button.refusal
    return form
