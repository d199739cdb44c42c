"""Bad networks, impatient fingers and browsers without scripts: nothing is lost, and nothing happens twice."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from points import demo
from points.models.contribution import Contribution, Line, Voice
from points.models.goods import Goods
from points.models.people import Person
from points.models.receipt import Receipt
from points.models.shop import Till
from tests.e2e.site import Reader, Site

pytestmark = pytest.mark.e2e


@pytest.fixture
def password(demo_home: demo.Home) -> str:
    return demo_home.secrets["DEMO_PASSWORD"]


@pytest.fixture
def roster(demo_site: Site, password: str) -> Reader:
    """A phone on which a patrol is typed in, all but the last tap."""
    phone = demo_site.phone().sign_in("committee", password)
    holder = Person.get(Person.username == "villager")
    phone.open(f"/villages/{holder.household.village_id}/contributions/new").fill(item_id="义务巡逻", note="雨夜")
    return phone.choose_person(f"{holder.initials} {holder.household.number}", holder.name)


def test_without_a_network_all_that_was_typed_stays(roster: Reader) -> None:
    before = Contribution.select().count()
    key = roster.page.locator("main [name=key]").input_value()
    roster.expects_trouble = True
    roster.page.context.set_offline(True)
    roster.page.get_by_role("button", name="记下").click()
    roster.see("没有连上网络，内容都在。请再点一次。")
    assert roster.page.locator("[name=note]").input_value() == "雨夜"
    assert roster.page.locator("main [name=key]").input_value() == key
    roster.page.context.set_offline(False)
    roster.submit().see("已记下 1 人")
    assert Contribution.select().count() == before + 1


def test_an_answer_lost_on_the_way_is_found_by_pressing_again(roster: Reader) -> None:
    before = Contribution.select().count()
    roster.expects_trouble = True

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)  # the site does its work
        route.abort()  # and its answer never arrives

    roster.page.route("**/contributions/new", lose)
    roster.page.get_by_role("button", name="记下").click()
    roster.see("没有连上网络")
    assert Contribution.select().count() == before + 1
    roster.page.unroute("**/contributions/new")
    roster.submit().see("已记下 1 人")
    assert Contribution.select().count() == before + 1


def test_the_button_stays_under_the_finger_while_a_form_is_sent_again(roster: Reader) -> None:
    roster.expects_trouble = True
    roster.page.context.set_offline(True)
    button = roster.page.get_by_role("button", name="记下")
    button.click()
    roster.see("没有连上网络")
    roster.page.context.set_offline(False)
    under_way: list[Route] = []
    roster.page.route("**/contributions/new", lambda route: under_way.append(route))
    place = "button => button.getBoundingClientRect().top + scrollY"  # on the page, for a click may scroll it
    before = button.evaluate(place)
    button.click()
    expect(button).to_be_disabled()
    expect(roster.page.get_by_text("没有连上网络")).to_be_hidden()
    assert button.evaluate(place) == pytest.approx(before, abs=1)
    under_way[0].continue_()
    roster.see("已记下 1 人")


def test_a_double_click_on_confirm_makes_one_receipt(demo_site: Site, demo_home: demo.Home, password: str) -> None:
    before = Receipt.select().count()
    clerk = at_the_basket(demo_site.desk(), demo_home)
    clerk.fill(pin=demo_home.secrets["DEMO_PIN"])
    clerk.page.get_by_role("button", name="确认兑换").dblclick()
    clerk.see("积分兑换凭证")
    clerk.page.reload()
    clerk.see("积分兑换凭证")
    assert Receipt.select().count() == before + 1


def test_a_wrong_pin_keeps_the_basket(demo_site: Site, demo_home: demo.Home) -> None:
    clerk = at_the_basket(demo_site.phone(), demo_home).fill(pin="999888").submit().see("取货密码不对")
    assert clerk.status == 422
    expect(clerk.page.locator("#pin")).to_be_focused()
    assert clerk.page.locator("[data-count]").evaluate_all("all => all.map(one => +one.value)").count(1) == 1
    clerk.fill(pin=demo_home.secrets["DEMO_PIN"]).submit().see("积分兑换凭证")


def test_without_scripts_a_patrol_is_recorded_and_decided(demo_site: Site, password: str) -> None:
    committee = demo_site.phone(java_script_enabled=False).sign_in("committee", password)
    holder = Person.get(Person.username == "villager")
    committee.open(f"/villages/{holder.household.village_id}/contributions/new").fill(item_id="义务巡逻")
    committee.fill(q=f"{holder.initials} {holder.household.number}").press("查找").fill(
        people=holder.name, note="雨夜"
    ).submit().see("已记下 1 人")
    line = Line.select().order_by(Line.id.desc()).get()

    steward = demo_site.phone(java_script_enabled=False).sign_in("steward", password)
    steward.open("/check").press("通过").see("已通过初审")
    council = demo_site.phone(java_script_enabled=False).sign_in("council", password)
    council.open("/decide").press("同意").see("表示同意")
    assert Voice.select().where(Voice.line == line).count() == 1


def test_without_scripts_a_typed_number_and_a_pin_buy_salt(demo_site: Site, demo_home: demo.Home) -> None:
    clerk = at_the_basket(demo_site.desk(java_script_enabled=False), demo_home)
    clerk.fill(pin=demo_home.secrets["DEMO_PIN"]).submit().see("积分兑换凭证").see("输入号码").see("已验密码")


def at_the_basket(clerk: Reader, home: demo.Home) -> Reader:
    """Type the demo's card number at the till, and put one packet of salt into the basket."""
    clerk.sign_in("clerk", home.secrets["DEMO_PASSWORD"])
    salt = Goods.get(Goods.name == "食盐400g")
    clerk.open(f"/tills/{Till.get(Till.shop == salt.shop_id).id}").fill(code=home.secrets["DEMO_CARD"]).submit()
    if not clerk.scripts:
        return clerk.fill(**{f"goods-{salt.id}": 1})
    clerk.page.locator(f"[data-goods='{salt.id}'] .goods__tap").click()
    return clerk
