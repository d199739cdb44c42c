"""Households and people: opening and keeping them, and giving a person a sign-in.

Nobody acts on the own household or on declared kin.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from peewee import IntegrityError

from points import access, ledger, names, passwords
from points.calendar import local_date
from points.errors import (
    N_,
    ClashingName,
    FutureDay,
    HouseholdResting,
    Missing,
    NotAllowed,
    NotFound,
    PersonErased,
)
from points.keys import verb
from points.models.areas import Area
from points.models.ledger import AccountType
from points.models.people import LEFT, Household, Person, Role
from points.models.receipt import Proxy
from points.texts import optional, required

KEEPERS = ("committee", "steward", "admin")
"""Who keeps the list of households and people of an area."""


@verb("household.open_household")
def open_household(
    *, key: str, actor: Person, now: datetime, area_id: int, number: str, address: str, people: list[str]
) -> int:
    """Open a household in a lane, grid or village, with its people's names and zero points; return its id.

    It appears on the village's next notice. Raises `ClashingName` when the village has the number already.
    """
    access.require(actor, *KEEPERS, area_id=area_id)
    village_id = access.village_of(area_id)
    number = required(number, N_("户号"), 12)
    if not people:
        raise Missing(what=N_("姓名"))
    try:
        household = Household.create(
            village=village_id,
            area=area_id,
            number=number,
            address=optional(address, N_("地址"), 60),
            opened_at=now,
            opened_by_id=actor.id,
        )
    except IntegrityError:
        raise ClashingName(name=number) from None
    ledger.open_account(AccountType.HOUSEHOLD, household.id)
    ledger.open_account(AccountType.OWED, household.id)
    for name in people:
        _add(name, None, area_id, household.id, now)
    return int(household.id)


@verb("household.edit_household")
def edit_household(*, key: str, actor: Person, now: datetime, household_id: int, area_id: int, address: str) -> int:
    """Correct a household's address, or its lane within the village; its people move with it."""
    household = access.household(household_id)
    access.require(actor, *KEEPERS, area_id=household.area_id)
    access.require(actor, *KEEPERS, area_id=area_id)
    access.require_unrelated(actor, household)
    _require_standing(household)
    if access.village_of(area_id) != household.village_id:
        raise NotFound()
    address = optional(address, N_("地址"), 60)
    Household.update(area=area_id, address=address).where(Household.id == household_id).execute()
    Person.update(area=area_id).where(Person.household == household_id).execute()
    return household_id


@verb("household.add_person")
def add_person(*, key: str, actor: Person, now: datetime, household_id: int, name: str, phone: str) -> int:
    """Add a person to a household and return the person's id."""
    household = access.household(household_id)
    access.require(actor, *KEEPERS, area_id=household.area_id)
    access.require_unrelated(actor, household)
    _require_standing(household)
    return _add(name, phone, household.area_id, household_id, now)


@verb("household.add_staff_person")
def add_staff_person(*, key: str, actor: Person, now: datetime, area_id: int, name: str, phone: str) -> int:
    """Add a person without a household, such as a township official, and return the person's id."""
    access.require(actor, "admin", area_id=area_id)
    return _add(name, phone, area_id, None, now)


@verb("household.edit_person")
def edit_person(
    *,
    key: str,
    actor: Person,
    now: datetime,
    person_id: int,
    name: str,
    phone: str,
    active: bool,
    left_why: str = "",
    left_on: date | None = None,
) -> int:
    """Correct a person's name and phone; let one rest who died, moved away or left otherwise, or come back.

    *left_why* (of `LEFT`) and the local day *left_on* say so of one who rests: cards and sign-in stop, roles and what
    others let the person collect end. Whoever holds a role is edited by those who could have given it. Raises
    `Missing`, `FutureDay`, `PersonErased`, `HouseholdResting`.
    """
    person = access.person(person_id)
    access.require(actor, *(KEEPERS if person.household_id else ("admin",)), area_id=person.area_id)
    access.require_stranger(actor, person)
    _require_not_erased(person)
    name = required(name, N_("姓名"), 40)
    phone = optional(phone, N_("电话"), 20)
    if active:
        left: dict[str, Any] = {"left_why": "", "left_on": None}
        if not person.active and person.household_id:
            _require_standing(access.household(person.household_id))
    else:
        left = _leave(person, left_why, left_on, actor=actor, now=now)
    Person.update(
        name=name,
        initials=names.initials(name),
        phone=phone or None,
        active=active,
        epoch=Person.epoch + (not active),
        **left,
    ).where(Person.id == person_id).execute()
    return person_id


