"""Areas: the tree below one's roles, and what a village decides for itself."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access
from points.models.areas import AREA_KINDS, VillageSetting
from points.queries import areas as reads
from points.services import areas
from points.web.edge import label, now
from points.web.forms.areas import OpenAreaForm, RenameForm, SettingsForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("areas", __name__)


@blueprint.get("/areas")
@login_required
def index() -> ResponseReturnValue:
    tops = reads.tops(me())
    if len(tops) == 1:
        return redirect(url_for("areas.show", area_id=tops[0].id), 303)
    return render_template("areas/index.html", tops=tops)


@blueprint.route("/areas/<int:area_id>", methods=["GET", "POST"])
@login_required
def show(area_id: int) -> ResponseReturnValue:
    access.require(me(), *reads.KEEPERS, area_id=area_id)
    area = access.area(area_id)
    form = OpenAreaForm()
    form.kind.choices = [SelectChoice(kind, label(kind)) for kind in AREA_KINDS[AREA_KINDS.index(area.kind) + 1 :]]
    if form.validate_on_submit():
        with form.refusals():
            areas.open_area(
                key=form.key.data,
                actor=me(),
                now=now(),
                parent_id=area_id,
                kind=form.kind.data,
                name=form.name.data,
            )
            flash(_("“%(name)s”已建好。", name=form.name.data), "success")
            return redirect(url_for("areas.show", area_id=area_id), 303)
    return form.page(
        "areas/show.html",
        area=area,
        path=reads.path(me(), area_id),
        children=reads.children(area_id),
        administers=access.holds(me(), ("admin",), area_id),
        keeps=access.holds(me(), ("admin", "committee"), area_id),
    )


@blueprint.route("/areas/<int:area_id>/name", methods=["GET", "POST"])
@login_required
def rename(area_id: int) -> ResponseReturnValue:
    access.require(me(), "admin", area_id=area_id)
    area = access.area(area_id)
    form = RenameForm(obj=area)
    if form.validate_on_submit():
        with form.refusals():
            areas.rename(key=form.key.data, actor=me(), now=now(), area_id=area_id, name=form.name.data)
            flash(_("名称已改好。"), "success")
            return redirect(url_for("areas.show", area_id=area_id), 303)
    return form.page("areas/rename.html", area=area)


@blueprint.route("/villages/<int:village_id>/settings", methods=["GET", "POST"])
@login_required
def settings(village_id: int) -> ResponseReturnValue:
    access.require(me(), "committee", "admin", area_id=village_id)
    access.village_of(village_id)
    form = SettingsForm(obj=VillageSetting.get_or_none(VillageSetting.village == village_id))
    if form.validate_on_submit():
        with form.refusals():
            areas.decide_settings(
                key=form.key.data,
                actor=me(),
                now=now(),
                village_id=village_id,
                council_voices=form.council_voices.data,
                notice_days=form.notice_days.data,
                no_pin_daily_limit=form.no_pin_daily_limit.data,
                monthly_cap=form.monthly_cap.data,
                objection_contact=form.objection_contact.data,
            )
            flash(_("设置已保存。已经在公示、评议中的不受影响。"), "success")
            return redirect(url_for("areas.show", area_id=village_id), 303)
    return form.page("areas/settings.html", village=access.area(village_id))
