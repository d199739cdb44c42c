"""The shelf as lists and the counter ask for it: found by name, initials or barcode, page by page, what is popular."""

from datetime import timedelta

import pytest

from points import db, stock
from points.models.goods import Goods
from points.models.stock import Stock
from points.queries import shop
from points.services import goods, redemption
from tests.world import World

SALT = "6901234567892"


def names(found: list[shop.Shelved]) -> list[str]:
    return [one.name for one in found]


def edit(world: World, name: str, **facts: object) -> None:
    goods.edit_goods(**world.by(world.clerk), goods_id=world.goods[name], **facts)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("dm", ["大米5kg"]),
        ("DM5", ["大米5kg"]),
        ("米5K", ["大米5kg"]),
        ("kg", ["大米5kg", "洗衣液2kg"]),
        ("yy", ["洗衣液2kg"]),
        ("s", ["食盐400g"]),
        ("", ["大米5kg", "食盐400g", "洗衣液2kg"]),
        ("%", []),
        ("_", []),
        ("!", []),
        ("'", []),
        ("没有", []),
    ],
)
def test_goods_are_found_by_a_part_of_name_or_initials(world: World, q: str, found: list[str]) -> None:
    assert names(shop.find(world.shop, q)) == found


def test_what_begins_so_comes_first_and_no_more_than_asked(world: World) -> None:
    world.add_goods("东北大米", "袋", "粮油", 9)
    assert names(shop.find(world.shop, "dm")) == ["大米5kg", "东北大米"]
    assert names(shop.find(world.shop, "dm", 1)) == ["大米5kg"]


def test_goods_are_found_by_their_whole_barcode(world: World) -> None:
    edit(world, "食盐400g", barcodes=(SALT, "036000291452"))
    for code in (SALT, "036000291452", "0036000291452"):
        assert names(shop.find(world.shop, code)) == ["食盐400g"]
        found = shop.by_barcode(world.shop, code)
        assert found is not None and found.name == "食盐400g"
    for code in ("6901234567890", "690123456789", "abc", "", "96385074"):
        assert shop.by_barcode(world.shop, code) is None
    assert shop.by_barcode(world.shop + 1, SALT) is None


def test_hidden_goods_are_offered_to_nobody_but_known_by_their_barcode(world: World) -> None:
    edit(world, "食盐400g", hidden=True, barcodes=(SALT,))
    assert "食盐400g" not in names(shop.find(world.shop, "") + shop.popular(world.shop))
    assert "食盐400g" not in names(shop.offered(world.shop, today=world.today).goods)
    found = shop.by_barcode(world.shop, SALT)
    assert found is not None and not found.given_on(world.today)


def test_goods_are_given_from_the_first_to_the_last_of_their_days(world: World) -> None:
    first, last = world.today + timedelta(days=2), world.today + timedelta(days=4)
    edit(world, "食盐400g", valid_from=first, valid_to=last)
    salt = shop.goods(world.goods["食盐400g"])
    given = [salt.given_on(world.today + timedelta(days=n)) for n in range(7)]
    assert given == [False, False, True, True, True, False, False]
    offered = [names(shop.offered(world.shop, today=world.today + timedelta(days=n)).goods) for n in (0, 4, 5)]
    assert ["食盐400g" in one for one in offered] == [True, True, False]


def test_what_is_reserved_is_not_available(world: World) -> None:
    Stock.update(reserved=4).where(Stock.goods == world.rice).execute()
    rice = shop.goods(world.rice)
    assert (rice.on_hand, rice.reserved, rice.available) == (10, 4, 6)


def test_what_was_taken_most_of_late_is_popular(world: World) -> None:
    holder = world.villager()
    world.give_points(world.households[0], 100)
    card = world.card(holder)
    basket = [(world.goods["食盐400g"], 5, 2), (world.goods["洗衣液2kg"], 1, 20)]
    by = world.by(world.clerk)
    redemption.redeem(**by, till_id=world.till, card=card.code, collector_id=holder.id, pin=card.pin, basket=basket)
    assert names(shop.popular(world.shop)) == ["食盐400g", "洗衣液2kg", "大米5kg"]
    assert names(shop.popular(world.shop, 1)) == ["食盐400g"]


def test_the_list_is_filtered_for_who_keeps_it(world: World) -> None:
    today = world.today
    edit(world, "食盐400g", hidden=True)
    edit(world, "洗衣液2kg", valid_from=None, valid_to=today - timedelta(days=1))
    Stock.update(on_hand=8, reserved=5).where(Stock.goods == world.rice).execute()

    def listed(**asked: str) -> list[str]:
        return names(shop.listed(world.shop, today=today, **asked).goods)

    assert listed() == ["大米5kg", "洗衣液2kg", "食盐400g"]
    assert (listed(only="low"), listed(only="hidden"), listed(only="over")) == (
        ["大米5kg"],
        ["食盐400g"],
        ["洗衣液2kg"],
    )
    assert (listed(category="调味"), listed(q="xyy"), listed(only="nothing such")) == (
        ["食盐400g"],
        ["洗衣液2kg"],
        listed(),
    )


def test_goods_with_a_batch_near_its_day_are_listed(world: World) -> None:
    with db.transaction():
        stock.add(world.rice, 2, cost_fen=0, best_before=world.today + timedelta(days=shop.NEAR_DAYS))
        stock.add(world.goods["食盐400g"], 2, cost_fen=0, best_before=world.today + timedelta(days=shop.NEAR_DAYS + 1))
    assert names(shop.listed(world.shop, today=world.today, only="near").goods) == ["大米5kg"]


def test_pages_hold_everything_once(world: World) -> None:
    for number in range(100):
        goods.add_goods(
            **world.by(world.clerk), shop_id=world.shop, name=f"货{number}", unit="个", category="其他", price=1
        )
    pages = [shop.offered(world.shop, today=world.today, page=number) for number in (1, 2, 3, 4)]
    assert [(len(page.goods), page.more) for page in pages] == [(36, True), (36, True), (31, False), (0, False)]
    found = [name for page in pages for name in names(page.goods)]
    assert sorted(found) == sorted(one.name for one in Goods.select())
