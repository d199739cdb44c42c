"""Shifts 班次: a clerk's local day at a till, until it is signed off and frozen.

A shift begins with its first receipt. The till's row names the shift that sold last, and the statement that allots a
receipt's number also tests it: signing off takes the shift off the till, so what is under way meanwhile finds it gone.
"""

from __future__ import annotations

from datetime import datetime

from points import db
from points.calendar import local_date
from points.cards import AtTill
from points.errors import ShiftClosed
from points.models.people import Person
from points.models.shop import Shift, Till

_NEXT = "UPDATE till SET sequence = sequence + 1 WHERE id = ? AND shift_id = ? RETURNING sequence"


def next_number(till: AtTill, clerk: Person, *, now: datetime) -> tuple[int, int]:
    """Allot the till's next receipt number to *clerk*'s shift of today; return the number and the shift's id.

    Raises `ShiftClosed` when *clerk* signed off for today.
    """
    db.require_transaction()
    if till.shift_id:
        row = db.execute(_NEXT, (till.id, till.shift_id)).fetchone()
        if row is not None:
            return int(row[0]), till.shift_id
    return _take_over(till.id, clerk, now=now)


def _take_over(till_id: int, clerk: Person, *, now: datetime) -> tuple[int, int]:
    """Make *clerk*'s open shift of today, a new one if need be, the one that sells at the till."""
    today = local_date(now)
    hold(till_id)
    number = Till.get_by_id(till_id).sequence + 1
    mine = (Shift.till == till_id) & (Shift.clerk == clerk) & (Shift.day == today)
    shift = Shift.get_or_none(mine, Shift.closed_at.is_null())
    if shift is None:
        if Shift.select().where(mine, Shift.next_clerk.is_null()).exists():
            raise ShiftClosed()
        shift = Shift.create(till=till_id, clerk=clerk, day=today, first_sequence=number, opened_at=now)
    Till.update(sequence=number, shift_id=shift.id).where(Till.id == till_id).execute()
    return number, int(shift.id)


def hold(till_id: int) -> None:
    """Hold a till until the transaction ends: its next receipt waits."""
    db.require_transaction()
    db.execute("UPDATE till SET sequence = sequence WHERE id = ?", (till_id,))
