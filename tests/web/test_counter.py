"""The counter's pages: card, basket, receipt, and the day's list."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from points import codes
from points.models.goods import Barcode
from points.models.receipt import Receipt, Refusal
from points.models.shop import Shop
from points.services import goods, proxy, redemption
from points.web.forms.counter import RedeemForm, plainly
from tests import steps
from tests.browser import Browser, Form, forms_of
from tests.world import PaperCard, World


@pytest.fixture
def paper(world: World) -> PaperCard:
    """The card of a household with 100 points."""
    world.give_points(world.households[0], 100)
    return world.card(world.villager(0))


@pytest.fixture
def till(browser: Browser, world: World) -> str:
    """The till's address, with the clerk signed in."""
    browser.sign_in(world.clerk)
    return f"/tills/{world.till}"


def look_up(browser: Browser, till: str, code: str) -> TestResponse:
    return browser.submit(till, f"{till}/card", code=code)


def basket_of(answer: TestResponse, till: str) -> Form:
    return next(form for form in forms_of(answer.text) if form.action == f"{till}/redeem")


def rice(world: World, quantity: int = 1, **fields: Any) -> dict[str, Any]:
    return {f"goods-{world.rice}": quantity, **fields}


SENT = st.fixed_dictionaries(
    {},
    optional={
        "key": st.from_regex(r"^[0-9a-zA-Z-]{15,65}$") | st.text(),
        "card": st.text(max_size=62),
        "photo": st.sampled_from(["", "1"]),
        "collector": st.sampled_from(["", "7", "p7"]),
        "pin": st.from_regex(r"^\d{5,7}$") | st.text(max_size=7),
        "cash_fen": st.integers().map(str) | st.text(max_size=3),
    },
)
WHOLE = {"key": "0" * 32, "card": "1" * 34, "photo": "1", "collector": "7", "pin": "123456", "cash_fen": "500"}


@given(SENT | SENT.map(lambda odd: WHOLE | odd))
@example(WHOLE | {"pin": "１２３４５６", "cash_fen": "５００"})
@example(WHOLE | {"key": "0" * 32 + "\n", "pin": "123456\n"})
def test_what_is_read_without_the_form_is_what_the_form_accepts(sent: dict[str, str]) -> None:
    asked, form = plainly(sent), RedeemForm(formdata=MultiDict(sent))
    assert asked is None or (form.validate() and form.asked == asked)


@pytest.mark.parametrize("odd", [{}, {"pin": "", "cash_fen": "", "photo": ""}, {"collector": "p7", "cash_fen": "0"}])
def test_what_the_page_sends_is_read_without_the_form(odd: dict[str, str]) -> None:
    form = RedeemForm(formdata=MultiDict(WHOLE | odd))
    assert form.validate()
    assert plainly(WHOLE | odd) == form.asked


def test_from_card_to_receipt(browser: Browser, till: str, world: World, paper: PaperCard) -> None:
    page = look_up(browser, till, paper.code)
    assert page.status_code == 200
    for shown in ("王秀英", "王大山", "大米5kg", "现有", "100"):
        assert shown in page.text
    done = browser.post(basket_of(page, till), **rice(world, 2, pin=paper.pin))
    assert done.status_code == 303

    receipt = browser.get(done.location).text
    for shown in ("SQ-1-000001", "大米5kg × 2 袋", "共 60 分", "剩余 40 分", "王*英", "已验密码"):
        assert shown in receipt
    assert "王秀英" not in receipt


def test_sending_the_same_basket_again_shows_the_same_receipt(
    browser: Browser, till: str, world: World, paper: PaperCard
) -> None:
    basket = basket_of(look_up(browser, till, paper.code), till)
    places = {browser.post(basket, **rice(world, pin=paper.pin)).location for _ in range(3)}
    assert len(places) == 1
    assert Receipt.select().count() == 1


def test_another_basket_under_the_same_key_is_refused(
    browser: Browser, till: str, world: World, paper: PaperCard
) -> None:
    basket = basket_of(look_up(browser, till, paper.code), till)
    browser.post(basket, **rice(world, 1, pin=paper.pin))
    again = browser.post(basket, **rice(world, 2, pin=paper.pin))
    assert again.status_code == 409
    assert "已经交过别的内容" in again.text


