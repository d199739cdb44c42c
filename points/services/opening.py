"""Opening balances 期初积分: proposed from the old book, hung by a second person who compared the total, objected to.

They hang as a notice does, and nobody can shorten it; `tick` posts what is due. Every household of the village is in
the book, so the proposer's own and kin's are too: the second person is unrelated to the proposer, and the wall says it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from peewee import fn

from points import access, db, opening, photos, places
from points.calendar import end_of, local_date
from points.errors import (
    N_,
    AgreedRange,
    AlreadyDone,
    NotFound,
    NothingTyped,
    NoticeOver,
    ObjectedBefore,
    OpeningDays,
    ProposerRelated,
    RisenToTownship,
    RosterHasErrors,
    SamePerson,
    SignedPageNeeded,
    SignedTotal,
    TotalDiffers,
    WallPhotoNeeded,
)
from points.judging import ANSWERERS
from points.keys import verb
from points.models.areas import VillageSetting
from points.models.opening import Opening, OpeningLine
from points.models.people import Person
from points.models.photos import Upload
from points.objecting import DAYS_TO_ANSWER
from points.roster import KEPT_FOR
from points.texts import required

HANGERS = ("committee", "supervisor")
MOST_DAYS = 15
TEXT_LENGTH = 200

_LINES = (
    "INSERT INTO opening_line (opening_id, position, household_id, points, agreed, state, objection, answer) "
    "SELECT {0}, {1}, {2}, {3}, {3}, 'waiting', '', '' FROM {rows}"
)


@verb("opening.upload")
def upload(*, key: str, actor: Person, now: datetime, village_id: int, file_name: str, rows: str) -> int:
    """Keep the old book's *rows*, as `opening.read` or `opening.typed` returned them, for a day; return their id."""
    _require_village(actor, village_id)
    if rows == "[]":
        raise NothingTyped()
    made = Upload.create(
        village=village_id,
        kind="opening",
        file_name=file_name.strip()[-80:],
        rows=rows,
        uploaded_by=actor,
        uploaded_at=now,
    )
    return int(made.id)


@verb("opening.propose")
def propose(
    *,
    key: str,
    actor: Person,
    now: datetime,
    upload_id: int,
    source: str,
    signers: str,
    points: int,
    days: int,
    pictures: Sequence[photos.Picture],
) -> int:
    """Propose what *actor* uploaded, all or nothing, under the total *points* that *signers* signed; return its id.

    *source* names the old book, *pictures* show its signed page, *days* it will hang. Raises `RosterHasErrors`,
    `SignedTotal`, `SignedPageNeeded`, `OpeningDays`.
    """
    source, signers = required(source, N_("来源"), 60), required(signers, N_("签字的人"), 80)
    mine = (Upload.id == upload_id) & (Upload.kind == "opening") & (Upload.uploaded_by == actor)
    found = Upload.get_or_none(mine, Upload.uploaded_at > now - KEPT_FOR)
    if found is None:
        raise NotFound()
    least = _require_village(actor, found.village_id)
    if Upload.delete().where(mine).execute() == 0:
        raise AlreadyDone()
    entries = opening.match(found.rows, found.village_id)
    wrong = [entry for entry in entries if entry.errors]
    if wrong:
        raise RosterHasErrors(n=len(wrong), row=wrong[0].number)
    added = sum(entry.points for entry in entries)
    if added != points:
        raise SignedTotal(signed=points, added=added, difference=abs(points - added))
    if not least <= days <= MOST_DAYS:
        raise OpeningDays(least=least, most=MOST_DAYS)
    if not pictures:
        raise SignedPageNeeded()
    made = Opening.create(
        village=found.village_id,
        source=source,
        signers=signers,
        points=points,
        households=len(entries),
        days=days,
        proposed_by=actor,
        proposed_at=now,
    )
    entries.sort(key=lambda entry: entry.rank)
    lines = [(made.id, at, entry.household_id, entry.points) for at, entry in enumerate(entries, 1)]
    db.rows(_LINES, lines)
    _keep(pictures, made, actor=actor, now=now)
    return int(made.id)


@verb("opening.hang")
def hang(
    *, key: str, actor: Person, now: datetime, opening_id: int, points: int, pictures: Sequence[photos.Picture] = ()
) -> int:
    """Confirm as a second person that the old book's total is *points*, and that the sheets hang: the days begin.

    Counted as a notice's are: full days after today, holidays left out. *pictures* show the wall, where the village
    wants them. Raises `SamePerson`, `ProposerRelated`, `TotalDiffers`, `WallPhotoNeeded`, `AlreadyDone`.
    """
    found = _opening(opening_id)
    access.require(actor, *HANGERS, area_id=found.village_id)
    if actor.id == found.proposed_by_id:
        raise SamePerson()
    if access.are_related(actor, found.proposed_by):
        raise ProposerRelated()
    if points != found.points:
        raise TotalDiffers()
    if not pictures and VillageSetting.get(VillageSetting.village == found.village_id).wall_photo:
        raise WallPhotoNeeded()
    closes_at = end_of(places.last_day(found.village_id, local_date(now), found.days))
    still = (Opening.id == opening_id) & (Opening.state == "proposed")
    if not Opening.update(state="hung", hung_by=actor, hung_at=now, closes_at=closes_at).where(still).execute():
        raise AlreadyDone()
    _keep(pictures, found, actor=actor, now=now)
    return opening_id


