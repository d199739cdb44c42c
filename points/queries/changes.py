"""Reads of changes of households 户的变动: one of them, those of a household, those of a village."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from peewee import fn

from points import access, db
from points.errors import NotFound
from points.models.changes import ChangePerson, HouseholdChange
from points.models.people import Household, Person
from points.models.rules import RuleBook

READERS = ("steward", "committee", "supervisor", "admin")
"""Who reads a change, over the place that people leave or over the one to which they come."""
PAGE = 50
WHOLE = ("merge", "move_household")
"""The kinds that everybody goes along with."""

_CHANGE = """
    SELECT change.id, change.kind, change.state, change.day, change.reason, change.points,
        source.id, source.number, leaving.id, leaving.name, source.area_id,
        target.id, COALESCE(target.number, change.number), coming.id, coming.name, COALESCE(target.area_id, place.id),
        place.name, change.address, proposer.id, proposer.name, change.proposed_at,
        decider.name, change.decided_at, change.answer
    FROM household_change AS change
    JOIN household AS source ON source.id = change.source_id
    JOIN area AS leaving ON leaving.id = source.village_id
    LEFT JOIN household AS target ON target.id = change.target_id
    LEFT JOIN area AS place ON place.id = change.area_id
    JOIN area_ancestor AS above ON above.descendant_id = COALESCE(target.area_id, change.area_id)
    JOIN area AS coming ON coming.id = above.ancestor_id AND coming.kind = 'village'
    JOIN person AS proposer ON proposer.id = change.proposed_by_id
    LEFT JOIN person AS decider ON decider.id = change.decided_by_id
"""
_TOUCHING = """
    SELECT id FROM household_change WHERE village_id = ?
    UNION SELECT into_it.id FROM household JOIN household_change AS into_it ON into_it.target_id = household.id
    WHERE household.village_id = ?
    UNION SELECT into_it.id FROM area_ancestor JOIN household_change AS into_it ON into_it.area_id = descendant_id
    WHERE ancestor_id = ? AND into_it.target_id IS NULL
"""
_TO_CONFIRM = """
    SELECT DISTINCT change.id FROM household_change AS change
    LEFT JOIN household AS target ON target.id = change.target_id
    JOIN area_ancestor AS above ON above.descendant_id = COALESCE(target.area_id, change.area_id)
    JOIN role ON role.area_id = above.ancestor_id AND role.kind IN ('committee', 'supervisor', 'admin')
        AND role.confirmed_at IS NOT NULL AND role.ended_at IS NULL
    WHERE change.state = 'proposed' AND change.proposed_by_id <> ? AND role.person_id = ? ORDER BY change.id
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A change in full; a target without an id is yet to be founded, or the same household in another lane."""

    id: int
    kind: str
    state: str
    day: date
    reason: str
    points: int
    source_id: int
    source_number: str
    source_village_id: int
    source_village: str
    source_area_id: int
    target_id: int | None
    target_number: str
    target_village_id: int
    target_village: str
    place_id: int
    place: str | None
    address: str
    proposer_id: int
    proposer: str
    proposed_at: datetime
    decider: str | None
    decided_at: datetime | None
    answer: str
    people: list[str] = field(default_factory=list)

    @property
    def leaves_village(self) -> bool:
        """Whether it leads into another village."""
        return self.source_village_id != self.target_village_id

    @property
    def needs_number(self) -> bool:
        """Whether whoever confirms gives the new household its number."""
        return self.kind == "move_household" and self.leaves_village and self.target_id is None

    @property
    def takes_all(self) -> bool:
        """Whether everything of the household goes along, and it rests from then on."""
        return self.kind == "merge" or (self.kind == "move_household" and self.leaves_village)


def change(change_id: int) -> Change:
    """Return one change. Raises `NotFound`; the caller guards by its two places."""
    found = _changes("WHERE change.id = ?", change_id)
    if not found:
        raise NotFound()
    return found[0]


def of_household(household_id: int) -> list[Change]:
    """Return the changes that a household came from or went into, done or waiting, the newest first."""
    sql = "WHERE (change.source_id = ? OR change.target_id = ?) AND change.state IN ('proposed', 'done')"
    return _changes(f"{sql} ORDER BY change.id DESC", household_id, household_id)


def of_village(village_id: int, *, waiting: bool) -> list[Change]:
    """Return the changes out of a village or into it: those that wait for a second person, or the newest others."""
    state = "change.state = 'proposed'" if waiting else "change.state <> 'proposed'"
    sql = f"WHERE change.id IN ({_TOUCHING}) AND {state} ORDER BY change.id + 0 DESC LIMIT ?"
    return _changes(sql, village_id, village_id, village_id, PAGE)  # + 0: not along all there ever were


def count_waiting(village_id: int) -> int:
    """Count the changes out of a village or into it that wait for a second person."""
    return len(of_village(village_id, waiting=True))


def to_confirm(person: Person) -> list[int]:
    """Return the changes that wait for a second person such as *person*."""
    rows = db.execute(_TO_CONFIRM, (person.id, person.id)).fetchall()
    return [row[0] for row in rows]


def earlier(person: Person) -> list[Household]:
    """Return the households that rest and from which *person* came: their history stays readable to who lived there."""
    went = (ChangePerson.person == person) & (HouseholdChange.state == "done") & HouseholdChange.kind.in_(WHOLE)
    query = Household.select().join(HouseholdChange, on=HouseholdChange.source).join(ChangePerson)
    return list(query.where(went, ~Household.active).order_by(Household.id.desc()))


def one_earlier(person: Person, household_id: int) -> Household:
    """Return one of the `earlier` households. Raises `NotFound`."""
    for household in earlier(person):
        if household.id == household_id:
            return household
    raise NotFound()


def find(village_id: int, number: str) -> int | None:
    """Return the id of the standing household of a village by its number, leading zeros or not."""
    plain = number.strip().lstrip("0")
    numbered = fn.LTRIM(Household.number, "0") == plain
    found = Household.get_or_none(Household.village == village_id, numbered, Household.active)
    return found.id if found is not None and plain else None


def worth_fen(village_id: int) -> int:
    """Return what a point is worth in a village, in fen."""
    book = RuleBook.get_or_none(RuleBook.area == village_id, RuleBook.state == "adopted")
    return int(book.worth_fen) if book is not None else 100


def reads(reader: Person, found: Change) -> bool:
    """Tell whether *reader* may read a change: who keeps or oversees one of its two places."""
    return any(access.holds(reader, READERS, area_id) for area_id in (found.source_area_id, found.place_id))


def _changes(where: str, *values: Any) -> list[Change]:
    rows = db.execute(f"{_CHANGE} {where}", values).fetchall()
    found = {}
    for row in rows:
        cells = list(row)
        cells[3], cells[20] = db.day(cells[3]), db.moment(cells[20])
        cells[22] = db.moment(cells[22]) if cells[22] is not None else None
        found[cells[0]] = Change(*cells)
    sql = """
        SELECT change_person.change_id, person.name FROM change_person
        JOIN person ON person.id = change_person.person_id
        WHERE change_person.change_id IN (SELECT {0} FROM {rows}) ORDER BY person.id
    """
    for change_id, name in db.rows(sql, [[id_] for id_ in found]) if found else ():
        found[change_id].people.append(name)
    return list(found.values())
