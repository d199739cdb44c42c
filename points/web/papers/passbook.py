"""A page of a household's passbook: who may look at it, its words, and how several of them make one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from points import access
from points.calendar import local_date
from points.models.paper import PassbookPage
from points.names import mask
from points.queries import notices
from points.queries import passbook as reads
from points.queries.home import Row
from points.queries.passbook import Leaf
from points.services.paper import Facts
from points.services.passbook import PRINTERS
from points.web.edge import grouped, local_day
from points.web.home import told
from points.web.papers import Sheet
from points.web.session import me
from points.web.text import gettext as _

FEW = 3
"""So many sorts of goods a line names."""


class Line(NamedTuple):
    """A movement in words, as the page shows it."""

    day: str
    words: str
    points: int
    balance: int


def build(page_id: int, given: Mapping[str, str]) -> Sheet:
    """Build a page for the household itself, and for those who print passbooks."""
    return sheet(reads.leaf(readable(page_id)))


def sheet(leaf: Leaf) -> Sheet:
    """Build a page as a sheet."""
    return Sheet(template="passbook", title=title(leaf), area_id=leaf.household.area_id, data={"books": [book(leaf)]})


def facts(page_id: int) -> Facts:
    """Tell whose page it is, how many movements it holds, and the balances before and after them."""
    page = reads.page(page_id)
    count, opening = reads.figures(page)
    return [
        (_("户号"), page.household.number),
        (_("存折第几页"), page.number),
        (_("这一页几笔"), count),
        (_("上页结余"), opening),
        (_("本页结余"), page.balance),
        (_("首次打印"), local_day(page.printed_at)),
    ]


def readable(page_id: int) -> PassbookPage:
    """Return a page that the reader may see and print. Raises `NotFound` or `NotAllowed`."""
    page = reads.page(page_id)
    if page.household_id != me().household_id:
        access.require(me(), *PRINTERS, area_id=page.household.area_id)
    return page


def title(leaf: Leaf) -> str:
    """Name a page."""
    where = {"village": leaf.village, "number": leaf.household.number, "n": leaf.page.number}
    return _("%(village)s积分存折 %(number)s 户第 %(n)s 页", **where)


def book(leaf: Leaf) -> dict[str, Any]:
    """Return what a page says, for paper and screen."""
    full = notices.setting(leaf.household.village_id).full_names
    stub = {"number": leaf.household.number, "n": leaf.page.number}
    again = _("户号 %(number)s · 存折第 %(n)s 页 · 重印", **stub)
    return {
        "title": _("%(village)s积分存折", village=leaf.village),
        "stub": again if leaf.prints else _("户号 %(number)s · 存折第 %(n)s 页", **stub),
        "members": _("家里人：%(names)s", names=_("、").join(_name(name, full) for name in leaf.members)),
        "brought": _("承第 %(n)s 页", n=leaf.page.number - 1) if leaf.page.number > 1 else _("开户"),
        "opening": grouped(leaf.opening),
        "rows": [
            {
                "day": line.day,
                "words": line.words,
                "came": grouped(line.points) if line.points > 0 else "",
                "went": grouped(-line.points) if line.points < 0 else "",
                "balance": grouped(line.balance),
            }
            for line in _lines(leaf, full)
        ],
        "came": grouped(leaf.came),
        "went": grouped(leaf.went),
        "balance": grouped(leaf.page.balance),
        "notes": list(_notes(leaf, full)),
    }


def _lines(leaf: Leaf, full: bool) -> Iterator[Line]:
    """Put the movements into the statement's words, each with its person; of many sorts of goods it names a few."""
    counts = [_leave_a_few(row) for row in leaf.rows]
    for row, said, count in zip(leaf.rows, told(leaf.rows), counts, strict=True):
        words, person = said.title, _person(row)
        if count > FEW:
            words = _("%(goods)s等 %(n)s 样", goods=words, n=count)
        if person:
            words = _("%(what)s（%(who)s）", what=words, who=_name(person, full))
        day = row.deed.day if row.deed is not None else local_date(row.entry.recorded_at)
        yield Line(day.isoformat(), words, row.entry.points, row.entry.balance)


def _leave_a_few(row: Row) -> int:
    """Leave only a few sorts of the goods behind a movement; return how many there were."""
    behind = row.bought or row.reserved
    if behind is None:
        return 0
    count = len(behind.goods)
    del behind.goods[FEW:]
    return count


def _person(row: Row) -> str:
    if row.bought is not None:
        return row.bought.collector
    return row.deed.person if row.deed is not None else row.reserved.person if row.reserved is not None else ""


def _notes(leaf: Leaf, full: bool) -> Iterator[str]:
    """Say how the household stood when the page was made, and what on it deserves a second look."""
    yield _("%(day)s打印时：", day=local_day(leaf.page.printed_at))
    if leaf.owed:
        yield _("还欠 %(n)s 分，以后得的分先抵还。", n=grouped(leaf.owed))
    if leaf.held:
        yield _("另有 %(n)s 分留给还没取的预约。", n=grouped(leaf.held))
    if leaf.lapsing:
        day, points = local_day(leaf.lapsing.day), grouped(leaf.lapsing.points)
        yield _("到%(day)s还没用的 %(n)s 分将到期。", day=day, n=points)
    if leaf.proxies:
        said = [
            _("%(name)s（到 %(day)s）", name=_name(name, full), day=local_day(until)) for name, until in leaf.proxies
        ]
        yield _("代领人：%(names)s。", names=_("、").join(said))
    else:
        yield _("没有代领人。")
    collected = sum(row.bought is not None and row.bought.by_proxy for row in leaf.rows)
    unproved = sum(row.bought is not None and not row.bought.proved for row in leaf.rows)
    if collected:
        yield _("本页有 %(n)s 笔是代领的。", n=collected)
    if unproved:
        yield _("本页有 %(n)s 笔兑换没有验密码，不是自家人办的请告诉村委会。", n=unproved)


def _name(name: str, full: bool) -> str:
    return name if full else mask(name)
