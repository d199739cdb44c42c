"""Cards: printed by one, handed over by another, with the villager's PIN; nothing that opens them is kept in clear."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from points import codes, db, tries
from points.errors import (
    AlreadyDone,
    CardNotHandedOver,
    CardRevoked,
    HasCard,
    Missing,
    NoCardsChosen,
    NoSlip,
    NotAllowed,
    NotFound,
    OwnHousehold,
    OwnHouseholdNamed,
    PointsError,
    PrintedBySamePerson,
    TooManyCards,
    WeakPin,
)
from points.models.keys import WriteKey
from points.models.paper import CardRun
from points.models.people import Card, Person, Tries
from points.services import card, household, kin, redemption
from tests.tools import statements
from tests.world import AWAY, PIN, World


def printed(world: World, person: Person | None = None) -> int:
    return card.print_card(**world.by(world.committee[0]), person_id=(person or world.villager()).id)


def run_of(world: World, *people: Person, **given: Any) -> tuple[str, int]:
    """Print a run by the first of the committee; return its key and its id."""
    by = world.by(world.committee[0])
    how = {"village_id": world.village, "layout": "a4", "full_names": False, **given}
    return by["key"], card.print_run(**by, **how, person_ids=[person.id for person in people])


def cards_of(run_id: int) -> list[Card]:
    return list(Card.select().where(Card.run_id == run_id).order_by(Card.id))


def give(world: World, actor: Person, run_id: int) -> None:
    ids = [row.id for row in cards_of(run_id)]
    card.hand_over_many(**world.by(actor), village_id=world.village, card_ids=ids)


def test_a_card_works_once_another_person_handed_it_over(world: World) -> None:
    paper = world.card(world.villager())
    row = Card.get_by_id(paper.id)
    assert row.number == paper.number and codes.same(row.secret_hash, codes.hash_code(paper.code))
    assert row.printed_by_id != row.handed_by_id
    assert Person.get_by_id(paper.person.id).pin_hash == codes.hash_pin(paper.person.id, PIN)


def test_a_retry_prints_the_same_card(world: World) -> None:
    given = {**world.by(world.committee[0]), "person_id": world.villager().id}
    assert card.print_card(**given) == card.print_card(**given)
    assert Card.select().count() == 1


def test_the_printer_does_not_hand_over(world: World) -> None:
    made = printed(world)
    with pytest.raises(PrintedBySamePerson):
        card.hand_over(**world.by(world.committee[0]), card_id=made, pin=PIN)
    assert Card.get_by_id(made).handed_at is None


@pytest.mark.parametrize("pin", ["000000", "123456", "987654", "121212", "27041", "2704166", "27041a"])
def test_a_weak_pin_is_refused_and_the_card_still_waits(world: World, pin: str) -> None:
    made = printed(world)
    with pytest.raises(WeakPin):
        card.hand_over(**world.by(world.checker), card_id=made, pin=pin)
    assert Card.get_by_id(made).handed_at is None
    assert Person.get_by_id(world.villager().id).pin_hash is None


def test_a_card_is_handed_over_once(world: World) -> None:
    paper = world.card(world.villager())
    with pytest.raises(AlreadyDone):
        card.hand_over(**world.by(world.checker), card_id=paper.id, pin="582931")
    assert Person.get_by_id(paper.person.id).pin_hash == codes.hash_pin(paper.person.id, PIN)


def test_a_stopped_card_stays_stopped_and_says_why(world: World) -> None:
    made = printed(world)
    card.revoke(**world.by(world.recorder), card_id=made, reason="丢失")
    with pytest.raises(CardRevoked) as refused:
        card.hand_over(**world.by(world.checker), card_id=made, pin=PIN)
    assert refused.value.values == {"day": world.today.isoformat(), "reason": "丢失"}
    with pytest.raises(AlreadyDone):
        card.revoke(**world.by(world.recorder), card_id=made, reason="丢失")


def test_stopping_a_card_needs_a_reason(world: World) -> None:
    made = printed(world)
    with pytest.raises(Missing):
        card.revoke(**world.by(world.recorder), card_id=made, reason="  ")


def test_a_household_may_hold_several_live_cards_but_a_person_one(world: World) -> None:
    one, other = world.people(world.households[0])
    first, second = world.card(one), world.card(other)
    third = world.card(one)
    live = Card.select().where(Card.handed_at.is_null(False), Card.revoked_at.is_null())
    assert {row.id for row in live} == {second.id, third.id}
    assert Card.get_by_id(first.id).revoked_reason == "补办"


def test_the_old_card_works_until_the_new_one_is_handed_over_and_a_waiting_one_is_stopped_at_once(world: World) -> None:
    old = world.card(world.villager())
    spoiled, new = printed(world), printed(world)
    assert Card.get_by_id(old.id).revoked_at is None
    assert Card.get_by_id(spoiled).revoked_reason == "补印"
    card.hand_over(**world.by(world.checker), card_id=new, pin="582931")
    assert Card.get_by_id(old.id).revoked_by_id == world.checker.id


def test_nobody_acts_on_cards_of_the_own_household_or_of_kin(world: World) -> None:
    me, other = world.committee
    relative = world.villager()
    theirs = card.print_card(**world.by(other), person_id=relative.id)
    kin.declare(**world.by(relative), relative_id=me.id, relation="侄儿")
    for person in (me, relative):
        with pytest.raises(OwnHousehold):
            card.print_card(**world.by(me), person_id=person.id)
        with pytest.raises(OwnHousehold):
            card.reset_pin(**world.by(me), person_id=person.id, pin=PIN)
    with pytest.raises(OwnHousehold):
        card.hand_over(**world.by(me), card_id=theirs, pin=PIN)
    with pytest.raises(OwnHousehold):
        card.revoke(**world.by(me), card_id=theirs, reason="丢失")


def test_other_roles_and_other_villages_do_not_reach_cards(world: World) -> None:
    made = printed(world)
    person_id = world.villager().id
    for actor, error in ((world.clerk, NotAllowed), (world.council[0], NotAllowed), (world.other_committee, NotFound)):
        with pytest.raises(error):
            card.print_card(**world.by(actor), person_id=person_id)
        with pytest.raises(error):
            card.hand_over(**world.by(actor), card_id=made, pin=PIN)
        with pytest.raises(error):
            card.reset_pin(**world.by(actor), person_id=person_id, pin=PIN)
        with pytest.raises(error):
            card.revoke(**world.by(actor), card_id=made, reason="丢失")
    with pytest.raises(NotAllowed):
        card.hand_over(**world.by(world.admin), card_id=made, pin=PIN)


def test_there_are_no_cards_for_those_without_a_household_or_who_left(world: World) -> None:
    with pytest.raises(NotFound):
        card.print_card(**world.by(world.admin), person_id=world.supervisor.id)
    gone = world.villager()
    household.edit_person(
        **world.by(world.committee[0]), person_id=gone.id, name="何花", phone="", active=False, **AWAY
    )
    with pytest.raises(NotFound):
        printed(world, gone)


def test_a_new_pin_ends_the_waits_after_wrong_ones(world: World) -> None:
    paper = world.card(world.villager())
    for _ in range(9):
        with db.transaction():
            tries.count_failure("till", f"card:{paper.id}", now=world.now)
    card.reset_pin(**world.by(world.committee[1]), person_id=paper.person.id, pin="582931")
    assert Tries.select().count() == 0


def test_who_printed_the_card_does_not_set_its_pin(world: World) -> None:
    """They may have kept the code: with a PIN of theirs the household's points are theirs too."""
    printer, other = world.committee
    paper = world.card(world.villager())  # printed by the one, handed over by the other
    with pytest.raises(PrintedBySamePerson):
        card.reset_pin(**world.by(printer), person_id=paper.person.id, pin="582931")
    card.reset_pin(**world.by(other), person_id=paper.person.id, pin="582931")
    card.print_card(**world.by(other), person_id=paper.person.id)  # the next one, which still waits
    with pytest.raises(PrintedBySamePerson):
        card.reset_pin(**world.by(other), person_id=paper.person.id, pin="749162")


