"""Printed paper, by the token in its QR."""

from __future__ import annotations

from points.errors import NotFound
from points.models.paper import Paper


def by_token(token: str) -> Paper:
    """Return the paper whose QR carries *token*. Raises `NotFound`."""
    found = Paper.get_or_none(Paper.token == token)
    if found is None:
        raise NotFound()
    return found


def by_id(paper_id: int) -> Paper:
    """Return a paper."""
    found: Paper = Paper.get_by_id(paper_id)
    return found
