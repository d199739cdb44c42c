"""Pages of recording: form, search, card, teams, sign-in sheet, inspection round; the sheet, a line, putting right."""

import io
import re
from datetime import timedelta

import pytest
from stdnum.iso7064 import mod_97_10

from points.models.contribution import Contribution, Line
from points.models.photos import Photo
from points.models.rules import RuleItem
from points.queries import contributions
from points.services import kin
from tests import steps
from tests.browser import Browser, Form, forms_of
from tests.tools import press, statements
from tests.unit.test_photos import saved, scene
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


def test_the_next_time_the_last_team_is_one_tap_away(browser: Browser, world: World) -> None:
    record(browser.sign_in(world.recorder), world)
    page = browser.get(new(world)).text
    assert "上次：王秀英、李小兰等 4 人" in page
    assert "people" not in browser.forms(new(world))[-1].values  # offered, not ticked
    ids = ",".join(str(world.villager(number).id) for number in range(4))
    assert f'name="team" value="{ids}"' in page
    answer = record(browser, world, people=None, team=ids, note="西片夜巡")  # pressed without scripts
    assert answer.status_code == 200 and "西片夜巡" in answer.text
    assert all(f'value="{world.villager(number).id}" checked' in answer.text for number in range(4))
    assert Contribution.select().count() == 1


def test_usual_teams_are_those_of_the_item(browser: Browser, world: World) -> None:
    one, two, three, four = (world.villager(number) for number in range(4))
    for days, team in enumerate(((one, two), (one, two), (one, two), (three, four), (three, four), (one, four))):
        steps.record(world, *team, day=world.today - timedelta(days=9 - days))
        world.wait(minutes=1)
    steps.record(world, two, three, code=11)
    browser.sign_in(world.recorder)
    found = browser.get(f"/villages/{world.village}/people/teams", item=world.item(1).id).text
    places = [found.index(team) for team in ("上次：王秀英、周玉梅", "常用：王秀英、李小兰", "常用：赵春花、周玉梅")]
    assert places == sorted(places)
    other = browser.get(f"/villages/{world.village}/people/teams", item=world.item(11).id).text
    assert "上次：李小兰、赵春花" in other and "常用" not in other


def test_a_card_names_its_holder(browser: Browser, world: World) -> None:
    card = world.card(world.villager(2))
    browser.sign_in(world.recorder)
    url = f"/villages/{world.village}/people/card"
    for code in (card.code, card.number):
        assert press(browser, url, code=code).get_json()["id"] == world.villager(2).id
    strange = card.code[:13] + "0" * 19
    strange += mod_97_10.calc_check_digits(strange)
    elsewhere = browser.another().sign_in(world.appoint("steward", world.lanes[0], "杜巷长", lane=world.lanes[0]))
    for reader, code in ((browser, strange), (elsewhere, card.code)):
        answer = press(reader, url, code=code)
        assert answer.status_code == 409 and "没有这张卡" in answer.get_json()["error"]
    answer = press(browser, url, code="123")
    assert answer.status_code == 422 and "看错了一位" in answer.get_json()["error"]
    assert browser.get(url, code=card.code).status_code == 405  # a code is in no address


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


def test_the_same_act_is_shown_side_by_side_and_recorded_when_it_is_another(browser: Browser, world: World) -> None:
    steps.record(world, world.villager(0), by=world.checker)
    browser.sign_in(world.recorder)
    answer = record(browser, world, people=[world.villager(0).id, world.villager(1).id], note="后半夜")
    assert answer.status_code == 409
    assert "已经记过的" in answer.text and world.checker.name in answer.text and "后半夜" in answer.text
    form = next(form for form in forms_of(answer.text) if form.action == new(world))
    assert Contribution.select().count() == 1
    assert browser.post(form, again="1").status_code == 303
    assert Contribution.select().count() == 2


