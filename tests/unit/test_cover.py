"""Cover: points and debts beside fund and stock, kept by month; and a council that is warned or stopped by a limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from points import cover, db
from points.cover import Cover
from points.errors import BeyondCover, Invalid
from points.models.areas import VillageSetting
from points.models.contribution import Line
from points.models.fund import CoverMonth
from points.models.goods import Goods
from points.models.shop import Shop
from points.models.stock import StockBatch
from points.queries import fund as reads
from points.services import areas, fund, redemption, review, settlement, tick
from tests import steps
from tests.tools import statements
from tests.world import World

STOCK = 3 * 10 * 500
"""What the world's three goods cost: ten of each at 5 yuan."""


def grant(world: World, fen: int) -> int:
    given = {"village_id": world.village, "voucher": "7", "note": "", "day": world.today}
    return fund.enter(**world.by(world.committee[0]), kind="grant", fen=fen, **given)


def limit(world: World, percent: int | None, *, refuses: bool = True) -> None:
    VillageSetting.update(cover_percent=percent, cover_refuses=refuses).where(
        VillageSetting.village == world.village
    ).execute()


# --- the figures --------------------------------------------------------------------------------------------------


def test_points_and_debts_stand_beside_fund_and_stock(world: World) -> None:
    grant(world, 20_000)
    fund.commit(**world.by(world.committee[0]), village_id=world.village, fen=5_000, purpose="进货")
    world.give_points(world.households[0], 120)
    world.give_points(world.other_household, 40)
    steps.reserve(world, {world.rice: 1})
    steps.approved(world)
    found = cover.of(world.village)
    assert found == Cover(worth_fen=100, held=120, promised=10, unsettled_fen=0, fund_fen=20_000, stock_fen=STOCK)
    assert (found.owed_fen, found.behind_fen, found.percent) == (13_000, 35_000, 38)
    assert cover.of(world.other_village) == Cover(worth_fen=100, held=40)


def test_a_line_is_promised_from_its_approval_until_it_is_posted(world: World) -> None:
    steps.approved(world)
    hung = steps.hung(world)
    assert (cover.of(world.village).held, cover.of(world.village).promised) == (0, 10)
    steps.run_out(world, hung)
    found = cover.of(world.village)
    assert (found.held, found.promised) == (10, 0)


def test_a_contracted_shop_is_owed_until_it_is_paid(world: World) -> None:
    Shop.update(contracted=True).where(Shop.id == world.shop).execute()
    grant(world, 20_000)
    world.give_points(world.households[0], 120)
    paper = world.card(world.villager())
    kept, undone = (steps.sold(world, paper, {world.rice: 1}) for _ in range(2))
    assert cover.of(world.village) == Cover(100, held=60, unsettled_fen=6_000, fund_fen=20_000)
    redemption.undo(**world.by(world.committee[0]), receipt_id=undone, reason="拿错了")
    assert cover.of(world.village).unsettled_fen == 3_000
    world.now = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    drawn = settlement.draw(
        **world.by(world.committee[0]), shop_id=world.shop, village_id=world.village, month="2026-11"
    )
    for side in (world.clerk, world.committee[0]):
        settlement.sign(**world.by(side), settlement_id=drawn)
    assert cover.of(world.village).unsettled_fen == 3_000
    settlement.pay(**world.by(world.committee[0]), settlement_id=drawn, voucher="回单", day=world.today)
    assert cover.of(world.village) == Cover(100, held=90, fund_fen=17_000)
    redemption.undo(**world.by(world.committee[0]), receipt_id=kept, reason="坏的")
    assert cover.of(world.village).unsettled_fen == -3_000


def test_stock_of_a_shop_for_several_villages_is_shared_by_households(world: World) -> None:
    Shop.update(area=world.township).where(Shop.id == world.shop).execute()
    found = cover.of_villages([world.village, world.other_village])
    here, there = (found[id_].stock_fen for id_ in (world.village, world.other_village))
    assert 0 < there < here and STOCK - 1 <= here + there <= STOCK
    assert cover.of(world.village).stock_fen == here


def test_stock_counts_at_what_its_batch_cost_else_its_goods(world: World) -> None:
    salt = world.goods["食盐400g"]
    Goods.update(cost_fen=150).where(Goods.id == salt).execute()
    StockBatch.update(cost_fen=0).where(StockBatch.goods == salt).execute()
    world.receive(salt, 4, cost_fen=160)
    assert cover.of(world.village).stock_fen == STOCK - 10 * 500 + 10 * 150 + 4 * 160


