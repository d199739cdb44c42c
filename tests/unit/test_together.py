"""PostgreSQL's statements travel together: in their order, before anything else, and no error is lost on the way."""

from collections.abc import Iterator

import pytest
from peewee import IntegrityError

from points import db, tries
from points.models.people import Tries
from points.postgresql import Postgresql
from points.services import redemption
from tests.world import PIN, World

pytestmark = pytest.mark.parametrize("databases", ["postgresql"], indirect=True)

_TRY = "INSERT INTO tries (channel, subject, failures, last_at) VALUES ('web', ?, 1, 0)"


@pytest.fixture
def journeys(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Note how many statements travelled each time."""
    made: list[int] = []
    send = Postgresql.send

    def noted(self: Postgresql) -> None:
        if self._state.unsent:
            made.append(len(self._state.unsent))
        send(self)

    monkeypatch.setattr(Postgresql, "send", noted)
    yield made


def test_what_nobody_reads_travels_with_what_is_read(journeys: list[int]) -> None:
    for number in (1, 2):  # the first time each is prepared
        journeys.clear()
        with db.transaction():
            db.execute(_TRY, (f"one {number}",))
            asked = [db.ask("SELECT COUNT(*) + CAST(? AS bigint) FROM tries", (more,)) for more in (10, 20)]
            assert number == 1 or not journeys
            assert [answer.fetchone() for answer in asked] == [(9 + 2 * number,), (19 + 2 * number,)]
            db.execute(_TRY, (f"two {number}",))
    assert journeys == [4, 2]  # BEGIN and COMMIT among them
    assert Tries.select().count() == 4


def test_a_table_that_was_just_made_is_there(journeys: list[int]) -> None:
    with db.transaction():
        db.execute("CREATE TABLE just_made (id bigint)")
        db.execute("INSERT INTO just_made (id) VALUES (?)", (7,))
    assert db.execute("SELECT id FROM just_made").fetchone() == (7,)


def test_the_orm_finds_what_was_written_before_it(journeys: list[int]) -> None:
    with db.transaction():
        db.execute(_TRY, ("one",))
        assert Tries.select().count() == 1
        tries.clear("web", "one")
        assert not Tries.select().exists()


def test_rows_that_are_loaded_come_after_what_was_written_before(journeys: list[int]) -> None:
    with db.transaction():
        db.execute("DELETE FROM tries WHERE channel = ?", ("web",))
        db.load("tries", "channel, subject, failures, last_at", [("web", "one", 1, 0)])
    assert Tries.select().count() == 1


def test_an_error_that_nobody_waited_for_keeps_all_of_it_from_happening(journeys: list[int]) -> None:
    with pytest.raises(IntegrityError), db.transaction():
        db.execute(_TRY, ("one",))
        db.execute(_TRY, ("one",))
        db.execute(_TRY, ("two",))
    assert not Tries.select().exists()
    with db.transaction():
        db.execute(_TRY, ("one",))
    assert Tries.select().count() == 1


def test_an_error_is_raised_where_the_next_answer_is_read(journeys: list[int]) -> None:
    with db.transaction():
        db.execute(_TRY, ("one",))
    with pytest.raises(IntegrityError), db.transaction():
        db.execute(_TRY, ("one",))
        later = db.ask("SELECT CAST(? AS bigint)", (1,))
        later.fetchone()
        pytest.fail("nothing is answered after an error")


def test_what_was_begun_and_left_at_once_does_not_travel(journeys: list[int]) -> None:
    with db.transaction():
        db.execute(_TRY, ("before",))
    journeys.clear()
    with pytest.raises(ZeroDivisionError), db.transaction():
        db.execute(_TRY, ("one",))
        raise ZeroDivisionError
    assert not journeys
    assert Tries.select().count() == 1


def test_outside_a_transaction_nothing_waits(journeys: list[int]) -> None:
    db.execute(_TRY, ("one",))
    assert journeys == [1]


def test_a_redemption_waits_seven_times(world: World, journeys: list[int]) -> None:
    world.give_points(world.households[0], 100)
    card = world.card(world.villager(0))
    for _ in range(2):  # the first opens the shift
        journeys.clear()
        redemption.redeem(
            **world.by(world.clerk),
            till_id=world.till,
            card=card.code,
            collector_id=world.villager(0).id,
            pin=PIN,
            basket=[(world.rice, 1, 30)],
        )
    assert len(journeys) <= 7
