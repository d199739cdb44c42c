"""Goods: what may be on the shelf, at what price, and how it came there."""

import pytest

from points import stock
from points.errors import BadPrice, BadQuantity, ClashingName, GoodsForbidden, Missing, NotAllowed, NotFound
from points.models.goods import Goods, GoodsPrice
from points.models.stock import Stock, StockMovement
from points.services import goods
from tests.world import World


def add(world: World, name: str = "毛巾", *, unit: str = "条", price: int = 5) -> int:
    return goods.add_goods(
        **world.by(world.clerk), shop_id=world.shop, name=name, unit=unit, category="日化", price=price
    )


def test_new_goods_have_initials_a_price_and_an_empty_shelf(world: World) -> None:
    made = Goods.get_by_id(add(world, "  毛巾   加厚 "))
    assert (made.name, made.initials, made.price, made.hidden) == ("毛巾 加厚", "mjjh", 5, False)
    assert Stock.get(Stock.goods == made).on_hand == 0
    assert [price.price for price in GoodsPrice.select().where(GoodsPrice.goods == made)] == [5]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("中华香 烟", "烟"),
        ("白酒精装 500ml", "酒"),
        ("酒精饮料", "酒"),
        ("料酒", "酒"),
        ("感冒灵颗粒", "药品"),
        ("止痛药", "药品"),
        ("现金红包", "现金"),
        ("超市购物卡 100元", "购物卡券"),
        ("手机话费", "购物卡券"),
        ("代 金 券", "购物卡券"),
    ],
)
def test_what_points_never_buy_is_refused_by_name(name: str, what: str) -> None:
    with pytest.raises(GoodsForbidden) as refused:
        goods.require_allowed(name)
    assert refused.value.values == {"what": what}


@pytest.mark.parametrize("name", ["药皂", "75%酒精湿巾", "铁棍山药", "油烟净", "烟灰缸", "酒杯", "购物袋", "贺卡"])
def test_harmless_words_with_the_same_signs_are_allowed(name: str) -> None:
    goods.require_allowed(name)


def test_a_name_stands_once_in_a_shop(world: World) -> None:
    add(world)
    with pytest.raises(ClashingName):
        add(world)


def test_name_unit_and_price_are_needed(world: World) -> None:
    with pytest.raises(Missing):
        add(world, "  ")
    with pytest.raises(Missing):
        add(world, unit="")
    for price in (0, -1, 100_001):
        with pytest.raises(BadPrice):
            add(world, price=price)


def test_a_price_keeps_its_history_and_the_same_price_adds_nothing(world: World) -> None:
    for price in (35, 35, 32):
        goods.change_price(**world.by(world.committee[0]), goods_id=world.rice, price=price)
    assert Goods.get_by_id(world.rice).price == 32
    history = GoodsPrice.select().where(GoodsPrice.goods == world.rice).order_by(GoodsPrice.id)
    assert [price.price for price in history] == [30, 35, 32]


def test_receiving_adds_to_the_shelf_and_a_retry_does_not(world: World) -> None:
    by = world.by(world.clerk)
    for _ in range(2):
        goods.receive(**by, goods_id=world.rice, quantity=5, note="送货单 7")
    assert Stock.get(Stock.goods == world.rice).on_hand == 15
    last = StockMovement.select().order_by(StockMovement.id.desc()).get()
    assert (last.kind, last.change, last.on_hand_after, last.note) == ("receive", 5, 15, "送货单 7")
    assert stock.audit() == []
    for quantity in (0, -3, 100_001):
        with pytest.raises(BadQuantity):
            goods.receive(**world.by(world.clerk), goods_id=world.rice, quantity=quantity, note="")


def test_hidden_goods_can_come_back(world: World) -> None:
    for hidden in (True, False):
        goods.hide(**world.by(world.clerk), goods_id=world.rice, hidden=hidden)
        assert Goods.get_by_id(world.rice).hidden is hidden


def test_committee_and_clerks_of_the_area_keep_the_goods_and_nobody_else(world: World) -> None:
    with pytest.raises(NotAllowed):
        goods.receive(**world.by(world.recorder), goods_id=world.rice, quantity=1, note="")
    for stranger in (world.other_committee, world.other_clerk, world.villager(0)):
        with pytest.raises(NotFound):
            goods.change_price(**world.by(stranger), goods_id=world.rice, price=1)
    with pytest.raises(NotFound):
        goods.receive(**world.by(world.clerk), goods_id=999, quantity=1, note="")
    with pytest.raises(NotFound):
        goods.add_goods(**world.by(world.clerk), shop_id=999, name="碗", unit="个", category="厨具", price=3)
