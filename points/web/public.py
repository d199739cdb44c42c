"""What anyone may see without signing in: villages, what runs on notice, goods and prices, the rule book."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from points.queries import public, shop
from points.web.edge import now
from points.web.phone import tabs

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
def front() -> ResponseReturnValue:
    places = public.villages()
    if len(places) == 1 and len(places[0][1]) == 1:
        return village(places[0][1][0].id)
    return render_template("public/front.html", places=places)


@blueprint.get("/villages/<int:village_id>")
def village(village_id: int) -> ResponseReturnValue:
    found = public.village(village_id)
    return render_template(
        "public/village.html",
        village=found,
        notices=public.running_notices(village_id, now()),
        shops=shop.of_village(village_id),
        tabs=tabs(village_id),
    )


@blueprint.get("/villages/<int:village_id>/goods")
def goods(village_id: int) -> ResponseReturnValue:
    found = public.village(village_id)
    shops = shop.of_village(village_id)
    goods_of = {one.id: shop.by_category(shop.shelf([one.id])) for one in shops}
    return render_template("public/goods.html", village=found, shops=shops, goods_of=goods_of, tabs=tabs(village_id))


@blueprint.get("/villages/<int:village_id>/rules")
def rules(village_id: int) -> ResponseReturnValue:
    found = public.village(village_id)
    book = public.rule_book(village_id)
    return render_template(
        "public/rules.html",
        village=found,
        book=book,
        items=public.rule_items(book) if book else [],
        tabs=tabs(village_id),
    )
