"""The only reader of the time: aware UTC. Everything below `web` and `cli` is handed *now*."""

from datetime import UTC, datetime


def now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)
