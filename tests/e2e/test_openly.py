"""In the demo village, through pages only: points come about in the open, from a photo to the wall and off it again."""

from __future__ import annotations

import io
import random
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import CDPSession, FilePayload, Locator, expect
from python_calamine import load_workbook

from points import access, demo, ledger, roster, sheets
from points.calendar import local_date
from points.models.areas import Area
from points.models.contribution import Contribution, Line, Notice, Objection, Score, Voice
from points.models.ledger import Account, AccountType
from points.models.people import Person, Role
from points.models.photos import Photo
from points.models.rules import RuleBook, RuleItem
from points.names import mask
from points.services import household, sign_in
from tests.e2e.site import Reader, Site

pytestmark = pytest.mark.e2e

GPS = 0x8825
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def password(demo_home: demo.Home) -> str:
    return demo_home.secrets["DEMO_PASSWORD"]


@pytest.fixture
def holder(demo_site: Site) -> Person:
    """The villager of the demo."""
    return Person.get(Person.username == "villager")


@pytest.fixture
def village(holder: Person) -> int:
    return access.village_of(holder.area_id)


# --- from a ditch to the wall, and off it ---------------------------------------------------------------------------


def test_a_cleared_ditch_goes_the_whole_way(demo_site: Site, password: str, holder: Person, village: int) -> None:
    committee, township = (demo_site.desk().sign_in(name, password) for name in ("committee", "township"))
    villager, steward = (demo_site.phone().sign_in(name, password) for name in ("villager", "steward"))
    before, begun = balance(holder) + held(holder), demo_site.clock.now

    line = report_a_ditch(villager)
    look_and_check(steward, line)
    *voters, third = (demo_site.phone().sign_in(name, password) for name in council(demo_site, village, password))
    sit(committee, village, voters, line)
    close_a_day(township)
    notice = hang_with_a_photo(committee, village)

    objector = villagers(holder, 1)[0]
    give_sign_in(demo_site, objector, "objector", password)
    object_on_the_web(demo_site.phone().sign_in("objector", password), notice, line, "那天只清了一半")
    other = Line.get(Line.notice == notice, Line.id != line.id, ~Line.discreet, Line.effect == "points")
    type_a_slip_in(steward, notice, other, "没看见他家来人")
    refuse_who_judged(voters[0], line)
    third.open("/objections").press("那天只清了一半").fill(verdict="改少", kept=3, reason="实际清了一半").submit()
    third.see("已答复")
    township.open("/objections").press("没看见他家来人").fill(verdict="不成立", reason="签到表上有他本人").submit()

    demo_site.wait(days=6)
    assert Line.get_by_id(line.id).state == "noticed", "one of the days was a holiday"
    demo_site.wait(days=1)
    assert balance(holder) + held(holder) == before + posted_since(begun, holder)
    villager.open("/home").see(f"{balance(holder)} 积分").press("清理河道").see("入账 3 分")
    villager.see("申请 6 分").see("初审通过").see("评议：改为 4 分").see("评议通过，6 分").see("公示张贴")
    villager.see("异议成立，改为 3 分").see("实际清了一半")
    villager.miss(objector.name).miss("那天只清了一半")

    anyone = demo_site.phone(java_script_enabled=False).open(f"/villages/{village}").press("公示")
    anyone.press(f"第 {notice.number} 期").see("异议成立，改为 3 分").see("不成立：签到表上有他本人")
    anyone.see(mask(holder.name)).miss(holder.name).miss(objector.name).miss("李老伯")
    demo_site.wait(days=31)
    anyone.open(f"/notices/{notice.id}").see("姓名不再显示").see(holder.household.number)
    for person in Person.select().join(Line, on=Line.person).where(Line.notice == notice):
        anyone.miss(mask(person.name))


def report_a_ditch(villager: Reader) -> Line:
    """Report two goes at a ditch with a photo that knows where it was taken; return the line."""
    villager.open("/report").fill(item_id="清理河道", quantity=2, note="清了门前水沟")
    attach(villager, photo("ditch", located=True)).submit().see("已报上去").see("清理河道")
    return Line.select().order_by(Line.id.desc()).get()


