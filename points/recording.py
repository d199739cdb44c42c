"""What recording freezes: an item as the rule book reads that day, by someone who may record it, and not too late."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from points import db
from points.errors import AlreadyDone, FutureDay, ItemNotInForce, NoRuleBook, NotForReporter, NotFound, TooLongAgo
from points.models.contribution import Contribution, Line
from points.models.people import Person
from points.models.rules import RuleBook, RuleItem

OLDEST = 60
"""How many days after the act it may still be recorded."""
MOST_TIMES = 99
NOTE_LENGTH = 200
LIVING = ("recorded", "checked", "approved", "noticed", "posted")
"""The states of a line that still counts, or may come to."""

_MAY_RECORD = {
    "anyone": ("villager", "steward", "committee"),
    "staff": ("steward", "committee"),
    "committee": ("committee",),
}


def item_in_force(village_id: int, item_id: int, day: date, *, reporter: str) -> RuleItem:
    """Return an item of the adopted book, with its book, for an act on the local *day* reported as *reporter*.

    *reporter* is ``villager``, ``steward`` or ``committee``. Raises `NoRuleBook`, `ItemNotInForce`, `NotForReporter`.
    """
    book = RuleBook.get_or_none(RuleBook.area == village_id, RuleBook.state == "adopted")
    if book is None:
        raise NoRuleBook()
    item = RuleItem.get_or_none(RuleItem.id == item_id, RuleItem.book == book)
    if item is None or not is_valid(item, day):
        raise ItemNotInForce()
    if not may_record(item, reporter):
        raise NotForReporter(item=item.name)
    item.book = book
    return item


def is_valid(item: RuleItem, day: date) -> bool:
    """Tell whether *item* counts for an act on the local *day*."""
    return not ((item.valid_from and day < item.valid_from) or (item.valid_to and day > item.valid_to))


def may_record(item: RuleItem, reporter: str) -> bool:
    """Tell whether a ``villager``, ``steward`` or ``committee`` member may record *item*."""
    return reporter in _MAY_RECORD[item.reporter]


def require_day(day: date, today: date) -> None:
    """Refuse a day to come, and one so long ago that nobody remembers. Raises `FutureDay`, `TooLongAgo`."""
    age = (today - day).days
    if age < 0:
        raise FutureDay()
    if age > OLDEST:
        raise TooLongAgo(days=age, limit=OLDEST)


def frozen(sheet: Contribution, item: RuleItem, *, quantity: int) -> dict[str, Any]:
    """Return what every line of *sheet* freezes of *item*, for `Line.insert_many`; person and household come to it."""
    return {
        "contribution": sheet,
        "village": sheet.village_id,
        "day": sheet.day,
        "recorded_by": sheet.recorded_by_id,
        "item_code": item.code,
        "item_name": item.name,
        "version": item.book.version,
        "each": item.points,
        "quantity": quantity,
        "item_voices": item.voices,
    } | {name: getattr(item, name) for name in _ALIKE}


_ALIKE = (
    "category", "discreet", "effect", "unit", "needs", "cap", "cap_period", "cap_holder", "counts_to_cap",
)  # fmt: skip


def seen_before(person_ids: Iterable[int], item_code: int, day: date) -> list[Line]:
    """Return the living lines by which the same people did the same item on the same local *day*."""
    same = (Line.item_code == item_code) & (Line.day == day) & Line.state.in_(LIVING)
    return list(Line.select().where(Line.person.in_(list(person_ids)), same).order_by(Line.id))


def hold(person_ids: Iterable[int]) -> None:
    """Let two who record the same people at once take turns, so that the later sees what the earlier recorded."""
    if db.is_postgresql():
        sql = f"SELECT 1 FROM person WHERE id IN ({db.set_of_ids()}) ORDER BY id FOR NO KEY UPDATE"
        db.execute(sql, (json.dumps(sorted(person_ids)),))


def take_up(line_id: int, reporter: Person) -> Line:
    """Return the returned line that *reporter*, who recorded it, takes up again; once.

    Held until the transaction ends, so that two cannot take it up. Raises `NotFound`, `AlreadyDone`.
    """
    mine = (Line.id == line_id) & (Line.recorded_by == reporter) & (Line.state == "returned")
    if not Line.update(state="returned").where(mine).execute():
        raise NotFound()
    if Line.select().where(Line.revises == line_id).exists():
        raise AlreadyDone()
    found: Line = Line.get_by_id(line_id)
    return found
