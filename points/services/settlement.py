"""Settlement 结算: what a contracted shop gave a village's households by the month, signed by both sides and paid.

Each receipt is settled once, by the worth of a point frozen on it; one that is undone is taken off once: in the same
settlement, or in the next if it was settled before. What was paid in cash at the till is the shop's already. Whoever
draws or pays for a shop holds the shop's row, and whoever moves a settlement on moves it out of the state it was in.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from points import access, cover, db, fundbook, ledger
from points.calendar import end_of_month, local_date
from points.errors import (
    N_,
    AlreadyDone,
    FutureDay,
    Invalid,
    MonthNotOver,
    NotContracted,
    NotFound,
    NothingToSettle,
    NotSigned,
    SamePerson,
    SettledAlready,
    SignedByBoth,
)
from points.fundbook import Move
from points.keys import verb
from points.ledger import Posting
from points.models.fund import Settlement, SettlementItem
from points.models.ledger import Account, AccountType, Kind
from points.models.people import Person
from points.models.shop import Shop
from points.texts import required


@verb("settlement.draw")
def draw(*, key: str, actor: Person, now: datetime, shop_id: int, village_id: int, month: str) -> int:
    """Draw the settlement of a local *month* (``2026-10``) that is over; return its id.

    It takes all receipts up to the month's end and all undos up to now that are in none yet. Raises `NotContracted`,
    `MonthNotOver`, `SettledAlready`, and `NothingToSettle` when what was undone is worth as much or more.
    """
    access.require(actor, "committee", area_id=village_id)
    shop = _shop(shop_id, village_id)
    if not shop.contracted:
        raise NotContracted()
    until = _end_of_month(month)
    if now < until:
        raise MonthNotOver(month=month)
    _hold(shop_id)
    same = (Settlement.shop == shop_id) & (Settlement.village == village_id) & (Settlement.month == month)
    if Settlement.select().where(same, Settlement.state != "dropped").exists():
        raise SettledAlready()
    since = cover.unsettled_since([village_id])[shop_id, village_id]
    sides = {"shop": shop_id, "village": village_id, "drawn_by": actor, "drawn_at": now}
    drawn = Settlement.create(**sides, month=month, receipts=0, points=0, undone=0, undone_points=0, fen=1)
    taken = [shop_id, village_id, since, drawn.id, db.microseconds(until)]
    db.over(_TAKE, [taken])
    db.over(_TAKE_UNDONE, [taken])
    receipts, points, undone, undone_points, fen = map(int, db.execute(_FIGURES, (drawn.id,)).fetchone())
    if fen <= 0 or points <= undone_points:
        raise NothingToSettle()
    figures = {"receipts": receipts, "points": points, "undone": undone, "undone_points": undone_points, "fen": fen}
    Settlement.update(**figures).where(Settlement.id == drawn.id).execute()
    return int(drawn.id)


@verb("settlement.sign")
def sign(*, key: str, actor: Person, now: datetime, settlement_id: int) -> int:
    """Sign a settlement for the side that *actor* stands on: a clerk for the shop, else the village's committee.

    Raises `AlreadyDone`, `SamePerson` for who signed for the other side or drew it up for the village.
    """
    drawn = _settlement(settlement_id)
    if access.holds(actor, ["clerk"], drawn.shop.area_id):
        if drawn.drawn_by == actor:
            raise SamePerson()
        mine, other, signs = Settlement.shop_signed_by, Settlement.village_signed_by, "shop"
    else:
        access.require(actor, "committee", area_id=drawn.village_id)
        mine, other, signs = Settlement.village_signed_by, Settlement.shop_signed_by, "village"
    if actor.id in (drawn.shop_signed_by_id, drawn.village_signed_by_id):
        raise AlreadyDone() if actor.id == getattr(drawn, f"{signs}_signed_by_id") else SamePerson()
    free = mine.is_null() & (other.is_null() | (other != actor))
    signed = {f"{signs}_signed_by": actor, f"{signs}_signed_at": now}
    if not Settlement.update(**signed).where(Settlement.id == drawn, Settlement.state == "drawn", free).execute():
        raise AlreadyDone()
    return settlement_id


@verb("settlement.drop")
def drop(*, key: str, actor: Person, now: datetime, settlement_id: int) -> int:
    """Drop a settlement that not both have signed: its receipts may be settled anew. Raises `SignedByBoth`."""
    drawn = _settlement(settlement_id)
    access.require(actor, "committee", area_id=drawn.village_id)
    open_ = Settlement.shop_signed_at.is_null() | Settlement.village_signed_at.is_null()
    dropped = Settlement.update(state="dropped").where(Settlement.id == drawn, Settlement.state == "drawn", open_)
    if not dropped.execute():
        raise SignedByBoth() if _settlement(settlement_id).state == "drawn" else AlreadyDone()
    SettlementItem.delete().where(SettlementItem.settlement == drawn).execute()
    return settlement_id


@verb("settlement.pay")
def pay(
    *,
    key: str,
    actor: Person,
    now: datetime,
    settlement_id: int,
    voucher: str,
    day: date,
    commitment_id: int | None = None,
) -> int:
    """Pay a settlement that both have signed, out of what is free in the fund or out of a commitment.

    The points that the shop took in count as settled. Raises `NotSigned`, `InsufficientFund`, `FutureDay`.
    """
    drawn = _settlement(settlement_id)
    access.require(actor, "committee", area_id=drawn.village_id)
    voucher = required(voucher, N_("凭据"), 60)
    if day > local_date(now):
        raise FutureDay()
    _hold(drawn.shop_id)
    signed = Settlement.shop_signed_at.is_null(False) & Settlement.village_signed_at.is_null(False)
    paid = Settlement.update(state="paid", paid_by=actor, paid_at=now)
    if not paid.where(Settlement.id == drawn, Settlement.state == "drawn", signed).execute():
        raise NotSigned() if _settlement(settlement_id).state == "drawn" else AlreadyDone()
    move = Move(
        village_id=drawn.village_id,
        kind="spend",
        source="fund" if commitment_id is None else "committed",
        target="spent",
        fen=drawn.fen,
        voucher=voucher,
        note=f"{drawn.shop.name} {drawn.month}",
        day=day,
        commitment_id=commitment_id,
        cause_type="settlement",
        cause_id=settlement_id,
    )
    posting = Posting(
        key=f"settlement:{settlement_id}",
        kind=Kind.SETTLEMENT,
        source=ledger.account(AccountType.SHOP, drawn.shop_id),
        target=_settled_account(drawn.shop_id),
        points=drawn.points - drawn.undone_points,
        cause_type="settlement",
        cause_id=settlement_id,
        happened_at=now,
        actor_id=actor.id,
    )
    payment, transfer = fundbook.post(move, actor_id=actor.id, now=now), ledger.post(posting, now=now)
    Settlement.update(payment=payment, transfer=transfer).where(Settlement.id == drawn).execute()
    return settlement_id


@verb("settlement.close")
def close(*, key: str, actor: Person, now: datetime, settlement_id: int) -> int:
    """Close a paid settlement, as a clerk of the shop: the money has come."""
    paid = _settlement(settlement_id)
    access.require(actor, "clerk", area_id=paid.shop.area_id)
    closed = Settlement.update(state="closed", closed_by=actor, closed_at=now)
    if not closed.where(Settlement.id == paid, Settlement.state == "paid").execute():
        raise AlreadyDone() if _settlement(settlement_id).state == "closed" else NotSigned()
    return settlement_id


def audit() -> list[tuple[str, int, int, int]]:
    """Return (what, settlement id, stored, recomputed) where a settlement differs from its receipts or its payment."""
    rows = [(what, row) for what, sql in _AUDITS.items() for row in db.execute(sql).fetchall()]
    return [(what, int(row[0]), int(row[1]), int(row[2])) for what, row in rows]


# --- within -------------------------------------------------------------------------------------------------------

_TAKE = f"""
    INSERT INTO settlement_item (receipt_id, undone, settlement_id)
    SELECT receipt.id, FALSE, {{3}} FROM {{rows}} CROSS JOIN {cover.RECEIPTS} AND receipt.recorded_at < {{4}}
    ON CONFLICT (receipt_id, undone) DO NOTHING
