"""Shops 超市, their tills and opening hours, kept by the committee or an administrator over the area they serve."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from peewee import IntegrityError, fn

from points import access, db, ledger, shifts
from points.calendar import local_date
from points.errors import (
    N_,
    AlreadyDone,
    BadShopCode,
    ClashingName,
    DayRange,
    HoldDays,
    HoursBackward,
    HoursOverlap,
    Missing,
    NotFound,
    ShopStillHolds,
    ShopUnsigned,
    Unsettled,
    VanNeedsPlace,
)
from points.keys import verb
from points.models.ledger import AccountType
from points.models.people import Person
from points.models.reservation import Reservation
from points.models.shop import MOST_HOLD_DAYS, WEEKDAYS, OpeningHour, Shift, Shop, ShopDay, Till
from points.texts import optional, required

KEEPERS = ("committee", "admin")
AHEAD = 365
"""So many days ahead a day unlike others may be set."""
MIDNIGHT = 24 * 60
_UNSETTLED = """
    SELECT 1 FROM receipt JOIN till ON till.id = receipt.till_id
    WHERE till.shop_id = ? AND NOT EXISTS (SELECT 1 FROM receipt_undo WHERE receipt_id = receipt.id)
        AND NOT EXISTS (SELECT 1 FROM settlement_item WHERE receipt_id = receipt.id AND NOT undone) LIMIT 1
"""


@verb("shop.open_shop")
def open_shop(*, key: str, actor: Person, now: datetime, area_id: int, code: str, name: str, hours: str) -> int:
    """Open a shop that serves an area and all below it, with its account; return its id.

    *code* begins its receipt numbers: 1 to 8 letters or digits. Raises `BadShopCode`, `ClashingName`, `Missing`.
    """
    access.require(actor, "committee", "admin", area_id=area_id)
    code, name = code.strip().upper(), name.strip()
    if not re.fullmatch(r"[A-Z0-9]{1,8}", code):
        raise BadShopCode()
    if not name:
        raise Missing(what=N_("店名"))
    try:
        shop = Shop.create(area=area_id, code=code, name=name, hours=hours.strip())
    except IntegrityError:
        raise ClashingName(name=code) from None
    ledger.open_account(AccountType.SHOP, shop.id)
    return int(shop.id)


@verb("shop.open_till")
def open_till(*, key: str, actor: Person, now: datetime, shop_id: int) -> int:
    """Open the shop's next till; return its id."""
    shop = _held(actor, shop_id)
    last = Till.select(fn.COALESCE(fn.MAX(Till.number), 0)).where(Till.shop == shop).scalar()
    return int(Till.create(shop=shop, number=last + 1).id)


@verb("shop.edit_shop")
def edit_shop(
    *,
    key: str,
    actor: Person,
    now: datetime,
    shop_id: int,
    name: str,
    hours: str,
    contracted: bool,
    takes_cash: bool,
    van: bool,
    hold_days: int,
) -> int:
    """Change what a shop is; return its id. *hours* is a note beside the opening hours.

    Whether it is contracted and takes cash for missing points, the village's committee decides; of a shop for several
    villages, which has no committee over it, the administrator. Raises `Missing`, `HoldDays`, `NotAllowed`,
    `Unsettled` when a contract would begin or end with receipts in no settlement.
    """
    shop = _held(actor, shop_id)
    if (contracted, takes_cash) != (shop.contracted, shop.takes_cash):
        access.require(actor, decider(shop), area_id=shop.area_id)
    if contracted != shop.contracted and db.execute(_UNSETTLED, (shop_id,)).fetchone() is not None:
        raise Unsettled()
    if not 1 <= hold_days <= MOST_HOLD_DAYS:
        raise HoldDays(most=MOST_HOLD_DAYS)
    Shop.update(
        name=required(name, N_("店名"), 40),
        hours=optional(hours, N_("营业说明"), 60),
        contracted=contracted,
        takes_cash=takes_cash,
        van=van,
        hold_days=hold_days,
    ).where(Shop.id == shop_id).execute()
    return shop_id


@verb("shop.close_shop")
def close_shop(*, key: str, actor: Person, now: datetime, shop_id: int) -> int:
    """Close a shop for good or for long; return its id. Raises `AlreadyDone`, `ShopStillHolds`, `ShopUnsigned`."""
    _held(actor, shop_id)
    for till in Till.select(Till.id).where(Till.shop == shop_id).order_by(Till.id):
        shifts.hold(till.id)  # what is under way there ends first
    if db.is_postgresql():  # the shop after its tills: a till that is changed twice looks whether its shop is there
        db.execute("SELECT 1 FROM shop WHERE id = ? FOR UPDATE", (shop_id,))  # a reservation under way ends first
    waiting = Reservation.select().where(Reservation.shop == shop_id, Reservation.state == "open")
    first = waiting.order_by(Reservation.collect_by).first()
    if first is not None:
        raise ShopStillHolds(n=waiting.count(), day=first.collect_by.isoformat())
    unsigned = Shift.select(Shift, Till).join(Till).where(Till.shop == shop_id, Shift.closed_at.is_null())
    oldest = unsigned.order_by(Shift.day, Shift.id).first()
    if oldest is not None:
        where = {"day": oldest.day.isoformat(), "till": oldest.till.number, "clerk": oldest.clerk.name}
        raise ShopUnsigned(n=unsigned.count(), **where)
    return _set_active(shop_id, False)


