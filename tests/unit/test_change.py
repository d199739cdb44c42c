"""Households split, merge and move: two people decide, points follow, and nobody slips out of recusal by moving."""

from __future__ import annotations

from typing import Any

import pytest

from points import access, db, following, judging, ledger
from points.errors import (
    AlreadyDone,
    ChangeWaits,
    ClashingName,
    EverybodySplits,
    FutureDay,
    HouseholdResting,
    InsufficientPoints,
    Missing,
    NobodyMoves,
    NotAllowed,
    NotFound,
    NotOfHousehold,
    OwnHousehold,
    OwnHouseholdNamed,
    PointsBeyond,
    PointsShrunk,
    ProposerRelated,
    SameHousehold,
    SamePerson,
    SamePlace,
    StillReserved,
)
from points.models.changes import ChangePerson, HouseholdChange
from points.models.ledger import Account, AccountType, Kind, Transfer
from points.models.people import Household, Person
from points.models.receipt import Proxy
from points.services import award, change, household, kin, proxy, redemption, reservation, review, tick
from tests import steps
from tests.world import AWAY, World


def propose(world: World, kind: str, of: int = 0, *, by: Person | None = None, **given: Any) -> int:
    """Propose a change of the plain household *of*."""
    told = {"reason": "儿子成家", "day": world.today, **given}
    source = world.households[of].id
    return change.propose(**world.by(by or world.committee[0]), household_id=source, kind=kind, **told)


def confirm(world: World, change_id: int, *, by: Person | None = None, **given: Any) -> int:
    return change.confirm(**world.by(by or world.committee[1]), change_id=change_id, **given)


def split(world: World, points: int = 0, **given: Any) -> int:
    """Propose that the second person of the first household founds one of their own."""
    son = world.people(world.households[0])[1].id
    place = {"area_id": world.lanes[1], "number": "0501", "address": "东二巷5号"}
    return propose(world, "split", **{"people": [son], "points": points, **place, **given})


def merge(world: World, source: int = 0, target: int = 1, **given: Any) -> int:
    return propose(world, "merge", source, target_id=world.households[target].id, **given)


def owed(household_: Household) -> int:
    return -ledger.balance(ledger.account(AccountType.OWED, household_.id))


def again(household_: Household) -> Household:
    return Household.get_by_id(household_.id)


def sound() -> None:
    """Nothing drifts, and all accounts together hold nothing."""
    assert list(ledger.audit()) == []
    total = db.execute("SELECT COUNT(*) FROM account WHERE type IN ('household', 'hold') AND balance < 0").fetchone()
    assert total[0] == 0


# --- split ------------------------------------------------------------------------------------------------------


def test_a_split_founds_a_household_and_takes_points_along(world: World) -> None:
    world.give_points(world.households[0], 50)
    father, son = world.people(world.households[0])
    made = split(world, 20)
    assert world.balance(world.households[0]) == 50
    confirm(world, made)
    found = HouseholdChange.get_by_id(made)
    new = found.target
    assert (new.number, new.area_id, new.address, new.active, new.notice_id) == (
        "0501", world.lanes[1], "东二巷5号", True, None,
    )  # fmt: skip
    assert [person.id for person in world.people(new)] == [son.id]
    assert Person.get_by_id(son.id).area_id == world.lanes[1]
    assert [person.id for person in world.people(world.households[0])] == [father.id]
    assert (world.balance(world.households[0]), world.balance(new)) == (30, 20)
    [moved] = Transfer.select().where(Transfer.kind == Kind.MOVE)
    assert (moved.cause_type, moved.cause_id, moved.points) == ("change", made, 20)
    assert again(world.households[0]).active
    sound()


def test_zero_points_need_no_transfer(world: World) -> None:
    confirm(world, split(world))
    assert not Transfer.select().where(Transfer.kind == Kind.MOVE).exists()


def test_those_whom_a_split_parts_stay_related(world: World) -> None:
    """Otherwise half of a household could judge the other half."""
    father, son = world.people(world.households[0])
    made = split(world)
    confirm(world, made)
    new = HouseholdChange.get_by_id(made).target
    assert access.related_households(Person.get_by_id(son.id)) == {new.id, world.households[0].id}
    assert access.related_households(Person.get_by_id(father.id)) == {new.id, world.households[0].id}


