"""Expiry 到期: points that lapse at year's end, first in first out, computed from sums; and posting them.

Of what a household has, reserved or not, the *old* part is what it earned up to a day and has not spent since: its
points less what it earned after that day. What its reservations hold is the oldest of it, so it is spared while it is
held; a reservation that ends without goods lets it lapse at once (`late`). Earned on the day of posting are awards,
opening balances, adjustments, and points that came from another household; everything else that goes is spent, and what
is undone was not spent. It all runs inside the caller's transaction; accounts are locked in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from points import db, ledger
from points.calendar import end_of, local_date, start_of
from points.ledger import Posting
from points.models.expiry import Expiry, ExpiryLine, ExpiryRule
from points.models.ledger import Account, AccountType, Kind

WARNING_DAYS = 60


class Purse(NamedTuple):
    """What a household has: to spend, set aside for reservations, and how much of both was earned after the day."""

    household_id: int
    account_id: int
    balance: int
    held: int
    earned: int

    @property
    def old(self) -> int:
        """The points that are older than the day."""
        return max(0, self.balance + self.held - self.earned)

    @property
    def free(self) -> int:
        """The old points that no reservation holds."""
        return max(0, self.old - self.held)


# --- the calendar -----------------------------------------------------------------------------------------------------


def warns_on(year: int) -> date:
    """Return the first local day on which households see what lapses at the end of *year*."""
    return date(year, 12, 31) - timedelta(days=WARNING_DAYS)


def first_year(now: datetime) -> int:
    """Return the first year-end for a rule that is adopted *now*: the one with the whole warning before it."""
    today = local_date(now)
    return today.year if today <= warns_on(today.year) else today.year + 1


def plan(rule: ExpiryRule, year: int) -> None:
    """Let the end of *year* wait for its day."""
    Expiry.create(
        rule=rule,
        village=rule.village_id,
        year=year,
        earned_until=end_of(date(year - rule.years, 12, 31)),
        warns_at=start_of(warns_on(year)),
        ends_at=end_of(date(year, 12, 31)),
    )


# --- the sums ---------------------------------------------------------------------------------------------------------

EARNING = "('award', 'opening', 'adjustment', 'move')"
_EARNED = f"""
    SELECT SUM(transfer.points) FROM transfer
    WHERE transfer.target_id = purse.id AND transfer.recorded_at >= ?
      AND transfer.kind IN {EARNING}
      AND transfer.id > COALESCE((
        SELECT before.id FROM transfer AS before WHERE before.target_id = purse.id AND before.recorded_at < ?
        ORDER BY before.id DESC LIMIT 1
      ), 0)
"""  # reads back from the newest as far as the day, and a day more, for ids and moments may cross at midnight
_PURSES = f"""
    SELECT household.id, purse.id, purse.balance, COALESCE(aside.balance, 0), COALESCE(({_EARNED}), 0)
    FROM household CROSS JOIN account AS purse
    LEFT JOIN account AS aside ON aside.type = 'hold' AND aside.owner_id = household.id
    WHERE purse.type = 'household' AND purse.owner_id = household.id AND {{where}}
"""  # CROSS: SQLite begins with the households asked for
_DAY = 86_400_000_000


def purse(household_id: int, earned_until: datetime) -> Purse:
    """Read what a household has now, and how much of it was earned from *earned_until* on."""
    return _purses("household.id = ?", household_id, earned_until)[0]


def purses(village_id: int, earned_until: datetime, *, area_id: int | None = None) -> list[Purse]:
    """Read the same of a village's households, or of those in one place of it."""
    if area_id is None:
        return _purses("household.village_id = ?", village_id, earned_until)
    return _purses("household.area_id = ?", area_id, earned_until)


def _purses(where: str, id_: int, earned_until: datetime) -> list[Purse]:
    since = db.microseconds(earned_until)
    rows = db.execute(_PURSES.format(where=where), (since, since - _DAY, id_)).fetchall()
    return [Purse(*map(int, row)) for row in rows]


# --- posting ----------------------------------------------------------------------------------------------------------

