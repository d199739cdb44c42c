"""The front page of staff."""

import re

import pytest

from points.errors import ClockJumped
from points.models.contribution import TickState
from points.services import change, complaint, council, data_request, review, tick
from tests import steps
from tests.browser import Browser
from tests.tools import press
from tests.world import World


def test_it_counts_what_waits_for_each(browser: Browser, world: World) -> None:
    steps.record(world, world.villager(0), world.villager(1))
    assert "等您初审" in browser.sign_in(world.checker).get("/desk").text
    assert "等您初审" not in browser.another().sign_in(world.recorder).get("/desk").text  # they recorded it
    steps.check(world, [1])
    assert "等您评议" in browser.another().sign_in(world.council[0]).get("/desk").text
    committee = browser.another().sign_in(world.committee[0])
    assert "公示待张贴" not in committee.get("/desk").text
    steps.decide(world, [1])
    assert "已通过，待公示" in committee.get("/desk").text


def test_it_tells_of_motions_complaints_and_what_was_returned(browser: Browser, world: World) -> None:
    lines = steps.record(world)
    review.check(**world.by(world.checker), line_ids=lines, passes=False, returns=True, reason="写清地点")
    put = {"village_id": world.village, "household_id": world.households[0].id, "text": "修桥", "points": 0}
    council.propose_commendation(**world.by(world.committee[0]), **put, period="2026-11")
    complaint.complain(**world.by(world.villager(1)), village_id=world.village, text="门没开", contact="")
    told = {"退回给您修改": world.recorder, "提案等您表态": world.council[0], "投诉待答复": world.supervisor}
    for words, person in told.items():
        page = browser.another().sign_in(person).get("/desk").text
        assert [other for other in told if other in page] == [words]
    index = browser.sign_in(world.recorder).get(f"/villages/{world.village}/contributions").text
    assert "退回给您修改的" in index and "写清地点" in index


def test_who_has_no_role_goes_home(browser: Browser, world: World) -> None:
    answer = browser.sign_in(world.villager()).get("/desk")
    assert (answer.status_code, answer.location) == (303, "/home")


def test_each_role_is_offered_its_own_pages(browser: Browser, world: World) -> None:
    new = f"/villages/{world.village}/contributions/new"
    for person, offered, not_offered in (
        (world.recorder, new, "/decide"),
        (world.council[0], "/decide", new),
        (world.clerk, "/tills", "/check"),
        (world.admin, "/areas", new),
    ):
        page = browser.another().sign_in(person).get("/desk").text
        assert f'href="{offered}"' in page and f'href="{not_offered}"' not in page, person.name


def test_every_page_offered_opens(browser: Browser, world: World) -> None:
    for person in (world.recorder, world.council[0], world.clerk, world.admin, world.supervisor, world.committee[0]):
        reader = browser.another().sign_in(person)
        for url in set(re.findall(r'href="(/[^"]*)"', reader.get("/desk").text)):
            if not url.startswith("/static"):
                assert reader.get(url).status_code < 400, (person.name, url)


def test_a_village_of_many_has_a_page_of_its_own(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    assert "记一次" in browser.get(f"/villages/{world.village}/desk").text
    assert browser.get(f"/villages/{world.other_village}/desk").status_code == 404


def test_trouble_with_the_clock_shows_until_an_administrator_confirms(browser: Browser, world: World) -> None:
    tick.tick(now=world.now)
    world.wait(days=3)
    with pytest.raises(ClockJumped):
        tick.tick(now=world.now)
    steward = browser.another().sign_in(world.recorder)
    assert "已暂停入账" in steward.get("/desk").text
    assert press(steward, "/clock").status_code == 403
    browser.sign_in(world.admin)
    assert browser.submit("/desk", "/clock").status_code == 303
    assert TickState.get().trouble == ""
    assert "已暂停入账" not in browser.get("/desk").text


def test_a_change_of_households_and_a_request_wait_for_who_may_take_them(browser: Browser, world: World) -> None:
    first, second = world.households[2:]
    merge = {"kind": "merge", "target_id": second.id, "reason": "随女儿住", "day": world.today}
    change.propose(**world.by(world.committee[0]), household_id=first.id, **merge)
    data_request.ask(**world.by(world.villager()), kind="correct", words="名字写错了")
    confirms, proposed, elsewhere = (
        browser.another().sign_in(person).get("/desk").text
        for person in (world.committee[1], world.committee[0], world.other_committee)
    )
    assert "户的变动等确认" in confirms and "本人资料申请" in confirms
    assert "户的变动等确认" not in proposed and "本人资料申请" in proposed
    assert "户的变动等确认" not in elsewhere and "本人资料申请" not in elsewhere
