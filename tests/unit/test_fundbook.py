"""The fund's book: no account and no commitment below zero, each movement answered once, and an audit that sees."""

from __future__ import annotations

import pytest

from points import db, fundbook
from points.errors import EntryCancelled, EntryCancels, EntryPays, InsufficientFund, NotFound
from points.fundbook import Move
from points.models.fund import FundAccount, FundTransfer
from tests.world import World


def move(world: World, kind: str, source: str, target: str, fen: int, **more: object) -> int:
    made = Move(world.village, kind, source, target, fen, voucher="7", note="", day=world.today, **more)
    with db.transaction():
        return fundbook.post(made, actor_id=world.committee[0].id, now=world.now)


def reverse(world: World, transfer_id: int) -> int:
    with db.transaction():
        return fundbook.reverse(
            transfer_id, note="记错", day=world.today, actor_id=world.committee[0].id, now=world.now
        )


@pytest.fixture
def grant(world: World) -> int:
    """A grant of 1,000 fen."""
    return move(world, "income", "grant", "fund", 1000)


def balances(world: World) -> tuple[int, int]:
    return fundbook.balance(world.village), fundbook.balance(world.village, "committed")


def test_a_commitment_holds_what_was_set_aside_and_no_more(world: World, grant: int) -> None:
    first, other = (move(world, "commit", "fund", "committed", fen) for fen in (300, 200))
    move(world, "spend", "committed", "spent", 250, commitment_id=first)
    with pytest.raises(InsufficientFund):
        move(world, "spend", "committed", "spent", 51, commitment_id=first)
    move(world, "release", "committed", "fund", 50, commitment_id=first)
    with pytest.raises(InsufficientFund):
        move(world, "release", "committed", "fund", 1, commitment_id=first)
    assert (fundbook.left(world.village, first), fundbook.left(world.village, other)) == (0, 200)
    assert balances(world) == (550, 200)
    assert fundbook.audit() == []


def test_what_is_reversed_gives_its_commitment_room_again(world: World, grant: int) -> None:
    commitment = move(world, "commit", "fund", "committed", 300)
    spent = move(world, "spend", "committed", "spent", 300, commitment_id=commitment)
    reverse(world, spent)
    assert fundbook.left(world.village, commitment) == 300
    released = move(world, "release", "committed", "fund", 300, commitment_id=commitment)
    reverse(world, released)
    assert balances(world) == (700, 300)
    assert fundbook.audit() == []


def test_a_commitment_is_reversed_only_while_all_of_it_is_there(world: World, grant: int) -> None:
    touched, whole = (move(world, "commit", "fund", "committed", 300) for _ in range(2))
    move(world, "spend", "committed", "spent", 1, commitment_id=touched)
    with pytest.raises(InsufficientFund):
        reverse(world, touched)
    reverse(world, whole)
    assert fundbook.left(world.village, whole) == 0
    with pytest.raises(InsufficientFund):
        move(world, "spend", "committed", "spent", 1, commitment_id=whole)
    assert fundbook.audit() == []


def test_an_income_that_is_spent_or_set_aside_is_not_reversed(world: World, grant: int) -> None:
    commitment = move(world, "commit", "fund", "committed", 1)
    with pytest.raises(InsufficientFund) as refused:
        reverse(world, grant)
    assert refused.value.values == {"left": "9.99", "needed": "10.00"}
    reverse(world, commitment)
    answer = reverse(world, grant)
    assert balances(world) == (0, 0)
    with pytest.raises(EntryCancelled):
        reverse(world, grant)
    with pytest.raises(EntryCancels):
        reverse(world, answer)


def test_a_payment_of_a_settlement_is_not_reversed(world: World, grant: int) -> None:
    paid = move(world, "spend", "fund", "spent", 100, cause_type="settlement", cause_id=1)
    with pytest.raises(EntryPays):
        reverse(world, paid)


def test_a_commitment_is_one_and_of_the_village(world: World, grant: int) -> None:
    commitment = move(world, "commit", "fund", "committed", 300)
    for wrong in (grant, 999, None):
        with pytest.raises(NotFound):
            move(world, "spend", "committed", "spent", 1, commitment_id=wrong)
    with pytest.raises(NotFound):
        fundbook.left(world.other_village, commitment)


def test_moves_that_no_kind_allows_are_bugs(world: World, grant: int) -> None:
    for kind, source, target, fen in (
        ("income", "fund", "spent", 1),
        ("spend", "grant", "fund", 1),
        ("commit", "fund", "committed", 0),
    ):
        with pytest.raises(AssertionError):
            move(world, kind, source, target, fen)


def test_the_audit_names_what_differs(world: World, grant: int) -> None:
    commitment = move(world, "commit", "fund", "committed", 300)
    FundAccount.update(fen=5).where(FundAccount.type == "committed").execute()
    assert fundbook.audit() == [("committed", world.village, 5, 300)]
    FundAccount.update(fen=300).where(FundAccount.type == "committed").execute()
    slip_in(world, commitment, "committed", "spent", 400)
    FundAccount.update(fen=FundAccount.fen - 100).where(FundAccount.type == "committed").execute()
    assert ("commitment", commitment, 300, 400) in fundbook.audit()
    slip_in(world, commitment, "fund", "committed", 1)
    assert ("move spend fund->committed", 0, 1, 0) in fundbook.audit()


def slip_in(world: World, commitment_id: int, source: str, target: str, fen: int) -> None:
    """Write a transfer past the book."""
    sides = {"village": world.village, "source": source, "target": target, "commitment": commitment_id}
    by = {"day": world.today, "recorded_by": world.committee[0], "recorded_at": world.now}
    FundTransfer.create(kind="spend", fen=fen, **sides, **by)
