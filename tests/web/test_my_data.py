"""My data: a person sees what is kept, asks to correct or remove it, and reads the answer."""

from __future__ import annotations

from points.models.changes import DataRequest
from points.models.paper import Export
from points.models.people import Person
from points.services import data_request, household, kin, proxy
from tests import steps
from tests.browser import Browser
from tests.world import AWAY, World


def test_a_person_sees_all_that_is_kept_and_nothing_of_others(browser: Browser, world: World) -> None:
    me, other = world.villager(0), world.villager(1)
    edited = {"person_id": me.id, "name": me.name, "phone": "13812345678", "active": True}
    household.edit_person(**world.by(world.committee[0]), **edited)
    other_edited = {"person_id": other.id, "name": other.name, "phone": "13900000000", "active": True}
    household.edit_person(**world.by(world.committee[0]), **other_edited)
    world.give_points(world.households[0], 50)
    paper = world.card(me)
    steps.sold(world, paper, {world.rice: 1})
    steps.record(world, me, other)
    kin.declare(**world.by(me), relative_id=world.villager(2).id, relation="表姐")
    proxy.grant(**world.by(other), name=me.name, until=world.today, person_id=me.id)
    Export.create(
        area=world.village, name="households.people", title="人名册", format="xlsx", count=9,
        made_by=world.committee[1], made_at=world.now,
    )  # fmt: skip
    browser.sign_in(me)
    assert "/me/data" in browser.get("/me").text
    page = browser.get("/me/data").text
    for said in (
        "13812345678", "不公开", me.household.number, paper.number[-4:], "表姐", "义务巡逻", "石桥村积分超市",
        f"第 {other.household.number} 户", "人名册", world.committee[1].name, "身份证号不存",
    ):  # fmt: skip
        assert said in page, said
    for said in (paper.number, other.name, "13900000000"):
        assert said not in page, said


def test_a_request_goes_its_way(browser: Browser, world: World) -> None:
    me = world.villager(0)
    browser.sign_in(me)
    assert browser.submit("/me/data", kind="correct").status_code == 422
    assert browser.submit("/me/data", kind="correct", words="我叫王秀云").status_code == 303
    again = browser.submit("/me/data", kind="correct", words="我叫王秀云")
    assert again.status_code == 409 and "还在等答复" in again.text

    desk = browser.another().sign_in(world.committee[0])
    request = DataRequest.get().id
    index = f"/areas/{world.village}/data-requests"
    assert index in desk.get(f"/villages/{world.village}/households").text
    assert "我叫王秀云" in desk.get(index).text
    assert desk.submit(f"/data-requests/{request}", verdict="yes", words="已改好").status_code == 303
    page = browser.get("/me/data").text
    assert "已更正" in page and "已改好" in page and world.committee[0].name in page


def test_the_desk_enters_it_for_somebody_without_a_phone(browser: Browser, world: World) -> None:
    me = world.villager(0)
    browser.sign_in(world.committee[0])
    url = f"/people/{me.id}/data"
    assert url in browser.get(f"/people/{me.id}").text
    assert me.name in browser.get(url).text
    assert browser.submit(url, kind="erase", words="要走了").status_code == 303
    request = DataRequest.get()
    assert (request.person_id, request.made_by_id) == (me.id, world.committee[0].id)
    page = browser.get(f"/data-requests/{request.id}").text
    assert "请别人答复" in page and 'name="verdict"' not in page


def test_data_are_removed_by_an_administrator_once_nothing_runs(browser: Browser, world: World) -> None:
    me = world.villager(0)
    name = me.name
    request = data_request.ask(**world.by(me), kind="erase", words="要走了")
    data_request.answer(**world.by(world.committee[1]), request_id=request, granted=True, words="同意")
    url = f"/data-requests/{request}"
    assert "等管理员来删" not in browser.sign_in(world.committee[0]).get(url).text
    admin = browser.another().sign_in(world.admin)
    page = admin.get(url).text
    assert "本人还登记在本村" in page and f"{url}/erase" not in page
    household.edit_person(**world.by(world.committee[0]), person_id=me.id, name=name, phone="", active=False, **AWAY)
    assert "等管理员来删" in browser.get(url).text
    assert admin.submit(url, f"{url}/erase").status_code == 303
    page = admin.get(f"/people/{me.id}").text
    assert name not in page and "按本人要求" in page and f"已删除{me.id}" in page
    assert 'name="active"' not in page
    assert name not in admin.get(url).text
    assert Person.get_by_id(me.id).erased_at == world.now
    assert admin.get(f"/people/{me.id}/data").status_code == 200


def test_a_session_ends_with_the_person_and_comes_back_with_them(browser: Browser, world: World) -> None:
    me = world.villager(0)
    browser.sign_in(me)
    edited = {"person_id": me.id, "name": me.name, "phone": ""}
    household.edit_person(**world.by(world.committee[0]), **edited, active=False, **AWAY)
    assert browser.get("/home").status_code == 302
    answer = browser.submit("/sign-in", username=world.username(me), password="quiet-river-42")
    assert answer.status_code == 422
    household.edit_person(**world.by(world.committee[0]), **edited, active=True)
    back = Person.get_by_id(me.id)
    assert (back.left_why, back.left_on) == ("", None)
    assert browser.submit("/sign-in", username=world.username(me), password="quiet-river-42").status_code == 303


def test_requests_of_another_village_do_not_exist(browser: Browser, world: World) -> None:
    request = data_request.ask(**world.by(world.villager(0)), kind="correct", words="写错了")
    browser.sign_in(world.other_committee)
    for url in (
        f"/data-requests/{request}",
        f"/areas/{world.village}/data-requests",
        f"/people/{world.villager(0).id}/data",
        "/data-requests/999999",
    ):
        assert browser.get(url).status_code == 404
    stranger = browser.another().sign_in(world.villager(1))
    assert stranger.get(f"/people/{world.villager(0).id}/data").status_code == 404
