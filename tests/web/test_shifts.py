"""Signing off and handing over through pages: what is shown is what is signed, and nobody signs for another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from points import shifts
from points.models.people import Person
from points.models.shop import Shift, ShiftCount, Shop
from points.services import redemption
from tests.browser import Browser
from tests.world import World


@pytest.fixture
def clerk(browser: Browser, world: World) -> Browser:
    """The clerk, who sold two bags of rice today."""
    world.give_points(world.households[0], 500)
    paper = world.card(world.villager())
    redemption.redeem(
        **world.by(world.clerk),
        till_id=world.till,
        card=paper.code,
        collector_id=paper.person.id,
        pin=paper.pin,
        basket=[[world.rice, 2, 30]],
    )
    return browser.sign_in(world.clerk)


def url(world: World) -> str:
    return f"/tills/{world.till}/shift"


def counts(world: World, **changed: int) -> dict[str, Any]:
    mine = shifts.find(world.till, world.clerk, world.today)
    sampled = shifts.sample(world.till, world.clerk.id, world.today, mine)
    return {f"count-{one.goods_id}": one.expected for one in sampled} | changed


def test_the_clerk_signs_what_the_page_shows(clerk: Browser, world: World) -> None:
    page = clerk.get(url(world)).text
    assert "兑换积分" in page and ">60<" in page
    assert "应有现金" not in page
    wrong = clerk.submit(url(world), yuan="一百", **counts(world))
    assert (wrong.status_code, "请写数字" in wrong.text, 'value="8"' in wrong.text) == (422, True, True)
    missing = clerk.submit(url(world), yuan="0")
    assert (missing.status_code, "抽点的商品" in missing.text) == (422, True)
    done = clerk.submit(url(world), yuan="3.50", note="多收三块五", **counts(world, **{f"count-{world.rice}": 7}))
    assert done.status_code == 303
    sheet = clerk.get(done.location).text
    for shown in (
        "日结单",
        "凭证 SQ-1-000001 到 SQ-1-000001",
        "3.50（多 3.50 元）",
        "<strong>7</strong>",
        "多收三块五",
        "店员签名",
    ):
        assert shown in sheet, shown
    assert clerk.get(url(world)).location == done.location
    assert ShiftCount.get(ShiftCount.goods_id == world.rice).expected == 8


def test_a_second_click_finds_the_same_sheet(clerk: Browser, world: World) -> None:
    [form] = [form for form in clerk.forms(url(world)) if form.action == url(world)]
    first, second = (clerk.post(form, **counts(world)) for _ in range(2))
    assert first.location == second.location
    assert Shift.select().count() == 1


def test_cash_is_shown_where_the_shop_takes_it(clerk: Browser, world: World) -> None:
    Shop.update(takes_cash=True).where(Shop.id == world.shop).execute()
    assert "应有现金" in clerk.get(url(world)).text


def test_a_day_without_a_sale_is_signed_from_the_page(browser: Browser, world: World) -> None:
    browser.sign_in(world.clerk)
    assert "还没有兑换，也可以签字" in browser.get(url(world)).text
    done = browser.submit(url(world), **counts(world))
    assert "这一班没有开出凭证" in browser.get(done.location).text


def test_a_shift_is_handed_over_and_taken(clerk: Browser, world: World) -> None:
    other = world.appoint("clerk", world.village, "何店员")
    handed = clerk.submit(url(world), next_clerk=other.id, **counts(world)).location
    assert "交给何店员，还没有签字接班" in clerk.get(handed).text
    assert clerk.get(f"{handed}/take").status_code == 404
    next_ = clerk.another().sign_in(other)
    assert "钱店员把班交给了您" in next_.get(f"/tills/{world.till}").text
    assert "班次等您签字" in next_.get("/desk").text
    assert "count-" in next_.get(f"{handed}/take").text
    refused = next_.submit(f"{handed}/take", **{f"count-{world.rice}": -1})
    assert refused.status_code == 422
    taken = next_.submit(f"{handed}/take", yuan="0", note="少一袋", **counts(world, **{f"count-{world.rice}": 7}))
    assert taken.location == handed
    sheet = next_.get(handed).text
    for shown in ("接班点到", "<strong>7</strong>", "少一袋", "何店员于"):
        assert shown in sheet, shown
    assert next_.get(f"{handed}/take").location == handed
    assert "班次等您签字" not in next_.get("/desk").text


def test_an_earlier_day_is_seen_as_open_and_signed_later(clerk: Browser, world: World) -> None:
    [open_] = Shift.select()
    world.wait(days=1)
    clerk.sign_in(world.clerk)
    assert "还没有日结签字" in clerk.get(f"/tills/{world.till}").text
    committee = clerk.another().sign_in(world.committee[0])
    listed = committee.get(f"/shops/{world.shop}/shifts").text
    assert "没有签字" in listed and "只有钱店员本人能补签" in listed
    late = f"{url(world)}?shift={open_.id}"
    page = clerk.get(late).text
    assert "当天没有签字" in page and "接下来" not in page
    [form] = [form for form in clerk.forms(late) if form.action.startswith(url(world))]
    assert form.action == late
    sampled = shifts.sample(world.till, world.clerk.id, open_.day, open_)
    done = clerk.post(form, **{f"count-{one.goods_id}": one.expected for one in sampled})
    assert done.location == f"/shifts/{open_.id}"
    assert clerk.get(late).location == done.location
    assert Shift.get_by_id(open_.id).points == 60
    assert "还没有日结签字" not in clerk.get(f"/tills/{world.till}").text


def test_a_sheet_is_read_by_those_of_the_area(clerk: Browser, world: World) -> None:
    sheet = clerk.submit(url(world), **counts(world)).location
    readers = ((world.committee[0], 200), (world.supervisor, 200), (world.admin, 200), (world.recorder, 403))
    for person, status in (*readers, (world.other_clerk, 404), (world.villager(), 404)):
        reader = clerk.another().sign_in(person)
        for page in (sheet, f"/shops/{world.shop}/shifts"):
            assert reader.get(page).status_code == status, (person.name, page)


def test_the_list_asks_as_much_for_many_as_for_one(clerk: Browser, world: World, statements: Callable[[], int]) -> None:
    def asked() -> int:
        before = statements()
        assert clerk.get(f"/shops/{world.shop}/shifts").status_code == 200
        return statements() - before

    one = asked()
    people: list[Person] = [world.appoint("clerk", world.village, f"店员{n}") for n in range(6)]
    for n in range(100):
        made = {"till": world.till, "clerk": people[n % 6], "day": world.today, "first_sequence": 9}
        closed = {"redemptions": 0, "points": 0, "cash_fen": 0, "undone": 0, "refused": 0, "counted_fen": 0}
        Shift.create(**made, **closed, opened_at=world.now, closed_at=world.now)
    assert asked() == one
    page = clerk.get(f"/shops/{world.shop}/shifts").text
    assert "较早的" in page