"""  # not NOT EXISTS: PostgreSQL believes that the table is as short as it was, and reads it for each receipt
_TAKE_UNDONE = f"""
    INSERT INTO settlement_item (receipt_id, undone, settlement_id)
    SELECT receipt.id, TRUE, {{3}} FROM {{rows}} CROSS JOIN {cover.UNDONE}
    AND EXISTS (SELECT 1 FROM settlement_item WHERE receipt_id = receipt.id AND NOT undone)
"""
_SUMS = """
    COUNT(CASE WHEN NOT item.undone THEN 1 END) AS receipts,
    COALESCE(SUM(CASE WHEN NOT item.undone THEN receipt.points END), 0) AS points,
    COUNT(CASE WHEN item.undone THEN 1 END) AS undone,
    COALESCE(SUM(CASE WHEN item.undone THEN receipt.points END), 0) AS undone_points,
    COALESCE(SUM(CASE WHEN item.undone THEN -1 ELSE 1 END * CAST(receipt.points AS BIGINT) * receipt.worth_fen), 0)
        AS fen
"""
_FIGURES = f"""
    SELECT {_SUMS} FROM settlement_item AS item JOIN receipt ON receipt.id = item.receipt_id
    WHERE item.settlement_id = ?
"""
_FOUND = f"""
    SELECT settlement.id, {_SUMS} FROM settlement
    LEFT JOIN settlement_item AS item ON item.settlement_id = settlement.id
    LEFT JOIN receipt ON receipt.id = item.receipt_id WHERE settlement.state <> 'dropped' GROUP BY settlement.id
