"""Shops of a village, their tills, when they are open, and the poster that says so."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access
from points.calendar import local_date
from points.errors import NotFound
from points.models.shop import Shop
from points.queries import hours as days
from points.queries import shifts, stock
from points.queries import shop as shops
from points.services import shop
from points.services.shop import KEEPERS
from points.web import answers, hours, qr
from points.web.edge import now
from points.web.forms.base import ButtonForm
from points.web.forms.shops import DayForm, EditForm, HoursForm, ShopForm
from points.web.public import paper, whole_address
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("shops", __name__)
for word in (hours.clock, hours.full_day, hours.span_words, hours.where):
    blueprint.add_app_template_filter(word)

READERS = ("clerk", "committee", "supervisor", "admin")
SPARE_LINES = 2
"""So many empty lines the form of the week offers."""


@blueprint.get("/villages/<int:village_id>/shops")
@login_required
def index(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *READERS, village_id=village_id)
    return render_template(
        "shops/index.html",
        village=access.area(village_id),
        shops=shops.of_village(village_id, closed=True),
        may_open=access.holds(me(), KEEPERS, village_id),
    )


@blueprint.route("/villages/<int:village_id>/shops/new", methods=["GET", "POST"])
@login_required
def new(village_id: int) -> ResponseReturnValue:
    access.require(me(), *KEEPERS, area_id=village_id)
    form = ShopForm()
    above = [area for area in days.above(village_id) if access.holds(me(), KEEPERS, area.id)]
    choices = [*shops.areas(village_id), *((area.id, area.name) for area in above)]
    form.area.choices = [SelectChoice(id_, name) for id_, name in choices]
    if form.validate_on_submit():
        with form.refusals():
            shop_id = shop.open_shop(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                area_id=form.area.data,
                code=form.code.data or "",
                name=form.name.data or "",
                hours=form.hours.data or "",
            )
            flash(_("店已开好。请再开一个柜台，并把商品上架。"), "success")
            return redirect(url_for("shops.show", shop_id=shop_id), 303)
    return form.page("shops/new.html", village=access.area(village_id))


@blueprint.get("/shops/<int:shop_id>")
@login_required
def show(shop_id: int) -> ResponseReturnValue:
    found = shops.shop(shop_id)
    access.require(me(), *READERS, area_id=found.area_id)
    return render_template(
        "shops/show.html",
        shop=found,
        tills=shops.tills(shop_id),
        hours=hours.told([found], now())[shop_id],
        unsigned=len(shifts.unsigned(shop_id, local_date(now()))),
        stock=stock.summary(shop_id, local_date(now())),
        form=ButtonForm(),
        serves=access.holds(me(), ["clerk"], found.area_id),
        keeps=access.holds(me(), KEEPERS, found.area_id),
    )


@blueprint.post("/shops/<int:shop_id>/tills")
@login_required
def open_till(shop_id: int) -> ResponseReturnValue:
    form = ButtonForm()
    if form.validate_on_submit():
        shop.open_till(key=form.key.data or "", actor=me(), now=now(), shop_id=shop_id)
        flash(_("柜台已开好。"), "success")
    return redirect(url_for("shops.show", shop_id=shop_id), 303)


@blueprint.route("/shops/<int:shop_id>/edit", methods=["GET", "POST"])
@login_required
def edit(shop_id: int) -> ResponseReturnValue:
    found = _kept(shop_id)
    form = EditForm(obj=found)
    decides = access.holds(me(), [shop.decider(found)], found.area_id)
    if form.validate_on_submit():
        with form.refusals():
            shop.edit_shop(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                shop_id=shop_id,
                name=form.name.data or "",
                hours=form.hours.data or "",
                contracted=form.contracted.data if decides else found.contracted,
                takes_cash=form.takes_cash.data if decides else found.takes_cash,
                van=form.van.data,
                hold_days=form.hold_days.data or 0,
            )
            flash(_("已改好。"), "success")
            return redirect(url_for("shops.show", shop_id=shop_id), 303)
    return form.page("shops/edit.html", shop=found, decides=decides)


@blueprint.post("/shops/<int:shop_id>/close")
@login_required
def close(shop_id: int) -> ResponseReturnValue:
    return answers.button(
        lambda key: shop.close_shop(key=key, actor=me(), now=now(), shop_id=shop_id),
        done=_("已停业：柜台不能再兑换，公开页面不再显示。以后可以恢复。"),
        to=url_for("shops.show", shop_id=shop_id),
    )


@blueprint.post("/shops/<int:shop_id>/reopen")
@login_required
def reopen(shop_id: int) -> ResponseReturnValue:
    return answers.button(
        lambda key: shop.reopen_shop(key=key, actor=me(), now=now(), shop_id=shop_id),
        done=_("已恢复营业。"),
        to=url_for("shops.show", shop_id=shop_id),
    )


@blueprint.route("/shops/<int:shop_id>/hours", methods=["GET", "POST"])
@login_required
def week(shop_id: int) -> ResponseReturnValue:
    found = _kept(shop_id)
    form = HoursForm() if request.method == "POST" else _week_form(found)
    if form.validate_on_submit():
        with form.refusals():
            shop.set_hours(key=form.key.data or "", actor=me(), now=now(), shop_id=shop_id, hours=form.week)
            flash(_("每周的营业时间已改好。"), "success")
            return redirect(url_for("shops.week", shop_id=shop_id), 303)
    return _hours_page(found, form, _day_form(found, formdata=None))


@blueprint.post("/shops/<int:shop_id>/days")
@login_required
def set_day(shop_id: int) -> ResponseReturnValue:
    found = _kept(shop_id)
    form = _day_form(found)
    if form.validate_on_submit():
        with form.refusals():
            shop.set_day(
                key=form.key.data or "",
                actor=me(),
                now=now(),
                shop_id=shop_id,
                day=form.day.data,
                opens=form.opens.data,
                closes=form.closes.data,
                area_id=form.area.data if found.van and form.opens.data is not None else 0,
                place=form.place.data or "",
            )
            flash(_("已记下这一天。"), "success")
            return redirect(url_for("shops.week", shop_id=shop_id), 303)
    return _hours_page(found, _week_form(found), form)


@blueprint.post("/shops/<int:shop_id>/days/clear")
@login_required
def clear_day(shop_id: int) -> ResponseReturnValue:
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        raise NotFound() from None
    return answers.button(
        lambda key: shop.clear_day(key=key, actor=me(), now=now(), shop_id=shop_id, day=day),
        done=_("这一天恢复平常。"),
        to=url_for("shops.week", shop_id=shop_id),
    )


@blueprint.get("/shops/<int:shop_id>/poster")
def poster(shop_id: int) -> ResponseReturnValue:
    """Show a shop's hours on paper: anyone may."""
    found = shops.shop(shop_id)
    if not found.active:
        raise NotFound()
    try:
        path = url_for("public.goods", village_id=access.village_of(found.area_id))
    except NotFound:  # a van that serves many villages
        path = url_for("public.front")
    address = whole_address(path)
    read = days.of_shops([found], local_date(now()))[shop_id]
    return render_template(
        "shops/poster.html",
        shop=found,
        hours=read,
        told=hours.tell(found, read, now()),
        rows=hours.rows(read) if read.week else [],
        size=paper(),
        address=address,
        code=qr.address(address, _("店里有什么，几分换")),
        back_url=path,
    )


