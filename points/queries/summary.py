"""The summary 汇总 of an area: what moved in a month or a year, by place or by month, and by item.

All of it is read from `month_summary`, rolled up the tree: it costs the same however many transfers there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from points import db
from points.calendar import month_of
from points.summaries import TOTAL

READERS = ("committee", "supervisor", "admin")
KINDS = ("county", "township", "village")
"""The areas that have a summary."""


class Period(NamedTuple):
    """A month ``2026-11`` or a year ``2026``, and the months from which and to which it goes."""

    name: str
    first: str
    last: str

    @property
    def is_year(self) -> bool:
        """Tell whether it is a whole year."""
        return len(self.name) == 4

    @property
    def year(self) -> Period:
        """Return the year in which it lies."""
        return _year(int(self.name[:4]))

    @property
    def before(self) -> Period:
        """Return the one before."""
        return self._beside(-1)

    @property
    def after(self) -> Period:
        """Return the one after."""
        return self._beside(1)

    def _beside(self, step: int) -> Period:
        if self.is_year:
            return _year(int(self.name) + step)
        first = date.fromisoformat(f"{self.name}-01")
        return _month(month_of(first - timedelta(days=1) if step < 0 else first + timedelta(days=31)))


def period(asked: str, today: date) -> Period:
    """Return the month or year *asked* for; this month where that is none, or is still to come."""
    month = month_of(today)
    if re.fullmatch("20[0-9]{2}", asked) and asked <= month[:4]:
        return _year(int(asked))
    return _month(asked if re.fullmatch("20[0-9]{2}-(0[1-9]|1[0-2])", asked) and asked <= month else month)


def _month(name: str) -> Period:
    return Period(name, name, name)


def _year(year: int) -> Period:
    return Period(f"{year:04d}", f"{year:04d}-01", f"{year:04d}-12")


@dataclass(slots=True)
class Flow:
    """What moved, in points: *opening* + awarded − taken + brought + moved − redeemed + undone − expired = *closing*.

    *taken* back out of households' points, for wrong awards or what was owed for them; *brought* along from an old book
    or explained; *moved* with people who came or went, negative if more went.
    """

    name: str = ""
    kind: str = ""
    id: int = 0
    opening: int = 0
    awarded: int = 0
    taken: int = 0
    brought: int = 0
    moved: int = 0
    redeemed: int = 0
    undone: int = 0
    expired: int = 0
    closing: int = 0

    @property
    def change(self) -> int:
        """What all that came to."""
        return (
            self.awarded - self.taken + self.brought + self.moved - self.redeemed + self.undone - self.expired
        )  # holds and debts change nothing that households have

    def count(self, kind: str, points: int, change: int) -> None:
        """Count what the summaries say of one *kind* of transfer."""
        match kind:
            case "award":
                self.awarded += points
            case "redemption":
                self.redeemed += points
            case "reversal":  # of redemptions it adds, of awards it takes
                self.undone += (points + change) // 2
                self.taken += (points - change) // 2
            case "correction" | "repayment":
                self.taken -= change
            case "opening" | "adjustment":
                self.brought += change
            case "move":
                self.moved += change
            case "expiry":
                self.expired -= change
            # what is set aside, owed or settled changes nothing that households have

    def add(self, other: Flow) -> None:
        """Add another's figures."""
        for name in FIGURES:
            setattr(self, name, getattr(self, name) + getattr(other, name))


