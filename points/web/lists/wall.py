"""Lists of what hangs in public, with names masked as there, of objections to it, and of complaints."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from flask import request
from flask_login import current_user

from points import access
from points.calendar import local_date
from points.errors import NotAllowed
from points.exporting import Cell
from points.judging import ANSWERERS
from points.models.contribution import Notice, Objection
from points.models.openness import Complaint
from points.queries import complaints, notices, public, wishes
from points.queries.notices import NoticeRow
from points.services import complaint
from points.web.boards import asked_board, period_name
from points.web.edge import label, now
from points.web.lists import Listing, asked, following, of, own_area, searched, words
from points.web.notices import asked_number, is_named
from points.web.session import me
from points.web.text import gettext as _

A_LOT = 2_000


@of("notices.public")
def hung(village_id: int) -> Listing:
    access.village(village_id)
    return _notices(village_id, hung_only=True)


@of("notices.index")
def notices_of(village_id: int) -> Listing:
    access.require(me(), "committee", "supervisor", "admin", area_id=village_id)
    return _notices(village_id, hung_only=False)


def _notices(village_id: int, *, hung_only: bool) -> Listing:
    heads = _("期数、情况、张贴、公示到、几条记录、几户新开户、几条更正、待答复异议")

    def row(one: NoticeRow) -> list[Cell]:
        found = one.notice
        hung_on = local_date(found.hung_at) if found.hung_at else None
        counts = [one.lines, one.households, one.corrections, one.disputed]
        return [found.number, label(found.state), hung_on, _last_day(found.closes_at), *counts]

    found = following(lambda before: notices.of_village(village_id, hung_only=hung_only, before=before))
    return Listing(_("公示"), village_id, heads, map(row, found))


def _last_day(closes_at: datetime | None) -> date | None:
    return local_date(closes_at - timedelta(microseconds=1)) if closes_at else None


@of("notices.show")
def notice(notice_id: int) -> Listing:
    """A notice's lines; then, where the whole of it was asked for, what it corrects."""
    found = notices.notice(notice_id)
    lane_id, number = request.args.get("lane", type=int), asked_number()
    lane = next((name for id_, name in notices.lanes(notice_id) if id_ == lane_id), "")
    return Listing(
        title=_("第 %(n)s 期公示", n=found.number),
        area_id=found.village_id,
        heads=_("条、街巷、户号、姓名、项目、日期、得什么、分、情况、谁记、谁初审、说明"),
        rows=_of_notice(found, lane_id, number),
        asked=asked(_("街巷：%(name)s", name=lane) if lane else "", searched(number)),
    )


def _of_notice(found: Notice, lane_id: int | None, number: str) -> Iterator[list[Cell]]:
    named, answer = is_named(found), words("notices/_lanes.html", "answered")
    for line in following(
        lambda after: notices.public_lines(
            found.id, named=named, lane_id=lane_id, number=number, after=after, most=A_LOT
        )
    ):
        state = _("有异议，待答复") if line.disputed else label(line.state)
        yield [
            *(line.position, line.lane, line.number, line.name, line.item, line.day, label(line.effect), line.points),
            *(state, line.recorder, line.checker, "；".join(answer(one) for one in line.answers)),
        ]
    if not number:
        for row in notices.public_corrections(found.id, named=named, lane_id=lane_id):
            yield [
                *(None, row.lane, row.number, row.name, row.item, row.day, label(row.effect), -row.points),
                *(_("更正"), None, None, row.reason),
            ]


@of("notices.objections")
def objections(_nothing: int) -> Listing:
    """What waits, and what was answered last; what is said of the own household or kin is left out, as on the page."""
    if not current_user.is_any(*ANSWERERS, "admin"):
        raise NotAllowed()
    related, moment = access.related_households(me()), now()

    def row(one: Objection) -> list[Cell]:
        line = one.line
        state = _("过期，转乡镇") if one.due_at <= moment else _("待答复")
        if one.answer:
            state = _("成立") if one.answer == "upheld" else _("不成立")
        said = _("涉及您自家或亲属，内容不显示。") if line.household_id in related else one.text
        return [said, line.household.number, line.person.name, line.item_name, one.raised_at, one.due_at, state]

    return Listing(
        title=_("异议"),
        area_id=own_area(),
        heads=_("异议、户号、姓名、项目、何时提、何时前答复、情况"),
        rows=map(row, [*notices.open_objections(me()), *notices.answered(me(), now=now())]),
    )


@of("complaints.index")
def complaints_of(_nothing: int) -> Listing:
    if not current_user.is_any(*complaint.READERS):
        raise NotAllowed()
    reader, unplaced = me(), complaint.reads_unplaced(me())

    def row(one: Complaint) -> list[Cell]:
        raiser = one.raised_by.name if one.raised_by else _("没有登录")
        village = one.village.name if one.village else _("不关于哪一个村")
        answer = [one.answer, one.answered_by and one.answered_by.name, one.answered_at and local_date(one.answered_at)]
        return [one.id, one.raised_at, village, raiser, one.contact, one.text, *answer]

    def rows() -> Iterator[Complaint]:
        yield from following(lambda after: complaints.waiting(reader, unplaced=unplaced, after=after or 0))
        yield from complaints.answered(reader, unplaced=unplaced)

    return Listing(
        title=_("投诉建议"),
        area_id=own_area(),
        heads=_("编号、何时提、村、谁提、联系方式、内容、答复、谁答复、何时答复"),
        rows=map(row, rows()),
    )


@of("boards.red")
def red_board(village_id: int) -> Listing:
    board = asked_board(village_id)
    shows_points = board["setting"].board_points
    return Listing(
        title=_("红榜"),
        area_id=village_id,
        heads=_("街巷、户号、姓名、事迹、积分"),
        rows=(
            [row.lane, row.number, row.name, row.deed, row.points if shows_points and row.points else None]
            for row in board["rows"]
        ),
        asked=period_name(board["period"]),
    )


@of("wishes.index")
def wished(village_id: int) -> Listing:
    public.named(village_id)
    rows: list[list[Cell]] = [
        [wish.name, wish.votes, None, None] for wish in wishes.open_wishes(village_id, me().household_id)
    ]
    for wish in wishes.answered(village_id):
        said = _("暂不进：%(why)s", why=wish.answer) if wish.answer else _("已进货")
        rows.append([wish.name, wish.votes, said, local_date(wish.answered_at)])
    return Listing(_("想要的商品"), village_id, _("想要什么、几户想要、答复、何时答复"), rows)
