"""The shelf: what spoils first goes first, what is reserved stays, and every row can be recomputed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from peewee import PeeweeException

from points import db, stock
from points.errors import BatchTooSmall, GoodsSpoilt, OutOfStock
from points.models.stock import Stock, StockBatch, StockMovement
from points.stock import Batch, Moved
from tests.world import World

MAY, JUNE = date(2027, 5, 1), date(2027, 6, 1)


class Shelf:
    """The world's rice, its first ten pieces gone; each deed in a transaction of its own, and remembered."""

    def __init__(self, world: World) -> None:
        self.world, self.goods = world, world.rice
        self.take(10)

    def fill(self, *batches: tuple[int, date | None]) -> list[int]:
        """Put batches of (pieces, best before) on the shelf; return their ids."""
        with db.transaction():
            moved = stock.add_all([Batch(self.goods, pieces, 100, day) for pieces, day in batches])
            return [one.batch_id for one in self.remember(moved, "receive")]

    def take(self, pieces: int, *, reserved: bool = False) -> list[Moved]:
        with db.transaction():
            return self.remember(stock.take({self.goods: pieces}, reserved=reserved), "redeem")

    def give_back(self, moved: list[Moved]) -> list[Moved]:
        with db.transaction():
            return self.remember(stock.give_back(moved), "undo")

    def remember(self, moved: list[Moved], kind: str) -> list[Moved]:
        at = {"cause_type": "test", "cause_id": 1, "actor_id": self.world.clerk.id, "now": self.world.now}
        stock.remember(moved, kind=kind, **at)
        return moved

    def left(self) -> list[int]:
        """How many are left of each batch but the first."""
        rows = StockBatch.select().where(StockBatch.goods == self.goods).order_by(StockBatch.id)
        return [batch.remaining for batch in rows][1:]

    @property
    def row(self) -> tuple[int, int]:
        """On hand and reserved."""
        found = Stock.get_by_id(self.goods)
        return found.on_hand, found.reserved


@pytest.fixture
def shelf(world: World) -> Shelf:
    return Shelf(world)


def test_what_spoils_first_goes_first_and_what_has_no_day_goes_last(shelf: Shelf) -> None:
    shelf.fill((3, None), (3, JUNE), (3, MAY))
    for pieces, left in ((2, [3, 3, 1]), (3, [3, 1, 0]), (2, [2, 0, 0])):
        shelf.take(pieces)
        assert shelf.left() == left
    assert stock.audit() == []


def test_pieces_of_one_day_go_in_the_order_in_which_they_came(shelf: Shelf) -> None:
    shelf.fill((3, MAY), (3, MAY))
    shelf.take(4)
    assert shelf.left() == [0, 2]


def test_what_was_taken_goes_back_into_the_same_batches(shelf: Shelf) -> None:
    shelf.fill((3, JUNE), (3, MAY))
    taken = shelf.take(5)
    assert [(one.change, one.on_hand_after) for one in taken] == [(-3, 3), (-2, 1)]
    back = shelf.give_back(taken)
    assert {one.batch_id: one.change for one in back} == {one.batch_id: -one.change for one in taken}
    assert shelf.left() == [3, 3]
    assert stock.audit() == []


def test_batches_that_come_together_say_how_many_there_are_after_each(shelf: Shelf) -> None:
    with db.transaction():
        moved = stock.add_all([Batch(shelf.goods, 2, 100), Batch(shelf.world.goods["食盐400g"], 4, 100, MAY)])
        moved += stock.add_all([Batch(shelf.goods, 3, 100, MAY), Batch(shelf.goods, 1, 90, MAY)])
        shelf.remember(moved, "receive")
    assert [(one.change, one.on_hand_after) for one in moved] == [(2, 2), (4, 14), (3, 5), (1, 6)]
    kept = StockBatch.get_by_id(moved[3].batch_id)
    assert (kept.best_before, kept.cost_fen, kept.remaining) == (MAY, 90, 1)
    assert stock.audit() == []