"""
_AUDITS = {
    name: f"SELECT kept.id, kept.{name}, found.{name} FROM settlement AS kept "
    f"JOIN ({_FOUND}) AS found ON found.id = kept.id WHERE kept.{name} <> found.{name}"
    for name in ("receipts", "points", "undone", "undone_points", "fen")
} | {
    "payment": """
        SELECT settlement.id, settlement.fen, COALESCE(SUM(fund_transfer.fen), 0) FROM settlement
        LEFT JOIN fund_transfer ON fund_transfer.cause_type = 'settlement' AND fund_transfer.cause_id = settlement.id
            AND fund_transfer.id = settlement.payment_id
        WHERE settlement.state IN ('paid', 'closed') GROUP BY settlement.id, settlement.fen
        HAVING settlement.fen <> COALESCE(SUM(fund_transfer.fen), 0)
    """,
    "points settled": """
        SELECT settlement.id, settlement.points - settlement.undone_points, COALESCE(SUM(transfer.points), 0)
        FROM settlement
        LEFT JOIN transfer ON transfer.cause_type = 'settlement' AND transfer.cause_id = settlement.id
        WHERE settlement.state IN ('paid', 'closed') GROUP BY settlement.id, settlement.points, settlement.undone_points
        HAVING settlement.points - settlement.undone_points <> COALESCE(SUM(transfer.points), 0)
    """,
}


def _settlement(settlement_id: int) -> Settlement:
    found = Settlement.select(Settlement, Shop).join(Shop).where(Settlement.id == settlement_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def _shop(shop_id: int, village_id: int) -> Shop:
    """Return a shop that serves the village or a part of it. Raises `NotFound`."""
    shop = Shop.get_or_none(Shop.id == shop_id)
    if shop is None or not (access.covers(shop.area_id, village_id) or access.covers(village_id, shop.area_id)):
        raise NotFound()
    access.village(village_id)
    return shop


def _hold(shop_id: int) -> None:
    """Hold a shop until the transaction ends: who draws or pays for it at once takes turns."""
    Shop.update(contracted=Shop.contracted).where(Shop.id == shop_id).execute()


def _settled_account(shop_id: int) -> Account:
    try:
        return ledger.account(AccountType.SETTLED, shop_id)
    except NotFound:
        return ledger.open_account(AccountType.SETTLED, shop_id)


def _end_of_month(month: str) -> datetime:
    """Return the moment at which a local month ends. Raises `Invalid`."""
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", month):
        raise Invalid(what=N_("月份"))
    return end_of_month(month)
