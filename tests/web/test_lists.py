"""Every list as a file: to whoever reads its page, saying what the page says, on record."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode
from uuid import uuid4

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from werkzeug.test import TestResponse

from points import db
from points.models.contribution import Contribution, Notice
from points.models.goods import Goods
from points.models.jobs import Job
from points.models.paper import Export
from points.models.people import Person, Role
from points.web import jobs
from points.web.lists import registry
from tests import steps
from tests.browser import Browser, forms_of
from tests.test_access import A_FEW, met, people, places, sessions  # noqa: F401 (fixtures)
from tests.tools import press
from tests.world import World

TEMPLATES = Path(__file__).parents[2] / "points" / "templates"
LISTS = sorted(registry())
READERS = ("owner", "steward", "committee", "council", "clerk", "supervisor", "admin", "committee'")
PAGES = {
    "contributions.lines": "contributions.index",
    "council.minutes": "council.sitting",
    "counter.refusals": "counter.day",
    "counter.unproved": "counter.day",
    "fund.commitments": "fund.index",
    "households.people": "households.index",
    "reservations.aside": "reservations.index",
    "stockroom.batches": "stockroom.movements",
    "summary.items": "summary.show",
}
"""The pages of lists that are not called as their page."""
SUBJECTS = {"area_id": "village", "receiving_id": "receiving", "book_id": "draft"}
"""What a page's id is called among `places`, where that is not its own name."""
NO_LISTS = {
    "a list of what is offered, each with a page and a list of its own": """
        areas/index counter/tills counter/card desk/front public/front public/village shops/show papers/village""",
    "a person's own few things, all of them on the page": """
        home/mine report/named reservations/mine reservations/show complaints/new council/motion households/person""",
    "the table is a page's part; the page offers the list": """
        boards/_black fund/_entries goods/_parts proxies/_lists review/_parts rule_book/_changes rule_book/_items
        staff/_waiting""",
    "a form, or the preview of what comes from a file": """
        cards/lost contributions/import_preview goods/preview goods/upload rule_book/upload proxies/at_till
        reservations/collect""",
    "worked out on the spot, or told of one thing": "rule_book/cost papers/check",
    "the shop's list of goods, for staff, has the same and more": "public/goods",
    "a board on the wall, to be printed": "public/lanes",
}
"""Templates with a table or cells that offer no list, by why not."""
LATER = ("census", "changes", "expiry", "my_data", "openings", "packet", "passbooks")
"""Folders of pages that offer none yet."""
PAGED = re.compile(r'<a[^>]*?(?:rel="next"[^>]*?href="([^"]+)"|href="([^"]+)"[^>]*>(?:[^<]*?(?:下一页|看后面的人)))')


def take(browser: Browser, name: str, subject_id: int, kind: str = "csv", key: str = "", **query: Any) -> TestResponse:
    """Press a list's button on a page that was asked for with *query*."""
    asked = f"?{urlencode(query)}" if query else ""
    answer = press(browser, f"/lists/{name}/{subject_id}{asked}", format=kind, key=key or uuid4().hex)
    answer.get_data()
    answer.close()
    return answer


def rows_of(answer: TestResponse) -> list[list[str]]:
    assert (answer.status_code, answer.mimetype) == (200, "text/csv"), answer.text
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))[1:]


def cells(answer: TestResponse) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()


def walk(browser: Browser, url: str) -> Iterator[str]:
    """Give the texts of a page and of all that its pager leads to."""
    while url:
        answer = browser.get(url)
        assert answer.status_code == 200, url
        yield re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", " ", answer.text.split("<main")[1])))
        following = PAGED.search(answer.text)
        url = unescape(following[1] or following[2]) if following else ""


def shown_points(text: str) -> int:
    """Count what ends with points."""
    return len(re.findall(r" [\d,]+分 ", text))


