"""Receipts, settlements, minutes and passbook pages as PDF: drawn at 150 dpi they say what the pages say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import BytesIO

import pypdfium2
import pytest
import zxingcpp

from points import codes as carried
from points import pdf
from points.models.contribution import Line
from points.models.fund import Settlement
from points.models.goods import Goods
from points.models.people import Household, Person
from points.models.shop import Shop
from points.queries import settlements as reads
from points.services import council, redemption, settlement
from points.services.passbook import LINES
from points.web import qr
from tests import steps
from tests.browser import Browser
from tests.tools import codes, drawn, press, words
from tests.world import World

RARE = "𠮷䶮𬭎"
LONG = "名" * 36 + "𠮷䶮𬭎尾"


@pytest.fixture
def receipt(world: World) -> int:
    """A receipt of the first household: rice and two bags of salt."""
    world.give_points(world.households[0], 60)
    return steps.sold(world, world.card(world.villager()), {world.rice: 1, world.goods["食盐400g"]: 2})


def printed(browser: Browser, kind: str, subject: int, **fields: object) -> bytes:
    answer = press(browser, f"/papers/{kind}/{subject}", **fields)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf"), answer.text
    return answer.data


def plain(body: bytes) -> str:
    """Read the words of a PDF without the blanks and breaks between them."""
    return re.sub(r"[\s\u200b]", "", words(body))


def checked(browser: Browser, body: bytes) -> str:
    """Read the code of a sheet and open the page it leads to, as anybody may."""
    [address] = {found for found in codes(body) if "/check/" in found}
    page = browser.another().get(address[address.index("/check/") :])
    assert page.status_code == 200
    return page.text


def inside(body: bytes) -> bool:
    """Tell whether all words of a PDF lie on its pages, a hand's breadth of a millimetre from the edge."""
    with pypdfium2.PdfDocument(BytesIO(body)) as document:
        for page in document:
            wide, text = page.get_width(), page.get_textpage()
            for n in range(text.count_rects()):
                left, bottom, right, _top = text.get_rect(n)
                if left < 2 or right > wide - 2 or bottom < 2:
                    return False
    return True


# --- receipts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "wide"), [("58", 58), ("80", 80), ("a5", 148)])
def test_a_receipt_fits_its_paper_and_carries_both_codes(
    browser: Browser, world: World, receipt: int, size: str, wide: int
) -> None:
    browser.sign_in(world.clerk)
    body = printed(browser, "receipt", receipt, size=size)
    said = plain(body)
    for shown in (
        "积分兑换凭证",
        "SQ-1-000001",
        "大米5kg",
        "共34分",
        "剩余26分",
        "王*英",
        "已验密码",
        "食盐400g",
    ):
        assert shown in said, shown
    assert "王秀英" not in said and "副本" not in said
    [page] = drawn(body, 203)
    assert abs(page.width / 203 * 25.4 - wide) < 1
    found = {one.text for one in zxingcpp.read_barcodes(page.convert("1"))}  # as a thermal printer has it: black or not
    assert carried.receipt_code(receipt) in found and any("/check/" in one for one in found)
    assert "有效" in checked(browser, body)


def test_the_second_print_of_a_receipt_is_a_copy_and_a_retry_is_not(
    browser: Browser, world: World, receipt: int
) -> None:
    browser.sign_in(world.clerk)
    for _retry in range(2):
        assert "副本" not in words(printed(browser, "receipt", receipt, size="58", key="the-same-key-of-16"))
    assert "副本 第 2 次" in words(printed(browser, "receipt", receipt, size="80"))
    refused = press(browser, f"/papers/receipt/{receipt}", size="a3")
    assert refused.status_code == 422


