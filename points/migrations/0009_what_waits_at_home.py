"""What a household still waits for is found by itself: its page costs the same after five years of contributions."""

from __future__ import annotations

from typing import Any

from points import reshape

NEW = """
CREATE INDEX line_household_id ON line (household_id) WHERE (state IN ('recorded', 'checked', 'approved', 'noticed'))
"""


def up(migrator: Any, db: Any) -> None:
    reshape.create(db, NEW)
