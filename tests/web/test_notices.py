"""Pages of notices: the wall for everyone, the committee's side, objections and answers."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from points.models.areas import Holiday, VillageSetting
from points.models.contribution import Correction, Line, Notice, Objection
from points.models.photos import Photo
from points.services import award, civility, notice, report
from tests import steps
from tests.browser import Browser
from tests.tools import press, statements
from tests.world import World


def desk(world: World) -> str:
    return f"/villages/{world.village}/notices/desk"


def gathered(world: World) -> int:
    return notice.open_notice(**world.by(world.committee[0]), village_id=world.village)


def photo() -> tuple[BytesIO, str]:
    """Return a photo as a form sends it."""
    out = BytesIO()
    Image.effect_noise((64, 48), 80).convert("RGB").save(out, "JPEG")
    return BytesIO(out.getvalue()), "墙上.jpg"


def test_the_committee_gathers_prints_and_confirms(browser: Browser, world: World) -> None:
    steps.approved(world)
    browser.sign_in(world.committee[0])
    assert "评议通过等公示的" in browser.get(desk(world)).text
    assert browser.submit(desk(world), f"/villages/{world.village}/notices").status_code == 303
    made = Notice.get()
    assert browser.get(f"/notices/{made.id}/sheets").status_code == 200
    other = browser.another().sign_in(world.committee[1])
    assert f"/notices/{made.id}/hang" in other.get(desk(world)).text
    assert other.submit(f"/notices/{made.id}/hang").status_code == 303
    page = other.get(desk(world)).text
    assert "江委员 11月2日 09:00 确认张贴，到 11月7日 24 时止" in page
    assert "公示到 11月7日 24 时止" in page


def test_nobody_can_shorten_it_or_hang_it_twice(browser: Browser, world: World) -> None:
    steps.approved(world)
    made = steps.hung(world)
    closes_at = Notice.get_by_id(made).closes_at
    browser.sign_in(world.committee[0])
    world.wait(days=1)
    assert press(browser, f"/notices/{made}/hang", days=1).status_code == 409
    assert "已经确认张贴，到 11月7日 24 时止" in browser.get(f"/notices/{made}/hang").text
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


def test_who_reports_for_the_own_household_is_no_less_masked(browser: Browser, world: World) -> None:
    villager = world.villager(0)
    act = {"item_id": world.item(6).id, "day": world.today, "quantity": 1, "note": "", "pictures": []}  # discreet
    sheet = report.report(**world.by(villager), person_id=villager.id, **act)
    line = Line.get(Line.contribution == sheet)
    steps.decide(world, steps.check(world, [line.id]))
    made = steps.hung(world)
    browser.sign_in(world.villager(3))
    for url in (f"/notices/{made}", f"/notices/{made}/sheets", f"/lines/{line.id}/object"):
        page = browser.get(url).text
        assert "王*英" in page and villager.name not in page, url
    assert "本户 记录" in browser.get(f"/notices/{made}").text


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
    total = page.count('<section class="sheet sheet_a4">')
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
    assert staff.submit(f"/objections/{found.id}", verdict="strike", reason="名册上没有他").status_code == 303
    page = browser.get(f"/notices/{made}").text
    assert "异议成立" in page and "名册上没有他" in page


def test_answering_needs_a_choice_and_a_reason(browser: Browser, world: World) -> None:
    (line,) = steps.approved(world)
    steps.hung(world)
    found = steps.objection(world, line)
    browser.sign_in(world.committee[0])
    assert browser.submit(f"/objections/{found.id}", reason="查过").status_code == 422
    assert browser.submit(f"/objections/{found.id}", verdict="dismiss", reason="").status_code == 422
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
    answer = press(browser, url, verdict="dismiss", reason="查过")
    assert answer.status_code == 409
    township = browser.another().sign_in(world.supervisor)
    assert township.submit(url, verdict="dismiss", reason="查过").status_code == 303


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


# --- days, photos, paper ------------------------------------------------------------------------------------------


def test_the_whole_village_may_run_on_over_the_pages(browser: Browser, world: World) -> None:
    steps.approved(world, *(world.villager(number) for number in range(4)))
    made = steps.hung(world)
    apart, on = (browser.get(f"/notices/{made}/sheets{query}").text for query in ("", "?whole=1"))
    assert apart.count('class="sheet sheet_a4"') > on.count('class="sheet sheet_a4"')
    assert "全村连着印" in apart and "按街巷分开印" in on
    for household in world.households:
        assert f"<td>{household.number}</td>" in on


def test_a_holiday_is_named_on_page_and_sheet(browser: Browser, world: World) -> None:
    steps.approved(world)
    for days in (1, 3):
        Holiday.create(area=world.county, day=world.today + timedelta(days=days), name="国庆节")
    made = steps.hung(world)
    assert "2026年11月9日 24 时（5 天，张贴当天不算；其中 2 天是假日，顺延）" in browser.get(f"/notices/{made}").text
    assert "公示 5 天，2 天假日顺延，到 2026年11月9日 24 时止" in browser.get(f"/notices/{made}/sheets").text


def test_where_the_village_wants_it_hanging_takes_a_photo(browser: Browser, world: World) -> None:
    VillageSetting.update(wall_photo=True).where(VillageSetting.village == world.village).execute()
    steps.approved(world)
    url = f"/notices/{gathered(world)}/hang"
    browser.sign_in(world.committee[0])
    answer = browser.submit(url)
    assert (answer.status_code, "公示单贴好后要拍照" in answer.text) == (422, True)
    answer = browser.submit(url, photos=(BytesIO(b"no photo"), "墙.jpg"))
    assert (answer.status_code, Notice.get().state) == (422, "gathered")
    assert browser.submit(url, photos=photo()).status_code == 303
    assert (Notice.get().state, Photo.get().subject_type) == ("hung", "notice")


def test_a_line_has_one_number_on_page_sheet_and_slip(browser: Browser, world: World) -> None:
    steps.approved(world, world.villager(3), code=2)
    steps.approved(world, *(world.villager(number) for number in range(4)))
    made = steps.hung(world)
    page, second = (
        browser.get(f"/notices/{made}").text,
        browser.get(f"/notices/{made}/sheets", lane=world.lanes[1]).text,
    )
    for position, number, name in ((1, 0, "王*英"), (2, 1, "李*兰"), (4, 3, "周*梅"), (5, 3, "周*梅")):
        household = world.households[number].number
        assert re.search(rf">{position}\.</span> {re.escape(name)} <span class=\"muted\">{household} 户", page)
        row = f'<td class="num">{position}</td><td>{household}</td><td>{name}</td>'
        assert (row in second) == (number > 1)
    from points.queries import notices

    assert notices.line_at(made, 5).number == world.households[3].number
    assert notices.line_at(made, 6) is None


def test_the_sheet_comes_in_two_sizes_with_slips_to_tear_off(browser: Browser, world: World) -> None:
    steps.approved(world)
    made = steps.hung(world)
    for paper in ("a4", "a3"):
        page = browser.get(f"/notices/{made}/sheets", paper=paper).text
        assert f"sheet_{paper}" in page and page.count("第 1 期公示异议单") == 8
        assert page.count("11月7日 24 时前交到：村委会") == 8
    world.now = Notice.get_by_id(made).closes_at
    assert "公示异议单" not in browser.get(f"/notices/{made}/sheets").text


# --- deductions and corrections -----------------------------------------------------------------------------------


def test_a_deduction_shows_as_one(browser: Browser, world: World) -> None:
    [line] = steps.deduct(world, world.villager())
    made = steps.hung(world)
    name = steps.line(line).item_name
    page = browser.get(f"/notices/{made}").text
    assert name in page and "扣文明分" in page and "−5" in page
    assert f"{name}（扣文明分）" in browser.get(f"/notices/{made}/sheets").text


def test_corrections_hang_on_the_next_notice_with_their_reason(browser: Browser, world: World) -> None:
    [plain] = steps.approved(world, world.villager(0))
    [discreet] = steps.approved(world, world.villager(1), code=7)
    [deducted] = steps.deduct(world, world.villager(2))
    steps.run_out(world, steps.hung(world))
    given = {"actor": world.committee[0], "now": world.now}
    award.correct(key=world.key(), **given, line_id=plain, points=4, reason="多记了一小时")
    award.reverse(key=world.key(), **given, line_id=discreet, reason="张家说没有和好")
    civility.restore(key=world.key(), **given, line_id=deducted, reason="已经清理干净")
    browser.sign_in(world.committee[0])
    assert "更正" in browser.get(desk(world)).text
    assert browser.submit(desk(world), f"/villages/{world.village}/notices").status_code == 303
    made = Notice.select().order_by(Notice.id.desc()).get().id
    anyone = browser.another()
    page, paper = anyone.get(f"/notices/{made}").text, anyone.get(f"/notices/{made}/sheets").text
    for text in (page, paper):
        assert "多记了一小时" in text and "已经清理干净" in text and "王*英" in text
        assert "张家" not in text and steps.line(discreet).item_name not in text and "调解" in text
    assert "−4" in page and "−10" in page and "恢复文明分" in page
    assert "−4 分" in paper and "−10 分" in paper and "+5 文明分" in paper
    assert "3 条更正" in browser.get(desk(world)).text


# --- objections on paper, and their answers -----------------------------------------------------------------------


def test_a_slip_is_typed_in_by_line_number_with_its_photo(browser: Browser, world: World) -> None:
    steps.approved(world, world.villager(0), world.villager(1))
    made = steps.hung(world)
    browser.sign_in(world.recorder)
    url, said = f"/notices/{made}/slip", {"position": 2, "number": world.households[1].number, "text": "那天没来"}
    for wrong, says in (
        ({"position": 3}, "本期没有第 3 条"),
        ({"number": "9999"}, f"第 2 条是 {world.households[1].number} 户的"),
        ({"text": ""}, "还没有记下"),
        ({}, "请附上异议单的照片"),
    ):
        answer = browser.submit(url, **said | wrong)
        assert (answer.status_code, says in answer.text) == (422, True), wrong
    assert Objection.select().count() == 0
    assert browser.submit(url, **said, photos=photo(), on_behalf_of="周长青").status_code == 303
    assert (
        browser.submit(url, **said | {"number": world.households[1].number.lstrip("0")}, channel="visit").status_code
        == 303
    )
    slip, visit = Objection.select().order_by(Objection.id)
    assert (slip.channel, slip.on_behalf_of, slip.line.household_id) == ("slip", "周长青", world.households[1].id)
    assert (visit.channel, visit.on_behalf_of, Photo.get().subject_id) == ("visit", "", slip.id)
    judge = browser.another().sign_in(world.committee[0]).get(f"/objections/{slip.id}").text
    assert "周长青（罗记录代提）" in judge and "异议单" in judge and f"/photos/{Photo.get().id}" in judge


def test_a_villager_types_in_no_slip(browser: Browser, world: World) -> None:
    steps.approved(world)
    made = steps.hung(world)
    assert "录入异议单" not in browser.get(f"/notices/{made}").text
    assert browser.sign_in(world.villager(3)).get(f"/notices/{made}/slip").status_code == 404


def test_the_wall_says_what_became_of_objections_and_never_who_raised_them(browser: Browser, world: World) -> None:
    lines = steps.approved(world, *(world.villager(number) for number in range(3)), quantity=2)
    [discreet] = steps.approved(world, world.villager(3), code=7)
    made = steps.hung(world)
    browser.sign_in(world.committee[0])
    for line, fields in zip(
        (*lines, discreet),
        (
            {"verdict": "dismiss", "reason": "名册有签到"},
            {"verdict": "lower", "kept": 10, "reason": "只来了一次"},
            {"verdict": "strike", "reason": "没有来"},
            {"verdict": "dismiss", "reason": "张家签了字"},
        ),
        strict=True,
    ):
        given = {"line_id": line, "text": "不对吧", "on_behalf_of": "周长青", "channel": "visit"}
        found = notice.object_to(**world.by(world.recorder if line == discreet else world.council[0]), **given)
        assert browser.submit(f"/objections/{found}", **fields).status_code == 303
    page = browser.another().get(f"/notices/{made}").text
    for text in ("不成立：名册有签到", "异议成立，改为 10 分。", "异议成立，已取消。", "有人提过异议，不成立。"):
        assert text in page
    for text in ("周长青", "不对吧", "张家签了字", "只来了一次", "当面", "评一"):
        assert text not in page


@pytest.mark.parametrize("kept", ["", 10, 11])
def test_lowering_needs_fewer_points_than_there_are(browser: Browser, world: World, kept: object) -> None:
    [line] = steps.approved(world)
    steps.hung(world)
    found = steps.objection(world, line)
    browser.sign_in(world.committee[0])
    answer = browser.submit(f"/objections/{found.id}", verdict="lower", kept=kept, reason="只有一半")
    assert (answer.status_code, Objection.get().answer) == (422, None)


def test_who_is_related_reads_neither_who_objected_nor_what_was_said(browser: Browser, world: World) -> None:
    lines = steps.record(world, world.people(world.open_household(world.lanes[0], "田家人"))[0])
    household = steps.line(lines[0]).household
    from points.models.people import Person

    Person.update(household=household).where(Person.id == world.committee[0].id).execute()
    steps.decide(world, steps.check(world, lines))
    steps.hung(world)
    found = steps.objection(world, lines[0])
    browser.sign_in(world.committee[0])
    for url in (f"/objections/{found.id}", "/objections", f"/lines/{lines[0]}"):
        page = browser.get(url).text
        assert "那天没看见他" not in page and world.villager(3).name not in page, url


# --- names go -----------------------------------------------------------------------------------------------------


def test_thirty_days_after_its_end_no_name_is_left(browser: Browser, world: World) -> None:
    first = steps.posted(world, world.villager(0))
    award.correct(**world.by(world.committee[0]), line_id=first[0], points=1, reason="张三多记了")
    lines = steps.approved(world, *(world.villager(number) for number in range(4)))
    steps.approved(world, world.villager(1), code=7)
    world.open_household(world.lanes[1], "卓玛次仁")
    made = steps.hung(world)
    found = steps.objection(world, lines[0])
    notice.answer(**world.by(world.committee[0]), objection_id=found.id, upheld=False, reason="李四作证")
    staff = browser.another().sign_in(world.committee[0])
    urls = (f"/notices/{made}", f"/notices/{made}/sheets", f"/notices/{made}/sheets?paper=a3")
    words = ("*", "张三", "李四", "罗记录", "孙初审", "江委员")
    world.now = Notice.get_by_id(made).closes_at + timedelta(days=30, microseconds=-1)
    before = "".join(browser.get(url).text for url in urls)
    assert all(word in before for word in words)
    world.now += timedelta(microseconds=1)
    for url in urls:
        page = browser.get(url).text
        assert world.households[0].number in page
        assert not [word for word in words if word in page], url
        assert "王*英" in staff.get(url).text


# --- many lines ---------------------------------------------------------------------------------------------------


def copy(line_ids: list[int], times: int) -> None:
    """Let there be *times* as many lines like these, a power of two."""
    columns = [field for field in Line._meta.sorted_fields if field.name != "id"]
    like = (Line.item_code == steps.line(line_ids[0]).item_code) & (Line.state == "approved")
    for _time in range(times.bit_length() - 1):
        Line.insert_from(Line.select(*columns).where(like), columns).execute()


def test_thousands_of_lines_take_no_more_statements_than_a_few(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    counted = []
    for times in (1, 2**12):
        lines = steps.approved(world, world.villager(0), world.villager(1), code=23)
        copy(lines, times)
        asked = [desk(world), f"/villages/{world.village}/notices"]
        counts = [statements(lambda url=url: browser.get(url)) for url in asked]
        gathering = statements(lambda: gathered(world))
        made = Notice.select().order_by(Notice.id.desc()).get()
        found = steps.objection(world, lines[0])
        notice.answer(**world.by(world.committee[1]), objection_id=found.id, upheld=False, reason="查过")
        put_right = {"points": 1, "reason": "多记", "made_by": world.admin, "made_at": world.now}
        Correction.create(line=lines[0], village=world.village, notice=made, **put_right)
        for page in ("", f"?after={lines[0]}", "?q=12", "/sheets", "/hang", "/slip"):
            counts.append(statements(lambda url=f"/notices/{made.id}{page}": browser.get(url)))
        counted.append([gathering, *counts])
    few, many = counted
    assert len(few) == 9 and [more for less, more in zip(few, many, strict=True) if more > less] == []


def test_a_long_notice_is_read_page_by_page_to_its_end(browser: Browser, world: World) -> None:
    copy(steps.approved(world, *(world.villager(number) for number in range(4)), code=23), 32)
    made = gathered(world)
    url, positions = f"/notices/{made}", []
    while url:
        page = browser.get(url).text
        positions += [int(found) for found in re.findall(r'id="line-(\d+)"', page)]
        following = re.search(r'href="([^"]*after=\d+)">下一页', page)
        url = following.group(1).replace("&amp;", "&") if following else ""
    assert positions == list(range(1, 129))
    number = world.households[2].number
    only = browser.get(f"/notices/{made}", q=number.lstrip("0")).text
    assert only.count(f"{number} 户</span>") == only.count('id="line-') == 32


def test_pages_ask_politely_for_numbers(browser: Browser, world: World) -> None:
    steps.approved(world)
    made = steps.hung(world)
    for query in ("after=x", "after=0", "lane=x", "q=" + "9" * 40, "after=999999"):
        assert browser.get(f"/notices/{made}?{query}").status_code == 200, query
