"""When shops are open: the week, the days unlike others, and where the van stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from peewee import JOIN

from points import db
from points.calendar import LOCAL, local_date
from points.models.areas import Area, AreaAncestor
from points.models.shop import Shop, ShopDay

_WEEK = (
    "SELECT shop_id, weekday, opens, closes, redeems FROM opening_hour "
    "WHERE shop_id IN (SELECT {0} FROM {rows}) ORDER BY opens"
)
_DAYS = """
    SELECT shop_day.shop_id, shop_day.day, shop_day.opens, shop_day.closes, area.name, shop_day.place
    FROM {rows} JOIN shop_day ON shop_day.shop_id = {0} AND shop_day.day >= {1:day} AND shop_day.day < {2:day}
    LEFT JOIN area ON area.id = shop_day.area_id ORDER BY shop_day.day, shop_day.opens
"""
AHEAD = 14
"""So many days, today included, are looked at for days unlike others and for the van."""


class Span(NamedTuple):
    """A time of a day in minutes after midnight; whether points are taken then, and where the van stands."""

    opens: int
    closes: int
    redeems: bool = True
    area: str = ""
    place: str = ""


class State(NamedTuple):
    """How it is at a moment: *now* the time that runs, *over* whether today's times are past, *next* the next one."""

    now: Span | None
    over: bool
    next: tuple[date, Span] | None


@dataclass(frozen=True, slots=True)
class Hours:
    """A shop's week by weekday, and its days unlike others: an empty one is closed."""

    week: dict[int, list[Span]] = field(default_factory=dict)
    days: dict[date, list[Span]] = field(default_factory=dict)

    def on(self, day: date) -> list[Span]:
        """Return the times of a day."""
        return self.days[day] if day in self.days else self.week.get(day.weekday(), [])

    def state(self, now: datetime) -> State:
        """Tell how it is at *now*, and when it opens next within `AHEAD` days."""
        today = local_date(now)
        local = now.astimezone(LOCAL)
        minute = local.hour * 60 + local.minute
        spans = self.on(today)
        running = None
        for span in spans:  # what follows at once prolongs it
            if running is not None and span.opens == running.closes:
                running = running._replace(closes=span.closes)
            elif span.opens <= minute < span.closes:
                running = span
        coming = ((today, span) for span in spans if span.opens > minute)
        later = ((day, span) for day in days_from(today)[1:] for span in self.on(day))
        return State(running, bool(spans) and spans[-1].closes <= minute, next(coming, None) or next(later, None))


class Visit(NamedTuple):
    """The van at a place on a day."""

    day: date
    shop: str
    span: Span


def days_from(today: date) -> list[date]:
    """Return *today* and the days after it that are looked at."""
    return [today + timedelta(days=n) for n in range(AHEAD)]


def of_shops(shops: Iterable[Any], today: date) -> dict[int, Hours]:
    """Read the hours of shops by their ids, by two statements."""
    found = {shop.id: Hours() for shop in shops}
    if not found:
        return {}
    for shop_id, weekday, opens, closes, redeems in db.rows(_WEEK, [[id_] for id_ in found]):
        found[shop_id].week.setdefault(weekday, []).append(Span(opens, closes, bool(redeems)))
    last = today + timedelta(days=AHEAD)
    for shop_id, day, opens, *where in db.rows(_DAYS, [[id_, str(today), str(last)] for id_ in found]):
        of_day = found[shop_id].days.setdefault(db.day(day), [])
        if opens is not None:
            closes, area, place = where
            of_day.append(Span(opens, closes, True, area or "", place))
    return found


def visits(village_id: int, today: date) -> list[Visit]:
    """List when vans stand in a village within the days that are looked at."""
    inside = AreaAncestor.select(AreaAncestor.descendant).where(AreaAncestor.ancestor == village_id)
    rows = _days(today).where(ShopDay.area.in_(inside), Shop.active)
    return [Visit(row.day, row.shop.name, span) for row in rows for span in _spans(row)]


def days(shop_id: int, today: date) -> list[ShopDay]:
    """List all days unlike others of a shop from today on, with their areas."""
    return list(_days(today, None).where(ShopDay.shop == shop_id))


def visited(shop: Shop) -> list[tuple[int, str]]:
    """List the areas that the shop's van may visit: villages below it, or within a village its parts."""
    below = AreaAncestor.select(AreaAncestor.descendant).where(AreaAncestor.ancestor == shop.area_id)
    query: Any = Area.select(Area.id, Area.name).where(Area.id.in_(below))
    if shop.area.kind in ("county", "township"):
        query = query.where(Area.kind == "village")
    return list(query.order_by(Area.id != shop.area_id, Area.order, Area.name).tuples())


def above(village_id: int) -> list[Area]:
    """List the areas above a village, the nearest first: a van may serve all of them."""
    ids = AreaAncestor.select(AreaAncestor.ancestor).where(AreaAncestor.descendant == village_id)
    found: Sequence[Area] = list(Area.select().where(Area.id.in_(ids), Area.id != village_id))
    return sorted(found, key=lambda area: area.kind != "township")


def _days(today: date, ahead: int | None = AHEAD) -> Any:
    query = ShopDay.select(ShopDay, Area, Shop).join(Area, JOIN.LEFT_OUTER).switch(ShopDay).join(Shop)
    query = query.where(ShopDay.day >= today)
    if ahead is not None:
        query = query.where(ShopDay.day < today + timedelta(days=ahead))
    return query.order_by(ShopDay.day, ShopDay.opens, ShopDay.id)


def _spans(row: ShopDay) -> list[Span]:
    """Return the time of a row, none for a day that is closed."""
    if row.opens is None or row.closes is None:
        return []
    return [Span(row.opens, row.closes, True, row.area.name if row.area else "", row.place)]
