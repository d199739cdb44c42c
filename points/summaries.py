"""Summaries: month × area × kind × item, kept in the transaction that posts, so that no page adds transfers up.

A transfer counts once for each household that it touches, in its village; a settlement touches none and counts where
its shop is. The month is the local one in which it was recorded. `docs/ledger.md` says what the columns hold. Rows are
changed in the order of their key, and on PostgreSQL each connection has its own *stripe*: tills of one village do not
wait for each other's row. Everything can be recomputed from the transfers, and the audit does so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from points import db
from points.calendar import local_date, month_of
from points.models.ledger import Account, AccountRef, AccountType

if TYPE_CHECKING:
    from points.ledger.moves import Posting

PURSES = (AccountType.HOUSEHOLD, AccountType.HOLD)
"""What a household may spend, and what it has set aside."""

TOTAL = "total"
"""The month and kind of the row that sums up all of an area; it sorts behind every month."""


def add(postings: Sequence[Posting], *, now: datetime) -> None:
    """Count *postings* that were posted *now*, by one statement."""
    if not postings:
        return
    month = month_of(local_date(now))
    accounts = {id(account): account for posting in postings for account in (posting.source, posting.target)}
    whose = {each: _whose(account) for each, account in accounts.items()}
    touched = []
    for posting in postings:
        (spender, spends), (earner, earns) = whose[id(posting.source)], whose[id(posting.target)]
        points, line_id = posting.points, posting.cause_id if posting.cause_type == "line" else 0
        kind, shop_id = posting.kind.value, 0 if spender or earner else posting.source.owner_id
        if spender and earner and spender != earner:
            touched.append((month, kind, spender, 0, line_id, points, -points * spends))
            spends = 0
        touched.append((month, kind, earner or spender, shop_id, line_id, points, points * (earns - spends)))
    db.rows(_ADD, touched)


def one(posting: Posting, *, now: datetime) -> tuple[Any, ...] | None:
    """Return the parameters of `one_sql` for a *posting* that touches one household; None for any other."""
    (spender, spends), (earner, earns) = _whose(posting.source), _whose(posting.target)
    household_id = earner or spender
    if not household_id or (spender and earner and spender != earner):
        return None
    line_id = posting.cause_id if posting.cause_type == "line" else 0
    change = posting.points * (earns - spends)
    return line_id, posting.points, change, month_of(local_date(now)), posting.kind.value, household_id


def one_sql(made: str = "") -> str:
    """Return the statement that counts one posting, if there is a row in *made*, where it is part of another one."""
    return _ONE.format(made=f"{made} CROSS JOIN " if made else "", stripe=db.stripe())


def add_awards(due: str, ids: str, *, cause_type: str, now: datetime) -> None:
    """Count the awards that `ledger.post_awards` posted *now* for what is *due* of *ids*, by one statement."""
    db.execute(_ADD_AWARDS.format(due=due, stripe=db.stripe()), (month_of(local_date(now)), ids, cause_type))


def fold(*, now: datetime) -> None:
    """Add the stripes of months gone by, but for last night's, together: nobody writes there, and reads are shorter."""
    db.require_transaction()
    if db.is_postgresql():  # elsewhere there is but one stripe
        db.execute(_FOLD, (month_of(local_date(now - timedelta(days=1))),))


def rebuild() -> None:
    """Sum up all transfers anew, where nothing is summed up yet."""
    db.require_transaction()
    db.execute(_INSERT.format(counted=_transferred(), stripe="0"))


def audit() -> Iterator[tuple[str, int, int, int]]:
    """Name each summary that its transfers do not bear out: what, its area, stored, recomputed."""
    for month, area_id, kind, item, *sums in db.execute(_AUDIT.format(counted=_transferred(), stripe="0")).fetchall():
        for what, stored, recomputed in zip(("count", "points", "change"), sums[:3], sums[3:], strict=True):
            if stored != recomputed:
                yield f"{what} of {month} {kind} {item} in area", area_id, stored, recomputed


# --- within -------------------------------------------------------------------------------------------------------


def _whose(account: Account | AccountRef) -> tuple[int, int]:
    """Return whose account it is: a household and 1 for a purse, 0 for what it owes; (0, 0) if no household's."""
    type_ = account.type
    if type_ in PURSES:
        return account.owner_id, 1
    return (account.owner_id, 0) if type_ == AccountType.OWED else (0, 0)


def _transferred() -> str:
    return _TRANSFERRED.format(month=db.month_of("touched.recorded_at"))


