"""Points between households: what goes along when people move, and what still comes to a household that now rests.

A contribution that is posted late, a receipt undone, an old award corrected: all of it lands on the household of that
day, even when another has taken it up since. `follow` brings it to the end of the chain. It all runs inside the
caller's transaction; accounts are locked in the order of their ids.
"""

from __future__ import annotations

from datetime import datetime

from points import db, ledger
from points.ledger import Posting
from points.models.changes import HouseholdChange
from points.models.ledger import AccountType, Kind
from points.models.people import Household

_STRANDED = """
    SELECT household.id FROM household CROSS JOIN account
    WHERE household.merged_into_id > 0 AND account.owner_id = household.id AND account.type IN ('household', 'owed')
        AND account.balance <> 0
"""  # CROSS: SQLite begins with the few that rest, not with all accounts
_NEWEST = "SELECT COALESCE(MAX(id), 0) FROM transfer WHERE source_id = ? OR target_id = ?"

Purses = tuple[int, int]
"""What a household may spend, and what it owes (not below 0)."""


def hold(*household_ids: int) -> dict[int, Purses]:
    """Read what households have and owe, so that nobody else can change it before this transaction ends."""
    owners = {(type_, id_) for id_ in household_ids for type_ in (AccountType.HOUSEHOLD, AccountType.OWED)}
    accounts = sorted((ledger.account(*owner) for owner in owners), key=lambda account: account.id)
    held = {(account.type, account.owner_id): ledger.lock_balance(account) for account in accounts}
    return {id_: (held[AccountType.HOUSEHOLD, id_], -held[AccountType.OWED, id_]) for id_ in household_ids}


def bring(
    source_id: int,
    target_id: int,
    points: int,
    owed: int,
    *,
    key: str,
    change: HouseholdChange,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Move *points* of one household to another, and *owed* that it owes; zero of either needs no transfer.

    A debt moves the other way round: what the target takes over stands below zero there.
    """
    purse, debt = AccountType.HOUSEHOLD, AccountType.OWED
    moves = ((purse, source_id, target_id, points, key), (debt, target_id, source_id, owed, f"{key}:owed"))
    postings = [
        Posting(
            key=name,
            kind=Kind.MOVE,
            source=ledger.account(type_, from_id),
            target=ledger.account(type_, to_id),
            points=amount,
            cause_type="change",
            cause_id=change.id,
            happened_at=now,
            actor_id=actor_id,
            reason=change.reason,
        )
        for type_, from_id, to_id, amount, name in moves
        if amount
    ]
    ledger.post_many(postings, now=now)


def stranded() -> list[int]:
    """Return the resting households to which something came."""
    return sorted({row[0] for row in db.execute(_STRANDED).fetchall()})


def follow(household_id: int, *, now: datetime) -> int:
    """Bring what a resting household has or owes to the end of its chain; return how many points moved.

    Of two machines at once the second finds nothing left.
    """
    db.require_transaction()
    source = end = Household.get_by_id(household_id)
    while end.merged_into_id is not None:
        end = Household.get_by_id(end.merged_into_id)
    points, owed = hold(source.id, end.id)[source.id]
    if points or owed:
        account = ledger.account(AccountType.HOUSEHOLD if points else AccountType.OWED, source.id)
        newest = db.execute(_NEWEST, (account.id, account.id)).fetchone()[0]
        took_up = (HouseholdChange.source == source) & (HouseholdChange.target == source.merged_into_id)
        change = HouseholdChange.get(took_up, HouseholdChange.state == "done")
        key = f"follow:{account.id}:{newest}"
        bring(source.id, end.id, points, owed, key=key, change=change, actor_id=None, now=now)
    return points
