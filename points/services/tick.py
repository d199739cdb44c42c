"""What time alone does: post what hung its days, let points follow or lapse, reservations expire, objections rise.

`tick` may run anywhere, at any time, on several machines at once, which then share the notices: each line is posted by
the conditional update that finds it due, and its key posts once. It stands still, with a visible reason, while the
clock cannot be trusted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from points import access, census, council, cover, db, expiring, following, holding, ledger, opening, photos, summaries
from points.errors import ClockBehind, ClockJumped, NotAllowed, PointsError
from points.keys import verb
from points.models.census import Census
from points.models.contribution import Notice, Objection, TickState
from points.models.ledger import AccountType
from points.models.people import Person
from points.models.photos import Upload
from points.models.receipt import PhoneCode
from points.roster import KEPT_FOR

LONGEST_GAP = timedelta(days=1)
SLACK = timedelta(seconds=30)
"""How far behind the newest record a clock may be: a request may begin after the tick did and be kept before it."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one tick did."""

    posted: int = 0
    points: int = 0
    closed: int = 0
    risen: int = 0
    expired: int = 0
    opened: int = 0
    lapsed: int = 0


def tick(*, now: datetime, progress: Callable[[list[int]], Iterable[int]] = iter) -> Report:
    """Do all that is due at *now*, one transaction a notice, opening, reservation or village's year-end.

    *progress* is handed the ids of the notices that are due, and gives them back one by one as they are dealt with.
    Raises `ClockBehind` or `ClockJumped`.
    """
    _require_sure_clock(now)
    posted = points = closed = 0
    for notice_id in progress(_due(now)):
        with db.transaction():
            amounts, first = _close(notice_id, now=now)
        posted += len(amounts)
        points += sum(amounts)
        closed += first
    opened = 0
    for opening_id in opening.due(now):
        with db.transaction():
            opened += len(opening.post(opening_id, now=now))
    expired = 0
    for reservation_id in holding.due(now):
        with db.transaction():
            expired += holding.expire(reservation_id, now=now)
    lapsed = 0
    for expiry_id in expiring.due(now):
        with db.transaction():
            lapsed += expiring.post(expiry_id, now=now)
    for household_id in expiring.late_due():
        with db.transaction():
            lapsed += expiring.late(household_id, now=now)
    for household_id in following.stranded():
        with db.transaction():
            following.follow(household_id, now=now)
    seen = cover.seen(now)
    with db.transaction():
        late = Objection.answer.is_null() & Objection.risen_at.is_null() & (Objection.due_at <= now)
        risen = Objection.update(risen_at=now).where(late).execute()
        council.end_terms(now)
        photos.remove_old(now)
        cover.keep(seen)
        if seen:  # once a day
            summaries.fold(now=now)
        Upload.delete().where(Upload.uploaded_at < now - KEPT_FOR).execute()
        waiting = Census.state.in_(("read", "previewed")) & (Census.uploaded_at < now - census.KEPT_FOR)
        Census.update(state="dropped", cells="", preview="").where(waiting).execute()
        PhoneCode.delete().where(PhoneCode.read_at < now - LONGEST_GAP).execute()  # long stale
    return Report(posted, points, closed, risen, expired, opened, lapsed)


@verb("tick.confirm_clock")
def confirm_clock(*, key: str, actor: Person, now: datetime) -> int:
    """Confirm, as an administrator, that the clock is right: `tick` goes on from *now*."""
    if not any(held.kind == "admin" for held in access.roles_of(actor.id)):
        raise NotAllowed()
    _open_state(now)
    TickState.update(last_at=now, trouble="", confirmed_to=_newest_record()).execute()
    return 1


def _require_sure_clock(now: datetime) -> None:
    with db.transaction():
        _open_state(now)
        TickState.update(trouble=TickState.trouble).execute()  # holds the row until the end
        state = TickState.get()
        newest = _newest_record()
        found: type[PointsError] | None = None
        if now + SLACK < state.last_at or (
            newest is not None and now + SLACK < newest and (state.confirmed_to is None or newest > state.confirmed_to)
        ):
            found = ClockBehind
        elif now - state.last_at > LONGEST_GAP:
            found = ClockJumped
        if found is None:
            TickState.update(last_at=max(now, state.last_at), trouble="").execute()
        elif state.trouble != found.__name__:
            TickState.update(trouble=found.__name__).execute()
    if found is not None:
        raise found()


