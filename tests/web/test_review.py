"""Pages of judging: what is ticked beforehand, what is for others, and the two buttons."""

import re
from datetime import timedelta

import pytest

from points.models.contribution import Attendance, Line, Voice
from points.models.people import Household
from points.models.photos import Photo
from points.services import kin, staff
from tests import steps
from tests.browser import Browser, Form
from tests.tools import press, statements
from tests.world import World


def judging(browser: Browser, url: str) -> Form:
    return [form for form in browser.forms(url) if form.action.startswith(url)][-1]


def ticked(browser: Browser, url: str) -> list[int]:
    found = judging(browser, url).values.get("line", [])
    return [int(id_) for id_ in (found if isinstance(found, list) else [found])]


def test_the_checker_finds_all_ticked_but_the_own_household(browser: Browser, world: World) -> None:
    own = world.people(Household.get_by_id(world.checker.household_id))[0]
    lines = steps.record(world, world.villager(0), world.villager(1), own)
    browser.sign_in(world.checker)
    assert ticked(browser, "/check") == lines[:2]
    assert "按规定回避" in browser.get("/check").text
    answer = browser.submit("/check", verdict="approve")
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
    answer = browser.submit("/check", verdict="refuse", line=[second])
    assert answer.status_code == 422 and "请填写理由" in answer.text
    assert f'value="{second}" checked' in answer.text and f'value="{first}" checked' not in answer.text
    browser.submit("/check", verdict="refuse", line=[second], reason="查无此事")
    assert [steps.line(id_).state for id_ in (first, second)] == ["recorded", "refused"]
    assert "查无此事" in browser.get(f"/lines/{second}").text


def test_nothing_ticked_or_no_verdict_is_said(browser: Browser, world: World) -> None:
    (line,) = steps.record(world)
    browser.sign_in(world.checker)
    assert "还没有选要办的记录" in browser.submit("/check", verdict="approve", line=None).text
    assert browser.submit("/check", verdict="maybe").status_code == 422
    assert steps.line(line).state == "recorded"


def test_someone_else_was_faster(browser: Browser, world: World) -> None:
    lines = steps.record(world)
    browser.sign_in(world.checker)
    form = judging(browser, "/check")
    steps.check(world, lines, by=world.committee[0])
    answer = browser.post(form, verdict="approve")
    assert answer.status_code == 409 and "这一条现在是“待评议”" in answer.text


def test_three_voices_approve(browser: Browser, world: World) -> None:
    (line,) = steps.check(world, steps.record(world))
    for number, member in enumerate(world.council):
        page = browser.another().sign_in(member)
        assert f"已有 {number} / 3 票" in page.get("/decide").text
        assert page.submit("/decide", verdict="approve").status_code == 303
        assert "现在没有等您评议的" in page.get("/decide").text
    assert steps.line(line).state == "approved"


def test_the_township_finds_what_too_few_are_left_for(browser: Browser, world: World) -> None:
    kin.declare(**world.by(world.council[0]), relative_id=world.villager().id, relation="表亲")
    (line,) = steps.check(world, steps.record(world))
    council = browser.another().sign_in(world.council[1])
    assert "现在没有等您评议的" in council.get("/decide").text
    browser.sign_in(world.supervisor)
    assert "由乡镇一人评议" in browser.get("/decide").text
    browser.submit("/decide", verdict="approve")
    assert steps.line(line).state == "approved"


def test_the_township_finds_what_the_council_became_too_small_for(browser: Browser, world: World) -> None:
    (line,) = steps.check(world, steps.record(world))
    (role,) = world.council[1].roles
    staff.end(**world.by(world.admin), role_id=role.id)
    browser.sign_in(world.supervisor)
    assert "现在没有等您评议的" in browser.get("/decide").text
    world.wait(days=8)
    assert ticked(browser, "/decide") == [line]
    browser.submit("/decide", verdict="refuse", reason="没到场")
    assert steps.line(line).state == "refused"


def test_the_same_deed_recorded_twice_is_pointed_out(browser: Browser, world: World) -> None:
    steps.record(world)
    steps.record(world)
    assert "同一天这一项另有 1 条" in browser.sign_in(world.checker).get("/check").text


