"""The summary page: what moved, by place or month and by item, rolled up the tree; and who may read it."""

from __future__ import annotations

import re
from datetime import date

import pytest

from points.models.people import Person
from points.queries import summary
from points.services import award, redemption
from tests import steps
from tests.browser import Browser
from tests.tools import press, statements
from tests.world import World


def rows(text: str, number: int = 0) -> list[list[str]]:
    """Return the cells of a page's table, row by row, as they are read."""
    table = re.findall(r"<table.*?</table>", text, re.S)[number]
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in re.findall(r"<tr>(.*?)</tr>", table, re.S)]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in found]


def of(person: Person, browser: Browser, area_id: int, period: str = "") -> str:
    answer = browser.sign_in(person).get(f"/areas/{area_id}/summary" + (f"?period={period}" if period else ""))
    assert answer.status_code == 200, answer.text
    return answer.text


def listed(browser: Browser, name: str, area_id: int, period: str) -> list[str]:
    """Take a list out; return its lines but the headings."""
    with press(browser, f"/lists/summary.{name}/{area_id}?period={period}", format="csv") as answer:
        return answer.text.splitlines()[1:]


@pytest.fixture
def lived(world: World) -> World:
    """In November two awards, one partly taken back, and a redemption; in December another, and one undone."""
    (first, _) = steps.posted(world, world.villager(0), world.villager(2))
    award.correct(**world.by(world.committee[0]), line_id=first, points=4, reason="没满两小时")
    world.give_points(world.households[1], 100)
    world.give_points(world.other_household, 50)
    paper = world.card(world.villager(1))
    steps.sold(world, paper, {world.rice: 1})
    while world.today < date(2026, 12, 2):
        world.wait(days=1)
    undone = steps.sold(world, paper, {world.rice: 2})
    redemption.undo(**world.by(world.committee[0]), receipt_id=undone, reason="破袋")
    return world


def test_a_township_sees_its_villages_and_their_sum(browser: Browser, lived: World) -> None:
    heads, ours, theirs, all_ = rows(of(lived.supervisor, browser, lived.township, "2026-11"))
    assert heads == ["地方", "期初", "发放", "收回", "旧账", "兑换", "期末"]
    assert ours[1:] == ["0", "20", "4", "100", "30", "86"]
    assert theirs[1:] == ["0", "0", "0", "50", "0", "50"]
    assert all_ == ["合计", "0", "20", "4", "150", "30", "136"]


def test_the_next_month_begins_where_this_one_ended(browser: Browser, lived: World) -> None:
    heads, ours, *_ = rows(of(lived.supervisor, browser, lived.township))
    assert heads == ["地方", "期初", "发放", "兑换", "撤销兑换", "期末"]
    assert ours[1:] == ["86", "0", "60", "60", "86"]


def test_a_year_adds_its_months_up(browser: Browser, lived: World) -> None:
    heads, ours, *_ = rows(of(lived.supervisor, browser, lived.township, "2026"))
    assert dict(zip(heads, ours, strict=True)) == {
        **{"地方": "石桥村", "期初": "0", "发放": "20", "收回": "4", "旧账": "100"},
        **{"兑换": "90", "撤销兑换": "60", "期末": "86"},
    }


def test_sums_roll_up_the_tree_to_the_county(browser: Browser, lived: World) -> None:
    county = lived.appoint("supervisor", lived.county, "县监督")
    _, township = rows(of(county, browser, lived.county, "2026-11"))
    assert township == ["云溪镇", "0", "20", "4", "150", "30", "136"]
    page = browser.get(f"/areas/{lived.county}/summary?period=2026-11").text
    assert f'href="/areas/{lived.township}/summary?period=2026-11"' in page


def test_a_village_sees_its_months(browser: Browser, lived: World) -> None:
    heads, december, november = rows(of(lived.committee[0], browser, lived.village))
    assert heads == ["月份", "期初", "发放", "收回", "旧账", "兑换", "撤销兑换", "期末"]
    assert december == ["2026年12月", "86", "0", "0", "0", "60", "60", "86"]
    assert november == ["2026年11月", "0", "20", "4", "100", "30", "0", "86"]


def test_items_are_those_of_the_period(browser: Browser, lived: World) -> None:
    name = lived.item(1).name
    assert rows(of(lived.supervisor, browser, lived.township, "2026-11"), 1)[1:] == [[name, "平安", "2", "20", "4"]]
    assert "这一期没有积分入账" in of(lived.supervisor, browser, lived.township, "2026-12")


def test_where_nothing_moved_yet_it_says_so(browser: Browser, world: World) -> None:
    page = of(world.committee[0], browser, world.village)
    assert "这一年还没有积分进出" in page and "这一期没有积分入账" in page and "<table" not in page
    assert rows(of(world.supervisor, browser, world.township))[1] == ["石桥村", "0", "0", "0", "0"]


@pytest.mark.parametrize("asked", ["", "2026-13", "2027", "2026-12", "1999", "x", "2026-11-02", "２０２６", "'"])
def test_a_period_that_is_none_or_still_to_come_is_this_month(asked: str) -> None:
    assert summary.period(asked, date(2026, 11, 2)).name == "2026-11"


def test_periods_lead_to_their_neighbours() -> None:
    january = summary.period("2026-01", date(2026, 3, 1))
    assert (january.before.name, january.after.name, january.year.name) == ("2025-12", "2026-02", "2026")
    year = summary.period("2025", date(2026, 3, 1))
    assert (year.first, year.last, year.before.name, year.after.name) == ("2025-01", "2025-12", "2024", "2026")


def test_it_is_for_those_above_and_no_others(browser: Browser, world: World) -> None:
    def status(person: Person, area_id: int) -> int:
        return browser.sign_in(person).get(f"/areas/{area_id}/summary").status_code

    assert [status(world.supervisor, area) for area in (world.township, world.village, world.county)] == [200, 200, 404]
    assert [status(world.committee[0], area) for area in (world.village, world.township)] == [200, 404]
    assert [status(world.other_committee, area) for area in (world.other_village, world.village)] == [200, 404]
    assert [status(person, world.village) for person in (world.recorder, world.villager())] == [403, 404]
    assert status(world.admin, world.lanes[0]) == 404


def test_what_the_page_says_goes_out_as_a_list(browser: Browser, lived: World) -> None:
    browser.sign_in(lived.supervisor)
    assert listed(browser, "show", lived.township, "2026-11") == [
        "石桥村,0,20,4,100,0,30,0,0,86",
        "柳林村,0,0,0,50,0,0,0,0,50",
    ]
    assert listed(browser, "items", lived.township, "2026") == [f"{lived.item(1).name},平安,2,20,4"]


def test_it_costs_the_same_however_many_villages_there_are(browser: Browser, lived: World) -> None:
    browser.sign_in(lived.supervisor)

    def page() -> None:
        assert browser.get(f"/areas/{lived.township}/summary").status_code == 200

    page()
    before = statements(page)
    for number in range(3):
        lived.open_area(lived.township, "village", f"新村{number}")
    assert statements(page) == before
