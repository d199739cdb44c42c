"""Complaining from any page, signed in or not; the township's list and answers."""

import pytest

from points.models.openness import Complaint
from points.models.people import Person
from points.services import complaint
from tests.browser import Browser
from tests.tools import press
from tests.world import World


def test_a_complaint_without_sign_in_gets_a_number(browser: Browser, world: World) -> None:
    url = f"/complaints?village={world.village}"
    answer = browser.submit(url, text="店里没人", contact="13900000000")
    assert answer.status_code == 303
    made = Complaint.get()
    assert (made.village_id, made.text, made.contact, made.raised_by) == (
        world.village,
        "店里没人",
        "13900000000",
        None,
    )
    text = browser.get(answer.location).text
    assert f"已收到，编号 {made.id}。" in text and "店里没人" not in text


def test_the_village_may_be_another_or_none(browser: Browser, world: World) -> None:
    browser.submit(f"/complaints?village={world.village}", village=world.other_village, text="甲")
    browser.submit("/complaints", text="乙")
    assert [row.village_id for row in Complaint.select().order_by(Complaint.id)] == [world.other_village, None]
    answer = press(browser.sign_in(world.villager(0)), "/complaints", village=world.lanes[0], text="丙")
    assert answer.status_code == 422 and "丙" in answer.text


@pytest.mark.parametrize("village", ["0", "999", "x", ""])
def test_a_wrong_village_in_the_address_chooses_none(browser: Browser, village: str) -> None:
    assert browser.submit(f"/complaints?village={village}", village=0, text="灯坏了").status_code == 303


def test_what_is_missing_is_asked_for_and_the_rest_kept(browser: Browser, world: World) -> None:
    answer = browser.submit("/complaints", village=world.village, text="", contact="赵老师")
    assert answer.status_code == 422 and "赵老师" in answer.text
    assert not Complaint.select().exists()


def test_a_full_day_says_where_else_to_go(browser: Browser, world: World) -> None:
    for _time in range(complaint.MOST_A_DAY):
        complaint.complain(**world.by(Person()), village_id=world.village, text="又来", contact="")
    answer = browser.submit("/complaints", village=world.village, text="灯坏了")
    assert answer.status_code == 429
    assert "写在纸上" in answer.text and "灯坏了" in answer.text


def test_whoever_signed_in_reads_the_answer_on_the_same_page(browser: Browser, world: World) -> None:
    browser.sign_in(world.villager(0)).submit("/complaints", text="只记了一次")
    made = Complaint.get()
    assert (made.village_id, made.raised_by) == (world.village, world.villager(0))
    assert "等答复" in browser.get("/complaints").text
    township = browser.another().sign_in(world.supervisor)
    assert "只记了一次" in township.get("/complaints/desk").text
    assert township.submit(f"/complaints/{made.id}", text="已补记").status_code == 303
    assert "镇监督" in township.get("/complaints/desk").text
    assert "已补记" in browser.get("/complaints").text
    assert "已补记" not in browser.another().sign_in(world.villager(1)).get("/complaints").text


def test_the_village_it_is_about_sees_neither_list_nor_text(browser: Browser, world: World) -> None:
    browser.submit("/complaints", village=world.village, text="主任家多记了分")
    made = Complaint.get()
    for reader in (world.committee[0], world.council[0]):
        other = browser.another().sign_in(reader)
        assert other.get("/complaints/desk").status_code == 403
        assert other.get(f"/complaints/{made.id}").status_code == 403
    assert browser.another().sign_in(world.villager(0)).get(f"/complaints/{made.id}").status_code == 404


def test_an_answer_is_kept_and_not_written_twice(browser: Browser, world: World) -> None:
    browser.submit("/complaints", village=world.village, text="灯坏了")
    url = f"/complaints/{Complaint.get().id}"
    browser.sign_in(world.supervisor)
    assert browser.submit(url, text="").status_code == 422
    assert browser.submit(url, text="明天修").status_code == 303
    again = press(browser, url, text="后天修")
    assert again.status_code == 409 and "明天修" in again.text
    assert not [found for found in browser.forms(url) if found.action == url]


def test_the_own_complaint_is_for_another_to_answer(browser: Browser, world: World) -> None:
    browser.sign_in(world.supervisor).submit("/complaints", village=world.village, text="打印机坏了")
    text = browser.get(f"/complaints/{Complaint.get().id}").text
    assert "请别人答复" in text and "<textarea" not in text
