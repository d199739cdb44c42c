"""Redemption 兑换: points leave the household, goods the shelf, and a numbered receipt says so; all of it or nothing.

This is the program's hottest path: fixed SQL, about sixteen statements, however many goods there are. Locks are taken
in one order everywhere: the card, the stock of each goods by id, the household's account, the till. The till comes last
because it is the one row that every customer in a queue touches; its number is allotted in the same transaction, so
receipts have no gaps. The till also names the shift that sells, so a shift that is signed off takes no receipt more.

In the ledger a redemption's cause is the till where it happened; which receipt it is, `receipt.transfer_id` says, once
and for all: neither of the two rows is ever edited, so only the later one can name the other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from points import access, cards, codes, db, ledger, receipts, stock, tries
from points.calendar import local_date
from points.cards import Shown
from points.errors import (
    AlreadyReversed,
    Barred,
    BasketTooLarge,
    CardMisread,
    CollectorUnlisted,
    EmptyBasket,
    GoodsHidden,
    Missing,
    NoPinLimit,
    NoPinSet,
    NotAllowed,
    NotFound,
    PinNeeded,
    PointsError,
    PriceChanged,
    UndoTooLate,
    WrongPin,
)
from points.keys import verb
from points.ledger import Posting
from points.models.ledger import Kind
from points.models.people import Person
from points.receipts import Line, Sale

MOST_KINDS = 50
MOST_OF_A_KIND = 999

_GOODS = (
    "SELECT id, name, unit, price, hidden FROM goods JOIN stock ON stock.goods_id = goods.id "
    "WHERE shop_id = ? AND id IN ({}) ORDER BY id"
)
_OF_RECEIPT = (
    "SELECT shop.area_id, receipt.household_id, receipt.transfer_id, receipt.recorded_at FROM receipt "
    "JOIN till ON till.id = receipt.till_id JOIN shop ON shop.id = till.shop_id WHERE receipt.id = ?"
)
_UNDO = (
    "INSERT INTO receipt_undo (receipt_id, reason, undone_by_id, undone_at) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (receipt_id) DO NOTHING RETURNING receipt_id"
)
_REFUSAL = (
    "INSERT INTO refusal (till_id, clerk_id, household_id, code, details, recorded_at) VALUES (?, ?, "
    "(SELECT person.household_id FROM card JOIN person ON person.id = card.person_id WHERE card.number = ?), ?, ?, ?)"
)


def _keep_refusal(refusal: PointsError, given: dict[str, Any]) -> None:
    """Keep what the counter refused, for the day's list; who may not serve at the till leaves no row on it."""
    if isinstance(refusal, NotFound | NotAllowed):
        return
    try:
        number = codes.read(given["card"]).number
    except CardMisread:
        number = ""
    values = json.dumps(refusal.values, ensure_ascii=False)
    at = db.microseconds(given["now"])
    db.execute(_REFUSAL, (given["till_id"], given["actor"].id, number, refusal.code, values, at))


@verb("redemption.redeem", secret=("card", "pin"), on_refusal=_keep_refusal)
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
) -> int:
    """Sell the *basket* of (goods id, quantity, price shown) to the household of *card*; return the receipt's id.

    *card* is the scanned code (34 digits) or the typed number (12), *collector_id* the member who takes the goods. A
    typed number always needs the PIN. Raises what `cards.present` refuses, then `PinNeeded`, `NoPinSet`, `WrongPin`,
    `CollectorUnlisted`, `Barred`, `EmptyBasket`, `BasketTooLarge`, `GoodsHidden`, `PriceChanged`, `OutOfStock`,
    `InsufficientPoints`, `NoPinLimit`.
    """
    till = cards.till_of(actor, till_id, now=now)
    shown = cards.present(card, till=till, clerk=actor, now=now, collector_id=collector_id, to_redeem=True)
    _check_pin(shown, pin, now=now)
    if not shown.collector_listed:
        raise CollectorUnlisted()
    if shown.collector_barred_until >= local_date(now).isoformat():
        raise Barred(day=shown.collector_barred_until)
    lines = _price(basket, till.shop_id)
    points = sum(line.points for line in lines)

    taken = stock.take({line.goods_id: line.quantity for line in lines})
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
    if not pin:
        _require_no_pin_room(shown, points, now=now)
    sale = Sale(
        household_id=shown.household_id,
        card_id=shown.id,
        collector_id=collector_id,
        proxy_id=None,
        via=shown.via,
        pin=bool(pin),
        points=points,
        worth_fen=shown.worth_fen,
        transfer_id=transfer_id,
    )
    return receipts.write(sale, lines, taken, till=till, clerk=actor, now=now)


