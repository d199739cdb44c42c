"""The civility score: lowered when a deduction is posted, given back when it was put right; points stay out of it."""

import pytest

from points.errors import EarnsPoints, Missing, NotAllowed, NotFound, OwnHouseholdNamed, SamePerson, WrongState
from points.models.contribution import CivilityEntry, Correction
from points.queries.civility import entries, score
from points.services import civility, kin
from tests import steps
from tests.world import World


def posted(world, number=0):
    (line,) = steps.deduct(world, world.villager(number))
    steps.run_out(world, steps.hung(world))
    return line


def restore(world, line, actor=None, reason="已经清理干净"):
    return civility.restore(**world.by(actor or world.committee[0]), line_id=line, reason=reason)


def test_a_deduction_lowers_the_score_and_nothing_else(world: World) -> None:
    household = world.households[0]
    assert score(household.id, 2026) == 100
    line = posted(world)
    assert (score(household.id, 2026), score(household.id, 2025), world.balance(household)) == (95, 100, 0)
    assert score(world.households[1].id, 2026) == 100
    assert [(entry.line.id, entry.change, entry.line.person.name) for entry in entries(household.id, 2026)] == [
        (line, -5, "王秀英")
    ]


def test_restoring_gives_it_back_once_in_the_same_year(world: World) -> None:
    line = posted(world)
    other = posted(world)
    world.wait(days=60)  # into the next year
    made = restore(world, line)
    entry = CivilityEntry.get_by_id(made)
    assert (entry.year, entry.change, entry.recorded_by_id, entry.reason) == (
        2026,
        5,
        world.committee[0].id,
        "已经清理干净",
    )
    household = world.households[0].id
    assert (score(household, 2026), score(household, 2027)) == (95, 100)
    assert (steps.line(line).state, steps.line(other).state) == ("reversed", "posted")
    told = Correction.get()
    assert (told.line_id, told.points, told.notice_id) == (line, 5, None)
    with pytest.raises(WrongState):
        restore(world, line)
    assert score(household, 2026) == 95


def test_a_retry_gives_back_once(world: World) -> None:
    line = posted(world)
    given = world.by(world.committee[0]) | {"line_id": line, "reason": "改好了"}
    assert civility.restore(**given) == civility.restore(**given)
    assert score(world.households[0].id, 2026) == 100


def test_only_a_committee_member_without_a_step_or_kin_may(world: World) -> None:
    line = posted(world)
    kin.declare(**world.by(world.committee[0]), relative_id=world.villager().id, relation="表亲")
    for actor, error in (
        (world.committee[1], SamePerson),
        (world.committee[0], OwnHouseholdNamed),
        (world.recorder, NotAllowed),
        (world.supervisor, NotAllowed),
        (world.admin, NotAllowed),
        (world.villager(), NotFound),
        (world.other_committee, NotFound),
    ):
        with pytest.raises(error):
            restore(world, line, actor)
    assert score(world.households[0].id, 2026) == 95


def test_it_needs_a_reason_and_a_posted_deduction(world: World) -> None:
    (waiting,) = steps.deduct(world)
    (earned,) = steps.posted(world, world.villager(1))
    with pytest.raises(EarnsPoints):
        restore(world, earned)
    with pytest.raises(NotFound):
        restore(world, 10**9)
    with pytest.raises(Missing):
        restore(world, waiting, reason=" ")
    (later,) = steps.deduct(world, world.villager(2))
    with pytest.raises(WrongState):
        restore(world, later)
