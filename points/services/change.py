"""Changes of households 户的变动: split, merge, people who move, a household that moves; each takes two people.

One who keeps the household proposes; another who keeps the place where people go confirms, unrelated to both sides, and
then all of it happens in one transaction: people, points, what is owed, the end of a household that rests from now on.
Locks are taken in one order: people, households, accounts, each by id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from peewee import IntegrityError

from points import access, db, following, ledger, recording
from points.calendar import local_date
from points.errors import (
    N_,
    AlreadyDone,
    ChangeWaits,
    ClashingName,
    EverybodySplits,
    FutureDay,
    HouseholdResting,
    NobodyMoves,
    NotFound,
    NotOfHousehold,
    PointsBeyond,
    PointsShrunk,
    ProposerRelated,
    SameHousehold,
    SamePerson,
    SamePlace,
    StillReserved,
)
from points.keys import verb
from points.models.areas import Area
from points.models.changes import CHANGE_KINDS, ChangePerson, HouseholdChange
from points.models.ledger import AccountType
from points.models.people import Household, Kin, Person
from points.models.receipt import Proxy
from points.models.reservation import Reservation
from points.models.shop import Shop
from points.texts import optional, required

PROPOSERS = ("committee", "admin")
CONFIRMERS = ("committee", "supervisor", "admin")
ONCE_TOGETHER = N_("原同户")
"""The kinship of those whom a split or a move parted: they keep away from each other's lines as before."""


@verb("change.propose")
def propose(
    *,
    key: str,
    actor: Person,
    now: datetime,
    household_id: int,
    kind: str,
    reason: str,
    day: date,
    people: Sequence[int] = (),
    points: int = 0,
    target_id: int | None = None,
    area_id: int | None = None,
    number: str = "",
    address: str = "",
) -> int:
    """Propose a change of a household, which happened on the local *day*; return its id. It waits for `confirm`.

    ``split``: *people* found a household in *area_id* under *number* and take *points*. ``merge``: all joins
    *target_id*. ``move_person``: *people* join *target_id* with *points*. ``move_household``: all goes to *area_id*; in
    another village under *number*, which whoever confirms may give.
    """
    assert kind in CHANGE_KINDS
    source = access.household(household_id)
    access.require(actor, *PROPOSERS, area_id=source.area_id)
    access.require_unrelated(actor, source)
    if day > local_date(now):
        raise FutureDay()
    given: dict[str, Any] = {"reason": required(reason, N_("原因"), 120), "day": day}
    if kind in ("split", "move_household"):
        given |= _place(source, kind, area_id, number, address)
    else:
        given |= _join(actor, source, target_id)
    people = sorted(set(people)) if kind in ("split", "move_person") else []
    if kind in ("split", "move_person"):
        _require_members(source, kind, people)
        given["points"] = points
        balance = ledger.balance(ledger.account(AccountType.HOUSEHOLD, source.id))
        if not 0 <= points <= balance:
            raise PointsBeyond(balance=balance)
    _hold({source.id, target_id or source.id})
    if HouseholdChange.select().where(HouseholdChange.source == source, HouseholdChange.state == "proposed").exists():
        raise ChangeWaits()
    made = HouseholdChange.create(
        village=source.village_id, kind=kind, source=source, proposed_by=actor, proposed_at=now, **given
    )
    ChangePerson.insert_many([{"change": made.id, "person": id_} for id_ in people]).execute() if people else None
    return int(made.id)


@verb("change.confirm")
def confirm(*, key: str, actor: Person, now: datetime, change_id: int, number: str = "") -> int:
    """Let a proposed change happen, as a second person who keeps the place where people go; return its id.

    *number* for the new household where the proposal left it open. Raises `SamePerson`, `OwnHousehold`,
    `ProposerRelated`, `AlreadyDone`, `HouseholdResting`, `NotOfHousehold`, `StillReserved`, `PointsShrunk`,
    `ClashingName`.
    """
    change = _to_decide(actor, change_id)
    if access.are_related(actor, change.proposed_by):
        raise ProposerRelated()
    _decide(change_id, "done", "", actor=actor, now=now)
    source_id = int(change.source_id)
    recording.hold(_people(change))
    _hold({source_id, change.target_id or source_id})
    people = _people(change)
    if change.kind == "move_household" and access.village_of(place_of(change)) == change.village_id:
        _move_within(change)
        return change_id
    target = change.target if change.target_id else _found(change, number, actor=actor, now=now)
    HouseholdChange.update(target=target).where(HouseholdChange.id == change_id).execute()
    balance, owed = following.hold(source_id, target.id)[source_id]
    whole = change.kind in ("merge", "move_household")
    if whole:
        _rest(source_id, target, people, change_id, actor=actor, now=now)
    else:
        _require_members(change.source, change.kind, people)
        _keep_apart(source_id, people, actor=actor, now=now)
        if balance < change.points:
            raise PointsShrunk(balance=balance, points=change.points)
    _require_nothing_reserved(source_id, [] if whole else people)
    Person.update(household=target, area=target.area_id).where(Person.id.in_(people)).execute()
    along, debt = (balance, owed) if whole else (change.points, 0)
    following.bring(
        source_id, target.id, along, debt, key=f"change:{change_id}", change=change, actor_id=actor.id, now=now
    )
    return change_id


