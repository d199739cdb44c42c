"""Recording: who may, for whom, what is frozen."""

from datetime import timedelta

import pytest

from points.errors import (
    FutureDay,
    ItemNotInForce,
    Missing,
    NobodyNamed,
    NoRuleBook,
    NotAllowed,
    NotFound,
    OwnHouseholdNamed,
    PersonTwice,
    QuantityRange,
    TooLong,
    TooLongAgo,
    WrongState,
)
from points.models.contribution import Contribution, Line
from points.models.people import Household, Person
from points.models.rules import RuleBook
from points.services import contribution, kin, rule_book
from tests import steps
from tests.world import World


def record(world, actor=None, **given):
    usual = {
        "village_id": world.village,
        "item_id": world.item(1).id,
        "day": world.today,
        "people": [world.villager().id],
        "quantity": 1,
        "note": "",
    }
    return contribution.record(**world.by(actor or world.recorder), **(usual | given))


def test_a_team_is_one_sheet_with_a_line_for_each_person(world: World) -> None:
    team = [world.villager(number) for number in range(4)]
    sheet = record(world, people=[person.id for person in team], quantity=2, note="西片  夜巡")
    assert Contribution.get_by_id(sheet).note == "西片 夜巡"
    lines = list(Line.select().where(Line.contribution == sheet).order_by(Line.id))
    assert [line.person_id for line in lines] == [person.id for person in team]
    assert [line.household_id for line in lines] == [household.id for household in world.households]
    assert {(line.each, line.quantity, line.state, line.item_name) for line in lines} == {
        (10, 2, "recorded", world.item(1).name)
    }


def test_a_line_keeps_the_points_of_the_day_when_the_rules_change(world: World) -> None:
    (line,) = steps.record(world)
    draft = rule_book.start_draft(**world.by(world.committee[0]), village_id=world.village)
    old = world.item(1).id
    rule_book.adopt(**world.by(world.committee[0]), book_id=draft, minutes="第4号", adopted_on=world.today)
    kept = steps.line(line)
    assert (kept.each, kept.version, kept.cap, kept.cap_period) == (10, 1, 4, "month")
    with pytest.raises(ItemNotInForce):
        record(world, item_id=old)


def test_a_retry_finds_the_first_sheet(world: World) -> None:
    given = world.by(world.recorder) | {
        "village_id": world.village,
        "item_id": world.item(1).id,
        "day": world.today,
        "people": [world.villager().id],
        "quantity": 1,
        "note": "",
    }
    assert contribution.record(**given) == contribution.record(**given)
    assert Contribution.select().count() == 1


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (lambda world: {"day": world.today + timedelta(days=1)}, FutureDay),
        (lambda world: {"day": world.today - timedelta(days=61)}, TooLongAgo),
        (lambda world: {"quantity": 0}, QuantityRange),
        (lambda world: {"quantity": 100}, QuantityRange),
        (lambda world: {"people": []}, NobodyNamed),
        (lambda world: {"people": [world.villager().id] * 2}, PersonTwice),
        (lambda world: {"people": [world.people(world.other_household)[0].id]}, NotFound),
        (lambda world: {"people": [10**9]}, NotFound),
        (lambda world: {"note": "长" * 201}, TooLong),
        (lambda world: {"item_id": 10**9}, ItemNotInForce),
    ],
)
def test_it_refuses_what_cannot_be(world: World, given, error) -> None:
    with pytest.raises(error):
        record(world, **given(world))
    assert Line.select().count() == 0


def test_the_oldest_day_still_counts(world: World) -> None:
    assert record(world, day=world.today - timedelta(days=60))


def test_a_village_without_rules_records_nothing(world: World) -> None:
    RuleBook.update(state="superseded").where(RuleBook.id == world.book.id).execute()
    with pytest.raises(NoRuleBook):
        record(world)


def test_nobody_records_for_the_own_household_or_kin(world: World) -> None:
    own = world.people(Household.get_by_id(world.recorder.household_id))[0]
    with pytest.raises(OwnHouseholdNamed) as refused:
        record(world, people=[world.villager().id, own.id])
    assert refused.value.values == {"person": own.name}
    kin.declare(**world.by(world.recorder), relative_id=world.people(world.households[1])[1].id, relation="姐妹")
    with pytest.raises(OwnHouseholdNamed):
        record(world, people=[world.villager(1).id])


def test_a_steward_of_a_lane_covers_only_that_lane(world: World) -> None:
    steward = world.appoint("steward", world.lanes[1], "杜巷长", lane=world.lanes[1])
    assert record(world, steward, people=[world.villager(2).id])
    with pytest.raises(NotFound):
        record(world, steward, people=[world.villager(0).id])


def test_only_stewards_and_committee_of_the_village_record(world: World) -> None:
    for actor, error in (
        (world.clerk, NotAllowed),
        (world.council[0], NotAllowed),
        (world.villager(1), NotFound),
        (world.other_steward, NotFound),
    ):
        with pytest.raises(error):
            record(world, actor)


def test_people_who_left_are_not_recorded(world: World) -> None:
    Person.update(active=False).where(Person.id == world.villager().id).execute()
    with pytest.raises(NotFound):
        record(world)


def test_the_recorder_withdraws_while_nobody_has_checked(world: World) -> None:
    first, second = steps.record(world, world.villager(0), world.villager(1))
    with pytest.raises(Missing):
        contribution.withdraw(**world.by(world.recorder), line_id=first, reason=" ")
    contribution.withdraw(**world.by(world.recorder), line_id=first, reason="记错人")
    assert (steps.line(first).state, steps.line(first).refusal) == ("withdrawn", "记错人")
    steps.check(world, [second])
    with pytest.raises(WrongState) as refused:
        contribution.withdraw(**world.by(world.recorder), line_id=second, reason="记错人")
    assert refused.value.values == {"state": "checked"}


def test_nobody_else_withdraws(world: World) -> None:
    (line,) = steps.record(world)
    for actor, error in ((world.checker, NotAllowed), (world.other_steward, NotFound), (world.villager(), NotFound)):
        with pytest.raises(error):
            contribution.withdraw(**world.by(actor), line_id=line, reason="不该记")
    assert steps.line(line).state == "recorded"
