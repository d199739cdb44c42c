"""The pages of passbooks: the list, the next page, a page that prints; and a whole lane by one job."""

from __future__ import annotations

import pytest
from flask import Flask

from points.models.areas import VillageSetting
from points.models.jobs import Job
from points.models.paper import Paper, PassbookPage
from points.services.passbook import LINES
from points.web import jobs as works
from points.web import passbooks
from tests import steps
from tests.browser import Browser
from tests.tools import codes, press, words
from tests.world import World


def listed(world: World, number: int = 0) -> str:
    return f"/households/{world.households[number].id}/passbook"


def test_the_next_page_is_one_click_away_and_prints_from_its_own_page(browser: Browser, world: World) -> None:
    [line] = steps.posted(world, world.villager())
    steps.sold(world, given(world, 50), {world.rice: 1, world.goods["食盐400g"]: 2})
    browser.sign_in(world.recorder)
    assert "还没有打印过，有 3 笔进出" in browser.get(listed(world)).text
    made = browser.submit(listed(world), f"{listed(world)}/next")
    assert made.status_code == 303 and made.location == f"/passbooks/{PassbookPage.get().id}"
    page = browser.get(made.location).text
    goods = "兑换：大米5kg × 1、食盐400g × 2"
    for shown in ("户号", "存折第 1 页", "开户", steps.line(line).item_name, goods, "王*英", "26"):
        assert shown in page, shown
    assert "重印" not in page
    [form] = [form for form in browser.forms(made.location) if form.action.startswith("/papers/")]
    assert browser.post(form).mimetype == "application/pdf"
    assert "重印" in browser.get(made.location).text
    text = browser.get(listed(world)).text
    assert "第 1 页" in text and "没有新的进出" in text and "/next" not in text


def given(world: World, points: int) -> object:
    world.give_points(world.households[0], points)
    return world.card(world.villager())


def test_a_second_click_says_that_nothing_is_new(browser: Browser, world: World) -> None:
    world.give_points(world.households[0], 5)
    browser.sign_in(world.recorder)
    [form] = browser.forms(listed(world))[-1:]
    assert "/passbooks/" in browser.post(form).location
    again = browser.post(form, key="another-key-of-16")
    assert again.location == listed(world) and "不用打印" in browser.get(listed(world)).text
    assert browser.post(form).location == f"/passbooks/{PassbookPage.get().id}", "the same key finds the same page"


def test_a_villager_sees_the_own_passbook_and_no_other(browser: Browser, world: World) -> None:
    world.give_points(world.households[0], 5)
    browser.sign_in(world.villager())
    assert listed(world) in browser.get("/me").text
    page = browser.submit(listed(world), f"{listed(world)}/next").location
    assert browser.get(page).status_code == 200
    neighbour = browser.another().sign_in(world.villager(1))
    for url in (listed(world), page):
        assert neighbour.get(url).status_code == 404
    assert press(neighbour, f"/papers/passbook/{PassbookPage.get().id}").status_code == 404


def test_a_lane_is_printed_by_one_job_each_page_with_a_code_of_its_own(
    app: Flask, browser: Browser, world: World
) -> None:
    one, two, three, _four = world.households
    for household, count in ((one, LINES + 1), (two, 1), (three, 1)):
        for _ in range(count):
            world.give_points(household, 7)
    browser.sign_in(world.committee[0])
    url = f"/villages/{world.village}/passbooks"
    assert "东一巷：2 户有新的进出" in browser.get(url).text
    asked = browser.submit(url, area_id=world.lanes[0])
    assert asked.status_code == 303 and asked.location.startswith("/jobs/")
    works.work_off(app)
    job = Job.get()
    assert (job.state, job.file_name) == ("done", "东一巷积分存折.pdf")
    with browser.get(f"{asked.location}/file") as file:
        body = file.data
    assert [(page.household_id, page.number) for page in PassbookPage.select().order_by(PassbookPage.id)] == [
        (one.id, 1),
        (one.id, 2),
        (two.id, 1),
    ]
    assert words(body).count("第 1 页，共 1 页") == 3
    tokens = {address.rsplit("/", 1)[1] for address in codes(body)}
    assert tokens == {paper.token for paper in Paper.select()} and len(tokens) == 3
    assert "东一巷：0 户" in browser.get(url).text
    refused = browser.submit(url, area_id=world.lanes[0])
    assert refused.status_code == 409 and "不用打印" in refused.text


def test_a_file_holds_so_many_pages_and_the_next_goes_on(
    app: Flask, browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passbooks, "MOST", 2)
    for household in world.households[:3]:
        world.give_points(household, 7)
    browser.sign_in(world.committee[0])
    for printed in (2, 3):
        browser.submit(f"/villages/{world.village}/passbooks", area_id=world.village)
        works.work_off(app)
        assert PassbookPage.select().count() == printed
    assert "没有要打印的" in browser.get(f"/villages/{world.village}/passbooks").text


def test_nobody_prints_a_lane_beyond_the_own_ones(app: Flask, browser: Browser, world: World) -> None:
    world.give_points(world.other_household, 7)
    browser.sign_in(world.committee[0])
    url = f"/villages/{world.village}/passbooks"
    world.give_points(world.households[0], 7)
    assert browser.submit(url, area_id=world.other_lane).status_code == 422
    assert browser.get(f"/villages/{world.other_village}/passbooks").status_code == 404
    assert not Job.select().exists()


def test_full_names_stand_on_a_passbook_where_the_village_wants_them(browser: Browser, world: World) -> None:
    VillageSetting.update(full_names=True).where(VillageSetting.village == world.village).execute()
    steps.posted(world, world.villager())
    browser.sign_in(world.recorder)
    text = browser.get(browser.submit(listed(world), f"{listed(world)}/next").location).text
    assert "王秀英、王大山" in text and "（王秀英）" in text
