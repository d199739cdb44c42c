"""What taking in a roster would change in a village, as far as the one who takes it in may change it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from points import access, db
from points.census.cells import alike
from points.census.columns import Mapping
from points.census.homes import Home, Member, Problem, group
from points.census.reading import Roster
from points.models.people import Person


@dataclass(slots=True)
class Plan:
    """What a roster would change in a village. A reference below zero is the -n-th new area or household.

    areas: row, kind, name, parent. homes: row, number, address, area. people: row, household, name, phone.
    home_edits: row, id, before and after (area, address). person_edits: row, id, before and after (name, phone).
    moves: row, id, before (household, area), after (household). absent: number, name or nothing, id: who is there and
    not in the file. *problems* by row, of *wrong* rows in all; *same* people need no change.
    """

    areas: list[list[Any]] = field(default_factory=list)
    homes: list[list[Any]] = field(default_factory=list)
    people: list[list[Any]] = field(default_factory=list)
    home_edits: list[list[Any]] = field(default_factory=list)
    person_edits: list[list[Any]] = field(default_factory=list)
    moves: list[list[Any]] = field(default_factory=list)
    absent: list[list[Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    wrong: set[int] = field(default_factory=set)
    same: int = 0
    labels: dict[int, tuple[str, int]] = field(default_factory=dict)

    @property
    def changes(self) -> int:
        """How many things would change."""
        return sum(map(len, (self.areas, self.homes, self.people, self.home_edits, self.person_edits, self.moves)))

    @property
    def digest(self) -> str:
        """What the plan would do, in short: the same when nothing relevant has changed since."""
        said = [self.areas, self.homes, self.people, self.home_edits, self.person_edits, self.moves, len(self.wrong)]
        return sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def plan(roster: Roster, mapping: Mapping, *, village_id: int, actor: Person) -> Plan:
    """Compare a roster with what a village holds now, as far as *actor* may change it."""
    homes, problems = group(roster, mapping)
    planning = _Planning(village_id, actor, mapping.area_id)
    planning.plan.problems += problems
    planning.plan.wrong |= {row for row, _code, _values in problems}
    planning.compare(homes)
    planning.plan.problems.sort(key=lambda problem: problem[0])
    return planning.plan


@dataclass(slots=True)
class _There:
    """A person who is there."""

    id: int
    household_id: int
    name: str
    phone: str | None
    active: bool


class _Planning:
    def __init__(self, village_id: int, actor: Person, area_id: int) -> None:
        self.plan = Plan()
        self.related = access.related_households(actor)
        self.opens = access.holds(actor, ("admin",), village_id)
        self.village_id = village_id
        self.areas = {
            id_: (kind, name, parent) for id_, kind, name, parent in db.execute(AREAS, (village_id,)).fetchall()
        }
        self.area_id = area_id if area_id in self.areas else village_id
        self.named: dict[str, list[int]] = defaultdict(list)
        for id_, (_kind, name, _parent) in self.areas.items():
            self.named[alike(name)].append(id_)
        self.homes = {row[0]: row for row in db.execute(_HOMES, (village_id,)).fetchall()}
        self.by_number = {number.lstrip("0").lower(): id_ for id_, number, *_ in self.homes.values()}
        self.people = [_There(*row) for row in db.execute(_PEOPLE, (village_id,)).fetchall()]
        self.in_home: dict[int, list[_There]] = defaultdict(list)
        self.by_name: dict[str, list[_There]] = defaultdict(list)
        for person in self.people:
            self.in_home[person.household_id].append(person)
            if person.active:
                self.by_name[person.name].append(person)
        self.officers = {id_ for (id_,) in db.execute(_OFFICERS, (village_id,)).fetchall()}
        self.homes_of_officers = {person.household_id for person in self.people if person.id in self.officers}
        self.keyed = {id_ for (id_,) in db.execute(_KEYED, (village_id,)).fetchall()}
        digits = [number for _id, number, *_ in self.homes.values() if number.isascii() and number.isdigit()]
        self.last = max((int(number) for number in digits), default=0)
        self.width = max(map(len, digits), default=0)

    def wrong(self, home: Home, code: str, **values: Any) -> None:
        """Leave a household out, all its rows."""
        self.plan.problems.append((home.rows[0], code, values))
        self.plan.wrong |= set(home.rows)

    def leave(self, member: Member, code: str, **values: Any) -> None:
        """Leave one row out."""
        self.plan.problems.append((member.row, code, values))
        self.plan.wrong.add(member.row)

    def compare(self, homes: Sequence[Home]) -> None:
        given = [home.number for home in homes if home.number is not None]
        digits = [number for number in given if number.isascii() and number.isdigit()]
        self.width = self.width or max(4, *map(len, digits), 4)
        self.last = max(self.last, max((int(number) for number in digits if len(number) <= self.width), default=0))
        self.refuse_twins(homes)
        matched: dict[int, Home] = {}
        known: list[tuple[Home, int | None, int]] = []
        for home in homes:
            if not home.members:
                continue
            area = self.area_of(home)
            if area is None:
                continue
            found = self.find(home, area)
            if found is None:
                continue
            if found and found in matched:
                self.wrong(home, "same_number", row=matched[found].rows[0], number=self.homes[found][1])
                continue
            if found:
                matched[found] = home
            known.append((home, found or None, area))
        refs: list[tuple[Home, int, int]] = []
        for home, found, area in known:
            if found is None:
                self.plan.homes.append([home.rows[0], self.number_for(home), home.address or "", area])
                refs.append((home, -len(self.plan.homes), area))
            else:
                refs.append((home, found, area))
                self.edit_home(home, found, area)
        self.match_people(refs)
        self.list_absent(matched)

    def refuse_twins(self, homes: Sequence[Home]) -> None:
        """Refuse a person whose name and phone stand in two households of the roster."""
        first: dict[tuple[str, str], tuple[int, int]] = {}
        for at, home in enumerate(homes):
            for member in list(home.members):
                if member.phone is None:
                    continue
                there, row = first.setdefault((member.name, member.phone), (at, member.row))
                if there != at:
                    home.members.remove(member)
                    self.leave(member, "two_homes", name=member.name, row=row)

    # --- where ------------------------------------------------------------------------------------------------------

    def area_of(self, home: Home) -> int | None:
        """Return the area a household is to stand in, 0 when the roster does not say, None after a problem."""
        grid = self.named_area(home, home.grid, "grid", self.village_id) if home.grid else 0
        if grid is None:
            return None
        if not home.lane:
            return grid
        return self.named_area(home, home.lane, "lane", grid or 0)

    def named_area(self, home: Home, name: str, kind: str, parent: int) -> int | None:
        found = [id_ for id_ in self.named[alike(name)] if not parent or self.lies_in(id_, parent)]
        if len(found) > 1:
            found = [id_ for id_ in found if self.areas[id_][0] == kind] or found
        if len(found) == 1:
            return found[0]
        if len(found) > 1:
            self.wrong(home, "which_lane", n=len(found), name=name)
            return None
        if not self.opens:
            self.wrong(home, "no_lane", name=name)
            return None
        grids = [id_ for id_, (other, _name, _parent) in self.areas.items() if other == "grid" and id_ > 0]
        above = parent or (grids[0] if kind == "lane" and len(grids) == 1 else self.village_id)
        self.plan.areas.append([home.rows[0], kind, name, above])
        made = -len(self.plan.areas)
        self.areas[made] = (kind, name, above)
        self.named[alike(name)].append(made)
        return made

    def lies_in(self, area_id: int, above: int) -> bool:
        while area_id != above and area_id != self.village_id:
            area_id = self.areas[area_id][2]
        return area_id == above

    # --- which household ----------------------------------------------------------------------------------------------

    def find(self, home: Home, area: int) -> int | None:
        """Return the household that is meant, 0 for a new one, None after a problem."""
        if home.number is not None:
            found = int(self.by_number.get(home.number.lstrip("0").lower(), 0))
            if found and not self.homes[found][4]:
                self.wrong(home, "resting", number=self.homes[found][1])
                return None
            return found
        votes: Counter[int] = Counter()
        for member in home.members:
            for person in self.by_name.get(member.name, ()):
                if self.homes[person.household_id][4]:
                    sure = person.phone is not None and person.phone == member.phone
                    votes[person.household_id] += 3 if sure else 2 if member.heads else 1
        if home.address:
            for id_ in votes:
                votes[id_] += 2 * (alike(self.homes[id_][3]) == alike(home.address) != "")
        best = [id_ for id_, n in votes.items() if n == max(votes.values())]
        leader = next((member for member in home.members if member.heads), home.members[0])
        best = [id_ for id_ in best if self.is_home_of(leader, home, id_, votes[id_])]
        elsewhere = len(best) == 1 and area and area != self.homes[best[0]][2] and votes[best[0]] < 3
        if len(best) > 1 or elsewhere:
            self.wrong(home, "which_home", n=len(best))
            return None
        return best[0] if best else 0

    def is_home_of(self, leader: Member, home: Home, id_: int, votes: int) -> bool:
        """Tell whether a household that shares names is the one: its head lives there, and nobody else is so called."""
        living = {person.name for person in self.in_home[id_] if person.active}
        return leader.name in living and (votes > 2 or len(home.members) == 1 or len(living) == 1)

    def number_for(self, home: Home) -> str:
        if home.number is None:
            self.last += 1
            return str(self.last).zfill(self.width)
        return home.number.zfill(self.width) if home.number.isascii() and home.number.isdigit() else home.number

    def edit_home(self, home: Home, id_: int, area: int) -> None:
        _id, _number, area_id, address, _active = self.homes[id_]
        after: dict[str, Any] = {}
        if area and area != area_id:
            after["area"] = area
        if home.address and alike(home.address) != alike(address):
            after["address"] = home.address
        if after and id_ in self.related:
            self.wrong(home, "own")
        elif after:
            before = {name: {"area": area_id, "address": address}[name] for name in after}
            self.plan.home_edits.append([home.rows[0], id_, before, after])

    # --- who ----------------------------------------------------------------------------------------------------------

    def match_people(self, refs: Sequence[tuple[Home, int, int]]) -> None:
        """Match everybody of the roster: first within the household, then those who seem to have moved."""
        strange: list[tuple[Member, int]] = []
        self.met: set[int] = set()
        for home, ref, area in refs:
            if ref < 0 and not area:
                self.plan.homes[-ref - 1][3] = self.area_id
            for member in home.members:
                if member.row in self.plan.wrong and set(home.rows) <= self.plan.wrong:
                    continue
                if not self.match_within(member, ref):
                    strange.append((member, ref))
        absent: dict[str, list[_There]] = defaultdict(list)
        for _home, ref, _area in refs:
            for person in self.in_home.get(ref, ()):
                if person.active and person.id not in self.met:
                    absent[person.name].append(person)
        for member, ref in strange:
            self.match_beyond(member, ref, absent)
        kept = {ref for _row, ref, *_ in self.plan.people} | {after["household"] for *_, after in self.plan.moves}
        self.drop_empty(kept)

    def match_within(self, member: Member, ref: int) -> bool:
        """Match a person by name within the household, or by phone where one sign of the name was corrected."""
        there = self.in_home.get(ref, [])
        same = [person for person in there if person.name == member.name and person.active]
        if len(same) > 1:
            self.leave(member, "which_person", n=len(same), name=member.name)
            return True
        if not same and any(person.name == member.name for person in there):
            self.leave(member, "left", name=member.name)
            return True
        if not same and member.phone:
            same = [
                person
                for person in there
                if person.active and person.phone == member.phone and _one_sign_apart(person.name, member.name)
            ]
            same = [person for person in same if person.id not in self.met][:1]
        if not same:
            return False
        person = same[0]
        self.met.add(person.id)
        after = {}
        if person.name != member.name:
            after["name"] = member.name
        if member.phone and member.phone != person.phone:
            after["phone"] = member.phone
        if not after:
            self.plan.same += 1
        elif self.may_touch(member, person):
            before = {name: getattr(person, name) for name in after}
            self.plan.person_edits.append([member.row, person.id, before, after])
            self.plan.labels[person.id] = (person.name, person.household_id)
        return True

    def match_beyond(self, member: Member, ref: int, absent: dict[str, list[_There]]) -> None:
        """Let a person move who is missing elsewhere, or has the same phone elsewhere; else it is a new one."""
        by_phone = [
            person
            for person in self.by_name.get(member.name, ())
            if member.phone and person.phone == member.phone and person.id not in self.met
        ]
        found = by_phone or [
            person
            for person in absent.get(member.name, ())
            if person.id not in self.met and not (member.phone and person.phone and member.phone != person.phone)
        ]
        if len(found) > 1:
            self.leave(member, "which_person", n=len(found), name=member.name)
        elif found:
            person = found[0]
            self.met.add(person.id)
            if person.household_id in self.related or ref in self.related:
                self.leave(member, "own")
            elif person.id in self.keyed or person.household_id in self.homes_of_officers:
                self.leave(member, "by_two", name=person.name)
            elif self.may_touch(member, person):
                before = {"household": person.household_id}
                self.plan.moves.append([member.row, person.id, before, {"household": ref}])
                self.plan.labels[person.id] = (person.name, person.household_id)
                if member.phone and member.phone != person.phone:
                    changed = [{"phone": person.phone}, {"phone": member.phone}]
                    self.plan.person_edits.append([member.row, person.id, *changed])
        elif ref in self.related:
            self.leave(member, "own")
        else:
            self.plan.people.append([member.row, ref, member.name, member.phone])

    def may_touch(self, member: Member, person: _There) -> bool:
        if person.household_id in self.related:
            self.leave(member, "own")
        elif person.id in self.officers:
            self.leave(member, "officer", name=person.name)
        else:
            return True
        return False

    def drop_empty(self, kept: set[int]) -> None:
        """Open no household into which nobody comes, and no area that nobody needs; the references close ranks."""
        place = {-at: at for at in range(1, len(self.plan.homes) + 1)}
        stays = [ref for ref in place if ref in kept]
        fresh = {ref: -at for at, ref in enumerate(stays, 1)}
        self.plan.homes = [self.plan.homes[-ref - 1] for ref in stays]
        for row in self.plan.people:
            row[1] = fresh.get(row[1], row[1])
        for row in self.plan.moves:
            row[3]["household"] = fresh.get(row[3]["household"], row[3]["household"])
        used = {home[3] for home in self.plan.homes} | {edit[3].get("area", 0) for edit in self.plan.home_edits}
        for at in range(len(self.plan.areas), 0, -1):
            if -at in used:
                used.add(self.plan.areas[at - 1][3])
        stays = [-at for at in range(1, len(self.plan.areas) + 1) if -at in used]
        fresh = {ref: -at for at, ref in enumerate(stays, 1)}
        self.plan.areas = [self.plan.areas[-ref - 1] for ref in stays]
        for area in self.plan.areas:
            area[3] = fresh.get(area[3], area[3])
        for home in self.plan.homes:
            home[3] = fresh.get(home[3], home[3])
        for edit in self.plan.home_edits:
            if "area" in edit[3]:
                edit[3]["area"] = fresh.get(edit[3]["area"], edit[3]["area"])

    def list_absent(self, matched: dict[int, Home]) -> None:
        """List who is there and not in the file: people of its households, and households of the areas it names."""
        moved = {id_ for _row, id_, *_ in self.plan.moves}
        lanes = {self.homes[id_][2] for id_ in matched}
        for id_, number, area_id, _address, active in sorted(self.homes.values(), key=lambda row: row[1]):
            if not active:
                continue
            if id_ in matched:
                for person in self.in_home[id_]:
                    if person.active and person.id not in self.met and person.id not in moved:
                        self.plan.absent.append([number, person.name, person.id])
            elif area_id in lanes:
                self.plan.absent.append([number, "", id_])


def _one_sign_apart(one: str, other: str) -> bool:
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1


AREAS = (
    "SELECT area.id, area.kind, area.name, area.parent_id FROM area JOIN area_ancestor ON "
    "area_ancestor.descendant_id = area.id WHERE area_ancestor.ancestor_id = ? ORDER BY area.id"
)
_HOMES = "SELECT id, number, area_id, address, active FROM household WHERE village_id = ? ORDER BY id"
_PEOPLE = (
    "SELECT person.id, person.household_id, person.name, person.phone, person.active FROM person "
    "JOIN household ON household.id = person.household_id WHERE household.village_id = ? ORDER BY person.id"
)
_OFFICERS = (
    "SELECT DISTINCT role.person_id FROM role JOIN person ON person.id = role.person_id JOIN household ON "
    "household.id = person.household_id WHERE household.village_id = ? AND role.ended_at IS NULL"
)
_KEYED = (
    "SELECT person.id FROM person JOIN household ON household.id = person.household_id WHERE household.village_id = ? "
    "AND (person.username IS NOT NULL OR EXISTS "
    "(SELECT 1 FROM card WHERE card.person_id = person.id AND card.revoked_at IS NULL))"
)
"""Who can spend at once what a household has: one hand alone does not put them into another household."""
