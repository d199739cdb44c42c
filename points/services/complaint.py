"""Complaints and suggestions 投诉建议: from anyone, read and answered above the village that they may be about."""

from __future__ import annotations

from datetime import datetime

from points import access
from points.calendar import local_date, start_of
from points.errors import N_, AlreadyDone, ComplaintsFull, NotFound, OwnHousehold
from points.keys import verb
from points.models.areas import Area
from points.models.keys import WriteKey
from points.models.openness import Complaint
from points.models.people import Person
from points.texts import optional, required

READERS = ("supervisor", "admin")
MOST_A_DAY = 30
"""So many a local day about one village from people who did not sign in, and as many from each who did."""


def complain(*, key: str, actor: Person, now: datetime, village_id: int | None, text: str, contact: str) -> int:
    """Keep a complaint about a village, or about none, and return its number; *actor* may be nobody: ``Person()``.

    What is refused leaves no trace, not even under its key: a flood writes nothing. Raises `ComplaintsFull`.
    """
    said = {"text": required(text, N_("内容"), 1000), "contact": optional(contact, N_("联系方式"), 60)}
    if village_id is not None:
        access.village(village_id)
    if not WriteKey.select().where(WriteKey.key == key).exists():
        today = Complaint.raised_at >= start_of(local_date(now))
        about = Complaint.village.is_null() if village_id is None else Complaint.village == village_id
        by = Complaint.raised_by.is_null() if actor.id is None else Complaint.raised_by == actor
        if Complaint.select().where(today, about, by).count() >= MOST_A_DAY:
            raise ComplaintsFull()
    return _keep(key=key, actor=actor, now=now, village_id=village_id, **said)


@verb("complaint.complain")
def _keep(*, key: str, actor: Person, now: datetime, village_id: int | None, text: str, contact: str) -> int:
    made = Complaint.create(village=village_id, text=text, contact=contact, raised_by=actor.id, raised_at=now)
    return int(made.id)


@verb("complaint.answer")
def answer(*, key: str, actor: Person, now: datetime, complaint_id: int, text: str) -> int:
    """Answer a complaint, once, as a supervisor or administrator who is unrelated to whoever raised it."""
    found = Complaint.get_or_none(Complaint.id == complaint_id)
    if found is None:
        raise NotFound()
    require_reader(actor, found)
    if found.raised_by is not None and access.are_related(actor, found.raised_by):
        raise OwnHousehold()
    answered = {"answer": required(text, N_("答复"), 1000), "answered_by": actor, "answered_at": now}
    open_ = Complaint.answered_at.is_null()
    if not Complaint.update(**answered).where(Complaint.id == complaint_id, open_).execute():
        raise AlreadyDone()
    return complaint_id


def require_reader(person: Person, complaint: Complaint) -> None:
    """Let *person* pass who oversees or administers the village; about no village: who administers the whole county."""
    if complaint.village_id is not None:
        access.require(person, *READERS, area_id=complaint.village_id)
    elif not reads_unplaced(person):
        raise NotFound()


def reads_unplaced(person: Person) -> bool:
    """Tell whether complaints about no village are for *person*: an administrator of the tree's root."""
    roots = Area.select().where(Area.parent.is_null(), Area.id.in_(access.covered_areas(person, "admin")))
    return bool(roots.exists())
