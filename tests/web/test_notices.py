"""Pages of notices: the wall for everyone, the committee's side, objections and answers."""

import re

from points.models.contribution import Notice, Objection
from points.services import notice
from tests import steps
from tests.browser import Browser
from tests.tools import press, statements
from tests.world import World


def desk(world: World) -> str:
    return f"/villages/{world.village}/notices/desk"


def gathered(world: World) -> int:
    return notice.open_notice(**world.by(world.committee[0]), village_id=world.village)


def test_the_committee_gathers_prints_and_confirms(browser: Browser, world: World) -> None:
    steps.approved(world)
    browser.sign_in(world.committee[0])
    assert "评议通过等公示的 1 条" in browser.get(desk(world)).text
    assert browser.submit(desk(world), f"/villages/{world.village}/notices").status_code == 303
    made = Notice.get()
    assert browser.get(f"/notices/{made.id}/sheets").status_code == 200
    other = browser.another().sign_in(world.committee[1])
    assert other.submit(desk(world), f"/notices/{made.id}/hang").status_code == 303
    page = other.get(desk(world)).text
    assert "江委员 11月2日 09:00 确认张贴，到 11月7日 24 时止" in page
    assert "从明天起算 5 天" in page


def test_nobody_can_shorten_it_or_hang_it_twice(browser: Browser, world: World) -> None:
    steps.approved(world)
    made = steps.hung(world)
    closes_at = Notice.get_by_id(made).closes_at
    browser.sign_in(world.committee[0])
    world.wait(days=1)
    press(browser, f"/notices/{made}/hang", days=1)
    assert "已经办过了" in browser.get(desk(world)).text
    assert Notice.get_by_id(made).closes_at == closes_at


def test_anyone_reads_masked_names_beside_household_numbers(browser: Browser, world: World) -> None:
    steps.approved(world, world.villager(0))
    steps.approved(world, world.villager(1), code=7)  # a quarrel settled: discreet
    made = steps.hung(world)
    for url in (f"/notices/{made}", f"/notices/{made}/sheets"):
        page = browser.get(url).text
        assert "王*英" in page and world.households[0].number in page
        for household in world.households:
            for person in world.people(household):
                assert person.name not in page
        assert world.item(1).name in page
        assert world.item(7).name not in page and "调解" in page
    page = browser.get(f"/notices/{made}").text
    assert "2026年11月7日 24 时" in page and "罗记录 记录，孙初审 初审" in page
    assert "公示中" in browser.get(f"/villages/{world.village}/notices").text


def test_notes_and_phone_numbers_never_show(browser: Browser, world: World) -> None:
    from points.services import contribution

    contribution.record(
        **world.by(world.recorder),
        village_id=world.village,
        item_id=world.item(7).id,
        day=world.today,
        people=[world.villager().id],
        quantity=1,
        note="张家与李家",
    )
    (line,) = (row.id for row in steps.Line.select())
    steps.decide(world, steps.check(world, [line]))
    made = steps.hung(world)
    assert "张家" not in browser.get(f"/notices/{made}").text + browser.get(f"/notices/{made}/sheets").text


def test_a_part_of_the_points_says_why(browser: Browser, world: World) -> None:
    steps.approved(world, quantity=3)
    steps.approved(world, quantity=3)
    made = steps.hung(world)
    assert "封顶，只计 10 分" in browser.get(f"/notices/{made}").text


def test_sheets_are_one_place_a_page_with_page_numbers(browser: Browser, world: World) -> None:
    for _time in range(4):
        steps.approved(world, *(world.villager(number) for number in range(4)), code=23)
    made = steps.hung(world)
    page = browser.get(f"/notices/{made}/sheets").text
    total = page.count('<section class="sheet">')
    assert total == int(re.search(r"共 (\d+) 页", page).group(1)) > 2
    assert f"第 {total} 页，共 {total} 页" in page
    assert "<svg" in page and "http://points.example/notices/" in page
    assert "2026年11月2日张贴，公示 5 天，到 2026年11月7日 24 时止" in page
    one = browser.get(f"/notices/{made}/sheets", lane=world.lanes[0]).text
    assert "东一巷 ·" in one and "东二巷 ·" not in one


