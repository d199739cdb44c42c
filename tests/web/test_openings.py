"""Opening balances on their pages: a sheet or typed, the second look, the wall, objections, and the statement."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from points import opening, sheets
from points.models.opening import Opening, OpeningLine
from points.models.photos import Photo, Upload
from points.services import tick
from tests import steps
from tests.browser import Browser
from tests.tools import codes, press, statements, words
from tests.world import World


def photo() -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "#ccc").save(out, "PNG")
    return io.BytesIO(out.getvalue()), "页.png"


def send(browser: Browser, world: World, *rows):
    """Upload a sheet, and go where that leads."""
    data = sheets.write("旧账", opening.HEADS, rows)
    answer = browser.submit(f"/villages/{world.village}/openings/new", sheet=(io.BytesIO(data), "旧账.xlsx"))
    assert answer.status_code == 303
    return browser.get(answer.location)


def preview() -> str:
    return f"/opening-uploads/{Upload.select().order_by(Upload.id.desc()).first().id}"


def run_out(world: World, opening_id: int) -> None:
    closes_at = Opening.get_by_id(opening_id).closes_at
    while world.now < closes_at:
        tick.tick(now=world.now)
        world.wait(days=1)
    tick.tick(now=world.now)


SIGNED = {"source": "旧积分本", "signers": "田主任、江委员"}


def test_a_sheet_goes_all_the_way_to_the_statement(browser: Browser, world: World) -> None:
    first, second = world.households[:2]
    browser.sign_in(world.committee[0])
    shown = send(browser, world, [first.number, "王秀英", 120], [second.number, "李小兰", 30])
    assert "逐户加起来" in shown.text and "150" in shown.text
    answer = browser.submit(preview(), **SIGNED, points=150, photos=photo())
    assert (answer.status_code, answer.location) == (303, f"/villages/{world.village}/openings")
    made = Opening.get()
    hang = f"/openings/{made.id}/hang"
    assert "前面的步骤是您办的" in browser.get(hang).text
    assert browser.another().get(f"/openings/{made.id}").status_code == 404  # not yet on the wall

    checker = browser.another().sign_in(world.committee[1])
    assert "1 份等您核对" in checker.get(f"/villages/{world.village}/notices/desk").text
    assert "/photos/" in checker.get(hang).text
    wrong = checker.submit(hang, points=160)
    assert wrong.status_code == 422 and "对不上" in wrong.text
    assert checker.submit(hang, points=150).status_code == 303

    wall = browser.another()
    assert "从“旧积分本”转入" in wall.get(f"/villages/{world.village}").text
    page = wall.get(f"/openings/{made.id}").text
    assert "王*英" in page and "王秀英" not in page and "与签字总数一样" in page
    run_out(world, made.id)
    villager = browser.another().sign_in(world.villager(0))
    home = villager.get("/home").text
    assert "期初积分" in home and "从“旧积分本”转入" in home and f"/openings/{made.id}" in home and "+120" in home
    assert "已入账" in wall.get(f"/openings/{made.id}").text


def test_every_row_that_is_wrong_is_named_and_nothing_is_proposed(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    shown = send(browser, world, ["9999", "某人", 5], [world.households[0].number, None, "很多"])
    assert "有 2 行要改" in shown.text and "没有户号“9999”" in shown.text and "“很多”不是整数" in shown.text
    assert "签字的总数" not in shown.text


def test_a_wrong_total_keeps_what_was_filled_in(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    send(browser, world, [world.households[0].number, "王秀英", 120])
    answer = browser.submit(preview(), **SIGNED, points=125, photos=photo())
    assert answer.status_code == 422
    assert "签字总数是 125 分，逐户加起来是 120 分，相差 5 分" in answer.text
    assert 'value="旧积分本"' in answer.text and "王秀英" in answer.text
    bare = browser.submit(preview(), **SIGNED, points=120)
    assert bare.status_code == 422 and "签字那一页的照片" in bare.text
    assert browser.submit(preview(), **SIGNED, points=120, photos=photo()).status_code == 303


def test_a_small_village_types_and_finds_its_numbers_again(browser: Browser, world: World) -> None:
    first, second = world.households[:2]
    page = f"/villages/{world.village}/openings/type"
    browser.sign_in(world.committee[0])
    answer = browser.submit(page, **{f"points-{first.id}": "40", f"points-{second.id}": "-3"})
    assert answer.status_code == 422 and "不能是负数" in answer.text and 'value="40"' in answer.text
    assert browser.submit(page).status_code == 422  # nothing at all
    answer = browser.submit(page, **{f"points-{first.id}": "４0", f"points-{second.id}": ""})
    assert answer.status_code == 303
    again = browser.get(page, upload=Upload.get().id).text
    assert 'value="４0"' in again
    assert browser.submit(preview(), **SIGNED, points=40, photos=photo()).status_code == 303
    assert [(line.household_id, line.points) for line in OpeningLine.select()] == [(first.id, 40)]
    assert f'name="points-{first.id}"' not in browser.get(page).text


def test_it_may_be_sent_back(browser: Browser, world: World) -> None:
    opening_id = steps.proposed_opening(world, {world.households[0]: 40})
    browser.sign_in(world.committee[1])
    drop = f"/openings/{opening_id}/drop"
    assert browser.submit(f"/openings/{opening_id}/hang", drop, reason="").status_code == 422
    assert browser.submit(f"/openings/{opening_id}/hang", drop, reason="总数看错了").status_code == 303
    assert "总数看错了" in browser.get(f"/villages/{world.village}/openings").text


def test_an_objection_shows_its_state_and_its_answer_but_not_who(browser: Browser, world: World) -> None:
    opening_id = steps.hung_opening(world, {world.households[0]: 40, world.households[1]: 20})
    wall, line = browser.another(), OpeningLine.get(OpeningLine.points == 40)
    villager = browser.another().sign_in(world.villager(2))
    page = f"/openings/{opening_id}"
    assert page in villager.submit(f"/opening-lines/{line.id}/object", text="他家旧本子上是 35 分").location
    assert "他家旧本子上是 35 分" in villager.get(page).text
    assert "待答复" in wall.get(page).text and "35" not in wall.get(page).text
    council = browser.another().sign_in(world.council[0])
    assert "他家旧本子上是 35 分" in council.get("/objections").text
    sheet = f"/opening-lines/{line.id}/answer"
    assert "请填改为几分" in council.submit(sheet, verdict="change", reason="查过").text
    assert council.submit(sheet, verdict="change", points=35, reason="查过旧账").status_code == 303
    told = wall.get(page).text
    assert "改为 35 分（旧账 40 分）" in told and "查过旧账" in told and "−5 分" in told and "赵春花" not in told
    run_out(world, opening_id)
    assert (world.balance(world.households[0]), world.balance(world.households[1])) == (35, 20)


def test_the_household_itself_does_not_read_who_objected_as_its_answerer(browser: Browser, world: World) -> None:
    steps.hung_opening(world, {world.council[0].household: 40})
    line = OpeningLine.get()
    browser.another().sign_in(world.villager(2)).submit(f"/opening-lines/{line.id}/object", text="从没见他来")
    shown = browser.sign_in(world.council[0]).get(f"/opening-lines/{line.id}/answer").text
    assert "按规定回避" in shown and "从没见他来" not in shown and world.villager(2).name not in shown


def test_the_proposers_own_household_stands_marked_on_the_wall(browser: Browser, world: World) -> None:
    proposer, hanger = world.committee
    opening_id = steps.hung_opening(world, {proposer.household: 40, hanger.household: 20})
    for page in (f"/openings/{opening_id}", f"/openings/{opening_id}/sheets"):
        told = browser.get(page).text
        assert told.count("经办人家") == told.count("核对人家") == 1


def test_names_go_thirty_days_after_the_end(browser: Browser, world: World) -> None:
    opening_id = steps.hung_opening(world, {world.households[0]: 40})
    run_out(world, opening_id)
    for page in (f"/openings/{opening_id}", f"/openings/{opening_id}/sheets"):
        assert "王*英" in browser.get(page).text
    world.wait(days=30)
    for page in (f"/openings/{opening_id}", f"/openings/{opening_id}/sheets"):
        assert "王*英" not in browser.get(page).text
    assert "田主任" not in browser.get(f"/openings/{opening_id}").text


def test_the_sheets_say_it_lane_by_lane_and_their_code_checks_them(browser: Browser, world: World) -> None:
    opening_id = steps.hung_opening(world, {home: 10 * at for at, home in enumerate(world.households, 1)})
    paper = f"/papers/opening/{opening_id}"
    answer = press(browser.sign_in(world.villager(0)), paper)
    assert answer.mimetype == "application/pdf"
    said = words(answer.data)
    assert "东一巷" in said and "东二巷" in said and "王*英" in said and "王秀英" not in said
    assert "签字总数 100 分" in said and "第 2 页，共 2 页" in said
    assert "东二巷" not in words(press(browser, paper, lane=world.lanes[0]).data)
    address = next(code for code in codes(answer.data) if "/check/" in code)
    assert "100 分" in browser.another().get(address[address.index("/check/") :]).text


def test_before_it_hangs_only_those_who_work_on_it_print_it(browser: Browser, world: World) -> None:
    opening_id = steps.proposed_opening(world, {world.households[0]: 40})
    paper = f"/papers/opening/{opening_id}"
    assert press(browser.sign_in(world.villager(0)), paper).status_code == 404
    answer = press(browser.another().sign_in(world.committee[1]), paper)
    assert answer.status_code == 200 and "张贴日期：" in words(answer.data)


@pytest.mark.parametrize("page", ["/openings/{}", "/openings/{}/sheets"])
def test_a_wall_of_many_takes_as_few_statements_as_one_of_few(browser: Browser, world: World, page: str) -> None:
    few = steps.hung_opening(world, {world.households[0]: 40})
    some = statements(lambda: browser.get(page.format(few)))
    homes = [world.open_household(world.lanes[at % 2], "王多多") for at in range(12)]
    many = steps.hung_opening(world, dict.fromkeys(homes, 5))
    assert statements(lambda: browser.get(page.format(many))) == some


def test_long_walls_go_by_pages_and_find_a_household(browser: Browser, world: World) -> None:
    homes = [world.open_household(world.lanes[at % 2], "王多多") for at in range(55)]
    opening_id = steps.hung_opening(world, dict.fromkeys(homes, 5))
    first = browser.get(f"/openings/{opening_id}").text
    assert "下一页" in first
    after = OpeningLine.get(OpeningLine.position == 50).id
    assert browser.get(f"/openings/{opening_id}", after=after).text.count("提异议</a>") == 5
    found = browser.get(f"/openings/{opening_id}", q=homes[7].number.lstrip("0")).text
    assert found.count("提异议</a>") == 1
    assert "这里没有这一户" in browser.get(f"/openings/{opening_id}", q="9999").text


def test_the_example_can_be_filled_and_sent_back(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    answer = browser.get(f"/villages/{world.village}/openings/example.xlsx")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    sent = browser.submit(f"/villages/{world.village}/openings/new", sheet=(io.BytesIO(answer.data), "样表.xlsx"))
    assert sent.status_code == 422 and "一行也没有填" in sent.text


def test_the_signed_page_is_for_those_who_judge(browser: Browser, world: World) -> None:
    steps.proposed_opening(world, {world.households[0]: 40})
    kept = Photo.get()
    assert browser.sign_in(world.villager(0)).get(f"/photos/{kept.id}").status_code == 404
    assert browser.another().sign_in(world.council[0]).get(f"/photos/{kept.id}").status_code == 200
