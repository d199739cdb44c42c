"""Raising an objection 异议 to a line on a notice: from the page, from a slip, or by whom the line names in error."""

from __future__ import annotations

from datetime import datetime, timedelta

from points.errors import N_, AlreadyDone, NoticeOver
from points.judging import lines, wrong_state
from points.models.contribution import Attendance, Line, Notice, Objection
from points.models.people import Person

DAYS_TO_ANSWER = 3
WAS_NOT_THERE = N_("名单上的本人说那天不在场。")


def raise_objection(
    line: Line, *, actor: Person, text: str, channel: str = "web", on_behalf_of: str = "", now: datetime
) -> Objection:
    """Halt *line* until it is answered, within the caller's transaction; return the objection.

    From the gathering until the notice ends. Raises `NoticeOver`, `WrongState` for a line on no notice, `AlreadyDone`
    while an objection of the same person to it is open.
    """
    running = Notice.select(Notice.id).where(Notice.closes_at.is_null() | (Notice.closes_at > now))
    still = (Line.id == line.id) & (Line.state == "noticed") & Line.notice.in_(running)
    # The same row that `tick` posts from: either this counts first and the line waits, or the line is posted and over.
    if not Line.update(open_objections=Line.open_objections + 1).where(still).execute():
        if Line.get_by_id(line.id).state in ("noticed", "posted"):
            raise NoticeOver()
        raise wrong_state(line)
    again = (Objection.line == line) & (Objection.raised_by == actor) & Objection.answer.is_null()
    own = (Objection.channel == "web") & (Objection.on_behalf_of == "")
    if channel == "web" and not on_behalf_of and Objection.select().where(again, own).exists():
        raise AlreadyDone()
    return Objection.create(
        line=line,
        raised_by=actor,
        on_behalf_of=on_behalf_of,
        channel=channel,
        text=text,
        raised_at=now,
        due_at=now + timedelta(days=DAYS_TO_ANSWER),
    )


def objects_already(line: Line, actor: Person) -> bool:
    """Tell whether an objection that *actor* raised in the own name to *line* is open."""
    own = (Objection.line == line) & (Objection.raised_by == actor) & (Objection.on_behalf_of == "")
    return bool(Objection.select().where(own, Objection.answer.is_null()).exists())


def raise_denials(notice: Notice, *, now: datetime) -> None:
    """Turn what people said between approval and gathering, that they were not there, into their objections."""
    denied = (Line.notice == notice) & ~Attendance.was_there
    for line in lines().switch(Line).join(Attendance, on=Attendance.line == Line.id).where(denied).order_by(Line.id):
        raise_objection(line, actor=line.person, text=WAS_NOT_THERE, now=now)
