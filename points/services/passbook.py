"""The passbook 积分存折: a household's movements on paper, page after page, each beginning where the last one stopped.

A page is a fact of its own: which movements, from where to where, and the balance then. Printed again it says the same.
"""

from __future__ import annotations

from datetime import datetime

from points import access, ledger
from points.errors import NothingToPrint
from points.keys import verb
from points.models.ledger import AccountType
from points.models.paper import PassbookPage
from points.models.people import Person

PRINTERS = ("committee", "steward")
"""Who prints passbooks, besides the household itself, relatives too: a page says what is and changes nothing."""
LINES = 18
"""So many movements fit a sheet of A4 in large type."""


@verb("passbook.print_page")
def print_page(*, key: str, actor: Person, now: datetime, household_id: int) -> int:
    """Make the next page of a household's passbook, of at most `LINES` movements since the last; return the page's id.

    Of two at once the second gets what the first left. Raises `NothingToPrint` when nothing happened since.
    """
    household = access.household(household_id)
    if actor.household_id != household_id:
        access.require(actor, *PRINTERS, area_id=household.area_id)
    account = ledger.account(AccountType.HOUSEHOLD, household_id)
    ledger.lock_balance(account)  # pages take turns, and no movement with a lower id is still under way
    pages = PassbookPage.select().where(PassbookPage.household == household_id)
    last = pages.order_by(PassbookPage.number.desc()).first()
    entries = ledger.following(account, after=last.last_id if last else 0, limit=LINES)
    if not entries:
        raise NothingToPrint()
    page = PassbookPage.create(
        household=household_id,
        number=last.number + 1 if last else 1,
        after_id=last.last_id if last else 0,
        last_id=entries[-1].id,
        balance=entries[-1].balance,
        printed_by=actor,
        printed_at=now,
    )
    return int(page.id)
