"""A villager's own pages: the household's points and how each came, and what concerns the person alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points.calendar import local_date
from points.queries import civility, home, report
from points.queries.home import Row
from points.web.edge import label, local_time, now, short_day
from points.web.frame import url_for
from points.web.phone import tabs
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("home", __name__)


class Told(NamedTuple):
    """An entry of the statement in words."""

    title: str
    sub: str
    points: int
    url: str | None


@blueprint.get("/home")
@login_required
def front() -> ResponseReturnValue:
    person = me()
    top = home.front(person, now=now())
    if top is None or person.household_id is None:
        return render_template("home/nobody.html", person=person)
    before = request.args.get("before", type=int)
    page = home.page(top, person.household_id, before=before)
    return render_template(
        "home/front.html",
        person=person,
        top=top,
        named=report.unsaid(person, local_date(now())) if before is None else [],
        page=page,
        rows=list(_told(page.rows)),
        first=before is None,
        tabs=tabs(top.village_id),
    )


@blueprint.get("/me")
@login_required
def mine() -> ResponseReturnValue:
    person = me()
    top = home.front(person, now=now())
    today = local_date(now())
    household_id = person.household_id
    return render_template(
        "home/mine.html",
        person=person,
        top=top,
        civility=civility.score(household_id, today.year) if household_id else None,
        lowered=civility.entries(household_id, today.year) if household_id else [],
        barred=person.barred_until is not None and person.barred_until >= today,
        tabs=tabs(top.village_id) if top else [],
    )


def _told(rows: list[Row]) -> Iterator[Told]:
    """Put a statement into words: what is the same in every row is translated and looked up once.

    The page is the most visited of all; twenty rows through the macros and `url_for` cost more than the rest of it.
    """
    bought, undone, taken = _("兑换：%(goods)s"), _("撤销兑换：%(goods)s"), _("%(name)s领取")
    recorded, published, answered = _("%(name)s记录"), _("第 %(n)s 期公示"), _("%(kind)s：%(item)s")
    no_pin, comma = _("未验密码"), _("、")
    receipts = url_for("counter.receipt", receipt_id=0)[:-1]
    lines = url_for("contributions.line", line_id=0)[:-1]
    for row in rows:
        entry, deed, receipt = row.entry, row.deed, row.bought
        if receipt is not None:
            goods = comma.join(f"{name} × {quantity}" for name, quantity in receipt.goods)
            title = (undone if entry.kind == "reversal" else bought) % {"goods": goods}
            said = [local_time(entry.recorded_at), receipt.shop, taken % {"name": receipt.collector}, receipt.number]
            yield Told(title, " · ".join(said + [no_pin] * (not receipt.pin)), entry.points, f"{receipts}{receipt.id}")
        elif deed is not None:
            title = deed.item if entry.kind == "award" else answered % {"kind": label(entry.kind), "item": deed.item}
            said = [short_day(deed.day), deed.person, recorded % {"name": deed.recorder}]
            if deed.notice_id is not None:
                said.append(published % {"n": deed.notice_number})
            yield Told(title, " · ".join(said), entry.points, f"{lines}{deed.id}")
        else:
            yield Told(label(entry.kind), local_time(entry.recorded_at), entry.points, None)
