"""Settlements: each receipt and undo once, by the worth of then; signed by both, paid once, closed by the shop."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from points import cover, db, ledger
from points.calendar import start_of
from points.errors import (
    AlreadyDone,
    FutureDay,
    InsufficientFund,
    Invalid,
    MonthNotOver,
    NotAllowed,
    NotContracted,
    NotFound,
    NothingToSettle,
    NotSigned,
    SettledAlready,
    SignedByBoth,
)
from points.models.fund import FundTransfer, Settlement, SettlementItem
from points.models.ledger import AccountType
from points.models.people import Household, Person
from points.models.receipt import Receipt
from points.models.rules import RuleBook
from points.models.shop import Shop
from points.queries import settlements as reads
from points.services import fund, redemption, settlement
from tests import steps
from tests.world import World

MONTH = "2026-11"
DECEMBER = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


@pytest.fixture
def shop(world: World) -> int:
    """The world's shop, under contract, with a household that has points and a card."""
    Shop.update(contracted=True).where(Shop.id == world.shop).execute()
    world.receive(salt(world), 90)
    return world.shop


def salt(world: World) -> int:
    return world.goods["食盐400g"]


def sell(world: World, quantity: int = 1, *, by: Person | None = None) -> int:
    """Sell to a household of its own that has the points."""
    buyer = world.open_household(world.lanes[0], "郑买货")
    world.give_points(buyer, 100)
    return steps.sold(world, world.card(world.people(buyer)[0]), {salt(world): quantity}, by=by)


def draw(world: World, month: str = MONTH, **given: object) -> int:
    by = given.pop("by", world.committee[0])
    return settlement.draw(
        **world.by(by), **{"shop_id": world.shop, "village_id": world.village, "month": month} | given
    )


def undo(world: World, receipt_id: int) -> None:
    redemption.undo(**world.by(world.committee[0]), receipt_id=receipt_id, reason="拿错了")


def signed(world: World) -> int:
    drawn = draw(world)
    settlement.sign(**world.by(world.clerk), settlement_id=drawn)
    return settlement.sign(**world.by(world.committee[1]), settlement_id=drawn)


def pay(world: World, settlement_id: int, **given: object) -> int:
    said = {"settlement_id": settlement_id, "voucher": "回单 7", "day": world.today} | given
    return settlement.pay(**world.by(world.committee[0]), **said)


def test_a_month_is_settled_by_the_worth_of_then(world: World, shop: int) -> None:
    sell(world)
    RuleBook.update(worth_fen=150).where(RuleBook.id == world.book.id).execute()
    sell(world, 3)
    world.now = DECEMBER
    later = sell(world)
    drawn = Settlement.get_by_id(draw(world))
    assert (drawn.receipts, drawn.points, drawn.undone, drawn.fen) == (2, 8, 0, 2 * 100 + 6 * 150)
    assert [(one.worth_fen, one.receipts, one.points, one.fen) for one in reads.by_worth(drawn.id)] == [
        (100, 1, 2, 200),
        (150, 1, 6, 900),
    ]
    assert later not in [item.receipt_id for item in reads.items(drawn.id)]
    assert settlement.audit() == []


def test_what_was_undone_is_taken_off_in_the_same_or_in_the_next(world: World, shop: int) -> None:
    kept, at_once = sell(world, 5), sell(world)
    undo(world, at_once)
    world.now = DECEMBER
    undo(world, sell(world))
    first = Settlement.get_by_id(draw(world))
    assert (first.receipts, first.points, first.undone, first.undone_points, first.fen) == (2, 12, 1, 2, 1000)
    sell(world, 8)
    undo(world, kept)
    world.now = DECEMBER.replace(year=2027, month=1)
    second = Settlement.get_by_id(draw(world, "2026-12"))
    assert (second.receipts, second.points, second.undone, second.undone_points, second.fen) == (2, 18, 2, 12, 600)
    assert kept in [item.receipt_id for item in reads.undone(second.id)]
    assert settlement.audit() == []


def test_more_undone_than_redeemed_waits_for_the_next_month(world: World, shop: int) -> None:
    large = sell(world, 9)
    world.now = DECEMBER
    draw(world)
    sell(world)
    undo(world, large)
    world.now = DECEMBER.replace(year=2027, month=1)
    before = SettlementItem.select().count()
    with pytest.raises(NothingToSettle):
        draw(world, "2026-12")
    assert SettlementItem.select().count() == before
    sell(world, 9)
    world.now = DECEMBER.replace(year=2027, month=2)
    assert Settlement.get_by_id(draw(world, "2027-01")).fen == (2 + 18 - 18) * 100


