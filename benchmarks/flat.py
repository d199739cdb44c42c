"""Every page costs the same in a small book and in a big one: the time of each in both, taken in turn in one run.

Both books hold villages alike, with the same work waiting (`benchmarks.years`); the big one holds a county of them, and
five years. Requests go through the whole site within this process. The figure of a page is its median in the big book
over that in the small one; the tick, which runs each minute, is measured like a page. It is the processor's time, this
process's and that of PostgreSQL's which serves it: a busy machine tells nothing about a page.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from itertools import count
from pathlib import Path
from statistics import median

from flask import Flask
from flask.testing import FlaskClient
from peewee import Database

from benchmarks import years
from benchmarks.client import TOKEN
from benchmarks.seed import PIN
from config import Config
from points import clock, codes, create_app, db, ledger, stock
from points.services import tick

KEY = "the benchmark's key, for the cards of nobody"
FULL, VILLAGES, HOMES = 30_000_000, 242, 413
"""Transfers, villages and households of each in a county of five years."""
PAGES = {
    "": "/villages/{village} /villages/{village}/notices /notices/{notice} /villages/{village}/board "
    "/villages/{village}/goods /villages/{village}/rules /villages/{village}/lanes /villages/{village}/wishes /sign-in",
    "villager0": "/home /home?before={deep} /me /me/data /me/attendance /me/reservations /report /reports "
    "/lines/{line} /receipts/{receipt} /shops/{shop}/reserve",
    "clerk0": "/desk /tills/{till} /tills/{till}/day /tills/{till}/shift /shops/{shop}/shifts /shops/{shop}/goods "
    "/shops/{shop}/stock /goods/{goods} /goods/{goods}/movements /shops/{shop}/stocktakes",
    "committee0-0": "/desk /villages/{village}/desk /villages/{village}/notices/desk /villages/{village}/contributions "
    "/villages/{village}/contributions/new /villages/{village}/people/search?q=wxy /contributions/{sheet} "
    "/villages/{village}/households /households/{household} /households/{household}/passbook /villages/{village}/cards "
    "/villages/{village}/fund /villages/{village}/cover /villages/{village}/packet /villages/{village}/settlements "
    "/villages/{village}/sittings /villages/{village}/motions /villages/{village}/print /rule-books/{book} "
    "/areas/{village}/exports",
    "council0-0": "/desk /decide /objections",
    "steward0": "/desk /check /villages/{village}/contributions",
    "supervisor0": "/desk /areas/{township} /complaints/desk /villages/{village}/notices/desk /objections",
}  # fmt: skip
"""What is looked at, by whom. Not here: the front page, which lists all villages, and what a draft would have cost in a
year (`/rule-books/…/cost`), which goes through that year's lines."""


class Book:
    """One of the two books: its database, the site over it, and whoever is signed in there."""

    def __init__(self, url: str) -> None:
        self.app = site(url)
        self.database: Database = db.database.obj
        self.clients: dict[str, FlaskClient] = {}
        self.places = places()
        self.keys = count()
        self.served_by = 0

    def enter(self) -> None:
        """Let the site look at this book."""
        db.database.initialize(self.database)

    def client(self, username: str) -> FlaskClient:
        """Return the browser of who has this username, signed in; anybody's for nobody."""
        if username not in self.clients:
            client = self.app.test_client()
            if username:
                [(id_, epoch)] = db.execute("SELECT id, epoch FROM person WHERE username = ?", (username,)).fetchall()
                with client.session_transaction() as session:
                    session.update(_user_id=f"{id_}.{epoch}", _fresh=True)
            self.clients[username] = client
        return self.clients[username]

    def get(self, username: str, path: str) -> float:
        """Open a page, and return the seconds it took."""
        return self.timed(lambda: self.client(username).get(path.format(**self.places)), path, 200)

    def post(self, path: str, status: int, **fields: object) -> float:
        """Send a form of the till with a new key, and return the seconds it took."""
        client = self.client("clerk0")
        found = TOKEN.search(client.get(f"/tills/{self.places['till']}").text)
        assert found
        key = f"flat{clock.now().timestamp():.0f}{next(self.keys):08d}"
        form = {"csrf_token": found[1], "key": key, **fields}
        return self.timed(lambda: client.post(path.format(**self.places), data=form), path, status)

    def timed(self, work: Callable[[], object], path: str, status: int) -> float:
        begun = self.spent()
        answer = work()
        spent = self.spent() - begun
        found = getattr(answer, "status_code", status)
        assert found == status, f"{path} answered {found}: {getattr(answer, 'text', '')[:2000]}"
        return spent

    def spent(self) -> float:
        """Return the processor time that this process has taken so far, and PostgreSQL's that serves it."""
        if not db.is_postgresql():
            return time.process_time()
        if not self.served_by:
            self.served_by = int(db.execute("SELECT pg_backend_pid()").fetchone()[0])
        ran = Path(f"/proc/{self.served_by}/schedstat").read_text().split()[0]
        return time.process_time() + int(ran) / 1e9

    def works(self) -> Iterator[tuple[str, Callable[[], float]]]:
        """Give everything that is measured, with its name."""
        for username, paths in PAGES.items():
            for path in paths.split():
                yield f"{path} {username}".strip(), lambda who=username, path=path: self.get(who, path)
        card = {"code": self.places["code"]}
        yield "the till after a scan", lambda: self.post("/tills/{till}/card", 200, **card)
        basket = {f"goods-{self.places['goods']}": 1, f"price-{self.places['goods']}": self.places["price"]}
        sale = {"card": self.places["code"], "collector": self.places["person"], "pin": PIN, **basket}
        yield "a redemption", lambda: self.post("/tills/{till}/redeem", 303, **sale)
        yield "a tick", lambda: self.timed(lambda: tick.tick(now=clock.now()), "tick", 0)


