"""A roster from a spreadsheet: the example sheet, the preview with every error named, and taking it in once."""

from __future__ import annotations

import io
from datetime import timedelta

from PIL import Image

from points import roster, sheets
from points.models.contribution import Contribution, Line
from points.models.photos import Upload
from tests import steps
from tests.browser import Browser
from tests.tools import press, statements
from tests.world import World


def page(world: World) -> str:
    return f"/villages/{world.village}/contributions/import"


def send(browser: Browser, world: World, data: bytes, name: str = "十一月.xlsx"):
    """Upload a file and go where that leads."""
    answer = browser.submit(page(world), sheet=(io.BytesIO(data), name))
    return browser.get(answer.location) if answer.status_code == 303 else answer


def filled(*rows) -> bytes:
    return sheets.write("记录", roster.HEADS, rows)


def row(world: World, number: int = 0, **given):
    household, person = world.households[number], world.villager(number)
    usual = {"day": world.today, "item": 1, "house": household.number, "name": person.name, "times": 1, "note": ""}
    return list((usual | given).values())


def preview_of(world: World) -> str:
    return f"/contributions/import/{Upload.select().order_by(Upload.id.desc()).first().id}"


def test_the_example_sheet_is_one_that_can_be_filled_and_sent_back(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    answer = browser.get(f"/villages/{world.village}/contributions/example.xlsx")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "一行也没有填" in send(browser, world, answer.data).text


def test_a_good_roster_is_previewed_and_taken_in(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    shown = send(browser, world, filled(row(world, 0, times="２", note="西片"), row(world, 1, house=None)))
    assert shown.status_code == 200 and "记下 2 行" in shown.text and "西片" in shown.text
    assert Line.select().count() == 0
    url = preview_of(world)
    assert "记下 2 行" in browser.get(url).text  # the preview is still there
    answer = browser.submit(url)
    assert (answer.status_code, answer.location) == (303, f"/villages/{world.village}/contributions")
    assert "已按表格全部记下" in browser.get(answer.location).text
    assert [(line.person_id, line.quantity) for line in Line.select().order_by(Line.id)] == [
        (world.villager(0).id, 2),
        (world.villager(1).id, 1),
    ]


def test_each_error_is_named_with_its_row_and_nothing_can_be_taken_in(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    shown = send(browser, world, filled(row(world), row(world, name="查无此人"), row(world, 1, item="=SUM(1)")))
    assert 'data-label="行" class="num"><div>3</div>' in shown.text and "没有“查无此人”" in shown.text
    assert "没有“=SUM(1)”" in shown.text and "现在一行也没有记" in shown.text
    assert not [form for form in browser.forms(preview_of(world)) if form.action == preview_of(world)]
    answer = press(browser, preview_of(world))
    assert answer.status_code == 422 and "一行也没有记下" in answer.text
    assert Contribution.select().count() == 0


def test_only_the_first_errors_are_listed_and_how_many_more(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    shown = send(browser, world, filled(*[row(world, name=f"无名{number}") for number in range(205)])).text
    assert "无名199" in shown and "无名200" not in shown and "还有 5 行没有列出" in shown


def test_likely_repeats_are_marked_and_left_out_unless_wanted(browser: Browser, world: World) -> None:
    steps.record(world, world.villager(0))
    browser.sign_in(world.recorder)
    rows = (row(world, 0), row(world, 1), row(world, 1))
    shown = send(browser, world, filled(*rows)).text
    assert "以前记过" in shown and "表里第 3 行" in shown and "记下 1 行" in shown
    browser.submit(preview_of(world))
    assert Line.select().count() == 2
    assert "每一行都可能已经记过了" in send(browser, world, filled(*rows)).text
    browser.submit(preview_of(world), again="1")
    assert Line.select().count() == 5


def test_taking_in_twice_says_it_is_done(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    send(browser, world, filled(row(world)))
    url = preview_of(world)
    (form,) = [form for form in browser.forms(url) if form.action == url]
    assert browser.post(form).status_code == browser.post(form).status_code == 303
    assert browser.get(url).status_code == 303
    assert press(browser, url).status_code == 303
    assert Line.select().count() == 1


def test_what_is_no_roster_keeps_the_page_and_says_why(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    picture = io.BytesIO()
    Image.new("RGB", (30, 30)).save(picture, "PNG")
    for data, sentence in (
        (picture.getvalue(), "不是电子表格"),
        (b"", "里面是空的"),
        (sheets.write("记录", ["日期", "姓名"], [[world.today, "王秀英"]]), "没有找到表头“项目”"),
    ):
        answer = send(browser, world, data)
        assert answer.status_code == 422 and sentence in answer.text
    assert "还没有选文件" in browser.submit(page(world)).text
    assert Upload.select().count() == 0


def test_an_upload_is_nobody_elses_business_and_gone_after_a_day(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    send(browser, world, filled(row(world)))
    url = preview_of(world)
    other = browser.another().sign_in(world.checker)
    assert other.get(url).status_code == press(other, url).status_code == 404
    world.wait(days=1, minutes=1)
    assert browser.get(url).status_code == press(browser, url).status_code == 404
    assert browser.get("/contributions/import/99999999").status_code == 404


def test_a_preview_takes_the_same_number_of_statements_for_many_rows(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    send(browser, world, filled(row(world)))
    few = statements(lambda: browser.get(preview_of(world)))
    many = [row(world, number % 4, day=world.today - timedelta(days=number % 50)) for number in range(600)]
    send(browser, world, filled(*many))
    assert statements(lambda: browser.get(preview_of(world))) == few
