"""Opening balances, many at once: one hangs, one proposal gets a household, each line posts once or is halted."""

from datetime import timedelta
from typing import Any

import pytest

from points import ledger, opening, photos
from points.models.ledger import Transfer
from points.models.opening import Opening, OpeningLine
from points.services import opening as openings
from points.services import tick
from tests import steps
from tests.race.crowd import Crowd, tally
from tests.world import World

pytestmark = pytest.mark.slow


def wait_until_over(world: World, opening_id: int) -> Opening:
    """Let the days pass, with a tick each, up to the end of an opening."""
    hung = Opening.get_by_id(opening_id)
    while world.now < hung.closes_at - timedelta(days=1):
        tick.tick(now=world.wait(days=1))
    world.now = hung.closes_at
    return hung


def test_of_two_who_hang_and_one_who_drops_one_wins(world: World, database: str, crowd: Crowd) -> None:
    second = world.appoint("committee", world.village, "白委员", lane=world.lanes[1])
    opening_id = steps.proposed_opening(world, {world.households[0]: 40})
    about: dict[str, Any] = {"opening_id": opening_id}
    hanging = [(openings.hang, world.by(person) | about | {"points": 40}) for person in (world.committee[1], second)]
    dropping = (openings.drop, world.by(world.supervisor) | about | {"reason": "看错了"})
    assert tally(crowd.at_once(database, [*hanging, dropping])) == {"done": 1, "AlreadyDone": 2}


def test_of_two_proposals_of_a_household_one_is_kept(world: World, database: str, crowd: Crowd) -> None:
    rows = opening.typed({home.number: "40" for home in world.households})
    signed = {"source": "旧积分本", "signers": "田主任", "points": 160, "days": 5}
    page = [photos.Picture(b"the signed page", "1" * 64, 0, 1, 1)]
    jobs = []
    for person in world.committee:
        kept = openings.upload(**world.by(person), village_id=world.village, file_name="", rows=rows)
        jobs.append((openings.propose, world.by(person) | signed | {"upload_id": kept, "pictures": page}))
    assert tally(crowd.at_once(database, jobs)) == {"done": 1, "RosterHasErrors": 1}
    assert OpeningLine.select().count() == 4


def test_machines_that_tick_while_people_object_post_each_line_once_or_not_at_all(
    world: World, database: str, crowd: Crowd
) -> None:
    people = [world.people(home)[0] for home in world.households]
    hung = wait_until_over(world, steps.hung_opening(world, dict.fromkeys(world.households, 10)))
    just_before = {"now": hung.closes_at - timedelta(seconds=1), "text": "旧账上没有"}
    lines = OpeningLine.select().order_by(OpeningLine.position.desc())
    jobs = [
        (openings.object_to, world.by(person) | just_before | {"line_id": line.id})
        for person, line in zip(people, lines, strict=True)
    ]
    answers = crowd.at_once(database, [*jobs, *[(tick.tick, {"now": world.now})] * 3])
    posted = sum(report.opened for _, report in answers[4:])
    assert all(done for done, _ in answers[4:])
    assert tally(answers[:4]) == {word: n for word, n in (("done", 4 - posted), ("NoticeOver", posted)) if n}
    assert Transfer.select().where(Transfer.kind == "opening").count() == posted
    assert sum(map(world.balance, world.households)) == 10 * posted
    assert list(ledger.audit()) == []
