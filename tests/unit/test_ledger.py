"""The book: what it moves, what it refuses, what it can prove."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count

import pytest
from peewee import PeeweeException

from points import db, ledger
from points.errors import (
    AlreadyReversed,
    InsufficientPoints,
    KeyReused,
    NotReversible,
    TakesBackTooMuch,
)
from points.ledger import Posting
from points.models.ledger import Account, AccountType, Kind, Transfer, TransferNote

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


class Book:
    """A household, the village's issuance and a shop."""

    def __init__(self) -> None:
        self.numbers = count(1)
        with db.transaction():
            self.household = ledger.open_account(AccountType.HOUSEHOLD, 1)
            self.owed = ledger.open_account(AccountType.OWED, 1)
            self.issuance = ledger.open_account(AccountType.ISSUANCE, 1)
            self.shop = ledger.open_account(AccountType.SHOP, 1)

    def posting(self, kind: Kind, source: Account, target: Account, points: int, key: str = "", **more: str) -> Posting:
        key = key or f"k{next(self.numbers)}"
        return Posting(
            key=key, kind=kind, source=source, target=target, points=points,
            cause_type="line", cause_id=7, happened_at=NOW, actor_id=3, **more,
        )  # fmt: skip

    def award(self, points: int, key: str = "", **more: str) -> int:
        with db.transaction():
            return ledger.post(self.posting(Kind.AWARD, self.issuance, self.household, points, key, **more), now=NOW)

    def redeem(self, points: int, key: str = "") -> int:
        with db.transaction():
            return ledger.post(self.posting(Kind.REDEMPTION, self.household, self.shop, points, key), now=NOW)

    def correct(self, transfer_id: int, points: int, key: str) -> int:
        with db.transaction():
            return ledger.correct(transfer_id, points, key=key, actor_id=3, reason="记错了", now=NOW)

    def reverse(self, transfer_id: int, key: str) -> int:
        with db.transaction():
            return ledger.reverse(transfer_id, key=key, actor_id=3, reason="退货", now=NOW)

    def balances(self) -> tuple[int, int]:
        return ledger.balance(self.household), ledger.balance(self.owed)


@pytest.fixture
def book(database: str) -> Iterator[Book]:
    yield Book()
    assert list(ledger.audit()) == [], "whatever a test did, the book must add up"


def test_points_move_and_both_sides_add_up(book: Book) -> None:
    book.award(10)
    book.redeem(4)
    assert ledger.balance(book.household) == 6
    assert ledger.balance(book.issuance) == -10
    assert ledger.balance(book.shop) == 4


def test_it_refuses_to_spend_what_is_not_there_and_says_what_is(book: Book) -> None:
    book.award(10)
    with pytest.raises(InsufficientPoints) as refused:
        book.redeem(11)
    assert refused.value.values == {"needed": 11, "balance": 10}
    assert ledger.balance(book.household) == 10


def test_the_same_key_posts_once(book: Book) -> None:
    assert book.award(10, "one") == book.award(10, "one")
    assert ledger.balance(book.household) == 10


def test_a_key_that_moved_something_else_is_refused(book: Book) -> None:
    book.award(10, "one")
    with pytest.raises(KeyReused):
        book.award(11, "one")


def test_a_kind_moves_only_between_its_own_types(book: Book) -> None:
    with pytest.raises(AssertionError, match="does not move"), db.transaction():
        ledger.post(book.posting(Kind.AWARD, book.household, book.shop, 1), now=NOW)


@pytest.mark.parametrize("points", [0, -5])
def test_a_transfer_moves_a_positive_number_of_points(book: Book, points: int) -> None:
    with pytest.raises(AssertionError, match="positive"):
        book.award(points)


def test_it_writes_only_inside_a_transaction(book: Book) -> None:
    with pytest.raises(AssertionError, match="transaction"):
        ledger.post(book.posting(Kind.AWARD, book.issuance, book.household, 1), now=NOW)


def test_transactions_do_not_nest(book: Book) -> None:
    with db.transaction(), pytest.raises(RuntimeError, match="does not call a verb"), db.transaction():
        pass


def test_a_redemption_is_reversed_whole_and_once(book: Book) -> None:
    book.award(10)
    spent = book.redeem(8)
    back = book.reverse(spent, "undo")
    assert (ledger.balance(book.household), ledger.balance(book.shop)) == (10, 0)
    assert book.reverse(spent, "undo") == back, "a retry finds the first result"
    with pytest.raises(AlreadyReversed):
        book.reverse(spent, "undo again")
    with pytest.raises(NotReversible):
        book.reverse(back, "undo the undo")


def test_a_correction_takes_what_the_balance_covers_and_the_rest_is_owed(book: Book) -> None:
    award = book.award(10)
    book.redeem(7)
    book.correct(award, 8, "fix")
    assert book.balances() == (0, -5)
    assert book.correct(award, 8, "fix") == book.correct(award, 8, "fix"), "a retry finds the first result"
    assert book.balances() == (0, -5)


def test_what_is_owed_is_taken_first_from_later_awards(book: Book) -> None:
    award = book.award(10)
    book.redeem(10)
    book.correct(award, 10, "fix")
    book.award(4)
    assert book.balances() == (0, -6)
    book.award(9)
    assert book.balances() == (3, 0)