def test_kin_declared_before_are_not_declared_twice(world: World) -> None:
    father, son = world.people(world.households[0])
    kin.declare(**world.by(son), relative_id=father.id, relation="父亲")
    confirm(world, split(world))
    with pytest.raises(AlreadyDone):
        kin.declare(**world.by(father), relative_id=son.id, relation="儿子")


def test_a_split_leaves_somebody_and_names_somebody(world: World) -> None:
    everybody = [person.id for person in world.people(world.households[0])]
    with pytest.raises(EverybodySplits):
        split(world, people=everybody)
    with pytest.raises(NobodyMoves):
        split(world, people=[])
    with pytest.raises(NotOfHousehold):
        split(world, people=[world.villager(1).id])
    with pytest.raises(ClashingName):
        split(world, number=world.households[1].number)
    with pytest.raises(Missing):
        split(world, reason=" ")
    with pytest.raises(FutureDay):
        split(world, day=world.today.replace(year=2027))
    with pytest.raises(PointsBeyond):
        split(world, 1)
    with pytest.raises(PointsBeyond):
        split(world, -1)
    with pytest.raises(NotFound):
        split(world, area_id=world.other_lane)


def test_a_number_taken_meanwhile_is_refused_when_confirmed(world: World) -> None:
    made = split(world)
    household.open_household(
        **world.by(world.admin), area_id=world.lanes[0], number="0501", address="", people=["何花"]
    )
    with pytest.raises(ClashingName):
        confirm(world, made)
    assert HouseholdChange.get_by_id(made).state == "proposed"


# --- merge ------------------------------------------------------------------------------------------------------


def test_a_merge_brings_people_points_and_debts_and_the_household_rests(world: World) -> None:
    source, target = world.households[:2]
    world.give_points(source, 30)
    owe(world, source, 12)
    proxy.grant(**world.by(world.villager(0)), name="外甥", until=world.today)
    paper = world.card(world.villager(0))
    gone = world.people(source)[1]
    household.edit_person(
        **world.by(world.committee[0]), person_id=gone.id, name=gone.name, phone="", active=False, **AWAY
    )
    made = merge(world)
    confirm(world, made)
    source = again(source)
    assert (source.active, source.merged_into_id, world.people(source)) == (False, target.id, [])
    assert len(world.people(target)) == 4
    assert (world.balance(source), owed(source)) == (0, 0)
    assert (world.balance(target), owed(target)) == (30, 12)
    assert Proxy.get().revoked_by_id == world.committee[1].id
    assert ChangePerson.select().where(ChangePerson.change == made).count() == 2
    steps.sold(world, paper, {world.goods["食盐400g"]: 1})
    assert world.balance(target) == 28, "the card opens the new household"
    sound()


def owe(world: World, household_: Household, points: int) -> None:
    """Let a household owe *points*: an award is spent and then taken back."""
    with db.transaction():
        issuance = ledger.account(AccountType.ISSUANCE, household_.village_id)
        purse = ledger.account(AccountType.HOUSEHOLD, household_.id)
        posting = {"cause_type": "test", "cause_id": 1, "happened_at": world.now}
        spent = ledger.balance(purse)
        adjustment = ledger.account(AccountType.ADJUSTMENT, household_.village_id)
        given = ledger.post(ledger.Posting(world.key(), Kind.AWARD, issuance, purse, points, **posting), now=world.now)
        ledger.post(
            ledger.Posting(world.key(), Kind.ADJUSTMENT, purse, adjustment, spent + points, **posting), now=world.now
        )
        ledger.correct(given, points, key=world.key(), actor_id=world.admin.id, reason="查无此事", now=world.now)
        if spent:
            ledger.post(
                ledger.Posting(world.key(), Kind.ADJUSTMENT, adjustment, purse, spent, **posting), now=world.now
            )


