"""Notices: what they gather, how long they hang, objections and their answers."""

from datetime import UTC, datetime, timedelta

import pytest

from points import caps
from points.errors import (
    AlreadyDone,
    Missing,
    NotAllowed,
    NotFound,
    NothingToPublish,
    NoticeOver,
    OwnHouseholdNamed,
    RisenToTownship,
    SamePerson,
    WrongState,
)
from points.models.contribution import Notice, Objection
from points.models.people import Household
from points.services import kin, notice, tick
from tests import steps
from tests.world import World


def gather(world, actor=None):
    return notice.open_notice(**world.by(actor or world.committee[0]), village_id=world.village)


def answer(world, actor, objection, upheld=False, reason="名册有签到"):
    return notice.answer(**world.by(actor), objection_id=objection.id, upheld=upheld, reason=reason)


def answerer(world):
    """Return someone who may answer: the committee took no step on the lines here."""
    return world.committee[0]


# --- gathering and hanging ----------------------------------------------------------------------------------------


def test_a_notice_gathers_what_was_approved_and_the_new_households(world: World) -> None:
    (line,) = steps.approved(world)
    (waiting,) = steps.record(world, world.villager(1))
    made = Notice.get_by_id(gather(world))
    assert (made.number, made.state, made.days, made.closes_at) == (1, "gathered", 5, None)
    assert (steps.line(line).state, steps.line(line).notice_id) == ("noticed", made.id)
    assert steps.line(waiting).state == "recorded"
    assert all(Household.get_by_id(household.id).notice_id == made.id for household in world.households)
    assert Household.get_by_id(world.other_household.id).notice_id is None
    with pytest.raises(NothingToPublish):
        gather(world)
    steps.approved(world, world.villager(2))
    assert Notice.get_by_id(gather(world)).number == 2


def test_only_the_committee_of_the_village_gathers_and_hangs(world: World) -> None:
    steps.approved(world)
    for actor, error in (
        (world.recorder, NotAllowed),
        (world.supervisor, NotAllowed),
        (world.other_committee, NotFound),
    ):
        with pytest.raises(error):
            gather(world, actor)
    made = gather(world)
    for actor, error in (
        (world.recorder, NotAllowed),
        (world.supervisor, NotAllowed),
        (world.other_committee, NotFound),
    ):
        with pytest.raises(error):
            notice.hang(**world.by(actor), notice_id=made)


def test_the_days_begin_tomorrow_and_end_at_midnight_in_shanghai(world: World) -> None:
    steps.approved(world)
    made = gather(world)
    world.now = datetime(2026, 11, 2, 15, 59, tzinfo=UTC)  # 23:59 on the 2nd in the village
    notice.hang(**world.by(world.committee[1]), notice_id=made)
    assert Notice.get_by_id(made).closes_at == datetime(2026, 11, 7, 16, tzinfo=UTC)  # 24:00 on the 7th: five full days
    assert Notice.get_by_id(made).hung_by_id == world.committee[1].id


def test_one_minute_later_the_days_begin_a_day_later(world: World) -> None:
    steps.approved(world)
    made = gather(world)
    world.now = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)  # 0:00 on the 3rd
    notice.hang(**world.by(world.committee[1]), notice_id=made)
    assert Notice.get_by_id(made).closes_at == datetime(2026, 11, 8, 16, tzinfo=UTC)


def test_hanging_again_does_not_move_the_end(world: World) -> None:
    steps.approved(world)
    made = steps.hung(world)
    closes_at = Notice.get_by_id(made).closes_at
    world.wait(days=1)
    with pytest.raises(AlreadyDone):
        notice.hang(**world.by(world.committee[0]), notice_id=made)
    assert Notice.get_by_id(made).closes_at == closes_at


# --- objecting ----------------------------------------------------------------------------------------------------


def test_a_villager_objects_from_the_gathering_until_the_end(world: World) -> None:
    (line,) = steps.approved(world)
    made = gather(world)
    found = steps.objection(world, line)
    assert (found.due_at, steps.line(line).open_objections) == (world.now + timedelta(days=3), 1)
    notice.hang(**world.by(world.committee[1]), notice_id=made)
    world.now = Notice.get_by_id(made).closes_at - timedelta(microseconds=1)
    steps.objection(world, line, by=world.villager(2))
    world.now = Notice.get_by_id(made).closes_at
    with pytest.raises(NoticeOver):
        steps.objection(world, line, by=world.villager(1))
    assert steps.line(line).open_objections == 2


