"""The tree of areas: how one is opened, with everything that an area of its kind needs, and what those above allow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from peewee import IntegrityError, fn

from points import db, ledger
from points.errors import N_, AreaOrder, ClashingName
from points.models.areas import AREA_KINDS, Area, AreaAncestor, AreaLimit, Holiday, VillageSetting
from points.models.ledger import AccountType
from points.texts import required

LIMITS = ("most_points", "most_monthly_cap", "most_worth_fen")


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that is allowed, and the name of the area that says so."""

    most: int
    area: str


def open_area(parent: Area | None, kind: str, name: str) -> Area:
    """Open an area below *parent*, or a root; a village gets its settings and its accounts.

    Raises `AreaOrder` unless *kind* is a smaller one than the parent's, `ClashingName` when a sibling has the name.
    """
    db.require_transaction()
    name = required(name, N_("名称"), 60)
    if kind not in AREA_KINDS or (parent and AREA_KINDS.index(kind) <= AREA_KINDS.index(parent.kind)):
        raise AreaOrder(kind=kind)
    if parent is None and kind in ("grid", "lane"):
        raise AreaOrder(kind=kind)
    siblings = Area.parent == parent if parent else Area.parent.is_null()
    if Area.select().where(siblings, Area.name == name).exists():
        raise ClashingName(name=name)
    last = Area.select(fn.MAX(Area.order)).where(siblings).scalar() or 0
    try:
        area = Area.create(parent=parent, kind=kind, name=name, order=last + 1)
    except IntegrityError:  # another request was faster
        raise ClashingName(name=name) from None
    above = AreaAncestor.select().where(AreaAncestor.descendant == parent) if parent else []
    lineage = [area.id, *(step.ancestor_id for step in above)]
    AreaAncestor.insert_many([{"descendant": area.id, "ancestor": id_} for id_ in lineage]).execute()
    if kind == "village":
        VillageSetting.create(village=area)
        ledger.open_account(AccountType.ISSUANCE, area.id)
        ledger.open_account(AccountType.ADJUSTMENT, area.id)
    return area


def limits_above(area_id: int) -> dict[str, Limit]:
    """Return the strictest limit set for an area or above it, by its name (of `LIMITS`); absent: nobody limits it."""
    rows = (
        AreaLimit.select(AreaLimit, Area)
        .join(Area)
        .join(AreaAncestor, on=(AreaAncestor.ancestor == AreaLimit.area))
        .where(AreaAncestor.descendant == area_id)
    )
    found: dict[str, Limit] = {}
    for row in rows:
        for name in LIMITS:
            most = getattr(row, name)
            if most is not None and (name not in found or most < found[name].most):
                found[name] = Limit(most, row.area.name)
    return found


def last_day(village_id: int, hung_on: date, days: int) -> date:
    """Return the last of the *days* after the local day *hung_on*, those left out that are holidays there."""
    above = AreaAncestor.select(AreaAncestor.ancestor).where(AreaAncestor.descendant == village_id)
    holidays = {row.day for row in Holiday.select().where(Holiday.area.in_(above), Holiday.day > hung_on)}
    day = hung_on
    while days:
        day += timedelta(days=1)
        days -= day not in holidays
    return day