_DUE = "SELECT id FROM expiry WHERE state = 'waiting' AND ends_at <= ? ORDER BY id"
_HOLD = "SELECT id FROM expiry_rule WHERE id = (SELECT rule_id FROM expiry WHERE id = ?)"
_CLOSE = """
    UPDATE expiry SET state = CASE WHEN hung_at IS NULL THEN 'passed' ELSE 'posted' END, closed_at = ?
    WHERE id = ? AND state = 'waiting' AND ends_at <= ? RETURNING id
"""
_LOCK = """
    SELECT id FROM account WHERE type IN ('household', 'hold')
    AND owner_id IN (SELECT id FROM household WHERE village_id = ?) ORDER BY id FOR UPDATE
"""
_SAID = "SELECT household_id, state FROM expiry_line WHERE expiry_id = ? AND state <> 'due'"
_FORGET = """
    UPDATE expiry_line SET remaining = 0 WHERE remaining > 0 AND expiry_id <> ?
    AND household_id IN (SELECT id FROM household WHERE village_id = ?)
"""
_LINES = """
    INSERT INTO expiry_line (expiry_id, household_id, points, remaining, state, objection, answer)
    SELECT {0}, {1}, {2}, {3}, 'due', '', '' FROM {rows} WHERE 1 = 1
    ON CONFLICT (expiry_id, household_id) DO UPDATE SET points = excluded.points, remaining = excluded.remaining
    RETURNING id, household_id
"""
_LATE = """
    SELECT DISTINCT line.household_id FROM expiry_line AS line JOIN expiry ON expiry.id = line.expiry_id
    WHERE line.remaining > 0 AND line.state = 'due' AND NOT EXISTS (
        SELECT 1 FROM reservation WHERE reservation.household_id = line.household_id
        AND reservation.state = 'open' AND reservation.made_at <= expiry.closed_at
    )
"""
_REMAINS = """
    SELECT line.id, line.expiry_id, line.points, line.remaining, (
        SELECT COALESCE(SUM(reservation.points), 0) FROM reservation
        WHERE reservation.household_id = line.household_id AND reservation.state = 'open'
        AND reservation.made_at <= expiry.closed_at
    ) FROM expiry_line AS line JOIN expiry ON expiry.id = line.expiry_id
    WHERE line.household_id = ? AND line.remaining > 0 AND line.state = 'due'
"""


def due(now: datetime) -> list[int]:
    """Return the year-ends that are over and not dealt with."""
    return [row[0] for row in db.execute(_DUE, (db.microseconds(now),)).fetchall()]


def hold(expiry_id: int, *, skip: bool = False) -> bool:
    """Hold the rule of a year-end, so that whoever else changes anything of it waits; with *skip*, tell who cannot."""
    db.require_transaction()
    lock = (" FOR UPDATE" + " SKIP LOCKED" * skip) if db.is_postgresql() else ""
    return db.execute(_HOLD + lock, (expiry_id,)).fetchone() is not None


def post(expiry_id: int, *, now: datetime) -> int:
    """Let lapse what is due at a year-end that is over and whose list hung; return the points. The next one waits.

    A constant number of statements, however many households. One that another machine is posting now is left to it.
    """
    at = db.microseconds(now)
    if not hold(expiry_id, skip=True) or db.execute(_CLOSE, (at, expiry_id, at)).fetchone() is None:
        return 0
    expiry = Expiry.get_by_id(expiry_id)
    rule = ExpiryRule.get_by_id(expiry.rule_id)
    plan(rule, expiry.year + 1)
    if expiry.state != "posted":
        return 0
    if db.is_postgresql():
        db.execute(_LOCK, (expiry.village_id,))
    said = dict(db.execute(_SAID, (expiry_id,)).fetchall())
    db.execute(_FORGET, (expiry_id, expiry.village_id))
    found = [one for one in purses(expiry.village_id, expiry.earned_until) if one.old]
    lapsing = {one: 0 if said.get(one.household_id) else one.free for one in found}
    rows = [
        (expiry_id, one.household_id, points, one.old - points)
        for one, points in lapsing.items()
        if said.get(one.household_id) != "spared"
    ]
    lines = {household_id: id_ for id_, household_id in db.rows(_LINES, rows)} if rows else {}
    expired = ledger.account(AccountType.EXPIRED, expiry.village_id)
    postings = [
        _posting(expiry, lines[one.household_id], one, expired, points, key=f"expiry:{expiry_id}:{one.household_id}")
        for one, points in lapsing.items()
        if points
    ]
    ledger.post_many(postings, now=now)
    return sum(posting.points for posting in postings)


def late_due() -> list[int]:
    """Return the households where something remains to lapse that nothing holds any more."""
    return sorted(row[0] for row in db.execute(_LATE).fetchall())


