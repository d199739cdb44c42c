"""Proxies 代领: whom a household lets collect its goods, until a day or until it is taken back.

A member grants with the own sign-in; at the desk or at the counter only the PIN, typed there by the member or by the
card's holder, speaks for the household. Nobody who stands at desk or counter acts for the own household or kin, or
becomes the proxy.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from points import access, cards, codes, collecting
from points.calendar import local_date
from points.errors import (
    N_,
    AlreadyDone,
    CardNeeded,
    NotFound,
    ProxyIsMember,
    ProxyTwice,
    ProxyUntil,
    TooManyProxies,
)
from points.keys import verb
from points.models.people import Household, Person
from points.models.receipt import Proxy, Receipt
from points.texts import required

MOST = 5
LONGEST = timedelta(days=365)


@verb("proxy.grant")
def grant(*, key: str, actor: Person, now: datetime, name: str, until: date, person_id: int = 0) -> int:
    """Let someone called *name* collect for the own household until the end of a local day; return the grant's id.

    *person_id* is who it is, if the village knows them. Raises `Missing`, `TooLong`, `ProxyUntil`, `ProxyIsMember`,
    `ProxyTwice`, `TooManyProxies`.
    """
    if actor.household_id is None:
        raise NotFound()
    return _grant(actor.household_id, name, until, person_id, actor=actor, now=now)


@verb("proxy.grant_at_desk", secret=("pin",))
def grant_at_desk(
    *,
    key: str,
    actor: Person,
    now: datetime,
    household_id: int,
    member_id: int,
    pin: str,
    name: str,
    until: date,
    person_id: int = 0,
) -> int:
    """Do as `grant` for a household whose member *member_id* is here and typed the PIN.

    Also raises `OwnHousehold`, `ProxyServes`, and what `cards.require_pin` refuses.
    """
    household = access.household(household_id)
    access.require(actor, "committee", "steward", area_id=household.area_id)
    access.require_unrelated(actor, household)
    member = Person.get_or_none(Person.id == member_id, Person.household == household, Person.active)
    if member is None:
        raise NotFound()
    cards.require_pin(member, pin, now=now)
    collecting.require_other(actor, name, person_id)
    return _grant(household_id, name, until, person_id, actor=actor, now=now)


@verb("proxy.grant_at_till", secret=("card", "pin"), on_refusal=cards.keep_refusal)
def grant_at_till(
    *,
    key: str,
    actor: Person,
    now: datetime,
    till_id: int,
    card: str,
    pin: str,
    name: str,
    until: date,
    person_id: int = 0,
) -> int:
    """Do as `grant` for the household of *card*, whose holder is at the counter and typed the PIN.

    Also raises `ProxyServes` and what `cards.present` and `cards.check_pin` refuse.
    """
    household_id = _at_till(actor, till_id, card, pin, now=now)
    collecting.require_other(actor, name, person_id)
    return _grant(household_id, name, until, person_id, actor=actor, now=now)


@verb("proxy.revoke")
def revoke(*, key: str, actor: Person, now: datetime, proxy_id: int) -> int:
    """Take a grant back, as a member of the household or as the committee; return its id. Raises `AlreadyDone`."""
    proxy = Proxy.get_or_none(Proxy.id == proxy_id)
    if proxy is None:
        raise NotFound()
    if proxy.household_id != actor.household_id:
        household = Household.get_by_id(proxy.household_id)
        access.require(actor, "committee", area_id=household.area_id)
        access.require_unrelated(actor, household)
    return _revoke(proxy_id, proxy.household_id, actor=actor, now=now)


@verb("proxy.revoke_at_till", secret=("card", "pin"), on_refusal=cards.keep_refusal)
def revoke_at_till(*, key: str, actor: Person, now: datetime, till_id: int, card: str, pin: str, proxy_id: int) -> int:
    """Take a grant of the household of *card* back, whose holder is at the counter and typed the PIN."""
    return _revoke(proxy_id, _at_till(actor, till_id, card, pin, now=now), actor=actor, now=now)


@verb("proxy.note_seen")
def note_seen(*, key: str, actor: Person, now: datetime, receipt_id: int) -> int:
    """Keep that *actor* took notice of the household's proxy collections up to a receipt; return its id."""
    if not Receipt.select().where(Receipt.id == receipt_id, Receipt.household == actor.household_id).exists():
        raise NotFound()
    unseen = (Person.id == actor.id) & (Person.seen_receipt_id < receipt_id)
    Person.update(seen_receipt_id=receipt_id).where(unseen).execute()
    return receipt_id


def _at_till(clerk: Person, till_id: int, card: str, pin: str, *, now: datetime) -> int:
    """Return the household of the card, whose PIN is right. A phone's owner acts on the phone: raises `CardNeeded`."""
    till = cards.till_of(clerk, till_id, now=now)
    if codes.type_of(card) == codes.PHONE_TYPE:
        raise CardNeeded()
    asked = cards.ask(card, till=till, clerk=clerk, to_redeem=True)
    shown = cards.present(asked, till=till, clerk=clerk, now=now)
    cards.check_pin(shown, pin, now=now)
    return shown.household_id


def _grant(household_id: int, name: str, until: date, person_id: int, *, actor: Person, now: datetime) -> int:
    # Held, so that two who grant at once see each other's.
    Household.update(active=Household.active).where(Household.id == household_id).execute()
    household = Household.get_by_id(household_id)
    if not household.active:
        raise NotFound()
    name, today = required(name, N_("代领人姓名"), 40), local_date(now)
    if not today <= until <= today + LONGEST:
        raise ProxyUntil(first=today.isoformat(), last=(today + LONGEST).isoformat())
    if person_id:
        _require_villager(person_id, name, household)
    members = Person.select().where(Person.household == household_id, Person.active)
    if members.where(Person.id == person_id if person_id else Person.name == name).exists():
        raise ProxyIsMember(name=name)
    live = list(Proxy.select().where(Proxy.household == household_id, Proxy.revoked_at.is_null(), Proxy.until >= today))
    for proxy in live:
        if (proxy.name, proxy.person_id or 0) == (name, person_id):
            raise ProxyTwice(name=name, day=proxy.until.isoformat())
    if len(live) >= MOST:
        raise TooManyProxies(most=MOST)
    made = Proxy.create(
        household=household_id, name=name, person=person_id or None, until=until, granted_by=actor, granted_at=now
    )
    return int(made.id)


def _require_villager(person_id: int, name: str, household: Household) -> None:
    """Raise `NotFound` unless the person is of that name and of the household's village."""
    person = Person.get_or_none(Person.id == person_id, Person.name == name, Person.active)
    if person is None or person.household_id is None or access.village_of(person.area_id) != household.village_id:
        raise NotFound()


def _revoke(proxy_id: int, household_id: int, *, actor: Person, now: datetime) -> int:
    of_household = (Proxy.id == proxy_id) & (Proxy.household == household_id)
    if not Proxy.select().where(of_household).exists():
        raise NotFound()
    live = of_household & Proxy.revoked_at.is_null()
    if Proxy.update(revoked_by=actor, revoked_at=now).where(live).execute() == 0:
        raise AlreadyDone()
    return proxy_id
