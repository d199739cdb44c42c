"""What hangs on the wall, drawn at 150 dpi and read back: words, codes, and that nothing is cut off."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from points import photos
from points.models.areas import Area, VillageSetting
from points.models.contribution import Correction, Line, Notice
from points.models.goods import Goods
from points.models.paper import Paper
from points.models.people import Household, Person
from points.models.rules import RuleItem
from points.models.shop import Shop
from points.services import boards, goods, shop
from points.web.papers import goods as list_of_goods
from tests import steps
from tests.browser import Browser
from tests.tools import codes, drawn, misplaced, press, words
from tests.unit.test_boards import commend
from tests.world import World

LONG = "积分兑换超市𠮷䶮𬭎一二三四五六七八九十甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌"
LATIN = "Mq" * 20
MARKUP = "#panic() *粗* _斜_ $x$ <b> & \\ // `c` @a"
SIZES = {"a4": (595, 842), "a3": (842, 1191)}
assert len(LONG) == len(LATIN) == 40 >= len(MARKUP)


def printed(browser: Browser, path: str, **given: Any) -> bytes:
    """Print a sheet; every one carries its date, its place among the pages, and a code on each page; nothing is cut."""
    answer = press(browser, f"/papers/{path}", **given)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf"), answer.text[-900:]
    body = answer.data
    said, pages = plain(body), len(pypdfium2.PdfDocument(BytesIO(body)))
    assert [f"第{number}页，共{pages}页" in said for number in range(1, pages + 1)] == [True] * pages
    assert said.count("打印于2026年") == pages
    token = Paper.select().order_by(Paper.id.desc()).get().token
    assert codes(body).count(f"http://points.example/check/{token}") == pages
    assert "□" not in said and "\ufffd" not in said
    assert misplaced(body) == []
    return body


def plain(body: bytes) -> str:
    """Read the words of a PDF as one line: where a cell breaks them is not their business."""
    return re.sub(r"[\s\u200b]", "", words(body))


def holds(body: bytes, text: str) -> bool:
    return re.sub(r"\s", "", text) in plain(body)


on_sqlite = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
"""For what takes long to draw: a sheet looks alike on both databases."""


@pytest.fixture
def staff(browser: Browser, world: World) -> Browser:
    """A member of the committee at a desk."""
    return browser.sign_in(world.committee[0])


@on_sqlite
@pytest.mark.parametrize(
    ("name", "paper"), [(LONG, "a4"), (LATIN, "a4"), (MARKUP, "a3")], ids=["long", "latin", "markup"]
)
def test_names_of_forty_signs_are_whole_on_every_poster(staff: Browser, world: World, name: str, paper: str) -> None:
    Area.update(name=name).where(Area.id.in_([world.village, world.lanes[0], world.grid])).execute()
    Shop.update(name=name, hours=name).where(Shop.id == world.shop).execute()
    Goods.update(name=name, unit=name[:8], limit_household=3, limit_person=1).where(Goods.id == world.rice).execute()
    RuleItem.update(name=name, evidence=name).where(RuleItem.code == 1).execute()
    Person.update(name=name, phone=name[:20], phone_public=True).where(Person.id == world.recorder.id).execute()
    VillageSetting.update(objection_contact=name * 3).execute()
    steps.approved(world, world.villager(), world.villager(2))
    Line.update(item_name=name).execute()
    Household.update(number="Q12345678901").where(Household.id == world.households[0].id).execute()
    commend(world, 0, text=name)
    notice_id = steps.hung(world)
    for path in ("rules/{village}", "goods/{shop}", "hours/{village}", "lanes/{village}", "board/{village}"):
        body = printed(staff, path.format(village=world.village, shop=world.shop), paper=paper)
        assert holds(body, name), path
    body = printed(staff, f"notice/{notice_id}", paper=paper)
    assert holds(body, name) and holds(body, "Q12345678901")
    with pypdfium2.PdfDocument(BytesIO(body)) as document:
        assert tuple(round(side) for side in document[0].get_size()) == SIZES[paper]


# --- notice -----------------------------------------------------------------------------------------------------


def test_the_sheet_of_a_notice_says_what_its_page_says(staff: Browser, world: World) -> None:
    steps.approved(world, world.villager(0), world.villager(2))
    steps.deduct(world, world.villager(1))
    world.open_household(world.lanes[1], "郑新户", "郑小")
    notice_id = steps.hung(world)
    body = printed(staff, f"notice/{notice_id}")
    said = plain(body)
    for line in Line.select():
        assert line.item_name in said
    for shown in (
        "东一巷",
        "东二巷",
        "王*英",
        "赵*花",
        "郑*户、郑*",
        "公示 5 天",
        "有异议，请在截止前向",
        "异议单",
        "−5",
    ):
        assert shown.replace(" ", "") in said, shown
    assert not [name for name in ("王秀英", "赵春花", "郑新户") if name in said]
    page, *_checks = [text for text in codes(body) if "/check/" not in text]
    assert page == f"http://points.example/notices/{notice_id}"
    assert "扫码看这期公示，在网上提异议" in plain(body)  # beside its own code; beside the other:
    assert "扫右边的码，核对这张纸" in plain(body)


def test_a_lane_has_a_sheet_of_its_own_and_the_check_page_tells_of_that_lane(staff: Browser, world: World) -> None:
    steps.approved(world, world.villager(0), world.villager(2))
    notice_id = steps.hung(world)
    said = plain(printed(staff, f"notice/{notice_id}", lane=world.lanes[0]))
    assert "王*英" in said and "赵*花" not in said
    facts = Paper.get().facts
    assert "东一巷" in facts and "1 条记录，共 10 分" in facts and "东二巷" not in facts and "全村" not in facts
    assert press(staff, f"/papers/notice/{notice_id}", lane=world.grid).status_code == 404
    whole = printed(staff, f"notice/{notice_id}", whole="1")
    assert len(drawn(whole)) == 2 < len(drawn(printed(staff, f"notice/{notice_id}")))  # one run, and the slips


@on_sqlite
def test_300_lines_go_over_pages_under_the_same_head_and_none_is_split(staff: Browser, world: World) -> None:
    lines = steps.decide(world, steps.check(world, steps.crowd(world, 300, code=23, cap=None, day=world.today)))
    Line.update(item_name="移风易俗，婚事新办、丧事简办，不收彩礼、不摆宴席").where(Line.id.in_(lines[::3])).execute()
    notice_id = steps.hung(world)
    body = printed(staff, f"notice/{notice_id}", whole="1")
    with pypdfium2.PdfDocument(BytesIO(body)) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    assert len(pages) > 8
    assert all("做了什么" in page and "户号" in page for page in pages[:-2])
    numbers = [int(found) for page in pages for found in re.findall(r"^(\d{1,3}) \d{4} ", page, re.M)]
    assert numbers == list(range(1, 301))
    assert "异议单" in pages[-1] and pages[-1].count("哪里不对") == 8


def test_corrections_and_lines_that_ended_are_told(staff: Browser, world: World) -> None:
    [posted] = steps.posted(world, world.villager())
    [_first, second] = steps.approved(world, world.villager(0), world.villager(2))
    told = {"points": 10, "reason": "日期记错了", "made_by": world.admin, "made_at": world.now}
    Correction.create(line=posted, village=world.village, **told)
    notice_id = steps.hung(world)
    Line.update(state="struck").where(Line.id == second).execute()
    said = plain(printed(staff, f"notice/{notice_id}"))
    assert "更正：以前公示、已经入账的记录，现在改正" in said and "−10分" in said and "日期记错了" in said
    assert "（已取消）" in said


def test_a_notice_that_waits_to_hang_leaves_its_day_to_be_written_and_an_old_one_has_no_slips(
    staff: Browser, world: World
) -> None:
    steps.approved(world)
    notice_id = steps.hung(world)
    Notice.update(state="gathered", hung_at=None, hung_by=None, closes_at=None).execute()
    said = plain(printed(staff, f"notice/{notice_id}"))
    assert "张贴日期：______年____月____日，次日起公示5天" in said and "公示期内交到" in said
    closes = world.now + timedelta(days=5)
    Notice.update(state="hung", hung_at=world.now, hung_by=world.admin, closes_at=closes).execute()
    world.wait(days=6)
    said = plain(printed(staff, f"notice/{notice_id}"))
    assert "异议单" not in said and "公示已经结束" in said and "王*英" in said
    world.wait(days=31)
    assert "王*英" not in plain(printed(staff, f"notice/{notice_id}"))


# --- red board --------------------------------------------------------------------------------------------------


def test_the_red_board_names_each_household_as_it_wishes(staff: Browser, world: World) -> None:
    for number, choice in enumerate(("full", "masked", "none")):
        commend(world, number, text=f"好事第{number}件", points=5)
        by = world.by(world.villager(number)) | {"household_id": world.households[number].id}
        boards.choose_name(**by, board_name=choice)
    commend(world, 0, "2026-10", text="十月的事")
    said = plain(printed(staff, f"board/{world.village}"))
    assert "王秀英" in said and "李*兰" in said and "好事第1件" in said
    assert "好事第2件" not in said and "十月的事" not in said and "积分" not in said.split("评议会表扬")[0]
    VillageSetting.update(board_points=True).execute()
    assert "做了什么积分" in plain(printed(staff, f"board/{world.village}", period="2026-11"))
    assert "十月的事" in plain(printed(staff, f"board/{world.village}", period="2026-10"))
    assert "表扬 1 户" in Paper.select().order_by(Paper.id.desc()).get().facts


# --- rules ------------------------------------------------------------------------------------------------------


def test_the_rule_book_says_caps_evidence_and_limits(staff: Browser, world: World) -> None:
    VillageSetting.update(monthly_cap=45, notice_days=7).execute()
    said = plain(printed(staff, f"rules/{world.village}"))
    for item in RuleItem.select().where(RuleItem.book == world.book):
        assert item.name in said and f"凭：{item.evidence}" in said
    for shown in (
        "每月最多4次（每户）",
        "不占每月封顶",
        "扣文明分（不扣积分）",
        "每户每月最多得45分",
        "先公示7天",
        "一分值1.00元",
    ):
        assert shown in said, shown


# --- goods ------------------------------------------------------------------------------------------------------


def picture(colour: tuple[int, int, int]) -> photos.Picture:
    body = BytesIO()
    Image.new("RGB", (300, 200), colour).save(body, "JPEG")
    return photos.redraw(body.getvalue())


def test_goods_stand_by_category_with_price_picture_and_what_is_gone(staff: Browser, world: World) -> None:
    goods.edit_goods(**world.by(world.clerk), goods_id=world.rice, limit_household=2, picture=picture((200, 0, 0)))
    gone = world.add_goods("火腿肠", "根", "粮油", 2, quantity=0)
    hidden = world.add_goods("下架货", "个", "其他", 3)
    over = world.add_goods("过期货", "个", "其他", 3)
    Goods.update(hidden=True).where(Goods.id == hidden).execute()
    Goods.update(valid_to=world.today - timedelta(days=1)).where(Goods.id == over).execute()
    body = printed(staff, f"goods/{world.shop}")
    said = plain(body)
    assert said.index("粮油") < said.index("大米5kg") < said.index("调味") < said.index("洗衣液2kg")
    assert "30分/袋" in said and "每月每户最多2袋" in said and said.count("没货") == 1
    assert said.index("火腿肠") < said.index("没货") and "下架货" not in said and "过期货" not in said
    assert any(r > 150 and g < 60 and b < 60 for r, g, b in drawn(body, 50)[0].convert("RGB").get_flattened_data())
    assert Goods.get_by_id(gone).price + 52 == 54 and '["每样一件，一共几分", 54]' in Paper.get().facts


def test_of_very_many_goods_the_first_are_printed_and_it_says_so(
    staff: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_of_goods, "MOST", 2)
    said = plain(printed(staff, f"goods/{world.shop}"))
    assert "只印了前2样" in said and said.count("没有您想要的") == 1
    monkeypatch.setattr(list_of_goods, "MOST", 2000)
    monkeypatch.setattr(list_of_goods, "MOST_PICTURES", 1)
    for goods_id in world.goods.values():
        goods.edit_goods(**world.by(world.clerk), goods_id=goods_id, picture=picture((0, 0, goods_id)))
    assert "只印了前1样的图" in plain(printed(staff, f"goods/{world.shop}"))


# --- hours ------------------------------------------------------------------------------------------------------


def test_the_hours_tell_every_shop_its_redemption_days_and_the_van(staff: Browser, world: World) -> None:
    by = world.committee[0]
    week = [[0, 480, 720, 1], [0, 840, 1080, 0], [5, 540, 660, 1]]
    shop.set_hours(**world.by(by), shop_id=world.shop, hours=week)
    shop.set_day(**world.by(by), shop_id=world.shop, day=world.today + timedelta(days=2))
    van = shop.open_shop(**world.by(world.admin), area_id=world.township, code="VAN", name="流动超市", hours="")
    Shop.update(van=True).where(Shop.id == van).execute()
    at = {"opens": 540, "closes": 600, "place": "樟树下"}
    for area in (world.village, world.other_village):
        day = world.today + timedelta(days=3 if area == world.village else 4)
        shop.set_day(**world.by(world.admin), shop_id=van, day=day, area_id=area, **at)
    said = plain(printed(staff, f"hours/{world.village}"))
    for shown in ("周一8:00–12:00，14:00–18:008:00–12:00", "周二休息—", "11月4日（周三）休息", "周六上午"):
        assert shown in said, shown
    assert "11月5日（周四）9:00–10:00石桥村（樟树下）流动超市" in said and "柳林村" not in said
    assert "流动售货车，按日期到各处" in said


def test_a_shop_that_set_no_hours_says_whom_to_ask(staff: Browser, world: World) -> None:
    Shop.update(hours="").execute()
    assert "营业时间请问村委会" in plain(printed(staff, f"hours/{world.village}"))


# --- lanes ------------------------------------------------------------------------------------------------------


def test_the_lane_board_of_a_grid_holds_its_lanes_only(staff: Browser, world: World) -> None:
    other = world.open_area(world.village, "grid", "第二网格")
    world.open_household(world.open_area(other, "lane", "南一巷"), "王南")
    world.appoint("steward", world.lanes[1], "巷长甲", lane=world.lanes[1])
    said = plain(printed(staff, f"lanes/{world.village}"))
    assert "南一巷" in said and "东二巷巷长甲" in said and "东一巷找网格员" in said
    said = plain(printed(staff, f"lanes/{world.grid}"))
    assert "第一网格街巷一览" in said and "南一巷" not in said
