"""A small world built through the services: two villages of one township, their staff, households, rules and a shop.

    def test_something(world):
        line = contribution.record(**world.by(world.recorder), village_id=world.village, …)

`World` has a movable `now`, mints keys, and names everyone by what they do. People are rows (`Person`), places are ids.
Nobody here is related to anybody: every member of staff lives in a household of their own.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from points import codes, db, ledger, passwords
from points.calendar import local_date
from points.models.areas import Area
from points.models.ledger import AccountType, Kind
from points.models.people import Household, Person
from points.models.rules import RuleBook, RuleItem
from points.services import areas, card, goods, household, rule_book, shop, sign_in, staff, stockroom
from tests.databases import Databases

CARD_KEY = "a card key for tests, long enough for all of them"
PIN = "270416"
PASSWORD = "quiet-river-42"
AWAY = {"left_why": "moved", "left_on": date(2026, 11, 1)}
"""Why and since when somebody is gone, for `household.edit_person`."""
START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # a Monday, 9:00 in the village


@dataclass
class PaperCard:
    """A card in a villager's hand: what is printed on it, and the PIN they chose."""

    id: int
    person: Person
    number: str
    code: str
    pin: str


class World:
    """Two villages: `village` with two lanes, all staff and a shop; `other_village` with staff and one household."""

    def __init__(self, *, now: datetime = START) -> None:
        use_cheap_secrets()
        self.now = now
        self._keys = 0
        self._numbers = 0
        self._found_the_places()
        self._appoint()
        self._adopt_rules()
        self._open_shop()
        self.households = [self.open_household(self.lanes[lane], *people) for lane, people in HOUSEHOLDS]
        """Four plain households of `village`: two in each lane, two people each."""
        self.other_household = self.open_household(self.other_lane, "甲乙丙", "甲乙丁")

    # --- doing things -------------------------------------------------------------------------------------------------

    def key(self) -> str:
        """Mint a key."""
        self._keys += 1
        return f"world-key-{self._keys:08d}"

    def by(self, actor: Person) -> dict[str, Any]:
        """Return what every verb wants first: a fresh key, who acts, and when."""
        return {"key": self.key(), "actor": actor, "now": self.now}

    def wait(self, **span: float) -> datetime:
        """Let time pass (``days=1``, ``hours=2``), and return the new now."""
        self.now += timedelta(**span)
        return self.now

    @property
    def today(self) -> date:
        """The village's day."""
        return local_date(self.now)

    # --- people and places --------------------------------------------------------------------------------------------

    def people(self, household_: Household) -> list[Person]:
        """Return the people of a household, in the order in which they were added."""
        return list(Person.select().where(Person.household == household_).order_by(Person.id))

    def villager(self, number: int = 0) -> Person:
        """Return the first person of the plain household *number* (0 to 3)."""
        return self.people(self.households[number])[0]

    def open_household(self, area_id: int, *names: str, actor: Person | None = None) -> Household:
        """Open a household in a lane; its number is the next."""
        self._numbers += 1
        number = f"{self._numbers:04d}"
        made = household.open_household(
            **self.by(actor or self.admin), area_id=area_id, number=number, address=f"{number}号", people=list(names)
        )
        return Household.get_by_id(made)

    def appoint(self, kind: str, area_id: int, name: str, *, lane: int | None = None) -> Person:
        """Let a new person (of a household of its own in *lane*, if given) hold a confirmed role."""
        if lane is None:
            person_id = household.add_staff_person(**self.by(self.admin), area_id=area_id, name=name, phone="")
        else:
            person_id = self.people(self.open_household(lane, name))[0].id
        role = staff.grant(**self.by(self.admin), person_id=person_id, area_id=area_id, kind=kind)
        staff.confirm(**self.by(self.second_admin), role_id=role)
        return Person.get_by_id(person_id)

    def card(self, person: Person, pin: str = PIN) -> PaperCard:
        """Print a card by one member of the committee and hand it over by the other."""
        printing = self.by(self.committee[0])
        number, code = codes.new_card(printing["key"])
        card_id = card.print_card(**printing, person_id=person.id)
        card.hand_over(**self.by(self.committee[1]), card_id=card_id, pin=pin)
        return PaperCard(card_id, person, number, code, pin)

    def username(self, person: Person) -> str:
        """Return the username of *person*, whose password is `PASSWORD`; give them a sign-in if they have none."""
        person = Person.get_by_id(person.id)
        if person.username is None:
            username, first = f"person{person.id}", "first-password-1"
            household.give_sign_in(**self.by(self.admin), person_id=person.id, username=username, password=first)
            person = Person.get_by_id(person.id)
            sign_in.change_password(person=person, old=first, new=PASSWORD, now=self.now)
        return str(person.username)

    # --- points and goods ---------------------------------------------------------------------------------------------

    def give_points(self, household_: Household, points: int) -> None:
        """Give a household points by an adjustment, where a test is not about how they came."""
        with db.transaction():
            posting = ledger.Posting(
                key=self.key(),
                kind=Kind.ADJUSTMENT,
                source=ledger.account(AccountType.ADJUSTMENT, household_.village_id),
                target=ledger.account(AccountType.HOUSEHOLD, household_.id),
                points=points,
                cause_type="household",
                cause_id=household_.id,
                happened_at=self.now,
                reason="期初积分",
            )
            ledger.post(posting, now=self.now)

    def balance(self, household_: Household) -> int:
        """Return what a household may spend."""
        return ledger.balance(ledger.account(AccountType.HOUSEHOLD, household_.id))

    def item(self, code: int) -> RuleItem:
        """Return an item of the adopted rule book by its code: 1 is a patrol, 10 points, 4 a month."""
        return RuleItem.get(RuleItem.book == self.book, RuleItem.code == code)

    # --- how it came to be --------------------------------------------------------------------------------------------

    def _found_the_places(self) -> None:
        first, second = (
            staff.create_admin(name=name, username=username, password=PASSWORD, area_name="清河县", now=self.now)
            for name, username in (("管一", "admin"), ("管二", "admin2"))
        )
        self.admin, self.second_admin = Person.get_by_id(first), Person.get_by_id(second)
        self.county: int = Area.get(Area.kind == "county").id
        self.township = self.open_area(self.county, "township", "云溪镇")
        self.village = self.open_area(self.township, "village", "石桥村")
        self.grid = self.open_area(self.village, "grid", "第一网格")
        self.lanes = [self.open_area(self.grid, "lane", name) for name in ("东一巷", "东二巷")]
        self.other_village = self.open_area(self.township, "village", "柳林村")
        self.other_lane = self.open_area(self.other_village, "lane", "西一巷")

    def open_area(self, parent: int, kind: str, name: str) -> int:
        """Open an area."""
        return areas.open_area(**self.by(self.admin), parent_id=parent, kind=kind, name=name)

    def _appoint(self) -> None:
        village, lane, other = self.village, self.lanes[0], self.other_village
        self.supervisor = self.appoint("supervisor", self.township, "镇监督")
        self.committee = [self.appoint("committee", village, name, lane=lane) for name in ("田主任", "江委员")]
        self.recorder = self.appoint("steward", village, "罗记录", lane=lane)
        self.checker = self.appoint("steward", village, "孙初审", lane=lane)
        self.council = [self.appoint("council", village, name, lane=lane) for name in ("评一", "评二", "评三")]
        self.clerk = self.appoint("clerk", village, "钱店员", lane=lane)
        self.other_committee = self.appoint("committee", other, "柳主任", lane=self.other_lane)
        self.other_steward = self.appoint("steward", other, "柳网格", lane=self.other_lane)
        self.other_clerk = self.appoint("clerk", other, "柳店员", lane=self.other_lane)

    def _adopt_rules(self) -> None:
        village, other = (
            rule_book.start_draft(**self.by(committee), area_id=village_id)
            for committee, village_id in ((self.committee[0], self.village), (self.other_committee, self.other_village))
        )
        for committee, book in ((self.committee[0], village), (self.other_committee, other)):
            rule_book.adopt(**self.by(committee), book_id=book, minutes="村民会议第3号", adopted_on=self.today)
        self.book = RuleBook.get_by_id(village)

    def _open_shop(self) -> None:
        by = self.committee[0]
        self.shop = shop.open_shop(
            **self.by(by), area_id=self.village, code="SQ", name="石桥村积分超市", hours="周六上午"
        )
        self.till = shop.open_till(**self.by(by), shop_id=self.shop)
        self.goods = {name: self.add_goods(name, unit, category, price) for name, unit, category, price in GOODS}
        """Goods ids by name; ten of each on the shelf."""

    def add_goods(self, name: str, unit: str, category: str, price: int, *, quantity: int = 10) -> int:
        """Put new goods on the shelf of the shop."""
        by = self.committee[0]
        made = goods.add_goods(**self.by(by), shop_id=self.shop, name=name, unit=unit, category=category, price=price)
        if quantity:
            self.receive(made, quantity)
        return made

    def receive(self, goods_id: int, quantity: int, *, cost_fen: int = 500, best_before: date | None = None) -> int:
        """Buy pieces of goods of the shop; return the delivery's id."""
        bought = {"kind": "purchase", "source": "县城批发部", "voucher": "送货单 7", "note": ""}
        lines = [(goods_id, quantity, cost_fen, best_before)]
        return stockroom.receive(**self.by(self.committee[0]), shop_id=self.shop, **bought, lines=lines)

    @property
    def rice(self) -> int:
        """A bag of rice: 30 points, ten on the shelf."""
        return self.goods["大米5kg"]


GOODS = (("大米5kg", "袋", "粮油", 30), ("洗衣液2kg", "瓶", "日化", 20), ("食盐400g", "袋", "调味", 2))
HOUSEHOLDS = (
    (0, ("王秀英", "王大山")),
    (0, ("李小兰", "李石头")),
    (1, ("赵春花", "赵满仓")),
    (1, ("周玉梅", "周长青")),
)


def use_cheap_secrets() -> None:
    """Hash cards under the tests' key, and passwords so that hundreds of sign-ins cost nothing."""
    codes.use_key(CARD_KEY)
    passwords.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def world(databases: Databases, database: str) -> World:
    """A fresh world on each database: `database` holds a copy of one that was built once a session."""
    use_cheap_secrets()
    return deepcopy(databases.prepared["world"])
