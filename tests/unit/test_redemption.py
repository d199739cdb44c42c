"""Redeeming at the counter: every rule its own sentence, and all of it or nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from stdnum.iso7064 import mod_97_10

from points import codes, db, ledger, stock
from points.errors import (
    AlreadyReversed,
    Barred,
    BasketTooLarge,
    CardMisread,
    CardNotHandedOver,
    CardRevoked,
    CardUnknown,
    CashChanged,
    CollectorUnlisted,
    EmptyBasket,
    GoodsHidden,
    GoodsNoLonger,
    GoodsNotYet,
    HolderGone,
    InsufficientPoints,
    Invalid,
    KeyReused,
    LimitReached,
    Missing,
    NoPinLimit,
    NoPinSet,
    NoPointsForCash,
    NotAllowed,
    NotFound,
    OtherReceipt,
    OutOfStock,
    OutsideShopArea,
    OwnHousehold,
    PhoneCodeElsewhere,
    PhoneCodeExpired,
    PhoneCodeUsed,
    PinNeeded,
    PointsError,
    PriceChanged,
    ProxyExpired,
    ProxyRevoked,
    ProxyServes,
    ProxyUnlisted,
    ReceiptCodeNeeded,
    ShiftClosed,
    TooSoon,
    UndoSignedOff,
    UndoTooLate,
    WrongPin,
)
from points.models.goods import Goods
from points.models.people import Household, Person
from points.models.receipt import Receipt, ReceiptLine, ReceiptPrint, ReceiptUndo, Refusal
from points.models.reservation import Reservation, ReservationLine
from points.models.shop import Shift, Shop, Till
from points.models.stock import Stock, StockMovement
from points.queries import counter
from points.services import areas, card, goods, household, kin, proxy, redemption, reservation, shop
from tests import steps
from tests.world import AWAY, PIN, PaperCard, World


@pytest.fixture
def paper(world: World) -> PaperCard:
    """The card of a household with 100 points."""
    world.give_points(world.households[0], 100)
    return world.card(world.villager(0))


def redeem(world: World, paper: PaperCard, **changes: Any) -> int:
    """Redeem a bag of rice for 30 points with card and PIN, but for what *changes*."""
    given: dict[str, Any] = {
        "till_id": world.till,
        "card": paper.code,
        "collector_id": paper.person.id,
        "pin": paper.pin,
        "basket": [[world.rice, 1, 30]],
    }
    return redemption.redeem(**world.by(world.clerk) | given | changes)


def undo(world: World, receipt_id: int, **changes: Any) -> int:
    """Let the clerk undo a receipt whose code was scanned, but for what *changes*."""
    given = {"receipt_id": receipt_id, "reason": "拿错了", "code": codes.receipt_code(receipt_id)}
    return redemption.undo(**world.by(world.clerk) | given | changes)


def on_hand(goods_id: int) -> int:
    return int(Stock.get(Stock.goods == goods_id).on_hand)


def test_points_stock_and_receipt_move_together(world: World, paper: PaperCard) -> None:
    salt = world.goods["食盐400g"]
    receipt = Receipt.get_by_id(redeem(world, paper, basket=[[salt, 2, 2], [world.rice, 1, 30], [salt, 1, 2]]))

    assert (receipt.number, receipt.points, receipt.balance_after) == ("SQ-1-000001", 36, 64)
    assert (receipt.via, receipt.pin, receipt.clerk_id) == ("scan", True, world.clerk.id)
    assert world.balance(world.households[0]) == 64
    assert (on_hand(world.rice), on_hand(salt)) == (9, 7)
    lines = [(line.name, line.price, line.quantity) for line in ReceiptLine.select().order_by(ReceiptLine.id)]
    assert lines == [("大米5kg", 30, 1), ("食盐400g", 2, 3)]
    assert list(ledger.audit()) == []
    assert stock.audit() == []


def test_a_retry_gets_the_same_receipt_and_nothing_moves_twice(world: World, paper: PaperCard) -> None:
    by = world.by(world.clerk)
    assert redeem(world, paper, **by) == redeem(world, paper, **by)
    assert (Receipt.select().count(), world.balance(world.households[0]), on_hand(world.rice)) == (1, 70, 9)


def test_the_same_key_for_another_basket_is_refused(world: World, paper: PaperCard) -> None:
    by = world.by(world.clerk)
    redeem(world, paper, **by)
    with pytest.raises(KeyReused):
        redeem(world, paper, **by, basket=[[world.rice, 2, 30]])


def test_another_clerk_cannot_see_what_a_key_did(world: World, paper: PaperCard) -> None:
    by = world.by(world.clerk)
    redeem(world, paper, **by)
    other = world.appoint("clerk", world.village, "孙店员")
    with pytest.raises(NotFound):
        redeem(world, paper, **by | {"actor": other})


def test_numbers_have_no_gap_though_some_are_refused(world: World, paper: PaperCard) -> None:
    redeem(world, paper)
    with pytest.raises(OutOfStock):
        redeem(world, paper, basket=[[world.rice, 11, 30]])
    with pytest.raises(InsufficientPoints):
        redeem(world, paper, basket=[[world.rice, 3, 30]])
    redeem(world, paper)
    assert [receipt.number for receipt in Receipt.select().order_by(Receipt.id)] == ["SQ-1-000001", "SQ-1-000002"]


def test_a_refused_basket_moves_nothing(world: World, paper: PaperCard) -> None:
    with pytest.raises(InsufficientPoints):
        redeem(world, paper, basket=[[world.rice, 4, 30]])
    assert (world.balance(world.households[0]), on_hand(world.rice)) == (100, 10)
    assert not StockMovement.select().where(StockMovement.kind == "redeem").exists()
    assert Till.get_by_id(world.till).sequence == 0


def test_the_council_keeps_one_person_from_collecting_and_nobody_else(world: World, paper: PaperCard) -> None:
    other = world.people(world.households[0])[1]
    until = world.today + timedelta(days=1)
    Person.update(barred_until=until).where(Person.id == paper.person.id).execute()
    with pytest.raises(Barred) as refused:
        redeem(world, paper)
    assert refused.value.values == {"day": until.isoformat()}
    assert Refusal.get().code == "Barred"
    assert redeem(world, paper, collector_id=other.id)
    world.wait(days=1)
    with pytest.raises(Barred):
        redeem(world, paper)
    world.wait(days=1)
    assert redeem(world, paper)
    Person.update(barred_until=world.today).where(Person.id == other.id).execute()
    with pytest.raises(Barred):
        redeem(world, paper, collector_id=other.id)


def test_it_costs_few_statements(world: World, paper: PaperCard, statements: Callable[[], int]) -> None:
    salt, soap = world.goods["食盐400g"], world.goods["洗衣液2kg"]
    redeem(world, paper, basket=[[salt, 1, 2]])  # begins the clerk's shift
    before = statements()
    redeem(world, paper)
    one = statements() - before
    assert one <= 18
    redeem(world, paper, basket=[[world.rice, 1, 30], [salt, 2, 2], [soap, 1, 20]])
    assert statements() - before == 2 * one, "a basket costs as many as a single line"


def test_a_phone_a_proxy_and_cash_cost_one_or_two_more(
    world: World, paper: PaperCard, statements: Callable[[], int]
) -> None:
    salt = [[world.goods["食盐400g"], 1, 2]]
    redeem(world, paper, basket=salt)

    def count(**changes: Any) -> int:
        before = statements()
        redeem(world, paper, **changes)
        return statements() - before

    plain = count(basket=salt)
    assert count(basket=salt, pin="") == plain + 1
    assert count(basket=salt, pin="", card=by_phone(world)) == plain + 1  # read and used, but no tries asked
    assert count(basket=salt, collector_id=0, proxy_id=granted(world)) == plain + 2
    Shop.update(takes_cash=True).execute()
    missing = 4 * 30 - world.balance(world.households[0])
    assert count(basket=[[world.rice, 4, 30]], cash_fen=missing * 100) == plain + 1


# --- card ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["", "12345", "1" * 34, "九九九"])
def test_a_card_that_is_misread_says_so(world: World, paper: PaperCard, typed: str) -> None:
    with pytest.raises(CardMisread):
        redeem(world, paper, card=typed)


def test_a_card_that_was_never_printed_is_unknown(world: World, paper: PaperCard) -> None:

    with pytest.raises(CardUnknown):
        redeem(world, paper, card=codes.new_card("a card of nobody")[0])


def test_a_code_with_another_secret_is_unknown(world: World, paper: PaperCard) -> None:

    stem = paper.code[:13] + "0" * 19
    with pytest.raises(CardUnknown):
        redeem(world, paper, card=stem + mod_97_10.calc_check_digits(stem))


def test_a_card_serves_only_between_hand_over_and_revocation(world: World) -> None:

    villager = world.villager(0)
    world.give_points(world.households[0], 100)
    printing = world.by(world.committee[0])
    number, code = codes.new_card(printing["key"])
    paper = PaperCard(card.print_card(**printing, person_id=villager.id), villager, number, code, PIN)
    with pytest.raises(CardNotHandedOver):
        redeem(world, paper)
    card.hand_over(**world.by(world.committee[1]), card_id=paper.id, pin=PIN)
    redeem(world, paper)
    card.revoke(**world.by(world.committee[0]), card_id=paper.id, reason="丢失")
    with pytest.raises(CardRevoked) as refused:
        redeem(world, paper)
    assert refused.value.values == {"day": "2026-11-02", "reason": "丢失"}


def test_a_shop_serves_its_own_area_only(world: World) -> None:
    world.give_points(world.other_household, 100)
    stranger = world.people(world.other_household)[0]
    Person.update(pin_hash=None).where(Person.id == stranger.id).execute()
    printing = world.by(world.other_committee)

    number, code = codes.new_card(printing["key"])
    paper = PaperCard(card.print_card(**printing, person_id=stranger.id), stranger, number, code, PIN)
    card.hand_over(**world.by(world.other_steward), card_id=paper.id, pin=PIN)
    with pytest.raises(OutsideShopArea):
        redeem(world, paper)


def test_a_clerk_does_not_serve_the_own_household_or_kin(world: World, paper: PaperCard) -> None:
    own = world.card(world.clerk)
    with pytest.raises(OwnHousehold):
        redeem(world, own)
    kin.declare(**world.by(world.clerk), relative_id=world.people(world.households[0])[1].id, relation="姐夫")
    with pytest.raises(OwnHousehold):
        redeem(world, paper)


def test_a_holder_who_left_can_no_longer_redeem(world: World, paper: PaperCard) -> None:
    Person.update(active=False).where(Person.id == paper.person.id).execute()
    with pytest.raises(HolderGone):
        redeem(world, paper, collector_id=world.people(world.households[0])[1].id)


def test_a_household_that_left_can_no_longer_redeem(world: World, paper: PaperCard) -> None:
    Household.update(active=False).where(Household.id == paper.person.household_id).execute()
    with pytest.raises(HolderGone):
        redeem(world, paper)


def test_only_a_clerk_of_the_shop_may_serve(world: World, paper: PaperCard) -> None:
    with pytest.raises(NotAllowed):
        redeem(world, paper, actor=world.committee[0])
    for stranger in (world.other_clerk, world.villager(1)):
        with pytest.raises(NotFound):
            redeem(world, paper, actor=stranger)
    with pytest.raises(NotFound):
        redeem(world, paper, till_id=999)
    assert not Refusal.select().exists()


# --- PIN ----------------------------------------------------------------------------------------------------------


def test_a_clerk_who_knows_every_number_and_no_pin_gets_nothing(world: World) -> None:
    papers = [world.card(world.villager(number)) for number in range(4)]
    for paper in papers:
        world.give_points(Household.get_by_id(paper.person.household_id), 100)
        with pytest.raises(PinNeeded):
            redeem(world, paper, card=paper.number, pin="", basket=[[world.goods["食盐400g"], 1, 2]])
        for guess in ("111222", "271828", "314159"):
            with pytest.raises(WrongPin):
                redeem(world, paper, card=paper.number, pin=guess)
    assert not Receipt.select().exists()


def test_thirty_wrong_pins_meet_growing_waits_but_never_a_lasting_lock(world: World, paper: PaperCard) -> None:
    waits = []
    for _ in range(30):
        try:
            redeem(world, paper, card=paper.number, pin="314159")
        except WrongPin:
            pass
        except TooSoon as soon:
            waits.append(int(soon.values["seconds"]))
            world.wait(seconds=waits[-1])
    assert waits == sorted(waits)
    assert waits[0] < 20
    assert 3600 <= waits[-1] < 3610
    with pytest.raises(WrongPin):
        redeem(world, paper, card=paper.number, pin="314159")
    with pytest.raises(TooSoon):  # not even the right one, while the wait lasts
        redeem(world, paper)
    world.wait(hours=1)
    redeem(world, paper)


def test_a_right_pin_forgets_the_wrong_ones(world: World, paper: PaperCard) -> None:
    for _ in range(3):
        for _ in range(3):
            with pytest.raises(WrongPin):
                redeem(world, paper, pin="314159")
        redeem(world, paper, basket=[[world.goods["食盐400g"], 1, 2]])


def test_retrying_a_wrong_pin_counts_once(world: World, paper: PaperCard) -> None:
    by = world.by(world.clerk)
    for _ in range(20):
        with pytest.raises(WrongPin):
            redeem(world, paper, **by, pin="314159")
    redeem(world, paper)


def test_a_typed_number_with_the_pin_is_as_good_as_a_scan(world: World, paper: PaperCard) -> None:
    receipt = Receipt.get_by_id(redeem(world, paper, card=paper.number))
    assert (receipt.via, receipt.pin) == ("typed", True)


def test_a_pin_cannot_be_right_before_it_is_set(world: World, paper: PaperCard) -> None:
    Person.update(pin_hash=None).where(Person.id == paper.person.id).execute()
    with pytest.raises(NoPinSet):
        redeem(world, paper)


def test_a_scan_goes_without_pin_up_to_the_days_limit_of_the_household(world: World, paper: PaperCard) -> None:
    soap, salt = world.goods["洗衣液2kg"], world.goods["食盐400g"]
    second = world.card(world.people(world.households[0])[1])
    with pytest.raises(NoPinLimit) as refused:
        redeem(world, paper, pin="")
    assert refused.value.values == {"limit": 20, "left": 20}
    receipt = Receipt.get_by_id(redeem(world, paper, pin="", basket=[[salt, 4, 2]]))
    assert not receipt.pin
    with pytest.raises(NoPinLimit) as refused:
        redeem(world, second, pin="", basket=[[soap, 1, 20]])
    assert refused.value.values == {"limit": 20, "left": 12}
    redeem(world, second, pin="", basket=[[salt, 5, 2]])
    redeem(world, paper)  # with the PIN there is no limit
    world.wait(days=1)
    redeem(world, paper, pin="", basket=[[soap, 1, 20]])


def test_cards_of_one_household_at_once_share_one_no_pin_day(world: World, paper: PaperCard) -> None:
    second = world.card(world.people(world.households[0])[1])
    soap = world.goods["洗衣液2kg"]
    attempts = [world.by(world.clerk) for _ in range(6)]
    start = Barrier(len(attempts))

    def attempt(number: int) -> bool:
        start.wait()
        try:
            card = (paper, second)[number % 2]
            redeem(world, card, **attempts[number], pin="", basket=[[soap, 1, 20]])
        except NoPinLimit:
            return False
        finally:
            db.disconnect()
        return True

    with ThreadPoolExecutor(len(attempts)) as pool:
        assert sum(pool.map(attempt, range(len(attempts)))) == 1
    assert world.balance(world.households[0]) == 80


def test_the_no_pin_day_is_the_villages_day(world: World, paper: PaperCard) -> None:
    soap = world.goods["洗衣液2kg"]
    world.wait(hours=14, minutes=59)  # 23:59 in the village
    redeem(world, paper, pin="", basket=[[soap, 1, 20]])
    world.wait(minutes=1)
    redeem(world, paper, pin="", basket=[[soap, 1, 20]])


def test_what_was_undone_makes_room_again_without_pin(world: World, paper: PaperCard) -> None:
    soap = world.goods["洗衣液2kg"]
    receipt_id = redeem(world, paper, pin="", basket=[[soap, 1, 20]])
    undo(world, receipt_id)
    redeem(world, paper, pin="", basket=[[soap, 1, 20]])


def test_a_village_may_switch_off_going_without_pin(world: World, paper: PaperCard) -> None:
    settings = {"council_voices": 3, "notice_days": 5, "monthly_cap": 60, "objection_contact": "村委会"}
    areas.decide_settings(**world.by(world.admin), village_id=world.village, no_pin_daily_limit=0, **settings)
    with pytest.raises(NoPinLimit):
        redeem(world, paper, pin="", basket=[[world.goods["食盐400g"], 1, 2]])


# --- collector and basket -----------------------------------------------------------------------------------------


def test_only_a_member_of_the_household_may_collect(world: World, paper: PaperCard) -> None:
    member = world.people(world.households[0])[1]
    redeem(world, paper, collector_id=member.id)
    for outsider in (world.villager(1).id, 999_999):
        with pytest.raises(CollectorUnlisted):
            redeem(world, paper, collector_id=outsider)
    household.edit_person(
        **world.by(world.admin), person_id=member.id, name=member.name, phone="", active=False, **AWAY
    )
    with pytest.raises(CollectorUnlisted):
        redeem(world, paper, collector_id=member.id)


def test_a_basket_needs_something_in_it(world: World, paper: PaperCard) -> None:
    with pytest.raises(EmptyBasket):
        redeem(world, paper, basket=[])


@pytest.mark.parametrize("quantity", [0, -1, 1000])
def test_a_quantity_is_between_1_and_999(world: World, paper: PaperCard, quantity: int) -> None:
    with pytest.raises(BasketTooLarge):
        redeem(world, paper, basket=[[world.rice, quantity, 30]])


def test_a_minus_cannot_be_hidden_between_two_pluses(world: World, paper: PaperCard) -> None:
    with pytest.raises(BasketTooLarge):
        redeem(world, paper, basket=[[world.rice, 2, 30], [world.rice, -2, 30]])


def test_hidden_goods_are_not_given(world: World, paper: PaperCard) -> None:
    goods.hide(**world.by(world.clerk), goods_id=world.rice, hidden=True)
    with pytest.raises(GoodsHidden):
        redeem(world, paper)


def test_a_price_that_changed_meanwhile_is_asked_again(world: World, paper: PaperCard) -> None:
    goods.change_price(**world.by(world.committee[0]), goods_id=world.rice, price=35)
    with pytest.raises(PriceChanged) as refused:
        redeem(world, paper)
    assert refused.value.values == {"goods": "大米5kg", "price": 35}
    redeem(world, paper, basket=[[world.rice, 1, 35]])


def test_goods_of_another_shop_do_not_exist_here(world: World, paper: PaperCard) -> None:
    with pytest.raises(NotFound):
        redeem(world, paper, basket=[[999, 1, 1]])


def test_what_is_out_of_stock_names_the_goods(world: World, paper: PaperCard) -> None:
    with pytest.raises(OutOfStock) as refused:
        redeem(world, paper, basket=[[world.goods["食盐400g"], 11, 2]])
    assert refused.value.values == {"goods": "食盐400g", "wanted": 11, "left": 10}


def test_refusals_are_kept_with_their_household(world: World, paper: PaperCard) -> None:
    attempts: list[tuple[type[PointsError], dict[str, Any]]] = [
        (WrongPin, {"pin": "314159"}),
        (EmptyBasket, {"basket": []}),
        (CardMisread, {"card": "12"}),
    ]
    for error, changes in attempts:
        by = world.by(world.clerk)
        for _ in range(2):  # a retry is not another refusal
            with pytest.raises(error):
                redeem(world, paper, **by, **changes)
    kept = [(refusal.code, refusal.household_id) for refusal in Refusal.select().order_by(Refusal.id)]
    home = world.households[0].id
    assert kept == [("WrongPin", home), ("EmptyBasket", home), ("CardMisread", None)]


# --- undo ---------------------------------------------------------------------------------------------------------


def test_undoing_gives_points_and_goods_back_once(world: World, paper: PaperCard) -> None:
    receipt_id = redeem(world, paper)
    undo(world, receipt_id)
    assert (world.balance(world.households[0]), on_hand(world.rice)) == (100, 10)
    assert ReceiptUndo.get().reason == "拿错了"
    with pytest.raises(AlreadyReversed):
        undo(world, receipt_id, reason="再来")
    assert (world.balance(world.households[0]), on_hand(world.rice)) == (100, 10)
    assert list(ledger.audit()) == []
    assert stock.audit() == []


def test_a_clerk_undoes_on_the_same_day_only_the_committee_on_any(world: World, paper: PaperCard) -> None:
    receipt_id = redeem(world, paper)
    world.wait(days=1)
    with pytest.raises(UndoTooLate):
        undo(world, receipt_id)
    redemption.undo(**world.by(world.committee[0]), receipt_id=receipt_id, reason="拿错了")


def test_undoing_needs_a_reason_and_a_role_here(world: World, paper: PaperCard) -> None:
    receipt_id = redeem(world, paper)
    with pytest.raises(Missing):
        undo(world, receipt_id, reason="  ")
    with pytest.raises(NotAllowed):
        redemption.undo(**world.by(world.recorder), receipt_id=receipt_id, reason="拿错了")
    for stranger in (world.other_clerk, world.villager(0)):
        with pytest.raises(NotFound):
            redemption.undo(**world.by(stranger), receipt_id=receipt_id, reason="拿错了")


def test_a_refused_undo_is_on_the_list_of_the_till_that_sold(world: World, paper: PaperCard) -> None:
    receipt_id = redeem(world, paper)
    with pytest.raises(ReceiptCodeNeeded):
        undo(world, receipt_id, code="")
    undo(world, receipt_id)
    with pytest.raises(AlreadyReversed):
        undo(world, receipt_id)
    for stranger in (world.recorder, world.other_clerk):
        with pytest.raises((NotAllowed, NotFound)):
            undo(world, receipt_id, actor=stranger)
    day = counter.day(world.till, world.today)
    assert [type(one.refusal) for one in day.refusals] == [AlreadyReversed, ReceiptCodeNeeded]
    home = world.households[0].number
    assert [(one.household_number, one.clerk) for one in day.refusals] == [(home, world.clerk.name)] * 2


def test_nobody_undoes_a_receipt_of_the_own_household(world: World) -> None:
    member = world.committee[0]
    home = Household.get_by_id(member.household_id)
    world.give_points(home, 100)
    person_id = household.add_person(**world.by(world.admin), household_id=home.id, name="田小弟", phone="")
    Person.update(pin_hash=None).where(Person.id == person_id).execute()
    printing = world.by(world.committee[1])

    number, code = codes.new_card(printing["key"])
    paper = PaperCard(card.print_card(**printing, person_id=person_id), Person.get_by_id(person_id), number, code, PIN)
    card.hand_over(**world.by(world.recorder), card_id=paper.id, pin=PIN)
    receipt_id = redeem(world, paper)
    with pytest.raises(OwnHousehold):
        redemption.undo(**world.by(member), receipt_id=receipt_id, reason="拿错了")


def test_a_clerk_undoes_only_what_was_scanned_from_the_receipt_itself(world: World, paper: PaperCard) -> None:
    receipt_id, other_id = redeem(world, paper), redeem(world, paper)
    for code, error in (
        ("", ReceiptCodeNeeded),
        (paper.code, CardMisread),
        (codes.receipt_code(other_id), OtherReceipt),
    ):
        with pytest.raises(error):
            undo(world, receipt_id, code=code)
    assert not ReceiptUndo.select().exists()
    undo(world, receipt_id)
    redemption.undo(**world.by(world.committee[0]), receipt_id=other_id, reason="拿错了")  # the committee needs no code


def test_what_is_undone_leaves_the_clerks_own_shift_and_the_committees_none(world: World, paper: PaperCard) -> None:
    other = world.appoint("clerk", world.village, "孙店员")
    first, second = redeem(world, paper), redeem(world, paper)
    undo(world, first, actor=other)
    redemption.undo(**world.by(world.committee[0]), receipt_id=second, reason="拿错了")
    by_other, by_committee = ReceiptUndo.select().order_by(ReceiptUndo.receipt)
    assert Shift.get_by_id(by_other.shift_id).clerk_id == other.id
    assert by_other.shift_id != Receipt.get_by_id(first).shift_id
    assert by_committee.shift_id is None


def test_once_the_shift_is_signed_off_only_the_committee_undoes(world: World, paper: PaperCard) -> None:
    other = world.appoint("clerk", world.village, "孙店员")
    receipt_id = redeem(world, paper)
    Shift.update(closed_at=world.now).where(Shift.clerk == world.clerk).execute()
    Till.update(shift_id=None).execute()
    with pytest.raises(ShiftClosed):
        undo(world, receipt_id)
    with pytest.raises(UndoSignedOff):
        undo(world, receipt_id, actor=other)
    assert (world.balance(world.households[0]), on_hand(world.rice)) == (70, 9)
    redemption.undo(**world.by(world.committee[0]), receipt_id=receipt_id, reason="拿错了")
    assert (world.balance(world.households[0]), on_hand(world.rice)) == (100, 10)


# --- phone --------------------------------------------------------------------------------------------------------


def by_phone(world: World, number: int = 0) -> str:
    """Return the code that a villager's phone shows now."""
    return codes.phone_code(world.villager(number).id, world.now)