def late(household_id: int, *, now: datetime) -> int:
    """Let lapse what remains of a year-end, as far as no reservation of that time holds it; return the points."""
    db.require_transaction()
    if db.execute(_REMAINS, (household_id,)).fetchone() is None:
        return 0
    ledger.lock_balance(ledger.account(AccountType.HOUSEHOLD, household_id))  # of two at once the second reads anew
    found = db.execute(_REMAINS, (household_id,)).fetchone()
    if found is None:
        return 0
    line_id, expiry_id, before, remaining, kept = map(int, found)
    expiry = Expiry.get_by_id(expiry_id)
    one = purse(household_id, expiry.earned_until)
    points = min(one.balance, max(0, min(remaining, one.old) - kept))
    left = min(remaining - points, kept)
    ExpiryLine.update(points=before + points, remaining=left).where(ExpiryLine.id == line_id).execute()
    if points:
        key = f"expiry:{expiry_id}:{household_id}:{before}"
        expired = ledger.account(AccountType.EXPIRED, expiry.village_id)
        ledger.post_many([_posting(expiry, line_id, one, expired, points, key=key)], now=now)
    return points


def _posting(expiry: Expiry, line_id: int, one: Purse, expired: Account, points: int, *, key: str) -> Posting:
    return Posting(
        key=key,
        kind=Kind.EXPIRY,
        source=Account(id=one.account_id, type=AccountType.HOUSEHOLD, owner_id=one.household_id),
        target=expired,
        points=points,
        cause_type="expiry",
        cause_id=line_id,
        happened_at=expiry.ends_at,
    )


# --- audit ------------------------------------------------------------------------------------------------------------


def audit() -> Sequence[tuple[str, int, int, int]]:
    """Return (what, id, stored, recomputed) where more lapsed than was due, or lines, transfers and sums disagree."""
    return [
        (what, int(row[0]), int(row[1]), int(row[2]))
        for what, sql in _AUDITS.items()
        for row in db.execute(sql).fetchall()
    ]


_LAPSED = """
    SELECT transfer.id, transfer.source_id, transfer.points, transfer.source_after, expiry.earned_until,
        aside.id AS aside_id
    FROM transfer JOIN expiry_line AS line ON line.id = transfer.cause_id
    JOIN expiry ON expiry.id = line.expiry_id
    LEFT JOIN account AS aside ON aside.type = 'hold' AND aside.owner_id = line.household_id
    WHERE transfer.kind = 'expiry'
"""
_AUDITS = {
    "more lapsed than was old": f"""
        SELECT id, points, old FROM (
            SELECT lapsed.id, lapsed.points, lapsed.points + lapsed.source_after
                + COALESCE((SELECT SUM(points) FROM transfer WHERE target_id = aside_id AND id < lapsed.id), 0)
                - COALESCE((SELECT SUM(points) FROM transfer WHERE source_id = aside_id AND id < lapsed.id), 0)
                - COALESCE((
                    SELECT SUM(points) FROM transfer WHERE target_id = lapsed.source_id AND id < lapsed.id
                    AND recorded_at >= lapsed.earned_until AND kind IN {EARNING}
                ), 0) AS old
            FROM ({_LAPSED}) AS lapsed
        ) AS compared WHERE points > old
    """,
    "points of line": """
        SELECT line.id, line.points, COALESCE(SUM(transfer.points), 0) FROM expiry_line AS line
        LEFT JOIN transfer ON transfer.cause_type = 'expiry' AND transfer.cause_id = line.id
        GROUP BY line.id, line.points HAVING line.points <> COALESCE(SUM(transfer.points), 0)
    """,
    "household of line": """
        SELECT line.id, line.household_id, account.owner_id FROM expiry_line AS line
        JOIN transfer ON transfer.cause_type = 'expiry' AND transfer.cause_id = line.id
        JOIN account ON account.id = transfer.source_id WHERE account.owner_id <> line.household_id
    """,
    "lapsed in village": """
        SELECT village_id, SUM(lines), SUM(moved) FROM (
            SELECT expiry.village_id, line.points AS lines, 0 AS moved FROM expiry_line AS line
            JOIN expiry ON expiry.id = line.expiry_id
            UNION ALL
            SELECT account.owner_id, 0, transfer.points FROM account
            JOIN transfer ON transfer.target_id = account.id WHERE account.type = 'expired'
        ) AS lapsed GROUP BY village_id HAVING SUM(lines) <> SUM(moved)
    """,
}
