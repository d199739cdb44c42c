"""The lane board: heads, stewards, numbers; a phone only with its owner's word."""

from __future__ import annotations

import pytest

from points.errors import NotFound
from points.models.people import Household, Person
from points.queries import lanes
from points.queries.lanes import Head
from points.services import household
from tests.tools import statements
from tests.world import World


def test_a_lane_has_its_head_and_its_grid_the_stewards_of_the_village(world: World) -> None:
    head = world.appoint("steward", world.lanes[1], "巷二长", lane=world.lanes[1])
    [grid] = lanes.board(world.village)
    assert (grid.name, [one.name for one in grid.stewards]) == ("第一网格", ["罗记录", "孙初审"])
    first, second = grid.lanes
    assert (first.name, first.heads) == ("东一巷", [])
    assert (second.name, second.heads) == ("东二巷", [Head(head.name, "")])
    living = Household.select().where(Household.area == world.lanes[1])
    assert second.households == living.count()
    assert (second.first, second.last) == (min(home.number for home in living), max(home.number for home in living))


def test_a_steward_of_the_grid_goes_before_those_of_the_village(world: World) -> None:
    world.appoint("steward", world.grid, "格员", lane=world.lanes[0])
    assert [one.name for one in lanes.board(world.grid)[0].stewards] == ["格员"]


def test_a_phone_is_shown_only_while_its_owner_lets_it(world: World) -> None:
    Person.update(phone="13800000000").where(Person.id == world.recorder.id).execute()

    def phones() -> list[str]:
        return [one.phone for one in lanes.board(world.village)[0].stewards]

    assert phones() == ["", ""]
    household.set_phone_public(**world.by(world.recorder), public=True)
    assert phones() == ["13800000000", ""]
    household.set_phone_public(**world.by(world.recorder), public=False)
    assert phones() == ["", ""]


def test_who_left_or_waits_for_confirmation_is_not_on_it(world: World) -> None:
    Person.update(active=False).where(Person.id == world.recorder.id).execute()
    assert [one.name for one in lanes.board(world.village)[0].stewards] == ["孙初审"]


def test_numbers_run_as_people_count_and_resting_households_are_left_out(world: World) -> None:
    lane = world.open_area(world.grid, "lane", "东三巷")
    for number, active in (("9", True), ("0100", True), ("10", True), ("7", False)):
        Household.create(
            village=world.village, area=lane, number=number, opened_at=world.now, opened_by_id=1, active=active
        )
    found = lanes.board(world.village)[0].lanes[2]
    assert (found.first, found.last, found.households) == ("9", "0100", 3)


def test_households_in_no_lane_are_shown_under_their_own_place(world: World) -> None:
    assert world.village not in [lane.id for grid in lanes.board(world.village) for lane in grid.lanes]
    world.open_household(world.village, "山上住")
    first = lanes.board(world.village)[0]
    assert (first.name, first.lanes[0].id, first.lanes[0].households) == ("石桥村", world.village, 1)
    assert [grid.name for grid in lanes.board(world.grid)] == ["第一网格"]


def test_lanes_called_the_same_are_told_apart(world: World) -> None:
    other = world.open_area(world.village, "grid", "第二网格")
    again = world.open_area(other, "lane", "东一巷")
    labels = lanes.labels(world.village)
    assert (labels[world.lanes[0]], labels[again], labels[world.lanes[1]]) == (
        "第一网格东一巷",
        "第二网格东一巷",
        "东二巷",
    )


def test_there_is_no_board_of_a_lane_or_a_township(world: World) -> None:
    for wrong in (world.lanes[0], world.township, 999):
        with pytest.raises(NotFound):
            lanes.board(wrong)


def test_it_is_read_by_the_same_statements_however_many_lanes_there_are(world: World) -> None:
    before = statements(lambda: lanes.board(world.village))
    for number in range(5):
        world.open_household(world.open_area(world.grid, "lane", f"新{number}巷"), "王新")
    assert statements(lambda: lanes.board(world.village)) == before
