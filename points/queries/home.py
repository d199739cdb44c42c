"""A villager's page: the household's balance and how each point came, in few fixed statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from points import db, ledger
from points.calendar import local_date
from points.ledger import Entry
from points.models.ledger import Account, AccountType
from points.models.people import Person
from points.queries.report import OLDEST, Named

PAGE = 20

_FRONT = """
    SELECT household.number, household.village_id, village.name, purse.id, purse.balance, owed.balance,
        (SELECT MAX(number) FROM notice WHERE notice.village_id = household.village_id AND state = 'hung'
           AND closes_at > ?),
        (SELECT MAX(receipt.id) FROM receipt
         WHERE receipt.household_id = household.id AND receipt.proxy_id IS NOT NULL AND receipt.id > ?),
        COALESCE((SELECT balance FROM account WHERE type = 'hold' AND owner_id = household.id), 0),
        (SELECT MAX(id) FROM transfer WHERE source_id = purse.id),
        (SELECT MAX(id) FROM transfer WHERE target_id = purse.id),
        (SELECT MAX(id) FROM expiry
         WHERE expiry.village_id = household.village_id AND expiry.state = 'waiting' AND expiry.warns_at <= ?)
    FROM household
    JOIN area AS village ON village.id = household.village_id
    JOIN account AS purse ON purse.type = 'household' AND purse.owner_id = household.id
    JOIN account AS owed ON owed.type = 'owed' AND owed.owner_id = household.id
    WHERE household.id = ?
"""
_LINE = """
    SELECT line.id, line.item_name, line.state, line.day, line.each * line.quantity, person.name, recorder.name,
        notice.id, notice.number
    FROM line
    JOIN person ON person.id = line.person_id
    JOIN person AS recorder ON recorder.id = line.recorded_by_id
    LEFT JOIN notice ON notice.id = line.notice_id
"""
_UNDER_WAY = "line.state IN ('recorded', 'checked', 'approved', 'noticed')"  # in the words of the index
_CONCERNING = f"""
    SELECT line.id AS line_id, line.item_name, line.state, line.day, line.each * line.quantity, person.name,
        recorder.name, notice.id, notice.number, line.household_id, line.quantity, line.needs,
        line.person_id = ? AND line.recorded_by_id <> ? AND line.day >= ? AND attendance.line_id IS NULL
    FROM line
    JOIN person ON person.id = line.person_id
    JOIN person AS recorder ON recorder.id = line.recorded_by_id
    LEFT JOIN notice ON notice.id = line.notice_id
    LEFT JOIN attendance ON attendance.line_id = line.id
    WHERE (line.household_id = ? AND {_UNDER_WAY}) OR (line.person_id = ? AND line.day >= ? AND {_UNDER_WAY})
"""
# LIMIT: the top is read once, not again for each line.
_BEGINNING = f"""
    SELECT top.*, concerning.* FROM ({_FRONT} LIMIT 1) AS top LEFT JOIN ({_CONCERNING}) AS concerning ON TRUE
    ORDER BY concerning.line_id DESC
"""
_RECEIPTS = """
    SELECT transfer.id, receipt.id, receipt.number, shop.name, receipt.pin OR receipt.via <> 'scan',
        COALESCE(collector.name, proxy.name), receipt.proxy_id IS NOT NULL, receipt_line.name, receipt_line.quantity
    FROM transfer
    JOIN receipt ON receipt.transfer_id = COALESCE(transfer.answers_id, transfer.id)
    JOIN receipt_line ON receipt_line.receipt_id = receipt.id
    JOIN till ON till.id = receipt.till_id
    JOIN shop ON shop.id = till.shop_id
    LEFT JOIN person AS collector ON collector.id = receipt.collector_id
    LEFT JOIN proxy ON proxy.id = receipt.proxy_id
    WHERE transfer.id IN ({})
    ORDER BY receipt_line.id