@verb("opening.drop")
def drop(*, key: str, actor: Person, now: datetime, opening_id: int, reason: str) -> int:
    """Drop a proposal that does not hang yet, with a reason; its households are free again. Raises `AlreadyDone`."""
    found = _opening(opening_id)
    access.require(actor, *HANGERS, area_id=found.village_id)
    reason = required(reason, N_("理由"), 60)
    still = (Opening.id == opening_id) & (Opening.state == "proposed")
    if not Opening.update(state="dropped", dropped_by=actor, dropped_reason=reason).where(still).execute():
        raise AlreadyDone()
    OpeningLine.update(state="dropped").where(OpeningLine.opening == opening_id).execute()
    return opening_id


@verb("opening.object_to")
def object_to(*, key: str, actor: Person, now: datetime, line_id: int, text: str) -> int:
    """Object to one line as a villager of the village, or as staff for someone; it waits for an answer.

    While the opening hangs, once a line. Raises `NoticeOver`, `AlreadyDone`, `ObjectedBefore`.
    """
    line = _line(line_id)
    if not opening.may_object(actor, line.opening.village_id):
        raise NotFound()
    text = required(text, N_("异议内容"), TEXT_LENGTH)
    running = Opening.select(Opening.id).where(Opening.state == "hung", Opening.closes_at > now)
    still = (OpeningLine.id == line_id) & (OpeningLine.state == "waiting") & OpeningLine.objected_by.is_null()
    # The same row that `tick` posts from: either this halts it, or it is posted and over.
    change = OpeningLine.update(state="disputed", objection=text, objected_by=actor, objected_at=now)
    if not change.where(still, OpeningLine.opening.in_(running)).execute():
        is_now = OpeningLine.get_by_id(line_id)
        if is_now.state == "disputed":
            raise AlreadyDone()
        if is_now.answered_at is not None:
            raise ObjectedBefore()
        raise NoticeOver()
    return line_id


@verb("opening.answer")
def answer(*, key: str, actor: Person, now: datetime, line_id: int, points: int, reason: str) -> int:
    """Answer the objection to a line, as a third person unrelated to it: *points* stay as they are, change, or go (0).

    All lines together never exceed the signed total; a household with more is dropped here and proposed anew.
    Once it is late only the township's supervisor may (`RisenToTownship`). Raises `SamePerson` for who proposed, hung
    or objected, `OwnHousehold` for the household, the objector and their kin, `AgreedRange`, `AlreadyDone`.
    """
    line = _line(line_id)
    access.require(actor, *ANSWERERS, area_id=line.household.area_id)
    reason = required(reason, N_("理由"), TEXT_LENGTH)
    if line.objected_at is None:
        raise NotFound()
    if now >= due_at(line) and not access.holds(actor, ("supervisor",), line.opening.village_id):
        raise RisenToTownship()
    if actor.id in (line.opening.proposed_by_id, line.opening.hung_by_id, line.objected_by_id):
        raise SamePerson()
    access.require_unrelated(actor, line.household_id)
    access.require_stranger(actor, line.objected_by)
    most = min(opening.MOST, max(line.points, _room(line)))
    if not 0 <= points <= most:
        raise AgreedRange(most=most)
    change = OpeningLine.update(
        state="waiting" if points else "dropped", agreed=points, answer=reason, answered_by=actor, answered_at=now
    )
    if not change.where(OpeningLine.id == line_id, OpeningLine.state == "disputed").execute():
        raise AlreadyDone()
    return line_id


def _room(line: OpeningLine) -> int:
    """Return what the signed total leaves for *line*; of two who answer at once the later sees the first."""
    Opening.update(points=Opening.points).where(Opening.id == line.opening_id).execute()
    others = (OpeningLine.opening == line.opening_id) & (OpeningLine.id != line.id)
    taken = OpeningLine.select(fn.SUM(OpeningLine.agreed)).where(others).scalar() or 0
    return int(line.opening.points) - int(taken)


def due_at(line: OpeningLine) -> datetime:
    """Return until when the objection to a line is the village's to answer."""
    objected_at: datetime = line.objected_at
    return objected_at + timedelta(days=DAYS_TO_ANSWER)


def _require_village(actor: Person, village_id: int) -> int:
    """Let a member of the committee pass, one after the other; return the least days that a notice hangs there."""
    access.require(actor, "committee", area_id=village_id)
    # Locks the village's row: of two who propose the same household at once, the later is told so.
    settings = VillageSetting.update(notice_days=VillageSetting.notice_days)
    locked = list(settings.where(VillageSetting.village == village_id).returning(VillageSetting.notice_days))
    if not locked:
        raise NotFound()
    return int(locked[0].notice_days)


def _opening(opening_id: int) -> Opening:
    found: Opening | None = Opening.get_or_none(Opening.id == opening_id)
    if found is None:
        raise NotFound()
    return found


def _line(line_id: int) -> OpeningLine:
    found: OpeningLine | None = OpeningLine.get_or_none(OpeningLine.id == line_id)
    if found is None or found.opening.state not in ("hung", "closed"):
        raise NotFound()
    return found


def _keep(pictures: Sequence[photos.Picture], found: Opening, *, actor: Person, now: datetime) -> None:
    photos.keep(
        pictures, village_id=found.village_id, subject_type="opening", subject_id=found.id, actor=actor, now=now
    )
