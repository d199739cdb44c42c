"""The council's pages: a sitting from its opening to its minutes, motions from proposal to vote, without scripts."""

from datetime import timedelta

from points.models.council import Motion, Sitting, SittingMember
from points.models.people import Person
from points.services import council, kin
from tests import steps
from tests.browser import Browser
from tests.tools import press, statements
from tests.world import World


def open_sitting(world: World) -> str:
    by = world.by(world.committee[0])
    return f"/sittings/{council.open_sitting(**by, village_id=world.village, place='村委会')}"


def attended(world: World) -> str:
    url = open_sitting(world)
    for member in world.council:
        council.attend(**world.by(member), sitting_id=Sitting.get().id)
    return url


def close(world: World) -> None:
    council.close_sitting(**world.by(world.committee[0]), sitting_id=Sitting.get().id)


def commend(world: World, number: int = 0) -> str:
    deed = {"household_id": world.households[number].id, "text": "照顾邻居老人", "points": 10, "period": "2026-Q4"}
    by = world.by(world.committee[0])
    return f"/motions/{council.propose_commendation(**by, village_id=world.village, **deed)}"


def bar(world: World) -> str:
    fraud = {"person_id": world.villager().id, "text": "冒报巡逻三次", "until": world.today + timedelta(days=30)}
    return f"/motions/{council.propose_bar(**world.by(world.committee[0]), village_id=world.village, **fraud)}"


# --- sittings -----------------------------------------------------------------------------------------------------


def test_a_sitting_from_its_opening_to_its_minutes(browser: Browser, world: World) -> None:
    first, second, third = steps.check(
        world, steps.record(world, world.villager(0), world.villager(1), world.villager(2))
    )
    browser.sign_in(world.committee[0])
    sittings = f"/villages/{world.village}/sittings"
    assert "没有写任期" in browser.get(sittings).text
    answer = browser.submit(sittings, place="东头祠堂")
    assert answer.status_code == 303
    url = answer.location
    assert "东头祠堂" in browser.get(url).text and "我到会" not in browser.get(url).text
    assert "正在开" in browser.get(sittings).text

    pages = [browser.another().sign_in(member) for member in world.council]
    for page in pages:
        assert "到会人数不够" in page.get(url).text and "不同意" not in page.get(url).text
        assert page.submit(url, f"{url}/attend").status_code == 303
    for number, page in enumerate(pages):
        assert page.submit(url, verdict="approve", line=[first]).status_code == 303
        verdict = {"verdict": "change", "points": 5, "reason": "只去了半程"} if number else {"verdict": "approve"}
        assert page.submit(url, line=[second], **verdict).status_code == 303
    assert "没有等评议的了" not in pages[0].get(url, show="waiting").text
    assert "评二、评三：改为 5 分（只去了半程）" in pages[0].get(url, show="done").text
    assert [steps.line(id_).state for id_ in (first, second, third)] == ["approved", "approved", "checked"]

    assert browser.submit(url, f"{url}/close").status_code == 303
    minutes = browser.get(url).text
    for words in (
        "评议会记录",
        "东头祠堂",
        "评一、评二、评三",
        "通过，10 分",
        "通过，改为 5 分",
        "没议完的 1 条转到下一次",
    ):
        assert words in minutes, words
    assert "到会 3 / 3 人" in browser.get(sittings).text


def test_nobody_says_that_another_has_come(browser: Browser, world: World) -> None:
    url = open_sitting(world)
    browser.sign_in(world.council[0]).submit(url, f"{url}/attend")
    present = SittingMember.select().where(SittingMember.present_at.is_null(False))
    assert [seat.person_id for seat in present] == [world.council[0].id]
    assert "评一 已到" in browser.get(url).text and "评二 未到" in browser.get(url).text
    committee = browser.another().sign_in(world.committee[0])
    assert press(committee, f"{url}/attend").status_code == 403


def test_a_verdict_before_the_quorum_is_refused_and_the_page_stays(browser: Browser, world: World) -> None:
    [line] = steps.check(world, steps.record(world))
    url = open_sitting(world)
    council.attend(**world.by(world.council[0]), sitting_id=Sitting.get().id)
    browser.sign_in(world.council[0])
    answer = press(browser, url, line=line, verdict="approve")
    assert answer.status_code == 409 and "不足法定的 3 人" in answer.text
    assert steps.line(line).voices == 0


