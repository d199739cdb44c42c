"""What households wish for, and what is asked of a shop's shelf: for the village to see, and for whoever buys in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from points import db
from points.calendar import start_of
from points.errors import NotFound
from points.models.goods import Goods, Wish
from points.queries import shop

READERS = ("clerk", "committee", "supervisor", "admin")
PAGE = 50
MOST_WISHES = 100
MOST_ANSWERED = 20
RECENT_DAYS, LONG_DAYS = 30, 90
"""So many days say how fast goods are taken: the last month, or if nothing was taken then, the last three."""
MOST_ON_PAPER = 200


class Wished(NamedTuple):
    """A wish with how many households share it; *mine*: whether the reader's does. Nobody is named."""

    id: int
    name: str
    goods_id: int | None
    available: int | None
    votes: int
    mine: bool


class Answered(NamedTuple):
    """A wish that was answered: it is there now, or not, because of *answer*."""

    name: str
    votes: int
    answer: str
    answered_at: datetime


class Demand(NamedTuple):
    """Goods with what is there of them, how many were taken in the last 30 and 90 days, and how many households ask."""

    id: int
    name: str
    unit: str
    low_at: int
    on_hand: int
    reserved: int
    taken_30: int
    taken_90: int
    votes: int
    days: int | None

    @property
    def available(self) -> int:
        """How many are there for whoever comes."""
        return self.on_hand - self.reserved

    @property
    def to_buy(self) -> int:
        """How many are missing for the next 30 days at the recent rate; one at least where households ask in vain."""
        monthly = self.taken_30 or -(-self.taken_90 * RECENT_DAYS // LONG_DAYS)
        return max(monthly - self.available, 1 if self.votes and self.available <= 0 else 0)


def open_wishes(village_id: int, household_id: int | None) -> list[Wished]:
    """List the open wishes that some household shares, the most wanted first."""
    rows = db.execute(_OPEN, (household_id or 0, village_id, MOST_WISHES)).fetchall()
    return [Wished(id_, name, goods_id, left, votes, bool(mine)) for id_, name, goods_id, left, votes, mine in rows]


def answered(village_id: int) -> list[Answered]:
    """List the wishes answered last."""
    rows = db.execute(_ANSWERED, (village_id, MOST_ANSWERED)).fetchall()
    return [Answered(name, int(votes), said, db.moment(at)) for name, votes, said, at in rows]


def wish(wish_id: int) -> Wish:
    """Return a wish. Raises `NotFound`."""
    found: Wish | None = Wish.get_or_none(Wish.id == wish_id)
    if found is None:
        raise NotFound()
    return found


def goods_of(village_id: int) -> list[tuple[int, str]]:
    """List the goods of the shops that serve a village, by id and name."""
    shops = [one.id for one in shop.serving(village_id)]
    query: Any = Goods.select(Goods.id, Goods.name).where(Goods.shop.in_(shops), ~Goods.hidden)
    return list(query.order_by(Goods.initials, Goods.id).tuples())


def demand(shop_id: int, today: date, *, page: int = 1) -> tuple[list[Demand], bool]:
    """Return a page of a shop's goods, what runs out first on top, and whether another follows."""
    rows = _demand(shop_id, today, "", PAGE + 1, PAGE * (page - 1))
    return rows[:PAGE], len(rows) > PAGE


def to_buy(shop_id: int, today: date) -> list[Demand]:
    """List what should be bought in: what runs out within 30 days, is few or gone, or is asked for in vain."""
    asked = "WHERE days <= 30 OR on_hand - reserved <= low_at OR votes > 0"
    return [
        row for row in _demand(shop_id, today, asked, MOST_ON_PAPER, 0) if row.to_buy or row.available <= row.low_at
    ]


def new_wishes(area_id: int) -> list[Wished]:
    """List the open wishes of the villages that a shop of the area serves, for what no shop has yet."""
    return [
        Wished(id_, name, None, None, int(votes), False)
        for id_, name, votes in db.execute(_NEW, (area_id, area_id, MOST_WISHES)).fetchall()
    ]


def _demand(shop_id: int, today: date, asked: str, limit: int, offset: int) -> list[Demand]:
    long_ago = today - timedelta(days=LONG_DAYS)
    recent = db.microseconds(start_of(today - timedelta(days=RECENT_DAYS)))
    values = (recent, shop_id, long_ago.isoformat(), db.microseconds(start_of(long_ago)), *[shop_id] * 2, limit, offset)
    rows = db.execute(_DEMAND.format(asked=asked), values).fetchall()
    return [Demand._make(row) for row in rows]


_OPEN = """
    SELECT wish.id, wish.name, wish.goods_id, stock.on_hand - stock.reserved, COUNT(*) AS votes,
        MAX(CASE WHEN wish_vote.household_id = ? THEN 1 ELSE 0 END)
    FROM wish JOIN wish_vote ON wish_vote.wish_id = wish.id LEFT JOIN stock ON stock.goods_id = wish.goods_id
    WHERE wish.village_id = ? AND wish.answered_at IS NULL
    GROUP BY wish.id, wish.name, wish.goods_id, stock.on_hand, stock.reserved ORDER BY votes DESC, wish.id LIMIT ?
"""
_NEW = """
    SELECT wish.id, wish.name, COUNT(*) AS votes FROM wish JOIN wish_vote ON wish_vote.wish_id = wish.id
    WHERE wish.answered_at IS NULL AND wish.goods_id IS NULL AND wish.village_id IN (
        SELECT ancestor_id FROM area_ancestor WHERE descendant_id = ?
        UNION SELECT descendant_id FROM area_ancestor WHERE ancestor_id = ?)
    GROUP BY wish.id, wish.name ORDER BY votes DESC, wish.id LIMIT ?
"""
_ANSWERED = """
    SELECT name, (SELECT COUNT(*) FROM wish_vote WHERE wish_id = wish.id), answer, answered_at
    FROM wish WHERE village_id = ? AND answered_at IS NOT NULL ORDER BY answered_at DESC, id DESC LIMIT ?
"""
_DEMAND = """
    WITH taken AS (
        SELECT receipt_line.goods_id, SUM(receipt_line.quantity) AS in_90,
            SUM(CASE WHEN receipt.recorded_at >= ? THEN receipt_line.quantity ELSE 0 END) AS in_30
        FROM till
        JOIN receipt ON receipt.till_id = till.id
        JOIN receipt_line ON receipt_line.receipt_id = receipt.id
        LEFT JOIN receipt_undo ON receipt_undo.receipt_id = receipt.id
        WHERE till.shop_id = ? AND receipt_undo.receipt_id IS NULL AND receipt.sequence >= (
            SELECT MIN(first_sequence) FROM shift WHERE shift.till_id = till.id AND shift.day >= ?)
            AND receipt.recorded_at >= ?
        GROUP BY receipt_line.goods_id
    ),
    asked AS (
        SELECT goods_id, CAST(SUM((SELECT COUNT(*) FROM wish_vote WHERE wish_id = wish.id)) AS BIGINT) AS votes
        FROM wish WHERE answered_at IS NULL AND goods_id IN (SELECT id FROM goods WHERE shop_id = ?) GROUP BY goods_id
    ),
    shelf AS (
        SELECT goods.id, name, initials, unit, low_at, on_hand, reserved, COALESCE(in_30, 0) AS in_30,
            COALESCE(in_90, 0) AS in_90, COALESCE(votes, 0) AS votes,
            CASE WHEN on_hand <= reserved THEN 0
                WHEN in_30 > 0 THEN (on_hand - reserved) * 30 / in_30
                WHEN in_90 > 0 THEN (on_hand - reserved) * 90 / in_90 END AS days
        FROM goods JOIN stock ON stock.goods_id = goods.id
        LEFT JOIN taken ON taken.goods_id = goods.id LEFT JOIN asked ON asked.goods_id = goods.id
        WHERE goods.shop_id = ? AND NOT hidden
    )
    SELECT id, name, unit, low_at, on_hand, reserved, in_30, in_90, votes, days FROM shelf {asked}
    ORDER BY CASE WHEN days IS NULL THEN 1 ELSE 0 END, days, in_90 DESC, votes DESC, initials, id LIMIT ? OFFSET ?
"""
