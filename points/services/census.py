"""A roster 户名册 taken in: kept as it was read, mapped, previewed, applied as a whole, undone as a whole.

Applying plans again inside its own transaction, and takes in nothing when what is there has changed since the preview.
Undoing is possible while nothing was built on what the roster made; `points.census` says what a roster means.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from peewee import ForeignKeyField, IntegrityError

from points import access, census, db, names, places
from points.census import KEEPERS, Mapping, Plan, Roster
from points.errors import (
    N_,
    CensusBuiltOn,
    CensusHasProblems,
    CensusMoved,
    CensusOver,
    ClashingName,
    Invalid,
    NotFound,
    NothingChanges,
    OwnHousehold,
)
from points.keys import verb
from points.models.areas import Area, AreaAncestor
from points.models.base import Table
from points.models.census import Census, CensusChange
from points.models.ledger import Account, AccountType, Transfer
from points.models.people import Household, Person
from points.texts import optional

Step = Callable[[int, int], None]
_CHUNK = 2_000


@verb("census.keep")
def keep(*, key: str, actor: Person, now: datetime, village_id: int, file_name: str, cells: str, mapping: str) -> int:
    """Keep a roster as `points.census` read it, with the mapping it was guessed to have; return its id."""
    access.require(actor, *KEEPERS, area_id=village_id)
    access.village(village_id)
    name = optional(file_name[-80:], N_("文件名"), 80)
    kept = {"cells": cells, "mapping": mapping, "uploaded_by": actor, "uploaded_at": now}
    return int(Census.create(village=village_id, file_name=name, **kept).id)


@verb("census.map")
def map_columns(
    *, key: str, actor: Person, now: datetime, census_id: int, columns: list[str], way: str, area_id: int
) -> int:
    """Say what each column is, how households are told apart, and where rows without a lane belong."""
    found = _open(actor, census_id)
    roster = Roster.load(found.cells)
    chosen = [column for column in columns if column]
    if len(columns) != len(roster.heads) or not set(columns) <= set(census.TARGETS) or way not in census.WAYS:
        raise Invalid(what=N_("列"))
    if len(set(chosen)) < len(chosen):
        raise Invalid(what=N_("两列选成了同一样"))
    if not {"name", "head"} & set(chosen):
        raise Invalid(what=N_("还没有选哪一列是姓名"))
    if (needed := {"number": "number", "head": "head", "relation": "relation"}.get(way)) and needed not in chosen:
        raise Invalid(what=N_("按这样分户，少了要看的那一列"))
    if not access.covers(found.village_id, area_id):
        raise NotFound()
    mapping = Mapping(columns, way, area_id).dump(roster.heads)
    _change(found.id, ("read", "previewed"), state="read", mapping=mapping, preview="", counts="")
    return census_id


@verb("census.preview", secret=("preview", "counts"))
def preview(*, key: str, actor: Person, now: datetime, census_id: int, mapping: str, preview: str, counts: str) -> int:
    """Keep what a roster would change under *mapping*, for the pages to show."""
    found = _open(actor, census_id)
    if found.mapping != mapping:
        raise CensusMoved()
    _change(found.id, ("read", "previewed"), state="previewed", preview=preview, counts=counts)
    return census_id


@verb("census.apply", secret=("step",))
def apply(*, key: str, actor: Person, now: datetime, census_id: int, skip: bool, step: Step) -> int:
    """Take a roster in: areas, households with their accounts, people; all of it or nothing.

    *skip* leaves wrong rows out, else they refuse the whole. Raises `CensusHasProblems`, `NothingChanges`, and
    `CensusMoved` when what is there is no longer what the preview compared with.
    """
    found = _open(actor, census_id)
    if found.state != "previewed":
        raise CensusMoved()
    emptied = {"cells": "", "preview": "", "applied_by": actor, "applied_at": now}
    _change(found.id, ("previewed",), state="applied", **emptied)  # holds the row
    roster, mapping = Roster.load(found.cells), Mapping.load(found.mapping)
    plan = census.plan(roster, mapping, village_id=found.village_id, actor=actor)
    if plan.digest != json.loads(found.counts)["digest"]:
        raise CensusMoved()
    if plan.wrong and not skip:
        raise CensusHasProblems(n=len(plan.wrong))
    if not plan.changes:
        raise NothingChanges()
    try:
        _Applying(found, plan, actor, now, step).run()
    except (IntegrityError, ClashingName):  # somebody opened the same number or name meanwhile
        raise CensusMoved() from None
    return census_id


@verb("census.undo")
def undo(*, key: str, actor: Person, now: datetime, census_id: int) -> int:
    """Take a whole roster back while nothing was built on it. Raises `CensusBuiltOn`, which names the first things.

    Values that were changed come back where they still are what the roster set.
    """
    found = census.of(actor, census_id)
    _change(found.id, ("applied",), state="undone", undone_by=actor, undone_at=now)
    _Undoing(found, actor).run()
    return census_id


@verb("census.drop")
def drop(*, key: str, actor: Person, now: datetime, census_id: int) -> int:
    """Put a roster away without taking it in."""
    found = census.of(actor, census_id)
    _change(found.id, ("read", "previewed"), state="dropped", cells="", preview="")
    return census_id


def _open(actor: Person, census_id: int) -> Census:
    found = census.of(actor, census_id)
    if found.state not in ("read", "previewed"):
        raise CensusOver()
    return found


def _change(census_id: int, states: Sequence[str], **values: Any) -> None:
    if not Census.update(**values).where(Census.id == census_id, Census.state.in_(states)).execute():
        raise CensusOver()


# --- taking in ------------------------------------------------------------------------------------------------------


class _Applying:
    """One roster going in: references below zero become ids as areas and households are made."""

    def __init__(self, found: Census, plan: Plan, actor: Person, now: datetime, step: Step) -> None:
        self.found, self.plan, self.actor, self.step = found, plan, actor, step
        self.now, self.at = now, db.microseconds(now)
        self.areas: dict[int, int] = {}
        self.homes: dict[int, int] = {}
        self.kept = 0
        self.done = 0

    def run(self) -> None:
        self.open_areas()
        self.open_homes()
        stands = self.where_homes_stand()
        self.add_people(stands)
        self.edit_homes()
        self.edit_people()
        self.move_people(stands)

    def keep(self, kind: str, changes: Iterable[tuple[int, Any, Any]]) -> None:
        """Write down what was changed: the subject, what it was and what it is."""
        lines = []
        for subject, before, after in changes:
            self.kept += 1
            said = [json.dumps(value, ensure_ascii=False) if value else "" for value in (before, after)]
            lines.append([self.found.id, self.kept, kind, subject, *said])
        for part in _chunks(lines):
            db.rows(_KEEP, part)
        self.done += len(lines)
        self.step(self.done, self.plan.changes)

    def open_areas(self) -> None:
        for at, (_row, kind, name, above) in enumerate(self.plan.areas, 1):
            parent = self.areas.get(above, above)
            made = self.areas[-at] = int(places.open_area(Area.get_by_id(parent), kind, name).id)
            self.keep("open_area", [(made, None, {"parent": parent, "name": name})])

    def open_homes(self) -> None:
        for part in _chunks(self.plan.homes):
            lines = [
                [self.found.village_id, self.areas.get(area, area), number, address, self.at, self.actor.id]
                for _row, number, address, area in part
            ]
            ids = {number: id_ for id_, number in db.rows(_OPEN_HOMES, lines)}
            for _row, number, _address, _area in part:
                self.homes[-len(self.homes) - 1] = ids[number]
            db.rows(_OPEN_ACCOUNTS, [[id_, type_] for id_ in ids.values() for type_ in _ACCOUNTS])
            kept = [(ids[line[2]], None, {"number": line[2], "address": line[3], "area": line[1]}) for line in lines]
            self.keep("open_household", kept)

    def where_homes_stand(self) -> dict[int, int]:
        """Return the area of every household that people are put into, after the households' own moves."""
        rows = db.execute("SELECT id, area_id FROM household WHERE village_id = ?", (self.found.village_id,)).fetchall()
        stands: dict[int, int] = dict(rows)
        for _row, id_, _before, after in self.plan.home_edits:
            if "area" in after:
                stands[id_] = self.areas.get(after["area"], after["area"])
        return stands

    def add_people(self, stands: dict[int, int]) -> None:
        for part in _chunks(self.plan.people):
            lines = []
            for _row, ref, name, phone in part:
                home = self.homes.get(ref, ref)
                lines.append([home, stands[home], name, names.initials(name), phone, self.at])
            made = db.rows(_ADD_PEOPLE, lines)
            self.keep("add_person", [(id_, None, [home, name, phone]) for id_, home, name, phone in sorted(made)])

    def edit_homes(self) -> None:
        lines, kept = [], []
        for _row, id_, before, after in self.plan.home_edits:
            set_ = {name: self.areas.get(value, value) if name == "area" else value for name, value in after.items()}
            lines.append([id_, before.get("area"), set_.get("area"), before.get("address"), set_.get("address")])
            kept.append((id_, before, set_))
        for part in _chunks(lines):
            _all(db.rows(_EDIT_HOMES, part), part)
            db.rows(_PEOPLE_FOLLOW, [[line[0]] for line in part])
        self.keep("edit_household", kept)

    def edit_people(self) -> None:
        lines = [
            [id_, before.get("name"), after.get("name"), _initials(after), before.get("phone"), after.get("phone")]
            for _row, id_, before, after in self.plan.person_edits
        ]
        for part in _chunks(lines):
            _all(db.rows(_EDIT_PEOPLE, part), part)
        self.keep("edit_person", [(id_, before, after) for _row, id_, before, after in self.plan.person_edits])

    def move_people(self, stands: dict[int, int]) -> None:
        lines, kept = [], []
        for _row, id_, before, after in self.plan.moves:
            home = self.homes.get(after["household"], after["household"])
            lines.append([id_, before["household"], home, stands[home]])
            kept.append((id_, before, {"household": home}))
        for part in _chunks(lines):
            _all(db.rows(_MOVE_PEOPLE, part), part)
        self.keep("move_person", kept)


