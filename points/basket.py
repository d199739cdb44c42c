"""A basket: goods, how many of each, and the price in points that the customer saw.

What the counter and a reservation ask of it alike. It runs inside the caller's transaction and holds the stock of the
goods from then on, in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from points import db
from points.calendar import first_day, local_date, start_of
from points.errors import (
    BasketTooLarge,
    EmptyBasket,
    GoodsHidden,
    GoodsNoLonger,
    GoodsNotYet,
    LimitReached,
    NotFound,
    PriceChanged,
)
from points.receipts import Line

MOST_KINDS = 50
MOST_OF_A_KIND = 999


@dataclass(frozen=True, slots=True)
class Wanted(Line):
    """A line of a basket, and how many of its goods a household and a person take at most in a period; None: any."""

    limit_household: int | None
    limit_person: int | None
    limit_period: str


_GOODS = """
    SELECT id, name, unit, price, hidden, valid_from, valid_to, limit_household, limit_person, limit_period
    FROM goods JOIN stock ON stock.goods_id = goods.id WHERE shop_id = ? AND id IN ({}) ORDER BY id
"""
# A row for goods, household, beginning of the period, person, proxy: what was taken since, and what is still reserved.
# What was reserved counts for who reserved it, whoever collects it; a proxy who was named anew is still the same one.
_TAKEN = """
    SELECT {0},
        (SELECT COALESCE(SUM(receipt_line.quantity), 0) FROM receipt
         JOIN receipt_line ON receipt_line.receipt_id = receipt.id AND receipt_line.goods_id = {0}
         LEFT JOIN receipt_undo ON receipt_undo.receipt_id = receipt.id
         WHERE receipt.household_id = {1} AND receipt.recorded_at >= {2} AND receipt_undo.receipt_id IS NULL)
      + (SELECT COALESCE(SUM(reservation_line.quantity), 0) FROM reservation
         JOIN reservation_line ON reservation_line.reservation_id = reservation.id AND reservation_line.goods_id = {0}
         WHERE reservation.household_id = {1} AND reservation.state = 'open'),
        (SELECT COALESCE(SUM(receipt_line.quantity), 0) FROM receipt
         JOIN receipt_line ON receipt_line.receipt_id = receipt.id AND receipt_line.goods_id = {0}
         LEFT JOIN receipt_undo ON receipt_undo.receipt_id = receipt.id
         LEFT JOIN reservation ON reservation.id = receipt.reservation_id
         WHERE receipt.household_id = {1} AND receipt.recorded_at >= {2} AND receipt_undo.receipt_id IS NULL
           AND (COALESCE(reservation.person_id, receipt.collector_id) = {3} OR (
                reservation.id IS NULL AND receipt.proxy_id IN (
                    SELECT same.id FROM proxy JOIN proxy AS same ON same.household_id = proxy.household_id
                        AND same.name = proxy.name WHERE proxy.id = {4}))))
      + (SELECT COALESCE(SUM(reservation_line.quantity), 0) FROM reservation
         JOIN reservation_line ON reservation_line.reservation_id = reservation.id AND reservation_line.goods_id = {0}
         WHERE reservation.household_id = {1} AND reservation.state = 'open' AND reservation.person_id = {3})
    FROM {rows}
"""


class Asked(NamedTuple):
    """A basket whose goods were asked for: pieces and prices shown by goods id, and the answer, not read yet."""

    quantities: dict[int, int]
    prices: dict[int, set[int]]
    goods: Any | None


def ask(basket: Sequence[Sequence[int]], shop_id: int) -> Asked:
    """Merge the *basket* of (goods id, quantity, price shown) by goods and ask for these; `price` reads the answer."""
    quantities: dict[int, int] = {}
    prices: dict[int, set[int]] = {}
    for goods_id, quantity, shown in basket:
        quantities[goods_id] = quantities.get(goods_id, 0) + quantity
        prices.setdefault(goods_id, set()).add(shown)
    if not 0 < len(quantities) <= MOST_KINDS:
        return Asked(quantities, prices, None)
    marks = ", ".join("?" * len(quantities))
    sql = _GOODS + (" FOR UPDATE OF stock" if db.is_postgresql() else "")  # in one order for all
    return Asked(quantities, prices, db.ask(sql.format(marks), (shop_id, *quantities)))


def price(asked: Asked, *, now: datetime) -> list[Wanted]:
    """Price a basket, in the order of goods ids.

    Raises `EmptyBasket`, `BasketTooLarge`, `NotFound` for goods of another shop, `GoodsHidden`, `GoodsNotYet`,
    `GoodsNoLonger`, and `PriceChanged` when the price shown is not today's.
    """
    quantities, prices, goods = asked
    if not quantities:
        raise EmptyBasket()
    if goods is None or not all(0 < count <= MOST_OF_A_KIND for count in quantities.values()):
        raise BasketTooLarge(kinds=MOST_KINDS, pieces=MOST_OF_A_KIND)
    rows = goods.fetchall()
    if len(rows) != len(quantities):
        raise NotFound()
    today, lines = local_date(now), []
    for goods_id, name, unit, points, hidden, valid_from, valid_to, *limits in rows:
        if hidden:
            raise GoodsHidden(goods=name)
        if valid_from is not None and today < db.day(valid_from):
            raise GoodsNotYet(goods=name, day=str(valid_from))
        if valid_to is not None and today > db.day(valid_to):
            raise GoodsNoLonger(goods=name, day=str(valid_to))
        if prices[goods_id] != {points}:
            raise PriceChanged(goods=name, price=points)
        lines.append(Wanted(goods_id, name, unit, points, quantities[goods_id], *limits))
    return lines


def require_within_limits(
    lines: Sequence[Wanted], *, household_id: int, person_id: int = 0, proxy_id: int = 0, now: datetime
) -> None:
    """Raise `LimitReached` when *lines* exceed what a household, or who collects, takes of goods in their period.

    What is still reserved counts, what was undone does not. Ask it after the household's account was changed and
    before the lines are written: that row is locked, so nobody else can be taking for the household meanwhile.
    """
    limited = {line.goods_id: line for line in lines if line.limit_household or line.limit_person}
    if not limited:
        return
    today = local_date(now)
    asked = [
        (id_, household_id, db.microseconds(start_of(first_day(line.limit_period, today))), person_id, proxy_id)
        for id_, line in limited.items()
    ]
    for goods_id, by_household, by_person in db.rows(_TAKEN, asked):
        line = limited[goods_id]
        for whose, limit, taken in (
            ("household", line.limit_household, by_household),
            ("person", line.limit_person, by_person),
        ):
            if limit is not None and taken + line.quantity > limit:
                raise LimitReached(
                    goods=line.name,
                    whose=whose,
                    period=line.limit_period,
                    limit=limit,
                    left=max(int(limit - taken), 0),
                    unit=line.unit,
                )
