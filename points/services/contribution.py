"""Recording what people did: one sheet of a roster for a team, frozen as the rule book reads that day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from peewee import chunked

from points import access, db, photos, recording, roster
from points.calendar import local_date
from points.errors import (
    N_,
    AlreadyDone,
    ItemNotInForce,
    JudgesNeeded,
    NobodyNamed,
    NotAllowed,
    NotFound,
    NothingNew,
    NothingScored,
    OwnHouseholdNamed,
    PersonTwice,
    QuantityRange,
    RosterHasErrors,
    ScoreMissing,
    ScoreRange,
    SeenBefore,
    TooManyPhotos,
)
from points.judging import RECORDERS, wrong_state
from points.keys import verb
from points.models.contribution import Contribution, Line, Score
from points.models.people import Household, Person
from points.models.photos import Upload
from points.models.rules import RuleItem
from points.photos import Picture
from points.recording import MOST_TIMES, NOTE_LENGTH
from points.texts import optional, required

JUDGES = 3
_BATCH = 500


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
    pictures: Sequence[Picture] = (),
    again: bool = False,
    revises: int | None = None,
) -> int:
    """Record that *people* did the item on the local *day*, *quantity* times each; return the contribution's id.

    *again*: it is another time than the one already recorded, which else is `SeenBefore`. *revises*: a line of the
    recorder's that was returned; its photos come along unless there are new ones. Raises `NoRuleBook`,
    `ItemNotInForce`, `NotForReporter`, `FutureDay`, `TooLongAgo`, `QuantityRange`, `NobodyNamed`, `PersonTwice`,
    `TooManyPhotos`, `AlreadyDone` for a line taken up before, and `OwnHouseholdNamed`: nobody records for the own
    household or kin. `NotFound` for people outside the areas covered.
    """
    item = _item(actor, village_id, item_id, day, now)
    if not 1 <= quantity <= MOST_TIMES:
        raise QuantityRange(limit=MOST_TIMES)
    note = optional(note, N_("说明"), NOTE_LENGTH)
    team = _team(actor, village_id, people)
    earlier = recording.take_up(revises, actor) if revises else None
    if not again:
        _require_new(team, item, day)
    sheet = Contribution.create(village=village_id, item=item, day=day, note=note, recorded_by=actor, recorded_at=now)
    frozen = recording.frozen(sheet, item, quantity=quantity)
    lines = [frozen | {"person": person, "household": person.household_id, "revises": None} for person in team]
    if earlier:
        same = next((line for line in lines if line["person"].id == earlier.person_id), lines[0])
        same["revises"] = earlier
    Line.insert_many(lines).execute()
    _keep(pictures, sheet, actor, now, earlier)
    return int(sheet.id)


@verb("contribution.inspect")
def inspect(
    *,
    key: str,
    actor: Person,
    now: datetime,
    village_id: int,
    lane_id: int,
    item_id: int,
    day: date,
    judges: list[int],
    scores: list[tuple[int, list[int | None]]],
    note: str,
    pictures: Sequence[Picture] = (),
    again: bool = False,
) -> int:
    """Record an inspection round of a lane, three judges' scores from 0 to the item's points; return its id.

    *scores*: a household's id and the score of each judge in the order of *judges*, None for none. Each household gets
    a line of the average, rounded half up, in the name of its first person; an average of 0 gives none. What a judge
    says of the own household or kin does not count. Raises `JudgesNeeded`, `ScoreRange`, `ScoreMissing`,
    `NothingScored`, and what `record` raises.
    """
    access.require(actor, *RECORDERS, area_id=lane_id)
    if access.village_of(lane_id) != village_id:
        raise NotFound()
    item = _item(actor, village_id, item_id, day, now)
    if item.effect != "points":
        raise ItemNotInForce()
    note = optional(note, N_("说明"), NOTE_LENGTH)
    jury = _jury(village_id, judges)
    given = {household_id: said for household_id, said in scores if any(score is not None for score in said)}
    heads = _heads(actor, lane_id, list(given))
    counted = {id_: _counted(said, heads[id_], jury, item.points) for id_, said in given.items()}
    worth = {id_: average for id_, said in counted.items() if (average := _average(list(said.values())))}
    if not worth:
        raise NothingScored()
    if not again:
        _require_new([heads[id_] for id_ in worth], item, day)
    sheet = Contribution.create(village=village_id, item=item, day=day, note=note, recorded_by=actor, recorded_at=now)
    frozen = recording.frozen(sheet, item, quantity=1)
    Line.insert_many(
        [frozen | {"person": heads[id_], "household": id_, "each": average} for id_, average in worth.items()]
    ).execute()
    made = Line.select(Line.id, Line.household).where(Line.contribution == sheet).order_by(Line.id)
    rows = [
        {"line": line.id, "judge": judge_id, "points": score}
        for line in made
        for judge_id, score in counted[line.household_id].items()
    ]
    Score.insert_many(rows).execute()
    _keep(pictures, sheet, actor, now)
    return int(sheet.id)


@verb("contribution.upload")
def upload(*, key: str, actor: Person, now: datetime, village_id: int, file_name: str, rows: str) -> int:
    """Keep the *rows* that `roster.read` found, for a preview; return the upload's id. Older ones of one's own go."""
    access.require_inside(actor, *RECORDERS, village_id=village_id)
    made = Upload.create(
        village=village_id,
        kind="contributions",
        file_name=file_name[-80:],
        rows=rows,
        uploaded_by=actor,
        uploaded_at=now,
    )
    return int(made.id)


@verb("contribution.import_rows")
def import_rows(*, key: str, actor: Person, now: datetime, upload_id: int, again: bool = False) -> int:
    """Take in a roster that was uploaded: one contribution for each day, item and note; all or nothing, and once.

    What was recorded before, or comes twice, is left out unless *again*. Returns the upload's id. Raises
    `RosterHasErrors`, `AlreadyDone`, `NothingNew` when nothing is left, `NotFound` for another's or one of yesterday.
    """
    mine = (Upload.id == upload_id) & (Upload.kind == "contributions") & (Upload.uploaded_by == actor)
    found = Upload.get_or_none(mine, Upload.uploaded_at > now - roster.KEPT_FOR)
    if found is None:
        raise NotFound()
    access.require_inside(actor, *RECORDERS, village_id=found.village_id)
    if not Upload.update(rows="").where(mine, Upload.rows != "").execute():
        raise AlreadyDone()
    entries = roster.match(found.rows, village_id=found.village_id, recorder=actor, now=now)
    if wrong := [entry for entry in entries if entry.errors]:
        raise RosterHasErrors(n=len(wrong), row=wrong[0].number)
    recording.hold({entry.person.id for entry in entries if entry.person})
    roster.mark_twice(entries, found.village_id)  # what others recorded meanwhile
    entries = [entry for entry in entries if again or entry.twice is None]
    if not entries:
        raise NothingNew()
    sheets = _sheets(entries, village_id=found.village_id, actor=actor, now=now)
    _insert(
        recording.frozen(sheets[_sheet(entry)], entry.item, quantity=entry.quantity)
        | {"person": entry.person, "household": entry.person.household}
        for entry in entries
        if entry.item and entry.person
    )
    return upload_id


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


def _item(actor: Person, village_id: int, item_id: int, day: date, now: datetime) -> RuleItem:
    """Return the item that *actor* may record for the local *day*."""
    access.require_inside(actor, *RECORDERS, village_id=village_id)
    reporter = "committee" if access.holds(actor, ("committee",), village_id) else "steward"
    item = recording.item_in_force(village_id, item_id, day, reporter=reporter)
    recording.require_day(day, local_date(now))
    return item


def _require_new(team: Sequence[Person], item: RuleItem, day: date) -> None:
    """Refuse what was recorded before: the same person, item and day."""
    recording.hold(person.id for person in team)
    seen = {line.person_id for line in recording.seen_before([person.id for person in team], item.code, day)}
    for person in team:
        if person.id in seen:
            raise SeenBefore(person=person.name, item=item.name)


def _keep(
    pictures: Sequence[Picture], sheet: Contribution, actor: Person, now: datetime, earlier: Line | None = None
) -> None:
    """Keep the photos of a sheet; those of the line that it takes up again come along unless there are new ones."""
    if earlier and not pictures:
        pictures = photos.again("contribution", earlier.contribution_id)
    if len(pictures) > photos.MOST:
        raise TooManyPhotos(limit=photos.MOST)
    if pictures:
        photos.keep(
            pictures,
            village_id=sheet.village_id,
            subject_type="contribution",
            subject_id=sheet.id,
            actor=actor,
            now=now,
            apart_from=earlier.contribution_id if earlier else None,
        )


# --- inspection rounds ----------------------------------------------------------------------------------------------


def _jury(village_id: int, ids: list[int]) -> dict[int, set[int]]:
    """Return the three judges, each with the households that they keep away from."""
    people = Person.select().where(Person.id.in_(ids), Person.active, Person.area.in_(access.below(village_id)))
    found = {person.id: access.related_households(person) for person in people}
    if found.keys() != set(ids):
        raise NotFound()
    if len(ids) != JUDGES or len(found) != JUDGES:
        raise JudgesNeeded(n=JUDGES)
    return {id_: found[id_] for id_ in ids}


def _heads(actor: Person, lane_id: int, household_ids: list[int]) -> dict[int, Person]:
    """Return the first person of each of these households of the lane, which *actor* may act for."""
    people = (
        Person.select(Person, Household)
        .join(Household)
        .where(Household.id.in_(household_ids), Household.area == lane_id, Household.active, Person.active)
        .order_by(Household.id, Person.id)
    )
    heads: dict[int, Person] = {}
    for person in people:
        heads.setdefault(person.household.id, person)
    if heads.keys() != set(household_ids):
        raise NotFound()
    related = access.related_households(actor)
    for household_id, head in heads.items():
        if household_id in related:
            raise OwnHouseholdNamed(person=head.name)
    return heads


def _counted(said: Sequence[int | None], head: Person, jury: dict[int, set[int]], most: int) -> dict[int, int]:
    """Return the scores of a household that count, by judge: of all who are not related to it."""
    counted = {}
    for place, (judge_id, related) in enumerate(jury.items()):
        if head.household_id in related:
            continue
        score = said[place] if place < len(said) else None
        if score is None:
            raise ScoreMissing(household=head.household.number)
        if not 0 <= score <= most:
            raise ScoreRange(most=most)
        counted[judge_id] = score
    return counted


def _average(scores: Sequence[int]) -> int:
    """Return the average, rounded half up; 0 of none."""
    return (2 * sum(scores) + len(scores)) // (2 * len(scores)) if scores else 0


# --- rosters --------------------------------------------------------------------------------------------------------


def _sheet(entry: roster.Entry) -> tuple[Any, ...]:
    """Return what entries of one sheet have in common."""
    return entry.day, entry.item and entry.item.id, entry.note


def _sheets(
    entries: Sequence[roster.Entry], *, village_id: int, actor: Person, now: datetime
) -> dict[tuple[Any, ...], Contribution]:
    """Create a contribution for each day, item and note of the entries, in their order."""
    rows = [
        {"village": village_id, "item": item, "day": day, "note": note, "recorded_by": actor, "recorded_at": now}
        for day, item, note in dict.fromkeys(map(_sheet, entries))
    ]
    made: dict[tuple[Any, ...], Contribution] = {}
    for batch in chunked(rows, _BATCH):
        for sheet in Contribution.insert_many(batch).returning(Contribution):
            made[sheet.day, sheet.item_id, sheet.note] = sheet
    return made


def _insert(lines: Iterable[dict[str, Any]]) -> None:
    """Insert lines as `Line.insert_many` does, which takes a third of a second for each thousand."""
    fields = [field for field in Line._meta.sorted_fields if field.name != "id"]
    row = f"({', '.join('?' * len(fields))})"
    into = f"INSERT INTO line ({', '.join(field.column_name for field in fields)}) VALUES "
    for batch in chunked(lines, _BATCH):
        values = [field.db_value(line.get(field.name, field.default)) for line in batch for field in fields]
        db.execute(into + ", ".join([row] * len(batch)), values)
