"""What every write remembers of itself, so that a retry finds the first result."""

from __future__ import annotations

from peewee import BigIntegerField, CharField, TextField

from points.db import UTCField
from points.models.base import Table, one_of

OUTCOMES = ("done", "refused")


class WriteKey(Table):
    """A write's key, whose it was, a digest of what it asked, and its answer: an id, or a refusal's code and values.

    Together these rows are also the record of who did what, and when.
    """

    id = None
    key = CharField(max_length=80, primary_key=True)
    actor_id = BigIntegerField(null=True, index=True)
    action = CharField(max_length=40)
    digest = CharField(max_length=64)
    outcome = CharField(max_length=8)
    result = BigIntegerField(null=True)
    refusal = TextField(null=True)
    recorded_at = UTCField(index=True)

    class Meta:
        constraints = [one_of("outcome", OUTCOMES)]
