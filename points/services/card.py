"""Cards and PINs: printed by one person, handed over by another; the PIN is chosen then, or was printed inside a slip.

Nobody acts on a card or PIN of the own household or of declared kin. A person holds one card: whatever still waited is
stopped when another is printed, and what worked so far when another is handed over, so nobody is without in between.
Persons are locked in the order of their ids before their cards are looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from points import access, calendar, cards, codes, db, tries
from points.errors import (
    N_,
    AlreadyDone,
    CardRevoked,
    HasCard,
    Invalid,
    NoCardsChosen,
    NoSlip,
    NotFound,
    OwnHouseholdNamed,
    PrintedBySamePerson,
    TooManyCards,
)
from points.keys import verb
from points.models.paper import CARD_LAYOUTS, CardRun
from points.models.people import Card, Person
from points.texts import required

LOST = N_("挂失")
REPRINTED = N_("补印")
REPLACED = N_("补办")
MOST_CARDS = 1000
"""So many cards are printed, or handed over, at once."""

_PRINTED_FOR = """
    SELECT person.id, person.name, person.household_id, person.pin_hash IS NULL,
        EXISTS (SELECT 1 FROM card WHERE card.person_id = person.id AND card.revoked_at IS NULL)
    FROM {rows} JOIN person ON person.id = {0} AND person.active
    JOIN household ON household.id = person.household_id AND household.active AND household.village_id = {1}
    ORDER BY rows.key
"""
_PRINT = """
    INSERT INTO card
        (person_id, number, secret_hash, first_pin_hash, printed_by_id, printed_at, run_id, revoked_reason)
    SELECT {0}, {1:text}, {2:text}, {3:text}, {4}, {5}, {6}, '' FROM {rows} ORDER BY rows.key
"""
_HANDED_TO = """
    SELECT card.id, card.person_id, person.name, person.household_id, person.area_id, card.printed_by_id,
        card.first_pin_hash, person.pin_hash IS NOT NULL, card.handed_at IS NULL AND card.revoked_at IS NULL
    FROM {rows} JOIN card ON card.id = {0} JOIN person ON person.id = card.person_id AND person.active
    JOIN household ON household.id = person.household_id AND household.village_id = {1} ORDER BY rows.key