def test_nothing_redeemed_is_nothing_to_settle(world: World, shop: int) -> None:
    world.now = DECEMBER
    with pytest.raises(NothingToSettle):
        draw(world)
    assert not Settlement.select().exists()


def test_a_month_is_over_and_settled_once(world: World, shop: int) -> None:
    sell(world)
    with pytest.raises(MonthNotOver):
        draw(world)
    for month in ("2026-13", "11月", "2026-1", ""):
        with pytest.raises(Invalid):
            draw(world, month)
    world.now = DECEMBER
    drawn = draw(world)
    with pytest.raises(SettledAlready):
        draw(world)
    settlement.drop(**world.by(world.committee[0]), settlement_id=drawn)
    assert draw(world) != drawn
    assert SettlementItem.select().count() == 1
    assert settlement.audit() == []


def test_only_receipts_since_the_last_settlement_are_looked_at(world: World, shop: int) -> None:
    def since() -> datetime | None:
        found = cover.unsettled_since([world.village])
        assert set(found) == {(shop, world.village)}
        return db.moment(found[shop, world.village]) if found[shop, world.village] else None

    assert since() is None
    sell(world)
    world.now = DECEMBER
    sell(world)
    draw(world)
    assert since() == datetime(2026, 11, 29, 16, 0, tzinfo=UTC), "a day before the month ended"
    world.now = DECEMBER.replace(year=2027, month=1)
    draw(world, "2026-12")
    assert since() == datetime(2026, 12, 30, 16, 0, tzinfo=UTC)


def test_what_a_dropped_settlement_held_is_owed_and_settled_again(world: World, shop: int) -> None:
    sell(world, 3)
    world.now = DECEMBER
    november = draw(world)
    sell(world)
    world.now = DECEMBER.replace(year=2027, month=1)
    draw(world, "2026-12")
    assert cover.of(world.village).unsettled_fen == 800
    settlement.drop(**world.by(world.committee[0]), settlement_id=november)
    assert cover.of(world.village).unsettled_fen == 800
    sell(world)
    world.now = DECEMBER.replace(year=2027, month=2)
    assert Settlement.get_by_id(draw(world, "2027-01")).fen == 600 + 200
    assert cover.of(world.village).unsettled_fen == 1_000 and settlement.audit() == []


@pytest.mark.parametrize(
    ("drawn", "settled"),
    [
        ("1 2 3", "3"),
        ("2 1", "2"),
        ("1- 1 2", "2"),  # dropped and drawn anew
        ("1- 1- 1 2", "2"),
        ("1 2-", "1"),
        ("1 2 3-", "2"),
        ("1- 2", ""),  # perhaps 1 was dropped after 2 was drawn
        ("1 2- 3 4", "1"),
        ("1- 2 1 3", "3"),
        ("1- 2 3- 1", ""),  # perhaps 3 held what 1 had held, when 1 was drawn anew
    ],
)
def test_all_is_settled_up_to_the_last_month_before_one_that_was_dropped(drawn: str, settled: str) -> None:
    months = [(f"2026-0{word[0]}", word.endswith("-")) for word in drawn.split()]
    ends = {"": 0} | {str(n): db.microseconds(start_of(date(2026, n + 1, 1)) - cover.UNDER_WAY) for n in (1, 2, 3)}
    assert cover._unsettled_since(months) == ends[settled]


def test_only_a_contracted_shop_of_the_village_is_settled(world: World, shop: int) -> None:
    sell(world)
    world.now = DECEMBER
    for stranger in (world.other_committee, world.villager()):
        with pytest.raises(NotFound):
            draw(world, by=stranger)
    for other in (world.clerk, world.supervisor, world.admin, world.council[0]):
        with pytest.raises(NotAllowed):
            draw(world, by=other)
    for wrong in ({"shop_id": 999}, {"village_id": world.lanes[0]}):
        with pytest.raises(NotFound):
            draw(world, **wrong)
    with pytest.raises(NotFound):
        draw(world, by=world.other_committee, village_id=world.other_village)
    Shop.update(contracted=False).where(Shop.id == shop).execute()
    with pytest.raises(NotContracted):
        draw(world)


