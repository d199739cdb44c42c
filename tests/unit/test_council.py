"""The council: terms, sittings with attendance and quorum, an agenda made from what waits, and motions."""

from datetime import date, timedelta

import pytest

from points import council as seats
from points.errors import (
    AlreadyDone,
    DayRange,
    Invalid,
    Missing,
    MotionDecided,
    NoCouncil,
    NoQuorum,
    NotAllowed,
    NotBarred,
    NotFound,
    NotPresent,
    NotSummoned,
    OwnHousehold,
    QuorumRange,
    SamePerson,
    SittingClosed,
    SittingOpen,
)
from points.models.contribution import Line, Voice
from points.models.council import Motion, MotionVoice, Sitting, SittingLine, SittingMember
from points.models.people import Person, Role
from points.queries import council as reads
from points.services import areas, council, kin, review, staff
from tests import steps
from tests.tools import statements
from tests.world import World


def open_sitting(world: World, *, by: Person | None = None, **given: object) -> int:
    convener = world.by(by or world.committee[0])
    return council.open_sitting(**convener | {"village_id": world.village, "place": "村委会"} | given)


def attend(world: World, sitting: int, *members: Person) -> None:
    for member in members or world.council:
        council.attend(**world.by(member), sitting_id=sitting)


def decide(world: World, sitting: int, member: Person, lines: list[int]) -> None:
    review.decide(**world.by(member), line_ids=lines, verdict="approve", reason="", sitting_id=sitting)


def commend(world: World, number: int = 0, *, by: Person | None = None, **given: object) -> int:
    deed = {"household_id": world.households[number].id, "text": "照顾邻居老人", "points": 10, "period": "2026-11"}
    return council.propose_commendation(
        **world.by(by or world.committee[0]) | {"village_id": world.village} | deed | given
    )


def bar(world: World, *, by: Person | None = None, days: int = 30, **given: object) -> int:
    fraud = {"person_id": world.villager().id, "text": "冒报巡逻三次", "until": world.today + timedelta(days=days)}
    return council.propose_bar(**world.by(by or world.committee[0]) | {"village_id": world.village} | fraud | given)


def lift(world: World, **given: object) -> int:
    amends = {"village_id": world.village, "person_id": world.villager().id, "text": "已认错改正"}
    return council.propose_lift(**world.by(world.committee[0]) | amends | given)


def say(world: World, motion: int, *members: Person, approves: bool = True) -> int:
    for member in members or world.council:
        council.say(**world.by(member), motion_id=motion, approves=approves, reason="" if approves else "证据不足")
    return motion


def barred_until(person: Person) -> date | None:
    return Person.get_by_id(person.id).barred_until


def end_role(world: World, person: Person) -> None:
    (role,) = person.roles
    staff.end(**world.by(world.admin), role_id=role.id)


def settings(world: World, voices: int) -> None:
    given = {"notice_days": 5, "no_pin_daily_limit": 20, "monthly_cap": 60, "objection_contact": "村委会"}
    areas.decide_settings(**world.by(world.committee[0]), village_id=world.village, council_voices=voices, **given)


# --- terms --------------------------------------------------------------------------------------------------------


def test_a_term_is_over_after_its_last_day(world: World) -> None:
    person = world.villager()
    until = world.today + timedelta(days=2)
    given = {"person_id": person.id, "area_id": world.village, "kind": "council", "until": until}
    staff.confirm(**world.by(world.second_admin), role_id=staff.grant(**world.by(world.admin), **given))
    assert [(member.name, member.until) for member in seats.members(world.village)] == [
        ("评一", None),
        ("评二", None),
        ("评三", None),
        ("王秀英", until),
    ]
    world.wait(days=2)
    assert seats.end_terms(world.now) == 0
    world.wait(days=1)
    assert seats.end_terms(world.now) == 1
    assert len(seats.members(world.village)) == 3
    ended = Role.get(Role.person == person)
    assert (ended.ended_at, ended.ended_by) == (world.now, None)
    assert seats.end_terms(world.now) == 0


# --- sittings -----------------------------------------------------------------------------------------------------


