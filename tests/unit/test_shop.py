"""Shops and tills: opened, changed and closed by those over the area they serve; when they are open."""

from datetime import date, timedelta
from typing import Any

import pytest

from points import ledger, shifts
from points.errors import (
    AlreadyDone,
    BadShopCode,
    ClashingName,
    DayRange,
    HoldDays,
    HoursBackward,
    HoursOverlap,
    Missing,
    NotAllowed,
    NotFound,
    PointsError,
    ShopStillHolds,
    ShopUnsigned,
    TooLong,
    Unsettled,
    VanNeedsPlace,
)
from points.models.ledger import AccountType
from points.models.people import Person
from points.models.reservation import Reservation
from points.models.shop import OpeningHour, Shift, Shop, ShopDay, Till
from points.services import redemption, settlement, shift, shop
from tests import steps
from tests.world import World


def open_shop(world: World, *, code: str = "sq2", name: str = "二店") -> int:
    return shop.open_shop(**world.by(world.committee[0]), area_id=world.village, code=code, name=name, hours="")


def test_a_shop_opens_with_an_account_and_its_code_in_capitals(world: World) -> None:
    made = Shop.get_by_id(open_shop(world))
    assert (made.code, made.area_id) == ("SQ2", world.village)
    assert ledger.balance(ledger.account(AccountType.SHOP, made.id)) == 0


def test_tills_are_numbered_within_their_shop(world: World) -> None:
    second_shop = open_shop(world)
    tills = [shop.open_till(**world.by(world.committee[0]), shop_id=id_) for id_ in (world.shop, second_shop)]
    assert [Till.get_by_id(till).number for till in tills] == [2, 1]


@pytest.mark.parametrize("code", ["", "超市", "SQ-1", "TOOLONG99"])
def test_a_code_fits_on_a_receipt(world: World, code: str) -> None:
    with pytest.raises(BadShopCode):
        open_shop(world, code=code)


def test_a_code_belongs_to_one_shop(world: World) -> None:
    with pytest.raises(ClashingName):
        open_shop(world, code="sq")
    with pytest.raises(Missing):
        open_shop(world, name=" ")


def test_committee_and_admin_open_shops_in_their_area_only(world: World) -> None:
    shop.open_till(**world.by(world.admin), shop_id=world.shop)
    with pytest.raises(NotAllowed):
        shop.open_till(**world.by(world.clerk), shop_id=world.shop)
    for stranger in (world.other_committee, world.villager(0)):
        with pytest.raises(NotFound):
            shop.open_till(**world.by(stranger), shop_id=world.shop)
        with pytest.raises(NotFound):
            shop.open_shop(**world.by(stranger), area_id=world.village, code="X", name="店", hours="")
    with pytest.raises(NotFound):
        shop.open_till(**world.by(world.admin), shop_id=999)


# --- what a shop is -----------------------------------------------------------------------------------------------


def edit(world: World, by: Person | None = None, **changed: Any) -> Shop:
    given = {
        "name": "石桥村积分超市",
        "hours": "",
        "contracted": False,
        "takes_cash": False,
        "van": False,
        "hold_days": 7,
    }
    id_ = shop.edit_shop(**world.by(by or world.committee[0]), shop_id=world.shop, **(given | changed))
    return Shop.get_by_id(id_)


def test_a_shop_is_changed_and_keeps_its_code(world: World) -> None:
    made = edit(world, name=" 村口超市 ", hours="赶场日不休", contracted=True, takes_cash=True, hold_days=3)
    assert (made.name, made.hours, made.contracted, made.takes_cash, made.hold_days, made.code) == (
        "村口超市", "赶场日不休", True, True, 3, "SQ",
    )  # fmt: skip
    for wrong, refusal in (
        ({"name": " "}, Missing),
        ({"name": "超" * 41}, TooLong),
        ({"hold_days": 0}, HoldDays),
        ({"hold_days": 31}, HoldDays),
    ):
        with pytest.raises(refusal):
            edit(world, **wrong)


