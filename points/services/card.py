"""Cards and PINs: printed by one person, handed over by another, with a PIN that the villager chooses at that moment.

Nobody acts on a card or PIN of the own household or of declared kin.
"""

from __future__ import annotations

from datetime import datetime

from points import access, calendar, cards, codes, tries
from points.errors import N_, AlreadyDone, CardRevoked, NotFound, PrintedBySamePerson
from points.keys import verb
from points.models.people import Card, Person
from points.texts import required

LOST = N_("挂失")


@verb("card.print_card")
def print_card(*, key: str, actor: Person, now: datetime, person_id: int) -> int:
    """Make a card for a person of a household, and return its id; `codes.new_card(key)` tells what to print on it."""
    person = _villager(person_id)
    access.require(actor, "committee", "admin", area_id=person.area_id)
    access.require_unrelated(actor, person.household)
    number, code = codes.new_card(key)
    card = Card.create(
        person=person, number=number, secret_hash=codes.hash_code(code), printed_by=actor, printed_at=now
    )
    return int(card.id)


@verb("card.hand_over", secret=("pin",))
def hand_over(*, key: str, actor: Person, now: datetime, card_id: int, pin: str) -> int:
    """Hand a card to its person, who chooses the PIN; from now on it works.

    Raises `PrintedBySamePerson`, `WeakPin`, `CardRevoked`, or `AlreadyDone`.
    """
    card, person = _card(card_id)
    access.require(actor, "committee", "steward", area_id=person.area_id)
    access.require_unrelated(actor, person.household)
    if card.printed_by_id == actor.id:
        raise PrintedBySamePerson()
    codes.require_strong_pin(pin)
    waiting = (Card.id == card_id) & Card.handed_at.is_null() & Card.revoked_at.is_null()
    if Card.update(handed_by=actor, handed_at=now).where(waiting).execute() == 0:
        raise _why_not(card_id)
    _set_pin(person, pin)
    return card_id


@verb("card.reset_pin", secret=("pin",))
def reset_pin(*, key: str, actor: Person, now: datetime, person_id: int, pin: str) -> int:
    """Let a person who forgot the PIN choose another; waits after wrong tries end. Raises `WeakPin`."""
    person = _villager(person_id)
    access.require(actor, "committee", area_id=person.area_id)
    access.require_unrelated(actor, person.household)
    codes.require_strong_pin(pin)
    _set_pin(person, pin)
    for card in Card.select(Card.id).where(Card.person == person):
        tries.clear("till", f"card:{card.id}")
    tries.clear("till", f"person:{person_id}")
    return person_id


@verb("card.revoke")
def revoke(*, key: str, actor: Person, now: datetime, card_id: int, reason: str) -> int:
    """Stop a card for good, as when it is lost, with a *reason* that the counter will show."""
    _, person = _card(card_id)
    access.require(actor, "committee", "steward", "admin", area_id=person.area_id)
    access.require_unrelated(actor, person.household)
    return _stop(card_id, required(reason, N_("原因"), 60), actor=actor, now=now)


@verb("card.block")
def block(*, key: str, actor: Person, now: datetime, card_id: int) -> int:
    """Stop a lost card of the own household 挂失, at once and for good; another can be printed."""
    _, person = _card(card_id)
    if person.household_id is None or person.household_id != actor.household_id:
        raise NotFound()
    return _stop(card_id, LOST, actor=actor, now=now)


@verb("card.block_at_till")
def block_at_till(*, key: str, actor: Person, now: datetime, till_id: int, card_id: int) -> int:
    """Stop a lost card that was reported at the counter, of a household that its shop serves."""
    till = cards.till_of(actor, till_id, now=now)
    _, person = _card(card_id)
    if person.household_id is None or not access.covers(till.shop_area_id, person.area_id):
        raise NotFound()
    access.require_unrelated(actor, person.household_id)
    return _stop(card_id, LOST, actor=actor, now=now)


def _villager(person_id: int) -> Person:
    person = Person.get_or_none(Person.id == person_id, Person.active, Person.household.is_null(False))
    if person is None:
        raise NotFound()
    return person


def _card(card_id: int) -> tuple[Card, Person]:
    card = Card.get_or_none(Card.id == card_id)
    if card is None:
        raise NotFound()
    return card, Person.get_by_id(card.person_id)


def _stop(card_id: int, reason: str, *, actor: Person, now: datetime) -> int:
    live = (Card.id == card_id) & Card.revoked_at.is_null()
    if Card.update(revoked_by=actor, revoked_at=now, revoked_reason=reason).where(live).execute() == 0:
        raise AlreadyDone()
    return card_id


def _set_pin(person: Person, pin: str) -> None:
    Person.update(pin_hash=codes.hash_pin(person.id, pin)).where(Person.id == person.id).execute()


def _why_not(card_id: int) -> CardRevoked | AlreadyDone:
    card = Card.get_by_id(card_id)
    if card.revoked_at is None:
        return AlreadyDone()
    return CardRevoked(day=calendar.local_date(card.revoked_at).isoformat(), reason=card.revoked_reason)
