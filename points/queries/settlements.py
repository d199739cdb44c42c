"""Settlements 结算: a village's list, one with its figures and receipts, and the shops that may be settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import JOIN

from points import access, db
from points.calendar import local_date, month_of
from points.errors import NotFound
from points.models.areas import Area, AreaAncestor
from points.models.fund import FundTransfer, Settlement
from points.models.people import Person
from points.models.shop import Shop

READERS = ("clerk", "committee", "supervisor", "admin")
PAGE = 50
A_LOT = 10_000
MONTHS = 12

_BY_WORTH = """
    SELECT receipt.worth_fen, COUNT(CASE WHEN NOT item.undone THEN 1 END),
        COALESCE(SUM(CASE WHEN NOT item.undone THEN receipt.points END), 0),
        COUNT(CASE WHEN item.undone THEN 1 END),
        COALESCE(SUM(CASE WHEN item.undone THEN receipt.points END), 0)
    FROM settlement_item AS item JOIN receipt ON receipt.id = item.receipt_id
    WHERE item.settlement_id = ? GROUP BY receipt.worth_fen ORDER BY receipt.worth_fen
"""
_ITEMS = """
    SELECT receipt.id, receipt.number, receipt.recorded_at, household.number, receipt.points, receipt.worth_fen,
        receipt.cash_fen, item.undone, receipt_undo.undone_at, receipt_undo.reason
    FROM settlement_item AS item JOIN receipt ON receipt.id = item.receipt_id
    JOIN household ON household.id = receipt.household_id
    LEFT JOIN receipt_undo ON receipt_undo.receipt_id = receipt.id
    WHERE item.settlement_id = ? AND {narrowed}
    ORDER BY receipt.id DESC, item.undone LIMIT ? OFFSET ?
"""


@dataclass(frozen=True, slots=True)
class Worth:
    """What was given and undone while a point was worth so much."""

    worth_fen: int
    receipts: int
    points: int
    undone: int
    undone_points: int

    @property
    def fen(self) -> int:
        """What is to be paid for it."""
        return (self.points - self.undone_points) * self.worth_fen


@dataclass(frozen=True, slots=True)
class Item:
    """A receipt of a settlement; *undone*: it is taken off here."""

    receipt_id: int
    number: str
    recorded_at: datetime
    household: str
    points: int
    worth_fen: int
    cash_fen: int
    undone: bool
    undone_at: datetime | None
    reason: str

    @property
    def fen(self) -> int:
        """What it adds to the settlement, or takes off."""
        return (-1 if self.undone else 1) * self.points * self.worth_fen


def settlement(settlement_id: int) -> Settlement:
    """Return a settlement with shop, village, payment, and who drew, signed, paid and closed it. Raises `NotFound`."""
    by = {name: Person.alias(name) for name in ("drawn", "shop_signed", "village_signed", "paid", "closed")}
    query: Any = Settlement.select(Settlement, Shop, Area, FundTransfer, *by.values()).join(Shop)
    query = query.switch(Settlement).join(Area).switch(Settlement).join(FundTransfer, JOIN.LEFT_OUTER)
    for name, person in by.items():
        field = getattr(Settlement, f"{name}_by")
        query = query.switch(Settlement).join(person, JOIN.LEFT_OUTER, on=(field == person.id), attr=f"{name}_by")
    found: Settlement | None = query.where(Settlement.id == settlement_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def of_village(reader: Person, village_id: int, *, before: int | None = None) -> tuple[list[Settlement], int | None]:
    """List a village's settlements, newest first, and the next page's key; a clerk's are those of the own shops."""
    query: Any = Settlement.select(Settlement, Shop).join(Shop).where(Settlement.village == village_id)
    if not access.holds(reader, ("committee", "supervisor", "admin"), village_id):
        query = query.where(Shop.area.in_(access.covered_areas(reader, "clerk")))
    if before:
        query = query.where(Settlement.id < before)
    found = list(query.order_by(Settlement.id.desc()).limit(PAGE + 1))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def to_sign(person: Person) -> list[int]:
    """Return the settlements that wait for the signature of *person*'s side."""
    drawn = Settlement.select(Settlement.id).join(Shop).where(Settlement.state == "drawn")
    village = Settlement.village.in_(access.covered_areas(person, "committee")) & Settlement.village_signed_at.is_null()
    shop = Shop.area.in_(access.covered_areas(person, "clerk")) & Settlement.shop_signed_at.is_null()
    return [found.id for found in drawn.where(village | shop).order_by(Settlement.id)]


def contracted(village_id: int) -> list[Shop]:
    """List the contracted shops that serve a village or a part of it, closed ones too: they are still owed."""
    above = AreaAncestor.select(AreaAncestor.ancestor).where(AreaAncestor.descendant == village_id)
    below = AreaAncestor.select(AreaAncestor.descendant).where(AreaAncestor.ancestor == village_id)
    serves = Shop.area.in_(above) | Shop.area.in_(below)
    return list(Shop.select().where(Shop.contracted, serves).order_by(Shop.active.desc(), Shop.code))


def months(now: datetime) -> list[str]:
    """List the months that may be settled, the last one first."""
    first, found = local_date(now).replace(day=1), []
    for _ in range(MONTHS):
        first = (first - timedelta(days=1)).replace(day=1)
        found.append(month_of(first))
    return found


def by_worth(settlement_id: int) -> list[Worth]:
    """Return a settlement's figures by the worth of a point, which may have changed within."""
    return [Worth(*map(int, row)) for row in db.execute(_BY_WORTH, (settlement_id,)).fetchall()]


def items(settlement_id: int, *, page: int = 0) -> list[Item]:
    """Return a page of a settlement's receipts, newest first."""
    return list(_items(settlement_id, "receipt.id > 0", PAGE, PAGE * page))


def undone(settlement_id: int) -> list[Item]:
    """Return the receipts that a settlement takes off."""
    return list(_items(settlement_id, "item.undone", 1000, 0))


def all_items(settlement_id: int) -> Iterator[Item]:
    """Give all receipts of a settlement by lots, newest first, for a spreadsheet."""
    before = 1 << 62
    while True:
        lot = list(_items(settlement_id, f"item.receipt_id < {before:d}", A_LOT, 0))
        if len(lot) < A_LOT:
            yield from lot
            return
        last = lot[-1].receipt_id  # one undone in its own month is there twice: never parted
        yield from (one for one in lot if one.receipt_id > last)
        before = last + 1


def _items(settlement_id: int, narrowed: str, limit: int, offset: int) -> Iterator[Item]:
    rows = db.execute(_ITEMS.format(narrowed=narrowed), (settlement_id, limit, offset)).fetchall()
    for receipt_id, number, at, household, points, worth, cash, undone_, undone_at, reason in rows:
        when = db.moment(undone_at) if undone_at else None
        yield Item(receipt_id, number, db.moment(at), household, points, worth, cash, bool(undone_), when, reason or "")
