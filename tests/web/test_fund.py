"""The page of the fund: yuan as people type them, the list, and the opposite entry."""

import pytest

from points.models.fund import FundTransfer
from points.queries import fund
from points.services import tick
from tests import steps
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
    assert FundTransfer.get().fen == fen


@pytest.mark.parametrize("typed", ["", "1.005", "-5", "五百", "1e3", "١٢"])
def test_other_amounts_are_refused_and_kept_on_the_page(browser: Browser, world: World, typed: str) -> None:
    browser.sign_in(world.committee[0])
    answer = browser.submit(page(world), kind="donation", yuan=typed, voucher="收据 3")
    assert answer.status_code == 422
    assert 'value="收据 3"' in answer.text and "金额" in answer.text
    assert not FundTransfer.select().exists()


@pytest.fixture
def grant(browser: Browser, world: World) -> None:
    """The committee is signed in and has entered 100 yuan."""
    browser.sign_in(world.committee[0]).submit(page(world), kind="grant", yuan="100", voucher="文件 5 号")


def test_nothing_is_no_amount(browser: Browser, world: World) -> None:
    answer = browser.sign_in(world.committee[0]).submit(page(world), kind="spent", yuan="0.00", voucher="7")
    assert answer.status_code == 422 and "金额要大于 0" in answer.text


def test_what_is_not_there_is_refused(browser: Browser, world: World, grant: None) -> None:
    answer = browser.submit(page(world), kind="spent", yuan="100.01", voucher="8")
    assert answer.status_code == 409 and "可用 100.00 元" in answer.text and 'value="100.01"' in answer.text


def test_a_wrong_entry_is_answered_on_the_page(browser: Browser, world: World, grant: None) -> None:
    browser.submit(page(world), kind="spent", yuan="80", voucher="发票 12")
    entry = FundTransfer.get(FundTransfer.kind == "spend")
    assert "−80.00" in browser.get(page(world)).text
    cancel = f"/fund/{entry.id}/cancel"
    browser.submit(page(world), cancel, reason=" ")
    assert fund.balance(world.village) == 2000
    assert browser.submit(page(world), cancel, reason="记重了").status_code == 303
    text = browser.get(page(world)).text
    assert fund.balance(world.village) == 10_000
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


def test_readers_see_the_list_and_no_form(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0]).submit(page(world), kind="grant", yuan="500", voucher="文件 5 号")
    for reader in (world.council[0], world.supervisor, world.admin):
        other = browser.another().sign_in(reader)
        text = other.get(page(world)).text
        assert "文件 5 号" in text and "记一笔" not in text and "/cancel" not in text


def test_money_is_set_aside_spent_and_released(browser: Browser, world: World, grant: None) -> None:
    commit = f"{page(world)}/commit"
    assert browser.submit(commit, purpose="第四季度进货", yuan="100.01").status_code == 409
    browser.submit(commit, purpose="第四季度进货", yuan="60")
    commitment = f"/commitments/{FundTransfer.get(FundTransfer.kind == 'commit').id}"
    text = browser.get(page(world)).text
    for shown in ("第四季度进货", "剩 60.00 元", "40.00 元", commitment):
        assert shown in text
    refused = browser.submit(commitment, yuan="61", voucher="发票 9")
    assert refused.status_code == 409 and 'value="发票 9"' in refused.text
    assert browser.submit(commitment, yuan="45", voucher="发票 9").status_code == 303
    assert "15.00 元" in browser.get(commitment).text
    assert browser.submit(f"{commitment}/release", reason="便宜了").status_code == 303
    text = browser.get(commitment).text
    assert "便宜了" in text and "发票 9" in text and "记下支出" not in text
    assert fund.balance(world.village) == 5500


def test_a_commitment_is_no_other_entry(browser: Browser, world: World, grant: None) -> None:
    assert browser.get(f"/commitments/{FundTransfer.get().id}").status_code == 404
    assert browser.get("/commitments/999").status_code == 404


def test_the_page_of_the_cover_says_what_stands_behind_the_points(browser: Browser, world: World, grant: None) -> None:
    cover = f"/villages/{world.village}/cover"
    text = browser.get(cover).text
    for shown in ("基金和存货的 0%", "100.00 元", "150.00 元", "250.00 元", "从明天起每天记一次", "没有定上限"):
        assert shown in text, shown
    world.give_points(world.households[0], 300)
    tick.tick(now=world.now)
    text = browser.get(cover).text
    for shown in ("基金和存货的 120%", "多 50.00 元", "2026年11月", "300 分，值 300.00 元", "记满一个月以后"):
        assert shown in text, shown
    world.wait(days=29)
    tick.confirm_clock(**world.by(world.admin))
    tick.tick(now=world.now)
    world.wait(days=30)
    browser.sign_in(world.committee[0])
    assert "最近 1 个月收支有余" in browser.get(cover).text
    browser.submit(page(world), kind="spent", yuan="50", voucher="8")
    assert "最近 1 个月的速度，基金和存货大约2027年5月用完" in browser.get(cover).text


def test_the_village_sets_a_limit_and_the_council_is_warned(browser: Browser, world: World) -> None:
    lines = steps.check(world, steps.record(world, world.villager(), world.villager(1)))
    council = browser.another().sign_in(world.council[0])
    assert "上限" not in council.get("/decide").text
    browser.sign_in(world.committee[0])
    settings = f"/villages/{world.village}/settings"
    assert browser.submit(settings, cover_percent=0).status_code == 422
    browser.submit(settings, cover_percent=10)
    assert 'value="10"' in browser.get(settings).text
    text = council.get("/decide").text
    for shown in ("石桥村要兑付的已值 0.00 元", "150.00 元", "10%", "还能给 15 分，等评议的共 20 分", "请斟酌"):
        assert shown in text, shown
    browser.submit(settings, cover_percent=10, cover_refuses="y")
    assert "超过上限的不能同意" in council.get("/decide").text
    answer = council.submit("/decide", verdict="approve", line=lines)
    assert answer.status_code == 409 and "最多还能给 15 分" in answer.text
    assert council.submit("/decide", verdict="approve", line=lines[:1]).status_code == 303
    assert "上限" not in browser.get("/check").text
