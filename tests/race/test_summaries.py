"""Tills of one village do not wait for each other's summary."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from points import db, ledger, summaries
from points.models.ledger import AccountType, Kind
from points.models.people import Household
from points.models.summary import MonthSummary
from tests.databases import Databases
from tests.world import World

pytestmark = pytest.mark.slow


def give(world: World, home: Household, key: str) -> None:
    """Post a point to *home* in the open transaction."""
    source, target = (
        ledger.account(AccountType.ADJUSTMENT, world.village),
        ledger.account(AccountType.HOUSEHOLD, home.id),
    )
    about = {"cause_type": "household", "cause_id": home.id, "happened_at": world.now}
    ledger.post(ledger.Posting(key, Kind.ADJUSTMENT, source, target, 1, **about), now=world.now)


def test_a_till_does_not_wait_for_another_that_has_not_ended(postgresql_databases: Databases) -> None:
    with postgresql_databases.fresh():
        world = World()
        mine = db.execute(f"SELECT {db.stripe()}").fetchone()[0]
        said: list[Any] = []

        def other_till() -> None:
            while db.execute(f"SELECT {db.stripe()}").fetchone()[0] == mine:  # two of sixteen connections share one
                db.disconnect()
            db.execute("SET lock_timeout = '10s'")
            try:
                with db.transaction():
                    give(world, world.households[1], "other")
                said.append("done")
            except Exception as trouble:
                said.append(trouble)
            db.disconnect()

        with db.transaction():
            give(world, world.households[0], "mine")
            other = threading.Thread(target=other_till)
            other.start()
            other.join(60)
            assert said == ["done"], "it waited for a transaction that had not ended"
        rows = list(MonthSummary.select().where(MonthSummary.kind == "adjustment"))
        assert [row.points for row in rows] == [1, 1]
        assert list(summaries.audit()) == []
