"""A county to measure in: villages with a shop, a till and a clerk each, households with cards, statements with causes.

Rows go in bulk through the models, in one transaction; points move through the ledger, card codes and PINs come from
`codes`, so all that the site reads is as the services would have written it. The database is empty before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import chunked

from points import codes, db, ledger, names, passwords, places
from points.calendar import local_date
from points.ledger import Posting
from points.models import (
    Account,
    Card,
    Contribution,
    Goods,
    GoodsPrice,
    Household,
    Line,
    Notice,
    Person,
    Receipt,
    ReceiptLine,
    Role,
    RuleBook,
    RuleItem,
    Shift,
    Shop,
    Stock,
    StockBatch,
    StockMovement,
    Till,
    Transfer,
)
from points.models.base import Table
from points.models.ledger import AccountType, Kind

PASSWORD = "quiet-river-42"
PIN = "270416"
OPENING = 200_000  # points a household begins with, so that none runs dry while measured
SHELF = 1_000_000  # pieces of each goods
FULL_SHELF, FEW = 2_000, 20  # sorts of goods in the shop whose page is measured, and pieces of each
DEEDS, BOUGHT, PLAIN_DEEDS = 24, 8, 2
"""Awards and redemptions on the statement of a household whose page is measured; awards of any other."""
LANES = 4  # a village's
SHELVED = (("大米5kg", "袋", "粮油", 30), ("洗衣液2kg", "瓶", "日化", 20), ("食盐400g", "袋", "调味", 2),
           ("菜籽油1.8L", "桶", "粮油", 40), ("酱油500ml", "瓶", "调味", 6), ("抽纸10包", "提", "纸品", 15),
           ("毛巾", "条", "家纺", 8), ("铅笔12支", "盒", "文具", 5))  # fmt: skip

PEOPLE = ("钱店员", "罗记录", "孙初审", "王秀英", "李大山")
INITIALS = {name: names.initials(name) for name in (*PEOPLE, *(row[0] for row in SHELVED))}


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the county is."""

    villages: int
    households: int  # in each village


@dataclass(frozen=True, slots=True)
class Counter:
    """A shop's till, its clerk, its goods as (id, price), and its customers as (card's code, person)."""

    till_id: int
    clerk_id: int
    username: str
    goods: list[tuple[int, int]]
    customers: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class County:
    """What the load needs to know."""

    counters: list[Counter]
    villagers: list[str]
    """Usernames of those whose page is measured, one in each village."""
    full_village: int
    """The village whose shop has `FULL_SHELF` sorts of goods."""


def fill(scale: Scale, *, now: datetime) -> County:
    """Fill the bound, empty database, in one transaction."""
    with db.transaction():
        return _Filling(scale, now).county()


