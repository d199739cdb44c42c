"""The shop at once: last pieces, reservations, shifts, phone codes, stocktakes, money; each given and ended once."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from peewee import fn

from points import codes, fundbook, ledger, stock
from points.errors import ShiftClosed
from points.models import (
    Account,
    Goods,
    Person,
    PhoneCode,
    Receipt,
    Reservation,
    Settlement,
    SettlementItem,
    Shift,
    Shop,
    Stock,
    StockMovement,
    Stocktake,
    Till,
)
from points.models.ledger import AccountType
from points.services import fund, redemption, reservation, settlement, shift, shop, stockroom, stocktake, tick
from tests.race.crowd import Answer, Crowd, tally
from tests.race.tills import basket, buyers, purchase
from tests.world import World

pytestmark = pytest.mark.slow

TILLS = 100


@pytest.fixture(autouse=True)
def books_balance(database: str) -> Iterator[None]:
    yield
    assert list(ledger.audit()) == []
    assert stock.audit() == []
    assert fundbook.audit() == []


def open_tills(world: World, count: int) -> list[int]:
    return [shop.open_till(**world.by(world.committee[0]), shop_id=world.shop) for _ in range(count)]


def answers_of(verb: Any, jobs: list[Any], answers: list[Answer]) -> list[Answer]:
    """Return the answers to the jobs that called *verb*."""
    return [answer for (called, _), answer in zip(jobs, answers, strict=True) if called is verb]


def test_a_hundred_tills_empty_ten_shelves_and_not_a_piece_more(world: World, database: str, crowd: Crowd) -> None:
    """Each wants three sorts in an order of its own, then one more: so every piece finds somebody."""
    shelves = [world.add_goods(f"第{number}样", "件", "日化", 1, quantity=5) for number in range(10)]
    queue = list(zip(open_tills(world, TILLS), buyers(world, TILLS, 4), strict=True))
    jobs = []
    for number, (till, paper) in enumerate(queue):
        sorts = [shelves[(number + step) % 10] for step in (0, 3, 7)][:: 1 if number % 2 else -1]
        jobs.append((redemption.redeem, purchase(world, paper, *sorts, till=till)))
    for number, (till, paper) in enumerate(queue):
        jobs.append((redemption.redeem, purchase(world, paper, shelves[number % 10], till=till)))
    assert tally(crowd.at_once(database, jobs)).keys() == {"done", "OutOfStock"}
    assert [row.on_hand for row in Stock.select().where(Stock.goods.in_(shelves))] == [0] * 10
    sold = StockMovement.select(fn.SUM(StockMovement.change)).where(StockMovement.kind == "redeem").scalar()
    assert -sold == Receipt.select(fn.SUM(Receipt.points)).scalar() == 50
    for till in Till.select():
        sequences = [receipt.sequence for receipt in till.receipts.order_by(Receipt.sequence)]
        assert sequences == list(range(1, till.sequence + 1))


# --- reservations -------------------------------------------------------------------------------------------------


def reserve(world: World, number: int = 0, goods_id: int = 0) -> dict[str, Any]:
    """Let the first member of a household reserve a piece, until tomorrow."""
    person = world.villager(number)
    place = {"shop_id": world.shop, "household_id": person.household_id, "person_id": person.id}
    chosen = {"basket": basket(goods_id or world.rice), "collect_by": world.today + timedelta(days=1)}
    return world.by(person) | place | chosen


def collect(world: World, reservation_id: int, *, till: int = 0) -> dict[str, Any]:
    ticket = {"ticket": codes.ticket_code(reservation_id), "collector_id": world.villager().id}
    return world.by(world.clerk) | {"till_id": till or world.till} | ticket


def test_a_reservation_is_collected_cancelled_or_expires_once(world: World, database: str, crowd: Crowd) -> None:
    """The clerk's clock still says yesterday, the ticker's already tomorrow; another reservation stays untouched."""
    world.give_points(world.households[0], 120)
    reservation.reserve(**reserve(world) | {"collect_by": world.today + timedelta(days=7)})
    for turn in range(3):  # each of the three comes first once
        one = reservation.reserve(**reserve(world))
        before = Receipt.select().count()
        jobs: list[Any] = [(reservation.collect, collect(world, one)) for _ in range(3)]
        jobs += [(reservation.cancel, world.by(world.villager()) | {"reservation_id": one}) for _ in range(3)]
        jobs += [(tick.tick, {"now": world.now + timedelta(days=2)})] * 2
        jobs = jobs[3 * turn :] + jobs[: 3 * turn]
        answers = crowd.at_once(database, jobs)
        ended = Reservation.get_by_id(one).state
        for verb, state in ((reservation.collect, "collected"), (reservation.cancel, "cancelled")):
            assert tally(answers_of(verb, jobs, answers))["done"] == (ended == state)
        assert Receipt.select().count() - before == (ended == "collected")
    assert world.balance(world.households[0]) == 90 - 30 * Receipt.select().count()
    assert Stock.get_by_id(world.rice).on_hand == 10 - Receipt.select().count()
    assert Account.get(type=AccountType.HOLD, owner_id=world.households[0].id).balance == 30


def test_the_last_piece_is_reserved_or_sold_once(world: World, database: str, crowd: Crowd) -> None:
    last = world.add_goods("最后的大米", "袋", "粮油", 30, quantity=1)
    for household in world.households:
        world.give_points(household, 30)
    jobs: list[Any] = [(reservation.reserve, reserve(world, number, last)) for number in range(4)]
    jobs += [(redemption.redeem, purchase(world, world.card(world.villager(number)), last)) for number in range(4)]
    assert tally(crowd.at_once(database, jobs)) == {"done": 1, "OutOfStock": 7}


def test_points_are_held_once_for_two_reservations(world: World, database: str, crowd: Crowd) -> None:
    world.give_points(world.households[0], 59)
    answers = crowd.at_once(database, [(reservation.reserve, reserve(world)) for _ in range(6)])
    assert tally(answers) == {"done": 1, "InsufficientPoints": 5}
    assert (world.balance(world.households[0]), Stock.get_by_id(world.rice).reserved) == (29, 1)


def test_a_ticket_shown_at_many_tills_gives_one_receipt(world: World, database: str, crowd: Crowd) -> None:
    world.give_points(world.households[0], 90)
    one = reservation.reserve(**reserve(world))
    reservation.reserve(**reserve(world))
    jobs = [(reservation.collect, collect(world, one, till=till)) for till in open_tills(world, 8)]
    assert tally(crowd.at_once(database, jobs)) == {"done": 1, "TicketCollected": 7}
    assert world.balance(world.households[0]) == 30


# --- the counter --------------------------------------------------------------------------------------------------


def test_what_is_signed_off_is_what_was_sold_and_later_ones_are_refused(
    world: World, database: str, crowd: Crowd
) -> None:
    cards = buyers(world, 60, 62)
    salt = world.goods["食盐400g"]
    bags = world.add_goods("大米10kg", "袋", "粮油", 30, quantity=61)
    receipts = [redemption.redeem(**purchase(world, paper, salt)) for paper in cards[:10]]
    counted = dict.fromkeys([*world.goods.values(), bags], 9)
    jobs: list[Any] = [(redemption.redeem, purchase(world, paper, bags)) for paper in cards]
    jobs += [
        (redemption.undo, world.by(world.clerk) | {"receipt_id": id_, "reason": "错", "code": codes.receipt_code(id_)})
        for id_ in receipts
    ]
    signing = {"till_id": world.till, "counted_fen": 0, "counts": counted, "note": ""}
    jobs.insert(40, (shift.sign_off, world.by(world.clerk) | signing))
    answers = crowd.at_once(database, jobs)
    assert tally(answers).keys() <= {"done", "ShiftClosed"}
    assert tally(answers_of(shift.sign_off, jobs, answers)) == {"done": 1}
    [closed] = Shift.select()
    assert closed.redemptions == Receipt.select().where(Receipt.shift == closed).count() == Receipt.select().count()
    assert closed.undone == tally(answers_of(redemption.undo, jobs, answers))["done"]
    assert closed.points == Receipt.select(fn.SUM(Receipt.points)).scalar() - 2 * closed.undone
    with pytest.raises(ShiftClosed):
        redemption.redeem(**purchase(world, cards[-1], bags))


def test_a_phone_code_shown_at_two_tills_sells_at_one(world: World, database: str, crowd: Crowd) -> None:
    world.give_points(world.households[0], 90)
    shown = purchase(world, world.card(world.villager()), world.rice, pin="")
    shown |= {"card": codes.phone_code(world.villager().id, world.now)}
    jobs = [(redemption.redeem, shown | world.by(world.clerk) | {"till_id": till}) for till in open_tills(world, 2) * 4]
    answers = tally(crowd.at_once(database, jobs))
    assert answers["done"] == Receipt.select().count() == PhoneCode.select().where(PhoneCode.used).count() == 1
    assert answers.keys() <= {"done", "PhoneCodeUsed", "PhoneCodeElsewhere"}


# --- the stockroom ------------------------------------------------------------------------------------------------


def test_a_stocktake_is_approved_once_while_the_shop_sells(world: World, database: str, crowd: Crowd) -> None:
    taken = stocktake.start(**world.by(world.clerk), shop_id=world.shop, goods_ids=[world.rice])
    stocktake.count(**world.by(world.clerk), stocktake_id=taken, counts={world.rice: 8})
    stocktake.finish(**world.by(world.clerk), stocktake_id=taken)
    approvers = [*world.committee, world.supervisor] * 2
    jobs: list[Any] = [(stocktake.approve, world.by(by) | {"stocktake_id": taken}) for by in approvers]
    jobs += [(redemption.redeem, purchase(world, paper, world.rice)) for paper in buyers(world, 6, 30)]
    answers = crowd.at_once(database, jobs)
    assert tally(answers_of(stocktake.approve, jobs, answers)) == {"done": 1, "StocktakeOver": 5}
    assert tally(answers_of(redemption.redeem, jobs, answers)) == {"done": 6}
    assert Stocktake.get_by_id(taken).state == "approved"
    moved = Counter(movement.kind for movement in StockMovement.select().where(StockMovement.goods == world.rice))
    assert (moved["count"], Stock.get_by_id(world.rice).on_hand) == (1, 2)


# --- money --------------------------------------------------------------------------------------------------------


def sold_last_month(world: World, *tills: int) -> list[int]:
    """Let each till's shop be contracted and sell for 30 points, then let the month end; return the shops."""
    for till, paper in zip(tills, buyers(world, len(tills), 30), strict=True):
        shop_id = Till.get_by_id(till).shop_id
        Shop.update(contracted=True).where(Shop.id == shop_id).execute()
        goods = Goods.get(Goods.shop == shop_id, Goods.name == "大米5kg")
        redemption.redeem(**purchase(world, paper, goods.id, till=till))
    world.wait(days=30)
    return [Till.get_by_id(till).shop_id for till in tills]