def test_neither_code_nor_pin_stands_in_any_row(world: World) -> None:
    paper = world.card(world.villager())
    rows = [*WriteKey.select(), *Card.select(), *Person.select()]
    kept = "\n".join(str(row.__data__) for row in rows)
    assert paper.code not in kept and PIN not in kept


def test_what_a_key_prints_cannot_be_told_without_the_card_key(world: World) -> None:
    code = codes.new_card("some-key")[1]
    codes.use_key("another card key, long enough for anything")
    assert codes.new_card("some-key")[1] != code
    assert codes.temporary_password("some-key") != codes.temporary_password("other-key")


def test_a_lost_card_is_blocked_by_any_member_of_the_household(world: World) -> None:
    paper = world.card(world.villager())
    waiting = printed(world)
    for card_id in (paper.id, waiting):
        card.block(**world.by(world.people(world.households[0])[1]), card_id=card_id)
        row = Card.get_by_id(card_id)
        assert (row.revoked_reason, row.revoked_by_id) == ("挂失", world.people(world.households[0])[1].id)
        with pytest.raises(AlreadyDone):
            card.block(**world.by(world.villager()), card_id=card_id)
    for stranger in (world.villager(1), world.committee[0], world.supervisor):
        with pytest.raises(NotFound):
            card.block(**world.by(stranger), card_id=paper.id)