def test_nothing_is_begun_on_a_household_that_rests(world: World) -> None:
    confirm(world, merge(world))
    with pytest.raises(HouseholdResting):
        merge(world, 0, 2)
    with pytest.raises(HouseholdResting):
        merge(world, 2, 0)
    given = world.by(world.committee[0]) | {"household_id": world.households[0].id}
    with pytest.raises(HouseholdResting):
        household.add_person(**given, name="何花", phone="")
    with pytest.raises(HouseholdResting):
        household.edit_household(**given | {"key": world.key()}, area_id=world.lanes[1], address="")
    with pytest.raises(ClashingName):
        household.open_household(
            **world.by(world.admin),
            area_id=world.lanes[0],
            number=world.households[0].number,
            address="",
            people=["何"],
        )


def test_a_merge_waits_for_open_reservations(world: World) -> None:
    world.give_points(world.households[0], 50)
    waiting = steps.reserve(world, {world.rice: 1})
    made = merge(world)
    with pytest.raises(StillReserved) as refused:
        confirm(world, made)
    assert refused.value.values == {"person": "王秀英", "shop": "石桥村积分超市"}
    reservation.cancel(**world.by(world.villager(0)), reservation_id=waiting)
    confirm(world, made)
    assert world.balance(world.households[1]) == 50


def test_only_reservations_of_who_goes_hold_a_split_up(world: World) -> None:
    world.give_points(world.households[0], 50)
    steps.reserve(world, {world.rice: 1})  # for the father, who stays
    confirm(world, split(world, 20))
    sound()


def test_a_household_is_not_merged_with_itself_or_one_of_another_county(world: World) -> None:
    with pytest.raises(SameHousehold):
        merge(world, 0, 0)
    with pytest.raises(NotFound):
        propose(world, "merge", target_id=999_999)


# --- what comes later follows -----------------------------------------------------------------------------------


def test_points_that_come_later_follow_to_the_end_of_the_chain(world: World) -> None:
    steps.approved(world, world.villager(0))
    notice = steps.hung(world)
    confirm(world, merge(world, 0, 1))
    confirm(world, merge(world, 1, 2))
    steps.run_out(world, notice)
    assert [world.balance(household_) for household_ in world.households[:3]] == [0, 0, 10]
    before = Transfer.select().count()
    tick.tick(now=world.wait(minutes=1))
    assert Transfer.select().count() == before
    [moved] = Transfer.select().where(Transfer.kind == Kind.MOVE)
    assert moved.key.startswith("follow:") and moved.cause_type == "change"
    sound()


def test_an_undone_receipt_of_a_resting_household_follows(world: World) -> None:
    world.give_points(world.households[0], 50)
    receipt = steps.sold(world, world.card(world.villager(0)), {world.rice: 1})
    confirm(world, merge(world))
    redemption.undo(**world.by(world.committee[0]), receipt_id=receipt, reason="拿错了")
    assert world.balance(world.households[0]) == 30
    tick.tick(now=world.now)
    assert (world.balance(world.households[0]), world.balance(world.households[1])) == (0, 50)
    sound()


def test_a_correction_of_an_old_award_follows_as_owed(world: World) -> None:
    [line] = steps.posted(world, world.villager(0))
    confirm(world, merge(world))
    assert world.balance(world.households[1]) == 10
    award.reverse(**world.by(world.committee[1]), line_id=line, reason="查无此事")
    tick.tick(now=world.now)
    assert (owed(world.households[0]), owed(world.households[1])) == (0, 10)
    sound()


def test_two_machines_that_follow_at_once_move_once(world: World) -> None:
    confirm(world, merge(world))
    world.give_points(world.households[0], 7)
    assert following.stranded() == [world.households[0].id]
    for expected in (7, 0):
        with db.transaction():
            assert following.follow(world.households[0].id, now=world.now) == expected
    assert world.balance(world.households[1]) == 7
    world.give_points(world.households[0], 7)
    with db.transaction():
        assert following.follow(world.households[0].id, now=world.now) == 7


