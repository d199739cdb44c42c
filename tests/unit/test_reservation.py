"""Reserving, collecting and cancelling: points held and goods set aside, and one end."""

import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from points import codes, db, holding, ledger, stock
from points.errors import (
    Barred,
    BasketTooLarge,
    CardOfOthers,
    CollectorUnlisted,
    DayRange,
    EmptyBasket,
    GoodsHidden,
    InsufficientPoints,
    LimitReached,
    NoPinSet,
    NotAllowed,
    NotFound,
    OutOfStock,
    OwnHousehold,
    PinNeeded,
    PointsError,
    PriceChanged,
    ProxyRevoked,
    ReservationNamesMember,
    TicketCancelled,
    TicketCollected,
    TicketElsewhere,
    TicketExpired,
    TicketMisread,
    TicketUnknown,
    TooManyReservations,
    TooSoon,
    WrongPin,
)
from points.models.goods import Goods
from points.models.ledger import AccountType, Transfer
from points.models.people import Household, Person
from points.models.receipt import Proxy, Receipt, ReceiptLine, Refusal
from points.models.reservation import Reservation
from points.models.shop import Shop
from points.models.stock import Stock, StockMovement
from points.services import kin, redemption, reservation, shop, tick
from points.tries import FREE_TRIES
from tests import steps
from tests.world import PIN, World


@pytest.fixture(autouse=True)
def books_balance(world: World) -> Any:
    yield
    assert list(ledger.audit()) == []
    assert stock.audit() == []
    assert holding.audit() == []


@pytest.fixture
def owner(world: World) -> Person:
    """Somebody of a household with 100 points."""
    world.give_points(world.households[0], 100)
    return world.villager(0)


@pytest.fixture
def ticket(world: World, owner: Person) -> int:
    """Two bags of rice reserved for 60 of the 100 points."""
    return steps.reserve(world, {world.rice: 2})


def shelf(goods_id: int) -> tuple[int, int]:
    row = Stock.get_by_id(goods_id)
    return row.on_hand, row.reserved


def held(world: World, number: int = 0) -> int:
    return ledger.balance(ledger.account(AccountType.HOLD, world.households[number].id))


def collect(world: World, ticket: int | str, **changes: Any) -> int:
    """Collect by the first villager, who shows the scanned ticket, but for what *changes*."""
    code = codes.ticket_code(ticket) if isinstance(ticket, int) else ticket
    given = {"till_id": world.till, "ticket": code, "collector_id": world.villager(0).id}
    return reservation.collect(**world.by(world.clerk) | given | changes)


def cancel(world: World, reservation_id: int, by: Person | None = None, **shown: str) -> int:
    return reservation.cancel(**world.by(by or world.villager(0)), reservation_id=reservation_id, **shown)


def spoken(ticket: int) -> str:
    return str(Reservation.get_by_id(ticket).spoken)


# --- reserving ----------------------------------------------------------------------------------------------------


def test_it_holds_points_and_sets_goods_aside(world: World, owner: Person, ticket: int) -> None:
    made = Reservation.get_by_id(ticket)
    assert (made.state, made.points, made.person_id, made.made_by_id) == ("open", 60, owner.id, owner.id)
    assert re.fullmatch(r"\d{6}", made.spoken)
    assert [(line.name, line.price, line.quantity) for line in made.lines] == [("大米5kg", 30, 2)]
    assert (world.balance(world.households[0]), held(world)) == (40, 60)
    assert shelf(world.rice) == (10, 2)
    hold = Transfer.get(Transfer.kind == "hold")
    assert (hold.cause_type, hold.cause_id, hold.points, hold.source_after) == ("reservation", ticket, 60, 40)


def test_the_same_key_reserves_once(world: World, owner: Person) -> None:
    same = world.by(owner)
    assert steps.reserve(world, {world.rice: 1}, **same) == steps.reserve(world, {world.rice: 1}, **same)
    assert (Reservation.select().count(), shelf(world.rice)) == (1, (10, 1))


def test_what_is_set_aside_is_not_sold_to_others(world: World, ticket: int) -> None:
    world.give_points(world.households[1], 400)
    paper = world.card(world.villager(1))
    sale = {"till_id": world.till, "card": paper.number, "collector_id": paper.person.id, "pin": paper.pin}
    with pytest.raises(OutOfStock) as refused:
        redemption.redeem(**world.by(world.clerk), **sale, basket=steps.basket({world.rice: 9}))
    assert refused.value.values["left"] == 8
    with pytest.raises(OutOfStock):
        steps.reserve(world, {world.rice: 9}, by=world.villager(1))
    assert redemption.redeem(**world.by(world.clerk), **sale, basket=steps.basket({world.rice: 8}))