def test_both_sides_sign_once_and_no_other(world: World, shop: int) -> None:
    sell(world)
    world.now = DECEMBER
    drawn = draw(world)
    for other in (world.supervisor, world.admin, world.council[0]):
        with pytest.raises(NotAllowed):
            settlement.sign(**world.by(other), settlement_id=drawn)
    for stranger in (world.other_clerk, world.other_committee, world.villager()):
        with pytest.raises(NotFound):
            settlement.sign(**world.by(stranger), settlement_id=drawn)
    settlement.sign(**world.by(world.clerk), settlement_id=drawn)
    with pytest.raises(AlreadyDone):
        settlement.sign(**world.by(world.clerk), settlement_id=drawn)
    with pytest.raises(NotSigned):
        pay(world, drawn)
    settlement.sign(**world.by(world.committee[0]), settlement_id=drawn)
    with pytest.raises(AlreadyDone):
        settlement.sign(**world.by(world.committee[1]), settlement_id=drawn)
    with pytest.raises(SignedByBoth):
        settlement.drop(**world.by(world.committee[0]), settlement_id=drawn)
    kept = Settlement.get_by_id(drawn)
    assert (kept.shop_signed_by_id, kept.village_signed_by_id) == (world.clerk.id, world.committee[0].id)


def test_it_is_paid_once_out_of_the_fund_and_closed_by_the_shop(world: World, shop: int) -> None:
    sell(world, 5)
    world.now = DECEMBER
    drawn = signed(world)
    with pytest.raises(InsufficientFund):
        pay(world, drawn)
    assert Settlement.get_by_id(drawn).state == "drawn"
    grant = {"village_id": world.village, "fen": 1500, "voucher": "7", "note": "", "day": world.today}
    fund.enter(**world.by(world.committee[0]), kind="grant", **grant)
    with pytest.raises(FutureDay):
        pay(world, drawn, day=world.today.replace(day=2))
    with pytest.raises(NotSigned):
        settlement.close(**world.by(world.clerk), settlement_id=drawn)
    pay(world, drawn)
    kept = Settlement.get_by_id(drawn)
    payment = FundTransfer.get_by_id(kept.payment_id)
    assert (kept.state, payment.fen, payment.source, payment.target) == ("paid", 1000, "fund", "spent")
    assert ledger.balance(ledger.account(AccountType.SETTLED, shop)) == 10
    assert ledger.balance(ledger.account(AccountType.SHOP, shop)) == 0
    with pytest.raises(AlreadyDone):
        pay(world, drawn)
    with pytest.raises(NotAllowed):
        settlement.close(**world.by(world.committee[0]), settlement_id=drawn)
    with pytest.raises(NotFound):
        settlement.close(**world.by(world.other_clerk), settlement_id=drawn)
    settlement.close(**world.by(world.clerk), settlement_id=drawn)
    with pytest.raises(AlreadyDone):
        settlement.close(**world.by(world.clerk), settlement_id=drawn)
    assert Settlement.get_by_id(drawn).state == "closed"
    assert settlement.audit() == [] and list(ledger.audit()) == []


def test_it_may_be_paid_out_of_a_commitment(world: World, shop: int) -> None:
    sell(world, 5)
    world.now = DECEMBER
    drawn = signed(world)
    grant = {"village_id": world.village, "fen": 1500, "voucher": "7", "note": "", "day": world.today}
    fund.enter(**world.by(world.committee[0]), kind="grant", **grant)
    commit = {"village_id": world.village, "purpose": "结算"}
    small = fund.commit(**world.by(world.committee[0]), **commit, fen=300)
    enough = fund.commit(**world.by(world.committee[0]), **commit, fen=1100)
    with pytest.raises(InsufficientFund):
        pay(world, drawn, commitment_id=small)
    pay(world, drawn, commitment_id=enough)
    assert FundTransfer.get_by_id(Settlement.get_by_id(drawn).payment_id).source == "committed"


def test_the_audit_names_what_differs(world: World, shop: int) -> None:
    sell(world, 5)
    world.now = DECEMBER
    drawn = draw(world)
    Settlement.update(fen=999, receipts=2).where(Settlement.id == drawn).execute()
    assert sorted(settlement.audit()) == [("fen", drawn, 999, 1000), ("receipts", drawn, 2, 1)]


def test_two_villages_of_one_shop_are_settled_apart(world: World, shop: int) -> None:
    Shop.update(area=world.township).where(Shop.id == shop).execute()
    van = world.appoint("clerk", world.township, "车店员")
    mine, theirs = sell(world, by=van), sell(world, 4, by=van)
    buyer = Receipt.get_by_id(theirs).household_id
    Household.update(village=world.other_village).where(Household.id == buyer).execute()
    world.now = DECEMBER
    drawn = draw(world)
    other = draw(world, by=world.other_committee, village_id=world.other_village)
    assert [item.receipt_id for item in reads.items(drawn)] == [mine]
    assert [item.receipt_id for item in reads.items(other)] == [theirs]
    with pytest.raises(NotAllowed):
        settlement.sign(**world.by(world.clerk), settlement_id=drawn)
    settlement.sign(**world.by(van), settlement_id=drawn)
