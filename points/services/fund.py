"""The fund 微基金: money in and money out with its voucher, in fen; a wrong entry is answered by its opposite, once.

A commitment 预留 is set aside for a purpose: money is spent out of it, and what is not needed is released.
"""

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
    if kind not in (*SOURCES, "spent"):
        raise Invalid(what=N_("类别"))
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
    return _post(move, actor, now)


@verb("fund.commit")
def commit(*, key: str, actor: Person, now: datetime, village_id: int, fen: int, purpose: str) -> int:
    """Set *fen* of what is free aside for a *purpose*; return the commitment's id. Raises `InsufficientFund`."""
    note = required(purpose, N_("用途"), 120)
    move = Move(village_id, "commit", "fund", "committed", fen, voucher="", note=note, day=local_date(now))
    return _post(move, actor, now)


@verb("fund.release")
def release(*, key: str, actor: Person, now: datetime, commitment_id: int, fen: int, reason: str) -> int:
    """Make *fen* of a commitment free again; return the entry's id. Raises `InsufficientFund` beyond what it holds."""
    move = Move(
        village_id=_village_of(commitment_id),
        kind="release",
        source="committed",
        target="fund",
        fen=fen,
        voucher="",
        note=required(reason, N_("理由"), 120),
        day=local_date(now),
        commitment_id=commitment_id,
    )
    return _post(move, actor, now)


@verb("fund.spend_committed")
def spend_committed(
    *, key: str, actor: Person, now: datetime, commitment_id: int, fen: int, voucher: str, note: str, day: date
) -> int:
    """Enter *fen* that were spent out of a commitment; return the entry's id. Raises what `release` and `enter` do."""
    move = Move(
        village_id=_village_of(commitment_id),
        kind="spend",
        source="committed",
        target="spent",
        fen=fen,
        voucher=required(voucher, N_("凭据"), 60),
        note=optional(note, N_("说明"), 120),
        day=day,
        commitment_id=commitment_id,
    )
    return _post(move, actor, now)


@verb("fund.cancel")
def cancel(*, key: str, actor: Person, now: datetime, entry_id: int, reason: str) -> int:
    """Answer a wrong entry by its opposite, whose voucher ``#12`` names it and whose note is *reason*; return its id.

    Raises `EntryCancelled`, `EntryCancels`, `EntryPays`, `InsufficientFund` when its money is spent or committed.
    """
    access.require(actor, "committee", area_id=_village_of(entry_id))
    note = required(reason, N_("理由"), 120)
    return fundbook.reverse(entry_id, note=note, day=local_date(now), actor_id=actor.id, now=now)


def _post(move: Move, actor: Person, now: datetime) -> int:
    """Post what a member of the committee enters. Raises `FundAmount`, `FutureDay`, `InsufficientFund`."""
    access.require(actor, "committee", area_id=move.village_id)
    if access.village_of(move.village_id) != move.village_id:
        raise NotFound()
    if not 0 < move.fen <= MOST_FEN:
        raise FundAmount(most=MOST_FEN // 100)
    if move.day > local_date(now):
        raise FutureDay()
    return fundbook.post(move, actor_id=actor.id, now=now)


def _village_of(entry_id: int) -> int:
    found = FundTransfer.get_or_none(FundTransfer.id == entry_id)
    if found is None:
        raise NotFound()
    return int(found.village_id)
