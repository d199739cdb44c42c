"""A villager's own pages: the household's points and how each came, and what concerns the person alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import codes, ledger
from points.calendar import local_date
from points.models.ledger import AccountType
from points.queries import changes, civility, expiry, home, people, proxies, reservations
from points.queries.home import Row
from points.services import household
from points.web import answers, frame, qr
from points.web.edge import label, local_day, local_time, now, short_day
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
    person, moment = me(), now()
    before = request.args.get("before", type=int)
    begins = home.beginning(person, now=moment)
    if begins is None or person.household_id is None:
        return render_template("home/nobody.html", person=person)
    top, household_id = begins.front, person.household_id

    def statement() -> dict[str, Any]:
        page = home.page(top, household_id, before=before)
        return {"rows": list(told(page.rows)), "older": page.older, "tabs": tabs(top.village_id)}

    if before is not None:
        return render_template("home/front.html", top=top, before=before, **statement())
    return frame.unless_the_same(
        "home/front.html",
        statement,
        top=top,
        before=None,
        collected=proxies.unseen(person) if top.proxy_receipt_id else [],
        reserved=reservations.open_of(household_id) if top.held else [],
        named=begins.unsaid,
        waiting=begins.waiting,
        warning=expiry.warning(household_id, moment) if top.expiry_id else None,
    )


@blueprint.get("/home/earlier/<int:household_id>")
@login_required
def earlier(household_id: int) -> ResponseReturnValue:
    """Show the statement of a household that rests, to who came from there."""
    found = changes.one_earlier(me(), household_id)
    before = request.args.get("before", type=int)
    account = ledger.account(AccountType.HOUSEHOLD, household_id)
    entries = ledger.statement(account, before=before, limit=home.PAGE + 1)
    return render_template(
        "home/earlier.html",
        household=found,
        rows=list(told(home.behind(entries[: home.PAGE]))),
        older=entries[home.PAGE - 1].id if len(entries) > home.PAGE else None,
        tabs=tabs(found.village_id),
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
        cards=people.cards(household_id=household_id, stopped=False) if household_id else [],
        earlier=changes.earlier(person),
        barred=person.barred_until is not None and person.barred_until >= today,
        tabs=tabs(top.village_id) if top else [],
    )


@blueprint.post("/me/phone")
@login_required
def phone() -> ResponseReturnValue:
    public = request.form.get("public") == "1"
    return answers.button(
        lambda key: household.set_phone_public(key=key, actor=me(), now=now(), public=public),
        done=_("街巷一览上会写您的电话。")
        if public
        else _("街巷一览上不再写您的电话。已经贴出去的纸，请告诉村委会换下。"),
        to=url_for("home.mine"),
    )


@blueprint.get("/me/code")
@login_required
def code() -> ResponseReturnValue:
    """Show the person's code for the counter, which changes every `codes.PHONE_STEP` seconds."""
    person, moment = me(), now()
    top = home.front(person, now=moment)
    if top is None:
        return render_template("home/nobody.html", person=person)
    return render_template(
        "home/code.html",
        person=person,
        top=top,
        drawing=qr.card(codes.phone_code(person.id, moment), _("在柜台出示的码")),
        left=codes.PHONE_STEP - int(moment.timestamp()) % codes.PHONE_STEP,
        tabs=tabs(top.village_id),
    )


def told(rows: list[Row]) -> Iterator[Told]:
    """Put a statement into words: what is the same in every row is translated and looked up once.

    The page is the most visited of all; twenty rows through the macros and `url_for` cost more than the rest of it.
    """
    bought, undone, taken = _("兑换：%(goods)s"), _("撤销兑换：%(goods)s"), _("%(name)s领取")
    by_proxy = _("由%(name)s（代领）领取")
    recorded, published, answered = _("%(name)s记录"), _("第 %(n)s 期公示"), _("%(kind)s：%(item)s")
    no_pin, comma = _("未验密码"), _("、")
    receipts = url_for("counter.receipt", receipt_id=0)[:-1]
    lines = url_for("contributions.line", line_id=0)[:-1]
    tickets = url_for("reservations.show", reservation_id=0)[:-1]
    released = {
        "collected": _("取货，转为兑换：%(goods)s"),
        "cancelled": _("预约取消，退回：%(goods)s"),
        "expired": _("预约过期，退回：%(goods)s"),
    }
    held = _("预约占用：%(goods)s")
    openings, carried = url_for("openings.show", opening_id=0)[:-1], _("从“%(source)s”转入，公示过")
    expiries, lapsed = url_for("expiry.line", line_id=0)[:-1], _("到%(day)s还没用，先得的先用")
    came, went = _("从第 %(source)s 户转来"), _("转到第 %(target)s 户")
    for row in rows:
        entry, deed, receipt, reserved, brought, moved = row
        if receipt is not None:
            goods = comma.join(f"{name} × {quantity}" for name, quantity in receipt.goods)
            title = (undone if entry.kind == "reversal" else bought) % {"goods": goods}
            who = (by_proxy if receipt.by_proxy else taken) % {"name": receipt.collector}
            said = [local_time(entry.recorded_at), receipt.shop, who, receipt.number]
            said += [no_pin] * (not receipt.proved)
            yield Told(title, " · ".join(said), entry.points, f"{receipts}{receipt.id}")
        elif deed is not None:
            title = deed.item if entry.kind == "award" else answered % {"kind": label(entry.kind), "item": deed.item}
            said = [short_day(deed.day), deed.person, recorded % {"name": deed.recorder}]
            if deed.notice_id is not None:
                said.append(published % {"n": deed.notice_number})
            yield Told(title, " · ".join(said), entry.points, f"{lines}{deed.id}")
        elif reserved is not None:
            goods = comma.join(f"{name} × {quantity}" for name, quantity in reserved.goods)
            title = (held if entry.kind == "hold" else released[reserved.state]) % {"goods": goods}
            said = [local_time(entry.recorded_at), reserved.shop, reserved.person]
            yield Told(title, " · ".join(said), entry.points, f"{tickets}{reserved.id}")
        elif brought is not None:
            said = [local_time(entry.recorded_at), carried % {"source": brought.source}]
            yield Told(label(entry.kind), " · ".join(said), entry.points, f"{openings}{brought.opening_id}")
        elif moved is not None:
            title = (came if entry.points > 0 else went) % moved._asdict()
            yield Told(title, " · ".join([local_time(entry.recorded_at), moved.reason]), entry.points, None)
        elif entry.kind == "expiry":
            day = local_day(local_date(entry.happened_at - timedelta(days=1)))
            yield Told(label(entry.kind), lapsed % {"day": day}, entry.points, f"{expiries}{entry.cause_id}")
        else:
            yield Told(label(entry.kind), local_time(entry.recorded_at), entry.points, None)
