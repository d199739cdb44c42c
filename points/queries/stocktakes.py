"""Stocktakes: what is to be counted, blind; and once it is counted, how it differs and what that is worth."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import JOIN

from points import access, db
from points.errors import NotFound
from points.models.goods import GOODS_CATEGORIES, Barcode, Goods
from points.models.people import Person
from points.models.shop import Shop
from points.models.stock import Stocktake, StocktakeLine

PAGE = 100
APPROVERS = ("committee", "supervisor")


@dataclass(frozen=True, slots=True)
class ToCount:
    """Goods to be counted, and what was counted so far; what the book says does not leave the database."""

    goods_id: int
    name: str
    unit: str
    category: str
    counted: int | None
    counted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Goods of which more or fewer were there than the book said."""

    goods_id: int
    name: str
    unit: str
    expected: int
    counted: int
    cost_fen: int

    @property
    def pieces(self) -> int:
        """How many too many, or missing when below zero."""
        return self.counted - self.expected

    @property
    def fen(self) -> int:
        """What the difference is worth at cost."""
        return self.pieces * self.cost_fen


@dataclass(frozen=True, slots=True)
class Result:
    """How many goods were counted, how many had too few or too many, and what that is worth in fen."""

    counted: int
    short: int
    over: int
    short_fen: int
    over_fen: int


@dataclass(frozen=True, slots=True)
class Section:
    """A category of a stocktake, and how far it is counted."""

    category: str
    lines: int
    counted: int


_COST = "CASE WHEN batch.cost_fen > 0 THEN batch.cost_fen ELSE goods.cost_fen END"
"""What a piece costs: as the newest batch says, else as the goods do."""
_DIFFERENCES = f"""
    SELECT goods.id, goods.name, goods.unit, expected, counted, {_COST} AS cost_fen
    FROM stocktake_line JOIN goods ON goods.id = stocktake_line.goods_id
    LEFT JOIN stock_batch AS batch ON batch.id = (SELECT MAX(id) FROM stock_batch WHERE goods_id = goods.id)
    WHERE stocktake_id = ? AND counted <> expected
"""
_RESULT = f"""
    SELECT COUNT(CASE WHEN counted < expected THEN 1 END), COUNT(CASE WHEN counted > expected THEN 1 END),
        COALESCE(SUM(CASE WHEN counted < expected THEN CAST(expected - counted AS BIGINT) * cost_fen END), 0),
        COALESCE(SUM(CASE WHEN counted > expected THEN CAST(counted - expected AS BIGINT) * cost_fen END), 0)
    FROM ({_DIFFERENCES}) AS differences
"""


def of_shop(shop_id: int, before: int | None = None) -> tuple[list[Stocktake], int | None]:
    """List a shop's stocktakes with who began them, newest first, and the key of the next page."""
    query: Any = (
        Stocktake.select(Stocktake, Person)
        .join(Person, on=Stocktake.started_by)
        .where(Stocktake.shop == shop_id, (Stocktake.id < before) if before else True)
    )
    found = list(query.order_by(Stocktake.id.desc()).limit(PAGE + 1))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def to_approve(person: Person) -> list[int]:
    """List the ids of stocktakes that *person* may approve: counted, and by others."""
    mine = Shop.area.in_(access.covered_areas(person, *APPROVERS))
    by_others = (Stocktake.started_by != person) & (Stocktake.counted_by != person)
    query = Stocktake.select(Stocktake.id).join(Shop).where(Stocktake.state == "counted", by_others, mine)
    return [int(found.id) for found in query.order_by(Stocktake.id)]


