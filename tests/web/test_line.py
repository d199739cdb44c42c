"""A line's page: everything that happened to it, in order, for staff and for the household itself."""

import re
from datetime import timedelta

import pytest

from points.models.contribution import Attendance, Correction, Line, Score, Voice
from points.photos import Picture
from points.services import award, kin, notice
from tests import steps
from tests.browser import Browser
from tests.tools import statements
from tests.world import World

PICTURE = Picture(b"a jpeg", "0" * 64, 12345, 40, 30)


def told(browser: Browser, line: int) -> list[str]:
    """Return the titles of what happened, as the page lists them."""
    page = browser.get(f"/lines/{line}").text
    history = page[page.index("全部经过") :]
    return [re.sub(r"<[^>]+>", "", title) for title in re.findall(r'cell__title">(.*?)</span>', history)]


def lived(world: World) -> int:
    """Take a line through all there is: capped, objected to, lowered, posted, corrected, reversed; return it."""
    steps.approved(world, quantity=2)
    (line,) = steps.record(world, quantity=3)
    world.wait(minutes=1)
    steps.decide(world, steps.check(world, [line]))
    world.wait(minutes=1)
    made = notice.open_notice(**world.by(world.committee[0]), village_id=world.village)
    world.wait(minutes=1)
    notice.hang(**world.by(world.committee[1]), notice_id=made, pictures=[PICTURE])
    world.wait(minutes=1)
    first = steps.objection(world, line)
    world.wait(minutes=1)
    given = {"line_id": line, "text": "字条上说不对", "channel": "slip", "pictures": [PICTURE]}
    second = notice.object_to(**world.by(world.recorder), **given, on_behalf_of="周长青")
    world.wait(minutes=1)
    by = world.by(world.committee[0])
    notice.answer(**by, objection_id=first.id, upheld=False, reason="名册有签到")
    world.wait(minutes=1)
    by = world.by(world.committee[0])
    notice.answer(**by, objection_id=second, upheld=True, kept=15, reason="少来了半天")
    steps.run_out(world, made)
    award.correct(**world.by(world.committee[0]), line_id=line, points=5, reason="又多记了")
    world.wait(minutes=1)
    notice.open_notice(**world.by(world.committee[0]), village_id=world.village)
    world.wait(minutes=1)
    award.reverse(**world.by(world.committee[0]), line_id=line, reason="其实没来")
    return line


def test_everything_that_happened_is_told_in_order(browser: Browser, world: World) -> None:
    line = lived(world)
    browser.sign_in(world.committee[0])
    assert told(browser, line) == [
        "记录，申请 30 分",
        "初审通过",
        "评议：同意",
        "评议：同意",
        "评议：同意",
        "评议通过，30 分",
        "列入第 1 期公示",
        "第 1 期公示张贴",
        "有人提出异议",
        "有人提出异议",
        "答复：异议不成立",
        "答复：异议成立，改为 15 分",
        "入账 15 分",
        "更正，收回 5 分",
        "更正，收回 10 分",
    ]
    page = browser.get(f"/lines/{line}").text
    for word in (
        "罗记录",
        "孙初审",
        "评一",
        "评二",
        "评三",
        "江委员",
        "周玉梅",
        "异议单，代 周长青 提出",
        "字条上说不对",
    ):
        assert word in page, word
    for word in ("名册有签到", "少来了半天", "写在第 2 期公示上", "等下一期公示", "又多记了", "其实没来", "/photos/"):
        assert word in page, word


def test_the_household_reads_all_but_who_objected(browser: Browser, world: World) -> None:
    line = lived(world)
    browser.sign_in(world.people(world.households[0])[1])  # also those of the household who are not on the line
    page = browser.get(f"/lines/{line}").text
    for word in ("罗记录", "评一", "名册有签到", "有人提出异议", "入账 15 分", "更正，收回 10 分", "附照片 1 张"):
        assert word in page, word
    for word in ("周玉梅", "周长青", "字条上说不对", "那天没看见他", "异议单", "/photos/", "/objections/", "整张记录"):
        assert word not in page, word


def test_neighbours_and_other_villages_find_nothing(browser: Browser, world: World) -> None:
    (line,) = steps.approved(world)
    for person in (world.villager(1), world.other_committee, world.people(world.other_household)[0]):
        assert browser.another().sign_in(person).get(f"/lines/{line}").status_code == 404


def test_staff_who_are_kin_do_not_read_who_objected(browser: Browser, world: World) -> None:
    (line,) = steps.approved(world)
    steps.hung(world)
    steps.objection(world, line)
    kin.declare(**world.by(world.committee[0]), relative_id=world.villager().id, relation="表亲")
    page = browser.sign_in(world.committee[0]).get(f"/lines/{line}").text
    assert "有人提出异议" in page and "周玉梅" not in page and "那天没看见他" not in page


