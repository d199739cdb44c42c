"""Judging what was recorded: the first check 初审, then the council's voices 评议, by three different people.

Both verbs take a list of lines and are all or nothing. Every step is a conditional update, so that of two people who
judge the same line at once, one is told that it has moved on. Lines are locked in the order of their ids, caps after.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from points import access, caps, judging
from points.errors import N_, AlreadyDone, CapFull, NotAllowed, NotFound, NothingChosen
from points.judging import CHECKERS, require_free_hand, wrong_state
from points.keys import verb
from points.models.areas import VillageSetting
from points.models.contribution import Line, Voice
from points.models.people import Person
from points.texts import optional, required


@verb("review.check")
def check(*, key: str, actor: Person, now: datetime, line_ids: list[int], passes: bool, reason: str) -> int:
    """Check 初审 recorded lines: pass them to the council, or refuse them with a reason; return the first line's id.

    A line that passes freezes how many voices it needs: the village's number, or the township reviewer's one when too
    few unrelated council members are left. Raises `SamePerson` for the recorder, `OwnHouseholdNamed`, `WrongState`.
    """
    reason = _reason(reason, required_=not passes)
    lines = _lines(line_ids)
    for area_id in sorted({line.household.area_id for line in lines}):
        access.require(actor, *CHECKERS, area_id=area_id)
    councils = {village_id: judging.council(village_id) for village_id in {line.village_id for line in lines}}
    settings = _settings(lines)
    for line in lines:
        require_free_hand(actor, line, {line.recorded_by_id})
        change = Line.update(state="refused", refusal=reason, checked_by=actor, checked_at=now, decided_at=now)
        if passes:
            needed = settings[line.village_id].council_voices
            township = judging.too_few(councils[line.village_id], line, needed, actor.id)
            voices = 1 if township else needed
            change = Line.update(
                state="checked", checked_by=actor, checked_at=now, voices_needed=voices, by_township=township
            )
        if not change.where(Line.id == line.id, Line.state == "recorded").execute():
            raise wrong_state(line)
    return int(lines[0].id)


@verb("review.decide")
def decide(*, key: str, actor: Person, now: datetime, line_ids: list[int], approves: bool, reason: str) -> int:
    """Give one voice 评议 to each of the checked lines; the last voice needed decides; return the first line's id.

    A line approved takes what room the caps leave, in part if need be; without any it is refused. The township's
    reviewer decides alone. Raises `SamePerson` for recorder and checker, `OwnHouseholdNamed`, `AlreadyDone` for a
    second voice, `WrongState`.
    """
    reason = _reason(reason, required_=not approves)
    lines = _lines(line_ids)
    outcome: list[tuple[Line, bool]] = []
    for line in lines:
        alone = _decides_alone(actor, line)
        require_free_hand(actor, line, {line.recorded_by_id, line.checked_by_id})
        still = (Line.id == line.id) & (Line.state == "checked") & (Line.voices < Line.voices_needed)
        counted = list(Line.update(voices=Line.voices + 1).where(still).returning(Line.voices))
        said = Voice.select().where(Voice.line == line, Voice.person == actor).exists()
        if said:
            raise AlreadyDone()
        if not counted:
            raise wrong_state(line)
        verdict, points = ("approve", line.each * line.quantity) if approves else ("refuse", 0)
        Voice.create(line=line, person=actor, verdict=verdict, points=points, reason=reason, said_at=now)
        if alone:
            outcome.append((line, approves))
        elif counted[0].voices == line.voices_needed:
            voices = Voice.select().where(Voice.line == line, Voice.points > 0).count()
            outcome.append((line, 2 * voices > line.voices_needed))
    _settle(outcome, now=now)
    return int(lines[0].id)


def _settle(outcome: list[tuple[Line, bool]], *, now: datetime) -> None:
    """Move decided lines on, each approval with the room it gets."""
    approved = [line for line, approves in outcome if approves]
    for line in approved:
        line.agreed = line.each * line.quantity
    monthly_caps = {id_: setting.monthly_cap for id_, setting in _settings(approved).items()}
    rooms = caps.take_for(approved, monthly_caps)
    for line, approves in outcome:
        if approves and rooms[line.id].points:
            room = rooms[line.id]
            change = Line.update(
                state="approved", agreed=line.agreed, granted_quantity=room.times, granted=room.points, decided_at=now
            )
        else:
            refusal = CapFull.sentence if approves else _said_against(line)
            change = Line.update(state="refused", refusal=refusal, decided_at=now)
        moved = change.where(Line.id == line.id, Line.state == "checked").execute()
        assert moved, "a line whose last voice was counted here has moved on"


def _said_against(line: Line) -> str:
    against = Voice.select(Voice.reason).where(Voice.line == line, Voice.points == 0).order_by(Voice.id)
    return "；".join(dict.fromkeys(voice.reason for voice in against))[:120]


def _decides_alone(actor: Person, line: Line) -> bool:
    """Tell whether *actor* decides *line* as the township's reviewer; a council member gives one voice of several.

    A line falls to the township at its check, or later when members have left and the voices cannot be reached.
    """
    if line.by_township:
        access.require(actor, "supervisor", area_id=line.village_id)
        return True
    if access.holds(actor, ("council",), line.village_id):
        return False
    access.require(actor, "supervisor", area_id=line.village_id)
    members = judging.council(line.village_id)
    if not judging.too_few(members, line, line.voices_needed, line.checked_by_id):
        raise NotAllowed()
    return True


def _lines(line_ids: Iterable[int]) -> list[Line]:
    """Load the chosen lines in the order of their ids, with household and person."""
    ids = sorted(set(line_ids))
    if not ids:
        raise NothingChosen()
    lines = list(judging.lines().where(Line.id.in_(ids)).order_by(Line.id))
    if len(lines) != len(ids):
        raise NotFound()
    return lines


def _settings(lines: Iterable[Line]) -> dict[int, VillageSetting]:
    villages = {line.village_id for line in lines}
    found = VillageSetting.select().where(VillageSetting.village.in_(villages))
    return {setting.village_id: setting for setting in found}


def _reason(reason: str, *, required_: bool) -> str:
    return required(reason, N_("理由"), 120) if required_ else optional(reason, N_("理由"), 120)
