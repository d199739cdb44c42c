"""A closing day: the notices of many villages run out at once, and the tickers of one site post their lines.

On SQLite one process ticks, on PostgreSQL two, as `points serve` runs them. They start together, and the time runs from
the first one's start to the last one's end.
"""

from __future__ import annotations

import multiprocessing
import time
from datetime import datetime, timedelta
from multiprocessing.connection import Connection

from points import clock, db, ledger
from points.models import Area, Line, Notice
from points.services import tick

COPIES = 5  # lines of each household


def lines_a_second(url: str) -> float:
    """Leave a closing day in the database at *url*, let it be posted, check the book, and return the rate."""
    db.connect(url)
    expected = _run_out(clock.now())
    hands = 2 if db.is_postgresql() else 1
    db.disconnect()
    spawn = multiprocessing.get_context("spawn")
    pipes = []
    for _ in range(hands):
        ours, theirs = spawn.Pipe()
        spawn.Process(target=_stand_by, args=(url, theirs), daemon=True).start()
        pipes.append(ours)
    for pipe in pipes:
        assert pipe.recv() == "ready"
    begun = time.perf_counter()
    for pipe in pipes:
        pipe.send("go")
    posted = sum(pipe.recv() for pipe in pipes)
    spent = time.perf_counter() - begun
    db.connect(url)
    assert posted == expected == Line.select().where(Line.state == "posted", Line.notice.in_(_of_the_day())).count()
    drifts = list(ledger.audit())
    assert not drifts, f"the closing day broke the book: {drifts[:3]}"
    db.disconnect()
    return float(posted / spent)


def _stand_by(url: str, pipe: Connection) -> None:
    db.connect(url)
    db.execute("SELECT 1")
    pipe.send("ready")
    pipe.recv()
    pipe.send(tick.tick(now=clock.now()).posted)


def _of_the_day() -> object:
    return Notice.select(Notice.id).where(Notice.number == 3)


def _run_out(now: datetime) -> int:
    """Copy a line of each household onto a third notice of its village, whose days are over; return how many."""
    long_ago = now - timedelta(days=16)
    past = {"number": 3, "state": "hung", "days": 15, "opened_at": long_ago, "hung_at": long_ago}
    over = {"closes_at": now - timedelta(minutes=1)}
    with db.transaction():
        for village in Area.select().where(Area.kind == "village"):
            pattern = Notice.get(Notice.village == village)
            staff = {"opened_by": pattern.opened_by_id, "hung_by": pattern.hung_by_id}
            Notice.create(village=village, **past, **over, **staff)
        changed = {"id": None, "state": "'noticed'", "posted_at": "NULL", "notice_id": "day.id"}
        columns = [field.column_name for field in Line._meta.sorted_fields if field.column_name != "id"]
        values = [changed.get(column, f"line.{column}") for column in columns]
        copies = " UNION ALL ".join("SELECT 1" for _ in range(COPIES))
        made = db.execute(
            f"INSERT INTO line ({', '.join(columns)}) SELECT {', '.join(map(str, values))} FROM line "
            f"JOIN notice AS day ON day.village_id = line.village_id AND day.number = 3 CROSS JOIN ({copies}) AS copy "
            "WHERE line.id IN (SELECT MIN(id) FROM line WHERE state = 'posted' GROUP BY household_id)"
        )
    if db.is_postgresql():
        db.execute("VACUUM ANALYZE")
        db.execute("CHECKPOINT")
    return int(made.rowcount)
