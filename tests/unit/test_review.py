"""First check and council: three different, unrelated people; voices, majority, township; caps taken on approval."""

import threading

import pytest
from peewee import fn

from points import caps, db, judging
from points.errors import (
    AlreadyDone,
    CapFull,
    LessPoints,
    Missing,
    NoQuorum,
    NotAllowed,
    NotFound,
    NothingChosen,
    NotPresent,
    NotThere,
    OwnHouseholdNamed,
    PointsError,
    SamePerson,
    SittingClosed,
    WrongState,
)
from points.models.contribution import Attendance, CapUse, Line, Score, Voice
from points.models.people import Household
from points.services import areas, council, kin, review, staff
from tests import steps
from tests.tools import statements
from tests.world import World


def decide(world, actor, lines, verdict="approve", reason="", **more):
    return review.decide(**world.by(actor), line_ids=lines, verdict=verdict, reason=reason, **more)


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


def test_a_check_returns_a_line_to_be_put_right(world: World) -> None:
    (line,) = steps.record(world)
    with pytest.raises(Missing):
        review.check(**world.by(world.checker), line_ids=[line], passes=False, returns=True, reason=" ")
    review.check(**world.by(world.checker), line_ids=[line], passes=False, returns=True, reason="次数写错了")
    assert (steps.line(line).state, steps.line(line).refusal) == ("returned", "次数写错了")


def test_the_voices_of_the_item_go_before_those_of_the_village(world: World) -> None:
    one, other = steps.record(world, world.villager(0), world.villager(1))
    Line.update(item_voices=1).where(Line.id == one).execute()
    steps.check(world, [one, other])
    settings(world, council_voices=5)
    assert [steps.line(id_).voices_needed for id_ in (one, other)] == [1, 3]


def test_who_was_not_there_passes_no_step(world: World) -> None:
    lines = steps.record(world, world.villager(0), world.villager(1))
    Attendance.create(line=lines[1], was_there=False, said_at=world.now)
    with pytest.raises(NotThere) as refused:
        steps.check(world, lines)
    assert refused.value.values == {"person": world.villager(1).name}
    steps.check(world, lines[:1])
    Attendance.create(line=lines[0], was_there=False, said_at=world.now)
    for verdict, points in (("approve", 0), ("change", 5)):
        with pytest.raises(NotThere):
            decide(world, world.council[0], lines[:1], verdict, "半天", points=points)
    decide(world, world.council[0], lines[:1], "refuse", "本人不在")


def test_who_says_so_after_two_voices_is_heard(world: World) -> None:
    (line,) = steps.check(world, steps.record(world))
    decide(world, world.council[0], [line])
    decide(world, world.council[1], [line])
    Attendance.create(line=line, was_there=False, said_at=world.now)
    decide(world, world.council[2], [line], "return", "请核对")
    kept = steps.line(line)
    assert (kept.state, kept.granted) == ("refused", 0) and world.villager().name in kept.refusal
    assert caps.used(world.households[0].id, 1, "2026-11") == 0


def test_the_judges_of_an_inspection_take_no_further_step(world: World) -> None:
    for judge in (world.checker, world.council[0]):
        (line,) = steps.record(world, code=9)
        Score.create(line=line, judge=judge, points=5)
        if judge == world.checker:
            with pytest.raises(SamePerson):
                steps.check(world, [line])
        else:
            steps.check(world, [line])
            assert steps.line(line).by_township  # two are left where three voices are needed
    assert judging.steps_of(steps.line(line)) == {world.recorder.id, world.checker.id, world.council[0].id}


# --- decide -------------------------------------------------------------------------------------------------------


def test_the_third_voice_decides_by_majority(world: World) -> None:
    (line,) = steps.check(world, steps.record(world))
    decide(world, world.council[0], [line])
    decide(world, world.council[1], [line], verdict="refuse", reason="人数不符")
    assert (steps.line(line).state, steps.line(line).voices) == ("checked", 2)
    decide(world, world.council[2], [line])
    kept = steps.line(line)
    assert (kept.state, kept.granted_quantity, kept.granted) == ("approved", 1, 10)


def test_a_majority_against_refuses_with_its_reasons(world: World) -> None:
    (line,) = steps.check(world, steps.record(world))
    decide(world, world.council[0], [line], verdict="refuse", reason="人数不符")
    decide(world, world.council[1], [line])
    with pytest.raises(Missing):
        decide(world, world.council[2], [line], verdict="refuse")
    decide(world, world.council[2], [line], verdict="refuse", reason="没到场")
    assert (steps.line(line).state, steps.line(line).refusal) == ("refused", "人数不符；没到场")
    assert caps.used(world.households[0].id, 1, "2026-11") == 0


@pytest.mark.parametrize(
    ("allowed", "most"),
    [([10, 10, 0], 10), ([10, 6, 0], 6), ([6, 10, 4], 6), ([0, 10, 0], 0), ([3], 3), ([9, 1, 7, 0, 5], 5)],
)
def test_a_majority_agrees_on_the_most_that_it_allows(allowed: list[int], most: int) -> None:
    assert review.agreed(allowed) == most


