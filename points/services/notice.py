"""Public notices 公示: what the council approved hangs for days nobody can shorten; an objection halts its line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from peewee import fn

from points import access, caps, judging, photos, places
from points.calendar import end_of, local_date
from points.errors import (
    N_,
    AlreadyDone,
    KeptRange,
    NotFound,
    NothingToPublish,
    RisenToTownship,
    SlipPhotoNeeded,
    WallPhotoNeeded,
)
from points.judging import ANSWERERS, require_free_hand
from points.keys import verb
from points.models.areas import VillageSetting
from points.models.contribution import Correction, Line, Notice, Objection
from points.models.people import Household, Person
from points.objecting import raise_denials, raise_objection
from points.texts import optional, required

TEXT_LENGTH = 500
SPEAKERS = (*judging.CHECKERS, "council", "admin")
"""Who may object for someone who came, or wrote on paper."""


@verb("notice.open")
def open_notice(*, key: str, actor: Person, now: datetime, village_id: int) -> int:
    """Gather a village's approved lines, new households and corrections into its next notice; return the notice's id.

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
    untold = (Correction.village == village_id) & Correction.notice.is_null()
    lines = Line.update(state="noticed", notice=notice).where(approved).execute()
    households = Household.update(notice_id=notice.id).where(fresh).execute()
    corrections = Correction.update(notice=notice).where(untold).execute()
    if not (lines or households or corrections):
        raise NothingToPublish()
    raise_denials(notice, now=now)
    return int(notice.id)


@verb("notice.hang")
def hang(*, key: str, actor: Person, now: datetime, notice_id: int, pictures: Sequence[photos.Picture] = ()) -> int:
    """Confirm, in the own name, that the notice hangs on the wall: its days begin, the first full one tomorrow.

    Holidays do not count. It ends at 24:00 Asia/Shanghai of the last day, and nothing moves that any more. *pictures*
    show the sheet on the wall; where the village has chosen so, `WallPhotoNeeded` without. Raises `AlreadyDone`.
    """
    notice = _notice(notice_id)
    access.require(actor, "committee", area_id=notice.village_id)
    if not pictures and VillageSetting.get(VillageSetting.village == notice.village_id).wall_photo:
        raise WallPhotoNeeded()
    closes_at = end_of(places.last_day(notice.village_id, local_date(now), notice.days))
    still = (Notice.id == notice_id) & (Notice.state == "gathered")
    if not Notice.update(state="hung", hung_by=actor, hung_at=now, closes_at=closes_at).where(still).execute():
        raise AlreadyDone()
    _keep(pictures, notice.village_id, "notice", notice_id, actor=actor, now=now)
    return notice_id


@verb("notice.object")
def object_to(
    *,
    key: str,
    actor: Person,
    now: datetime,
    line_id: int,
    text: str,
    on_behalf_of: str = "",
    channel: str = "web",
    pictures: Sequence[photos.Picture] = (),
) -> int:
    """Object to one line, as a villager of the village, or as staff for someone; return the objection's id.

    Staff type in what came on a paper ``slip``, with its photo (`SlipPhotoNeeded`), or was said at a ``visit``. From
    the gathering until the notice ends, whoever raises it. The line waits for an answer. Raises `NoticeOver`,
    `AlreadyDone` while an objection of the same person to the line is open.
    """
    text = required(text, N_("异议内容"), TEXT_LENGTH)
    on_behalf_of = optional(on_behalf_of, N_("代谁提出"), 40)
    line = judging.line(line_id)
    own_village = actor.household is not None and actor.household.village_id == line.village_id
    if on_behalf_of or channel != "web" or not own_village:
        access.require(actor, *SPEAKERS, area_id=line.household.area_id)
    if channel == "slip" and not pictures:
        raise SlipPhotoNeeded()
    objection = raise_objection(line, actor=actor, text=text, channel=channel, on_behalf_of=on_behalf_of, now=now)
    _keep(pictures, line.village_id, "objection", objection.id, actor=actor, now=now)
    return int(objection.id)


@verb("notice.answer")
def answer(
    *, key: str, actor: Person, now: datetime, objection_id: int, upheld: bool, reason: str, kept: int = 0
) -> int:
    """Answer an objection as a third person, with a reason: dismissed lets the line go on as it is.

    Upheld leaves *kept* points of the line, which then goes on with these; 0 strikes it. Once it is due only the
    township's supervisor may (`RisenToTownship`). An objection upheld answers the line's other open ones alike. Raises
    `SamePerson` for who recorded, judged or objected to the line, `OwnHousehold` for the objector's kin,
    `OwnHouseholdNamed`, `AlreadyDone`, `KeptRange`.
    """
    reason = required(reason, N_("理由"), TEXT_LENGTH)
    objection = Objection.get_or_none(Objection.id == objection_id)
    if objection is None:
        raise NotFound()
    line = judging.line(objection.line_id)
    _require_answerer(actor, line, risen=now >= objection.due_at)
    require_free_hand(actor, line, judging.steps_of(line) | {objection.raised_by_id})
    if hindrance := judging.objectors_hinder(actor, line):
        raise hindrance()
    # The line first, as everywhere: whoever objects or posts meanwhile waits here.
    [held] = Line.update(open_objections=Line.open_objections).where(Line.id == line.id).returning(Line)
    if upheld and not 0 <= kept < held.granted:
        raise KeptRange(most=held.granted - 1)
    given = Objection.update(
        answer="upheld" if upheld else "dismissed",
        kept=kept if upheld else 0,
        reason=reason,
        answered_by=actor,
        answered_at=now,
    )
    open_ = Objection.answer.is_null()
    if not given.where(Objection.id == objection_id, open_).execute():
        raise AlreadyDone()
    if upheld:
        given.where(Objection.line == line, open_).execute()
        _lower(held, kept, reason)
    else:
        Line.update(open_objections=Line.open_objections - 1).where(Line.id == line.id).execute()
    return objection_id


def _lower(line: Line, kept: int, reason: str) -> None:
    """Leave *kept* points of a line that is held against others, or strike it, and free the room it no longer needs."""
    change = Line.update(state="struck", open_objections=0, refusal=reason[:120])
    if kept:
        change = Line.update(open_objections=0, granted=kept, granted_quantity=-(-kept // line.each))
    moved = change.where(Line.id == line.id, Line.state == "noticed").execute()
    assert moved, "a line with an open objection was neither posted nor struck"
    caps.give_back_for(line, kept=kept)


def _require_answerer(actor: Person, line: Line, *, risen: bool) -> None:
    access.require(actor, *ANSWERERS, area_id=line.household.area_id)
    if risen and not access.holds(actor, ("supervisor",), line.village_id):
        raise RisenToTownship()


def _keep(
    pictures: Sequence[photos.Picture], village_id: int, subject: str, id_: int, *, actor: Person, now: datetime
) -> None:
    if pictures:
        photos.keep(pictures, village_id=village_id, subject_type=subject, subject_id=id_, actor=actor, now=now)


def _notice(notice_id: int) -> Notice:
    notice = Notice.get_or_none(Notice.id == notice_id)
    if notice is None:
        raise NotFound()
    return notice
