"""The lane board: who looks after each lane, and which households it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from points import access
from points.errors import NothingOnSheet
from points.queries import lanes
from points.queries.lanes import Grid, Head, Lane
from points.services.paper import Facts
from points.web.edge import local_day, now
from points.web.papers import Sheet, page_code, size
from points.web.public import numbers
from points.web.text import gettext as _


def build(area_id: int, given: Mapping[str, str]) -> Sheet:
    """Build the board of a village or of one of its grids: it is public."""
    grids = lanes.board(area_id)
    if not grids:
        raise NothingOnSheet()
    village_id = access.village_of(area_id)
    return Sheet(
        template="lanes",
        title=_("%(place)s街巷一览", place=access.area(area_id).name),
        area_id=village_id,
        data={
            "size": size(given),
            "day": local_day(now()),
            "web": _("扫码看最新的"),
            "grids": [
                {
                    "name": grid.name,
                    "stewards": _heads(grid.stewards, _("还没有定")),
                    "lanes": [_row(lane, grid) for lane in grid.lanes],
                }
                for grid in grids
            ],
            "note": _("电话只写本人同意公开的。没有写电话的，请到村委会问。"),
        },
        pictures=page_code("public.lanes", village_id=village_id),
    )


def facts(area_id: int) -> Facts:
    """Tell who looks after each grid and lane and how many households it has; no phone: it may be taken back."""
    labels = lanes.labels(access.village_of(area_id))
    told: list[tuple[str, str | int]] = []
    for grid in lanes.board(area_id):
        told.append((_("%(grid)s网格员", grid=grid.name), _names(grid.stewards)))
        told += [
            (labels[lane.id], _("街巷长%(who)s，%(n)s 户", who=_names(lane.heads), n=lane.households))
            if lane.heads
            else (labels[lane.id], _("%(n)s 户", n=lane.households))
            for lane in grid.lanes
        ]
    return told


def _row(lane: Lane, grid: Grid) -> list[str | int]:
    return [
        lane.name,
        _heads(lane.heads, _("找网格员") if grid.stewards else _("还没有定")),
        numbers(lane),
        lane.households,
    ]


def _heads(heads: Sequence[Head], nobody: str) -> str:
    return "、".join(f"{head.name} {head.phone}".strip() for head in heads) or nobody


def _names(heads: Sequence[Head]) -> str:
    return "、".join(head.name for head in heads) or _("还没有定")
