"""Accounts: opened, found, read and held."""

from __future__ import annotations

from points import db
from points.errors import NotFound
from points.models.ledger import STORED_BALANCE, Account, AccountRef, AccountType


def open_account(type_: AccountType, owner_id: int) -> Account:
    """Open the account of *type_* for the household, village area or shop *owner_id*, with zero points."""
    db.require_transaction()
    return Account.create(type=type_, owner_id=owner_id)


def account(type_: AccountType, owner_id: int) -> Account:
    """Return the account of *type_* that *owner_id* holds. Raises `NotFound`."""
    found = Account.get_or_none(type=type_, owner_id=owner_id)
    if found is None:
        raise NotFound()
    return found


def balance(account: Account | AccountRef) -> int:
    """Read the points on *account* now: stored where there is a floor, else summed from its transfers."""
    if account.type in STORED_BALANCE:
        row = db.execute("SELECT balance FROM account WHERE id = ?", (account.id,)).fetchone()
    else:
        row = db.execute(_SUM, (account.id, account.id)).fetchone()
    return int(row[0])


def lock_balance(account: Account | AccountRef) -> int:
    """Read a stored balance so that no other transaction can change it before this one ends."""
    return int(
        db.execute("UPDATE account SET balance = balance WHERE id = ? RETURNING balance", (account.id,)).fetchone()[0]
    )


_SUM = """
    SELECT COALESCE((SELECT SUM(points) FROM transfer WHERE target_id = ?), 0)
         - COALESCE((SELECT SUM(points) FROM transfer WHERE source_id = ?), 0)
"""
