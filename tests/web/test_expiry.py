"""Expiry on its pages: the rule and its second person, the warning, the list, its sheets, objections, the statement."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from points.calendar import LOCAL
from points.models.expiry import Expiry, ExpiryLine, ExpiryRule
from points.models.paper import Paper
from points.services import tick
from tests import steps
from tests.browser import Browser
from tests.tools import words
from tests.world import World


def read(answer: TestResponse) -> str:
    """Return the words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text))


@pytest.fixture
def november(world: World) -> World:
    """The first of November, with 35 points in one household and 20 in another."""
    world.now = datetime(2026, 11, 1, 9, tzinfo=LOCAL).astimezone(UTC)
    for home, points in zip(world.households, (35, 20), strict=False):
        world.give_points(home, points)
    return world


def test_a_rule_goes_through_two_hands_and_off_again(browser: Browser, november: World) -> None:
    page = f"/villages/{november.village}/expiry"
    browser.sign_in(november.committee[0])
    assert "积分长期有效" in browser.get(page).text
    assert browser.submit(page, years=None, minutes="第9号").status_code == 422
    assert browser.submit(page, years=0, minutes="村民会议第9号").status_code == 303
    rule = ExpiryRule.get()
    assert "前面的步骤是您办的" in browser.get(page).text
    second = browser.another().sign_in(november.committee[1])
    assert second.submit(page, action=f"/expiry-rules/{rule.id}/adopt").status_code == 303
    shown = read(browser.get(page))
    assert "2026年12月31日到期" in shown and "2 户，55 分" in shown and "不张贴就不到期" in shown
    assert browser.submit(page, action=f"/expiries/{Expiry.get().id}/hang").status_code == 303
    assert browser.submit(page, action=f"/expiry-rules/{rule.id}/end", reason="大家不同意").status_code == 303
    shown = read(browser.get(page))
    assert "积分长期有效" in shown and "田主任 2026年11月1日停用：大家不同意" in shown


def test_a_village_that_never_decided_sees_nothing_of_it(browser: Browser, november: World) -> None:
    villager = november.villager(0)
    for reader, page in ((browser, f"/villages/{november.village}"), (browser.another().sign_in(villager), "/home")):
        assert "到期清单" not in reader.get(page).text and "快到期" not in reader.get(page).text


def test_a_household_reads_what_lapses_everywhere(browser: Browser, november: World) -> None:
    year = steps.expiring(november)
    villager, home = november.villager(0), november.households[0]
    browser.sign_in(villager)
    said = "到2026年12月31日还没用的 35 分将到期。"
    passbook = f"/households/{home.id}/passbook"
    assert said in browser.get("/home").text and said in browser.get(passbook).text
    shown = browser.get(browser.submit(passbook, action=f"{passbook}/next").location).text
    assert said in shown
    november.wait(hours=1)
    november.give_points(home, 3)
    assert "38 分将到期" in browser.get("/home").text  # figured anew
    assert said in browser.get("/passbooks/1").text  # as it was printed
    village = browser.another().get(f"/villages/{november.village}").text
    assert f"/expiries/{year.id}" in village


def test_the_day_before_the_warning_nobody_reads_it(browser: Browser, november: World) -> None:
    year = steps.expiring(november, hung=False)
    november.now = year.warns_at - timedelta(minutes=1)
    browser.sign_in(november.villager(0))
    assert "将到期" not in browser.get("/home").text
    assert browser.get(f"/expiries/{year.id}").status_code == 404
    assert browser.another().sign_in(november.committee[0]).get(f"/expiries/{year.id}").status_code == 200


def test_the_list_masks_names_and_shows_no_other_villages_lane(browser: Browser, november: World) -> None:
    year = steps.expiring(november)
    shown = read(browser.get(f"/expiries/{year.id}", lane=november.lanes[0]))
    assert "王*英" in shown and "王秀英" not in shown and "35分" in shown.replace(" ", "")
    assert "周六上午" in shown  # the shop's hours
    elsewhere = browser.get(f"/expiries/{year.id}", lane=november.other_lane)
    assert elsewhere.status_code == 200 and "王*英" in elsewhere.text


def test_an_objection_is_heard_answered_and_shown(browser: Browser, november: World) -> None:
    year, home = steps.expiring(november), november.households[0]
    page = f"/expiries/{year.id}/households/{home.id}/object"
    browser.sign_in(november.villager(1))
    assert browser.submit(page, text="").status_code == 422
    assert browser.submit(page, text="少算了一笔").status_code == 303
    shown = browser.get(f"/expiries/{year.id}", lane=home.area_id).text
    assert "有异议，待答复" in shown and "少算了一笔" in shown
    assert "已经有人提了异议" in browser.get(page).text
    assert "少算了一笔" not in browser.another().get(f"/expiries/{year.id}", lane=home.area_id).text
    judge = browser.another().sign_in(november.council[0])
    assert "少算了一笔" in judge.get("/objections").text
    answer = f"/expiry-lines/{ExpiryLine.get().id}/answer"
    assert judge.submit(answer, verdict="spare", reason="查过，确实少算").status_code == 303
    shown = browser.get(f"/expiries/{year.id}", lane=home.area_id).text
    assert "今年不到期" in shown and "确实少算" in shown


def test_the_statement_says_what_lapsed_and_leads_to_the_list(browser: Browser, november: World) -> None:
    year, home = steps.expiring(november), november.households[0]
    november.now = year.ends_at - timedelta(hours=1)
    tick.tick(now=november.now)
    november.now = year.ends_at
    assert tick.tick(now=november.now).lapsed == 55
    browser.sign_in(november.villager(0))
    shown = browser.get("/home").text
    assert "积分到期" in shown and "到2026年12月31日还没用" in shown and "快到期" not in shown
    line = ExpiryLine.get(ExpiryLine.household == home)
    led = browser.get(f"/expiry-lines/{line.id}")
    assert led.location == f"/expiries/{year.id}?lane={home.area_id}#household-{home.id}"
    assert "已经到期" in browser.get(led.location).text
    made = browser.submit(f"/households/{home.id}/passbook", action=f"/households/{home.id}/passbook/next")
    assert "积分到期" in browser.get(made.location).text
    committee = browser.another().sign_in(november.committee[0])
    assert "2 户，55 分到期" in read(committee.get(f"/villages/{november.village}/expiry"))


def test_the_sheets_are_printed_and_checked_again(browser: Browser, november: World) -> None:
    year = steps.expiring(november)
    browser.sign_in(november.committee[0])
    sent = browser.submit(f"/villages/{november.village}/expiry", action=f"/papers/expiry/{year.id}")
    paper = words(sent.data)
    assert "王*英" in paper and "王秀英" not in paper and "全村现在 2 户共 55 分将到期" in paper
    november.give_points(november.households[0], 5)
    checked = read(browser.another().get(f"/check/{Paper.get().token}"))
    assert "2 户，55 分" in checked and "2 户，60 分" in checked


@pytest.mark.parametrize("page", ["/home", "/expiries/{year}", "/villages/{village}/expiry"])
def test_pages_ask_as_often_for_many_households(browser: Browser, november: World, statements: Any, page: str) -> None:
    year = steps.expiring(november)
    person = november.villager(0) if page == "/home" else november.committee[0]
    browser.sign_in(person)
    url = page.format(year=year.id, village=november.village)

    def cost() -> int:
        before = statements()
        assert browser.get(url).status_code == 200
        return int(statements() - before)

    cost()
    few = cost()
    for number in range(12):
        november.give_points(november.open_household(november.lanes[0], f"某{number}"), 9)
    assert cost() == few
