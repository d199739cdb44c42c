"""Founding the county: places and offices by the verbs, the many households of a village in one transaction.

`_settle` is the bulk version of `household.open_household`, `_appoint` that of `staff.grant` and `staff.confirm`,
`_declare` that of `kin.declare`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from points import access, calendar, codes, db, judging, names, passwords, places
from points.county import shape
from points.county.sales import Shop, open_shop
from points.county.telling import Telling, keep
from points.models import Area, AreaAncestor, Card, Person, RuleBook, RuleItem
from points.services import areas, card, fund, household, rule_book, staff
from points.story import GIVEN, SURNAMES

SIGNS = "一二三四五六七八九十"
FIRST, SECOND = "石柳松竹梅杨桃李清白青龙金银沙黄凤泉云田", "桥林坪湾坡沟岭塘坝河寨台庄店湖关井滩洞峪"
_SIGN_IN = "UPDATE person SET username = ?, password_hash = ? WHERE id = ? AND username IS NULL"
ADMINS = (("田管理", "admin"), ("江确认", "admin2"))


@dataclass(slots=True)
class Home:
    """A household: its id and its account's, and who lives there; the first of them holds the card."""

    id: int
    account_id: int
    people: list[int]
    card_id: int = 0


@dataclass(slots=True)
class Village:
    """A village and those who act in it. *away*: the households from which each of them stays away 回避."""

    id: int
    supervisor: Person
    lanes: list[int] = field(default_factory=list)
    homes: list[Home] = field(default_factory=list)
    in_lane: list[list[Home]] = field(default_factory=list)
    heads: list[Person] = field(default_factory=list)
    stewards: list[Person] = field(default_factory=list)
    committee: list[Person] = field(default_factory=list)
    members: list[Person] = field(default_factory=list)
    clerks: list[Person] = field(default_factory=list)
    voices: int = 1
    council: judging.Council = field(default_factory=dict)
    away: dict[int, set[int]] = field(default_factory=dict)
    items: dict[int, RuleItem] = field(default_factory=dict)
    shops: list[Shop] = field(default_factory=list)
    print_key: str = ""
    hung_on: date = date.min
    """When its last notice was hung."""

    @property
    def households(self) -> int:
        """How many live here."""
        return len(self.homes)


