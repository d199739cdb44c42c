"""The notice sheet 公示单: for one lane, lane by lane, or the whole village in one run, with slips to object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from points.errors import NotFound, NothingOnSheet
from points.models.contribution import Notice
from points.objecting import DAYS_TO_ANSWER
from points.queries import lanes, notices
from points.queries.notices import ENDED, NewHousehold, PublicCorrection, PublicLine
from points.services.paper import Facts
from points.web.edge import local_day, now, short_day
from points.web.notices import last_day
from points.web.papers import Sheet, given_int, page_code, size
from points.web.text import gettext as _


@dataclass(slots=True)
class Part:
    """What a notice says of one place."""

    place: str
    lines: list[PublicLine] = field(default_factory=list)
    corrections: list[PublicCorrection] = field(default_factory=list)
    households: list[NewHousehold] = field(default_factory=list)

    def extent(self) -> str:
        """Say how much it is: what is compared when somebody holds the sheet against the system."""
        return _(
            "%(lines)s 条记录，共 %(points)s 分；%(corrections)s 条更正；%(households)s 户新开户",
            lines=len(self.lines),
            points=sum(line.points for line in self.lines if line.effect == "points" and line.state not in ENDED),
            corrections=len(self.corrections),
            households=len(self.households),
        )

    def rows(self) -> dict[str, Any]:
        """Write it as the sheet shows it."""
        return {
            "place": self.place,
            "lines": [
                [line.position, line.number, line.name, _item(line), short_day(line.day), _points(line)]
                for line in self.lines
            ],
            "corrections": [[row.number, row.name, row.item, _given(row), row.reason] for row in self.corrections],
            "households": [[row.number, "、".join(row.people)] for row in self.households],
        }


def build(notice_id: int, given: Mapping[str, str]) -> Sheet:
    """Build the sheets of a notice as anybody may read it: names go from them when they go from its page."""
    found = notices.notice(notice_id)
    parts, village = _parts(found)
    lane_id = given_int(given, "lane")
    if lane_id and lane_id not in parts:
        raise NotFound()
    if not parts:
        raise NothingOnSheet()
    shown = [parts[lane_id]] if lane_id else [village] if "whole" in given else list(parts.values())
    told = shown if lane_id or "whole" in given else [village, *shown]
    open_ = found.closes_at is None or found.closes_at > now()
    who = notices.setting(found.village_id).objection_contact or _("村委会")
    names = {"village": found.village.name, "n": found.number}
    slip = {"title": _("%(village)s第 %(n)s 期公示异议单", **names), "to": _hand_in(found, who)}
    return Sheet(
        template="notice",
        title=_(
            "%(village)s第 %(n)s 期公示单（%(place)s）", place=parts[lane_id].place if lane_id else _("全村"), **names
        ),
        area_id=found.village_id,
        data={
            "size": size(given),
            "heading": _("%(village)s积分公示（第 %(n)s 期）", **names),
            "span": _span(found),
            "objecting": _objecting(who) if open_ else _("公示已经结束，不能再提异议。有错请到村委会申请更正。"),
            "web": _("扫码看这期公示，在网上提异议") if open_ else _("扫码看这期公示"),
            "parts": [part.rows() for part in shown],
            "slip": slip if open_ else None,
        },
        pictures=page_code("notices.show", notice_id=notice_id),
        facts=[*_days(found), *((part.place, part.extent()) for part in told)],
    )


def facts(notice_id: int) -> Facts:
    """Tell when a notice hangs, and how much it says: in all, and of each place."""
    found = notices.notice(notice_id)
    parts, village = _parts(found)
    return [*_days(found), *((part.place, part.extent()) for part in (village, *parts.values()))]


def _parts(found: Notice) -> tuple[dict[int, Part], Part]:
    """Read a notice once; return what it says of each place, in walking order, and of the whole village."""
    labels = lanes.labels(found.village_id)
    parts = {lane_id: Part(labels[lane_id]) for lane_id, _name in notices.lanes(found.id)}
    village = Part(_("全村"))
    for sheet in notices.paper(found.id, named=notices.is_named(found, now()), whole=True):
        for line in sheet.lines:
            parts[line.lane_id].lines.append(line)
        for correction in sheet.corrections:
            parts[correction.lane_id].corrections.append(correction)
        for household in sheet.households:
            parts[household.lane_id].households.append(household)
        village.lines += sheet.lines
        village.corrections += sheet.corrections
        village.households += sheet.households
    return parts, village


def _days(found: Notice) -> Facts:
    said: list[tuple[str, str | int]] = [(_("哪一期"), _("第 %(n)s 期", n=found.number))]
    if found.hung_at:
        said += [(_("张贴"), local_day(found.hung_at)), (_("公示到"), local_day(last_day(found.closes_at)))]
    return said


def _span(found: Notice) -> str:
    if not found.hung_at:
        return _("张贴日期：______年____月____日，次日起公示 %(n)s 天，假日顺延", n=found.days)
    days = {"from": local_day(found.hung_at), "n": found.days, "to": local_day(last_day(found.closes_at))}
    holidays = notices.holidays_within(found)
    if holidays:
        return _("%(from)s张贴，公示 %(n)s 天，%(h)s 天假日顺延，到 %(to)s 24 时止", h=holidays, **days)
    return _("%(from)s张贴，公示 %(n)s 天，到 %(to)s 24 时止", **days)


def _objecting(who: str) -> str:
    return _(
        "有异议，请在截止前向“%(who)s”提出（可填异议单），%(n)s 天内答复；也可扫码在网上提。提出人的名字不公开。",
        who=who,
        n=DAYS_TO_ANSWER,
    )


def _hand_in(found: Notice, who: str) -> str:
    if found.closes_at is None:
        return _("公示期内交到：%(who)s", who=who)
    return _("%(day)s 24 时前交到：%(who)s", day=short_day(last_day(found.closes_at)), who=who)


def _item(line: PublicLine) -> str:
    lowers = line.effect == "civility"
    if line.state == "struck":
        return _("%(item)s（扣文明分，已取消）", item=line.item) if lowers else _("%(item)s（已取消）", item=line.item)
    if line.state == "reversed":
        return _("%(item)s（扣文明分，已恢复）", item=line.item) if lowers else _("%(item)s（已冲正）", item=line.item)
    return _("%(item)s（扣文明分）", item=line.item) if lowers else line.item


def _points(line: PublicLine) -> str:
    if line.state in ENDED:
        return "0"
    return f"−{line.points}" if line.effect == "civility" else str(line.points)


def _given(row: PublicCorrection) -> str:
    return _("+%(n)s 文明分", n=row.points) if row.effect == "civility" else _("−%(n)s 分", n=row.points)
