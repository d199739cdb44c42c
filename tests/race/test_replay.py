"""A shop's whole day sent twice, out of order and with duplicates in flight: what happened once stays so."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from queue import SimpleQueue
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from points import codes, db
from points.models import (
    APPEND_ONLY,
    Account,
    Goods,
    Person,
    Receipt,
    ReceiptUndo,
    Refusal,
    Reservation,
    Stock,
    StockBatch,
    Till,
)
from points.services import shop
from tests.browser import forms_of
from tests.race.served import PATIENCE, audit, serving
from tests.race.tills import buyers
from tests.world import PASSWORD, World

pytestmark = pytest.mark.slow

HANDS = 8
REQUESTS = 500
FAMILIES = 16


def test_a_day_sent_twice_out_of_order_happened_once(database: str) -> None:
    chance = random.Random(20261122)
    day = Day(World(now=datetime.now(UTC)), chance)
    db.disconnect()
    with serving(database) as (_, port), hands(port) as lines:
        day.sign_in(lines)
        morning = day.morning()
        first = send(lines, morning, chance)
        afternoon = day.afternoon([place for _, place in first.values()])
        first |= send(lines, afternoon, chance)
        assert len(first) == REQUESTS
        assert Counter(status for status, _ in first.values()).keys() == {303, 409}, "most go through, some are refused"
        assert day.outcomes(first) >= {
            ("redeem", 303), ("redeem", 409), ("reserve", 303), ("receive", 303),
            ("undo", 303), ("undo", 409), ("collect", 303), ("cancel", 303), ("cancel", 409),
        }  # fmt: skip
        before = kept()
        assert send(lines, [*morning, *afternoon], chance) == first, "a retry hears what the first one heard"
        assert kept() == before, "and nothing more has happened"
    assert audit(database) == 0
    receipts = {f"/receipts/{receipt.id}" for receipt in Receipt.select()}
    sold = [
        place for request, (status, place) in first.items() if status == 303 and request.what in ("redeem", "collect")
    ]
    assert len(sold) == len(set(sold)) and set(sold) == receipts, "one receipt for each request that was granted"
    done = Counter(request.what for request, (status, _) in first.items() if status == 303)
    assert ReceiptUndo.select().count() == done["undo"]
    states = Counter(reservation.state for reservation in Reservation.select())
    assert (states["collected"], states["cancelled"]) == (done["collect"], done["cancel"])
    for till in Till.select():
        sequences = [receipt.sequence for receipt in Receipt.select().where(Receipt.till == till)]
        assert sorted(sequences) == list(range(1, till.sequence + 1))


# --- the day ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Request:
    """A form as its page sends it, once or often."""

    what: str
    key: str
    path: str
    cookie: str
    body: str


class Day:
    """Who comes to the shop, and what they send; what follows from earlier answers they send in the afternoon."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance = world, chance
        by = world.committee[0]
        self.shop_id = world.shop
        self.tills = [world.till, *(shop.open_till(**world.by(by), shop_id=world.shop) for _ in range(3))]
        self.shelf = [world.add_goods(f"第{number}样", "件", "日化", 1, quantity=400) for number in range(5)]
        self.shelf.append(world.add_goods("紧俏货", "件", "日化", 1, quantity=20))
        self.names = {goods.id: goods.name for goods in Goods.select()}
        self.cards = buyers(world, FAMILIES, 400)
        self.villagers = [world.username(paper.person) for paper in self.cards]
        second = world.appoint("clerk", world.village, "孔店员", lane=world.lanes[0])
        self.clerks = [world.username(world.clerk), world.username(second)]
        self.keeper = world.username(Person.get_by_id(by.id))
        self.sessions: dict[str, tuple[str, str]] = {}

    def sign_in(self, lines: Sequence[HTTPConnection]) -> None:
        """Sign everybody in, one by one, and keep each one's cookie and token."""
        for name in (*self.villagers, *self.clerks, self.keeper):
            _, _, page, cookie = ask(lines[0], "/sign-in")
            body = urlencode(
                {"csrf_token": forms_of(page)[0].values["csrf_token"], "username": name, "password": PASSWORD}
            )
            status, _, page, cookie = ask(lines[0], "/sign-in", cookie, body)
            assert status == 303, page
            _, _, page, cookie = ask(lines[0], "/me/password", cookie)
            self.sessions[name] = cookie, forms_of(page)[0].values["csrf_token"]

    def morning(self) -> list[Request]:
        return [
            *(self.redeem(number) for number in range(280)),
            *(self.reserve(number % FAMILIES) for number in range(60)),
            *(self.receive() for _ in range(10)),
        ]

    def afternoon(self, places: Sequence[str]) -> list[Request]:
        """Undo some of the morning's receipts, collect and cancel what was reserved, some of it twice, and go on."""
        receipts, tickets = (
            [int(place.rsplit("/", 1)[1]) for place in places if place.startswith(f"/{what}/")]
            for what in ("receipts", "reservations")
        )
        owners = {one.id: one.person_id for one in Reservation.select()}
        requests = [self.undo(receipt_id) for receipt_id in (*receipts[:35], *receipts[:5])]
        requests += [self.collect(id_, owners[id_]) for id_ in tickets[:28]]
        requests += [self.cancel(id_) for id_ in tickets[20:40]]
        return requests + [self.redeem(number) for number in range(REQUESTS - 350 - len(requests))]

    def request(self, what: str, who: str, path: str, **fields: object) -> Request:
        key = uuid4().hex
        cookie, token = self.sessions[who]
        return Request(what, key, path, cookie, urlencode({"csrf_token": token, "key": key, **fields}))

    def basket(self, sorts: int) -> dict[str, int]:
        chosen = self.chance.sample(self.shelf, sorts)
        return {f"goods-{id_}": self.chance.randint(1, 2) for id_ in chosen} | {f"price-{id_}": 1 for id_ in chosen}

    def redeem(self, number: int) -> Request:
        paper, till = self.cards[number % FAMILIES], self.tills[number % len(self.tills)]
        about = {"card": paper.number, "collector": paper.person.id, "pin": paper.pin}
        return self.request("redeem", self.clerk(till), f"/tills/{till}/redeem", **about, **self.basket(1 + number % 4))

    def reserve(self, family: int) -> Request:
        until = {"collect_by": (datetime.now(UTC) + timedelta(days=2)).date()}
        return self.request(
            "reserve", self.villagers[family], f"/shops/{self.shop_id}/reserve", **until, **self.basket(2)
        )

    def receive(self) -> Request:
        row = {"rows-0-goods": self.names[self.shelf[0]], "rows-0-quantity": 5, "rows-0-cost": "2.50"}
        paper = {"kind": "purchase", "source": "县城批发部", "voucher": "7"}
        return self.request("receive", self.keeper, f"/shops/{self.shop_id}/deliveries/new", **paper, **row)

    def undo(self, receipt_id: int) -> Request:
        who = self.clerk(Receipt.get_by_id(receipt_id).till_id)
        why = {"reason": "拿错了", "code": codes.receipt_code(receipt_id)}
        return self.request("undo", who, f"/receipts/{receipt_id}/undo", **why)

    def collect(self, reservation_id: int, person_id: int) -> Request:
        till = self.tills[reservation_id % len(self.tills)]
        ticket = {"ticket": codes.ticket_code(reservation_id), "collector": person_id}
        return self.request("collect", self.clerk(till), f"/tills/{till}/collect", **ticket)

    def cancel(self, reservation_id: int) -> Request:
        household = Reservation.get_by_id(reservation_id).household_id
        [family] = [at for at, paper in enumerate(self.cards) if paper.person.household_id == household]
        return self.request("cancel", self.villagers[family], f"/reservations/{reservation_id}/cancel", reason="")

    def clerk(self, till: int) -> str:
        return self.clerks[self.tills.index(till) % 2]

    @staticmethod
    def outcomes(answers: dict[Request, tuple[int, str]]) -> set[tuple[str, int]]:
        return {(request.what, status) for request, (status, _) in answers.items()}