@verb("change.refuse")
def refuse(*, key: str, actor: Person, now: datetime, change_id: int, reason: str) -> int:
    """Refuse a proposed change with a reason, as whoever could confirm it; return its id."""
    _to_decide(actor, change_id)
    return _decide(change_id, "refused", required(reason, N_("理由"), 120), actor=actor, now=now)


@verb("change.withdraw")
def withdraw(*, key: str, actor: Person, now: datetime, change_id: int) -> int:
    """Take one's own proposal back; return its id."""
    change = HouseholdChange.get_or_none(HouseholdChange.id == change_id, HouseholdChange.proposed_by == actor)
    if change is None:
        raise NotFound()
    return _decide(change_id, "withdrawn", "", actor=actor, now=now)


def place_of(change: HouseholdChange) -> int:
    """Return the area to which people go: whoever keeps it confirms."""
    area_id = change.target.area_id if change.target_id else change.area_id
    assert area_id
    return int(area_id)


# --- what a proposal says ---------------------------------------------------------------------------------------


def _place(source: Household, kind: str, area_id: int | None, number: str, address: str) -> dict[str, Any]:
    if area_id is None or not _share_a_county(source.area_id, area_id):
        raise NotFound()
    elsewhere = access.village_of(area_id) != source.village_id
    if kind == "move_household" and not elsewhere and area_id == source.area_id:
        raise SamePlace()
    if kind == "split":
        if elsewhere:
            raise NotFound()
        _require_free(source.village_id, required(number, N_("户号"), 12))
    return {
        "area": area_id,
        "number": optional(number, N_("户号"), 12) if kind == "split" else "",
        "address": optional(address, N_("地址"), 60),
    }


def _join(actor: Person, source: Household, target_id: int | None) -> dict[str, Any]:
    target = access.household(target_id)
    if target.id == source.id:
        raise SameHousehold()
    if not _share_a_county(source.area_id, target.area_id):
        raise NotFound()
    access.require_unrelated(actor, target)
    return {"target": target}


def _require_members(source: Household, kind: str, people: Sequence[int]) -> None:
    """Let *people* pass who all live in *source*; of a household that splits somebody stays."""
    if not people:
        raise NobodyMoves()
    living = {person.id for person in Person.select(Person.id).where(Person.household == source, Person.active)}
    if not living.issuperset(people):
        raise NotOfHousehold()
    if kind == "split" and len(living) == len(people):
        raise EverybodySplits()


# --- what a confirmation does -----------------------------------------------------------------------------------


def _to_decide(actor: Person, change_id: int) -> HouseholdChange:
    """Return a change that *actor* may decide. Raises `NotFound`, `NotAllowed`, `SamePerson`, `OwnHousehold`."""
    change = HouseholdChange.get_or_none(HouseholdChange.id == change_id)
    if change is None:
        raise NotFound()
    access.require(actor, *CONFIRMERS, area_id=place_of(change))
    if change.proposed_by_id == actor.id:
        raise SamePerson()
    access.require_unrelated(actor, change.source_id)
    if change.target_id:
        access.require_unrelated(actor, change.target_id)
    return change


def _decide(change_id: int, state: str, answer: str, *, actor: Person, now: datetime) -> int:
    """Bring a proposed change to *state*, once. Raises `AlreadyDone`."""
    decided = {"state": state, "answer": answer, "decided_by": actor, "decided_at": now}
    open_ = (HouseholdChange.id == change_id) & (HouseholdChange.state == "proposed")
    if HouseholdChange.update(**decided).where(open_).execute() == 0:
        raise AlreadyDone()
    return change_id


