"""Areas: a tree in which a smaller place stands below a larger, and a village with its settings and accounts."""

import pytest

from points import access, db, ledger, places
from points.errors import AreaOrder, ClashingName, Missing, NotAllowed, NotFound, NoticeDays, TooLong
from points.models.areas import Area, VillageSetting
from points.models.ledger import AccountType
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
