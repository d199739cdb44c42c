"""The pages of a roster: uploaded, its columns named, previewed, taken in, taken back; and what never gets that far."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from points import census, db, sheets
from points.models.census import Census
from points.models.jobs import Job
from points.models.people import Household, Person
from points.queries import census as reads
from points.web import jobs
from tests import census_files
from tests.browser import Browser
from tests.census_files import Sheet, bank, identity
from tests.tools import press, statements
from tests.world import World

HEADS = ["户号", "姓名", "与户主关系", "身份证号", "街巷", "联系电话", "备注"]


def page(world: World) -> str:
    return f"/villages/{world.village}/census"


def rows(count: int = 2) -> list[list[Any]]:
    return [
        [f"{900 + at}", f"吴{census_files.GIVEN[at % 30]}", "户主", identity(at), "东一巷", 13_900_000_000 + at, ""]
        for at in range(count)
    ]


def send(
    browser: Browser, world: World, *lines: list[Any], data: bytes | None = None, name: str = "户名册.xlsx"
) -> Any:
    """Upload a roster, let it be read, and go where that leads."""
    data = data if data is not None else census_files.xlsx(Sheet([HEADS, *lines]))
    return follow(browser, browser.submit(page(world), sheet=(io.BytesIO(data), name)))


def follow(browser: Browser, answer: Any) -> Any:
    """Let the work that was asked for be done, and go where its page leads."""
    assert answer.status_code == 303, answer.text
    jobs.work_off(browser.app)
    shown = browser.get(answer.location)
    while shown.status_code == 303:
        shown = browser.get(shown.location)
    return shown


def last() -> Census:
    return Census.select().order_by(Census.id.desc()).first()


def preview(browser: Browser, **chosen: Any) -> Any:
    """Send the columns as they are guessed, but for what is *chosen*."""
    return follow(browser, browser.submit(f"/census/{last().id}/columns", **chosen))


def take_in(browser: Browser, **fields: Any) -> Any:
    url = f"/census/{last().id}"
    return follow(browser, browser.submit(url, f"{url}/apply", **fields))


def test_a_roster_goes_all_the_way_in_and_out_again(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    assert page(world) in browser.get(f"/villages/{world.village}/households").text
    shown = send(browser, world, *rows())
    assert "核对每一列" in shown.text and "认出 2 个身份证号或银行卡号" in shown.text
    assert "空的，或已丢掉" in shown.text and "13900000000" in shown.text
    shown = preview(browser)
    assert "新户" in shown.text and "导入这 4 处改动" in shown.text
    assert not Household.select().where(Household.number == "0900").exists()
    assert "新增，电话 13900000001" in browser.get(f"/census/{last().id}", kind="add_person").text
    shown = take_in(browser)
    assert "下一期公示" in shown.text and Household.select().where(Household.number == "0900").exists()
    url = f"/census/{last().id}"
    answer = browser.submit(url, f"{url}/undo")
    assert answer.status_code == 303 and "已整批撤销" in browser.get(answer.location).text
    assert not Household.select().where(Household.number == "0900").exists()
    assert "已撤销" in browser.get(page(world)).text


def test_identity_and_bank_numbers_reach_neither_database_nor_log_nor_disk(
    browser: Browser, world: World, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser.sign_in(world.committee[0])
    secrets = [identity(1), identity(2), identity(3), bank(4), identity(5)]
    lines = rows(3)
    lines[0][1] = f"吴一（{secrets[0]}）"
    lines[0][3] = secrets[1]
    lines[1][6] = f"身份证 {secrets[2][:6]} {secrets[2][6:14]} {secrets[2][14:]}"
    lines[2][6] = f"低保卡 {secrets[3]}"
    lines.insert(0, [f"填表人 {secrets[4]}", None, None, None, None, None, None])
    data = census_files.xlsx(Sheet([[f"花名册 {secrets[4]}"], HEADS, *lines]))
    pages = [send(browser, world, data=data, name=f"{secrets[4]}.xlsx").text, preview(browser).text]
    pages += [browser.get(f"/census/{last().id}", kind=kind).text for kind in census.KINDS]
    pages.append(take_in(browser, skip="y").text)
    seen = "".join(pages) + caplog.text
    for table in db.database.get_tables():
        for row in db.execute(f'SELECT * FROM "{table}"').fetchall():
            seen += repr(row)
    for file in Path(app.config["SPOOL"]).glob("*"):
        seen += file.read_bytes().decode("latin-1")
    for secret in secrets:
        for part in (secret, secret[:14], secret[-12:]):
            assert part not in seen.replace(" ", ""), secret
    assert Person.select().where(Person.name == "吴一").exists()


def test_a_wrong_file_is_refused_in_one_sentence(
    browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in(world.committee[0])
    shown = send(browser, world, data=b"\xff\xd8\xff\xe0" + bytes(300))
    assert "不是电子表格" in shown.text and Census.select().count() == 0
    answer = browser.submit(page(world))
    assert answer.status_code == 422 and "还没有选文件" in answer.text
    monkeypatch.setattr(sheets, "MOST_BYTES", 100)
    answer = browser.submit(page(world), sheet=(io.BytesIO(b"x" * 101), "大.csv"))
    assert answer.status_code == 422 and "8 MB" in answer.text and Job.select().count() == 1


def test_columns_that_make_no_sense_stay_as_they_were_chosen(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    send(browser, world, *rows())
    url = f"/census/{last().id}/columns"
    answer = browser.submit(url, **{"column-0": "name"})
    assert answer.status_code == 422 and "两列选成了同一样" in answer.text
    assert '<option value="name" selected>' in answer.text.split('name="column-0"')[1].split("</select>")[0]


def test_wrong_rows_are_shown_downloaded_and_skipped(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    send(browser, world, *rows(), ["0950", "12345", "户主", None, "没有的巷", None, None])
    shown = preview(browser)
    assert "有 1 行有问题" in shown.text and "“12345”不像一个姓名" in shown.text
    file = browser.get(f"/census/{last().id}/problems.xlsx").data
    (row,) = sheets.read(file, [sheets.Column("行"), sheets.Column("怎么改")])
    assert row.values["行"] == 4 and "12345" in str(row.values["怎么改"])
    url = f"/census/{last().id}"
    answer = browser.submit(url, f"{url}/apply")
    assert answer.status_code == 422 and "什么也没有导入" in answer.text
    assert "导入" in take_in(browser, skip="y").text and Household.select().where(Household.number == "0901").exists()


def test_a_long_preview_is_paged_and_costs_the_same(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    counts = []
    for many in (60, 240):
        send(browser, world, *rows(many))
        preview(browser)
        url = f"/census/{last().id}"
        shown = browser.get(url, kind="add_person").text
        assert shown.count('data-label="改动"') == reads.PAGE and f"共 {-(-many // reads.PAGE)} 页" in shown
        counts.append(statements(lambda url=url: browser.get(url, kind="add_person", page=2)))
        assert browser.get(url, kind="nonsense", page=99).status_code == 200
    assert counts[0] == counts[1]


def test_what_changed_since_the_preview_is_said_and_it_can_be_previewed_again(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    send(browser, world, *rows())
    preview(browser)
    Household.update(number="0900").where(Household.id == world.households[0].id).execute()
    assert "请重新看一遍" in take_in(browser).text
    assert "导入这" in preview(browser).text


def test_it_is_dropped_and_what_it_held_is_gone(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    send(browser, world, *rows())
    url = f"/census/{last().id}"
    answer = browser.submit(f"{url}/columns", f"{url}/drop")
    assert answer.status_code == 303 and "已放弃" in browser.get(answer.location).text
    assert last().cells == "" and "已放弃" in browser.get(url).text
    assert press(browser, f"{url}/apply", skip="y").status_code in (303, 409)
    jobs.work_off(browser.app)
    assert not Household.select().where(Household.number == "0900").exists()


def test_a_roster_is_nobody_elses(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    send(browser, world, *rows())
    url = f"/census/{last().id}"
    steward, stranger = browser.another().sign_in(world.recorder), browser.another().sign_in(world.other_committee)
    for reader, status in ((steward, 403), (stranger, 404)):
        for path in (url, f"{url}/columns", f"{url}/problems.xlsx", page(world)):
            assert reader.get(path).status_code == status
        for verb in ("apply", "undo", "drop"):
            assert press(reader, f"{url}/{verb}").status_code == status
    assert browser.get("/census/999").status_code == 404


def test_an_empty_village_is_filled_by_its_administrator(browser: Browser, world: World) -> None:
    village = world.open_area(world.township, "village", "新村")
    browser.sign_in(world.admin)
    lines = [[at, f"吴{census_files.GIVEN[at]}", "户主", None, f"第{at % 2 + 1}组", None, None] for at in range(1, 5)]
    data = census_files.xls(Sheet([HEADS, *lines]))
    follow(browser, browser.submit(f"/villages/{village}/census", sheet=(io.BytesIO(data), "新村.xls")))
    assert "新的街巷" in preview(browser).text
    take_in(browser)
    homes = Household.select().where(Household.village == village).order_by(Household.number)
    assert [home.number for home in homes] == ["0001", "0002", "0003", "0004"]