def look_and_check(steward: Reader, line: Line) -> None:
    """See the photo, which no longer knows where it was taken, and let the line pass."""
    steward.open("/desk").press("等您初审")
    sheet = steward.page.locator("section.panel", has=row(steward, line))
    picture = sheet.locator(".photos img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("img => img.naturalWidth") == 1280
    answer = steward.page.request.get(str(picture.get_attribute("src")))
    assert "no-store" in answer.headers["cache-control"]
    assert not Image.open(io.BytesIO(answer.body())).getexif()
    steward.press("通过这条", within=row(steward, line)).see("1 条已通过初审")


def sit(committee: Reader, village: int, members: list[Reader], line: Line) -> None:
    """Close the sitting that is on, open another; the members come, and one of them would give less."""
    committee.open(f"/villages/{village}/sittings").press("去会上").unfold("结束会议").press("结束会议")
    committee.see("评议会已结束").fill(place="村委会二楼", quorum=len(members)).submit().see("到会人数不够")
    sitting = committee.number
    for member in members:
        member.open(f"/sittings/{sitting}").press("我到会").see("已记下您到会")
    for member, verdict in zip(members, ("同意", "改分", "同意"), strict=True):
        member.open(f"/sittings/{sitting}")
        for box in member.page.locator("[name=line]:enabled").all():
            box.uncheck()
        member.page.locator(f"[name=line][value='{line.id}']").check()
        if verdict == "改分":
            member.press(verdict).see("理由")
            assert member.status == 422
            expect(member.page.locator(f"[name=line][value='{line.id}']")).to_be_checked()
            member.fill(points=4, reason="只清了一段")
        member.press(verdict).see("已对 1 条表态")
    decided = Line.get_by_id(line.id)
    assert (decided.state, decided.agreed) == ("approved", 6), "the most that two of three allow"
    committee.open(f"/sittings/{sitting}?show=done").see("只清了一段").unfold("结束会议").press("结束会议")
    committee.open(f"/sittings/{sitting}").see("只清了一段")


def close_a_day(township: Reader) -> None:
    """Let the day after tomorrow be a holiday in the whole township."""
    area = Area.get(Area.kind == "township")
    township.open(f"/areas/{area.id}/holidays").fill(name="赶集", first=date(2026, 11, 4)).submit().see("赶集")


def hang_with_a_photo(committee: Reader, village: int) -> Notice:
    """Choose that a photo of the wall is needed, gather, and hang: not without one."""
    committee.open(f"/villages/{village}/settings").fill(wall_photo="公示贴好后要拍照").submit()
    committee.open(f"/villages/{village}/notices/desk").press("集中成一期").press("确认已张贴")
    committee.press("已经贴好").see("公示单贴好后要拍照。请附上照片")
    attach(committee, photo("wall")).press("已经贴好").see("到 11月8日 24 时止")
    notice: Notice = Notice.select().where(Notice.village == village).order_by(Notice.id.desc()).get()
    assert Photo.select().where(Photo.subject_type == "notice", Photo.subject_id == notice.id).count() == 1
    return notice


def object_on_the_web(objector: Reader, notice: Notice, line: Line, text: str) -> None:
    cell = entry(objector, notice, line)
    objector.press("提异议", within=cell).fill(text=text).submit().see("异议已收到").see("有异议，待答复")


def type_a_slip_in(steward: Reader, notice: Notice, line: Line, text: str) -> None:
    """Type in what stands on a slip; it needs its photo."""
    place = str(entry(steward, notice, line).get_attribute("id")).removeprefix("line-")
    number = line.household.number
    steward.press("录入异议单").fill(
        channel="交来异议单", position=place, number=number, text=text, on_behalf_of="李老伯"
    )
    steward.submit().see("请附上异议单的照片")
    attach(steward, photo("slip")).submit().see(f"已记下对第 {place} 条的异议")


def refuse_who_judged(voter: Reader, line: Line) -> None:
    """Who judged a line is shown the objection, and no way to answer it."""
    voter.open(f"/objections/{Objection.get(Objection.line == line).id}").see("那天只清了一半")
    expect(voter.page.locator("[name=reason]")).to_have_count(0)


def row(judge: Reader, line: Line) -> Locator:
    """Find a line on a working list."""
    return judge.page.locator("li.judge", has=judge.page.locator(f"[name=line][value='{line.id}']"))


def entry(reader: Reader, notice: Notice, line: Line) -> Locator:
    """Find a line on a notice, by its household's number."""
    reader.open(f"/notices/{notice.id}").fill(q=line.household.number).press("按户号查")
    return reader.page.locator("[id^=line-]", has_text=line.item_name).first


# --- many at once -----------------------------------------------------------------------------------------------------


def test_a_roster_is_put_right_and_taken_in(demo_site: Site, password: str, holder: Person, village: int) -> None:
    committee = demo_site.desk().sign_in("committee", password)
    team = villagers(holder, 4)
    day = local_date(demo_site.clock.now) - timedelta(days=1)
    good = [[day, "技能出工（如修监控）", one.household.number, one.name, 1, "修路灯"] for one in team]
    bad = [list(cells) for cells in good]
    bad[1][1], bad[3][3] = "跳舞", "王某某"
    before = Line.select().count()

    committee.open(f"/villages/{village}/contributions/new").press("表格导入")
    upload(committee, bad, "传上来看看")
    wrong = committee.page.get_by_role("table", name="要改的行").locator("tbody tr")
    assert [cells.split()[0] for cells in wrong.all_inner_texts()] == ["3", "5"]
    committee.see("细则里没有“跳舞”").see(f"{team[3].household.number} 户没有“王某某”")
    expect(committee.page.get_by_role("button", name="记下")).to_have_count(0)
    assert Line.select().count() == before

    committee.press("换一份")
    upload(committee, good, "传上来看看").see("修路灯").press("记下 4 行").see("已按表格全部记下")
    assert Line.select().count() == before + 4

    committee.press("记一组人").fill(item_id="技能出工", day=day, note="修路灯")
    committee.choose_person(f"{team[0].initials} {team[0].household.number}", team[0].name)
    committee.submit().see("已经记过的").see("现在要记的")
    assert (committee.status, Line.select().count()) == (409, before + 4)
    committee.press("照样记下").see("已记下 1 人")


def test_a_sign_in_sheet_and_a_round_on_a_phone(demo_site: Site, password: str, village: int) -> None:
    phone = demo_site.phone().sign_in("committee", password)
    phone.open(f"/villages/{village}/contributions/roll").fill(item_id="志愿服务").unfold("西七巷")
    houses = phone.page.locator("[data-house]:visible")
    for number in range(3):
        houses.nth(number).locator(".roll__one").first.click()
    phone.see("已选 3 人").press("记下").see("已记下 3 人")

    phone.open(f"/villages/{village}/contributions/inspect").fill(lane_id="西七巷", item_id="月度清洁户")
    phone.page.locator("[data-team]", has_text="评议会").click()
    phone.see("已选 3 人").press("下一步：打分")
    for number in range(2):
        for judge, score in enumerate((5, 4, 2)):
            row = phone.page.locator("fieldset.round").nth(number).locator(".round__judge").nth(judge)
            row.locator(".score").filter(has_text=str(score)).click()
    phone.press("记下这一轮").see("已记下这一轮评比").see("打分").see("参加的人（2）")
    lines = Line.select().order_by(Line.id.desc()).limit(2)
    assert [line.each * line.quantity for line in lines] == [4, 4]
    assert Score.select().where(Score.line.in_(lines)).count() == 6


def test_a_rule_book_is_changed_in_a_spreadsheet(demo_site: Site, password: str, village: int, tmp_path: Path) -> None:
    committee = demo_site.desk().sign_in("committee", password)
    committee.open(f"/villages/{village}/rule-book").fill(source="现行的").submit().see("保存草稿")
    committee.press("下载成表格")
    with committee.page.expect_download() as download:
        committee.page.get_by_role("link", name="下载草稿的表格").click()
    download.value.save_as(tmp_path / "book.xlsx")
    heads, *rows = load_workbook(tmp_path / "book.xlsx").get_sheet_by_index(0).to_python()
    name, points = heads.index("项目"), heads.index("分值")
    for cells in rows:
        if cells[name] == "清理河道":
            cells[points] = "三分"
    give_sheet(committee, heads, rows).press("看看改了什么").see("“三分”不是整数")
    for cells in rows:
        if cells[name] == "清理河道":
            cells[points] = 6
    give_sheet(committee, heads, rows).press("看看改了什么").see("1 项有改动").see("清理河道").see("3 → 6")
    committee.press("放进草稿").see("采纳后才生效").press("改了要多花多少")
    costs = committee.page.locator("tr", has_text="清理河道")
    expect(costs).to_contain_text("3 → 6")
    committee.press("去采纳").fill(minutes="村民代表会议〔2026〕第9号").submit().see("已采纳")
    book = RuleBook.get(RuleBook.area == village, RuleBook.state == "adopted")
    assert RuleItem.get(RuleItem.book == book, RuleItem.name == "清理河道").points == 6
    committee.open(f"/villages/{village}/rules").see("清理河道").see("6")


def upload(reader: Reader, rows: list[list[object]], button: str) -> Reader:
    """Choose a roster and send it."""
    return give_sheet(reader, list(roster.HEADS), rows).press(button)


def give_sheet(reader: Reader, heads: list[object], rows: list[list[object]]) -> Reader:
    """Choose a spreadsheet of *rows* in the form's field."""
    body = sheets.write("记录", [str(head) for head in heads], rows)
    reader.page.set_input_files("[name=sheet]", FilePayload(name="表.xlsx", mimeType=XLSX, buffer=body))
    return reader


# --- far from the mast ------------------------------------------------------------------------------------------------


def test_on_a_slow_network_a_report_goes_once(demo_site: Site, password: str) -> None:
    reports = Contribution.select().count()
    phone = demo_site.phone()
    weights = slow(phone)
    phone.scripts = False  # axe would not weigh, but would wait
    phone.sign_in("villager", password)
    first = sum(weights)
    phone.open("/report").fill(item_id="志愿服务", note="给张奶奶挑水")
    assert first <= 60 * 1024 and sum(weights) - first <= 30 * 1024, f"{first:,.0f} of {sum(weights):,.0f} bytes"
    attach(phone, photo("large", size=(3000, 2000)))
    phone.page.get_by_role("button", name="报上去").dblclick()
    phone.see("已报上去")
    assert Contribution.select().count() == reports + 1


def test_on_a_slow_network_the_working_list_is_worked(demo_site: Site, password: str) -> None:
    member = demo_site.phone()
    weights = slow(member)
    member.scripts = False
    member.sign_in("council", password).open("/decide")
    assert sum(weights) <= 90 * 1024, f"{sum(weights):,.0f} bytes"
    voices = Voice.select().count()
    member.page.locator("[data-verdict=approve]").first.dblclick()
    member.see("已对 1 条表示同意")
    assert Voice.select().count() == voices + 1


def slow(reader: Reader) -> list[float]:
    """Put a phone far from the mast; return the weights of what it loads, as they come."""
    network: CDPSession = reader.page.context.new_cdp_session(reader.page)
    network.send("Network.enable")
    speed = {"downloadThroughput": 50_000, "uploadThroughput": 50_000}
    network.send("Network.emulateNetworkConditions", {"offline": False, "latency": 400, **speed})
    weights: list[float] = []
    network.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    return weights


# --- people and pictures ----------------------------------------------------------------------------------------------


def council(site: Site, village: int, password: str) -> list[str]:
    """Return the sign-ins of four members; three of them are given theirs."""
    held = Role.select(Role.person).where(Role.kind == "council", Role.area == village)
    others = [member for member in Person.select().where(Person.id.in_(held)) if member.username is None]
    for number, member in enumerate(others[:3]):
        give_sign_in(site, member, f"member{number}", password)
    return ["council", "member0", "member1", "member2"]


def give_sign_in(site: Site, person: Person, username: str, password: str) -> None:
    """Give someone a sign-in with a password of their own choice."""
    admin, first, now = Person.get(Person.username == "admin"), "first-quiet-river", site.clock.now
    given = {"person_id": person.id, "username": username, "password": first}
    household.give_sign_in(key=uuid4().hex, actor=admin, now=now, **given)
    sign_in.change_password(person=Person.get_by_id(person.id), old=first, new=password, now=now)


def villagers(holder: Person, number: int) -> list[Person]:
    """Return people of other households of the lane, one of each, none of them staff."""
    staffed = Person.select(Person.household).where(
        Person.id.in_(Role.select(Role.person)), Person.household.is_null(False)
    )
    found: dict[int, Person] = {}
    for person in Person.select().where(Person.area == holder.area_id, Person.household.not_in(staffed)):
        if person.household_id != holder.household_id:
            found.setdefault(person.household_id, person)
    return list(found.values())[:number]


def balance(person: Person) -> int:
    return ledger.balance(ledger.account(AccountType.HOUSEHOLD, person.household_id))


def held(person: Person) -> int:
    """Return the points set aside for the household's reservations, which expire meanwhile."""
    account = Account.get_or_none(type=AccountType.HOLD, owner_id=person.household_id)
    return ledger.balance(account) if account else 0


def posted_since(moment: datetime, person: Person) -> int:
    """Return the points that came to the person's household; the demo had more of its lines under way."""
    posted = (Line.household == person.household_id) & (Line.state == "posted") & (Line.effect == "points")
    return sum(line.granted for line in Line.select().where(posted, Line.posted_at >= moment))


def attach(reader: Reader, picture: FilePayload) -> Reader:
    """Choose a photo, and wait until the page shows it."""
    reader.page.set_input_files("[name=photos]", picture)
    expect(reader.page.locator("[data-photos] img")).to_have_count(1)
    reader.form = reader.page.locator("form", has=reader.page.locator("[name=photos]"))
    return reader


def photo(name: str, *, size: tuple[int, int] = (2400, 1600), located: bool = False) -> FilePayload:
    """Take a photo unlike those of another name; *located*, it says where it was taken."""
    rough = Image.frombytes("L", (24, 16), random.Random(name).randbytes(24 * 16))
    drawn, exif, out = rough.resize(size).convert("RGB"), Image.Exif(), io.BytesIO()
    if located:
        exif.get_ifd(GPS).update({1: "N", 2: (30.0, 15.0, 0.0), 3: "E", 4: (120.0, 10.0, 0.0)})
    drawn.save(out, "JPEG", exif=exif)
    assert bool(Image.open(out).getexif()) == located
    return FilePayload(name=f"{name}.jpg", mimeType="image/jpeg", buffer=out.getvalue())
