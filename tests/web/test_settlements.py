"""The pages of settlements: drawn by the village, signed by both, paid, closed by the shop; the sheet and the file."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from points import sheets
from points.models.fund import Settlement
from points.models.shop import Shop
from points.services import fund, redemption
from tests import steps
from tests.browser import Browser
from tests.tools import press
from tests.world import World


@pytest.fixture
def receipts(world: World) -> list[int]:
    """Two receipts of November over 30 points at the contracted shop, the second undone; now it is December."""
    Shop.update(contracted=True).where(Shop.id == world.shop).execute()
    world.give_points(world.households[0], 100)
    paper = world.card(world.villager())
    made = [steps.sold(world, paper, {world.rice: 1}) for _ in range(3)]
    redemption.undo(**world.by(world.committee[0]), receipt_id=made[1], reason="袋子破了")
    world.now = datetime(2026, 12, 2, 1, 0, tzinfo=UTC)
    return made


def listed(world: World) -> str:
    return f"/villages/{world.village}/settlements"


def drawn(browser: Browser, world: World) -> str:
    """Draw November; return the settlement's address."""
    answer = browser.submit(listed(world), shop=world.shop, month="2026-11")
    assert answer.status_code == 303, answer.text
    return answer.location


def test_a_settlement_goes_all_its_way_on_the_pages(browser: Browser, world: World, receipts: list[int]) -> None:
    village, shop = browser.sign_in(world.committee[0]), browser.another().sign_in(world.clerk)
    page = drawn(village, world)
    text = village.get(page).text
    for shown in ("石桥村积分超市 2026年11月结算", "60.00 元", "3 张凭证，90 分", "1 张凭证，30 分", "袋子破了", "-30"):
        assert shown in text.replace("−", "-"), shown
    assert "记付款" not in text
    assert page in shop.get(listed(world)).text
    assert page in shop.get("/desk").text and page in village.get("/desk").text
    shop.submit(page, f"{page}/sign")
    assert page not in shop.get("/desk").text and page in village.get("/desk").text
    assert "等另一方核对签字" in shop.get(page).text
    village.submit(page, f"{page}/sign")
    refused = village.submit(page, f"{page}/pay", voucher="回单 88")
    assert refused.status_code == 409 and "基金不够" in refused.text and 'value="回单 88"' in refused.text
    given = {"village_id": world.village, "voucher": "7", "note": "", "day": world.today}
    fund.enter(**world.by(world.committee[0]), kind="grant", fen=6_000, **given)
    assert village.submit(page, f"{page}/pay", voucher="回单 88").status_code == 303
    assert "看结算单" in village.get(f"/villages/{world.village}/fund").text
    council = browser.another().sign_in(world.council[0]).get(f"/villages/{world.village}/fund").text
    assert "回单 88" in council and "看结算单" not in council, "settlements are not for the council"
    shop.submit(page, f"{page}/close")
    assert Settlement.get().state == "closed"
    text = village.get(page).text
    for shown in ("已结清", "钱店员", "田主任", "回单 88"):
        assert shown in text


def test_the_sheet_is_ready_to_be_signed(browser: Browser, world: World, receipts: list[int]) -> None:
    page = drawn(browser.sign_in(world.committee[0]), world)
    text = browser.get(f"{page}/sheet").text
    for shown in ("陆拾元整", "袋子破了", "店方（签字）：____________", "2026年11月底"):
        assert shown in text
    browser.submit(page, f"{page}/sign")
    assert "村里（签字）：田主任" in browser.get(f"{page}/sheet").text


@pytest.mark.parametrize("lot", [3, 4, 10_000])
def test_the_receipts_come_as_a_spreadsheet(
    browser: Browser, world: World, receipts: list[int], lot: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("points.queries.settlements.A_LOT", lot)
    page = drawn(browser.sign_in(world.committee[0]), world)
    answer = press(browser, f"/lists/settlements.show/{page.rpartition('/')[2]}", format="xlsx")
    columns = [sheets.Column(name) for name in ("凭证号", "户号", "积分", "金额")]
    rows = sheets.read(answer.data, columns)
    answer.close()
    assert sorted(row.values["积分"] for row in rows) == [-30, 30, 30, 30]
    assert sum(row.values["金额"] for row in rows) == 60


def test_a_settlement_that_was_dropped_can_be_drawn_anew(browser: Browser, world: World, receipts: list[int]) -> None:
    browser.sign_in(world.committee[0])
    page = drawn(browser, world)
    again = browser.submit(listed(world), shop=world.shop, month="2026-11")
    assert again.status_code == 409 and "已经有了" in again.text
    browser.submit(page, f"{page}/drop")
    assert "已作废" in browser.get(page).text
    assert drawn(browser, world) != page


def test_what_cannot_be_settled_says_why(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    assert "没有签约店" in browser.get(listed(world)).text
    Shop.update(contracted=True).where(Shop.id == world.shop).execute()
    answer = browser.submit(listed(world), shop=world.shop, month="2026-10")
    assert answer.status_code == 409 and "没有可结的" in answer.text
    assert browser.submit(listed(world), shop=world.shop, month="2026-12").status_code == 422


def test_a_step_before_its_time_is_refused(browser: Browser, world: World, receipts: list[int]) -> None:
    page = drawn(browser.sign_in(world.committee[0]), world)
    answer = press(browser, f"{page}/pay", voucher="回单 88", day="2026-12-01", commitment=0)
    assert answer.status_code == 409 and "签字以后才能付款" in answer.text
    clerk = browser.another().sign_in(world.clerk)
    press(clerk, f"{page}/close")
    assert "签字以后才能付款" in clerk.get(page).text
    assert Settlement.get().state == "drawn"


def test_a_clerk_sees_the_own_shops_alone(browser: Browser, world: World, receipts: list[int]) -> None:
    page = drawn(browser.sign_in(world.committee[0]), world)
    Shop.update(area=world.township).where(Shop.id == world.shop).execute()
    clerk = browser.another().sign_in(world.clerk)
    assert "还没有结算单" in clerk.get(listed(world)).text
    assert clerk.get(page).status_code == 403
    assert browser.another().sign_in(world.other_clerk).get(page).status_code == 404
    assert page in browser.another().sign_in(world.supervisor).get(listed(world)).text
