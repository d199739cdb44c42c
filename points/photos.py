"""Photos as evidence: redrawn, small, without metadata, and compared with earlier ones.

What was sent is never kept: a photo is drawn anew, so that neither its position nor anything hidden in the file comes
along. Ninety days after its lines came to their end the picture goes; its hashes stay, to know it when it comes again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO

from PIL import Image, ImageOps

from points import db
from points.errors import NotAPhoto, PhotoTooLarge
from points.models.people import Person
from points.models.photos import Photo, PhotoBody

MOST = 6
"""How many photos one report or objection takes."""
MOST_BYTES = 300 * 1024
MOST_PIXELS = 50_000_000
MOST_UNPACKED = 16_000_000
"""So many pixels of a PNG or WebP, 2 KB of which can fill the memory; a JPEG is unpacked at a fraction of its size."""
LONGEST_SIDE = 1280
ALIKE = 6
"""Up to how many of the 64 signs of two perceptual hashes may differ for one photo to be taken for the other."""
KEPT_FOR = timedelta(days=90)

Image.MAX_IMAGE_PIXELS = None  # `redraw` measures itself, before anything is unpacked

_FORMATS = ("JPEG", "PNG", "WEBP")
_ENDED = ("posted", "refused", "struck", "withdrawn", "reversed", "returned")
_EARLIER = "SELECT id, sha256, phash, subject_type, subject_id FROM photo WHERE village_id = ? ORDER BY id"
_OLD = f"""
    SELECT id FROM photo WHERE subject_type = 'contribution' AND removed_at IS NULL AND added_at < ? AND NOT EXISTS (
        SELECT 1 FROM line WHERE line.contribution_id = photo.subject_id AND (
            state NOT IN ({", ".join(f"'{state}'" for state in _ENDED)})
            OR COALESCE(posted_at, decided_at, checked_at, ?) >= ?))
    LIMIT 1000
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo redrawn: a JPEG, the hash of its bytes, and the perceptual hash of what it shows (64 bits, signed)."""

    body: bytes
    sha256: str
    phash: int
    width: int
    height: int


def redraw(data: bytes, number: int = 1, longest: int = LONGEST_SIDE) -> Picture:
    """Draw a JPEG, PNG or WebP anew, upright, at most *longest* pixels long and 300 KB large, only its pixels.

    *number* counts the files sent, for the sentence. Raises `NotAPhoto`, `PhotoTooLarge`.
    """
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as opened:
            if opened.width * opened.height > (MOST_UNPACKED if opened.format in ("PNG", "WEBP") else MOST_PIXELS):
                raise PhotoTooLarge(n=number)
            opened.draft("RGB", (longest, longest))  # a JPEG is unpacked at a fraction of its size
            clear = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
            clear.thumbnail((longest, longest))
            upright = ImageOps.exif_transpose(clear)
    except PhotoTooLarge:
        raise
    except Exception as trouble:  # whatever a broken or hostile file makes the decoder say
        raise NotAPhoto(n=number) from trouble
    drawn = Image.new("RGB", upright.size, "white")
    drawn.paste(upright, mask=upright if upright.mode == "RGBA" else None)
    drawn, body = _compressed(drawn)
    return Picture(body, hashlib.sha256(body).hexdigest(), _perceptual(drawn), drawn.width, drawn.height)


def keep(
    pictures: Sequence[Picture],
    *,
    village_id: int,
    subject_type: str,
    subject_id: int,
    actor: Person,
    now: datetime,
    apart_from: int | None = None,
) -> list[int]:
    """Keep the photos of a subject, each with the earliest photo of the village that it is like; return their ids.

    The photos of the subject *apart_from*, which this one takes up again, do not count as earlier ones.
    """
    db.require_transaction()
    if not pictures:
        return []
    ids = []
    rows = db.execute(_EARLIER, (village_id,)).fetchall()
    earlier = [row[:3] for row in rows if row[3:] != (subject_type, apart_from)]
    for picture in pictures:
        photo = Photo.create(
            village=village_id,
            subject_type=subject_type,
            subject_id=subject_id,
            sha256=picture.sha256,
            phash=picture.phash,
            width=picture.width,
            height=picture.height,
            size=len(picture.body),
            like=next((id_ for id_, sha256, phash in earlier if _are_alike(picture, sha256, phash)), None),
            added_by=actor,
            added_at=now,
        )
        PhotoBody.create(photo=photo, body=picture.body)
        ids.append(int(photo.id))
    return ids


def of(subject_type: str, subject_ids: Iterable[int]) -> dict[int, list[Photo]]:
    """Return the photos of each of the subjects, without their pictures."""
    found: dict[int, list[Photo]] = {}
    of_subjects = (Photo.subject_type == subject_type) & Photo.subject_id.in_(list(subject_ids))
    for photo in Photo.select().where(of_subjects).order_by(Photo.id):
        found.setdefault(photo.subject_id, []).append(photo)
    return found


def again(subject_type: str, subject_id: int) -> list[Picture]:
    """Return the pictures kept of a subject, for another that takes it up again."""
    kept = PhotoBody.select(PhotoBody, Photo).join(Photo)
    return [
        Picture(bytes(row.body), row.photo.sha256, row.photo.phash, row.photo.width, row.photo.height)
        for row in kept.where(Photo.subject_type == subject_type, Photo.subject_id == subject_id).order_by(Photo.id)
    ]


def remove_old(now: datetime) -> int:
    """Remove the pictures of contributions all of whose lines ended 90 days ago; return how many.

    At most a thousand at a time, in the caller's transaction.
    """
    db.require_transaction()
    limit = db.microseconds(now - KEPT_FOR)
    ids = [row[0] for row in db.execute(_OLD, (limit, db.microseconds(now), limit)).fetchall()]
    if ids:
        PhotoBody.delete().where(PhotoBody.photo.in_(ids)).execute()
        Photo.update(removed_at=now).where(Photo.id.in_(ids)).execute()
    return len(ids)


def _compressed(drawn: Image.Image) -> tuple[Image.Image, bytes]:
    """Save as JPEG, less finely and then smaller until it fits; return what was saved, and how."""
    for quality in (80, 65, 50, 35):
        out = BytesIO()
        drawn.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= MOST_BYTES:
            return drawn, out.getvalue()
    return _compressed(drawn.resize((drawn.width * 3 // 4, drawn.height * 3 // 4)))


def _perceptual(drawn: Image.Image) -> int:
    """Compute the difference hash: in 8 rows of 9 grey fields, which are darker than their right neighbour."""
    grey = drawn.convert("L").resize((9, 8), Image.Resampling.BOX).tobytes()
    signs = 0
    for row in range(8):
        for left, right in zip(grey[9 * row : 9 * row + 8], grey[9 * row + 1 : 9 * row + 9], strict=True):
            signs = signs << 1 | (left < right)
    return signs - (signs >> 63 << 64)


def _are_alike(picture: Picture, sha256: str, phash: int) -> bool:
    if picture.sha256 == sha256:
        return True
    # A dark or blank picture has few signs; it is like every other one and says nothing.
    telling = 8 <= _signs(picture.phash) <= 56
    return telling and _signs(picture.phash ^ phash) <= ALIKE


def _signs(phash: int) -> int:
    return (phash & (1 << 64) - 1).bit_count()
