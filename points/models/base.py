"""What every table shares: the bound database, a big id, and the list of words a column may hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import BigAutoField, Check, Model

from points.db import database


class Table(Model):
    """Base of every table."""

    id: Any = BigAutoField()

    class Meta:
        database = database
        legacy_table_names = False


def one_of(column: str, words: Iterable[str]) -> Any:
    """Build the CHECK that *column* holds one of *words*."""
    listed = ", ".join(f"'{word}'" for word in words)
    return Check(f"{column} IN ({listed})")