def test_a_refused_basket_keeps_what_was_chosen_but_never_the_pin(
    browser: Browser, till: str, world: World, paper: PaperCard
) -> None:
    basket = basket_of(look_up(browser, till, paper.code), till)
    member = world.people(world.households[0])[1]
    answer = browser.post(basket, **rice(world, 3, pin="314159", collector=member.id))
    assert answer.status_code == 422
    assert "取货密码不对" in answer.text
    assert "314159" not in answer.text
    again = basket_of(answer, till)
    assert again.values[f"goods-{world.rice}"] == "3"
    assert again.values["collector"] == str(member.id)
    assert again.values["key"] != basket.values["key"]
    assert browser.post(again, pin=paper.pin).status_code == 303


def test_waiting_after_wrong_pins_keeps_the_basket_too(
    browser: Browser, till: str, world: World, paper: PaperCard
) -> None:
    answer = look_up(browser, till, paper.code)
    for _ in range(6):
        answer = browser.post(basket_of(answer, till), **rice(world, pin="314159"))
    assert answer.status_code == 429
    assert "输错次数较多" in answer.text
    assert basket_of(answer, till).values[f"goods-{world.rice}"] == "1"


@pytest.mark.parametrize(
    ("quantity", "status", "sentence"),
    [
        (4, 409, "积分不够"),
        (11, 409, "库存不够"),
        (0, 422, "还没有选商品"),
        ("x", 422, "一次最多"),
        (-1, 422, "一次最多"),
    ],
)
def test_each_refusal_has_its_own_sentence(
    browser: Browser, till: str, world: World, paper: PaperCard, quantity: Any, status: int, sentence: str
) -> None:
    basket = basket_of(look_up(browser, till, paper.code), till)
    answer = browser.post(basket, **rice(world, quantity, pin=paper.pin))
    assert (answer.status_code, sentence in answer.text) == (status, True)


def test_a_new_price_is_shown_before_it_is_taken(browser: Browser, till: str, world: World, paper: PaperCard) -> None:
    basket = basket_of(look_up(browser, till, paper.code), till)
    goods.change_price(**world.by(world.committee[0]), goods_id=world.rice, price=35)
    answer = browser.post(basket, **rice(world, pin=paper.pin))
    assert "刚改为 35 分" in answer.text
    browser.post(basket_of(answer, till), pin=paper.pin)
    assert Receipt.get().points == 35


def test_a_typed_number_shows_masks_and_asks_for_the_pin(
    browser: Browser, till: str, world: World, paper: PaperCard
) -> None:
    page = look_up(browser, till, f"{paper.number[:4]} {paper.number[4:8]} {paper.number[8:]}")
    assert "王*英" in page.text
    assert "王秀英" not in page.text
    assert "王大山" not in page.text
    answer = browser.post(basket_of(page, till), **rice(world, 1))
    assert "需要持卡人输入 6 位取货密码" in answer.text
    assert "王秀英" not in answer.text


def test_a_scan_without_pin_is_marked(browser: Browser, till: str, world: World, paper: PaperCard) -> None:
    basket = basket_of(look_up(browser, till, paper.code), till)
    done = browser.post(basket, **{f"goods-{world.goods['食盐400g']}": 2})
    assert "未验密码" in browser.get(done.location).text
    assert "未验密码" in browser.get(f"{till}/day").text


def test_a_card_that_is_refused_keeps_what_was_typed_and_a_row_for_the_day(
    browser: Browser, till: str, world: World
) -> None:
    answer = look_up(browser, till, "1234")
    assert answer.status_code == 422
    assert "卡号不完整" in answer.text
    assert 'value="1234"' in answer.text
    assert Refusal.get().code == "CardMisread"
    assert "卡号不完整" in browser.get(f"{till}/day").text


def test_an_empty_card_field_is_shown_again(browser: Browser, till: str) -> None:
    answer = look_up(browser, till, "")
    assert answer.status_code == 422
    assert "请扫卡或输入卡号" in answer.text


def test_a_reloaded_answer_leads_back_to_the_till(browser: Browser, till: str) -> None:
    for page in ("card", "redeem"):
        assert browser.get(f"{till}/{page}").location == till


