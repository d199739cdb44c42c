"""Reservations 预约: goods set aside for points that are held, until they are collected, cancelled or expired.

A member reserves with the own sign-in, or at the desk with the PIN. The ticket's QR is collected without a PIN, for
only the household has it; its six spoken digits need one. What a reservation costs stays as it was when it was made.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from points import access, cards, codes, collecting, db, holding, ledger, receipts, stock, tries
from points.basket import ask, price, require_within_limits
from points.calendar import local_date
from points.cards import AtTill
from points.errors import (
    N_,
    Barred,
    CardMisread,
    CardOfOthers,
    DayRange,
    HolderGone,
    NotAllowed,
    NotFound,
    OwnHousehold,
    PointsError,
    ReservationNamesMember,
    TicketCancelled,
    TicketCollected,
    TicketElsewhere,
    TicketExpired,
    TicketMisread,
    TicketUnknown,
    TooManyReservations,
)
from points.holding import Held
from points.keys import verb
from points.ledger import Posting
from points.models.ledger import AccountType, Kind
from points.models.people import Household, Person
from points.models.reservation import Reservation
from points.receipts import Sale
from points.texts import optional

AT_DESK = ("committee", "steward")
MOST_OPEN = 5
SPOKEN_LENGTH = 6

_SHOP = "SELECT area_id, hold_days FROM shop WHERE id = ? AND active"  # held, so that it does not close meanwhile
_OPEN = "SELECT COUNT(*) FROM reservation WHERE household_id = ? AND state = 'open'"
_RESERVE = (
    "INSERT INTO reservation "
    "(shop_id, household_id, person_id, points, spoken, collect_by, made_by_id, made_at, state) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open') "
    "ON CONFLICT (shop_id, spoken) WHERE state = 'open' DO NOTHING RETURNING id"
)
_LINES = (
    "INSERT INTO reservation_line (reservation_id, goods_id, name, unit, price, quantity) "
    "SELECT {0}, {1}, {2:text}, {3:text}, {4}, {5} FROM {rows} ORDER BY rows.key"
)
_TICKET = f"""
    SELECT reservation.id, reservation.shop_id, reservation.household_id, reservation.person_id, reservation.state,
        reservation.collect_by, reservation.ended_at, shop.name, household.active, shop.area_id, household.area_id,
        {cards.WORTH}
    FROM reservation
    JOIN shop ON shop.id = reservation.shop_id
    JOIN household ON household.id = reservation.household_id
