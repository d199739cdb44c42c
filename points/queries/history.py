"""Everything that happened to one line, in order: recorded, judged, noticed, objected to, posted, put right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from points import photos
from points.models.contribution import Attendance, Contribution, Correction, Line, Notice, Objection, Score, Voice
from points.models.council import Sitting
from points.models.ledger import Transfer
from points.models.people import Person
from points.models.photos import Photo


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a moment: its kind, who did it, what was said, and what else its kind has to tell."""

    at: datetime
    kind: str
    who: str = ""
    words: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    photos: list[Photo] = field(default_factory=list)


def of_line(line: Line, *, unnamed: bool) -> list[Event]:
    """Return what happened to *line*, which comes from `contributions.line`, oldest first, by a fixed number of reads.

    *unnamed* keeps back who objected, in which words and with which photos: for the household itself and its kin.
    """
    parts = (_recorded(line), _judged(line), _noticed(line), _objected(line, unnamed=unnamed), _posted(line))
    return sorted((event for part in parts for event in part), key=lambda event: event.at)


def _recorded(line: Line) -> Iterator[Event]:
    sheet = line.contribution
    scores = Score.select(Score, Person).join(Person).where(Score.line == line)
    given = [(score.judge.name, score.points) for score in scores.order_by(Score.judge)]
    shown = photos.of("contribution", [sheet.id]).get(sheet.id, [])
    more = {"asked": line.each * line.quantity, "revises": line.revises_id, "scores": given}
    yield Event(sheet.recorded_at, "recorded", line.recorded_by.name, sheet.note, more, shown)
    attendance = Attendance.get_or_none(Attendance.line == line)
    if attendance is not None:
        yield Event(attendance.said_at, "was_there" if attendance.was_there else "was_not_there", line.person.name)
    if line.state == "withdrawn":
        yield Event(line.decided_at, "withdrawn", line.recorded_by.name, line.refusal)


def _judged(line: Line) -> Iterator[Event]:
    refused_at_once = line.state == "refused" and not line.voices_needed
    if line.checked_by_id:
        kind, words = ("check_refused", line.refusal) if refused_at_once else ("checked", "")
        yield Event(line.checked_at, kind, line.checked_by.name, words)
    voices: Any = Voice.select(Voice, Person.name.alias("name"), Sitting.number.alias("sitting")).join(Person)
    voices = voices.switch(Voice).join(Sitting, "LEFT OUTER JOIN", on=(Sitting.id == Voice.sitting_id))
    for voice in voices.where(Voice.line == line).order_by(Voice.id).objects():
        more = {"verdict": voice.verdict, "points": voice.points, "sitting": voice.sitting}
        yield Event(voice.said_at, "voice", voice.name, voice.reason, more)
    if line.decided_at is None or refused_at_once or line.state == "withdrawn":
        return
    if line.state in ("refused", "returned"):
        yield Event(line.decided_at, line.state, words=line.refusal)
        taken_up = Line.select(Line, Contribution, Person).join(Contribution).join(Person)
        for again in taken_up.where(Line.revises == line):
            sheet = again.contribution
            yield Event(sheet.recorded_at, "taken_up", sheet.recorded_by.name, more={"line_id": again.id})
    else:
        lowered = Objection.select().where(Objection.line == line, Objection.kept > 0).exists()
        more = {"asked": line.each * line.quantity, "agreed": line.agreed, "granted": line.granted, "lowered": lowered}
        yield Event(line.decided_at, "decided", more=more)


def _noticed(line: Line) -> Iterator[Event]:
    if line.notice_id is None:
        return
    hung_by = Person.alias()
    notice = (
        Notice.select(Notice, Person, hung_by)
        .join(Person, on=Notice.opened_by)
        .switch(Notice)
        .join(hung_by, "LEFT OUTER JOIN", on=Notice.hung_by)
        .where(Notice.id == line.notice_id)
        .get()
    )
    more = {"number": notice.number, "id": notice.id, "closes_at": notice.closes_at}
    yield Event(notice.opened_at, "gathered", notice.opened_by.name, more=more)
    if notice.hung_at is not None:
        shown = photos.of("notice", [notice.id]).get(notice.id, [])
        yield Event(notice.hung_at, "hung", notice.hung_by.name, more=more, photos=shown)


def _objected(line: Line, *, unnamed: bool) -> Iterator[Event]:
    answerer = Person.alias()
    objections = list(
        Objection.select(Objection, Person, answerer)
        .join(Person, on=Objection.raised_by)
        .switch(Objection)
        .join(answerer, "LEFT OUTER JOIN", on=Objection.answered_by)
        .where(Objection.line == line)
        .order_by(Objection.id)
    )
    shown = photos.of("objection", [objection.id for objection in objections])
    for objection in objections:
        if unnamed:
            yield Event(objection.raised_at, "objected", more={"due_at": objection.due_at})
        else:
            more = {"due_at": objection.due_at, "id": objection.id, "channel": objection.channel}
            more |= {"on_behalf_of": objection.on_behalf_of}
            seen = shown.get(objection.id, [])
            yield Event(objection.raised_at, "objected", objection.raised_by.name, objection.text, more, seen)
        if objection.risen_at is not None:
            yield Event(objection.risen_at, "risen")
        if objection.answer is not None:
            more = {"answer": objection.answer, "kept": objection.kept}
            yield Event(objection.answered_at, "answered", objection.answered_by.name, objection.reason, more)


def _posted(line: Line) -> Iterator[Event]:
    if line.posted_at is not None:
        transfer = Transfer.get_or_none(Transfer.key == f"line:{line.id}")
        points = line.granted if transfer is None else transfer.points
        more = {"points": points, "transfer": transfer and transfer.id}
        yield Event(line.posted_at, "posted", more=more)
    corrections = Correction.select(Correction, Person, Notice).join(Person, on=Correction.made_by).switch(Correction)
    corrections = corrections.join(Notice, "LEFT OUTER JOIN").where(Correction.line == line)
    for correction in corrections.order_by(Correction.id):
        number = correction.notice.number if correction.notice_id else None
        more = {"points": correction.points, "number": number, "id": correction.notice_id}
        yield Event(correction.made_at, "put_right", correction.made_by.name, correction.reason, more)
