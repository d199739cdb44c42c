"""Areas: opening and naming them, and what a village decides for itself."""

from __future__ import annotations

from datetime import datetime

from points import access, places
from points.errors import N_, ClashingName, Invalid, NoticeDays
from points.keys import verb
from points.models.areas import Area, VillageSetting
from points.models.people import Person
from points.texts import optional, required

VOICES = (1, 3, 5, 7)
NOTICE_DAYS = range(3, 16)


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
) -> int:
    """Decide a village's settings, for what comes after: what is under way keeps the values it began with.

    *no_pin_daily_limit* and *monthly_cap* are points of a household, a day and a month.
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
    access.village_of(village_id)
    VillageSetting.update(
        council_voices=council_voices,
        notice_days=notice_days,
        no_pin_daily_limit=no_pin_daily_limit,
        monthly_cap=monthly_cap,
        objection_contact=optional(objection_contact, N_("异议联系方式"), 120),
    ).where(VillageSetting.village == village_id).execute()
    return village_id
