"""Which rows belong to an area, and which others those refer to: what an archive of a village holds.

A row belongs by what it is about: its first foreign key, or what `_OWNERS` names instead. What such a row refers to
comes along *bare*: only itself, so that every reference holds, and without what is nobody's business there. An account
that keeps a balance comes with all its transfers, for its balance is proved by nothing less.
"""

from __future__ import annotations

from typing import Any

from peewee import ForeignKeyField

from points import db
from points.models import TABLES
from points.models.areas import Area
from points.models.reservation import Reservation

LEFT_OUT = ("job", "upload", "month_summary")
"""No part of an archive: work under way on one machine, whose files lie there; and what is summed up anew from it."""

_BARE: dict[str, dict[str, str]] = {
    "person": {
        "household_id": "NULL",
        "phone": "NULL",
        "username": "NULL",
        "password_hash": "NULL",
        "pin_hash": "NULL",
        "lock_pin_hash": "NULL",
        "barred_until": "NULL",
    },
    "household": {"address": "''", "merged_into_id": "NULL"},
    "goods": {"photo_id": "NULL"},
}
"""What a bare row holds in place of its own."""

_OWNERS: dict[str, dict[str, str]] = {
    "person": {"household_id": "household", "area_id": "area"},
    "kin": {"person_id": "person", "relative_id": "person"},
    "role": {"area_id": "area"},
    "write_key": {"actor_id": "person"},
    "tries": {},
    "tick_state": {},
    "removal": {"source_id": "goods", "target_id": "goods"},
    "reservation": {"household_id": "household", "shop_id": "shop"},
    "receipt": {"household_id": "household", "till_id": "till"},
    "refusal": {"household_id": "household", "till_id": "till"},
    "settlement": {"village_id": "area", "shop_id": "shop"},
    "household_change": {"village_id": "area", "source_id": "household", "target_id": "household"},
}
"""By which columns a row belongs, where its first foreign key does not say so; *target* belongs, so does the row."""

_ACCOUNT_OWNERS = {
    "household": "household",
    "hold": "household",
    "owed": "household",
    "issuance": "area",
    "adjustment": "area",
    "expired": "area",
    "shop": "shop",
    "settled": "shop",
}
_KEPT = "('household', 'hold', 'owed')"
_FROM_ABOVE = ("area_limit", "holiday", "rule_book")
"""Of these the area has those of the areas above it, too."""
_OF_ALL = ("area_ancestor", "taken_back")
"""These go with bare rows, too."""


def _keys(table: Any) -> list[ForeignKeyField]:
    return [field for field in table._meta.sorted_fields if isinstance(field, ForeignKeyField)]


def _name(table: Any) -> str:
    return str(table._meta.table_name)


_REFERRED = {_name(key.rel_model) for table in TABLES for key in _keys(table)}