def read(world: World, code: str, **changes: Any) -> None:
    """Let the clerk's till read a phone's code."""
    redemption.claim_phone(**{"till_id": world.till, "actor": world.clerk, "card": code, "now": world.now} | changes)


def test_a_phone_pays_without_card_pin_or_limit(world: World, paper: PaperCard) -> None:
    code = by_phone(world)
    read(world, code)
    world.wait(minutes=9)
    receipt = Receipt.get_by_id(redeem(world, paper, card=code, collector_id=0, pin=""))
    assert (receipt.via, receipt.pin, receipt.card_id, receipt.points) == ("phone", False, None, 30)
    assert receipt.collector_id == paper.person.id
    salt = [[world.goods["食盐400g"], 10, 2]]
    assert redeem(world, paper, pin="", basket=salt), "the day without PIN is untouched"


def test_another_member_may_take_what_a_phone_pays(world: World, paper: PaperCard) -> None:
    member = world.people(world.households[0])[1]
    receipt = Receipt.get_by_id(redeem(world, paper, card=by_phone(world), collector_id=member.id, pin=""))
    assert receipt.collector_id == member.id
    with pytest.raises(CollectorUnlisted):
        world.wait(minutes=1)
        redeem(world, paper, card=by_phone(world), collector_id=world.villager(1).id, pin="")


