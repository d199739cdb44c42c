"""When a shop is open, in words: the week, how it is now, a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple, Protocol

from points.calendar import local_date
from points.models.shop import WEEKDAYS
from points.queries import hours as query
from points.queries.hours import Hours, Span
from points.web.edge import short_day
from points.web.text import gettext as _

Times = tuple[tuple[int, int], ...]


class HasHours(Protocol):
    """A shop, as far as its hours go: a row, or a part of one."""

    @property
    def id(self) -> Any: ...
    @property
    def hours(self) -> Any: ...
    @property
    def van(self) -> Any: ...


class Told(NamedTuple):
    """A shop's hours as its readers see them: the week, how it is now (or nothing), and the shop's own note."""

    week: str
    state: str
    note: str
    open: bool


def told(shops: Sequence[HasHours], now: datetime) -> dict[int, Told]:
    """Put the hours of shops into words, by their ids."""
    found = query.of_shops(shops, local_date(now))
    return {shop.id: tell(shop, found[shop.id], now) for shop in shops}


def tell(shop: HasHours, hours: Hours, now: datetime) -> Told:
    """Put a shop's hours into words; what nobody set is the note, or a place to ask."""
    if not hours.week and not hours.days:
        return Told(shop.hours or _("营业时间请问村委会"), "", "", False)
    week_ = week(hours) if hours.week else _("流动售货车，按日期到各处") if shop.van else _("营业日期见下")
    return Told(week_, state(hours, now), shop.hours, hours.state(now).now is not None)


def week(hours: Hours) -> str:
    """Write a week: ``周一至周五 8:00–12:00，14:00–18:00；周六、周日休息；兑换日：周三``."""
    open_ = {day: _times(hours.week.get(day, [])) for day in range(7)}
    taken = {day: _times([span for span in hours.week.get(day, []) if span.redeems]) for day in range(7)}
    parts = [
        _("%(days)s %(times)s", days=weekdays(days), times=times_words(times))
        for times, days in _grouped(open_)
        if times
    ]
    parts += [_("%(days)s休息", days=weekdays(days)) for times, days in _grouped(open_) if not times]
    if taken != open_:
        partly = {day: times if times != open_[day] else () for day, times in taken.items() if times}
        told = [
            _("%(days)s %(times)s", days=weekdays(days), times=times_words(times)) if times else weekdays(days)
            for times, days in _grouped(partly)
        ]
        parts.append(_("兑换日：%(days)s", days="，".join(told)) if told else _("暂时不办兑换"))
    return "；".join(parts)


def state(hours: Hours, now: datetime) -> str:
    """Write how it is: ``现在营业，18:00 关门``, ``今天休息，明天 8:00 开``."""
    found = hours.state(now)
    today = local_date(now)
    if found.now is not None:
        until = clock(found.now.closes)
        return (
            _("现在营业，%(time)s 关门", time=until)
            if found.now.redeems
            else _("现在营业，但不办兑换；%(time)s 关门", time=until)
        )
    if found.next is None:
        return _("最近 %(n)s 天不开门", n=query.AHEAD)
    day, span = found.next
    when = {"day": day_words(day, today), "time": clock(span.opens)}
    if span.area:
        return _("下次：%(day)s %(time)s 到%(where)s", where=where(span), **when)
    if day == today:
        return _("现在没开门，%(day)s %(time)s 开", **when)
    return _("今天已关门，%(day)s %(time)s 开", **when) if found.over else _("今天休息，%(day)s %(time)s 开", **when)


def where(span: Span) -> str:
    """Write where the van stands."""
    return _("%(area)s（%(place)s）", area=span.area, place=span.place) if span.area and span.place else span.area


def span_words(span: Span) -> str:
    """Write a time: ``8:00–12:00``."""
    return times_words(((span.opens, span.closes),))


def day_words(day: date, today: date) -> str:
    """Write a day: ``今天``, ``明天``, ``11月23日（周一）``."""
    if day == today:
        return _("今天")
    return _("明天") if day == today + timedelta(days=1) else full_day(day)


def full_day(day: date) -> str:
    """Write a day with its weekday: ``11月23日（周一）``."""
    return _("%(day)s（%(weekday)s）", day=short_day(day), weekday=_(WEEKDAYS[day.weekday()]))


def clock(minute: int) -> str:
    """Write a time of day: ``8:00``, at the end of it ``24:00``."""
    return f"{minute // 60}:{minute % 60:02}"


def weekdays(days: Sequence[int]) -> str:
    """Write weekdays: ``周一至周五``, ``周三、周六``, ``每天``."""
    if len(days) == len(WEEKDAYS):
        return _("每天")
    runs = [[day for _index, day in run] for _gap, run in groupby(enumerate(days), key=lambda pair: pair[1] - pair[0])]
    names = []
    for run in runs:
        if len(run) > 2:
            names.append(_("%(first)s至%(last)s", first=_(WEEKDAYS[run[0]]), last=_(WEEKDAYS[run[-1]])))
        else:
            names += [_(WEEKDAYS[day]) for day in run]
    return "、".join(names)


def times_words(times: Times) -> str:
    """Write times: ``8:00–12:00，14:00–18:00``."""
    return "，".join(f"{clock(opens)}–{clock(closes)}" for opens, closes in times)


def rows(hours: Hours) -> list[tuple[str, str, str]]:
    """Write a week as a table: weekday, when open, when points are taken."""
    listed = []
    for day, name in enumerate(WEEKDAYS):
        spans = hours.week.get(day, [])
        redeems = times_words(_times([span for span in spans if span.redeems]))
        listed.append((_(name), times_words(_times(spans)) or _("休息"), redeems or "—"))
    return listed


def _times(spans: Sequence[Span]) -> Times:
    """Join what follows at once."""
    joined: list[tuple[int, int]] = []
    for span in sorted(spans):
        if joined and joined[-1][1] == span.opens:
            joined[-1] = (joined[-1][0], span.closes)
        else:
            joined.append((span.opens, span.closes))
    return tuple(joined)


def _grouped(times: dict[int, Times]) -> list[tuple[Times, list[int]]]:
    """Group the days that have the same times, in the order of their first day."""
    groups: dict[Times, list[int]] = {}
    for day, of_day in times.items():
        groups.setdefault(of_day, []).append(day)
    return list(groups.items())
