"""Areas: a tree, smaller places below larger ones; a village's settings; limits and holidays from above."""

from datetime import date, timedelta

import pytest

from points import access, db, ledger, places
from points.errors import (
    AreaOrder,
    ClashingName,
    HolidayBegun,
    HolidayRange,
    Invalid,
    Missing,
    MonthlyCapAboveLimit,
    NotAllowed,
    NotFound,
    NoticeDays,
    TooLong,
)
from points.models.areas import Area, AreaLimit, Holiday, VillageSetting
from points.models.ledger import AccountType
from points.models.people import Person
from points.models.rules import RuleItem
from points.queries import areas as reads
from points.services import areas
from tests.world import World

SETTINGS = {
    "council_voices": 3,
    "notice_days": 5,
    "no_pin_daily_limit": 20,
    "monthly_cap": 60,
    "objection_contact": "田主任",
}


def test_a_village_begins_with_settings_and_accounts(world: World) -> None:
    village = world.open_area(world.township, "village", "新村")
    assert VillageSetting.get_by_id(village).monthly_cap == 60
    for type_ in (AccountType.ISSUANCE, AccountType.ADJUSTMENT):
        assert ledger.balance(ledger.account(type_, village)) == 0


def test_an_area_knows_all_that_stand_above_it(world: World) -> None:
    assert access.covers(world.county, world.lanes[0])
    assert access.covers(world.village, world.lanes[0])
    assert not access.covers(world.other_village, world.lanes[0])
    assert access.village_of(world.lanes[0]) == world.village


def test_areas_keep_the_order_in_which_they_were_opened(world: World) -> None:
    orders = [Area.get_by_id(lane).order for lane in world.lanes]
    assert orders == sorted(orders) and len(set(orders)) == 2


@pytest.mark.parametrize("kind", ["village", "township", "county", "hamlet"])
def test_a_village_holds_no_larger_place(world: World, kind: str) -> None:
    with pytest.raises(AreaOrder):
        world.open_area(world.village, kind, "新地方")


def test_siblings_have_different_names(world: World) -> None:
    with pytest.raises(ClashingName):
        world.open_area(world.township, "village", " 石桥村 ")
    world.open_area(world.other_village, "grid", "第一网格")  # elsewhere the name is free
    with pytest.raises(ClashingName):
        areas.rename(**world.by(world.admin), area_id=world.other_village, name="石桥村")


