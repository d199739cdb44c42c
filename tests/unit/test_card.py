"""Cards: printed by one, handed over by another, with the villager's PIN; nothing that opens them is kept in clear."""

import pytest

from points import codes, db, tries
from points.errors import (
    AlreadyDone,
    CardRevoked,
    Missing,
    NotAllowed,
    NotFound,
    OwnHousehold,
    PrintedBySamePerson,
    WeakPin,
)
from points.models.keys import WriteKey
from points.models.people import Card, Person, Tries
from points.services import card, household, kin, redemption
from tests.world import PIN, World


def printed(world: World, person: Person | None = None) -> int:
    return card.print_card(**world.by(world.committee[0]), person_id=(person or world.villager()).id)


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


def test_a_household_may_hold_several_live_cards(world: World) -> None:
    one, other = world.people(world.households[0])
    assert world.card(one).number != world.card(other).number
    world.card(one)
    assert Card.select().where(Card.handed_at.is_null(False), Card.revoked_at.is_null()).count() == 3


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
    household.edit_person(**world.by(world.committee[0]), person_id=gone.id, name="何花", phone="", active=False)
    with pytest.raises(NotFound):
        printed(world, gone)


def test_a_new_pin_ends_the_waits_after_wrong_ones(world: World) -> None:
    paper = world.card(world.villager())
    for _ in range(9):
        with db.transaction():
            tries.count_failure("till", f"card:{paper.id}", now=world.now)
    card.reset_pin(**world.by(world.committee[0]), person_id=paper.person.id, pin="582931")
    assert Tries.select().count() == 0


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
