"""First check and council: three different, unrelated people; voices, majority, township; caps taken on approval."""

import threading

import pytest

from points import caps, db
from points.errors import (
    AlreadyDone,
    CapFull,
    Missing,
    NotAllowed,
    NotFound,
    NothingChosen,
    OwnHouseholdNamed,
    PointsError,
    SamePerson,
    WrongState,
)
from points.models.contribution import Voice
from points.models.people import Household
from points.services import areas, kin, review, staff
from tests import steps
from tests.world import World


def decide(world, actor, lines, approves=True, reason=""):
    return review.decide(**world.by(actor), line_ids=lines, approves=approves, reason=reason)


def settings(world, **changed):
    usual = {
        "council_voices": 3,
        "notice_days": 5,
        "no_pin_daily_limit": 20,
        "monthly_cap": 60,
        "objection_contact": "村委会",
    }
    areas.decide_settings(**world.by(world.committee[0]), village_id=world.village, **(usual | changed))


def end_role(world, person):
    (role,) = person.roles
    staff.end(**world.by(world.admin), role_id=role.id)


# --- check --------------------------------------------------------------------------------------------------------


def test_a_check_passes_the_lines_to_the_council(world: World) -> None:
    lines = steps.check(world, steps.record(world, world.villager(0), world.villager(1)))
    for id_ in lines:
        line = steps.line(id_)
        assert (line.state, line.checked_by_id, line.voices_needed, line.by_township) == (
            "checked",
            world.checker.id,
            3,
            False,
        )


def test_a_check_that_refuses_needs_a_reason(world: World) -> None:
    lines = steps.record(world)
    with pytest.raises(Missing):
        review.check(**world.by(world.checker), line_ids=lines, passes=False, reason="")
    steps.check(world, lines, passes=False)
    assert (steps.line(lines[0]).state, steps.line(lines[0]).refusal) == ("refused", "查无此事")


def test_the_recorder_does_not_check(world: World) -> None:
    lines = steps.record(world)
    with pytest.raises(SamePerson):
        steps.check(world, lines, by=world.recorder)


def test_all_lines_pass_or_none(world: World) -> None:
    own = world.people(Household.get_by_id(world.checker.household_id))[0]
    lines = steps.record(world, world.villager(0), own)
    with pytest.raises(OwnHouseholdNamed) as refused:
        steps.check(world, lines)
    assert refused.value.values == {"person": own.name}
    assert {steps.line(id_).state for id_ in lines} == {"recorded"}


def test_only_those_who_cover_the_household_check(world: World) -> None:
    lines = steps.record(world)
    lane_steward = world.appoint("steward", world.lanes[1], "杜巷长", lane=world.lanes[1])
    for actor, error in (
        (lane_steward, NotFound),
        (world.other_steward, NotFound),
        (world.council[0], NotAllowed),
        (world.clerk, NotAllowed),
        (world.villager(1), NotFound),
    ):
        with pytest.raises(error):
            steps.check(world, lines, by=actor)
    steps.check(world, lines, by=world.supervisor)


def test_a_line_is_checked_once(world: World) -> None:
    lines = steps.check(world, steps.record(world))
    with pytest.raises(WrongState):
        steps.check(world, lines, by=world.committee[0])
    with pytest.raises(NothingChosen):
        steps.check(world, [])
    with pytest.raises(NotFound):
        steps.check(world, [10**9])


# --- decide -------------------------------------------------------------------------------------------------------


def test_the_third_voice_decides_by_majority(world: World) -> None:
    (line,) = steps.check(world, steps.record(world))
    decide(world, world.council[0], [line])
    decide(world, world.council[1], [line], approves=False, reason="人数不符")
    assert (steps.line(line).state, steps.line(line).voices) == ("checked", 2)
    decide(world, world.council[2], [line])
    kept = steps.line(line)
    assert (kept.state, kept.granted_quantity, kept.granted) == ("approved", 1, 10)


def test_a_majority_against_refuses_with_its_reasons(world: World) -> None:
    (line,) = steps.check(world, steps.record(world))
    decide(world, world.council[0], [line], approves=False, reason="人数不符")
    decide(world, world.council[1], [line])
    with pytest.raises(Missing):
        decide(world, world.council[2], [line], approves=False)
    decide(world, world.council[2], [line], approves=False, reason="没到场")
    assert (steps.line(line).state, steps.line(line).refusal) == ("refused", "人数不符；没到场")
    assert caps.used(world.households[0].id, 1, "2026-11") == 0


def test_nobody_speaks_twice_nor_after_an_earlier_step(world: World) -> None:
    both = world.council[0]
    role = staff.grant(**world.by(world.admin), person_id=both.id, area_id=world.village, kind="steward")
    staff.confirm(**world.by(world.second_admin), role_id=role)
    world.appoint("council", world.village, "评四", lane=world.lanes[0])
    (line,) = steps.check(world, steps.record(world), by=both)
    with pytest.raises(SamePerson):
        decide(world, both, [line])
    decide(world, world.council[1], [line])
    with pytest.raises(AlreadyDone):
        decide(world, world.council[1], [line])
    assert Voice.select().count() == 1


