"""What was taken out of an area and all below it."""

from __future__ import annotations

from typing import Any

from points.models.areas import Area, AreaAncestor
from points.models.paper import Export
from points.models.people import Person

READERS = ("committee", "supervisor", "admin")
PAGE = 50


def of_area(area_id: int, *, before: int | None = None) -> tuple[list[Export], int | None]:
    """List what was taken out of an area and below, newest first, with who did; and the key of the next page."""
    below = AreaAncestor.select(AreaAncestor.descendant).where(AreaAncestor.ancestor == area_id)
    query: Any = Export.select(Export, Area, Person).join(Area).switch(Export).join(Person)
    query = query.where(Export.area.in_(below), (Export.id < before) if before else True)
    found = list(query.order_by(Export.id.desc()).limit(PAGE + 1))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None
