"""A stocktake: counted while the shop goes on selling, by two at most, approved by a third; then the shelf follows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from points import db, stock
from points.errors import (
    CountBreaksReserved,
    CountedByTwo,
    CountRange,
    Missing,
    NotAllCounted,
    NotAllowed,
    NotFound,
    NothingToCount,
    SamePerson,
    StocktakeOpen,
    StocktakeOver,
)
from points.models.goods import Goods
from points.models.people import Person
from points.models.stock import Stock, StockBatch, StockMovement, Stocktake, StocktakeLine
from points.services import shop, stocktake
from tests.tools import statements
from tests.world import World

JUNE = date(2027, 6, 1)


def start(world: World, by: Person | None = None, **given: Any) -> int:
    return stocktake.start(**world.by(by or world.clerk), **({"shop_id": world.shop} | given))


def count(world: World, id_: int, counts: dict[int, int], by: Person | None = None) -> int:
    return stocktake.count(**world.by(by or world.clerk), stocktake_id=id_, counts=counts)


def finish(world: World, id_: int, by: Person | None = None, *, skip: bool = False) -> int:
    return stocktake.finish(**world.by(by or world.clerk), stocktake_id=id_, skip=skip)


def approve(world: World, id_: int, by: Person | None = None) -> int:
    return stocktake.approve(**world.by(by or world.committee[0]), stocktake_id=id_)


def drop(world: World, id_: int, by: Person, reason: str = "重盘") -> int:
    return stocktake.drop(**world.by(by), stocktake_id=id_, reason=reason)


def counted(world: World, **counts: int) -> int:
    """Count everything as it is, but for *counts* by the goods' place in the world: ``first=9``."""
    id_ = start(world)
    count(world, id_, dict.fromkeys(world.goods.values(), 10) | by_name(world, counts))
    return finish(world, id_)


def by_name(world: World, counts: dict[str, int]) -> dict[int, int]:
    names = {"rice": "大米5kg", "soap": "洗衣液2kg", "salt": "食盐400g"}
    return {world.goods[names[name]]: pieces for name, pieces in counts.items()}


def line(id_: int, goods_id: int) -> tuple[int | None, int | None]:
    found = StocktakeLine.get(StocktakeLine.stocktake == id_, StocktakeLine.goods == goods_id)
    return found.counted, found.expected


def on_hand(goods_id: int) -> int:
    return Stock.get_by_id(goods_id).on_hand


def sell(world: World, goods_id: int, pieces: int) -> None:
    """Let pieces leave the shelf as by a receipt."""
    with db.transaction():
        at = {"cause_type": "test", "cause_id": 1, "actor_id": world.clerk.id, "now": world.now}
        stock.remember(stock.take({goods_id: pieces}), kind="redeem", **at)


def test_the_shelf_follows_what_was_counted_and_each_difference_is_a_movement(world: World) -> None:
    id_ = counted(world, rice=7, salt=12)
    assert [on_hand(goods_id) for goods_id in world.goods.values()] == [10, 10, 10]
    approve(world, id_)
    assert [on_hand(goods_id) for goods_id in world.goods.values()] == [7, 10, 12]
    moves = StockMovement.select().where(StockMovement.cause_type == "stocktake", StockMovement.cause_id == id_)
    changed = [(one.goods_id, one.kind, one.change, one.actor_id) for one in moves.order_by(StockMovement.id)]
    salt = world.goods["食盐400g"]
    assert changed == [(world.rice, "count", -3, world.committee[0].id), (salt, "count", 2, world.committee[0].id)]
    assert stock.audit() == []


def test_what_is_missing_leaves_the_batch_that_spoils_first_and_what_was_found_is_like_the_newest(world: World) -> None:
    salt = world.goods["食盐400g"]
    world.receive(world.rice, 2, cost_fen=700, best_before=JUNE)
    world.receive(salt, 2, cost_fen=700, best_before=JUNE)
    id_ = start(world, goods_ids=[world.rice, salt])
    count(world, id_, {world.rice: 9, salt: 15})
    approve(world, finish(world, id_))
    batches = {
        goods_id: [(one.remaining, one.cost_fen, one.best_before) for one in rows.order_by(StockBatch.id)]
        for goods_id in (world.rice, salt)
        if (rows := StockBatch.select().where(StockBatch.goods == goods_id))
    }
    assert batches[world.rice] == [(9, 500, None), (0, 700, JUNE)]
    assert batches[salt] == [(10, 500, None), (2, 700, JUNE), (3, 700, JUNE)]
    assert stock.audit() == []


