"""What waits to be checked or decided by a person: by sheet, the oldest first, and why some of it is for others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from points import access, judging
from points.errors import PointsError
from points.judging import CHECKERS
from points.models.areas import Area
from points.models.contribution import Contribution, Line, Voice
from points.models.people import Household, Person
from points.queries import contributions

SHEETS = 20
LONG = timedelta(days=7)
"""After so long a checked line is looked at by the township too: perhaps too few council members are left for it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line to judge; `why_not` if it is for someone else; `twins`: the person's other lines of that item and day."""

    line: Line
    why_not: type[PointsError] | None
    twins: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """The waiting lines of one sheet."""

    contribution: Contribution
    rows: list[Row] = field(default_factory=list)

    @property
    def item(self) -> str:
        """What was done, as it was recorded."""
        return str(self.rows[0].line.item_name)


def to_check(judge: Person) -> list[Sheet]:
    """Return recorded lines of households that *judge* covers."""
    return _sheets(judge, _recorded(judge), lambda line: (line.recorded_by_id,))


def to_decide(judge: Person, *, now: datetime) -> list[Sheet]:
    """Return checked lines that wait for the voice of *judge*, as council member or as the township's reviewer."""
    sheets = _sheets(judge, _checked(judge), lambda line: (line.recorded_by_id, line.checked_by_id))
    return sheets + _sheets(judge, _stuck(judge, now), lambda line: (line.recorded_by_id, line.checked_by_id))


def count_to_check(judge: Person) -> int:
    """Count the recorded lines that *judge* may check."""
    query = Line.select(fn.COUNT(Line.id)).join(Household).where(_recorded(judge), Line.recorded_by != judge)
    return int(_unrelated(query, judge).scalar() or 0)


def count_to_decide(judge: Person) -> int:
    """Count the checked lines that wait for the voice of *judge*."""
    others = (Line.recorded_by != judge) & (Line.checked_by != judge)
    query = Line.select(fn.COUNT(Line.id)).join(Household).where(_checked(judge), others)
    return int(_unrelated(query, judge).scalar() or 0)


def _recorded(judge: Person) -> Any:
    return (Line.state == "recorded") & Household.area.in_(access.covered_areas(judge, *CHECKERS))


def _checked(judge: Person) -> Any:
    council = Line.village.in_(access.covered_areas(judge, "council")) & ~Line.by_township
    township = Line.village.in_(access.covered_areas(judge, "supervisor")) & Line.by_township
    said = Voice.select(Voice.line).where(Voice.person == judge)
    return (Line.state == "checked") & (council | township) & Line.id.not_in(said)


def _stuck(judge: Person, now: datetime) -> Any:
    """Select old lines for which the council has become too small."""
    mine = Line.village.in_(access.covered_areas(judge, "supervisor")) & ~Line.by_township
    old = Line.select().where(mine, Line.state == "checked", Line.checked_at < now - LONG).limit(200)
    councils: dict[int, dict[int, set[int]]] = {}
    stuck = []
    for line in old:
        members = councils.get(line.village_id)
        if members is None:
            members = councils[line.village_id] = judging.council(line.village_id)
        if judging.too_few(members, line, line.voices_needed, line.checked_by_id):
            stuck.append(line.id)
    return Line.id.in_(stuck)


def _unrelated(query: Any, judge: Person) -> Any:
    related = access.related_households(judge)
    return query.where(Line.household.not_in(related)) if related else query


def _sheets(judge: Person, where: Any, earlier: Any) -> list[Sheet]:
    """Load the oldest sheets with lines that match, with all of these lines."""
    oldest = Line.select(Line.contribution).join(Household).where(where).group_by(Line.contribution)
    ids = [row.contribution_id for row in oldest.order_by(Line.contribution).limit(SHEETS)]
    if not ids:
        return []
    twin = Line.alias()
    living = ("recorded", "checked", "approved", "noticed", "posted")
    twins = (
        twin.select(fn.COUNT(twin.id))
        .where(twin.person == Line.person, twin.day == Line.day, twin.item_code == Line.item_code)
        .where(twin.id != Line.id, twin.state.in_(living))
    )
    rows: Any = (
        contributions.lines(Area, twins.alias("twins"))
        .join(Area, on=Line.village)
        .where(where, Line.contribution.in_(ids))
        .order_by(Line.contribution, Line.id)
    )
    related = access.related_households(judge)
    sheets: dict[int, Sheet] = {}
    for line in rows:
        sheet = sheets.setdefault(line.contribution_id, Sheet(line.contribution))
        sheet.rows.append(Row(line, judging.hindrance(judge, line, related, earlier(line)), line.twins))
    return list(sheets.values())
