"""Summaries hold what the transfers say, whatever moves; and the audit names each that does not."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest

from points import db, ledger, summaries
from points.models.contribution import Line
from points.models.ledger import Account, AccountType, Kind, Transfer
from points.models.people import Household
from points.models.summary import MonthSummary
from points.services import award, redemption
from tests import steps
from tests.everything import everything
from tests.world import World


def summed(kind: str, area_id: int) -> list[tuple[str, int, int, int, int]]:
    """Return month, item, count, points and change of one kind in an area."""
    of_kind = (MonthSummary.kind == kind) & (MonthSummary.area == area_id)
    rows: Any = MonthSummary.select().where(of_kind).order_by(MonthSummary.month, MonthSummary.item)
    return [(row.month, row.item, row.count, row.points, row.change) for row in rows]


def move(world: World, kind: Kind, source: Account, target: Account, points: int) -> int:
    about = {"cause_type": "change", "cause_id": 1, "happened_at": world.now}
    with db.transaction():
        return ledger.post(ledger.Posting(world.key(), kind, source, target, points, **about), now=world.now)


def purse(home: Household) -> Account:
    return ledger.account(AccountType.HOUSEHOLD, home.id)


def debt(home: Household) -> Account:
    return ledger.account(AccountType.OWED, home.id)


@pytest.fixture(autouse=True)
def nothing_drifts(database: str) -> Any:
    yield
    assert list(summaries.audit()) == []


def test_awards_count_under_their_item_in_the_month_in_which_they_were_posted(world: World) -> None:
    steps.posted(world, world.villager(0), world.villager(2))
    steps.posted(world, world.villager(1), code=9)
    assert {row[0] for row in summed("award", world.village)} == {"2026-11"}
    assert [row[1:] for row in summed("award", world.village)] == [
        (world.item(1).id, 2, 20, 20),
        (world.item(9).id, 1, 5, 5),
    ]


def test_the_month_is_that_of_the_village_not_of_greenwich(world: World) -> None:
    world.now = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)
    world.give_points(world.households[0], 3)
    world.now = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    world.give_points(world.households[0], 4)
    assert [(row[0], row[3]) for row in summed("adjustment", world.village)] == [("2026-11", 3), ("2026-12", 4)]


def test_what_is_taken_back_counts_under_the_item_that_it_answers(world: World) -> None:
    (line,) = steps.posted(world, world.villager())
    item = world.item(1).id
    move(world, Kind.MOVE, purse(world.households[0]), purse(world.households[1]), 6)  # only 4 are left
    award.correct(**world.by(world.committee[0]), line_id=line, points=9, reason="没满两小时")
    assert [row[1:] for row in summed("correction", world.village)] == [(item, 1, 4, -4)]
    assert [row[1:] for row in summed("debt", world.village)] == [(item, 1, 5, 0)]
    steps.posted(world, world.villager(), code=9)
    assert [row[1:] for row in summed("repayment", world.village)] == [(world.item(9).id, 1, 5, -5)]


def test_an_undone_receipt_gives_back_and_says_so(world: World) -> None:
    world.give_points(world.households[0], 100)
    sold = steps.sold(world, world.card(world.villager()), {world.rice: 2})
    redemption.undo(**world.by(world.committee[0]), receipt_id=sold, reason="破袋")
    assert [row[1:] for row in summed("redemption", world.village)] == [(0, 1, 60, -60)]
    assert [row[1:] for row in summed("reversal", world.village)] == [(0, 1, 60, 60)]


def test_what_is_set_aside_still_belongs_to_the_household(world: World) -> None:
    world.give_points(world.households[0], 100)
    steps.reserve(world, {world.rice: 1})
    assert [row[1:] for row in summed("hold", world.village)] == [(0, 1, 30, 0)]


def test_a_move_counts_in_both_villages(world: World) -> None:
    ours, theirs = world.households[0], world.other_household
    world.give_points(ours, 100)
    move(world, Kind.MOVE, purse(ours), purse(theirs), 30)
    Account.update(balance=-7).where(Account.id == debt(ours).id).execute()
    move(world, Kind.MOVE, debt(theirs), debt(ours), 7)  # a debt goes the other way round
    assert [row[2:] for row in summed("move", world.village)] == [(2, 37, -30)]
    assert [row[2:] for row in summed("move", world.other_village)] == [(2, 37, 30)]


def test_a_move_within_a_village_counts_once_for_each_household(world: World) -> None:
    world.give_points(world.households[0], 100)
    move(world, Kind.MOVE, purse(world.households[0]), purse(world.households[1]), 30)
    assert [row[2:] for row in summed("move", world.village)] == [(2, 60, 0)]


def test_a_settlement_counts_where_the_shop_is(world: World) -> None:
    world.give_points(world.households[0], 100)
    shop = ledger.account(AccountType.SHOP, world.shop)
    with db.transaction():
        settled = ledger.open_account(AccountType.SETTLED, world.shop)
    move(world, Kind.REDEMPTION, purse(world.households[0]), shop, 30)
    move(world, Kind.SETTLEMENT, shop, settled, 20)
    assert [row[2:] for row in summed("settlement", world.village)] == [(1, 20, 0)]


def test_the_same_key_is_not_counted_twice(world: World) -> None:
    about = {"cause_type": "household", "cause_id": 1, "happened_at": world.now}
    source = ledger.account(AccountType.ADJUSTMENT, world.village)
    posting = ledger.Posting("once", Kind.ADJUSTMENT, source, purse(world.households[0]), 5, **about)
    for _ in range(2):
        with db.transaction():
            ledger.post(posting, now=world.now)
        with db.transaction():
            ledger.post_many([posting], now=world.now)
    assert [row[2:] for row in summed("adjustment", world.village)] == [(1, 5, 5)]


def test_what_households_have_is_the_sum_of_all_changes(world: World) -> None:
    steps.posted(world, world.villager(0), world.villager(2))
    world.give_points(world.households[0], 100)
    steps.reserve(world, {world.rice: 1})
    held = sum(account.balance for account in Account.select().where(Account.type.in_(summaries.PURSES)))
    rows = list(MonthSummary.select())
    assert held == sum(row.change for row in rows if row.kind != summaries.TOTAL) == 120
    assert [row[-1] for row in summed(summaries.TOTAL, world.village)] == [120]
    assert Line.select().where(Line.state == "posted").count() == 2


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ("UPDATE month_summary SET points = points + 1 WHERE kind = 'adjustment'", [("points", 101, 100)]),
        ("UPDATE month_summary SET change = change - 1 WHERE kind = 'total'", [("change", 99, 100)]),
        (
            "DELETE FROM month_summary WHERE kind = 'adjustment'",
            [("count", 0, 1), ("points", 0, 100), ("change", 0, 100)],
        ),
        (
            "UPDATE month_summary SET item = 7 WHERE kind = 'adjustment'",
            [
                *[("count", 0, 1), ("points", 0, 100), ("change", 0, 100)],
                *[("count", 1, 0), ("points", 100, 0), ("change", 100, 0)],
            ],
        ),
    ],
)
def test_the_audit_names_what_the_transfers_do_not_bear_out(
    world: World, broken: str, named: list[tuple[str, int, int]]
) -> None:
    world.give_points(world.households[0], 100)
    kept = list(MonthSummary.select().dicts())
    db.execute(broken)
    found = [(what.split()[0], stored, recomputed) for what, area, stored, recomputed in summaries.audit()]
    assert found == named
    assert {area for _, area, _, _ in summaries.audit()} == {world.village}
    MonthSummary.delete().execute()
    MonthSummary.insert_many(kept).execute()


def test_the_migration_and_an_archive_sum_up_anew_what_is_there(database: str) -> None:
    everything()
    before = sums()
    assert {row.kind for row in MonthSummary.select()} == {row.kind for row in Transfer.select()} | {summaries.TOTAL}
    with db.transaction():
        MonthSummary.delete().execute()
        summaries.rebuild()
    assert sums() == before
    db.execute("DROP TABLE month_summary")
    with db.transaction():
        import_module("points.migrations.0005_summaries").up(None, db.database.obj)
    assert sums() == before


def sums() -> list[tuple[Any, ...]]:
    """Return all summaries, their stripes added together."""
    sql = (
        "SELECT area_id, month, kind, item, SUM(count), SUM(points), SUM(change) FROM month_summary GROUP BY 1, 2, 3, 4"
    )
    return sorted(tuple(row) for row in db.execute(sql).fetchall())


def test_stripes_of_months_gone_by_are_added_together_and_nothing_is_lost(world: World) -> None:
    world.give_points(world.households[0], 5)
    db.execute("UPDATE month_summary SET stripe = 3")
    world.give_points(world.households[1], 7)
    db.execute("UPDATE month_summary SET stripe = 4 WHERE stripe <> 3")
    world.wait(days=31)
    world.give_points(world.households[0], 1)
    with db.transaction():
        summaries.fold(now=world.now)
    assert sum(row[3] for row in summed("adjustment", world.village)) == 13
    if db.is_postgresql():
        assert summed("adjustment", world.village)[0] == ("2026-11", 0, 2, 12, 12)
        assert MonthSummary.get(MonthSummary.month == "2026-11").stripe == 0
