"""What a village owes the public beside its notices: the fund 微基金 in fen, and answers to complaints 投诉建议."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, CharField, Check, DateField, ForeignKeyField, TextField

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table, one_of
from points.models.people import Person

FUND_KINDS = ("grant", "donation", "dividend", "profit", "other", "spent")


class FundEntry(Table):
    """Money that came into a village's fund or was spent from it (fen, negative), with its voucher; append-only.

    A wrong entry is answered by an opposite one of the same kind.
    """

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    kind = CharField(max_length=10)
    fen = BigIntegerField()
    voucher = CharField(max_length=60, default="")
    note = CharField(max_length=120, default="")
    day: Any = DateField()
    recorded_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    recorded_at = UTCField()

    class Meta:
        constraints = [one_of("kind", FUND_KINDS), Check("fen <> 0")]
        indexes = ((("village", "id"), False),)


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
        indexes = ((("village", "raised_at"), False),)
