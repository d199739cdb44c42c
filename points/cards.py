"""A card at the counter: the rules that looking it up and redeeming with it share, asked in one order.

First the clerk must hold the till's shop. Then the card may be misread, unknown, not handed over, revoked, its holder
gone, of another area, or of the clerk's own household or kin; then wrong tries must have waited long enough; then the
secret of a scanned code must be right. PINs are the business of the service that redeems.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from points import access, codes, db, tries
from points.calendar import local_date, start_of
from points.errors import (
    CardNotHandedOver,
    CardRevoked,
    CardUnknown,
    HolderGone,
    NotAllowed,
    NotFound,
    OutsideShopArea,
    OwnHousehold,
)
from points.models.ledger import Account, AccountType
from points.models.people import Person


@dataclass(frozen=True, slots=True)
class AtTill:
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
    def account(self) -> Account:
        """The shop's account."""
        return Account(id=self.account_id, type=AccountType.SHOP, owner_id=self.shop_id)


@dataclass(frozen=True, slots=True)
class Shown:
    """A card that may be used at this till, and whose it is; `failures` counts wrong PINs in a row.

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
    def account(self) -> Account:
        """The household's account."""
        return Account(id=self.account_id, type=AccountType.HOUSEHOLD, owner_id=self.household_id)

    @property
    def tries_subject(self) -> str:
        """The name under which wrong PINs of this card are counted."""
        return f"card:{self.id}"


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
_CARD = f"""
    SELECT card.id, card.secret_hash, card.handed_at, card.revoked_at, card.revoked_reason,
        person.id, person.name, person.pin_hash, person.active AND household.active,
        household.id, household.number, account.id, account.balance, village_setting.no_pin_daily_limit,
        COALESCE((SELECT worth_fen FROM rule_book WHERE area_id = household.village_id AND state = 'adopted'), 100),
        EXISTS (SELECT 1 FROM area_ancestor
                WHERE area_ancestor.descendant_id = household.area_id AND area_ancestor.ancestor_id = ?),
        (SELECT COALESCE(CAST(collector.barred_until AS TEXT), '') FROM person AS collector
         WHERE collector.id = ? AND collector.household_id = household.id AND collector.active),
        household.id IN ({access.RELATED})
    FROM card
    JOIN person ON person.id = card.person_id
    JOIN household ON household.id = person.household_id
    JOIN village_setting ON village_setting.village_id = household.village_id
    JOIN account ON account.type = 'household' AND account.owner_id = household.id
    WHERE card.number = ?
"""
_NO_PIN_SPENT = """
    SELECT COALESCE(SUM(receipt.points), 0) FROM receipt
    LEFT JOIN receipt_undo ON receipt_undo.receipt_id = receipt.id
    WHERE receipt.household_id = ? AND receipt.recorded_at >= ? AND receipt.recorded_at < ?
      AND NOT receipt.pin AND receipt_undo.receipt_id IS NULL
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


def present(
    text: str, *, till: AtTill, clerk: Person, now: datetime, collector_id: int = 0, to_redeem: bool = False
) -> Shown:
    """Understand what was scanned or typed and return the card, or raise the first rule that refuses it.

    *to_redeem* holds the card until the transaction ends, so that guesses at one PIN come one after another, and asks
    that wrong tries have waited: in a later statement, which sees what the guess before it counted.
    """
    presented = codes.read(text)
    sql = _CARD + " FOR UPDATE OF card" if to_redeem and db.is_postgresql() else _CARD
    row = db.execute(sql, (till.shop_area_id, collector_id, clerk.id, clerk.id, clerk.id, presented.number)).fetchone()
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
    failures = tries.require_patience("till", f"card:{card_id}", now=now) if to_redeem else 0
    if presented.code is not None and not codes.same(secret_hash, codes.hash_code(presented.code)):
        raise CardUnknown()
    return Shown(
        id=card_id,
        via=presented.via,
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


def no_pin_spent(household_id: int, *, now: datetime) -> int:
    """Add up the points that a household spent without PIN on the local day of *now*; undone receipts do not count."""
    today = local_date(now)
    day = (db.microseconds(start_of(today)), db.microseconds(start_of(today + timedelta(days=1))))
    return int(db.execute(_NO_PIN_SPENT, (household_id, *day)).fetchone()[0])
