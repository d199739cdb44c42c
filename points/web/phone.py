"""The tabs at the foot of the phone pages: a villager's own, or those of a village that anyone may visit."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_login import current_user

from points.web.frame import url_for
from points.web.text import gettext as _


def tabs(village_id: int) -> list[dict[str, str | bool]]:
    """Return the tabs; *village_id* is the village whose public pages they lead to."""
    where: dict[str, Any] = {"village_id": village_id}
    own = current_user.is_authenticated and current_user.person.household_id is not None
    offers: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
        ("home.front", _("首页"), "home", {}) if own else ("public.village", _("本村"), "home", where),
        ("public.goods", _("商品"), "gift", where),
        ("notices.public", _("公示"), "notice", where),
        ("home.mine", _("我的"), "person", {}) if own else ("public.rules", _("细则"), "book", where),
    )
    return [
        {"label": label, "icon": icon, "url": url_for(endpoint, **values), "active": request.endpoint == endpoint}
        for endpoint, label, icon, values in offers
    ]
