"""A copy of a database while it is in use, and the way back into an empty place."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zipfile import is_zipfile

import pytest
from click.testing import CliRunner, Result

from points import cli, db
from points.errors import BackupBroken, BackupElsewhere, DatabaseNotEmpty, FileIsThere, NewerSchema, NotABackup
from points.models import Account, Person, Transfer
from points.models.ledger import AccountType
from tests.databases import Databases, SqliteDatabases
from tests.everything import drifts, everything
from tests.world import World

Filled = tuple[World, str]


@pytest.fixture
def filled(databases: Databases) -> Iterator[Filled]:
    """Bind a database with a row in every table; give its world and its URL."""
    databases.prepare("everything", everything)
    with databases.fresh("everything") as url:
        yield databases.prepared["everything"], url


def run(url: str, *words: object) -> Result:
    return CliRunner().invoke(cli.cli, [str(word) for word in words], env={"POINTS_DATABASE_URL": url})


def balances() -> list[tuple[str, int, int]]:
    kept = Account.select(Account.type, Account.owner_id, Account.balance).order_by(Account.id)
    return [tuple(row) for row in kept.tuples()]


def empty_place(databases: Databases, folder: Path, url: str) -> str:
    """Return the URL of a place where nothing is yet."""
    if isinstance(databases, SqliteDatabases):
        return f"sqlite:///{folder}/restored.db"
    databases.create("restored")
    return databases.url("restored")


def test_a_backup_is_restored_with_every_password_pin_and_card(
    filled: Filled, databases: Databases, tmp_path: Path
) -> None:
    url, file = filled[1], tmp_path / "points.backup"
    before = balances(), sorted(str(row.password_hash) + str(row.pin_hash) for row in Person.select())
    result = run(url, "backup", file)
    assert result.exit_code == 0, result.output
    assert "0 drifts" in result.output and "POINTS_CARD_KEY" in result.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert is_zipfile(file) is not isinstance(databases, SqliteDatabases)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["points.backup"], "nothing else is left there"
    place = empty_place(databases, tmp_path, url)
    try:
        result = run(place, "restore", file)
        assert result.exit_code == 0, result.output
        assert "0 drifts" in result.output
        db.connect(place)
        assert before == (balances(), sorted(str(row.password_hash) + str(row.pin_hash) for row in Person.select()))
        assert drifts() == [] and not db.pending()
        filled[0].give_points(filled[0].households[0], 5)
    finally:
        db.disconnect()
        if not isinstance(databases, SqliteDatabases):
            databases.drop("restored")


def test_it_is_restored_over_an_empty_database_but_never_over_rows(
    filled: Filled, databases: Databases, tmp_path: Path
) -> None:
    file, count = tmp_path / "points.backup", Transfer.select().count()
    run(filled[1], "backup", file)
    with databases.fresh() as empty:
        db.disconnect()
        assert run(empty, "restore", file).exit_code == 0
        assert isinstance(run(empty, "restore", file).exception, DatabaseNotEmpty)
        db.connect(empty)
        assert Transfer.select().count() == count


def test_a_backup_is_never_written_over(filled: Filled, tmp_path: Path) -> None:
    file = tmp_path / "points.backup"
    file.write_bytes(b"last week's")
    assert isinstance(run(filled[1], "backup", file).exception, FileIsThere)
    assert file.read_bytes() == b"last week's" and list(tmp_path.iterdir()) == [file]


def test_what_is_no_backup_is_said_to_be_none(database: str, tmp_path: Path) -> None:
    file = tmp_path / "holiday.jpg"
    file.write_bytes(b"\xff\xd8" * 50)
    assert isinstance(run(f"sqlite:///{tmp_path}/new.db", "restore", file).exception, NotABackup)
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE cake (id)")
    assert isinstance(run(f"sqlite:///{tmp_path}/new.db", "restore", tmp_path / "other.db").exception, NotABackup)
    assert not (tmp_path / "new.db").exists()


def test_a_drift_in_the_book_is_told_and_the_backup_kept(filled: Filled, tmp_path: Path) -> None:
    file = tmp_path / "points.backup"
    Account.update(balance=Account.balance + 1).where(Account.type == AccountType.HOUSEHOLD).execute()
    result = run(filled[1], "backup", file)
    assert result.exit_code == 1 and "balance" in result.output
    assert file.exists(), "better than none"


# --- SQLite's own -------------------------------------------------------------------------------------------------


@pytest.fixture
def copy(sqlite_databases: SqliteDatabases, tmp_path: Path) -> Path:
    """A backup of a SQLite database."""
    sqlite_databases.prepare("everything", everything)
    with sqlite_databases.fresh("everything") as url:
        run(url, "backup", tmp_path / "points.backup")
    return tmp_path / "points.backup"


def change(copy: Path, *statements: str) -> None:
    with closing(sqlite3.connect(copy)) as opened:
        for statement in statements:
            opened.execute(statement)
        opened.commit()


def test_a_damaged_one_is_refused_and_leaves_nothing(copy: Path, tmp_path: Path) -> None:
    body = bytearray(copy.read_bytes())
    body[8192 : len(body) // 2] = bytes(len(body) // 2 - 8192)
    copy.write_bytes(body)
    result = run(f"sqlite:///{tmp_path}/new.db", "restore", copy)
    assert isinstance(result.exception, BackupBroken), result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["points.backup"]


def test_one_that_does_not_balance_is_refused_and_leaves_nothing(copy: Path, tmp_path: Path) -> None:
    change(copy, "UPDATE account SET balance = balance + 1 WHERE type = 'household'")
    result = run(f"sqlite:///{tmp_path}/new.db", "restore", copy)
    assert result.exit_code == 1 and "balance" in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["points.backup"]


def test_one_of_an_older_program_is_restored_and_waits_to_be_migrated(copy: Path, tmp_path: Path) -> None:
    change(copy, "DELETE FROM schema_migration WHERE name LIKE '0004%'")
    result = run(f"sqlite:///{tmp_path}/new.db", "restore", copy)
    assert result.exit_code == 0 and "points migrate" in result.output


def test_one_of_a_newer_program_is_refused(copy: Path, tmp_path: Path) -> None:
    change(copy, "INSERT INTO schema_migration (name, applied) VALUES ('9999_tomorrow', '2030-01-01')")
    assert isinstance(run(f"sqlite:///{tmp_path}/new.db", "restore", copy).exception, NewerSchema)


def test_a_database_that_is_in_use_is_no_empty_place(
    copy: Path, sqlite_databases: SqliteDatabases, tmp_path: Path
) -> None:
    shutil.copy(sqlite_databases.folder / "template.db", tmp_path / "served.db")
    with closing(sqlite3.connect(tmp_path / "served.db")) as served:
        served.execute("BEGIN IMMEDIATE")
        served.execute("INSERT INTO area (kind, name, position) VALUES ('county', '清河县', 0)")
        served.commit()
        served.execute("DELETE FROM area")
        served.commit()
        assert isinstance(run(f"sqlite:///{tmp_path}/served.db", "restore", copy).exception, DatabaseNotEmpty)


def test_it_goes_to_postgresql_by_way_of_an_archive_only(copy: Path) -> None:
    assert isinstance(run("postgresql://nobody@localhost/none", "restore", copy).exception, BackupElsewhere)
