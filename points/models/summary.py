"""What moved in a month, summed up as it moves. Only `points.summaries` writes it."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, CharField, Check, CompositeKey, ForeignKeyField, IntegerField

from points.models.areas import Area
from points.models.base import Table


class MonthSummary(Table):
    """The transfers of one *kind* that were recorded in a local month and touched a household of a village.

    *item*: the rule-book item of the award, or of the award that is answered; 0 for all others. *count*: how often a
    household was touched. *points*: how many moved. *change*: what that changed in what the households may spend or
    have set aside. The row of month and kind ``total`` sums up all of an area: its change is what the households have.
    A settlement touches no household and counts where its shop is. *stripe* keeps writers apart who would wait for each
    other; readers sum over it.
    """

    id = None
    area: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    area_id: int
    month = CharField(max_length=7)
    kind = CharField(max_length=12)
    item = BigIntegerField()
    stripe = IntegerField()
    count = BigIntegerField()
    points = BigIntegerField()
    change = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("area", "month", "kind", "item", "stripe")
        constraints = [Check("count > 0"), Check("points > 0")]


# Rows that `summaries.fold` has not added together yet.
MonthSummary.add_index(MonthSummary.index(MonthSummary.month).where(MonthSummary.stripe > 0))
