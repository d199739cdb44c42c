"""Accounts and transfers: the ledger's four tables. Only `points.ledger` writes them.

`transfer` is append-only by trigger. Words that could name someone live in `transfer_note`, which may be blanked; the
transfer keeps their salted digest.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from peewee import BigIntegerField, CharField, Check, ForeignKeyField, TextField

from points.db import UTCField
from points.models.base import Table, one_of


class AccountType(StrEnum):
    """What an account stands for. The owner is a household, a village area or a shop, by type."""

    HOUSEHOLD = "household"  # what a household may spend; floor 0
    HOLD = "hold"  # set aside for a reservation; floor 0
    OWED = "owed"  # what a household owes after a correction; never above 0
    ISSUANCE = "issuance"  # a village's: where points come from
    ADJUSTMENT = "adjustment"  # a village's: opening balances and other explained differences
    EXPIRED = "expired"  # a village's: what lapsed at year's end; opened with the rule that says so
    SHOP = "shop"  # what a shop has taken in
    SETTLED = "settled"  # what a shop has been paid for


STORED_BALANCE = (AccountType.HOUSEHOLD, AccountType.HOLD, AccountType.OWED)
"""Accounts with a floor keep their balance in the row; the others are summed, for everybody's transfer touches them."""


class Kind(StrEnum):
    """Why points move."""

    AWARD = "award"
    REDEMPTION = "redemption"
    REVERSAL = "reversal"
    CORRECTION = "correction"
    DEBT = "debt"
    REPAYMENT = "repayment"
    ADJUSTMENT = "adjustment"
    HOLD = "hold"
    RELEASE = "release"
    SETTLEMENT = "settlement"
    OPENING = "opening"
    MOVE = "move"
    EXPIRY = "expiry"


class AccountRef(NamedTuple):
    """What a posting needs to know of an account; a row built by the ORM costs ten times as much."""

    id: int
    type: AccountType
    owner_id: int


class Account(Table):
    """One owner's points of one type."""

    type = CharField(max_length=12)
    owner_id = BigIntegerField()
    balance = BigIntegerField(default=0)

    class Meta:
        constraints = [
            one_of("type", AccountType),
            Check("type NOT IN ('household', 'hold') OR balance >= 0"),
            Check("type <> 'owed' OR balance <= 0"),
            Check("type IN ('household', 'hold', 'owed') OR balance = 0"),
        ]
        indexes = ((("type", "owner_id"), True),)


class Transfer(Table):
    """Points moved once, from one account to another; never edited, only answered by another transfer.

    `cause_type` and `cause_id` say what for (``line`` 7, ``receipt`` 12). `source_after` and `target_after` are the
    balances after it, on accounts that keep one. The order is that of `id`, never of `happened_at`.
    """

    key = CharField(max_length=80, unique=True)
    kind = CharField(max_length=12)
    source: Any = ForeignKeyField(Account, backref="+", on_delete="RESTRICT", index=False)
    target: Any = ForeignKeyField(Account, backref="+", on_delete="RESTRICT", index=False)
    source_id: int
    target_id: int
    points = BigIntegerField()
    actor_id = BigIntegerField(null=True)
    cause_type = CharField(max_length=12)
    cause_id = BigIntegerField()
    answers: Any = ForeignKeyField("self", null=True, backref="+", on_delete="RESTRICT", index=False)
    answers_id: int | None
    happened_at = UTCField()
    recorded_at = UTCField()
    source_after = BigIntegerField(null=True)
    target_after = BigIntegerField(null=True)
    reason_digest = CharField(max_length=64, default="")

    class Meta:
        constraints = [
            Check("points > 0"),
            Check("source_id <> target_id"),
            one_of("kind", Kind),
            Check("(kind IN ('reversal', 'correction', 'debt')) = (answers_id IS NOT NULL)"),
        ]
        indexes = (
            (("source", "id"), False),
            (("target", "id"), False),
        )


# Few transfers answer another one; the others shall not pay for this index.
Transfer.add_index(Transfer.index(Transfer.answers).where(Transfer.answers.is_null(False)))


class TakenBack(Table):
    """How much of a transfer has been reversed or corrected; never more than it moved."""

    id = None
    transfer: Any = ForeignKeyField(Transfer, primary_key=True, on_delete="RESTRICT")
    original = BigIntegerField()
    points = BigIntegerField()

    class Meta:
        constraints = [Check("points > 0"), Check("points <= original")]


class TransferNote(Table):
    """The words of a transfer and the salt of their digest; both may be blanked."""

    id = None
    transfer: Any = ForeignKeyField(Transfer, primary_key=True, on_delete="RESTRICT")
    salt = CharField(max_length=32)
    text = TextField()