def test_a_line_to_keep_away_from_is_shown_among_what_waits_and_cannot_be_ticked(
    browser: Browser, world: World
) -> None:
    world.appoint("council", world.village, "评四", lane=world.lanes[0])
    kin.declare(**world.by(world.council[0]), relative_id=world.villager().id, relation="表亲")
    lines = steps.check(world, steps.record(world, world.villager(0), world.villager(1)))
    url = attended(world)
    browser.sign_in(world.council[0])
    assert "按规定回避" not in browser.get(url).text
    assert "按规定回避" in browser.get(url, show="waiting").text
    [ticked] = [form.values["line"] for form in browser.forms(url) if "line" in form.values]
    assert int(ticked) == lines[1]


def test_a_missing_reason_keeps_what_was_ticked(browser: Browser, world: World) -> None:
    first, second = steps.check(world, steps.record(world, world.villager(0), world.villager(1)))
    url = attended(world)
    browser.sign_in(world.council[0])
    answer = browser.submit(url, verdict="refuse", line=[second])
    assert answer.status_code == 422 and "请填写理由" in answer.text
    assert f'value="{second}" checked' in answer.text and f'value="{first}" checked' not in answer.text
    assert browser.submit(url, verdict="maybe").status_code == 422


def test_a_closed_sitting_takes_no_voice(browser: Browser, world: World) -> None:
    [line] = steps.check(world, steps.record(world))
    url = attended(world)
    browser.sign_in(world.council[0])
    form = next(form for form in browser.forms(url) if "line" in form.values)
    close(world)
    answer = browser.post(form, verdict="approve")
    assert answer.status_code == 303 and "已经结束" in browser.get(answer.location).text
    assert steps.line(line).voices == 0


def test_minutes_tell_what_was_so_then(browser: Browser, world: World) -> None:
    [line] = steps.check(world, steps.record(world))
    url = attended(world)
    world.wait(minutes=30)
    close(world)
    world.wait(minutes=30)
    steps.decide(world, [line])
    page = browser.sign_in(world.committee[0]).get(url).text
    assert "没议完的 1 条转到下一次" in page and "这次会上没有议积分记录" in page


def test_the_agenda_and_the_minutes_take_a_constant_number_of_statements(browser: Browser, world: World) -> None:
    browser.sign_in(world.council[0])
    lines = steps.check(world, steps.record(world))
    url = attended(world)
    few = statements(lambda: browser.get(url))
    steps.decide(world, lines)
    close(world)
    few_minutes = statements(lambda: browser.get(url))
    for _ in range(3):
        lines = steps.check(world, steps.record(world, *(world.villager(number) for number in range(4))))
    by = world.by(world.committee[0])
    second = f"/sittings/{council.open_sitting(**by, village_id=world.village, place='')}"
    for member in world.council:
        council.attend(**world.by(member), sitting_id=int(second.split("/")[-1]))
    assert statements(lambda: browser.get(second)) == few
    steps.decide(world, lines)
    council.close_sitting(**world.by(world.committee[0]), sitting_id=int(second.split("/")[-1]))
    assert statements(lambda: browser.get(second)) == few_minutes


