"""Reads of the pages about rule books: an area's versions, the items of one, and what a draft would change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from points import access, caps, db
from points.calendar import month_of, start_of
from points.errors import NotFound
from points.models.areas import Area, AreaAncestor, VillageSetting
from points.models.rules import RuleBook, RuleItem
from points.queries import fund

A_YEAR = timedelta(days=365)

_GRANTED = """
    SELECT household_id, person_id, day, item_code, item_name, each,
        COALESCE((SELECT MIN(kept) FROM objection WHERE line_id = line.id AND answer = 'upheld'), agreed),
        granted_quantity, granted
    FROM line
    WHERE village_id = ? AND day > ? AND effect = 'points'
        AND (state = 'noticed' OR state = 'posted' AND posted_at >= ?)
    ORDER BY day, line.id
"""
"""*posted_at*, which is never before the day, is what an index bounds."""


@dataclass(slots=True)
class ItemCost:
    """What an item gave in a year, and would have given under a draft; *gone*: the draft has no such item."""

    code: int
    name: str
    each: int | None = None
    each_then: int | None = None
    times: int = 0
    points: int = 0
    would_be: int = 0
    gone: bool = False

    @property
    def change(self) -> int:
        """How many points more it would have given."""
        return self.would_be - self.points


@dataclass(frozen=True, slots=True)
class Cost:
    """A year under the rules of then and under a draft, in points and fen, beside the fund and what households hold."""

    items: list[ItemCost]
    points: int
    would_be: int
    worth_fen: int
    draft_worth_fen: int
    fund_fen: int
    outstanding: int

    @property
    def fen(self) -> int:
        """What the year's points are worth as the book in force has it, in fen."""
        return self.points * self.worth_fen

    @property
    def would_be_fen(self) -> int:
        """What they would have been worth under the draft, in fen."""
        return self.would_be * self.draft_worth_fen

    @property
    def lacking_fen(self) -> int:
        """What the fund lacks, in fen, for the points held, at the draft's worth; negative: what is left of it."""
        return self.outstanding * self.draft_worth_fen - self.fund_fen

    @property
    def months(self) -> int | None:
        """For how many months like the past ones the rest of the fund would do; None when they cost nothing."""
        return max(0, -12 * self.lacking_fen // self.would_be_fen) if self.would_be_fen else None


def versions(area_id: int) -> list[RuleBook]:
    """Return an area's rule books, newest first."""
    return list(RuleBook.select().where(RuleBook.area == area_id).order_by(RuleBook.version.desc()))


def templates(area_id: int) -> list[RuleBook]:
    """Return the templates in force above an area, each with its area, the nearest first."""
    query = (
        RuleBook.select(RuleBook, Area)
        .join(Area)
        .join(AreaAncestor, on=(AreaAncestor.ancestor == Area.id))
        .where(AreaAncestor.descendant == area_id, Area.id != area_id, RuleBook.state == "adopted")
    )
    return sorted(query, key=lambda book: book.area.kind != "township")


def book(book_id: int) -> RuleBook:
    """Return one rule book with its area. Raises `NotFound`; the caller guards by the area."""
    found = RuleBook.select(RuleBook, Area).join(Area).where(RuleBook.id == book_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def in_force(area_id: int) -> RuleBook | None:
    """Return the adopted book of an area, or None before the first."""
    found: RuleBook | None = RuleBook.get_or_none(RuleBook.area == area_id, RuleBook.state == "adopted")
    return found


def items(book_id: int) -> list[RuleItem]:
    """Return a book's items by their codes."""
    return list(RuleItem.select().where(RuleItem.book == book_id).order_by(RuleItem.code))


def cost(draft: RuleBook, today: date) -> Cost:
    """Work out the last 365 days of a village anew under a draft; nothing past changes.

    Counted are the lines on notice or posted that earned points. Each is worth what the council agreed to of it, or an
    objection left, at the draft's points for the item; then the draft's cap of the item and the village's monthly cap
    of today are applied as `caps` does, in the order of the days of the acts. So what an old cap had cut off may count
    again. An item that the draft leaves out, or turns into a deduction, gives nothing. Its validity and who may report
    it are not looked at, nor corrections after posting; new items, which nobody could do, add nothing.
    """
    village_id = access.village_of(draft.area_id)
    current = in_force(village_id)
    rules = {item.code: item for item in items(draft.id)}
    found = {
        item.code: ItemCost(item.code, item.name, item.points) for item in rules.values() if item.effect == "points"
    }
    for item in items(current.id) if current else ():
        if item.effect == "points":
            found.setdefault(item.code, ItemCost(item.code, item.name, gone=True)).each_then = item.points
    monthly_cap = VillageSetting.get_by_id(village_id).monthly_cap
    used: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    period_of, in_month = cache(caps.period_of), cache(month_of)  # a year has few days, and many lines
    for row in _lines(village_id, today - A_YEAR):
        household_id, person_id, day, code, name, each, agreed, times_then, granted = row
        one = found.setdefault(code, ItemCost(code, name, gone=True))
        one.times += times_then
        one.points += granted
        if one.gone:
            continue
        rule = rules[code]
        limit = None if rule.cap_period == "event" else rule.cap
        holder = person_id if rule.cap_holder == "person" else 0
        place = (household_id, holder, code, period_of(day, rule.cap_period))
        month = (household_id, in_month(day))
        points = (2 * agreed * rule.points + each) // (2 * each)
        if limit is not None:
            points = min(points, max(0, limit - used[place]) * rule.points)
        if rule.counts_to_cap:
            points = min(points, monthly_cap - used[month])
            used[month] += points
        used[place] += -(-points // rule.points)
        one.would_be += points
    listed = sorted(found.values(), key=lambda one: one.code)
    return Cost(
        items=listed,
        points=sum(one.points for one in listed),
        would_be=sum(one.would_be for one in listed),
        worth_fen=current.worth_fen if current else draft.worth_fen,
        draft_worth_fen=draft.worth_fen,
        fund_fen=fund.balance(village_id),
        outstanding=fund.outstanding(village_id),
    )


def _lines(village_id: int, after: date) -> Iterable[tuple[Any, ...]]:
    values = (village_id, after.isoformat(), db.microseconds(start_of(after)))
    read = cache(date.fromisoformat)  # SQLite keeps days as texts
    for household_id, person_id, day, *rest in db.execute(_GRANTED, values):
        yield household_id, person_id, read(day) if isinstance(day, str) else day, *rest
