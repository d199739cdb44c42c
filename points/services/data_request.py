"""What a person asks about the data kept of them: to correct it, or to remove it 我的资料.

Asked by the person, or at the desk by a member of the committee who enters it for them; answered by another. What is
granted to be corrected is corrected on the person's page; what is to be removed an administrator removes, once nothing
of the person is running any more.
"""

from __future__ import annotations

from datetime import datetime

from points import access, erasing
from points.errors import N_, AlreadyDone, NotFound, NotGranted, PersonErased, RequestWaits, SamePerson
from points.keys import verb
from points.models.changes import DATA_REQUESTS, DataRequest
from points.models.people import Person
from points.texts import required

ANSWERERS = ("committee", "admin")


@verb("data_request.ask")
def ask(*, key: str, actor: Person, now: datetime, kind: str, words: str, person_id: int = 0) -> int:
    """Ask to ``correct`` or ``erase`` what is kept of oneself, or at the desk for *person_id*; return the request's id.

    Raises `RequestWaits` while the same is waiting, `OwnHousehold` for a relative at the desk.
    """
    assert kind in DATA_REQUESTS
    person = access.person(person_id or actor.id)
    if person.id != actor.id:
        access.require(actor, *ANSWERERS, area_id=person.area_id)
        access.require_stranger(actor, person)
    if person.erased_at is not None:
        raise PersonErased()
    words = required(words, N_("要求"), 300)
    Person.update(active=Person.active).where(Person.id == person.id).execute()  # two at once take turns
    open_ = (DataRequest.kind == kind) & DataRequest.granted.is_null()
    if DataRequest.select().where(DataRequest.person == person, open_).exists():
        raise RequestWaits()
    made = DataRequest.create(person=person, kind=kind, words=words, made_by=actor, made_at=now)
    return int(made.id)


@verb("data_request.answer")
def answer(*, key: str, actor: Person, now: datetime, request_id: int, granted: bool, words: str) -> int:
    """Grant a request or not, in *words* that the person reads; return its id.

    By the committee or an administrator who neither entered it nor is related to the person. Raises `SamePerson`,
    `OwnHousehold`, `AlreadyDone`.
    """
    request = _request(actor, request_id, *ANSWERERS)
    said = {"granted": granted, "answer": required(words, N_("答复"), 300), "answered_by": actor, "answered_at": now}
    open_ = (DataRequest.id == request.id) & DataRequest.granted.is_null()
    if DataRequest.update(**said).where(open_).execute() == 0:
        raise AlreadyDone()
    return request_id


@verb("data_request.erase")
def erase(*, key: str, actor: Person, now: datetime, request_id: int) -> int:
    """Remove the data of a person whose request was granted, as an administrator; return the request's id.

    It cannot be taken back. Raises `NotGranted`, `SamePerson`, `OwnHousehold`, `StillInUse`, `PersonErased`.
    """
    request = _request(actor, request_id, "admin")
    if request.kind != "erase":
        raise NotFound()
    if not request.granted:
        raise NotGranted()
    if request.person.erased_at is not None:
        raise PersonErased()
    erasing.erase(request.person, now=now)
    return request_id


def _request(actor: Person, request_id: int, *kinds: str) -> DataRequest:
    """Return a request on which *actor* may act, holding one of *kinds* over the person's area."""
    found = DataRequest.get_or_none(DataRequest.id == request_id)
    if found is None:
        raise NotFound()
    access.require(actor, *kinds, area_id=found.person.area_id)
    if actor.id == found.made_by_id:
        raise SamePerson()
    access.require_stranger(actor, found.person)
    return found