@pytest.mark.parametrize(("name", "error"), [("  ", Missing), ("村" * 61, TooLong)])
def test_a_name_has_one_to_sixty_signs(world: World, name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        world.open_area(world.township, "village", name)


def test_only_an_administrator_above_opens_areas(world: World) -> None:
    given = {"parent_id": world.village, "kind": "lane", "name": "三巷"}
    with pytest.raises(NotAllowed):
        areas.open_area(**world.by(world.committee[0]), **given)
    with pytest.raises(NotFound):
        areas.open_area(**world.by(world.other_committee), **given)


def test_a_root_cannot_be_a_lane(world: World) -> None:
    with db.transaction(), pytest.raises(AreaOrder):
        places.open_area(None, "lane", "一巷")


def test_a_village_decides_its_settings(world: World) -> None:
    areas.decide_settings(**world.by(world.committee[0]), village_id=world.village, **{**SETTINGS, "notice_days": 15})
    assert VillageSetting.get_by_id(world.village).notice_days == 15
    assert VillageSetting.get_by_id(world.other_village).notice_days == 5


@pytest.mark.parametrize("days", [2, 16])
def test_a_notice_hangs_three_to_fifteen_days(world: World, days: int) -> None:
    with pytest.raises(NoticeDays):
        areas.decide_settings(
            **world.by(world.committee[0]), village_id=world.village, **{**SETTINGS, "notice_days": days}
        )


def test_another_village_does_not_decide(world: World) -> None:
    with pytest.raises(NotFound):
        areas.decide_settings(**world.by(world.other_committee), village_id=world.village, **SETTINGS)
    with pytest.raises(NotAllowed):
        areas.decide_settings(**world.by(world.recorder), village_id=world.village, **SETTINGS)


def test_photo_and_boards_are_decided_with_the_rest(world: World) -> None:
    names = ("wall_photo", "board_points", "black_board")
    begun = VillageSetting.get_by_id(world.village)
    assert not any(getattr(begun, name) for name in names)
    chosen = SETTINGS | dict.fromkeys(names, True)
    areas.decide_settings(**world.by(world.committee[0]), village_id=world.village, **chosen)
    decided = VillageSetting.get_by_id(world.village)
    assert all(getattr(decided, name) for name in names)


# --- limits ---------------------------------------------------------------------------------------------------------


def set_limits(world: World, actor: Person, area_id: int, **limits: int | None) -> None:
    none = {"most_points": None, "most_monthly_cap": None, "most_worth_fen": None}
    areas.set_limits(**world.by(actor), area_id=area_id, **(none | limits))


def test_the_strictest_limit_above_holds_and_names_its_area(world: World) -> None:
    assert places.limits_above(world.village) == {}
    set_limits(world, world.admin, world.county, most_points=50, most_worth_fen=100)
    set_limits(world, world.supervisor, world.township, most_points=80, most_worth_fen=90)
    assert places.limits_above(world.village) == {
        "most_points": places.Limit(50, "清河县"),
        "most_worth_fen": places.Limit(90, "云溪镇"),
    }
    set_limits(world, world.supervisor, world.township)  # nothing any more
    assert places.limits_above(world.village)["most_worth_fen"] == places.Limit(100, "清河县")
    assert AreaLimit.select().count() == 2


def test_a_village_decides_no_higher_monthly_cap_than_above_allows(world: World) -> None:
    set_limits(world, world.supervisor, world.township, most_monthly_cap=50)
    assert VillageSetting.get_by_id(world.village).monthly_cap == 60  # decided before
    with pytest.raises(MonthlyCapAboveLimit) as refused:
        areas.decide_settings(**world.by(world.committee[0]), village_id=world.village, **SETTINGS)
    assert "云溪镇" in str(refused.value) and "50 分" in str(refused.value)
    allowed = SETTINGS | {"monthly_cap": 50}
    areas.decide_settings(**world.by(world.committee[0]), village_id=world.village, **allowed)


def test_what_exceeds_a_new_limit_is_listed(world: World) -> None:
    assert reads.exceeding(world.township) == []
    set_limits(world, world.supervisor, world.township, most_points=50, most_monthly_cap=60, most_worth_fen=100)
    RuleItem.update(points=51).where(RuleItem.effect == "civility").execute()  # a deduction is no cost
    assert reads.exceeding(world.township) == []
    set_limits(world, world.supervisor, world.township, most_points=20, most_monthly_cap=59)
    found = {one.name: (one.points, one.monthly_cap, one.worth_fen) for one in reads.exceeding(world.township)}
    assert found == {"石桥村": (50, 60, None), "柳林村": (50, 60, None)}


def test_limits_are_set_above_villages_by_supervisor_or_admin(world: World) -> None:
    with pytest.raises(NotFound):
        set_limits(world, world.admin, world.village, most_points=10)
    with pytest.raises(NotFound):
        set_limits(world, world.supervisor, world.county, most_points=10)
    with pytest.raises(NotFound):
        set_limits(world, world.committee[0], world.township, most_points=10)
    with pytest.raises(Invalid):
        set_limits(world, world.admin, world.township, most_points=0)


# --- holidays -------------------------------------------------------------------------------------------------------


def add_holidays(world: World, actor: Person, area_id: int, first: date, days: int = 1) -> None:
    last = first + timedelta(days=days - 1)
    areas.add_holidays(**world.by(actor), area_id=area_id, name="春节", first=first, last=last)


def test_days_off_are_named_by_the_village_and_above(world: World) -> None:
    soon = world.today + timedelta(days=3)
    add_holidays(world, world.supervisor, world.township, soon, days=3)
    add_holidays(world, world.committee[0], world.village, soon + timedelta(days=2), days=2)
    add_holidays(world, world.committee[0], world.village, soon + timedelta(days=2), days=2)  # again: no more
    found = [(run.first, run.last, run.area.name) for run in reads.holidays(world.village, world.today)]
    assert found == [
        (soon, soon + timedelta(days=2), "云溪镇"),
        (soon + timedelta(days=2), soon + timedelta(days=3), "石桥村"),
    ]
    assert [run.area.name for run in reads.holidays(world.other_village, world.today)] == ["云溪镇"]
    assert Holiday.select().count() == 5


@pytest.mark.parametrize(("first", "days"), [(-1, 1), (0, 0), (0, 32), (360, 10)])
def test_days_off_begin_today_and_are_no_season(world: World, first: int, days: int) -> None:
    with pytest.raises(HolidayRange):
        add_holidays(world, world.committee[0], world.village, world.today + timedelta(days=first), days=days)


def test_a_run_of_days_off_is_removed_as_a_whole_from_a_day_on(world: World) -> None:
    first = world.today + timedelta(days=5)
    add_holidays(world, world.committee[0], world.village, first, days=4)
    add_holidays(world, world.committee[0], world.village, first + timedelta(days=5), days=2)
    second = Holiday.get(Holiday.day == first + timedelta(days=1))
    areas.remove_holiday(**world.by(world.committee[0]), holiday_id=second.id)
    left = [(run.first, run.last) for run in reads.holidays(world.village, world.today)]
    assert left == [(first, first), (first + timedelta(days=5), first + timedelta(days=6))]


def test_only_a_day_off_to_come_is_removed(world: World) -> None:
    add_holidays(world, world.committee[0], world.village, world.today, days=2)
    today, tomorrow = Holiday.select().order_by(Holiday.day)
    with pytest.raises(HolidayBegun):
        areas.remove_holiday(**world.by(world.committee[0]), holiday_id=today.id)
    for actor, error in ((world.other_committee, NotFound), (world.recorder, NotAllowed)):
        with pytest.raises(error):
            areas.remove_holiday(**world.by(actor), holiday_id=tomorrow.id)
    removing = world.by(world.committee[0])
    assert areas.remove_holiday(**removing, holiday_id=tomorrow.id) == world.village
    assert areas.remove_holiday(**removing, holiday_id=tomorrow.id) == world.village
    assert [holiday.day for holiday in Holiday.select()] == [world.today]


def test_a_village_does_not_name_the_townships_days_off(world: World) -> None:
    for actor, area_id in (
        (world.committee[0], world.township),
        (world.committee[0], world.other_village),
        (world.admin, world.lanes[0]),
    ):
        with pytest.raises(NotFound):
            add_holidays(world, actor, area_id, world.today)
    with pytest.raises(NotAllowed):
        add_holidays(world, world.recorder, world.village, world.today)