def test_the_points_that_are_held_cannot_be_spent(world: World, ticket: int) -> None:
    with pytest.raises(InsufficientPoints) as refused:
        steps.reserve(world, {world.rice: 2})
    assert refused.value.values == {"needed": 60, "balance": 40}
    assert shelf(world.rice) == (10, 2), "what was refused sets nothing aside"


def test_it_asks_of_the_basket_what_the_counter_asks(world: World, owner: Person) -> None:
    rice, salt = world.rice, world.goods["食盐400g"]
    for error, basket in (
        (EmptyBasket, []),
        (BasketTooLarge, [[rice, 0, 30]]),
        (PriceChanged, [[rice, 1, 29]]),
        (NotFound, [[10**6, 1, 30]]),
    ):
        with pytest.raises(error):
            steps.reserve(world, {}, basket=basket)
    Goods.update(hidden=True).where(Goods.id == salt).execute()
    with pytest.raises(GoodsHidden):
        steps.reserve(world, {salt: 1})
    assert not Reservation.select().exists()


def test_limits_count_what_is_reserved(world: World, owner: Person) -> None:
    Goods.update(limit_household=3).where(Goods.id == world.rice).execute()
    first = steps.reserve(world, {world.rice: 2})
    with pytest.raises(LimitReached):
        steps.reserve(world, {world.rice: 2}, by=world.people(world.households[0])[1])
    collect(world, first)
    with pytest.raises(LimitReached):
        steps.reserve(world, {world.rice: 2})
    last = steps.reserve(world, {world.rice: 1})
    cancel(world, last)
    assert steps.reserve(world, {world.rice: 1})


def test_the_day_lies_within_what_the_shop_holds(world: World, owner: Person) -> None:
    salt = {world.goods["食盐400g"]: 1}
    for days in (-1, 8):
        with pytest.raises(DayRange) as refused:
            steps.reserve(world, salt, collect_by=world.today + timedelta(days=days))
        assert refused.value.values["last"] == (world.today + timedelta(days=7)).isoformat()
    for days in (0, 7):
        assert steps.reserve(world, salt, collect_by=world.today + timedelta(days=days))


def test_a_household_has_five_open_ones_at_most(world: World, owner: Person) -> None:
    salt = {world.goods["食盐400g"]: 1}
    made = [steps.reserve(world, salt) for _ in range(5)]
    with pytest.raises(TooManyReservations):
        steps.reserve(world, salt, by=world.people(world.households[0])[1])
    cancel(world, made[0])
    assert steps.reserve(world, salt)


def test_digits_that_name_another_open_one_are_drawn_again(
    world: World, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter([7, 7, 7, 8, 7])
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(drawn))
    salt = {world.goods["食盐400g"]: 1}
    first, second = (steps.reserve(world, salt) for _ in range(2))
    assert (spoken(first), spoken(second)) == ("000007", "000008")
    cancel(world, first)
    assert spoken(steps.reserve(world, salt)) == "000007", "free again once it is not open"


def test_whoever_may_not_collect_may_not_reserve(world: World, owner: Person) -> None:
    Person.update(barred_until=world.today).where(Person.id == owner.id).execute()
    with pytest.raises(Barred):
        steps.reserve(world, {world.rice: 1})
    assert steps.reserve(world, {world.rice: 1}, by=world.people(world.households[0])[1])


def test_strangers_and_other_shops_are_not_there(world: World, owner: Person) -> None:
    with pytest.raises(NotFound):
        steps.reserve(world, {world.rice: 1}, household_id=world.households[1].id, person_id=world.villager(1).id)
    with pytest.raises(NotFound):  # whoever else lives there has the own sign-in
        steps.reserve(world, {world.rice: 1}, person_id=world.people(world.households[0])[1].id)
    elsewhere = {"area_id": world.other_village, "code": "LL", "name": "柳林超市", "hours": ""}
    other = shop.open_shop(**world.by(world.other_committee), **elsewhere)
    Shop.update(active=False).where(Shop.id == world.shop).execute()
    for shop_id in (other, world.shop, other + 1):
        with pytest.raises(NotFound):  # and not that the basket is empty
            steps.reserve(world, {}, shop_id=shop_id)


