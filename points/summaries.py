"""Summaries: month × area × kind × item, kept in the transaction that posts, so that no page adds transfers up.

A transfer counts once for each household that it touches, in its village; a settlement touches none and counts where
its shop is. The month is the local one in which it was recorded. `docs/ledger.md` says what the columns hold. Rows are
changed in the order of their key, and on PostgreSQL each connection has its own *stripe*: tills of one village do not
wait for each other's row. Everything can be recomputed from the transfers, and the audit does so.
"""

from __future__ import annotations

import json
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
    """Count *postings* that were posted *now*: grouped here, so that a row of the summary is changed once."""
    if not postings:
        return
    accounts = {id(account): account for posting in postings for account in (posting.source, posting.target)}
    whose = {each: _whose(account) for each, account in accounts.items()}
    shops = {id(account): account.owner_id for account in accounts.values() if account.type == AccountType.SHOP}
    lines = {posting.cause_id for posting in postings if posting.cause_type == "line"}
    villages, sites, items = _places({owner for owner, _ in whose.values()}, set(shops.values()), lines)
    sums: dict[tuple[int, str, int], list[int]] = {}

    def count(area_id: int | None, kind: str, item: int, points: int, change: int) -> None:
        if area_id:
            sum_ = sums.setdefault((area_id, kind, item), [0, 0, 0])
            sum_[0] += 1
            sum_[1] += points
            sum_[2] += change

    for posting in postings:
        (spender, spends), (earner, earns) = whose[id(posting.source)], whose[id(posting.target)]
        points, kind = posting.points, posting.kind
        item = items.get(posting.cause_id, 0) if posting.cause_type == "line" else 0
        if spender and earner and spender != earner:
            count(villages.get(spender), kind, item, points, -points * spends)
            spends = 0
        if spender or earner:
            count(villages.get(earner or spender), kind, item, points, points * (earns - spends))
        else:
            count(sites.get(shops[id(posting.source)]), kind, item, points, 0)
    month = month_of(local_date(now))
    db.rows(_ADD, [(area_id, month, str(kind), item, *sum_) for (area_id, kind, item), sum_ in sums.items()])


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


def _places(households: set[int], shops: set[int], lines: set[int]) -> tuple[dict[int, int], ...]:
    """Find the village of each household, the place of each shop and the rule-book item of each line."""
    sets = {"household.id": households, "shop.id": shops, "line.id": lines}
    sql = _PLACES.format(*(db.in_set(column) for column in sets))
    found: tuple[dict[int, int], ...] = ({}, {}, {})
    for which, id_, place in db.execute(sql, [json.dumps(sorted(ids)) for ids in sets.values()]).fetchall():
        found[which][id_] = place
    return found


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
_PLACES = """
    SELECT 0, id, village_id FROM household WHERE {0} UNION ALL SELECT 1, id, area_id FROM shop WHERE {1} UNION ALL
    SELECT 2, line.id, contribution.item_id FROM line JOIN contribution ON contribution.id = line.contribution_id
    WHERE {2}
"""
_POSTED = """
    SELECT {0} AS area_id, {1:text} AS month, {2:text} AS kind, {3} AS item, {4} AS count, {5} AS points, {6} AS change
    FROM {rows}
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