def test_a_shop_of_a_lane_stands_behind_its_village(world: World) -> None:
    Shop.update(area=world.lanes[0]).where(Shop.id == world.shop).execute()
    assert cover.of(world.village).stock_fen == STOCK


def test_percent_and_room() -> None:
    found = Cover(worth_fen=200, held=100, unsettled_fen=1_000, fund_fen=42_000)
    assert (found.owed_fen, found.percent, found.room(100), found.room(50)) == (21_000, 50, 105, 0)
    assert replace(found, held=101).room(50) == -1
    assert replace(found, fund_fen=0).percent is None
    assert Cover(fund_fen=100).room(100) == 0


def test_any_number_of_villages_takes_as_many_statements(world: World) -> None:
    assert statements(lambda: cover.of_villages([world.village, world.other_village])) == 4
    Shop.update(contracted=True).execute()
    assert statements(lambda: cover.of_villages([world.village, world.other_village])) == 4
    assert cover.of_villages([]) == {}


# --- by month -----------------------------------------------------------------------------------------------------


def months(world: World) -> dict[str, CoverMonth]:
    return {row.month: row for row in CoverMonth.select().where(CoverMonth.village == world.village)}


def test_the_day_is_kept_once_with_what_moved_in_its_month(world: World) -> None:
    grant(world, 20_000)
    wrong = grant(world, 300)
    fund.cancel(**world.by(world.committee[0]), entry_id=wrong, reason="记错")
    given = {"village_id": world.village, "voucher": "7", "note": "", "day": world.today}
    fund.enter(**world.by(world.committee[0]), kind="spent", fen=1_200, **given)
    steps.posted(world)
    world.give_points(world.households[0], 80)
    paper = world.card(world.villager())
    undone, _kept = steps.sold(world, paper, {world.rice: 1}), steps.sold(world, paper, {world.rice: 1})
    redemption.undo(**world.by(world.committee[0]), receipt_id=undone, reason="拿错了")
    world.wait(days=1)
    tick.tick(now=world.now)
    row = months(world)["2026-11"]
    assert (row.seen_on, row.worth_fen, row.outstanding) == (world.today, 100, 60)
    assert (row.fund_fen, row.stock_fen, row.unsettled_fen) == (18_800, STOCK - 500, 0)
    assert (row.awarded, row.redeemed, row.income_fen, row.spent_fen) == (10, 30, 20_000, 1_200)
    grant(world, 1)
    tick.tick(now=world.now)
    assert months(world)["2026-11"].fund_fen == 18_800
    world.wait(days=1)
    tick.tick(now=world.now)
    assert months(world)["2026-11"].fund_fen == 18_801


def test_a_new_month_gives_the_one_before_its_last_figures(world: World) -> None:
    world.now = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)
    tick.tick(now=world.now)
    grant(world, 700)
    world.wait(days=1)
    tick.tick(now=world.now)
    grant(world, 50)
    world.wait(days=1)
    tick.tick(now=world.now)
    found = months(world)
    before, now = found["2026-11"], found["2026-12"]
    assert (before.seen_on, before.income_fen, before.fund_fen) == (date(2026, 11, 30), 700, 700)
    assert (now.seen_on, now.income_fen, now.fund_fen) == (world.today, 50, 750)


def test_keeping_a_day_takes_the_same_statements_for_more_villages(world: World) -> None:
    def keep() -> None:
        seen = cover.seen(world.now)
        with db.transaction():
            cover.keep(seen)

    few = statements(keep)
    for number in range(5):
        world.open_area(world.township, "village", f"新{number}村")
    world.wait(days=1)
    assert statements(keep) == few
    assert CoverMonth.select().count() == 7


