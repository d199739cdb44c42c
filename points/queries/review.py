"""What waits to be checked or decided by a person, the oldest first: what is odd about it, and what is for others.

A page takes a constant number of statements however much waits. What makes a line odd is asked for all lines of a page,
or of the whole list, at once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from peewee import fn

from points import access, caps, db, judging
from points.calendar import local_date
from points.errors import PointsError
from points.judging import CHECKERS
from points.models.areas import Area, AreaAncestor, VillageSetting
from points.models.contribution import Attendance, CapUse, Contribution, Line, Score, Voice
from points.models.keys import WriteKey
from points.models.people import Household, Person
from points.models.photos import Photo
from points.queries import contributions
from points.recording import LIVING

PAGE = 50
MOST = 10_000
"""So many lines are looked through at once for what is plain."""
BESIDE = 4
"""So many lines of the same act are shown beside one."""
NEWEST = 200
"""So many lines tell what is usual of an item."""
LONG = timedelta(days=7)
"""After so long a checked line is looked at by the township too: perhaps too few council members are left for it."""
LATE = timedelta(days=30)
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which step, and what the reader narrowed the list to: a village, an item, the odd ones only."""

    step: str
    village: int = 0
    item: str = ""
    odd: bool = False


@dataclass(frozen=True, slots=True)
class Odd:
    """Why a line wants a look: *what* is a word that the page words, *n* its number.

    ``denied``, ``unconfirmed``: the person named was not there, or has not confirmed though the item asks for it.
    ``usual``: more than twice the village's usual *n*. ``cap``: only *n* points are left under a cap. ``twice``: *n*
    more of the person, item and day. ``photo``: like an earlier one; ``no_photo``. ``late``: *n* days ago.
    """

    what: str
    n: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A line to judge: `why_not` if it is for someone else, what is odd about it, whether its person confirmed it.

    *twins* are the person's other lines of that item and day, the oldest few.
    """

    line: Line
    why_not: type[PointsError] | None
    odd: list[Odd]
    twins: list[Line]
    confirmed: bool

    @property
    def ticked(self) -> bool:
        """Whether the page ticks it beforehand: many who did the deed have no phone by which to confirm it."""
        return self.why_not is None and all(odd.what == "unconfirmed" for odd in self.odd)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The waiting lines of one sheet, and its photos."""

    contribution: Contribution
    photos: list[Photo]
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list: how many wait in all, up to which id, by village and item; *after*: where the next begins."""

    sheets: list[Sheet]
    after: int | None
    total: int
    last: int
    villages: list[tuple[int, str, int]]
    items: list[tuple[str, int]]


def page(judge: Person, wanted: Wanted, *, now: datetime, after: int = 0) -> Page:
    """Return the lines after the id *after* that wait for *judge*, by sheet."""
    where = _waiting(judge, wanted.step, now)
    groups = _groups(where)
    odd: list[int] = []
    narrowed = where & _narrowed(wanted)
    if wanted.odd:
        looked = _look(_lines(narrowed, MOST), local_date(now)).odd
        odd = sorted(id_ for id_, why in looked.items() if why)
        narrowed = Line.id.in_([id_ for id_ in odd if id_ > after][: PAGE + 1])
    else:
        narrowed &= Line.id > after
    found = Line.select(Line.id).join(Household).where(narrowed).order_by(_ID).limit(PAGE + 1)
    lines = list(contributions.lines(Area).join(Area, on=Line.village).where(Line.id.in_(found)).order_by(_ID))
    shown = lines[:PAGE]
    of_village = [group for group in groups if wanted.village in (0, group[0])]
    villages: Counter[tuple[int, str]] = Counter()
    items: Counter[str] = Counter()
    for village_id, name, _item, count, _last in groups:
        villages[village_id, name] += count
    for _id, _name, item, count, _last in of_village:
        items[item] += count
    chosen = [group for group in of_village if wanted.item in ("", group[2])]
    return Page(
        sheets(judge, shown, local_date(now)),
        shown[-1].id if len(lines) > PAGE else None,
        len(odd) if wanted.odd else sum(group[3] for group in chosen),
        max((group[4] for group in chosen), default=0),
        [(id_, name, count) for (id_, name), count in villages.items()],
        items.most_common(),
    )


def plain(judge: Person, wanted: Wanted, *, now: datetime, last: int) -> list[int]:
    """Return the lines up to the id *last*, of the oldest `MOST`, that *judge* may judge and nothing is odd about."""
    where = _waiting(judge, wanted.step, now) & _narrowed(wanted) & (Line.id <= last)
    lines = _lines(where, MOST)
    odd = _look(lines, local_date(now)).odd
    related, earlier = access.related_households(judge), judging.steps_before_council(lines)
    return [
        line.id
        for line in lines
        if not odd[line.id] and judging.hindrance(judge, line, related, earlier[line.id]) is None
    ]


def is_answered(judge: Person, key: str) -> bool:
    """Tell whether *judge* has had an answer under this key: then a retry must not gather lines anew."""
    return bool(WriteKey.select().where(WriteKey.key == key, WriteKey.actor_id == judge.id).exists())


def count_to_check(judge: Person) -> int:
    """Count the recorded lines that *judge* may check."""
    return _count(judge, _recorded(judge) & (Line.recorded_by != judge))


def count_to_decide(judge: Person) -> int:
    """Count the checked lines that wait for the voice of *judge*."""
    return _count(judge, _checked(judge) & (Line.recorded_by != judge) & (Line.checked_by != judge))


def _count(judge: Person, where: Any) -> int:
    related = access.related_households(judge)
    scored = Score.select().where(Score.line == Line.id, Score.judge == judge)
    query = Line.select(fn.COUNT(Line.id)).join(Household).where(where, ~fn.EXISTS(scored))
    return int((query.where(Line.household.not_in(related)) if related else query).scalar() or 0)


# --- which lines ------------------------------------------------------------------------------------------------

_ID = Line.id + 0
"""Sorted by, it keeps databases from walking along all ids there ever were to find the few that wait."""


def _waiting(judge: Person, step: str, now: datetime) -> Any:
    if step == "check":
        return _recorded(judge)
    stuck = _stuck(judge, now)
    if not stuck:
        return _checked(judge)
    others = Line.select(Line.id).where(Line.id.in_(db.among(stuck)))
    return Line.id.in_(Line.select(Line.id).where(_checked(judge)) | others)


def _recorded(judge: Person) -> Any:
    covered = access.covered_areas(judge, *CHECKERS)
    villages = AreaAncestor.select(AreaAncestor.ancestor).where(AreaAncestor.descendant.in_(covered))
    return (Line.state == "recorded") & Line.village.in_(villages) & Household.area.in_(covered)


def _checked(judge: Person) -> Any:
    council = Line.village.in_(access.covered_areas(judge, "council")) & ~Line.by_township
    township = Line.village.in_(access.covered_areas(judge, "supervisor")) & Line.by_township
    said = Voice.select().where(Voice.line == Line.id, Voice.person == judge)
    return (Line.state == "checked") & (council | township) & ~fn.EXISTS(said)


def _stuck(judge: Person, now: datetime) -> list[int]:
    """Return old lines for which the council has become too small."""
    mine = Line.village.in_(access.covered_areas(judge, "supervisor")) & ~Line.by_township
    old = list(judging.bare_lines().where(mine, Line.state == "checked", Line.checked_at < now - LONG).limit(MOST))
    councils = judging.councils({line.village_id for line in old})
    earlier = judging.steps_before_council(old)
    return [
        line.id
        for line in old
        if judging.too_few(councils[line.village_id], line, line.voices_needed, earlier[line.id])
    ]


def _narrowed(wanted: Wanted) -> Any:
    where: Any = Line.id > 0
    if wanted.village:
        where &= Line.village == wanted.village
    if wanted.item:
        where &= Line.item_name == wanted.item
    return where


def _lines(where: Any, most: int) -> list[Line]:
    """Return the oldest lines that match, without anything around them."""
    return list(judging.bare_lines().join(Household).where(where).order_by(_ID).limit(most))


def _groups(where: Any) -> list[tuple[int, str, str, int, int]]:
    """Count what waits by village and item, with the last id of each."""
    query: Any = (
        Line.select(Area.id, Area.name, Line.item_name, fn.COUNT(Line.id), fn.MAX(Line.id))
        .join(Area, on=Line.village)
        .switch(Line)
        .join(Household)
        .where(where)
        .group_by(Area.id, Area.name, Area.order, Line.item_name)
        .order_by(Area.order, Area.id, Line.item_name)
    )
    return list(query.tuples())


def sheets(judge: Person, lines: Sequence[Line], today: date) -> list[Sheet]:
    """Return *lines* by sheet, each with what is odd about it and why *judge* may not judge it."""
    related, earlier = access.related_households(judge), judging.steps_before_council(lines)
    look = _look(lines, today)
    twins = _twins([line for line in lines if any(odd.what == "twice" for odd in look.odd[line.id])])
    sheets: dict[int, Sheet] = {}
    for line in lines:
        sheet = sheets.setdefault(line.contribution_id, Sheet(line.contribution, look.photos[line.contribution_id]))
        sheet.rows.append(
            Row(
                line,
                judging.hindrance(judge, line, related, earlier[line.id]),
                look.odd[line.id],
                [twin for twin in twins.get(_act(line), []) if twin.id != line.id][:BESIDE],
                look.there.get(line.id, False),
            )
        )
    return list(sheets.values())


# --- what is odd ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at lines found: by line what is odd and what its person said; by sheet its photos."""

    odd: dict[int, list[Odd]]
    there: dict[int, bool]
    photos: defaultdict[int, list[Photo]]


