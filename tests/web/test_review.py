"""Pages of judging: what is ticked beforehand, what is for others, and the two buttons."""

import pytest

from points.models.people import Household
from points.services import kin
from tests import steps
from tests.browser import Browser
from tests.tools import press, statements
from tests.world import World


def ticked(browser: Browser, url: str) -> list[int]:
    found = browser.forms(url)[-1].values.get("line", [])
    return [int(id_) for id_ in (found if isinstance(found, list) else [found])]


def test_the_checker_finds_all_ticked_but_the_own_household(browser: Browser, world: World) -> None:
    own = world.people(Household.get_by_id(world.checker.household_id))[0]
    lines = steps.record(world, world.villager(0), world.villager(1), own)
    browser.sign_in(world.checker)
    assert ticked(browser, "/check") == lines[:2]
    assert "按规定回避" in browser.get("/check").text
    answer = browser.submit("/check", verdict="yes")
    assert answer.status_code == 303
    assert [steps.line(id_).state for id_ in lines] == ["checked", "checked", "recorded"]
    assert "2 条已通过初审" in browser.get("/check").text


def test_the_recorder_sees_why_not(browser: Browser, world: World) -> None:
    steps.record(world)
    browser.sign_in(world.recorder)
    assert ticked(browser, "/check") == []
    page = browser.get("/check").text
    assert "前面的步骤是您办的" in page and "不通过" not in page


def test_a_refusal_needs_a_reason_and_keeps_the_choice(browser: Browser, world: World) -> None:
    first, second = steps.record(world, world.villager(0), world.villager(1))
    browser.sign_in(world.checker)
    answer = browser.submit("/check", verdict="no", line=[second])
    assert answer.status_code == 422 and "请填写理由" in answer.text
    assert f'value="{second}" checked' in answer.text and f'value="{first}" checked' not in answer.text
    browser.submit("/check", verdict="no", line=[second], reason="查无此事")
    assert [steps.line(id_).state for id_ in (first, second)] == ["recorded", "refused"]
    assert "查无此事" in browser.get(f"/lines/{second}").text


def test_nothing_ticked_or_no_verdict_is_said(browser: Browser, world: World) -> None:
    (line,) = steps.record(world)
    browser.sign_in(world.checker)
    assert "还没有选要办的记录" in browser.submit("/check", verdict="yes", line=None).text
    assert browser.submit("/check", verdict="maybe").status_code == 422
    assert steps.line(line).state == "recorded"


def test_someone_else_was_faster(browser: Browser, world: World) -> None:
    lines = steps.record(world)
    browser.sign_in(world.checker)
    form = browser.forms("/check")[-1]
    steps.check(world, lines, by=world.committee[0])
    answer = browser.post(form, verdict="yes")
    assert answer.status_code == 409 and "这一条现在是“待评议”" in answer.text


def test_three_voices_approve(browser: Browser, world: World) -> None:
    (line,) = steps.check(world, steps.record(world))
    for number, member in enumerate(world.council):
        page = browser.another().sign_in(member)
        assert f"已有 {number} / 3 票" in page.get("/decide").text
        assert page.submit("/decide", verdict="yes").status_code == 303
        assert "现在没有等您评议的" in page.get("/decide").text
    assert steps.line(line).state == "approved"


def test_the_township_finds_what_too_few_are_left_for(browser: Browser, world: World) -> None:
    kin.declare(**world.by(world.council[0]), relative_id=world.villager().id, relation="表亲")
    (line,) = steps.check(world, steps.record(world))
    council = browser.another().sign_in(world.council[1])
    assert "现在没有等您评议的" in council.get("/decide").text
    browser.sign_in(world.supervisor)
    assert "由乡镇一人评议" in browser.get("/decide").text
    browser.submit("/decide", verdict="yes")
    assert steps.line(line).state == "approved"


def test_the_township_finds_what_the_council_became_too_small_for(browser: Browser, world: World) -> None:
    from points.services import staff

    (line,) = steps.check(world, steps.record(world))
    (role,) = world.council[1].roles
    staff.end(**world.by(world.admin), role_id=role.id)
    browser.sign_in(world.supervisor)
    assert "现在没有等您评议的" in browser.get("/decide").text
    world.wait(days=8)
    assert ticked(browser, "/decide") == [line]
    browser.submit("/decide", verdict="no", reason="没到场")
    assert steps.line(line).state == "refused"


def test_the_same_deed_recorded_twice_is_pointed_out(browser: Browser, world: World) -> None:
    steps.record(world)
    steps.record(world)
    assert "同一天这一项另有 1 条" in browser.sign_in(world.checker).get("/check").text


def test_lines_of_other_villages_do_not_exist(browser: Browser, world: World) -> None:
    (line,) = steps.record(world)
    browser.sign_in(world.other_steward)
    assert "现在没有等您初审的" in browser.get("/check").text
    assert press(browser, "/check", line=line, verdict="yes", reason="").status_code == 404
    assert steps.line(line).state == "recorded"


@pytest.mark.parametrize(("url", "name"), [("/check", "clerk"), ("/decide", "clerk"), ("/decide", "recorder")])
def test_the_pages_are_for_judges(browser: Browser, world: World, url: str, name: str) -> None:
    browser.sign_in(getattr(world, name))
    assert browser.get(url).status_code == 403


def test_the_lists_take_a_constant_number_of_statements(browser: Browser, world: World) -> None:
    steps.record(world)
    browser.sign_in(world.checker)
    few = statements(lambda: browser.get("/check"))
    for _number in range(4):
        steps.record(world, *(world.villager(number) for number in range(4)))
    assert statements(lambda: browser.get("/check")) == few
