"""Goods that households wish for: the village's list, its answers, and the demand beside the stock for who buys in."""

from __future__ import annotations

from contextlib import suppress

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from wtforms.fields import SelectChoice

from points import access
from points.calendar import local_date
from points.errors import NotFound
from points.models.shop import Shop
from points.queries import shop as shops
from points.queries import wishes
from points.services import wish
from points.web import answers, phone
from points.web.edge import now
from points.web.forms.base import ButtonForm
from points.web.forms.wishes import AnswerForm, WishForm
from points.web.goods import page_number
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("wishes", __name__)


@blueprint.get("/villages/<int:village_id>/wishes")
def index(village_id: int) -> ResponseReturnValue:
    return _list(village_id, WishForm(name=request.args.get("name", "")[:40]))


@blueprint.post("/villages/<int:village_id>/wishes")
@login_required
def add(village_id: int) -> ResponseReturnValue:
    form = WishForm()
    if form.validate_on_submit():
        with form.refusals():
            wish.wish(key=form.key.data, actor=me(), now=now(), village_id=village_id, name=form.name.data)
            flash(_("已记下您家想要的。"), "success")
            return redirect(url_for("wishes.index", village_id=village_id), 303)
    return _list(village_id, form)


@blueprint.post("/wishes/<int:wish_id>/vote")
@login_required
def vote(wish_id: int) -> ResponseReturnValue:
    return answers.button(
        lambda key: wish.vote(key=key, actor=me(), now=now(), wish_id=wish_id),
        done=_("已记下，您家也想要。"),
        to=_list_of(wish_id),
    )


@blueprint.post("/wishes/<int:wish_id>/take-back")
@login_required
def take_back(wish_id: int) -> ResponseReturnValue:
    return answers.button(
        lambda key: wish.take_back_vote(key=key, actor=me(), now=now(), wish_id=wish_id),
        done=_("已去掉。"),
        to=_list_of(wish_id),
    )


@blueprint.route("/wishes/<int:wish_id>/answer", methods=["GET", "POST"])
@login_required
def answer(wish_id: int) -> ResponseReturnValue:
    found = wishes.wish(wish_id)
    access.require_inside(me(), *wish.ANSWERERS, village_id=found.village_id)
    g.village_id = found.village_id
    form = AnswerForm()
    choices = wishes.goods_of(found.village_id)
    form.goods.choices = [SelectChoice(0, _("不写")), *(SelectChoice(id_, name) for id_, name in choices)]
    if request.method == "GET":
        form.goods.data = found.goods_id or 0
    if form.validate_on_submit():
        with form.refusals():
            here = form.here.data == "yes"
            wish.answer(
                key=form.key.data,
                actor=me(),
                now=now(),
                wish_id=wish_id,
                answer="" if here else form.answer.data,
                goods_id=form.goods.data or None if here else None,
            )
            flash(_("已答复，村民在网页上看得到。"), "success")
            return redirect(url_for("wishes.index", village_id=found.village_id), 303)
    return form.page("wishes/answer.html", wish=found)


@blueprint.get("/shops/<int:shop_id>/demand")
@login_required
def demand(shop_id: int) -> ResponseReturnValue:
    shop, page = _shop(shop_id), page_number()
    rows, more = wishes.demand(shop_id, local_date(now()), page=page)
    return render_template(
        "wishes/demand.html",
        shop=shop,
        rows=rows,
        page={"number": page, "more": more},
        wishes=wishes.new_wishes(shop.area_id) if page == 1 else [],
        keeps=access.holds(me(), wish.ANSWERERS, shop.area_id),
    )


@blueprint.get("/shops/<int:shop_id>/buying-list")
@login_required
def buying_list(shop_id: int) -> ResponseReturnValue:
    shop, today = _shop(shop_id), local_date(now())
    return render_template(
        "wishes/buying_list.html",
        shop=shop,
        today=today,
        rows=wishes.to_buy(shop_id, today),
        wishes=wishes.new_wishes(shop.area_id),
        back_url=url_for("wishes.demand", shop_id=shop_id),
    )


def _list(village_id: int, form: WishForm) -> ResponseReturnValue:
    found = access.village(village_id)
    reader = me() if current_user.is_authenticated else None
    lives_here = reader is not None and wish.lives_in(reader, village_id)
    return form.page(
        "wishes/index.html",
        village=found,
        wishes=wishes.open_wishes(village_id, reader.household_id if reader else None),
        answered=wishes.answered(village_id),
        lives_here=lives_here,
        answers=reader is not None and access.holds(reader, wish.ANSWERERS, village_id),
        button=ButtonForm(formdata=None),
        most=wish.MOST_OPEN_VOTES,
        tabs=phone.tabs(village_id),
    )


def _list_of(wish_id: int) -> str:
    return url_for("wishes.index", village_id=wishes.wish(wish_id).village_id)


def _shop(shop_id: int) -> Shop:
    shop = shops.shop(shop_id)
    access.require(me(), *wishes.READERS, area_id=shop.area_id)
    with suppress(NotFound):  # it may serve more than a village
        g.village_id = access.village_of(shop.area_id)
    return shop
