"""Shifts: what a clerk signs off is what was sold, nothing more is sold afterwards, and the next one counts again."""

from __future__ import annotations

from typing import Any

import pytest

from points import codes, shifts
from points.errors import (
    AlreadyDone,
    CountedFen,
    CountedPieces,
    HandoverToday,
    NotAllowed,
    NotFound,
    NotTheNextClerk,
    OutOfStock,
    SampleChanged,
    ShiftClosed,
)
from points.models.people import Person
from points.models.receipt import Receipt, ReceiptUndo
from points.models.shop import Shift, ShiftCount, Shop, Till
from points.services import redemption, shift
from tests.world import PaperCard, World


@pytest.fixture
def paper(world: World) -> PaperCard:
    """A card of a household with 500 points."""
    world.give_points(world.households[0], 500)
    return world.card(world.villager())


def sell(world: World, paper: PaperCard, name: str = "大米5kg", count: int = 1, *, by: Person | None = None) -> int:
    price = {"大米5kg": 30, "洗衣液2kg": 20, "食盐400g": 2}[name]
    return redemption.redeem(
        **world.by(by or world.clerk),
        till_id=world.till,
        card=paper.code,
        collector_id=paper.person.id,
        pin=paper.pin,
        basket=[[world.goods[name], count, price]],
    )


def counted(world: World, by: Person | None = None, shift_id: int = 0, **changed: int) -> dict[int, int]:
    """What lies there: as many as the book says."""
    mine = Shift.get_or_none(Shift.id == shift_id) or shifts.find(world.till, by or world.clerk, world.today)
    day = mine.day if mine else world.today
    return {one.goods_id: one.expected for one in shifts.sample(world.till, (by or world.clerk).id, day, mine)}


def sign(world: World, by: Person | None = None, **given: Any) -> Shift:
    by = by or world.clerk
    filled = {"counted_fen": 0, "counts": counted(world, by, given.get("shift_id", 0)), "note": "", **given}
    return Shift.get_by_id(shift.sign_off(**world.by(by), till_id=world.till, **filled))


def sell_for_cash(world: World, by: Person | None = None) -> int:
    """Sell a bag of rice to a household that has 25 points: five are paid as 5 yuan."""
    Shop.update(takes_cash=True).where(Shop.id == world.shop).execute()
    world.give_points(world.households[2], 25)
    paper = world.card(world.villager(2))
    return redemption.redeem(
        **world.by(by or world.clerk),
        till_id=world.till,
        card=paper.code,
        collector_id=paper.person.id,
        pin=paper.pin,
        basket=[[world.rice, 1, 30]],
        cash_fen=500,
    )


def undo(world: World, receipt_id: int, by: Person | None = None) -> int:
    code = codes.receipt_code(receipt_id)
    return redemption.undo(**world.by(by or world.clerk), receipt_id=receipt_id, reason="拿错了", code=code)


def test_what_is_signed_is_what_the_shift_sold(world: World, paper: PaperCard) -> None:
    first = sell(world, paper, "洗衣液2kg", 2)
    sell(world, paper)
    sell_for_cash(world)
    with pytest.raises(OutOfStock):
        sell(world, paper, count=99)
    undo(world, first)
    signed = sign(world, counted_fen=480, note="少了两角")
    assert (signed.redemptions, signed.points, signed.cash_fen, signed.undone, signed.refused) == (3, 55, 500, 1, 1)
    assert (signed.counted_fen, signed.note, signed.closed_at) == (480, "少了两角", world.now)


def test_what_another_shift_paid_back_is_not_missing_from_this_one(world: World, paper: PaperCard) -> None:
    receipt = sell_for_cash(world)
    other = world.appoint("clerk", world.village, "何店员")
    undo(world, receipt, other)
    mine, theirs = sign(world), sign(world, other)
    assert (mine.redemptions, mine.points, mine.cash_fen, mine.undone) == (1, 25, 500, 0)
    assert (theirs.redemptions, theirs.points, theirs.cash_fen, theirs.undone) == (0, -25, -500, 1)


def test_after_signing_nothing_more_is_sold_that_day(world: World, paper: PaperCard) -> None:
    receipt = sell(world, paper)
    sign(world)
    assert Till.get_by_id(world.till).shift_id is None
    for action in (lambda: sell(world, paper), lambda: undo(world, receipt)):
        with pytest.raises(ShiftClosed):
            action()
    assert (Receipt.select().count(), ReceiptUndo.select().count()) == (1, 0)
    world.wait(days=1)
    sell(world, paper)
    assert Shift.select().count() == 2


def test_a_shift_is_signed_once_and_a_retry_finds_the_same(world: World, paper: PaperCard) -> None:
    sell(world, paper)
    given = world.by(world.clerk) | {"till_id": world.till, "counted_fen": 0, "counts": counted(world), "note": ""}
    signed = shift.sign_off(**given)
    assert shift.sign_off(**given) == signed
    for again in ({}, {"shift_id": signed}):
        with pytest.raises(AlreadyDone):
            shift.sign_off(**(given | {"key": world.key()} | again))


def test_a_day_without_a_receipt_is_signed_too(world: World, paper: PaperCard) -> None:
    signed = sign(world)
    assert (signed.redemptions, signed.points, signed.cash_fen, signed.undone, signed.refused) == (0, 0, 0, 0, 0)
    with pytest.raises(ShiftClosed):
        sell(world, paper)
    with pytest.raises(AlreadyDone):
        sign(world)


