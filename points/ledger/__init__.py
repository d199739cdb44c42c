"""The ledger: points move from one account to another, once, and are never edited.

A transfer has one source, one target and a positive number of points, so an unbalanced entry cannot be written. A
mistake is answered by another transfer: `reverse` takes the whole back, once; `correct` takes a wrong award back as far
as the balance covers, and the rest is *owed*, taken first from later awards. Accounts with a floor keep their balance,
and the statement that spends also tests it. All of it runs inside the caller's transaction, together with the fact that
caused it. The SQL is fixed and written once for both databases; `docs/ledger.md` explains the book.
"""

from points.ledger.accounts import account, balance, lock_balance, open_account
from points.ledger.auditing import Drift, audit
from points.ledger.moves import MOVES, REVERSIBLE, Posting
from points.ledger.posting import correct, post, reverse
from points.ledger.reading import CANONICAL, Entry, canonical, following, statement
from points.ledger.sets import post_awards, post_many
from points.models.ledger import Kind

__all__ = [
    "CANONICAL",
    "MOVES",
    "REVERSIBLE",
    "Drift",
    "Entry",
    "Kind",
    "Posting",
    "account",
    "audit",
    "balance",
    "canonical",
    "correct",
    "following",
    "lock_balance",
    "open_account",
    "post",
    "post_awards",
    "post_many",
    "reverse",
    "statement",
]