def test_a_phones_code_goes_once(world: World, paper: PaperCard) -> None:
    code = by_phone(world)
    by = world.by(world.clerk)
    assert redeem(world, paper, **by, card=code, pin="") == redeem(world, paper, **by, card=code, pin="")
    with pytest.raises(PhoneCodeUsed):
        redeem(world, paper, card=code, pin="")
    assert Receipt.select().count() == 1
    assert (Refusal.get().code, Refusal.get().household_id) == ("PhoneCodeUsed", world.households[0].id)


def test_a_refused_basket_leaves_the_phones_code_for_the_next_try(world: World, paper: PaperCard) -> None:
    code = by_phone(world)
    read(world, code)
    with pytest.raises(OutOfStock):
        redeem(world, paper, card=code, pin="", basket=[[world.rice, 11, 30]])
    redeem(world, paper, card=code, pin="")


def test_a_phones_code_must_be_read_within_a_minute(world: World, paper: PaperCard) -> None:
    code = by_phone(world)
    world.wait(seconds=60)
    read(world, code)
    with pytest.raises(PhoneCodeExpired):
        redeem(world, paper, card=code, pin="")


def test_a_code_from_the_future_is_not_good(world: World, paper: PaperCard) -> None:
    code = codes.phone_code(paper.person.id, world.now + timedelta(minutes=5))
    with pytest.raises(PhoneCodeExpired):
        redeem(world, paper, card=code, pin="")