def test_a_villager_objects_and_reads_the_answer(browser: Browser, world: World) -> None:
    (line,) = steps.approved(world)
    made = steps.hung(world)
    assert browser.get(f"/lines/{line}/object").status_code == 302  # first sign in
    browser.sign_in(world.villager(3))
    answer = browser.submit(f"/lines/{line}/object", text="那天没看见他")
    assert (answer.status_code, answer.location) == (303, f"/notices/{made}")
    page = browser.get(f"/notices/{made}").text
    assert "有异议，待答复" in page and "那天没看见他" in page
    anyone = browser.another().get(f"/notices/{made}").text
    assert "有异议，待答复" in anyone and "那天没看见他" not in anyone
    staff = browser.another().sign_in(world.committee[0])
    found = Objection.get()
    assert "那天没看见他" in staff.get("/objections").text
    assert staff.submit(f"/objections/{found.id}", upheld="yes", reason="名册上没有他").status_code == 303
    page = browser.get(f"/notices/{made}").text
    assert "异议成立" in page and "名册上没有他" in page


def test_answering_needs_a_choice_and_a_reason(browser: Browser, world: World) -> None:
    (line,) = steps.approved(world)
    steps.hung(world)
    found = steps.objection(world, line)
    browser.sign_in(world.committee[0])
    assert browser.submit(f"/objections/{found.id}", reason="查过").status_code == 422
    assert browser.submit(f"/objections/{found.id}", upheld="no", reason="").status_code == 422
    assert Objection.get().answer is None


def test_who_may_not_answer_is_told_why(browser: Browser, world: World) -> None:
    (line,) = steps.approved(world)
    steps.hung(world)
    found = steps.objection(world, line)
    url = f"/objections/{found.id}"
    assert "前面的步骤是您办的" in browser.another().sign_in(world.council[0]).get(url).text
    browser.sign_in(world.committee[0])
    world.wait(days=3)
    assert "改由乡镇监督员答复" in browser.get(url).text
    answer = press(browser, url, upheld="no", reason="查过")
    assert answer.status_code == 409
    township = browser.another().sign_in(world.supervisor)
    assert township.submit(url, upheld="no", reason="查过").status_code == 303


def test_staff_object_on_behalf_of_someone(browser: Browser, world: World) -> None:
    (line,) = steps.approved(world)
    steps.hung(world)
    browser.sign_in(world.committee[0])
    browser.submit(f"/lines/{line}/object", text="老人来说的", on_behalf_of="周长青")
    assert Objection.get().on_behalf_of == "周长青"


def test_after_the_end_nobody_objects(browser: Browser, world: World) -> None:
    (line,) = steps.approved(world)
    made = steps.hung(world)
    browser.sign_in(world.villager(3))
    world.now = Notice.get_by_id(made).closes_at
    assert "公示已经结束" in browser.get(f"/lines/{line}/object").text
    assert press(browser, f"/lines/{line}/object", text="晚了").status_code == 409
    assert "提异议</a>" not in browser.get(f"/notices/{made}").text


def test_other_villages_do_not_exist(browser: Browser, world: World) -> None:
    (line,) = steps.approved(world)
    made = gathered(world)
    found = steps.objection(world, line)
    browser.sign_in(world.other_committee)
    there = (desk(world), f"/lines/{line}/object", f"/objections/{found.id}")
    for url in (*there, "/notices/999999", "/objections/999999"):
        assert browser.get(url).status_code == 404, url
    for url in (f"/notices/{made}/hang", f"/villages/{world.village}/notices", f"/objections/{found.id}"):
        assert press(browser, url).status_code == 404, url
    assert "现在没有等答复的异议" in browser.get("/objections").text


def test_the_wall_takes_a_constant_number_of_statements(browser: Browser, world: World) -> None:
    steps.approved(world)
    url = f"/notices/{gathered(world)}"
    few = statements(lambda: browser.get(url))
    steps.approved(world, *(world.villager(number) for number in range(4)))
    url = f"/notices/{gathered(world)}"
    assert statements(lambda: browser.get(url)) <= few


def test_a_long_notice_has_pages(browser: Browser, world: World) -> None:
    for _time in range(13):
        steps.approved(world, *(world.villager(number) for number in range(4)), code=23)
    url = f"/notices/{gathered(world)}"
    first, second = browser.get(url).text, browser.get(url, page=2).text
    assert (first.count("罗记录 记录"), second.count("罗记录 记录")) == (50, 2)
    assert "较早的" in first and "较新的" in second
