"""What the counter reads: tills to choose from, the card's household, goods on the shelf, receipts, the day's list."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from points import access, cards, db
from points.calendar import end_of, local_date, start_of
from points.errors import NotFound, PointsError
from points.models.people import Person
from points.models.receipt import ReceiptLine
from points.models.shop import Shop, Till
from points.names import mask


@dataclass(frozen=True, slots=True)
class Customer:
    """The household behind a card: `members` are (person id, name), the holder first; `no_pin_left` is for today.

    Whom the council keeps from collecting is not among them; *barred_until* is the holder's last day of that.

    Names are whole after a good scan and masked when only a number was typed: whoever knows a number learns no name.
    """

    name: str
    number: str
    balance: int
    members: list[tuple[int, str]]
    needs_pin: bool
    no_pin_left: int
    barred_until: date | None


@dataclass(frozen=True, slots=True)
class Slip:
    """A receipt as paper and lists show it; `undone_at` is None while it stands."""

    id: int
    number: str
    till_id: int
    shop: str
    area_id: int
    household_id: int
    household_number: str
    collector: str
    clerk: str
    via: str
    points: int
    balance_after: int
    undone_by: str | None
    undo_reason: str | None
    pin: bool
    recorded_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Refused:
    """What the counter refused: the rule, asked again for its sentence, and the household's number if it is known."""

    recorded_at: datetime
    household_number: str
    refusal: PointsError


@dataclass(frozen=True, slots=True)
class Day:
    """A till's day, newest first."""

    receipts: list[Slip]
    refusals: list[Refused]

    @property
    def standing(self) -> list[Slip]:
        """The receipts that were not undone."""
        return [receipt for receipt in self.receipts if receipt.undone_at is None]

    @property
    def points(self) -> int:
        """The points taken in, undone receipts left out."""
        return sum(receipt.points for receipt in self.standing)

    @property
    def without_pin(self) -> int:
        """How many standing receipts were made without a PIN."""
        return sum(not receipt.pin for receipt in self.standing)


_SLIP = """
    SELECT receipt.id, receipt.number, receipt.till_id, shop.name, shop.area_id, receipt.household_id, household.number,
        collector.name, clerk.name, receipt.via, receipt.points, receipt.balance_after,
        undoer.name, receipt_undo.reason, receipt.pin, receipt.recorded_at, receipt_undo.undone_at
    FROM receipt
    JOIN till ON till.id = receipt.till_id
    JOIN shop ON shop.id = till.shop_id
    JOIN household ON household.id = receipt.household_id
    JOIN person AS collector ON collector.id = receipt.collector_id
    JOIN person AS clerk ON clerk.id = receipt.clerk_id
    LEFT JOIN receipt_undo ON receipt_undo.receipt_id = receipt.id
    LEFT JOIN person AS undoer ON undoer.id = receipt_undo.undone_by_id
"""
_REFUSED = """
    SELECT refusal.recorded_at, COALESCE(household.number, ''), refusal.code, refusal.details
    FROM refusal LEFT JOIN household ON household.id = refusal.household_id
"""
_OF_DAY = "WHERE {0}.till_id = ? AND {0}.recorded_at >= ? AND {0}.recorded_at < ?"


def tills(clerk: Person) -> list[Till]:
    """List the tills at which *clerk* may serve, with their shops."""
    mine = access.covered_areas(clerk, "clerk")
    query = Till.select(Till, Shop).join(Shop).where(Shop.active, Shop.area.in_(mine))
    return list(query.order_by(Shop.code, Till.number))


def till(till_id: int) -> Till:
    """Return a till with its shop. Raises `NotFound`."""
    found = Till.select(Till, Shop).join(Shop).where(Till.id == till_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def look_up(clerk: Person, till_id: int, text: str, *, now: datetime) -> Customer:
    """Return whose card was scanned or typed. Raises what `cards.till_of` and `cards.present` refuse."""
    at = cards.till_of(clerk, till_id, now=now)
    shown = cards.present(text, till=at, clerk=clerk, now=now)
    rows = db.execute(
        "SELECT id, name, barred_until FROM person WHERE household_id = ? AND active ORDER BY id <> ?, id",
        (shown.household_id, shown.person_id),
    ).fetchall()
    say = mask if shown.via == "typed" else str
    today = local_date(now)
    members = [(id_, say(name), Person.barred_until.python_value(until)) for id_, name, until in rows]
    barred = {id_: until for id_, _name, until in members if until and until >= today}
    return Customer(
        name=say(shown.name),
        number=shown.household_number,
        balance=shown.balance,
        members=[(id_, name) for id_, name, _until in members if id_ not in barred],
        needs_pin=shown.via == "typed",
        no_pin_left=max(shown.no_pin_limit - cards.no_pin_spent(shown.household_id, now=now), 0),
        barred_until=barred.get(shown.person_id),
    )


def receipt(receipt_id: int) -> Slip:
    """Return a receipt. Raises `NotFound`."""
    row = db.execute(f"{_SLIP} WHERE receipt.id = ?", (receipt_id,)).fetchone()
    if row is None:
        raise NotFound()
    return _slip(row)


def lines(receipt_id: int) -> list[ReceiptLine]:
    """List the goods on a receipt."""
    return list(ReceiptLine.select().where(ReceiptLine.receipt == receipt_id).order_by(ReceiptLine.id))


def day(till_id: int, of: date) -> Day:
    """Read a till's receipts and refusals of a local day."""
    span = (till_id, db.microseconds(start_of(of)), db.microseconds(end_of(of)))
    receipts = db.execute(f"{_SLIP} {_OF_DAY.format('receipt')} ORDER BY receipt.sequence DESC", span).fetchall()
    refusals = db.execute(f"{_REFUSED} {_OF_DAY.format('refusal')} ORDER BY refusal.id DESC", span).fetchall()
    return Day(
        [_slip(row) for row in receipts],
        [
            Refused(db.moment(at), number, PointsError.by_code[code](**json.loads(values)))
            for at, number, code, values in refusals
        ],
    )


def _slip(row: Any) -> Slip:
    *columns, pin, recorded_at, undone_at = row
    columns += [bool(pin), db.moment(recorded_at), None if undone_at is None else db.moment(undone_at)]
    return Slip(*columns)
