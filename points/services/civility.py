"""Giving civility 文明分 back: what a posted line deducted is restored when it has been put right."""

from __future__ import annotations

from datetime import datetime

from points import access, judging
from points.errors import N_, EarnsPoints
from points.judging import require_free_hand, wrong_state
from points.keys import verb
from points.models.contribution import CivilityEntry, Correction, Line
from points.models.people import Person
from points.texts import required


@verb("civility.restore")
def restore(*, key: str, actor: Person, now: datetime, line_id: int, reason: str) -> int:
    """Give back, in the year of the act, all that a posted line deducted; return the new entry's id.

    A committee member who took no step on the line may, unrelated to the household. It hangs on the next notice. Raises
    `WrongState` unless the line is posted, `EarnsPoints`.
    """
    reason = required(reason, N_("理由"), 120)
    line = judging.line(line_id)
    access.require(actor, "committee", area_id=line.household.area_id)
    require_free_hand(actor, line, judging.steps_of(line))
    if line.effect != "civility":
        raise EarnsPoints()
    if not Line.update(state="reversed").where(Line.id == line_id, Line.state == "posted").execute():
        raise wrong_state(line)
    deducted = CivilityEntry.get(CivilityEntry.line == line_id)
    entry = CivilityEntry.create(
        household=deducted.household_id,
        year=deducted.year,
        change=-deducted.change,
        line=line_id,
        reason=reason,
        recorded_by=actor,
        recorded_at=now,
    )
    Correction.create(
        line=line_id, village=line.village_id, points=-deducted.change, reason=reason, made_by=actor, made_at=now
    )
    return int(entry.id)