_KEY = "area_id, month, kind, item"
_SUMS = "count, points, change"
_SUMMED = f"""
    SELECT area_id, CASE part.column1 WHEN 1 THEN '{TOTAL}' ELSE month END AS month,
        CASE part.column1 WHEN 1 THEN '{TOTAL}' ELSE kind END AS kind,
        CASE part.column1 WHEN 1 THEN 0 ELSE item END AS item, {{stripe}} AS stripe,
        SUM(count) AS count, SUM(points) AS points, SUM(change) AS change
    FROM ({{counted}}) AS counted CROSS JOIN (VALUES (0), (1)) AS part WHERE area_id > 0 GROUP BY 1, 2, 3, 4
"""
"""What was *counted*, each as what it is and once more in the total of its area."""
_OF_ITEM = "LEFT JOIN contribution ON contribution.id = line.contribution_id GROUP BY 1, 2, 3, 4"
_POSTED = f"""
    SELECT COALESCE(household.village_id, shop.area_id) AS area_id, {{0:text}} AS month, {{1:text}} AS kind,
        COALESCE(contribution.item_id, 0) AS item, COUNT(*) AS count, SUM({{5}}) AS points, SUM({{6}}) AS change
    FROM {{rows}} LEFT JOIN household ON household.id = {{2}} LEFT JOIN shop ON shop.id = {{3}}
    LEFT JOIN line ON line.id = {{4}} {_OF_ITEM}
"""
_AWARDED = f"""
    SELECT household.village_id AS area_id, CAST(? AS TEXT) AS month, 'award' AS kind,
        COALESCE(contribution.item_id, 0) AS item, COUNT(*) AS count, SUM(due.points) AS points,
        SUM(due.points) AS change
    FROM ({{due}}) AS due JOIN household ON household.id = due.owner_id
    LEFT JOIN line ON CAST(? AS TEXT) = 'line' AND line.id = due.cause_id {_OF_ITEM}
"""
_PURSES = "('household', 'hold')"
_OWNED = "('household', 'hold', 'owed')"
_TRANSFERRED = f"""
    SELECT COALESCE(household.village_id, shop.area_id) AS area_id, {{month}} AS month, kind,
        COALESCE(contribution.item_id, 0) AS item, COUNT(*) AS count, SUM(points) AS points, SUM(change) AS change
    FROM (
        SELECT transfer.recorded_at, transfer.kind, transfer.points, transfer.cause_type, transfer.cause_id,
            CASE WHEN target.type IN {_OWNED} THEN target.owner_id WHEN source.type IN {_OWNED} THEN source.owner_id END
                AS household_id,
            CASE WHEN transfer.kind = 'settlement' THEN source.owner_id END AS shop_id,
            CASE WHEN target.type IN {_PURSES} THEN transfer.points ELSE 0 END - CASE WHEN source.type IN {_PURSES}
                AND (target.owner_id = source.owner_id OR target.type NOT IN {_OWNED}) THEN transfer.points ELSE 0 END
                AS change
        FROM transfer JOIN account AS source ON source.id = transfer.source_id
        JOIN account AS target ON target.id = transfer.target_id
        UNION ALL
        SELECT transfer.recorded_at, transfer.kind, transfer.points, transfer.cause_type, transfer.cause_id,
            source.owner_id, NULL, CASE WHEN source.type IN {_PURSES} THEN -transfer.points ELSE 0 END
        FROM transfer JOIN account AS source ON source.id = transfer.source_id
        JOIN account AS target ON target.id = transfer.target_id AND target.owner_id <> source.owner_id
        WHERE transfer.kind = 'move'
    ) AS touched
    LEFT JOIN household ON household.id = touched.household_id LEFT JOIN shop ON shop.id = touched.shop_id
    LEFT JOIN line ON touched.cause_type = 'line' AND line.id = touched.cause_id {_OF_ITEM}
"""
_INSERT = f"INSERT INTO month_summary ({_KEY}, stripe, {_SUMS}) {_SUMMED}"
_ON_TOP = """
    ON CONFLICT (area_id, month, kind, item, stripe) DO UPDATE SET count = month_summary.count + excluded.count,
        points = month_summary.points + excluded.points, change = month_summary.change + excluded.change
"""
_ONE = f"""
    INSERT INTO month_summary ({_KEY}, stripe, {_SUMS})
    SELECT household.village_id, part.column1, part.column2, CASE part.column2 WHEN '{TOTAL}' THEN 0 ELSE COALESCE((
        SELECT contribution.item_id FROM line JOIN contribution ON contribution.id = line.contribution_id
        WHERE line.id = ?), 0) END, {{stripe}}, 1, CAST(? AS BIGINT), CAST(? AS BIGINT)
    FROM {{made}}household CROSS JOIN (VALUES (CAST(? AS TEXT), CAST(? AS TEXT)), ('{TOTAL}', '{TOTAL}')) AS part
    WHERE household.id = ? {_ON_TOP}
"""
_KEEP = f"{_INSERT} ORDER BY 1, 2, 3, 4 {_ON_TOP}"
_FOLD = f"""
    WITH gone AS (DELETE FROM month_summary WHERE month < ? AND stripe > 0 RETURNING {_KEY}, {_SUMS})
    INSERT INTO month_summary ({_KEY}, stripe, {_SUMS})
    SELECT {_KEY}, 0, SUM(count), SUM(points), SUM(change) FROM gone GROUP BY {_KEY} ORDER BY {_KEY} {_ON_TOP}
"""
_ADD = _KEEP.replace("{counted}", _POSTED)
_ADD_AWARDS = _KEEP.replace("{counted}", _AWARDED)
_AUDIT = f"""
    SELECT month, area_id, kind, item, SUM(count), SUM(points), SUM(change),
        SUM(true_count), SUM(true_points), SUM(true_change)
    FROM (
        SELECT {_KEY}, {_SUMS}, 0 AS true_count, 0 AS true_points, 0 AS true_change FROM month_summary
        UNION ALL SELECT {_KEY}, 0, 0, 0, {_SUMS} FROM ({_SUMMED}) AS recomputed
    ) AS both_sides GROUP BY month, area_id, kind, item
    HAVING SUM(count) <> SUM(true_count) OR SUM(points) <> SUM(true_points) OR SUM(change) <> SUM(true_change)
    ORDER BY month, area_id, kind, item
"""
