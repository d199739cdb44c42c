"""What anyone may read: no name of a villager, no balance; nothing for search engines."""

from dataclasses import replace

import pytest

import config
from points import create_app
from points.models.people import Person, Role
from points.services import areas, fund, goods, shop
from tests import steps
from tests.browser import Browser
from tests.tools import statements
from tests.unit.test_boards import commend
from tests.world import CARD_KEY, World


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


def test_goods_say_their_limits_and_days(browser: Browser, world: World) -> None:
    said = {"limit_household": 2, "limit_person": 1, "limit_period": "week", "valid_to": world.today}
    goods.edit_goods(**world.by(world.clerk), goods_id=world.rice, **said)
    page = browser.get(f"/villages/{world.village}/goods").text
    for shown in ("每周每户最多 2 袋，每周每人最多 1 袋", "换到2026年11月2日", f"/shops/{world.shop}/reserve"):
        assert shown in page, shown
    world.wait(days=1)
    assert "大米5kg" not in browser.get(f"/villages/{world.village}/goods").text


def test_many_goods_come_page_by_page_and_by_category(browser: Browser, world: World) -> None:
    for number in range(60):
        goods.add_goods(
            **world.by(world.clerk), shop_id=world.shop, name=f"货{number:02d}", unit="个", category="其他", price=1
        )
    url = f"/villages/{world.village}/goods"
    pages = [browser.get(url, page=number).text for number in (1, 2)]
    assert [page.count("<h3>") for page in pages] == [36, 27]
    assert "下一页" in pages[0] and "下一页" not in pages[1] and "上一页" in pages[1]
    assert browser.get(url, category="粮油").text.count("<h3>") == 1
    assert browser.get(url, q="dm").text.count("<h3>") == 1
    assert "没有找到“没有这样”" in browser.get(url, q="没有这样").text
    assert "后面没有了" in browser.get(url, page=9).text


def test_another_shop_of_the_village_is_chosen_and_none_elsewhere(browser: Browser, world: World) -> None:
    second = shop.open_shop(
        **world.by(world.committee[0]), area_id=world.lanes[0], code="SQ2", name="东巷小店", hours=""
    )
    goods.add_goods(**world.by(world.clerk), shop_id=second, name="冰棍", unit="根", category="其他", price=1)
    url = f"/villages/{world.village}/goods"
    assert "冰棍" not in browser.get(url).text and "东巷小店" in browser.get(url).text
    assert "冰棍" in browser.get(url, shop=second).text
    elsewhere = browser.get(f"/villages/{world.other_village}/goods", shop=second).text
    assert "冰棍" not in elsewhere and "还没有开店" in elsewhere


def test_the_rule_book_says_what_counts_how_often(browser: Browser, world: World) -> None:
    page = browser.get(f"/villages/{world.village}/rules").text
    for shown in ("第 1 版", "村民会议第3号", "义务巡逻", "+10", "每月最多 4 次", "不占每月封顶"):
        assert shown in page


def test_a_village_without_shop_or_rules_says_so(browser: Browser, world: World) -> None:
    bare = world.open_area(world.township, "village", "新村")
    assert "还没有开店" in browser.get(f"/villages/{bare}/goods").text
    assert "还没有采纳积分细则" in browser.get(f"/villages/{bare}/rules").text
    assert "现在没有公示" in browser.get(f"/villages/{bare}").text


PAGES = ("", "/goods", "/wishes", "/rules", "/poster", "/board", "/board/poster", "/notices")


@pytest.mark.parametrize("page", PAGES)
def test_public_pages_name_nobody_but_the_council(browser: Browser, world: World, page: str) -> None:
    steps.approved(world)
    steps.hung(world)
    commend(world, 0)
    answer = browser.get(f"/villages/{world.village}{page}")
    assert answer.status_code == 200
    elected = {member.id for member in world.council}
    assert not [row.name for row in Person.select() if row.name in answer.text and row.id not in elected]


