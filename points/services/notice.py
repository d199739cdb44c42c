"""Public notices 公示: what the council approved hangs for days nobody can shorten; an objection halts its line."""

from __future__ import annotations

from datetime import datetime, timedelta

from peewee import fn

from points import access, caps, judging
from points.calendar import end_of, local_date
from points.errors import (
    N_,
    AlreadyDone,
    NotFound,
    NothingToPublish,
    NoticeOver,
    RisenToTownship,
)
from points.judging import ANSWERERS, require_free_hand, wrong_state
from points.keys import verb
from points.models.areas import VillageSetting
from points.models.contribution import Line, Notice, Objection
from points.models.people import Household, Person
from points.texts import optional, required

DAYS_TO_ANSWER = 3
TEXT_LENGTH = 500


@verb("notice.open")
def open_notice(*, key: str, actor: Person, now: datetime, village_id: int) -> int:
    """Gather all approved lines and new households of a village into its next notice; return the notice's id.

    Its days are frozen now; they begin to count when it hangs. Raises `NothingToPublish`.
    """
    access.require(actor, "committee", area_id=village_id)
    # Locks the village's row: two committee members who gather at once get two numbers, and the second nothing.
    settings = VillageSetting.update(notice_days=VillageSetting.notice_days)
    locked = list(settings.where(VillageSetting.village == village_id).returning(VillageSetting.notice_days))
    if not locked:
        raise NotFound()
    last = Notice.select(fn.MAX(Notice.number)).where(Notice.village == village_id).scalar() or 0
    notice = Notice.create(
        village=village_id, number=last + 1, days=locked[0].notice_days, opened_by=actor, opened_at=now
    )
    approved = (Line.village == village_id) & (Line.state == "approved")
    fresh = (Household.village == village_id) & Household.notice_id.is_null() & Household.active
    lines = Line.update(state="noticed", notice=notice).where(approved).execute()
    households = Household.update(notice_id=notice.id).where(fresh).execute()
    if not lines and not households:
        raise NothingToPublish()
    return int(notice.id)


@verb("notice.hang")
def hang(*, key: str, actor: Person, now: datetime, notice_id: int) -> int:
    """Confirm, in the own name, that the notice hangs on the wall: its days begin, the first full one tomorrow.

    It ends at 24:00 Asia/Shanghai of the last. Raises `AlreadyDone`.
    """
    notice = _notice(notice_id)
    access.require(actor, "committee", area_id=notice.village_id)
    closes_at = end_of(local_date(now) + timedelta(days=notice.days))
    still = (Notice.id == notice_id) & (Notice.state == "gathered")
    if not Notice.update(state="hung", hung_by=actor, hung_at=now, closes_at=closes_at).where(still).execute():
        raise AlreadyDone()
    return notice_id


@verb("notice.object")
def object_to(*, key: str, actor: Person, now: datetime, line_id: int, text: str, on_behalf_of: str = "") -> int:
    """Object to one line, as a villager of the village, or as staff for someone; return the objection's id.

    From the gathering until the notice ends, whoever raises it. The line waits for an answer. Raises `NoticeOver`,
    `AlreadyDone` while an objection of the same person to the line is open.
    """
    text = required(text, N_("异议内容"), TEXT_LENGTH)
    on_behalf_of = optional(on_behalf_of, N_("代谁提出"), 40)
    line = judging.line(line_id)
    own_village = actor.household is not None and actor.household.village_id == line.village_id
    if on_behalf_of or not own_village:
        access.require(actor, *judging.CHECKERS, "council", "admin", area_id=line.household.area_id)
    running = Notice.select(Notice.id).where(Notice.closes_at.is_null() | (Notice.closes_at > now))
    still = (Line.id == line_id) & (Line.state == "noticed") & Line.notice.in_(running)
    # The same row that `tick` posts from: either this counts first and the line waits, or the line is posted and over.
    if not Line.update(open_objections=Line.open_objections + 1).where(still).execute():
        if Line.get_by_id(line_id).state in ("noticed", "posted"):
            raise NoticeOver()
        raise wrong_state(line)
    again = (Objection.line == line) & (Objection.raised_by == actor) & Objection.answer.is_null()
    if not on_behalf_of and Objection.select().where(again, Objection.on_behalf_of == "").exists():
        raise AlreadyDone()
    objection = Objection.create(
        line=line,
        raised_by=actor,
        on_behalf_of=on_behalf_of,
        text=text,
        raised_at=now,
        due_at=now + timedelta(days=DAYS_TO_ANSWER),
    )
    return int(objection.id)


@verb("notice.answer")
def answer(*, key: str, actor: Person, now: datetime, objection_id: int, upheld: bool, reason: str) -> int:
    """Answer an objection as a third person, with a reason: upheld strikes the line, dismissed lets it go on.

    Once it is due only the township's supervisor may (`RisenToTownship`). An objection upheld answers the line's other
    open ones alike. Raises `SamePerson` for who recorded, judged or objected, `OwnHouseholdNamed`, `AlreadyDone`.
    """
    reason = required(reason, N_("理由"), TEXT_LENGTH)
    objection = Objection.get_or_none(Objection.id == objection_id)
    if objection is None:
        raise NotFound()
    line = judging.line(objection.line_id)
    _require_answerer(actor, line, risen=now >= objection.due_at)
    require_free_hand(actor, line, judging.steps_of(line) | {objection.raised_by_id})
    open_ = Objection.answer.is_null()
    given = Objection.update(
        answer="upheld" if upheld else "dismissed", reason=reason, answered_by=actor, answered_at=now
    )
    # The line first, as everywhere: whoever objects or posts meanwhile waits here.
    Line.update(open_objections=Line.open_objections).where(Line.id == line.id).execute()
    if not given.where(Objection.id == objection_id, open_).execute():
        raise AlreadyDone()
    if upheld:
        given.where(Objection.line == line, open_).execute()
        struck = Line.update(state="struck", open_objections=0, refusal=reason[:120])
        moved = struck.where(Line.id == line.id, Line.state == "noticed").execute()
        assert moved, "a line with an open objection was neither posted nor struck"
        caps.give_back_for(line)
    else:
        Line.update(open_objections=Line.open_objections - 1).where(Line.id == line.id).execute()
    return objection_id


def _require_answerer(actor: Person, line: Line, *, risen: bool) -> None:
    access.require(actor, *ANSWERERS, area_id=line.household.area_id)
    if risen and not access.holds(actor, ("supervisor",), line.village_id):
        raise RisenToTownship()


def _notice(notice_id: int) -> Notice:
    notice = Notice.get_or_none(Notice.id == notice_id)
    if notice is None:
        raise NotFound()
    return notice