def test_ten_minutes_after_it_was_read_a_phones_code_is_over(world: World, paper: PaperCard) -> None:
    code = by_phone(world)
    read(world, code)
    world.wait(minutes=10)
    with pytest.raises(PhoneCodeExpired):
        redeem(world, paper, card=code, pin="")


def test_a_phones_code_is_good_for_the_till_and_clerk_that_read_it(world: World, paper: PaperCard) -> None:
    other = world.appoint("clerk", world.village, "孙店员")
    second = shop.open_till(**world.by(world.committee[0]), shop_id=world.shop)
    code = by_phone(world)
    read(world, code)
    read(world, code)  # the same till may read it again
    read(world, code, till_id=second)  # and this changes nothing
    for changes in ({"till_id": second}, {"actor": other}):
        with pytest.raises(PhoneCodeElsewhere):
            redeem(world, paper, card=code, pin="", **changes)
    redeem(world, paper, card=code, pin="")


def test_a_code_nobody_could_have_shown_is_misread(world: World, paper: PaperCard) -> None:
    stem = by_phone(world)[:-3] + "0"
    forged = stem + mod_97_10.calc_check_digits(stem)
    assert forged != by_phone(world)
    with pytest.raises(CardMisread):
        redeem(world, paper, card=forged, pin="")