def ratios(small: str, big: str, *, rounds: int = 9) -> dict[str, tuple[float, float]]:
    """Return the seconds of everything in the small book and in the big one."""
    books = [Book(small), Book(big)]
    spans: dict[str, tuple[list[float], list[float]]] = {}
    for turn in range(rounds + 2):  # the first two warm up
        for name, *works in [
            (name, work, other) for (name, work), (_, other) in zip(*(b.works() for b in books), strict=True)
        ]:
            kept = spans.setdefault(name, ([], []))
            for book, work, spent in zip(books, works, kept, strict=True):
                book.enter()
                seconds = work()
                if turn > 1:
                    spent.append(seconds)
    for book in books:
        book.enter()
        db.disconnect()
    return {name: (median(one), median(other)) for name, (one, other) in spans.items()}


def site(url: str) -> Flask:
    """Build the site over the database at *url*."""
    config = Config(url, "a secret of the benchmark that guards nothing", KEY, "http://127.0.0.1", False)
    return create_app(config)


def places() -> dict[str, object]:
    """Name what the pages are about: all of the first village and its first household."""
    [(village, township)] = db.execute(
        "SELECT id, parent_id FROM area WHERE kind = 'village' ORDER BY id LIMIT 1"
    ).fetchall()
    one = {
        "household": "SELECT MIN(id) FROM household WHERE village_id = {village}",
        "person": "SELECT MIN(id) FROM person WHERE household_id = {household}",
        "shop": "SELECT id FROM shop WHERE area_id = {village}",
        "till": "SELECT id FROM till WHERE shop_id = {shop}",
        "goods": "SELECT id FROM goods WHERE shop_id = {shop} AND price = 2 ORDER BY id LIMIT 1",
        "notice": "SELECT id FROM notice WHERE village_id = {village} AND state = 'hung'",
        "line": "SELECT MAX(id) FROM line WHERE household_id = {household} AND state = 'posted'",
        "sheet": "SELECT MAX(id) FROM contribution WHERE village_id = {village}",
        "receipt": "SELECT MAX(id) FROM receipt WHERE household_id = {household}",
        "book": "SELECT id FROM rule_book WHERE area_id = {village}",
        "deep": "SELECT id FROM transfer WHERE target_id = (SELECT id FROM account WHERE type = 'household' "
        "AND owner_id = {household}) ORDER BY id DESC LIMIT 1 OFFSET 12",
    }
    found: dict[str, object] = {"village": village, "township": township, "price": 2}
    for name, sql in one.items():
        found[name] = db.execute(sql.format(**found)).fetchone()[0]
    found["code"] = codes.new_card(f"benchmark-card-{found['person']:08d}")[1]
    return found


def keep(folder: Path) -> Path:
    """Return where books are kept from run to run, if somewhere, or else *folder*, named by the kind of database."""
    kept = os.environ.get("POINTS_BENCH_KEEP")
    return Path(kept) / folder.name if kept else folder


def worst(
    folder: Path, opened: Callable[[Path], AbstractContextManager[str]], transfers: int, say: Callable[[str], None]
) -> float:
    """Fill both books, unless the folder that `POINTS_BENCH_KEEP` names holds them, and return the worst of all pages.

    Fewer transfers than a county has in five years are those of fewer villages.
    """
    codes.use_key(KEY)
    villages = min(VILLAGES, max(2, VILLAGES * transfers // FULL))
    # The two are of one day: what is kept of one is compared with nothing else.
    sizes = {f"small-{transfers}": (2, 5_000), f"big-{transfers}": (villages, transfers)}
    with ExitStack() as stack:
        urls = []
        for name, (places, count_) in sizes.items():
            place = keep(folder) / name
            kept = place.exists()
            place.mkdir(parents=True, exist_ok=True)
            urls.append(stack.enter_context(opened(place)))
            db.connect(urls[-1])
            db.migrate()
            if not kept:
                years.fill(places, HOMES, count_, now=clock.now(), say=lambda word, name=name: say(f"{name}: {word}"))
                drifts = [*ledger.audit(), *stock.audit()]
                assert not drifts, f"the book is not as the ledger would have written it: {drifts[:3]}"
                if db.is_postgresql():
                    db.execute("VACUUM ANALYZE")
            db.disconnect()
        found = ratios(*urls)
    ordered = sorted(found, key=lambda name: found[name][1] / found[name][0], reverse=True)
    for name in ordered[:5]:
        one, other = found[name]
        say(f"{other / one:5.2f} × ({one * 1000:.1f} ms, {other * 1000:.1f} ms) {name}")
    return found[ordered[0]][1] / found[ordered[0]][0]
