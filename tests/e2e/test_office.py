"""The office's first month, through pages only: roster and old book come in, cards and passbooks go out on paper.

The village, its rule book, its shop and its staff are there, and not one household; everything else is uploaded, typed,
printed or scanned here. What is printed is read back from the PDF: the card's code, the slip's PIN, the passbook's QR.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Route, expect
from python_calamine import CalamineWorkbook

from points.models.census import Census
from points.models.jobs import Job
from points.models.people import Household, Person
from points.services import rule_book, shop
from points.web import jobs
from tests.census_files import Sheet, identity, xlsx
from tests.e2e.site import Camera, Clock, Reader, Site, serving
from tests.e2e.test_counter import png, tap
from tests.e2e.test_openly import attach, slow
from tests.tools import codes, drawn, words
from tests.world import CARD_KEY, PASSWORD, World

pytestmark = pytest.mark.e2e

HEADS = ["户号", "户主", "姓名", "与户主关系", "身份证号", "村民小组", "详细住址", "手机"]
ROSTER = Sheet(
    [
        ["云溪镇新桥村常住人口花名册", *[None] * 7],
        [f"填表人：村文书 {identity(9)}", *[None] * 7],
        HEADS,
        ["１", "吴秀英", "吴秀英", "户主", identity(1), "东一组", "一〇三号", 13_800_000_001],
        [None, None, "吴大山", "配偶", identity(2), "东一组", None, None],
        ["二", "郑小兰", "郑小兰", "户主", identity(3), "东一组", "１２号", "138 0000 0003"],
        [None, None, "郑石头", "子", identity(4), "东一组", None, "1.38E+10"],
        [3, "钱春花", "钱春花", "户主", identity(5), "东一组", "14号", None],
        [4, "孔玉梅", "孔玉梅", "户主", identity(6), "东二组", "2号", 13_800_000_006],
        ["合计", None, "6人", *[None] * 5],
    ],
    merged=[(0, 0, 0, 7), (3, 0, 4, 0), (3, 1, 4, 1), (5, 0, 6, 0), (5, 1, 6, 1)],
)
OLD_BOOK = Sheet([["户号", "户主", "积分"], [1, "吴秀英", 60], ["２", "郑小兰", 40], [3, "钱春花", 25]])


@dataclass
class Office:
    """A village without households: its place, its till, and who works there."""

    village: int
    till: int
    rice: int
    committee: list[Person]
    clerk: Person


@pytest.fixture
def office(world: World) -> Office:
    village = world.open_area(world.township, "village", "新桥村")
    committee = [world.appoint("committee", village, name) for name in ("杜主任", "冯委员", "何委员")]
    book = rule_book.start_draft(**world.by(committee[0]), area_id=village)
    rule_book.adopt(**world.by(committee[0]), book_id=book, minutes="村民会议第1号", adopted_on=world.today)
    world.committee = committee
    world.shop = shop.open_shop(**world.by(committee[0]), area_id=village, code="XQ", name="新桥村超市", hours="周六")
    till = shop.open_till(**world.by(committee[0]), shop_id=world.shop)
    clerk = world.appoint("clerk", village, "邓店员")
    return Office(village, till, world.add_goods("大米2.5kg", "袋", "粮油", 30), committee, clerk)


@pytest.fixture
def site(world: World, office: Office, database: str, chromium: Browser) -> Iterator[Site]:
    with serving(database, Clock(world.now), chromium, card_key=CARD_KEY) as made:
        yield made


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Let no work beside the requests begin until the event is set, as when others wait in front."""
    free, work_off = Event(), jobs.work_off

    def wait_in_line(app: Flask) -> None:
        if free.is_set():
            work_off(app)

    monkeypatch.setattr(jobs, "work_off", wait_in_line)
    yield free
    free.set()


def sat_down(site: Site, world: World, person: Person, **options: Any) -> Reader:
    return site.desk(**options).sign_in(world.username(person), PASSWORD)


