"""The database, from a URL; transactions that refuse to nest; moments kept as UTC.

One process speaks to one database at a time, bound by `connect`. SQLite is opened durable (WAL with
``synchronous=FULL``: an acknowledged commit survives a power cut) and takes its write lock when a transaction
begins, so two writers wait for each other instead of failing half-way. No other module knows which database runs,
but for the few that ask `is_postgresql` to phrase a set-based statement.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from peewee import SQL, BigIntegerField, Database, DatabaseProxy, PostgresqlDatabase, SqliteDatabase
from peewee import __exception_wrapper__ as _as_peewee  # type: ignore[attr-defined]
from playhouse.migrations import Runner

database = DatabaseProxy()
_writer = threading.Lock()
_here = threading.local()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
MIGRATIONS = Path(__file__).parent / "migrations"


def open_database(url: str) -> Database:
    """Build the database that *url* names: ``sqlite:////path/points.db`` or ``postgresql://user@host/name``."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        opened = _Sqlite(
            unquote(parts.path[1:]),
            pragmas={
                "journal_mode": "wal",
                "synchronous": "full",
                "foreign_keys": 1,
                "recursive_triggers": 1,  # so that INSERT OR REPLACE meets the append-only triggers
                "cache_size": -12_000,  # kB a connection: with 4 MB 20,000 households' tills serve a seventh fewer
                "wal_autocheckpoint": 8_000,  # pages: a page that changes often is copied back once, not eight times
            },
            lock_type="IMMEDIATE",
            timeout=15,
        )
        opened.register_function(_sha256_hex, "sha256_hex", 1)
        return opened
    if parts.scheme in ("postgresql", "postgres"):
        from points.postgresql import Postgresql  # nobody needs it for SQLite

        return Postgresql(url, prefer_psycopg3=True)
    raise ValueError(f"POINTS_DATABASE_URL must begin with sqlite: or postgresql:, not {parts.scheme!r}")


class _Sqlite(SqliteDatabase):
    """SQLite, whose fixed statements go straight to the driver."""

    def execute_sql(self, sql: str, params: Sequence[Any] | None = None, *, fixed: bool = False) -> Any:
        if not fixed:
            return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]
        with _as_peewee:
            return self.connection().execute(sql, params)  # type: ignore[no-untyped-call]


def is_local(url: str) -> bool:
    """Tell whether the database that *url* names lies on this machine: a file, a socket, or behind loopback."""
    parts = urlsplit(url)
    hosts = [host for host in (parts.hostname, *parse_qs(parts.query).get("host", ())) if host]
    return parts.scheme == "sqlite" or all(host in _LOOPBACK or host.startswith("/") for host in hosts)


def connect(url: str) -> None:
    """Bind every model to the database at *url*. Connections open on first use, one a thread."""
    disconnect()
    database.initialize(open_database(url))


def disconnect() -> None:
    """Close this thread's connection, if one is open and no group's transaction is."""
    group: Group | None = getattr(_here, "group", None)
    if group is not None and group.is_open:
        return
    if database.obj is not None and not database.is_closed():
        database.close()


def migrate(to: str | None = None) -> list[str]:
    """Bring the schema up to date, or as far as the migration *to*; return the names of those applied."""
    runner = Runner(database.obj, str(MIGRATIONS))
    if is_postgresql():
        return list(runner.up(to))
    # SQLite changes a table by building it anew, which its foreign keys would forbid; nothing else looks meanwhile.
    database.execute_sql("PRAGMA foreign_keys = 0")
    try:
        applied = list(runner.up(to))
    finally:
        database.execute_sql("PRAGMA foreign_keys = 1")
    broken = database.execute_sql("PRAGMA foreign_key_check").fetchall() if applied else []
    if broken:
        raise RuntimeError(f"rows without what they refer to: {broken[:5]}")
    return applied


def pending() -> bool:
    """Tell whether migrations wait to be applied."""
    return any(not migration.applied for migration in Runner(database.obj, str(MIGRATIONS)).status())


def is_postgresql() -> bool:
    """Tell whether the bound database is PostgreSQL."""
    return isinstance(database.obj, PostgresqlDatabase)


@contextmanager
def transaction() -> Iterator[None]:
    """Open the one transaction of a verb: all of it is kept, or nothing.

    Raises `RuntimeError` inside another transaction: a verb never calls a verb.
    """
    group: Group | None = getattr(_here, "group", None)
    if group.inside if group else database.in_transaction():
        raise RuntimeError("a transaction is open already: a verb does not call a verb")
    if group:
        with group:
            yield
        return
    # SQLite lets writers of other processes poll for their turn; those of this process queue up, which is fair.
    with nullcontext() if is_postgresql() else _writer, database.obj.transaction():
        yield


