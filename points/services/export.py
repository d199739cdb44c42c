"""Lists that were taken out of the system: who, when, which, by what filter, how many rows."""

from __future__ import annotations

from datetime import datetime

from points.keys import verb
from points.models.paper import Export
from points.models.people import Person


@verb("export.record")
def record(
    *, key: str, actor: Person, now: datetime, area_id: int, name: str, title: str, asked: str, format: str, count: int
) -> int:
    """Keep that *actor* takes a list out, and return the export's id. Who builds the list has asked whether they may.

    *asked* is the filter in words, without what was typed to search by: a name must not stay there.
    """
    made = Export.create(
        area=area_id,
        name=name,
        title=title[:80],
        asked=asked[:200],
        format=format,
        count=count,
        made_by=actor,
        made_at=now,
    )
    return int(made.id)