def test_only_items_of_these_days_that_one_may_report_are_offered(browser: Browser, world: World) -> None:
    ended, coming, reserved, lately = (world.item(code) for code in (11, 12, 14, 15))
    RuleItem.update(valid_to=world.today - timedelta(days=61)).where(RuleItem.id == ended.id).execute()
    RuleItem.update(valid_from=world.today + timedelta(days=1)).where(RuleItem.id == coming.id).execute()
    RuleItem.update(reporter="committee").where(RuleItem.id == reserved.id).execute()
    RuleItem.update(valid_to=world.today - timedelta(days=1)).where(RuleItem.id == lately.id).execute()
    page = browser.sign_in(world.recorder).get(new(world)).text
    for item, offered in ((ended, False), (coming, False), (reserved, False), (lately, True), (world.item(1), True)):
        assert (f'<option value="{item.id}"' in page or f'value="{item.id}">' in page) == offered, item.name
    assert '<optgroup label="扣文明分">' in page
    assert reserved.name in browser.another().sign_in(world.committee[0]).get(new(world)).text
    answer = record(browser, world, item_id=lately.id)
    assert answer.status_code == 409 and "不在现行的积分细则里" in answer.text
    assert record(browser, world, item_id=lately.id, day=world.today - timedelta(days=1)).status_code == 303