@verb("household.set_phone_public")
def set_phone_public(*, key: str, actor: Person, now: datetime, public: bool) -> int:
    """Let the lane board show one's own phone, or no longer."""
    Person.update(phone_public=public).where(Person.id == actor.id).execute()
    return int(actor.id)


@verb("household.give_sign_in", secret=("password",))
def give_sign_in(*, key: str, actor: Person, now: datetime, person_id: int, username: str, password: str) -> int:
    """Give a person a username and a first password, which must be changed at the first sign-in.

    Given again it replaces a forgotten one and ends every session. Who holds a role gets it from an administrator over
    that role: otherwise two steps that need two people could be taken by one. Raises `ClashingName`, `BadUsername`.
    """
    person = access.person(person_id)
    access.require(actor, "committee", "admin", area_id=person.area_id)
    access.require_stranger(actor, person)
    _require_over_roles(actor, person)
    _require_not_erased(person)
    username = passwords.clean_username(username)
    passwords.require_strong(password, username)
    try:
        Person.update(
            username=username,
            password_hash=passwords.hash_password(password),
            must_change_password=True,
            epoch=Person.epoch + 1,
        ).where(Person.id == person_id).execute()
    except IntegrityError:
        raise ClashingName(name=username) from None
    return person_id


def _leave(person: Person, why: str, on: date | None, *, actor: Person, now: datetime) -> dict[str, Any]:
    """End what a person who leaves holds: roles, and grants to collect for others; return why and since when."""
    if why not in LEFT:
        raise Missing(what=N_("离开的原因"))
    if on is None:
        raise Missing(what=N_("离开的日子"))
    if on > local_date(now):
        raise FutureDay()
    held = list(Role.select().where(Role.person == person, Role.ended_at.is_null()))
    for area_id in sorted({role.area_id for role in held}):  # two who end each other take turns, as in `staff.end`
        Area.update(order=Area.order).where(Area.id == area_id).execute()
    _require_over_roles(actor, person)
    Role.update(ended_by=actor, ended_at=now).where(Role.person == person, Role.ended_at.is_null()).execute()
    Proxy.update(revoked_by=actor, revoked_at=now).where(Proxy.person == person, Proxy.revoked_at.is_null()).execute()
    return {"left_why": why, "left_on": on}


def _add(name: str, phone: str | None, area_id: int, household_id: int | None, now: datetime) -> int:
    name = required(name, N_("姓名"), 40)
    person = Person.create(
        household=household_id,
        area=area_id,
        name=name,
        initials=names.initials(name),
        phone=optional(phone or "", N_("电话"), 20) or None,
        added_at=now,
    )
    return int(person.id)


def _require_standing(household: Household) -> None:
    """Let a household pass that stands, and hold it so that no other takes it up meanwhile."""
    standing = (Household.id == household.id) & Household.active
    if not Household.update(active=Household.active).where(standing).execute():
        raise HouseholdResting(number=household.number)


def _require_not_erased(person: Person) -> None:
    if person.erased_at is not None:
        raise PersonErased()


def _require_over_roles(actor: Person, person: Person) -> None:
    """Raise `NotAllowed` unless *actor* administers every area in which *person* holds, or waits for, a role."""
    roles = Role.select().where(Role.person == person, Role.ended_at.is_null())
    if not all(access.holds(actor, ("admin",), role.area_id) for role in roles):
        raise NotAllowed()