def test_before_the_notice_there_is_nothing_to_object_to(world: World) -> None:
    (line,) = steps.approved(world)
    with pytest.raises(WrongState):
        steps.objection(world, line)


def test_one_person_has_one_open_objection_to_a_line(world: World) -> None:
    (line,) = steps.approved(world)
    gather(world)
    steps.objection(world, line)
    with pytest.raises(AlreadyDone):
        steps.objection(world, line)
    assert steps.line(line).open_objections == 1


def test_staff_object_for_someone_and_strangers_do_not(world: World) -> None:
    (line,) = steps.approved(world)
    gather(world)
    given = {"line_id": line, "text": "老人说那天没人来"}
    made = notice.object_to(**world.by(world.recorder), **given, on_behalf_of="周长青")
    assert Objection.get_by_id(made).on_behalf_of == "周长青"
    notice.object_to(**world.by(world.supervisor), **given)
    for actor in (world.people(world.other_household)[0], world.other_committee):
        with pytest.raises(NotFound):
            notice.object_to(**world.by(actor), **given)
    with pytest.raises(NotFound):  # a villager speaks for nobody else
        notice.object_to(**world.by(world.villager(3)), **given, on_behalf_of="周长青")
    with pytest.raises(Missing):
        notice.object_to(**world.by(world.villager(3)), line_id=line, text=" ")


# --- answering ----------------------------------------------------------------------------------------------------


def test_an_upheld_objection_strikes_the_line_and_frees_its_room(world: World) -> None:
    line, other = steps.approved(world, world.villager(0), world.villager(1), quantity=2)
    gather(world)
    first, second = steps.objection(world, line), steps.objection(world, line, by=world.villager(2))
    answer(world, answerer(world), first, upheld=True, reason="名册上没有他")
    assert (steps.line(line).state, steps.line(line).open_objections) == ("struck", 0)
    assert steps.line(line).refusal == "名册上没有他"
    assert Objection.get_by_id(second.id).answer == "upheld"
    household = world.households[0].id
    assert caps.used(household, 1, "2026-11") == caps.used(household, caps.ALL, "2026-11") == 0
    assert steps.line(other).state == "noticed"
    with pytest.raises(AlreadyDone):
        answer(world, answerer(world), second)


def test_a_dismissed_objection_lets_the_line_go_on(world: World) -> None:
    (line,) = steps.approved(world)
    gather(world)
    answer(world, answerer(world), steps.objection(world, line))
    assert (steps.line(line).state, steps.line(line).open_objections) == ("noticed", 0)
    assert caps.used(world.households[0].id, 1, "2026-11") == 1


def test_only_a_third_unrelated_person_answers(world: World) -> None:
    (line,) = steps.approved(world)
    gather(world)
    raiser = world.committee[1]
    found = steps.objection(world, line, by=raiser)
    kin.declare(**world.by(world.committee[0]), relative_id=world.villager().id, relation="表亲")
    for actor, error in (
        (raiser, SamePerson),
        (world.council[0], SamePerson),
        (world.committee[0], OwnHouseholdNamed),
        (world.recorder, NotAllowed),
        (world.clerk, NotAllowed),
        (world.villager(3), NotFound),
        (world.other_committee, NotFound),
    ):
        with pytest.raises(error):
            answer(world, actor, found)
    with pytest.raises(Missing):
        answer(world, world.supervisor, found, reason="")
    answer(world, world.supervisor, found)


def test_after_three_days_only_the_township_answers(world: World) -> None:
    (line,) = steps.approved(world)
    steps.hung(world)
    found = steps.objection(world, line)
    world.wait(days=3)
    with pytest.raises(RisenToTownship):
        answer(world, answerer(world), found)
    tick.tick(now=world.now)
    assert Objection.get_by_id(found.id).risen_at == world.now
    answer(world, world.supervisor, found)
    assert Objection.get_by_id(found.id).answer == "dismissed"