"""


@dataclass(frozen=True, slots=True)
class _Ticket:
    id: int
    shop_id: int
    household_id: int
    person_id: int
    state: str
    collect_by: Any
    ended_at: int | None
    shop: str
    household_active: bool
    shop_area_id: int
    household_area_id: int
    worth_fen: int


@verb("reservation.reserve", secret=("pin",))
def reserve(
    *,
    key: str,
    actor: Person,
    now: datetime,
    shop_id: int,
    household_id: int,
    person_id: int,
    basket: Sequence[Sequence[int]],
    collect_by: date,
    pin: str = "",
) -> int:
    """Hold the points and set aside the goods of a *basket* until the local day *collect_by*; return the reservation.

    Whoever lives in the household reserves for themselves; committee and steward for someone who types the *pin* at the
    desk. Raises what `cards.require_pin` and `basket.price` refuse, `Barred`, `DayRange`, `OutOfStock`,
    `GoodsSpoilt`, `TooManyReservations`, `LimitReached`, `InsufficientPoints`.
    """
    own = actor.household_id == household_id
    household = Household.get_or_none(Household.id == household_id)
    if household is None or (own and person_id != actor.id):
        raise NotFound()
    if not own:
        access.require(actor, *AT_DESK, area_id=household.area_id)
        access.require_unrelated(actor, household)
    shop = db.execute(_SHOP + (" FOR KEY SHARE" if db.is_postgresql() else ""), (shop_id,)).fetchone()
    if shop is None or not access.covers(shop[0], household.area_id):
        raise NotFound()
    person = Person.get_or_none(Person.id == person_id, Person.household == household, Person.active)
    if person is None or not household.active:
        raise ReservationNamesMember()
    if not own:
        cards.require_pin(person, pin, now=now)
    today = local_date(now)
    if person.barred_until is not None and person.barred_until >= today:
        raise Barred(day=person.barred_until.isoformat())
    last = today + timedelta(days=shop[1])
    if not today <= collect_by <= last:
        raise DayRange(what=N_("取货日期"), first=today.isoformat(), last=last.isoformat())
    lines = price(ask(basket, shop_id), now=now)
    stock.reserve({line.goods_id: line.quantity for line in lines}, good_on=today)
    ledger.lock_balance(ledger.account(AccountType.HOUSEHOLD, household_id))  # so that two do not count at once
    if db.execute(_OPEN, (household_id,)).fetchone()[0] >= MOST_OPEN:
        raise TooManyReservations(most=MOST_OPEN)
    require_within_limits(lines, household_id=household_id, person_id=person_id, now=now)

    points = sum(line.points for line in lines)
    row = None
    while row is None:  # until the digits name no other open one of the shop
        spoken = f"{secrets.randbelow(10**SPOKEN_LENGTH):0{SPOKEN_LENGTH}d}"
        at = db.microseconds(now)
        values = (shop_id, household_id, person_id, points, spoken, collect_by.isoformat(), actor.id, at)
        row = db.execute(_RESERVE, values).fetchone()
    held = Held(int(row[0]), household_id, points, lines)
    db.rows(_LINES, [(held.id, line.goods_id, line.name, line.unit, line.price, line.quantity) for line in lines])
    holding.hold(held, actor_id=actor.id, now=now)
    return held.id


@verb("reservation.cancel", secret=("ticket",))
def cancel(*, key: str, actor: Person, now: datetime, reservation_id: int, reason: str = "", ticket: str = "") -> int:
    """Cancel an open reservation: points and goods are free again; return its id.

    Whoever lives in the household may, a committee member, and a clerk of the shop to whom the *ticket* is shown.
    Raises `TicketCollected`, `TicketCancelled`, `TicketExpired`, `TicketMisread`.
    """
    found = _read(reservation_id)
    if found is None:
        raise NotFound()
    if found.household_id != actor.household_id:
        if not access.holds(actor, ["committee"], found.household_area_id):
            access.require(actor, "clerk", area_id=found.shop_area_id)
            if _read_code(ticket) != reservation_id:
                raise TicketMisread()
        access.require_unrelated(actor, found.household_id)
    reason = optional(reason, N_("原因"), 60)
    held = holding.end(reservation_id, "cancelled", actor_id=actor.id, now=now)
    if held is None:
        raise _why_ended(reservation_id)
    holding.give_back(held, actor_id=actor.id, now=now, reason=reason)
    return reservation_id


def _keep_refusal(refusal: PointsError, given: dict[str, Any]) -> None:
    """Keep what the counter refused to the household of a ticket, as `cards.refused` does."""
    if isinstance(refusal, NotFound | NotAllowed):
        return
    till = cards.till_of(given["actor"], given["till_id"], now=given["now"])
    found = _of_text(given["ticket"], till)
    household_id = found.household_id if found else None
    cards.refused(refusal, till.id, household_id, clerk=given["actor"], now=given["now"])


@verb("reservation.collect", secret=("ticket", "card", "pin"), on_refusal=_keep_refusal)
def collect(
    *,
    key: str,
    actor: Person,
    now: datetime,
    till_id: int,
    ticket: str,
    collector_id: int,
    proxy_id: int = 0,
    card: str = "",
    pin: str = "",
) -> int:
    """Hand out what was reserved and return the receipt's id: held points go to the shop, goods off the shelf.

    *ticket* is its scanned code, or the six spoken digits: then the *pin* is asked, of the household's *card* if one is
    shown, else of the member who collects, or of the one who reserved when a proxy does. Raises `TicketMisread`,
    `TicketUnknown`, `TicketElsewhere`, `TicketCollected`, `TicketCancelled`, `TicketExpired`, `OwnHousehold`,
    `HolderGone`, what `collecting.require_collector` and `cards.require_pin` refuse, `CardOfOthers`.
    """
    till = cards.till_of(actor, till_id, now=now)
    found = _present(ticket, till=till, clerk=actor, now=now)
    collecting.require_collector(found.household_id, collector_id=collector_id, proxy_id=proxy_id, clerk=actor, now=now)
    typed, card_id = _is_spoken(ticket), None
    if typed and card:
        asked = cards.ask(card, till=till, clerk=actor, to_redeem=True)
        shown = cards.present(asked, till=till, clerk=actor, now=now)
        if shown.household_id != found.household_id:
            raise CardOfOthers()
        cards.check_pin(shown, pin, now=now)
        card_id = shown.id or None
    elif typed:
        cards.require_pin(Person.get_by_id(collector_id or found.person_id), pin, now=now)

    held = holding.end(found.id, "collected", actor_id=actor.id, now=now)
    if held is None:
        raise _why_ended(found.id)
    taken = stock.take(held.quantities, reserved=True, good_on=local_date(now))
    released = holding.released(held, actor_id=actor.id, now=now)
    paid = Posting(
        key=f"reservation:{held.id}:redemption",
        kind=Kind.REDEMPTION,
        source=released.target,
        target=till.account,
        points=held.points,
        cause_type="till",
        cause_id=till.id,
        happened_at=now,
        actor_id=actor.id,
    )
    _, transfer_id = ledger.post_many([released, paid], now=now)
    sale = Sale(
        household_id=held.household_id,
        card_id=card_id,
        collector_id=collector_id or None,
        proxy_id=proxy_id or None,
        via="typed" if typed else "ticket",
        pin=typed,
        points=held.points,
        worth_fen=found.worth_fen,
        transfer_id=transfer_id,
        reservation_id=held.id,
    )
    return receipts.write(sale, held.lines, taken, till=till, clerk=actor, now=now)


def look_up(*, actor: Person, now: datetime, till_id: int, ticket: str) -> int:
    """Return the reservation of a ticket that may be collected at this till; a refusal and a wrong try are kept.

    Raises what `collect` refuses of the ticket itself.
    """
    with db.transaction():
        try:
            return _present(ticket, till=cards.till_of(actor, till_id, now=now), clerk=actor, now=now).id
        except (NotFound, NotAllowed):
            raise
        except PointsError as refusal:
            _keep_refusal(refusal, {"till_id": till_id, "actor": actor, "ticket": ticket, "now": now})
            kept = refusal
    raise kept


# --- within -------------------------------------------------------------------------------------------------------


def _present(ticket: str, *, till: AtTill, clerk: Person, now: datetime) -> _Ticket:
    """Return the open reservation of a ticket, its row locked, or raise the first rule that refuses it.

    Six digits are few: wrong ones are counted at the till, with growing waits.
    """
    spoken, guesses = _is_spoken(ticket), f"ticket:{till.id}"
    failures = tries.require_patience("till", guesses, now=now) if spoken else 0
    found = _of_text(ticket, till, lock=True)
    if found is None:
        if not spoken:
            raise TicketMisread()
        tries.count_failure("till", guesses, now=now)
        raise TicketUnknown()
    if failures:
        tries.clear("till", guesses)
    if found.shop_id != till.shop_id:
        raise TicketElsewhere(shop=found.shop)
    if found.state != "open" or db.day(found.collect_by) < local_date(now):
        raise _why_ended(found.id)
    if found.household_id in access.related_households(clerk):
        raise OwnHousehold()
    if not found.household_active:
        raise HolderGone()
    return found


def _of_text(ticket: str, till: AtTill, *, lock: bool = False) -> _Ticket | None:
    """Return the reservation that a code names, or six digits among the open ones of the till's shop."""
    if _is_spoken(ticket):
        return _read(till.shop_id, _plain(ticket), lock=lock)
    try:
        return _read(_read_code(ticket), lock=lock)
    except TicketMisread:
        return None


