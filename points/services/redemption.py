"""Redemption 兑换: points leave the household, goods the shelf, and a numbered receipt says so; all of it or nothing.

This is the program's hottest path: fixed SQL, about sixteen statements, however many goods there are; only who uses a
phone's code, a proxy, cash or goods with a limit costs one or two more. Locks are taken in one order everywhere: the
card, the stock of each goods by id, the household's account, the till. The till comes last because it is the one row
that every customer in a queue touches; its number is allotted in the same transaction, so receipts have no gaps. The
till also names the shift that sells, so a shift that is signed off takes no receipt more.

In the ledger a redemption's cause is the till where it happened; which receipt it is, `receipt.transfer_id` says, once
and for all: neither of the two rows is ever edited, so only the later one can name the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from points import access, cards, codes, collecting, db, ledger, receipts, shifts, stock
from points.basket import ask, price, require_within_limits
from points.calendar import local_date
from points.cards import AtTill, Shown
from points.errors import (
    N_,
    AlreadyReversed,
    Barred,
    CashChanged,
    CollectorUnlisted,
    Invalid,
    NoPinLimit,
    NoPointsForCash,
    NotFound,
    OtherReceipt,
    PointsError,
    ReceiptCodeNeeded,
    UndoSignedOff,
    UndoTooLate,
)
from points.keys import verb
from points.ledger import Posting
from points.models.ledger import Kind
from points.models.people import Person
from points.models.receipt import PAPERS, ReceiptUndo
from points.models.shop import Shift
from points.receipts import Sale
from points.texts import required

READERS = ("clerk", "committee", "supervisor", "admin")
"""Who sees the receipts of a shop, besides the household a receipt is about."""

_OF_RECEIPT = """
    SELECT shop.area_id, receipt.till_id, receipt.shift_id, receipt.household_id, receipt.transfer_id,
        receipt.recorded_at, receipt_undo.receipt_id
    FROM receipt JOIN till ON till.id = receipt.till_id JOIN shop ON shop.id = till.shop_id
    LEFT JOIN receipt_undo ON receipt_undo.receipt_id = receipt.id WHERE receipt.id = ?
"""
_PRINT = """
    INSERT INTO receipt_print (receipt_id, number, paper, printed_by_id, printed_at)
    SELECT CAST(? AS BIGINT), COALESCE(MAX(number), 0) + 1, CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT)
    FROM receipt_print WHERE receipt_id = ?
    ON CONFLICT (receipt_id, number) DO NOTHING RETURNING id