def test_one_batch_can_be_named_and_gives_no_more_than_it_has(shelf: Shelf) -> None:
    spoilt, fresh = shelf.fill((3, MAY), (3, JUNE))
    with db.transaction():
        shelf.remember(stock.take_from(shelf.goods, fresh, 2), "loss")
    assert shelf.left() == [3, 1]
    with pytest.raises(BatchTooSmall) as refused, db.transaction():
        stock.take_from(shelf.goods, fresh, 2)
    assert refused.value.values["left"] == 1
    other = shelf.world.goods["食盐400g"]
    with pytest.raises(BatchTooSmall), db.transaction():
        stock.take_from(other, spoilt, 1)  # another goods' batch
    assert (shelf.row, shelf.left()) == ((4, 0), [3, 1])
    assert stock.audit() == []


def test_what_is_reserved_is_not_available_and_can_be_released(shelf: Shelf) -> None:
    shelf.fill((5, None))
    with db.transaction():
        stock.reserve({shelf.goods: 4})
    for deed in (stock.take, stock.reserve):
        with pytest.raises(OutOfStock) as refused, db.transaction():
            deed({shelf.goods: 2})
        assert refused.value.values == {"goods": "大米5kg", "wanted": 2, "left": 1}
    shelf.take(3, reserved=True)
    assert shelf.row == (2, 1)
    with pytest.raises(OutOfStock), db.transaction():
        stock.take({shelf.goods: 2}, reserved=True)
    with db.transaction():
        stock.release({shelf.goods: 1})
    shelf.take(2)
    assert shelf.row == (0, 0)


def test_what_is_past_its_best_before_day_is_not_given_to_anyone(shelf: Shelf) -> None:
    shelf.fill((2, MAY), (1, JUNE), (1, None))
    with db.transaction():
        shelf.remember(stock.take({shelf.goods: 1}, good_on=MAY), "redeem")
    assert shelf.left() == [1, 1, 1]
    with db.transaction():
        shelf.remember(stock.take({shelf.goods: 1}, good_on=MAY + timedelta(days=1)), "redeem")
    assert shelf.left() == [1, 0, 1]
    with pytest.raises(GoodsSpoilt) as refused, db.transaction():
        stock.take({shelf.goods: 2}, good_on=JUNE)
    assert refused.value.values == {"goods": "大米5kg", "left": 1}
    shelf.take(2)  # lost
    assert shelf.row == (0, 0)


def test_what_is_past_its_best_before_day_is_not_reserved_either(shelf: Shelf) -> None:
    shelf.fill((2, MAY), (3, None))
    later = MAY + timedelta(days=1)
    with db.transaction():
        stock.reserve({shelf.goods: 1}, good_on=later)
    with pytest.raises(GoodsSpoilt) as refused, db.transaction():
        stock.reserve({shelf.goods: 3}, good_on=later)
    assert refused.value.values == {"goods": "大米5kg", "left": 2}
    with db.transaction():
        stock.reserve({shelf.goods: 2}, good_on=later)
    with pytest.raises(GoodsSpoilt), db.transaction():
        stock.reserve({shelf.goods: 1}, good_on=later)
    with db.transaction():
        stock.reserve({shelf.goods: 1}, good_on=MAY)
    assert shelf.row == (5, 4)


def test_too_few_of_one_leave_the_whole_basket(shelf: Shelf) -> None:
    salt = shelf.world.goods["食盐400g"]
    shelf.fill((1, None))
    with pytest.raises(OutOfStock), db.transaction():
        stock.take({salt: 2, shelf.goods: 2})
    assert (Stock.get_by_id(salt).on_hand, shelf.row) == (10, (1, 0))


def test_a_row_that_was_falsified_is_named(shelf: Shelf) -> None:
    [batch] = shelf.fill((5, MAY))
    assert stock.audit() == []
    Stock.update(on_hand=6, reserved=2).where(Stock.goods == shelf.goods).execute()
    assert sorted(stock.audit()) == [
        ("in batches", shelf.goods, 6, 5),
        ("on hand", shelf.goods, 6, 5),
        ("reserved", shelf.goods, 2, 0),
    ]
    Stock.update(on_hand=5, reserved=0).where(Stock.goods == shelf.goods).execute()
    StockBatch.update(remaining=4).where(StockBatch.id == batch).execute()
    assert sorted(stock.audit()) == [("batch", batch, 4, 5), ("in batches", shelf.goods, 5, 4)]


def test_a_movement_is_never_edited(shelf: Shelf) -> None:
    shelf.fill((5, MAY))
    with pytest.raises(PeeweeException, match="append-only"):
        StockMovement.update(change=6).where(StockMovement.goods == shelf.goods).execute()
