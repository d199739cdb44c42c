"""How a migration changes tables that hold rows: from the definitions that a fresh database would be given.

PostgreSQL alters a table in place. SQLite cannot change a CHECK, so there the table is built anew beside the old one,
filled from it, and takes its name; foreign keys rest meanwhile (`points.db.migrate`). Definitions are written as
PostgreSQL's CREATE statements, one part a line, and put into SQLite's words here; its lists of words are spelled out,
for it builds a small table of each list for every statement that has to meet the CHECK.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from peewee import PostgresqlDatabase

Fill = Mapping[str, Mapping[str, str]]
"""By table and column: what a new column holds in the rows that are there already; NULL where nothing is said."""


def create(db: Any, definitions: str) -> None:
    """Make new tables and their indexes."""
    for statement in _statements(db, definitions):
        db.execute_sql(statement)


def change(db: Any, definitions: str, fill: Fill) -> None:
    """Bring tables, with the rows that are there, to what *definitions* would create."""
    for statement in _statements(db, definitions):
        if statement.startswith("CREATE TABLE "):
            table = statement.split()[2]
            if _is_postgresql(db):
                _alter(db, table, statement, fill.get(table, {}))
            else:
                _rebuild(db, table, statement, fill.get(table, {}))
        else:
            db.execute_sql(statement.replace(" INDEX ", " INDEX IF NOT EXISTS ", 1))


def guard(db: Any, tables: Iterable[str], *, rebuilt: Iterable[str] = ()) -> None:
    """Make *tables* append-only; *rebuilt* were so, and lost their triggers when SQLite built them anew."""
    if _is_postgresql(db):
        for table in tables:
            refuse = "EXECUTE FUNCTION refuse_change()"
            db.execute_sql(f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}")
            db.execute_sql(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}")
        return
    for table in (*tables, *rebuilt):
        for verb in ("UPDATE", "DELETE"):
            db.execute_sql(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def spelled_out(definition: str) -> str:
    """Write ``a IN ('x', 'y')`` of a table's *definition* as ``(a = 'x' OR a = 'y')``."""

    def spell(found: re.Match[str]) -> str:
        column, without, words = found.groups()
        sign, joint = ("<>", " AND ") if without else ("=", " OR ")
        return f"({joint.join(f'{column} {sign} {word}' for word in words.split(', '))})"

    return re.sub(r"""("?\w+"?)( NOT)? IN \(('\w+'(?:, '\w+')*)\)""", spell, definition)


def spell_out(db: Any) -> None:
    """Spell out the lists of all tables on SQLite: in their definitions alone, as its manual allows for CHECKs."""
    if _is_postgresql(db):
        return
    tables = db.execute_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    (version,) = db.execute_sql("PRAGMA schema_version").fetchone()
    db.execute_sql("PRAGMA writable_schema = 1")
    for name, sql in tables:
        db.execute_sql("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (spelled_out(sql), name))
    db.execute_sql(f"PRAGMA schema_version = {version + 1}")
    db.execute_sql("PRAGMA writable_schema = 0")


def leave_room(db: Any, table: str) -> None:
    """On PostgreSQL leave room for a second version of each row, so that a set changes all rows of a page in place."""
    if _is_postgresql(db):
        db.execute_sql(f"ALTER TABLE {table} SET (fillfactor = 45)")


def _is_postgresql(db: Any) -> bool:
    return isinstance(db, PostgresqlDatabase)


def _statements(db: Any, definitions: str) -> Iterable[str]:
    for statement in definitions.split(";"):
        line = re.sub(r"\n {8}", " ", statement).strip()  # a part, one line
        if not _is_postgresql(db):
            line = re.sub(r"\bBIGSERIAL\b|\bBIGINT\b|\bBOOLEAN\b", "INTEGER", line).replace("BYTEA", "BLOB")
            line = spelled_out(line) if line.startswith("CREATE TABLE ") else line
        yield line


def _rebuild(db: Any, table: str, statement: str, fill: Mapping[str, str]) -> None:
    there = {row[1] for row in db.execute_sql(f"PRAGMA table_info({table})").fetchall()}
    db.execute_sql(statement.replace(f"CREATE TABLE {table} ", f"CREATE TABLE new_{table} "))
    columns = [row[1] for row in db.execute_sql(f"PRAGMA table_info(new_{table})").fetchall()]
    values = [column if column in there else fill.get(column, "NULL") for column in columns]
    db.execute_sql(f"INSERT INTO new_{table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {table}")
    db.execute_sql(f"DROP TABLE {table}")
    db.execute_sql(f"ALTER TABLE new_{table} RENAME TO {table}")


def _alter(db: Any, table: str, statement: str, fill: Mapping[str, str]) -> None:
    sql = "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = current_schema()"
    there = {row[0] for row in db.execute_sql(sql, (table,)).fetchall()}
    parts = [part.strip().rstrip(",") for part in statement.splitlines()[1:-1]]
    rules = [part for part in parts if part.startswith(("CHECK", "FOREIGN", "PRIMARY", "UNIQUE"))]
    columns = {part.split()[0]: part for part in parts if part not in rules}
    fresh = columns.keys() - there
    db.execute_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for column in columns:
        if column in fresh:
            db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {columns[column].removesuffix(' NOT NULL')}")
            if value := fill.get(column):
                db.execute_sql(f"UPDATE {table} SET {column} = {value}")
                db.execute_sql(f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")
        elif "NOT NULL" not in columns[column]:
            db.execute_sql(f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL")
    db.execute_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    for column in there - columns.keys():
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
    checks = "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = CAST(%s AS regclass)"
    for row in db.execute_sql(checks, (table,)).fetchall():
        db.execute_sql(f"ALTER TABLE {table} DROP CONSTRAINT {row[0]}")
    for rule in rules:
        if rule.startswith("PRIMARY"):
            db.execute_sql(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")
        if not rule.startswith("FOREIGN") or re.findall(r"\((\w+)\)", rule)[0] in fresh:
            db.execute_sql(f"ALTER TABLE {table} ADD {rule}")