def _look(lines: Collection[Line], today: date) -> _Look:
    ids = {line.id for line in lines}
    said = Attendance.select().where(Attendance.line.in_(db.among(ids)))
    there = {row.line_id: row.was_there for row in said}
    photos = _photos({line.contribution_id for line in lines})
    usual, rooms, times = _usual(lines, today), _rooms(lines), _times_recorded(lines)
    odd: dict[int, list[Odd]] = {}
    for line in lines:
        pictures = photos[line.contribution_id]
        average = usual.get((line.village_id, line.item_code), 1.0)
        asked, age = line.each * line.quantity, today - line.day
        room, again = rooms.get(line.id, asked), times.get(_act(line), 1) - 1
        found = (
            (there.get(line.id) is False, Odd("denied")),
            (again, Odd("twice", again)),
            (any(photo.like_id for photo in pictures), Odd("photo")),
            ("photo" in line.needs and not pictures, Odd("no_photo")),
            ("cosign" in line.needs and line.id not in there, Odd("unconfirmed")),
            (line.quantity > max(1, 2 * average), Odd("usual", max(1, round(average)))),
            (room < asked, Odd("cap", room)),
            (age > LATE, Odd("late", age.days)),
        )
        odd[line.id] = [why for holds, why in found if holds]
    return _Look(odd, there, photos)