def test_the_offices_first_month(site: Site, world: World, office: Office, camera: Camera) -> None:
    admin = site.desk().sign_in("admin", PASSWORD)
    du, feng, he = (sat_down(site, world, member) for member in office.committee)

    take_the_roster_in(admin, office)
    villager = sign_in_at_home(site, admin, "吴秀英")
    hang_the_old_book(du, feng, office)
    settle_an_objection(villager, he)
    site.wait(days=6)
    villager.open("/home").see("60 积分").see("期初积分").see("从“旧积分本”转入")

    paper = print_cards_of_a_lane(du, office)
    card, pin = hand_over(feng, office, paper, "吴秀英")
    camera.show(card)
    sell_rice(sat_down(site, world, office.clerk), office, pin)
    villager.open("/home").see("30 积分").see("大米2.5kg × 1")
    hold_the_passbook_against_the_system(site, du)

    merge(du, feng)
    villager.open("/home").see("55 积分")
    list_equals_page(du, office)
    take_everything_out(admin, office)
    admin.open(f"/villages/{office.village}/census").press("花名册").unfold("整批撤销")
    admin.press("整批撤销").see("不能整批撤销：导入以后已经有了").see("0003")


# --- the roster -------------------------------------------------------------------------------------------------------


def upload(reader: Reader, office: Office, name: str = "花名册.xlsx") -> Reader:
    """Choose the roster on its page, all but the last tap."""
    reader.open(f"/villages/{office.village}/households").press("导入户名册")
    return choose(reader, name, xlsx(ROSTER))


def choose(reader: Reader, name: str, data: bytes) -> Reader:
    """Choose a spreadsheet in the form of the page."""
    sheet = reader.page.locator("[name=sheet]")
    sheet.set_input_files(FilePayload(name=name, mimeType="application/octet-stream", buffer=data))
    reader.form = reader.page.locator("form", has=sheet)
    return reader


def arrive(reader: Reader, page: str) -> Reader:
    """Wait on a job's page until it leads on by itself."""
    reader.page.wait_for_url(re.compile(page))
    return reader.look()


def take_the_roster_in(admin: Reader, office: Office) -> None:
    """Upload the roster, look at its columns and its problems, and take in all but the wrong row."""
    arrive(upload(admin, office).submit(), "/columns$").see("认出 7 个身份证号").see("永远不会保存")
    assert [admin.page.locator(f"[name=column-{at}]").input_value() for at in range(8)] == [
        *("number", "head", "name", "relation", "", "lane", "address", "phone")
    ]
    arrive(admin.press("看看会改动什么"), r"/census/\d+$").see("有 1 行有问题")
    admin.press("有问题").see("电话“1.38E+10”看不懂").see("设成文本再填")
    admin.press("新户").see("0002").see("郑小兰").see("新户，在东一组，12号。")
    admin.press("导入这").see("1 行有问题").fill(skip="跳过")
    arrive(admin.submit(), r"/census/\d+$").see("新开的户会出现在下一期公示上")
    admin.press("看户与人").see("0001 吴秀英、吴大山").see("0002 郑小兰").see("0004 孔玉梅").see("东二组 · 2号")


def sign_in_at_home(site: Site, admin: Reader, name: str) -> Reader:
    first = admin.give_sign_in(Person.get(Person.name == name).id, "wuxiuying")
    return site.phone().sign_in("wuxiuying", first, chooses=PASSWORD)


# --- the old book -----------------------------------------------------------------------------------------------------


def hang_the_old_book(proposer: Reader, checker: Reader, office: Office) -> None:
    """Upload the old balances with a wrong total, correct it, and let a second person hang the sheet."""
    proposer.open(f"/villages/{office.village}/openings/new")
    choose(proposer, "旧账.xlsx", xlsx(OLD_BOOK)).submit().see("125").see("郑小兰")
    page = FilePayload(name="page.png", mimeType="image/png", buffer=png(Image.new("RGB", (60, 40), "#ccc")))
    attach(proposer, page).fill(source="旧积分本", signers="杜主任、冯委员", points=130).submit()
    proposer.see("签字总数是 130 分，逐户加起来是 125 分，相差 5 分")
    assert proposer.page.locator("[name=source]").input_value() == "旧积分本"
    assert proposer.page.locator("[name=signers]").input_value() == "杜主任、冯委员"
    attach(proposer, page).fill(points=125).submit().see("等第二个人核对总数")
    checker.open(f"/villages/{office.village}/openings").press("核对、张贴")
    checker.fill(points=125).submit().see("已确认张贴")