def test_corrections_together_never_exceed_the_award(book: Book) -> None:
    award = book.award(10)
    book.correct(award, 6, "first")
    with pytest.raises(TakesBackTooMuch) as refused:
        book.correct(award, 5, "second")
    assert refused.value.values == {"left": 4}
    book.correct(award, 4, "third")
    with pytest.raises(AlreadyReversed):
        book.reverse(award, "whole")


def test_not_even_the_first_correction_exceeds_the_award(book: Book) -> None:
    award = book.award(10)
    with pytest.raises(TakesBackTooMuch) as refused:
        book.correct(award, 11, "fix")
    assert refused.value.values == {"left": 10}


def test_only_an_award_is_corrected(book: Book) -> None:
    book.award(10)
    spent = book.redeem(5)
    with pytest.raises(NotReversible):
        book.correct(spent, 1, "fix")


def test_a_set_is_posted_in_order_by_as_many_statements_as_one(book: Book, statements: Callable[[], int]) -> None:
    def post(number: int) -> int:
        before = statements()
        with db.transaction():
            postings = [
                book.posting(Kind.AWARD, book.issuance, book.household, 2, reason="巡逻") for _ in range(number)
            ]
            ids = ledger.post_many(postings, now=NOW)
        assert ids == sorted(ids)
        return statements() - before

    assert post(1) == post(300)
    assert ledger.balance(book.household) == 602


def test_a_set_is_posted_whole_or_not_at_all(book: Book) -> None:
    book.award(5)
    with pytest.raises(InsufficientPoints), db.transaction():
        ledger.post_many(
            [book.posting(Kind.REDEMPTION, book.household, book.shop, points) for points in (3, 3)], now=NOW
        )
    assert ledger.balance(book.household) == 5


def test_a_set_skips_keys_already_posted(book: Book) -> None:
    first = book.award(5, "one")
    with db.transaction():
        postings = [book.posting(Kind.AWARD, book.issuance, book.household, 5, key) for key in ("one", "two")]
        assert ledger.post_many(postings, now=NOW)[0] == first
    assert ledger.balance(book.household) == 10


def test_a_statement_pages_by_key_with_a_running_balance(book: Book) -> None:
    for points in (5, 6, 7):
        book.award(points)
    book.redeem(8)
    newest = ledger.statement(book.household, limit=2)
    older = ledger.statement(book.household, before=newest[-1].id, limit=2)
    assert [(entry.points, entry.balance) for entry in newest + older] == [(-8, 10), (7, 18), (6, 11), (5, 5)]
    assert ledger.statement(book.household, before=older[-1].id) == []


def test_words_can_be_blanked_without_touching_the_ledger(book: Book) -> None:
    transfer_id = book.award(5, reason="劝和邻里纠纷")
    digest = Transfer.get_by_id(transfer_id).reason_digest
    assert len(digest) == 64
    TransferNote.update(salt="", text="").where(TransferNote.transfer == transfer_id).execute()
    assert Transfer.get_by_id(transfer_id).reason_digest == digest


def test_the_canonical_bytes_are_those_that_the_docs_fix(book: Book) -> None:
    row = dict.fromkeys(ledger.CANONICAL) | {"id": 1, "key": "k", "kind": "award", "points": 5, "reason_digest": ""}
    assert ledger.canonical(row) == (
        b'["points.transfer.1",1,"k","award",null,null,5,null,null,null,null,null,null,null,null,""]'
    )


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE transfer SET points = 1",
        "DELETE FROM transfer",
        "INSERT INTO transfer (id, key, kind, source_id, target_id, points, cause_type, cause_id, happened_at, "
        "recorded_at, reason_digest) SELECT id, key, kind, source_id, target_id, 1, cause_type, cause_id, happened_at, "
        "recorded_at, reason_digest FROM transfer WHERE true ON CONFLICT (id) DO UPDATE SET points = 1",
        "{replace}",
        "{truncate}",
    ],
)
def test_the_book_is_append_only(book: Book, change: str) -> None:
    book.award(5)
    replace = "INSERT OR REPLACE INTO transfer SELECT * FROM transfer"
    truncate = "DELETE FROM transfer WHERE true"
    if db.is_postgresql():
        replace = "UPDATE transfer SET points = 1 WHERE id IN (SELECT id FROM transfer)"
        truncate = "TRUNCATE transfer CASCADE"
    with pytest.raises(PeeweeException, match="append-only"):
        db.execute(change.format(replace=replace, truncate=truncate))
    assert Transfer.get().points == 5


@pytest.mark.parametrize(
    ("type_", "balance"), [("household", -1), ("hold", -1), ("owed", 1), ("issuance", 5), ("shop", -5)]
)
def test_a_check_stands_behind_every_floor(book: Book, type_: str, balance: int) -> None:
    with pytest.raises(PeeweeException):
        Account.create(type=type_, owner_id=99, balance=balance)


def test_the_audit_names_each_drift(database: str) -> None:
    book = Book()
    book.award(10)
    db.execute("UPDATE account SET balance = 11 WHERE id = ?", (book.household.id,))
    assert [(drift.what, drift.id, drift.stored, drift.recomputed) for drift in ledger.audit()] == [
        ("balance", book.household.id, 11, 10)
    ]
