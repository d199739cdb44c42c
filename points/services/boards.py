"""How the red board names a household: its own choice, made by anyone of it or typed in from its paper wish."""

from __future__ import annotations

from datetime import datetime

from points import access
from points.errors import N_, Invalid
from points.keys import verb
from points.models.people import BOARD_NAMES, Household, Person


@verb("boards.choose_name")
def choose_name(*, key: str, actor: Person, now: datetime, household_id: int, board_name: str) -> int:
    """Name a household on the red board in full, masked, or not at all; return the household's id.

    Anyone of the household may, and a committee member who is no relative, as its paper says.
    """
    household = access.household(household_id)
    if actor.household_id != household_id:
        access.require(actor, "committee", area_id=household.area_id)
        access.require_unrelated(actor, household)
    if board_name not in BOARD_NAMES:
        raise Invalid(what=N_("红榜上怎样写"))
    Household.update(board_name=board_name).where(Household.id == household_id).execute()
    return household_id