def _photos(contribution_ids: Collection[int]) -> defaultdict[int, list[Photo]]:
    found: defaultdict[int, list[Photo]] = defaultdict(list)
    of = (Photo.subject_type == "contribution") & Photo.subject_id.in_(db.among(contribution_ids))
    for photo in Photo.select().where(of).order_by(Photo.id):
        found[photo.subject_id].append(photo)
    return found


def _usual(lines: Collection[Line], today: date) -> dict[tuple[int, int], float]:
    """Return by village and item how many times a line had on average, of the newest that counted in twelve months."""
    since = (today - YEAR).isoformat()
    places = sorted({(line.village_id, line.item_code, since) for line in lines})
    found = db.rows(_USUAL, places) if places else []
    return {(village_id, code): float(average) for village_id, code, average in found if average is not None}


_USUAL = f"""
    SELECT {{0}}, {{1}}, (
        SELECT AVG(newest.quantity) FROM (
            SELECT quantity FROM line WHERE village_id = {{0}} AND item_code = {{1}} AND day >= {{2:day}}
            AND state IN ('approved', 'noticed', 'posted') ORDER BY day DESC LIMIT {NEWEST}
        ) AS newest
    ) FROM {{rows}}
"""


def _rooms(lines: Collection[Line]) -> dict[int, int]:
    """Return how many points the caps have left for each line that they limit."""
    if not lines:
        return {}
    settings = VillageSetting.select().where(VillageSetting.village.in_({line.village_id for line in lines}))
    monthly_caps = {setting.village_id: setting.monthly_cap for setting in settings}
    columns = (CapUse.household, CapUse.scope, CapUse.period, CapUse.person_id, CapUse.used)
    uses: Any = CapUse.select(*columns).where(CapUse.household.in_(db.among({line.household_id for line in lines})))
    used = {tuple(place): amount for *place, amount in uses.tuples()}
    rooms: dict[int, int] = {}
    for line in lines:
        item, month = caps.places(line)
        left = [((line.cap or 0) - used.get(item, 0)) * line.each] if item else []
        if month:
            left.append(monthly_caps[line.village_id] - used.get(month, 0))
        if left:
            rooms[line.id] = max(0, min(left))
    return rooms


_Act = tuple[int, date, int]
"""A person, a local day, an item's code."""


def _act(line: Line) -> _Act:
    return line.person_id, line.day, line.item_code


def _of_acts(lines: Collection[Line]) -> Any:
    """Select the living lines of the people, days and items of *lines*: their acts, and few others."""
    days, codes = {line.day for line in lines}, {line.item_code for line in lines}
    people = Line.person.in_(db.among({line.person_id for line in lines}))
    return people & Line.day.in_(days) & Line.item_code.in_(codes) & Line.state.in_(LIVING)


def _times_recorded(lines: Collection[Line]) -> dict[_Act, int]:
    """Count the living lines of each act that was recorded more than once."""
    act = (Line.person, Line.day, Line.item_code)
    query: Any = Line.select(*act, fn.COUNT(Line.id)).where(_of_acts(lines)).group_by(*act)
    return {(person, day, code): n for person, day, code, n in query.having(fn.COUNT(Line.id) > 1).tuples()}


def _twins(lines: Collection[Line]) -> dict[_Act, list[Line]]:
    """Return the oldest living lines of each act, with everyone on them."""
    found: defaultdict[_Act, list[Line]] = defaultdict(list)
    for line in contributions.lines().where(_of_acts(lines)).order_by(Line.id).limit(4 * PAGE):
        found[_act(line)].append(line)
    return found