def _kept(shop_id: int) -> Shop:
    found = shops.shop(shop_id)
    access.require(me(), *KEEPERS, area_id=found.area_id)
    return found


def _week_form(found: Shop) -> HoursForm:
    """Fill the form of the week: a line for each time, with the weekdays that share it."""
    lines: dict[tuple[int, int, bool], list[int]] = {}
    for day, spans in sorted(days.of_shops([found], local_date(now()))[found.id].week.items()):
        for span in spans:
            lines.setdefault((span.opens, span.closes, span.redeems), []).append(day)
    filled = [
        {"opens": opens, "closes": closes, "redeems": redeems, "days": listed}
        for (opens, closes, redeems), listed in sorted(lines.items())
    ]
    return HoursForm(formdata=None, lines=[*filled, *({} for _n in range(SPARE_LINES))])


def _day_form(found: Shop, **given: object) -> DayForm:
    form = DayForm(prefix="day", **given)
    form.area.choices = [SelectChoice(id_, name) for id_, name in days.visited(found)] if found.van else []
    form.area.validate_choice = found.van
    return form


def _hours_page(found: Shop, form: HoursForm, day_form: DayForm) -> ResponseReturnValue:
    asked = day_form if request.endpoint == "shops.set_day" else form
    return asked.page(
        "shops/hours.html",
        shop=found,
        week_form=form,
        day_form=day_form,
        days=days.days(found.id, local_date(now())),
        hours=hours.told([found], now())[found.id],
    )