def test_a_phone_of_who_left_of_elsewhere_or_of_kin_is_refused_as_a_card_is(world: World, paper: PaperCard) -> None:
    with pytest.raises(OwnHousehold):
        redeem(world, paper, card=codes.phone_code(world.clerk.id, world.now), pin="")
    stranger = world.people(world.other_household)[0]
    with pytest.raises(OutsideShopArea):
        redeem(world, paper, card=codes.phone_code(stranger.id, world.now), pin="")
    code = by_phone(world)
    Person.update(active=False).where(Person.id == paper.person.id).execute()
    with pytest.raises(HolderGone):
        redeem(world, paper, card=code, pin="")


def test_many_tries_at_once_use_a_phones_code_once(world: World, paper: PaperCard) -> None:
    code, salt = by_phone(world), world.goods["食盐400g"]
    attempts = [world.by(world.clerk) for _ in range(5)]
    start = Barrier(len(attempts))

    def attempt(by: dict[str, Any]) -> bool:
        start.wait()
        try:
            redeem(world, paper, **by, card=code, pin="", basket=[[salt, 1, 2]])
        except PhoneCodeUsed:
            return False
        finally:
            db.disconnect()
        return True

    with ThreadPoolExecutor(len(attempts)) as pool:
        assert sum(pool.map(attempt, attempts)) == 1
    assert world.balance(world.households[0]) == 98