class Group:
    """Group commit on SQLite: transactions of this thread that follow each other closely are made durable at once.

    Each is a savepoint of one transaction, which stays open until `commit`; nothing that was written or read meanwhile
    may be told to anybody before. A verb has no effect outside the database, so it does not notice. From when it is
    made, every `transaction` of the thread belongs to it.
    """

    def __init__(self) -> None:
        assert not is_postgresql()
        self.inside = False
        self.members = 0
        self._outer: Any = None
        _here.group = self

    @property
    def is_open(self) -> bool:
        """Tell whether something waits to be made durable."""
        return self._outer is not None

    def __enter__(self) -> None:
        """Begin a member, and the group's transaction if there is none."""
        if not self.is_open:
            _writer.acquire()
            try:
                execute("PRAGMA temp_store = memory")  # what a member may go back to: a file takes two writes a page
                self._outer = database.transaction()
                self._outer.__enter__()
            except BaseException:
                self._outer = None
                _writer.release()
                raise
            self.members = 0
        execute("SAVEPOINT member")
        self.members += 1
        self.inside = True

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Keep what the member did, or undo it if it failed."""
        self.inside = False
        if kind is not None:
            execute("ROLLBACK TO member")
        execute("RELEASE member")

    def leave(self) -> None:
        """Let the thread's transactions be committed one by one again."""
        assert not self.is_open
        _here.group = None

    def commit(self) -> None:
        """Make all members durable. Raises what the database raises; then none of them happened."""
        outer, self._outer = self._outer, None
        try:
            outer.__exit__(None, None, None)
        except BaseException:
            with suppress(Exception):
                database.close()
            raise
        finally:
            _writer.release()


def require_transaction() -> None:
    """Refuse to write outside a transaction; the caller owns it, so that a fact and its cause are kept together."""
    assert database.in_transaction(), "this writes within a caller's transaction"


@lru_cache(maxsize=512)
def _for_postgresql(sql: str) -> str:
    return sql.replace("?", "%s")


def execute(sql: str, parameters: Sequence[Any] = ()) -> Any:
    """Run one fixed statement, its parameters marked by ``?``; return the cursor. For the few hot statements only.

    On PostgreSQL it travels when an answer is read, with the transaction's others that wait: `points.postgresql`.
    """
    return database.obj.execute_sql(_for_postgresql(sql) if is_postgresql() else sql, parameters, fixed=True)


class Answer:
    """What SQLite answered. All of it is read: a cursor that an error keeps alive keeps the database from others."""

    def __init__(self, cursor: Any) -> None:
        self._rows = iter(cursor.fetchall())

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        return list(self._rows)


def ask(sql: str, parameters: Sequence[Any] = ()) -> Any:
    """Run one fixed statement whose answer is read later: on PostgreSQL what is asked together travels together."""
    cursor = execute(sql, parameters)
    return cursor if is_postgresql() else Answer(cursor)


# --- what the databases say differently, for the few statements that work on a whole set ---------------------------


def set_of_ids() -> str:
    """Return the SELECT that reads a set of ids out of one parameter, a JSON list: for ``IN (…)``, of any size."""
    if is_postgresql():
        return "SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST(? AS json))"
    return "SELECT value FROM json_each(?)"


def in_set(column: str, kind: str = "BIGINT") -> str:
    """Return the test that *column* is one of a set in one parameter, a JSON list: where an index finds thousands."""
    if is_postgresql():  # a sorted array goes through an index in one pass, a join looks up each
        listed = "json_array_elements_text(CAST(? AS json)) AS listed (value)"
        return f"{column} = ANY (ARRAY (SELECT CAST(value AS {kind}) FROM {listed}))"
    return f"{column} IN (SELECT value FROM json_each(?))"


def set_of_numbers() -> str:
    """Return the SELECT that reads an *id* and its *number* out of each member of one parameter, a JSON object."""
    each = "json_each_text(CAST(? AS json))" if is_postgresql() else "json_each(?)"
    return f"SELECT CAST(key AS BIGINT) AS id, CAST(value AS BIGINT) AS number FROM {each}"


def among(ids: Collection[int]) -> Any:
    """Return *ids* for ``.in_()`` as one parameter, so that their number does not matter."""
    listed = set_of_ids().replace("?", "%s") if is_postgresql() else set_of_ids()
    return SQL(f"({listed})", [json.dumps(sorted(ids))])


