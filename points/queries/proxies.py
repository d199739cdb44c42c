"""What the pages about proxies 代领 read: a household's grants, and what was collected by them."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from points import db
from points.errors import NotFound
from points.models.people import Person

ENDED = 20
"""So many grants that ended are shown beside those that stand."""

_GRANTS = """
    SELECT proxy.id, proxy.name, household.number, proxy.until, granter.name, proxy.granted_at, revoker.name,
        proxy.revoked_at
    FROM proxy JOIN person AS granter ON granter.id = proxy.granted_by_id
    LEFT JOIN person ON person.id = proxy.person_id LEFT JOIN household ON household.id = person.household_id
    LEFT JOIN person AS revoker ON revoker.id = proxy.revoked_by_id
    WHERE proxy.household_id = ? AND (proxy.revoked_at IS NOT NULL OR proxy.until < ?) = ?
    ORDER BY proxy.id DESC LIMIT ?
"""
_UNSEEN = """
    SELECT receipt.id, proxy.name, shop.name, receipt.recorded_at FROM receipt
    JOIN proxy ON proxy.id = receipt.proxy_id JOIN till ON till.id = receipt.till_id JOIN shop ON shop.id = till.shop_id
    WHERE receipt.household_id = ? AND receipt.proxy_id IS NOT NULL AND receipt.id > ?
    ORDER BY receipt.id DESC LIMIT ?
"""


class Grant(NamedTuple):
    """Whom a household lets collect; *number* is that person's own household, if the village knows them."""

    id: int
    name: str
    number: str
    until: date
    granted_by: str
    granted_at: datetime
    revoked_by: str
    revoked_at: datetime | None


class Collected(NamedTuple):
    """A proxy's collection."""

    receipt_id: int
    proxy: str
    shop: str
    recorded_at: datetime


def grants(household_id: int, today: date, *, standing: bool, limit: int = ENDED) -> list[Grant]:
    """Return the newest grants of a household: those that stand on the local day *today*, or those that ended."""
    day = today if db.is_postgresql() else today.isoformat()
    return [
        Grant(
            id_,
            name,
            number or "",
            db.day(until),
            by,
            db.moment(at),
            revoker or "",
            db.moment(ended) if ended else None,
        )
        for id_, name, number, until, by, at, revoker, ended in db.execute(
            _GRANTS, (household_id, day, not standing, limit)
        ).fetchall()
    ]


def household_of(proxy_id: int) -> int:
    """Return the household that gave a grant. Raises `NotFound`; the caller guards by its area."""
    row = db.execute("SELECT household_id FROM proxy WHERE id = ?", (proxy_id,)).fetchone()
    if row is None:
        raise NotFound()
    return int(row[0])


def unseen(person: Person, *, limit: int = 5) -> list[Collected]:
    """Return the newest proxy collections of the person's household that the person took no notice of yet."""
    rows = db.execute(_UNSEEN, (person.household_id, person.seen_receipt_id, limit)).fetchall()
    return [Collected(id_, name, shop, db.moment(at)) for id_, name, shop, at in rows]