class Founding:
    """The county's beginning; afterwards its `villages` and its `admin`."""

    def __init__(self, telling: Telling, villages: int, households: int) -> None:
        self.telling, self.dice = telling, telling.dice
        self.sizes = shape.sizes(villages, households, self.dice)
        self.villages: list[Village] = []

    def found(self, password: str) -> Iterator[Village]:
        """Found the county, village by village."""
        self._found_the_county(password)
        titles = [f"{one}{two}" for one in FIRST for two in SECOND]
        self.dice.shuffle(titles)
        sizes = iter(self.sizes)
        for number, count in enumerate(shape.townships(len(self.sizes), self.dice)):
            township, supervisor = self._found_a_township(f"{FIRST[number % 20]}{'溪川水'[number // 20 % 3]}镇", number)
            for _ in range(count):
                again, place = divmod(len(self.villages), len(titles))
                title = f"{titles[place]}{'新' * again}村"
                village = self._found_a_village(township, title, next(sizes), supervisor)
                self.villages.append(village)
                yield village

    def give_sign_ins(self, password: str) -> None:
        """Let those of each village sign in who hold an office, and one villager; with one password, in bulk."""
        hashed = passwords.hash_password(password)
        logins = [(self.county_supervisor.id, "county")]
        logins += [(person.id, f"township{number}") for number, person in enumerate(self.supervisors, 1)]
        for number, village in enumerate(self.villages, 1):
            for title, id_ in (
                ("committee", village.committee[0].id),
                ("treasurer", village.committee[1].id),
                ("steward", village.stewards[0].id),
                ("council", village.members[0].id),
                ("clerk", village.clerks[0].id),
                ("villager", self._villager(village).people[0]),
            ):
                logins.append((id_, f"{title}{number}"))
        with db.transaction():
            for id_, username in logins:
                db.execute(_SIGN_IN, (username, hashed, id_))

    def card_to_try(self) -> tuple[str, str]:
        """Return the number and the PIN of the card of the first village's villager."""
        village = self.villages[0]
        home = self._villager(village)
        return str(Card.get_by_id(home.card_id).number), codes.first_pin(village.print_key, home.people[0])

    @staticmethod
    def _villager(village: Village) -> Home:
        return next(home for home in village.homes if home.card_id and home.people[0] not in village.away)

    # --- above the villages ---------------------------------------------------------------------------------------

    def _found_the_county(self, password: str) -> None:
        made = [
            staff.create_admin(name=name, username=login, password=password, area_name="清河县", now=self.telling.now)
            for name, login in ADMINS
        ]
        self.admin, self.second = (Person.get_by_id(id_) for id_ in made)
        self.county: int = Area.get(Area.kind == "county").id
        self.county_supervisor = self._officer(self.county, "县监督", "supervisor")
        self.supervisors: list[Person] = []

    def _officer(self, area_id: int, name: str, kind: str) -> Person:
        do = self.telling.do
        person_id = do(household.add_staff_person, self.admin, area_id=area_id, name=name, phone="")
        role = do(staff.grant, self.admin, person_id=person_id, area_id=area_id, kind=kind, until=None)
        do(staff.confirm, self.second, role_id=role)
        return Person.get_by_id(person_id)

    def _found_a_township(self, name: str, number: int) -> tuple[int, Person]:
        township = self.telling.do(areas.open_area, self.admin, parent_id=self.county, kind="township", name=name)
        supervisor = self._officer(township, f"{SURNAMES[number % len(SURNAMES)]}监督", "supervisor")
        self.supervisors.append(supervisor)
        return township, supervisor

    # --- a village --------------------------------------------------------------------------------------------------

    def _found_a_village(self, township: int, name: str, size: int, supervisor: Person) -> Village:
        do = self.telling.do
        opened = do(areas.open_area, self.admin, parent_id=township, kind="village", name=name)
        village = Village(opened, supervisor)
        with db.transaction():
            self._settle(village, size)
        with db.transaction():
            self._appoint(village)
        village.council = judging.council(village.id)
        for person in (*village.heads, *village.stewards, *village.committee, *village.members, *village.clerks):
            village.away[person.id] = access.related_households(person)
        chief, treasurer = village.committee
        do(
            areas.decide_settings, chief, village_id=village.id, council_voices=village.voices, notice_days=5,
            no_pin_daily_limit=20, monthly_cap=shape.MONTHLY_CAP, objection_contact=f"{chief.name}，村委会一楼",
        )  # fmt: skip
        book = do(rule_book.start_draft, chief, area_id=village.id)
        today = calendar.local_date(self.telling.now)
        do(rule_book.adopt, chief, book_id=book, minutes="村民代表会议第3号", adopted_on=today)
        adopted = RuleBook.get_by_id(book)
        village.items = {item.code: item for item in RuleItem.select().where(RuleItem.book == book)}
        for item in village.items.values():
            item.book = adopted
        given = {"kind": "grant", "voucher": "县财〔2026〕45号", "note": "补助", "day": today}
        do(fund.enter, chief, village_id=village.id, fen=village.households * 60_00, **given)
        number = len(self.villages) + 1
        village.shops.append(open_shop(self.telling, village, f"V{number}", f"{name}积分超市", village.clerks[0]))
        if len(village.clerks) > 1 and number % 3 == 1:
            title, clerk = "惠民超市（签约）", village.clerks[1]
            village.shops.append(open_shop(self.telling, village, f"S{number}", title, clerk, contracted=True))
        self._hand_out_cards(village, treasurer)
        return village

    def _settle(self, village: Village, size: int) -> None:
        """Open the grids and lanes of a village and its households with their people and accounts."""
        dice, at, place = self.dice, db.microseconds(self.telling.now), Area.get_by_id(village.id)
        grids = [places.open_area(place, "grid", f"第{_number(one)}网格") for one in range(-(-size // shape.GRID))]
        lanes = max(round(size / shape.LANE), len(grids))
        village.lanes = list(db.new_ids("area", lanes))
        titles = [f"{'东西南北'[lane * len(grids) // lanes % 4]}{_number(lane)}巷" for lane in range(lanes)]
        above = [grids[lane * len(grids) // lanes].id for lane in range(lanes)]
        db.load("area", "id, parent_id, kind, name, position",
                [(id_, grid, "lane", title, place) for place, (id_, grid, title) in
                 enumerate(zip(village.lanes, above, titles, strict=True), 1)])  # fmt: skip
        lineage = [row.ancestor_id for row in AreaAncestor.select().where(AreaAncestor.descendant == village.id)]
        db.load("area_ancestor", "descendant_id, ancestor_id",
                [(id_, up) for id_, grid in zip(village.lanes, above, strict=True)
                 for up in (id_, grid, *lineage)])  # fmt: skip
        village.in_lane = [[] for _ in village.lanes]
        homes, people, accounts = [], [], []
        home_ids = db.new_ids("household", size)
        counts = dice.choices([count for count, _ in shape.AT_HOME], [often for _, often in shape.AT_HOME], k=size)
        person_ids = iter(db.new_ids("person", sum(counts)))
        account_ids = iter(db.new_ids("account", 2 * size))
        for number, (home_id, count) in enumerate(zip(home_ids, counts, strict=True)):
            lane = number * lanes // size
            area_id, surname = village.lanes[lane], dice.choice(SURNAMES)
            home = Home(home_id, next(account_ids), [next(person_ids) for _ in range(count)])
            homes.append((home_id, village.id, area_id, f"{number + 1:04d}", f"{number + 1}号", True, at,
                          self.admin.id, "masked"))  # fmt: skip
            accounts += [(home.account_id, "household", home_id, 0), (next(account_ids), "owed", home_id, 0)]
            for person_id in home.people:
                name = surname + dice.choice(GIVEN)
                called = (name, _initials(name))
                people.append((person_id, home_id, area_id, *called, True, False, 0, at, 0, False, ""))
            village.homes.append(home)
            village.in_lane[lane].append(home)
        db.load("household", "id, village_id, area_id, number, address, active, opened_at, opened_by_id, board_name",
                homes)  # fmt: skip
        db.load("person", "id, household_id, area_id, name, initials, active, must_change_password, epoch, added_at, "
                "seen_receipt_id, phone_public, left_why", people)  # fmt: skip
        db.load("account", "id, type, owner_id, balance", accounts)
        keep([
            self.telling.kept(self.telling.key(), self.admin.id, "household.open_household", home_id, at,
                              {"area_id": area_id, "number": number, "address": address})
            for home_id, _, area_id, number, address, *_ in homes
        ])  # fmt: skip

    def _appoint(self, village: Village) -> None:
        """Let people of different households hold the village's offices; one proposes, another confirms."""
        at, heads = db.microseconds(self.telling.now), [homes[0] for homes in village.in_lane]
        others = [home for homes in village.in_lane for home in homes[1:]]
        large = len(village.homes) >= shape.LARGE
        village.voices = 3 if large else 1
        wanted = {"steward": 2, "committee": 2, "council": 5 if large else 3, "clerk": 2 if large else 1}
        chosen = iter(self.dice.sample(others, sum(wanted.values())))
        held: list[tuple[str, int, int]] = [
            ("steward", lane, home.people[0]) for lane, home in zip(village.lanes, heads, strict=True)
        ]
        for kind, count in wanted.items():
            held += [(kind, village.id, next(chosen).people[0]) for _ in range(count)]
        until = date(self.telling.now.year + 9, 12, 31).isoformat()
        db.load(
            "role", "person_id, area_id, kind, granted_by_id, granted_at, confirmed_by_id, confirmed_at, until",
            [(person_id, area_id, kind, self.admin.id, at, self.second.id, at, until if kind == "council" else None)
             for kind, area_id, person_id in held],
        )  # fmt: skip
        people = {person.id: person for person in Person.select().where(Person.id.in_([one[2] for one in held]))}
        lists = {"steward": village.stewards, "committee": village.committee, "council": village.members,
                 "clerk": village.clerks}  # fmt: skip
        for kind, area_id, person_id in held:
            (lists[kind] if area_id == village.id else village.heads).append(people[person_id])
        self._declare(village, at)

    def _declare(self, village: Village, at: int) -> None:
        """Let those who judge or sell declare a relative in another household."""
        rows = []
        for person in (*village.stewards, *village.committee, *village.members, *village.clerks):
            relative = self.dice.choice(village.homes)
            if relative.id != person.household_id:
                rows.append((person.id, relative.people[-1], "亲属", person.id, at))
        db.load("kin", "person_id, relative_id, relation, declared_by_id, declared_at", rows)

    def _hand_out_cards(self, village: Village, treasurer: Person) -> None:
        """Print a card for one of each household, and let another hand it over; nobody for the own household or kin."""
        printer, giver = treasurer, village.stewards[0]
        apart = village.away[printer.id] | village.away[giver.id]
        homes = [home for home in village.homes if home.id not in apart]
        for first in range(0, len(homes), card.MOST_CARDS):
            part = homes[first : first + card.MOST_CARDS]
            key = self.telling.key()
            village.print_key = village.print_key or key
            given: dict[str, Any] = {"village_id": village.id, "layout": "a4", "full_names": False}
            run = card.print_run(
                key=key, actor=printer, now=self.telling.now, person_ids=[home.people[0] for home in part], **given
            )
            printed: Any = Card.select(Card.person, Card.id).where(Card.run_id == run)
            ids = dict(printed.tuples())
            for home in part:
                home.card_id = ids[home.people[0]]
            self.telling.do(card.hand_over_many, giver, village_id=village.id, card_ids=sorted(ids.values()))


_initials = cache(names.initials)  # of two thousand names


def _number(place: int) -> str:
    """Return the Chinese number of a place, counted from 0."""
    ten, one = divmod(place + 1, 10)
    return ("" if not ten else "十" if ten == 1 else SIGNS[ten - 1] + "十") + (SIGNS[one - 1] if one else "")