def _people(change: HouseholdChange) -> list[int]:
    """Return who goes, in the order of their ids: those named, or all of the household, who left included."""
    named = ChangePerson.select(ChangePerson.person).where(ChangePerson.change == change)
    goes = Person.id.in_(named) if change.kind in ("split", "move_person") else Person.household == change.source_id
    return [person.id for person in Person.select(Person.id).where(goes).order_by(Person.id)]


def _hold(household_ids: Any) -> None:
    """Hold households in the order of their ids. Raises `HouseholdResting` for one that no longer stands."""
    for id_ in sorted(household_ids):
        Household.update(active=Household.active).where(Household.id == id_).execute()
        household = Household.get_by_id(id_)
        if not household.active:
            raise HouseholdResting(number=household.number)


def _found(change: HouseholdChange, number: str, *, actor: Person, now: datetime) -> Household:
    """Open the household that a split or a move founds. Raises `ClashingName`."""
    number = required(change.number or number, N_("户号"), 12)
    village_id = access.village_of(place_of(change))
    _require_free(village_id, number)
    place = {"village": village_id, "area": change.area_id, "address": change.address}
    try:
        made = Household.create(**place, number=number, opened_at=now, opened_by_id=actor.id)
    except IntegrityError:  # another request was faster
        raise ClashingName(name=number) from None
    for type_ in (AccountType.HOUSEHOLD, AccountType.OWED):
        ledger.open_account(type_, made.id)
    HouseholdChange.update(number=number).where(HouseholdChange.id == change.id).execute()
    return made


def _move_within(change: HouseholdChange) -> None:
    """Move a household to another lane of its village: it stays the same household."""
    address = {"address": change.address} if change.address else {}
    Household.update(area=change.area_id, **address).where(Household.id == change.source_id).execute()
    Person.update(area=change.area_id).where(Person.household == change.source_id).execute()


def _rest(
    source_id: int, target: Household, people: Sequence[int], change_id: int, *, actor: Person, now: datetime
) -> None:
    """Let the household that was taken up rest: whom it had let collect may not any more."""
    Household.update(active=False, merged_into=target).where(Household.id == source_id).execute()
    Proxy.update(revoked_by=actor, revoked_at=now).where(
        Proxy.household == source_id, Proxy.revoked_at.is_null()
    ).execute()
    if people:
        ChangePerson.insert_many([{"change": change_id, "person": id_} for id_ in people]).execute()


def _keep_apart(source_id: int, people: Sequence[int], *, actor: Person, now: datetime) -> None:
    """Declare those who go and those who stay each other's kin, where they are not: recusal does not end at the door.

    Otherwise a household could be split so that one half judges the other.
    """
    staying = Person.select(Person.id).where(Person.household == source_id, Person.id.not_in(people))
    pairs = {(one, other.id) for other in staying for one in people}
    either = Kin.person.in_(people) | Kin.relative.in_(people)
    for kin in Kin.select().where(either):
        pairs -= {(kin.person_id, kin.relative_id), (kin.relative_id, kin.person_id)}
    said = {"relation": ONCE_TOGETHER, "declared_by": actor, "declared_at": now}
    if pairs:
        Kin.insert_many([{"person": one, "relative": other, **said} for one, other in sorted(pairs)]).execute()


def _require_nothing_reserved(source_id: int, people: Sequence[int]) -> None:
    """Raise `StillReserved` when something waits for the household, or for one of *people*.

    Asked while the accounts are held: whoever reserves needs them too.
    """
    waits = (Reservation.household == source_id) & (Reservation.state == "open")
    if people:
        waits &= Reservation.person.in_(people)
    rows = Reservation.select(Reservation, Person, Shop).join(Person, on=Reservation.person).switch(Reservation)
    found = rows.join(Shop).where(waits).order_by(Reservation.id).first()
    if found is not None:
        raise StillReserved(person=found.person.name, shop=found.shop.name)


def _require_free(village_id: int, number: str) -> None:
    if Household.select().where(Household.village == village_id, Household.number == number).exists():
        raise ClashingName(name=number)


def _share_a_county(one: int, other: int) -> bool:
    """Tell whether two areas lie below the same root."""
    sql = """
        SELECT 1 FROM area_ancestor AS mine JOIN area_ancestor AS theirs ON theirs.ancestor_id = mine.ancestor_id
        WHERE mine.descendant_id = ? AND theirs.descendant_id = ?
    """
    return db.execute(sql, (one, other)).fetchone() is not None and Area.select().where(Area.id == other).exists()