def test_a_receipt_that_was_undone_says_so_and_so_does_its_code(browser: Browser, world: World, receipt: int) -> None:
    browser.sign_in(world.clerk)
    before = printed(browser, "receipt", receipt, size="58")
    redemption.undo(**world.by(world.committee[0]), receipt_id=receipt, reason="拿错了")
    assert "后来变了" in checked(browser, before) and "已撤销" in checked(browser, before)
    assert "已撤销" in words(printed(browser, "receipt", receipt, size="58"))


def test_only_the_household_prints_the_code_of_a_receipt_later(browser: Browser, world: World, receipt: int) -> None:
    world.wait(hours=1)
    code = carried.receipt_code(receipt)
    assert code not in codes(printed(browser.sign_in(world.clerk), "receipt", receipt, size="58"))
    assert code in codes(printed(browser.another().sign_in(world.villager()), "receipt", receipt, size="58"))
    neighbour = browser.another().sign_in(world.villager(1))
    assert press(neighbour, f"/papers/receipt/{receipt}", size="58").status_code == 404


def test_long_and_rare_names_are_whole_on_the_narrowest_roll(browser: Browser, world: World) -> None:
    Goods.update(name=LONG).where(Goods.id == world.rice).execute()
    Shop.update(name=LONG).where(Shop.id == world.shop).execute()
    world.give_points(world.households[0], 60)
    receipt = steps.sold(world, world.card(world.villager()), {world.rice: 1})
    body = printed(browser.sign_in(world.clerk), "receipt", receipt, size="58")
    assert plain(body).count(LONG) == 2 and inside(body) and "〓" not in words(body)


# --- settlements --------------------------------------------------------------------------------------------------


@pytest.fixture
def settled(world: World) -> int:
    """A settlement of November: two receipts, the first undone later."""
    Shop.update(contracted=True).where(Shop.id == world.shop).execute()
    world.give_points(world.households[0], 100)
    paper = world.card(world.villager())
    made = [steps.sold(world, paper, {world.rice: 1}) for _ in range(3)]
    redemption.undo(**world.by(world.committee[0]), receipt_id=made[0], reason="袋子破了")
    world.now = datetime(2026, 12, 2, 1, 0, tzinfo=UTC)
    drawn_up = {"shop_id": world.shop, "village_id": world.village, "month": "2026-11"}
    return settlement.draw(**world.by(world.committee[0]), **drawn_up)


def test_a_settlement_is_ready_to_be_signed_by_both(browser: Browser, world: World, settled: int) -> None:
    browser.sign_in(world.committee[0])
    body = printed(browser, "settlement", settled)
    said = plain(body)
    for shown in (
        "积分兑换结算单",
        "2026年11月底",
        "陆拾元整",
        "袋子破了",
        "店方（签字）：",
        "村里（签字）：",
        "第1页，共1页",
    ):
        assert shown in said, shown
    assert "凭证明细" not in said and "未付款" in checked(browser, body)
    settlement.sign(**world.by(world.clerk), settlement_id=settled)
    assert "店方（签字）：钱店员" in plain(printed(browser, "settlement", settled))
    assert "凭证明细" in words(printed(browser.another().sign_in(world.clerk), "settlement", settled, detail="1"))
    for stranger, status in ((world.council[0], 403), (world.villager(), 404), (world.other_committee, 404)):
        assert press(browser.another().sign_in(stranger), f"/papers/settlement/{settled}").status_code == status


