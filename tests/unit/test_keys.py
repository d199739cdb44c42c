"""Keys: a retry finds the first result, whoever else asks does not."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from points import db
from points.errors import InsufficientPoints, KeyReused, NotFound, PointsError, WrongPin
from points.keys import verb
from points.models import Area, Person, Tries, WriteKey

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
calls: list[dict[str, Any]] = []


@verb("test.count", secret=("pin",))
def count_up(*, key: str, actor: Person, now: datetime, amount: int, day: date, pin: str = "") -> int:
    calls.append({"amount": amount})
    Area.create(kind="county", name=f"县{len(calls)}")
    if amount > 100:
        raise InsufficientPoints(needed=amount, balance=100)
    return amount


@verb("test.guess", on_refusal=lambda refusal, given: calls.append({"kept": refusal.code}))
def guess(*, key: str, actor: Person, now: datetime) -> int:
    Tries.create(channel="till", subject="card:1", failures=1, last_at=now)
    raise WrongPin()


@pytest.fixture
def people(database: str) -> tuple[Person, Person]:
    calls.clear()
    area = Area.create(kind="village", name="村")
    one, other = (Person.create(name=name, area=area, added_at=NOW) for name in ("王麦", "李豆"))
    return one, other


def ask(actor: Person, key: str = "k" * 16, **payload: Any) -> int:
    return count_up(key=key, actor=actor, now=NOW, **{"amount": 5, "day": date(2026, 11, 1), **payload})


def test_a_retry_finds_the_first_result_without_doing_it_again(people: tuple[Person, Person]) -> None:
    assert [ask(people[0]), ask(people[0])] == [5, 5]
    assert len(calls) == 1


def test_the_same_key_with_another_payload_is_refused(people: tuple[Person, Person]) -> None:
    ask(people[0])
    with pytest.raises(KeyReused):
        ask(people[0], amount=6)


def test_another_persons_key_does_not_exist(people: tuple[Person, Person]) -> None:
    ask(people[0])
    with pytest.raises(NotFound):
        ask(people[1])


def test_a_refusal_is_heard_again_and_leaves_nothing_behind(people: tuple[Person, Person]) -> None:
    for _ in range(2):
        with pytest.raises(InsufficientPoints) as refused:
            ask(people[0], amount=101)
        assert refused.value.values == {"needed": 101, "balance": 100}
    assert len(calls) == 1
    assert Area.select().count() == 1, "what was begun is undone"


def test_a_refusal_in_place_keeps_what_was_counted_before_it(people: tuple[Person, Person]) -> None:
    for _ in range(2):
        with pytest.raises(WrongPin):
            guess(key="g" * 16, actor=people[0], now=NOW)
    assert Tries.select().count() == 1
    assert calls == [{"kept": "WrongPin"}]


def test_a_secret_leaves_no_trace_in_the_digest(people: tuple[Person, Person]) -> None:
    ask(people[0], pin="135790")
    assert ask(people[0], pin="246802") == 5
    assert "pin" not in str(WriteKey.get().digest)


def test_a_write_records_who_did_what(people: tuple[Person, Person]) -> None:
    ask(people[0])
    kept = WriteKey.get()
    assert (kept.actor_id, kept.action, kept.outcome, kept.recorded_at) == (people[0].id, "test.count", "done", NOW)


def test_every_refusal_has_a_sentence_that_its_values_fill(people: tuple[Person, Person]) -> None:
    assert {"InsufficientPoints", "NotFound", "OutOfStock"} <= set(PointsError.by_code)
    for code, error in PointsError.by_code.items():
        assert error.sentence.endswith(("。", "?")), code


def test_a_verb_runs_in_one_transaction(people: tuple[Person, Person]) -> None:
    with db.transaction(), pytest.raises(RuntimeError):
        ask(people[0])