# --- photo and proxy ----------------------------------------------------------------------------------------------


def test_a_photo_of_a_card_needs_the_pin(world: World, paper: PaperCard) -> None:
    salt = [[world.goods["食盐400g"], 1, 2]]
    with pytest.raises(PinNeeded):
        redeem(world, paper, photo=True, pin="", basket=salt)
    assert Receipt.get_by_id(redeem(world, paper, photo=True, basket=salt)).via == "photo"


def granted(world: World, name: str = "钱外甥", **changes: Any) -> int:
    """Let the first household name a proxy until tomorrow."""
    until = world.today + timedelta(days=1)
    return proxy.grant(**world.by(world.villager(0)) | {"name": name, "until": until} | changes)


def by_proxy(world: World, paper: PaperCard, proxy_id: int, **changes: Any) -> int:
    """Redeem a bag of salt, handed to a proxy, without PIN."""
    salt = [[world.goods["食盐400g"], 1, 2]]
    return redeem(world, paper, **{"collector_id": 0, "proxy_id": proxy_id, "pin": "", "basket": salt} | changes)


def test_a_proxy_collects_while_the_grant_stands(world: World, paper: PaperCard) -> None:
    proxy_id = granted(world)
    receipt = Receipt.get_by_id(by_proxy(world, paper, proxy_id))
    assert (receipt.collector_id, receipt.proxy_id, receipt.pin) == (None, proxy_id, False)
    with pytest.raises(NoPinLimit):
        by_proxy(world, paper, proxy_id, basket=[[world.goods["洗衣液2kg"], 1, 20]])
    assert by_proxy(world, paper, proxy_id, pin=paper.pin, basket=[[world.goods["洗衣液2kg"], 1, 20]])
    world.wait(days=1)
    assert by_proxy(world, paper, proxy_id)
    world.wait(days=1)
    with pytest.raises(ProxyExpired):
        by_proxy(world, paper, proxy_id)


def test_a_proxy_whose_grant_was_taken_back_gets_nothing(world: World, paper: PaperCard) -> None:
    proxy_id = granted(world)
    proxy.revoke(**world.by(world.villager(0)), proxy_id=proxy_id)
    with pytest.raises(ProxyRevoked) as refused:
        by_proxy(world, paper, proxy_id)
    assert refused.value.values == {"name": "钱外甥", "day": world.today.isoformat()}
    assert Refusal.get().code == "ProxyRevoked"


def test_a_proxy_of_another_household_is_none_of_this(world: World, paper: PaperCard) -> None:
    theirs = proxy.grant(**world.by(world.villager(1)), name="钱外甥", until=world.today)
    for proxy_id in (theirs, 999_999):
        with pytest.raises(ProxyUnlisted):
            by_proxy(world, paper, proxy_id)


def test_the_clerk_is_nobodys_proxy_at_the_own_till(world: World, paper: PaperCard) -> None:
    for proxy_id in (granted(world, world.clerk.name), granted(world, world.clerk.name, person_id=world.clerk.id)):
        with pytest.raises(ProxyServes):
            by_proxy(world, paper, proxy_id)


def test_the_clerks_family_is_nobodys_proxy_at_that_till(world: World, paper: PaperCard) -> None:
    relative = world.villager(2)
    by_name, known = granted(world, relative.name), granted(world, relative.name, person_id=relative.id)
    assert by_proxy(world, paper, by_name) and by_proxy(world, paper, known)
    kin.declare(**world.by(world.clerk), relative_id=relative.id, relation="堂兄")
    for proxy_id in (by_name, known):
        with pytest.raises(ProxyServes):
            by_proxy(world, paper, proxy_id)
    spouse = household.add_person(
        **world.by(world.admin), household_id=world.clerk.household_id, name="钱家属", phone=""
    )
    with pytest.raises(ProxyServes):
        by_proxy(world, paper, granted(world, "钱家属", person_id=spouse))


