"""Reservations on pages: from the phone to the counter, at the desk, and on paper."""

import re
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from points import codes, db
from points.models.goods import Goods
from points.models.people import Person
from points.models.receipt import Proxy, Receipt, Refusal
from points.models.reservation import Reservation
from points.models.shop import OpeningHour, Shop
from points.services import reservation, tick
from points.web import basket
from tests import steps
from tests.browser import Browser, forms_of
from tests.tools import press, statements
from tests.world import PIN, World


@pytest.fixture
def owner(world: World) -> Person:
    """Somebody of a household with 100 points."""
    world.give_points(world.households[0], 100)
    return world.villager(0)


@pytest.fixture
def ticket(world: World, owner: Person) -> int:
    """Two bags of rice reserved for 60 of the 100 points."""
    return steps.reserve(world, {world.rice: 2})


def rice(world: World, count: int = 1) -> dict[str, Any]:
    return {f"goods-{world.rice}": count}


def spoken(ticket: int) -> str:
    return str(Reservation.get_by_id(ticket).spoken)


# --- on the phone -------------------------------------------------------------------------------------------------


def test_from_the_phone_to_the_receipt(browser: Browser, world: World, owner: Person) -> None:
    OpeningHour.create(shop=world.shop, weekday=2, opens=9 * 60, closes=11 * 60 + 30)
    OpeningHour.create(shop=world.shop, weekday=3, opens=9 * 60, closes=17 * 60, redeems=False)
    phone = browser.sign_in(owner)
    page = phone.get(f"/shops/{world.shop}/reserve").text
    for shown in ("石桥村积分超市", "大米5kg", "11月4日周三 9:00–11:30", 'data-balance="100"'):
        assert shown in page
    assert "周四" not in page, "no points are taken then"
    done = phone.submit(f"/shops/{world.shop}/reserve", **rice(world, 2))
    assert done.status_code == 303
    ticket = Reservation.get()
    assert ticket.collect_by == world.today + timedelta(days=7), "as long as the shop holds"
    page = phone.get(done.location).text
    digits = f"{ticket.spoken[:3]} {ticket.spoken[3:]}"
    for shown in (digits, "<svg", "大米5kg × 2 袋", "最晚2026年11月9日", "共 60 分", "待取货"):
        assert shown in page
    home = phone.get("/home").text
    for shown in ("预约占用 60 分", "等着取货", "预约占用：大米5kg × 2", "−60"):
        assert shown in home

    till = f"/tills/{world.till}"
    clerk = browser.another().sign_in(world.clerk)
    shown = look_up(clerk, world, codes.ticket_code(ticket.id))
    assert shown.status_code == 200
    for word in ("大米5kg", "× 2 袋", "王秀英", "王大山", "货已交给领取人"):
        assert word in shown.text
    assert "取货密码" not in shown.text
    form = next(form for form in forms_of(shown.text) if form.action == f"{till}/collect")
    places = {clerk.post(form).location for _ in range(2)}
    assert places == {f"/receipts/{Receipt.get().id}"}
    assert Receipt.get().collector_id == owner.id

    page = phone.get(f"/reservations/{ticket.id}").text
    assert "已取货" in page and "SQ-1-000001" in page and digits not in page
    home = phone.get("/home").text
    for shown in ("取货，转为兑换：大米5kg × 2", "+60", "兑换：大米5kg × 2"):
        assert shown in home
    assert "等着取货" not in home


def test_the_public_pages_goods_come_chosen(browser: Browser, world: World, owner: Person) -> None:
    browser.sign_in(owner)
    page = browser.get(f"/shops/{world.shop}/reserve", goods=world.rice).text
    assert re.search(rf'name="goods-{world.rice}"[^>]*value="1"', page)
    assert browser.get(f"/shops/{world.shop}/reserve", goods=10**6).status_code == 200


