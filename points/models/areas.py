"""Places: a tree of areas of any depth, and the settings a village decides for itself."""

from __future__ import annotations

from typing import Any

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    Check,
    CompositeKey,
    DateField,
    ForeignKeyField,
    IntegerField,
)

from points.db import UTCField
from points.models.base import Table, one_of

AREA_KINDS = ("county", "township", "village", "grid", "lane")


class Area(Table):
    """A county, township, village 村, grid 网格 or lane 街巷. `order` keeps lanes in walking order."""

    parent: Any = ForeignKeyField("self", null=True, backref="children", on_delete="RESTRICT", index=False)
    parent_id: int | None
    kind = CharField(max_length=16)
    name = CharField(max_length=60)
    order = IntegerField(default=0, column_name="position")

    class Meta:
        constraints = [one_of("kind", AREA_KINDS), Check("length(name) > 0")]
        indexes = ((("parent", "name"), True), (("kind",), False))


class AreaAncestor(Table):
    """The tree, laid out: one row for each area and each area above it, itself included."""

    id = None
    descendant: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    ancestor: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    descendant_id: int
    ancestor_id: int

    class Meta:
        primary_key = CompositeKey("descendant", "ancestor")
        indexes = ((("ancestor", "descendant"), True),)


class VillageSetting(Table):
    """What a village decides: voices needed, notice days, points a day without PIN, points a month for a household.

    *wall_photo*: a notice's clock starts only with a photo of the sheet on the wall. *board_points*: the red board
    shows points beside the deeds. *black_board*: the public page counts deductions, without names. *cover_percent*:
    points held and promised may be worth so much of what stands behind them; beyond it a decision is warned of, or
    refused if *cover_refuses*. None: no limit. *full_names*: cards carry the whole name, not the masked one.
    """

    id = None
    village: Any = ForeignKeyField(Area, primary_key=True, on_delete="RESTRICT")
    village_id: int
    council_voices = IntegerField(default=3)
    notice_days = IntegerField(default=5)
    no_pin_daily_limit = IntegerField(default=20)
    monthly_cap = IntegerField(default=60)
    objection_contact = CharField(max_length=120, default="")
    wall_photo = BooleanField(default=False)
    board_points = BooleanField(default=False)
    black_board = BooleanField(default=False)
    cover_percent = IntegerField(null=True)
    cover_refuses = BooleanField(default=False)
    full_names = BooleanField(default=False)

    class Meta:
        constraints = [
            Check("council_voices IN (1, 3, 5, 7)"),
            Check("notice_days BETWEEN 3 AND 15"),
            Check("no_pin_daily_limit >= 0"),
            Check("monthly_cap > 0"),
            Check("cover_percent IS NULL OR cover_percent > 0"),
        ]


class AreaLimit(Table):
    """What villages below a township or county may not exceed: points an item, points a month, fen a point; None: free.

    Where several areas above a village set a limit, the lowest holds.
    """

    id = None
    area: Any = ForeignKeyField(Area, primary_key=True, on_delete="RESTRICT")
    area_id: int
    most_points = IntegerField(null=True)
    most_monthly_cap = IntegerField(null=True)
    most_worth_fen = IntegerField(null=True)
    decided_by_id = BigIntegerField()
    decided_at = UTCField()

    class Meta:
        constraints = [
            Check("most_points IS NULL OR most_points > 0"),
            Check("most_monthly_cap IS NULL OR most_monthly_cap > 0"),
            Check("most_worth_fen IS NULL OR most_worth_fen > 0"),
        ]


class Holiday(Table):
    """A day that no notice in the area or below counts: it makes a notice that is hung later longer, never shorter."""

    area: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    area_id: int
    day: Any = DateField()
    name = CharField(max_length=20)

    class Meta:
        constraints = [Check("length(name) > 0")]
        indexes = ((("area", "day"), True),)