def test_who_took_a_household_up_keeps_away_from_what_follows(world: World) -> None:
    """What is decided about the household that rests comes to theirs."""
    member = world.council[0]
    target = Household.get_by_id(member.household_id)
    source = world.households[0]
    [line] = steps.check(world, steps.record(world, world.villager(0)))
    confirm(world, propose(world, "merge", 1, target_id=world.households[2].id))
    made = change.propose(
        **world.by(world.committee[0]), household_id=source.id, kind="merge", target_id=world.households[2].id,
        reason="并户", day=world.today,
    )  # fmt: skip
    confirm(world, made)
    confirm(world, propose(world, "merge", 2, target_id=target.id))
    assert {source.id, world.households[1].id, target.id} <= access.related_households(member)
    assert judging.council(world.village)[member.id] == access.related_households(member)
    with pytest.raises(OwnHouseholdNamed):
        review.decide(**world.by(member), line_ids=[line], verdict="approve", reason="")


def test_who_left_an_empty_household_keeps_away_from_what_waits_there(world: World) -> None:
    member = world.council[0]
    left = member.household_id
    [line] = steps.check(world, steps.record(world, member))
    everybody = [person.id for person in world.people(member.household)]
    made = change.propose(
        **world.by(world.committee[0]), household_id=left, kind="move_person", people=everybody,
        target_id=world.households[0].id, reason="同住", day=world.today,
    )  # fmt: skip
    confirm(world, made)
    moved = Person.get_by_id(member.id)
    assert access.related_households(moved) == {left, world.households[0].id}
    assert judging.council(world.village)[member.id] == access.related_households(moved)
    assert judging.hindrance(moved, steps.line(line), access.related_households(moved), ()) is OwnHousehold


# --- moving -----------------------------------------------------------------------------------------------------


def test_who_marries_takes_points_along_into_another_village(world: World) -> None:
    world.give_points(world.households[0], 50)
    bride = world.people(world.households[0])[1]
    made = propose(world, "move_person", people=[bride.id], points=5, target_id=world.other_household.id, reason="出嫁")
    with pytest.raises(NotFound):
        confirm(world, made)  # keeps the village she leaves, not the one she comes to
    confirm(world, made, by=world.other_committee)
    assert Person.get_by_id(bride.id).household_id == world.other_household.id
    assert Person.get_by_id(bride.id).area_id == world.other_lane
    assert (world.balance(world.households[0]), world.balance(world.other_household)) == (45, 5)
    sound()


def test_the_last_person_may_move_and_the_household_remains(world: World) -> None:
    everybody = [person.id for person in world.people(world.households[0])]
    confirm(world, propose(world, "move_person", people=everybody, target_id=world.households[1].id))
    assert again(world.households[0]).active and world.people(world.households[0]) == []


def test_a_household_moves_to_another_lane_and_stays_itself(world: World) -> None:
    with pytest.raises(SamePlace):
        propose(world, "move_household", area_id=world.lanes[0])
    made = propose(world, "move_household", area_id=world.lanes[1], address="新房")
    confirm(world, made)
    moved = again(world.households[0])
    assert (moved.area_id, moved.address, moved.active) == (world.lanes[1], "新房", True)
    assert {person.area_id for person in world.people(moved)} == {world.lanes[1]}
    assert HouseholdChange.get_by_id(made).target is None


def test_a_household_moves_to_another_village_as_a_new_one(world: World) -> None:
    source = world.households[0]
    world.give_points(source, 40)
    made = propose(world, "move_household", area_id=world.other_lane, address="")
    with pytest.raises(Missing):
        confirm(world, made, by=world.other_committee)
    confirm(world, made, by=world.other_committee, number="0701")
    new = HouseholdChange.get_by_id(made).target
    assert (new.village_id, new.number, world.balance(new)) == (world.other_village, "0701", 40)
    assert (again(source).active, again(source).merged_into_id) == (False, new.id)
    assert len(world.people(new)) == 2
    sound()


# --- who, and when ----------------------------------------------------------------------------------------------