def test_a_refused_opening_says_why(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    url = f"/villages/{world.village}/sittings"
    answer = browser.submit(url, quorum=9)
    assert answer.status_code == 422 and "法定到会人数要在 3 到 3 之间" in answer.text
    form = browser.forms(url)[-1]
    open_sitting(world)
    answer = browser.post(form)
    assert answer.status_code == 409 and "第 1 次评议会还没有结束" in answer.text


# --- motions ------------------------------------------------------------------------------------------------------


def test_a_steward_commends_and_the_council_votes(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    url = f"/villages/{world.village}/motions/new?kind=commend&q=wxy"
    person = {"person_id": world.villager().id}
    answer = browser.submit(url, **person, text="", period="2026-11")
    assert answer.status_code == 422
    answer = browser.submit(url, **person, text="照顾邻居老人", period="2026-11")
    assert answer.status_code == 303
    motion = answer.location
    assert "表彰" in browser.get(motion).text and "赞成" not in browser.get(motion).text
    for number, member in enumerate(world.council):
        page = browser.another().sign_in(member)
        assert f"已有 {number} / 3 票" in page.get(motion).text
        assert page.submit(motion, verdict="yes").status_code == 303
    assert Motion.get().state == "carried"
    listed = browser.get(f"/villages/{world.village}/motions?state=decided").text
    assert "2026年11月红榜" in listed and "照顾邻居老人" in listed


def test_a_bar_is_proposed_voted_and_lifted(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    villager = world.villager()
    url = f"/villages/{world.village}/motions/new?kind=bar&q={world.households[0].number}"
    until = world.today + timedelta(days=400)
    answer = browser.submit(url, person_id=villager.id, text="冒报巡逻三次", until=until.isoformat())
    assert answer.status_code == 422 and "限制到哪一天" in answer.text
    answer = browser.submit(url, person_id=villager.id, text="冒报巡逻三次", until="2026-12-01")
    page = browser.get(answer.location).text
    assert "限制王秀英" in page and "2026年12月1日" in page
    for member in world.council:
        browser.another().sign_in(member).submit(answer.location, verdict="yes")
    lift = f"/villages/{world.village}/motions/new?kind=lift"
    assert "限制到2026年12月1日" in browser.get(lift).text
    assert browser.submit(lift, person_id=villager.id, text="已改正").status_code == 303


def test_a_voice_against_needs_its_reason_and_counts_once(browser: Browser, world: World) -> None:
    url = commend(world)
    browser.sign_in(world.council[0])
    form = browser.forms(url)[-1]
    answer = browser.submit(url, verdict="no")
    assert answer.status_code == 422 and "请填写理由" in answer.text
    assert browser.submit(url, verdict="no", reason="不是他做的").status_code == 303
    assert "不是他做的" in browser.get(url).text
    answer = browser.post(form, verdict="yes")
    assert answer.status_code == 409 and "已经办过了" in answer.text


def test_kin_see_why_they_do_not_vote(browser: Browser, world: World) -> None:
    world.appoint("council", world.village, "评四", lane=world.lanes[0])
    kin.declare(**world.by(world.council[0]), relative_id=world.villager().id, relation="表亲")
    url = commend(world)
    page = browser.sign_in(world.council[0]).get(url).text
    assert "按规定回避" in page and "赞成" not in page


def test_the_township_is_told_when_it_decides(browser: Browser, world: World) -> None:
    kin.declare(**world.by(world.council[0]), relative_id=world.villager().id, relation="表亲")
    url = commend(world)
    assert "等乡镇监督员决定" in browser.another().sign_in(world.council[1]).get(url).text
    browser.sign_in(world.supervisor)
    assert "乡镇监督员一人决定" in browser.get(url).text
    assert browser.submit(url, verdict="yes").status_code == 303
    assert Motion.get().state == "carried"


def test_stewards_see_commendations_of_their_own_lanes_only(browser: Browser, world: World) -> None:
    near, far, fraud = commend(world, 2), commend(world, 0), bar(world)
    browser.sign_in(world.appoint("steward", world.lanes[1], "杜巷长", lane=world.lanes[1]))
    page = browser.get(f"/villages/{world.village}/motions").text
    assert near in page and far not in page and fraud not in page
    assert [browser.get(url).status_code for url in (near, far, fraud)] == [200, 404, 404]
    assert "王秀英" not in browser.get(f"/villages/{world.village}/motions/new?kind=commend&q=wxy").text
    assert browser.get(f"/villages/{world.village}/motions/new?kind=bar").status_code == 403


def test_the_list_of_motions_takes_a_constant_number_of_statements(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    url = f"/villages/{world.village}/motions"
    commend(world)
    few = statements(lambda: browser.get(url))
    for number in range(4):
        commend(world, number)
    bar(world)
    assert statements(lambda: browser.get(url)) == few


# --- what follows --------------------------------------------------------------------------------------------------


def test_the_clerk_is_told_before_the_basket_and_others_collect(browser: Browser, world: World) -> None:
    world.give_points(world.households[0], 50)
    paper = world.card(world.villager())
    until = world.today + timedelta(days=3)
    Person.update(barred_until=until).where(Person.id == paper.person.id).execute()
    browser.sign_in(world.clerk)
    till = f"/tills/{world.till}"
    page = browser.submit(till, f"{till}/card", code=paper.code).text
    assert "评议会决定" in page and "2026年11月5日" in page
    assert f'value="{paper.person.id}"' not in page and "王大山" in page
    other = world.people(world.households[0])[1]
    Person.update(barred_until=until).where(Person.id == other.id).execute()
    page = browser.submit(till, f"{till}/card", code=paper.code).text
    assert "没有别的人可以领" in page and "确认兑换" not in page


def test_a_term_is_typed_and_shown(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    url = f"/areas/{world.village}/staff/new?q=wxy"
    person = {"person_id": world.villager().id}
    assert browser.submit(url, **person, kind="steward", until="2027-01-01").status_code == 422
    assert browser.submit(url, **person, kind="council", until="2029-11-01").status_code == 303
    page = browser.get(f"/areas/{world.village}/staff").text
    assert "任期到 2029年11月1日" in page and "没有写任期" in page
