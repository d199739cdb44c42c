"""A villager's pages of reporting: the form, the own reports, and where others named one."""

from __future__ import annotations

import io
from random import randbytes

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from points.models.contribution import Attendance, Contribution, Line, Objection
from points.models.people import Person
from points.models.photos import Photo
from points.models.rules import RuleItem
from points.services import report
from tests import steps
from tests.browser import Browser
from tests.tools import press, statements
from tests.unit.test_photos import saved, scene
from tests.world import World

JPEG = saved(scene(size=(320, 240)))


def photo(data: bytes = JPEG, name: str = "photo.jpg") -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), name


def send(browser: Browser, world: World, **fields):
    given = {"item_id": world.item(14).id, "photos": [photo()], "note": "给张奶奶挑水"}
    return browser.submit("/report", **(given | fields))


def returned(browser: Browser, world: World) -> int:
    send(browser, world, quantity=2)
    line = Line.get().id
    Line.update(state="returned", refusal="看不清是哪里").where(Line.id == line).execute()
    return line


@pytest.fixture
def villager(browser: Browser, world: World) -> Browser:
    return browser.sign_in(world.villager())


def test_a_villager_reports_with_a_photo(villager: Browser, world: World) -> None:
    answer = send(villager, world)
    assert (answer.status_code, answer.location) == (303, "/reports")
    line, kept = Line.get(), Photo.get()
    assert (line.person_id, line.day, line.quantity) == (world.villager().id, world.today, 1)
    assert (kept.subject_type, kept.subject_id) == ("contribution", line.contribution_id)
    page = villager.get("/reports").text
    for shown in (line.item_name, "待初审", "申请 5 分", "给张奶奶挑水", "已报上去"):
        assert shown in page
    assert f"/photos/{kept.id}" not in page


def test_the_form_offers_what_villagers_may_report_and_the_own_household(villager: Browser, world: World) -> None:
    RuleItem.update(needs="photo").where(RuleItem.id == world.item(12).id).execute()
    RuleItem.update(reporter="committee").where(RuleItem.id == world.item(10).id).execute()
    page = villager.get("/report").text
    assert "清理河道 · 每次 3 分 · 要照片" in page and "季度美丽庭院" not in page
    assert "王大山" in page and "李小兰" not in page
    assert "不用拍到人脸" in page and "不要拍孩子" in page
    assert villager.get("/home").text.count('"/report"') == 1


def test_what_is_wrong_is_said_and_nothing_is_kept(villager: Browser, world: World) -> None:
    RuleItem.update(needs="photo").where(RuleItem.id == world.item(12).id).execute()
    for status, sentence, fields in (
        (422, "“清理河道”要有照片", {"item_id": world.item(12).id, "photos": None}),
        (422, "第 2 个文件不是照片", {"photos": [photo(), photo(b"%PDF-1.7")]}),
        (422, "一次最多 6 张照片", {"photos": [photo() for _ in range(7)]}),
        (422, "日期在今天之后", {"day": "2026-12-30"}),
        (422, "", {"person_id": world.villager(1).id}),
        (422, "", {"item_id": "99999999"}),
        (422, "", {"key": "short"}),
    ):
        answer = send(villager, world, **fields)
        assert answer.status_code == status and sentence in answer.text and "给张奶奶挑水" in answer.text, sentence
    assert (Line.select().count(), Photo.select().count()) == (0, 0)


def test_photos_may_weigh_more_than_other_requests(villager: Browser, world: World) -> None:
    heavy = saved(Image.frombytes("RGB", (700, 700), randbytes(700 * 700 * 3)), "PNG")
    assert len(heavy) > 1024 * 1024
    form = next(form for form in villager.forms("/report") if form.action == "/report")
    given = form.values | {"item_id": str(world.item(14).id), "photos": FileStorage(io.BytesIO(heavy), "photo.png")}
    boundary, body = encode_multipart(given)
    sent = {"content_type": f"multipart/form-data; boundary={boundary}"}
    assert villager.client.post("/report", data=body, **sent).status_code == 303
    assert villager.client.post("/me/kin", data=body, **sent).status_code == 413
    claimed = {"CONTENT_LENGTH": str(31 * 1024 * 1024)}
    answer = villager.client.post("/report", data=b"", environ_overrides=claimed, **sent)
    assert answer.status_code == 413 and "文件太大" in answer.text


def test_the_same_act_is_shown_beside_what_is_already_there(villager: Browser, world: World) -> None:
    steps.record(world, code=14)
    answer = send(villager, world)
    assert answer.status_code == 409
    for shown in ("已经有人记过", "罗记录", "现在要记的", "给张奶奶挑水", "照样记下"):
        assert shown in answer.text
    assert Line.select().count() == 1
    assert send(villager, world, again="1").status_code == 303
    assert Line.select().count() == 2


def test_the_same_key_sent_twice_is_one_report(villager: Browser, world: World) -> None:
    form = next(form for form in villager.forms("/report") if form.action == "/report")
    for _ in range(2):
        answer = villager.post(form, item_id=world.item(14).id, photos=[photo()])
        assert answer.status_code == 303
    assert Contribution.select().count() == 1