def test_the_page_tells_a_reader_from_the_wall_everything(browser: Browser, world: World) -> None:
    decided = {"council_voices": 3, "notice_days": 5, "no_pin_daily_limit": 20, "monthly_cap": 60}
    areas.decide_settings(
        **world.by(world.committee[0]), village_id=world.village, objection_contact="田主任，村委会一楼", **decided
    )
    said = {"kind": "grant", "fen": 500_050, "voucher": "7", "note": "", "day": world.today}
    fund.enter(**world.by(world.committee[0]), village_id=world.village, **said)
    world.give_points(world.households[0], 1234)
    Role.update(until=world.today.replace(year=2029)).where(Role.person == world.council[0]).execute()
    steps.approved(world)
    notice = steps.hung(world)
    commend(world, 0)
    text = browser.get(f"/villages/{world.village}").text
    for shown in (
        "帮邻里做事得积分",
        f'"/notices/{notice}"',
        "到 11月7日 24 时止",
        "都可以提异议",
        "田主任，村委会一楼",
        f'"/villages/{world.village}/notices"',
        "2026年11月红榜",
        "基金现有 5,000.50 元；村民手里共有 1,234 分，按 1 分 1.00 元值 1,234.00 元。",
        "周六上午",
        "第 1 版",
        "评一",
        "任到2029年11月2日",
        f'"/complaints?village={world.village}"',
    ):
        assert shown in text, shown


def test_the_page_takes_as_few_statements_for_many_as_for_one(browser: Browser, world: World) -> None:
    def grow(number: int) -> None:
        steps.approved(world, world.villager(number))
        steps.hung(world)
        commend(world, number)
        commend(world, number, f"2026-0{number + 1}")
        world.appoint("council", world.village, f"新评{number}", lane=world.lanes[0])

    grow(0)
    few = statements(lambda: browser.get(f"/villages/{world.village}"))
    grow(1)
    grow(2)
    assert statements(lambda: browser.get(f"/villages/{world.village}")) == few


def test_the_poster_carries_the_address_of_the_page(browser: Browser, world: World) -> None:
    for paper in ("", "?paper=a3"):
        text = browser.get(f"/villages/{world.village}/poster{paper}").text
        for shown in (f"http://points.example/villages/{world.village}", "<svg", "周六上午", "投诉建议"):
            assert shown in text
        assert ("sheet_a3" in text) == bool(paper)


def test_nothing_is_for_search_engines(browser: Browser, world: World) -> None:
    for url in ("/", f"/villages/{world.village}", "/sign-in", "/nowhere"):
        answer = browser.get(url)
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert '<meta name="robots" content="noindex, nofollow">' in answer.text
    robots = browser.get("/robots.txt")
    assert robots.text.splitlines() == ["User-agent: *", "Disallow: /"] and robots.mimetype == "text/plain"


def test_every_page_leads_to_a_complaint(browser: Browser, world: World) -> None:
    notice = steps.approved(world) and steps.hung(world)
    for url in (f"/villages/{world.village}", f"/villages/{world.village}/goods", f"/notices/{notice}"):
        assert f'"/complaints?village={world.village}"' in browser.get(url).text
    for url in ("/", "/sign-in", "/nowhere"):
        assert '"/complaints"' in browser.get(url).text
    for url in ("/home", "/me"):
        assert '"/complaints"' in browser.sign_in(world.villager(0)).get(url).text
    desk = browser.sign_in(world.committee[0]).get(f"/villages/{world.village}/fund").text
    assert f'"/complaints?village={world.village}"' in desk


def test_the_registration_number_stands_in_every_footer_where_there_is_one(
    browser: Browser, world: World, database: str
) -> None:
    assert "ICP" not in browser.get("/").text
    number = {"POINTS_REGISTRATION": " 陕ICP备00000000号 "}
    read = config.from_environment({"POINTS_SECRET_KEY": "s" * 32, "POINTS_CARD_KEY": CARD_KEY, **number})
    assert read.registration == "陕ICP备00000000号"
    registered = create_app(replace(read, database_url=database))
    for url in ("/", f"/villages/{world.village}", "/sign-in"):
        assert "陕ICP备00000000号" in registered.test_client().get(url).text


def test_only_villages_have_public_pages(browser: Browser, world: World) -> None:
    for area in (world.township, world.lanes[0], 999):
        for page in PAGES:
            assert browser.get(f"/villages/{area}{page}").status_code == 404
