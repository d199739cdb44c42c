"""The pages about changes of households: proposed on one page, confirmed on another by somebody else."""

from __future__ import annotations

import pytest

from points.models.changes import HouseholdChange
from points.models.people import Household, Person
from points.models.rules import RuleBook
from points.services import change, tick
from tests import steps
from tests.browser import Browser
from tests.world import World


def proposed(world: World, kind: str = "merge", **given: object) -> int:
    """Let a member of the committee propose a change of the first plain household."""
    told = {"reason": "老人随女儿住", "day": world.today, **given}
    if kind == "merge":
        told.setdefault("target_id", world.households[1].id)
    return change.propose(**world.by(world.committee[0]), household_id=world.households[0].id, kind=kind, **told)


def test_a_split_is_proposed_shown_and_confirmed(browser: Browser, world: World) -> None:
    world.give_points(world.households[0], 50)
    son = world.people(world.households[0])[1]
    browser.sign_in(world.committee[0])
    url = f"/households/{world.households[0].id}/changes/split"
    assert url in browser.get(f"/households/{world.households[0].id}").text
    number = browser.forms(url)[-1].values["number"]
    assert browser.submit(url, reason="成家").status_code == 422
    answer = browser.submit(url, reason="成家", people=[son.id], points="60")
    assert answer.status_code == 422 and "0 到 50 之间" in answer.text and 'value="成家"' in answer.text
    answer = browser.submit(url, reason="成家", people=[son.id], points="20", address="东一巷新房")
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "待确认" in page and "是您提出的" in page and "/confirm" not in page

    other = browser.another().sign_in(world.committee[1])
    assert "1 项待确认" in other.get(f"/villages/{world.village}/households").text
    assert "成家" in other.get(answer.location).text
    assert answer.location in other.get(f"/villages/{world.village}/changes").text
    assert other.submit(answer.location, f"{answer.location}/confirm").status_code == 303
    page = other.get(answer.location).text
    assert "已确认，变动已经生效" in page and "已生效" in page
    new = Person.get_by_id(son.id).household
    assert (new.number, world.balance(new)) == (number, 20)
    for id_ in (world.households[0].id, new.id):
        page = other.get(f"/households/{id_}").text
        assert f"分出第 {number} 户" in page and answer.location in page
    assert "户的变动" in page
    assert "没有等确认的变动" in other.get(f"/villages/{world.village}/changes").text


def test_a_villager_reads_where_points_came_from(browser: Browser, world: World) -> None:
    world.give_points(world.households[0], 50)
    change.confirm(**world.by(world.committee[1]), change_id=proposed(world))
    browser.sign_in(world.villager(1))
    page = browser.get("/home").text
    assert f"从第 {world.households[0].number} 户转来" in page and "老人随女儿住" in page


def test_who_came_from_a_household_that_rests_still_reads_its_statement(browser: Browser, world: World) -> None:
    me, neighbour = world.villager(0), world.villager(1)
    world.give_points(world.households[0], 50)
    steps.sold(world, world.card(me), {world.rice: 1})
    change.confirm(**world.by(world.committee[1]), change_id=proposed(world))
    url = f"/home/earlier/{world.households[0].id}"
    browser.sign_in(me)
    assert url in browser.get("/me").text
    page = browser.get(url).text
    assert "大米5kg × 1" in page and f"转到第 {world.households[1].number} 户" in page
    other = browser.another().sign_in(neighbour)
    assert url not in other.get("/me").text and other.get(url).status_code == 404


def test_a_household_that_rests_is_shown_apart_and_offers_nothing(browser: Browser, world: World) -> None:
    source, target = world.households[:2]
    change.confirm(**world.by(world.committee[1]), change_id=proposed(world))
    browser.sign_in(world.committee[0])
    index = f"/villages/{world.village}/households"
    assert f'/households/{source.id}"' not in browser.get(index).text
    assert f'/households/{source.id}"' in browser.get(index, state="resting").text
    assert f'/households/{target.id}"' not in browser.get(index, state="resting").text
    assert all(f'/households/{id_}"' in browser.get(index, state="all").text for id_ in (source.id, target.id))
    page = browser.get(f"/households/{source.id}").text
    assert f"由第 {target.number} 户接续" in page and f'/households/{target.id}"' in page
    for offer in ("changes/split", "people/new", "/reserve", "/edit"):
        assert offer not in page
    answer = browser.submit(
        f"/households/{target.id}/changes/merge", village_id=world.village, number=source.number, reason="并户"
    )
    assert answer.status_code == 422 and "或那一户已经停用" in answer.text
    assert "已经停用" in browser.get(f"/households/{source.id}/changes/merge").text