def test_a_sitting_summons_all_members_and_lists_all_that_waits(world: World) -> None:
    kin.declare(**world.by(world.council[0]), relative_id=world.villager(3).id, relation="表亲")
    waits = steps.check(world, steps.record(world, world.villager(0), world.villager(1)))
    steps.check(world, steps.record(world, world.villager(3)))  # too few unrelated are left: the township's
    steps.record(world, world.villager(2))  # not checked yet
    steps.approved(world, world.villager(2))
    sitting = Sitting.get_by_id(open_sitting(world))
    assert (sitting.number, sitting.day, sitting.place, sitting.quorum) == (1, world.today, "村委会", 3)
    assert {seat.person_id for seat in sitting.members} == {member.id for member in world.council}
    assert [row.line_id for row in sitting.agenda.order_by(SittingLine.line)] == waits


def test_an_agenda_of_many_lines_takes_as_many_statements_as_one_of_none(world: World) -> None:
    none = statements(lambda: open_sitting(world))
    council.close_sitting(**world.by(world.committee[0]), sitting_id=Sitting.get().id)
    for _ in range(3):
        steps.check(world, steps.record(world, *(world.villager(number) for number in range(4))))
    assert statements(lambda: open_sitting(world)) == none
    assert SittingLine.select().count() == 12


def test_one_sitting_at_a_time(world: World) -> None:
    first = open_sitting(world)
    with pytest.raises(SittingOpen) as refused:
        open_sitting(world, by=world.council[0])
    assert refused.value.values == {"number": 1}
    council.close_sitting(**world.by(world.council[0]), sitting_id=first)
    assert Sitting.get_by_id(open_sitting(world, by=world.council[0])).number == 2


def test_the_quorum_is_never_below_the_voices_nor_above_the_members(world: World) -> None:
    for wrong in (0, 2, 4):
        with pytest.raises(QuorumRange):
            open_sitting(world, quorum=wrong)
    settings(world, voices=5)
    with pytest.raises(QuorumRange):
        open_sitting(world, quorum=5)
    assert Sitting.get_by_id(open_sitting(world)).quorum == 3


def test_a_village_without_members_cannot_sit(world: World) -> None:
    for member in world.council:
        end_role(world, member)
    with pytest.raises(NoCouncil):
        open_sitting(world)