def test_goods_that_never_came_get_their_own_cost(world: World) -> None:
    tea = world.add_goods("茶叶", "袋", "其他", 9, quantity=0)
    Goods.update(cost_fen=1_234).where(Goods.id == tea).execute()
    id_ = start(world, goods_ids=[tea])
    count(world, id_, {tea: 4})
    approve(world, finish(world, id_))
    assert (StockBatch.get(StockBatch.goods == tea).cost_fen, on_hand(tea)) == (1_234, 4)


def test_what_is_sold_before_or_after_counting_falsifies_nothing(world: World) -> None:
    id_ = start(world, goods_ids=[world.rice])
    sell(world, world.rice, 2)
    count(world, id_, {world.rice: 7})  # eight should lie there: one is missing
    assert line(id_, world.rice) == (7, 8)
    sell(world, world.rice, 3)
    approve(world, finish(world, id_))
    assert on_hand(world.rice) == 4


def test_counting_again_replaces_the_count_and_leaves_the_others(world: World) -> None:
    id_ = start(world)
    salt = world.goods["食盐400g"]
    count(world, id_, {world.rice: 3, salt: 10})
    for goods_id in (salt, world.rice):
        sell(world, goods_id, 1)
    count(world, id_, {world.rice: 9})
    assert (line(id_, world.rice), line(id_, salt)) == ((9, 9), (10, 10))


def test_everything_on_the_list_or_on_the_shelf_is_counted_and_nothing_else(world: World) -> None:
    empty = world.add_goods("毛巾", "条", "日化", 5, quantity=0)
    hidden = world.add_goods("旧毛巾", "条", "日化", 5, quantity=0)
    left = world.add_goods("旧脸盆", "个", "日化", 5, quantity=1)
    Goods.update(hidden=True).where(Goods.id.in_([hidden, left])).execute()
    id_ = start(world)
    lines = {one.goods_id for one in StocktakeLine.select().where(StocktakeLine.stocktake == id_)}
    assert lines == {*world.goods.values(), empty, left}


def test_some_goods_alone_can_be_counted_and_only_those_of_the_shop(world: World) -> None:
    id_ = start(world, goods_ids=[world.rice, world.rice])
    assert StocktakeLine.select().where(StocktakeLine.stocktake == id_).count() == 1
    with pytest.raises(NotFound):
        count(world, id_, {world.goods["食盐400g"]: 10})
    drop(world, id_, world.clerk)
    second = shop.open_shop(**world.by(world.committee[0]), area_id=world.village, code="SQ2", name="二店", hours="")
    with pytest.raises(NotFound):
        start(world, shop_id=second, goods_ids=[world.rice])
    for ids in ([], None):
        with pytest.raises(NothingToCount):
            start(world, shop_id=second, goods_ids=ids)


def test_one_is_under_way_in_a_shop_until_it_is_approved_or_dropped(world: World) -> None:
    id_ = counted(world)
    with pytest.raises(StocktakeOpen):
        start(world)
    approve(world, id_)
    drop(world, start(world), world.clerk)
    start(world)
    assert Stocktake.select().where(Stocktake.state == "counting").count() == 1


def test_nobody_approves_what_they_began_or_counted(world: World) -> None:
    id_ = start(world, world.committee[0])
    count(world, id_, dict.fromkeys(world.goods.values(), 9), world.committee[1])
    finish(world, id_, world.committee[0])
    for person in world.committee:
        for deed in (approve, drop):
            with pytest.raises(SamePerson):
                deed(world, id_, person)
    approve(world, id_, world.supervisor)
    assert on_hand(world.rice) == 9


def test_a_third_person_neither_counts_nor_finishes(world: World) -> None:
    id_ = start(world)
    count(world, id_, {world.rice: 9}, world.committee[0])
    for deed in (lambda who: count(world, id_, {world.rice: 10}, who), lambda who: finish(world, id_, who, skip=True)):
        with pytest.raises(CountedByTwo) as refused:
            deed(world.committee[1])
        assert refused.value.values == {"first": "钱店员", "second": "田主任"}
    count(world, id_, {world.rice: 8})  # who began still may
    assert Stocktake.get_by_id(finish(world, id_, skip=True)).counted_by_id == world.committee[0].id
    approve(world, id_, world.committee[1])