# --- at the desk --------------------------------------------------------------------------------------------------


def at_desk(world: World, by: Person | None = None, number: int = 0, **changes: Any) -> int:
    person = world.villager(number)
    whom = {"household_id": person.household_id, "person_id": person.id, "pin": PIN}
    return steps.reserve(world, {world.rice: 1}, by=by or world.recorder, **whom | changes)


def test_committee_and_steward_reserve_for_someone_who_types_the_pin(world: World, owner: Person) -> None:
    world.card(owner)
    for by in (world.recorder, world.committee[0]):
        made = Reservation.get_by_id(at_desk(world, by))
        assert (made.person_id, made.made_by_id) == (owner.id, by.id)
    for by, error in ((world.clerk, NotAllowed), (world.council[0], NotAllowed), (world.other_steward, NotFound)):
        with pytest.raises(error):
            at_desk(world, by)


def test_the_desk_asks_the_pin_and_counts_wrong_ones(world: World, owner: Person) -> None:
    with pytest.raises(NoPinSet):
        at_desk(world)
    world.card(owner)
    with pytest.raises(PinNeeded):
        at_desk(world, pin="")
    for _ in range(FREE_TRIES + 1):
        with pytest.raises(WrongPin):
            at_desk(world, pin="314159")
    with pytest.raises(TooSoon):
        at_desk(world)
    assert not Reservation.select().exists()
    world.wait(minutes=1)
    assert at_desk(world)


def test_the_desk_never_serves_kin_and_names_a_member(world: World, owner: Person) -> None:
    world.card(owner)
    with pytest.raises(ReservationNamesMember):
        at_desk(world, person_id=world.villager(1).id)
    kin.declare(**world.by(world.recorder), relative_id=world.villager().id, relation="姑侄")
    with pytest.raises(OwnHousehold):
        at_desk(world)


# --- collecting ---------------------------------------------------------------------------------------------------


def test_a_scanned_ticket_is_handed_out_without_a_pin(world: World, owner: Person, ticket: int) -> None:
    world.wait(days=1)
    receipt = Receipt.get_by_id(collect(world, ticket))
    assert (receipt.number, receipt.via, receipt.pin, receipt.reservation_id) == (
        "SQ-1-000001",
        "ticket",
        False,
        ticket,
    )
    assert (receipt.points, receipt.collector_id, receipt.card_id, receipt.balance_after) == (60, owner.id, None, 40)
    assert [(line.name, line.quantity) for line in ReceiptLine.select()] == [("大米5kg", 2)]
    assert (world.balance(world.households[0]), held(world), shelf(world.rice)) == (40, 0, (8, 0))
    shop_account = ledger.account(AccountType.SHOP, world.shop)
    assert ledger.balance(shop_account) == 60
    ended = Reservation.get_by_id(ticket)
    assert (ended.state, ended.ended_by_id, ended.ended_at) == ("collected", world.clerk.id, world.now)
    kinds = [transfer.kind for transfer in Transfer.select().order_by(Transfer.id)]
    assert kinds == ["adjustment", "hold", "release", "redemption"]


def test_it_costs_what_it_cost_when_it_was_reserved(world: World, ticket: int) -> None:
    Goods.update(price=50, hidden=True).where(Goods.id == world.rice).execute()
    assert Receipt.get_by_id(collect(world, ticket)).points == 60


def test_a_second_collection_names_the_receipt_of_the_first(world: World, ticket: int) -> None:
    same = world.by(world.clerk)
    first = collect(world, ticket, **same)
    assert collect(world, ticket, **same) == first, "a retry of the very same"
    with pytest.raises(TicketCollected) as refused:
        collect(world, ticket)
    assert refused.value.values == {"day": world.today.isoformat(), "number": "SQ-1-000001"}
    refusal = Refusal.get()
    assert (refusal.code, refusal.household_id) == ("TicketCollected", world.households[0].id)


def test_cancelled_and_expired_ones_say_so(world: World, ticket: int) -> None:
    late = steps.reserve(world, {world.goods["食盐400g"]: 1}, collect_by=world.today + timedelta(days=1))
    cancel(world, ticket)
    with pytest.raises(TicketCancelled):
        collect(world, ticket)
    world.wait(days=2)
    for _ in range(2):
        with pytest.raises(TicketExpired) as refused:  # whether or not the tick has come by
            collect(world, late)
        assert refused.value.values["day"] == (world.today - timedelta(days=1)).isoformat()
        tick.tick(now=world.now)
    assert Reservation.get_by_id(late).state == "expired"


