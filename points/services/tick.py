"""What time alone does: post what hung its days undisputed, and let late objections rise to the township.

`tick` may run anywhere, at any time, on several machines at once: each line is posted by the conditional update that
finds it due, and its key posts once. It stands still, with a visible reason, while the clock cannot be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from points import access, db, ledger
from points.calendar import start_of
from points.errors import ClockBehind, ClockJumped, NotAllowed, PointsError
from points.keys import verb
from points.ledger import Posting
from points.models.contribution import Line, Notice, Objection, TickState
from points.models.ledger import Account, AccountType, Kind
from points.models.people import Person

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


def tick(*, now: datetime) -> Report:
    """Post all that is due at *now*, one transaction a notice. Raises `ClockBehind` or `ClockJumped`."""
    _require_sure_clock(now)
    posted = points = closed = 0
    for notice_id in _due(now):
        with db.transaction():
            amounts, first = _close(notice_id, now=now)
        posted += len(amounts)
        points += sum(amounts)
        closed += first
    with db.transaction():
        late = Objection.answer.is_null() & Objection.risen_at.is_null() & (Objection.due_at <= now)
        risen = Objection.update(risen_at=now).where(late).execute()
    return Report(posted, points, closed, risen)


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
    """Return the notices that ran out, and closed ones whose last objection to some line has been dismissed since."""
    ran_out = Notice.select(Notice.id).where(Notice.state == "hung", Notice.closes_at <= now)
    settled = (
        Line.select(Line.notice)
        .join(Objection, on=Objection.line == Line.id)
        .switch(Line)
        .join(Notice)
        .where(Objection.answer == "dismissed", Line.state == "noticed", Line.open_objections == 0)
        .where(Notice.state == "closed")
        .distinct()
    )
    return sorted({notice.id for notice in ran_out} | {int(line.notice_id or 0) for line in settled})


def _close(notice_id: int, *, now: datetime) -> tuple[list[int], bool]:
    """Post the undisputed lines of a notice that ran out; return their points, and whether this closed it."""
    due = (Notice.id == notice_id) & (Notice.closes_at <= now)
    first = bool(Notice.update(state="closed", closed_at=now).where(due, Notice.state == "hung").execute())
    if not first and not Notice.update(state="closed").where(due, Notice.state == "closed").execute():
        return [], False
    ready = (Line.notice == notice_id) & (Line.state == "noticed") & (Line.open_objections == 0)
    lines = list(Line.update(state="posted", posted_at=now).where(ready).returning(Line))
    if not lines:
        return [], first
    lines.sort(key=lambda line: line.id)
    issuance = ledger.account(AccountType.ISSUANCE, lines[0].village_id)
    households = [line.household_id for line in lines]
    owned = (Account.type == AccountType.HOUSEHOLD) & Account.owner_id.in_(households)
    accounts = {account.owner_id: account for account in Account.select().where(owned)}
    ledger.post_many(
        [
            Posting(
                key=f"line:{line.id}",
                kind=Kind.AWARD,
                source=issuance,
                target=accounts[line.household_id],
                points=line.granted,
                cause_type="line",
                cause_id=line.id,
                happened_at=start_of(line.day),
                reason=line.item_name,
            )
            for line in lines
        ],
        now=now,
    )
    return [line.granted for line in lines], first