def test_three_goods_are_counted_those_sold_first_and_always_the_same(world: World, paper: PaperCard) -> None:
    for name in ("香皂", "毛巾", "牙膏"):
        world.add_goods(name, "块", "日化", 3)
    sell(world, paper)
    sell(world, paper, "食盐400g", 4)
    chosen = counted(world)
    assert len(chosen) == shifts.SAMPLE
    assert list(chosen.items())[:2] == sorted(
        [(world.rice, 9), (world.goods["食盐400g"], 6)], key=list(chosen.items()).index
    )
    assert counted(world) == chosen
    signed = sign(world, counts=chosen | {world.rice: 7})
    rows = {row.goods_id: (row.expected, row.counted) for row in ShiftCount.select().where(ShiftCount.shift == signed)}
    assert rows == {goods: (count, 7 if goods == world.rice else count) for goods, count in chosen.items()}


def test_counts_of_other_goods_or_no_number_are_refused(world: World, paper: PaperCard) -> None:
    sell(world, paper)
    right = counted(world)
    with pytest.raises(SampleChanged):
        sign(world, counts={})
    with pytest.raises(CountedPieces):
        sign(world, counts=right | {world.rice: -1})
    for fen in (-1, shift.MOST_FEN + 1):
        with pytest.raises(CountedFen):
            sign(world, counted_fen=fen)
    assert Shift.get().closed_at is None


def test_handing_over_waits_for_the_next_clerk_who_counts_too(world: World, paper: PaperCard) -> None:
    other = world.appoint("clerk", world.village, "何店员")
    sell_for_cash(world)
    handed = sign(world, counted_fen=500, next_clerk_id=other.id)
    assert handed.taken_at is None
    sell(world, paper, by=other)
    counts = {row.goods_id: row.counted for row in handed.counts} | {world.rice: 8}
    given = world.by(other) | {"shift_id": handed.id, "counted_fen": 450, "counts": counts, "note": "少五角"}
    assert shift.take_over(**given) == shift.take_over(**given) == handed.id
    taken = Shift.get_by_id(handed.id)
    assert (taken.taken_at, taken.taken_fen, taken.taken_note, taken.counted_fen) == (world.now, 450, "少五角", 500)
    assert {row.recounted for row in taken.counts if row.goods_id == world.rice} == {8}
    with pytest.raises(AlreadyDone):
        shift.take_over(**(given | {"key": world.key()}))
    world.wait(hours=1)
    shifted = shifts.find(world.till, other, world.today)
    assert shifts.tally(world.till, other.id, world.today, shifted, now=world.now).drawer_fen == 450


def test_who_handed_over_may_come_back_the_same_day(world: World, paper: PaperCard) -> None:
    other = world.appoint("clerk", world.village, "何店员")
    sell(world, paper)
    with pytest.raises(OutOfStock):
        sell(world, paper, count=99)
    world.wait(minutes=1)
    sign(world, next_clerk_id=other.id)
    with pytest.raises(AlreadyDone):
        sign(world)
    world.wait(minutes=1)
    sell(world, paper, "食盐400g")
    second = sign(world)
    assert (second.redemptions, second.points, second.refused) == (1, 2, 0)
    with pytest.raises(ShiftClosed):
        sell(world, paper, "食盐400g")


def test_only_the_one_it_was_handed_to_signs_and_only_another_clerk_of_the_shop_takes_over(world: World) -> None:
    other = world.appoint("clerk", world.village, "何店员")
    for wrong in (world.clerk, world.other_clerk, world.committee[0], world.villager()):
        with pytest.raises(NotTheNextClerk):
            sign(world, next_clerk_id=wrong.id)
    handed = sign(world, next_clerk_id=other.id)
    counts = {row.goods_id: row.counted for row in handed.counts}
    for stranger in (world.clerk, world.other_clerk, world.committee[0]):
        with pytest.raises(NotFound):
            shift.take_over(**world.by(stranger), shift_id=handed.id, counted_fen=0, counts=counts, note="")


def test_an_earlier_day_is_signed_later_but_not_handed_over(world: World, paper: PaperCard) -> None:
    other = world.appoint("clerk", world.village, "何店员")
    sell(world, paper)
    [open_] = Shift.select()
    world.wait(days=2)
    sell(world, paper, "食盐400g")
    with pytest.raises(HandoverToday):
        sign(world, shift_id=open_.id, next_clerk_id=other.id)
    signed = sign(world, shift_id=open_.id)
    assert (signed.points, signed.closed_at) == (30, world.now)
    sell(world, paper, "食盐400g")
    assert sign(world).points == 4


def test_own_shifts_at_tills_of_the_own_shop_only(world: World, paper: PaperCard) -> None:
    sell(world, paper)
    mine = Shift.get().id
    other = world.appoint("clerk", world.village, "何店员")
    for person, refusal in (
        (world.other_clerk, NotFound),
        (world.committee[0], NotAllowed),
        (world.villager(), NotFound),
    ):
        with pytest.raises(refusal):
            sign(world, person)
    with pytest.raises(NotFound):
        sign(world, other, shift_id=mine)
