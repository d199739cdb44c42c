"""What a village owes the public beside its notices: answers to complaints 投诉建议."""

from __future__ import annotations

from typing import Any

from peewee import CharField, Check, ForeignKeyField, TextField

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table
from points.models.people import Person


class Complaint(Table):
    """A complaint or suggestion, from anyone; read and answered by the township, not by those it may be about."""

    village: Any = ForeignKeyField(Area, null=True, backref="+", on_delete="RESTRICT", index=False)
    village_id: int | None
    text = TextField()
    contact = CharField(max_length=60, default="")
    raised_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    raised_at = UTCField()
    answer = TextField(default="")
    answered_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    answered_at = UTCField(null=True)

    class Meta:
        constraints = [Check("length(text) > 0")]
        indexes = ((("village", "raised_at"), False), (("village", "answered_at"), False), (("raised_by",), False))
