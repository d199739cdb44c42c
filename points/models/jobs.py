"""Work that takes longer than a page may: done beside the requests, its file kept outside the database for a while."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, CharField, Check, ForeignKeyField, TextField

from points.db import UTCField
from points.models.base import Table, one_of
from points.models.people import Person

JOB_STATES = ("waiting", "running", "done", "failed")


class Job(Table):
    """One piece of work for one person: *kind* says which, *given* with what (JSON).

    *outcome* is the id of what it made. *file_name* is set when it left a file; who asked may fetch that until
    *keep_until*. *trouble* is the refusal that ended it, as a stored write keeps it.
    """

    kind = CharField(max_length=16)
    given = TextField()
    state = CharField(max_length=8, default="waiting")
    file_name = CharField(max_length=80, default="")
    outcome = BigIntegerField(null=True)
    trouble = TextField(default="")
    asked_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    asked_by_id: int
    asked_at = UTCField()
    begun_at = UTCField(null=True)
    ended_at = UTCField(null=True)
    keep_until = UTCField()

    class Meta:
        constraints = [one_of("state", JOB_STATES), Check("(state IN ('done', 'failed')) = (ended_at IS NOT NULL)")]
        indexes = ((("state", "id"), False), (("asked_by", "asked_at"), False))