def _open_state(now: datetime) -> None:
    """Make the one row, if there is none; two machines may try at once."""
    TickState.insert(id=1, last_at=now, trouble="").on_conflict_ignore().execute()


def _newest_record() -> datetime | None:
    rows = db.execute(
        "SELECT MAX(recorded_at) FROM write_key UNION ALL SELECT MAX(recorded_at) FROM "
        "(SELECT recorded_at FROM transfer ORDER BY id DESC LIMIT 1) AS last"
    ).fetchall()
    found = [row[0] for row in rows if row[0] is not None]
    return db.moment(max(found)) if found else None


def _due(now: datetime) -> list[int]:
    """Return the notices that ran out, and closed ones whose last objection to some line has been answered since."""
    return [row[0] for row in db.execute(_FOUND_DUE, (db.microseconds(now),)).fetchall()]


def _close(notice_id: int, *, now: datetime) -> tuple[list[int], bool]:
    """Post the undisputed lines of a notice that ran out; return their points, and whether this closed it.

    One transaction and a constant number of statements, however many lines there are. A notice that another machine is
    closing at this moment is left to it.
    """
    sql = "SELECT state, village_id FROM notice WHERE id = ? AND state <> 'gathered' AND closes_at <= ?"
    sql += " FOR UPDATE SKIP LOCKED" if db.is_postgresql() else ""
    held = db.execute(sql, (notice_id, db.microseconds(now))).fetchone()
    if held is None:
        return [], False
    state, village_id = held
    if state == "hung":
        Notice.update(state="closed", closed_at=now).where(Notice.id == notice_id).execute()
    posted = db.execute(_POST, (db.microseconds(now), notice_id)).fetchall()
    awards = [id_ for id_, effect, _ in posted if effect == "points"]
    deductions = [id_ for id_, effect, _ in posted if effect == "civility"]
    if awards:
        issuance = ledger.account(AccountType.ISSUANCE, village_id)
        due = _DUE.format(midnight=db.start_of_day("line.day"), ids="{ids}")
        ledger.post_awards(due, awards, source=issuance, cause_type="line", now=now)
    if deductions:
        db.execute(_DEDUCT.format(ids=db.set_of_ids()), (db.microseconds(now), json.dumps(deductions)))
    return [points for _, effect, points in posted if effect == "points"], state == "hung"


_FOUND_DUE = """
    WITH RECURSIVE standing (id) AS (
        SELECT MIN(notice_id) FROM line WHERE state = 'noticed'
        UNION ALL
        SELECT (SELECT MIN(notice_id) FROM line WHERE state = 'noticed' AND notice_id > standing.id)
        FROM standing WHERE standing.id IS NOT NULL
    )
    SELECT id FROM notice WHERE state = 'hung' AND closes_at <= ?
    UNION SELECT notice.id FROM standing JOIN notice ON notice.id = standing.id AND notice.state = 'closed'
    WHERE EXISTS (SELECT 1 FROM line WHERE notice_id = notice.id AND state = 'noticed' AND open_objections = 0)
    ORDER BY 1
"""  # from notice to notice with a line that waits: there are few, and millions of other lines
_POST = (
    "UPDATE line SET state = 'posted', posted_at = ? WHERE notice_id = ? AND state = 'noticed' AND open_objections = 0 "
    "RETURNING id, effect, granted"
)
_DUE = (
    "SELECT line.id AS cause_id, line.household_id AS owner_id, line.granted AS points, {midnight} AS happened_at, "
    "line.item_name AS reason FROM line WHERE line.id IN ({ids})"
)
_DEDUCT = (
    "INSERT INTO civility_entry (household_id, year, change, line_id, reason, recorded_at) "
    "SELECT household_id, CAST(SUBSTR(CAST(day AS TEXT), 1, 4) AS INTEGER), -granted, id, item_name, CAST(? AS BIGINT) "
    "FROM line WHERE id IN ({ids}) ORDER BY id"
)
