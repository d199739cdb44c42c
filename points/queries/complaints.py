"""Complaints and suggestions, for those who answer them and for whoever raised them."""

from __future__ import annotations

from typing import Any

from peewee import JOIN

from points import access
from points.errors import NotFound
from points.models.areas import Area
from points.models.openness import Complaint
from points.models.people import Person

PAGE = 30


def waiting(person: Person, *, unplaced: bool, after: int = 0) -> tuple[list[Complaint], int | None]:
    """List what waits for an answer in what *person* oversees, longest first; and the key of the next page.

    *unplaced*: those about no village too.
    """
    query = _complaints().where(_here(person, unplaced), Complaint.answered_at.is_null(), Complaint.id > after)
    found = list(query.order_by(Complaint.id).limit(PAGE + 1))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def count_waiting(person: Person) -> int:
    """Count what waits for an answer in the villages that *person* oversees."""
    return int(Complaint.select().where(_here(person, False), Complaint.answered_at.is_null()).count())


def answered(person: Person, *, unplaced: bool) -> list[Complaint]:
    """List those answered last in what *person* oversees."""
    query = _complaints().where(_here(person, unplaced), Complaint.answered_at.is_null(False))
    return list(query.order_by(Complaint.answered_at.desc()).limit(PAGE))


def mine(person: Person) -> list[Complaint]:
    """List what *person* raised, newest first, with its answers."""
    return list(_complaints().where(Complaint.raised_by == person).order_by(Complaint.id.desc()).limit(PAGE))


def complaint(complaint_id: int) -> Complaint:
    """Return a complaint. Raises `NotFound`; the caller guards."""
    found: Complaint | None = _complaints().where(Complaint.id == complaint_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def _complaints() -> Any:
    raiser, answerer = Person.alias(), Person.alias()
    return (
        Complaint.select(Complaint, Area, raiser, answerer)
        .join(Area, JOIN.LEFT_OUTER)
        .switch(Complaint)
        .join(raiser, JOIN.LEFT_OUTER, on=Complaint.raised_by)
        .switch(Complaint)
        .join(answerer, JOIN.LEFT_OUTER, on=Complaint.answered_by)
    )


def _here(person: Person, unplaced: bool) -> Any:
    here = Complaint.village.in_(access.covered_areas(person, "supervisor", "admin"))
    return here | Complaint.village.is_null() if unplaced else here
