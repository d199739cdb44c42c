"""The rule book as a poster."""

from __future__ import annotations

from collections.abc import Mapping

from points.errors import NotFound
from points.models.rules import RuleBook
from points.queries import public
from points.services.paper import Facts
from points.web.edge import label, local_day, yuan
from points.web.papers import Sheet
from points.web.text import gettext as _


def build(village_id: int, given: Mapping[str, str]) -> Sheet:
    """Build the poster of the rule book in force: it is public."""
    village = public.village(village_id)
    book = _book(village_id)
    groups = [
        {"name": category, "rows": [[item.name, label(item.unit), f"+{item.points}"] for item in items]}
        for category, items in public.rule_items(book)
    ]
    lost = [[item.name, label(item.unit), f"−{item.points}"] for item in public.deductions(book)]
    return Sheet(
        template="rules",
        title=_("%(village)s积分细则（第 %(n)s 版）", village=village.name, n=book.version),
        area_id=village_id,
        data={
            "size": "a3" if given.get("paper") == "a3" else "a4",
            "groups": groups,
            "lost": lost,
            "worth": _("一分值 %(yuan)s 元，只换东西，不能换钱", yuan=yuan(book.worth_fen)),
            "adopted": _("%(day)s采纳", day=local_day(book.adopted_on)),
        },
    )


def facts(village_id: int) -> Facts:
    """Tell which version holds, how many items it has, and what a point is worth."""
    book = _book(village_id)
    items = [item for _category, found in public.rule_items(book) for item in found]
    return [
        (_("细则版本"), _("第 %(n)s 版", n=book.version)),
        (_("项目数"), len(items)),
        (_("各项积分加起来"), sum(item.points for item in items)),
        (_("一分值多少"), _("%(yuan)s 元", yuan=yuan(book.worth_fen))),
    ]


def _book(village_id: int) -> RuleBook:
    book = public.rule_book(village_id)
    if book is None:
        raise NotFound()
    return book
