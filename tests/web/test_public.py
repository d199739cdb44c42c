"""What anyone may read: no name of a villager, no balance."""

import pytest

from points.models.people import Person
from points.services import goods
from tests.browser import Browser
from tests.world import World


def test_the_front_page_leads_to_every_village(browser: Browser, world: World) -> None:
    page = browser.get("/").text
    for shown in ("云溪镇", "石桥村", "柳林村", f'"/villages/{world.village}"', "/sign-in"):
        assert shown in page


def test_a_signed_in_reader_finds_the_way_to_the_own_page(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.villager(0)).get("/").text
    assert "进入我的页面" in page


def test_goods_show_price_and_a_hint_of_the_stock(browser: Browser, world: World) -> None:
    world.add_goods("毛巾", "条", "家纺", 6, quantity=0)
    world.add_goods("抽纸", "提", "纸品", 15, quantity=2)
    hidden = world.add_goods("旧货", "个", "其他", 1)
    goods.hide(**world.by(world.clerk), goods_id=hidden, hidden=True)
    page = browser.get(f"/villages/{world.village}/goods").text
    for shown in ("石桥村积分超市", "周六上午", "大米5kg", "30分", "没货了", "还有 2 提"):
        assert shown in page
    assert "旧货" not in page
    assert "还有 10" not in page


def test_the_rule_book_says_what_counts_how_often(browser: Browser, world: World) -> None:
    page = browser.get(f"/villages/{world.village}/rules").text
    for shown in ("第 1 版", "村民会议第3号", "义务巡逻", "+10", "每月最多 4 次", "不占每月封顶"):
        assert shown in page


def test_a_village_without_shop_or_rules_says_so(browser: Browser, world: World) -> None:
    bare = world.open_area(world.township, "village", "新村")
    assert "还没有开店" in browser.get(f"/villages/{bare}/goods").text
    assert "还没有采纳积分细则" in browser.get(f"/villages/{bare}/rules").text
    assert "现在没有公示" in browser.get(f"/villages/{bare}").text


@pytest.mark.parametrize("page", ["", "/goods", "/rules"])
def test_public_pages_name_nobody(browser: Browser, world: World, page: str) -> None:
    answer = browser.get(f"/villages/{world.village}{page}")
    assert answer.status_code == 200
    assert not [person.name for person in Person.select() if person.name in answer.text]


def test_only_villages_have_public_pages(browser: Browser, world: World) -> None:
    for area in (world.township, world.lanes[0], 999):
        for page in ("", "/goods", "/rules"):
            assert browser.get(f"/villages/{area}{page}").status_code == 404
