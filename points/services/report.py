"""A villager's own report, with photos; and what a person named by others says: I was there 我在, or not 我不在."""

from __future__ import annotations

from datetime import date, datetime

from points import objecting, photos, recording
from points.calendar import local_date
from points.errors import (
    N_,
    AlreadyDone,
    NotAllowed,
    NotForReporter,
    NotFound,
    PhotoNeeded,
    QuantityRange,
    SamePerson,
    SeenBefore,
    TooManyPhotos,
)
from points.judging import wrong_state
from points.keys import verb
from points.models.contribution import UNDER_WAY, Attendance, Contribution, Line
from points.models.people import Household, Person
from points.photos import Picture
from points.recording import MOST_TIMES, NOTE_LENGTH
from points.texts import optional


@verb("report.report")
def report(
    *,
    key: str,
    actor: Person,
    now: datetime,
    person_id: int,
    item_id: int,
    day: date,
    quantity: int,
    note: str,
    pictures: list[Picture],
    again: bool = False,
    revises: int | None = None,
) -> int:
    """Report that someone of the own household did the item on the local *day*; return the contribution's id.

    *again*: it is another time than the one already recorded, which else is `SeenBefore`. *revises*: the own line that
    was returned; its photos come along unless there are new ones. Raises `PhotoNeeded`, `TooManyPhotos`, `AlreadyDone`
    for a line taken up before, and what recording refuses: `NoRuleBook`, `ItemNotInForce`, `NotForReporter`,
    `FutureDay`, `TooLongAgo`, `QuantityRange`. `NotFound` for people of other households.
    """
    household = Household.get_or_none(Household.id == actor.household_id, Household.active)
    if household is None:
        raise NotAllowed()
    person = Person.get_or_none(Person.id == person_id, Person.household == household, Person.active)
    if person is None:
        raise NotFound()
    item = recording.item_in_force(household.village_id, item_id, day, reporter="villager")
    if item.effect != "points":
        raise NotForReporter(item=item.name)
    recording.require_day(day, local_date(now))
    if not 1 <= quantity <= MOST_TIMES:
        raise QuantityRange(limit=MOST_TIMES)
    note = optional(note, N_("说明"), NOTE_LENGTH)
    earlier = recording.take_up(revises, actor) if revises else None
    if earlier and not pictures:
        pictures = photos.again("contribution", earlier.contribution_id)
    if len(pictures) > photos.MOST:
        raise TooManyPhotos(limit=photos.MOST)
    if "photo" in item.needs.split(",") and not pictures:
        raise PhotoNeeded(item=item.name)
    recording.hold([person_id])
    if not again and recording.seen_before([person_id], item.code, day):
        raise SeenBefore(person=person.name, item=item.name)
    sheet = Contribution.create(
        village=household.village_id, item=item, day=day, note=note, recorded_by=actor, recorded_at=now
    )
    frozen = recording.frozen(sheet, item, quantity=quantity)
    Line.insert(frozen | {"person": person, "household": household, "revises": earlier}).execute()
    photos.keep(
        pictures,
        village_id=household.village_id,
        subject_type="contribution",
        subject_id=sheet.id,
        actor=actor,
        now=now,
        apart_from=earlier.contribution_id if earlier else None,
    )
    return int(sheet.id)


@verb("report.say_attendance")
def say_attendance(*, key: str, actor: Person, now: datetime, line_id: int, was_there: bool, reason: str = "") -> int:
    """Say, as the person whom others named on a line, whether one was there; once.

    "I was not" keeps the line from being approved, and on a notice it is an objection, worded by *reason*. Raises
    `NotFound` for anybody else, `SamePerson` for who recorded it, `AlreadyDone`, `WrongState`.
    """
    reason = optional(reason, N_("异议内容"), 500)
    line = Line.get_or_none(Line.id == line_id, Line.person == actor)
    if line is None:
        raise NotFound()
    if line.recorded_by_id == actor.id:
        raise SamePerson()
    # Holds the line, so that it is neither approved nor gathered unheard.
    held = Line.update(state=Line.state).where(Line.id == line_id, Line.state.in_(UNDER_WAY)).returning(Line.state)
    states = [row.state for row in held]
    if not states:
        raise wrong_state(line)
    if Attendance.select().where(Attendance.line == line).exists():
        raise AlreadyDone()
    Attendance.create(line=line, was_there=was_there, said_at=now)
    if not was_there and states == ["noticed"] and not objecting.objects_already(line, actor):
        objecting.raise_objection(line, actor=actor, text=reason or objecting.WAS_NOT_THERE, now=now)
    return line_id