@verb("shop.reopen_shop")
def reopen_shop(*, key: str, actor: Person, now: datetime, shop_id: int) -> int:
    """Open a closed shop again; return its id. Raises `AlreadyDone`."""
    _held(actor, shop_id)
    return _set_active(shop_id, True)


@verb("shop.set_hours")
def set_hours(*, key: str, actor: Person, now: datetime, shop_id: int, hours: Sequence[Sequence[int]]) -> int:
    """Set the whole week at once: (weekday, opens, closes, redeems), times in minutes after midnight; return its id.

    Raises `HoursBackward`, `HoursOverlap`.
    """
    _held(actor, shop_id)
    week = sorted((weekday, opens, closes, bool(redeems)) for weekday, opens, closes, redeems in hours)
    for weekday, opens, closes, _redeems in week:
        if not 0 <= weekday < len(WEEKDAYS):
            raise NotFound()
        _require_span(opens, closes, WEEKDAYS[weekday])
    for before, after in pairwise(week):
        if before[0] == after[0] and after[1] < before[2]:
            raise HoursOverlap(day=WEEKDAYS[after[0]])
    OpeningHour.delete().where(OpeningHour.shop == shop_id).execute()
    for weekday, opens, closes, redeems in week:
        OpeningHour.create(shop=shop_id, weekday=weekday, opens=opens, closes=closes, redeems=redeems)
    return shop_id


@verb("shop.set_day")
def set_day(
    *,
    key: str,
    actor: Person,
    now: datetime,
    shop_id: int,
    day: date,
    opens: int | None = None,
    closes: int | None = None,
    area_id: int = 0,
    place: str = "",
) -> int:
    """Let a day be unlike others; return its row's id. Without times the shop is closed all that day.

    Times of a day add up; its weekday's hours no longer count. The van visits an area, at a *place* there. Raises
    `DayRange`, `HoursBackward`, `HoursOverlap`, `VanNeedsPlace`.
    """
    shop = _held(actor, shop_id)
    _require_coming(day, now)
    of_day = (ShopDay.shop == shop_id) & (ShopDay.day == day)
    if opens is None or closes is None:
        ShopDay.delete().where(of_day).execute()
        return int(ShopDay.create(shop=shop_id, day=day).id)
    if shop.van != bool(area_id) or (area_id and not access.covers(shop.area_id, area_id)):
        raise VanNeedsPlace()
    _require_span(opens, closes, day.isoformat())
    if ShopDay.select().where(of_day, ShopDay.opens < closes, ShopDay.closes > opens).exists():
        raise HoursOverlap(day=day.isoformat())
    ShopDay.delete().where(of_day, ShopDay.opens.is_null()).execute()
    place = optional(place, N_("地点"), 40)
    made = ShopDay.create(shop=shop_id, day=day, opens=opens, closes=closes, area=area_id or None, place=place)
    return int(made.id)


@verb("shop.clear_day")
def clear_day(*, key: str, actor: Person, now: datetime, shop_id: int, day: date) -> int:
    """Let a day be like its weekday again; return the shop's id. Raises `DayRange` for a day that is past."""
    _held(actor, shop_id)
    _require_coming(day, now)
    ShopDay.delete().where(ShopDay.shop == shop_id, ShopDay.day == day).execute()
    return shop_id


def decider(shop: Shop) -> str:
    """Return the role that decides whether a shop is contracted and takes cash."""
    return "admin" if access.area(shop.area_id).kind in ("county", "township") else "committee"


def _held(actor: Person, shop_id: int) -> Shop:
    """Return a shop that *actor* keeps, held until the transaction ends: two who change it take turns."""
    shop: Shop | None = Shop.get_or_none(Shop.id == shop_id)
    if shop is None:
        raise NotFound()
    access.require(actor, *KEEPERS, area_id=shop.area_id)
    Shop.update(active=Shop.active).where(Shop.id == shop_id).execute()
    held: Shop = Shop.get_by_id(shop_id)
    return held


def _set_active(shop_id: int, active: bool) -> int:
    if not Shop.update(active=active).where(Shop.id == shop_id, Shop.active != active).execute():
        raise AlreadyDone()
    return shop_id


def _require_span(opens: int, closes: int, day: str) -> None:
    if not 0 <= opens < closes <= MIDNIGHT:
        raise HoursBackward(day=day)


def _require_coming(day: date, now: datetime) -> None:
    first, last = local_date(now), local_date(now) + timedelta(days=AHEAD)
    if not first <= day <= last:
        raise DayRange(what=N_("日期"), first=first.isoformat(), last=last.isoformat())
