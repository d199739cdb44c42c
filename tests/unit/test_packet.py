"""The meeting packet: every figure against the rows it comes from, of its period and of its village."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from points import codes, photos
from points.errors import PointsError
from points.models.contribution import Line
from points.models.fund import Settlement
from points.models.ledger import Kind, Transfer
from points.models.people import Card
from points.models.receipt import Receipt
from points.queries import packet as reads
from points.queries.packet import Packet, period
from points.services import award, complaint, council, fund, notice, proxy, redemption, stockroom, stocktake
from tests import steps
from tests.tools import statements
from tests.world import PaperCard, World

NO_PHOTO = photos.Picture(b"a JPEG", "0" * 64, 0, 1, 1)


def of(world: World, kind: str = "month", *, day: date | None = None, village: int | None = None) -> Packet:
    return reads.packet(village or world.village, period(kind, day or world.today), now=world.now)


def salt(world: World) -> int:
    return world.goods["食盐400g"]


@pytest.fixture
def card(world: World) -> PaperCard:
    """A card of the first household, which has 60 points."""
    world.give_points(world.households[0], 60)
    return world.card(world.villager())


def sell(world: World, paper: PaperCard, count: int, **given: object) -> int:
    shown = {"card": paper.code, "collector_id": paper.person.id, "pin": paper.pin} | given
    return redemption.redeem(**world.by(world.clerk), till_id=world.till, **shown, basket=[[salt(world), count, 2]])


@pytest.mark.parametrize(
    ("kind", "day", "first", "last"),
    [
        ("week", date(2026, 1, 1), date(2025, 12, 29), date(2026, 1, 4)),
        ("half", date(2026, 2, 15), date(2026, 2, 1), date(2026, 2, 15)),
        ("half", date(2026, 2, 16), date(2026, 2, 16), date(2026, 2, 28)),
        ("month", date(2024, 2, 7), date(2024, 2, 1), date(2024, 2, 29)),
        ("year", date(2026, 11, 2), date(2026, 11, 2), date(2026, 11, 8)),
    ],
)
def test_a_period_is_a_week_half_a_month_or_a_month(kind: str, day: date, first: date, last: date) -> None:
    found = period(kind, day)
    assert (found.first, found.last) == (first, last)
    assert found.before.last == first - timedelta(days=1) and found.after.first == last + timedelta(days=1)
    assert found.before.after == found == found.after.before


def test_what_was_recorded_is_counted_by_item_and_by_what_became_of_it(world: World) -> None:
    steps.posted(world, world.villager(0), world.villager(1))
    posted = steps.record(world, world.villager(0), code=14)
    steps.decide(world, steps.check(world, steps.record(world, world.villager(2), code=14)), approves=False)
    disputed = steps.approved(world, world.villager(3), code=14)
    steps.hung(world)
    objection = steps.objection(world, disputed[0], by=world.villager(0))
    answer = {"objection_id": objection.id, "upheld": True, "reason": "没有到场"}
    notice.answer(**world.by(world.committee[1]), **answer)
    found = {one.code: one for one in of(world).items}
    patrol, help_ = found[1], found[14]
    assert (patrol.lines, patrol.households, patrol.points, patrol.posted) == (2, 2, 20, 2)
    assert (help_.lines, help_.households, help_.points) == (3, 3, 15)
    assert (help_.posted, help_.refused, help_.struck) == (0, 1, 1)
    assert of(world, day=world.today + timedelta(days=40)).items == []
    Line.update(state="withdrawn").where(Line.id.in_(posted)).execute()
    assert {one.code: one.lines for one in of(world).items}[14] == 2
    assert of(world, village=world.other_village).items == []


def test_points_issued_and_taken_back_are_those_of_the_ledger(world: World) -> None:
    before = of(world).counts
    [one, _two] = steps.posted(world, world.villager(0), world.villager(1))
    award.correct(**world.by(world.committee[1]), line_id=one, points=4, reason="时间不够")
    counts = of(world).counts
    assert (before["awards"], before["awarded"]) == (0, 0)
    awards = [row.points for row in Transfer.select().where(Transfer.kind == Kind.AWARD)]
    assert (counts["awards"], counts["awarded"], counts["awarded_households"]) == (len(awards), sum(awards), 2)
    assert (counts["taken"], counts["corrections"], counts["notices"]) == (4, 1, 1)
    world.wait(days=40)
    later = of(world)
    assert [later.counts[name] for name in ("awards", "awarded", "taken", "corrections", "notices")] == [0] * 5


def test_what_waits_is_counted_until_it_is_done(world: World, card: PaperCard) -> None:
    steps.record(world, world.villager(0), world.villager(1))
    steps.check(world, steps.record(world, world.villager(0), world.villager(1), world.villager(2), code=14))
    steps.approved(world, world.villager(2), code=11)
    steps.hung(world)
    steps.approved(world, world.villager(3), code=12)
    [line] = Line.select().where(Line.state == "noticed")
    objection = steps.objection(world, line.id)
    complaint.complain(**world.by(world.villager(1)), village_id=world.village, text="店里没人", contact="")
    Card.update(handed_at=None, handed_by=None).execute()
    taking = stocktake.start(**world.by(world.clerk), shop_id=world.shop)
    counted = dict.fromkeys(world.goods.values(), 10)
    stocktake.count(**world.by(world.clerk), stocktake_id=taking, counts=counted)
    stocktake.finish(**world.by(world.clerk), stocktake_id=taking)
    deed = {"household_id": world.households[0].id, "text": "照顾邻居老人", "points": 0, "period": "2026-11"}
    council.propose_commendation(**world.by(world.committee[0]), village_id=world.village, **deed)
    found = of(world)
    expected = {"to_check": 2, "to_decide": 3, "to_publish": 1, "to_hang": 0, "objections": 1, "overdue": 0}
    expected |= {"complaints": 1, "cards": 1, "stocktakes": 1, "motions": 1}
    assert {name: found.counts[name] for name in expected} == expected
    assert [(one.number, one.lines, one.disputed) for one in found.hanging] == [(1, 1, 1)]
    assert [(one.id, one.household, one.item) for one in found.disputed] == [
        (objection.id, world.households[2].number, line.item_name)
    ]
    assert found.disputed[0].due_at == objection.due_at
    Line.update(discreet=True).where(Line.id == line.id).execute()
    world.wait(days=9)
    later = of(world)
    assert later.counts["overdue"] == 1 and later.disputed[0].item == line.category
    assert not any(of(world, village=world.other_village).counts.values())


def test_redemptions_are_counted_with_how_they_were_proved_and_undone(world: World, card: PaperCard) -> None:
    grant = proxy.grant(**world.by(world.villager()), name="钱外甥", until=world.today)
    made = [sell(world, card, 3), sell(world, card, 1, pin=""), sell(world, card, 2, collector_id=0, proxy_id=grant)]
    phone = codes.phone_code(card.person.id, world.now)
    redemption.claim_phone(till_id=world.till, actor=world.clerk, card=phone, now=world.now)
    sell(world, card, 1, card=phone, pin="")  # needs no PIN
    redemption.undo(**world.by(world.committee[0]), receipt_id=made[0], reason="拿错了")
    with pytest.raises(PointsError):
        sell(world, card, 99)
    counts = of(world).counts
    assert counts["redeemed"] == Receipt.select().count() == 4
    assert (counts["spent"], counts["unproved"], counts["by_proxy"]) == (14, 1, 1)
    assert (counts["undone"], counts["returned"], counts["denied"], counts["cash_fen"]) == (1, 6, 1, 0)
    assert of(world).cover.held == world.balance(world.households[0]) == 52
    assert not any(of(world, village=world.other_village).counts.values())
    world.wait(days=40)
    later = of(world).counts
    assert not any(later[name] for name in ("redeemed", "spent", "undone", "returned", "denied"))


def test_what_is_owed_is_what_households_shops_and_promises_say(world: World, card: PaperCard) -> None:
    [line] = steps.posted(world, world.villager())
    soap = world.goods["洗衣液2kg"]
    steps.sold(world, card, {soap: 3, salt(world): 5})
    award.correct(**world.by(world.committee[1]), line_id=line, points=10, reason="没去")
    grant = {"kind": "grant", "fen": 90_000, "voucher": "7", "note": "", "day": world.today}
    fund.enter(**world.by(world.committee[0]), village_id=world.village, **grant)
    fund.commit(**world.by(world.committee[0]), village_id=world.village, fen=5_000, purpose="进货")
    drawn = {"shop": world.shop, "village": world.village, "drawn_by": world.committee[0], "drawn_at": world.now}
    month = {"month": "2026-10", "receipts": 1, "points": 30, "undone": 0, "undone_points": 0, "fen": 3000}
    Settlement.create(**drawn, **month)
    found = of(world)
    assert world.balance(world.households[0]) == 0
    assert (found.counts["owing"], found.counts["owed"]) == (1, 10)
    assert (found.counts["unpaid"], found.counts["unpaid_fen"], found.counts["to_sign"]) == (1, 3000, 1)
    assert [(one.purpose, one.left_fen) for one in found.commitments] == [("进货", 5_000)]
    assert (found.free_fen, found.committed_fen, found.income, found.spent) == (85_000, 5_000, {"grant": 90_000}, {})


def test_the_fund_tells_what_came_and_went_without_what_was_cancelled(world: World) -> None:
    by, given = world.committee[0], {"village_id": world.village, "voucher": "7", "note": "", "day": world.today}
    for kind, fen in (("grant", 50_000), ("donation", 7_000), ("spent", 8_000)):
        entry = fund.enter(**world.by(by), **given, kind=kind, fen=fen)
        if kind == "donation":
            fund.cancel(**world.by(world.committee[1]), entry_id=entry, reason="记重了")
    found = of(world)
    assert (found.income, found.spent, found.free_fen) == ({"grant": 50_000}, {"other": 8_000}, 42_000)
    later = of(world, day=world.today + timedelta(days=40))
    assert (later.income, later.spent, later.free_fen) == ({}, {}, 42_000)


def test_the_shelf_tells_what_is_few_near_its_day_and_lost(world: World, card: PaperCard) -> None:
    world.receive(world.rice, 4, cost_fen=3_000, best_before=world.today + timedelta(days=9))
    gone = {"goods_id": world.rice, "quantity": 1, "reason": "受潮", "pictures": [NO_PHOTO]}
    stockroom.lose(**world.by(world.clerk), **gone)
    sell(world, card, 8)
    found = of(world)
    [shelf] = found.shelves
    assert (shelf.low, shelf.near, shelf.expired, shelf.lost, shelf.lost_fen) == (1, 1, 0, 1, 3_000)
    assert shelf.worth_fen == found.cover.stock_fen == 3 * 3_000 + (10 + 10 + 2) * 500
    [few] = found.scarce
    assert (few.goods_id, few.available, few.days) == (salt(world), 2, 2 * 30 // 8)
    world.wait(days=40)
    assert [(one.lost, one.expired) for one in of(world).shelves] == [(0, 1)]


def test_a_quiet_period_is_told_from_a_busy_one(world: World, card: PaperCard) -> None:
    assert of(world, "week", day=world.today - timedelta(days=30)).quiet
    sell(world, card, 1)
    assert not of(world).quiet


def test_it_costs_the_same_however_much_there_is(world: World, card: PaperCard) -> None:
    few = statements(lambda: of(world))
    steps.crowd(world, 60)
    for _ in range(3):
        sell(world, card, 1)
    steps.posted(world, world.villager(2), world.villager(3), code=14)
    assert statements(lambda: of(world)) == few <= 16