def draft(world: World, shop_id: int, member: Person) -> dict[str, Any]:
    return world.by(member) | {"shop_id": shop_id, "village_id": world.village, "month": "2026-11"}


def test_a_month_is_settled_once(world: World, database: str, crowd: Crowd) -> None:
    [shop_id] = sold_last_month(world, world.till)
    jobs = [(settlement.draw, draft(world, shop_id, member)) for member in world.committee * 3]
    assert tally(crowd.at_once(database, jobs)) == {"done": 1, "SettledAlready": 5}
    assert [row.fen for row in Settlement.select()] == [3000]
    assert SettlementItem.select().count() == 1


def test_money_for_one_settlement_pays_one(world: World, database: str, crowd: Crowd) -> None:
    place = {"area_id": world.village, "code": "SQ2", "name": "第二店", "hours": ""}
    second = shop.open_shop(**world.by(world.committee[0]), **place)
    till = shop.open_till(**world.by(world.committee[0]), shop_id=second)
    stockroom.remove(**world.by(world.clerk), goods_id=world.rice, to_shop_id=second, quantity=3, note="")
    drawn = [
        settlement.draw(**draft(world, shop_id, world.committee[0]))
        for shop_id in sold_last_month(world, world.till, till)
    ]
    for one in drawn:
        for side in (world.clerk, world.committee[1]):
            settlement.sign(**world.by(side), settlement_id=one)
    entry = {"village_id": world.village, "kind": "grant", "fen": 5999, "voucher": "拨款 1", "note": ""}
    fund.enter(**world.by(world.committee[0]), **entry, day=world.today)
    paper = {"voucher": "转账 1", "day": world.today}
    jobs: list[Any] = [
        (settlement.pay, world.by(member) | paper | {"settlement_id": one})
        for one in drawn
        for member in world.committee * 2
    ]
    answers = tally(crowd.at_once(database, jobs))
    assert answers["done"] == Settlement.select().where(Settlement.state == "paid").count() == 1
    assert answers.keys() == {"done", "AlreadyDone", "InsufficientFund"}
    assert fundbook.balance(world.village) == 2999


def test_what_a_commitment_holds_is_spent_or_released_once(world: World, database: str, crowd: Crowd) -> None:
    by = world.committee[0]
    entry = {"village_id": world.village, "kind": "grant", "fen": 9000, "voucher": "拨款 1", "note": ""}
    fund.enter(**world.by(by), **entry, day=world.today)
    promised = {"commitment_id": fund.commit(**world.by(by), village_id=world.village, fen=1000, purpose="年货")}
    fund.commit(**world.by(by), village_id=world.village, fen=5000, purpose="修路")
    paper = {"voucher": "发票 1", "note": "", "day": world.today}
    jobs: list[Any] = [(fund.spend_committed, world.by(by) | promised | paper | {"fen": 600}) for _ in range(4)]
    jobs += [(fund.release, world.by(by) | promised | {"fen": 600, "reason": "用不着"}) for _ in range(4)]
    assert tally(crowd.at_once(database, jobs)) == {"done": 1, "InsufficientFund": 7}
    assert fundbook.left(world.village, promised["commitment_id"]) == 400