def test_undo_from_the_receipt(browser: Browser, till: str, world: World, paper: PaperCard) -> None:
    basket = basket_of(look_up(browser, till, paper.code), till)
    place = browser.post(basket, **rice(world, pin=paper.pin)).location
    code = codes.receipt_code(Receipt.get().id)
    assert browser.submit(place, f"{place}/undo", reason="", code=code).status_code == 422
    refused = browser.submit(place, f"{place}/undo", reason="拿错了")
    assert (refused.status_code, "拿错了" in refused.text) == (422, True)
    form = next(form for form in browser.forms(place) if form.action == f"{place}/undo")
    for _ in range(2):
        assert browser.post(form, reason="拿错了", code=code).status_code == 303
    page = browser.get(place).text
    assert "已撤销" in page
    assert "拿错了" in page
    assert not [form for form in forms_of(page) if form.action.endswith("/undo")]
    assert world.balance(world.households[0]) == 100
    assert "已撤销" in browser.get(f"{till}/day").text


def test_a_receipt_is_for_its_shop_and_its_household(browser: Browser, world: World, paper: PaperCard) -> None:
    made = redemption.redeem(
        **world.by(world.clerk),
        till_id=world.till,
        card=paper.code,
        collector_id=paper.person.id,
        pin=paper.pin,
        basket=[[world.rice, 1, 30]],
    )
    seen = {
        "clerk": (world.clerk, 200),
        "committee": (world.committee[0], 200),
        "household": (world.villager(0), 200),
        "neighbour": (world.villager(1), 404),
        "steward": (world.recorder, 403),
        "other village": (world.other_clerk, 404),
    }
    for who, (person, status) in seen.items():
        assert browser.another().sign_in(person).get(f"/receipts/{made}").status_code == status, who
    assert browser.another().get(f"/receipts/{made}").status_code == 302


def test_the_till_is_for_its_clerk(browser: Browser, world: World, paper: PaperCard) -> None:
    for person, status in ((world.committee[0], 403), (world.other_clerk, 404), (world.villager(0), 404)):
        reader = browser.another().sign_in(person)
        assert reader.get(f"/tills/{world.till}").status_code == status
    for person, status in ((world.committee[0], 200), (world.recorder, 403), (world.other_clerk, 404)):
        reader = browser.another().sign_in(person)
        assert reader.get(f"/tills/{world.till}/day").status_code == status
    assert browser.sign_in(world.clerk).get("/tills").location == f"/tills/{world.till}"


def test_only_till_pages_may_run_the_qr_reader(browser: Browser, till: str) -> None:
    assert "'wasm-unsafe-eval'" in browser.get(till).headers["Content-Security-Policy"]
    assert "'wasm-unsafe-eval'" not in browser.get("/me").headers["Content-Security-Policy"]


def buy(world: World, paper: PaperCard, **given: Any) -> int:
    """Buy one bag of rice."""
    sale = {"till_id": world.till, "card": paper.code, "collector_id": paper.person.id, "pin": paper.pin}
    return redemption.redeem(**world.by(world.clerk) | sale | {"basket": [[world.rice, 1, 30]]} | given)


# --- what is scanned ----------------------------------------------------------------------------------------------


def test_the_first_digit_tells_what_was_scanned(browser: Browser, till: str, world: World, paper: PaperCard) -> None:
    made = buy(world, paper)
    opened = look_up(browser, till, codes.receipt_code(made))
    assert (opened.status_code, "SQ-1-000001" in opened.text) == (200, True)
    undo = next(form for form in forms_of(opened.text) if form.action.endswith("/undo"))
    assert browser.post(undo, reason="拿错了").status_code == 303  # the code was scanned already

    assert "周玉梅" in look_up(browser, till, codes.phone_code(world.villager(3).id, world.now)).text
    ticket = look_up(browser, till, codes.ticket_code(7))
    assert (ticket.status_code, ticket.location) == (307, f"{till}/ticket")
    assert look_up(browser, till, "123456").location == f"{till}/ticket"


def test_numbers_without_end_choose_nothing(browser: Browser, till: str, world: World, paper: PaperCard) -> None:
    basket = basket_of(look_up(browser, till, paper.code), till)
    endless = "9" * 5000
    for sent in ({f"goods-{endless}": "1", "find": "1"}, rice(world, 1, pin=paper.pin) | {"collector": endless}):
        assert browser.post(basket, **sent).status_code in (200, 409, 422)
    assert not Receipt.select().exists()


def test_a_forged_receipt_is_refused_and_kept(browser: Browser, till: str, world: World, paper: PaperCard) -> None:
    code = codes.receipt_code(buy(world, paper))
    answer = look_up(browser, till, code[:20] + "00000000000000")
    assert (answer.status_code, "查卡" in answer.text) == (422, True)
    assert Refusal.get().code == "CardMisread"