def test_photos_come_with_a_sheet_and_are_shown_to_who_judges(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    answer = record(browser, world, photos=(io.BytesIO(saved(scene())), "a.jpg"))
    (photo,) = Photo.select()
    assert f"/photos/{photo.id}" in browser.get(answer.location).text
    assert f"/photos/{photo.id}" not in browser.another().sign_in(world.admin).get(answer.location).text
    answer = record(browser, world, photos=(io.BytesIO(b"no picture"), "a.jpg"), again="1")
    assert answer.status_code == 422 and Contribution.select().count() == 1


def test_a_returned_line_is_recorded_again_from_what_it_said(browser: Browser, world: World) -> None:
    (line,) = steps.record(world, world.villager(1), code=11, quantity=3)
    Line.update(state="returned", refusal="写清楚哪一段路").where(Line.id == line).execute()
    browser.sign_in(world.recorder)
    url = f"{new(world)}?revises={line}"
    assert url.replace("&", "&amp;") in browser.get(f"/contributions/{steps.line(line).contribution_id}").text
    page = browser.get(url).text
    assert "写清楚哪一段路" in page
    (form,) = [form for form in forms_of(page) if form.action == url]
    assert (form.values["quantity"], form.values["people"]) == ("3", str(world.villager(1).id))
    assert form.values["item_id"] == str(world.item(11).id)
    assert browser.post(form, note="北街").status_code == 303
    assert Line.get(Line.revises == line).quantity == 3
    assert browser.get(url).status_code == 404
    assert browser.another().sign_in(world.checker).get(url).status_code == 404


def test_a_sign_in_sheet_lists_everybody_by_lane_and_records_who_was_ticked(browser: Browser, world: World) -> None:
    second_grid = world.open_area(world.village, "grid", "第二网格")
    world.open_household(world.open_area(second_grid, "lane", "西一巷"), "钱一")
    browser.sign_in(world.committee[0])
    url = f"/villages/{world.village}/contributions/roll"
    page = browser.get(url).text
    order = [page.index(word) for word in ("东一巷", "王大山", "东二巷", "周长青", "西一巷", "钱一")]
    assert order == sorted(order)
    team = [world.people(world.households[number])[1].id for number in range(4)]
    answer = browser.submit(url, item_id=world.item(19).id, people=team)
    assert answer.status_code == 303
    assert sorted(line.person_id for line in Line.select()) == sorted(team)
    answer = browser.submit(url, item_id=world.item(19).id, people=team, note="第二场")
    assert answer.status_code == 409 and "第二场" in answer.text
    assert all(f'value="{id_}" checked' in answer.text for id_ in team)


def test_a_sign_in_sheet_takes_the_same_number_of_statements_for_many(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    url = f"/villages/{world.village}/contributions/roll"
    few = statements(lambda: browser.get(url))
    for number in range(20):
        world.open_household(world.lanes[0], f"王{number}")
    assert statements(lambda: browser.get(url)) == few


# --- inspection rounds ----------------------------------------------------------------------------------------------


def round_at(world: World) -> str:
    judges = "".join(f"&judges={member.id}" for member in world.council)
    about = f"lane_id={world.lanes[0]}&item_id={world.item(9).id}&day={world.today}"
    return f"/villages/{world.village}/contributions/inspect?{about}{judges}"


def scored(form: Form, world: World, scores: dict[int, list[int]]) -> dict[str, object]:
    """Return the fields by which the judges' scores of plain households are sent."""
    return {
        f"score-{world.households[number].id}-{member.id}": points
        for number, said in scores.items()
        for member, points in zip(world.council, said, strict=True)
    }


def test_a_round_is_scored_household_by_household(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    start = browser.get(f"/villages/{world.village}/contributions/inspect")
    assert "评议会：评一、评二等 3 人" in start.text
    page = browser.get(round_at(world)).text
    assert "王秀英、王大山" in page and "赵春花" not in page
    own = page[page.index(f'<span class="num">{world.recorder.household.number}</span>') :]
    assert own.index("按规定回避") < own.index("</fieldset>")
    (form,) = [form for form in forms_of(page) if "inspect" in form.action]
    answer = browser.post(form, **scored(form, world, {0: [5, 4, 4], 1: [1, 1, 2]}))
    assert answer.status_code == 303
    assert [(line.household_id, line.each) for line in Line.select().order_by(Line.id)] == [
        (world.households[0].id, 4),
        (world.households[1].id, 1),
    ]
    shown = browser.get(answer.location).text
    assert "打分：评一 5、评二 4、评三 4" in shown


def test_a_judge_has_no_field_for_kin(browser: Browser, world: World) -> None:
    kin.declare(**world.by(world.council[0]), relative_id=world.villager(0).id, relation="姐妹")
    browser.sign_in(world.recorder)
    (form,) = [form for form in forms_of(browser.get(round_at(world)).text) if "inspect" in form.action]
    assert f"score-{world.households[0].id}-{world.council[0].id}" not in form.values
    assert f"score-{world.households[0].id}-{world.council[1].id}" in form.values


def test_a_round_refused_keeps_every_score(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    url = round_at(world)
    (form,) = [form for form in forms_of(browser.get(url).text) if "inspect" in form.action]
    fields = scored(form, world, {0: [5, 4, 4], 1: [1, 1, 2]})
    fields[f"score-{world.households[1].id}-{world.council[2].id}"] = ""
    answer = browser.post(form, **fields)
    assert answer.status_code == 422 and f"{world.households[1].number} 户还有评委没打分" in answer.text
    assert f'name="score-{world.households[0].id}-{world.council[0].id}" value="5" checked' in answer.text
    browser.post(form, key=world.key(), **scored(form, world, {0: [5, 4, 4]}))
    answer = browser.post(form, key=world.key(), **scored(form, world, {0: [3, 3, 3]}))
    assert answer.status_code == 409 and "已经记过的" in answer.text


def test_a_round_needs_three_judges(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    url = round_at(world).rpartition("&judges")[0]
    answer = browser.get(url)
    assert "要选 3 位不同的评委" in answer.text
    assert f'value="{world.council[0].id}" checked' in answer.text
    found = browser.get(f"{url}&find=1&q=wxy")
    assert "王秀英" in found.text and "要选 3 位" not in found.text
    assert browser.get(round_at(world).replace(f"lane_id={world.lanes[0]}", "lane_id=999999")).status_code == 200
    away = round_at(world).replace(f"lane_id={world.lanes[0]}", f"lane_id={world.other_lane}")
    assert "打分" in browser.get(away).text and "甲乙丙" not in browser.get(away).text


def test_a_long_sheet_comes_page_by_page(browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contributions, "LINES", 2)
    steps.record(world, *(world.villager(number) for number in range(4)))
    browser.sign_in(world.recorder)
    url = f"/contributions/{Contribution.get().id}"
    page = browser.get(url).text
    (more,) = re.findall(rf'href="({url}\?after=\d+)"', page)
    assert "李小兰" in page and "赵春花" not in page
    page = browser.get(more).text
    assert "周玉梅" in page and "李小兰" not in page and "看后面的人" not in page
