"""What people type: trimmed, not too long, and there when it must be."""

from __future__ import annotations

from points.errors import Missing, TooLong


def required(text: str, what: str, limit: int) -> str:
    """Return *text* trimmed. Raises `Missing` when nothing is left, `TooLong` above *limit* signs; both name *what*."""
    cleaned = optional(text, what, limit)
    if not cleaned:
        raise Missing(what=what)
    return cleaned


def optional(text: str, what: str, limit: int) -> str:
    """Return *text* trimmed, perhaps empty, runs of blanks folded into one. Raises `TooLong`, naming *what*."""
    cleaned = " ".join(text.split())
    if len(cleaned) > limit:
        raise TooLong(what=what, limit=limit)
    return cleaned