def test_a_lost_card_is_blocked_at_the_counter_that_serves_its_household(world: World) -> None:
    paper, own = world.card(world.villager()), world.card(world.clerk)
    given = {"till_id": world.till, "card_id": paper.id}
    with pytest.raises(NotFound):
        card.block_at_till(**world.by(world.other_clerk), **given)
    with pytest.raises(NotAllowed):
        card.block_at_till(**world.by(world.committee[0]), **given)
    with pytest.raises(OwnHousehold):
        card.block_at_till(**world.by(world.clerk) | given | {"card_id": own.id})
    stranger = world.people(world.other_household)[0]
    theirs = card.print_card(**world.by(world.other_committee), person_id=stranger.id)
    with pytest.raises(NotFound):
        card.block_at_till(**world.by(world.clerk) | given | {"card_id": theirs})
    card.block_at_till(**world.by(world.clerk), **given)
    assert Card.get_by_id(paper.id).revoked_reason == "挂失"


def test_after_a_loss_the_new_card_works_and_the_old_one_says_why_not(world: World) -> None:
    world.give_points(world.households[0], 100)
    old = world.card(world.villager())
    card.block(**world.by(world.villager()), card_id=old.id)
    new = world.card(world.villager(), pin="582931")
    sale = {"till_id": world.till, "collector_id": old.person.id, "basket": [[world.rice, 1, 30]]}
    for shown in (old.code, old.number):
        with pytest.raises(CardRevoked) as refused:
            redemption.redeem(**world.by(world.clerk), **sale, card=shown, pin="582931")
        assert refused.value.values == {"day": world.today.isoformat(), "reason": "挂失"}
    assert redemption.redeem(**world.by(world.clerk), **sale, card=new.code, pin="582931")


# --- many at once ---------------------------------------------------------------------------------------------------


def test_a_run_makes_a_dead_card_for_each_in_their_order_and_a_retry_makes_none(world: World) -> None:
    people = [world.villager(2), *world.people(world.households[0])]
    by = world.by(world.committee[0])
    how = {"village_id": world.village, "layout": "pvc", "full_names": True, "person_ids": [p.id for p in people]}
    run_id = card.print_run(**by, **how)
    assert card.print_run(**by, **how) == run_id
    run = CardRun.get()
    assert (run.count, run.layout, run.full_names, run.printed_by_id) == (3, "pvc", True, world.committee[0].id)
    rows = cards_of(run_id)
    assert [row.person_id for row in rows] == [person.id for person in people]
    for row in rows:
        number, code = next(codes.cards_of_run(by["key"], row.person_id))
        assert (row.number, row.secret_hash) == (number, codes.hash_code(code))
        assert row.first_pin_hash == codes.hash_pin(row.person_id, codes.first_pin(by["key"], row.person_id))
        with pytest.raises(CardNotHandedOver):
            sale = {"till_id": world.till, "collector_id": row.person_id, "basket": [[world.rice, 1, 30]]}
            redemption.redeem(**world.by(world.clerk), **sale, card=code, pin="")
    assert Person.select().where(Person.pin_hash.is_null(False)).count() == 0


