"""The way around: the pages that a member of staff is offered. It offers; it never allows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, g, request
from flask_login import current_user

from points.judging import ANSWERERS, CHECKERS, RECORDERS
from points.queries import contributions, council, desk, fund, settlements
from points.services import complaint
from points.web.frame import url_for
from points.web.text import gettext as _

Way = dict[str, Any]


def ways() -> list[Way]:
    """Return the pages that belong to no one village."""
    return _offered(
        [
            (_("初审"), "check", "review.check", CHECKERS),
            (_("评议"), "vote", "review.decide", ("council", "supervisor")),
            (_("异议"), "bell", "notices.objections", (*ANSWERERS, "admin")),
            (_("投诉建议"), "edit", "complaints.index", complaint.READERS),
            (_("职责确认"), "key", "staff.waiting", ("committee", "supervisor", "admin")),
            (_("地方和人员"), "area", "areas.index", ("steward", "committee", "supervisor", "admin")),
        ]
    )


def counter() -> list[Way]:
    """Return the counter: whoever serves there looks for nothing else."""
    return _offered([(_("柜台"), "scan", "counter.tills", ("clerk",))])


def ways_in(village_id: int) -> list[Way]:
    """Return the pages of one village."""
    return _offered(
        [
            (_("记一次"), "plus", "contributions.new", RECORDERS),
            (_("申报记录"), "list", "contributions.index", contributions.READERS),
            (_("评议会"), "vote", "council.sittings", council.READERS),
            (_("提案"), "check", "council.motions", (*council.READERS, "steward")),
            (_("公示管理"), "notice", "notices.index", ("committee", "supervisor", "admin")),
            (_("户与人"), "people", "households.index", ("steward", "committee", "supervisor", "admin")),
            (_("发卡"), "card", "cards.waiting", ("steward", "committee", "admin")),
            (_("积分细则"), "book", "rule_book.index", ("committee", "admin")),
            (_("公开页"), "scan", "public.village", ("committee", "council", "supervisor", "admin")),
            (_("基金"), "box", "fund.index", fund.READERS),
            (_("结算"), "list", "settlements.index", settlements.READERS),
            (_("想要的"), "gift", "wishes.index", ("committee", "clerk")),
            (_("商店"), "shop", "shops.index", ("committee", "admin", "clerk")),
        ],
        village_id=village_id,
    )


def register(app: Flask) -> None:
    """Hand the frame of every page who is signed in and, when a desk page asks, the side bar."""
    app.context_processor(_context)


def _context() -> dict[str, Any]:
    user = current_user._get_current_object()
    return {"me": user.person, "side_bar": _side_bar} if user.is_authenticated else {}


def _side_bar() -> list[Way]:
    """Return the desk, the pages of the village at hand (the one asked for, or the only one), and the others."""
    villages = desk.villages(current_user.person)
    asked = (request.view_args or {}).get("village_id", g.get("village_id"))
    at_hand = next((village.id for village in villages if village.id == asked), None)
    if at_hand is None and len(villages) == 1:
        at_hand = villages[0].id
    first = {"label": _("工作台"), "icon": "home", "url": url_for("desk.front")}
    items = [first, *counter(), *(ways_in(at_hand) if at_hand else []), *ways()]
    return [item | {"active": item["url"] == request.path} for item in items]


def _offered(offers: Iterable[tuple[str, str, str, tuple[str, ...]]], **where: Any) -> list[Way]:
    return [
        {"label": label, "icon": icon, "url": url_for(endpoint, **where)}
        for label, icon, endpoint, kinds in offers
        if current_user.is_any(*kinds)
    ]
