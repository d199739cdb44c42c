"""Shifts as their readers see them: what is to be signed, a signed sheet, a shop's list, what waits for a clerk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from peewee import JOIN, fn

from points import access, shifts
from points.errors import NotFound
from points.models.areas import AreaAncestor
from points.models.goods import Goods
from points.models.people import Person, Role
from points.models.receipt import Receipt
from points.models.shop import Shift, ShiftCount, Shop, Till
from points.shifts import Sampled, Tally

READERS = ("clerk", "committee", "supervisor", "admin")
PAGE = 40
LOOKS_BACK = 92
"""So many days back a clerk is told of what is not signed."""


@dataclass(frozen=True, slots=True)
class Signing:
    """What a clerk is about to sign: `shift` is None while nothing was sold."""

    till: Till
    shift: Shift | None
    day: date
    sums: Tally
    sample: list[Sampled]


@dataclass(frozen=True, slots=True)
class Counted:
    """Goods of a shift's sample, and what the book said."""

    goods_id: int
    name: str
    unit: str
    expected: int
    counted: int
    recounted: int | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A shift with its people, sums and counts; `first` and `last` are its receipts' numbers, if it has any."""

    shift: Shift
    sums: Tally
    counts: list[Counted]
    first: str | None
    last: str | None

    @property
    def over_fen(self) -> int:
        """The cash found above, or below, what should lie in the drawer."""
        return int(self.shift.counted_fen or 0) - self.sums.drawer_fen

    @property
    def taken_over_fen(self) -> int:
        """The cash that the next clerk found above, or below, what was handed over."""
        return int(self.shift.taken_fen or 0) - int(self.shift.counted_fen or 0)


def till(till_id: int) -> Till:
    """Return a till with its shop. Raises `NotFound`."""
    found: Till | None = Till.select(Till, Shop).join(Shop).where(Till.id == till_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def signing(clerk: Person, till_: Till, shift_id: int, *, now: datetime, today: date) -> Signing | None:
    """Read what *clerk* would sign: today's shift, or the own open one *shift_id*; None if it is signed already.

    Raises `NotFound` for a shift that is not the clerk's own.
    """
    mine = (Shift.till == till_.id) & (Shift.clerk == clerk)
    if shift_id:
        shift = Shift.get_or_none(mine, Shift.id == shift_id)
        if shift is None:
            raise NotFound()
        if shift.closed_at is not None:
            return None
    else:
        shift = shifts.find(till_.id, clerk, today)
        if shift is None and Shift.select().where(mine, Shift.day == today).exists():
            return None
    day = shift.day if shift else today
    sums = shifts.tally(till_.id, clerk.id, day, shift, now=now)
    return Signing(till_, shift, day, sums, shifts.sample(till_.id, clerk.id, day, shift))


def last_signed(clerk: Person, till_id: int, today: date) -> int:
    """Return the shift that *clerk* signed last today at a till. Raises `NotFound`."""
    mine = Shift.select(fn.MAX(Shift.id)).where(Shift.till == till_id, Shift.clerk == clerk, Shift.day == today)
    found = mine.scalar()
    if found is None:
        raise NotFound()
    return int(found)


def clerks(shop: Shop, but: Person) -> list[tuple[int, str]]:
    """List those who may take over in a shop: its clerks in office, without *but*."""
    above = AreaAncestor.select(AreaAncestor.ancestor).where(AreaAncestor.descendant == shop.area_id)
    query: Any = Person.select(Person.id, Person.name).join(Role, on=(Role.person == Person.id))
    query = query.where(Role.kind == "clerk", Role.area.in_(above), Role.confirmed_at.is_null(False))
    query = query.where(Role.ended_at.is_null(), Person.active, Person.id != but.id)
    return list(query.distinct().order_by(Person.name, Person.id).tuples())


def sheet(shift_id: int, *, now: datetime) -> Sheet:
    """Read a shift: as it was signed, or as it stands while it is open. Raises `NotFound`."""
    shift = _shifts().where(Shift.id == shift_id).get_or_none()
    if shift is None:
        raise NotFound()
    at = shift.closed_at or now
    if shift.closed_at is None:
        sums = shifts.tally(shift.till_id, shift.clerk_id, shift.day, shift, now=at)
    else:
        carried = shifts.carried_fen(shift.till_id, shift.clerk_id, shift.day, now=at)
        frozen = (shift.redemptions, shift.points, shift.cash_fen, shift.undone, shift.refused)
        sums = Tally(*frozen, carried)
    return Sheet(shift, sums, counts(shift_id), *_numbers(shift))


def counts(shift_id: int) -> list[Counted]:
    """List the goods that were counted when a shift was signed."""
    row = ShiftCount
    query: Any = (
        row.select(row.goods_id, Goods.name, Goods.unit, row.expected, row.counted, row.recounted)
        .join(Goods, on=(Goods.id == row.goods_id))
        .where(row.shift == shift_id)
    )
    return [Counted(*found) for found in query.order_by(row.id).tuples()]


def of_shop(shop_id: int, *, before: int | None) -> tuple[list[Shift], int | None]:
    """List a shop's shifts, newest first, a page at a time; and from where on the next page goes."""
    query = _shifts().where(Till.shop == shop_id)
    if before:
        query = query.where(Shift.id < before)
    found = list(query.order_by(Shift.id.desc()).limit(PAGE + 1))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def unsigned(shop_id: int, today: date) -> list[Shift]:
    """List a shop's shifts of earlier days that nobody signed, the oldest first."""
    query = _shifts().where(Till.shop == shop_id, Shift.closed_at.is_null(), Shift.day < today)
    return list(query.order_by(Shift.day, Shift.id))


def to_sign(person: Person, today: date, till_id: int = 0) -> list[Shift]:
    """List what waits for a clerk's signature: what was handed over to them, and own earlier days."""
    where = (Till.id == till_id) if till_id else Shop.area.in_(access.covered_areas(person, "clerk"))
    handed = (Shift.next_clerk == person) & Shift.taken_at.is_null()
    left = (Shift.clerk == person) & Shift.closed_at.is_null() & (Shift.day < today)
    recent = Shift.day >= today - timedelta(days=LOOKS_BACK)
    return list(_shifts().where(where, recent, handed | left).order_by(Shift.day, Shift.id))


def _shifts() -> Any:
    clerk, next_clerk = Person.alias(), Person.alias()
    query = Shift.select(Shift, Till, Shop, clerk, next_clerk).join(Till).join(Shop)
    query = query.switch(Shift).join(clerk, on=(Shift.clerk == clerk.id))
    return query.switch(Shift).join(next_clerk, JOIN.LEFT_OUTER, on=(Shift.next_clerk == next_clerk.id))


def _numbers(shift: Shift) -> tuple[str | None, str | None]:
    """Return the first and last receipt number of a shift."""
    mine = (Receipt.till == shift.till_id) & (Receipt.sequence >= shift.first_sequence) & (Receipt.shift == shift.id)
    query = Receipt.select(Receipt.number).where(mine)
    first, last = (query.order_by(order).limit(1).scalar() for order in (Receipt.sequence, Receipt.sequence.desc()))
    return first, last
