"""Pages of the red board: anyone reads it, households choose their name, a poster hangs on the wall."""

import pytest

from points.models.areas import VillageSetting
from points.models.people import Household, Person
from tests.browser import Browser
from tests.tools import press, statements
from tests.unit.test_boards import commend, deduct
from tests.world import World


def page(world: World, more: str = "") -> str:
    return f"/villages/{world.village}/board{more}"


def decide(world: World, **settings: object) -> None:
    VillageSetting.update(**settings).where(VillageSetting.village == world.village).execute()


def test_anyone_reads_deeds_beside_masked_names(browser: Browser, world: World) -> None:
    commend(world, 0, text="雪天清扫到村小的路")
    for url in (page(world), page(world, "/poster")):
        text = browser.get(url).text
        for shown in ("2026年11月", "东一巷", world.households[0].number, "王*英", "雪天清扫到村小的路"):
            assert shown in text
        assert not [person.name for person in Person.select() if person.name in text]


def test_points_stand_beside_the_deed_only_where_the_village_says_so(browser: Browser, world: World) -> None:
    commend(world, 0, points=347)
    assert "347" not in browser.get(page(world)).text + browser.get(page(world, "/poster")).text
    decide(world, board_points=True)
    assert "347" in browser.get(page(world)).text and "347" in browser.get(page(world, "/poster")).text


def test_it_opens_at_the_newest_period_and_leads_to_the_others(browser: Browser, world: World) -> None:
    commend(world, 0, "2026-Q3", text="修好水渠")
    commend(world, 1, "2026-10", text="调出拖拉机")
    text = browser.get(page(world)).text
    assert "调出拖拉机" in text and "修好水渠" not in text
    assert "2026年第3季度" in text and page(world, "?period=2026-Q3") in text
    assert "修好水渠" in browser.get(page(world, "?period=2026-Q3")).text
    assert "还没有红榜" in browser.get(page(world, "?period=2024")).text
    for wrong in ("2026-13", "soon"):
        assert browser.get(page(world, f"?period={wrong}")).status_code == 404


def test_an_empty_board_and_poster_say_so(browser: Browser, world: World) -> None:
    for url in (page(world), page(world, "/poster"), page(world, "/poster?paper=a3")):
        answer = browser.get(url)
        assert answer.status_code == 200 and "还没有红榜" in answer.text


def test_the_poster_leads_to_the_public_page(browser: Browser, world: World) -> None:
    text = browser.get(page(world, "/poster?paper=a3")).text
    assert f"http://points.example/villages/{world.village}<" in text and "sheet_a3" in text and "<svg" in text


def test_the_black_board_is_off_until_the_village_turns_it_on(browser: Browser, world: World) -> None:
    deduct(world, 0, 1, 2)
    where = (page(world, "?period=2026-11"), f"/villages/{world.village}")
    assert not [url for url in where if "烧秸秆" in browser.get(url).text]
    decide(world, black_board=True)
    for url in where:
        text = browser.get(url).text
        assert "烧秸秆" in text and "3 次" in text
        assert not [row.number for row in world.households if f"{row.number} 号户" in text]


def test_a_villager_chooses_how_the_household_is_named(browser: Browser, world: World) -> None:
    commend(world, 0)
    browser.sign_in(world.people(world.households[0])[1])
    assert browser.submit("/me/board", board_name="full").status_code == 303
    assert "王秀英" in browser.get(page(world)).text
    browser.submit("/me/board", board_name="none")
    assert "王秀英" not in browser.get(page(world)).text and "还没有红榜" in browser.get(page(world)).text
    assert press(browser, "/me/board", board_name="shouted").status_code == 422


def test_the_committee_types_in_a_paper_wish(browser: Browser, world: World) -> None:
    home = world.households[0]
    browser.sign_in(world.committee[0])
    assert browser.submit(f"/households/{home.id}/board", board_name="none").status_code == 303
    assert Household.get_by_id(home.id).board_name == "none"
    assert browser.another().sign_in(world.recorder).get(f"/households/{home.id}/board").status_code == 403


def test_who_lives_in_no_household_has_nothing_to_choose(browser: Browser, world: World) -> None:
    answer = browser.sign_in(world.supervisor).get("/me/board")
    assert (answer.status_code, answer.location) == (303, "/home")


@pytest.mark.parametrize("paper", ["", "/poster"])
def test_the_page_takes_as_few_statements_for_many_as_for_one(browser: Browser, world: World, paper: str) -> None:
    commend(world, 0)
    few = statements(lambda: browser.get(page(world, paper)))
    for number in range(1, 4):
        commend(world, number)
        commend(world, number, f"2026-0{number}")
    assert statements(lambda: browser.get(page(world, paper))) == few