def settle_an_objection(villager: Reader, answerer: Reader) -> None:
    """Object on the phone to one line; somebody who had no hand in it changes it."""
    villager.open("/home").press("本村").press("期初积分").see("与签字总数一样").see("吴*英")
    notice = villager.path
    villager.press("提异议", within=villager.page.locator(".weui-cell", has_text="0002"))
    villager.fill(text="去年已换过 5 分").submit().see("异议已收到")
    answerer.open("/objections").press("去年已换过 5 分")
    answerer.fill(verdict="改成别的分数", points=35, reason="查了领取单，确实换过 5 分").submit().see("已答复")
    villager.open(notice).see("改为 35 分（旧账 40 分）").see("−5 分")


# --- cards ------------------------------------------------------------------------------------------------------------


def print_cards_of_a_lane(printer: Reader, office: Office) -> bytes:
    """Print one card for each household of a lane; return the PDF."""
    printer.open(f"/villages/{office.village}/cards").press("印卡").fill(area="东一组").press("列出来")
    printer.see("已勾 3 人").press("下一步").see("3 张：A4 卡纸 1 张，双面")
    arrive(printer.press("印这些卡"), r"/cards/runs/\d+$").see("3 张").see("印的人不能自己发")
    return fetched(printer, "打开要打印的文件")


def fetched(reader: Reader, label: str) -> bytes:
    """Follow a link that opens a file beside the page."""
    answer = reader.page.request.get(str(reader.page.get_by_role("link", name=label).get_attribute("href")))
    assert answer.ok, answer.status
    return answer.body()


def hand_over(giver: Reader, office: Office, paper: bytes, name: str) -> tuple[bytes, str]:
    """Hand all cards over at once; return a picture of one of the printed cards, and the PIN in its slip."""
    giver.open(f"/villages/{office.village}/cards").see("3 张")
    told = giver.page.locator(".roll__one", has_text=name).text_content() or ""
    last = re.search(r"末四位\s*(\d{4})", told)
    assert last, told
    giver.page.locator("[data-all]").check()
    giver.see("已勾 3 张").press("卡已交到本人手里").see("3 张卡已发到本人手里").see("没有等着发的卡")

    slips = dict(re.findall(r"末四位(\d{4})的取货密码(\d{6})", re.sub(r"\s|\u200b", "", words(paper))))
    assert len(slips) == 3
    front = drawn(paper, 200)[0]
    found = next(code for code in zxingcpp.read_barcodes(front) if code.text[9:13] == last[1])
    x, y = found.position.top_left.x, found.position.top_left.y
    side = found.position.bottom_right.x - x
    around = side // 6
    return png(front.crop((x - around, y - around, x + side + around, y + side + around))), slips[last[1]]


def sell_rice(clerk: Reader, office: Office, pin: str) -> None:
    """Scan the printed card with the camera, and hand over a bag of rice for the PIN on the slip."""
    clerk.open(f"/tills/{office.till}").press("用摄像头扫").see("吴秀英").see("现有 60")
    tap(clerk, "大米2.5kg").see("剩下 30").fill(pin=pin).submit().see("XQ-1-000001").see("已验密码").see("剩余 30 分")


# --- the passbook, the change, the files ------------------------------------------------------------------------------


def home(number: str) -> Household:
    """Return the household that the roster brought under *number*."""
    return Household.get(Household.number == number, Household.village == Census.get().village_id)


def printed(reader: Reader, label: str) -> bytes:
    """Press a button that opens a PDF beside the page; return the PDF."""
    form = reader.page.locator("form[target=_blank]", has=reader.page.get_by_role("button", name=label))
    fields = form.evaluate("form => Object.fromEntries(new FormData(form))")
    answer = reader.page.request.post(str(form.get_attribute("action")), form=fields)
    assert answer.headers["content-type"] == "application/pdf"
    return answer.body()


