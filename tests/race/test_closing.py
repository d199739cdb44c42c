"""Closing many notices: killed in the middle nothing is half posted, and the next tick goes on."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from peewee import chunked

from points import db, ledger
from points.models import Line, Notice
from points.services import tick
from tests import steps
from tests.tools import statements
from tests.world import World

ROOT = Path(__file__).parents[2]
NOTICES, LINES = 4, 50

DIES = """
import os
import sys
from datetime import datetime
from points import db
from points.services import tick

url, now, word = sys.argv[1:]
execute, seen = db.execute, []

def dying(sql, parameters=()):
    done = execute(sql, parameters)
    seen.extend([sql] * (word in sql))
    if len(seen) == 3:
        os.kill(os.getpid(), 9)
    return done

db.connect(url)
db.execute = dying
tick.tick(now=datetime.fromisoformat(now))
"""
"""A tick that is killed within its third notice, just after the statement that holds *word*."""


@pytest.mark.parametrize("word", ["UPDATE line", "INSERT INTO transfer (", "UPDATE account SET", "INTO transfer_note"])
def test_a_tick_killed_amid_a_notice_has_posted_whole_notices_only(database: str, world: World, word: str) -> None:
    for number in range(NOTICES):
        run_out(world, number + 1, LINES)
    db.disconnect()
    killed = subprocess.run([sys.executable, "-c", DIES, database, world.now.isoformat(), word], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert states() == [{"posted"}, {"posted"}, {"noticed"}, {"noticed"}]
    assert [notice.state for notice in Notice.select().order_by(Notice.id)] == ["closed", "closed", "hung", "hung"]
    assert list(ledger.audit()) == []
    assert tick.tick(now=world.now).posted == 2 * LINES
    assert states() == [{"posted"}] * NOTICES
    assert sum(map(world.balance, world.households)) == NOTICES * LINES * 10
    assert list(ledger.audit()) == []


def test_two_thousand_lines_take_as_many_statements_as_twenty(world: World) -> None:
    tick.tick(now=world.now)  # the day's first one also looks at what covers the points
    run_out(world, 1, 20)
    few = statements(lambda: tick.tick(now=world.now))
    run_out(world, 2, 2000)
    assert statements(lambda: tick.tick(now=world.now)) == few
    assert sum(map(world.balance, world.households)) == 20_200
    assert list(ledger.audit()) == []


def run_out(world: World, number: int, lines: int) -> None:
    """Leave a notice whose days are over, with many lines of the plain households, written as rows."""
    [pattern] = steps.record(world, day=world.today - timedelta(days=10)) if number == 1 else [1]
    staff = {"opened_by": world.committee[0], "hung_by": world.committee[1]}
    past = {"opened_at": world.now, "hung_at": world.now, "closes_at": world.now}
    notice = Notice.create(village=world.village, number=number, days=5, state="hung", **staff, **past)
    row = Line.select().where(Line.id == pattern).dicts().get()
    row |= {"state": "noticed", "notice": notice.id, "granted": 10, "granted_quantity": 1}
    del row["id"]
    homes = [{"household": home.id, "person": world.people(home)[0].id} for home in world.households]
    for batch in chunked((row | homes[at % len(homes)] for at in range(lines)), 500):
        Line.insert_many(batch).execute()


def states() -> list[set[str]]:
    """Return the states of each notice's lines."""
    return [{line.state for line in notice.lines} for notice in Notice.select().order_by(Notice.id)]
