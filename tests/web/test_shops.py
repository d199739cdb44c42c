"""Shops and goods: opened, stocked and priced through pages only."""

from points.models.goods import Goods
from points.models.shop import Shop, Till
from points.models.stock import Stock
from tests.browser import Browser
from tests.world import World


def test_a_shop_is_opened_and_stocked_through_pages(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    shops = f"/villages/{world.village}/shops"
    made = browser.submit(f"{shops}/new", name="二店", code="sq2", hours="每天", area=world.village)
    assert made.status_code == 303
    shop = Shop.get(Shop.code == "SQ2")
    assert made.location == f"/shops/{shop.id}"
    browser.submit(made.location, f"/shops/{shop.id}/tills")
    assert Till.select().where(Till.shop == shop).count() == 1

    added = browser.submit(f"/shops/{shop.id}/goods/new", name="香皂", unit="块", category="日化", price=4)
    soap = Goods.get(Goods.shop == shop)
    assert added.location == f"/goods/{soap.id}"
    browser.submit(added.location, f"{added.location}/receive", quantity=12, note="送货单 7")
    browser.submit(added.location, f"{added.location}/price", price=5)
    page = browser.get(added.location).text
    assert Stock.get(Stock.goods == soap).on_hand == 12
    assert Goods.get_by_id(soap.id).price == 5
    for shown in ("送货单 7", "+12", "田主任"):
        assert shown in page
    browser.submit(added.location, f"{added.location}/hide")
    assert Goods.get_by_id(soap.id).hidden
    assert "已下架" in browser.get(f"/shops/{shop.id}/goods").text
    assert "二店" in browser.get(shops).text


def test_what_is_refused_keeps_what_was_typed(browser: Browser, world: World) -> None:
    browser.sign_in(world.clerk)
    new = f"/shops/{world.shop}/goods/new"
    answer = browser.submit(new, name="白酒一斤", unit="瓶", category="其他", price=20)
    assert answer.status_code == 422
    assert "积分不能换酒" in answer.text
    assert "白酒一斤" in answer.text
    rice = f"/goods/{world.rice}"
    for action, field, value in (("receive", "quantity", 0), ("price", "price", "x")):
        assert browser.submit(rice, f"{rice}/{action}", **{field: value}).status_code == 422
    browser.another().sign_in(world.committee[0])
    clash = (
        browser.another()
        .sign_in(world.committee[0])
        .submit(f"/villages/{world.village}/shops/new", name="又一店", code="SQ", area=world.village)
    )
    assert (clash.status_code, "又一店" in clash.text) == (422, True)


def test_goods_are_found_by_initials(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.clerk).get(f"/shops/{world.shop}/goods", q="dm").text
    assert "大米5kg" in page
    assert "食盐400g" not in page
    assert "没有找到" in browser.get(f"/shops/{world.shop}/goods", q="zzz").text


def test_each_page_is_for_those_of_the_area(browser: Browser, world: World) -> None:
    pages = (
        f"/villages/{world.village}/shops",
        f"/shops/{world.shop}",
        f"/shops/{world.shop}/goods",
        f"/goods/{world.rice}",
    )
    readers = ((world.clerk, 200), (world.committee[0], 200), (world.supervisor, 200), (world.recorder, 403))
    strangers = ((world.other_committee, 404), (world.villager(0), 404))
    for person, status in (*readers, *strangers):
        reader = browser.another().sign_in(person)
        for page in pages:
            assert reader.get(page).status_code == status, (person.name, page)
    assert browser.another().sign_in(world.clerk).get(f"/villages/{world.village}/shops/new").status_code == 403