def test_another_shop_is_told_where_the_goods_are(world: World, ticket: int) -> None:
    by = world.committee[0]
    other = shop.open_shop(**world.by(by), area_id=world.village, code="SQ2", name="石桥二店", hours="")
    till = shop.open_till(**world.by(by), shop_id=other)
    with pytest.raises(TicketElsewhere) as refused:
        collect(world, ticket, till_id=till)
    assert refused.value.values == {"shop": "石桥村积分超市"}
    with pytest.raises(TicketUnknown):
        collect(world, spoken(ticket), till_id=till, pin=PIN)


def test_what_is_no_ticket_is_refused(world: World, ticket: int) -> None:
    paper = world.card(world.villager(0))
    code = codes.ticket_code(ticket)
    forged = code[:-3] + f"{(int(code[-3]) + 1) % 10}" + code[-2:]
    for text in (paper.code, paper.number, forged, codes.ticket_code(ticket + 1), codes.receipt_code(ticket), "12", ""):
        with pytest.raises(TicketMisread):
            collect(world, text)
    assert {refusal.household_id for refusal in Refusal.select()} == {None}


def test_spoken_digits_need_the_pin_of_who_collects(world: World, owner: Person, ticket: int) -> None:
    with pytest.raises(PinNeeded):
        collect(world, spoken(ticket))
    with pytest.raises(NoPinSet):
        collect(world, spoken(ticket), pin=PIN)
    paper = world.card(owner)
    with pytest.raises(WrongPin):
        collect(world, spoken(ticket), pin="314159")
    digits = f"{spoken(ticket)[:3]} {spoken(ticket)[3:]}"
    receipt = Receipt.get_by_id(collect(world, digits, pin=paper.pin))
    assert (receipt.via, receipt.pin, receipt.card_id) == ("typed", True, None)


def test_spoken_digits_go_with_any_card_of_the_household(world: World, ticket: int) -> None:
    other = world.card(world.people(world.households[0])[1], pin="628495")
    with pytest.raises(WrongPin):
        collect(world, spoken(ticket), card=other.number, pin=PIN)
    with pytest.raises(CardOfOthers):
        collect(world, spoken(ticket), card=world.card(world.villager(1)).number, pin=PIN)
    receipt = Receipt.get_by_id(collect(world, spoken(ticket), card=other.number, pin=other.pin))
    assert (receipt.card_id, receipt.collector_id) == (other.id, world.villager(0).id)


def test_wrong_digits_are_counted_at_the_till(world: World, owner: Person, ticket: int) -> None:
    world.card(owner)
    wrong = f"{(int(spoken(ticket)) + 1) % 10**6:06d}"
    for _ in range(FREE_TRIES + 1):
        with pytest.raises(TicketUnknown):
            collect(world, wrong, pin=PIN)
    for way in (lambda: collect(world, spoken(ticket), pin=PIN), lambda: look_up(world, spoken(ticket))):
        with pytest.raises(TooSoon):
            way()
    other_till = shop.open_till(**world.by(world.committee[0]), shop_id=world.shop)
    assert look_up(world, spoken(ticket), other_till) == ticket
    world.wait(minutes=1)
    assert collect(world, spoken(ticket), pin=PIN)
    assert Refusal.select().where(Refusal.code == "TicketUnknown").count() == FREE_TRIES + 1


def look_up(world: World, text: str, till_id: int = 0) -> int:
    return reservation.look_up(actor=world.clerk, now=world.now, till_id=till_id or world.till, ticket=text)


def test_looking_up_changes_nothing_and_keeps_what_it_refuses(world: World, ticket: int) -> None:
    assert look_up(world, codes.ticket_code(ticket)) == look_up(world, spoken(ticket)) == ticket
    assert (Reservation.get_by_id(ticket).state, Refusal.select().count()) == ("open", 0)
    with pytest.raises(TicketMisread):
        look_up(world, "1234")
    cancel(world, ticket)
    with pytest.raises(TicketCancelled):
        look_up(world, codes.ticket_code(ticket))
    assert [refusal.code for refusal in Refusal.select().order_by(Refusal.id)] == ["TicketMisread", "TicketCancelled"]
    with pytest.raises(NotAllowed):
        reservation.look_up(actor=world.committee[0], now=world.now, till_id=world.till, ticket=spoken(ticket))
    assert Refusal.select().count() == 2