FIGURES = ("opening", "awarded", "taken", "brought", "moved", "redeemed", "undone", "expired", "closing")
_LATER = "later"
_SUMMED = f"""
    SELECT {{by}} AS place,
        CASE WHEN month > ? AND month < '{TOTAL}' THEN '{_LATER}' ELSE month_summary.kind END AS moved,
        SUM(points) AS points, SUM(change) AS change
    FROM area_ancestor JOIN month_summary ON month_summary.area_id = area_ancestor.descendant_id AND month >= ?
    WHERE ancestor_id {{where}} GROUP BY 1, 2
"""
_BELOW = f"""
    SELECT area.id, area.name, area.kind, summed.moved, summed.points, summed.change FROM area
    LEFT JOIN ({_SUMMED.format(by="ancestor_id", where="IN (SELECT id FROM area WHERE parent_id = ?)")}) AS summed
        ON summed.place = area.id
    WHERE area.parent_id = ? ORDER BY area.position, area.id
"""
_ITEMS = """
    SELECT rule_item.category, rule_item.name,
        SUM(CASE WHEN month_summary.kind = 'award' THEN count ELSE 0 END),
        SUM(CASE WHEN month_summary.kind = 'award' THEN month_summary.points ELSE 0 END),
        SUM(CASE WHEN month_summary.kind IN ('reversal', 'correction', 'debt') THEN month_summary.points ELSE 0 END)
    FROM area_ancestor JOIN month_summary
        ON month_summary.area_id = area_ancestor.descendant_id AND month BETWEEN ? AND ?
    JOIN rule_item ON rule_item.id = month_summary.item
    WHERE ancestor_id = ? GROUP BY rule_item.category, rule_item.name
    ORDER BY 4 DESC, rule_item.category, rule_item.name
"""


def below(area_id: int, period: Period) -> list[Flow]:
    """Return the areas directly below an area, in their order, each with all that lies below it."""
    flows: dict[int, Flow] = {}
    rows = db.execute(_BELOW, (period.last, period.first, area_id, area_id)).fetchall()
    for id_, name, kind, moved, points, change in rows:
        flow = flows.setdefault(id_, Flow(name, kind, id_))
        _count(flow, moved, points, change)
    for flow in flows.values():
        flow.opening = flow.closing - flow.change
    return list(flows.values())


def whole(area_id: int, period: Period) -> Flow:
    """Return what moved in an area and all below it."""
    flow = Flow()
    sql = _SUMMED.format(by="ancestor_id", where="= ?")
    for _place, moved, points, change in db.execute(sql, (period.last, period.first, area_id)).fetchall():
        _count(flow, moved, points, change)
    flow.opening = flow.closing - flow.change
    return flow


def by_month(area_id: int, year: Period) -> list[Flow]:
    """Return the months of a year in which something moved in an area, the newest first."""
    sql = _SUMMED.format(by=f"CASE WHEN month > ? THEN '{TOTAL}' ELSE month END", where="= ?")
    flows: dict[str, Flow] = {}
    rows = db.execute(sql, (year.last, year.last, year.first, area_id)).fetchall()
    for month, moved, points, change in rows:
        _count(flows.setdefault(month, Flow(month)), moved, points, change)
    closing = flows.pop(TOTAL, Flow()).closing
    months = [flows[month] for month in sorted(flows, reverse=True)]
    for flow in months:
        flow.closing = closing
        closing = flow.opening = flow.closing - flow.change
    return months


def total(flows: Iterable[Flow]) -> Flow:
    """Add *flows* up."""
    sum_ = Flow()
    for flow in flows:
        sum_.add(flow)
    return sum_


class ItemFlow(NamedTuple):
    """What was awarded for an item of the villages' rule books: how often, how many points, how many taken back."""

    category: str
    name: str
    times: int
    awarded: int
    taken: int


def items(area_id: int, period: Period) -> list[ItemFlow]:
    """Return the items for which something was awarded or taken back; those that are called alike are one."""
    rows = db.execute(_ITEMS, (period.first, period.last, area_id)).fetchall()
    return [ItemFlow(row[0], row[1], int(row[2]), int(row[3]), int(row[4])) for row in rows]


def _count(flow: Flow, moved: str | None, points: int | None, change: int | None) -> None:
    """Count a row of sums; *closing* is what there is now less what moved later."""
    if moved == TOTAL:
        flow.closing += int(change or 0)
    elif moved == _LATER:
        flow.closing -= int(change or 0)
    elif moved is not None:
        flow.count(moved, int(points or 0), int(change or 0))