def test_a_contract_begins_and_ends_without_receipts_that_are_not_settled(world: World) -> None:
    world.give_points(world.households[0], 90)
    paper = world.card(world.villager(0))
    undone = steps.sold(world, paper, {world.rice: 1})
    with pytest.raises(Unsettled):
        edit(world, contracted=True)
    redemption.undo(**world.by(world.committee[0]), receipt_id=undone, reason="袋子破了")
    assert edit(world, contracted=True).contracted
    steps.sold(world, paper, {world.rice: 1})
    assert edit(world, contracted=True, takes_cash=True).takes_cash
    with pytest.raises(Unsettled):
        edit(world, contracted=False)
    month = world.today.strftime("%Y-%m")
    world.wait(days=31)
    where = {"shop_id": world.shop, "village_id": world.village, "month": month}
    settlement.draw(**world.by(world.committee[0]), **where)
    assert not edit(world, contracted=False).contracted


def test_cash_and_contract_are_for_the_committee_to_decide(world: World) -> None:
    for decided in ({"takes_cash": True}, {"contracted": True}):
        with pytest.raises(NotAllowed):
            edit(world, world.admin, **decided)
        edit(world, **decided)
        assert edit(world, world.admin, name="新店名", **decided).name == "新店名"
        edit(world)


def test_a_shop_closes_when_nothing_waits_there(world: World) -> None:
    world.give_points(world.households[0], 100)
    paper = world.card(world.villager())
    sale = {"till_id": world.till, "card": paper.code, "collector_id": paper.person.id, "pin": paper.pin}
    redemption.redeem(**world.by(world.clerk), **sale, basket=[[world.rice, 1, 30]])
    with pytest.raises(ShopUnsigned) as refused:
        close(world)
    assert refused.value.values == {"n": 1, "day": world.today.isoformat(), "till": 1, "clerk": "钱店员"}
    sampled = shifts.sample(world.till, world.clerk.id, world.today, Shift.get())
    counts = {one.goods_id: one.expected for one in sampled}
    shift.sign_off(**world.by(world.clerk), till_id=world.till, counted_fen=0, counts=counts, note="")
    reservation = Reservation.create(
        shop=world.shop,
        household=world.households[0],
        person=paper.person,
        points=30,
        spoken="123456",
        collect_by=world.today,
        made_by=paper.person,
        made_at=world.now,
    )
    with pytest.raises(ShopStillHolds):
        close(world)
    Reservation.update(state="cancelled", ended_at=world.now).where(Reservation.id == reservation.id).execute()
    close(world)
    with pytest.raises(AlreadyDone):
        close(world)
    world.wait(days=1)
    with pytest.raises(NotFound):
        redemption.redeem(**world.by(world.clerk), **sale, basket=[[world.rice, 1, 30]])
    shop.reopen_shop(**world.by(world.admin), shop_id=world.shop)
    redemption.redeem(**world.by(world.clerk), **sale, basket=[[world.rice, 1, 30]])


def close(world: World) -> int:
    return shop.close_shop(**world.by(world.committee[0]), shop_id=world.shop)


# --- when it is open ----------------------------------------------------------------------------------------------


def week(world: World) -> list[tuple[int, int, int, bool]]:
    found = OpeningHour.select().where(OpeningHour.shop == world.shop).order_by(OpeningHour.weekday, OpeningHour.opens)
    return [(row.weekday, row.opens, row.closes, row.redeems) for row in found]


def days(world: World) -> list[tuple[date, int | None, int | None, int | None, str]]:
    found = ShopDay.select().where(ShopDay.shop == world.shop).order_by(ShopDay.day, ShopDay.opens)
    return [(row.day, row.opens, row.closes, row.area_id, row.place) for row in found]


def test_a_week_is_set_as_a_whole(world: World) -> None:
    by, morning, afternoon = world.committee[0], (480, 720, True), (840, 1080, False)
    shop.set_hours(**world.by(by), shop_id=world.shop, hours=[[5, *morning], [0, *afternoon], [0, *morning]])
    assert week(world) == [(0, *morning), (0, *afternoon), (5, *morning)]
    shop.set_hours(**world.by(by), shop_id=world.shop, hours=[[6, 0, 1440, True]])
    assert week(world) == [(6, 0, 1440, True)]


