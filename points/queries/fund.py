"""The fund 微基金 of a village in fen, and the points that it stands behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from peewee import fn

from points import db
from points.errors import NotFound
from points.models.openness import FundEntry
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
    fen: int
    voucher: str
    note: str
    day: date
    recorder: str
    recorded_at: datetime
    cancelled: bool

    @property
    def answers(self) -> bool:
        """Whether this one answers another, which its voucher names: its sign is not that of its kind."""
        return (self.kind == "spent") == (self.fen > 0)


def balance(village_id: int) -> int:
    """Return what the fund of a village holds, in fen."""
    return int(FundEntry.select(fn.COALESCE(fn.SUM(FundEntry.fen), 0)).where(FundEntry.village == village_id).scalar())


def outstanding(village_id: int) -> int:
    """Return the points that a village's households hold, set aside or not."""
    return int(db.execute(_OUTSTANDING, (village_id,)).fetchone()[0])


def line(village_id: int) -> Coverage:
    """Return the fund beside the points that it stands behind, by the worth of a point in the adopted rule book."""
    book = RuleBook.get_or_none(RuleBook.area == village_id, RuleBook.state == "adopted")
    return Coverage(balance(village_id), outstanding(village_id), book.worth_fen if book else None)


def entries(village_id: int, *, before: int | None = None) -> tuple[list[EntryRow], int | None]:
    """List a village's entries, newest first; and the key of the next page."""
    row = FundEntry
    columns = (row.id, row.kind, row.fen, row.voucher, row.note, row.day, row.recorded_at)
    query: Any = row.select(*columns, Person.name.alias("recorder")).join(Person).where(row.village == village_id)
    if before:
        query = query.where(row.id < before)
    found = list(query.order_by(row.id.desc()).limit(PAGE + 1).dicts())
    shown = found[:PAGE]
    cancelled = _answered([entry["id"] for entry in shown])
    rows = [EntryRow(**entry, cancelled=entry["id"] in cancelled) for entry in shown]
    return rows, rows[-1].id if len(found) > PAGE else None


def entry(entry_id: int) -> FundEntry:
    """Return an entry. Raises `NotFound`; the caller guards by its village."""
    found = FundEntry.get_or_none(FundEntry.id == entry_id)
    if found is None:
        raise NotFound()
    return found


def _answered(entry_ids: list[int]) -> set[int]:
    """Return which of the entries an opposite one answers."""
    opposite = (FundEntry.kind == "spent") == (FundEntry.fen > 0)
    answers = FundEntry.select().where(FundEntry.voucher.in_([f"#{id_}" for id_ in entry_ids]), opposite)
    return {int(answer.voucher[1:]) for answer in answers}
