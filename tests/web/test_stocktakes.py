"""The pages of a stocktake: nothing tells what the book says until all is counted, and then a second person decides."""

from __future__ import annotations

import re

from points import db, stock
from points.models.goods import Barcode
from points.models.stock import Stock, Stocktake, StocktakeLine
from points.services import stocktake
from tests.browser import Browser
from tests.tools import press, statements
from tests.world import World


def start(world: World, browser: Browser, **given: object) -> str:
    """Begin a stocktake on its page; return the address of the counting page."""
    answer = browser.submit(f"/shops/{world.shop}/stocktakes", **given)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def count(browser: Browser, page: str, counts: dict[int, object]) -> int:
    return browser.submit(page, f"{page}/count", **{f"count-{id_}": n for id_, n in counts.items()}).status_code


def counted(world: World, **counts: int) -> int:
    """Count everything as it is but the rice; return the stocktake's id."""
    id_ = stocktake.start(**world.by(world.clerk), shop_id=world.shop)
    said = dict.fromkeys(world.goods.values(), 10) | {world.rice: counts["rice"]}
    stocktake.count(**world.by(world.clerk), stocktake_id=id_, counts=said)
    return stocktake.finish(**world.by(world.clerk), stocktake_id=id_)


def line(goods_id: int) -> tuple[int | None, int | None]:
    found = StocktakeLine.get(StocktakeLine.goods == goods_id)
    return found.counted, found.expected


def test_a_clerk_counts_in_two_sittings_and_the_committee_approves(browser: Browser, world: World) -> None:
    browser.sign_in(world.clerk)
    page = start(world, browser)
    rice, soap, salt = world.goods.values()
    assert count(browser, page, {rice: 8, soap: ""}) == 303
    assert "已数 1 / 3 种" in browser.get(page).text
    assert count(browser, page, {soap: 10, salt: 12}) == 303
    assert browser.submit(page, f"{page}/finish").status_code == 303
    shown = browser.get(page).text
    for said in ("−2<", "+2<", "−10.00", "10.00", "请另一位村委干部"):
        assert said in shown
    assert "/approve" not in shown
    assert "盘点等您批准" not in browser.get("/desk").text
    boss = browser.another().sign_in(world.committee[0])
    desk = boss.get("/desk").text
    assert ("盘点等您批准" in desk, f'href="{page}"' in desk) == (True, True)
    assert "等另一个人批准" in boss.get(f"/shops/{world.shop}/stocktakes").text
    assert boss.submit(page, f"{page}/approve").status_code == 303
    assert "已批准" in boss.get(page).text
    assert [Stock.get_by_id(id_).on_hand for id_ in (rice, soap, salt)] == [8, 10, 12]


def test_the_counting_pages_tell_nothing_of_what_the_book_says(browser: Browser, world: World) -> None:
    odd = world.add_goods("木梳", "把", "日化", 5, quantity=7_351)
    with db.transaction():
        stock.reserve({odd: 642})
    browser.sign_in(world.clerk)
    page = start(world, browser)
    for counts in ({}, {odd: 7_000}):
        count(browser, page, counts)
        for url in (page, f"{page}?category=日化", f"{page}/sheet", f"/shops/{world.shop}/stocktakes"):
            shown = re.sub(r"<input[^>]*hidden[^>]*>", "", browser.get(url).text)  # keys and tokens hold any digits
            assert not re.search("7351|642|6709|351", shown.replace(",", "")), url
    stocktake_id = Stocktake.get().id
    stocktake.drop(**world.by(world.clerk), stocktake_id=stocktake_id, reason="数错了")
    dropped = browser.get(page).text
    assert ("数错了" in dropped, "7,000" in dropped, "7,351" in dropped) == (True, True, False)
    assert f"{page}/count" not in dropped


def test_an_empty_field_and_what_was_counted_before_change_nothing(browser: Browser, world: World) -> None:
    browser.sign_in(world.clerk)
    page = start(world, browser)
    count(browser, page, {world.rice: 10})
    with db.transaction():
        stock.take({world.rice: 2})
    fields = next(form.values for form in browser.forms(page) if form.action.startswith(f"{page}/count"))
    assert fields[f"count-{world.rice}"] == ""
    assert browser.submit(page, f"{page}/count").status_code == 303
    assert line(world.rice) == (10, 10)


def test_what_is_no_number_is_marked_and_what_was_typed_stays(browser: Browser, world: World) -> None:
    browser.sign_in(world.clerk)
    page = start(world, browser)
    rice, soap, salt = world.goods.values()
    for wrong in ("一箱", "-1", "1.5", "100001", "٣"):
        answer = browser.submit(page, f"{page}/count", **{f"count-{rice}": wrong, f"count-{soap}": "10"})
        assert answer.status_code == 422, wrong
        assert (f'value="{wrong}"' in answer.text, 'value="10"' in answer.text) == (True, True)
    assert line(soap) == (None, None)
    assert count(browser, page, {salt: " 10 "}) == 303
    assert line(salt) == (10, 10)


