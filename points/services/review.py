"""Judging what was recorded: the first check 初审, then the council's voices 评议, by three different people.

Both verbs take any number of lines by a constant number of statements, and are all or nothing. Lines are locked in the
order of their ids, caps after; of two people who judge a line at once, the later is told that it has moved on.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from points import caps, cover, db, judging
from points.errors import (
    N_,
    AlreadyDone,
    CapFull,
    LessPoints,
    NoQuorum,
    NotAllowed,
    NotFound,
    NothingChosen,
    NotPresent,
    NotThere,
    SittingClosed,
)
from points.judging import CHECKERS, wrong_state
from points.keys import verb
from points.models.areas import VillageSetting
from points.models.contribution import VERDICTS, Line, Voice
from points.models.council import Sitting, SittingLine, SittingMember
from points.models.people import Household, Person
from points.texts import optional, required


@verb("review.check")
def check(
    *, key: str, actor: Person, now: datetime, line_ids: list[int], passes: bool, reason: str, returns: bool = False
) -> int:
    """Check 初审 recorded lines: pass them to the council, refuse or return them with a reason; give the first's id.

    Not to pass and *returns*: the recorder may put the lines right and record them again. A line that passes freezes
    how many voices it needs: the item's number, else the village's, or the township reviewer's one when too few
    unrelated council members are left. Raises `SamePerson`, `OwnHouseholdNamed`, `NotThere`, `WrongState`.
    """
    reason = _reason(reason, required_=not passes)
    lines = _lines(line_ids)
    households: Any = Household.select(Household.area).distinct()
    covered = households.where(Household.id.in_(db.among({line.household_id for line in lines})))
    kinds = judging.kinds_over(actor, {area_id for (area_id,) in covered.tuples()})
    if any(held.isdisjoint(CHECKERS) for held in kinds.values()):
        raise NotAllowed()
    earlier = judging.steps_before_council(lines)
    judging.require_free_hands(actor, lines, earlier)
    _require_state(lines, "recorded")
    checked = {"checked_by": actor, "checked_at": now}
    if not passes:
        state = "returned" if returns else "refused"
        _change(lines, "recorded", state=state, refusal=reason, decided_at=now, **checked)
        return int(lines[0].id)
    _require_there(lines)
    settings = _settings(lines)
    councils = judging.councils(settings)
    alike: defaultdict[tuple[int, bool], list[Line]] = defaultdict(list)
    for line in lines:
        needed = line.item_voices or settings[line.village_id].council_voices
        township = judging.too_few(councils[line.village_id], line, needed, earlier[line.id] | {actor.id})
        alike[1 if township else needed, township].append(line)
    for (voices, township), some in alike.items():
        _change(some, "recorded", state="checked", voices_needed=voices, by_township=township, **checked)
    return int(lines[0].id)


@verb("review.decide")
def decide(
    *,
    key: str,
    actor: Person,
    now: datetime,
    line_ids: list[int],
    verdict: str,
    reason: str,
    points: int = 0,
    sitting_id: int | None = None,
) -> int:
    """Give one voice 评议 to each of the checked lines; the last voice needed decides; return the first line's id.

    ``approve`` allows all that was asked, ``change`` *points* of it, ``return`` and ``refuse`` nothing; all but the
    first need a reason. What the voices agree on takes the room that the caps leave, in part if need be; without any it
    is refused. The township's reviewer decides alone. At a sitting only those who came speak, once they are a quorum.
    Raises `SamePerson` for an earlier step, `OwnHouseholdNamed`, `NotThere`, `LessPoints`, `AlreadyDone` for a second
    voice, `WrongState`, `BeyondCover` where the village refuses to give more than its limit.
    """
    assert verdict in VERDICTS
    reason = _reason(reason, required_=verdict != "approve")
    lines = _lines(line_ids)
    earlier = judging.steps_before_council(lines)
    alone = _decided_alone(actor, lines, earlier)
    if sitting_id is not None:
        _require_sitting(sitting_id, actor, lines)
    judging.require_free_hands(actor, lines, earlier)
    if verdict in ("approve", "change"):
        _require_there(lines)
    least = min(line.each * line.quantity for line in lines)
    if verdict == "change" and not 0 < points < least:
        raise LessPoints(least=least)
    if Voice.select().where(Voice.line.in_(db.among(earlier)), Voice.person == actor).exists():
        raise AlreadyDone()
    _require_state(lines, "checked")
    settings = _settings(lines)
    allowed = points if verdict == "change" else 0
    if verdict in ("approve", "change"):
        asked: Counter[int] = Counter()
        for line in lines:
            asked[line.village_id] += (allowed or line.each * line.quantity) if line.effect == "points" else 0
        cover.require_room(settings, asked)
    _change(lines, "checked", voices=Line.voices + 1)
    said = (actor.id, verdict, verdict, allowed, reason, sitting_id, db.microseconds(now), json.dumps(list(earlier)))
    db.execute(_SAY.format(ids=db.set_of_ids()), said)
    last = [line for line in lines if line.id in alone or line.voices + 1 == line.voices_needed]
    _settle(last, {line.id: actor.id for line in last if line.id in alone}, settings, now=now)
    return int(lines[0].id)


def agreed(points: Iterable[int]) -> int:
    """Return the most points that a majority allows, of what each of an odd number of voices allows.

    Of N voices in falling order that is number N // 2, counted from 0: it and all before it allow so much or more.
    """
    falling = sorted(points, reverse=True)
    return falling[len(falling) // 2]


def _settle(
    lines: Sequence[Line], alone: Mapping[int, int], settings: Mapping[int, VillageSetting], *, now: datetime
) -> None:
    """Move lines on whose last voice was given; *alone* names the one person whose voice decides a line."""
    if not lines:
        return
    voices = _voices(lines, alone)
    denied = judging.denied([line.id for line in lines])
    for line in lines:
        line.agreed = agreed(voice.points for voice in voices[line.id])
    approved = [line for line in lines if line.agreed and line.id not in denied]
    rooms = caps.take_for(approved, {id_: setting.monthly_cap for id_, setting in settings.items()})
    outcomes: list[list[int | str]] = []
    for line in lines:
        room = rooms.get(line.id, caps.Room(0, 0))
        if room.points:
            state, refusal = "approved", ""
        elif line.agreed and line.id not in denied:
            state, refusal = "refused", CapFull.sentence
        elif line.agreed:
            state, refusal = "refused", str(NotThere(person=denied[line.id]))
        else:
            state, refusal = _against(voices[line.id])
        outcomes.append([line.id, state, line.agreed, room.times, room.points, refusal, db.microseconds(now)])
    moved = db.rows(_DECIDE, outcomes)
    assert len(moved) == len(lines), "a line whose last voice was counted here has moved on"


class _Voice(NamedTuple):
    person_id: int
    verdict: str
    points: int
    reason: str


def _voices(lines: Sequence[Line], alone: Mapping[int, int]) -> dict[int, list[_Voice]]:
    """Return the voices that count on each line, in the order in which they were given."""
    columns = (Voice.line, Voice.person, Voice.verdict, Voice.points, Voice.reason)
    query: Any = Voice.select(*columns).where(Voice.line.in_(db.among({line.id for line in lines}))).order_by(Voice.id)
    voices: dict[int, list[_Voice]] = {line.id: [] for line in lines}
    for line_id, *said in query.tuples():
        voice = _Voice(*said)
        if alone.get(line_id, voice.person_id) == voice.person_id:
            voices[line_id].append(voice)
    return voices


def _against(voices: Sequence[_Voice]) -> tuple[str, str]:
    """Return the state of a line that the majority is against, and the reasons: returned, if most of them would."""
    against = [voice for voice in voices if not voice.points]
    returning = sum(voice.verdict == "return" for voice in against)
    reasons = "；".join(dict.fromkeys(voice.reason for voice in against))[:120]
    return "returned" if 2 * returning > len(against) else "refused", reasons


_SAY = """
    INSERT INTO voice (line_id, person_id, verdict, points, reason, sitting_id, said_at)
    SELECT id, CAST(? AS BIGINT), CAST(? AS TEXT),
        CASE WHEN CAST(? AS TEXT) = 'approve' THEN each * quantity ELSE CAST(? AS INTEGER) END,
        CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT)
    FROM line WHERE id IN ({ids}) ORDER BY id
