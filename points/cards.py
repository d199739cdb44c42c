"""A card or a phone's code at the counter: the rules that looking it up and redeeming with it share, in one order.

First the clerk must hold the till's shop. Then the card may be misread, unknown, not handed over, revoked, its holder
gone, of another area, or of the clerk's own household or kin; then wrong tries must have waited long enough; then the
secret of a scanned code must be right. A phone's code is good for the one till and clerk that read it while it was
fresh, for ten minutes, once.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from points import access, codes, db, tries
from points.calendar import end_of, local_date, start_of
from points.codes import Presented
from points.errors import (
    CardMisread,
    CardNotHandedOver,
    CardRevoked,
    CardUnknown,
    HolderGone,
    NoPinSet,
    NotAllowed,
    NotFound,
    OutsideShopArea,
    OwnHousehold,
    PhoneCodeElsewhere,
    PhoneCodeExpired,
    PhoneCodeUsed,
    PinNeeded,
    PointsError,
    WrongPin,
)
from points.models.ledger import AccountRef, AccountType
from points.models.people import Person

PHONE_KEPT = timedelta(minutes=10)
"""So long a phone's code may be redeemed with once a till has read it."""


class AtTill(NamedTuple):
    """A till at which a clerk may serve.

    *shift_id*: the clerk's open shift of today, if it sold last at this till; else 0.
    """

    id: int
    number: int
    shop_id: int
    shop_code: str
    shop_area_id: int
    takes_cash: bool
    account_id: int
    shift_id: int

    @property
    def account(self) -> AccountRef:
        """The shop's account."""
        return AccountRef(self.account_id, AccountType.SHOP, self.shop_id)


class Shown(NamedTuple):
    """A card that may be used at this till, and whose it is; `failures` counts wrong PINs in a row.

    *id* is 0 for a phone's code.
    *collector_barred_until*: the last local day, as ``2026-11-30``, of the council's bar on who collects, or nothing.
    """

    id: int
    via: str
    person_id: int
    name: str
    pin_hash: str | None
    household_id: int
    household_number: str
    account_id: int
    balance: int
    no_pin_limit: int
    worth_fen: int
    collector_listed: bool
    collector_barred_until: str
    failures: int

    @property
    def account(self) -> AccountRef:
        """The household's account."""
        return AccountRef(self.account_id, AccountType.HOUSEHOLD, self.household_id)

    @property
    def tries_subject(self) -> str:
        """The name under which wrong PINs of this card are counted."""
        return _subject(self.id, self.person_id)

    @property
    def needs_pin(self) -> bool:
        """Whether nothing goes without the PIN: the secret was not seen, or only on a photo."""
        return self.via in ("typed", "photo")


class Asked(NamedTuple):
    """A card or phone's code whose holder was asked for, and wrong tries with it: the answers are not read yet."""

    text: str
    presented: Presented
    to_redeem: bool
    holder: Any
    tries: Any | None


_TILL = """
    SELECT till.id, till.number, shop.id, shop.code, shop.area_id, shop.takes_cash, account.id,
        COALESCE((SELECT shift.id FROM shift WHERE shift.id = till.shift_id AND shift.closed_at IS NULL
            AND shift.clerk_id = ? AND shift.day = ?), 0),
        (SELECT MAX(CASE WHEN role.kind = 'clerk' THEN 2 ELSE 1 END) FROM role
         JOIN person ON person.id = role.person_id AND person.active
         JOIN area_ancestor ON area_ancestor.ancestor_id = role.area_id
         WHERE area_ancestor.descendant_id = shop.area_id AND role.person_id = ?
           AND role.confirmed_at IS NOT NULL AND role.ended_at IS NULL)
    FROM till JOIN shop ON shop.id = till.shop_id
    JOIN account ON account.type = 'shop' AND account.owner_id = shop.id
    WHERE till.id = ? AND shop.active
"""
WORTH = "COALESCE((SELECT worth_fen FROM rule_book WHERE area_id = household.village_id AND state = 'adopted'), 100)"
"""The worth of a household's point in fen."""
_HOLDER = f"""
        person.id, person.name, person.pin_hash, person.active AND household.active,
        household.id, household.number, account.id, account.balance, village_setting.no_pin_daily_limit,
        {WORTH},
        EXISTS (SELECT 1 FROM area_ancestor
                WHERE area_ancestor.descendant_id = household.area_id AND area_ancestor.ancestor_id = ?),
        (SELECT COALESCE(CAST(collector.barred_until AS TEXT), '') FROM person AS collector
         WHERE collector.id = ? AND collector.household_id = household.id AND collector.active),
        household.id IN ({access.RELATED})
"""
_OF_HOLDER = """
    JOIN household ON household.id = person.household_id
    JOIN village_setting ON village_setting.village_id = household.village_id
    JOIN account ON account.type = 'household' AND account.owner_id = household.id
"""
_CARD = f"""
    SELECT card.id, card.secret_hash, card.handed_at, card.revoked_at, card.revoked_reason, {_HOLDER}
    FROM card JOIN person ON person.id = card.person_id {_OF_HOLDER} WHERE card.number = ?
"""
_SUBJECT_OF_CARD = "(SELECT 'card:' || id FROM card WHERE number = ?)"
_PHONE = f"SELECT 0, '', 0, NULL, '', {_HOLDER} FROM person {_OF_HOLDER} WHERE person.id = ?"
_CLAIM = (
    "INSERT INTO phone_code (person_id, step, till_id, clerk_id, read_at, used) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (person_id, step) DO NOTHING"
)
_CLAIMED = "SELECT till_id, clerk_id, read_at, used FROM phone_code WHERE person_id = ? AND step = ?"
_OWNER = "SELECT household_id FROM person WHERE id = COALESCE((SELECT person_id FROM card WHERE number = ?), ?)"
_REFUSAL = "INSERT INTO refusal (till_id, clerk_id, household_id, code, details, recorded_at) VALUES (?, ?, ?, ?, ?, ?)"
_NO_PIN_SPENT = """
    SELECT COALESCE(SUM(receipt.points), 0) FROM receipt
    LEFT JOIN receipt_undo ON receipt_undo.receipt_id = receipt.id
    WHERE receipt.household_id = ? AND receipt.recorded_at >= ? AND receipt.recorded_at < ?
      AND receipt.via = 'scan' AND NOT receipt.pin AND receipt_undo.receipt_id IS NULL
"""