class _Filling:
    def __init__(self, scale: Scale, now: datetime) -> None:
        self.scale = scale
        self.now = now
        self.numbers = range(scale.villages)
        self.password_hash = passwords.hash_password(PASSWORD)

    def county(self) -> County:
        self.areas()
        self.people()
        self.shops()
        self.accounts = {(type_, owner): id_ for type_, owner, id_ in Account.select(
            Account.type, Account.owner_id, Account.id).tuples()}  # fmt: skip
        self.points()
        counters = [self.counter(number) for number in self.numbers]
        self.full_shelf()
        return County(counters, [f"villager{number}" for number in self.numbers], self.villages[0])

    def counter(self, number: int) -> Counter:
        size = self.scale.households
        goods = [(id_, row[3]) for id_, row in zip(self.goods[number], SHELVED, strict=True)]
        customers = list(zip(self.codes, self.holders, strict=True))[number * size : (number + 1) * size]
        return Counter(self.tills[number], self.clerks[number], f"clerk{number}", goods, customers)

    # --- places and people ----------------------------------------------------------------------------------------

    def areas(self) -> None:
        county = places.open_area(None, "county", "清河县")
        townships = [places.open_area(county, "township", f"第{n}镇") for n in range(-(-self.scale.villages // 20))]
        villages = [places.open_area(townships[n // 20], "village", f"第{n}村") for n in self.numbers]
        self.villages = [village.id for village in villages]
        self.lanes = []
        for village in villages:
            grid = places.open_area(village, "grid", "第一网格")
            self.lanes.append([places.open_area(grid, "lane", f"第{n}巷").id for n in range(LANES)])

    def people(self) -> None:
        size = self.scale.households
        homes = [(number, place) for number in self.numbers for place in range(size)]
        self.households = insert(Household, [
            {"village": self.villages[number], "area": self.lanes[number][place * LANES // size],
             "number": f"{place + 1:04d}", "address": f"{place + 1}号", "opened_at": self.now}
            for number, place in homes
        ])  # fmt: skip
        insert(Account, [
            {"type": type_, "owner_id": id_}
            for id_ in self.households for type_ in (AccountType.HOUSEHOLD, AccountType.OWED)
        ])  # fmt: skip
        staff = insert(Person, [
            self.person(self.villages[number], name, username=username)
            for number in self.numbers
            for name, username in (("钱店员", f"clerk{number}"), ("罗记录", None), ("孙初审", None))
        ])  # fmt: skip
        self.clerks, self.recorders, self.checkers = staff[::3], staff[1::3], staff[2::3]
        insert(Role, [
            {"person": person, "area": self.villages[number], "kind": kind,
             "granted_at": self.now, "confirmed_at": self.now}
            for number in self.numbers
            for person, kind in ((self.clerks[number], "clerk"), (self.recorders[number], "steward"))
        ])  # fmt: skip
        members = insert(Person, [
            self.person(self.lanes[number][place * LANES // size], name, household=household,
                        username=f"villager{number}" if place == 0 and name == "王秀英" else None)
            | {"pin_hash": codes.hash_pin(len(staff) + 2 * at + 1, PIN) if name == "王秀英" else None}
            for at, (household, (number, place)) in enumerate(zip(self.households, homes, strict=True))
            for name in ("王秀英", "李大山")
        ], after=staff)  # fmt: skip
        self.holders = members[::2]
        cards = [codes.new_card(f"benchmark-card-{id_:08d}") for id_ in self.holders]
        self.codes = [code for _, code in cards]
        self.cards = insert(Card, [
            {"person": person, "number": number, "secret_hash": codes.hash_code(code),
             "printed_by": self.recorders[0], "printed_at": self.now,
             "handed_by": self.checkers[0], "handed_at": self.now}
            for person, (number, code) in zip(self.holders, cards, strict=True)
        ])  # fmt: skip

    def person(self, area: int, name: str, *, household: int | None = None, username: str | None) -> dict[str, Any]:
        return {"area": area, "name": name, "initials": INITIALS[name], "household": household,
                "username": username, "password_hash": self.password_hash if username else None,
                "added_at": self.now}  # fmt: skip

    def shops(self) -> None:
        shops = insert(Shop, [
            {"area": self.villages[number], "code": f"V{number}", "name": f"第{number}村积分超市", "hours": "周六上午"}
            for number in self.numbers
        ])  # fmt: skip
        insert(Account, [{"type": AccountType.SHOP, "owner_id": shop} for shop in shops])
        self.shop_ids = shops
        shifts = range(1, len(shops) + 1)
        self.tills = insert(Till, [
            {"shop": shop, "number": 1, "sequence": BOUGHT, "shift_id": shift}
            for shop, shift in zip(shops, shifts, strict=True)
        ])  # fmt: skip
        self.shifts = insert(Shift, [
            {"till": till, "clerk": clerk, "day": local_date(self.now), "first_sequence": 1, "opened_at": self.now}
            for till, clerk in zip(self.tills, self.clerks, strict=True)
        ])  # fmt: skip
        goods = insert(Goods, [
            {"shop": shop, "name": name, "initials": INITIALS[name], "unit": unit, "category": category,
             "price": price}
            for shop in shops for name, unit, category, price in SHELVED
        ])  # fmt: skip
        self.goods = [goods[number * len(SHELVED) : (number + 1) * len(SHELVED)] for number in self.numbers]
        sellers = [(id_, number) for number in self.numbers for id_ in self.goods[number]]
        insert(GoodsPrice, [
            {"goods": id_, "price": SHELVED[at % len(SHELVED)][3], "since": self.now, "set_by": self.clerks[number]}
            for at, (id_, number) in enumerate(sellers)
        ])  # fmt: skip
        left = [SHELF - (BOUGHT if id_ == self.goods[number][2] else 0) for id_, number in sellers]
        insert(Stock, [{"goods": id_, "on_hand": count} for (id_, _), count in zip(sellers, left, strict=True)])
        insert(StockBatch, [
            {"goods": id_, "cost_fen": 100, "remaining": count}
            for (id_, _), count in zip(sellers, left, strict=True)
        ])  # fmt: skip
        self.received = insert(StockMovement, [self.delivered(id_, SHELF, number) for id_, number in sellers])

    def full_shelf(self) -> None:
        """Put many more sorts on the shelf of the first shop, a few pieces of each."""
        first = self.shop_ids[0]
        more = [(f"{SHELVED[at % 8][0]}·{at}", SHELVED[at % 8]) for at in range(FULL_SHELF - len(SHELVED))]
        before = [id_ for ids in self.goods for id_ in ids]
        goods = insert(Goods, [
            {"shop": first, "name": name, "initials": INITIALS[sort[0]], "unit": sort[1], "category": sort[2],
             "price": sort[3]}
            for name, sort in more
        ], after=before)  # fmt: skip
        insert(GoodsPrice, [
            {"goods": id_, "price": sort[3], "since": self.now, "set_by": self.clerks[0]}
            for id_, (_, sort) in zip(goods, more, strict=True)
        ])  # fmt: skip
        insert(Stock, [{"goods": id_, "on_hand": FEW} for id_ in goods])
        insert(StockBatch, [{"goods": id_, "cost_fen": 100, "remaining": FEW} for id_ in goods], after=before)
        insert(StockMovement, [self.delivered(id_, FEW, 0) for id_ in goods])

    def delivered(self, goods: int, count: int, number: int) -> dict[str, Any]:
        """The movement by which the only batch of goods, which has the same id, came to a shop."""
        return {"goods": goods, "batch": goods, "kind": "receive", "change": count, "on_hand_after": count,
                "cause_type": "goods", "cause_id": goods, "actor_id": self.clerks[number],
                "recorded_at": self.now}  # fmt: skip

    # --- points ---------------------------------------------------------------------------------------------------

    def points(self) -> None:
        self.post(
            self.posting(Kind.ADJUSTMENT, f"opening:{id_}", (AccountType.ADJUSTMENT, self.village_of(at)),
                         (AccountType.HOUSEHOLD, id_), OPENING, "household", id_)
            for at, id_ in enumerate(self.households)
        )  # fmt: skip
        self.deeds()
        self.purchases()

    def deeds(self) -> None:
        """Post each village's sheets: every household is on the first ones, the measured household on all."""
        long_ago, size = self.now - timedelta(days=30), self.scale.households
        books = insert(RuleBook, [
            {"area": village, "version": 1, "state": "adopted", "minutes": "村民会议第1号",
             "adopted_on": local_date(long_ago), "adopted_by": self.recorders[number], "created_at": long_ago}
            for number, village in enumerate(self.villages)
        ])  # fmt: skip
        items = insert(
            RuleItem,
            [
                {"book": book, "code": 1, "category": "平安", "name": "义务巡逻（≥2小时）", "points": 10}
                for book in books
            ],
        )
        times = {"opened_at": long_ago, "hung_at": long_ago}
        over = {"state": "closed", "closes_at": self.now - timedelta(days=9), "closed_at": self.now}
        running = {"state": "hung", "closes_at": self.now + timedelta(days=9), "closed_at": None}
        notices = insert(Notice, [
            {"village": village, "number": at + 1, "days": 15, **times, **state,
             "opened_by": self.recorders[number], "hung_by": self.checkers[number]}
            for number, village in enumerate(self.villages) for at, state in enumerate((over, running))
        ])  # fmt: skip
        sheets = [(number, at) for number in self.numbers for at in range(DEEDS + 2)]
        contributions = insert(Contribution, [
            {"village": self.villages[number], "item": items[number], "day": local_date(long_ago + timedelta(days=at)),
             "recorded_by": self.recorders[number], "recorded_at": long_ago}
            for number, at in sheets
        ])  # fmt: skip
        lines, posted = [], []
        for contribution, (number, at) in zip(contributions, sheets, strict=True):
            first = number * size
            for home in range(first, first + size if at < PLAIN_DEEDS else first + 1):
                state = "posted" if at < DEEDS else "noticed"
                lines.append({
                    "contribution": contribution, "village": self.villages[number], "household": self.households[home],
                    "person": self.holders[home], "day": local_date(long_ago + timedelta(days=at)), "item_code": 1,
                    "item_name": "义务巡逻（≥2小时）", "category": "平安", "version": 1, "discreet": False, "each": 10,
                    "quantity": 1, "cap": 4, "cap_period": "month", "counts_to_cap": True,
                    "recorded_by": self.recorders[number], "state": state, "checked_by": self.checkers[number],
                    "checked_at": long_ago, "voices_needed": 1, "voices": 1, "decided_at": long_ago,
                    "granted_quantity": 1, "granted": 10, "notice": notices[2 * number + (state == "noticed")],
                    "posted_at": self.now if state == "posted" else None,
                })  # fmt: skip
                posted.append((home, number) if state == "posted" else None)
        ids = insert(Line, lines)
        self.post(
            self.posting(Kind.AWARD, f"line:{id_}", (AccountType.ISSUANCE, self.villages[place[1]]),
                         (AccountType.HOUSEHOLD, self.households[place[0]]), 10, "line", id_)
            for id_, place in zip(ids, posted, strict=True) if place
        )  # fmt: skip

    def purchases(self) -> None:
        """Let the measured household of each village buy salt, one receipt at a time."""
        bought = [(number, turn) for turn in range(BOUGHT) for number in self.numbers]
        transfers = self.post(
            self.posting(Kind.REDEMPTION, f"bought:{number}:{turn}",
                         (AccountType.HOUSEHOLD, self.households[number * self.scale.households]),
                         (AccountType.SHOP, self.shop_ids[number]), 2, "till", self.tills[number])
            for number, turn in bought
        )  # fmt: skip
        balances = Transfer.select(Transfer.id, Transfer.source_after).where(Transfer.kind == Kind.REDEMPTION)
        after = dict(balances.tuples())
        receipts = insert(Receipt, [
            {"till": self.tills[number], "sequence": turn + 1, "number": f"V{number}-1-{turn + 1:06d}",
             "household": self.households[home], "card": self.cards[home], "collector": self.holders[home],
             "clerk": self.clerks[number], "shift": self.shifts[number], "via": "scan", "pin": True, "points": 2,
             "worth_fen": 100, "balance_after": after[transfer], "transfer": transfer, "recorded_at": self.now}
            for transfer, (number, turn) in zip(transfers, bought, strict=True)
            for home in (number * self.scale.households,)
        ])  # fmt: skip
        insert(ReceiptLine, [
            {"receipt": receipt, "goods": self.goods[number][2], "name": "食盐400g", "unit": "袋", "price": 2,
             "quantity": 1}
            for receipt, (number, _) in zip(receipts, bought, strict=True)
        ])  # fmt: skip
        insert(StockMovement, [
            {"goods": salt, "batch": salt, "kind": "redeem", "change": -1, "on_hand_after": SHELF - turn - 1,
             "cause_type": "receipt", "cause_id": receipt, "actor_id": self.clerks[number], "recorded_at": self.now}
            for receipt, (number, turn) in zip(receipts, bought, strict=True) for salt in (self.goods[number][2],)
        ], after=self.received)  # fmt: skip

    def village_of(self, household_at: int) -> int:
        return self.villages[household_at // self.scale.households]

    def posting(
        self,
        kind: Kind,
        key: str,
        source: tuple[AccountType, int],
        target: tuple[AccountType, int],
        points: int,
        cause_type: str,
        cause_id: int,
    ) -> Posting:
        source_, target_ = (
            Account(id=self.accounts[place], type=place[0], owner_id=place[1]) for place in (source, target)
        )
        return Posting(
            key=key, kind=kind, source=source_, target=target_, points=points, cause_type=cause_type,
            cause_id=cause_id, happened_at=self.now,
        )  # fmt: skip

    def post(self, postings: Iterable[Posting]) -> list[int]:
        return [id_ for batch in chunked(postings, 5000) for id_ in ledger.post_many(batch, now=self.now)]


def insert(table: type[Table], rows: Sequence[Mapping[str, Any]], *, after: Sequence[int] = ()) -> list[int]:
    """Insert *rows* in bulk and return their ids, which go on counting *after* those that are there."""
    defaults = table._meta.get_default_dict()
    fields = [table._meta.fields[name] for name in {**defaults, **rows[0]}]
    columns, marks = ", ".join(field.column_name for field in fields), ", ".join("?" * len(fields))
    sql = f"INSERT INTO {table._meta.table_name} ({columns}) VALUES ({marks})"
    whole = ({**defaults, **row} for row in rows)
    values = [[field.db_value(row[field.name]) for field in fields] for row in whole]
    db.database.cursor().executemany(sql.replace("?", "%s") if db.is_postgresql() else sql, values)
    return list(range(len(after) + 1, len(after) + len(rows) + 1))
