"""What members and those who look after them read of the council: sittings, agenda, minutes, motions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from peewee import JOIN, fn

from points import access, council
from points.calendar import local_date
from points.errors import NotFound, OwnHousehold, PointsError, SamePerson
from points.models.areas import Area
from points.models.contribution import Line, Voice
from points.models.council import MOTIONS, Motion, MotionVoice, Sitting, SittingLine, SittingMember
from points.models.people import Household, Person
from points.queries import contributions, review
from points.queries.review import Sheet

READERS = ("committee", "council", "supervisor", "admin")
PAGE = 50
SITTINGS = 20
FOUND = 20
members = council.members


@dataclass(frozen=True, slots=True)
class SittingRow:
    """A sitting in a list: how many of those summoned came, and how many lines were on its agenda."""

    sitting: Sitting
    summoned: int
    present: int
    lines: int


@dataclass(frozen=True, slots=True)
class Seat:
    """A member summoned to a sitting, and when they came."""

    person_id: int
    name: str
    present_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many lines of an agenda wait, how many of these for the reader's voice, and how many are decided."""

    waiting: int
    mine: int
    done: int


@dataclass(frozen=True, slots=True)
class Opinion:
    """What several members said alike of a line."""

    verdict: str
    points: int
    reason: str
    names: list[str]


@dataclass(frozen=True, slots=True)
class Agenda:
    """A page of an agenda: lines by sheet, what was said of each, and after which line the next page begins."""

    sheets: list[Sheet]
    said: Mapping[int, list[Opinion]]
    after: int | None


# --- sittings ---------------------------------------------------------------------------------------------------


def sittings(village_id: int, *, before: int | None = None) -> tuple[list[SittingRow], int | None]:
    """Return the newest sittings of a village, and the number before which the next page begins."""
    seats = SittingMember.select().where(SittingMember.sitting == Sitting.id)
    counts: tuple[Any, ...] = (
        seats.select(fn.COUNT(SittingMember.person)),
        seats.select(fn.COUNT(SittingMember.present_at)),
        SittingLine.select(fn.COUNT(SittingLine.line)).where(SittingLine.sitting == Sitting.id),
    )
    names = ("summoned", "present", "lines")
    query = Sitting.select(Sitting, *(count.alias(name) for count, name in zip(counts, names, strict=True)))
    query = query.where(Sitting.village == village_id).order_by(Sitting.number.desc())
    if before:
        query = query.where(Sitting.number < before)
    found: list[Any] = list(query.limit(SITTINGS + 1))
    rows = [SittingRow(row, row.summoned, row.present, row.lines) for row in found[:SITTINGS]]
    return rows, found[SITTINGS - 1].number if len(found) > SITTINGS else None


def sitting(sitting_id: int) -> Sitting:
    """Return a sitting with its village, and who opened and closed it. Raises `NotFound`."""
    closer = Person.alias()
    found = (
        Sitting.select(Sitting, Area, Person, closer)
        .join(Area)
        .switch(Sitting)
        .join(Person, on=Sitting.opened_by)
        .switch(Sitting)
        .join(closer, JOIN.LEFT_OUTER, on=Sitting.closed_by)
        .where(Sitting.id == sitting_id)
        .get_or_none()
    )
    if found is None:
        raise NotFound()
    return found


def seats(sitting_id: int) -> list[Seat]:
    """Return who was summoned to a sitting, and who came."""
    query = SittingMember.select(Person.id, Person.name, SittingMember.present_at).join(Person)
    rows: Any = query.where(SittingMember.sitting == sitting_id).order_by(Person.id)
    return [Seat(*row) for row in rows.tuples()]


def tally(reader: Person, sitting_id: int) -> Tally:
    """Count the agenda of a sitting."""
    listed = Line.select(fn.COUNT(Line.id)).join(SittingLine, on=(SittingLine.line == Line.id))
    listed = listed.where(SittingLine.sitting == sitting_id)
    waiting, done = (listed.where(_which(show, reader)).scalar() for show in ("waiting", "done"))
    return Tally(waiting, listed.where(_which("mine", reader)).scalar(), done)


def agenda(reader: Person, sitting_id: int, show: str, *, now: datetime, after: int = 0) -> Agenda:
    """Return a page of a sitting's lines after the line *after*.

    *show*: ``mine`` wait for the reader's voice, ``waiting`` for anybody's, ``done`` are decided.
    """
    lines, following = _page(sitting_id, _which(show, reader), after)
    return Agenda(review.sheets(reader, lines, local_date(now)), _said(lines), following)


def minutes(sitting: Sitting, *, after: int = 0) -> tuple[list[Line], Mapping[int, list[Opinion]], int | None]:
    """Return a page of the lines that a closed sitting dealt with: decided by its end, or a voice was given on them."""
    dealt = fn.EXISTS(Voice.select().where(Voice.line == Line.id, Voice.sitting_id == sitting.id))
    lines, following = _page(sitting.id, (Line.decided_at <= sitting.closed_at) | dealt, after)
    return lines, _said(lines, until=sitting.closed_at), following


def carried_over(sitting: Sitting) -> int:
    """Count the lines on the agenda of a closed sitting that it did not decide."""
    open_ = Line.decided_at.is_null() | (Line.decided_at > sitting.closed_at)
    return Line.select().where(_listed(sitting.id), open_).count()


def _listed(sitting_id: int) -> Any:
    return Line.id.in_(SittingLine.select(SittingLine.line).where(SittingLine.sitting == sitting_id))


def _which(show: str, reader: Person) -> Any:
    if show == "done":
        return Line.state != "checked"
    if show != "mine":
        return Line.state == "checked"
    said = fn.EXISTS(Voice.select().where(Voice.line == Line.id, Voice.person == reader))
    others = (Line.recorded_by != reader) & (Line.checked_by != reader)
    related = access.related_households(reader)
    return (Line.state == "checked") & others & Line.household.not_in(related) & ~said


