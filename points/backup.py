"""A copy of a SQLite database while it is in use, and the way back into an empty place.

The copy is the database of one moment: a reader's snapshot, page by page, while others go on writing. It is looked
through by SQLite itself before it gets its name. PostgreSQL is backed up by `points.archive`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from points import db
from points.archive import new_file
from points.errors import BackupBroken, DatabaseNotEmpty, NewerSchema, NotABackup

PAGES = 2_000
"""So many pages are copied between two looks at how far it is."""
Step = Callable[[int, int], None]


def looks_like_one(file: Path) -> bool:
    """Tell whether *file* begins as a SQLite database does."""
    with file.open("rb") as opened:
        return opened.read(16) == b"SQLite format 3\0"


def file_of(url: str) -> Path:
    """Return the file of a ``sqlite:`` database."""
    return Path(unquote(urlsplit(url).path[1:]))


def url_of(file: Path) -> str:
    """Return the URL of the database in *file*."""
    return f"sqlite:///{quote(str(file))}"


def save(url: str, file: Path, *, step: Step) -> None:
    """Copy the database at *url* as it is now into a new *file*. Raises `FileIsThere`, `BackupBroken`."""
    with new_file(file) as part:
        _copy(file_of(url), part, step)


@contextmanager
def restoring(file: Path, url: str, *, step: Step) -> Iterator[str]:
    """Copy a backup beside the place of *url* and give the copy's URL, to be audited; then move it there.

    Raises `DatabaseNotEmpty` where a database is already, `BackupBroken`.
    """
    place = file_of(url)
    _require_free(place)
    with new_file(place, over=True) as part:
        _copy(file, part, step)
        yield url_of(part)


def require_known() -> bool:
    """Tell whether the bound copy has this program's schema, or an older one. Raises `NotABackup`, `NewerSchema`."""
    if not db.database.table_exists("schema_migration"):
        raise NotABackup()
    known = {path.stem for path in db.MIGRATIONS.glob("[0-9]*.py")}
    found = {row[0] for row in db.execute("SELECT name FROM schema_migration").fetchall()}
    if found - known:
        raise NewerSchema(theirs=max(found - known))
    return found == known


def _require_free(place: Path) -> None:
    """Let a place pass where no database is, or one that holds no row and that nobody uses."""
    if not place.exists():
        return
    if place.with_name(f"{place.name}-wal").exists():
        raise DatabaseNotEmpty()
    with closing(sqlite3.connect(f"file:{quote(str(place))}?mode=ro", uri=True)) as found:
        tables = found.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            if table != "schema_migration" and found.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone():
                raise DatabaseNotEmpty()


def _copy(source: Path, target: Path, step: Step) -> None:
    try:
        with closing(sqlite3.connect(source, isolation_level=None)) as read:
            read.execute("PRAGMA query_only = 1")
            read.execute("BEGIN")
            read.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()  # the moment that is copied
            with closing(sqlite3.connect(target)) as written:
                read.backup(written, pages=PAGES, progress=lambda _, left, all_: step(all_ - left, all_))
                found = [row[0] for row in written.execute("PRAGMA integrity_check").fetchall()]
                found += [f"{row[0]} {row[1]}" for row in written.execute("PRAGMA foreign_key_check").fetchmany(3)]
            read.execute("ROLLBACK")
    except sqlite3.DatabaseError as trouble:
        raise BackupBroken(name=source.name, what=str(trouble)) from trouble
    if found != ["ok"]:
        raise BackupBroken(name=source.name, what=found[0])
