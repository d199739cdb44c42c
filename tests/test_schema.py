"""The migrations make what the models say, on both databases, and append-only tables refuse every change."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from peewee import DatabaseError, IntegrityError
from playhouse.migrations import Runner

from points import db, fundbook, ledger, reshape, stock, summaries
from points.models import (
    APPEND_ONLY,
    TABLES,
    CapUse,
    CivilityEntry,
    Export,
    FundTransfer,
    Household,
    Line,
    MonthSummary,
    Motion,
    MotionVoice,
    Objection,
    Paper,
    PassbookPage,
    Receipt,
    ReceiptPrint,
    RuleBook,
    RuleItem,
    VillageSetting,
    Voice,
)
from points.services import contribution, redemption, review
from tests.databases import Databases, bound
from tests.world import World

Facts = dict[str, Any]


@pytest.fixture
def schemas(databases: Databases) -> tuple[Facts, Facts]:
    """Describe two databases: one that the migrations made, one that the models make by themselves."""
    with databases.fresh():
        migrated = describe()
    databases.create("by_models")
    try:
        with bound(databases.url("by_models")):
            db.database.create_tables(TABLES, safe=False)
            return migrated, describe()
    finally:
        databases.drop("by_models")


def test_migrations_make_the_tables_of_the_models_and_no_others(schemas: tuple[Facts, Facts]) -> None:
    migrated, modelled = schemas
    assert migrated["columns"].keys() == modelled["columns"].keys()
    assert migrated["columns"].keys() == {table._meta.table_name for table in TABLES}


@pytest.mark.parametrize("what", ["columns", "primary keys", "indexes", "foreign keys", "checks"])
def test_migrations_and_models_agree_on(what: str, schemas: tuple[Facts, Facts]) -> None:
    migrated, modelled = schemas
    assert any(modelled[what].values())
    for table, expected in modelled[what].items():
        assert migrated[what][table] == expected, table


def test_sqlite_is_given_no_list_that_it_would_build_for_each_statement(database: str) -> None:
    if not db.is_postgresql():
        tables = [row[0] for row in db.execute("SELECT sql FROM sqlite_master WHERE type = 'table'").fetchall()]
        assert tables == [reshape.spelled_out(sql) for sql in tables]
        assert '"type" IN' not in (said := " ".join(tables)) and "kind = 'redemption' OR kind = " in said
    assert reshape.spelled_out("CHECK (a NOT IN ('x', 'y') OR \"b\" IN ('z'))") == (
        "CHECK ((a <> 'x' AND a <> 'y') OR (\"b\" = 'z'))"
    )


def test_triggers_guard_just_the_append_only_tables(database: str) -> None:
    if db.is_postgresql():
        sql = "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    else:
        sql = "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'"
    assert {row[0] for row in db.execute(sql).fetchall()} == {table._meta.table_name for table in APPEND_ONLY}


def test_append_only_tables_refuse_every_change(world: World) -> None:
    live(world)
    for table in APPEND_ONLY:
        name = table._meta.table_name
        column = table._meta.sorted_fields[-1].column_name
        statements = [f"UPDATE {name} SET {column} = {column}", f"DELETE FROM {name}"]
        if db.is_postgresql():
            statements.append(f"TRUNCATE {name} CASCADE")
        else:
            statements.append(f"INSERT OR REPLACE INTO {name} SELECT * FROM {name}")
        before = rows(name)
        assert before, name
        for statement in statements:
            with refused(), db.transaction():
                db.execute(statement)
        assert rows(name) == before


def live(world: World) -> None:
    """Leave at least one row in every append-only table."""
    day = {"village_id": world.village, "item_id": world.item(1).id, "day": world.today, "note": ""}
    contribution.record(**world.by(world.recorder), **day, people=[world.villager().id], quantity=1)
    review.check(**world.by(world.checker), line_ids=[1], passes=True, reason="")
    review.decide(**world.by(world.council[0]), line_ids=[1], verdict="approve", reason="")
    world.give_points(world.households[0], 30)
    card = world.card(world.villager())
    redemption.redeem(
        **world.by(world.clerk),
        till_id=world.till,
        card=card.number,
        collector_id=card.person.id,
        pin=card.pin,
        basket=[[world.rice, 1, 30]],
    )
    home, member = world.households[0], world.council[0]
    seen = {"recorded_by": member, "recorded_at": world.now}
    CivilityEntry.create(household=home, year=2026, change=-5, line=1, **seen)
    move = {"kind": "income", "source": "grant", "target": "fund", "fen": 100, "day": world.today}
    FundTransfer.create(village=world.village, **move, **seen)
    ReceiptPrint.create(receipt=Receipt.get(), number=1, paper="58", printed_by=world.clerk, printed_at=world.now)
    put = {"text": "救火", "period": "2026-11", "proposed_by": member, "proposed_at": world.now, "voices_needed": 1}
    made = {"area": world.village, "title": "积分公示单"}
    Paper.create(**made, token="t", kind="notice", subject_id=1, facts="[]", printed_by=member, printed_at=world.now)
    Export.create(**made, name="households", format="csv", count=4, made_by=member, made_at=world.now)
    page = {"household": home, "number": 1, "after_id": 0, "last_id": 1, "balance": 30}
    PassbookPage.create(**page, printed_by=member, printed_at=world.now)
    motion = Motion.create(village=world.village, kind="commend", household=home, **put)
    MotionVoice.create(motion=motion, person=member, approves=True, said_at=world.now)


def rows(table: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(map(str, row)) for row in db.execute(f"SELECT * FROM {table}").fetchall())


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(DatabaseError, match="is append-only"):
        yield


# --- rows that are there already ----------------------------------------------------------------------------------


BEFORE = """
    INSERT INTO area (id, parent_id, kind, name, position) VALUES (1, NULL, 'village', '石桥村', 1);
    INSERT INTO village_setting VALUES (1, 3, 5, 20, 60, '村委会');
    INSERT INTO household VALUES (1, 1, 1, '0001', '1号', TRUE, 1, NULL, NULL);
    INSERT INTO person VALUES (1, 1, 1, '王秀英', 'wxy', NULL, TRUE, 'wang', NULL, FALSE, 0, NULL, 1);
    INSERT INTO person VALUES (2, NULL, 1, '李初审', 'lcs', NULL, TRUE, NULL, NULL, FALSE, 0, NULL, 1);
    INSERT INTO role VALUES (1, 2, 1, 'council', NULL, 1, NULL, 1, NULL, NULL);
    INSERT INTO rule_book VALUES (1, 1, 1, 'adopted', 100, '第1号', '2026-11-01', 2, 1);
    INSERT INTO rule_item VALUES (1, 1, 1, '平安', '义务巡逻', 10, '签到', 4, 'month', TRUE, FALSE);
    INSERT INTO contribution VALUES (1, 1, 1, '2026-11-02', '', 2, 1);
    INSERT INTO line VALUES (1, 1, 1, 1, 1, '2026-11-02', 1, '义务巡逻', '平安', 1, FALSE, 10, 3, 4, 'month', TRUE, 2,
        'approved', NULL, NULL, 3, FALSE, 2, 1, 2, 20, '', NULL, 0, NULL);
    INSERT INTO voice VALUES (1, 1, 1, TRUE, '', 1);
    INSERT INTO voice VALUES (2, 1, 2, FALSE, '没到场', 1);
    INSERT INTO cap_use VALUES (1, 1, '2026-11', 2);
    INSERT INTO objection VALUES (1, 1, 1, '', '没看见', 1, 2, NULL, NULL, '', NULL, NULL);
    INSERT INTO card VALUES (1, 1, '123456789012', 'hash', 2, 1, 1, 1, NULL, NULL, '');
    INSERT INTO account VALUES (1, 'household', 1, 70);
    INSERT INTO account VALUES (2, 'shop', 1, 0);
    INSERT INTO account VALUES (3, 'adjustment', 1, 0);
    INSERT INTO transfer VALUES (1, 'o', 'adjustment', 3, 1, 100, 2, 'household', 1, NULL, 1, 1, NULL, 100, '');
    INSERT INTO transfer VALUES (2, 'r', 'redemption', 1, 2, 30, 2, 'till', 1, NULL, 1, 1, 70, NULL, '');
    INSERT INTO shop VALUES (1, 1, 'SQ', '石桥店', '', TRUE);
    INSERT INTO till VALUES (1, 1, 1, 1);
    INSERT INTO goods VALUES (1, 1, '大米5kg', 'dm', '袋', '粮油', 30, FALSE);
    INSERT INTO stock VALUES (1, 9);
    INSERT INTO stock_movement VALUES (1, 1, 'receive', 10, 10, 'goods', 1, '', 2, 1);
    INSERT INTO stock_movement VALUES (2, 1, 'redeem', -1, 9, 'receipt', 1, '', 2, 1);
    INSERT INTO receipt VALUES (1, 1, 1, 'SQ-1-000001', 1, 1, 1, 2, 'typed', TRUE, 30, 70, 2, 1795392000000000);
    INSERT INTO receipt_line VALUES (1, 1, 1, '大米5kg', '袋', 30, 1)