def test_a_report_is_withdrawn_until_someone_checks_it(villager: Browser, world: World) -> None:
    send(villager, world)
    line = Line.get().id
    form = next(form for form in villager.forms("/reports") if form.action == f"/reports/{line}/withdraw")
    steps.check(world, [line])
    assert villager.post(form).location == "/reports"
    assert "这一条现在是“待评议”" in villager.get("/reports").text
    Line.update(state="recorded", checked_by=None).where(Line.id == line).execute()
    villager.submit("/reports", f"/reports/{line}/withdraw", reason="报错了")
    page = villager.get("/reports").text
    assert "已撤回" in page and "报错了" in page and "/withdraw" not in page


def test_a_returned_report_is_put_right_and_sent_again(villager: Browser, world: World) -> None:
    line = returned(villager, world)
    page = villager.get("/reports").text
    assert "看不清是哪里" in page and f"/reports/{line}/revise" in page
    form = next(form for form in villager.forms(f"/reports/{line}/revise") if "revise" in form.action)
    assert (form.values["note"], form.values["quantity"], form.values["item_id"]) == (
        "给张奶奶挑水",
        "2",
        str(world.item(14).id),
    )
    assert "退回的理由：看不清是哪里" in villager.get(f"/reports/{line}/revise").text
    assert villager.post(form, note="给村东张奶奶挑水").status_code == 303
    anew = Line.get(Line.revises == line)
    assert Photo.select().where(Photo.subject_id == anew.contribution_id).count() == 1
    page = villager.get("/reports").text
    assert "/revise" not in page and "看新的那一条" in page


def test_nobody_else_revises_or_withdraws_it(villager: Browser, world: World) -> None:
    line = returned(villager, world)
    other = villager.another().sign_in(world.people(world.households[0])[1])
    assert other.get(f"/reports/{line}/revise").status_code == 404
    assert press(other, f"/reports/{line}/revise").status_code == 404
    assert press(other, f"/reports/{line}/withdraw", reason="不要").status_code == 404
    assert other.get("/reports/99999999/revise").status_code == 404


def test_staff_without_a_household_are_told_so(browser: Browser, world: World) -> None:
    browser.sign_in(world.supervisor)
    for url in ("/report", "/reports"):
        assert "没有登记在哪一户" in browser.get(url).text
    assert "最近没有别人" in browser.get("/me/attendance").text


def test_a_village_without_rules_says_so(villager: Browser, world: World) -> None:
    RuleItem.update(reporter="staff").execute()
    assert "没有可以自己报的项目" in villager.get("/report").text


# --- named by others --------------------------------------------------------------------------------------------------


def test_who_is_named_says_so_on_the_first_page(villager: Browser, world: World) -> None:
    (plain,) = steps.record(world, code=14)
    (patrol,) = steps.record(world)
    (later,) = steps.record(world, code=15)
    Line.update(needs="roster,cosign").where(Line.id == patrol).execute()
    Line.update(needs="").where(Line.id.in_([plain, later])).execute()
    page = villager.get("/home").text
    assert page.index(f"/lines/{patrol}/att") < page.index(f"/lines/{later}/att") < page.index(f"/lines/{plain}/att")
    assert "请确认" in page and "罗记录" in page
    assert villager.submit("/home", f"/lines/{patrol}/attendance", was_there="yes").location == "/home"
    assert villager.submit("/home", f"/lines/{plain}/attendance", was_there="no").location == "/home"
    assert {(said.line_id, said.was_there) for said in Attendance.select()} == {(patrol, True), (plain, False)}
    page = villager.get("/home").text
    assert f"/lines/{later}/att" in page and f"/lines/{plain}/att" not in page
    page = villager.get("/me/attendance").text
    assert "我在" in page and "我不在" in page and f"/lines/{later}/att" in page


def test_a_denial_on_a_notice_objects_in_own_words(villager: Browser, world: World) -> None:
    (line,) = steps.approved(world)
    steps.hung(world)
    form = [form for form in villager.forms("/home") if form.action == f"/lines/{line}/attendance"][1]
    assert (form.values["was_there"], form.values["reason"]) == ("no", "")
    villager.post(form, reason="我在县城住院")
    assert Objection.get().text == "我在县城住院"


def test_saying_it_twice_says_so(villager: Browser, world: World) -> None:
    (line,) = steps.record(world)
    report.say_attendance(**world.by(world.villager()), line_id=line, was_there=True)
    assert press(villager, f"/lines/{line}/attendance", was_there="no").status_code == 303
    assert "alert_bad" in villager.get("/home").text and Attendance.get_by_id(line).was_there


def test_pages_take_a_constant_number_of_statements(villager: Browser, world: World) -> None:
    pages = ("/report", "/reports", "/me/attendance", "/home")
    counts = []
    for _ in range(2):
        for number in range(3):
            steps.record(world, Person.get_by_id(world.villager().id), code=14 + number)
            send(villager, world, again="1")
        counts.append([statements(lambda page=page: villager.get(page)) for page in pages])
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 6
