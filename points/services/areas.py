"""Areas: opening and naming them, what a village decides for itself, and the limits and holidays set above it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from points import access, places
from points.calendar import local_date
from points.errors import (
    N_,
    ClashingName,
    HolidayBegun,
    HolidayRange,
    Invalid,
    MonthlyCapAboveLimit,
    NotFound,
    NoticeDays,
)
from points.keys import verb
from points.models.areas import Area, AreaLimit, Holiday, VillageSetting
from points.models.people import Person
from points.models.rules import VOICES
from points.texts import optional, required

NOTICE_DAYS = range(3, 16)
COVER_PERCENT = range(1, 1001)
LONGEST_HOLIDAY = 31
MOST = 1_000_000
LIMIT_KEEPERS = ("supervisor", "admin")
HOLIDAY_KEEPERS = ("committee", "supervisor", "admin")


@verb("areas.open_area")
def open_area(*, key: str, actor: Person, now: datetime, parent_id: int, kind: str, name: str) -> int:
    """Open an area below another, and return its id; a village begins with the default settings.

    The first area of all is opened with the first administrator (`staff.create_admin`).
    Raises `AreaOrder` or `ClashingName`.
    """
    access.require(actor, "admin", area_id=parent_id)
    return int(places.open_area(access.area(parent_id), kind, name).id)


@verb("areas.rename")
def rename(*, key: str, actor: Person, now: datetime, area_id: int, name: str) -> int:
    """Give an area another name. Raises `ClashingName` when a sibling has it."""
    access.require(actor, "admin", area_id=area_id)
    area = access.area(area_id)
    name = required(name, N_("名称"), 60)
    siblings = Area.parent == area.parent_id if area.parent_id else Area.parent.is_null()
    if Area.select().where(siblings, Area.name == name, Area.id != area_id).exists():
        raise ClashingName(name=name)
    Area.update(name=name).where(Area.id == area_id).execute()
    return area_id


@verb("areas.decide_settings")
def decide_settings(
    *,
    key: str,
    actor: Person,
    now: datetime,
    village_id: int,
    council_voices: int,
    notice_days: int,
    no_pin_daily_limit: int,
    monthly_cap: int,
    objection_contact: str,
    wall_photo: bool = False,
    board_points: bool = False,
    black_board: bool = False,
    cover_percent: int | None = None,
    cover_refuses: bool = False,
    full_names: bool = False,
) -> int:
    """Decide a village's settings, for what comes after: what is under way keeps the values it began with.

    *no_pin_daily_limit* and *monthly_cap* are points of a household, a day and a month. `VillageSetting` explains the
    rest. Raises `MonthlyCapAboveLimit` above what a township or county allows.
    """
    access.require(actor, "committee", "admin", area_id=village_id)
    if council_voices not in VOICES:
        raise Invalid(what=N_("评议票数"))
    if notice_days not in NOTICE_DAYS:
        raise NoticeDays()
    if no_pin_daily_limit < 0:
        raise Invalid(what=N_("免密额度"))
    if monthly_cap < 1:
        raise Invalid(what=N_("每月封顶"))
    if cover_percent is not None and cover_percent not in COVER_PERCENT:
        raise Invalid(what=N_("积分上限"))
    access.village(village_id)
    limit = places.limits_above(village_id).get("most_monthly_cap")
    if limit and monthly_cap > limit.most:
        raise MonthlyCapAboveLimit(area=limit.area, most=limit.most)
    VillageSetting.update(
        council_voices=council_voices,
        notice_days=notice_days,
        no_pin_daily_limit=no_pin_daily_limit,
        monthly_cap=monthly_cap,
        objection_contact=optional(objection_contact, N_("异议联系方式"), 120),
        wall_photo=wall_photo,
        board_points=board_points,
        black_board=black_board,
        cover_percent=cover_percent,
        cover_refuses=cover_refuses and cover_percent is not None,
        full_names=full_names,
    ).where(VillageSetting.village == village_id).execute()
    return village_id


@verb("areas.set_limits")
def set_limits(
    *,
    key: str,
    actor: Person,
    now: datetime,
    area_id: int,
    most_points: int | None,
    most_monthly_cap: int | None,
    most_worth_fen: int | None,
) -> int:
    """Limit what the villages of a township or county may decide from now on; None leaves it to them.

    *most_points* an item gives, *most_monthly_cap* points a month for a household, *most_worth_fen* fen a point.
    """
    access.require(actor, *LIMIT_KEEPERS, area_id=area_id)
    if access.area(area_id).kind not in ("county", "township"):
        raise NotFound()
    limits = {"most_points": most_points, "most_monthly_cap": most_monthly_cap, "most_worth_fen": most_worth_fen}
    if any(most is not None and not 0 < most <= MOST for most in limits.values()):
        raise Invalid(what=N_("上限"))
    decided = {**limits, "decided_by_id": actor.id, "decided_at": now}
    AreaLimit.insert(area=area_id, **decided).on_conflict(conflict_target=[AreaLimit.area], update=decided).execute()
    return area_id


@verb("areas.add_holidays")
def add_holidays(*, key: str, actor: Person, now: datetime, area_id: int, name: str, first: date, last: date) -> int:
    """Name the days from *first* to *last* as days off: a notice hung later does not count them.

    A day that is one already keeps its name. Raises `HolidayRange`.
    """
    access.require(actor, *HOLIDAY_KEEPERS, area_id=area_id)
    if access.area(area_id).kind not in ("county", "township", "village"):
        raise NotFound()
    name = required(name, N_("节假日名称"), 20)
    days = (last - first).days + 1
    today = local_date(now)
    if not 1 <= days <= LONGEST_HOLIDAY or first < today or last > today + timedelta(days=366):
        raise HolidayRange(most=LONGEST_HOLIDAY)
    rows = [{"area": area_id, "day": first + timedelta(days=step), "name": name} for step in range(days)]
    Holiday.insert_many(rows).on_conflict_ignore().execute()
    return area_id


@verb("areas.remove_holiday")
def remove_holiday(*, key: str, actor: Person, now: datetime, holiday_id: int) -> int:
    """Remove a day off that is still to come, with those of its name that follow without a gap; return its area's id.

    Raises `HolidayBegun`.
    """
    holiday = Holiday.get_or_none(Holiday.id == holiday_id)
    if holiday is None:
        raise NotFound()
    access.require(actor, *HOLIDAY_KEEPERS, area_id=holiday.area_id)
    if holiday.day <= local_date(now):
        raise HolidayBegun()
    following = Holiday.select().where(
        Holiday.area == holiday.area_id, Holiday.name == holiday.name, Holiday.day >= holiday.day
    )
    run = [
        other.id
        for step, other in enumerate(following.order_by(Holiday.day))
        if other.day == holiday.day + timedelta(days=step)
    ]
    Holiday.delete().where(Holiday.id.in_(run)).execute()
    return int(holiday.area_id)