def test_the_code_of_goods_is_no_card(browser: Browser, till: str) -> None:
    answer = look_up(browser, till, "6901234567892")
    assert (answer.status_code, "这是商品条码，请先扫卡" in answer.text) == (422, True)


def test_a_photo_of_a_card_needs_the_pin(browser: Browser, till: str, world: World, paper: PaperCard) -> None:
    page = browser.submit(till, f"{till}/card", code=paper.code, photo="1")
    assert "必须由持卡人输" in page.text
    basket = basket_of(page, till)
    refused = browser.post(basket, **rice(world))
    assert "需要持卡人输入 6 位取货密码" in refused.text
    browser.post(basket_of(refused, till), pin=paper.pin)
    assert Receipt.get().via == "photo"


def test_a_phones_code_needs_no_pin_and_works_once(browser: Browser, till: str, world: World) -> None:
    world.give_points(world.households[3], 50)
    code = codes.phone_code(world.villager(3).id, world.now)
    page = look_up(browser, till, code)
    assert 'name="pin"' not in page.text
    place = browser.post(basket_of(page, till), **rice(world)).location
    assert "凭手机码" in browser.get(place).text
    assert "用过" in look_up(browser, till, code).text


# --- the basket ---------------------------------------------------------------------------------------------------


def test_a_proxy_is_offered_and_named_on_the_receipt(
    browser: Browser, till: str, world: World, paper: PaperCard
) -> None:
    made = proxy.grant(**world.by(world.villager(0)), name="陈代领", until=world.today + timedelta(days=28))
    page = look_up(browser, till, paper.code)
    assert "代领：陈代领（到11月30日）" in page.text
    place = browser.post(basket_of(page, till), **rice(world, collector=f"p{made}", pin=paper.pin)).location
    assert "陈*领（代领）" in browser.get(place).text
    assert "陈代领" in browser.get(f"{till}/day").text


def test_missing_points_are_asked_for_in_cash_before_they_are_taken(
    browser: Browser, till: str, world: World, paper: PaperCard
) -> None:
    Shop.update(takes_cash=True).execute()
    asked = browser.post(basket_of(look_up(browser, till, paper.code), till), **rice(world, 4, pin=paper.pin))
    assert (asked.status_code, "差 20 分，收现金 20.00 元" in asked.text) == (409, True)
    assert Receipt.select().count() == 0
    place = browser.post(basket_of(asked, till), pin=paper.pin, cash_fen=2000).location
    page = browser.get(place).text
    for shown in ("共 120 分", "用积分 100 分", "收现金 20.00 元"):
        assert shown in page
    assert "20.00" in browser.get(f"{till}/day").text


def test_what_is_reserved_is_not_offered(browser: Browser, till: str, world: World, paper: PaperCard) -> None:
    steps.reserve(world, {world.rice: 3})
    assert "还有 7" in look_up(browser, till, paper.code).text


def test_without_scripts_a_search_keeps_what_was_chosen(
    browser: Browser, till: str, world: World, paper: PaperCard
) -> None:
    basket = basket_of(look_up(browser, till, paper.code), till)
    found = browser.post(basket, **rice(world, 2, find="1", q="xyy"))
    assert found.status_code == 200
    again = basket_of(found, till)
    assert again.values[f"goods-{world.rice}"] == "2"
    assert f"goods-{world.goods['洗衣液2kg']}" in again.values
    assert f"goods-{world.goods['食盐400g']}" not in again.values
    nothing = browser.post(again, find="1", q="没有的")
    assert basket_of(nothing, till).values[f"goods-{world.rice}"] == "2"


def test_goods_are_found_by_name_and_by_barcode(browser: Browser, till: str, world: World) -> None:
    Barcode.create(goods=world.rice, shop=world.shop, code="0036000291452")
    for asked in ({"q": "dm"}, {"code": "036000291452"}):
        assert f'name="goods-{world.rice}"' in browser.get(f"{till}/goods", **asked).text
    assert "没有登记这个条码" in browser.get(f"{till}/goods", code="6901234567892").text
    assert "没有找到" in browser.get(f"{till}/goods", q="没有").text
    goods.hide(**world.by(world.committee[0]), goods_id=world.rice, hidden=True)
    assert "现在不兑换" in browser.get(f"{till}/goods", code="036000291452").text