def _page(sitting_id: int, which: Any, after: int) -> tuple[list[Line], int | None]:
    query = contributions.lines().where(_listed(sitting_id), Line.id > after, which)
    found = list(query.order_by(Line.id).limit(PAGE + 1))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def _said(lines: Iterable[Line], *, until: datetime | None = None) -> Mapping[int, list[Opinion]]:
    """Return by line what was said of it, those who said the same together."""
    ids = [line.id for line in lines]
    if not ids:
        return {}
    query = Voice.select(Voice, Person).join(Person).where(Voice.line.in_(ids))
    if until is not None:
        query = query.where(Voice.said_at <= until)
    said: defaultdict[int, dict[tuple[str, int, str], list[str]]] = defaultdict(dict)
    for voice in query.order_by(Voice.id):
        alike = (voice.verdict, voice.points, voice.reason)
        said[voice.line_id].setdefault(alike, []).append(voice.person.name)
    return {id_: [Opinion(*words, names) for words, names in alike.items()] for id_, alike in said.items()}


# --- motions ----------------------------------------------------------------------------------------------------


def may_see_all(reader: Person, village_id: int) -> bool:
    """Tell whether *reader* sees every motion of a village; a steward sees commendations of the own households."""
    return access.holds(reader, READERS, village_id)


def motions(
    reader: Person, village_id: int, *, state: str = "open", kind: str = "", before: int | None = None
) -> tuple[list[Motion], int | None]:
    """Return the newest motions that are open or ``decided``, of one *kind* or all; and the key of the next page."""
    query = _motions().where(Motion.village == village_id)
    query = query.where(Motion.state == "open" if state == "open" else Motion.state != "open")
    if not may_see_all(reader, village_id):
        covered = access.covered_areas(reader, "steward")
        query = query.where(Motion.kind == "commend", Household.area.in_(covered))
    if kind in MOTIONS:
        query = query.where(Motion.kind == kind)
    if before:
        query = query.where(Motion.id < before)
    found = list(query.order_by(Motion.id.desc()).limit(PAGE + 1))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def motion(motion_id: int) -> Motion:
    """Return a motion with its household, person, proposer and village. Raises `NotFound`; the caller guards."""
    found: Motion | None = _motions(Area).join(Area).where(Motion.id == motion_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def decided_at(sitting: Sitting) -> list[Motion]:
    """Return the motions of the village that were decided while a sitting was held."""
    held = Motion.decided_at.between(sitting.opened_at, sitting.closed_at)
    return list(_motions().where(Motion.village == sitting.village_id, held).order_by(Motion.decided_at, Motion.id))


def said(motions: Iterable[Motion]) -> Mapping[int, list[MotionVoice]]:
    """Return the voices on each motion, in the order in which they were given."""
    ids = [motion.id for motion in motions]
    query = MotionVoice.select(MotionVoice, Person).join(Person).where(MotionVoice.motion.in_(ids))
    voices: defaultdict[int, list[MotionVoice]] = defaultdict(list)
    for voice in query.order_by(MotionVoice.id):
        voices[voice.motion_id].append(voice)
    return voices


def why_not(reader: Person, motion: Motion) -> type[PointsError] | None:
    """Say why *reader*, of those who vote on *motion*, may not; None when nothing hinders."""
    if motion.household_id in access.related_households(reader):
        return OwnHousehold
    return SamePerson if motion.proposed_by_id == reader.id else None


def votes(reader: Person, motion: Motion) -> bool:
    """Tell whether *reader* is one of those whose voices *motion* waits for."""
    kind = "supervisor" if council.left_to_township(motion) else "council"
    return motion.state == "open" and access.holds(reader, (kind,), motion.village_id)


def count_to_vote(reader: Person) -> int:
    """Count the open motions that wait for the voice of *reader* as a council member."""
    said = MotionVoice.select().where(MotionVoice.motion == Motion.id, MotionVoice.person == reader)
    query = Motion.select().where(Motion.state == "open", Motion.village.in_(access.covered_areas(reader, "council")))
    query = query.where(Motion.proposed_by != reader, ~fn.EXISTS(said))
    return query.where(Motion.household.not_in(access.related_households(reader))).count()


def candidates(reader: Person, village_id: int, q: str, *, kinds: Iterable[str]) -> list[Person]:
    """Return people whose household *reader* covers as one of *kinds*, by name, pinyin initials or household number."""
    q = q.strip()
    if not q:
        return []
    same = Person.name.contains(q) | fn.LOWER(Person.initials).startswith(q.lower())
    numbered = fn.LTRIM(Household.number, "0") == (q.lstrip("0") or "0")
    query = Person.select(Person, Household).join(Household).where(Person.active, Household.active, same | numbered)
    query = query.where(Household.village == village_id, Household.area.in_(access.covered_areas(reader, *kinds)))
    return list(query.order_by(Household.number, Person.id).limit(FOUND))


def barred(village_id: int, today: date) -> list[Person]:
    """Return the people of a village whom the council keeps from collecting."""
    query = Person.select(Person, Household).join(Household).where(Person.active, Person.barred_until >= today)
    return list(query.where(Household.village == village_id).order_by(Household.number, Person.id))


def _motions(*more: Any) -> Any:
    proposer = Person.alias()
    return (
        Motion.select(Motion, Household, Person, proposer, *more)
        .join(Household)
        .switch(Motion)
        .join(Person, JOIN.LEFT_OUTER, on=Motion.person)
        .switch(Motion)
        .join(proposer, on=Motion.proposed_by)
        .switch(Motion)
    )
