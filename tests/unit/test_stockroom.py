"""Deliveries, losses and goods brought to another shop: each on its paper, each piece with its day and cost."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from points import db, photos, stock
from points.errors import (
    BadCost,
    BadQuantity,
    BatchTooSmall,
    BestBeforePast,
    Missing,
    NotAllowed,
    NotFound,
    OutOfStock,
    PhotoNeeded,
    ReservedPieces,
    SameShop,
    TooManyLines,
    UnitDiffers,
)
from points.models.goods import Barcode, Goods, GoodsPrice
from points.models.photos import Photo
from points.models.stock import Loss, Receiving, Removal, Stock, StockBatch, StockMovement
from points.queries import shop as shop_reads
from points.services import goods, shop, stockroom
from tests.tools import statements
from tests.world import World

JUNE = date(2027, 6, 1)
PICTURE = photos.Picture(b"a JPEG", "0" * 64, 0, 1, 1)


def receive(world: World, *lines: tuple[int, int, int, date | None], **given: Any) -> int:
    by = given.pop("by", world.clerk)
    said = {"shop_id": world.shop, "kind": "purchase", "source": "县城批发部", "voucher": "发票 88", "note": ""}
    return stockroom.receive(**world.by(by), **(said | given), lines=list(lines or [(world.rice, 5, 2_650, JUNE)]))


def lose(world: World, quantity: int, **given: Any) -> int:
    by = given.pop("by", world.clerk)
    said = {"goods_id": world.rice, "reason": "受潮发霉", "pictures": [PICTURE]} | given
    return stockroom.lose(**world.by(by), quantity=quantity, **said)


def remove(world: World, to_shop_id: int, quantity: int, **given: Any) -> int:
    by = given.pop("by", world.clerk)
    said = {"goods_id": world.rice, "note": ""} | given
    return stockroom.remove(**world.by(by), to_shop_id=to_shop_id, quantity=quantity, **said)


def on_hand(goods_id: int) -> int:
    return Stock.get_by_id(goods_id).on_hand


def moved(cause: str, id_: int) -> list[tuple[Any, ...]]:
    row = StockMovement
    found = row.select(row.goods, row.kind, row.change, row.on_hand_after, row.note)
    return list(found.where(row.cause_type == cause, row.cause_id == id_).order_by(row.id).tuples())


@pytest.fixture
def second_shop(world: World) -> int:
    by = world.by(world.committee[0])
    return shop.open_shop(**by, area_id=world.village, code="SQ2", name="二店", hours="")


# --- deliveries -------------------------------------------------------------------------------------------------------


def test_a_purchase_puts_a_batch_on_the_shelf_for_each_line(world: World) -> None:
    salt = world.goods["食盐400g"]
    made = receive(world, (world.rice, 5, 2_650, JUNE), (salt, 20, 180, None), (world.rice, 2, 2_600, None))
    paper = Receiving.get_by_id(made)
    assert (paper.source, paper.voucher, paper.received_by_id) == ("县城批发部", "发票 88", world.clerk.id)
    batches = StockBatch.select().where(StockBatch.receiving == made).order_by(StockBatch.id)
    kept = [(one.goods_id, one.remaining, one.cost_fen, one.best_before) for one in batches]
    assert kept == [(world.rice, 5, 2_650, JUNE), (salt, 20, 180, None), (world.rice, 2, 2_600, None)]
    assert moved("receiving", made) == [
        (world.rice, "receive", 5, 15, "县城批发部"),
        (salt, "receive", 20, 30, "县城批发部"),
        (world.rice, "receive", 2, 17, "县城批发部"),
    ]
    assert stock.audit() == []


def test_a_retry_receives_once(world: World) -> None:
    by = world.by(world.clerk)
    said = {"shop_id": world.shop, "kind": "purchase", "source": "批发部", "voucher": "7", "note": ""}
    first, again = (stockroom.receive(**by, **said, lines=[(world.rice, 5, 100, JUNE)]) for _ in range(2))
    assert first == again
    assert on_hand(world.rice) == 15


def test_purchases_and_donations_of_a_shop_are_numbered_each_without_a_gap(world: World, second_shop: int) -> None:
    before = Receiving.select().where(Receiving.kind == "purchase").count()
    with pytest.raises(BadQuantity):
        receive(world, (world.rice, 0, 100, None))
    bought = [receive(world) for _ in range(2)]
    given = [receive(world, kind="donation", source="爱心企业", voucher="") for _ in range(2)]
    assert [Receiving.get_by_id(id_).number for id_ in bought] == [before + 1, before + 2]
    assert [Receiving.get_by_id(id_).number for id_ in given] == [1, 2]
    assert {row[1] for row in moved("receiving", given[0])} == {"donate"}
    tea = {"name": "毛巾", "unit": "条", "category": "日化", "price": 5}
    there = goods.add_goods(**world.by(world.clerk), shop_id=second_shop, **tea)
    first = receive(world, (there, 1, 100, None), shop_id=second_shop)
    assert Receiving.get_by_id(first).number == 1


def test_a_delivery_needs_a_source_a_voucher_goods_and_a_price(world: World) -> None:
    for wrong in ({"source": " "}, {"voucher": ""}):
        with pytest.raises(Missing):
            receive(world, **wrong)
    said = {"shop_id": world.shop, "kind": "purchase", "source": "批发部", "voucher": "7", "note": ""}
    with pytest.raises(Missing):
        stockroom.receive(**world.by(world.clerk), **said, lines=[])
    for quantity in (0, -3, 100_001):
        with pytest.raises(BadQuantity):
            receive(world, (world.rice, quantity, 100, None))
    for cost in (0, -1, 1_000_001):
        with pytest.raises(BadCost) as refused:
            receive(world, (world.rice, 1, cost, None))
        assert refused.value.values["goods"] == "大米5kg"
    with pytest.raises(TooManyLines):
        receive(world, *[(world.rice, 1, 100, None)] * 101)
    with pytest.raises(NotFound):
        receive(world, kind="theft")
    assert on_hand(world.rice) == 10


def test_what_has_spoilt_already_is_not_taken_in_and_what_lasts_through_today_is(world: World) -> None:
    with pytest.raises(BestBeforePast) as refused:
        receive(world, (world.rice, 1, 100, world.today - timedelta(days=1)))
    assert refused.value.values == {"goods": "大米5kg", "day": (world.today - timedelta(days=1)).isoformat()}
    receive(world, (world.rice, 1, 100, world.today))
    assert on_hand(world.rice) == 11


def test_goods_of_another_shop_do_not_come_along(world: World, second_shop: int) -> None:
    with pytest.raises(NotFound):
        receive(world, shop_id=second_shop)
    with pytest.raises(NotFound):
        receive(world, shop_id=999)
    assert on_hand(world.rice) == 10


def test_only_committee_and_clerks_of_the_shop_receive(world: World) -> None:
    with pytest.raises(NotAllowed):
        receive(world, by=world.recorder)
    for stranger in (world.other_clerk, world.villager()):
        with pytest.raises(NotFound):
            receive(world, by=stranger)


def test_the_photo_of_a_voucher_is_kept(world: World) -> None:
    made = receive(world, pictures=[PICTURE])
    assert Photo.get(Photo.subject_type == "receiving").subject_id == made


def test_a_hundred_lines_take_as_many_statements_as_two(world: World) -> None:
    line = (world.rice, 1, 100, None)
    assert statements(lambda: receive(world, *[line] * 2)) == statements(lambda: receive(world, *[line] * 100))


# --- losses -----------------------------------------------------------------------------------------------------------


def test_a_loss_takes_what_spoils_first_and_keeps_reason_and_photo(world: World) -> None:
    receive(world, (world.rice, 2, 100, JUNE))
    made = lose(world, 3)
    loss = Loss.get_by_id(made)
    assert (loss.goods_id, loss.quantity, loss.reason, loss.recorded_by_id) == (
        world.rice, 3, "受潮发霉", world.clerk.id,
    )  # fmt: skip
    assert moved("loss", made) == [
        (world.rice, "loss", -2, 10, "受潮发霉"),
        (world.rice, "loss", -1, 9, "受潮发霉"),
    ]
    assert Photo.get(Photo.subject_type == "loss").subject_id == made
    assert stock.audit() == []


def test_a_loss_of_one_batch_leaves_the_others(world: World) -> None:
    receive(world, (world.rice, 4, 100, JUNE))
    old = StockBatch.select().where(StockBatch.goods == world.rice).order_by(StockBatch.id).first()
    lose(world, 2, batch_id=old.id)
    assert (StockBatch.get_by_id(old.id).remaining, on_hand(world.rice)) == (8, 12)
    with pytest.raises(BatchTooSmall):
        lose(world, 9, batch_id=old.id)
    salt = StockBatch.get(StockBatch.goods == world.goods["食盐400g"])
    with pytest.raises(BatchTooSmall):
        lose(world, 1, batch_id=salt.id)


def test_a_loss_needs_a_reason_a_photo_and_pieces(world: World) -> None:
    with pytest.raises(Missing):
        lose(world, 1, reason="  ")
    with pytest.raises(PhotoNeeded):
        lose(world, 1, pictures=[])
    for quantity in (0, -1):
        with pytest.raises(BadQuantity):
            lose(world, quantity)
    with pytest.raises(OutOfStock):
        lose(world, 11)
    assert (on_hand(world.rice), Loss.select().count(), Photo.select().count()) == (10, 0, 0)


def test_what_is_reserved_cannot_be_lost_and_the_sentence_says_how_many(world: World) -> None:
    with db.transaction():
        stock.reserve({world.rice: 4})
    with pytest.raises(ReservedPieces) as refused:
        lose(world, 7)
    assert refused.value.values == {"goods": "大米5kg", "left": 6, "on_hand": 10, "reserved": 4}
    lose(world, 6)
    assert on_hand(world.rice) == 4


def test_only_committee_and_clerks_of_the_shop_write_off(world: World) -> None:
    with pytest.raises(NotAllowed):
        lose(world, 1, by=world.supervisor)
    with pytest.raises(NotFound):
        lose(world, 1, by=world.other_clerk)


# --- to another shop --------------------------------------------------------------------------------------------------


def test_goods_go_to_another_shop_with_their_day_and_cost_and_are_new_there(world: World, second_shop: int) -> None:
    rice = Goods.get_by_id(world.rice)
    Barcode.create(goods=rice, shop=world.shop, code="6901234567892")
    receive(world, (world.rice, 3, 2_650, JUNE))
    made = remove(world, second_shop, 5, note="二店缺货")
    there = Goods.get(Goods.shop == second_shop)
    assert (there.name, there.unit, there.category, there.price) == (rice.name, rice.unit, rice.category, rice.price)
    assert GoodsPrice.get(GoodsPrice.goods == there).price == rice.price
    assert Barcode.get(Barcode.goods == there).code == "6901234567892"
    batches = StockBatch.select().where(StockBatch.goods == there).order_by(StockBatch.id)
    assert [(one.remaining, one.cost_fen, one.best_before) for one in batches] == [(3, 2_650, JUNE), (2, 500, None)]
    assert moved("removal", made) == [
        (world.rice, "move_out", -3, 10, "二店缺货"),
        (world.rice, "move_out", -2, 8, "二店缺货"),
        (there.id, "move_in", 3, 3, "二店缺货"),
        (there.id, "move_in", 2, 5, "二店缺货"),
    ]
    assert stock.audit() == []
    again = Removal.get_by_id(remove(world, second_shop, 1))
    assert (again.source_id, again.target_id, on_hand(there.id)) == (world.rice, there.id, 6)
    remove(world, world.shop, 6, goods_id=there.id)
    assert (on_hand(there.id), on_hand(world.rice)) == (0, 13)
    assert stock.audit() == []


def test_a_new_picture_in_one_shop_leaves_the_other_its_own(world: World, second_shop: int) -> None:
    goods.edit_goods(**world.by(world.clerk), goods_id=world.rice, picture=PICTURE)
    first, _body = shop_reads.picture(world.rice)
    remove(world, second_shop, 1)
    there = Goods.get(Goods.shop == second_shop)
    goods.edit_goods(**world.by(world.clerk), goods_id=world.rice, picture=PICTURE)
    assert shop_reads.picture(there.id)[0] == first != shop_reads.picture(world.rice)[0]
    goods.edit_goods(**world.by(world.clerk), goods_id=there.id, picture=PICTURE)
    assert Photo.get_by_id(first).removed_at == world.now


def test_a_barcode_that_is_taken_there_stays_where_it_is(world: World, second_shop: int) -> None:
    other = {"name": "毛巾", "unit": "条", "category": "日化", "price": 5}
    towel = goods.add_goods(**world.by(world.clerk), shop_id=second_shop, **other)
    Barcode.create(goods=towel, shop=second_shop, code="6901234567892")
    Barcode.create(goods=world.rice, shop=world.shop, code="6901234567892")
    remove(world, second_shop, 1)
    assert [one.goods_id for one in Barcode.select().where(Barcode.shop == second_shop)] == [towel]


def test_pieces_whose_batch_has_no_cost_take_the_goods_cost_along(world: World, second_shop: int) -> None:
    StockBatch.update(cost_fen=0).where(StockBatch.goods == world.rice).execute()
    Goods.update(cost_fen=2_300).where(Goods.id == world.rice).execute()
    made = Removal.get_by_id(remove(world, second_shop, 1))
    assert StockBatch.get(StockBatch.goods == made.target_id).cost_fen == 2_300


def test_goods_counted_otherwise_there_are_not_mixed(world: World, second_shop: int) -> None:
    box = {"name": "大米5kg", "unit": "箱", "category": "粮油", "price": 300}
    goods.add_goods(**world.by(world.clerk), shop_id=second_shop, **box)
    with pytest.raises(UnitDiffers) as refused:
        remove(world, second_shop, 1)
    assert refused.value.values == {"shop": "二店", "goods": "大米5kg", "there": "箱", "here": "袋"}


def test_no_more_goes_than_is_available_and_not_to_the_same_shop(world: World, second_shop: int) -> None:
    with db.transaction():
        stock.reserve({world.rice: 4})
    with pytest.raises(ReservedPieces):
        remove(world, second_shop, 7)
    with pytest.raises(SameShop):
        remove(world, world.shop, 1)
    for quantity in (0, -1):
        with pytest.raises(BadQuantity):
            remove(world, second_shop, quantity)
    assert (on_hand(world.rice), Goods.select().where(Goods.shop == second_shop).count()) == (10, 0)


def test_who_runs_only_one_of_the_shops_moves_nothing(world: World) -> None:
    there = shop.open_shop(
        **world.by(world.other_committee), area_id=world.other_village, code="LL", name="柳林店", hours=""
    )
    for person in (world.clerk, world.other_clerk):
        with pytest.raises(NotFound):
            remove(world, there, 1, by=person)
    remove(world, there, 1, by=world.appoint("clerk", world.township, "镇配送"))
    assert on_hand(world.rice) == 9
