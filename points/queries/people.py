"""Reads of the pages about households and people: confined to the areas that the reader's roles cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from peewee import JOIN, fn

from points import access, db
from points.errors import NotFound
from points.models.areas import Area
from points.models.jobs import Job
from points.models.ledger import Account, AccountType
from points.models.people import Card, Household, Person

READERS = ("steward", "committee", "supervisor", "admin")
"""Who sees households and people by their full names."""
PAGE = 50
RESTING = {"resting": True, "all": None}
"""What the filter of a list of households says, for *resting*; anything else: only those that stand."""
RUNS = 10


@dataclass(frozen=True, slots=True)
class HouseholdRow:
    """A household in a list."""

    id: int
    number: str
    address: str
    area: str
    balance: int
    active: bool = True
    people: list[str] = field(default_factory=list)


def households(
    reader: Person,
    village_id: int,
    *,
    q: str = "",
    area_id: int | None = None,
    after: str = "",
    most: int = PAGE,
    resting: bool | None = False,
) -> tuple[list[HouseholdRow], bool]:
    """Return a page of a village's households by number, after the number *after*, and whether more follow.

    *q* is a number, an address, or the name or pinyin initials of someone who lives there. *resting*: only households
    that another took up; None: these too.
    """
    query = (
        Household.select(
            Household.id,
            Household.number,
            Household.address,
            Area.name.alias("area"),
            Account.balance.alias("balance"),
            Household.active,
        )
        .join(Area, on=(Household.area == Area.id))
        .join(Account, on=((Account.owner_id == Household.id) & (Account.type == AccountType.HOUSEHOLD)))
        .where(Household.village == village_id, Household.area.in_(access.covered_areas(reader, *READERS)))
    )
    q = q.strip()
    if q:
        same = fn.LOWER(Person.initials).startswith(q.lower()) | Person.name.contains(q)
        living = Person.select(Person.household).where(Person.household.is_null(False), Person.active, same)
        numbered = Household.number.startswith(q) | (fn.LTRIM(Household.number, "0") == q.lstrip("0"))
        query = query.where(numbered | Household.address.contains(q) | Household.id.in_(living))
    if area_id:
        query = query.where(Household.area.in_(access.below(area_id)))
    if resting is not None:
        query = query.where(~Household.active if resting else Household.active)
    if after:
        query = query.where(Household.number > after)
    rows: list[Any] = list(query.order_by(Household.number).limit(most + 1).tuples())
    found = [HouseholdRow(*row) for row in rows[:most]]
    by_id: dict[int | None, HouseholdRow] = {row.id: row for row in found}
    for person in _living_in([row.id for row in found]):
        by_id[person.household_id].people.append(person.name)
    return found, len(rows) > most


def next_number(village_id: int) -> str:
    """Suggest the number after a village's largest; nothing when numbers are not digits there."""
    largest = (
        Household.select(Household.number)
        .where(Household.village == village_id)
        .order_by(fn.LENGTH(Household.number).desc(), Household.number.desc())
        .limit(1)
        .scalar()
    )
    if largest is None:
        return "0001"
    return str(int(largest) + 1).zfill(len(largest)) if largest.isascii() and largest.isdigit() else ""


def people_of(household_id: int) -> list[Person]:
    """Return everyone of a household, those who left last."""
    rows = Person.select().where(Person.household == household_id)
    return list(rows.order_by(Person.active.desc(), Person.id))


def search(area_id: int, q: str, *, limit: int = 20) -> list[Person]:
    """Return active people of an area and below by name or pinyin initials, with their household."""
    q = q.strip()
    if not q:
        return []
    ids = access.below(area_id)
    rows = Person.select(Person, Household).join(Household, JOIN.LEFT_OUTER).where(Person.active, Person.area.in_(ids))
    same = Person.name.contains(q) | fn.LOWER(Person.initials).startswith(q.lower())
    return list(rows.where(same).order_by(Person.name, Person.id).limit(limit))


def find(village_id: int, number: str, name: str) -> int | None:
    """Return the id of the person of exactly this name in the household of this number, if there is one."""
    row = (
        Person.select(Person.id)
        .join(Household)
        .where(Household.village == village_id, fn.LTRIM(Household.number, "0") == number.strip().lstrip("0"))
        .where(Person.name == "".join(name.split()), Person.active)
        .order_by(Person.id)
        .first()
    )
    return None if row is None else int(row.id)