@pytest.mark.parametrize(
    ("who", "error"),
    [("recorder", NotAllowed), ("supervisor", NotAllowed), ("admin", NotAllowed), ("other_committee", NotFound)],
)
def test_committee_and_council_open_and_close(world: World, who: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        open_sitting(world, by=getattr(world, who))
    sitting = open_sitting(world)
    with pytest.raises(error):
        council.close_sitting(**world.by(getattr(world, who)), sitting_id=sitting)


def test_a_lane_holds_no_sitting(world: World) -> None:
    with pytest.raises(NotFound):
        open_sitting(world, village_id=world.lanes[0])


def test_each_member_comes_by_the_own_sign_in_and_once(world: World) -> None:
    sitting = open_sitting(world)
    attend(world, sitting, world.council[0])
    with pytest.raises(AlreadyDone):
        attend(world, sitting, world.council[0])
    for actor, error in ((world.committee[0], NotAllowed), (world.other_committee, NotFound)):
        with pytest.raises(error):
            attend(world, sitting, actor)
    late = world.appoint("council", world.village, "评四", lane=world.lanes[0])
    with pytest.raises(NotSummoned):
        attend(world, sitting, late)
    present = SittingMember.select().where(SittingMember.present_at.is_null(False))
    assert [seat.person_id for seat in present] == [world.council[0].id]


def test_a_voice_at_a_sitting_needs_presence_quorum_and_the_agenda(world: World) -> None:
    lines = steps.check(world, steps.record(world, world.villager(0), world.villager(1)))
    sitting = open_sitting(world)
    later = steps.check(world, steps.record(world, world.villager(2)))
    with pytest.raises(NotPresent):
        decide(world, sitting, world.council[0], lines)
    attend(world, sitting, *world.council[:2])
    with pytest.raises(NoQuorum) as refused:
        decide(world, sitting, world.council[0], lines)
    assert refused.value.values == {"present": 2, "quorum": 3}
    attend(world, sitting, world.council[2])
    decide(world, sitting, world.council[0], lines[:1])
    assert Voice.get().sitting_id == sitting
    with pytest.raises(NotFound):
        decide(world, sitting, world.council[0], [*lines[1:], *later])
    council.close_sitting(**world.by(world.committee[0]), sitting_id=sitting)
    with pytest.raises(SittingClosed):
        decide(world, sitting, world.council[0], lines[:1])
    assert Voice.get().sitting_id == sitting


def test_a_closed_sitting_is_over(world: World) -> None:
    sitting = open_sitting(world)
    council.close_sitting(**world.by(world.committee[0]), sitting_id=sitting)
    with pytest.raises(SittingClosed):
        attend(world, sitting, world.council[0])
    with pytest.raises(SittingClosed):
        council.close_sitting(**world.by(world.committee[0]), sitting_id=sitting)
    kept = Sitting.get_by_id(sitting)
    assert (kept.closed_by_id, kept.closed_at) == (world.committee[0].id, world.now)


def test_what_was_not_decided_waits_for_the_next_sitting(world: World) -> None:
    first, second = steps.check(world, steps.record(world, world.villager(0), world.villager(1)))
    council.close_sitting(**world.by(world.committee[0]), sitting_id=open_sitting(world))
    steps.decide(world, [first])
    sitting = open_sitting(world)
    assert [row.line_id for row in Sitting.get_by_id(sitting).agenda] == [second]
    assert Line.get_by_id(second).state == "checked"


# --- motions ------------------------------------------------------------------------------------------------------


def test_more_than_half_of_the_voices_carry_a_commendation(world: World) -> None:
    motion = commend(world)
    say(world, motion, world.council[0])
    say(world, motion, world.council[1], approves=False)
    assert (Motion.get_by_id(motion).state, Motion.get_by_id(motion).decided_at) == ("open", None)
    world.wait(hours=1)
    say(world, motion, world.council[2])
    kept = Motion.get_by_id(motion)
    assert (kept.state, kept.voices, kept.decided_at) == ("carried", 3, world.now)
    voices = [
        (voice.person_id, voice.approves, voice.reason) for voice in MotionVoice.select().order_by(MotionVoice.id)
    ]
    assert voices == [
        (world.council[0].id, True, ""),
        (world.council[1].id, False, "证据不足"),
        (world.council[2].id, True, ""),
    ]


def test_a_majority_against_loses_it(world: World) -> None:
    motion = commend(world)
    say(world, motion, world.council[0])
    say(world, motion, *world.council[1:], approves=False)
    assert Motion.get_by_id(motion).state == "lost"


def test_a_voice_against_needs_a_reason(world: World) -> None:
    with pytest.raises(Missing):
        council.say(**world.by(world.council[0]), motion_id=commend(world), approves=False, reason=" ")


def test_nobody_speaks_twice_nor_after_the_end(world: World) -> None:
    fourth = world.appoint("council", world.village, "评四", lane=world.lanes[0])
    motion = commend(world)
    say(world, motion, world.council[0])
    with pytest.raises(AlreadyDone):
        say(world, motion, world.council[0])
    say(world, motion, *world.council[1:])
    with pytest.raises(MotionDecided):
        say(world, motion, fourth)
    assert MotionVoice.select().count() == 3


def test_what_waits_for_a_members_voice_is_counted(world: World) -> None:
    fourth = world.appoint("council", world.village, "评四", lane=world.lanes[0])
    kin.declare(**world.by(world.council[0]), relative_id=world.villager(1).id, relation="表亲")
    motion = commend(world)
    commend(world, 1)
    commend(world, 2, by=world.council[0])
    assert [reads.count_to_vote(member) for member in (world.council[0], fourth, world.recorder)] == [1, 3, 0]
    say(world, motion, world.council[0])
    assert reads.count_to_vote(world.council[0]) == 0


def test_a_key_counts_once(world: World) -> None:
    motion = commend(world)
    given = world.by(world.council[0]) | {"motion_id": motion, "approves": True, "reason": ""}
    assert council.say(**given) == council.say(**given)
    assert Motion.get_by_id(motion).voices == 1


def test_only_the_council_of_the_village_speaks(world: World) -> None:
    motion = commend(world)
    for actor, error in (
        (world.committee[1], NotAllowed),
        (world.supervisor, NotAllowed),
        (world.recorder, NotAllowed),
        (world.other_committee, NotFound),
    ):
        with pytest.raises(error):
            say(world, motion, actor)
    with pytest.raises(NotFound):
        say(world, 10**9, world.council[0])


def test_kin_and_the_proposer_leave_it_to_others(world: World) -> None:
    for name in ("评四", "评五"):
        world.appoint("council", world.village, name, lane=world.lanes[0])
    kin.declare(**world.by(world.council[0]), relative_id=world.villager().id, relation="表亲")
    motion = commend(world, by=world.council[1])
    with pytest.raises(OwnHousehold):
        say(world, motion, world.council[0])
    with pytest.raises(SamePerson):
        say(world, motion, world.council[1])
    say(world, motion, world.council[2])


def test_too_few_unrelated_members_leave_it_to_the_township(world: World) -> None:
    kin.declare(**world.by(world.council[0]), relative_id=world.villager().id, relation="表亲")
    motion = commend(world)
    with pytest.raises(NotAllowed):
        say(world, motion, world.council[1])
    say(world, motion, world.supervisor)
    assert Motion.get_by_id(motion).state == "carried"


def test_a_proposer_alone_on_the_council_decides_nothing(world: World) -> None:
    settings(world, voices=1)
    for member in world.council[1:]:
        end_role(world, member)
    motion = bar(world, by=world.council[0])
    with pytest.raises(NotAllowed):
        say(world, motion, world.council[0])
    say(world, motion, world.supervisor, approves=False)
    assert (Motion.get_by_id(motion).state, barred_until(world.villager())) == ("lost", None)


def test_the_township_takes_over_when_members_have_left(world: World) -> None:
    motion = commend(world)
    say(world, motion, world.council[0])
    end_role(world, world.council[0])
    with pytest.raises(NotAllowed):
        say(world, motion, world.supervisor)  # one has spoken, two are left: that is three
    end_role(world, world.council[1])
    say(world, motion, world.supervisor)
    assert Motion.get_by_id(motion).state == "carried"


def test_a_steward_proposes_only_households_of_the_own_lane(world: World) -> None:
    lane_steward = world.appoint("steward", world.lanes[1], "杜巷长", lane=world.lanes[1])
    commend(world, 2, by=lane_steward)
    with pytest.raises(NotFound):
        commend(world, 0, by=lane_steward)
    with pytest.raises(NotAllowed):
        bar(world, by=world.recorder)


def test_nobody_proposes_the_own_household_or_kin(world: World) -> None:
    kin.declare(**world.by(world.committee[0]), relative_id=world.villager().id, relation="表亲")
    with pytest.raises(OwnHousehold):
        commend(world, 0)
    with pytest.raises(OwnHousehold):
        bar(world)


def test_a_commendation_says_what_for_and_when(world: World) -> None:
    for period in ("2026-11", "2026-Q4", "2026"):
        commend(world, period=period)
    for wrong in ("2026-13", "2026-Q5", "11", "2026-11-02", ""):
        with pytest.raises(Invalid):
            commend(world, period=wrong)
    with pytest.raises(Missing):
        commend(world, text=" ")
    with pytest.raises(Invalid):
        commend(world, points=-1)
    with pytest.raises(NotFound):
        commend(world, household_id=world.other_household.id)


def test_a_bar_carried_keeps_the_person_and_a_lift_frees_again(world: World) -> None:
    with pytest.raises(NotBarred):
        lift(world)
    say(world, bar(world))
    assert barred_until(world.villager()) == world.today + timedelta(days=30)
    assert barred_until(world.people(world.households[0])[1]) is None
    say(world, lift(world), approves=False)
    assert barred_until(world.villager()) is not None
    say(world, lift(world))
    assert barred_until(world.villager()) is None


def test_of_two_bars_the_longer_holds(world: World) -> None:
    for days in (20, 60, 10):
        say(world, bar(world, days=days))
    assert barred_until(world.villager()) == world.today + timedelta(days=60)


def test_a_bar_lasts_a_year_at_most(world: World) -> None:
    for days in (-1, 366):
        with pytest.raises(DayRange):
            bar(world, days=days)
    bar(world, days=365)


def test_a_bar_is_proposed_once_at_a_time_and_within_the_village(world: World) -> None:
    motion = bar(world)
    with pytest.raises(AlreadyDone):
        bar(world, by=world.committee[1])
    say(world, motion, approves=False)
    bar(world)
    with pytest.raises(NotFound):
        bar(world, person_id=world.people(world.other_household)[0].id)
    with pytest.raises(NotFound):
        bar(world, person_id=world.supervisor.id)


def test_a_bar_that_is_over_needs_no_lifting(world: World) -> None:
    say(world, bar(world, days=3))
    world.wait(days=4)
    with pytest.raises(NotBarred):
        lift(world)
