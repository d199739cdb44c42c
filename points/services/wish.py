"""Wishes: households say what the shops should have; who buys in sees how many want it, and answers."""

from __future__ import annotations

from datetime import datetime

from points import access, db
from points.errors import N_, AlreadyDone, NotFound, VotesFull
from points.forbidden import require_allowed
from points.keys import verb
from points.models.goods import Wish, WishVote
from points.models.people import Person
from points.texts import optional, required

ANSWERERS = ("committee", "clerk")
MOST_OPEN_VOTES = 10


@verb("wish.wish")
def wish(
    *, key: str, actor: Person, now: datetime, village_id: int, name: str = "", goods_id: int | None = None
) -> int:
    """Wish for goods by *name*, or for more of those that a shop has, in the name of the own household.

    A wish that is open already gets the household's voice instead. Returns the wish's id. Raises `GoodsForbidden`,
    `Missing`, `TooLong`, `VotesFull`.
    """
    household_id = _household(actor, village_id)
    if goods_id is None:
        name = required(name, N_("想要什么"), 40)
        require_allowed(name)
    row = db.execute(_GOODS, (village_id, village_id, goods_id or 0, name)).fetchone()
    if row is not None:
        goods_id, name = row
    elif goods_id is not None:
        raise NotFound()
    fresh = {"village": village_id, "name": name, "goods": goods_id, "raised_by": actor, "raised_at": now}
    Wish.insert(**fresh).on_conflict_ignore().execute()
    found = Wish.get_or_none(Wish.village == village_id, Wish.name == name, Wish.answered_at.is_null())
    if found is None:  # answered at this very moment
        raise AlreadyDone()
    _vote(found.id, household_id, now)
    return int(found.id)


@verb("wish.vote")
def vote(*, key: str, actor: Person, now: datetime, wish_id: int) -> int:
    """Give an open wish the voice of the own household; again changes nothing. Returns the wish's id."""
    found = _wish(wish_id)
    household_id = _household(actor, found.village_id)
    if found.answered_at is not None:
        raise AlreadyDone()
    _vote(wish_id, household_id, now)
    return wish_id


@verb("wish.take_back_vote")
def take_back_vote(*, key: str, actor: Person, now: datetime, wish_id: int) -> int:
    """Take back the voice of the own household while the wish is open; return the wish's id."""
    found = _wish(wish_id)
    household_id = _household(actor, found.village_id)
    if found.answered_at is not None:
        raise AlreadyDone()
    WishVote.delete().where(WishVote.wish == wish_id, WishVote.household == household_id).execute()
    return wish_id


@verb("wish.answer")
def answer(
    *, key: str, actor: Person, now: datetime, wish_id: int, answer: str = "", goods_id: int | None = None
) -> int:
    """Close a wish: it is there now, as *goods_id* if that is said; or not for now, because of *answer*."""
    found = _wish(wish_id)
    access.require_inside(actor, *ANSWERERS, village_id=found.village_id)
    if (
        goods_id is not None
        and db.execute(_GOODS, (found.village_id, found.village_id, goods_id, "")).fetchone() is None
    ):
        raise NotFound()
    values = {"answer": optional(answer, N_("原因"), 60), "answered_by": actor, "answered_at": now}
    if goods_id is not None:
        values["goods"] = goods_id
    if Wish.update(**values).where(Wish.id == wish_id, Wish.answered_at.is_null()).execute() == 0:
        raise AlreadyDone()
    return wish_id


def lives_in(person: Person, village_id: int) -> bool:
    """Tell whether the household of *person* lives in the village."""
    sql = "SELECT 1 FROM household WHERE id = ? AND village_id = ? AND active"
    return db.execute(sql, (person.household_id or 0, village_id)).fetchone() is not None


_GOODS = """
    SELECT goods.id, goods.name FROM goods JOIN shop ON shop.id = goods.shop_id
    WHERE shop.active AND (shop.area_id IN (SELECT ancestor_id FROM area_ancestor WHERE descendant_id = ?)
        OR shop.area_id IN (SELECT descendant_id FROM area_ancestor WHERE ancestor_id = ?))
        AND (goods.id = ? OR goods.name = ?)
    ORDER BY goods.id LIMIT 1
"""
_COUNT = """
    SELECT COUNT(*) FROM wish_vote JOIN wish ON wish.id = wish_vote.wish_id
    WHERE wish_vote.household_id = ? AND wish.answered_at IS NULL AND wish.id <> ?
"""


def _vote(wish_id: int, household_id: int, now: datetime) -> None:
    # Two members of a household who vote at once take turns.
    db.execute("UPDATE household SET active = active WHERE id = ?", (household_id,))
    if db.execute(_COUNT, (household_id, wish_id)).fetchone()[0] >= MOST_OPEN_VOTES:
        raise VotesFull(most=MOST_OPEN_VOTES)
    WishVote.insert(wish=wish_id, household=household_id, voted_at=now).on_conflict_ignore().execute()


def _household(actor: Person, village_id: int) -> int:
    """Return the household of *actor*. Raises `NotFound` unless it lives in the village."""
    if actor.household_id is None or not lives_in(actor, village_id):
        raise NotFound()
    return actor.household_id


def _wish(wish_id: int) -> Wish:
    found: Wish | None = Wish.get_or_none(Wish.id == wish_id)
    if found is None:
        raise NotFound()
    return found
