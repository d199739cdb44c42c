"""Pages of recording: the form, the search, the sheet, a line, withdrawing and putting right."""

from points.models.contribution import Contribution, Line
from tests import steps
from tests.browser import Browser
from tests.tools import press, statements
from tests.world import World


def new(world: World) -> str:
    return f"/villages/{world.village}/contributions/new"


def record(browser: Browser, world: World, **fields):
    given = {"item_id": world.item(1).id, "people": [world.villager(number).id for number in range(4)]}
    return browser.submit(new(world), **(given | fields))


def test_four_households_are_one_form(browser: Browser, world: World) -> None:
    answer = record(browser.sign_in(world.recorder), world, quantity=2, note="西片夜巡")
    sheet = Contribution.get()
    assert (answer.status_code, answer.location) == (303, f"/contributions/{sheet.id}")
    page = browser.get(answer.location).text
    for number in range(4):
        assert world.villager(number).name in page
    assert "申请 20 分" in page and "待初审" in page and "已记下 4 人" in page
    assert sheet.day == world.today


def test_the_next_time_the_last_team_is_offered(browser: Browser, world: World) -> None:
    record(browser.sign_in(world.recorder), world)
    page = browser.get(new(world)).text
    assert f'value="{world.villager(3).id}"' in page and "您上次记的那一组" in page
    assert "people" not in browser.forms(new(world))[-1].values  # offered, not ticked


def test_people_are_found_by_initials_name_and_number(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    search = f"/villages/{world.village}/people/search"
    number = world.households[2].number
    for q in ("zch", "ZCH", "春花", number, number.lstrip("0")):
        found = browser.get(search, q=q).json
        assert "赵春花" in [person["name"] for person in found], q
    found = browser.get(search, q="zch").json
    assert found[0] | {"initials": ""} == {
        "id": world.villager(2).id,
        "name": "赵春花",
        "initials": "",
        "household_id": world.households[2].id,
        "number": number,
        "address": world.households[2].address,
    }
    assert browser.get(search, q="甲乙丙").json == []  # of another village
    assert len(browser.get(search, q="0").json) <= 10


def test_without_scripts_a_search_keeps_what_was_typed(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    answer = record(browser, world, people=[world.villager(0).id], note="西片夜巡", q="lxl", find="1")
    assert answer.status_code == 200
    assert Contribution.select().count() == 0
    assert "李小兰" in answer.text and "西片夜巡" in answer.text
    assert f'value="{world.villager(0).id}" checked' in answer.text


def test_a_refusal_keeps_what_was_typed_and_brings_a_new_key(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    own = world.people(world.recorder.household)[0]
    form = browser.forms(new(world))[-1]
    answer = browser.post(form, item_id=world.item(1).id, people=[world.villager(0).id, own.id], note="西片夜巡")
    assert answer.status_code == 409
    assert f"{own.name}是您自家或亲属" in answer.text and "西片夜巡" in answer.text
    assert f'value="{own.id}" checked' in answer.text
    assert form.values["key"] not in answer.text


def test_what_is_missing_is_said(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    assert "还没有选参加的人" in record(browser, world, people=None).text
    answer = record(browser, world, quantity="0")
    assert (answer.status_code, Line.select().count()) == (422, 0)
    assert record(browser, world, item_id="99999999").status_code == 422
    assert record(browser, world, key="short").status_code == 422


def test_the_same_key_sent_twice_is_one_sheet(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    form = browser.forms(new(world))[-1]
    given = {"item_id": world.item(1).id, "people": [world.villager(0).id]}
    assert browser.post(form, **given).location == browser.post(form, **given).location
    assert Contribution.select().count() == 1


def test_a_line_shows_every_step_and_who_took_it(browser: Browser, world: World) -> None:
    (line,) = steps.posted(world)
    page = browser.sign_in(world.committee[0]).get(f"/lines/{line}").text
    for person in (world.recorder, world.checker, *world.council):
        assert person.name in page
    assert "3 / 3 票" in page and "第 1 期" in page and "已入账" in page


def test_the_recorder_withdraws(browser: Browser, world: World) -> None:
    (line,) = steps.record(world)
    browser.sign_in(world.recorder)
    answer = browser.submit(f"/lines/{line}", f"/lines/{line}/withdraw", reason="记错人")
    assert answer.status_code == 303
    page = browser.get(f"/lines/{line}").text
    assert "已撤回" in page and "记错人" in page


def test_withdrawing_too_late_says_so(browser: Browser, world: World) -> None:
    (line,) = steps.record(world)
    browser.sign_in(world.recorder)
    form = next(form for form in browser.forms(f"/lines/{line}") if form.action.endswith("withdraw"))
    steps.check(world, [line])
    browser.post(form, reason="记错人")
    assert "这一条现在是“待评议”" in browser.get(f"/lines/{line}").text


def test_a_posted_line_is_put_right(browser: Browser, world: World) -> None:
    (line,) = steps.posted(world, quantity=3)
    browser.sign_in(world.committee[0])
    url = f"/lines/{line}/put-right"
    assert url in browser.get(f"/lines/{line}").text
    assert browser.submit(url, how="part", points="5", reason="少到一次").status_code == 303
    assert world.balance(world.households[0]) == 25
    answer = browser.submit(url, how="part", points="26", reason="少到一次")
    assert answer.status_code == 409 and "还可更正 25 分" in answer.text
    assert browser.submit(url, how="whole", reason="不是他").status_code == 303
    assert world.balance(world.households[0]) == 0
    assert "已冲正" in browser.get(f"/lines/{line}").text


def test_lists_take_a_constant_number_of_statements(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    url = f"/villages/{world.village}/contributions"
    assert "还没有记录" in browser.get(url).text
    steps.record(world)
    few = statements(lambda: browser.get(url))
    for _number in range(4):
        steps.record(world, *(world.villager(i) for i in range(4)))
    assert statements(lambda: browser.get(url)) == few


def test_other_villages_do_not_exist(browser: Browser, world: World) -> None:
    (line,) = steps.record(world)
    sheet = Contribution.get().id
    browser.sign_in(world.other_committee)
    for url in (
        new(world),
        f"/villages/{world.village}/contributions",
        f"/villages/{world.village}/people/search?q=w",
        f"/contributions/{sheet}",
        f"/lines/{line}",
        f"/lines/{line}/put-right",
        "/lines/99999999",
        "/contributions/99999999",
    ):
        assert browser.get(url).status_code == 404, url
    for url in (f"/lines/{line}/withdraw", f"/lines/{line}/put-right"):
        assert press(browser, url).status_code == 404, url


def test_several_words_find_the_one_among_many_with_the_same_initials(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    wanted = world.open_household(world.lanes[0], "王秀英", "王小燕")
    for q in (f"wxy {wanted.number}", f"{wanted.number.lstrip('0')} 秀英"):
        found = browser.get(f"/villages/{world.village}/people/search", q=q).get_json()
        assert found[0]["name"] == "王秀英"
        assert {person["number"] for person in found} == {wanted.number}