def test_lines_of_other_villages_do_not_exist(browser: Browser, world: World) -> None:
    (line,) = steps.record(world)
    browser.sign_in(world.other_steward)
    assert "现在没有等您初审的" in browser.get("/check").text
    assert press(browser, "/check", line=line, verdict="approve", reason="").status_code == 404
    assert steps.line(line).state == "recorded"


@pytest.mark.parametrize(("url", "name"), [("/check", "clerk"), ("/decide", "clerk"), ("/decide", "recorder")])
def test_the_pages_are_for_judges(browser: Browser, world: World, url: str, name: str) -> None:
    browser.sign_in(getattr(world, name))
    assert browser.get(url).status_code == 403


@pytest.mark.slow
@pytest.mark.parametrize(("url", "name"), [("/check", "checker"), ("/decide", "council"), ("/decide", "supervisor")])
def test_the_lists_take_as_many_statements_for_ten_thousand_lines_as_for_a_hundred(
    browser: Browser, world: World, url: str, name: str
) -> None:
    checked = {} if name == "checker" else {"state": "checked", "checked_by": world.checker.id, "voices_needed": 3}
    if name != "checker":
        checked["checked_at"] = world.now
    if name == "supervisor":
        staff.end(**world.by(world.admin), role_id=world.council[0].roles[0].id)  # now two are too few for three voices
    reader = world.council[1] if name == "council" else getattr(world, name)
    browser.sign_in(reader)
    steps.crowd(world, 100, **checked)
    world.wait(days=8)
    sent, pages = [], []
    for more in (0, 9_900):
        if more:
            steps.crowd(world, more, day=world.today, **checked)
        for address in (url, f"{url}?odd=1"):
            sent.append(statements(lambda address=address: pages.append(browser.get(address).text)))
    assert sent[:2] == sent[2:]
    assert [page.count("data-judge>") for page in pages] == [50] * 4


# --- what is odd --------------------------------------------------------------------------------------------------


def test_a_plain_line_has_no_mark(browser: Browser, world: World) -> None:
    steps.record(world, code=11)
    assert marks(browser.sign_in(world.checker)) == []


def test_each_oddity_is_marked_on_its_line_and_leaves_it_unticked(browser: Browser, world: World) -> None:
    for _ in range(2):
        steps.decide(world, steps.check(world, steps.record(world, world.villager(3), code=14, quantity=2)))
    world.wait(days=1)
    lines = {
        "本人说不在场": steps.record(world, code=14),
        "照片疑似用过": steps.record(world, world.villager(1), code=14),
        "没有照片": steps.record(world, world.villager(2), code=14),
        "比平时多（平时约 2）": steps.record(world, world.people(world.households[0])[1], code=12),
        "快封顶，还能计 20 分": steps.record(world, code=16, quantity=2, by=world.committee[0]),
        "事隔 31 天": steps.record(world, code=11, day=world.today - timedelta(days=31)),
    }
    [denied], [photo], [bare], [many], [capped], _late = lines.values()
    Attendance.create(line=denied, was_there=False, said_at=world.now)
    earlier = picture(world, steps.line(photo), like=None)
    picture(world, steps.line(photo), like=earlier)
    Line.update(needs="photo").where(Line.id == bare).execute()
    Line.update(item_code=14, quantity=5, cap=None, needs="").where(Line.id == many).execute()
    Line.update(cap=1).where(Line.id == capped).execute()
    browser.sign_in(world.checker)
    assert sorted(marks(browser)) == sorted(lines)
    assert ticked(browser, "/check") == []
    assert f"/photos/{earlier.id}" in browser.get("/check").text


def test_who_has_not_confirmed_is_marked_but_holds_nothing_up(browser: Browser, world: World) -> None:
    one, other = steps.record(world, world.villager(0), world.villager(1))
    Line.update(needs="roster,cosign").where(Line.id.in_([one, other])).execute()
    Attendance.create(line=other, was_there=True, said_at=world.now)
    assert sorted(marks(browser.sign_in(world.checker))) == ["本人已确认", "本人还没确认"]
    assert ticked(browser, "/check") == [one, other]


def test_the_same_deed_is_shown_beside_its_twin(browser: Browser, world: World) -> None:
    steps.record(world, code=11)
    steps.record(world, code=11, by=world.committee[0])
    page = browser.sign_in(world.checker).get("/check").text
    assert page.count("并排看") == 2 and page.count(world.committee[0].name) >= 3


# --- one line, some lines, all that is plain ----------------------------------------------------------------------