class _Cell:
    """A column of the rows handed over: ``{3}`` is an integer, ``{3:text}`` a text, ``{3:day}`` a date."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __format__(self, spec: str) -> str:
        kind = {"text": "TEXT", "day": "DATE" if is_postgresql() else "TEXT"}.get(spec, "BIGINT")
        return f"CAST(rows.{self.name} AS {kind})"


_MOST_CELLS = 14
_FEW = 8
"""Up to so many rows are written out: it costs half of what JSON does, but each number of rows is another statement."""


def rows(sql: str, values: Sequence[Sequence[Any]], *, lock: bool = False) -> list[Any]:
    """Run one statement over a whole set, as `over` does, and return the rows it answers."""
    answer: list[Any] = over(sql, values, lock=lock).fetchall()
    return answer


def over(sql: str, values: Sequence[Sequence[Any]], *, lock: bool = False) -> Any:
    """Run one statement over a whole set: few rows are written out, many come as one JSON parameter, however many.

    Returns what `ask` does.

    In *sql* ``{rows}`` is the set, ``{0}`` or ``{0:text}`` a column, ``rows.key`` the order, ``{stripe}`` as below.
    *lock*: hold the rows read until the transaction ends (SQLite's transactions hold the whole file already).
    """
    if 0 < len(values) <= _FEW:
        phrased = _over_few(sql, is_postgresql(), lock, len(values), len(values[0]))
        return ask(phrased, [cell for row in values for cell in row])
    return ask(_over_many(sql, is_postgresql(), lock), (json.dumps(values),))


@lru_cache(maxsize=1024)
def _over_few(sql: str, postgresql: bool, lock: bool, count: int, width: int) -> str:
    marks = "?, " * width
    source = f"(VALUES {', '.join(f'({marks}{key})' for key in range(count))}) AS rows"
    cells = [_Cell(f"column{number}") for number in range(1, width + 1)]
    sql = sql.replace("rows.key", f"rows.column{width + 1}") + (" FOR UPDATE" if lock and postgresql else "")
    return sql.format(*cells, rows=source, stripe=stripe())


@lru_cache(maxsize=512)
def _over_many(sql: str, postgresql: bool, lock: bool) -> str:
    if postgresql:
        source = "json_array_elements(CAST(? AS json)) WITH ORDINALITY AS rows (value, key)"
        sql += " FOR UPDATE" if lock else ""
    else:
        source = "json_each(?) AS rows"
    return sql.format(*(_Cell(f"value ->> {index}") for index in range(_MOST_CELLS)), rows=source, stripe=stripe())


def new_ids(table: str, count: int) -> Sequence[int]:
    """Take the next *count* ids of *table*, in order: for rows that are about to be loaded."""
    if is_postgresql():
        named = f"(SELECT CAST(pg_get_serial_sequence('{table}', 'id') AS regclass) AS name OFFSET 0)"
        sql = f"SELECT nextval(sequence.name) FROM {named} AS sequence, generate_series(1, ?)"
        return [row[0] for row in execute(sql, (count,)).fetchall()]
    last = execute(f"SELECT COALESCE(MAX(id), 0) FROM {table}").fetchone()[0]
    return range(last + 1, last + 1 + count)


_LOADED_AT_ONCE = 500
"""So many rows SQLite takes in one statement: a third less than one statement a row costs, and no more helps."""


def load(table: str, columns: str, values: Sequence[Sequence[Any]]) -> None:
    """Insert many rows by the fastest way that keeps every reference, CHECK and trigger."""
    connection = database.obj.connection()
    with _as_peewee:  # its errors, not the driver's
        if is_postgresql():
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
            return
        for first in range(0, len(values), _LOADED_AT_ONCE):
            part = values[first : first + _LOADED_AT_ONCE]
            marks = ", ".join([f"({', '.join('?' * len(part[0]))})"] * len(part))
            connection.execute(
                f"INSERT INTO {table} ({columns}) VALUES {marks}", [cell for row in part for cell in row]
            )


def sha256(text: str) -> str:
    """Return the expression of the hexadecimal SHA-256 of the expression *text*."""
    return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')" if is_postgresql() else f"sha256_hex({text})"


def start_of_day(day: str) -> str:
    """Return the expression of the stored moment at which the local date *day* begins: UTC+8, as ever since 1991."""
    if is_postgresql():
        return f"(({day} - DATE '1970-01-01') * 86400000000 - 28800000000)"
    return f"((CAST(strftime('%s', {day}) AS INTEGER) - 28800) * 1000000)"


def month_of(moment: str) -> str:
    """Return the expression of the local month, as ``2026-11``, of the stored *moment*: UTC+8, as ever since 1991."""
    if is_postgresql():
        return f"to_char(to_timestamp({moment} / 1000000 + 28800) AT TIME ZONE 'UTC', 'YYYY-MM')"
    return f"strftime('%Y-%m', {moment} / 1000000 + 28800, 'unixepoch')"


def stripe() -> str:
    """Return the expression of a number of this connection, 0 to 15: rows kept apart by it make nobody wait."""
    return "(pg_backend_pid() & 15)" if is_postgresql() else "0"


def _sha256_hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def microseconds(moment: datetime) -> int:
    """Count the microseconds from 1970 to *moment*, which must be aware: the stored form of every moment."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return (moment - _EPOCH) // _MICROSECOND


def moment(stored: int) -> datetime:
    """Turn stored microseconds back into an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=stored)


def day(stored: date | str) -> date:
    """Turn a day as the driver hands it over into a date: SQLite keeps text."""
    return date.fromisoformat(stored) if isinstance(stored, str) else stored


if TYPE_CHECKING:
    _MomentField = BigIntegerField[Any]
else:
    _MomentField = BigIntegerField


class UTCField(_MomentField):
    """A moment: aware UTC in Python, microseconds since 1970 in both databases, so it sorts and compares alike."""

    if TYPE_CHECKING:

        def __new__(cls, **options: Any) -> UTCField: ...

    def db_value(self, value: Any) -> Any:
        return microseconds(value) if isinstance(value, datetime) else value

    def python_value(self, value: Any) -> Any:
        return None if value is None else moment(value)
