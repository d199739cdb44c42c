"""The fund 微基金 of a village in fen, the points that it stands behind, and how that went by month."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from peewee import fn

from points import cover, db, fundbook
from points.calendar import local_date, month_of
from points.cover import Cover
from points.errors import NotFound
from points.models.areas import Area, VillageSetting
from points.models.contribution import Line
from points.models.fund import CoverMonth, FundTransfer
from points.models.people import Person
from points.models.rules import RuleBook
from points.summaries import TOTAL

READERS = ("committee", "council", "supervisor", "admin")
PAGE = 50
MONTHS = 12
RECENT = 3
"""So many months back the rate is taken from."""
LONG, A_MONTH = 3650, 28

_OUTSTANDING = f"SELECT COALESCE(SUM(change), 0) FROM month_summary WHERE area_id = ? AND month = '{TOTAL}'"
_COMMITMENTS = """
    SELECT made.id, made.note, made.day, made.fen,
        made.fen - COALESCE(SUM(CASE moved.source WHEN 'committed' THEN moved.fen ELSE -moved.fen END), 0) AS left_fen
    FROM fund_transfer AS made LEFT JOIN fund_transfer AS moved ON moved.commitment_id = made.id
    WHERE made.village_id = ? AND made.kind = 'commit' GROUP BY made.id, made.note, made.day, made.fen
    HAVING made.fen > COALESCE(SUM(CASE moved.source WHEN 'committed' THEN moved.fen ELSE -moved.fen END), 0)
    ORDER BY made.id
"""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a village has and what its households hold: fen, points, and the worth of a point in fen, if decided.

    *stock_fen* is what the own shops' stock cost, as last seen; None before that.
    """

    fen: int
    points: int
    worth_fen: int | None
    stock_fen: int | None = None

    @property
    def points_fen(self) -> int:
        """What the points are worth together, in fen."""
        return self.points * (self.worth_fen or 0)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as the list shows it; *cancelled*: an opposite one answers it; *pays*: it paid a settlement."""

    id: int
    kind: str
    source: str
    target: str
    fen: int
    voucher: str
    note: str
    day: date
    commitment: int | None
    cause_id: int | None
    recorder: str
    recorded_at: datetime
    cancelled: bool

    @property
    def answers(self) -> bool:
        """Whether this one answers another, which its voucher names."""
        return self.kind == "reversal"


@dataclass(frozen=True, slots=True)
class Commitment:
    """What was set aside for a purpose, and how much of it is left."""

    id: int
    purpose: str
    day: date
    fen: int
    left_fen: int


@dataclass(frozen=True, slots=True)
class Warned:
    """A village where what waits for the council would go beyond its limit, if all of it were approved."""

    village: str
    percent: int
    refuses: bool
    waiting: int
    room: int
    cover: Cover


@dataclass(frozen=True, slots=True)
class Trend:
    """A village's cover now and by month, the newest last, and its limit.

    *dry*: the day about which what stands behind is used up, at the rate of the *recent* months; None: in ten years it
    is not. There is no rate before a first month has passed.
    """

    cover: Cover
    months: list[CoverMonth]
    percent: int | None
    refuses: bool
    recent: int
    dry: date | None


def balance(village_id: int) -> int:
    """Return what a village's fund holds, free and promised, in fen."""
    return fundbook.balance(village_id) + fundbook.balance(village_id, "committed")


def outstanding(village_id: int) -> int:
    """Return the points that a village's households hold, set aside or not."""
    return int(db.execute(_OUTSTANDING, (village_id,)).fetchone()[0])


def line(village_id: int) -> Coverage:
    """Return the fund beside the points that it stands behind, by the worth of a point in the adopted rule book."""
    book = RuleBook.get_or_none(RuleBook.area == village_id, RuleBook.state == "adopted")
    seen = _months(village_id, 1)
    stock = seen[0].stock_fen if seen else None
    return Coverage(balance(village_id), outstanding(village_id), book.worth_fen if book else None, stock)


