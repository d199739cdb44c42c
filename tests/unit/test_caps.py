"""Caps: room is taken once, in part if need be, and given back."""

import pytest

from points import caps, db
from points.calendar import month_of
from tests.world import World


def take(household, scope, wanted, limit, period="2026-11"):
    with db.transaction():
        return caps.take(household, scope, period, wanted=wanted, limit=limit)


def test_it_takes_what_is_left(world: World) -> None:
    household = world.households[0].id
    assert [take(household, 1, wanted, 4) for wanted in (3, 3, 1)] == [3, 1, 0]
    assert caps.used(household, 1, "2026-11") == 4


def test_households_items_and_periods_are_apart(world: World) -> None:
    one, other = world.households[0].id, world.households[1].id
    assert take(one, 1, 4, 4) == take(other, 1, 4, 4) == take(one, 2, 4, 4) == 4
    assert take(one, 1, 4, 4, period="2026-12") == 4


def test_a_limit_that_was_lowered_leaves_nothing(world: World) -> None:
    household = world.households[0].id
    take(household, caps.ALL, 50, 60)
    assert take(household, caps.ALL, 5, 40) == 0
    assert caps.used(household, caps.ALL, "2026-11") == 50


def test_what_is_given_back_can_be_taken_again(world: World) -> None:
    household = world.households[0].id
    take(household, 1, 4, 4)
    with db.transaction():
        caps.give_back(household, 1, "2026-11", amount=2)
    assert take(household, 1, 4, 4) == 2


def test_a_period_is_a_local_month_or_year(world: World) -> None:
    assert caps.period_of(world.today, "month") == month_of(world.today) == "2026-11"
    assert caps.period_of(world.today, "year") == "2026"


def test_room_is_taken_within_a_transaction_only(world: World) -> None:
    with pytest.raises(AssertionError):
        caps.take(world.households[0].id, 1, "2026-11", wanted=1, limit=4)