def test_who_is_barred_does_not_collect_as_a_proxy_either(world: World, paper: PaperCard) -> None:
    friend = world.villager(1)
    proxy_id = granted(world, friend.name, person_id=friend.id)
    Person.update(barred_until=world.today).where(Person.id == friend.id).execute()
    with pytest.raises(Barred):
        by_proxy(world, paper, proxy_id)
    world.wait(days=1)
    assert by_proxy(world, paper, proxy_id)


def test_either_a_member_or_a_proxy_takes_the_goods(world: World, paper: PaperCard) -> None:
    proxy_id = granted(world)
    for collector, chosen in ((paper.person.id, proxy_id), (0, 0)):
        with pytest.raises(CollectorUnlisted):
            by_proxy(world, paper, chosen, collector_id=collector)


def test_a_phone_may_send_a_proxy(world: World, paper: PaperCard) -> None:
    receipt = Receipt.get_by_id(by_proxy(world, paper, granted(world), card=by_phone(world)))
    assert (receipt.via, receipt.collector_id) == ("phone", None) and receipt.proxy_id


# --- limits and days ----------------------------------------------------------------------------------------------


def limit(world: World, **limits: Any) -> list[list[int]]:
    """Limit salt; return a basket of two bags."""
    Goods.update(**limits).where(Goods.id == world.goods["食盐400g"]).execute()
    return [[world.goods["食盐400g"], 2, 2]]


def test_a_household_takes_so_many_in_a_month(world: World, paper: PaperCard) -> None:
    two = limit(world, limit_household=3, limit_period="month")
    second = world.card(world.people(world.households[0])[1])
    redeem(world, paper, basket=two)
    with pytest.raises(LimitReached) as refused:
        redeem(world, second, basket=two)
    said = {"goods": "食盐400g", "whose": "household", "period": "month", "limit": 3, "left": 1, "unit": "袋"}
    assert refused.value.values == said
    assert (world.balance(world.households[0]), on_hand(world.goods["食盐400g"])) == (96, 8)
    redeem(world, second, basket=[[world.goods["食盐400g"], 1, 2]])
    world.wait(days=28)
    with pytest.raises(LimitReached):  # the last of November
        redeem(world, paper, basket=two)
    world.wait(days=1)
    redeem(world, paper, basket=two)


@pytest.mark.parametrize(("period", "days"), [("day", 1), ("week", 7), ("month", 29), ("quarter", 60), ("year", 60)])
def test_a_limit_begins_anew_with_its_period(world: World, paper: PaperCard, period: str, days: int) -> None:
    two = limit(world, limit_household=2, limit_period=period)
    redeem(world, paper, basket=two)
    world.wait(days=days - 1)
    with pytest.raises(LimitReached):
        redeem(world, paper, basket=two)
    world.wait(days=1)
    redeem(world, paper, basket=two)


def test_a_person_and_a_proxy_have_a_limit_each(world: World, paper: PaperCard) -> None:
    two = limit(world, limit_person=2)
    proxy_id = granted(world)
    redeem(world, paper, basket=two)
    for again in ({}, {"card": by_phone(world), "collector_id": 0, "pin": ""}):
        with pytest.raises(LimitReached) as refused:
            redeem(world, paper, basket=two, **again)
        assert refused.value.values["whose"] == "person"
    redeem(world, paper, basket=two, collector_id=world.people(world.households[0])[1].id)
    by_proxy(world, paper, proxy_id, basket=two)
    with pytest.raises(LimitReached):
        by_proxy(world, paper, proxy_id, basket=two)


def test_a_proxy_who_is_named_anew_is_still_the_same_one(world: World, paper: PaperCard) -> None:
    two = limit(world, limit_person=2)
    first = granted(world)
    by_proxy(world, paper, first, basket=two)
    proxy.revoke(**world.by(world.villager(0)), proxy_id=first)
    with pytest.raises(LimitReached):
        by_proxy(world, paper, granted(world), basket=two)
    assert by_proxy(world, paper, granted(world, "李邻居"), basket=two)


def test_what_was_reserved_counts_for_who_reserved_it(world: World, paper: PaperCard) -> None:
    [[salt, *_]] = two = limit(world, limit_person=2)
    ticket = {"till_id": world.till, "collector_id": world.people(world.households[0])[1].id}
    reserved = steps.reserve(world, {salt: 2})
    reservation.collect(**world.by(world.clerk), **ticket, ticket=codes.ticket_code(reserved))
    with pytest.raises(LimitReached):
        steps.reserve(world, {salt: 1})
    with pytest.raises(LimitReached):
        redeem(world, paper, basket=two)
    assert redeem(world, paper, basket=two, collector_id=ticket["collector_id"])


@pytest.mark.parametrize("whose", ["limit_household", "limit_person"])
def test_what_was_undone_does_not_count_and_what_is_reserved_does(world: World, paper: PaperCard, whose: str) -> None:
    two = limit(world, **{whose: 2})
    undo(world, redeem(world, paper, basket=two))
    held = Reservation.create(
        shop=world.shop,
        household=world.households[0],
        person=paper.person,
        points=2,
        spoken="123456",
        collect_by=world.today,
        made_by=paper.person,
        made_at=world.now,
    )
    line = {"name": "食盐400g", "unit": "袋", "price": 2, "quantity": 1}
    ReservationLine.create(reservation=held, goods=world.goods["食盐400g"], **line)
    with pytest.raises(LimitReached) as refused:
        redeem(world, paper, basket=two)
    assert refused.value.values["left"] == 1
    Reservation.update(state="cancelled", ended_at=world.now).execute()
    redeem(world, paper, basket=two)


def test_another_household_has_its_own_limit(world: World, paper: PaperCard) -> None:
    two = limit(world, limit_household=2)
    redeem(world, paper, basket=two)
    world.give_points(world.households[1], 10)
    redeem(world, world.card(world.villager(1)), basket=two)