def test_a_settlement_of_thousands_of_receipts_runs_over_many_pages(
    browser: Browser, world: World, settled: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    [one, *_rest] = reads.all_items(settled)
    monkeypatch.setattr(reads, "all_items", lambda _id: iter([one] * 3_000))
    body = printed(browser.sign_in(world.committee[0]), "settlement", settled, detail="1")
    with pypdfium2.PdfDocument(BytesIO(body)) as document:
        assert len(document) > 60
        last = document[len(document) - 1].get_textpage().get_text_bounded()
        assert f"第 {len(document)} 页，共 {len(document)} 页" in last and "凭证号" in last, "the head comes again"
    assert words(body).count(one.number) >= 3_000


# --- minutes ------------------------------------------------------------------------------------------------------


def test_minutes_have_a_line_for_each_member_who_came(browser: Browser, world: World) -> None:
    lines = steps.check(world, steps.record(world, world.villager(0), world.villager(1)))
    sitting = council.open_sitting(**world.by(world.committee[0]), village_id=world.village, place="村委会二楼")
    browser.sign_in(world.committee[0])
    early = press(browser, f"/papers/minutes/{sitting}")
    assert early.status_code == 409 and "还没有开完" in early.text
    for member in world.council[:2]:
        council.attend(**world.by(member), sitting_id=sitting)
    council.attend(**world.by(world.council[2]), sitting_id=sitting)
    steps.decide(world, lines[:1])
    Person.update(name=LONG).where(Person.id == world.villager(0).id).execute()
    council.close_sitting(**world.by(world.committee[0]), sitting_id=sitting)
    body = printed(browser, "minutes", sitting)
    said = plain(body)
    for shown in ("第1次评议会记录", "村委会二楼", LONG, "通过，10分", "到会评议员签字", "没议完的1条转到下一次"):
        assert shown in said, shown
    after = said[said.index("到会评议员签字") :]
    assert all(member.name in after for member in world.council)
    page = checked(browser, body)
    assert "议了的记录（条）" in page and LONG not in page and world.council[0].name not in page
    assert press(browser.another().sign_in(world.clerk), f"/papers/minutes/{sitting}").status_code == 403


# --- passbook -----------------------------------------------------------------------------------------------------


def test_a_full_page_of_long_and_rare_words_is_one_sheet_with_nothing_cut_off(browser: Browser, world: World) -> None:
    household: Household = world.households[0]
    [line] = steps.posted(world, world.villager())
    for _ in range(LINES - 1):
        world.give_points(household, 12_345)
    Line.update(item_name=LONG).where(Line.id == line).execute()
    Person.update(name=RARE).where(Person.id == world.villager().id).execute()
    browser.sign_in(world.recorder)
    page = press(browser, f"/households/{household.id}/passbook/next").location
    body = printed(browser, "passbook", int(page.rsplit("/", 1)[1]))
    said = plain(body)
    assert LONG in said and "𠮷*" in said and "〓" not in said and inside(body)
    assert "第1页，共1页" in said and "户主签字" in said and len(drawn(body)) == 1
    told = checked(browser, body)
    assert "存折第几页" in told and str(LINES) in told and RARE not in told
    assert "重印" in words(printed(browser, "passbook", int(page.rsplit("/", 1)[1])))


def test_a_page_of_nothing_but_the_longest_words_still_fits(world: World) -> None:
    row = {"day": "2026-11-22", "words": f"{LONG}（王*英）", "came": "12,345", "went": "", "balance": "1,234,567"}
    names = ("title", "stub", "members", "brought", "opening", "came", "went")
    notes = ["代领人：" + "、".join(["钱*甥（到 2026年12月31日）"] * 3)] * 3
    book = dict.fromkeys(names, "石桥村积分存折") | {"rows": [row] * LINES, "balance": "1,234,567", "notes": notes}
    paper = dict.fromkeys(("title", "printed", "day", "place", "site", "check"), "东一巷")
    code = qr.picture(qr.address("http://points.example/check/abcdefghijkmnpqr", "码"))
    body = pdf.render("passbook", {"paper": paper, "books": [book]}, pictures={"check.svg": code})
    assert len(drawn(body)) == 1 and inside(body) and plain(body).count(LONG) == LINES


def test_settlement_facts_follow_its_state(browser: Browser, world: World, settled: int) -> None:
    body = printed(browser.sign_in(world.committee[0]), "settlement", settled)
    Settlement.update(state="dropped").where(Settlement.id == settled).execute()
    assert "已作废" in checked(browser, body) and "后来变了" in checked(browser, body)
