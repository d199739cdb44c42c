"""The backup of a running, busy server: restored elsewhere it balances and holds all that was acknowledged before."""

import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from points import cli, db
from points.models import Receipt, Till
from points.services import shop
from tests.databases import Databases, SqliteDatabases, bound
from tests.everything import drifts
from tests.race.served import PATIENCE, serving
from tests.race.test_kill import Queue, receipts_of
from tests.world import World

pytestmark = pytest.mark.slow

CUSTOMERS = 4
BEFORE, AFTER = 40, 20  # answers before the backup begins, and after it ended


@pytest.fixture
def place(databases: Databases, tmp_path: Path) -> Iterator[str]:
    """Where the backup is restored: no database yet, or an empty one."""
    if isinstance(databases, SqliteDatabases):
        yield f"sqlite:///{tmp_path}/restored.db"
        return
    databases.create("restored")
    yield databases.url("restored")
    databases.drop("restored")


def test_a_backup_while_serving_has_lost_nothing_that_was_acknowledged(
    database: str, place: str, tmp_path: Path
) -> None:
    world = World(now=datetime.now(UTC))
    queues, username = queues_of(world), world.username(world.clerk)
    db.disconnect()
    enough, file = threading.Semaphore(0), tmp_path / "points.backup"
    with serving(database) as (server, port):
        for queue in queues:
            with queue.at(port):
                queue.sign_in(username)
        threads = [threading.Thread(target=queue.stream, args=(port, enough)) for queue in queues]
        for thread in threads:
            thread.start()
        wait(enough, BEFORE)
        before = {key: receipt for queue in queues for key, receipt in list(queue.acknowledged.items())}
        result = run(database, "backup", file)
        assert result.exit_code == 0, result.output
        wait(enough, AFTER)  # they go on
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(PATIENCE)
        for thread in threads:
            thread.join(PATIENCE)
    result = run(place, "restore", file)
    assert result.exit_code == 0, result.output
    with bound(place):
        assert drifts() == []
        assert len(before) >= BEFORE
        assert receipts_of(before) == before
        kept = Receipt.select().count()
        for till in Till.select():
            sequences = [receipt.sequence for receipt in Receipt.select().where(Receipt.till == till)]
            assert sorted(sequences) == list(range(1, till.sequence + 1)), "one moment: no gap, and nothing half done"
    assert kept < sum(len(queue.acknowledged) for queue in queues)
    db.connect(database)


def queues_of(world: World) -> list[Queue]:
    """Let each customer wait at one of two tills with a card full of points."""
    salt = world.add_goods("散装食盐", "勺", "调味", 1, quantity=5000)
    tills = [world.till, shop.open_till(**world.by(world.committee[0]), shop_id=world.shop)]
    queues = []
    for number in range(CUSTOMERS):
        household = world.open_household(world.lanes[1], f"王户{number}")
        world.give_points(household, 2000)
        paper = world.card(world.people(household)[0])
        basket = {"card": paper.number, "collector": paper.person.id, "pin": paper.pin}
        queues.append(Queue(tills[number % 2], basket | {f"goods-{salt}": 1, f"price-{salt}": 1}))
    return queues


def wait(enough: threading.Semaphore, answers: int) -> None:
    for _ in range(answers):
        assert enough.acquire(timeout=PATIENCE), "the stream has dried up"


def run(database: str, *words: object) -> Result:
    """Run ``points …`` in this process: no start-up lies between what was acknowledged and the copy."""
    return CliRunner().invoke(cli.cli, [str(word) for word in words], env={"POINTS_DATABASE_URL": database})
