"""What a page of a passbook says, the same whenever it is printed: its movements, and how the household stood then."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from points import db, ledger
from points.calendar import local_date
from points.errors import NotFound
from points.ledger import Entry
from points.models.areas import Area
from points.models.ledger import AccountType
from points.models.paper import Paper, PassbookPage
from points.models.people import Household, Person
from points.queries import expiry, home
from points.queries.home import Row

MOST = 100
"""No page holds so many movements."""
LIST = 50

_STOOD = """
    SELECT account.type, COALESCE((
        SELECT CASE WHEN transfer.source_id = account.id THEN source_after ELSE target_after END FROM transfer
        WHERE (transfer.source_id = account.id OR transfer.target_id = account.id) AND transfer.recorded_at <= ?
        ORDER BY transfer.id DESC LIMIT 1
    ), 0) FROM account WHERE account.type IN ('hold', 'owed') AND account.owner_id = ?
"""
_PROXIES = """
    SELECT name, until FROM proxy WHERE household_id = ? AND granted_at <= ? AND until >= ?
      AND (revoked_at IS NULL OR revoked_at > ?) ORDER BY id
"""
_LACKS = """
    WITH here AS (
        SELECT household.id, household.number, household.area_id, account.id AS account,
            COALESCE((SELECT MAX(last_id) FROM passbook_page WHERE household_id = household.id), 0) AS printed
        FROM household CROSS JOIN account
        WHERE account.type = 'household' AND account.owner_id = household.id AND household.active
        AND household.area_id IN (
            SELECT descendant_id FROM area_ancestor WHERE ancestor_id {places}
        )
    ), lacks AS (
        SELECT * FROM here
        WHERE EXISTS (SELECT 1 FROM transfer WHERE source_id = account AND transfer.id > printed)
           OR EXISTS (SELECT 1 FROM transfer WHERE target_id = account AND transfer.id > printed)
    )
"""
_TO_PRINT = f"""
    {_LACKS.format(places="= ?")}
    SELECT lacks.id FROM lacks JOIN area ON area.id = lacks.area_id
    ORDER BY area.parent_id, area.position, area.id, lacks.number
"""
_LACKING = f"""
    {_LACKS.format(places="IN ({ids})")}
    SELECT ancestor_id, COUNT(*) FROM lacks JOIN area_ancestor ON descendant_id = lacks.area_id
    WHERE ancestor_id IN ({{ids}}) GROUP BY ancestor_id
"""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page as it was printed first: *opening* is the balance before its first movement.

    *owed*, *held* (set aside for reservations), *lapsing* (at year's end) and *proxies* (name, last day) are those of
    that moment. *prints* counts its PDFs.
    """

    page: PassbookPage
    household: Household
    village: str
    members: list[str]
    rows: list[Row]
    opening: int
    owed: int
    held: int
    proxies: list[tuple[str, date]]
    prints: int
    lapsing: expiry.Lapsing | None

    @property
    def came(self) -> int:
        """The points that came on this page."""
        return sum(row.entry.points for row in self.rows if row.entry.points > 0)

    @property
    def went(self) -> int:
        """The points that went on this page."""
        return -sum(row.entry.points for row in self.rows if row.entry.points < 0)


def page(page_id: int) -> PassbookPage:
    """Return a page with its household and who printed it. Raises `NotFound`; the caller guards."""
    query = PassbookPage.select(PassbookPage, Household, Person).join(Household).switch(PassbookPage).join(Person)
    found: PassbookPage | None = query.where(PassbookPage.id == page_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def leaf(page: PassbookPage) -> Leaf:
    """Read a page whole, by a constant number of statements."""
    household, at = page.household, db.microseconds(page.printed_at)
    entries = _entries(page)
    stood = dict(db.execute(_STOOD, (at, household.id)).fetchall())
    today = local_date(page.printed_at)
    day = today if db.is_postgresql() else today.isoformat()
    members = Person.select(Person.name).where(Person.household == household, Person.active).order_by(Person.id)
    return Leaf(
        page=page,
        household=household,
        village=Area.get_by_id(household.village_id).name,
        members=[person.name for person in members],
        rows=home.behind(entries),
        opening=_opening(entries),
        owed=-stood.get("owed", 0),
        held=stood.get("hold", 0),
        proxies=[(name, db.day(until)) for name, until in db.execute(_PROXIES, (household.id, at, day, at)).fetchall()],
        prints=Paper.select().where(Paper.kind == "passbook", Paper.subject_id == page.id).count(),
        lapsing=expiry.warned(household.id, page.printed_at),
    )


def figures(page: PassbookPage) -> tuple[int, int]:
    """Return how many movements a page holds, and the balance before them."""
    entries = _entries(page)
    return len(entries), _opening(entries)


def pages(household_id: int, *, before: int | None = None) -> tuple[list[PassbookPage], int | None]:
    """List a household's pages, newest first, with who printed them; and the number before which more follow."""
    query = PassbookPage.select(PassbookPage, Person).join(Person).where(PassbookPage.household == household_id)
    if before:
        query = query.where(PassbookPage.number < before)
    found = list(query.order_by(PassbookPage.number.desc()).limit(LIST + 1))
    return found[:LIST], found[LIST - 1].number if len(found) > LIST else None


def waiting(household_id: int) -> int:
    """Count the movements since the last page, up to `MOST`."""
    last = PassbookPage.select(PassbookPage.last_id).where(PassbookPage.household == household_id)
    after = last.order_by(PassbookPage.number.desc()).limit(1).scalar() or 0
    return len(ledger.following(ledger.account(AccountType.HOUSEHOLD, household_id), after=after, limit=MOST))


def lacking(area_ids: Sequence[int]) -> dict[int, int]:
    """Count for each of the areas the households in it and below whose passbook lacks movements."""
    ids = json.dumps(list(area_ids))
    return dict(db.execute(_LACKING.format(ids=db.set_of_ids()), (ids, ids)).fetchall())


def to_print(area_id: int) -> list[int]:
    """List the households of an area and below whose passbook lacks movements, in walking order."""
    return [row[0] for row in db.execute(_TO_PRINT, (area_id,)).fetchall()]


def _entries(page: PassbookPage) -> list[Entry]:
    account = ledger.account(AccountType.HOUSEHOLD, page.household_id)
    found = ledger.following(account, after=page.after_id, limit=MOST)
    return [entry for entry in found if entry.id <= page.last_id]


def _opening(entries: list[Entry]) -> int:
    return entries[0].balance - entries[0].points
