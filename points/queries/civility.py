"""The civility score 文明分 of a household: 100 when a year begins, lowered by deductions, restored when put right."""

from __future__ import annotations

from peewee import fn

from points.models.contribution import CivilityEntry, Line
from points.models.people import Person

START = 100


def score(household_id: int, year: int) -> int:
    """Return a household's score in *year*."""
    changes = CivilityEntry.select(fn.SUM(CivilityEntry.change))
    here = (CivilityEntry.household == household_id) & (CivilityEntry.year == year)
    return START + int(changes.where(here).scalar() or 0)


def entries(household_id: int, year: int) -> list[CivilityEntry]:
    """List what changed a household's score in *year*, newest first, each with its line and whose act that was."""
    query = CivilityEntry.select(CivilityEntry, Line, Person).join(Line).join(Person, on=Line.person)
    here = (CivilityEntry.household == household_id) & (CivilityEntry.year == year)
    return list(query.where(here).order_by(CivilityEntry.id.desc()))