def test_only_the_shops_clerk_hands_out_and_never_to_kin(world: World, owner: Person, ticket: int) -> None:
    for by, error in ((world.committee[0], NotAllowed), (world.other_clerk, NotFound), (owner, NotFound)):
        with pytest.raises(error):
            collect(world, ticket, actor=by)
    assert not Refusal.select().exists()
    kin.declare(**world.by(world.clerk), relative_id=world.villager().id, relation="姑侄")
    with pytest.raises(OwnHousehold):
        collect(world, ticket)
    assert Reservation.get_by_id(ticket).state == "open"


def test_who_collects_is_a_member_who_may_or_a_proxy(world: World, owner: Person, ticket: int) -> None:
    other = world.people(world.households[0])[1]
    with pytest.raises(CollectorUnlisted):
        collect(world, ticket, collector_id=world.villager(1).id)
    Person.update(barred_until=world.today).where(Person.id == other.id).execute()
    with pytest.raises(Barred):
        collect(world, ticket, collector_id=other.id)
    grant = {"household": owner.household_id, "name": "周帮忙", "until": world.today, "granted_by": owner}
    revoked, proxy = (
        Proxy.create(**grant, granted_at=world.now, revoked_at=at, revoked_by=at and owner) for at in (world.now, None)
    )
    with pytest.raises(ProxyRevoked):
        collect(world, ticket, collector_id=0, proxy_id=revoked.id)
    receipt = Receipt.get_by_id(collect(world, ticket, collector_id=0, proxy_id=proxy.id))
    assert (receipt.collector_id, receipt.proxy_id) == (None, proxy.id)


def test_a_proxy_with_spoken_digits_needs_the_pin_of_who_reserved(world: World, owner: Person, ticket: int) -> None:
    world.card(owner)
    other = world.people(world.households[0])[1]
    world.card(other, pin="628495")
    grant = {"household": owner.household_id, "name": "周帮忙", "until": world.today, "granted_by": owner}
    proxy = Proxy.create(**grant, granted_at=world.now)
    with pytest.raises(WrongPin):
        collect(world, spoken(ticket), collector_id=0, proxy_id=proxy.id, pin="628495")
    assert collect(world, spoken(ticket), collector_id=0, proxy_id=proxy.id, pin=PIN)


def test_a_household_that_is_gone_collects_nothing(world: World, ticket: int) -> None:
    Household.update(active=False).where(Household.id == world.households[0].id).execute()
    with pytest.raises(PointsError):
        collect(world, ticket)
    assert Reservation.get_by_id(ticket).state == "open"


def test_the_receipt_is_undone_as_any_other(world: World, ticket: int) -> None:
    receipt = collect(world, ticket)
    redemption.undo(**world.by(world.committee[0]), receipt_id=receipt, reason="米袋破了")
    assert (world.balance(world.households[0]), held(world), shelf(world.rice)) == (100, 0, (10, 0))
    assert [row.change for row in StockMovement.select().where(StockMovement.cause_id == receipt)].count(2) >= 1
    with pytest.raises(TicketCollected):
        collect(world, ticket)


def test_what_is_refused_late_leaves_nothing_behind(world: World, ticket: int) -> None:
    Stock.update(reserved=0).where(Stock.goods == world.rice).execute()
    with pytest.raises(OutOfStock):
        collect(world, ticket)
    assert (Reservation.get_by_id(ticket).state, held(world)) == ("open", 60)
    Stock.update(reserved=2).where(Stock.goods == world.rice).execute()


# --- cancelling ---------------------------------------------------------------------------------------------------


def test_cancelling_gives_points_and_goods_back_once(world: World, owner: Person, ticket: int) -> None:
    cancel(world, ticket, world.people(world.households[0])[1], reason="不要了")
    assert (world.balance(world.households[0]), held(world), shelf(world.rice)) == (100, 0, (10, 0))
    assert Reservation.get_by_id(ticket).state == "cancelled"
    for by in (owner, world.committee[0]):
        with pytest.raises(TicketCancelled):
            cancel(world, ticket, by)
    assert world.balance(world.households[0]) == 100


