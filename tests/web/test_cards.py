"""Pages of many cards: choosing for whom, the sheets as a file, handing over with ticks, stopping what was spoiled."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from points import codes, db, jobs
from points.errors import NotFound
from points.models.areas import VillageSetting
from points.models.jobs import Job
from points.models.paper import CardRun, Paper
from points.models.people import Card, Person
from points.services import job, kin
from points.web.jobs import sweep, work_off
from tests.browser import Browser, Form, forms_of
from tests.tools import statements, words
from tests.world import World


@pytest.fixture(autouse=True)
def spool(browser: Browser, tmp_path: Path) -> None:
    browser.app.config["SPOOL"] = str(tmp_path / "spool")


def chosen(browser: Browser, world: World, **query: object) -> Form:
    """Open the page of those for whom cards can be printed; return its form."""
    page = f"/villages/{world.village}/cards/print?" + "&".join(f"{name}={value}" for name, value in query.items())
    return browser.forms(page)[-1]


def ticked(form: Form) -> list[int]:
    people = form.values.get("people", [])
    return [int(person) for person in ([people] if isinstance(people, str) else people)]


def print_cards(browser: Browser, world: World, *people: Person, **query: object) -> str:
    """Choose people, look, print; return the address of the job."""
    form = chosen(browser, world, **query)
    look = browser.post(form, people=[person.id for person in people])
    assert look.status_code == 200, look.text
    answer = browser.client.post(form.action, data={**sent(look.text), "sure": "1"})
    assert answer.status_code == 303, answer.text
    return answer.location


def sent(html: str) -> dict[str, str]:
    return forms_of(html)[-1].values


def test_one_card_for_each_household_without_one_is_offered_first(browser: Browser, world: World) -> None:
    world.card(world.people(world.households[1])[1])
    me = world.committee[0]
    kin.declare(**world.by(world.villager(3)), relative_id=me.id, relation="侄儿")
    browser.sign_in(me)
    page = browser.get(f"/villages/{world.village}/cards/print").text
    form = chosen(browser, world, area=world.village, who="household")
    ids = ticked(form)
    assert world.villager(0).id in ids and world.villager(2).id in ids
    assert world.people(world.households[0])[1].id not in ids
    assert not {person.id for person in world.people(world.households[1])} & set(ids)  # one of them has a card
    assert "李石头（有卡）" in page and "已有卡的 1 人不再印" in page
    assert "没有列出您自家和亲属 3 人" in page and "周玉梅" in page and world.villager(3).id not in ids


def test_a_lane_or_everybody_or_those_who_have_cards_already(browser: Browser, world: World) -> None:
    old = world.card(world.villager(2))
    browser.sign_in(world.committee[0])
    second_lane = {person.id for number in (2, 3) for person in world.people(world.households[number])}
    assert set(ticked(chosen(browser, world, area=world.lanes[1], who="everyone"))) == second_lane - {old.person.id}
    again = ticked(chosen(browser, world, area=world.lanes[1], who="household", again="y"))
    assert set(again) == {old.person.id, world.villager(3).id}
    assert browser.get(f"/villages/{world.village}/cards/print?area={world.other_lane}").status_code == 404


def test_it_says_how_much_paper_it_takes_and_who_keeps_the_pin_before_it_prints(browser: Browser, world: World) -> None:
    old = world.card(world.villager(0))
    browser.sign_in(world.committee[0])
    form = chosen(browser, world, area=world.village, who="everyone", again="y")
    people = [person for number in range(4) for person in world.people(world.households[number])]
    answer = browser.post(form, people=[person.id for person in people])
    assert "8 张：A4 卡纸 1 张，双面" in answer.text and "7 张：A4 普通纸 1 张，双面" in answer.text
    assert "1 人设过密码" in answer.text and "1 人已有卡，这次是重印" in answer.text
    assert Card.select().count() == 1 and CardRun.select().count() == 0
    answer = browser.post(form, people=[old.person.id], layout="pvc")
    assert "1 张 PVC 卡" in answer.text and "不用印" in answer.text
    answer = browser.post(form, people=None)
    assert answer.status_code == 422 and "还没有勾选" in answer.text


def test_the_file_is_for_who_printed_it_for_an_hour_and_a_retry_prints_nothing_new(
    browser: Browser, world: World
) -> None:
    browser.sign_in(world.committee[0])
    form = chosen(browser, world, area=world.village)
    look = browser.post(form, people=[world.villager(0).id, world.villager(1).id])
    for _again in range(2):
        answer = browser.client.post(form.action, data={**sent(look.text), "sure": "1"})
        assert answer.status_code == 303
    assert (CardRun.select().count(), Card.select().count(), Job.select().count()) == (1, 2, 1)
    task = answer.location
    work_off(browser.app)
    run = browser.get(task).location
    page = browser.get(run).text
    assert f"{task}/file" in page and "第 1 到 2 页是卡" in page and "第 3 到 4 页是密码条" in page
    with browser.get(f"{task}/file") as file:
        said = words(file.data)
    assert "王*英" in said and "王秀英" not in said and "第 5 页，共 5 页" in said
    other = browser.another().sign_in(world.committee[1])
    assert other.get(task).status_code == other.get(f"{task}/file").status_code == 404
    assert other.get(run).status_code == 200 and f"{task}/file" not in other.get(run).text
    world.wait(minutes=61)
    work_off(browser.app)
    assert browser.get(f"{task}/file").status_code == 404
    sweep(browser.app)
    page = browser.get(run).text
    assert f"{task}/file" not in page and "文件已经清除" in page
    assert not list(Path(browser.app.config["SPOOL"]).iterdir())


def test_a_job_draws_nobody_elses_run(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    print_cards(browser, world, world.villager())
    given = json.loads(Job.get().given)
    stolen = job.ask(**world.by(world.committee[1]), kind="cards", given=given, minutes=60)
    work_off(browser.app)
    asked = jobs.of(world.committee[1], stolen)
    assert (asked.state, asked.file_name) == ("failed", "") and isinstance(jobs.trouble(asked), NotFound)


def test_what_a_sheet_of_cards_says_to_anybody_names_nobody(browser: Browser, world: World) -> None:
    VillageSetting.update(full_names=True).execute()
    browser.sign_in(world.committee[0])
    task = print_cards(browser, world, world.villager())
    work_off(browser.app)
    with browser.get(f"{task}/file") as file:
        assert "王秀英" in words(file.data)
    page = browser.another().get(f"/check/{Paper.get().token}").text
    assert "1 张" in page and "A4 卡纸" in page and "秀英" not in page and "王*" not in page


def test_no_code_and_no_pin_of_a_run_stands_in_the_database(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    print_cards(browser, world, world.villager())
    seed = json.loads(Job.get().given)["key"]
    _number, code = next(codes.cards_of_run(seed, world.villager().id))
    pin = codes.first_pin(seed, world.villager().id)
    work_off(browser.app)
    for table in db.database.get_tables():
        for row in db.execute(f'SELECT * FROM "{table}"').fetchall():
            assert code not in str(row) and pin not in (str(cell) for cell in row), table


def test_a_steward_hands_over_what_was_ticked_and_the_printer_is_told_to_ask_another(
    browser: Browser, world: World
) -> None:
    browser.sign_in(world.committee[0])
    print_cards(browser, world, world.villager(0), world.villager(1))
    page = f"/villages/{world.village}/cards"
    assert "您印的 2 张在等" in browser.get(page).text and "hand-over" not in browser.get(page).text
    steward = browser.another().sign_in(world.checker)
    first, second = Card.select().order_by(Card.id)
    assert f"末四位 {first.number[-4:]}" in steward.get(page).text
    assert steward.submit(page, f"{page}/hand-over", cards=first.id).location.endswith(page)
    assert "1 张卡已发到本人手里" in steward.get(page).text
    assert Card.get_by_id(first.id).handed_by_id == world.checker.id
    steward.submit(page, f"{page}/hand-over")
    assert "还没有勾选" in steward.get(page).text
    assert Card.get_by_id(second.id).handed_at is None


def test_a_spoiled_run_is_stopped_with_its_reason(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    print_cards(browser, world, world.villager())
    page = f"/cards/runs/{CardRun.get().id}"
    browser.submit(page, f"{page}/stop", reason="")
    assert Card.get().revoked_at is None
    browser.submit(page, f"{page}/stop", reason="印坏了")
    assert Card.get().revoked_reason == "印坏了"
    assert "停用没发出去的" not in browser.get(page).text
    assert world.villager().id in ticked(chosen(browser, world, area=world.village))


def test_pages_send_the_same_statements_however_many_people_there_are(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    steward = browser.another().sign_in(world.checker)
    places = [(browser, f"/villages/{world.village}/cards/print"), (steward, f"/villages/{world.village}/cards")]
    print_cards(browser, world, world.villager())
    before = [statements(partial(reader.get, url)) for reader, url in places]
    crowd = world.people(world.open_household(world.lanes[1], *(f"王{n}" for n in range(30))))
    print_cards(browser, world, *crowd)
    assert [statements(partial(reader.get, url)) for reader, url in places] == before