def test_two_cards_at_once_do_not_pass_a_limit(world: World, paper: PaperCard) -> None:
    two = limit(world, limit_household=2)
    cards = [paper, world.card(world.people(world.households[0])[1])]
    attempts = [world.by(world.clerk) for _ in range(6)]
    start = Barrier(len(attempts))

    def attempt(number: int) -> bool:
        start.wait()
        try:
            redeem(world, cards[number % 2], **attempts[number], basket=two)
        except LimitReached:
            return False
        finally:
            db.disconnect()
        return True

    with ThreadPoolExecutor(len(attempts)) as pool:
        assert sum(pool.map(attempt, range(len(attempts)))) == 1


def test_goods_are_given_from_their_first_day_to_their_last(world: World, paper: PaperCard) -> None:
    tomorrow = world.today + timedelta(days=1)
    one = limit(world, valid_from=tomorrow, valid_to=tomorrow)
    with pytest.raises(GoodsNotYet) as refused:
        redeem(world, paper, basket=one)
    assert refused.value.values == {"goods": "食盐400g", "day": tomorrow.isoformat()}
    world.wait(days=1)
    redeem(world, paper, basket=one)
    world.wait(days=1)
    with pytest.raises(GoodsNoLonger):
        redeem(world, paper, basket=one)


def test_limits_cost_one_statement_more_however_many(
    world: World, paper: PaperCard, statements: Callable[[], int]
) -> None:
    salt, soap = world.goods["食盐400g"], world.goods["洗衣液2kg"]
    basket = [[salt, 1, 2], [soap, 1, 20]]
    counts = []
    for limits in ({}, {"limit_household": 9}, {"limit_person": 9, "limit_household": 9}):
        Goods.update(**limits).where(Goods.id.in_([salt, soap])).execute() if limits else None
        redeem(world, paper, basket=[[salt, 1, 2]])
        before = statements()
        redeem(world, paper, basket=basket)
        counts.append(statements() - before)
    assert counts == [counts[0], counts[0] + 1, counts[0] + 1]


# --- cash ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def takes_cash(world: World) -> None:
    Shop.update(takes_cash=True).execute()


@pytest.mark.usefixtures("takes_cash")
def test_missing_points_are_paid_in_cash_at_the_worth_of_a_point(world: World, paper: PaperCard) -> None:
    four = [[world.rice, 4, 30]]
    for shown in (0, 1999, 2001):
        with pytest.raises(CashChanged) as refused:
            redeem(world, paper, basket=four, cash_fen=shown)
        assert refused.value.values == {"fen": 2000, "yuan": "20.00"}
    receipt = Receipt.get_by_id(redeem(world, paper, basket=four, cash_fen=2000))
    assert (receipt.points, receipt.cash_points, receipt.cash_fen, receipt.balance_after) == (100, 20, 2000, 0)
    assert (world.balance(world.households[0]), on_hand(world.rice)) == (0, 6)
    assert list(ledger.audit()) == []
    undo(world, receipt.id)
    assert (world.balance(world.households[0]), on_hand(world.rice)) == (100, 10)


@pytest.mark.usefixtures("takes_cash")
def test_at_least_one_point_is_paid(world: World) -> None:
    with pytest.raises(NoPointsForCash):
        redeem(world, world.card(world.villager(0)), cash_fen=3000)


@pytest.mark.usefixtures("takes_cash")
def test_cash_is_not_taken_for_points_that_are_there(world: World, paper: PaperCard) -> None:
    with pytest.raises(CashChanged) as refused:
        redeem(world, paper, cash_fen=3000)
    assert refused.value.values["fen"] == 0
    assert redeem(world, paper)


def test_a_shop_that_takes_no_cash_refuses_what_points_do_not_cover(world: World, paper: PaperCard) -> None:
    with pytest.raises(InsufficientPoints):
        redeem(world, paper, basket=[[world.rice, 4, 30]])
    with pytest.raises(CashChanged):
        redeem(world, paper, basket=[[world.rice, 4, 30]], cash_fen=2000)


# --- print --------------------------------------------------------------------------------------------------------


def test_prints_of_a_receipt_are_numbered_also_two_at_once(world: World, paper: PaperCard) -> None:
    receipt_id = redeem(world, paper)
    attempts = [world.by(world.clerk) for _ in range(4)]
    start = Barrier(len(attempts))

    def attempt(by: dict[str, Any]) -> int:
        start.wait()
        try:
            return redemption.print_receipt(**by, receipt_id=receipt_id, paper="58")
        finally:
            db.disconnect()

    with ThreadPoolExecutor(len(attempts)) as pool:
        assert len(set(pool.map(attempt, attempts))) == 4
    again = redemption.print_receipt(**attempts[0], receipt_id=receipt_id, paper="58")
    assert sorted(one.number for one in ReceiptPrint.select()) == [1, 2, 3, 4]
    assert again in [one.id for one in ReceiptPrint.select()]


def test_who_may_see_a_receipt_may_print_it(world: World, paper: PaperCard) -> None:
    receipt_id = redeem(world, paper)
    readers = (paper.person, world.people(world.households[0])[1], world.clerk, world.committee[0], world.supervisor)
    for number, reader in enumerate(readers, 1):
        made = redemption.print_receipt(**world.by(reader), receipt_id=receipt_id, paper="a5")
        assert ReceiptPrint.get_by_id(made).number == number
    for stranger, error in ((world.villager(1), NotFound), (world.other_clerk, NotFound), (world.recorder, NotAllowed)):
        with pytest.raises(error):
            redemption.print_receipt(**world.by(stranger), receipt_id=receipt_id, paper="a5")
    with pytest.raises(Invalid):
        redemption.print_receipt(**world.by(world.clerk), receipt_id=receipt_id, paper="a4")