@dataclass(frozen=True, slots=True)
class Relative:
    """Someone a person is related to, and who declared it."""

    name: str
    number: str
    relation: str
    declared_by: str


def kin(person_id: int) -> list[Relative]:
    """Return the declared kin of a person, whoever declared it."""
    sql = """
        SELECT other.name, household.number, kin.relation, declarer.name FROM kin
        JOIN person other ON other.id = CASE WHEN kin.person_id = ? THEN kin.relative_id ELSE kin.person_id END
        LEFT JOIN household ON household.id = other.household_id
        JOIN person declarer ON declarer.id = kin.declared_by_id
        WHERE kin.person_id = ? OR kin.relative_id = ? ORDER BY kin.id
    """
    rows = db.execute(sql, (person_id, person_id, person_id)).fetchall()
    return [Relative(name, number or "", relation, declarer) for name, number, relation, declarer in rows]


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card in a list, with whose it is and how it stands."""

    card: Any
    person: Any
    household_number: str
    lane: str

    @property
    def has_pin(self) -> bool:
        """Whether its holder will have a PIN: one of their own, or the one in the folded slip."""
        return bool(self.person.pin_hash or self.card.first_pin_hash)

    @property
    def state(self) -> str:
        """``waiting`` for its hand-over, ``live``, or ``revoked``."""
        if self.card.revoked_at is not None:
            return "revoked"
        return "live" if self.card.handed_at is not None else "waiting"


def cards(*, household_id: int | None = None, person_id: int | None = None, stopped: bool = True) -> list[CardRow]:
    """Return the cards of a household or of a person, newest first; without those that were *stopped*, if asked."""
    where = Person.household == household_id if person_id is None else Person.id == person_id
    return _cards(where) if stopped else _cards(where, Card.revoked_at.is_null())


def cards_lost(area_id: int, *, number: str = "", household_number: str = "", name: str = "") -> list[CardRow]:
    """Return the cards that may be blocked at a shop of *area_id*: by the card's number, or by household and name."""
    who = (
        Card.number == number
        if number
        else (
            (fn.LTRIM(Household.number, "0") == household_number.strip().lstrip("0"))
            & (Person.name == "".join(name.split()))
        )
    )
    return _cards(who, Card.revoked_at.is_null(), Person.area.in_(access.below(area_id)))


def waiting_cards(reader: Person, village_id: int) -> list[CardRow]:
    """Return the cards of a village that are printed and not yet handed over, where the reader may hand them over.

    They are in walking order, by lane and household.
    """
    rows = _cards(
        Card.handed_at.is_null(),
        Card.revoked_at.is_null(),
        Household.village == village_id,
        Person.active,
        Person.area.in_(access.covered_areas(reader, "committee", "steward")),
    )
    return sorted(rows, key=lambda row: (_step(row.person.household.area), row.household_number, row.card.id))


def _step(area: Area) -> tuple[int, int, int]:
    return area.parent_id or 0, area.order, area.id


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody for whom a card can be printed: whether one is held or waits already, and whether a PIN is set."""

    has_card: bool
    has_pin: bool
    id: int
    name: str
    initials: str


@dataclass(frozen=True, slots=True)
class Home:
    """A household of a lane, with its people."""

    id: int
    number: str
    address: str
    people: list[Holder] = field(default_factory=list)

    @property
    def open(self) -> list[Holder]:
        """Those who have no card."""
        return [person for person in self.people if not person.has_card]


def holders(village_id: int, area_id: int) -> list[tuple[str, list[Home]]]:
    """Return everybody of an area of the village and below by lane, in walking order, and by household."""
    sql = """
        SELECT area.id, area.name, household.id, household.number, household.address,
            EXISTS (SELECT 1 FROM card WHERE card.person_id = person.id AND card.revoked_at IS NULL),
            person.pin_hash IS NOT NULL, person.id, person.name, person.initials
        FROM person JOIN household ON household.id = person.household_id JOIN area ON area.id = household.area_id
        LEFT JOIN area AS above ON above.id = area.parent_id
        JOIN area_ancestor ON area_ancestor.descendant_id = area.id AND area_ancestor.ancestor_id = ?
        WHERE household.village_id = ? AND household.active AND person.active
        ORDER BY above.position, above.id, area.position, area.id, household.number, person.id
    """
    lanes: dict[int, tuple[str, dict[int, Home]]] = {}
    for row in db.execute(sql, (area_id, village_id)).fetchall():
        _name, homes = lanes.setdefault(row[0], (row[1], {}))
        homes.setdefault(row[2], Home(*row[2:5])).people.append(Holder(bool(row[5]), bool(row[6]), *row[7:]))
    return [(name, list(homes.values())) for name, homes in lanes.values()]


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run of cards, who printed it, and how many of its cards still wait, work, and were stopped."""

    full_names: bool
    printed_at: datetime
    id: int
    village_id: int
    layout: str
    count: int
    slips: int
    printed_by_id: int
    printed_by: str
    waiting: int
    live: int
    stopped: int


