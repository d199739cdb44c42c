"""What anyone may read without signing in: villages, their goods, rule book and running notices; nothing personal."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from peewee import JOIN

from points import db
from points.errors import NotFound
from points.models.areas import Area
from points.models.contribution import Notice
from points.models.rules import RuleBook, RuleItem


def villages() -> list[tuple[str, list[Area]]]:
    """List all villages, grouped under the name of the place that holds them."""
    above = Area.alias()
    query = (
        Area.select(Area, above)
        .join(above, JOIN.LEFT_OUTER, on=(Area.parent == above.id))
        .where(Area.kind == "village")
        .order_by(above.order, above.name, Area.order, Area.name)
    )
    found = list(query)
    return [(place, list(inside)) for place, inside in groupby(found, key=_place)]


class Village(NamedTuple):
    """What the page with the goods needs of a village: it is asked for most of all."""

    id: int
    name: str


def named(village_id: int) -> Village:
    """Return the name of a village. Raises `NotFound`."""
    row = db.execute("SELECT id, name FROM area WHERE id = ? AND kind = 'village'", (village_id,)).fetchone()
    if row is None:
        raise NotFound()
    return Village(*row)


def running_notices(village_id: int, now: datetime) -> list[Notice]:
    """List the notices that hang now, the one that ends first on top."""
    query = Notice.select().where(Notice.village == village_id, Notice.state == "hung", Notice.closes_at > now)
    return list(query.order_by(Notice.closes_at))


def rule_book(village_id: int) -> RuleBook | None:
    """Return the adopted rule book of a village, or None before the first."""
    found: RuleBook | None = RuleBook.get_or_none(RuleBook.area == village_id, RuleBook.state == "adopted")
    return found


def rule_items(book: RuleBook) -> list[tuple[str, list[RuleItem]]]:
    """List the items of a rule book that earn points, grouped by category in the order of their codes."""
    groups: dict[str, list[RuleItem]] = {}
    for item in _rules(book, "points"):
        groups.setdefault(item.category, []).append(item)
    return list(groups.items())


def deductions(book: RuleBook) -> list[RuleItem]:
    """List the items of a rule book that lower the civility score."""
    return _rules(book, "civility")


def _rules(book: RuleBook, effect: str) -> list[RuleItem]:
    return list(RuleItem.select().where(RuleItem.book == book, RuleItem.effect == effect).order_by(RuleItem.code))


def _place(village: Area) -> str:
    return village.parent.name if village.parent else ""
