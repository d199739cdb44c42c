"""Printed sheets in general: their keys, the page to which their QR leads, and the page that offers them all."""

from __future__ import annotations

import pytest

from points import pdf
from points.models.areas import Area
from points.models.goods import Goods
from points.models.paper import Paper
from points.models.people import Household, Person
from points.services import household
from tests import steps
from tests.browser import Browser
from tests.tools import codes, press, statements, words
from tests.unit.test_boards import commend
from tests.world import World


def checked(browser: Browser, body: bytes) -> str:
    """Scan the check code of a PDF with a phone that nobody signed in on; return what the page says."""
    [address, *_more] = {text for text in codes(body) if "/check/" in text}
    page = browser.another().client.get(address[address.index("/check/") :])
    assert page.status_code == 200
    return page.text


def test_a_poster_says_what_the_page_says_and_its_code_leads_to_what_it_said(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    answer = press(browser, f"/papers/rules/{world.village}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    said = words(answer.data)
    assert "石桥村积分细则" in said and "义务巡逻" in said and "第 1 页，共" in said
    page = checked(browser, answer.data)
    assert "石桥村" in page and "积分细则" in page and "2026年11月2日 09:00" in page and "后来变了" not in page
    assert page.count("一样") == 4


def test_the_same_key_prints_the_same_paper(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    for _again in range(2):
        assert press(browser, f"/papers/rules/{world.village}", key="one-key-for-both").status_code == 200
    assert Paper.select().count() == 1


def test_a_strange_code_is_not_of_this_system(browser: Browser, world: World) -> None:
    answer = browser.get("/check/abcdefghjkmnpqrs")
    assert answer.status_code == 404 and "不是从这个系统印出来的" in answer.text


def test_the_page_names_what_changed_since_and_what_is_no_more(browser: Browser, world: World) -> None:
    lane = world.open_area(world.grid, "lane", "东三巷")
    home = world.open_household(lane, "王搬家")
    browser.sign_in(world.recorder)
    body = press(browser, f"/papers/lanes/{world.village}").data
    world.open_household(world.lanes[0], "王新户")
    Household.update(area=world.lanes[1]).where(Household.id == home.id).execute()
    Area.update(name="东大巷").where(Area.id == lane).execute()
    page = checked(browser, body)
    assert "有 3 项变了" in page  # two lanes have another number of households, one has another name
    assert page.count("后来变了") == 2 and page.count("现在没有这一项") == 1


def test_a_later_printing_takes_its_place_once_it_says_something_else(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    first = press(browser, f"/papers/lanes/{world.village}").data
    assert "又印过" not in checked(browser, first)
    world.wait(days=1)
    again = press(browser, f"/papers/lanes/{world.village}").data
    assert "2026年11月3日又印过一次，写的一样" in checked(browser, first)
    world.open_household(world.lanes[0], "王新户")
    world.wait(days=1)
    newest = press(browser, f"/papers/lanes/{world.village}").data
    assert "2026年11月4日又印过一次，以新的为准" in checked(browser, again)
    press(browser, f"/papers/lanes/{world.grid}")  # something else
    assert "又印过" not in checked(browser, newest)


def test_another_sheet_of_the_same_notice_or_board_takes_nothings_place(browser: Browser, world: World) -> None:
    steps.approved(world, world.villager(0), world.villager(2))
    notice_id = steps.hung(world)
    commend(world, 0)
    commend(world, 1, "2026-10")
    browser.sign_in(world.recorder)
    first, second = ({"lane": lane} for lane in world.lanes)
    this, last = {"period": "2026-11"}, {"period": "2026-10"}
    for path, one, other in ((f"notice/{notice_id}", first, second), (f"board/{world.village}", this, last)):
        body = press(browser, f"/papers/{path}", **one).data
        press(browser, f"/papers/{path}", **other)
        assert "又印过" not in checked(browser, body)


def test_the_page_leads_to_what_anybody_may_read_now(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    for kind, subject, page in (
        ("rules", world.village, f"/villages/{world.village}/rules"),
        ("lanes", world.village, f"/villages/{world.village}/lanes"),
        ("goods", world.shop, f"/villages/{world.village}/goods?shop={world.shop}"),
        ("hours", world.village, f"/villages/{world.village}"),
    ):
        assert f'href="{page}"' in checked(browser, press(browser, f"/papers/{kind}/{subject}").data), kind


def test_what_is_not_there_is_not_printed(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    for path in ("rules/999999", "goods/999999", "notice/999999", "lanes/999999", f"lanes/{world.lanes[0]}", "poem/1"):
        assert press(browser, f"/papers/{path}").status_code == 404, path
    assert press(browser, f"/papers/board/{world.village}", period="2026-13").status_code == 404
    assert not Paper.select().exists()


def test_an_empty_sheet_is_refused_with_a_sentence(browser: Browser, world: World) -> None:
    empty = world.open_area(world.township, "village", "空村")
    browser.sign_in(world.recorder)
    Goods.update(hidden=True).execute()
    for path in (
        f"board/{world.village}",
        f"goods/{world.shop}",
        *(f"{kind}/{empty}" for kind in ("rules", "hours", "lanes")),
    ):
        answer = press(browser, f"/papers/{path}")
        assert answer.status_code == 409 and "现在什么也没有" in answer.text, path
    assert not Paper.select().exists()


# --- the page that offers them ----------------------------------------------------------------------------------


def offered(world: World) -> str:
    return f"/villages/{world.village}/print"


def test_everything_that_hangs_on_the_wall_is_offered_and_each_button_prints(browser: Browser, world: World) -> None:
    commend(world, 0)
    steps.approved(world)
    steps.hung(world)
    browser.sign_in(world.committee[0])
    forms = [form for form in browser.forms(offered(world)) if form.action.startswith("/papers/")]
    kinds = [form.action.split("/")[2] for form in forms]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "notice": 4, "board": 2, "rules": 2, "goods": 2, "hours": 2, "lanes": 2
    }  # fmt: skip
    for form in forms:
        answer = browser.post(form)
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf"), form.action


def test_an_empty_village_is_told_so_line_by_line(browser: Browser, world: World) -> None:
    empty = world.open_area(world.township, "village", "空村")
    browser.sign_in(world.supervisor)
    page = browser.get(f"/villages/{empty}/print").text
    for said in ("还没有公示", "评议会还没有表扬", "还没有采纳", "还没有开店", "还没有登记街巷和户"):
        assert said in page
    assert "/papers/" not in page


def test_a_name_that_paper_cannot_show_is_told_to_those_who_may_read_it(browser: Browser, world: World) -> None:
    assert pdf.missing("𠮷䶮𬭎") == ""
    first = world.households[0]
    household.add_person(**world.by(world.recorder), household_id=first.id, name="王\ue000𠮷", phone="")
    Goods.update(name="面\ue001").where(Goods.id == world.rice).execute()
    browser.sign_in(world.committee[0])
    page = browser.get(offered(world)).text
    assert f"第 {first.number} 户：王\ue000𠮷" in page and "面\ue001" in page
    clerk = browser.another()
    clerk.sign_in(world.clerk)
    page = clerk.get(offered(world)).text
    assert "王\ue000" not in page and "面\ue001" in page
    Person.update(active=False).where(Person.name.contains("\ue000")).execute()
    Goods.update(name="面").where(Goods.id == world.rice).execute()
    assert "有的字印不出来" not in browser.get(offered(world)).text


def test_what_is_printed_elsewhere_is_a_link_for_those_who_may(browser: Browser, world: World) -> None:
    pages = {f"/villages/{world.village}/{page}" for page in ("cards/print", "passbooks", "packet")}
    browser.sign_in(world.committee[0])
    shown = browser.get(offered(world)).text
    for page in pages:
        assert f'href="{page}"' in shown and browser.get(page).status_code == 200
    clerk = browser.another().sign_in(world.clerk)
    assert not [page for page in pages if page in clerk.get(offered(world)).text]


def test_the_desk_of_the_village_leads_there(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    assert f'href="{offered(world)}"' in browser.get(f"/villages/{world.village}/desk").text


def test_it_asks_the_same_statements_however_much_there_is(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    browser.get(offered(world))
    before = statements(lambda: browser.get(offered(world)))
    for number in range(4):
        world.open_household(world.open_area(world.grid, "lane", f"新{number}巷"), "王新")
        world.add_goods(f"面{number}", "袋", "粮油", 9)
    assert statements(lambda: browser.get(offered(world))) == before


# --- the lane board on the web, and whose phone it shows --------------------------------------------------------


def test_anyone_reads_the_lane_board_and_a_phone_only_if_its_owner_says_so(browser: Browser, world: World) -> None:
    Person.update(phone="13800000000").where(Person.id == world.recorder.id).execute()
    page = f"/villages/{world.village}/lanes"
    shown = browser.get(page).text
    assert "东一巷" in shown and "罗记录" in shown and "13800000000" not in shown
    assert not [name for name in ("王秀英", "李小兰") if name in shown]
    steward = browser.another()
    steward.sign_in(world.recorder)
    assert steward.submit("/me", "/me/phone").status_code == 303
    assert "13800000000" in browser.get(page).text
    assert "13800000000" in words(press(steward, f"/papers/lanes/{world.village}").data)
    assert "13800000000" not in Paper.get().facts  # what the sheet said stays readable when the phone is taken back
    assert steward.submit("/me", "/me/phone").status_code == 303
    assert "13800000000" not in browser.get(page).text


@pytest.mark.parametrize("phone", ["", "13800000000"])
def test_only_a_steward_is_asked_about_the_phone(browser: Browser, world: World, phone: str) -> None:
    Person.update(phone=phone or None).execute()
    browser.sign_in(world.villager())
    assert "街巷一览上的电话" not in browser.get("/me").text
    steward = browser.another().sign_in(world.recorder)
    page = steward.get("/me").text
    assert ("同意公开电话" in page) == bool(phone) and ("还没有登记您的电话" in page) != bool(phone)


def test_a_village_without_households_says_so(browser: Browser, world: World) -> None:
    empty = world.open_area(world.township, "village", "空村")
    assert "还没有登记街巷和户" in browser.get(f"/villages/{empty}/lanes").text
    assert browser.get(f"/villages/{world.township}/lanes").status_code == 404