def entries(
    village_id: int, *, before: int | None = None, commitment_id: int | None = None
) -> tuple[list[EntryRow], int | None]:
    """List a village's entries, or those of a commitment, newest first; and the key of the next page."""
    row = FundTransfer
    columns = (row.id, row.kind, row.source, row.target, row.fen, row.voucher, row.note, row.day, row.commitment)
    more = (row.cause_id, row.recorded_at, Person.name.alias("recorder"))
    query: Any = row.select(*columns, *more).join(Person).where(row.village == village_id)
    if commitment_id:
        query = query.where((row.commitment == commitment_id) | (row.id == commitment_id))
    if before:
        query = query.where(row.id < before)
    found = list(query.order_by(row.id.desc()).limit(PAGE + 1).dicts())
    shown = found[:PAGE]
    answers = FundTransfer.select(FundTransfer.answers).where(FundTransfer.answers.in_([one["id"] for one in shown]))
    cancelled = {answer.answers_id for answer in answers}
    rows = [EntryRow(**entry, cancelled=entry["id"] in cancelled) for entry in shown]
    return rows, rows[-1].id if len(found) > PAGE else None


def entry(entry_id: int) -> FundTransfer:
    """Return an entry. Raises `NotFound`; the caller guards by its village."""
    found = FundTransfer.get_or_none(FundTransfer.id == entry_id)
    if found is None:
        raise NotFound()
    return found


def commitments(village_id: int) -> list[Commitment]:
    """List the commitments that still hold money, the oldest first."""
    return [
        Commitment(id_, note, db.day(day), fen, int(left))
        for id_, note, day, fen, left in db.execute(_COMMITMENTS, (village_id,)).fetchall()
    ]


# --- cover --------------------------------------------------------------------------------------------------------


def warnings(village_ids: Collection[int]) -> list[Warned]:
    """Name those of the villages that set a limit which would be exceeded if all that waits there were approved."""
    limited: Any = VillageSetting.select(VillageSetting, Area).join(Area)
    settings = list(limited.where(VillageSetting.village.in_(village_ids), VillageSetting.cover_percent.is_null(False)))
    if not settings:
        return []
    ids = [setting.village_id for setting in settings]
    waits = (Line.state == "checked") & (Line.effect == "points") & Line.village.in_(ids)
    asked: Any = Line.select(Line.village, fn.SUM(Line.each * Line.quantity)).where(waits).group_by(Line.village)
    waiting = {village_id: int(points) for village_id, points in asked.tuples()}
    covers = cover.of_villages(ids)
    found = [
        Warned(
            village=setting.village.name,
            percent=setting.cover_percent,
            refuses=setting.cover_refuses,
            waiting=waiting.get(setting.village_id, 0),
            room=covers[setting.village_id].room(setting.cover_percent),
            cover=covers[setting.village_id],
        )
        for setting in settings
    ]
    return [one for one in found if one.cover.worth_fen and one.waiting > one.room]


def trend(village_id: int, *, now: datetime) -> Trend:
    """Return a village's cover now, by month, and when it would be used up at the rate of the last months."""
    current = cover.of(village_id)
    setting = VillageSetting.get_or_none(VillageSetting.village == village_id)
    months = _months(village_id, MONTHS)[::-1]
    recent, dry = _outlook(current, months, local_date(now))
    return Trend(
        current,
        months,
        setting.cover_percent if setting else None,
        bool(setting and setting.cover_refuses),
        recent,
        dry,
    )


def _months(village_id: int, limit: int) -> list[CoverMonth]:
    query = CoverMonth.select().where(CoverMonth.village == village_id)
    return list(query.order_by(CoverMonth.month.desc()).limit(limit))


def _outlook(current: Cover, months: Sequence[CoverMonth], today: date) -> tuple[int, date | None]:
    """Compare what stands behind now, debts paid, with what it was at the end of an earlier month, so many ago."""
    earlier = [row for row in months if row.month < month_of(today) and (today - db.day(row.seen_on)).days >= A_MONTH]
    earlier = earlier[-RECENT:]
    if not earlier:
        return 0, None
    first = earlier[0]
    days = (today - db.day(first.seen_on)).days
    left = current.behind_fen - current.unsettled_fen
    used = first.fund_fen + first.stock_fen - first.unsettled_fen - left
    lasts = max(left, 0) * days // used if used > 0 else LONG
    return len(earlier), today + timedelta(days=lasts) if lasts < LONG else None
