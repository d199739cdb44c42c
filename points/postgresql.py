"""PostgreSQL without detours: fixed statements, BEGIN, COMMIT and ROLLBACK go straight to libpq, and together.

psycopg still connects, waits, and writes and reads every value; only its cursor is left out, which costs twice as much
as the rest. A fixed statement is prepared once a connection and kept. What the ORM builds goes through psycopg's cursor
and is planned each time, for its values: a plan for any values took 345 ms where one for these took 2.

Within a transaction a fixed statement waits until an answer is read, and all that wait travel together: a round trip
costs more than most statements do. So whoever needs several answers asks for all of them before reading the first. What
a statement violates is raised where the next answer is read, at the latest by COMMIT.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from itertools import islice
from typing import Any

from peewee import PostgresqlDatabase
from peewee import __exception_wrapper__ as _as_peewee  # type: ignore[attr-defined]
from psycopg import abc, generators, waiting
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
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
        self._state.unsent = []
        return connection

    def connection(self) -> Any:
        """Return psycopg's connection, after all that waited was sent."""
        connection = self._connection()
        self.send()
        return connection

    def cursor(self, named_cursor: str | None = None) -> Any:
        """Return psycopg's cursor, after all that waited was sent."""
        self.connection()
        return super().cursor(named_cursor)  # type: ignore[no-untyped-call]

    def begin(self, isolation_level: str | None = None) -> None:
        self._connection()
        self._ask(b"BEGIN")

    def commit(self) -> None:
        self._ask(b"COMMIT")
        self.send()

    def rollback(self) -> None:
        """Undo the transaction. psycopg's own ROLLBACK would throw away all that is prepared."""
        self._state.unsent.clear()
        connection = self._connection().pgconn
        if connection.transaction_status != TransactionStatus.IDLE:
            with _as_peewee:
                _good(connection.exec_(b"ROLLBACK"))  # which also ends a COPY that broke off

    def execute_sql(self, sql: str, params: Sequence[Any] | None = None, *, fixed: bool = False) -> Any:
        """Run a statement; a *fixed* one, with parameters (``%s``), is prepared. Returns what is read like a cursor."""
        if not fixed or params is None:
            return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]
        with _as_peewee:
            values = Transformer(self._connection())
            written = values.dump_sequence(params, [PyFormat.TEXT] * len(params))
            name = self._state.prepared.get((sql, values.types)) or self._prepare(sql, values.types)
        answer = self._ask(name, written, values)
        if not self.in_transaction():
            self.send()
        return answer

    def send(self) -> None:
        """Send what waits, and hear all answers."""
        unsent, self._state.unsent = self._state.unsent, []
        if not unsent:
            return
        with _as_peewee:
            connection = self._connection().pgconn
            if len(unsent) == 1:  # libpq alone is faster
                unsent[0].hear(_good(unsent[0].ask_alone(connection)))
                return
            connection.enter_pipeline_mode()
            for answer in unsent:
                answer.ask(connection)
            connection.pipeline_sync()
            results = waiting.wait(_results(connection), connection.socket, interval=0.1)  # 0 would spin
            connection.exit_pipeline_mode()
            for answer, result in zip(unsent, results, strict=False):  # after an error the others are missing
                answer.hear(_good(result))

    def _ask(self, name: bytes, written: Sequence[Any] | None = None, values: abc.Transformer | None = None) -> Answer:
        answer = Answer(self, name, written, values)
        self._state.unsent.append(answer)
        return answer

    def _prepare(self, sql: str, types: tuple[int, ...] | None) -> bytes:
        connection = self.connection().pgconn  # a table that it is about may be made by what waits
        if len(self._state.prepared) >= MOST_PREPARED:
            _good(connection.exec_(b"DEALLOCATE ALL"))
            self._state.prepared.clear()
        *parts, last = (part.replace("%%", "%") for part in sql.split("%s"))
        numbered = "".join(f"{part}${number}" for number, part in enumerate(parts, 1)) + last
        name = f"fixed{len(self._state.prepared)}".encode()
        _good(connection.prepare(name, numbered.encode(), types))
        self._state.prepared[sql, types] = name
        return name

    def _connection(self) -> Any:
        return super().connection()  # type: ignore[no-untyped-call]


class Answer:
    """What a statement answers, read like a cursor; reading it sends what waits.

    It is prepared under a *name* and has *written* values, or the name is all that there is to say.
    """

    def __init__(
        self, database: Postgresql, name: bytes, written: Sequence[Any] | None, values: abc.Transformer | None
    ) -> None:
        self._database, self._name, self._written, self._values = database, name, written, values
        self._result: PGresult | None = None
        self._rows = range(0)

    def ask(self, connection: PGconn) -> None:
        """Ask in a pipeline."""
        if self._written is None:
            connection.send_query_params(self._name, None)
        else:
            connection.send_query_prepared(self._name, self._written)

    def ask_alone(self, connection: PGconn) -> PGresult:
        """Ask and wait."""
        if self._written is None:
            return connection.exec_(self._name)
        return connection.exec_prepared(self._name, self._written)

    def hear(self, result: PGresult) -> None:
        """Take what came."""
        self._result, self._rows = result, range(result.ntuples)
        if self._values is not None:
            self._values.set_pgresult(result)

    @property
    def rowcount(self) -> int:
        """How many rows there are, or were changed."""
        result = self._heard()
        return result.ntuples or result.command_tuples or 0

    @property
    def description(self) -> list[tuple[str]] | None:
        """The names of the columns; None when no rows were asked for."""
        result = self._heard()
        names = (result.fname(at) for at in range(result.nfields))
        return [(name.decode(),) for name in names if name is not None] or None

    def close(self) -> None:
        """Say that it has been read."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return next(iter(self), None)

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        self._heard()
        left, self._rows = self._rows, range(0)
        return self._values.load_rows(left.start, left.stop, tuple) if left and self._values else []

    def fetchmany(self, size: int) -> list[Any]:
        """Return the next rows, *size* at most."""
        return list(islice(self, size))

    def __iter__(self) -> Iterator[Any]:
        self._heard()
        assert self._values is not None
        while self._rows:
            at, self._rows = self._rows[0], self._rows[1:]
            yield self._values.load_row(at, tuple)

    def _heard(self) -> PGresult:
        if self._result is None:
            self._database.send()
        assert self._result is not None, "its transaction failed before"
        return self._result


def _results(connection: PGconn) -> Generator[Any, Any, list[PGresult]]:
    yield from generators.send(connection)
    results: list[PGresult] = []
    while True:
        result = yield from generators.fetch(connection)
        if result is None:
            continue
        if result.status == ExecStatus.PIPELINE_SYNC:
            return results
        results.append(result)


def _good(result: PGresult) -> PGresult:
    if result.status not in _DONE:
        raise error_from_result(result)
    return result
