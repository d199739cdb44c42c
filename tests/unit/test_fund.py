"""The fund: money in and out with its voucher, answered by opposites, beside the points it stands behind."""

from datetime import timedelta

import pytest

from points.errors import (
    EntryCancelled,
    EntryCancels,
    FundAmount,
    FutureDay,
    InsufficientFund,
    Invalid,
    Missing,
    NotAllowed,
    NotFound,
)
from points.models.fund import FundTransfer
from points.queries import fund as reads
from points.services import fund
from tests.tools import statements
from tests.world import World


def enter(world: World, kind: str = "grant", fen: int = 100_000, **given: object) -> int:
    by = given.pop("by", world.committee[0])
    said = {"village_id": world.village, "voucher": "收据 7", "note": "", "day": world.today} | given
    return fund.enter(**world.by(by), kind=kind, fen=fen, **said)


def test_what_comes_in_adds_and_what_is_spent_takes_away(world: World) -> None:
    assert reads.balance(world.village) == 0
    enter(world, "grant", 500_000)
    enter(world, "donation", 20_050)
    spent = enter(world, "spent", 120_025)
    kept = FundTransfer.get_by_id(spent)
    assert (kept.source, kept.target, kept.fen) == ("fund", "spent", 120_025)
    assert reads.balance(world.village) == 400_025
    assert reads.balance(world.other_village) == 0


def test_what_is_not_there_is_not_spent(world: World) -> None:
    enter(world, "grant", 900)
    with pytest.raises(InsufficientFund):
        enter(world, "spent", 901)
    assert reads.balance(world.village) == 900


def commit(world: World, fen: int = 600) -> int:
    return fund.commit(**world.by(world.committee[0]), village_id=world.village, fen=fen, purpose="第四季度进货")


def test_what_is_set_aside_is_spent_or_released_out_of_its_commitment(world: World) -> None:
    enter(world, "grant", 900)
    with pytest.raises(InsufficientFund):
        commit(world, 901)
    commitment = commit(world)
    with pytest.raises(InsufficientFund):
        enter(world, "spent", 301)
    bought = {"commitment_id": commitment, "voucher": "发票 9", "note": "", "day": world.today}
    fund.spend_committed(**world.by(world.committee[1]), **bought, fen=400)
    [left] = reads.commitments(world.village)
    assert (left.id, left.purpose, left.fen, left.left_fen) == (commitment, "第四季度进货", 600, 200)
    with pytest.raises(InsufficientFund):
        fund.release(**world.by(world.committee[0]), commitment_id=commitment, fen=201, reason="便宜了")
    fund.release(**world.by(world.committee[0]), commitment_id=commitment, fen=200, reason="便宜了")
    assert reads.commitments(world.village) == []
    assert reads.balance(world.village) == 500
    rows, _ = reads.entries(world.village, commitment_id=commitment)
    assert [(row.kind, row.fen) for row in rows] == [("release", 200), ("spend", 400), ("commit", 600)]


def test_only_the_committee_sets_aside(world: World) -> None:
    enter(world, "grant", 900)
    commitment = commit(world)
    bought = {"voucher": "发票 9", "note": "", "day": world.today, "fen": 1}
    for other, refusal in (
        (world.supervisor, NotAllowed),
        (world.clerk, NotAllowed),
        (world.other_committee, NotFound),
    ):
        with pytest.raises(refusal):
            fund.commit(**world.by(other), village_id=world.village, fen=1, purpose="进货")
        with pytest.raises(refusal):
            fund.spend_committed(**world.by(other), commitment_id=commitment, **bought)
        with pytest.raises(refusal):
            fund.release(**world.by(other), commitment_id=commitment, fen=1, reason="不要了")
    with pytest.raises(NotFound):
        fund.spend_committed(**world.by(world.committee[0]), commitment_id=999, **bought)
    with pytest.raises(Missing):
        fund.commit(**world.by(world.committee[0]), village_id=world.village, fen=1, purpose=" ")


def test_a_retry_enters_once(world: World) -> None:
    writing = world.by(world.committee[0])
    said = {"village_id": world.village, "kind": "grant", "fen": 100, "voucher": "7", "note": "", "day": world.today}
    assert fund.enter(**writing, **said) == fund.enter(**writing, **said)
    assert reads.balance(world.village) == 100


