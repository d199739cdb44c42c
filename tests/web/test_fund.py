"""The page of the fund: yuan as people type them, the list, and the opposite entry."""

import pytest

from points.models.fund import FundEntry
from points.queries import fund
from tests.browser import Browser
from tests.world import World


def page(world: World) -> str:
    return f"/villages/{world.village}/fund"


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("1200", 120_000), ("1,200.5", 120_050), ("0.29", 29), ("１２．３４元", 1_234), (" 80 元", 8_000)],
)
def test_yuan_become_fen(browser: Browser, world: World, typed: str, fen: int) -> None:
    browser.sign_in(world.committee[0])
    answer = browser.submit(page(world), kind="donation", yuan=typed, voucher="收据 3")
    assert answer.status_code == 303, answer.text
    assert FundEntry.get().fen == fen


@pytest.mark.parametrize("typed", ["", "1.005", "-5", "五百", "1e3", "١٢"])
def test_other_amounts_are_refused_and_kept_on_the_page(browser: Browser, world: World, typed: str) -> None:
    browser.sign_in(world.committee[0])
    answer = browser.submit(page(world), kind="donation", yuan=typed, voucher="收据 3")
    assert answer.status_code == 422
    assert 'value="收据 3"' in answer.text and "金额" in answer.text
    assert not FundEntry.select().exists()


def test_nothing_is_no_amount(browser: Browser, world: World) -> None:
    answer = browser.sign_in(world.committee[0]).submit(page(world), kind="spent", yuan="0.00", voucher="7")
    assert answer.status_code == 422 and "金额要大于 0" in answer.text


def test_a_wrong_entry_is_answered_on_the_page(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0]).submit(page(world), kind="spent", yuan="80", voucher="发票 12")
    entry = FundEntry.get()
    assert "−80.00" in browser.get(page(world)).text
    cancel = f"/fund/{entry.id}/cancel"
    browser.submit(page(world), cancel, reason=" ")
    assert fund.balance(world.village) == -8000
    assert browser.submit(page(world), cancel, reason="记重了").status_code == 303
    text = browser.get(page(world)).text
    assert fund.balance(world.village) == 0
    for shown in ("已冲销", f"冲销 #{entry.id}", "记重了", "+80.00"):
        assert shown in text
    assert cancel not in text


def test_the_page_warns_when_the_fund_does_not_cover_the_points(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    assert "比村民手里的积分少" not in browser.get(page(world)).text
    world.give_points(world.households[0], 12)
    assert "少 12.00 元" in browser.get(page(world)).text
    browser.submit(page(world), kind="grant", yuan="12", voucher="7")
    assert "比村民手里的积分少" not in browser.get(page(world)).text
    browser.submit(page(world), kind="spent", yuan="20", voucher="8")
    assert "基金账上是负数" in browser.get(page(world)).text


def test_readers_see_the_list_and_no_form(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0]).submit(page(world), kind="grant", yuan="500", voucher="文件 5 号")
    for reader in (world.council[0], world.supervisor, world.admin):
        other = browser.another().sign_in(reader)
        text = other.get(page(world)).text
        assert "文件 5 号" in text and "记一笔" not in text and "/cancel" not in text
