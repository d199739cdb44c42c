"""Caps: room is taken once, in part if need be, and given back."""

from datetime import date

import pytest

from points import caps, db
from points.calendar import month_of, week_of
from points.models.contribution import Line
from tests.world import World

DAY = date(2026, 11, 20)


def line(world: World, times: int, number: int = 0, **more) -> Line:
    """Make a line that the council agreed to; it is not kept."""
    person = world.villager(number)
    frozen = {"item_code": 1, "each": 10, "cap": 4, "cap_period": "month", "cap_holder": "household", "day": DAY}
    owner = {"household_id": person.household_id, "person_id": person.id, "village_id": world.village}
    more.setdefault("agreed", 10 * times)
    plain = {"id": 1, "quantity": times, "effect": "points", "counts_to_cap": False}
    return Line(**plain | frozen | owner | more)


def take(world: World, *lines: Line, monthly_cap: int = 60) -> list[tuple[int, int]]:
    """Take room for lines; return the times and points of each, and remember them as granted."""
    for number, one in enumerate(lines):
        one.id = number
    with db.transaction():
        rooms = caps.take_for(lines, {world.village: monthly_cap})
    for one in lines:
        one.granted_quantity, one.granted = rooms[one.id].times, rooms[one.id].points
    return [(one.granted_quantity, one.granted) for one in lines]


def test_it_takes_what_is_left(world: World) -> None:
    assert [take(world, line(world, times)) for times in (3, 3, 1)] == [[(3, 30)], [(1, 10)], [(0, 0)]]
    assert caps.used(world.households[0].id, 1, "2026-11") == 4


def test_lines_of_one_set_share_what_is_left_the_earliest_day_first(world: World) -> None:
    late, early = line(world, 3), line(world, 3, day=date(2026, 11, 2))
    assert take(world, late, early) == [(1, 10), (3, 30)]


def test_households_items_periods_and_people_are_apart(world: World) -> None:
    other_person = world.people(world.households[0])[1].id
    own = {"cap_holder": "person"}
    lines = [
        line(world, 4),
        line(world, 4, number=1),
        line(world, 4, item_code=2),
        line(world, 4, day=date(2026, 12, 1)),
        line(world, 4, **own),
        line(world, 4, person_id=other_person, **own),
    ]
    assert take(world, *lines) == [(4, 40)] * len(lines)


def test_a_deduction_and_an_item_without_number_know_no_cap(world: World) -> None:
    lines = [line(world, 9, effect="civility"), line(world, 9, cap=None), line(world, 9, cap_period="event")]
    assert take(world, *lines) == [(9, 90)] * 3


def test_the_month_cuts_points_and_frees_the_times_they_do_not_need(world: World) -> None:
    counted = {"counts_to_cap": True}
    assert take(world, line(world, 4, **counted), monthly_cap=25) == [(3, 25)]
    assert caps.used(world.households[0].id, 1, "2026-11") == 3
    assert take(world, line(world, 1, **counted), monthly_cap=25) == [(0, 0)]


def test_a_limit_that_was_lowered_leaves_nothing(world: World) -> None:
    counted = {"counts_to_cap": True, "cap": None}
    take(world, line(world, 5, **counted))
    assert take(world, line(world, 1, **counted), monthly_cap=40) == [(0, 0)]
    assert caps.used(world.households[0].id, caps.ALL, "2026-11") == 50


def test_what_is_agreed_in_part_takes_the_times_it_needs(world: World) -> None:
    assert take(world, line(world, 4, agreed=15)) == [(2, 15)]


def test_what_is_given_back_can_be_taken_again(world: World) -> None:
    full = line(world, 4, counts_to_cap=True)
    take(world, full)
    with db.transaction():
        caps.give_back_for(full, kept=15)
    assert caps.used(world.households[0].id, caps.ALL, "2026-11") == 15
    assert take(world, line(world, 4)) == [(2, 20)]


def test_a_period_is_a_local_day_week_month_or_year(world: World) -> None:
    assert caps.period_of(DAY, "day") == "2026-11-20"
    assert caps.period_of(DAY, "week") == week_of(DAY) == "2026-W47"
    assert caps.period_of(DAY, "month") == month_of(DAY) == "2026-11"
    assert caps.period_of(DAY, "year") == "2026"
    assert week_of(date(2027, 1, 1)) == "2026-W53", "a week belongs to the year of its Thursday"


def test_room_is_taken_within_a_transaction_only(world: World) -> None:
    with pytest.raises(AssertionError):
        caps.take_for([line(world, 1)], {world.village: 60})