"""
_DECIDE = """
    UPDATE line SET state = outcome.state, agreed = outcome.agreed, granted_quantity = outcome.times,
        granted = outcome.points, refusal = outcome.refusal, decided_at = outcome.decided_at
    FROM (SELECT {0} AS id, {1:text} AS state, {2} AS agreed, {3} AS times, {4} AS points, {5:text} AS refusal,
        {6} AS decided_at FROM {rows}) AS outcome
    WHERE line.id = outcome.id AND line.state = 'checked' RETURNING line.id
"""


# --- what is asked before ---------------------------------------------------------------------------------------


def _decided_alone(actor: Person, lines: Sequence[Line], earlier: Mapping[int, set[int]]) -> set[int]:
    """Return the lines that *actor* decides as the township's reviewer; a council member gives one voice of several.

    A line falls to the township at its check, or later when members have left and the voices cannot be reached.
    Raises `NotAllowed` for a line on which *actor* has no voice.
    """
    kinds = judging.kinds_over(actor, {line.village_id for line in lines})
    alone = [line for line in lines if line.by_township or "council" not in kinds[line.village_id]]
    if any("supervisor" not in kinds[line.village_id] for line in alone):
        raise NotAllowed()
    councils = judging.councils({line.village_id for line in alone})
    for line in alone:
        members = councils[line.village_id]
        if not line.by_township and not judging.too_few(members, line, line.voices_needed, earlier[line.id]):
            raise NotAllowed()
    return {line.id for line in alone}


def _require_sitting(sitting_id: int, actor: Person, lines: Sequence[Line]) -> None:
    """Let *actor* speak at a sitting: it is open, *actor* and the quorum are present, *lines* are on its agenda.

    Raises `NotFound`, `SittingClosed`, `NotPresent`, `NoQuorum`.
    """
    if db.is_postgresql():  # nobody closes it meanwhile
        db.execute("SELECT 1 FROM sitting WHERE id = ? FOR SHARE", (sitting_id,))
    sitting = Sitting.get_or_none(Sitting.id == sitting_id)
    on_agenda = SittingLine.line.in_(db.among({line.id for line in lines}))
    if sitting is None or SittingLine.select().where(SittingLine.sitting == sitting, on_agenda).count() < len(lines):
        raise NotFound()
    if sitting.state != "open":
        raise SittingClosed()
    come = SittingMember.present_at.is_null(False)
    present = {seat.person_id for seat in SittingMember.select().where(SittingMember.sitting == sitting, come)}
    if actor.id not in present:
        raise NotPresent()
    if len(present) < sitting.quorum:
        raise NoQuorum(present=len(present), quorum=sitting.quorum)


def _lines(line_ids: Iterable[int]) -> list[Line]:
    """Load and lock the chosen lines in the order of their ids."""
    ids = set(line_ids)
    if not ids:
        raise NothingChosen()
    query = judging.bare_lines().where(Line.id.in_(db.among(ids))).order_by(Line.id)
    lines = list(query.for_update() if db.is_postgresql() else query)
    if len(lines) != len(ids):
        raise NotFound()
    return lines


def _change(lines: Sequence[Line], state_now: str, **changes: object) -> None:
    """Change *lines*, which are locked in *state_now*."""
    ids = {line.id for line in lines}
    changed: Any = Line.update(**changes).where(Line.id.in_(db.among(ids)), Line.state == state_now).returning(Line.id)
    assert {id_ for (id_,) in changed.tuples()} == ids, "a locked line has moved on"


def _require_state(lines: Iterable[Line], state: str) -> None:
    """Raise `WrongState` for a line that has moved on."""
    for line in lines:
        if line.state != state:
            raise wrong_state(line)


def _require_there(lines: Sequence[Line]) -> None:
    """Raise `NotThere` where the person named says not to have been there."""
    for name in judging.denied([line.id for line in lines]).values():
        raise NotThere(person=name)


def _settings(lines: Iterable[Line]) -> dict[int, VillageSetting]:
    villages = {line.village_id for line in lines}
    found = VillageSetting.select().where(VillageSetting.village.in_(db.among(villages)))
    return {setting.village_id: setting for setting in found}


def _reason(reason: str, *, required_: bool) -> str:
    return required(reason, N_("理由"), 120) if required_ else optional(reason, N_("理由"), 120)
