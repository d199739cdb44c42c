"""No page scans a table that grows: the plan of every statement that a page sends, on both databases.

SQLite plans for a few rows as for many, so there everything counts: a table or an index that is read from an end. On
PostgreSQL, which plans by what it knows of the rows, scans are made the last resort: one that remains has no index that
fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Flask

from points import db
from points.services import tick
from tests.test_access import people, places, read_table, sessions
from tests.world import World

__all__ = ["people", "places", "sessions"]

Sent = dict[str, tuple[str, Sequence[Any]]]

SMALL = {
    "tick_state": "one row",
    "upload": "kept for a day",
    "phone_code": "kept for a day",
    "shop": "about one a village",
    "village_setting": "one a village",
    "expiry_rule": "about one a village",
}
"""Tables that do not grow; any other table does."""
FEW = {
    "transfer": "the newest alone",
    "transfer_pkey": "the newest alone",
    "write_key_recorded_at": "the newest alone",
    "cover_month_seen_on": "the newest alone",
    "line_notice_id_open_objections": "the first notice of those that wait",
    "stocktake_shop_id": "stocktakes under way",
    "reservation_shop_id_spoken": "open reservations",
    "reservation_collect_by": "open reservations",
    "opening_line_objected_at": "disputed lines",
    "opening_line_opening_id": "waiting lines",
    "wish_village_id_name": "open wishes",
    "expiry_line_household_id": "lines of which something remains to lapse",
    "expiry_rule_village_id": "rules that are proposed or adopted, one a village",
    "area_kind": "all villages, for a list of them",
    "area by kind": "the same",
    "t1 by kind": "the same",
}
"""Indexes that may be read from an end: for one row, or because they hold only what waits."""


def test_no_page_scans_a_table_that_grows(
    app: Flask, world: World, places: dict[str, int | str], sessions: dict[str, tuple[str, str]]
) -> None:
    sent: Sent = {}
    for method, path, expected in read_table():
        for who, answer in expected.items():
            if method == "GET" and answer == "y" and not who.endswith("'"):
                client = app.test_client()
                client.set_cookie("points", sessions[who][0])
                with heard(sent, f"{path} {who}"):
                    client.get(path.format(**places))
    with heard(sent, "tick"):
        tick.tick(now=world.now)
    wrong = [
        f"{where}: {found}\n{sql}"
        for sql, (where, values) in sent.items()
        for found in scans(sql, values)
        if found not in SMALL and found not in FEW
    ]
    assert not wrong, "\n\n".join(wrong)


@contextmanager
def heard(sent: Sent, where: str) -> Iterator[None]:
    """Hear the statements that are sent meanwhile; each is kept once, with where it came from."""
    bound = db.database.obj
    execute = bound.execute_sql

    def listen(sql: str, params: Any = None, *rest: Any, **named: Any) -> Any:
        if sql.split(None, 1)[0] in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            sent.setdefault(sql, (where, params or ()))
        return execute(sql, params, *rest, **named)

    bound.execute_sql = listen
    try:
        yield
    finally:
        del bound.execute_sql


def scans(sql: str, values: Sequence[Any]) -> list[str]:
    """Name the tables and indexes that the statement reads from one end to the other."""
    found = of_postgresql(sql, values) if db.is_postgresql() else of_sqlite(sql, values)
    return sorted(set(found))


def of_sqlite(sql: str, values: Sequence[Any]) -> Iterator[str]:
    """Read the program that SQLite would run: a cursor that starts at an end and goes on to the next is a scan."""
    names = dict(db.execute("SELECT rootpage, name FROM sqlite_master").fetchall())
    opened: dict[int, str] = {}
    rewound: set[int] = set()
    for at, opcode, cursor, page, *_ in db.database.execute_sql(f"EXPLAIN {sql}", values).fetchall():
        if at == 0:
            opened, rewound = {}, set()
        if opcode in ("OpenRead", "OpenWrite"):
            opened[cursor] = names.get(page, "")
        elif opcode in ("OpenEphemeral", "OpenAutoindex", "OpenPseudo"):
            opened.pop(cursor, None)
        elif opcode in ("Rewind", "Last"):
            rewound.add(cursor)
        elif opcode in ("IdxGT", "IdxGE", "IdxLT", "IdxLE"):  # it ends where a range ends
            rewound.discard(cursor)
        elif (opcode == "Count" or (opcode in ("Next", "Prev") and cursor in rewound)) and cursor in opened:
            yield opened[cursor]
    for *_, told in db.database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall():
        if broad := re.fullmatch(r"SEARCH (\w+) .*\((?:type|kind|cause_type)=\?\)", told):
            yield f"{broad[1]} by kind"


def of_postgresql(sql: str, values: Sequence[Any]) -> Iterator[str]:
    """Read the plan that PostgreSQL makes where it may hardly scan."""
    settings = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
    for name in settings:
        db.execute(f"SET {name} = off")
    [[plan]] = db.database.execute_sql(f"EXPLAIN (FORMAT JSON) {sql}", values).fetchall()
    for name in settings:
        db.execute(f"RESET {name}")
    nodes = [plan[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node["Node Type"] == "Seq Scan":
            yield node["Relation Name"]
