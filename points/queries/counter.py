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
    """The household behind a card or phone; `no_pin_left` is for today.

    `members` are (person id, name), the holder first; `proxies` are (proxy id, name, last day). Whom the council keeps
    from collecting is not among them; *barred_until* is the holder's last day of that. *cash_fen* is what a missing
    point costs in cash; 0: this shop takes none.

    Names are whole after a good scan and masked when only a number was typed: whoever knows a number learns no name.
    """

    name: str
    number: str
    balance: int
    members: list[tuple[int, str]]
    proxies: list[tuple[int, str, date]]
    by_phone: bool
    needs_pin: bool
    no_pin_left: int
    cash_fen: int
    barred_until: date | None


@dataclass(frozen=True, slots=True)
class Slip:
    """A receipt as paper and lists show it; `undone_at` is None while it stands.

    *collector* is a member of the household, or a proxy; *prints* is how often it was put on paper.
    """

    id: int
    number: str
    sequence: int
    till_id: int
    shop: str
    area_id: int
    household_id: int
    household_number: str
    collector: str
    clerk: str
    via: str
    points: int
    cash_points: int
    cash_fen: int
    balance_after: int
    reservation_id: int | None
    prints: int
    undone_by: str | None
    undo_reason: str | None
    by_proxy: bool
    pin: bool
    recorded_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Refused:
    """What the counter refused to whom: the rule, asked again for its sentence, and the household if it is known."""

    recorded_at: datetime
    household_number: str
    clerk: str
    refusal: PointsError


@dataclass(frozen=True, slots=True)
class Day:
    """A till's day: its sums, undone receipts left out, and the newest of its receipts and refusals.

    *older*: the sequence before which further receipts are found.
    """

    standing: int
    points: int
    cash_fen: int
    without_pin: int
    undone: int
    refused: int
    receipts: list[Slip]
    refusals: list[Refused]
    older: int | None


MOST_SEQUENCE = 2**31 - 1
DAY_LIST = 50
"""So many receipts, and so many refusals, a page of the day's list shows."""

_SLIP = """
    SELECT receipt.id, receipt.number, receipt.sequence, receipt.till_id, shop.name, shop.area_id,
        receipt.household_id, household.number, COALESCE(collector.name, proxy.name), clerk.name, receipt.via,
        receipt.points, receipt.cash_points, receipt.cash_fen, receipt.balance_after, receipt.reservation_id,
        (SELECT COUNT(*) FROM receipt_print WHERE receipt_print.receipt_id = receipt.id), undoer.name,
        receipt_undo.reason, receipt.proxy_id IS NOT NULL, receipt.pin, receipt.recorded_at, receipt_undo.undone_at
    FROM receipt
    JOIN till ON till.id = receipt.till_id
    JOIN shop ON shop.id = till.shop_id
    JOIN household ON household.id = receipt.household_id
    LEFT JOIN person AS collector ON collector.id = receipt.collector_id
    LEFT JOIN proxy ON proxy.id = receipt.proxy_id
    JOIN person AS clerk ON clerk.id = receipt.clerk_id
    LEFT JOIN receipt_undo ON receipt_undo.receipt_id = receipt.id
    LEFT JOIN person AS undoer ON undoer.id = receipt_undo.undone_by_id
"""
_SLIPS = _SLIP.replace(
    "FROM receipt\n",
    f"""FROM (
        SELECT * FROM receipt WHERE till_id = ? AND sequence >= ? AND sequence < ?
        ORDER BY sequence DESC LIMIT {DAY_LIST + 1}
    ) AS receipt\n""",
)
"""Apart, or PostgreSQL plans anew for each till how to join what lies around its receipts."""
_FROM = "SELECT MIN(first_sequence) FROM shift WHERE till_id = ? AND day = ?"
_UNTIL = "SELECT first_sequence FROM shift WHERE till_id = ? AND day > ? ORDER BY day, first_sequence LIMIT 1"
_SUMS = """
    SELECT COUNT(receipt.id) - COUNT(receipt_undo.receipt_id),
        COALESCE(SUM(CASE WHEN receipt_undo.receipt_id IS NULL THEN receipt.points END), 0),
        COALESCE(SUM(CASE WHEN receipt_undo.receipt_id IS NULL THEN receipt.cash_fen END), 0),
        COALESCE(SUM(CASE WHEN receipt_undo.receipt_id IS NULL AND NOT receipt.pin THEN 1 END), 0),
        COUNT(receipt_undo.receipt_id)
    FROM receipt LEFT JOIN receipt_undo ON receipt_undo.receipt_id = receipt.id
    WHERE receipt.till_id = ? AND receipt.sequence >= ? AND receipt.sequence < ?
"""
_OF_DAY = "FROM refusal WHERE refusal.till_id = ? AND refusal.recorded_at >= ? AND refusal.recorded_at < ?"
_REFUSED = f"""
    SELECT refused.recorded_at, COALESCE(household.number, ''), person.name, refused.code, refused.details
    FROM (SELECT * {_OF_DAY} ORDER BY refusal.recorded_at DESC, refusal.id DESC LIMIT {DAY_LIST}) AS refused
    JOIN person ON person.id = refused.clerk_id
    LEFT JOIN household ON household.id = refused.household_id ORDER BY refused.recorded_at DESC, refused.id DESC
"""