def test_goods_are_counted_by_category_and_found_by_barcode(browser: Browser, world: World) -> None:
    Barcode.create(goods=world.rice, shop=world.shop, code="6901234567892")
    browser.sign_in(world.clerk)
    page = start(world, browser)
    shown = browser.get(page, category="日化").text
    assert ("洗衣液2kg" in shown, "大米5kg" in shown) == (True, False)
    for q in ("6901234567892", "dm", "大米"):
        shown = browser.get(page, q=q).text
        assert ("洗衣液2kg" in shown, "大米5kg" in shown) == (False, True), q
    assert "没有找到“毛巾”" in browser.get(page, q="毛巾").text
    answer = browser.submit(f"{page}?category=日化", f"{page}/count", **{f"count-{world.goods['洗衣液2kg']}": 9})
    assert "category=" in answer.location


def test_one_category_alone_can_be_counted(browser: Browser, world: World) -> None:
    browser.sign_in(world.clerk)
    page = start(world, browser, categories="粮油")
    shown = browser.get(page).text
    assert ("大米5kg" in shown, "洗衣液2kg" in shown, "已数 0 / 1 种" in shown) == (True, False, True)
    assert "接着清点" in browser.get(f"/shops/{world.shop}/stocktakes").text


def test_a_second_stocktake_waits_for_the_first(browser: Browser, world: World) -> None:
    browser.sign_in(world.clerk)
    page = start(world, browser)
    again = press(browser, f"/shops/{world.shop}/stocktakes")
    assert (again.status_code, "有一次盘点还没有结束" in again.text) == (409, True)
    assert browser.submit(page, f"{page}/drop", reason="").status_code == 303
    assert Stocktake.get().state == "counting"
    browser.submit(page, f"{page}/drop", reason="明天再盘")
    start(world, browser)


def test_not_all_counted_is_said_and_left_out_on_purpose(browser: Browser, world: World) -> None:
    browser.sign_in(world.clerk)
    page = start(world, browser)
    count(browser, page, {world.rice: 9})
    browser.submit(page, f"{page}/finish")
    assert "还有 2 种没数。请数完" in browser.get(page).text
    browser.submit(page, f"{page}/finish", skip="y")
    shown = browser.get(page).text
    assert ("大米5kg" in shown, "洗衣液2kg" in shown) == (True, False)


def test_who_counted_sees_no_button_and_is_refused_without_one(browser: Browser, world: World) -> None:
    id_ = stocktake.start(**world.by(world.committee[0]), shop_id=world.shop)
    counts = dict.fromkeys(world.goods.values(), 9)
    stocktake.count(**world.by(world.committee[1]), stocktake_id=id_, counts=counts)
    stocktake.finish(**world.by(world.committee[0]), stocktake_id=id_)
    page = f"/stocktakes/{id_}"
    for person in world.committee:
        one = browser.another().sign_in(person)
        assert f"{page}/approve" not in one.get(page).text
        press(one, f"{page}/approve")
        assert "这一步要换一个人" in one.get(page).text
    assert browser.another().sign_in(world.supervisor).submit(page, f"{page}/approve").status_code == 303
    assert Stock.get_by_id(world.rice).on_hand == 9


def test_reserved_pieces_are_named_when_approving(browser: Browser, world: World) -> None:
    id_ = counted(world, rice=1)
    with db.transaction():
        stock.reserve({world.rice: 5})
    page = f"/stocktakes/{id_}"
    browser.sign_in(world.committee[0]).submit(page, f"{page}/approve")
    assert "大米5kg少了的比能动的还多" in browser.get(page).text
    assert Stock.get_by_id(world.rice).on_hand == 10


def test_the_costliest_difference_comes_first(browser: Browser, world: World) -> None:
    salt = world.goods["食盐400g"]
    world.receive(salt, 2, cost_fen=90)
    id_ = stocktake.start(**world.by(world.clerk), shop_id=world.shop)
    stocktake.count(**world.by(world.clerk), stocktake_id=id_, counts={salt: 2, world.rice: 8})
    stocktake.finish(**world.by(world.clerk), stocktake_id=id_, skip=True)
    shown = browser.sign_in(world.supervisor).get(f"/stocktakes/{id_}").text
    assert shown.index("−10.00") < shown.index("−9.00")
    assert "19.00" in shown


def test_a_long_count_goes_on_on_other_pages_with_the_same_number_of_statements(browser: Browser, world: World) -> None:
    browser.sign_in(world.clerk)
    page = start(world, browser)
    few = statements(lambda: browser.get(page))
    stocktake.drop(**world.by(world.clerk), stocktake_id=Stocktake.get().id, reason="重来")
    for n in range(100):
        world.add_goods(f"商品{n:03}", "个", "其他", 5, quantity=0)
    page = start(world, browser)
    assert statements(lambda: browser.get(page)) == few
    first, second = (set(re.findall(r'name="count-(\d+)"', browser.get(page, page=n).text)) for n in (1, 2))
    assert (len(first), len(second), first & second) == (100, 3, set())
    assert statements(lambda: browser.get(f"{page}/sheet")) < few
