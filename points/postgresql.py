"""PostgreSQL without detours: fixed statements, BEGIN, COMMIT and ROLLBACK go straight to libpq.

psycopg still connects, and writes and reads every value; only its cursor is left out, which costs twice as much as the
rest. A fixed statement is prepared once a connection and kept. What the ORM builds goes through psycopg's cursor and is
planned each time, for its values: a plan for any values took 345 ms where one for these took 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from peewee import PostgresqlDatabase
from peewee import __exception_wrapper__ as _as_peewee  # type: ignore[attr-defined]
from psycopg import abc
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.types.numeric import Int8Dumper

MOST_PREPARED = 1_000
_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


class Postgresql(PostgresqlDatabase):
    """A database whose connections keep what they prepared. Every integer goes over as a bigint, whatever its size."""

    _state: Any

    def _connect(self) -> Any:
        connection = super()._connect()  # type: ignore[misc]
        connection.adapters.register_dumper(int, Int8Dumper)
        connection.prepare_threshold = None  # it would throw away all, ours too, after its own ROLLBACK, ALTER or DROP
        self._state.prepared = {}
        return connection

    def begin(self, isolation_level: str | None = None) -> None:
        self._say(b"BEGIN")

    def commit(self) -> None:
        self._say(b"COMMIT")

    def rollback(self) -> None:
        self._say(b"ROLLBACK")  # psycopg's own would throw away all that is prepared

    def execute_sql(self, sql: str, params: Sequence[Any] | None = None, *, fixed: bool = False) -> Any:
        """Run a statement; a *fixed* one, with parameters (``%s``), is prepared. Returns what is read like a cursor."""
        if not fixed or params is None:
            return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]
        with _as_peewee:
            connection = self._connection()
            values = Transformer(connection)
            written = values.dump_sequence(params, [PyFormat.TEXT] * len(params))
            name = self._state.prepared.get((sql, values.types)) or self._prepare(sql, values.types)
            result = _good(connection.pgconn.exec_prepared(name, written))
            values.set_pgresult(result)
            return Answer(values, result)

    def _prepare(self, sql: str, types: tuple[int, ...] | None) -> bytes:
        if len(self._state.prepared) >= MOST_PREPARED:
            self._say(b"DEALLOCATE ALL")
            self._state.prepared.clear()
        *parts, last = (part.replace("%%", "%") for part in sql.split("%s"))
        numbered = "".join(f"{part}${number}" for number, part in enumerate(parts, 1)) + last
        name = f"fixed{len(self._state.prepared)}".encode()
        _good(self._connection().pgconn.prepare(name, numbered.encode(), types))
        self._state.prepared[sql, types] = name
        return name

    def _connection(self) -> Any:
        return self.connection()  # type: ignore[no-untyped-call]

    def _say(self, word: bytes) -> None:
        with _as_peewee:
            _good(self._connection().pgconn.exec_(word))


class Answer:
    """What a statement answered, read like a cursor."""

    def __init__(self, values: abc.Transformer, result: PGresult) -> None:
        self._values, self._result = values, result
        self._rows = range(result.ntuples)
        self.rowcount = result.ntuples or result.command_tuples or 0

    @property
    def description(self) -> list[tuple[str]] | None:
        """The names of the columns; None when no rows were asked for."""
        names = (self._result.fname(at) for at in range(self._result.nfields))
        return [(name.decode(),) for name in names if name is not None] or None

    def close(self) -> None:
        """Say that it has been read."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return next(iter(self), None)

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        left, self._rows = self._rows, range(0)
        return self._values.load_rows(left.start, left.stop, tuple) if left else []

    def fetchmany(self, size: int) -> list[Any]:
        """Return the next rows, *size* at most."""
        return list(islice(self, size))

    def __iter__(self) -> Iterator[Any]:
        while self._rows:
            at, self._rows = self._rows[0], self._rows[1:]
            yield self._values.load_row(at, tuple)


def _good(result: PGresult) -> PGresult:
    if result.status not in _DONE:
        raise error_from_result(result)
    return result
