"""The migrations make what the models say, on both databases, and append-only tables refuse every change."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from peewee import DatabaseError

from points import db
from points.models import APPEND_ONLY, TABLES
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
    review.decide(**world.by(world.council[0]), line_ids=[1], approves=True, reason="")
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


def rows(table: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(map(str, row)) for row in db.execute(f"SELECT * FROM {table}").fetchall())


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(DatabaseError, match="is append-only"):
        yield


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
        facts["checks"][table] = set(_checks(sql))
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
