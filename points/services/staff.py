"""Staff: roles in areas, each proposed by an administrator and in force once a second, unrelated person confirms it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from points import access, db, names, passwords, places
from points.calendar import local_date
from points.errors import (
    N_,
    AlreadyDone,
    ClashingName,
    ConfirmerRelated,
    DayRange,
    LastAdmin,
    NotAllowed,
    NoTerm,
    NotFound,
    RoleConflict,
    RolePlace,
    SamePerson,
)
from points.keys import verb
from points.models.areas import Area
from points.models.people import JUDGING_ROLES, Person, Role
from points.texts import required

PLACES: dict[str, tuple[str, ...]] = {
    "steward": ("village", "grid", "lane"),
    "committee": ("village",),
    "council": ("village",),
    "clerk": ("county", "township", "village"),
    "supervisor": ("county", "township"),
    "admin": ("county", "township", "village"),
}
"""The kinds of area in which a role can be held."""

CONFIRMERS = ("admin", "supervisor", "committee")
LONGEST_TERM = timedelta(days=10 * 365)


@verb("staff.grant")
def grant(
    *, key: str, actor: Person, now: datetime, person_id: int, area_id: int, kind: str, until: date | None = None
) -> int:
    """Propose *person_id* for a role in an area, and return the role's id; it waits for `confirm`.

    *until* is the last local day of the term of an elected council member. Raises `RolePlace`, `RoleConflict`
    (administration, counter and judging stay in different hands), `AlreadyDone`; `NoTerm`, `DayRange` for *until*.
    """
    access.require(actor, "admin", area_id=area_id)
    person = Person.get_or_none(Person.id == person_id, Person.active)
    if person is None:
        raise NotFound()
    access.require(actor, "admin", area_id=person.area_id)
    area = access.area(area_id)
    if area.kind not in PLACES.get(kind, ()):
        raise RolePlace(role=kind, place=area.kind)
    if until is not None:
        _check_term(kind, until, local_date(now))
    _lock(person_id)
    _require_compatible(person, kind)
    open_ = Role.ended_at.is_null()
    if Role.select().where(Role.person == person, Role.area == area_id, Role.kind == kind, open_).exists():
        raise AlreadyDone()
    return int(Role.create(person=person, area=area_id, kind=kind, granted_by=actor, granted_at=now, until=until).id)


@verb("staff.confirm")
def confirm(*, key: str, actor: Person, now: datetime, role_id: int) -> int:
    """Put a proposed role in force, as a second person of the same or a higher area.

    Raises `SamePerson` for whoever proposed or would hold it, `ConfirmerRelated` for their kin.
    """
    role = _role(role_id)
    access.require(actor, *CONFIRMERS, area_id=role.area_id)
    _lock(role.person_id)
    person = Person.get_by_id(role.person_id)
    if actor.id in (role.person_id, role.granted_by_id):
        raise SamePerson()
    proposer = Person.get_by_id(role.granted_by_id)
    if access.are_related(actor, person) or access.are_related(actor, proposer):
        raise ConfirmerRelated()
    _require_compatible(person, role.kind)
    waiting = (Role.id == role_id) & Role.confirmed_at.is_null() & Role.ended_at.is_null()
    if Role.update(confirmed_by=actor, confirmed_at=now).where(waiting).execute() == 0:
        raise AlreadyDone()
    return role_id


@verb("staff.end")
def end(*, key: str, actor: Person, now: datetime, role_id: int) -> int:
    """End a role, or take a proposal back. Raises `LastAdmin` when no other administrator would be left above."""
    role = _role(role_id)
    access.require(actor, "admin", area_id=role.area_id)
    Area.update(order=Area.order).where(Area.id == role.area_id).execute()  # two who end each other take turns
    if role.kind == "admin" and role.confirmed_at is not None and not _other_admins(role):
        raise LastAdmin()
    running = (Role.id == role_id) & Role.ended_at.is_null()
    if Role.update(ended_by=actor, ended_at=now).where(running).execute() == 0:
        raise AlreadyDone()
    return role_id


def create_admin(
    *, name: str, username: str, password: str, area_name: str, now: datetime, area_kind: str = "county"
) -> int:
    """Make an administrator of a root area from outside the site, and return the person's id.

    This is how a site begins: the area is opened if it is not there. A second administrator may be made the same way,
    so that there is someone to confirm; after two it raises `NotAllowed`, and the pages are the way.
    """
    username = passwords.clean_username(username)
    passwords.require_strong(password, username)
    name = required(name, N_("姓名"), 40)
    hashed = passwords.hash_password(password)
    with db.transaction():
        root = Area.get_or_none(Area.parent.is_null(), Area.name == area_name.strip())
        root = root or places.open_area(None, area_kind, area_name)
        Area.update(order=Area.order).where(Area.id == root.id).execute()  # as in `end`
        if Role.select().where(Role.area == root, Role.kind == "admin", Role.ended_at.is_null()).count() >= 2:
            raise NotAllowed()
        if Person.select().where(Person.username == username).exists():
            raise ClashingName(name=username)
        person = Person.create(
            area=root,
            name=name,
            initials=names.initials(name),
            username=username,
            password_hash=hashed,
            added_at=now,
        )
        Role.create(person=person, area=root, kind="admin", granted_at=now, confirmed_at=now)
        return int(person.id)


def _role(role_id: int) -> Role:
    found = Role.get_or_none(Role.id == role_id)
    if found is None:
        raise NotFound()
    return found


def _lock(person_id: int) -> None:
    """Let two who give one person roles take turns."""
    Person.update(epoch=Person.epoch).where(Person.id == person_id).execute()


def _hand(kind: str) -> str:
    """Return in whose hands a role is: administration, the counter, or judging; one person has one of the three."""
    return "judge" if kind in JUDGING_ROLES else kind


def _require_compatible(person: Person, kind: str) -> None:
    for held in Role.select().where(Role.person == person, Role.ended_at.is_null()).order_by(Role.id):
        if _hand(held.kind) != _hand(kind):
            raise RoleConflict(person=person.name, held=held.kind, wanted=kind)


def _check_term(kind: str, until: date, today: date) -> None:
    if kind != "council":
        raise NoTerm()
    last = today + LONGEST_TERM
    if not today <= until <= last:
        raise DayRange(what=N_("任期到哪一天"), first=today.isoformat(), last=last.isoformat())


def _other_admins(role: Role) -> bool:
    sql = """
        SELECT 1 FROM role JOIN area_ancestor ON area_ancestor.ancestor_id = role.area_id
        JOIN person ON person.id = role.person_id AND person.active
        WHERE area_ancestor.descendant_id = ? AND role.kind = 'admin' AND role.confirmed_at IS NOT NULL
        AND role.ended_at IS NULL AND role.person_id <> ?
    """
    return db.execute(sql, (role.area_id, role.person_id)).fetchone() is not None
