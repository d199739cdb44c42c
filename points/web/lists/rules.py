"""Lists of rule books and their items, of holidays, and of villages beyond their limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from points import access
from points.calendar import local_date
from points.errors import NotFound
from points.exporting import Cell, yuan
from points.models.rules import RuleItem
from points.queries import areas as places
from points.queries import public
from points.queries import rule_book as reads
from points.services import areas
from points.web.areas import of_kind
from points.web.edge import label, now
from points.web.lists import Listing, of, words
from points.web.rule_book import READERS
from points.web.session import me
from points.web.text import gettext as _


@of("rule_book.index")
def versions(village_id: int) -> Listing:
    access.require_inside(me(), *READERS, village_id=village_id)
    return _versions(_("积分细则各个版本"), village_id)


@of("rule_book.templates")
def templates(area_id: int) -> Listing:
    access.require_inside(me(), *READERS, village_id=area_id)
    return _versions(_("积分细则样板各个版本"), area_id)


def _versions(title: str, area_id: int) -> Listing:
    return Listing(
        title=title,
        area_id=area_id,
        heads=_("版本、状态、1 分值（元）、通过日期、会议记录"),
        rows=(
            [book.version, label(book.state), yuan(book.worth_fen), book.adopted_on, book.minutes]
            for book in reads.versions(area_id)
        ),
    )


@of("rule_book.show")
def items(book_id: int) -> Listing:
    book = reads.book(book_id)
    access.require_inside(me(), *READERS, village_id=book.area_id)
    earning, lowering = (
        [one for one in reads.items(book_id) if one.effect == effect] for effect in ("points", "civility")
    )
    return _items(_("积分细则第 %(version)s 版", version=book.version), book.area_id, [*earning, *lowering])


@of("public.rules")
def rules(village_id: int) -> Listing:
    access.village(village_id)
    book = public.rule_book(village_id)
    if book is None:
        raise NotFound()
    earning = (item for _category, found in public.rule_items(book) for item in found)
    return _items(_("积分细则"), village_id, [*earning, *public.deductions(book)])


def _items(title: str, area_id: int, items: Iterable[RuleItem]) -> Listing:
    limit, notes = (words("rule_book/_facts.html", macro) for macro in ("limit", "notes"))

    def rows() -> Iterator[list[Cell]]:
        for item in items:
            points = item.points if item.effect == "points" else -item.points
            said: list[Cell] = [label(item.unit), points, limit(item), item.evidence, notes(item)]
            yield [item.code, item.category, item.name, label(item.effect), *said]

    return Listing(
        title=title,
        area_id=area_id,
        heads=_("编号、类别、项目、得什么、怎么算、分值、封顶、凭据、备注"),
        rows=rows(),
    )


@of("areas.holidays")
def holidays(area_id: int) -> Listing:
    access.require(me(), *areas.HOLIDAY_KEEPERS, area_id=area_id)
    of_kind(area_id, "county", "township", "village")
    found = places.holidays(area_id, local_date(now()))
    heads = _("从、到、名称、哪里定的")
    return Listing(_("节假日"), area_id, heads, ([one.first, one.last, one.name, one.area.name] for one in found))


@of("areas.limits")
def exceeding(area_id: int) -> Listing:
    access.require(me(), *areas.LIMIT_KEEPERS, area_id=area_id)
    of_kind(area_id, "county", "township")
    return Listing(
        title=_("现在超过上限的村"),
        area_id=area_id,
        heads=_("村、最高一项（分）、每月封顶（分）、1 分值（元）"),
        rows=(
            [one.name, one.points, one.monthly_cap, yuan(one.worth_fen) if one.worth_fen else None]
            for one in places.exceeding(area_id)
        ),
    )
