"""Reads of the pages about rosters: of the villages that the reader keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from points import census
from points.census import Item, Roster
from points.models.census import Census
from points.models.people import Person

PAGE = 50
SHOWN = 20


def rosters(village_id: int) -> list[Census]:
    """Return the newest rosters of a village, without their rows."""
    columns = (Census.id, Census.file_name, Census.state, Census.counts, Census.uploaded_at, Census.applied_at)
    found = Census.select(*columns, Census.uploaded_by, Person).join(Person, on=(Person.id == Census.uploaded_by))
    return list(found.where(Census.village == village_id).order_by(Census.id.desc()).limit(SHOWN))


def last_mapping(village_id: int) -> str:
    """Return the mapping of the village's last roster, which the next one begins with."""
    last = Census.select(Census.mapping).where(Census.village == village_id, Census.mapping != "")
    return str(last.order_by(Census.id.desc()).limit(1).scalar() or "")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a roster as the mapping page shows it."""

    place: int
    head: str
    samples: list[Any]


def columns(kept: Roster) -> Iterator[Column]:
    """Return the columns of a roster, each with its heading and a few of its values."""
    for place, head in enumerate(kept.heads):
        if found := census.samples(kept, place):
            yield Column(place, head, found)
        elif head:
            yield Column(place, head, [])


@dataclass(frozen=True, slots=True)
class Preview:
    """A page of the preview: its lines of one kind, how many there are of each, the page's number and the last."""

    lines: list[Item]
    kind: str
    counts: dict[str, int]
    page: int
    last: int


def preview(found: Census, kind: str, page: int) -> Preview:
    """Return one page of what a roster would change; without a kind, the first that there is something of."""
    counts: dict[str, int] = json.loads(found.counts)
    there = [name for name in census.KINDS if counts[name]]
    kind = kind if kind in there else there[0] if there else ""
    lines = [line for line in json.loads(found.preview) if line[0] == kind] if kind else []
    last = max(1, -(-len(lines) // PAGE))
    page = min(max(page, 1), last)
    return Preview(lines[(page - 1) * PAGE : page * PAGE], kind, counts, page, last)
