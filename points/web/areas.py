"""Areas: the tree below one's roles, what a village decides for itself, and the limits and holidays set above it."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access, places
from points.calendar import local_date
from points.errors import NotFound
from points.models.areas import AREA_KINDS, Area, VillageSetting
from points.queries import areas as reads
from points.queries import exports, summary
from points.services import areas
from points.web import answers
from points.web.edge import label, now
from points.web.forms.areas import HolidayForm, LimitsForm, OpenAreaForm, RenameForm, SettingsForm
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
        limits=access.holds(me(), areas.LIMIT_KEEPERS, area_id),
        oversees=access.holds(me(), exports.READERS, area_id),
        sums=area.kind in summary.KINDS and access.holds(me(), summary.READERS, area_id),
        keeps_holidays=access.holds(me(), areas.HOLIDAY_KEEPERS, area_id),
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
    access.village(village_id)
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
                wall_photo=form.wall_photo.data,
                board_points=form.board_points.data,
                black_board=form.black_board.data,
                cover_percent=form.cover_percent.data,
                cover_refuses=form.cover_refuses.data,
                full_names=form.full_names.data,
            )
            flash(_("设置已保存。已经在公示、评议中的不受影响。"), "success")
            return redirect(url_for("areas.show", area_id=village_id), 303)
    limit = places.limits_above(village_id).get("most_monthly_cap")
    return form.page("areas/settings.html", village=access.area(village_id), limit=limit)


@blueprint.route("/areas/<int:area_id>/limits", methods=["GET", "POST"])
@login_required
def limits(area_id: int) -> ResponseReturnValue:
    access.require(me(), *areas.LIMIT_KEEPERS, area_id=area_id)
    area = of_kind(area_id, "county", "township")
    limit = reads.limit(area_id)
    form = LimitsForm(obj=limit)
    if limit and limit.most_worth_fen and not form.is_submitted():
        form.most_worth.data = Decimal(limit.most_worth_fen) / 100
    if form.validate_on_submit():
        with form.refusals():
            areas.set_limits(
                key=form.key.data,
                actor=me(),
                now=now(),
                area_id=area_id,
                most_points=form.most_points.data,
                most_monthly_cap=form.most_monthly_cap.data,
                most_worth_fen=form.most_worth_fen,
            )
            flash(_("上限已保存，从现在起的草稿和设置按它办。"), "success")
            return redirect(url_for("areas.limits", area_id=area_id), 303)
    return form.page("areas/limits.html", area=area, limit=limit, exceeding=reads.exceeding(area_id))


@blueprint.route("/areas/<int:area_id>/holidays", methods=["GET", "POST"])
@login_required
def holidays(area_id: int) -> ResponseReturnValue:
    access.require(me(), *areas.HOLIDAY_KEEPERS, area_id=area_id)
    area = of_kind(area_id, "county", "township", "village")
    form = HolidayForm()
    if form.validate_on_submit():
        with form.refusals():
            areas.add_holidays(
                key=form.key.data,
                actor=me(),
                now=now(),
                area_id=area_id,
                name=form.name.data,
                first=form.first.data,
                last=form.last.data or form.first.data,
            )
            flash(_("“%(name)s”已记下，以后张贴的公示不算这几天。", name=form.name.data), "success")
            return redirect(url_for("areas.holidays", area_id=area_id), 303)
    return form.page("areas/holidays.html", area=area, holidays=reads.holidays(area_id, local_date(now())))


@blueprint.post("/holidays/<int:holiday_id>/remove")
@login_required
def remove_holiday(holiday_id: int) -> ResponseReturnValue:
    area_id = reads.holiday(holiday_id).area_id
    access.require(me(), *areas.HOLIDAY_KEEPERS, area_id=area_id)
    return answers.button(
        lambda key: areas.remove_holiday(key=key, actor=me(), now=now(), holiday_id=holiday_id),
        done=_("已去掉。已经张贴的公示不变。"),
        to=url_for("areas.holidays", area_id=area_id),
    )


def of_kind(area_id: int, *kinds: str) -> Area:
    area = access.area(area_id)
    if area.kind not in kinds:
        raise NotFound()
    return area
