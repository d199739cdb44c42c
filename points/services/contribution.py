"""Recording what people did: one sheet of a roster for a team, frozen as the rule book reads that day."""

from __future__ import annotations

from datetime import date, datetime

from points import access, recording
from points.calendar import local_date
from points.errors import (
    N_,
    NobodyNamed,
    NotAllowed,
    NotFound,
    OwnHouseholdNamed,
    PersonTwice,
    QuantityRange,
)
from points.judging import RECORDERS, wrong_state
from points.keys import verb
from points.models.contribution import Contribution, Line
from points.models.people import Household, Person
from points.recording import MOST_TIMES, NOTE_LENGTH
from points.texts import optional, required


@verb("contribution.record")
def record(
    *,
    key: str,
    actor: Person,
    now: datetime,
    village_id: int,
    item_id: int,
    day: date,
    people: list[int],
    quantity: int,
    note: str,
) -> int:
    """Record that *people* did the item on the local *day*, *quantity* times each; return the contribution's id.

    Raises `NoRuleBook`, `ItemNotInForce`, `FutureDay`, `TooLongAgo`, `QuantityRange`, `NobodyNamed`, `PersonTwice`, and
    `OwnHouseholdNamed`: nobody records for the own household or kin. `NotFound` for people outside the areas covered.
    """
    access.require_inside(actor, *RECORDERS, village_id=village_id)
    reporter = "committee" if access.holds(actor, ("committee",), village_id) else "steward"
    item = recording.item_in_force(village_id, item_id, day, reporter=reporter)
    recording.require_day(day, local_date(now))
    if not 1 <= quantity <= MOST_TIMES:
        raise QuantityRange(limit=MOST_TIMES)
    note = optional(note, N_("说明"), NOTE_LENGTH)
    team = _team(actor, village_id, people)
    sheet = Contribution.create(village=village_id, item=item, day=day, note=note, recorded_by=actor, recorded_at=now)
    frozen = recording.frozen(sheet, item, quantity=quantity)
    Line.insert_many([frozen | {"person": person, "household": person.household_id} for person in team]).execute()
    return int(sheet.id)


@verb("contribution.withdraw")
def withdraw(*, key: str, actor: Person, now: datetime, line_id: int, reason: str) -> int:
    """Take a line back while nobody has checked it; only its recorder may. Raises `WrongState` once it moved on."""
    reason = required(reason, N_("理由"), 120)
    line = Line.get_or_none(Line.id == line_id)
    if line is None:
        raise NotFound()
    if line.recorded_by_id != actor.id:
        access.require_inside(actor, village_id=line.village_id)  # 404 for strangers to the village
        raise NotAllowed()
    still = (Line.id == line_id) & (Line.state == "recorded")
    if not Line.update(state="withdrawn", refusal=reason, decided_at=now).where(still).execute():
        raise wrong_state(line)
    return line_id


def _team(actor: Person, village_id: int, ids: list[int]) -> list[Person]:
    """Load the people in the order given, all of them in households that *actor* covers and may act for."""
    if not ids:
        raise NobodyNamed()
    found = {
        person.id: person
        for person in Person.select(Person, Household)
        .join(Household)
        .where(
            Person.id.in_(ids),
            Person.active,
            Household.active,
            Household.village == village_id,
            Household.area.in_(access.covered_areas(actor, *RECORDERS)),
        )
    }
    if not found.keys() >= set(ids):
        raise NotFound()
    seen: set[int] = set()
    related = access.related_households(actor)
    for id_ in ids:
        if id_ in seen:
            raise PersonTwice(person=found[id_].name)
        if found[id_].household_id in related:
            raise OwnHouseholdNamed(person=found[id_].name)
        seen.add(id_)
    return [found[id_] for id_ in ids]
