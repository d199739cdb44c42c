"""Shifts 班次: a clerk's local day at a till, until it is signed off and frozen.

A shift begins with its first receipt. The till's row names the shift that sold last, and the statement that allots a
receipt's number also tests it: signing off takes the shift off the till, so what is under way meanwhile finds it gone.
What a shift sums up is additive: its receipts come in, and what it undid goes out, of whatever shift it was.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from peewee import fn

from points import db
from points.calendar import end_of, local_date, start_of
from points.errors import NotFound, ShiftClosed
from points.models.people import Person
from points.models.shop import Shift, Shop, Till

SAMPLE = 3
"""So many sorts of goods are counted when a shift is signed off."""

_COUNT = "UPDATE till SET sequence = sequence + 1 WHERE id = ? AND shift_id = ?"
_SOLD = (
    "SELECT COUNT(*), COALESCE(SUM(points), 0), COALESCE(SUM(cash_fen), 0) FROM receipt "
    "WHERE till_id = ? AND sequence >= ? AND shift_id = ?"
)
_UNDONE = (
    "SELECT COUNT(*), COALESCE(SUM(receipt.points), 0), COALESCE(SUM(receipt.cash_fen), 0) FROM receipt_undo "
    "JOIN receipt ON receipt.id = receipt_undo.receipt_id WHERE receipt_undo.shift_id = ?"
)
_REFUSED = "SELECT COUNT(*) FROM refusal WHERE till_id = ? AND clerk_id = ? AND recorded_at >= ? AND recorded_at < ?"
_TAKEN_OVER = (
    "SELECT COALESCE(SUM(taken_fen), 0) FROM shift "
    "WHERE till_id = ? AND next_clerk_id = ? AND taken_at >= ? AND taken_at < ?"
)
_CANDIDATES = """
    SELECT goods.id, goods.name, goods.unit, stock.on_hand, sold.goods_id
    FROM till JOIN goods ON goods.shop_id = till.shop_id JOIN stock ON stock.goods_id = goods.id
    LEFT JOIN (
        SELECT DISTINCT receipt_line.goods_id FROM receipt JOIN receipt_line ON receipt_line.receipt_id = receipt.id
        WHERE receipt.till_id = ? AND receipt.sequence >= ? AND receipt.shift_id = ?
    ) AS sold ON sold.goods_id = goods.id
    WHERE till.id = ? AND (sold.goods_id IS NOT NULL OR stock.on_hand > 0)
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a shift comes to; *points* and *cash_fen* less what it undid. *carried_fen* was taken over from others."""

    redemptions: int
    points: int
    cash_fen: int
    undone: int
    refused: int
    carried_fen: int

    @property
    def drawer_fen(self) -> int:
        """The cash that should lie in the drawer."""
        return self.cash_fen + self.carried_fen


@dataclass(frozen=True, slots=True)
class Sampled:
    """Goods to count, and how many of them the book says are on hand."""

    goods_id: int
    name: str
    unit: str
    expected: int


def count_receipt(till_id: int, shift_id: int) -> None:
    """Raise the number of the till's last receipt, if *shift_id* is the shift that sells there; the till is held."""
    db.require_transaction()
    db.execute(_COUNT, (till_id, shift_id))


def take_over(till_id: int, clerk: Person, *, now: datetime) -> int:
    """Let *clerk*'s shift of today be the one that sells at the till, and return it.

    Raises `ShiftClosed` when *clerk* signed off for today.
    """
    shift_id = serving(till_id, clerk, now=now)
    Till.update(shift_id=shift_id).where(Till.id == till_id).execute()
    return shift_id


def serving(till_id: int, clerk: Person, *, now: datetime) -> int:
    """Hold the till and return *clerk*'s open shift of today at it, a new one if need be.

    Raises `ShiftClosed` when *clerk* signed off for today, `NotFound` when the shop was closed meanwhile.
    """
    today = local_date(now)
    hold(till_id)
    mine = (Shift.till == till_id) & (Shift.clerk == clerk) & (Shift.day == today)
    shift = Shift.get_or_none(mine, Shift.closed_at.is_null())
    if shift is None:
        if Shift.select().where(mine, Shift.next_clerk.is_null()).exists():
            raise ShiftClosed()
        till = Till.select(Till, Shop).join(Shop).where(Till.id == till_id).get()
        if not till.shop.active:
            raise NotFound()
        shift = Shift.create(till=till_id, clerk=clerk, day=today, first_sequence=till.sequence + 1, opened_at=now)
    return int(shift.id)


def hold(till_id: int) -> None:
    """Hold a till until the transaction ends: its next receipt waits."""
    db.require_transaction()
    db.execute("UPDATE till SET sequence = sequence WHERE id = ?", (till_id,))


def find(till_id: int, clerk: Person, day: date) -> Shift | None:
    """Return *clerk*'s open shift of a day at a till, or None."""
    found: Shift | None = Shift.get_or_none(
        Shift.till == till_id, Shift.clerk == clerk, Shift.day == day, Shift.closed_at.is_null()
    )
    return found


def tally(till_id: int, clerk_id: int, day: date, shift: Shift | None, *, now: datetime) -> Tally:
    """Sum up what *shift*, or a day on which nothing was sold, comes to until *now*."""
    span = _span(till_id, clerk_id, day, now)
    sold = undone = (0, 0, 0)
    if shift is not None:
        sold = db.execute(_SOLD, (till_id, shift.first_sequence, shift.id)).fetchone()
        undone = db.execute(_UNDONE, (shift.id,)).fetchone()
    return Tally(
        redemptions=int(sold[0]),
        points=int(sold[1]) - int(undone[1]),
        cash_fen=int(sold[2]) - int(undone[2]),
        undone=int(undone[0]),
        refused=int(db.execute(_REFUSED, (till_id, clerk_id, *span)).fetchone()[0]),
        carried_fen=carried_fen(till_id, clerk_id, day, now=now),
    )


def carried_fen(till_id: int, clerk_id: int, day: date, *, now: datetime) -> int:
    """Add up the cash that a clerk took over at a till since the own last shift of that day, until *now*."""
    return int(db.execute(_TAKEN_OVER, (till_id, clerk_id, *_span(till_id, clerk_id, day, now))).fetchone()[0])


def sample(till_id: int, clerk_id: int, day: date, shift: Shift | None) -> list[Sampled]:
    """Choose what is to be counted: goods that the shift sold, else others of the shop; always the same ones."""
    where = (till_id, shift.first_sequence, shift.id) if shift else (till_id, 0, 0)
    rows = db.execute(_CANDIDATES, (*where, till_id)).fetchall()

    def rank(row: tuple[int, str, str, int, int | None]) -> tuple[bool, str]:
        seed = f"{till_id} {clerk_id} {day} {row[0]}"
        return row[4] is None, hashlib.sha256(seed.encode()).hexdigest()

    return [Sampled(*row[:4]) for row in sorted(rows, key=rank)[:SAMPLE]]


def _span(till_id: int, clerk_id: int, day: date, now: datetime) -> tuple[int, int]:
    """Return from when on what happened belongs to the shift that ends *now*, and the first moment after it."""
    mine = (Shift.till == till_id) & (Shift.clerk == clerk_id) & (Shift.day == day)
    begun = Shift.select(fn.MAX(Shift.closed_at)).where(mine, Shift.closed_at < now).scalar()
    return db.microseconds(begun or start_of(day)), db.microseconds(min(now, end_of(day))) + 1
