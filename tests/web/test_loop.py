"""The loop that serves SQLite: whoever is told something finds it durable; long answers and wrong requests go well."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Response, request

import points.web.loop
from points import db
from points.web.loop import AT_ONCE, MOST_MEMBERS, Loop

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


class Headers(dict[str, str]):
    """What granian hands over: names in small letters."""


class Asked:
    """A request, and what came back; *seen* is what another connection saw of the writes at that moment."""

    def __init__(self, database: str, method: str = "GET", path: str = "/", body: bytes = b"", **headers: str) -> None:
        self.file, self.body = database.removeprefix("sqlite:///"), body
        self.read = False
        headers = {"host": "village.test", **headers}
        if body:
            headers.setdefault("content-length", str(len(body)))
        self.scope = SimpleNamespace(
            method=method,
            path=path.partition("?")[0],
            query_string=path.partition("?")[2],
            headers=Headers(headers),
            http_version="1.1",
            scheme="http",
            server="127.0.0.1:8000",
            client="127.0.0.9:5000",
        )
        self.status, self.text, self.pieces = 0, b"", 0
        self.seen: list[str] = []

    async def __call__(self) -> bytes:
        self.read = True
        await asyncio.sleep(0)
        return self.body

    def response_bytes(self, status: int, _headers: Any, body: bytes) -> None:
        self.status, self.text = status, body
        with closing(sqlite3.connect(self.file)) as other:
            self.seen = [row[0] for row in other.execute("SELECT subject FROM tries")]

    def response_empty(self, status: int, headers: Any) -> None:
        self.response_bytes(status, headers, b"")

    def response_stream(self, status: int, _headers: Any) -> "Asked":
        self.status = status
        return self

    async def send_bytes(self, piece: bytes) -> None:
        self.text += piece
        self.pieces += 1


@pytest.fixture
def site(database: str) -> Iterator[Flask]:
    app = Flask("village")

    @app.post("/write/<subject>")
    def write(subject: str) -> str:
        with db.transaction():
            db.execute("INSERT INTO tries (channel, subject, failures, last_at) VALUES ('till', ?, 1, 0)", (subject,))
        return subject

    @app.post("/broken")
    def broken() -> str:
        app.config["PROPAGATE_EXCEPTIONS"] = True
        return str(1 // 0)

    @app.get("/read")
    def read() -> str:
        return ",".join(row[0] for row in db.execute("SELECT subject FROM tries ORDER BY subject").fetchall())

    @app.route("/echo/<path:rest>", methods=["GET", "POST"])
    def echo(rest: str) -> str:
        return " ".join(
            [rest, request.args["q"], request.data.decode(), request.cookies["b"], str(request.remote_addr)]
        )

    @app.get("/long")
    def long() -> Response:
        return Response(piece for piece in [b"a" * AT_ONCE, b"b"])

    yield app
    group = getattr(db._here, "group", None)
    if group is not None:
        group.leave()


def answer(site: Flask, *asked: Asked) -> None:
    async def all_at_once() -> None:
        loop = Loop(site)
        await asyncio.gather(*(loop.__rsgi__(one.scope, one) for one in asked))

    asyncio.run(asyncio.wait_for(all_at_once(), 10))


def test_whoever_is_told_of_a_write_finds_it_durable(site: Flask, database: str) -> None:
    writes = [Asked(database, "POST", f"/write/{number}") for number in range(40)]
    look = Asked(database, path="/read")
    answer(site, *writes[:20], look, *writes[20:])
    assert all(one.status == 200 and one.text.decode() in one.seen for one in writes)
    assert look.text
    assert set(look.text.decode().split(",")) <= set(look.seen)


def test_requests_that_come_together_are_committed_together(
    site: Flask, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = []
    original = db.Group.commit
    monkeypatch.setattr(db.Group, "commit", lambda group: (commits.append(group.members), original(group))[1])
    answer(site, *(Asked(database, "POST", f"/write/{number}") for number in range(8)))
    assert commits == [8]


def test_who_leaves_while_waiting_does_not_take_the_others_commit_along(site: Flask, database: str) -> None:
    writes = [Asked(database, "POST", f"/write/{number}") for number in range(3)]

    async def one_leaves() -> None:
        loop = Loop(site)
        tasks = [asyncio.ensure_future(loop.__rsgi__(one.scope, one)) for one in writes]
        while getattr(getattr(db._here, "group", None), "members", 0) < len(writes):
            await asyncio.sleep(0)
        tasks[0].cancel()  # as the server does when the connection breaks off
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)

    asyncio.run(one_leaves())
    assert [one.status for one in writes] == [0, 200, 200]
    assert sorted(writes[2].seen) == ["0", "1", "2"]


def test_who_leaves_before_the_turn_comes_writes_nothing(
    site: Flask, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(points.web.loop, "TURN", 0)
    writes = [Asked(database, "POST", f"/write/{number}", b"x") for number in range(3)]

    async def one_leaves() -> None:
        loop = Loop(site)
        tasks = [asyncio.ensure_future(loop.__rsgi__(one.scope, one)) for one in writes]
        while not loop._asked:
            await asyncio.sleep(0)
        tasks[2].cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)

    asyncio.run(one_leaves())
    assert [one.status for one in writes] == [200, 200, 0]
    assert writes[1].seen == ["0", "1"]


def test_none_that_waits_is_overtaken(site: Flask, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points.web.loop, "TURN", 0)
    order: list[str] = []
    told = Asked.response_bytes
    monkeypatch.setattr(Asked, "response_bytes", lambda one, *what: (order.append(one.scope.path), told(one, *what))[1])
    early = [Asked(database, "POST", f"/write/{number}", b"x") for number in range(MOST_MEMBERS + 4)]
    late = [Asked(database, "POST", f"/write/late{number}", b"x") for number in range(4)]

    async def some_come_later() -> None:
        loop = Loop(site)
        tasks = [asyncio.ensure_future(loop.__rsgi__(one.scope, one)) for one in early]
        while not order:
            await asyncio.sleep(0)
        tasks += [asyncio.ensure_future(loop.__rsgi__(one.scope, one)) for one in late]
        await asyncio.gather(*tasks)

    asyncio.run(asyncio.wait_for(some_come_later(), 10))
    assert order == [one.scope.path for one in early + late]
    assert len(early[0].seen) == MOST_MEMBERS  # told right after their commit, before the others were even asked


def test_a_site_that_breaks_breaks_one_request(site: Flask, database: str) -> None:
    broken, well = Asked(database, "POST", "/broken", b"x"), Asked(database, "POST", "/write/well", b"x")

    async def both() -> list[Any]:
        loop = Loop(site)
        tasks = (loop.__rsgi__(one.scope, one) for one in (broken, well))
        return await asyncio.gather(*tasks, return_exceptions=True)

    errors = asyncio.run(asyncio.wait_for(both(), 10))
    assert isinstance(errors[0], ZeroDivisionError)
    assert (well.status, well.seen) == (200, ["well"])


def test_if_the_commit_fails_nobody_is_told_it_went_well(
    site: Flask, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(group: db.Group) -> None:
        db.database.obj.connection().execute("ROLLBACK")
        original(group)

    original = db.Group.commit
    monkeypatch.setattr(db.Group, "commit", fail)
    writes = [Asked(database, "POST", f"/write/{number}") for number in range(3)]
    answer(site, *writes)
    assert [one.status for one in writes] == [503] * 3
    assert "没有记下" in writes[0].text.decode()
    assert writes[0].seen == []
    monkeypatch.undo()
    again = Asked(database, "POST", "/write/again")
    answer(site, again)
    assert again.status == 200
    assert again.seen == ["again"]


def test_a_request_arrives_as_it_was_sent(site: Flask, database: str) -> None:
    asked = Asked(database, "POST", "/echo/a%20%E6%9D%91?q=%E6%88%B7", "积分".encode(), cookie="a=1; b=2")
    answer(site, asked)
    assert asked.text.decode() == "a 村 户 积分 2 127.0.0.9"


def test_a_long_answer_goes_out_in_pieces(site: Flask, database: str) -> None:
    asked = Asked(database, path="/long")
    answer(site, asked)
    assert asked.pieces == 2
    assert asked.text == b"a" * AT_ONCE + b"b"


def test_what_is_too_large_is_not_even_read(site: Flask, database: str) -> None:
    site.config["MAX_CONTENT_LENGTH"] = 1024
    asked = Asked(database, "POST", "/echo/x?q=1", b"x", **{"content-length": str(10**12)})
    answer(site, asked)
    assert not asked.read
    assert asked.status == 413