"""
_FIRST_PIN = "UPDATE person SET pin_hash = {1:text} FROM {rows} WHERE person.id = {0} AND person.pin_hash IS NULL"


@verb("card.print_card")
def print_card(*, key: str, actor: Person, now: datetime, person_id: int) -> int:
    """Make a card for a person of a household, and return its id; `codes.new_card(key)` tells what to print on it."""
    person = _villager(person_id)
    access.require(actor, "committee", "admin", area_id=person.area_id)
    access.require_unrelated(actor, person.household)
    _hold([person_id])
    _stop_waiting([person_id], actor=actor, now=now)
    number, code = codes.new_card(key)
    card = Card.create(
        person=person, number=number, secret_hash=codes.hash_code(code), printed_by=actor, printed_at=now
    )
    return int(card.id)


@verb("card.print_run")
def print_run(
    *,
    key: str,
    actor: Person,
    now: datetime,
    village_id: int,
    person_ids: Sequence[int],
    layout: str,
    full_names: bool,
    again: bool = False,
) -> int:
    """Make a card for each of these people of a village, in their order, and return the id of the run.

    Codes and first PINs are derived from *key* and the person (`codes.cards_of_run`, `codes.first_pin`). Who has a PIN
    keeps it: their card comes without one. Only with *again* are cards printed for who holds one or waits for one.
    Raises `NoCardsChosen`, `TooManyCards`, `OwnHouseholdNamed`, `HasCard`.
    """
    access.require(actor, "committee", "admin", area_id=village_id)
    chosen = list(dict.fromkeys(person_ids))
    if not chosen:
        raise NoCardsChosen()
    if len(chosen) > MOST_CARDS:
        raise TooManyCards(limit=MOST_CARDS)
    if layout not in CARD_LAYOUTS:
        raise Invalid(what=N_("版式"))
    _hold(chosen)
    people = db.rows(_PRINTED_FOR, [[id_, village_id] for id_ in chosen])
    if len(people) != len(chosen):
        raise NotFound()
    related = access.related_households(actor)
    for _id, name, household_id, _without_pin, held in people:
        if household_id in related:
            raise OwnHouseholdNamed(person=name)
        if held and not again:
            raise HasCard(person=name)
    run = CardRun.create(
        village=village_id, layout=layout, full_names=full_names, count=len(chosen), printed_by=actor, printed_at=now
    )
    _stop_waiting(chosen, actor=actor, now=now)
    made = _new_cards(key, chosen)
    about = (actor.id, db.microseconds(now), run.id)
    rows = []
    for id_, _name, _household_id, without_pin, _held in people:
        number, code = made[id_]
        first_pin = codes.hash_pin(id_, codes.first_pin(key, id_)) if without_pin else None
        rows.append([id_, number, codes.hash_code(code), first_pin, *about])
    db.rows(_PRINT, rows)
    return int(run.id)


@verb("card.stop_run")
def stop_run(*, key: str, actor: Person, now: datetime, run_id: int, reason: str) -> int:
    """Stop all cards of a run that still wait, as when the paper is spoiled or lost, with a *reason*.

    Those of the own household too: what never worked only has to be printed again, by somebody else.
    """
    run = CardRun.get_or_none(CardRun.id == run_id)
    if run is None:
        raise NotFound()
    access.require(actor, "committee", "admin", area_id=run.village_id)
    reason = required(reason, N_("原因"), 60)
    if _revoke(Card.run_id == run_id, Card.handed_at.is_null(), reason=reason, actor=actor, now=now) == 0:
        raise AlreadyDone()
    return run_id


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
    _hold([person.id])
    if not _hand({card_id: person.id}, actor=actor, now=now):
        raise _why_not(card_id)
    _set_pin(person, pin)
    return card_id


@verb("card.hand_over_many")
def hand_over_many(*, key: str, actor: Person, now: datetime, village_id: int, card_ids: Sequence[int]) -> int:
    """Hand these cards to their people together with the folded slips; from now on they work. Return the village's id.

    The PIN in the slip becomes that of a person who has none yet; who has one keeps it. Raises `NoCardsChosen`,
    `TooManyCards`, `OwnHouseholdNamed`, `PrintedBySamePerson`, `NoSlip`, `CardRevoked`, or `AlreadyDone`.
    """
    access.require_inside(actor, "committee", "steward", village_id=village_id)
    chosen = list(dict.fromkeys(card_ids))
    if not chosen:
        raise NoCardsChosen()
    if len(chosen) > MOST_CARDS:
        raise TooManyCards(limit=MOST_CARDS)
    _hold([card.person_id for card in Card.select(Card.person).where(Card.id.in_(db.among(chosen)))])
    found = db.rows(_HANDED_TO, [[id_, village_id] for id_ in chosen])
    reach = {area.descendant_id for area in access.covered_areas(actor, "committee", "steward")}
    if len(found) != len(chosen) or any(row[4] not in reach for row in found):
        raise NotFound()
    related = access.related_households(actor)
    for card_id, _person_id, name, household_id, _area_id, printed_by, slip, has_pin, waits in found:
        if household_id in related:
            raise OwnHouseholdNamed(person=name)
        if printed_by == actor.id:
            raise PrintedBySamePerson()
        if not waits:
            raise _why_not(card_id)
        if slip is None and not has_pin:
            raise NoSlip(person=name)
    if not _hand({row[0]: row[1] for row in found}, actor=actor, now=now):
        raise AlreadyDone()
    db.rows(_FIRST_PIN, [[row[1], row[6]] for row in found])
    return village_id


@verb("card.reset_pin", secret=("pin",))
def reset_pin(*, key: str, actor: Person, now: datetime, person_id: int, pin: str) -> int:
    """Let a person who forgot the PIN choose another; waits after wrong tries end.

    Not with who printed the card: code and PIN in one hand are the household's points. Raises `PrintedBySamePerson`,
    `WeakPin`.
    """
    person = _villager(person_id)
    access.require(actor, "committee", area_id=person.area_id)
    access.require_unrelated(actor, person.household)
    codes.require_strong_pin(pin)
    _hold([person_id])
    if Card.select().where(Card.person == person, Card.printed_by == actor, Card.revoked_at.is_null()).exists():
        raise PrintedBySamePerson()
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


def _hold(person_ids: Collection[int]) -> None:
    """Lock people, so that what is read of them and their cards afterwards stays so until the transaction ends."""
    sql = "SELECT person.id FROM {rows} JOIN person ON person.id = {0} ORDER BY person.id"
    if person_ids:
        db.rows(sql, [[id_] for id_ in sorted(person_ids)], lock=True)


def _new_cards(key: str, person_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Derive number and code for each person, once more where somebody has the number already."""
    sql = "SELECT card.number FROM {rows} JOIN card ON card.number = {0:text}"
    ways = {id_: codes.cards_of_run(key, id_) for id_ in person_ids}
    made: dict[int, tuple[str, str]] = {}
    while without := [id_ for id_ in person_ids if id_ not in made]:
        drawn = [(id_, next(ways[id_])) for id_ in without]
        taken = {number for number, _code in made.values()}
        taken |= {row[0] for row in db.rows(sql, [[card[0]] for _id, card in drawn])}
        for id_, card in drawn:
            if card[0] not in taken:
                taken.add(card[0])
                made[id_] = card
    return made


def _hand(holders: Mapping[int, int], *, actor: Person, now: datetime) -> bool:
    """Let cards (by id: whose) work from now on, in place of what their people had; tell whether all still waited."""
    these = Card.id.in_(db.among(holders))
    waiting = these & Card.handed_at.is_null() & Card.revoked_at.is_null()
    if Card.update(handed_by=actor, handed_at=now).where(waiting).execute() != len(holders):
        return False
    theirs = Card.person.in_(db.among(set(holders.values())))
    _revoke(theirs, ~these, Card.handed_at.is_null(False), reason=REPLACED, actor=actor, now=now)
    return True


def _stop_waiting(person_ids: Collection[int], *, actor: Person, now: datetime) -> None:
    theirs = Card.person.in_(db.among(person_ids))
    _revoke(theirs, Card.handed_at.is_null(), reason=REPRINTED, actor=actor, now=now)


def _stop(card_id: int, reason: str, *, actor: Person, now: datetime) -> int:
    if _revoke(Card.id == card_id, reason=reason, actor=actor, now=now) == 0:
        raise AlreadyDone()
    return card_id


def _revoke(*which: Any, reason: str, actor: Person, now: datetime) -> int:
    stopped = {"revoked_by": actor, "revoked_at": now, "revoked_reason": reason}
    return int(Card.update(**stopped).where(*which, Card.revoked_at.is_null()).execute())


def _set_pin(person: Person, pin: str) -> None:
    Person.update(pin_hash=codes.hash_pin(person.id, pin)).where(Person.id == person.id).execute()


def _why_not(card_id: int) -> CardRevoked | AlreadyDone:
    card = Card.get_by_id(card_id)
    if card.revoked_at is None:
        return AlreadyDone()
    return CardRevoked(day=calendar.local_date(card.revoked_at).isoformat(), reason=card.revoked_reason)
