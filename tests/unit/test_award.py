"""Posted awards put right: reversed once, corrected in part, the rest owed."""

import pytest

from points import caps, ledger
from points.errors import (
    DeductsCivility,
    Missing,
    NotAllowed,
    NotFound,
    OwnHouseholdNamed,
    QuantityRange,
    SamePerson,
    TakesBackTooMuch,
    WrongState,
)
from points.models.contribution import Correction
from points.models.ledger import AccountType
from points.services import award, kin
from tests import steps
from tests.world import World


def reverse(world, line, actor=None, reason="名册记错"):
    return award.reverse(**world.by(actor or world.committee[0]), line_id=line, reason=reason)


def correct(world, line, points, actor=None):
    return award.correct(**world.by(actor or world.committee[0]), line_id=line, points=points, reason="多记了")


def owed(world, number=0):
    return ledger.balance(ledger.account(AccountType.OWED, world.households[number].id))


def spend(world, points):
    """Take points out of the household as a redemption would."""
    from points import db
    from points.models.ledger import Kind

    with db.transaction():
        posting = ledger.Posting(
            key=world.key(),
            kind=Kind.ADJUSTMENT,
            source=ledger.account(AccountType.HOUSEHOLD, world.households[0].id),
            target=ledger.account(AccountType.ADJUSTMENT, world.village),
            points=points,
            cause_type="household",
            cause_id=1,
            happened_at=world.now,
        )
        ledger.post(posting, now=world.now)


def test_a_reversal_takes_all_back_once_and_frees_the_room(world: World) -> None:
    (line,) = steps.posted(world, quantity=3)
    household = world.households[0]
    assert (world.balance(household), caps.used(household.id, 1, "2026-11")) == (30, 3)
    reverse(world, line)
    assert (world.balance(household), steps.line(line).state) == (0, "reversed")
    assert caps.used(household.id, 1, "2026-11") == caps.used(household.id, caps.ALL, "2026-11") == 0
    with pytest.raises(WrongState):
        reverse(world, line)
    assert list(ledger.audit()) == []


def test_what_was_spent_is_owed(world: World) -> None:
    (line,) = steps.posted(world, quantity=3)
    spend(world, 25)
    reverse(world, line)
    assert (world.balance(world.households[0]), owed(world)) == (0, -25)
    steps.posted(world, code=2)
    assert (world.balance(world.households[0]), owed(world)) == (0, -15)
    assert list(ledger.audit()) == []


def test_a_correction_takes_a_part_back(world: World) -> None:
    (line,) = steps.posted(world, quantity=3)
    correct(world, line, 10)
    assert (world.balance(world.households[0]), steps.line(line).state) == (20, "posted")
    with pytest.raises(TakesBackTooMuch):
        correct(world, line, 21)
    with pytest.raises(QuantityRange):
        correct(world, line, 0)
    reverse(world, line)
    assert (world.balance(world.households[0]), owed(world), steps.line(line).state) == (0, 0, "reversed")
    assert caps.used(world.households[0].id, 1, "2026-11") == 0
    assert list(ledger.audit()) == []


def test_correcting_all_of_it_counts_as_reversed(world: World) -> None:
    (line,) = steps.posted(world, quantity=3)
    spend(world, 20)
    correct(world, line, 20)
    correct(world, line, 10)
    assert (world.balance(world.households[0]), owed(world), steps.line(line).state) == (0, -20, "reversed")
    assert caps.used(world.households[0].id, caps.ALL, "2026-11") == 0


def test_only_a_committee_member_without_a_step_or_kin_may(world: World) -> None:
    lines = steps.record(world, by=world.committee[1])
    steps.decide(world, steps.check(world, lines))
    steps.run_out(world, steps.hung(world))
    kin.declare(**world.by(world.committee[0]), relative_id=world.villager().id, relation="表亲")
    for actor, error in (
        (world.committee[1], SamePerson),
        (world.committee[0], OwnHouseholdNamed),
        (world.recorder, NotAllowed),
        (world.supervisor, NotAllowed),
        (world.villager(), NotFound),
        (world.other_committee, NotFound),
    ):
        with pytest.raises(error):
            reverse(world, lines[0], actor)
    assert world.balance(world.households[0]) == 10


def test_it_needs_a_reason_and_a_posted_line(world: World) -> None:
    (line,) = steps.approved(world)
    with pytest.raises(WrongState):
        reverse(world, line)
    with pytest.raises(Missing):
        reverse(world, line, reason=" ")
    with pytest.raises(NotFound):
        reverse(world, 10**9)


def test_a_retry_takes_back_once(world: World) -> None:
    (line,) = steps.posted(world)
    given = world.by(world.committee[0])
    assert award.reverse(**given, line_id=line, reason="记错") == award.reverse(**given, line_id=line, reason="记错")
    assert world.balance(world.households[0]) == 0


def test_each_is_kept_for_the_next_notice_with_all_that_was_taken(world: World) -> None:
    (line,) = steps.posted(world, quantity=3)
    spend(world, 25)
    correct(world, line, 10)  # five of them are owed
    with pytest.raises(TakesBackTooMuch):
        correct(world, line, 21)
    reverse(world, line)
    told = [
        (row.line_id, row.points, row.reason, row.made_by_id) for row in Correction.select().order_by(Correction.id)
    ]
    by = world.committee[0].id
    assert told == [(line, 10, "多记了", by), (line, 20, "名册记错", by)]
    assert all(row.notice_id is None and row.village_id == world.village for row in Correction.select())


def test_civility_is_not_put_right_here(world: World) -> None:
    (line,) = steps.deduct(world)
    steps.run_out(world, steps.hung(world))
    for work in (lambda: reverse(world, line), lambda: correct(world, line, 1)):
        with pytest.raises(DeductsCivility):
            work()
    assert steps.line(line).state == "posted"
