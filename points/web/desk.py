"""The front page of staff: what waits for me, and the way to every page that my roles open."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_required

from points.errors import NotAllowed, NotFound
from points.judging import ANSWERERS, CHECKERS, RECORDERS
from points.queries import contributions, desk, notices
from points.services import tick
from points.web import answers
from points.web.edge import now
from points.web.session import me

blueprint = Blueprint("desk", __name__)
Way = dict[str, Any]
FEW = 3
"""So many villages have their ways on the front page itself."""


@blueprint.get("/desk")
@login_required
def front() -> ResponseReturnValue:
    if not current_user.roles:
        return redirect(url_for("home.front"), 303)
    villages = desk.villages(me())
    return render_template(
        "desk/front.html",
        waiting=desk.waiting(me()),
        villages=[(village, _ways_in(village.id) if len(villages) <= FEW else []) for village in villages],
        ways=_ways(),
        trouble=notices.trouble(),
        confirms_clock=current_user.is_any("admin"),
    )


@blueprint.get("/villages/<int:village_id>/desk")
@login_required
def village(village_id: int) -> ResponseReturnValue:
    found = next((village for village in desk.villages(me()) if village.id == village_id), None)
    if found is None:
        raise NotFound()
    return render_template("desk/village.html", village=found, ways=_ways_in(village_id))


@blueprint.post("/clock")
@login_required
def confirm_clock() -> ResponseReturnValue:
    if not current_user.is_any("admin"):
        raise NotAllowed()
    return answers.button(
        lambda key: tick.confirm_clock(key=key, actor=me(), now=now()),
        done=_("时间已确认，入账继续。"),
        to=url_for("desk.front"),
    )


# --- the ways to pages: what a page offers, never what it allows ----------------------------------------------------


def _ways() -> list[Way]:
    """Return the pages that belong to no one village."""
    return _offered(
        [
            (_("初审"), "check", "review.check", CHECKERS),
            (_("评议"), "vote", "review.decide", ("council", "supervisor")),
            (_("异议"), "bell", "notices.objections", (*ANSWERERS, "admin")),
            (_("柜台"), "scan", "counter.tills", ("clerk",)),
            (_("任职确认"), "key", "staff.waiting", ("committee", "supervisor", "admin")),
            (_("地方和人员"), "area", "areas.index", ("steward", "committee", "supervisor", "admin")),
        ]
    )


def _ways_in(village_id: int) -> list[Way]:
    """Return the pages of one village."""
    return _offered(
        [
            (_("记一次"), "plus", "contributions.new", RECORDERS),
            (_("申报记录"), "list", "contributions.index", contributions.READERS),
            (_("公示管理"), "notice", "notices.index", ("committee", "supervisor", "admin")),
            (_("住户"), "people", "households.index", ("steward", "committee", "supervisor", "admin")),
            (_("发卡"), "card", "cards.waiting", ("steward", "committee")),
            (_("积分细则"), "book", "rule_book.index", ("committee", "admin")),
            (_("商店和货品"), "shop", "shops.index", ("committee", "admin", "clerk")),
        ],
        village_id=village_id,
    )


def _offered(ways: Iterable[tuple[str, str, str, tuple[str, ...]]], **where: int) -> list[Way]:
    return [
        {"label": label, "icon": icon, "url": url_for(endpoint, **where)}
        for label, icon, endpoint, kinds in ways
        if not kinds or current_user.is_any(*kinds)
    ]
