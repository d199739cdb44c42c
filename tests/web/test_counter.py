"""The counter's pages: card, basket, receipt, and the day's list."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from points.models.receipt import Receipt, Refusal
from points.services import goods, redemption
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


def test_from_card_to_receipt(browser: Browser, till: str, world: World, paper: PaperCard) -> None:
    page = look_up(browser, till, paper.code)
    assert page.status_code == 200
    for shown in ("王秀英", "王大山", "大米5kg", "可用积分", "100"):
        assert shown in page.text
    done = browser.post(basket_of(page, till), **rice(world, 2, pin=paper.pin))
    assert done.status_code == 303

    receipt = browser.get(done.location).text
    for shown in ("SQ-1-000001", "大米5kg × 2", "共 60 分", "剩余 40 分", "王*英", "已验密码"):
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
    assert browser.submit(place, f"{place}/undo", reason="").status_code == 422
    form = next(form for form in browser.forms(place) if form.action == f"{place}/undo")
    for _ in range(2):
        assert browser.post(form, reason="拿错了").status_code == 303
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
