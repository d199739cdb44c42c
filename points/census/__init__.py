"""A roster 户名册 as committees keep it: what its columns are, which rows are one household, what taking it in changes.

`read` gives the rows below the headings, without identity or bank numbers: those are dropped here, before anything is
kept or shown. `guess` says what each column is taken for, `plan` what would change in a village, with every problem by
its row. The preview shows a plan, and taking the roster in plans again: what is there may have changed in between.
"""

from datetime import timedelta

from points import access
from points.census.cells import alike, household_number, phone
from points.census.columns import TARGETS, WAYS, Mapping, guess, samples
from points.census.homes import PROBLEMS, Home, group
from points.census.numbers import without_numbers
from points.census.planning import Plan, plan
from points.census.preview import KINDS, Item, counts, items, only
from points.census.reading import Roster, read
from points.errors import NotFound
from points.models.census import Census
from points.models.people import Person

__all__ = [
    "KEEPERS", "KEPT_FOR", "KINDS", "PROBLEMS", "TARGETS", "WAYS", "Home", "Item", "Mapping", "Plan", "Roster",
    "alike", "counts", "group", "guess", "household_number", "items", "of", "only", "phone", "plan", "read", "samples",
    "without_numbers",
]  # fmt: skip

KEPT_FOR = timedelta(days=7)
"""How long a roster waits to be taken in."""
KEEPERS = ("committee", "admin")
"""Who takes in a roster: of the whole village."""


def of(keeper: Person, census_id: int) -> Census:
    """Return a roster of a village that *keeper* keeps. Raises `NotFound` or `NotAllowed`."""
    found: Census | None = Census.get_or_none(Census.id == census_id)
    if found is None:
        raise NotFound()
    access.require(keeper, *KEEPERS, area_id=found.village_id)
    return found