@pytest.mark.parametrize(
    ("hours", "refusal"),
    [
        ([[0, 480, 480, True]], HoursBackward),
        ([[0, 480, 1441, True]], HoursBackward),
        ([[2, 480, 720, True], [2, 719, 800, True]], HoursOverlap),
        ([[2, 480, 720, True], [2, 480, 720, True]], HoursOverlap),
        ([[7, 480, 720, True]], NotFound),
    ],
)
def test_a_week_that_cannot_be_is_refused_and_the_old_one_stays(
    world: World, hours: list[list[int]], refusal: type[PointsError]
) -> None:
    shop.set_hours(**world.by(world.admin), shop_id=world.shop, hours=[[2, 480, 720, True], [2, 720, 900, True]])
    with pytest.raises(refusal):
        shop.set_hours(**world.by(world.admin), shop_id=world.shop, hours=hours)
    assert len(week(world)) == 2


def test_a_day_may_be_closed_or_open_at_other_times(world: World) -> None:
    by, day = world.committee[0], world.today + timedelta(days=3)
    shop.set_day(**world.by(by), shop_id=world.shop, day=day)
    assert days(world) == [(day, None, None, None, "")]
    shop.set_day(**world.by(by), shop_id=world.shop, day=day, opens=600, closes=660)
    shop.set_day(**world.by(by), shop_id=world.shop, day=day, opens=660, closes=720)
    with pytest.raises(HoursOverlap):
        shop.set_day(**world.by(by), shop_id=world.shop, day=day, opens=650, closes=670)
    with pytest.raises(HoursBackward):
        shop.set_day(**world.by(by), shop_id=world.shop, day=day, opens=900, closes=800)
    assert days(world) == [(day, 600, 660, None, ""), (day, 660, 720, None, "")]
    shop.set_day(**world.by(by), shop_id=world.shop, day=day)
    assert days(world) == [(day, None, None, None, "")]
    shop.clear_day(**world.by(by), shop_id=world.shop, day=day)
    assert days(world) == []


def test_the_van_says_where_it_stands(world: World) -> None:
    edit(world, van=True)
    by, day = world.committee[0], world.today
    at = {"shop_id": world.shop, "day": day, "opens": 540, "closes": 600}
    for area in (0, world.other_village):
        with pytest.raises(VanNeedsPlace):
            shop.set_day(**world.by(by), **at, area_id=area)
    shop.set_day(**world.by(by), **at, area_id=world.lanes[0], place=" 大樟树下 ")
    assert days(world) == [(day, 540, 600, world.lanes[0], "大樟树下")]
    edit(world)
    with pytest.raises(VanNeedsPlace):
        shop.set_day(**world.by(by), **(at | {"opens": 700, "closes": 760}), area_id=world.lanes[0])


def test_days_are_set_from_today_on_and_not_for_ever(world: World) -> None:
    for far in (-1, 366):
        day = world.today + timedelta(days=far)
        for verb in (shop.set_day, shop.clear_day):
            with pytest.raises(DayRange):
                verb(**world.by(world.admin), shop_id=world.shop, day=day)


def test_a_shop_is_kept_by_those_over_its_area(world: World) -> None:
    day = world.today
    verbs = (
        lambda by: edit(world, by),
        lambda by: shop.close_shop(**world.by(by), shop_id=world.shop),
        lambda by: shop.reopen_shop(**world.by(by), shop_id=world.shop),
        lambda by: shop.set_hours(**world.by(by), shop_id=world.shop, hours=[]),
        lambda by: shop.set_day(**world.by(by), shop_id=world.shop, day=day),
        lambda by: shop.clear_day(**world.by(by), shop_id=world.shop, day=day),
    )
    for verb in verbs:
        with pytest.raises(NotAllowed):
            verb(world.clerk)
        with pytest.raises(NotFound):
            verb(world.other_committee)