def test_each_line_has_buttons_of_its_own(browser: Browser, world: World) -> None:
    first, second, third = steps.record(world, *(world.villager(n) for n in range(3)))
    browser.sign_in(world.checker)
    assert browser.submit("/check", only=f"{second}-approve").status_code == 303
    browser.submit("/check", **{"only": f"{third}-return", f"reason-{third}": "次数不对", f"reason-{first}": "别的"})
    assert [steps.line(id_).state for id_ in (first, second, third)] == ["recorded", "checked", "returned"]
    assert steps.line(third).refusal == "次数不对"


def test_a_voice_may_change_the_points(browser: Browser, world: World) -> None:
    (line,) = steps.check(world, steps.record(world, quantity=2))
    browser.sign_in(world.council[0])
    answer = browser.submit("/decide", **{"only": f"{line}-change", f"reason-{line}": "半天", f"points-{line}": 20})
    assert answer.status_code == 422 and "改分要比申报的少" in answer.text and 'value="半天"' in answer.text
    browser.submit("/decide", **{"only": f"{line}-change", f"reason-{line}": "半天", f"points-{line}": 15})
    assert Voice.get().points == 15
    assert "已对 1 条表示改为 15 分" in browser.get("/decide").text


def test_changing_points_is_no_word_of_the_check(browser: Browser, world: World) -> None:
    (line,) = steps.record(world)
    answer = browser.sign_in(world.checker).submit("/check", **{"only": f"{line}-change", f"reason-{line}": "半天"})
    assert answer.status_code == 422 and steps.line(line).state == "recorded"


def test_all_that_is_plain_is_approved_and_the_odd_ones_stay(browser: Browser, world: World) -> None:
    plain = steps.crowd(world, 60, code=23, cap=None, day=world.today)
    Line.update(item_code=Line.id + 1_000).where(Line.id.in_(plain)).execute()  # no line is another's twin
    odd = plain.pop(7)
    Attendance.create(line=odd, was_there=False, said_at=world.now)
    own = plain.pop(20)
    Line.update(household=world.checker.household_id).where(Line.id == own).execute()
    browser.sign_in(world.checker)
    form = judging(browser, "/check")
    (late,) = steps.record(world, world.villager(3), code=11)
    given = {"plain": plain[-1], "line": None}
    assert browser.post(form, **given).status_code == 303
    assert {steps.line(id_).state for id_ in plain} == {"checked"}
    assert {steps.line(id_).state for id_ in (odd, own, late)} == {"recorded"}
    assert browser.post(form, **given).status_code == 303  # the same key again: nothing more is done
    assert steps.line(late).state == "recorded"
    assert "58 条已通过初审" in browser.get("/check").text


def test_the_list_is_narrowed_and_paged(browser: Browser, world: World) -> None:
    lines = steps.crowd(world, 60, code=11)
    (other,) = steps.record(world, code=14)
    browser.sign_in(world.checker)
    page = browser.get("/check").text
    assert "共 61 条" in page and f'value="{lines[49]}"' in page and f'value="{lines[50]}"' not in page
    rest = browser.get("/check", after=lines[49]).text
    assert rest.count("data-judge>") == 11 and "从头看" in rest
    item = steps.line(other).item_name
    assert browser.get("/check", item=item).text.count("data-judge>") == 1
    assert "没有符合的记录" in browser.get("/check", item="没有这一项").text
    assert "没有符合的记录" in browser.get("/check", village=world.other_village).text
    assert browser.get("/check", after=other).status_code == 303
    assert browser.get("/check", village="x", after="y", endpoint="z").status_code == 200


OF_A_PHOTO = '<span class="badge badge_bad">疑似用过</span>'


def marks(browser: Browser, url: str = "/check") -> list[str]:
    """Return the texts of the badges on a page."""
    return re.findall(r'class="badge badge_\w+">([^<]+)<', browser.get(url).text.replace(OF_A_PHOTO, ""))


def picture(world: World, line: Line, *, like: Photo | None) -> Photo:
    """Put a photo on the sheet of a line, without its body."""
    return Photo.create(
        village=world.village,
        subject_type="contribution",
        subject_id=line.contribution_id,
        sha256="0" * 64,
        phash=0,
        width=4,
        height=3,
        size=1,
        like=like,
        added_by=world.recorder,
        added_at=world.now,
    )