def test_the_outlook_is_what_the_last_months_used(world: World) -> None:
    grant(world, 90_000)
    assert reads.trend(world.village, now=world.now).recent == 0
    first = date(2026, 8, 31)
    for months_ago, fen in ((first, 190_000), (date(2026, 9, 30), 150_000), (date(2026, 10, 31), 120_000)):
        figures = dict.fromkeys(("outstanding", "unsettled_fen", "awarded", "redeemed", "income_fen", "spent_fen"), 0)
        row = {"village": world.village, "seen_on": months_ago, "worth_fen": 100, "fund_fen": fen, "stock_fen": STOCK}
        CoverMonth.create(month=f"{months_ago:%Y-%m}", **row, **figures)
    found = reads.trend(world.village, now=world.now)
    days = (world.today - first).days
    assert (found.recent, found.dry) == (2, world.today + timedelta(days=105_000 * days // 100_000))
    world.wait(days=27)
    assert reads.trend(world.village, now=world.now).recent == 3
    grant(world, 110_000)
    found = reads.trend(world.village, now=world.now)
    assert (found.recent, found.dry) == (3, None)


def test_the_public_line_says_what_the_stock_cost(world: World) -> None:
    assert reads.line(world.village).stock_fen is None
    tick.tick(now=world.now)
    assert reads.line(world.village).stock_fen == STOCK


# --- the limit ----------------------------------------------------------------------------------------------------


def test_what_would_go_beyond_the_limit_is_refused(world: World) -> None:
    limit(world, 10)  # 1,500 of 15,000 fen: 15 points
    first, second, third = (steps.check(world, steps.record(world, world.villager(n))) for n in range(3))
    for member in world.council:
        review.decide(**world.by(member), line_ids=first, verdict="approve", reason="")
    with pytest.raises(BeyondCover) as refused:
        review.decide(**world.by(world.council[0]), line_ids=second, verdict="approve", reason="")
    assert refused.value.values == {"percent": 10, "left": 5}
    assert Line.get_by_id(second[0]).voices == 0
    for member in world.council:
        review.decide(**world.by(member), line_ids=second, verdict="change", points=5, reason="只到半场")
    for member, verdict in zip(world.council, ("refuse", "return", "refuse"), strict=True):
        review.decide(**world.by(member), line_ids=third, verdict=verdict, reason="不够了")
    assert cover.of(world.village).promised == 15


def test_many_at_once_are_refused_together(world: World) -> None:
    limit(world, 10)
    lines = [*steps.check(world, steps.record(world, *(world.villager(n) for n in range(2))))]
    with pytest.raises(BeyondCover):
        review.decide(**world.by(world.council[0]), line_ids=lines, verdict="approve", reason="")
    assert not Line.select().where(Line.voices > 0).exists()


def test_deductions_and_other_villages_know_no_limit(world: World) -> None:
    limit(world, 1)
    world.give_points(world.households[0], 100)
    steps.deduct(world, world.villager())
    VillageSetting.update(cover_percent=1, cover_refuses=True).where(
        VillageSetting.village == world.other_village
    ).execute()
    limit(world, None)
    steps.approved(world)


def test_a_limit_that_only_warns_lets_pass_and_is_said(world: World) -> None:
    steps.check(world, steps.record(world, world.villager(), world.villager(1)))
    assert reads.warnings([world.village, world.other_village]) == []
    limit(world, 10, refuses=False)
    [warned] = reads.warnings([world.village, world.other_village])
    assert (warned.village, warned.percent, warned.refuses, warned.waiting, warned.room) == (
        "石桥村",
        10,
        False,
        20,
        15,
    )
    limit(world, 14, refuses=False)
    assert reads.warnings([world.village]) == []
    limit(world, 1, refuses=False)
    steps.approved(world, world.villager(2))


def test_without_a_limit_nothing_is_asked(world: World) -> None:
    lines = steps.check(world, steps.record(world))
    said = {"line_ids": lines, "verdict": "approve", "reason": ""}
    free = statements(lambda: review.decide(**world.by(world.council[0]), **said))
    limit(world, 1_000)
    assert statements(lambda: review.decide(**world.by(world.council[1]), **said)) > free
    assert statements(lambda: reads.warnings([world.village])) == 6
    limit(world, None)
    assert statements(lambda: reads.warnings([world.village])) == 1


def test_a_village_decides_its_limit(world: World) -> None:
    given = {"council_voices": 3, "notice_days": 5, "no_pin_daily_limit": 20, "monthly_cap": 60}
    settings = {"village_id": world.village, "objection_contact": "", **given}
    areas.decide_settings(**world.by(world.committee[0]), **settings, cover_percent=90, cover_refuses=True)
    kept = VillageSetting.get(VillageSetting.village == world.village)
    assert (kept.cover_percent, kept.cover_refuses) == (90, True)
    areas.decide_settings(**world.by(world.committee[0]), **settings, cover_refuses=True)
    kept = VillageSetting.get(VillageSetting.village == world.village)
    assert (kept.cover_percent, kept.cover_refuses) == (None, False)
    for percent in (0, -1, 1001):
        with pytest.raises(Invalid):
            areas.decide_settings(**world.by(world.committee[0]), **settings, cover_percent=percent)