"""
"""Rows as the first schema held them."""

BETWEEN = """
    INSERT INTO fund_entry VALUES (1, 1, 'grant', 5000, '一号', '', '2026-11-01', 2, 1);
    INSERT INTO fund_entry VALUES (2, 1, 'spent', -800, '二号', '', '2026-11-02', 2, 1);
    INSERT INTO fund_entry VALUES (3, 1, 'spent', 800, '#2', '记错了', '2026-11-02', 2, 1)
"""
"""Rows as the second schema held them."""


def test_a_database_that_is_in_use_keeps_its_rows_when_it_is_brought_up_to_date(databases: Databases) -> None:
    databases.create("in_use")
    try:
        with bound(databases.url("in_use")):
            Runner(db.database.obj, str(db.MIGRATIONS)).up("0001_initial")
            for statement in BEFORE.split(";"):
                db.execute(statement)
            db.migrate("0002_contributions_in_full")
            for statement in BETWEEN.split(";"):
                db.execute(statement)
            assert db.migrate()[:3] == ["0003_the_shop_in_full", "0004_paper_and_spreadsheets", "0005_summaries"]
            assert VillageSetting.get().black_board is False
            assert (Household.get().board_name, RuleBook.get().area_id, RuleItem.get().cap_holder) == (
                "masked",
                1,
                "household",
            )
            line = Line.get()
            assert (line.agreed, line.granted, line.effect, line.revises_id) == (20, 20, "points", None)
            assert [(voice.verdict, voice.points) for voice in Voice.select().order_by(Voice.id)] == [
                ("approve", 30),
                ("refuse", 0),
            ]
            assert (CapUse.get().person_id, CapUse.get().used) == (0, 2)
            assert (Objection.get().channel, Objection.get().kept) == ("web", 0)
            with refused(), db.transaction():
                db.execute("DELETE FROM voice")
            with pytest.raises(IntegrityError), db.transaction():
                db.execute("DELETE FROM line")
            assert (list(ledger.audit()), stock.audit(), fundbook.audit()) == ([], [], [])
            summed = [(row.month, row.kind, row.points, row.change) for row in MonthSummary.select()]
            assert sorted(summed) == [
                ("1970-01", "adjustment", 100, 100),
                ("1970-01", "redemption", 30, -30),
                ("total", "total", 130, 70),
            ]
            assert list(summaries.audit()) == []
            assert fundbook.balance(1) == 5000
            assert [
                (row.source, row.target, row.answers_id) for row in FundTransfer.select().order_by(FundTransfer.id)
            ] == [
                ("grant", "fund", None),
                ("fund", "spent", None),
                ("spent", "fund", 2),
            ]
            receipt = Receipt.get()
            assert (receipt.shift.day, receipt.shift.redemptions, receipt.worth_fen) == (date(2026, 11, 23), 1, 100)
            with refused(), db.transaction():
                db.execute("DELETE FROM receipt")
    finally:
        databases.drop("in_use")


# --- reading a schema -------------------------------------------------------------------------------------------------


def describe() -> Facts:
    """Tell what tables hold, each fact by table: the order of columns and the names of indexes do not matter."""
    facts = _describe_postgresql() if db.is_postgresql() else _describe_sqlite()
    for tables in facts.values():
        tables.pop("schema_migration", None)  # the migrations' own list
    return facts


def _describe_sqlite() -> Facts:
    facts: Facts = {what: {} for what in ("columns", "primary keys", "indexes", "foreign keys", "checks")}
    tables = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    for table, sql in db.execute(tables).fetchall():
        columns = db.execute(f"PRAGMA table_info({table})").fetchall()
        facts["columns"][table] = {(name, kind, bool(null)) for _, name, kind, null, _, _ in columns}
        facts["primary keys"][table] = [row[1] for row in sorted(columns, key=lambda row: row[5]) if row[5]]
        facts["indexes"][table] = {
            (bool(unique), tuple(row[2] for row in db.execute(f"PRAGMA index_info({index})").fetchall()))
            for _, index, unique, origin, _ in db.execute(f"PRAGMA index_list({table})").fetchall()
            if origin == "c"
        }
        keys = db.execute(f"PRAGMA foreign_key_list({table})").fetchall()
        facts["foreign keys"][table] = {(row[3], row[2], row[4], row[6]) for row in keys}
        facts["checks"][table] = set(_checks(reshape.spelled_out(sql)))
    return facts


def _checks(sql: str) -> Iterator[str]:
    """Find the conditions of CHECK ( … ) in a table's definition, parentheses counted, blanks and quotes dropped."""
    for found in re.finditer(r"\bCHECK\s*\(", sql):
        depth, end = 1, found.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        yield re.sub(r'\s+|"', "", sql[found.end() : end - 1])


def _describe_postgresql() -> Facts:
    facts: Facts = {what: {} for what in ("columns", "primary keys", "indexes", "foreign keys", "checks")}
    columns = """
        SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
        FROM information_schema.columns WHERE table_schema = 'public'
    """
    for table, *column in db.execute(columns).fetchall():
        facts["columns"].setdefault(table, set()).add(tuple(column))
    constraints = """
        SELECT contype::text, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'f', 'c')
    """
    for what in ("primary keys", "indexes", "foreign keys", "checks"):
        facts[what] = {table: set() for table in facts["columns"]}
    kinds = {"p": "primary keys", "f": "foreign keys", "c": "checks"}
    for kind, table, definition in db.execute(constraints).fetchall():
        facts[kinds[kind]][table].add(definition)
    indexes = """
        SELECT indrelid::regclass::text, indisunique, pg_get_indexdef(indexrelid) FROM pg_index
        JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'public'::regnamespace AND NOT indisprimary
    """
    for table, unique, definition in db.execute(indexes).fetchall():
        facts["indexes"][table].add((unique, definition.partition(" USING ")[2]))
    return facts
