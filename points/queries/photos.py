"""One photo, for those who judge what it shows, or keep the shop whose goods it is about."""

from __future__ import annotations

from points import access
from points.errors import NotAllowed, NotFound
from points.models.contribution import Line, Objection
from points.models.people import Household, Person
from points.models.photos import Photo, PhotoBody

JUDGES = ("steward", "committee", "council", "supervisor")
KEEPERS = ("clerk", "committee", "supervisor", "admin")
"""Who sees the photos of vouchers and of what a shop lost."""


def body(person: Person, photo_id: int) -> bytes:
    """Return the JPEG, for a judge of an unrelated household that it is about; of a shop's papers, for its keepers.

    Raises `NotFound` outside the own areas and once it was removed, `NotAllowed` for other roles and related people.
    """
    photo = Photo.get_or_none(Photo.id == photo_id)
    if photo is None:
        raise NotFound()
    if photo.subject_type in ("loss", "receiving"):
        access.require(person, *KEEPERS, area_id=photo.village_id)
    else:
        access.require_inside(person, *JUDGES, village_id=photo.village_id)
    lines = Line.select(Line.household)
    match photo.subject_type:
        case "contribution":
            _require_free_judge(person, lines.where(Line.contribution == photo.subject_id))
        case "objection":
            _require_free_judge(person, lines.join(Objection).where(Objection.id == photo.subject_id))
    kept = PhotoBody.get_or_none(PhotoBody.photo == photo)
    if kept is None:
        raise NotFound()
    return bytes(kept.body)


def _require_free_judge(person: Person, households) -> None:  # type: ignore[no-untyped-def]
    about = Household.select(Household.id).where(
        Household.id.in_(households), Household.area.in_(access.covered_areas(person, *JUDGES))
    )
    ids = {household.id for household in about}
    if not ids:
        raise NotFound()
    if ids <= access.related_households(person):
        raise NotAllowed()
