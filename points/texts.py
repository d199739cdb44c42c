"""What people type: trimmed, not too long, and there when it must be."""

from __future__ import annotations

import re

from points.errors import Missing, TooLong

# Control signs, which PostgreSQL partly refuses; signs without width, which look like nothing; and those that turn the
# direction of what follows, so that a line on the wall would read otherwise than it is kept.
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def required(text: str, what: str, limit: int) -> str:
    """Return *text* trimmed. Raises `Missing` when nothing is left, `TooLong` above *limit* signs; both name *what*."""
    cleaned = optional(text, what, limit)
    if not cleaned:
        raise Missing(what=what)
    return cleaned


def optional(text: str, what: str, limit: int) -> str:
    """Return *text* trimmed, without unseen signs, perhaps empty, runs of blanks folded into one. Raises `TooLong`."""
    cleaned = " ".join(_UNSEEN.sub("", text).split())
    if len(cleaned) > limit:
        raise TooLong(what=what, limit=limit)
    return cleaned
