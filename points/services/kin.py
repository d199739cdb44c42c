"""Declared kin: the ground of recusal 回避. A declaration holds in both directions and is not taken back."""

from __future__ import annotations

from datetime import datetime

from peewee import IntegrityError

from points import access, db
from points.errors import N_, AlreadyDone, NotFound, SelfKin
from points.keys import verb
from points.models.people import Kin, Person
from points.texts import required


@verb("kin.declare")
def declare(
    *, key: str, actor: Person, now: datetime, relative_id: int, relation: str, person_id: int | None = None
) -> int:
    """Declare a relative of oneself, or as the committee of a villager of one's area; return the declaration's id.

    Raises `SelfKin`, or `AlreadyDone` when either has declared it before.
    """
    person = actor if person_id in (None, actor.id) else access.person(person_id)
    if person is not actor:
        access.require(actor, "committee", area_id=person.area_id)
    relative = access.person(relative_id)
    if relative.id == person.id:
        raise SelfKin()
    if not _share_a_root(person, relative):
        raise NotFound()
    if Kin.select().where(Kin.person == relative, Kin.relative == person).exists():
        raise AlreadyDone()
    try:
        made = Kin.create(
            person=person,
            relative=relative,
            relation=required(relation, N_("关系"), 20),
            declared_by=actor,
            declared_at=now,
        )
    except IntegrityError:
        raise AlreadyDone() from None
    return int(made.id)


def _share_a_root(one: Person, other: Person) -> bool:
    sql = """
        SELECT 1 FROM area_ancestor mine JOIN area_ancestor theirs ON theirs.ancestor_id = mine.ancestor_id
        WHERE mine.descendant_id = ? AND theirs.descendant_id = ?
    """
    return db.execute(sql, (one.area_id, other.area_id)).fetchone() is not None