def test_all_is_counted_or_left_out_on_purpose(world: World) -> None:
    id_ = start(world)
    with pytest.raises(NothingToCount):
        finish(world, id_, skip=True)
    count(world, id_, {world.rice: 9})
    with pytest.raises(NotAllCounted) as refused:
        finish(world, id_)
    assert refused.value.values == {"n": 2}
    finish(world, id_, skip=True)
    approve(world, id_)
    assert [on_hand(goods_id) for goods_id in world.goods.values()] == [9, 10, 10]


def test_a_count_is_a_number_of_pieces(world: World) -> None:
    id_ = start(world)
    for wrong in (-1, 100_001):
        with pytest.raises(CountRange):
            count(world, id_, {world.rice: wrong})
    count(world, id_, {world.rice: 0})
    assert line(id_, world.rice) == (0, 10)


def test_what_is_reserved_is_not_taken_away_and_the_goods_are_named(world: World) -> None:
    with db.transaction():
        stock.reserve({world.rice: 8, world.goods["食盐400g"]: 9})
    id_ = counted(world, rice=5, salt=5)
    with pytest.raises(CountBreaksReserved) as refused:
        approve(world, id_)
    assert refused.value.values == {"goods": "大米5kg、食盐400g"}
    assert (Stocktake.get_by_id(id_).state, on_hand(world.rice)) == ("counted", 10)
    with db.transaction():
        stock.release({world.rice: 8, world.goods["食盐400g"]: 9})
    approve(world, id_)
    assert on_hand(world.rice) == 5


def test_each_step_is_taken_once(world: World) -> None:
    id_ = counted(world, rice=8)
    for deed in (lambda: count(world, id_, {world.rice: 10}), lambda: finish(world, id_)):
        with pytest.raises(StocktakeOver):
            deed()
    by = world.by(world.committee[0])
    for _ in range(2):
        stocktake.approve(**by, stocktake_id=id_)
    assert on_hand(world.rice) == 8
    with pytest.raises(StocktakeOver):
        approve(world, id_, world.committee[1])
    with pytest.raises(StocktakeOver):
        drop(world, id_, world.committee[1])
    assert on_hand(world.rice) == 8


def test_dropping_needs_a_reason_and_changes_nothing_on_the_shelf(world: World) -> None:
    id_ = counted(world, rice=1)
    with pytest.raises(Missing):
        drop(world, id_, world.committee[0], " ")
    with pytest.raises(NotAllowed):
        drop(world, id_, world.appoint("clerk", world.village, "新店员"))
    drop(world, id_, world.committee[0], "数错一排")
    assert (Stocktake.get_by_id(id_).state, Stocktake.get_by_id(id_).note) == ("dropped", "数错一排")
    assert on_hand(world.rice) == 10


def test_only_the_shops_own_staff_count_and_only_committee_and_supervisors_approve(world: World) -> None:
    with pytest.raises(NotAllowed):
        start(world, world.recorder)
    with pytest.raises(NotFound):
        start(world, world.other_clerk)
    id_ = start(world)
    with pytest.raises(NotAllowed):
        count(world, id_, {world.rice: 1}, world.supervisor)
    with pytest.raises(NotFound):
        count(world, id_, {world.rice: 1}, world.other_clerk)
    finish(world, count(world, id_, {world.rice: 1}), skip=True)
    with pytest.raises(NotAllowed):
        approve(world, id_, world.appoint("clerk", world.village, "新店员"))
    with pytest.raises(NotFound):
        approve(world, id_, world.other_committee)


def test_many_goods_take_as_many_statements_as_one(world: World) -> None:
    many = [world.add_goods(f"商品{n}", "个", "其他", 5) for n in range(40)]

    def of(ids: list[int]) -> int:
        def whole() -> None:
            id_ = start(world, goods_ids=ids)
            count(world, id_, {goods_id: 9 + n % 3 for n, goods_id in enumerate(ids)})
            approve(world, finish(world, id_))

        return statements(whole)

    assert of(list(world.goods.values())) == of(many)
    assert stock.audit() == []