def card_runs(village_id: int) -> list[RunRow]:
    """Return the newest runs of cards of a village."""
    return _runs("card_run.village_id = ?", village_id)


def card_run(run_id: int) -> RunRow:
    """Return a run of cards. Raises `NotFound`; the caller guards by its village."""
    found = _runs("card_run.id = ?", run_id)
    if not found:
        raise NotFound()
    return found[0]


def job_of_run(reader: Person, run_id: int, *, now: datetime) -> Job | None:
    """Return the job whose file holds the sheets of a run, for who printed it and while it is kept."""
    mine = (Job.kind == "cards") & (Job.asked_by == reader) & (Job.outcome == run_id)
    found: Job | None = Job.select().where(mine, Job.file_name != "", Job.keep_until > now).first()
    return found


def cards_in_run(run_id: int) -> list[CardRow]:
    """Return the cards of a run in the order in which they lie on its sheets."""
    return sorted(_cards(Card.run_id == run_id), key=lambda row: int(row.card.id))


def _runs(where: str, value: int) -> list[RunRow]:
    sql = f"""
        SELECT card_run.full_names, card_run.printed_at, card_run.id, card_run.village_id, card_run.layout,
            card_run.count, COUNT(card.first_pin_hash), card_run.printed_by_id, person.name,
            SUM(CASE WHEN card.handed_at IS NULL AND card.revoked_at IS NULL THEN 1 ELSE 0 END),
            SUM(CASE WHEN card.handed_at IS NOT NULL AND card.revoked_at IS NULL THEN 1 ELSE 0 END),
            SUM(CASE WHEN card.revoked_at IS NOT NULL THEN 1 ELSE 0 END)
        FROM (SELECT * FROM card_run WHERE {where} ORDER BY id DESC LIMIT {RUNS}) AS card_run
        JOIN card ON card.run_id = card_run.id JOIN person ON person.id = card_run.printed_by_id
        GROUP BY card_run.id, card_run.village_id, card_run.layout, card_run.count, card_run.full_names,
            card_run.printed_at, card_run.printed_by_id, person.name ORDER BY card_run.id DESC
    """
    rows = db.execute(sql, (value,)).fetchall()
    return [RunRow(bool(row[0]), db.moment(row[1]), *row[2:]) for row in rows]


def card(card_id: int) -> CardRow:
    """Return one card. Raises `NotFound`; the caller guards by its person's area."""
    found = _cards(Card.id == card_id)
    if not found:
        raise NotFound()
    return found[0]


def _cards(*where: Any) -> list[CardRow]:
    rows = Card.select(Card, Person, Household, Area).join(Person, on=(Card.person == Person.id)).join(Household)
    rows = rows.join(Area, on=(Household.area == Area.id)).where(*where).order_by(Card.id.desc())
    return [CardRow(row, row.person, row.person.household.number, row.person.household.area.name) for row in rows]


def _living_in(household_ids: Sequence[int]) -> list[Person]:
    if not household_ids:
        return []
    rows = Person.select(Person.household, Person.name).where(Person.household.in_(household_ids), Person.active)
    return list(rows.order_by(Person.id))


def related(reader: Person, household_id: int | None) -> bool:
    """Tell whether the reader may not act on the household: the page says so instead of offering it."""
    return household_id is not None and household_id in access.related_households(reader)