def test_who_proposed_does_not_confirm_and_nobody_acts_for_their_own(world: World) -> None:
    made = merge(world)
    with pytest.raises(SamePerson):
        confirm(world, made, by=world.committee[0])
    kin.declare(**world.by(world.committee[1]), relative_id=world.villager(1).id, relation="妹妹")
    with pytest.raises(OwnHousehold):
        confirm(world, made)
    with pytest.raises(NotAllowed):
        confirm(world, made, by=world.checker)
    with pytest.raises(NotFound):
        confirm(world, made, by=world.other_committee)
    with pytest.raises(OwnHousehold):
        merge(world, 2, 1, by=world.committee[1])
    with pytest.raises(NotAllowed):
        merge(world, 2, 3, by=world.recorder)
    with pytest.raises(NotFound):
        merge(world, 2, 3, by=world.other_committee)
    confirm(world, made, by=world.supervisor)


def test_kin_of_who_proposed_do_not_confirm(world: World) -> None:
    one, other = world.committee
    kin.declare(**world.by(one), relative_id=other.id, relation="妻子")
    made = merge(world)
    with pytest.raises(ProposerRelated):
        confirm(world, made, by=other)
    confirm(world, made, by=world.supervisor)


def test_a_change_is_decided_once(world: World) -> None:
    world.give_points(world.households[0], 30)
    made = merge(world)
    with pytest.raises(ChangeWaits):
        merge(world, 0, 2)
    given = world.by(world.committee[1]) | {"change_id": made}
    assert change.confirm(**given) == change.confirm(**given) == made
    for decide in (
        lambda: confirm(world, made, by=world.admin),
        lambda: change.refuse(**world.by(world.admin), change_id=made, reason="没有这事"),
        lambda: change.withdraw(**world.by(world.committee[0]), change_id=made),
    ):
        with pytest.raises(AlreadyDone):
            decide()
    assert world.balance(world.households[1]) == 30


def test_a_change_is_refused_with_a_reason_or_taken_back_by_its_proposer(world: World) -> None:
    made = merge(world)
    with pytest.raises(Missing):
        change.refuse(**world.by(world.committee[1]), change_id=made, reason="")
    change.refuse(**world.by(world.committee[1]), change_id=made, reason="没有这事")
    found = HouseholdChange.get_by_id(made)
    assert (found.state, found.answer, again(world.households[0]).active) == ("refused", "没有这事", True)
    made = merge(world)
    with pytest.raises(NotFound):
        change.withdraw(**world.by(world.committee[1]), change_id=made)
    change.withdraw(**world.by(world.committee[0]), change_id=made)
    with pytest.raises(AlreadyDone):
        confirm(world, made)


def test_points_spent_meanwhile_are_said_when_it_is_confirmed(world: World) -> None:
    world.give_points(world.households[0], 50)
    made = split(world, 40)
    steps.sold(world, world.card(world.villager(0)), {world.rice: 1})
    with pytest.raises(PointsShrunk) as refused:
        confirm(world, made)
    assert refused.value.values == {"balance": 20, "points": 40}
    assert HouseholdChange.get_by_id(made).state == "proposed"
    assert Household.select().where(Household.number == "0501").count() == 0


def test_people_who_left_meanwhile_are_said_when_it_is_confirmed(world: World) -> None:
    made = split(world)
    son = world.people(world.households[0])[1]
    household.edit_person(
        **world.by(world.committee[0]), person_id=son.id, name=son.name, phone="", active=False, **AWAY
    )
    with pytest.raises(NotOfHousehold):
        confirm(world, made)


def test_a_basket_paid_from_a_purse_that_moved_is_refused(world: World) -> None:
    """What a till read before a merge it cannot spend after it: the floor holds."""
    world.give_points(world.households[0], 30)
    purse: Account = ledger.account(AccountType.HOUSEHOLD, world.households[0].id)
    confirm(world, merge(world))
    with pytest.raises(InsufficientPoints), db.transaction():
        shop = ledger.account(AccountType.SHOP, world.shop)
        sale = {"cause_type": "till", "cause_id": world.till, "happened_at": world.now}
        ledger.post(ledger.Posting(world.key(), Kind.REDEMPTION, purse, shop, 30, **sale), now=world.now)