def test_a_basket_page_costs_the_same_however_many_goods_there_are(
    browser: Browser, till: str, world: World, paper: PaperCard, statements: Callable[[], int]
) -> None:
    def cost() -> int:
        before = statements()
        assert look_up(browser, till, paper.code).status_code == 200
        return statements() - before

    few = cost()
    for number in range(130):
        world.add_goods(f"茶杯{number:03}", "个", "厨具", 3, quantity=1)
    assert cost() == few
    page = look_up(browser, till, paper.code).text
    assert page.count("data-goods=") == 60
    assert "这里是最近换得多的" in page


# --- receipt and paper ----------------------------------------------------------------------------------------------


def test_the_first_print_is_the_original_and_others_are_copies(
    browser: Browser, till: str, world: World, paper: PaperCard
) -> None:
    place = f"/receipts/{buy(world, paper)}"
    assert browser.get(f"{place}/paper").location == place  # nothing was printed yet
    for size, copy in (("58", None), ("80", "副本 第 2 次"), ("a5", "副本 第 3 次")):
        answer = browser.submit(place, f"{place}/print", size=size)
        assert answer.status_code == 303
        page = browser.get(answer.location).text
        assert f"receipt_{size}" in page
        assert ("副本 第" in page) is (copy is not None)
        assert copy is None or copy in page
    assert "王秀英" not in page
    browser.sign_in(world.villager(0))
    assert "已打印 3 次" in browser.get(place).text


def test_the_code_of_a_receipt_is_the_customers(browser: Browser, till: str, world: World, paper: PaperCard) -> None:
    place = f"/receipts/{buy(world, paper)}"
    drawn = "凭证的码"
    assert drawn in browser.get(place).text
    world.wait(minutes=16)
    later = browser.another().sign_in(world.clerk).get(place).text
    assert (drawn in later, "SQ-1-000001" in later) == (False, True)
    clerk = browser.another().sign_in(world.clerk)
    copy = clerk.get(clerk.submit(place, f"{place}/print", size="58").location).text
    assert (drawn in copy, "SQ-1-000001" in copy) == (False, True)
    household = browser.another().sign_in(world.villager(0))
    assert drawn in household.get(place).text and drawn in household.get(f"{place}/paper").text


# --- the day's list -------------------------------------------------------------------------------------------------


def test_the_days_list_counts_all_and_shows_the_newest(
    browser: Browser, till: str, world: World, paper: PaperCard, statements: Callable[[], int]
) -> None:
    def cost(**asked: Any) -> int:
        before = statements()
        assert browser.get(f"{till}/day", **asked).status_code == 200
        return statements() - before

    matches = world.add_goods("火柴", "盒", "其他", 1, quantity=60)
    buy(world, paper, basket=[[matches, 1, 1]])
    few = cost()
    for _ in range(51):
        buy(world, paper, basket=[[matches, 1, 1]])
    assert cost() == few
    page = browser.get(f"{till}/day").text
    assert [sum(f"SQ-1-{number:06d}" in page for number in span) for span in (range(1, 3), range(3, 53))] == [0, 50]
    assert re.search(r"有效凭证</span><span class=\"stat__value\">52<", page)
    older = browser.get(f"{till}/day", before=3).text
    assert "SQ-1-000002" in older
    assert "SQ-1-000003" not in older

    world.wait(days=1)
    buy(world, paper, basket=[[matches, 1, 1]])
    browser = browser.another().sign_in(world.committee[0])  # the clerk's own session locked itself
    today, yesterday = browser.get(f"{till}/day").text, browser.get(f"{till}/day", day="2026-11-02").text
    assert ("SQ-1-000053" in today, "SQ-1-000052" in today) == (True, False)
    assert ("SQ-1-000053" in yesterday, "SQ-1-000052" in yesterday) == (False, True)
    assert "这一天没有兑换" in browser.get(f"{till}/day", day="2026-11-01").text


def test_the_days_list_says_what_was_refused_to_whom_by_whom(
    browser: Browser, till: str, world: World, paper: PaperCard
) -> None:
    basket = basket_of(look_up(browser, till, paper.code), till)
    browser.post(basket, **rice(world, 4, pin=paper.pin))
    page = browser.get(f"{till}/day").text
    for shown in ("积分不够", world.households[0].number, world.clerk.name):
        assert shown in page.partition("被拒的")[2]
