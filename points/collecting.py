"""Who may take a household's goods: a listed member, or a proxy 代领 with a grant that stands."""

from __future__ import annotations

from datetime import datetime

from points import access, db
from points.calendar import local_date
from points.errors import Barred, CollectorUnlisted, ProxyExpired, ProxyRevoked, ProxyServes, ProxyUnlisted
from points.models.people import Person

_MEMBER = "SELECT barred_until FROM person WHERE id = ? AND household_id = ? AND active"
_PROXY = """
    SELECT proxy.name, proxy.person_id, proxy.until, proxy.revoked_at, person.barred_until FROM proxy
    LEFT JOIN person ON person.id = proxy.person_id WHERE proxy.id = ? AND proxy.household_id = ?
"""
_RELATIVE = f"""
    SELECT 1 FROM person WHERE (id = ? OR (name = ? AND CAST(? AS BIGINT) = 0)) AND household_id IN ({access.RELATED})
"""


def require_collector(household_id: int, *, collector_id: int, proxy_id: int, clerk: Person, now: datetime) -> None:
    """Let a member or a proxy of the household take its goods: one of the two ids is 0.

    Raises `CollectorUnlisted`, `Barred` or what `require_proxy` refuses.
    """
    if proxy_id and not collector_id:
        require_proxy(household_id, proxy_id, clerk=clerk, now=now)
        return
    row = db.execute(_MEMBER, (collector_id, household_id)).fetchone()
    if row is None or proxy_id:
        raise CollectorUnlisted()
    _require_not_barred(row[0], now=now)


def require_proxy(household_id: int, proxy_id: int, *, clerk: Person, now: datetime) -> None:
    """Let a proxy take the household's goods, but never *clerk*, who hands them out, or one of the clerk's family.

    Raises `ProxyUnlisted`, `ProxyRevoked`, `ProxyExpired`, `ProxyServes` or `Barred`.
    """
    row = db.execute(_PROXY, (proxy_id, household_id)).fetchone()
    if row is None:
        raise ProxyUnlisted()
    name, person_id, until, revoked_at, barred_until = row
    if revoked_at is not None:
        raise ProxyRevoked(name=name, day=local_date(db.moment(revoked_at)).isoformat())
    if db.day(until) < local_date(now):
        raise ProxyExpired(name=name, day=str(until))
    require_other(clerk, name, person_id)
    _require_not_barred(barred_until, now=now)


def require_other(clerk: Person, name: str, person_id: int | None) -> None:
    """Raise `ProxyServes` when the proxy is *clerk* or bears the same name, or is of the clerk's household or kin.

    Of those, someone whom the village does not know is told by the name.
    """
    if clerk.id == person_id or "".join(clerk.name.split()) == "".join(name.split()):
        raise ProxyServes()
    known = person_id or 0
    if db.execute(_RELATIVE, (known, " ".join(name.split()), known, clerk.id, clerk.id, clerk.id)).fetchone():
        raise ProxyServes()


def _require_not_barred(until: object, *, now: datetime) -> None:
    if until is not None and str(until) >= local_date(now).isoformat():
        raise Barred(day=str(until))