class Picked:
    """The rows of an area within a snapshot, noted in a temporary table: bare or belonging."""

    def __init__(self, area: Area) -> None:
        self.area_id = int(area.id)
        self._pick_area()
        for table in TABLES:
            if _name(table) in _REFERRED and _name(table) not in ("area", "account", "transfer"):
                self._pick(_name(table), f'SELECT "id", FALSE FROM "{_name(table)}" WHERE {self._belongs(table)}')
        self._pick_accounts()
        self._count()
        self._pick_referred()
        self._count()

    @staticmethod
    def prepare() -> None:
        """Make the temporary table, before the snapshot that only reads."""
        db.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS archive_pick "
            "(what TEXT, id BIGINT, bare BOOLEAN, PRIMARY KEY (what, id))"
        )
        db.execute("DELETE FROM archive_pick")

    @staticmethod
    def forget() -> None:
        """Drop the temporary table."""
        db.execute("DROP TABLE IF EXISTS archive_pick")

    def source(self, table: Any) -> str:
        """Return where the rows of *table* come from; `pick` stands beside those that may be bare."""
        name = _name(table)
        if name in _REFERRED:
            return f'"{name}" JOIN archive_pick AS pick ON pick.what = \'{name}\' AND pick.id = "{name}"."id"'
        return f'"{name}" WHERE ({self._belongs(table)})'

    def bare(self, name: str) -> dict[str, str]:
        """Return what stands in the columns of a bare row in place of their values."""
        return _BARE.get(name, {})

    def _belongs(self, table: Any) -> str:
        """Return the condition under which a row belongs."""
        name = _name(table)
        owners = _OWNERS.get(name)
        if owners is None:
            first = _keys(table)[0]
            owners = {first.column_name: _name(first.rel_model)}
        ways = [f"{column} IN ({_picked(what, bare=name in _OF_ALL)})" for column, what in owners.items()]
        if name in _FROM_ABOVE:
            ways.append(f"area_id IN ({self._above()})")
        if name == "reservation":  # what a bare hold holds
            ways.append(
                "state = 'open' AND household_id IN (SELECT owner_id FROM account "
                f"WHERE type = 'hold' AND id IN ({_picked('account', bare=True)}))"
            )
        return " OR ".join(ways) or "FALSE"

    def _pick(self, what: str, rows: str) -> int:
        """Note rows (id, bare) of a table unless they are; return how many were new."""
        sql = f"INSERT INTO archive_pick (what, id, bare) SELECT '{what}', found.* FROM ({rows}) AS found WHERE TRUE"
        return int(db.execute(f"{sql} ON CONFLICT (what, id) DO NOTHING").rowcount)

    @staticmethod
    def _count() -> None:
        """Let PostgreSQL know how many rows were noted: it believes that the table is as short as it was."""
        if db.is_postgresql():
            db.execute("ANALYZE archive_pick")

    def _above(self) -> str:
        return f"SELECT ancestor_id FROM area_ancestor WHERE descendant_id = {self.area_id}"

    def _pick_area(self) -> None:
        self._pick("area", f"SELECT descendant_id, FALSE FROM area_ancestor WHERE ancestor_id = {self.area_id}")
        self._pick("area", self._above().replace("ancestor_id FROM", "ancestor_id, TRUE FROM"))

    def _pick_accounts(self) -> None:
        """Note the accounts that belong and their transfers; then bare accounts with a balance, until no more come."""
        for type_, what in _ACCOUNT_OWNERS.items():
            self._pick(
                "account", f"SELECT id, FALSE FROM account WHERE type = '{type_}' AND owner_id IN ({_picked(what)})"
            )
        mine, bare = _picked("account"), "FALSE"
        self._count()
        while True:
            self._pick(
                "transfer",
                f"SELECT id, {bare} FROM transfer WHERE source_id IN ({mine}) "
                f"UNION SELECT id, {bare} FROM transfer WHERE target_id IN ({mine})",
            )
            moved = _picked("transfer", bare=True)
            found = self._pick(
                "account",
                f"SELECT source_id, TRUE FROM transfer WHERE id IN ({moved}) "
                f"UNION SELECT target_id, TRUE FROM transfer WHERE id IN ({moved})",
            )
            if not found:
                break
            mine = f"SELECT id FROM account WHERE type IN {_KEPT} AND id IN ({_picked('account', bare=True)})"
            bare = "TRUE"
        for type_, what in _ACCOUNT_OWNERS.items():
            of = (
                f"SELECT owner_id, TRUE FROM account WHERE type = '{type_}' AND id IN ({_picked('account', bare=True)})"
            )
            self._pick(what, of)
        self._pick("reservation", f'SELECT "id", FALSE FROM reservation WHERE {self._belongs(Reservation)}')

    def _pick_referred(self) -> None:
        """Note what the noted rows refer to, later tables first: a table refers to earlier ones or to itself."""
        for table in reversed(TABLES):
            if _name(table) not in LEFT_OUT:
                own = [key for key in _keys(table) if key.rel_model is table]
                while any([self._follow(table, key) for key in own]):
                    pass
                for key in _keys(table):
                    self._follow(table, key)

    def _follow(self, table: Any, key: ForeignKeyField) -> int:
        name, column = _name(table), key.column_name
        source = self.source(table)
        if name in _REFERRED:
            source += " WHERE TRUE" if column not in _BARE.get(name, {}) else " WHERE NOT pick.bare"
        found = f'SELECT DISTINCT "{name}"."{column}", TRUE FROM {source} AND "{name}"."{column}" IS NOT NULL'
        return self._pick(_name(key.rel_model), found)


def _picked(what: str, *, bare: bool = False) -> str:
    return f"SELECT id FROM archive_pick WHERE what = '{what}'" + ("" if bare else " AND NOT bare")