def test_what_was_collected_is_not_cancelled(world: World, ticket: int) -> None:
    collect(world, ticket)
    with pytest.raises(TicketCollected):
        cancel(world, ticket)
    assert world.balance(world.households[0]) == 40


def test_who_may_cancel(world: World, ticket: int) -> None:
    for by, error in (
        (world.villager(1), NotFound),
        (world.recorder, NotAllowed),
        (world.other_committee, NotFound),
        (world.other_clerk, NotFound),
        (world.clerk, TicketMisread),
    ):
        with pytest.raises(error):
            cancel(world, ticket, by)
    with pytest.raises(NotFound):
        cancel(world, ticket + 1)
    with pytest.raises(TicketMisread):
        cancel(world, ticket, world.clerk, ticket=codes.ticket_code(ticket + 1))
    assert cancel(world, ticket, world.clerk, ticket=codes.ticket_code(ticket)) == ticket
    for number, by in ((1, world.committee[0]), (2, world.committee[1])):
        world.give_points(world.households[number], 30)
        other = steps.reserve(world, {world.rice: 1}, by=world.villager(number))
        assert cancel(world, other, by) == other


def test_the_committee_does_not_cancel_for_kin(world: World, owner: Person, ticket: int) -> None:
    kin.declare(**world.by(world.committee[0]), relative_id=world.villager().id, relation="姑侄")
    with pytest.raises(OwnHousehold):
        cancel(world, ticket, world.committee[0])


# --- many at once -------------------------------------------------------------------------------------------------


def at_once(*works: Callable[[], int]) -> list[int | str]:
    """Do all at once; return ids and the codes of refusals."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], int]) -> int | str:
        barrier.wait()
        try:
            return work()
        except PointsError as refusal:
            return refusal.code
        finally:
            db.disconnect()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_of_collecting_cancelling_and_expiring_one_wins(world: World, ticket: int) -> None:
    code = codes.ticket_code(ticket)
    by_clerk, by_owner = world.by(world.clerk), world.by(world.villager(0))
    given = {"till_id": world.till, "ticket": code, "collector_id": world.villager(0).id}
    late = world.now + timedelta(days=4)
    answers = at_once(
        lambda: reservation.collect(**by_clerk, **given),
        lambda: reservation.cancel(**by_owner, reservation_id=ticket),
        lambda: tick.tick(now=late).expired,
    )
    state = Reservation.get_by_id(ticket).state
    assert {"collected": answers[0], "cancelled": answers[1], "expired": answers[2]}[state] not in (0, None)
    kept = {"collected": (40, 0, (8, 0)), "cancelled": (100, 0, (10, 0)), "expired": (100, 0, (10, 0))}[state]
    assert (world.balance(world.households[0]), held(world), shelf(world.rice)) == kept
    assert Transfer.select().where(Transfer.kind == "release").count() == 1


def test_the_last_pieces_are_reserved_once(world: World) -> None:
    works = []
    for number in range(4):
        world.give_points(world.households[number], 400)
        given = {"by": world.villager(number), "key": world.key()}
        works.append(lambda given=given: steps.reserve(world, {world.rice: 4}, **given))
    answers = at_once(*works)
    assert sum(isinstance(answer, int) for answer in answers) == 2, answers
    assert answers.count("OutOfStock") == 2
    assert shelf(world.rice) == (10, 8)


def test_a_household_that_reserves_at_once_keeps_to_its_five(world: World, owner: Person) -> None:
    """Each wants goods of its own, so that only the household's account makes them take turns."""
    works = []
    for number in range(8):
        goods, key = {world.add_goods(f"毛巾{number}号", "条", "家纺", 2): 1}, world.key()
        works.append(lambda goods=goods, key=key: steps.reserve(world, goods, key=key))
    answers = at_once(*works)
    assert answers.count("TooManyReservations") == 3, answers
    assert (world.balance(world.households[0]), held(world)) == (90, 10)


def test_it_costs_few_statements_however_much_is_in_it(
    world: World, owner: Person, statements: Callable[[], int]
) -> None:
    costs = []
    for quantities in ({world.rice: 1}, {id_: 1 for id_ in world.goods.values()}):
        before = statements()
        made = steps.reserve(world, {}, basket=steps.basket(quantities))
        middle = statements()
        collect(world, made)
        costs.append((middle - before - len(quantities), statements() - middle))
    assert costs[0][0] == costs[1][0]
    assert costs[1][1] <= costs[0][1] <= 40