@verb("redemption.undo")
def undo(*, key: str, actor: Person, now: datetime, receipt_id: int, reason: str) -> int:
    """Undo a receipt, once: points go back to the household and goods to the shelf; return the receipt's id.

    A clerk of the shop may on the same local day, a committee member on any. Raises `UndoTooLate`, `OwnHousehold`,
    `AlreadyReversed`, `Missing` without a reason.
    """
    row = db.execute(_OF_RECEIPT, (receipt_id,)).fetchone()
    if row is None:
        raise NotFound()
    area_id, household_id, transfer_id, recorded_at = row
    access.require(actor, "clerk", "committee", area_id=area_id)
    access.require_unrelated(actor, household_id)
    if not reason.strip():
        raise Missing(what="撤销原因")
    same_day = local_date(db.moment(recorded_at)) == local_date(now)
    if not same_day and not access.holds(actor, ["committee"], area_id):
        raise UndoTooLate()
    if db.execute(_UNDO, (receipt_id, reason.strip(), actor.id, db.microseconds(now))).fetchone() is None:
        raise AlreadyReversed()
    given_back = stock.give_back(stock.moved_by("receipt", receipt_id, "redeem"))
    stock.remember(given_back, kind="undo", cause_type="receipt", cause_id=receipt_id, actor_id=actor.id, now=now)
    ledger.reverse(transfer_id, key=f"undo:{key}", actor_id=actor.id, reason=reason.strip(), now=now)
    return receipt_id


def note_refusal(refusal: PointsError, *, till_id: int, actor: Person, card: str, now: datetime) -> None:
    """Keep that a card was refused when it was looked up, before there was a basket; *actor* serves at the till."""
    with db.transaction():
        _keep_refusal(refusal, {"till_id": till_id, "actor": actor, "card": card, "now": now})


def _check_pin(shown: Shown, pin: str, *, now: datetime) -> None:
    """Let a right PIN pass, or none at all with a scanned card. Raises `PinNeeded`, `NoPinSet` or `WrongPin`."""
    if not pin:
        if shown.via == "typed":
            raise PinNeeded()
        return
    if shown.pin_hash is None:
        raise NoPinSet()
    if not codes.same(shown.pin_hash, codes.hash_pin(shown.person_id, pin)):
        tries.count_failure("till", shown.tries_subject, now=now)
        raise WrongPin()
    if shown.failures:
        tries.clear("till", shown.tries_subject)


def _price(basket: Sequence[Sequence[int]], shop_id: int) -> list[Line]:
    """Merge the basket by goods and price it, in the order of goods ids; the price shown must be today's."""
    quantities: dict[int, int] = {}
    prices: dict[int, set[int]] = {}
    for goods_id, quantity, price in basket:
        quantities[goods_id] = quantities.get(goods_id, 0) + quantity
        prices.setdefault(goods_id, set()).add(price)
    if not quantities:
        raise EmptyBasket()
    if len(quantities) > MOST_KINDS or not all(0 < count <= MOST_OF_A_KIND for count in quantities.values()):
        raise BasketTooLarge(kinds=MOST_KINDS, pieces=MOST_OF_A_KIND)
    marks = ", ".join("?" * len(quantities))
    sql = _GOODS + (" FOR UPDATE OF stock" if db.is_postgresql() else "")  # in one order for all
    rows = db.execute(sql.format(marks), (shop_id, *quantities)).fetchall()
    if len(rows) != len(quantities):
        raise NotFound()
    for goods_id, name, _unit, price, hidden in rows:
        if hidden:
            raise GoodsHidden(goods=name)
        if prices[goods_id] != {price}:
            raise PriceChanged(goods=name, price=price)
    return [Line(id_, name, unit, price, quantities[id_]) for id_, name, unit, price, _hidden in rows]


def _require_no_pin_room(shown: Shown, points: int, *, now: datetime) -> None:
    """Raise `NoPinLimit` when *points* more without PIN exceed the household's day.

    Asked after the household's account was changed: that row is locked, so another card of the household cannot be
    adding to the same day meanwhile.
    """
    left = shown.no_pin_limit - cards.no_pin_spent(shown.household_id, now=now)
    if points > left:
        raise NoPinLimit(limit=shown.no_pin_limit, left=max(left, 0))