def tills(clerk: Person) -> list[Till]:
    """List the tills at which *clerk* may serve, with their shops."""
    mine = access.covered_areas(clerk, "clerk")
    query = Till.select(Till, Shop).join(Shop).where(Shop.active, Shop.area.in_(mine))
    return list(query.order_by(Shop.contracted, Shop.code, Till.number))


def till(till_id: int) -> Till:
    """Return a till with its shop. Raises `NotFound`."""
    found = Till.select(Till, Shop).join(Shop).where(Till.id == till_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def look_up(clerk: Person, till_id: int, text: str, *, now: datetime, photo: bool = False) -> Customer:
    """Return whose card was scanned, photographed or typed, or whose phone's code was claimed before.

    Raises what `cards.till_of` and `cards.present` refuse.
    """
    at = cards.till_of(clerk, till_id, now=now)
    shown = cards.present(cards.ask(text, till=at, clerk=clerk), till=at, clerk=clerk, now=now, photo=photo)
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
        proxies=[(id_, say(name), until) for id_, name, until in proxies(shown.household_id, today)],
        by_phone=shown.via == "phone",
        needs_pin=shown.needs_pin,
        no_pin_left=max(shown.no_pin_limit - cards.no_pin_spent(shown.household_id, now=now), 0),
        cash_fen=shown.worth_fen if at.takes_cash else 0,
        barred_until=barred.get(shown.person_id),
    )


def proxies(household_id: int, today: date) -> list[tuple[int, str, date]]:
    """List the proxies whose grant stands, but for those whom the council keeps from collecting."""
    sql = """
        SELECT proxy.id, proxy.name, proxy.until FROM proxy LEFT JOIN person ON person.id = proxy.person_id
        WHERE proxy.household_id = ? AND proxy.revoked_at IS NULL AND proxy.until >= ?
          AND (person.barred_until IS NULL OR person.barred_until < ?) ORDER BY proxy.id
    """
    day = today if db.is_postgresql() else today.isoformat()
    return [(id_, name, db.day(until)) for id_, name, until in db.execute(sql, (household_id, day, day)).fetchall()]


def receipt(receipt_id: int) -> Slip:
    """Return a receipt. Raises `NotFound`."""
    row = db.execute(f"{_SLIP} WHERE receipt.id = ?", (receipt_id,)).fetchone()
    if row is None:
        raise NotFound()
    return _slip(row)


def lines(receipt_id: int) -> list[ReceiptLine]:
    """List the goods on a receipt."""
    return list(ReceiptLine.select().where(ReceiptLine.receipt == receipt_id).order_by(ReceiptLine.id))


def day(till_id: int, of: date, *, before: int | None = None) -> Day:
    """Read a till's local day, its receipts from the newest, or from those *before* a sequence.

    Where the day's receipts lie, its shifts say, and the first shift after it.
    """
    at = (till_id, of if db.is_postgresql() else of.isoformat())
    first = db.execute(_FROM, at).fetchone()[0]
    after = db.execute(_UNTIL, at).fetchone()
    lot = (till_id, MOST_SEQUENCE if first is None else first, MOST_SEQUENCE if after is None else after[0])
    span = (till_id, db.microseconds(start_of(of)), db.microseconds(end_of(of)))
    page = (*lot[:2], min(lot[2], before or MOST_SEQUENCE))
    slips = db.execute(f"{_SLIPS} ORDER BY receipt.sequence DESC", page).fetchall()
    receipts = [_slip(row) for row in slips[:DAY_LIST]]
    refusals = [
        Refused(db.moment(at), number, clerk, PointsError.by_code[code](**json.loads(values)))
        for at, number, clerk, code, values in db.execute(_REFUSED, span).fetchall()
    ]
    standing, points, cash_fen, without_pin, undone = (int(n) for n in db.execute(_SUMS, lot).fetchone())
    return Day(
        standing=standing,
        points=points,
        cash_fen=cash_fen,
        without_pin=without_pin,
        undone=undone,
        refused=db.execute(f"SELECT COUNT(*) {_OF_DAY}", span).fetchone()[0],
        receipts=receipts,
        refusals=refusals,
        older=receipts[-1].sequence if len(slips) > DAY_LIST else None,
    )


def _slip(row: Any) -> Slip:
    *columns, by_proxy, pin, recorded_at, undone_at = row
    columns += [bool(by_proxy), bool(pin), db.moment(recorded_at), None if undone_at is None else db.moment(undone_at)]
    return Slip(*columns)
