"""Naming proxies on the phone, at the desk and at the counter; lost cards; the code that a phone shows."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from points import codes
from points.models.people import Card, Person
from points.models.receipt import PhoneCode, Proxy, Refusal
from points.services import proxy, redemption
from tests.browser import Browser, forms_of
from tests.world import PIN, PaperCard, World


@pytest.fixture
def paper(world: World) -> PaperCard:
    """The card of a household with 100 points."""
    world.give_points(world.households[0], 100)
    return world.card(world.villager(0))


def grant(world: World, name: str = "钱外甥") -> int:
    return proxy.grant(**world.by(world.villager()), name=name, until=world.today + timedelta(days=9))


def collect(world: World, paper: PaperCard, proxy_id: int) -> int:
    """Let a proxy collect a bag of salt."""
    sale = {"till_id": world.till, "card": paper.code, "collector_id": 0, "proxy_id": proxy_id, "pin": ""}
    return redemption.redeem(**world.by(world.clerk), **sale, basket=[[world.goods["食盐400g"], 1, 2]])


# --- phone --------------------------------------------------------------------------------------------------------


def test_on_the_phone_a_proxy_is_named_and_taken_back(browser: Browser, world: World) -> None:
    browser.sign_in(world.villager())
    assert "现在没有代领人" in browser.get("/me/proxies").text
    until = (world.today + timedelta(days=9)).isoformat()
    assert browser.submit("/me/proxies", name="钱外甥", until=until).status_code == 303
    page = browser.get("/me/proxies").text
    assert "钱外甥可以代领到2026年11月11日" in page and "王秀英授权" in page
    assert browser.submit("/me/proxies", f"/proxies/{Proxy.get().id}/revoke").status_code == 303
    page = browser.get("/me/proxies").text
    assert "现在没有代领人" in page and "2026年11月2日由王秀英撤销" in page


def test_what_is_wrong_is_said_and_what_was_typed_kept(browser: Browser, world: World) -> None:
    browser.sign_in(world.villager())
    for fields, said in (
        ({"name": "", "until": "2026-11-09"}, "请写姓名"),
        ({"name": "钱外甥", "until": ""}, "请选日期"),
        ({"name": "钱外甥", "until": "2028-01-01"}, "期限要在 2026年11月2日 到 2027年11月2日"),
        ({"name": "王大山", "until": "2026-11-09"}, "王大山是这一户登记的成员"),
        ({"name": "钱外甥", "until": "2026-11-09", "number": "9999"}, "没有找到这一户的这个人"),
    ):
        answer = browser.submit("/me/proxies", **fields)
        assert answer.status_code == 422 and said in answer.text, fields
        assert f'value="{fields["name"]}"' in answer.text
    assert not Proxy.select().exists()


def test_a_proxy_of_the_village_is_found_by_number_and_name(browser: Browser, world: World) -> None:
    friend = world.villager(1)
    number = world.households[1].number
    browser.sign_in(world.villager()).submit("/me/proxies", name=friend.name, number=number, until="2026-11-09")
    assert Proxy.get().person_id == friend.id
    assert f"{number} 号户" in browser.get("/me/proxies").text


def test_five_are_the_most_and_the_form_goes(browser: Browser, world: World) -> None:
    for number in range(proxy.MOST):
        grant(world, f"代领{number}")
    page = browser.sign_in(world.villager()).get("/me/proxies").text
    assert "已经有 5 位代领人" in page and "同意代领" not in page


def test_who_lives_in_no_household_has_no_proxies_and_no_code(browser: Browser, world: World) -> None:
    browser.sign_in(world.supervisor)
    for address in ("/me/proxies", "/me/code"):
        assert "没有登记在哪一户" in browser.get(address).text


# --- notice and statement -----------------------------------------------------------------------------------------


def test_what_a_proxy_took_stands_in_the_statement_and_as_a_notice_until_seen(
    browser: Browser, world: World, paper: PaperCard
) -> None:
    receipt = collect(world, paper, grant(world))
    browser.sign_in(world.villager())
    page = browser.get("/home").text
    assert "由钱外甥（代领）领取" in page and "未验密码" in page
    assert "有人替您家领了东西" in page and "钱外甥在石桥村积分超市代领" in page
    assert browser.submit("/home", f"/receipts/{receipt}/seen").status_code == 303
    page = browser.get("/home").text
    assert "有人替您家领了东西" not in page and "由钱外甥（代领）领取" in page
    other = browser.another().sign_in(world.people(world.households[0])[1])
    assert "有人替您家领了东西" in other.get("/home").text
    collect(world, paper, Proxy.get().id)
    assert "有人替您家领了东西" in browser.get("/home").text


# --- desk ---------------------------------------------------------------------------------------------------------


def test_at_the_desk_a_member_types_the_pin(browser: Browser, world: World, paper: PaperCard) -> None:
    home = world.households[0].id
    browser.sign_in(world.recorder)
    assert f"/households/{home}/proxies" in browser.get(f"/households/{home}").text
    given = {"name": "钱外甥", "until": "2026-11-09", "member": paper.person.id}
    wrong = browser.submit(f"/households/{home}/proxies", **given, pin="314159")
    assert wrong.status_code == 422 and "取货密码不对" in wrong.text and 'value="钱外甥"' in wrong.text
    assert browser.submit(f"/households/{home}/proxies", **given, pin=PIN).status_code == 303
    page = browser.get(f"/households/{home}/proxies").text
    assert "钱外甥可以代领到" in page and "罗记录授权" in page
    assert "/revoke" not in page  # that is the committee's
    committee = browser.another().sign_in(world.committee[0])
    back = committee.submit(f"/households/{home}/proxies", f"/proxies/{Proxy.get().id}/revoke")
    assert back.location == f"/households/{home}/proxies"
    assert Proxy.get().revoked_by_id == world.committee[0].id


def test_nobody_writes_down_proxies_of_the_own_household(browser: Browser, world: World) -> None:
    home = world.committee[0].household_id
    page = browser.sign_in(world.committee[0]).get(f"/households/{home}/proxies").text
    assert "请别人办理" in page and "同意代领" not in page


# --- counter ------------------------------------------------------------------------------------------------------


def test_at_the_counter_card_and_pin_grant_and_take_back(browser: Browser, world: World, paper: PaperCard) -> None:
    place = f"/tills/{world.till}/proxies"
    browser.sign_in(world.clerk)
    assert place in browser.get(f"/tills/{world.till}").text
    page = browser.submit(place, code=paper.code).text
    assert "王秀英" in page and "现在没有代领人" in page
    form = next(form for form in forms_of(page, place) if form.values.get("step") == "grant")
    wrong = browser.post(form, name="钱外甥", until="2026-11-09", pin="314159")
    assert wrong.status_code == 422 and "取货密码不对" in wrong.text and PIN not in wrong.text
    form = next(form for form in forms_of(wrong.text, place) if form.values.get("step") == "grant")
    assert browser.post(form, pin=PIN).location == f"/tills/{world.till}"
    assert "钱外甥可以代领到2026年11月9日" in browser.get(f"/tills/{world.till}").text

    page = browser.submit(place, code=paper.number).text
    assert "钱*甥" in page and "钱外甥" not in page  # a typed number shows no whole name
    form = next(form for form in forms_of(page, place) if form.values.get("step") == "revoke")
    wrong = browser.post(form, pin="314159")
    assert wrong.status_code == 422 and "取货密码不对" in wrong.text
    form = next(form for form in forms_of(wrong.text, place) if form.values.get("step") == "revoke")
    assert browser.post(form, pin=PIN).status_code == 303
    assert Proxy.get().revoked_by_id == world.clerk.id


def test_a_card_that_is_refused_there_stands_in_the_days_list(browser: Browser, world: World, paper: PaperCard) -> None:
    browser.sign_in(world.clerk)
    place = f"/tills/{world.till}/proxies"
    own = world.card(world.clerk)
    for code, said in (
        ("12", "卡号不完整"),
        (own.code, "这一户是您自家或亲属"),
        (codes.phone_code(paper.person.id, world.now), "这里要用卡和取货密码"),
    ):
        answer = browser.submit(place, code=code)
        assert said in answer.text and "先扫卡" in answer.text, said
    assert [one.code for one in Refusal.select().order_by(Refusal.id)] == ["CardMisread", "OwnHousehold", "CardNeeded"]


def test_a_lost_card_is_found_by_number_or_name_and_blocked(browser: Browser, world: World, paper: PaperCard) -> None:
    place = f"/tills/{world.till}/lost"
    browser.sign_in(world.clerk)
    assert place in browser.get(f"/tills/{world.till}").text
    assert "没有找到能用的卡" in browser.submit(place, number=world.households[0].number, name="王大山").text
    assert "看错了一位" in browser.submit(place, code="123456789012").text
    for given in ({"code": paper.number}, {"number": world.households[0].number, "name": "王秀英"}):
        page = browser.submit(place, **given).text
        assert "王*英" in page and paper.number[-4:] in page
    form = next(form for form in forms_of(page, place) if form.action == f"{place}/{paper.id}")
    assert browser.post(form).location == f"/tills/{world.till}"
    assert "已挂失" in browser.get(f"/tills/{world.till}").text
    assert Card.get_by_id(paper.id).revoked_reason == "挂失"
    answer = browser.submit(f"/tills/{world.till}", f"/tills/{world.till}/card", code=paper.code)
    assert "2026年11月2日 停用（挂失）" in answer.text
    assert "没有找到能用的卡" in browser.submit(place, code=paper.number).text


def test_a_card_of_elsewhere_is_not_found(browser: Browser, world: World) -> None:
    stranger = world.people(world.other_household)[0]
    found = browser.sign_in(world.clerk).submit(
        f"/tills/{world.till}/lost", number=world.other_household.number, name=stranger.name
    )
    assert "没有找到能用的卡" in found.text


def test_on_the_phone_the_own_households_cards_are_blocked_in_one_step(
    browser: Browser, world: World, paper: PaperCard
) -> None:
    browser.sign_in(world.people(world.households[0])[1])
    assert browser.submit("/me", f"/cards/{paper.id}/block").location == "/me"
    page = browser.get("/me").text
    assert "已挂失" in page and f"/cards/{paper.id}/block" not in page
    assert Card.get_by_id(paper.id).revoked_at is not None


# --- code ---------------------------------------------------------------------------------------------------------


def test_the_phone_shows_a_code_that_the_counter_takes_once(browser: Browser, world: World, paper: PaperCard) -> None:
    phone = browser.another().sign_in(world.villager())
    assert "/me/code" in phone.get("/home").text
    page = phone.get("/me/code").text
    assert "<svg" in page and "不要截图" in page and 'content="30"' in page
    left = re.search(r'data-code-left="(\d+)"', page)
    assert left and left[1] == "30"
    world.wait(seconds=7)
    assert 'data-code-left="23"' in phone.get("/me/code").text

    code = codes.phone_code(world.villager().id, world.now)
    browser.sign_in(world.clerk)
    place = f"/tills/{world.till}"
    page = browser.submit(place, f"{place}/card", code=code).text
    assert "王秀英" in page and PhoneCode.get().till_id == world.till
    world.wait(minutes=1)
    form = next(form for form in forms_of(page, place) if form.action == f"{place}/redeem")
    assert browser.post(form, **{f"goods-{world.rice}": 1}).location.startswith("/receipts/")
    again = browser.submit(place, f"{place}/card", code=code)
    assert "这个手机码已经用过一次" in again.text
    assert "未验密码" not in phone.get("/home").text


def test_a_stale_code_says_so(browser: Browser, world: World, paper: PaperCard) -> None:
    code = codes.phone_code(world.villager().id, world.now)
    world.wait(minutes=1)
    place = f"/tills/{world.till}"
    answer = browser.sign_in(world.clerk).submit(place, f"{place}/card", code=code)
    assert "手机码已过期" in answer.text
    assert (Refusal.get().code, Refusal.get().household_id) == ("PhoneCodeExpired", world.households[0].id)


def test_who_may_not_collect_sees_no_empty_choice(browser: Browser, world: World, paper: PaperCard) -> None:
    Person.update(barred_until=world.today).where(Person.household == world.households[0]).execute()
    place = f"/tills/{world.till}"
    page = browser.sign_in(world.clerk).submit(place, f"{place}/card", code=paper.code).text
    assert "不能领取" in page and "确认兑换" not in page
