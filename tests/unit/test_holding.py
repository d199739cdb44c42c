"""Holding: a reservation ends once, and whoever comes first decides how; at the end of its days it ends by itself."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from points import db, holding, ledger, stock
from points.calendar import end_of
from points.models.ledger import AccountType, Transfer, TransferNote
from points.models.reservation import Reservation
from points.models.stock import Stock
from points.services import reservation, tick
from points.services.tick import Report
from tests import steps
from tests.world import World


@pytest.fixture(autouse=True)
def books_balance(world: World) -> Iterator[None]:
    yield
    assert list(ledger.audit()) == []
    assert stock.audit() == []
    assert holding.audit() == []


@pytest.fixture
def ticket(world: World) -> int:
    """A bag of rice for 30 of 100 points, to be collected by the third day from now."""
    world.give_points(world.households[0], 100)
    return steps.reserve(world, {world.rice: 1})


def holdings(world: World, number: int = 0) -> tuple[int, int, int]:
    household = world.households[number]
    held = ledger.balance(ledger.account(AccountType.HOLD, household.id))
    return world.balance(household), held, Stock.get_by_id(world.rice).reserved


def test_it_ends_once_and_returns_what_it_held(world: World, ticket: int) -> None:
    with db.transaction():
        held = holding.end(ticket, "cancelled", actor_id=world.clerk.id, now=world.now)
        assert held is not None
        assert (held.points, held.quantities) == (30, {world.rice: 1})
        holding.give_back(held, actor_id=world.clerk.id, now=world.now, reason="不要了")
        for state in ("cancelled", "collected", "expired"):
            assert holding.end(ticket, state, actor_id=world.clerk.id, now=world.now) is None
    assert holdings(world) == (100, 0, 0)
    release = Transfer.get(Transfer.kind == "release")
    assert (release.cause_type, release.cause_id, release.actor_id) == ("reservation", ticket, world.clerk.id)
    assert TransferNote.get(TransferNote.transfer == release).text == "不要了"


def test_the_account_that_holds_is_opened_once(world: World, ticket: int) -> None:
    steps.reserve(world, {world.rice: 1})
    assert holdings(world) == (40, 60, 2)


def test_it_expires_by_itself_after_its_last_local_day(world: World, ticket: int) -> None:
    midnight = end_of(world.today + timedelta(days=3))
    assert midnight > world.wait(days=3)
    tick.tick(now=world.now - timedelta(days=2))
    tick.tick(now=world.now - timedelta(days=1))
    tick.tick(now=world.now)
    assert tick.tick(now=midnight - timedelta(microseconds=1)) == Report()
    assert holdings(world) == (70, 30, 1)
    assert tick.tick(now=midnight) == Report(expired=1)
    assert holdings(world) == (100, 0, 0)
    ended = Reservation.get_by_id(ticket)
    assert (ended.state, ended.ended_by_id, ended.ended_at) == ("expired", None, midnight)
    assert Transfer.get(Transfer.kind == "release").actor_id is None
    assert tick.tick(now=midnight) == Report(), "again and again"


def test_what_ended_before_does_not_expire(world: World, ticket: int) -> None:
    reservation.cancel(**world.by(world.villager()), reservation_id=ticket)
    world.wait(days=4)
    with db.transaction():
        assert not holding.expire(ticket, now=world.now)
    assert holding.due(world.now) == []
    assert Reservation.get_by_id(ticket).state == "cancelled"


def test_two_that_tick_at_once_share_what_is_due(world: World) -> None:
    world.give_points(world.households[0], 100)
    for _ in range(5):
        steps.reserve(world, {world.goods["食盐400g"]: 1})
    late, barrier = world.wait(days=4), Barrier(3)

    def run() -> int:
        barrier.wait()
        try:
            return tick.tick(now=late).expired
        finally:
            db.disconnect()

    with ThreadPoolExecutor(3) as pool:
        assert sum(future.result() for future in [pool.submit(run) for _ in range(3)]) == 5
    assert holdings(world) == (100, 0, 0)


def test_one_that_somebody_is_at_is_left_to_them(world: World, ticket: int) -> None:
    """On SQLite nobody else can be at it: its transactions hold the whole file."""
    if not db.is_postgresql():
        assert holding.due(world.wait(days=4)) == [ticket]
        return
    late = world.wait(days=4)
    with db.transaction():
        held = holding.end(ticket, "cancelled", actor_id=world.villager().id, now=late)
        assert held is not None
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(ticking, late).result(timeout=30) == 0
        holding.give_back(held, actor_id=world.villager().id, now=late)
    assert Reservation.get_by_id(ticket).state == "cancelled"


def ticking(now: object) -> int:
    try:
        return tick.tick(now=now).expired
    finally:
        db.disconnect()


def test_the_audit_names_what_does_not_agree(world: World, ticket: int) -> None:
    late = world.wait(days=4)
    Reservation.update(state="collected", ended_at=late).where(Reservation.id == ticket).execute()
    household = world.households[0].id
    assert holding.audit() == [("held points of household", household, 30, 0), ("receipt", ticket, 1, 0)]
    Reservation.update(state="open", ended_at=None, points=29).where(Reservation.id == ticket).execute()
    assert holding.audit() == [("held points of household", household, 30, 29), ("points of goods", ticket, 29, 30)]
    Reservation.update(points=30).where(Reservation.id == ticket).execute()


def test_killed_after_any_statement_it_is_expired_whole_or_not_at_all(world: World, ticket: int) -> None:
    class Killed(Exception):
        pass

    late, bound, calls = world.wait(days=4), db.database.obj, 0
    execute = bound.execute_sql
    while True:
        calls += 1
        left = calls

        def dies(*args, **named):
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed
            return execute(*args, **named)

        bound.execute_sql = dies
        try:
            with db.transaction():
                assert holding.expire(ticket, now=late)
            break
        except Killed:
            pass
        finally:
            del bound.execute_sql
        assert Reservation.get_by_id(ticket).state == "open"
        assert holdings(world) == (70, 30, 1)
    assert calls > 8, "it was killed at every statement before it got through"
    assert holdings(world) == (100, 0, 0)
