"""Lists of contributions and their lines, of what waits to be judged, and of the council's sittings and motions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from flask_login import current_user

from points import access
from points.calendar import local_date
from points.errors import NotAllowed, NotFound
from points.exporting import Cell
from points.judging import CHECKERS
from points.models.areas import Area
from points.models.contribution import Line
from points.models.council import MOTIONS
from points.queries import contributions as reads
from points.queries import council, home, report, review
from points.queries.contributions import SheetRow
from points.web.council import asked as asked_motions
from points.web.edge import label, local_day, now
from points.web.lists import Listing, asked, following, of, own_area, words
from points.web.review import asked as wanted_of
from points.web.session import me
from points.web.text import gettext as _

A_LOT = 200


@of("contributions.index")
def sheets(village_id: int) -> Listing:
    return Listing(
        title=_("申报记录"),
        area_id=village_id,
        heads=_("日期、项目、谁参加、人数、谁记、何时记、情况"),
        rows=(
            [
                *(row.sheet.day, row.sheet.item.name, "、".join(row.people), row.count),
                *(row.sheet.recorded_by.name, row.sheet.recorded_at),
                "、".join(f"{label(state)} {count}" for state, count in row.states),
            ]
            for row in _sheets(village_id)
        ),
    )


@of("contributions.lines")
def lines_of_village(village_id: int) -> Listing:
    """One row for each person on the same sheets."""
    return _lines(_("申报明细"), village_id, (row.sheet.id for row in _sheets(village_id)))


@of("contributions.show")
def lines_of_sheet(contribution_id: int) -> Listing:
    sheet = reads.sheet(contribution_id)
    access.require_inside(me(), *reads.READERS, village_id=sheet.village_id)
    return _lines(_("%(day)s申报明细", day=local_day(sheet.day)), sheet.village_id, [contribution_id])


def _sheets(village_id: int) -> Iterator[SheetRow]:
    access.require_inside(me(), *reads.READERS, village_id=village_id)
    reader = me()
    return following(lambda before: reads.sheets(reader, village_id, before=before, most=A_LOT))


def _lines(title: str, village_id: int, sheet_ids: Iterable[int]) -> Listing:
    rest, reader = iter(sheet_ids), me()

    def rows() -> Iterator[list[Cell]]:
        while lot := list(islice(rest, A_LOT)):
            found = reads.lines_on(reader, lot)
            scores = reads.scores_of(found)
            for line in found:
                yield [
                    *(line.day, line.item, line.number, line.person, line.quantity, line.each * line.quantity),
                    *(line.granted, label(line.effect), label(line.state), _(line.refusal) if line.refusal else ""),
                    *("、".join(scores[line.id]), line.recorder, line.recorded_at, line.checker, line.notice),
                ]

    return Listing(
        title=title,
        area_id=village_id,
        heads=_(
            "日期、项目、户号、姓名、次数、申请分、计分、得什么、情况、没有通过的原因、打分、谁记、何时记、谁初审、公示期数"
        ),
        rows=rows(),
    )


@of("report.index")
def own_reports(_nothing: int) -> Listing:
    """What the reader reported for the own household."""
    top, reader = home.front(me(), now=now()), me()
    if top is None:
        raise NotFound()
    worth = words("contributions/_state.html", "worth")

    def page(before: int | None) -> tuple[list[Line], int | None]:
        found = report.mine(reader, before=before)
        return found.lines, found.older

    return Listing(
        title=_("我的申报"),
        area_id=top.village_id,
        heads=_("日期、项目、谁、多少分、情况、说明、理由"),
        rows=(
            [
                *(line.day, line.item_name, line.person.name, worth(line), label(line.state), line.contribution.note),
                _(line.refusal) if line.refusal else "",
            ]
            for line in following(page)
        ),
    )


# --- what waits to be judged ------------------------------------------------------------------------------------------


@of("review.check")
def to_check(_nothing: int) -> Listing:
    return _waiting(_("待初审"), "check", CHECKERS)


@of("review.decide")
def to_decide(_nothing: int) -> Listing:
    return _waiting(_("待评议"), "decide", ("council", "supervisor"))


def _waiting(title: str, step: str, kinds: tuple[str, ...]) -> Listing:
    if not current_user.is_any(*kinds):
        raise NotAllowed()
    wanted = wanted_of(step)
    judge, moment, why_odd = me(), now(), words("review/_parts.html", "why_odd")

    def page(after: int | None) -> tuple[list[review.Row], int | None]:
        found = review.page(judge, wanted, now=moment, after=after or 0)
        return [row for sheet in found.sheets for row in sheet.rows], found.after

    def row(one: review.Row) -> list[Cell]:
        line = one.line
        checker = line.checked_by.name if line.checked_by else ""
        said = [_(one.why_not.sentence)] if one.why_not else []
        return [
            *(line.village.name, line.day, line.item_name, line.household.number, line.person.name, line.quantity),
            *(line.each * line.quantity, label(line.effect), line.recorded_by.name, checker),
            "、".join([*said, *(why_odd(odd) for odd in one.odd)]),
        ]

    village = Area.get_or_none(Area.id == wanted.village) if wanted.village else None
    return Listing(
        title=title,
        area_id=own_area(),
        heads=_("村、日期、项目、户号、姓名、次数、申请分、得什么、谁记、谁初审、要留意的"),
        rows=map(row, following(page)),
        asked=asked(
            _("村：%(name)s", name=village.name) if village else "",
            _("只看一个项目") if wanted.item else "",
            _("只看有疑点的") if wanted.odd else "",
        ),
    )


# --- the council ------------------------------------------------------------------------------------------------------


@of("council.sittings")
def sittings(village_id: int) -> Listing:
    access.require(me(), *council.READERS, area_id=village_id)
    access.village(village_id)
    return Listing(
        title=_("评议会"),
        area_id=village_id,
        heads=_("第几次、日期、地点、应到、实到、议程条数、情况"),
        rows=(
            [
                *(row.sitting.number, row.sitting.day, row.sitting.place, row.summoned, row.present, row.lines),
                _("正在开") if row.sitting.state == "open" else _("已结束"),
            ]
            for row in following(lambda before: council.sittings(village_id, before=before))
        ),
    )


@of("council.minutes")
def minutes(sitting_id: int) -> Listing:
    """What a closed sitting dealt with, and who said what of it."""
    sitting = council.sitting(sitting_id)
    access.require(me(), *council.READERS, area_id=sitting.village_id)
    if sitting.state != "closed":
        raise NotFound()
    outcome, opinion = (words("council/_words.html", macro) for macro in ("outcome", "opinion"))

    def page(after: int | None) -> tuple[list[list[Cell]], int | None]:
        lines, said, following_ = council.minutes(sitting, after=after or 0)
        rows: list[list[Cell]] = [
            [
                *(line.household.number, line.person.name, line.item_name, line.day, line.each * line.quantity),
                *(outcome(line, sitting), "；".join(opinion(one) for one in said.get(line.id, []))),
            ]
            for line in lines
        ]
        return rows, following_

    return Listing(
        title=_("第 %(n)s 次评议会记录", n=sitting.number),
        area_id=sitting.village_id,
        heads=_("户号、姓名、项目、日期、申请分、结果、各人意见"),
        rows=following(page),
    )


@of("council.motions")
def motions(village_id: int) -> Listing:
    access.require_inside(me(), *council.READERS, "steward", village_id=village_id)
    wanted, reader = asked_motions(), me()
    asks, standing = (words("council/_words.html", macro) for macro in ("asks", "standing"))
    return Listing(
        title=_("提案"),
        area_id=village_id,
        heads=_("提案、理由、谁提、何时提、情况、何时定"),
        rows=(
            [
                *(asks(motion), motion.text, motion.proposed_by.name, motion.proposed_at),
                *(standing(motion), motion.decided_at and local_date(motion.decided_at)),
            ]
            for motion in following(lambda before: council.motions(reader, village_id, **wanted, before=before))
        ),
        asked=asked(
            _("已有结果") if wanted["state"] == "decided" else _("表决中"),
            label(wanted["kind"]) if wanted["kind"] in MOTIONS else "",
        ),
    )