def test_marrying_into_another_village_shows_what_a_point_is_worth(browser: Browser, world: World) -> None:
    RuleBook.update(worth_fen=200).where(RuleBook.area == world.other_village).execute()
    bride = world.people(world.households[0])[1]
    browser.sign_in(world.committee[0])
    url = f"/households/{world.households[0].id}/changes/move_person"
    there = {"village_id": world.other_village, "number": world.other_household.number.lstrip("0")}
    answer = browser.submit(url, people=[bride.id], points="0", reason="出嫁", **there)
    assert answer.status_code == 303

    elsewhere = browser.another().sign_in(world.other_committee)
    page = elsewhere.get(answer.location).text
    assert "两个村一分的价值不同：石桥村 1.00 元，柳林村 2.00 元" in page
    assert f'/households/{world.households[0].id}"' not in page, "that household is none of their business"
    assert answer.location in elsewhere.get(f"/villages/{world.other_village}/changes").text
    assert elsewhere.submit(answer.location, f"{answer.location}/confirm").status_code == 303
    assert Person.get_by_id(bride.id).household_id == world.other_household.id


def test_a_household_moves_away_under_a_number_of_the_other_village(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    url = f"/households/{world.households[0].id}/changes/move_household"
    answer = browser.submit(url, area_id=world.other_village, reason="搬迁")
    assert answer.status_code == 303
    elsewhere = browser.another().sign_in(world.other_committee)
    taken = elsewhere.submit(answer.location, f"{answer.location}/confirm", number=world.other_household.number)
    assert taken.status_code == 303 and "已经有了" in elsewhere.get(answer.location).text
    assert elsewhere.submit(answer.location, f"{answer.location}/confirm", number="0901").status_code == 303
    new = HouseholdChange.get().target
    assert (new.number, new.village_id) == ("0901", world.other_village)
    page = browser.get(f"/households/{world.households[0].id}").text
    assert "由第 0901 户接续" in page and f'/households/{new.id}"' not in page


def test_a_change_is_refused_or_taken_back(browser: Browser, world: World) -> None:
    made = proposed(world)
    other = browser.another().sign_in(world.committee[1])
    assert other.submit(f"/changes/{made}", f"/changes/{made}/refuse", reason="没有这事").status_code == 303
    browser.sign_in(world.committee[0])
    page = browser.get(f"/changes/{made}").text
    assert "未同意" in page and "没有这事" in page
    made = proposed(world)
    assert browser.submit(f"/changes/{made}", f"/changes/{made}/withdraw").status_code == 303
    assert "已收回" in browser.get(f"/changes/{made}").text
    assert Household.get_by_id(world.households[0].id).active


def test_the_own_household_is_not_split_by_oneself(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    page = browser.get(f"/households/{world.committee[0].household_id}/changes/merge").text
    assert "按规定回避" in page and 'name="reason"' not in page


def test_changes_of_another_village_do_not_exist(browser: Browser, world: World) -> None:
    made = proposed(world)
    browser.sign_in(world.other_committee)
    for url in (f"/changes/{made}", f"/villages/{world.village}/changes", "/changes/999999"):
        assert browser.get(url).status_code == 404
    assert browser.get(f"/households/{world.households[0].id}/changes/nonsense").status_code == 404


def test_a_household_nobody_lives_in_offers_to_be_merged(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    for person in world.people(world.households[0]):
        page = f"/people/{person.id}"
        answer = browser.submit(page, active=None)
        assert answer.status_code == 422 and "离开的原因" in answer.text
        left = {"left_why": "died", "left_on": world.today.isoformat()}
        assert browser.submit(page, active=None, **left).status_code == 303
        assert "起离开（去世）" in browser.get(page).text
    assert "已没有人在册" in browser.get(f"/households/{world.households[0].id}").text


def test_pages_ask_a_constant_number_of_statements(browser: Browser, world: World, statements) -> None:
    browser.sign_in(world.committee[1])

    def count(url: str) -> int:
        before = statements()
        assert browser.get(url).status_code == 200
        return statements() - before

    urls = [f"/villages/{world.village}/changes", f"/households/{world.households[1].id}"]
    change.confirm(**world.by(world.committee[1]), change_id=proposed(world, target_id=world.households[1].id))
    few = [count(url) for url in urls]
    for number in (2, 3):
        told = {"reason": "并户", "day": world.today, "target_id": world.households[1].id}
        made = change.propose(
            **world.by(world.committee[0]), household_id=world.households[number].id, kind="merge", **told
        )
        change.confirm(**world.by(world.committee[1]), change_id=made)
    assert [count(url) for url in urls] == few


@pytest.mark.parametrize("kind", ["split", "merge", "move_person", "move_household"])
def test_every_kind_has_a_page(browser: Browser, world: World, kind: str) -> None:
    tick.tick(now=world.now)
    browser.sign_in(world.committee[0])
    answer = browser.get(f"/households/{world.households[0].id}/changes/{kind}")
    assert answer.status_code == 200 and "要由另一位确认才生效" in answer.text
