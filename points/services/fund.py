"""The fund 微基金: money in and money out with its voucher, in fen; a wrong entry is answered by its opposite, once."""

from __future__ import annotations

from datetime import date, datetime

from points import access
from points.calendar import local_date
from points.errors import N_, EntryCancelled, EntryCancels, FundAmount, FutureDay, Invalid, NotFound
from points.keys import verb
from points.models.areas import VillageSetting
from points.models.openness import FUND_KINDS, FundEntry
from points.models.people import Person
from points.texts import optional, required

MOST_FEN = 10_000_000_00


@verb("fund.enter")
def enter(
    *, key: str, actor: Person, now: datetime, village_id: int, kind: str, fen: int, voucher: str, note: str, day: date
) -> int:
    """Enter *fen* that came in as a grant, donation, dividend, profit or other, or were ``spent``, on the local *day*.

    *fen* is positive for all kinds; what was spent is kept as a negative number. Return the entry's id.
    Raises `FundAmount`, `FutureDay`.
    """
    access.require(actor, "committee", area_id=village_id)
    if access.village_of(village_id) != village_id:
        raise NotFound()
    if kind not in FUND_KINDS:
        raise Invalid(what=N_("类别"))
    if not 0 < fen <= MOST_FEN:
        raise FundAmount(most=MOST_FEN // 100)
    if day > local_date(now):
        raise FutureDay()
    made = FundEntry.create(
        village=village_id,
        kind=kind,
        fen=-fen if kind == "spent" else fen,
        voucher=required(voucher, N_("凭据"), 60),
        note=optional(note, N_("说明"), 120),
        day=day,
        recorded_by=actor,
        recorded_at=now,
    )
    return int(made.id)


@verb("fund.cancel")
def cancel(*, key: str, actor: Person, now: datetime, entry_id: int, reason: str) -> int:
    """Answer a wrong entry by its opposite, whose voucher ``#12`` names it and whose note is *reason*; return its id.

    An answer is known by its sign, which is not that of its kind. Raises `EntryCancelled`, `EntryCancels`.
    """
    entry = FundEntry.get_or_none(FundEntry.id == entry_id)
    if entry is None:
        raise NotFound()
    access.require(actor, "committee", area_id=entry.village_id)
    if (entry.kind == "spent") == (entry.fen > 0):
        raise EntryCancels()
    # Two who cancel at once take turns.
    VillageSetting.update(notice_days=VillageSetting.notice_days).where(
        VillageSetting.village == entry.village_id
    ).execute()
    answer = {"village": entry.village_id, "kind": entry.kind, "fen": -entry.fen, "voucher": f"#{entry.id}"}
    if FundEntry.get_or_none(**answer) is not None:
        raise EntryCancelled()
    note = required(reason, N_("理由"), 120)
    return int(FundEntry.create(**answer, note=note, day=local_date(now), recorded_by=actor, recorded_at=now).id)
