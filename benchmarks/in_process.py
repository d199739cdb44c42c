"""What Python costs: `redemption.redeem` in a loop against its own statements, replayed by bare sqlite3.

The same redemptions are made three times, on three copies of one file. On the first they are listened to: every
statement with its parameters. On the second the service makes them; on the third sqlite3 replays what was heard, as one
transaction each, with the same pragmas and thus the same syncing. Rounds alternate, in one thread.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.seed import PIN, County
from points import clock, db
from points.models import Person, Transfer
from points.services import redemption

Statement = tuple[str, Sequence[Any]]


def in_process_over_bare(file: Path, county: County, *, rounds: int, each: int) -> tuple[float, float]:
    """Return the rate of the service as a share of the bare rate, and the bare rate: medians of *rounds* of *each*."""
    files = [file.with_suffix(f".{name}.db") for name in ("heard", "served", "bare")]
    for copy in files:
        shutil.copyfile(file, copy)
    heard, served, bare = (f"sqlite:///{copy}" for copy in files)
    db.connect(heard)
    work = _redemptions(county, rounds * each)
    statements = _listen(work)
    db.connect(served)
    replay = db.open_database(bare)
    connection = replay.connection()
    ratios, rates = [], []
    for first in range(0, len(work), each):
        slow = _serve(work[first : first + each])
        fast = _replay(connection, statements[first : first + each])
        ratios.append(fast / slow)
        rates.append(each / fast)
    last = "SELECT MAX(id) FROM transfer"
    assert connection.execute(last).fetchone() == db.execute(last).fetchone(), "the replay did something else"
    assert Transfer.select().where(Transfer.key == f"redeem:{work[-1]['key']}").exists()
    replay.close()
    db.disconnect()
    for copy in files:
        copy.unlink()
    return median(ratios), median(rates)


def _redemptions(county: County, count: int) -> list[dict[str, Any]]:
    """Make the arguments of *count* redemptions, from till to till and there from customer to customer."""
    clerks = {clerk.id: clerk for clerk in Person.select().where(Person.username.startswith("clerk"))}
    start = clock.now()
    work = []
    for at, counter in enumerate(islice(cycle(county.counters), count)):
        turn = at // len(county.counters)
        code, person = counter.customers[turn % len(counter.customers)]
        goods, price = counter.goods[turn % len(counter.goods)]
        work.append(
            {
                "key": f"in-process-{at:08d}",
                "actor": clerks[counter.clerk_id],
                "now": start + timedelta(milliseconds=at),
                "till_id": counter.till_id,
                "card": code,
                "collector_id": person,
                "pin": PIN,
                "basket": [[goods, 1, price]],
            }
        )
    return work


def _listen(work: list[dict[str, Any]]) -> list[list[Statement]]:
    """Make the redemptions, and return the statements of each."""
    heard: list[list[Statement]] = []
    bound = db.database.obj
    execute = bound.execute_sql

    def listening(sql: str, params: Sequence[Any] = (), **words: Any) -> Any:
        heard[-1].append((sql, tuple(params)))
        return execute(sql, params, **words)

    bound.execute_sql = listening
    for arguments in work:
        heard.append([])
        redemption.redeem(**arguments)
    return heard


def _serve(work: list[dict[str, Any]]) -> float:
    begun = time.perf_counter()
    for arguments in work:
        redemption.redeem(**arguments)
    return time.perf_counter() - begun


def _replay(connection: sqlite3.Connection, work: list[list[Statement]]) -> float:
    begun = time.perf_counter()
    for statements in work:
        connection.execute("BEGIN IMMEDIATE")
        for sql, parameters in statements:
            connection.execute(sql, parameters).fetchall()
        connection.execute("COMMIT")
    return time.perf_counter() - begun