def test_council_members_leave_their_kin_to_others(world: World) -> None:
    (line,) = steps.check(world, steps.record(world))
    kin.declare(**world.by(world.council[0]), relative_id=world.villager().id, relation="表亲")
    with pytest.raises(OwnHouseholdNamed):
        decide(world, world.council[0], [line])


def test_only_the_council_of_the_village_decides(world: World) -> None:
    (line,) = steps.check(world, steps.record(world))
    for actor, error in (
        (world.committee[0], NotAllowed),
        (world.supervisor, NotAllowed),
        (world.other_committee, NotFound),
        (world.villager(1), NotFound),
    ):
        with pytest.raises(error):
            decide(world, actor, [line])


def test_a_small_village_needs_one_voice(world: World) -> None:
    settings(world, council_voices=1)
    (line,) = steps.check(world, steps.record(world))
    decide(world, world.council[0], [line])
    assert steps.line(line).state == "approved"


def test_too_few_unrelated_members_leave_it_to_the_township(world: World) -> None:
    kin.declare(**world.by(world.council[0]), relative_id=world.villager().id, relation="表亲")
    (line,) = steps.check(world, steps.record(world))
    assert (steps.line(line).by_township, steps.line(line).voices_needed) == (True, 1)
    with pytest.raises(NotAllowed):
        decide(world, world.council[1], [line])
    decide(world, world.supervisor, [line])
    assert steps.line(line).state == "approved"


def test_the_township_takes_over_when_members_have_left(world: World) -> None:
    (line,) = steps.check(world, steps.record(world))
    decide(world, world.council[0], [line])
    with pytest.raises(NotAllowed):
        decide(world, world.supervisor, [line])
    end_role(world, world.council[1])
    decide(world, world.supervisor, [line], approves=False, reason="没到场")
    assert steps.line(line).state == "refused"


# --- caps ---------------------------------------------------------------------------------------------------------


def test_approval_counts_times_in_part_and_says_so(world: World) -> None:
    first, second = (steps.approved(world, quantity=3)[0] for _ in range(2))  # a patrol counts 4 times a month
    assert [(line.granted_quantity, line.granted) for line in map(steps.line, (first, second))] == [(3, 30), (1, 10)]
    (third,) = steps.approved(world)
    assert (steps.line(third).state, steps.line(third).refusal) == ("refused", CapFull.sentence)


def test_the_points_of_a_month_end_at_the_household_cap(world: World) -> None:
    household = world.households[0].id
    settings(world, monthly_cap=33)
    (patrol,) = steps.approved(world, quantity=3)
    (watch,) = steps.approved(world, code=2, quantity=2)
    kept = steps.line(watch)
    assert (kept.granted_quantity, kept.granted) == (1, 3)
    assert caps.used(household, caps.ALL, "2026-11") == 33
    assert caps.used(household, 2, "2026-11") == 1  # the place of the second time is free again
    (cleaning,) = steps.approved(world, code=11)
    assert steps.line(cleaning).state == "refused"
    assert caps.used(household, 11, "2026-11") == 0
    (honour,) = steps.approved(world, code=24)  # does not count to the month
    assert steps.line(honour).granted == 10
    assert steps.line(patrol).granted == 30


def test_a_cap_belongs_to_the_month_of_the_act(world: World) -> None:
    last_month = world.today.replace(month=10, day=20)
    (old,) = steps.approved(world, quantity=4, day=last_month)
    (new,) = steps.approved(world, quantity=4)
    assert [steps.line(id_).granted for id_ in (old, new)] == [40, 40]


def test_an_event_has_no_number(world: World) -> None:
    lines = [steps.approved(world, code=23)[0] for _ in range(4)]
    assert [steps.line(id_).granted for id_ in lines] == [20, 20, 20, 20]


def test_lines_of_one_household_share_its_room_within_one_decision(world: World) -> None:
    one, other = world.people(world.households[0])
    lines = steps.approved(world, one, other, quantity=3)
    assert [steps.line(id_).granted for id_ in lines] == [30, 10]


@pytest.mark.slow
def test_two_last_voices_at_once_never_exceed_a_cap(world: World) -> None:
    """Sets of lines of the same households, decided in threads: none deadlocks, and each cap holds."""
    settings(world, council_voices=1)
    sets = [
        steps.check(world, steps.record(world, *(world.villager(i) for i in order), code=code, quantity=2))
        for code, order in ((1, (0, 1, 2, 3)), (2, (3, 2, 1, 0)), (4, (1, 3, 0, 2)), (1, (2, 0, 3, 1)))
    ]
    given = [world.by(world.council[i % 3]) for i in range(len(sets))]
    barrier, failed = threading.Barrier(len(sets)), []

    def run(by, lines):
        barrier.wait()
        try:
            review.decide(**by, line_ids=lines, approves=True, reason="")
        except (Exception, PointsError) as error:
            failed.append(error)
        finally:
            db.disconnect()

    threads = [threading.Thread(target=run, args=pair) for pair in zip(given, sets, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    for number, household in enumerate(world.households):
        granted = sum(
            steps.line(id_).granted for lines in sets for id_ in lines if steps.line(id_).household_id == household.id
        )
        assert granted == caps.used(household.id, caps.ALL, "2026-11") == 60, number
        assert caps.used(household.id, 1, "2026-11") <= 4