def stocktake(stocktake_id: int) -> Stocktake:
    """Return a stocktake with its shop and people. Raises `NotFound`."""
    starter, counter, approver = Person.alias(), Person.alias(), Person.alias()
    query: Any = Stocktake.select(Stocktake, Shop, starter, counter, approver).join(Shop)
    for person, field in ((starter, "started_by"), (counter, "counted_by"), (approver, "approved_by")):
        on = getattr(Stocktake, field) == person.id
        query = query.switch(Stocktake).join(person, JOIN.LEFT_OUTER, on=on, attr=field)
    found: Stocktake | None = query.where(Stocktake.id == stocktake_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def categories(shop_id: int) -> list[tuple[str, int]]:
    """List the categories of a shop's goods and how many there are of each."""
    sql = "SELECT category, COUNT(*) FROM goods WHERE shop_id = ? AND NOT hidden GROUP BY category"
    counts = dict(db.execute(sql, (shop_id,)).fetchall())
    return [(word, counts[word]) for word in GOODS_CATEGORIES if word in counts]


def goods_of(shop_id: int, chosen: Collection[str]) -> list[int]:
    """List the ids of what a shop offers in some categories."""
    query = Goods.select(Goods.id).where(Goods.shop == shop_id, ~Goods.hidden, Goods.category.in_(list(chosen)))
    return [int(goods.id) for goods in query]


def sections(stocktake_id: int) -> list[Section]:
    """List the categories of a stocktake, food first, and how far each is counted."""
    sql = (
        "SELECT category, COUNT(*), COUNT(counted) FROM stocktake_line JOIN goods ON goods.id = goods_id "
        "WHERE stocktake_id = ? GROUP BY category"
    )
    found = {row[0]: Section(*row) for row in db.execute(sql, (stocktake_id,)).fetchall()}
    return [found[word] for word in GOODS_CATEGORIES if word in found]


def lines(stocktake_id: int, *, category: str = "", q: str = "", page: int = 1) -> tuple[list[ToCount], bool]:
    """Return a page of what is to be counted, and whether another follows."""
    query = _to_count(stocktake_id)
    if category:
        query = query.where(Goods.category == category)
    if q:
        carries = Barcode.select(Barcode.goods).where(Barcode.code == q)
        query = query.where(Goods.name.contains(q) | Goods.initials.startswith(q.lower()) | Goods.id.in_(carries))
    found = [ToCount(*row) for row in query.limit(PAGE + 1).offset(PAGE * (page - 1)).tuples()]
    return found[:PAGE], len(found) > PAGE


def sheet(stocktake_id: int) -> list[tuple[str, list[ToCount]]]:
    """Group all that is to be counted by category, for a sheet of paper."""
    found = [ToCount(*row) for row in _to_count(stocktake_id).tuples()]
    groups = [(word, [line for line in found if line.category == word]) for word in GOODS_CATEGORIES]
    return [group for group in groups if group[1]]


def result(stocktake_id: int) -> Result:
    """Sum up what was counted."""
    counted = StocktakeLine.select().where(
        StocktakeLine.stocktake == stocktake_id, StocktakeLine.counted.is_null(False)
    )
    return Result(counted.count(), *map(int, db.execute(_RESULT, (stocktake_id,)).fetchone()))


def differences(stocktake_id: int, page: int = 1) -> tuple[list[Difference], bool]:
    """Return a page of the differences, the costliest first, and whether another follows."""
    worth = "ABS(CAST(counted - expected AS BIGINT)) * cost_fen"
    sql = f"SELECT * FROM ({_DIFFERENCES}) AS differences ORDER BY {worth} DESC, id LIMIT ? OFFSET ?"
    found = [Difference(*row) for row in db.execute(sql, (stocktake_id, PAGE + 1, PAGE * (page - 1))).fetchall()]
    return found[:PAGE], len(found) > PAGE


def _to_count(stocktake_id: int) -> Any:
    columns = (Goods.id, Goods.name, Goods.unit, Goods.category, StocktakeLine.counted, StocktakeLine.counted_at)
    query: Any = StocktakeLine.select(*columns).join(Goods).where(StocktakeLine.stocktake == stocktake_id)
    return query.order_by(Goods.initials, Goods.id)