def test_what_was_chosen_outlives_a_refusal(browser: Browser, world: World, owner: Person) -> None:
    browser.sign_in(owner)
    day = (world.today + timedelta(days=2)).isoformat()
    answer = browser.submit(f"/shops/{world.shop}/reserve", **rice(world, 4), collect_by=day)
    assert answer.status_code == 409
    assert "需要 120 分，现有 100 分" in answer.text
    assert re.search(rf'name="goods-{world.rice}"[^>]*value="4"', answer.text)
    assert f'value="{day}"' in answer.text
    for wrong, sentence in (("", "请选取货的日期"), ("2026-12-31", "要在 2026年11月2日 到 2026年11月9日 之间")):
        answer = browser.submit(f"/shops/{world.shop}/reserve", **rice(world), collect_by=wrong)
        assert answer.status_code == 422
        assert sentence in answer.text
    assert "还没有选商品" in browser.submit(f"/shops/{world.shop}/reserve").text
    nonsense = browser.submit(f"/shops/{world.shop}/reserve", **{f"goods-{world.rice}": "9" * 30})
    assert nonsense.status_code == 422
    assert not Reservation.select().exists()


def test_a_large_shop_is_searched_and_keeps_what_was_chosen(
    browser: Browser, world: World, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(basket, "MOST_SHOWN", 2)
    monkeypatch.setattr(basket, "MOST_TAKEN", 1)
    browser.sign_in(owner)
    url = f"/shops/{world.shop}/reserve"
    salt = world.goods["食盐400g"]
    found = browser.submit(url, find="1", q="sy", **rice(world, 2))
    assert found.status_code == 200
    assert f'name="goods-{salt}"' in found.text
    assert re.search(rf'name="goods-{world.rice}"[^>]*value="2"', found.text)
    assert not Reservation.select().exists()
    assert f'name="goods-{salt}"' in browser.get(f"{url}/goods", q="sy").text
    assert "没有找到" in browser.get(f"{url}/goods", q="没有这个").text


def test_cancelling_from_the_phone(browser: Browser, world: World, owner: Person, ticket: int) -> None:
    browser.sign_in(world.people(world.households[0])[1])
    page = f"/reservations/{ticket}"
    [form] = [form for form in browser.forms(page) if form.action == f"{page}/cancel"]
    for _ in range(2):
        assert browser.post(form, reason="不要了").status_code == 303
    shown = browser.get(page).text
    assert "已取消" in shown and "取消预约" not in shown
    assert world.balance(world.households[0]) == 100
    again = press(browser, f"{page}/cancel")
    assert again.status_code == 409
    assert "已于 2026年11月2日 取消" in again.text
    assert "预约取消，退回：大米5kg × 2" in browser.get("/home").text


def test_my_reservations_lists_what_waits_and_what_was(browser: Browser, world: World, owner: Person) -> None:
    browser.sign_in(owner)
    assert "没有等着取的货" in browser.get("/me/reservations").text
    late = steps.reserve(world, {world.goods["食盐400g"]: 1}, collect_by=world.today)
    steps.reserve(world, {world.rice: 2})
    world.wait(days=1)
    tick.tick(now=world.now)
    page = browser.get("/me/reservations").text
    assert page.index("等着取货") < page.index("大米5kg × 2") < page.index("以前的") < page.index("食盐400g × 1")
    assert "已过期" in page
    assert "预约过期，退回：食盐400g × 1" in browser.get("/home").text
    assert "过期" in browser.get(f"/reservations/{late}").text


def test_who_lives_in_no_household_is_told_so(browser: Browser, world: World) -> None:
    Person.update(household=None).where(Person.id == world.supervisor.id).execute()
    browser.sign_in(world.supervisor)
    for url in (f"/shops/{world.shop}/reserve", "/me/reservations"):
        assert "没有登记在哪一户" in browser.get(url).text


def test_the_code_is_for_those_who_may_hold_the_ticket(browser: Browser, world: World, ticket: int) -> None:
    digits = f"{spoken(ticket)[:3]} {spoken(ticket)[3:]}"
    for person, holds in (
        (world.villager(0), True),
        (world.people(world.households[0])[1], True),
        (world.clerk, False),
        (world.committee[0], False),
        (world.recorder, False),
    ):
        reader = browser.another().sign_in(person)
        page = reader.get(f"/reservations/{ticket}")
        assert page.status_code == 200
        assert (digits in page.text, "兑换券的码" in page.text) == (holds, holds), person.name
        assert (reader.get(f"/reservations/{ticket}/paper").status_code == 200) == holds
    assert browser.another().sign_in(world.villager(1)).get(f"/reservations/{ticket}").status_code == 404


def test_the_ticket_on_paper_masks_the_name(browser: Browser, world: World, ticket: int) -> None:
    browser.sign_in(world.villager(0))
    for size in ("58", "a5", "what"):
        page = browser.get(f"/reservations/{ticket}/paper", size=size).text
        for shown in (
            "兑换券",
            "王*英",
            "大米5kg × 2 袋",
            "已占用 60 分",
            f"{spoken(ticket)[:3]} {spoken(ticket)[3:]}",
        ):
            assert shown in page
        sheet = page[page.index("<section") : page.index("</section>")]
        assert "王秀英" not in sheet
        assert f"receipt_{'a5' if size == 'a5' else '58'}" in sheet


# --- at the desk --------------------------------------------------------------------------------------------------


def test_the_desk_reserves_with_the_pin_and_prints(browser: Browser, world: World, owner: Person) -> None:
    world.card(owner)
    browser.sign_in(world.recorder)
    url = f"/households/{world.households[0].id}/reserve"
    chosen = {**rice(world), "person": owner.id}
    action = f"{url}?shop={world.shop}"
    for pin, sentence in (("", "请预约的人输入取货密码"), ("314159", "取货密码不对"), ("12", "6 位数字")):
        answer = browser.submit(url, action, **chosen, pin=pin)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert pin not in re.findall(r'name="pin"[^>]*value="([^"]*)"', answer.text)
    done = browser.submit(url, action, **chosen, pin=PIN)
    assert done.status_code == 303
    page = browser.get(done.location).text
    assert "罗记录经办" in page and "打印兑换券" in page
    assert "兑换券的码" in browser.get(f"{done.location}/paper").text
    assert Reservation.get().made_by_id == world.recorder.id


def test_who_reserves_at_the_desk_sees_the_ticket_of_a_shop_above_or_beside_the_own_area(
    browser: Browser, world: World, owner: Person
) -> None:
    world.card(owner)
    Shop.update(area=world.township).where(Shop.id == world.shop).execute()
    grid_steward = world.appoint("steward", world.lanes[0], "韩网格", lane=world.other_lane)
    for number, person in enumerate((world.committee[0], grid_steward)):
        browser.sign_in(person)
        url = f"/households/{world.households[0].id}/reserve"
        done = browser.submit(url, f"{url}?shop={world.shop}", **rice(world), person=owner.id, pin=PIN)
        page = browser.get(done.location)
        assert page.status_code == 200 and f"{person.name}经办" in page.text, number
        assert "兑换券的码" in browser.get(f"{done.location}/paper").text
    other = browser.another().sign_in(world.other_committee)
    assert other.get(done.location).status_code == 404
    browser.sign_in(world.committee[0])
    cancelled = browser.submit(done.location, f"{done.location}/cancel")
    assert cancelled.status_code == 303 and Reservation.select().where(Reservation.state == "cancelled").count() == 1


def test_the_desk_says_when_no_shop_serves_the_household(browser: Browser, world: World) -> None:
    browser.sign_in(world.other_committee)
    assert "还没有开店" in browser.get(f"/households/{world.other_household.id}/reserve").text


# --- at the counter -----------------------------------------------------------------------------------------------


def look_up(browser: Browser, world: World, code: str) -> TestResponse:
    """Scan on the till's page, which sends a ticket on to where it is read."""
    till = f"/tills/{world.till}"
    form = next(form for form in browser.forms(till) if form.action == f"{till}/card")
    answer = browser.post(form, code=code)
    if answer.status_code == 307:
        form.action = answer.location
        answer = browser.post(form, code=code)
    return answer


def test_spoken_digits_show_masked_names_and_ask_for_the_pin(
    browser: Browser, world: World, owner: Person, ticket: int
) -> None:
    world.card(owner)
    browser.sign_in(world.clerk)
    page = look_up(browser, world, f"{spoken(ticket)[:3]} {spoken(ticket)[3:]}")
    assert "王*英" in page.text and "王秀英" not in page.text
    form = next(form for form in forms_of(page.text) if form.action == f"/tills/{world.till}/collect")
    wrong = browser.post(form, pin="314159")
    assert wrong.status_code == 422
    assert "取货密码不对" in wrong.text and "314159" not in wrong.text
    form = next(form for form in forms_of(wrong.text) if form.action == f"/tills/{world.till}/collect")
    assert browser.post(form, pin=PIN).status_code == 303
    assert Receipt.get().via == "typed"


def test_what_is_refused_says_why_and_is_kept_for_the_day(browser: Browser, world: World, ticket: int) -> None:
    browser.sign_in(world.clerk)
    misread = look_up(browser, world, codes.ticket_code(ticket + 1))
    assert misread.status_code == 422
    assert "这不是兑换券" in misread.text
    unknown = look_up(browser, world, f"{(int(spoken(ticket)) + 1) % 10**6:06d}")
    assert unknown.status_code == 422
    assert "没有等着取货的这个号码" in unknown.text
    reservation.cancel(**world.by(world.villager(0)), reservation_id=ticket)
    gone = look_up(browser, world, codes.ticket_code(ticket))
    assert gone.status_code == 409
    assert "已于 2026年11月2日 取消" in gone.text
    assert codes.ticket_code(ticket) not in gone.text
    refused = [row.code for row in Refusal.select().order_by(Refusal.id)]
    assert refused == ["TicketMisread", "TicketUnknown", "TicketCancelled"]
    day = browser.get(f"/tills/{world.till}/day").text
    assert "这个预约已于 2026年11月2日 取消" in day


def test_a_ticket_collected_meanwhile_is_told_at_the_button(browser: Browser, world: World, ticket: int) -> None:
    browser.sign_in(world.clerk)
    page = look_up(browser, world, codes.ticket_code(ticket))
    form = next(form for form in forms_of(page.text) if form.action == f"/tills/{world.till}/collect")
    given = {"till_id": world.till, "ticket": codes.ticket_code(ticket), "collector_id": world.villager(0).id}
    reservation.collect(**world.by(world.clerk), **given)
    answer = browser.post(form)
    assert answer.status_code == 409
    assert "凭证号 SQ-1-000001" in answer.text
    assert Refusal.select().count() == 1, "told once, kept once"


def test_a_proxy_collects_and_is_named(browser: Browser, world: World, owner: Person, ticket: int) -> None:
    grant = {"household": owner.household_id, "name": "周帮忙", "until": world.today, "granted_by": owner}
    proxy = Proxy.create(**grant, granted_at=world.now)
    browser.sign_in(world.clerk)
    page = look_up(browser, world, codes.ticket_code(ticket))
    assert "代领：周帮忙（到11月2日）" in page.text
    form = next(form for form in forms_of(page.text) if form.action == f"/tills/{world.till}/collect")
    assert browser.post(form, collector=f"p{proxy.id}").status_code == 303
    assert Receipt.get().proxy_id == proxy.id


def test_who_collects_must_be_named(browser: Browser, world: World, ticket: int) -> None:
    browser.sign_in(world.clerk)
    page = look_up(browser, world, codes.ticket_code(ticket))
    form = next(form for form in forms_of(page.text) if form.action == f"/tills/{world.till}/collect")
    for nobody in ("0", "x", "p0", str(world.villager(1).id)):
        assert browser.post(form, collector=nobody, key=world.key()).status_code == 422
    assert not Receipt.select().exists()


def test_the_clerk_cancels_with_the_ticket(browser: Browser, world: World, ticket: int) -> None:
    browser.sign_in(world.clerk)
    url = f"/reservations/{ticket}/cancel"
    assert url not in browser.get(f"/reservations/{ticket}").text
    assert press(browser, url).status_code == 422
    page = look_up(browser, world, codes.ticket_code(ticket))
    form = next(form for form in forms_of(page.text) if form.action == url)
    assert browser.post(form).status_code == 303
    assert Reservation.get().state == "cancelled"
    assert url not in look_up(browser, world, spoken(ticket)).text


def test_a_reload_leads_back_to_the_till(browser: Browser, world: World) -> None:
    browser.sign_in(world.clerk)
    for page in ("ticket", "collect"):
        assert browser.get(f"/tills/{world.till}/{page}").location == f"/tills/{world.till}"


def test_only_the_counters_pages_run_the_reader(browser: Browser, world: World, ticket: int) -> None:
    browser.sign_in(world.clerk)
    at_till, elsewhere = look_up(browser, world, spoken(ticket)), browser.get(f"/reservations/{ticket}")
    assert "wasm-unsafe-eval" in at_till.headers["Content-Security-Policy"]
    assert "wasm-unsafe-eval" not in elsewhere.headers["Content-Security-Policy"]


# --- at the shop --------------------------------------------------------------------------------------------------


def test_the_shop_sees_what_to_set_aside_and_for_whom(browser: Browser, world: World, ticket: int) -> None:
    world.give_points(world.households[1], 100)
    steps.reserve(world, {world.rice: 1, world.goods["食盐400g"]: 3}, by=world.villager(1), collect_by=world.today)
    browser.sign_in(world.clerk)
    page = browser.get(f"/shops/{world.shop}/reservations").text
    assert re.search(r"大米5kg</div>.*?3 袋", page, re.S)
    assert page.index("李*兰") < page.index("王*英"), "what is due first"
    assert "今天" in page and spoken(ticket) not in page
    paper = browser.get(f"/shops/{world.shop}/reservations/paper").text
    assert "备货单" in paper and "大米5kg × 2" in paper
    world.wait(days=1)
    assert "过期" in browser.another().sign_in(world.clerk).get(f"/shops/{world.shop}/reservations").text


def test_an_empty_list_says_so(browser: Browser, world: World) -> None:
    browser.sign_in(world.clerk)
    for url in (f"/shops/{world.shop}/reservations", f"/shops/{world.shop}/reservations/paper"):
        assert "没有等着取货的预约" in browser.get(url).text


def test_lists_take_as_many_statements_however_long(browser: Browser, world: World, owner: Person) -> None:
    clerk, phone = browser.another().sign_in(world.clerk), browser.sign_in(owner)
    salt = {world.goods["食盐400g"]: 1}
    counts = []
    for _ in range(2):
        steps.reserve(world, salt)
        urls = [(clerk, f"/shops/{world.shop}/reservations"), (phone, "/me/reservations"), (phone, "/home")]
        counts.append([statements(lambda who=who, url=url: who.get(url)) for who, url in urls])
    assert counts[0] == counts[1]


def test_a_long_list_is_paged(browser: Browser, world: World, owner: Person) -> None:
    made = steps.reserve(world, {world.goods["食盐400g"]: 1})
    Goods.update(name="特别长的商品名称" * 5).where(Goods.id == world.rice).execute()
    columns = "shop_id, household_id, person_id, points, state, collect_by, made_by_id, made_at"
    with db.transaction():
        for number in range(60):
            db.execute(
                f"INSERT INTO reservation ({columns}, spoken) SELECT {columns}, ? FROM reservation WHERE id = ?",
                (f"no {number:03d}", made),
            )
    browser.sign_in(world.clerk)
    first = browser.get(f"/shops/{world.shop}/reservations").text
    assert 'rel="next"' in first and 'rel="prev"' not in first
    second = browser.get(f"/shops/{world.shop}/reservations", page=2).text
    assert 'rel="prev"' in second and 'rel="next"' not in second
    assert (first + second).count(">查看<") == 61
    assert browser.get(f"/shops/{world.shop}/reservations", page=-7).status_code == 200
