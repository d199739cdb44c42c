"""The council at once: a motion is decided once, a voice counts once, and one sitting is open at a time."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from points.models import Motion, MotionVoice, Person, Sitting, SittingMember
from points.services import council
from tests.race.crowd import Crowd, tally
from tests.world import World

pytestmark = pytest.mark.slow


def bar(world: World) -> dict[str, Any]:
    until = world.today + timedelta(days=30)
    fraud = {"village_id": world.village, "person_id": world.villager().id, "text": "冒报巡逻三次", "until": until}
    return world.by(world.committee[0]) | fraud


def voice(world: World, member: Person, motion: int, *, approves: bool = True) -> dict[str, Any]:
    return world.by(member) | {"motion_id": motion, "approves": approves, "reason": "查实了"}


def test_a_motion_hears_no_more_voices_than_it_needs_and_is_decided_once(
    world: World, database: str, crowd: Crowd
) -> None:
    members = [*world.council, *(world.appoint("council", world.village, name) for name in ("评四", "评五"))]
    motion = council.propose_bar(**bar(world))
    answers = crowd.at_once(database, [(council.say, voice(world, member, motion)) for member in members])
    assert tally(answers) == {"done": 3, "MotionDecided": 2}
    kept = Motion.get_by_id(motion)
    assert (kept.state, kept.voices, MotionVoice.select().count()) == ("carried", 3, 3)
    assert Person.get_by_id(world.villager().id).barred_until == kept.until


def test_the_last_two_voices_at_once_decide_by_both(world: World, database: str, crowd: Crowd) -> None:
    motion = council.propose_bar(**bar(world))
    council.say(**voice(world, world.council[0], motion))
    against = [(council.say, voice(world, member, motion, approves=False)) for member in world.council[1:]]
    assert tally(crowd.at_once(database, against)) == {"done": 2}
    assert Motion.get_by_id(motion).state == "lost"


def test_one_key_pressed_many_times_is_one_voice(world: World, database: str, crowd: Crowd) -> None:
    motion = council.propose_bar(**bar(world))
    same = voice(world, world.council[0], motion)
    assert crowd.at_once(database, [(council.say, same)] * 6) == [(True, motion)] * 6
    assert Motion.get_by_id(motion).voices == MotionVoice.select().count() == 1


def test_one_member_with_many_keys_is_one_voice(world: World, database: str, crowd: Crowd) -> None:
    motion = council.propose_bar(**bar(world))
    answers = crowd.at_once(database, [(council.say, voice(world, world.council[0], motion)) for _ in range(6)])
    assert tally(answers) == {"done": 1, "AlreadyDone": 5}
    assert Motion.get_by_id(motion).voices == 1


def test_one_bar_is_proposed_at_a_time(world: World, database: str, crowd: Crowd) -> None:
    assert tally(crowd.at_once(database, [(council.propose_bar, bar(world)) for _ in range(5)]))["done"] == 1
    assert Motion.select().count() == 1


def test_one_sitting_is_opened_at_a_time(world: World, database: str, crowd: Crowd) -> None:
    place = {"village_id": world.village, "place": "村委会"}
    jobs = [(council.open_sitting, world.by(by) | place) for by in (*world.committee, *world.council)]
    assert tally(crowd.at_once(database, jobs)) == {"done": 1, "SittingOpen": 4}
    assert Sitting.select().count() == 1


def test_who_comes_while_it_is_closed_came_before_or_is_told(world: World, database: str, crowd: Crowd) -> None:
    by = world.by(world.committee[0])
    sitting = {"sitting_id": council.open_sitting(**by, village_id=world.village, place="村委会")}
    jobs = [(council.attend, world.by(member) | sitting) for member in world.council]
    *came, closed = crowd.at_once(database, [*jobs, (council.close_sitting, world.by(world.committee[0]) | sitting)])
    assert closed[0]
    present = SittingMember.select().where(SittingMember.present_at.is_null(False)).count()
    assert tally(came) == Counter(done=present, SittingClosed=3 - present)
