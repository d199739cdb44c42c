"""Signing off a shift 日结, and handing it over: counted by the clerk, frozen, and counted again by the next one.

Whoever signs holds the till first. So a redemption under way is either in the sum, or finds its shift gone from the
till and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from points import access, cards, shifts
from points.calendar import local_date
from points.errors import (
    N_,
    AlreadyDone,
    CountedFen,
    CountedPieces,
    HandoverToday,
    NotFound,
    NotTheNextClerk,
    SampleChanged,
)
from points.keys import verb
from points.models.people import Person
from points.models.shop import Shift, ShiftCount, Till
from points.texts import optional

MOST_FEN = 100_000_000
MOST_PIECES = 99_999
NOTE = 120


@verb("shift.sign_off")
def sign_off(
    *,
    key: str,
    actor: Person,
    now: datetime,
    till_id: int,
    counted_fen: int,
    counts: Mapping[int, int],
    note: str,
    next_clerk_id: int = 0,
    shift_id: int = 0,
) -> int:
    """Sign off *actor*'s shift of today at a till, or the earlier one *shift_id*; return its id.

    *counted_fen* is the cash found in the drawer, *counts* the pieces found of the goods that `shifts.sample` chose.
    Without *next_clerk_id* the clerk's day at this till is over: nothing more is redeemed or undone. With one the shift
    waits for that clerk's signature. A day on which nothing was sold may be signed off too. Raises `AlreadyDone`,
    `SampleChanged`, `CountedFen`, `CountedPieces`, `HandoverToday`, `NotTheNextClerk`.
    """
    today = local_date(now)
    if not shift_id:
        cards.till_of(actor, till_id, now=now)
    shifts.hold(till_id)
    shift = (
        Shift.get_or_none(Shift.id == shift_id, Shift.till == till_id, Shift.clerk == actor)
        if shift_id
        else shifts.find(till_id, actor, today)
    )
    if shift_id and shift is None:
        raise NotFound()
    done = Shift.select().where(Shift.till == till_id, Shift.clerk == actor, Shift.day == today)
    if shift.closed_at if shift else done.exists():
        raise AlreadyDone()
    day = shift.day if shift else today
    if next_clerk_id:
        _require_next(actor, till_id, next_clerk_id)
        if day != today:
            raise HandoverToday()
    sampled = shifts.sample(till_id, actor.id, day, shift)
    _require_counts(counted_fen, counts, [one.goods_id for one in sampled])
    sums = shifts.tally(till_id, actor.id, day, shift, now=now)
    if shift is None:
        sequence = Till.get_by_id(till_id).sequence + 1
        shift = Shift.create(till=till_id, clerk=actor, day=day, first_sequence=sequence, opened_at=now)
    Shift.update(
        closed_at=now,
        redemptions=sums.redemptions,
        points=sums.points,
        cash_fen=sums.cash_fen,
        undone=sums.undone,
        refused=sums.refused,
        counted_fen=counted_fen,
        note=optional(note, N_("备注"), NOTE),
        next_clerk=next_clerk_id or None,
    ).where(Shift.id == shift.id).execute()
    Till.update(shift_id=None).where(Till.id == till_id, Till.shift_id == shift.id).execute()
    for one in sampled:
        ShiftCount.create(shift=shift, goods_id=one.goods_id, expected=one.expected, counted=counts[one.goods_id])
    return int(shift.id)


@verb("shift.take_over")
def take_over(
    *, key: str, actor: Person, now: datetime, shift_id: int, counted_fen: int, counts: Mapping[int, int], note: str
) -> int:
    """Sign, as the clerk to whom it was handed over, for what *actor* found; once. Return the shift's id.

    Differences are kept, not argued. Raises `AlreadyDone`, `CountedFen`, `CountedPieces`.
    """
    shift = Shift.select(Shift, Till).join(Till).where(Shift.id == shift_id, Shift.next_clerk == actor).get_or_none()
    if shift is None:
        raise NotFound()
    cards.till_of(actor, shift.till_id, now=now)
    listed = [count.goods_id for count in ShiftCount.select().where(ShiftCount.shift == shift_id)]
    _require_counts(counted_fen, counts, listed)
    signed = Shift.update(taken_at=now, taken_fen=counted_fen, taken_note=optional(note, N_("备注"), NOTE))
    if not signed.where(Shift.id == shift_id, Shift.taken_at.is_null()).execute():
        raise AlreadyDone()
    for goods_id in listed:
        of_goods = (ShiftCount.shift == shift_id) & (ShiftCount.goods_id == goods_id)
        ShiftCount.update(recounted=counts[goods_id]).where(of_goods).execute()
    return shift_id


def _require_next(actor: Person, till_id: int, next_clerk_id: int) -> None:
    """Raise `NotTheNextClerk` unless it is another clerk of the shop, in office."""
    shop = Till.get_by_id(till_id).shop
    if next_clerk_id == actor.id or not access.holds(Person(id=next_clerk_id), ["clerk"], shop.area_id):
        raise NotTheNextClerk()


def _require_counts(counted_fen: int, counts: Mapping[int, int], wanted: list[int]) -> None:
    if not 0 <= counted_fen <= MOST_FEN:
        raise CountedFen(most=MOST_FEN // 100)
    if not set(wanted) <= set(counts):
        raise SampleChanged()
    if not all(0 <= counts[goods_id] <= MOST_PIECES for goods_id in wanted):
        raise CountedPieces(most=MOST_PIECES)