"""
_RESERVED = """
    SELECT reservation.id, reservation.state, shop.name, person.name, reservation_line.name, reservation_line.quantity
    FROM reservation
    JOIN reservation_line ON reservation_line.reservation_id = reservation.id
    JOIN shop ON shop.id = reservation.shop_id
    JOIN person ON person.id = reservation.person_id
    WHERE reservation.id IN ({})
    ORDER BY reservation_line.id
"""
_BROUGHT = """
    SELECT opening_line.id, opening.id, opening.source FROM opening_line
    JOIN opening ON opening.id = opening_line.opening_id WHERE opening_line.id IN ({})
"""
_MOVED = """
    SELECT transfer.id, source.number, target.number, household_change.reason FROM transfer
    JOIN household_change ON household_change.id = transfer.cause_id
    JOIN account AS giver ON giver.id = transfer.source_id JOIN household AS source ON source.id = giver.owner_id
    JOIN account AS taker ON taker.id = transfer.target_id JOIN household AS target ON target.id = taker.owner_id
    WHERE transfer.id IN ({})
"""


class Front(NamedTuple):
    """The household as its page begins: what it may spend, what it owes, and the number of a running notice.

    *proxy_receipt_id*: the newest proxy collection that the person took no notice of yet. *held*: for reservations.
    *spent_id*, *earned_id*: the newest transfers out of the account and into it. *expiry_id*: the year-end at which
    points may lapse, within its warning.
    """

    number: str
    village_id: int
    village: str
    account_id: int
    balance: int
    owed: int
    notice_number: int | None
    proxy_receipt_id: int | None
    held: int
    spent_id: int | None
    earned_id: int | None
    expiry_id: int | None

    def account(self, household_id: int) -> Account:
        """The household's account."""
        return Account(id=self.account_id, type=AccountType.HOUSEHOLD, owner_id=household_id)


_TOP = len(Front._fields)


class Deed(NamedTuple):
    """A contribution of the household: who did what when, `points` asked for, who recorded it, and which notice."""

    id: int
    item: str
    state: str
    day: date
    points: int
    person: str
    recorder: str
    notice_id: int | None
    notice_number: int | None


@dataclass(frozen=True, slots=True)
class Bought:
    """A receipt as the statement shows it; *proved*: by PIN, phone or ticket, not by the scanned card alone."""

    id: int
    number: str
    shop: str
    proved: bool
    collector: str
    by_proxy: bool
    goods: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reserved:
    """A reservation as the statement shows it."""

    id: int
    state: str
    shop: str
    person: str
    goods: list[tuple[str, int]] = field(default_factory=list)


class Brought(NamedTuple):
    """An opening balance as the statement shows it: where it hung, and from which old book it came."""

    opening_id: int
    source: str


class Moved(NamedTuple):
    """Points that went along with a change of households, as the statement shows it: from and to which, and why."""

    source: str
    target: str
    reason: str


class Row(NamedTuple):
    """An entry of the statement with what lies behind it: one of these, or none (an adjustment)."""

    entry: Entry
    deed: Deed | None
    bought: Bought | None
    reserved: Reserved | None
    brought: Brought | None
    moved: Moved | None


class Page(NamedTuple):
    """One page of the statement, and the key of the next page."""

    rows: list[Row]
    older: int | None


class Beginning(NamedTuple):
    """What the page begins with.

    *waiting*: the household's contributions that are on their way. *unsaid*: those on which others named the person,
    who has not spoken yet, co-signs first. The newest first.
    """

    front: Front
    waiting: list[Deed]
    unsaid: list[Named]


def beginning(person: Person, *, now: datetime) -> Beginning | None:
    """Read what the page begins with; None for someone who lives in no household here."""
    household_id = person.household_id
    if household_id is None:
        return None
    since: Any = local_date(now) - OLDEST
    if not db.is_postgresql():
        since = since.isoformat()
    concerning = (person.id, person.id, since, household_id, person.id, since)
    rows = db.execute(_BEGINNING, (*_about(person, now), *concerning)).fetchall()
    waiting, unsaid = [], []
    for row in rows:
        id_, item, state, day, points, _person, by, _notice_id, _notice, of, quantity, needs, is_unsaid = row[_TOP:]
        if of == household_id:
            waiting.append(Deed(id_, item, state, db.day(day), points, _person, by, _notice_id, _notice))
        if is_unsaid:
            unsaid.append(Named(id_, item, db.day(day), quantity, needs, state, by, None))
    front = Front(*rows[0][:_TOP])
    return Beginning(front, waiting, sorted(unsaid, key=lambda line: "cosign" not in line.needs.split(",")))


