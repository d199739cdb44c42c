"""The fund 微基金 of a village in fen, and the points that it stands behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from points import db, fundbook
from points.errors import NotFound
from points.models.fund import FundTransfer
from points.models.people import Person
from points.models.rules import RuleBook

READERS = ("committee", "council", "supervisor", "admin")
PAGE = 50

_OUTSTANDING = """
    SELECT COALESCE(SUM(account.balance), 0) FROM account JOIN household ON household.id = account.owner_id
    WHERE account.type IN ('household', 'hold') AND household.village_id = ?
"""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a village has and what its households hold: fen, points, and the worth of a point in fen, if decided."""

    fen: int
    points: int
    worth_fen: int | None

    @property
    def points_fen(self) -> int:
        """What the points are worth together, in fen."""
        return self.points * (self.worth_fen or 0)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as the list shows it; *cancelled*: an opposite one answers it."""

    id: int
    kind: str
    source: str
    target: str
    fen: int
    voucher: str
    note: str
    day: date
    recorder: str
    recorded_at: datetime
    cancelled: bool

    @property
    def answers(self) -> bool:
        """Whether this one answers another, which its voucher names."""
        return self.kind == "reversal"


def balance(village_id: int) -> int:
    """Return what a village's fund holds, free and promised, in fen."""
    return fundbook.balance(village_id) + fundbook.balance(village_id, "committed")


def outstanding(village_id: int) -> int:
    """Return the points that a village's households hold, set aside or not."""
    return int(db.execute(_OUTSTANDING, (village_id,)).fetchone()[0])


def line(village_id: int) -> Coverage:
    """Return the fund beside the points that it stands behind, by the worth of a point in the adopted rule book."""
    book = RuleBook.get_or_none(RuleBook.area == village_id, RuleBook.state == "adopted")
    return Coverage(balance(village_id), outstanding(village_id), book.worth_fen if book else None)


def entries(village_id: int, *, before: int | None = None) -> tuple[list[EntryRow], int | None]:
    """List a village's entries, newest first; and the key of the next page."""
    row = FundTransfer
    columns = (row.id, row.kind, row.source, row.target, row.fen, row.voucher, row.note, row.day, row.recorded_at)
    query: Any = row.select(*columns, Person.name.alias("recorder")).join(Person).where(row.village == village_id)
    if before:
        query = query.where(row.id < before)
    found = list(query.order_by(row.id.desc()).limit(PAGE + 1).dicts())
    shown = found[:PAGE]
    answers = FundTransfer.select(FundTransfer.answers).where(FundTransfer.answers.in_([one["id"] for one in shown]))
    cancelled = {answer.answers_id for answer in answers}
    rows = [EntryRow(**entry, cancelled=entry["id"] in cancelled) for entry in shown]
    return rows, rows[-1].id if len(found) > PAGE else None


def entry(entry_id: int) -> FundTransfer:
    """Return an entry. Raises `NotFound`; the caller guards by its village."""
    found = FundTransfer.get_or_none(FundTransfer.id == entry_id)
    if found is None:
        raise NotFound()
    return found