def till_of(clerk: Person, till_id: int, *, now: datetime) -> AtTill:
    """Return the till *till_id* if *clerk* may serve there. Raises `NotFound` or `NotAllowed`."""
    today = local_date(now)
    row = db.execute(
        _TILL, (clerk.id, today if db.is_postgresql() else today.isoformat(), clerk.id, till_id)
    ).fetchone()
    if row is None or row[8] is None:
        raise NotFound()
    if row[8] < 2:
        raise NotAllowed()
    return AtTill(*row[:8])


def ask(text: str, *, till: AtTill, clerk: Person, collector_id: int = 0, to_redeem: bool = False) -> Asked:
    """Understand what was scanned, photographed or typed, and ask whose it is, for `present`. Raises `CardMisread`.

    *to_redeem* holds the card until the transaction ends, so that guesses at one PIN come one after another, and asks
    for wrong tries: in a later statement, which sees what the guess before it counted.
    """
    presented = codes.read(text)
    by_phone = presented.person_id
    sql = _PHONE if by_phone else _CARD
    if to_redeem and db.is_postgresql() and not by_phone:
        sql += " FOR UPDATE OF card"
    about = (till.shop_area_id, collector_id or by_phone, clerk.id, clerk.id, clerk.id, by_phone or presented.number)
    holder = db.ask(sql, about)
    counted = tries.ask("till", presented.number, subject=_SUBJECT_OF_CARD) if to_redeem and not by_phone else None
    return Asked(text, presented, to_redeem, holder, counted)


def present(asked: Asked, *, till: AtTill, clerk: Person, now: datetime, photo: bool = False) -> Shown:
    """Return the card that was asked for, or raise the first rule that refuses it.

    Who redeems must have waited after wrong tries, and uses a phone's code up; only to look, that must have been read
    with `claim` before.
    """
    text, presented, to_redeem, holder, counted = asked
    by_phone = presented.person_id
    row = holder.fetchone()
    if row is None:
        raise CardUnknown()
    card_id, secret_hash, handed_at, revoked_at, revoked_reason = row[:5]
    person_id, name, pin_hash, active, household_id, household_number, account_id, balance = row[5:13]
    limit, worth_fen, served, barred_until, related = row[13:]
    if handed_at is None:
        raise CardNotHandedOver()
    if revoked_at is not None:
        raise CardRevoked(day=local_date(db.moment(revoked_at)).isoformat(), reason=revoked_reason)
    if not active:
        raise HolderGone()
    if not served:
        raise OutsideShopArea()
    if related:
        raise OwnHousehold()
    failures = 0
    if by_phone:
        if to_redeem:
            claim(text, till=till, clerk=clerk, now=now)
        _require_claim(presented, till=till, clerk=clerk, now=now, use=to_redeem)
    else:
        failures = tries.patience(counted, now=now) if counted is not None else 0
        if presented.code is not None and not codes.same(secret_hash, codes.hash_code(presented.code)):
            raise CardUnknown()
    return Shown(
        id=card_id,
        via="photo" if photo and presented.via == "scan" else presented.via,
        person_id=person_id,
        name=name,
        pin_hash=pin_hash,
        household_id=household_id,
        household_number=household_number,
        account_id=account_id,
        balance=balance,
        no_pin_limit=limit,
        worth_fen=worth_fen,
        collector_listed=barred_until is not None,
        collector_barred_until=barred_until or "",
        failures=failures,
    )