def _chunks(lines: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (lines[at : at + _CHUNK] for at in range(0, len(lines), _CHUNK))


def _initials(after: dict[str, Any]) -> str | None:
    return names.initials(after["name"]) if "name" in after else None


def _all(changed: Sequence[Any], wanted: Sequence[Any]) -> None:
    """Raise `CensusMoved` unless every row was still as the plan found it."""
    if len(changed) < len(wanted):
        raise CensusMoved()


_ACCOUNTS = (AccountType.HOUSEHOLD, AccountType.OWED)
_KEEP = (
    "INSERT INTO census_change (census_id, position, kind, subject_id, before, after) "
    "SELECT {0}, {1}, {2:text}, {3}, {4:text}, {5:text} FROM {rows}"
)
_OPEN_HOMES = (
    "INSERT INTO household (village_id, area_id, number, address, active, opened_at, opened_by_id, board_name) "
    "SELECT {0}, {1}, {2:text}, {3:text}, TRUE, {4}, {5}, 'masked' FROM {rows} WHERE TRUE RETURNING id, number"
)
_OPEN_ACCOUNTS = "INSERT INTO account (type, owner_id, balance) SELECT {1:text}, {0}, 0 FROM {rows}"
_ADD_PEOPLE = (
    "INSERT INTO person (household_id, area_id, name, initials, phone, active, must_change_password, epoch, added_at, "
    "seen_receipt_id, phone_public, left_why) SELECT {0}, {1}, {2:text}, {3:text}, {4:text}, TRUE, FALSE, 0, {5}, 0, "
    "FALSE, '' FROM {rows} WHERE TRUE ORDER BY rows.key RETURNING id, household_id, name, phone"
)
_EDIT_HOMES = (
    "UPDATE household SET area_id = COALESCE(given.area_to, area_id), address = COALESCE(given.address_to, address) "
    "FROM (SELECT {0} AS id, {1} AS area_from, {2} AS area_to, {3:text} AS address_from, {4:text} AS address_to "
    "FROM {rows}) AS given WHERE household.id = given.id AND household.area_id = COALESCE(given.area_from, area_id) "
    "AND household.address = COALESCE(given.address_from, address) RETURNING household.id"
)
_PEOPLE_FOLLOW = (
    "UPDATE person SET area_id = household.area_id FROM household "
    "WHERE household.id = person.household_id AND household.id IN (SELECT {0} FROM {rows})"
)
_EDIT_PEOPLE = (
    "UPDATE person SET name = COALESCE(given.name_to, person.name), initials = COALESCE(given.sound, person.initials), "
    "phone = COALESCE(given.phone_to, person.phone) FROM (SELECT {0} AS id, {1:text} AS name_from, "
    "{2:text} AS name_to, {3:text} AS sound, {4:text} AS phone_from, {5:text} AS phone_to FROM {rows}) AS given "
    "WHERE person.id = given.id AND person.name = COALESCE(given.name_from, person.name) "
    "AND (given.phone_to IS NULL OR COALESCE(person.phone, '') = COALESCE(given.phone_from, '')) RETURNING person.id"
)
_MOVE_PEOPLE = (
    "UPDATE person SET household_id = given.home_to, area_id = given.area_to FROM (SELECT {0} AS id, {1} AS home_from, "
    "{2} AS home_to, {3} AS area_to FROM {rows}) AS given WHERE person.id = given.id "
    "AND person.household_id = given.home_from RETURNING person.id"
)


# --- taking back ----------------------------------------------------------------------------------------------------


WHAT = {
    "line": N_("积分记录"),
    "card": N_("卡"),
    "kin": N_("亲属申报"),
    "role": N_("职责"),
    "proxy": N_("代领"),
    "reservation": N_("预约"),
    "receipt": N_("兑换"),
    "transfer": N_("积分进出"),
    "notice": N_("公示"),
    "household_change": N_("分户、并户"),
    "opening_line": N_("期初积分"),
    "passbook_page": N_("存折"),
    "person": N_("后来改过的人"),
    "household": N_("后来改过的户"),
}
"""What may have been built on a roster, by table; anything else is said to be another record."""
_NAMED = 3


class _Undoing:
    """One roster coming out: looked through first, then taken back in the order in which it could not have gone in."""

    def __init__(self, found: Census, actor: Person) -> None:
        self.found = found
        self.by_kind: dict[str, list[tuple[int, Any, Any]]] = defaultdict(list)
        rows = CensusChange.select().where(CensusChange.census == found).order_by(CensusChange.position)
        for change in rows:
            before, after = (json.loads(text) if text else None for text in (change.before, change.after))
            self.by_kind[change.kind].append((change.subject_id, before, after))
        access.require(actor, *(("admin",) if self.by_kind["open_area"] else KEEPERS), area_id=found.village_id)
        if not access.related_households(actor).isdisjoint(self.touched()):
            raise OwnHousehold()
        self.homes, self.people, self.areas, self.moved = (
            [id_ for id_, _before, _after in self.by_kind[kind]]
            for kind in ("open_household", "add_person", "open_area", "move_person")
        )

    def touched(self) -> set[int]:
        """Return the households that the roster changed, or whose people it did."""
        found = {id_ for kind in ("open_household", "edit_household") for id_, _before, _after in self.by_kind[kind]}
        for _id, before, after in self.by_kind["move_person"]:
            found |= {before["household"], after["household"]}
        people = [[id_] for kind in ("add_person", "edit_person") for id_, _before, _after in self.by_kind[kind]]
        for part in _chunks(people):
            found |= {row[0] for row in db.rows(_LIVE_IN, part)}
        return found

    def run(self) -> None:
        self.look()
        self.move_back()
        self.set_back()
        self.remove()

    def look(self) -> None:
        """Refuse when something was built on the roster."""
        built: dict[str, list[str]] = defaultdict(list)
        for table, number, who in [*self.edited(), *self.used()]:
            built[WHAT.get(table, N_("别的记录"))].append(who or number)
        if built:
            what, whose = next(iter(built.items()))
            raise CensusBuiltOn(
                what=what, who="、".join(dict.fromkeys(whose[:_NAMED])), n=sum(map(len, built.values()))
            )

    def edited(self) -> Iterable[tuple[str, str, str]]:
        """Find households and people that the roster made and somebody changed, or put on a notice, or gave a PIN."""
        made = [
            [id_, after["number"], after["address"], after["area"]] for id_, _b, after in self.by_kind["open_household"]
        ]
        for part in _chunks(made):
            same = {row[0] for row in db.rows(_SAME_HOMES, part)}
            yield from (("household", number, "") for id_, number, *_ in part if id_ not in same)
        added = [[id_, *after] for id_, _before, after in self.by_kind["add_person"]]
        for part in _chunks(added):
            same = {row[0] for row in db.rows(_SAME_PEOPLE, part)}
            yield from (("person", "", name) for id_, _home, name, _phone in part if id_ not in same)
        moved = [[id_, after["household"]] for id_, _before, after in self.by_kind["move_person"]]
        for part in _chunks(moved):
            same = {row[0] for row in db.rows(_STILL_THERE, part)}
            who = {id_: name for id_, name in db.rows(_NAMES, part)}
            yield from (("person", "", who[id_]) for id_, _home in part if id_ not in same)

    def used(self) -> Iterable[tuple[str, str, str]]:
        """Find whatever points at a household, person or area that the roster made: every table that can."""
        own: dict[Any, list[int]] = {Household: self.homes, Person: self.people, Area: self.areas}
        inside: dict[Any, set[int]] = {Person: set(self.people) | set(self.moved), Household: set(self.homes)}
        for table in _tables():
            for field in table._meta.sorted_fields:
                made = own.get(getattr(field, "rel_model", None)) if isinstance(field, ForeignKeyField) else None
                if not made or table in (AreaAncestor, CensusChange):
                    continue
                rows = table.select(field).where(field.in_(db.among(made)))
                rows = rows.where(table.id.not_in(db.among(inside[table]))) if table in inside else rows
                rows = rows.where(table.id.not_in(db.among(self.areas))) if table is Area else rows
                for (id_,) in rows.limit(_NAMED).tuples():
                    yield table._meta.table_name, *self.names_of(field, id_)
        if self.homes:
            accounts = Account.select(Account.id).where(
                Account.type.in_(["household", "hold", "owed"]), Account.owner_id.in_(db.among(self.homes))
            )
            moved = Transfer.source.in_(accounts) | Transfer.target.in_(accounts)
            for transfer in Transfer.select().where(moved).limit(_NAMED):
                owner = Account.get(Account.id.in_([transfer.source_id, transfer.target_id]), Account.id.in_(accounts))
                yield "transfer", Household.get_by_id(owner.owner_id).number, ""

    def names_of(self, field: Any, id_: int) -> tuple[str, str]:
        if field.rel_model is Area:
            return Area.get_by_id(id_).name, ""
        if field.rel_model is Household:
            return Household.get_by_id(id_).number, ""
        return "", Person.get_by_id(id_).name

    def move_back(self) -> None:
        lines = [[id_, after["household"], before["household"]] for id_, before, after in self.by_kind["move_person"]]
        for part in _chunks(lines):
            db.rows(_MOVE_BACK, part)

    def set_back(self) -> None:
        homes = [
            [id_, after.get("area"), before.get("area"), after.get("address"), before.get("address")]
            for id_, before, after in self.by_kind["edit_household"]
        ]
        for part in _chunks(homes):
            db.rows(_SET_HOMES_BACK, part)
            db.rows(_PEOPLE_FOLLOW, [[line[0]] for line in part])
        people = [
            [id_, after.get("name"), before.get("name"), _initials(before), after.get("phone"), before.get("phone")]
            for id_, before, after in self.by_kind["edit_person"]
        ]
        for part in _chunks(people):
            db.rows(_SET_PEOPLE_BACK, part)

    def remove(self) -> None:
        Person.delete().where(Person.id.in_(db.among(self.people))).execute()
        owned = Account.type.in_(_ACCOUNTS) & Account.owner_id.in_(db.among(self.homes))
        Account.delete().where(owned).execute()
        Household.delete().where(Household.id.in_(db.among(self.homes))).execute()
        for area_id in reversed(self.areas):
            AreaAncestor.delete().where(AreaAncestor.descendant == area_id).execute()
            Area.delete().where(Area.id == area_id).execute()


def _tables() -> list[Any]:
    found: list[Any] = []
    waiting = list(Table.__subclasses__())
    while waiting:
        table = waiting.pop()
        found.append(table)
        waiting += table.__subclasses__()
    return sorted(found, key=lambda table: table._meta.table_name)


_SAME_HOMES = (
    "SELECT household.id FROM {rows} JOIN household ON household.id = {0} WHERE number = {1:text} AND "
    "address = {2:text} AND area_id = {3} AND active AND notice_id IS NULL AND merged_into_id IS NULL "
    "AND board_name = 'masked'"
)
_SAME_PEOPLE = (
    "SELECT person.id FROM {rows} JOIN person ON person.id = {0} WHERE household_id = {1} AND name = {2:text} AND "
    "COALESCE(phone, '') = COALESCE({3:text}, '') AND active AND username IS NULL AND pin_hash IS NULL AND epoch = 0 "
    "AND barred_until IS NULL AND NOT phone_public AND left_why = '' AND erased_at IS NULL"
)
_STILL_THERE = "SELECT person.id FROM {rows} JOIN person ON person.id = {0} WHERE household_id = {1}"
_LIVE_IN = "SELECT DISTINCT household_id FROM {rows} JOIN person ON person.id = {0} WHERE household_id IS NOT NULL"
_NAMES = "SELECT person.id, person.name FROM {rows} JOIN person ON person.id = {0}"
_MOVE_BACK = (
    "UPDATE person SET household_id = given.home_to, area_id = household.area_id FROM (SELECT {0} AS id, {1} AS "
    "home_from, {2} AS home_to FROM {rows}) AS given, household WHERE person.id = given.id AND "
    "household.id = given.home_to AND person.household_id = given.home_from"
)
_SET_HOMES_BACK = (
    "UPDATE household SET area_id = CASE WHEN area_id = given.area_from THEN given.area_to ELSE area_id END, "
    "address = CASE WHEN address = given.address_from THEN given.address_to ELSE address END "
    "FROM (SELECT {0} AS id, {1} AS area_from, {2} AS area_to, {3:text} AS address_from, {4:text} AS address_to "
    "FROM {rows}) AS given WHERE household.id = given.id"
)
_SET_PEOPLE_BACK = (
    "UPDATE person SET initials = CASE WHEN person.name = given.name_from THEN given.sound ELSE initials END, "
    "name = CASE WHEN person.name = given.name_from THEN given.name_to ELSE person.name END, "
    "phone = CASE WHEN person.phone = given.phone_from THEN given.phone_to ELSE person.phone END "
    "FROM (SELECT {0} AS id, {1:text} AS name_from, {2:text} AS name_to, {3:text} AS sound, {4:text} AS phone_from, "
    "{5:text} AS phone_to FROM {rows}) AS given WHERE person.id = given.id"
)