def test_cards_handed_over_together_take_the_pins_of_their_slips(world: World) -> None:
    people = [world.villager(number) for number in range(4)]
    key, run_id = run_of(world, *people)
    give(world, world.checker, run_id)
    assert {row.handed_by_id for row in cards_of(run_id)} == {world.checker.id}
    for person in people:
        pin = codes.first_pin(key, person.id)
        assert Person.get_by_id(person.id).pin_hash == codes.hash_pin(person.id, pin)
    with pytest.raises(AlreadyDone):
        give(world, world.checker, run_id)


def test_who_has_chosen_a_pin_keeps_it_and_gets_no_slip(world: World) -> None:
    one, other = world.people(world.households[0])
    old = world.card(one)
    _key, run_id = run_of(world, one, other, again=True)
    assert [row.first_pin_hash is None for row in cards_of(run_id)] == [True, False]
    card.reset_pin(**world.by(world.committee[1]), person_id=other.id, pin="582931")  # after the slip was printed
    give(world, world.checker, run_id)
    assert Person.get_by_id(one.id).pin_hash == codes.hash_pin(one.id, PIN)
    assert Person.get_by_id(other.id).pin_hash == codes.hash_pin(other.id, "582931")
    assert Card.get_by_id(old.id).revoked_reason == "补办"


def test_a_card_without_any_pin_is_not_handed_over_among_others(world: World) -> None:
    made = printed(world)
    with pytest.raises(NoSlip):
        card.hand_over_many(**world.by(world.checker), village_id=world.village, card_ids=[made])
    assert Card.get_by_id(made).handed_at is None


def test_printing_again_is_asked_for_and_stops_what_waits_but_not_what_works(world: World) -> None:
    live, waits = world.villager(0), world.villager(1)
    old = world.card(live)
    _key, first = run_of(world, waits)
    for person in (live, waits):
        with pytest.raises(HasCard):
            run_of(world, person)
    _key, second = run_of(world, live, waits, again=True)
    assert Card.get_by_id(old.id).revoked_at is None
    assert [row.revoked_reason for row in cards_of(first)] == ["补印"]
    give(world, world.checker, second)
    assert Card.get_by_id(old.id).revoked_reason == "补办"
    working = Card.select().where(Card.handed_at.is_null(False), Card.revoked_at.is_null())
    assert {row.run_id for row in working} == {second}


def test_a_number_that_somebody_has_is_drawn_again(world: World) -> None:
    person = world.villager()
    by = world.by(world.committee[0])
    ways = codes.cards_of_run(by["key"], person.id)
    taken, free = next(ways), next(ways)
    other = printed(world, world.villager(1))
    Card.update(number=taken[0]).where(Card.id == other).execute()
    given = {"village_id": world.village, "layout": "a4", "full_names": False, "person_ids": [person.id]}
    [row] = cards_of(card.print_run(**by, **given))
    assert (row.number, row.secret_hash) == (free[0], codes.hash_code(free[1]))


def test_neither_the_printer_nor_relatives_hand_over_among_others(world: World) -> None:
    mine, theirs = world.people(world.households[0])
    kin.declare(**world.by(mine), relative_id=world.checker.id, relation="侄儿")
    _key, run_id = run_of(world, theirs, world.villager(1))
    with pytest.raises(PrintedBySamePerson):
        give(world, world.committee[0], run_id)
    with pytest.raises(OwnHouseholdNamed) as refused:
        give(world, world.checker, run_id)
    assert refused.value.values == {"person": theirs.name}
    assert all(row.handed_at is None for row in cards_of(run_id))


def test_a_run_is_for_people_of_the_village_who_are_here_and_not_related(world: World) -> None:
    me = world.committee[0]
    with pytest.raises(OwnHouseholdNamed):
        run_of(world, world.villager(), me)
    with pytest.raises(NotFound):
        run_of(world, world.villager(), world.people(world.other_household)[0])
    with pytest.raises(NoCardsChosen):
        run_of(world)
    with pytest.raises(TooManyCards):
        card.print_run(
            **world.by(me),
            village_id=world.village,
            person_ids=list(range(1, card.MOST_CARDS + 2)),
            layout="a4",
            full_names=False,
        )
    given = {"village_id": world.village, "person_ids": [world.villager().id], "layout": "a4", "full_names": False}
    for actor, error in ((world.checker, NotAllowed), (world.clerk, NotAllowed), (world.other_committee, NotFound)):
        with pytest.raises(error):
            card.print_run(**world.by(actor), **given)
    assert CardRun.select().count() == Card.select().count() == 0