def claim(text: str, *, till: AtTill, clerk: Person, now: datetime) -> None:
    """Keep that *till* and *clerk* read a phone's code while it was fresh: from now on it is good for them alone.

    Does nothing for a card, for a stale code, and for one that was read before: `present` judges them.
    """
    db.require_transaction()
    presented = codes.read(text)
    if presented.person_id and codes.phone_is_fresh(presented.step, now):
        at = db.microseconds(now)
        db.execute(_CLAIM, (presented.person_id, presented.step, till.id, clerk.id, at, False))


def _require_claim(presented: Presented, *, till: AtTill, clerk: Person, now: datetime, use: bool) -> None:
    """Let a phone's code pass that this till and clerk read at most `PHONE_KEPT` ago; *use* it up."""
    code = (presented.person_id, presented.step)
    if use:
        sql = """
            UPDATE phone_code SET used = ? WHERE person_id = ? AND step = ? AND till_id = ? AND clerk_id = ?
                AND read_at > ? AND NOT used RETURNING step
        """
        since = db.microseconds(now - PHONE_KEPT)
        if db.execute(sql, (True, *code, till.id, clerk.id, since)).fetchone() is not None:
            return
    row = db.execute(_CLAIMED, code).fetchone()
    if row is None:
        raise PhoneCodeExpired()
    till_id, clerk_id, read_at, used = row
    if (till_id, clerk_id) != (till.id, clerk.id):
        raise PhoneCodeElsewhere()
    if used:
        raise PhoneCodeUsed()
    if now - db.moment(read_at) >= PHONE_KEPT:
        raise PhoneCodeExpired()


def check_pin(shown: Shown, pin: str, *, now: datetime) -> None:
    """Let the holder's right PIN pass. Raises `PinNeeded`, `NoPinSet` or `WrongPin`, which counts the try."""
    _check(pin, shown.person_id, shown.pin_hash, shown.tries_subject, shown.failures, now=now)


def require_pin(person: Person, pin: str, *, now: datetime) -> None:
    """Let the right PIN of *person* pass, who is here without a card; tries are counted as at the till.

    Raises `PinNeeded`, `TooSoon`, `NoPinSet` or `WrongPin`.
    """
    db.require_transaction()
    subject = _subject(0, person.id)
    # Guesses come one after another: the row is held, and only a later statement reads what was counted.
    db.execute("UPDATE person SET active = active WHERE id = ?", (person.id,))
    _check(pin, person.id, person.pin_hash, subject, tries.require_patience("till", subject, now=now), now=now)


def keep_refusal(refusal: PointsError, given: dict[str, Any]) -> None:
    """Keep what the counter refused to the owner of a card or phone, as `refused` does.

    *given* are the arguments of the verb: *till_id*, *actor*, *now*, and *card* as it was scanned or typed.
    """
    try:
        presented = codes.read(given["card"])
    except CardMisread:
        presented = Presented("", None)
    owner = db.execute(_OWNER, (presented.number, presented.person_id)).fetchone()
    household_id = owner[0] if owner else None
    refused(refusal, given["till_id"], household_id, clerk=given["actor"], now=given["now"])


def refused(refusal: PointsError, till_id: int, household_id: int | None, *, clerk: Person, now: datetime) -> None:
    """Keep what the counter refused, for the day's list; who may not serve at the till leaves no row on it."""
    if isinstance(refusal, NotFound | NotAllowed):
        return
    values = json.dumps(refusal.values, ensure_ascii=False)
    db.execute(_REFUSAL, (till_id, clerk.id, household_id, refusal.code, values, db.microseconds(now)))


def no_pin_spent(household_id: int, *, now: datetime) -> int:
    """Add up the points that a household spent without PIN on the local day of *now*; undone receipts do not count."""
    today = local_date(now)
    day = (db.microseconds(start_of(today)), db.microseconds(end_of(today)))
    return int(db.execute(_NO_PIN_SPENT, (household_id, *day)).fetchone()[0])


def _subject(card_id: int, person_id: int) -> str:
    return f"card:{card_id}" if card_id else f"person:{person_id}"


def _check(pin: str, person_id: int, pin_hash: str | None, subject: str, failures: int, *, now: datetime) -> None:
    if not pin:
        raise PinNeeded()
    if pin_hash is None:
        raise NoPinSet()
    if not codes.same(pin_hash, codes.hash_pin(person_id, pin)):
        tries.count_failure("till", subject, now=now)
        raise WrongPin()
    if failures:
        tries.clear("till", subject)
