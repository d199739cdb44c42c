"""The tabs at the foot of the phone pages: a villager's own, or those of a village that anyone may visit."""

from __future__ import annotations

from flask import request, url_for
from flask_babel import gettext as _
from flask_login import current_user


def tabs(village_id: int) -> list[dict[str, str | bool]]:
    """Return the tabs; *village_id* is the village whose public pages they lead to."""
    own = current_user.is_authenticated and current_user.person.household_id is not None
    first = (
        ("home.front", _("首页"), "home", {})
        if own
        else ("public.village", _("本村"), "home", {"village_id": village_id})
    )
    last = (
        ("home.mine", _("我的"), "person", {})
        if own
        else ("public.rules", _("细则"), "book", {"village_id": village_id})
    )
    shared = (
        ("public.goods", _("商品"), "gift", {"village_id": village_id}),
        ("notices.public", _("公示"), "notice", {"village_id": village_id}),
    )
    return [
        {"label": label, "icon": icon, "url": url_for(endpoint, **values), "active": request.endpoint == endpoint}
        for endpoint, label, icon, values in (first, *shared, last)
    ]
