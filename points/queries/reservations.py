"""What reservations read: a ticket, a household's tickets, and what a shop is to set aside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from points import db
from points.errors import NotFound
from points.models.areas import AreaAncestor
from points.models.people import Household, Person
from points.models.shop import Shop

A_PAGE = 50
ENDED_SHOWN = 20


class Line(NamedTuple):
    """One sort of goods of a reservation."""

    name: str
    unit: str
    price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """A reservation with its goods; *receipt_id* and *receipt* once it was collected."""

    id: int
    shop_id: int
    shop: str
    shop_area_id: int
    hours: str
    household_id: int
    household_number: str
    household_area_id: int
    village_id: int
    person_id: int
    person: str
    made_by_id: int
    made_by: str
    points: int
    spoken: str
    state: str
    collect_by: date
    made_at: datetime
    ended_at: datetime | None
    receipt_id: int | None
    receipt: str | None
    lines: tuple[Line, ...]


class Aside(NamedTuple):
    """How many of some goods a shop has set aside, and by when the first of them are wanted."""

    goods: str
    unit: str
    quantity: int
    on_hand: int
    first: date


_TICKET = """
    SELECT reservation.id, shop.id, shop.name, shop.area_id, shop.hours, household.id, household.number,
        household.area_id, household.village_id, person.id, person.name, maker.id, maker.name, reservation.points,
        reservation.spoken, reservation.state, reservation.collect_by, reservation.made_at, reservation.ended_at,
        receipt.id, receipt.number
    FROM reservation
    JOIN shop ON shop.id = reservation.shop_id
    JOIN household ON household.id = reservation.household_id
    JOIN person ON person.id = reservation.person_id
    JOIN person AS maker ON maker.id = reservation.made_by_id
    LEFT JOIN receipt ON receipt.reservation_id = reservation.id
"""
_LINES = "SELECT reservation_id, name, unit, price, quantity FROM reservation_line WHERE reservation_id IN ({})"
_ASIDE = """
    SELECT goods.name, goods.unit, SUM(reservation_line.quantity), stock.on_hand, MIN(reservation.collect_by)
    FROM reservation
    JOIN reservation_line ON reservation_line.reservation_id = reservation.id
    JOIN goods ON goods.id = reservation_line.goods_id
    JOIN stock ON stock.goods_id = goods.id
    WHERE reservation.shop_id = ? AND reservation.state = 'open'
    GROUP BY goods.id, goods.name, goods.unit, goods.initials, stock.on_hand ORDER BY goods.initials, goods.id
"""


def ticket(reservation_id: int) -> Ticket:
    """Return a reservation. Raises `NotFound`."""
    found = _tickets("WHERE reservation.id = ?", (reservation_id,))
    if not found:
        raise NotFound()
    return found[0]


def open_of(household_id: int) -> list[Ticket]:
    """List what a household has reserved and not collected, what is due first at the top."""
    return _tickets(
        "WHERE reservation.household_id = ? AND reservation.state = 'open' "
        "ORDER BY reservation.collect_by, reservation.id",
        (household_id,),
    )


def ended_of(household_id: int) -> list[Ticket]:
    """List the last reservations of a household that were collected, cancelled or expired."""
    return _tickets(
        "WHERE reservation.household_id = ? AND reservation.state <> 'open' ORDER BY reservation.id DESC LIMIT ?",
        (household_id, ENDED_SHOWN),
    )


def open_at(shop_id: int, *, page: int = 1, most: int = A_PAGE) -> tuple[list[Ticket], bool]:
    """Return a page of what waits in a shop, what is due first at the top, and whether another page follows."""
    found = _tickets(
        "WHERE reservation.shop_id = ? AND reservation.state = 'open' "
        "ORDER BY reservation.collect_by, reservation.id LIMIT ? OFFSET ?",
        (shop_id, most + 1, (page - 1) * most),
    )
    return found[:most], len(found) > most


def aside(shop_id: int) -> list[Aside]:
    """Add up by goods what a shop has set aside, by initials."""
    rows = db.execute(_ASIDE, (shop_id,)).fetchall()
    return [Aside(goods, unit, int(count), on_hand, db.day(first)) for goods, unit, count, on_hand, first in rows]


def shops_for(household: Household) -> list[Shop]:
    """List the shops at which a household may reserve."""
    above = AreaAncestor.select(AreaAncestor.ancestor).where(AreaAncestor.descendant == household.area_id)
    return list(Shop.select().where(Shop.active, Shop.area.in_(above)).order_by(Shop.contracted, Shop.code))


def members(household_id: int, first: int, today: date) -> list[tuple[int, str]]:
    """List who of a household may collect on *today*, as (person id, name); *first* at the top."""
    barred = Person.barred_until.is_null(False) & (Person.barred_until >= today)
    query: Any = Person.select(Person.id, Person.name).where(Person.household == household_id, Person.active, ~barred)
    return list(query.order_by(Person.id != first, Person.id).tuples())


def _tickets(where: str, values: Sequence[Any]) -> list[Ticket]:
    rows = db.execute(f"{_TICKET} {where}", values).fetchall()
    lines: dict[int, list[Line]] = {row[0]: [] for row in rows}
    if lines:
        sql = f"{_LINES.format(db.set_of_ids())} ORDER BY id"
        for id_, *line in db.execute(sql, (json.dumps(list(lines)),)).fetchall():
            lines[id_].append(Line(*line))
    return [_ticket(row, lines[row[0]]) for row in rows]


def _ticket(row: Any, lines: list[Line]) -> Ticket:
    *columns, collect_by, made_at, ended_at, receipt_id, receipt = row
    columns += [db.day(collect_by), db.moment(made_at), None if ended_at is None else db.moment(ended_at)]
    columns += [receipt_id, receipt, tuple(lines)]
    return Ticket(*columns)