def _read(id_: int, spoken: str = "", *, lock: bool = False) -> _Ticket | None:
    """Return a reservation by its id, or the open one of the shop *id_* that is named by *spoken*."""
    where = "shop_id = ? AND spoken = ? AND state = 'open'" if spoken else "reservation.id = ?"
    sql = f"{_TICKET} WHERE {where}" + (" FOR UPDATE OF reservation" if lock and db.is_postgresql() else "")
    row = db.execute(sql, (id_, spoken) if spoken else (id_,)).fetchone()
    return _Ticket(*row) if row else None


def _read_code(ticket: str) -> int:
    try:
        return codes.read_ticket(ticket)
    except CardMisread:
        raise TicketMisread() from None


def _plain(ticket: str) -> str:
    return "".join(ticket.split())


def _is_spoken(ticket: str) -> bool:
    plain = _plain(ticket)
    return len(plain) == SPOKEN_LENGTH and plain.isascii() and plain.isdigit()


def _why_ended(reservation_id: int) -> PointsError:
    """Return the refusal that says what became of a reservation that is not to be had any more."""
    reservation = Reservation.get_by_id(reservation_id)
    day = local_date(reservation.ended_at).isoformat() if reservation.ended_at else ""
    if reservation.state == "collected":
        number = db.execute("SELECT number FROM receipt WHERE reservation_id = ?", (reservation_id,)).fetchone()[0]
        return TicketCollected(day=day, number=number)
    if reservation.state == "cancelled":
        return TicketCancelled(day=day)
    return TicketExpired(day=reservation.collect_by.isoformat())
