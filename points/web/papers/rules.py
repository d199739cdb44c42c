"""The rule book as a poster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from flask import get_template_attribute
from markupsafe import Markup

from points import access
from points.errors import NothingOnSheet
from points.models.rules import RuleItem
from points.queries import notices, public
from points.services.paper import Facts
from points.web.edge import label, local_day, yuan
from points.web.papers import Sheet, page_code, size
from points.web.text import gettext as _


def build(village_id: int, given: Mapping[str, str]) -> Sheet:
    """Build the poster of the rule book in force: it is public."""
    village = access.village(village_id)
    book = public.rule_book(village_id)
    if book is None:
        raise NothingOnSheet()
    setting = notices.setting(village_id)
    return Sheet(
        template="rules",
        title=_("%(village)s积分细则", village=village.name),
        area_id=village_id,
        data={
            "size": size(given),
            "web": _("扫码看细则"),
            "adopted": _("第 %(n)s 版，%(day)s采纳", n=book.version, day=local_day(book.adopted_on)),
            "worth": _("一分值 %(yuan)s 元，只换东西，不能换钱", yuan=yuan(book.worth_fen)),
            "groups": [{"name": name, "rows": _rows(items, "+")} for name, items in public.rule_items(book)],
            "lost": _rows(public.deductions(book), "−"),
            "notes": [
                _("每户每月最多得 %(n)s 分；写明“不占每月封顶”的另算。", n=setting.monthly_cap),
                _("每一分先公示 %(n)s 天，没有异议才入账。", n=setting.notice_days),
                _("文明分每年从 100 分起，改好了就恢复，不影响积分兑换。"),
                _("有事问：%(who)s", who=setting.objection_contact or _("村委会")),
            ],
        },
        pictures=page_code("public.rules", village_id=village_id),
    )


def facts(village_id: int) -> Facts:
    """Tell which version holds, how many items it has, and what a point is worth."""
    book = public.rule_book(village_id)
    if book is None:
        return []
    items = [item for _category, found in public.rule_items(book) for item in found]
    return [
        (_("细则版本"), _("第 %(n)s 版", n=book.version)),
        (_("项目数"), len(items)),
        (_("各项积分加起来"), sum(item.points for item in items)),
        (_("一分值多少"), _("%(yuan)s 元", yuan=yuan(book.worth_fen))),
    ]


def _rows(items: Iterable[RuleItem], sign: str) -> list[dict[str, str]]:
    return [
        {
            "name": item.name,
            "notes": _notes(item),
            "unit": label(item.unit),
            "limit": _said("limit", item),
            "points": f"{sign}{item.points}",
        }
        for item in items
    ]


def _notes(item: RuleItem) -> str:
    """Write what an item asks for: its evidence in the rule book's own words, where it has some."""
    if not item.evidence:
        return _said("notes", item)
    said = [_("凭：%(what)s", what=item.evidence), _said("notes", SimpleNamespace(**{**item.__data__, "needs": ""}))]
    return " · ".join(filter(None, said))


def _said(macro: str, item: Any) -> str:
    """Say what the pages about the rule book say of an item."""
    words: Any = get_template_attribute("rule_book/_facts.html", macro)(item)
    return Markup(words).unescape().strip()