def front(person: Person, *, now: datetime) -> Front | None:
    """Read the top of the page; None for someone who lives in no household here."""
    return None if person.household_id is None else Front(*db.execute(_FRONT, _about(person, now)).fetchone())


def _about(person: Person, now: datetime) -> tuple[Any, ...]:
    at = db.microseconds(now)
    return at, person.seen_receipt_id, at, person.household_id


def page(front: Front, household_id: int, *, before: int | None) -> Page:
    """Read a page of the statement with its causes, by one statement for each sort of cause."""
    entries = ledger.statement(front.account(household_id), before=before, limit=PAGE + 1)
    rows = behind(entries[:PAGE])
    return Page(rows, rows[-1].entry.id if len(entries) > PAGE else None)


def behind(entries: Sequence[Entry]) -> list[Row]:
    """Read what lies behind *entries*, by one statement for each sort of cause."""
    deeds = _deeds([entry.cause_id for entry in entries if entry.cause_type == "line"])
    bought = _bought([entry.id for entry in entries if entry.cause_type == "till"])
    reserved = _reserved([entry.cause_id for entry in entries if entry.cause_type == "reservation"])
    brought = _brought([entry.cause_id for entry in entries if entry.cause_type == "opening"])
    moved = _moved([entry.id for entry in entries if entry.cause_type == "change"])
    return [
        Row(
            entry,
            deeds.get(entry.cause_id) if entry.cause_type == "line" else None,
            bought.get(entry.id),
            reserved.get(entry.cause_id) if entry.cause_type == "reservation" else None,
            brought.get(entry.cause_id) if entry.cause_type == "opening" else None,
            moved.get(entry.id),
        )
        for entry in entries
    ]


def _deeds(line_ids: Sequence[int]) -> dict[int, Deed]:
    if not line_ids:
        return {}
    rows = db.execute(f"{_LINE} WHERE line.id IN ({_marks(line_ids)})", line_ids).fetchall()
    return {id_: Deed(id_, item, state, db.day(day), *rest) for id_, item, state, day, *rest in rows}


def _bought(transfer_ids: Sequence[int]) -> dict[int, Bought]:
    if not transfer_ids:
        return {}
    found: dict[int, Bought] = {}
    for transfer_id, *receipt, name, quantity in db.execute(
        _RECEIPTS.format(_marks(transfer_ids)), transfer_ids
    ).fetchall():
        found.setdefault(transfer_id, Bought(*receipt)).goods.append((name, quantity))
    return found


def _reserved(reservation_ids: Sequence[int]) -> dict[int, Reserved]:
    if not reservation_ids:
        return {}
    found: dict[int, Reserved] = {}
    rows = db.execute(_RESERVED.format(_marks(reservation_ids)), reservation_ids).fetchall()
    for id_, state, shop, person, name, quantity in rows:
        found.setdefault(id_, Reserved(id_, state, shop, person)).goods.append((name, quantity))
    return found


def _brought(line_ids: Sequence[int]) -> dict[int, Brought]:
    if not line_ids:
        return {}
    rows = db.execute(_BROUGHT.format(_marks(line_ids)), line_ids).fetchall()
    return {line_id: Brought(opening_id, source) for line_id, opening_id, source in rows}


def _moved(transfer_ids: Sequence[int]) -> dict[int, Moved]:
    if not transfer_ids:
        return {}
    rows = db.execute(_MOVED.format(_marks(transfer_ids)), transfer_ids).fetchall()
    return {transfer_id: Moved(source, target, reason) for transfer_id, source, target, reason in rows}


def _marks(ids: Sequence[int]) -> str:
    return ", ".join("?" * len(ids))