def test_a_steward_of_one_lane_does_not_hand_over_in_another(world: World) -> None:
    steward = world.appoint("steward", world.lanes[0], "巷一网格", lane=world.lanes[0])
    _key, run_id = run_of(world, world.villager(0), world.villager(2))
    with pytest.raises(NotFound):
        give(world, steward, run_id)
    near, _far = cards_of(run_id)
    card.hand_over_many(**world.by(steward), village_id=world.village, card_ids=[near.id])
    with pytest.raises(NotFound):
        give(world, world.other_committee, run_id)


def test_a_spoiled_run_is_stopped_as_a_whole_but_for_what_was_handed_over(world: World) -> None:
    _key, run_id = run_of(world, world.villager(0), world.villager(1))
    first, second = cards_of(run_id)
    card.hand_over_many(**world.by(world.checker), village_id=world.village, card_ids=[first.id])
    with pytest.raises(Missing):
        card.stop_run(**world.by(world.committee[1]), run_id=run_id, reason=" ")
    for actor, error in ((world.checker, NotAllowed), (world.other_committee, NotFound)):
        with pytest.raises(error):
            card.stop_run(**world.by(actor), run_id=run_id, reason="印坏了")
    card.stop_run(**world.by(world.committee[1]), run_id=run_id, reason="印坏了")
    assert Card.get_by_id(first.id).revoked_at is None
    assert Card.get_by_id(second.id).revoked_reason == "印坏了"
    with pytest.raises(AlreadyDone):
        card.stop_run(**world.by(world.committee[1]), run_id=run_id, reason="印坏了")
    with pytest.raises(CardRevoked):
        card.hand_over_many(**world.by(world.checker), village_id=world.village, card_ids=[second.id])


def at_once(*works: Callable[[], object]) -> list[str]:
    """Do these at the same moment; return the names of what was refused."""
    start, refused = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        start.wait()
        try:
            work()
        except PointsError as error:
            refused.append(error.code)
        finally:
            db.disconnect()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def test_two_who_print_or_hand_over_the_same_at_once_do_it_once(world: World) -> None:
    people = [world.villager(number) for number in range(4)]
    ids = [person.id for person in people]
    how = {"village_id": world.village, "layout": "a4", "full_names": False}
    # Each in another order, so that each would hold what the other waits for.
    orders = zip(world.committee, (ids, ids[::-1]), strict=True)
    given = [{**world.by(actor), **how, "person_ids": order} for actor, order in orders]
    assert at_once(*(partial(card.print_run, **each) for each in given)) == ["HasCard"]
    cards = list(Card.select().order_by(Card.id))
    assert sorted(row.person_id for row in cards) == sorted(ids)
    orders = zip((world.recorder, world.checker), (cards, cards[::-1]), strict=True)
    handing = [
        {**world.by(actor), "village_id": world.village, "card_ids": [row.id for row in order]}
        for actor, order in orders
    ]
    assert at_once(*(partial(card.hand_over_many, **each) for each in handing)) == ["AlreadyDone"]
    assert len({row.handed_by_id for row in Card.select()}) == 1


def test_a_run_costs_the_same_statements_for_ten_and_for_forty(world: World) -> None:
    def crowd(count: int) -> list[Person]:
        return world.people(world.open_household(world.lanes[0], *(f"王{n}" for n in range(count))))

    few, many = crowd(10), crowd(40)
    assert statements(lambda: run_of(world, *few)) == statements(lambda: run_of(world, *many))


def test_no_first_pin_is_weak() -> None:
    pins = {codes.first_pin("some-key", person_id) for person_id in range(20_000)}
    assert len(pins) > 19_000 and all(len(pin) == 6 and codes.is_strong_pin(pin) for pin in pins)
    assert not any(codes.is_strong_pin(pin) for pin in ("000000", "123456", "987654", "121212", "123123", "890123"))
