"""A member of staff's front page: the villages they serve and what waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from points import access, db
from points.calendar import local_date
from points.models.areas import Area
from points.models.contribution import Correction, Line, Notice
from points.models.people import Card, Person
from points.queries import (
    changes,
    complaints,
    contributions,
    council,
    expiry,
    my_data,
    notices,
    opening,
    proxies,
    review,
    settlements,
    shifts,
    staff,
    stocktakes,
)

_VILLAGES = """
    SELECT area.id FROM area JOIN area_ancestor ON area_ancestor.descendant_id = area.id
    WHERE area.kind = 'village' AND area_ancestor.ancestor_id IN ({0})
    UNION
    SELECT area.id FROM area JOIN area_ancestor ON area_ancestor.ancestor_id = area.id
    WHERE area.kind = 'village' AND area_ancestor.descendant_id IN ({0})
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much of each kind waits for a person; the lists hold their ids."""

    check: int
    decide: int
    publish: int
    hang: int
    objections: int
    roles: int
    cards: int
    motions: int
    returned: int
    complaints: int
    shifts: int
    stocktakes: list[int]
    settlements: list[int]
    changes: list[int]
    requests: list[int]
    collected: int


def villages(person: Person) -> list[Area]:
    """Return the villages that *person*'s roles reach, or in part of which they lie."""
    held = sorted({role.area_id for role in access.roles_of(person.id)})
    if not held:
        return []
    ids = [row[0] for row in db.execute(_VILLAGES.format(", ".join("?" * len(held))), (*held, *held)).fetchall()]
    return list(Area.select().where(Area.id.in_(ids)).order_by(Area.order, Area.id)) if ids else []


def waiting(person: Person, *, now: datetime) -> Waiting:
    """Count what *person* may do now: by the roles held, without what recusal or an earlier step forbids."""
    committee = access.covered_areas(person, "committee")
    handing = access.covered_areas(person, "committee", "steward")
    cards = Card.select().join(Person).where(Card.handed_at.is_null(), Card.revoked_at.is_null())
    return Waiting(
        check=review.count_to_check(person),
        decide=review.count_to_decide(person),
        publish=Line.select().where(Line.state == "approved", Line.village.in_(committee)).count()
        + Correction.select().where(Correction.notice.is_null(), Correction.village.in_(committee)).count(),
        hang=Notice.select().where(Notice.state == "gathered", Notice.village.in_(committee)).count()
        + opening.count_proposed(person)
        + expiry.count_proposed(person),
        objections=notices.count_to_answer(person, now=now)
        + opening.count_to_answer(person, now=now)
        + expiry.count_to_answer(person, now=now),
        roles=len(staff.waiting(person)),
        cards=cards.where(Card.printed_by != person, Person.area.in_(handing)).count(),
        motions=council.count_to_vote(person),
        returned=len(contributions.returned_to(person)),
        complaints=complaints.count_waiting(person),
        shifts=len(shifts.to_sign(person, local_date(now))),
        stocktakes=stocktakes.to_approve(person),
        settlements=settlements.to_sign(person),
        changes=changes.to_confirm(person),
        requests=my_data.to_answer(person),
        collected=len(proxies.unseen(person)) if person.household_id else 0,
    )