def test_a_cap_and_the_voices_say_what_they_cut(browser: Browser, world: World) -> None:
    steps.approved(world, quantity=3)
    (line,) = steps.approved(world, quantity=3)
    browser.sign_in(world.committee[0])
    assert "超出封顶，只计 10 分" in browser.get(f"/lines/{line}").text
    Line.update(agreed=20).where(Line.id == line).execute()
    page = browser.get(f"/lines/{line}").text
    assert "申请 30 分，评议只给 20 分" in page and "申请 30 分，计 10 分" in page


def test_who_was_refused_withdrawn_or_sent_back_reads_why(browser: Browser, world: World) -> None:
    first, second, third = (steps.record(world, world.villager(number))[0] for number in range(3))
    steps.check(world, [first], passes=False)
    steps.decide(world, steps.check(world, [second]), approves=False)
    browser.sign_in(world.recorder)
    assert browser.submit(f"/lines/{third}", f"/lines/{third}/withdraw", reason="记错人了").status_code == 303
    assert told(browser, first)[-1] == "初审不通过" and "查无此事" in browser.get(f"/lines/{first}").text
    assert told(browser, second)[-1] == "评议不通过" and "证据不足" in browser.get(f"/lines/{second}").text
    assert told(browser, third)[-1] == "撤回" and "记错人了" in browser.get(f"/lines/{third}").text


def test_a_line_sent_back_leads_to_the_one_that_takes_it_up(browser: Browser, world: World) -> None:
    (line,) = steps.check(world, steps.record(world))
    Line.update(state="returned", decided_at=world.now, refusal="请补名册").where(Line.id == line).execute()
    given = {"verdict": "return", "points": 0, "reason": "请补名册", "said_at": world.now}
    Voice.create(line=line, person=world.council[0], **given)
    world.wait(minutes=5)
    (again,) = steps.record(world)
    Line.update(revises=line).where(Line.id == again).execute()
    browser.sign_in(world.committee[0])
    assert told(browser, line)[2:] == ["评议：退回修改", "评议退回修改", "修改后另记一条"]
    assert f'href="/lines/{again}"' in browser.get(f"/lines/{line}").text
    assert f'href="/lines/{line}"' in browser.get(f"/lines/{again}").text


def test_attendance_and_scores_are_part_of_it(browser: Browser, world: World) -> None:
    (line,) = steps.record(world)
    for judge, points in ((world.committee[0], 8), (world.committee[1], 6)):
        Score.create(line=line, judge=judge, points=points)
    Attendance.create(line=line, was_there=False, said_at=world.now + timedelta(minutes=1))
    browser.sign_in(world.committee[0])
    assert told(browser, line)[-1] == "本人说不在场"
    assert "评分：田主任 8、江委员 6" in browser.get(f"/lines/{line}").text


def test_a_deduction_is_restored_from_its_page(browser: Browser, world: World) -> None:
    (line,) = steps.deduct(world)
    steps.run_out(world, steps.hung(world))
    browser.sign_in(world.committee[0])
    page = browser.get(f"/lines/{line}").text
    assert "扣文明分 5 分" in page and "恢复文明分" in page and "冲正或更正" not in page
    assert browser.submit(f"/lines/{line}/put-right", reason="").status_code == 422
    assert browser.submit(f"/lines/{line}/put-right", reason="已经清理干净").status_code == 303
    assert (steps.line(line).state, Correction.get().points) == ("reversed", 5)
    page = browser.get(f"/lines/{line}").text
    assert "恢复文明分 5 分" in page and "已恢复" in page and "已冲正" not in page
    assert "put-right" not in page


def test_what_is_put_right_says_that_it_will_hang(browser: Browser, world: World) -> None:
    (line,) = steps.posted(world)
    browser.sign_in(world.committee[0])
    answer = browser.submit(f"/lines/{line}/put-right", how="part", points=4, reason="多记")
    assert answer.status_code == 303
    assert "会写进下一期公示" in browser.get(f"/lines/{line}").text
    assert (Correction.get().points, Correction.get().notice_id) == (4, None)


@pytest.mark.parametrize("who", ["committee", "household"])
def test_the_page_takes_a_constant_number_of_statements(browser: Browser, world: World, who: str) -> None:
    (line,) = steps.posted(world, code=2)
    browser.sign_in(world.committee[0] if who == "committee" else world.villager())
    few = statements(lambda: browser.get(f"/lines/{line}"))
    lived_through = lived(world)
    assert statements(lambda: browser.get(f"/lines/{lived_through}")) <= few