def in_order(words: Sequence[str], text: str) -> bool:
    at = 0
    for word in words:
        at = text.find(word, at)
        if at < 0:
            return False
        at += len(word)
    return True


# --- every list -------------------------------------------------------------------------------------------------------


def test_every_page_with_a_list_offers_it(app: Flask) -> None:
    offered, without = set(), set()
    for file in TEMPLATES.rglob("*.html"):
        text = file.read_text()
        offered |= set(re.findall(r'ui\.export\("([\w.]+)"', text))
        listed = re.search(r"ui\.(table|cells|pager)\(|turning\(|stack divided", text)
        if listed and "ui.export(" not in text and file.parent.name not in ("_macros", *LATER):
            without.add(str(file.relative_to(TEMPLATES).with_suffix("")))
    offered |= {"review.check", "review.decide", "rule_book.templates"}  # one template, two pages
    assert offered - {"review."} == set(LISTS)
    assert without == {name for names in NO_LISTS.values() for name in names.split()}


def test_each_list_answers_everybody_as_its_page_does(
    app: Flask,
    places: dict[str, int],  # noqa: F811
    sessions: dict[str, tuple[str, str]],  # noqa: F811
) -> None:
    """Where the page shows the button it works; who may not see the page is refused the list in the same way."""
    wrong, shown = [], set()
    for name in LISTS:
        page = PAGES.get(name, name)
        [rule] = [one for one in app.url_map.iter_rules(page) if "GET" in (one.methods or ())]
        ids = {argument: places[SUBJECTS.get(argument, argument.removesuffix("_id"))] for argument in rule.arguments}
        if page in ("areas.limits", "rule_book.templates"):
            ids = {"area_id": places["township"]}
        for who, (cookie, token) in sessions.items():
            if who not in (A_FEW if db.is_postgresql() else READERS) or who == "nobody":
                continue
            client = app.test_client()
            client.set_cookie("points", cookie)
            with app.test_request_context():
                read = client.get(app.url_for(page, **ids))
            url = f"/lists/{name}/{next(iter(ids.values()), 0)}"
            taken = client.post(url, data={"csrf_token": token, "key": uuid4().hex, "format": "csv"}, buffered=True)
            button = any(form.action.split("?")[0] == url for form in forms_of(read.text))
            if button:
                shown.add(name)
            if met(read) != met(taken) and (met(read) != "y" or button or taken.status_code not in (200, 404)):
                wrong.append(f"{name} {who}: page {read.status_code}, list {taken.status_code}")
    assert not wrong, "\n".join(wrong)
    assert len(shown) > 10 if db.is_postgresql() else len(shown) > 30, sorted(set(LISTS) - shown)


def test_who_is_not_signed_in_is_offered_no_list_and_led_to_sign_in(browser: Browser, world: World) -> None:
    assert "/lists/" not in browser.get(f"/villages/{world.village}/notices").text
    token = browser.forms("/sign-in")[0].values["csrf_token"]
    given = {"csrf_token": token, "key": uuid4().hex, "format": "csv"}
    answer = browser.client.post(f"/lists/notices.public/{world.village}", data=given)
    assert answer.status_code == 302 and "/sign-in" in answer.location