@pytest.mark.parametrize("fen", [0, -100, fund.MOST_FEN + 1])
def test_an_amount_is_positive_and_within_reason(world: World, fen: int) -> None:
    with pytest.raises(FundAmount):
        enter(world, "spent", fen)


def test_an_entry_has_a_known_kind_a_voucher_and_a_day_that_has_come(world: World) -> None:
    with pytest.raises(Invalid):
        enter(world, "lottery")
    with pytest.raises(Missing):
        enter(world, voucher=" ")
    with pytest.raises(FutureDay):
        enter(world, day=world.today + timedelta(days=1))
    assert reads.balance(world.village) == 0


def test_an_opposite_entry_answers_a_wrong_one_once(world: World) -> None:
    enter(world, "grant", 900)
    wrong = enter(world, "spent", 900)
    answer = fund.cancel(**world.by(world.committee[1]), entry_id=wrong, reason="记重了")
    kept = FundTransfer.get_by_id(answer)
    assert (kept.kind, kept.source, kept.target, kept.fen) == ("reversal", "spent", "fund", 900)
    assert (kept.voucher, kept.note) == (f"#{wrong}", "记重了")
    assert reads.balance(world.village) == 900
    with pytest.raises(EntryCancelled):
        fund.cancel(**world.by(world.committee[0]), entry_id=wrong, reason="再来")
    with pytest.raises(EntryCancels):
        fund.cancel(**world.by(world.committee[0]), entry_id=answer, reason="反悔")
    with pytest.raises(Missing):
        fund.cancel(**world.by(world.committee[0]), entry_id=enter(world), reason=" ")


def test_a_voucher_that_looks_like_an_answer_is_none(world: World) -> None:
    wrong = enter(world, "other", 900)
    enter(world, "other", 900, voucher=f"#{wrong}")
    assert [row.cancelled for row in reads.entries(world.village)[0]] == [False, False]
    fund.cancel(**world.by(world.committee[0]), entry_id=wrong, reason="记错")
    assert [(row.answers, row.cancelled) for row in reads.entries(world.village)[0]] == [
        (True, False),
        (False, False),
        (False, True),
    ]


def test_only_the_committee_of_the_village_keeps_it(world: World) -> None:
    entry = enter(world)
    for other in (world.supervisor, world.admin, world.recorder, world.clerk):
        with pytest.raises(NotAllowed):
            enter(world, by=other)
        with pytest.raises(NotAllowed):
            fund.cancel(**world.by(other), entry_id=entry, reason="错")
    for stranger in (world.other_committee, world.villager()):
        with pytest.raises(NotFound):
            enter(world, by=stranger)
        with pytest.raises(NotFound):
            fund.cancel(**world.by(stranger), entry_id=entry, reason="错")
    for place in (world.lanes[0], 999):
        with pytest.raises(NotFound):
            enter(world, village_id=place)
    with pytest.raises(NotFound):
        fund.cancel(**world.by(world.committee[0]), entry_id=999, reason="错")


def test_the_line_sets_the_points_of_the_village_against_it(world: World) -> None:
    enter(world, "grant", 500_000)
    world.give_points(world.households[0], 120)
    world.give_points(world.households[2], 3)
    world.give_points(world.other_household, 40)
    found = reads.line(world.village)
    assert (found.fen, found.points, found.worth_fen, found.points_fen) == (500_000, 123, 100, 12_300)
    bare = world.open_area(world.township, "village", "新村")
    assert reads.line(bare) == reads.Coverage(0, 0, None)


def test_the_list_is_paged_in_a_constant_number_of_statements(world: World) -> None:
    made = [enter(world, "other", 100 + number) for number in range(reads.PAGE)]
    few = statements(lambda: reads.entries(world.village, before=made[2]))
    made += [enter(world, "other", 300 + number) for number in range(4)]
    rows, older = reads.entries(world.village)
    assert [row.id for row in rows] == made[: -reads.PAGE - 1 : -1]
    assert statements(lambda: reads.entries(world.village)) == few
    rest, end = reads.entries(world.village, before=older)
    assert [row.id for row in rest] == made[3::-1] and end is None
