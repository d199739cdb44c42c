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
    CollectorUnlisted,
    EmptyBasket,
    GoodsHidden,
    HolderGone,
    InsufficientPoints,
    KeyReused,
    Missing,
    NoPinLimit,
    NoPinSet,
    NotAllowed,
    NotFound,
    OutOfStock,
    OutsideShopArea,
    OwnHousehold,
    PinNeeded,
    PointsError,
    PriceChanged,
    TooSoon,
    UndoTooLate,
    WrongPin,
)
from points.models.people import Household, Person
from points.models.receipt import Receipt, ReceiptLine, ReceiptUndo, Refusal
from points.models.shop import Till
from points.models.stock import Stock, StockMovement
from points.services import areas, card, goods, household, kin, redemption
from tests.world import PIN, PaperCard, World


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
    redemption.undo(**world.by(world.clerk), receipt_id=receipt_id, reason="拿错了")
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
    household.edit_person(**world.by(world.admin), person_id=member.id, name=member.name, phone="", active=False)
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
    redemption.undo(**world.by(world.clerk), receipt_id=receipt_id, reason="拿错了")
    assert (world.balance(world.households[0]), on_hand(world.rice)) == (100, 10)
    assert ReceiptUndo.get().reason == "拿错了"
    with pytest.raises(AlreadyReversed):
        redemption.undo(**world.by(world.clerk), receipt_id=receipt_id, reason="再来")
    assert (world.balance(world.households[0]), on_hand(world.rice)) == (100, 10)
    assert list(ledger.audit()) == []
    assert stock.audit() == []


def test_a_clerk_undoes_on_the_same_day_only_the_committee_on_any(world: World, paper: PaperCard) -> None:
    receipt_id = redeem(world, paper)
    world.wait(days=1)
    with pytest.raises(UndoTooLate):
        redemption.undo(**world.by(world.clerk), receipt_id=receipt_id, reason="拿错了")
    redemption.undo(**world.by(world.committee[0]), receipt_id=receipt_id, reason="拿错了")


def test_undoing_needs_a_reason_and_a_role_here(world: World, paper: PaperCard) -> None:
    receipt_id = redeem(world, paper)
    with pytest.raises(Missing):
        redemption.undo(**world.by(world.clerk), receipt_id=receipt_id, reason="  ")
    with pytest.raises(NotAllowed):
        redemption.undo(**world.by(world.recorder), receipt_id=receipt_id, reason="拿错了")
    for stranger in (world.other_clerk, world.villager(0)):
        with pytest.raises(NotFound):
            redemption.undo(**world.by(stranger), receipt_id=receipt_id, reason="拿错了")


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