def hold_the_passbook_against_the_system(site: Site, committee: Reader) -> None:
    """Print the household's first page; whoever holds it finds by its QR that it is true."""
    committee.open(f"/households/{home('0001').id}").press("积分存折").see("有 2 笔进出").press("打印下一页")
    paper = printed(committee.see("大米2.5kg"), "打印（PDF）")
    said = re.sub(r"\s", "", words(paper))
    assert "期初积分60" in said and "大米2.5kg" in said and "吴*英" in said and "吴秀英" not in said
    [check] = set(codes(paper))
    phone = site.phone().open(urlsplit(check).path).see("这张纸是从系统里印出来的").see("一样").miss("后来变了")
    phone.see("第 1 页")


def merge(proposer: Reader, confirmer: Reader) -> None:
    """Let one household go into another; its points follow."""
    proposer.open(f"/households/{home('0003').id}").press("并户")
    proposer.fill(number="1", reason="老人随女儿住").submit().see("等另一位确认后才生效")
    confirmer.open(proposer.path).see("现有 25 分").press("确认，马上生效").see("变动已经生效")
    proposer.open(f"/households/{home('0003').id}").see("由第 0001 户接续")


def list_equals_page(reader: Reader, office: Office) -> None:
    """Take the list of households out: it says what the page says."""
    reader.open(f"/villages/{office.village}/households")
    with reader.page.expect_download() as taken:
        reader.page.get_by_role("button", name="导出户名册：Excel").click()
    heads, *rows = CalamineWorkbook.from_path(taken.value.path()).get_sheet_by_index(0).to_python()
    assert heads[:6] == ["户号", "街巷", "地址", "家里人", "几人", "积分"]
    told = [f"{row[0]}{row[3]}{row[1]}·{row[2]}{row[5]:.0f}分" for row in rows]
    shown = reader.page.locator("main .weui-cell").all_inner_texts()
    assert told == [re.sub(r"\s", "", text) for text in shown]
    assert told[0] == "0001吴秀英、吴大山、钱春花东一组·一〇三号55分"


def take_everything_out(admin: Reader, office: Office) -> None:
    """Make the archive by the button, and find the households in it."""
    admin.open(f"/areas/{office.village}").press("全部数据").press("开始做").see("做好了")
    with zipfile.ZipFile(BytesIO(fetched(admin, "打开文件"))) as archive:
        kept = archive.read("household.csv").decode()
    assert all(number in kept for number in ("0001", "0002", "0003", "0004"))


# --- without scripts, and far from the mast ---------------------------------------------------------------------------


def test_a_roster_without_scripts(site: Site, world: World, office: Office, busy: Event) -> None:
    reader = sat_down(site, world, world.admin, java_script_enabled=False)
    upload(reader, office).submit().see("在排队").press("看看做完没有").see("在排队")
    busy.set()
    look_until(reader, "/columns")
    reader.fill(**{"column-6": "不导入"}).press("看看会改动什么")
    look_until(reader, "/census/")
    reader.see("有 1 行有问题").fill(skip="跳过").submit()
    look_until(reader, "/census/")
    reader.see("新开的户").press("看户与人").see("0001 吴秀英、吴大山").miss("一〇三号")


def look_until(reader: Reader, place: str) -> None:
    """Ask the job's page whether it is done, as often as it takes."""
    while reader.path.startswith("/jobs/"):
        reader.press("看看做完没有")
    assert place in reader.path


def test_far_from_the_mast_a_lost_answer_makes_one_census(site: Site, office: Office, busy: Event) -> None:
    reader = site.phone().sign_in("admin", PASSWORD)
    upload(reader, office)
    slow(reader)
    reader.expects_trouble = True

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)  # the site does its work
        route.abort()  # and its answer never arrives

    reader.page.route("**/census", lose)
    reader.page.get_by_role("button", name="传上来").click()
    reader.see("没有连上网络")
    assert Job.select().count() == 1
    reader.page.unroute("**/census")
    reader.page.get_by_role("button", name="传上来").dblclick()
    reader.see("在排队")
    reader.page.route("**/jobs/*", lose)
    with reader.page.expect_event("requestfailed"):
        busy.set()
    reader.page.unroute("**/jobs/*")
    arrive(reader, "/columns$").see("核对每一列")
    expect(reader.page.locator("select").first).to_be_visible()
    assert Census.select().count() == Job.select().count() == 1