"""


@verb("redemption.redeem", secret=("card", "pin"), on_refusal=cards.keep_refusal)
def redeem(
    *,
    key: str,
    actor: Person,
    now: datetime,
    till_id: int,
    card: str,
    collector_id: int,
    pin: str,
    basket: Sequence[Sequence[int]],
    proxy_id: int = 0,
    photo: bool = False,
    cash_fen: int = 0,
) -> int:
    """Sell the *basket* of (goods id, quantity, price shown) to the household of *card*; return the receipt's id.

    *card* is the scanned code (34 digits, of a card or a phone) or the typed number (12). The member *collector_id* or
    the proxy *proxy_id* takes the goods, the other is 0; with a phone's code both may be, for its owner. A typed number
    or a *photo* always needs the PIN, a phone's code none. *cash_fen* is the cash that the customer was shown for
    points that are missing, where the shop takes cash.

    Raises what `cards.present` and `cards.check_pin` refuse, `CollectorUnlisted`, `Barred` or what
    `collecting.require_proxy` refuses, what `basket.price` refuses, `OutOfStock`, `GoodsSpoilt`, `InsufficientPoints`,
    `NoPointsForCash`, `CashChanged`, `NoPinLimit`, `LimitReached`, `ShiftClosed`.
    """
    till = cards.till_of(actor, till_id, now=now)
    asked = cards.ask(card, till=till, clerk=actor, collector_id=collector_id, to_redeem=True)
    wanted = ask(basket, till.shop_id)
    shown = cards.present(asked, till=till, clerk=actor, now=now, photo=photo)
    by_phone = shown.via == "phone"
    if not by_phone and (pin or shown.needs_pin):
        cards.check_pin(shown, pin, now=now)
    if by_phone and not proxy_id:
        collector_id = collector_id or shown.person_id
    _require_collector(shown, collector_id, proxy_id, clerk=actor, now=now)
    lines = price(wanted, now=now)

    taken = stock.take({line.goods_id: line.quantity for line in lines}, good_on=local_date(now))
    cost = sum(line.points for line in lines)
    points = _payable(shown, till, cost, cash_fen)
    transfer_id = ledger.post(
        Posting(
            key=f"redeem:{key}",
            kind=Kind.REDEMPTION,
            source=shown.account,
            target=till.account,
            points=points,
            cause_type="till",
            cause_id=till.id,
            happened_at=now,
            actor_id=actor.id,
        ),
        now=now,
    )
    if not pin and not by_phone:
        _require_no_pin_room(shown, points, now=now)
    require_within_limits(lines, household_id=shown.household_id, person_id=collector_id, proxy_id=proxy_id, now=now)
    sale = Sale(
        household_id=shown.household_id,
        card_id=shown.id or None,
        collector_id=collector_id or None,
        proxy_id=proxy_id or None,
        via=shown.via,
        pin=bool(pin) and not by_phone,
        points=points,
        worth_fen=shown.worth_fen,
        transfer_id=transfer_id,
        cash_points=cost - points,
        cash_fen=cash_fen,
    )
    return receipts.write(sale, lines, taken, till=till, clerk=actor, now=now)


def _keep_refusal(refusal: PointsError, given: dict[str, Any]) -> None:
    """Keep that an undo was refused, on the list of the till that sold."""
    row = db.execute(_OF_RECEIPT, (given["receipt_id"],)).fetchone()
    if row is not None:
        cards.refused(refusal, row[1], row[3], clerk=given["actor"], now=given["now"])


@verb("redemption.undo", secret=("code",), on_refusal=_keep_refusal)
def undo(*, key: str, actor: Person, now: datetime, receipt_id: int, reason: str, code: str = "") -> int:
    """Undo a receipt, once: points go back to the household, goods to the shelf, cash out of the till; return its id.

    A clerk of the shop may on the same local day while the receipt's shift is not signed off, with the receipt's *code*
    scanned; the cash leaves the clerk's own shift. A committee member may on any day. Raises `Missing` without a
    reason, `OwnHousehold`, `AlreadyReversed`, `UndoTooLate`, `ReceiptCodeNeeded`, `CardMisread`, `OtherReceipt`,
    `ShiftClosed`, `UndoSignedOff`.
    """
    row = db.execute(_OF_RECEIPT, (receipt_id,)).fetchone()
    if row is None:
        raise NotFound()
    area_id, till_id, sold_in, household_id, transfer_id, recorded_at, undone = row
    access.require(actor, "clerk", "committee", area_id=area_id)
    access.require_unrelated(actor, household_id)
    reason = required(reason, N_("撤销原因"), 120)
    if undone is not None:
        raise AlreadyReversed()
    by_clerk = not access.holds(actor, ["committee"], area_id)
    if by_clerk:
        if local_date(db.moment(recorded_at)) != local_date(now):
            raise UndoTooLate()
        if not code:
            raise ReceiptCodeNeeded()
        if codes.read_receipt(code) != receipt_id:
            raise OtherReceipt()
    taken = stock.moved_by("receipt", receipt_id, "redeem")
    stock.hold({one.goods_id for one in taken})
    given_back = stock.give_back(taken)
    stock.remember(given_back, kind="undo", cause_type="receipt", cause_id=receipt_id, actor_id=actor.id, now=now)
    ledger.reverse(transfer_id, key=f"undo:{key}", actor_id=actor.id, reason=reason, now=now)
    shift_id = shifts.serving(till_id, actor, now=now) if by_clerk else None
    if by_clerk and Shift.get_by_id(sold_in).closed_at is not None:  # asked while the till is held
        raise UndoSignedOff()
    ReceiptUndo.insert(receipt=receipt_id, reason=reason, undone_by=actor, undone_at=now, shift=shift_id).execute()
    return receipt_id


@verb("redemption.print_receipt")
def print_receipt(*, key: str, actor: Person, now: datetime, receipt_id: int, paper: str) -> int:
    """Keep that a receipt is put on *paper* (``58`` or ``80`` mm wide, ``a5``); return the print's id.

    Prints are numbered from 1; every one but the first is a copy. Who may see the receipt may print it.
    """
    row = db.execute(_OF_RECEIPT, (receipt_id,)).fetchone()
    if row is None:
        raise NotFound()
    if row[3] != actor.household_id:
        access.require(actor, *READERS, area_id=row[0])
    if paper not in PAPERS:
        raise Invalid(what=N_("没有这种纸"))
    made = None
    while made is None:  # of two at once the second asks again, and finds the first
        made = db.execute(_PRINT, (receipt_id, paper, actor.id, db.microseconds(now), receipt_id)).fetchone()
    return int(made[0])


def claim_phone(*, till_id: int, actor: Person, card: str, now: datetime) -> None:
    """Let the till read a phone's code, which from then on is good for this till and clerk alone; cards pass by.

    Not a keyed write: reading the same code again at the same till changes nothing. Raises `NotFound`, `NotAllowed`,
    `CardMisread`; whether the code may be used, looking it up says.
    """
    if codes.type_of(card) != codes.PHONE_TYPE:
        return
    with db.transaction():
        cards.claim(card, till=cards.till_of(actor, till_id, now=now), clerk=actor, now=now)


def note_refusal(refusal: PointsError, *, till_id: int, actor: Person, card: str, now: datetime) -> None:
    """Keep that a card was refused when it was looked up, before there was a basket; *actor* serves at the till."""
    with db.transaction():
        cards.keep_refusal(refusal, {"till_id": till_id, "actor": actor, "card": card, "now": now})


def _require_collector(shown: Shown, collector_id: int, proxy_id: int, *, clerk: Person, now: datetime) -> None:
    """Let a listed member take the goods, whom `cards.present` looked up already, or a proxy: one of the two."""
    if proxy_id and not collector_id:
        collecting.require_proxy(shown.household_id, proxy_id, clerk=clerk, now=now)
        return
    if proxy_id or not shown.collector_listed:
        raise CollectorUnlisted()
    if shown.collector_barred_until >= local_date(now).isoformat():
        raise Barred(day=shown.collector_barred_until)


def _payable(shown: Shown, till: AtTill, cost: int, cash_fen: int) -> int:
    """Return the points that the household pays of what the basket costs; the rest is paid in *cash_fen*.

    Raises `NoPointsForCash`, or `CashChanged` when the cash shown to the customer is not what is due.
    """
    points = cost
    if till.takes_cash and (cash_fen or shown.balance < cost):
        points = min(ledger.lock_balance(shown.account), cost)
        if points == 0:
            raise NoPointsForCash()
    due = (cost - points) * shown.worth_fen
    if due != cash_fen:
        raise CashChanged(fen=due, yuan=f"{due / 100:.2f}")
    return points


def _require_no_pin_room(shown: Shown, points: int, *, now: datetime) -> None:
    """Raise `NoPinLimit` when *points* more without PIN exceed the household's day.

    Asked after the household's account was changed: that row is locked, so another card of the household cannot be
    adding to the same day meanwhile.
    """
    left = shown.no_pin_limit - cards.no_pin_spent(shown.household_id, now=now)
    if points > left:
        raise NoPinLimit(limit=shown.no_pin_limit, left=max(left, 0))
