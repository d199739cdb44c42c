"""kill -9 amid a stream of redemptions: what was acknowledged is there, what was not is safely sent again."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from points import db
from points.models import Receipt, Till, WriteKey
from points.services import shop
from tests.browser import forms_of
from tests.race.served import PATIENCE, audit, serving
from tests.world import PASSWORD, World

pytestmark = pytest.mark.slow

CUSTOMERS = 8
BEFORE_THE_KILL = 60  # answers


def test_a_killed_server_has_lost_nothing_that_it_acknowledged(database: str) -> None:
    world = World(now=datetime.now(UTC))
    salt = world.add_goods("散装食盐", "勺", "调味", 1, quantity=5000)
    tills = [world.till, shop.open_till(**world.by(world.committee[0]), shop_id=world.shop)]
    username = world.username(world.clerk)
    queues = []
    for number in range(CUSTOMERS):
        household = world.open_household(world.lanes[1], f"王户{number}")
        world.give_points(household, 1000)
        paper = world.card(world.people(household)[0])
        basket = {"card": paper.number, "collector": paper.person.id, "pin": paper.pin}
        queues.append(Queue(tills[number % 2], basket | {f"goods-{salt}": 1, f"price-{salt}": 1}))
    db.disconnect()  # from here on only the server touches the file

    enough = threading.Semaphore(0)
    with serving(database) as (server, port):
        for queue in queues:
            with queue.at(port):
                queue.sign_in(username)  # one by one: eight at once look like guesses
        threads = [threading.Thread(target=queue.stream, args=(port, enough)) for queue in queues]
        for thread in threads:
            thread.start()
        for _ in range(BEFORE_THE_KILL):
            assert enough.acquire(timeout=PATIENCE), "the stream has dried up"
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(PATIENCE)
        for thread in threads:
            thread.join(PATIENCE)
    assert audit(database) == 0, "the book balances before anything has touched the database again"
    acknowledged = {key: place for queue in queues for key, place in queue.acknowledged.items()}
    open_keys = [key for queue in queues for key in queue.unanswered]
    assert len(acknowledged) >= BEFORE_THE_KILL
    assert len(open_keys) == CUSTOMERS, "each till had one on its way"
    assert receipts_of(acknowledged) == acknowledged

    with serving(database) as (_, port):
        for queue in queues:
            with queue.at(port):
                for key in (*queue.unanswered, *queue.unanswered, *queue.acknowledged):
                    status, place, page = queue.redeem(key)
                    assert status == 303, page
                    assert queue.acknowledged.setdefault(key, place) == place
    everything = {key: place for queue in queues for key, place in queue.acknowledged.items()}
    assert receipts_of(everything) == everything
    assert len(everything) == len(acknowledged) + CUSTOMERS == Receipt.select().count()
    for till in Till.select():
        sequences = [receipt.sequence for receipt in Receipt.select().where(Receipt.till == till)]
        assert sorted(sequences) == list(range(1, till.sequence + 1))
    assert audit(database) == 0


@dataclass
class Queue:
    """One customer after another before a till: the same card, a new key for each basket, one request at a time."""

    till: int
    basket: dict[str, object]
    acknowledged: dict[str, str] = field(default_factory=dict)
    """The place of the receipt by key."""
    unanswered: list[str] = field(default_factory=list)
    cookie: str = ""
    token: str = ""

    @contextmanager
    def at(self, port: int) -> Iterator[None]:
        """Hold a connection to the server."""
        self.line = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            yield
        finally:
            self.line.close()

    def sign_in(self, username: str) -> None:
        self.token = forms_of(self.ask("/sign-in")[2])[0].values["csrf_token"]
        status, _, page = self.ask("/sign-in", {"username": username, "password": PASSWORD})
        assert status == 303, page
        self.token = forms_of(self.ask(f"/tills/{self.till}")[2])[0].values["csrf_token"]

    def stream(self, port: int, enough: threading.Semaphore) -> None:
        """Redeem until the server is gone."""
        with self.at(port):
            while not self.unanswered:
                key = uuid4().hex
                try:
                    status, place, _ = self.redeem(key)
                except (OSError, HTTPException):
                    self.unanswered.append(key)
                else:
                    assert status == 303
                    self.acknowledged[key] = place
                    enough.release()

    def redeem(self, key: str) -> tuple[int, str, str]:
        return self.ask(f"/tills/{self.till}/redeem", self.basket | {"key": key})

    def ask(self, path: str, fields: dict[str, object] | None = None) -> tuple[int, str, str]:
        """Send a GET, or a form as a POST; return the status, where it leads, and the page."""
        headers = {"Cookie": self.cookie}
        body = None
        if fields is not None:
            body = urlencode({"csrf_token": self.token, **fields})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.line.request("GET" if body is None else "POST", path, body, headers)
        answer = self.line.getresponse()
        page = answer.read().decode()
        self.cookie = (answer.getheader("Set-Cookie") or self.cookie).split(";")[0]
        return answer.status, answer.getheader("Location", ""), page


def receipts_of(keys: dict[str, str]) -> dict[str, str]:
    """Find the receipts that the database holds for *keys*; each key was written at most once, as its table's own."""
    found = WriteKey.select().where(WriteKey.key.in_(list(keys)), WriteKey.outcome == "done")
    receipts = {receipt.id for receipt in Receipt.select(Receipt.id)}
    return {row.key: f"/receipts/{row.result}" for row in found if row.result in receipts}
