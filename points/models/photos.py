"""Photos as evidence, redrawn and small, kept in the database with everything else; and spreadsheets being read."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, BlobField, CharField, Check, ForeignKeyField, IntegerField, TextField

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table, one_of
from points.models.people import Person

PHOTO_SUBJECTS = ("contribution", "rule_book", "notice", "objection", "goods", "loss", "receiving", "opening")
UPLOADS = ("contributions", "rule_book", "goods", "opening")


class Photo(Table):
    """A photo of *subject*: its content hash, its perceptual hash, and an earlier one that it is like.

    The picture itself lies in `PhotoBody` and is removed 90 days after posting; this row stays.
    """

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    subject_type = CharField(max_length=12)
    subject_id = BigIntegerField()
    sha256 = CharField(max_length=64)
    phash = BigIntegerField()
    width = IntegerField()
    height = IntegerField()
    size = IntegerField(column_name="bytes")
    like: Any = ForeignKeyField("self", null=True, backref="+", on_delete="RESTRICT", index=False)
    like_id: int | None
    added_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    added_by_id: int
    added_at = UTCField()
    removed_at = UTCField(null=True)

    class Meta:
        constraints = [one_of("subject_type", PHOTO_SUBJECTS), Check("bytes > 0")]
        indexes = (
            (("subject_type", "subject_id"), False),
            (("village", "added_at"), False),
            (("sha256",), False),
            (("added_by",), False),
        )


class PhotoBody(Table):
    """The redrawn JPEG of a photo."""

    id = None
    photo: Any = ForeignKeyField(Photo, primary_key=True, on_delete="RESTRICT")
    photo_id: int
    body = BlobField()


class Upload(Table):
    """The rows of a spreadsheet, read and waiting for its uploader to take them in, as JSON."""

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    kind = CharField(max_length=16)
    file_name = CharField(max_length=80, default="")
    rows = TextField(column_name="sheet_rows")
    uploaded_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    uploaded_by_id: int
    uploaded_at = UTCField()

    class Meta:
        constraints = [one_of("kind", UPLOADS)]
        indexes = ((("uploaded_by", "uploaded_at"), False),)
