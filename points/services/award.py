"""Putting a posted award right: the whole by a counter-entry 冲正, or a part by a correction 更正; never by editing.

Either is a `Correction` that hangs on the village's next notice.
"""

from __future__ import annotations

from datetime import datetime

from points import access, caps, judging, ledger
from points.db import database
from points.errors import N_, AlreadyReversed, DeductsCivility, InsufficientPoints, QuantityRange
from points.judging import require_free_hand, wrong_state
from points.keys import verb
from points.models.contribution import Correction, Line
from points.models.ledger import TakenBack, Transfer
from points.models.people import Person
from points.texts import required


@verb("award.reverse")
def reverse(*, key: str, actor: Person, now: datetime, line_id: int, reason: str) -> int:
    """Take back all that is left of a line's award; what the household has spent is owed. Return the transfer's id.

    The line's room in the caps is free again. A committee member who took no step on the line may, unrelated to the
    household. Raises `WrongState` unless it is posted, `DeductsCivility`.
    """
    reason = required(reason, N_("理由"), 120)
    line, award, left = _posted(actor, line_id)
    _close(line)
    _tell(line, left, reason, actor=actor, now=now)
    try:
        if left < award.points:
            raise AlreadyReversed()
        with database.atomic():
            return ledger.reverse(award.id, key=f"reverse:{key}", actor_id=actor.id, reason=reason, now=now)
    except (InsufficientPoints, AlreadyReversed):  # partly spent, or partly corrected before
        return ledger.correct(award.id, left, key=f"correct:{key}", actor_id=actor.id, reason=reason, now=now)


@verb("award.correct")
def correct(*, key: str, actor: Person, now: datetime, line_id: int, points: int, reason: str) -> int:
    """Take *points* of a line's award back; what the household has spent is owed. Return the first transfer's id.

    When nothing is left of the award the line counts as reversed. Raises `TakesBackTooMuch`, `WrongState`,
    `DeductsCivility`.
    """
    reason = required(reason, N_("理由"), 120)
    line, award, left = _posted(actor, line_id)
    if points < 1:
        raise QuantityRange(limit=left)
    done = ledger.correct(award.id, points, key=f"correct:{key}", actor_id=actor.id, reason=reason, now=now)
    if points == left:
        _close(line)
    _tell(line, points, reason, actor=actor, now=now)
    return done


def _posted(actor: Person, line_id: int) -> tuple[Line, Transfer, int]:
    """Return a posted line that *actor* may put right, held against others; its award, and how much of it is left."""
    line = judging.line(line_id)
    access.require(actor, "committee", area_id=line.household.area_id)
    require_free_hand(actor, line, judging.steps_of(line))
    if line.effect != "points":
        raise DeductsCivility()
    if not Line.update(posted_at=Line.posted_at).where(Line.id == line_id, Line.state == "posted").execute():
        raise wrong_state(line)
    award = Transfer.get(Transfer.key == f"line:{line_id}")
    taken = TakenBack.get_or_none(TakenBack.transfer == award)
    return line, award, award.points - (taken.points if taken is not None else 0)


def _close(line: Line) -> None:
    moved = Line.update(state="reversed").where(Line.id == line.id, Line.state == "posted").execute()
    assert moved, "the line is held and posted"
    caps.give_back_for(line)


def _tell(line: Line, points: int, reason: str, *, actor: Person, now: datetime) -> None:
    """Keep for the next notice that *points* of *line* were taken back, owed ones included."""
    Correction.create(line=line, village=line.village_id, points=points, reason=reason, made_by=actor, made_at=now)
