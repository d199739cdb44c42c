"""The page of the meeting packet: by period, each figure with its way, for those who sit at the table."""

from __future__ import annotations

import re

from tests import steps
from tests.browser import Browser
from tests.tools import press, statements, words
from tests.world import World


def url(world: World) -> str:
    return f"/villages/{world.village}/packet"


def busy(world: World) -> None:
    """Let there be something of every matter."""
    steps.posted(world, world.villager(0), world.villager(1))
    steps.record(world, world.villager(2), code=14)
    noticed = steps.approved(world, world.villager(3), code=14)
    steps.hung(world)
    steps.objection(world, noticed[0], by=world.villager(0))
    world.give_points(world.households[0], 60)
    steps.sold(world, world.card(world.villager()), {world.rice: 1})


def test_the_page_and_the_paper_say_the_same(browser: Browser, world: World) -> None:
    busy(world)
    browser.sign_in(world.committee[0])
    page = browser.get(url(world), period="month").text
    shown = ("2026年11月", "2 笔，2 户，20 分", "1 次，30 分", "义务巡逻", "公示中：第 2 期", "现在各户手里", "50 分")
    for figure in shown:
        assert figure in page, figure
    [form] = [form for form in browser.forms(f"{url(world)}?period=month") if "/papers/" in form.action]
    paper = browser.post(form)
    said = re.sub(r"\s", "", words(paper.data))
    for figure in shown:
        assert figure.replace(" ", "") in said, figure
    assert "会上议定的事" in said and "第1页，共" in said
    assert not any(person.name in page + said for household in world.households for person in world.people(household))


def test_each_figure_leads_to_a_page_that_the_reader_may_open(browser: Browser, world: World) -> None:
    busy(world)
    for reader in (world.committee[0], world.council[0], world.supervisor, world.second_admin):
        browser = browser.another().sign_in(reader)
        page = browser.get(url(world), period="month")
        assert page.status_code == 200
        links = set(re.findall(r'weui-cell_access" href="([^"]+)"', page.text))
        assert len(links) > 3
        for link in links:
            assert browser.get(link.replace("&amp;", "&")).status_code == 200, (reader.name, link)


def test_others_do_not_sit_at_the_table(browser: Browser, world: World) -> None:
    inside, outside = (world.recorder, world.clerk), (world.villager(), world.other_steward)
    for reader, status in [(one, 403) for one in inside] + [(one, 404) for one in outside]:
        other = browser.another().sign_in(reader)
        assert other.get(url(world)).status_code == status
        assert press(other, f"/papers/packet/{world.village}").status_code == status


def test_one_goes_back_and_forth_and_never_into_days_to_come(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    page = browser.get(url(world)).text
    assert "2026年11月2日至11月8日" in page and "下一期" not in page
    before = browser.get(url(world), period="week", **{"from": "2026-10-26"}).text
    assert "2026年10月26日至11月1日" in before and "from=2026-11-02" in before and "没有新的记录" in before
    assert "2026年11月上半月" in browser.get(url(world), period="half", **{"from": "2099-01-01"}).text
    for nonsense in ("x", "0001-01-01", "9999-12-31"):
        assert browser.get(url(world), period="week", **{"from": nonsense}).status_code == 200


def test_it_costs_the_same_however_much_there_is(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    few = statements(lambda: browser.get(url(world)))
    busy(world)
    steps.crowd(world, 60)
    assert statements(lambda: browser.get(url(world))) == few
