"""Reads of the pages about rule books: a village's versions, and the items of one."""

from __future__ import annotations

from points.errors import NotFound
from points.models.rules import RuleBook, RuleItem


def versions(village_id: int) -> list[RuleBook]:
    """Return a village's rule books, newest first."""
    return list(RuleBook.select().where(RuleBook.area == village_id).order_by(RuleBook.version.desc()))


def book(book_id: int) -> RuleBook:
    """Return one rule book. Raises `NotFound`; the caller guards by its village."""
    found = RuleBook.get_or_none(RuleBook.id == book_id)
    if found is None:
        raise NotFound()
    return found


def items(book_id: int) -> list[RuleItem]:
    """Return a book's items by their codes."""
    return list(RuleItem.select().where(RuleItem.book == book_id).order_by(RuleItem.code))