# --- sending ------------------------------------------------------------------------------------------------------


@contextmanager
def hands(port: int) -> Iterator[list[HTTPConnection]]:
    """Hold connections to the server."""
    lines = [HTTPConnection("127.0.0.1", port, timeout=PATIENCE) for _ in range(HANDS)]
    try:
        yield lines
    finally:
        for line in lines:
            line.close()


def send(
    lines: Sequence[HTTPConnection], requests: Sequence[Request], chance: random.Random
) -> dict[Request, tuple[int, str]]:
    """Send requests in any order, every tenth one by two hands at once; return the status and place of each answer."""
    waiting: SimpleQueue[Request | None] = SimpleQueue()
    for at, request in enumerate(chance.sample(requests, len(requests))):
        for _ in range(2 if at % 10 == 0 else 1):
            waiting.put(request)
    for _ in lines:
        waiting.put(None)

    def work(line: HTTPConnection) -> list[tuple[Request, tuple[int, str]]]:
        heard = []
        while (request := waiting.get()) is not None:
            status, place, _, _ = ask(line, request.path, request.cookie, request.body)
            heard.append((request, (status, place)))
        return heard

    with ThreadPoolExecutor(len(lines)) as pool:
        heard = [answer for of_hand in pool.map(work, lines) for answer in of_hand]
    assert len(heard) == len(requests) + -(-len(requests) // 10)
    answers = dict(heard)
    assert all(answers[request] == answer for request, answer in heard), "two that were sent at once heard the same"
    return answers


def ask(line: HTTPConnection, path: str, cookie: str = "", body: str | None = None) -> tuple[int, str, str, str]:
    """Send a GET, or a form as a POST; return the status, where it leads, the page and the cookie."""
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    line.request("GET" if body is None else "POST", path, body, headers)
    answer = line.getresponse()
    page = answer.read().decode()
    return (
        answer.status,
        answer.getheader("Location", ""),
        page,
        (answer.getheader("Set-Cookie") or cookie).split(";")[0],
    )


def kept() -> dict[str, object]:
    """Return what is kept of the day: the number of rows that only grow, and all that may change."""
    rows: dict[str, object] = {table.__name__: table.select().count() for table in (*APPEND_ONLY, Refusal, ReceiptUndo)}
    for table in (Account, Stock, StockBatch, Reservation, Till):
        rows[table.__name__] = sorted(table.select().tuples())
    db.disconnect()
    return rows
