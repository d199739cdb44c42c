"""The fund 微基金: money in and money out with its voucher, in fen; a wrong entry is answered by its opposite, once."""

from __future__ import annotations

from datetime import date, datetime

from points import access, fundbook
from points.calendar import local_date
from points.errors import N_, FundAmount, FutureDay, Invalid, NotFound
from points.fundbook import Move
from points.keys import verb
from points.models.fund import SOURCES, FundTransfer
from points.models.people import Person
from points.texts import optional, required

MOST_FEN = 10_000_000_00


@verb("fund.enter")
def enter(
    *, key: str, actor: Person, now: datetime, village_id: int, kind: str, fen: int, voucher: str, note: str, day: date
) -> int:
    """Enter *fen* that came in as a grant, donation, dividend, profit or other, or were ``spent``, on the local *day*.

    Return the entry's id. Raises `FundAmount`, `FutureDay`, `InsufficientFund`.
    """
    access.require(actor, "committee", area_id=village_id)
    if access.village_of(village_id) != village_id:
        raise NotFound()
    if kind not in (*SOURCES, "spent"):
        raise Invalid(what=N_("类别"))
    if not 0 < fen <= MOST_FEN:
        raise FundAmount(most=MOST_FEN // 100)
    if day > local_date(now):
        raise FutureDay()
    spends = kind == "spent"
    move = Move(
        village_id=village_id,
        kind="spend" if spends else "income",
        source="fund" if spends else kind,
        target="spent" if spends else "fund",
        fen=fen,
        voucher=required(voucher, N_("凭据"), 60),
        note=optional(note, N_("说明"), 120),
        day=day,
    )
    return fundbook.post(move, actor_id=actor.id, now=now)


@verb("fund.cancel")
def cancel(*, key: str, actor: Person, now: datetime, entry_id: int, reason: str) -> int:
    """Answer a wrong entry by its opposite, whose voucher ``#12`` names it and whose note is *reason*; return its id.

    Raises `EntryCancelled`, `EntryCancels`, `InsufficientFund`.
    """
    found = FundTransfer.get_or_none(FundTransfer.id == entry_id)
    if found is None:
        raise NotFound()
    access.require(actor, "committee", area_id=found.village_id)
    note = required(reason, N_("理由"), 120)
    return fundbook.reverse(entry_id, note=note, day=local_date(now), actor_id=actor.id, now=now)