def test_voices_may_allow_less_than_was_asked(world: World) -> None:
    (line,) = steps.check(world, steps.record(world, quantity=3))
    decide(world, world.council[0], [line], "change", "半天", points=25)
    decide(world, world.council[1], [line], "change", "半天", points=12)
    decide(world, world.council[2], [line])
    kept = steps.line(line)
    assert (kept.state, kept.agreed, kept.granted_quantity, kept.granted) == ("approved", 25, 3, 25)
    said = Voice.select(Voice.verdict, Voice.points, Voice.reason).order_by(Voice.id).tuples()
    assert list(said) == [("change", 25, "半天"), ("change", 12, "半天"), ("approve", 30, "")]
    assert caps.used(world.households[0].id, caps.ALL, "2026-11") == 25


@pytest.mark.parametrize("points", [-1, 0, 10, 11])
def test_a_change_allows_some_but_not_all_of_each_line(world: World, points: int) -> None:
    lines = [*steps.record(world), *steps.record(world, world.villager(1), quantity=2)]
    with pytest.raises(LessPoints) as refused:
        decide(world, world.council[0], steps.check(world, lines), "change", "半天", points=points)
    assert refused.value.values == {"least": 10}


@pytest.mark.parametrize(
    ("verdicts", "state", "reasons"),
    [
        (("return", "return", "approve"), "returned", "一；二"),
        (("return", "refuse", "approve"), "refused", "一；二"),
        (("return", "return", "refuse"), "returned", "一；二；三"),
        (("refuse", "change", "refuse"), "refused", "一；三"),
    ],
)
def test_a_majority_against_returns_or_refuses(
    world: World, verdicts: tuple[str, ...], state: str, reasons: str
) -> None:
    (line,) = steps.check(world, steps.record(world))
    for member, verdict, reason in zip(world.council, verdicts, "一二三", strict=True):
        decide(world, member, [line], verdict, reason, points=5)
    assert (steps.line(line).state, steps.line(line).refusal) == (state, reasons)


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
    decide(world, world.supervisor, [line], verdict="refuse", reason="没到场")
    assert steps.line(line).state == "refused"


def test_the_township_changes_points_alone(world: World) -> None:
    kin.declare(**world.by(world.council[0]), relative_id=world.villager().id, relation="表亲")
    (line,) = steps.check(world, steps.record(world))
    decide(world, world.supervisor, [line], "change", "半天", points=5)
    assert (steps.line(line).state, steps.line(line).granted) == ("approved", 5)


# --- at a sitting -------------------------------------------------------------------------------------------------


def test_at_a_sitting_those_who_came_speak_once_they_are_a_quorum(world: World) -> None:
    (line,) = steps.check(world, steps.record(world))
    sitting = council.open_sitting(**world.by(world.committee[0]), village_id=world.village, place="村委会", quorum=3)
    (later,) = steps.check(world, steps.record(world, world.villager(1)))
    with pytest.raises(NotPresent):
        decide(world, world.council[0], [line], sitting_id=sitting)
    council.attend(**world.by(world.council[0]), sitting_id=sitting)
    with pytest.raises(NoQuorum):
        decide(world, world.council[0], [line], sitting_id=sitting)
    for member in world.council[1:]:
        council.attend(**world.by(member), sitting_id=sitting)
    for wrong in ({"lines": [later], "sitting_id": sitting}, {"lines": [line], "sitting_id": sitting + 1}):
        with pytest.raises(NotFound):
            decide(world, world.council[0], **wrong)
    decide(world, world.council[0], [line], sitting_id=sitting)
    assert Voice.get().sitting_id == sitting
    council.close_sitting(**world.by(world.committee[0]), sitting_id=sitting)
    with pytest.raises(SittingClosed):
        decide(world, world.council[1], [line], sitting_id=sitting)
    decide(world, world.council[1], [line])


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


def test_a_deduction_knows_no_cap(world: World) -> None:
    lines = steps.record(world, *world.people(world.households[0]), quantity=5)
    Line.update(effect="civility").where(Line.id.in_(lines)).execute()
    steps.decide(world, steps.check(world, lines))
    assert [(steps.line(id_).granted_quantity, steps.line(id_).granted) for id_ in lines] == [(5, 50), (5, 50)]
    assert caps.used(world.households[0].id, 1, "2026-11") == 0


def test_a_cap_may_belong_to_each_person(world: World) -> None:
    lines = steps.record(world, *world.people(world.households[0]), quantity=3)
    Line.update(cap_holder="person").where(Line.id.in_(lines)).execute()
    steps.decide(world, steps.check(world, lines))
    assert [steps.line(id_).granted for id_ in lines] == [30, 30]


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
            review.decide(**by, line_ids=lines, verdict="approve", reason="")
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


# --- thousands ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_ten_thousand_lines_take_as_many_statements_as_ten(world: World) -> None:
    few, many = steps.crowd(world, 10, code=2), steps.crowd(world, 10_000, code=11)
    sent = []
    for lines in (few, many):
        checks = statements(lambda lines=lines: steps.check(world, lines))
        voices = [statements(lambda lines=lines, who=who: decide(world, who, lines)) for who in world.council]
        sent.append([checks, *voices])
    assert sent[0] == sent[1]
    assert Voice.select().count() == 3 * 10_010
    decided = Line.select(Line.state, fn.COUNT(Line.id), fn.SUM(Line.granted)).group_by(Line.state)
    assert list(decided.order_by(Line.state).tuples()) == [("approved", 24, 160), ("refused", 9_986, 0)]
    assert CapUse.select(fn.SUM(CapUse.used)).where(CapUse.scope == caps.ALL).scalar() == 160