def test_an_unknown_list_format_or_no_key_gives_no_file(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    assert press(browser, f"/lists/nothing.index/{world.village}", format="csv").status_code == 404
    for wrong in ({"format": "pdf"}, {"format": "csv", "key": ""}):
        assert press(browser, f"/lists/households.index/{world.village}", **wrong).status_code == 422
    assert not Export.select().exists()


@pytest.fixture
def small_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is read by lots be read by few at a time, so that many follow each other."""
    for place, few in (("people.A_LOT", 7), ("people.ENTRIES", 2), ("work.A_LOT", 5), ("wall.A_LOT", 9)):
        monkeypatch.setattr(f"points.web.lists.{place}", few)


# --- what a list says -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_lots")
def test_the_households_are_those_of_all_pages_in_their_order(browser: Browser, world: World) -> None:
    for number in range(60):
        world.open_household(world.lanes[number % 2], f"赵{number:02}".replace("0", "零"))
    browser.sign_in(world.committee[0])
    page = f"/villages/{world.village}/households"
    for query in ({}, {"q": "赵零"}, {"lane": world.lanes[0]}, {"q": "没有这个人"}):
        text = " ".join(walk(browser, f"{page}?{urlencode(query)}"))
        rows = rows_of(take(browser, "households.index", world.village, **query))
        assert len(rows) == shown_points(text) and in_order([f"{row[0]} {row[3]}" for row in rows], text)
        people_ = rows_of(take(browser, "households.people", world.village, **query))
        assert len(people_) == sum(int(row[4]) for row in rows)
    kept = Export.select().where(Export.name == "households.index").order_by(Export.id)
    assert [one.asked for one in kept] == ["", "按搜索词", "街巷：东一巷", "按搜索词"]
    assert [one.count for one in kept][1::2] == [10, 0]


def test_a_steward_takes_out_the_own_lanes_only(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    text = " ".join(walk(browser, f"/villages/{world.village}/households"))
    rows = rows_of(take(browser, "households.index", world.village))
    assert rows and len(rows) == shown_points(text)
    assert {row[0] for row in rows} == set(re.findall(r"\b(\d{4}) ", text))


@pytest.mark.usefixtures("small_lots")
def test_the_sheets_and_their_lines_are_those_of_all_pages(browser: Browser, world: World) -> None:
    for n in range(23):
        steps.record(world, world.villager(n % 4), world.villager((n + 1) % 4), code=11 if n % 2 else 14)
    browser.sign_in(world.recorder)
    text = " ".join(walk(browser, f"/villages/{world.village}/contributions"))
    rows = rows_of(take(browser, "contributions.index", world.village))
    assert len(rows) == 23 == Contribution.select().count() and in_order([row[1] for row in rows], text)
    lines = rows_of(take(browser, "contributions.lines", world.village))
    assert len(lines) == 46 and [line[1] for line in lines[::2]] == [row[1] for row in rows]
    sheet = Contribution.select().order_by(Contribution.id.desc()).get()
    assert rows_of(take(browser, "contributions.show", sheet.id)) == lines[:2]


@pytest.mark.usefixtures("small_lots")
def test_a_notice_is_taken_out_as_it_hangs_masked_and_by_its_filter(browser: Browser, world: World) -> None:
    lines = steps.crowd(world, 60)
    steps.decide(world, steps.check(world, lines))
    hung = steps.hung(world)
    browser.sign_in(world.villager(3))
    for query in ({}, {"lane": world.lanes[1]}, {"q": world.households[0].number}):
        text = " ".join(walk(browser, f"/notices/{hung}?{urlencode(query)}"))
        rows = rows_of(take(browser, "notices.show", hung, **query))
        assert rows and in_order([f"{row[0]}. {row[3]} {row[2]} 户" for row in rows], text)
        assert len(rows) == text.count(" 提异议 ") - text.count("点它旁边的")
        assert all("*" in row[3] for row in rows)


def test_a_notice_keeps_its_numbers_only_when_its_names_are_dropped(browser: Browser, world: World) -> None:
    steps.posted(world, world.villager())
    hung = Notice.get().id
    world.wait(days=31)
    browser.sign_in(world.villager(3))
    [row] = rows_of(take(browser, "notices.show", hung))
    assert (row[2], row[3], row[9], row[10]) == (world.households[0].number, "", "", "")


def test_movements_of_goods_are_those_of_all_pages_in_real_dates_and_numbers(browser: Browser, world: World) -> None:
    for _n in range(52):
        world.receive(world.rice, 3)
    browser.sign_in(world.clerk)
    text = " ".join(walk(browser, f"/goods/{world.rice}/movements"))
    answer = take(browser, "stockroom.movements", world.rice, "xlsx")
    rows: list[list[Any]] = cells(answer)[1:]
    assert len(rows) == text.count("进货 ") - text.split("进出 ")[0].count("进货 ") or len(rows) == 53
    assert in_order([f"{row[4]:,.0f}" for row in rows], text)
    assert all(isinstance(row[0], datetime) and isinstance(row[3], float) for row in rows)


def test_goods_are_taken_out_as_narrowed(browser: Browser, world: World) -> None:
    browser.sign_in(world.clerk)
    for query in ({}, {"category": "粮油"}, {"q": "大米"}, {"only": "hidden"}):
        text = " ".join(walk(browser, f"/shops/{world.shop}/goods?{urlencode(query)}"))
        rows = rows_of(take(browser, "goods.index", world.shop, **query))
        assert in_order([row[0] for row in rows], text) and len(rows) < 50
        assert all(row[1] == query.get("category", row[1]) for row in rows)
    assert {one.asked for one in Export.select()} == {"", "粮油", "按搜索词", "已下架"}


def test_a_tills_day_its_refusals_and_what_no_pin_proves(browser: Browser, world: World) -> None:
    world.give_points(world.households[0], 90)
    paper = world.card(world.villager())
    steps.sold(world, paper, {world.rice: 1})
    world.wait(days=1)
    browser.sign_in(world.clerk)
    assert rows_of(take(browser, "counter.day", world.till)) == []
    [row] = rows_of(take(browser, "counter.day", world.till, day=(world.today - timedelta(days=1)).isoformat()))
    assert (row[2], row[3], row[7]) == (world.households[0].number, world.villager().name, "已验密码")
    assert rows_of(take(browser, "counter.unproved", world.till, day="2026-11-02")) == []
    assert [one.asked for one in Export.select()][1].startswith(f"{world.today.year}年")


@pytest.mark.usefixtures("small_lots")
def test_a_villager_takes_out_the_own_statement_and_nobody_elses(browser: Browser, world: World) -> None:
    for points in (50, 10, 20, 30, 40):
        world.give_points(world.households[0], points)
    sums = [["40", "150"], ["30", "110"], ["20", "80"], ["10", "60"], ["50", "50"]]
    browser.sign_in(world.villager())
    assert [row[3:] for row in rows_of(take(browser, "home.front", 0))] == sums
    assert take(browser, "households.show", world.households[1].id).status_code == 404
    staff = browser.another().sign_in(world.committee[0])
    assert [row[2:] for row in rows_of(take(staff, "households.show", world.households[0].id))] == sums


def test_what_is_said_against_the_own_household_stays_unsaid(browser: Browser, world: World) -> None:
    member = world.council[0]
    [line] = steps.approved(world, world.villager())
    steps.hung(world)
    steps.objection(world, line)
    browser.sign_in(member)
    assert rows_of(take(browser, "notices.objections", 0))[0][0] == "那天没看见他"
    Person.update(household=world.households[0]).where(Person.id == member.id).execute()
    assert rows_of(take(browser, "notices.objections", 0))[0][0] == "涉及您自家或亲属，内容不显示。"


def test_texts_that_look_like_formulas_do_no_harm(browser: Browser, world: World) -> None:
    Goods.update(name="=1+1", initials="aaa").where(Goods.id == world.rice).execute()
    browser.sign_in(world.clerk)
    assert "'=1+1" in [row[0] for row in rows_of(take(browser, "goods.index", world.shop))]
    assert "=1+1" in [row[0] for row in cells(take(browser, "goods.index", world.shop, "xlsx"))]


# --- long ones --------------------------------------------------------------------------------------------------------


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("points.web.lists.AT_ONCE", 3)


@pytest.mark.usefixtures("few_at_once")
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_long_list_is_written_beside_the_requests_and_waits_for_its_reader(
    browser: Browser, world: World, kind: str
) -> None:
    for name in ("龚一", "龚二", "龚三", "龚四"):
        world.open_household(world.lanes[0], name)
    browser.sign_in(world.committee[0])
    answer = take(browser, "households.index", world.village, kind, q="龚")
    assert answer.status_code == 303 and not Export.select().exists()
    assert "龚" not in Job.get().given  # what was typed to search by
    jobs.work_off(browser.app)
    assert "做好了" in browser.get(answer.location).text
    file = browser.client.get(f"{answer.location}/file")
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig")))) if kind == "csv" else cells(file)
    file.close()
    assert [row[3] for row in rows] == ["家里人", "龚一", "龚二", "龚三", "龚四"]
    kept = Export.get()
    assert (kept.asked, kept.format, kept.count, kept.made_by_id) == ("按搜索词", kind, 4, world.committee[0].id)
    assert f"filename*=UTF-8''{quote('石桥村-户名册-')}{world.today}.{kind}" in file.headers["Content-Disposition"]


@pytest.mark.usefixtures("few_at_once")
def test_the_same_press_asks_once_for_a_long_list_and_another_filter_for_another(
    browser: Browser, world: World
) -> None:
    browser.sign_in(world.committee[0])
    same: dict[str, Any] = {"name": "households.index", "subject_id": world.village, "key": "the-key-of-one-page-shown"}
    places_ = [take(browser, **same, **query).location for query in ({}, {}, {"lane": world.lanes[0]})]
    assert places_[0] == places_[1] != places_[2] and Job.select().count() == 2


@pytest.mark.usefixtures("few_at_once")
def test_who_lost_the_right_meanwhile_gets_no_file(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    answer = take(browser, "households.index", world.village)
    Role.update(ended_at=world.now).where(Role.person == world.committee[0]).execute()
    jobs.work_off(browser.app)
    assert Job.get().state == "failed" and not Export.select().exists()
    assert browser.client.get(f"{answer.location}/file").status_code == 404


# --- on record --------------------------------------------------------------------------------------------------------


def test_the_file_is_named_and_its_export_kept_before_it_leaves(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    answer = take(browser, "households.index", world.village, "xlsx")
    name = unquote(re.search(r"filename\*=UTF-8''(\S+)", answer.headers["Content-Disposition"])[1])  # type: ignore[index]
    assert name == f"石桥村-户名册-{world.today}.xlsx" and answer.content_length == len(answer.data)
    kept = Export.get()
    assert (kept.name, kept.title, kept.area_id, kept.format, kept.made_by_id) == (
        "households.index",
        "户名册",
        world.village,
        "xlsx",
        world.committee[0].id,
    )
    assert kept.count + 1 == len(cells(answer))


def test_a_second_press_is_the_same_export_until_the_list_says_something_else(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    same: dict[str, Any] = {"name": "households.index", "subject_id": world.village, "key": "the-key-of-one-page-shown"}
    for _again in range(2):
        take(browser, **same)
    assert Export.select().count() == 1
    world.open_household(world.lanes[0], "后来人")
    assert "后来人" in take(browser, **same).text and Export.select().count() == 2
    take(browser, **same, kind="xlsx")
    assert Export.select().count() == 3


def test_the_page_of_exports_tells_who_took_out_what(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    take(browser, "households.index", world.village, q="王秀英")
    overseer = browser.another().sign_in(world.supervisor)
    page = overseer.get(f"/areas/{world.village}/exports").text
    assert "户名册" in page and world.recorder.name in page and "按搜索词" in page and "王秀英" not in page
    assert f"/areas/{world.village}/exports" in overseer.get(f"/areas/{world.village}").text
    [row] = rows_of(take(overseer, "lists.index", world.village))
    assert row[1:5] == [world.recorder.name, "石桥村", "户名册", "按搜索词"]
    assert f"/areas/{world.village}/exports" not in browser.get(f"/areas/{world.village}").text
