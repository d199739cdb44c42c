"""A month's settlement with a contracted shop: how long drawing it takes, over receipts made beforehand in bulk."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from peewee import chunked

from benchmarks import seed
from benchmarks.seed import Scale
from points import clock, db, ledger
from points.calendar import local_date, start_of
from points.ledger import Posting
from points.models import Household, Person, Receipt, ReceiptUndo, Role, Settlement, SettlementItem, Shift, Shop, Till
from points.models.ledger import AccountType, Kind
from points.services import settlement

HOUSEHOLDS = 500
PRICE = 2  # points of each receipt
UNDONE = 100  # every so many receipts is undone on the same day


def seconds(url: str, count: int) -> float:
    """Fill the empty database at *url* with *count* redemptions of last month, settle them, and return the seconds."""
    now = clock.now()
    month_end = start_of(local_date(now).replace(day=1)) - timedelta(days=1)
    db.connect(url)
    db.migrate()
    seed.fill(Scale(villages=1, households=HOUSEHOLDS), now=month_end)
    with db.transaction():
        _redeem(count, month_end)
    if db.is_postgresql():
        db.execute("VACUUM ANALYZE")
        db.execute("CHECKPOINT")
    shop, member = Shop.get(), Person.get(Person.name == "罗记录")
    begun = time.perf_counter()
    drawn = settlement.draw(
        key="benchmark-settlement-1",
        actor=member,
        now=now,
        shop_id=shop.id,
        village_id=shop.area_id,
        month=f"{local_date(month_end):%Y-%m}",
    )
    spent = time.perf_counter() - begun
    found, undone = Settlement.get_by_id(drawn), -(-count // UNDONE)
    assert (found.receipts, found.undone) == (count + seed.BOUGHT, undone), (found.receipts, found.undone)
    assert found.fen == (count + seed.BOUGHT - undone) * PRICE * 100
    assert SettlementItem.select().count() == count + seed.BOUGHT + undone
    db.disconnect()
    return spent


def _redeem(count: int, then: datetime) -> None:
    """Write *count* redemptions of the only shop, from household to household, and undo a few of them."""
    Shop.update(contracted=True).execute()
    Role.update(kind="committee").where(Role.kind == "steward").execute()
    till, shift, card = Till.get(), Shift.get(), Receipt.get()
    homes = [household.id for household in Household.select().order_by(Household.id)]
    shop = ledger.account(AccountType.SHOP, till.shop_id)
    accounts = [ledger.account(AccountType.HOUSEHOLD, home) for home in homes]
    transfers = []
    for batch in chunked(range(count), 5000):
        transfers += ledger.post_many(
            [
                Posting(
                    key=f"settled:{at}", kind=Kind.REDEMPTION, source=accounts[at % len(homes)], target=shop,
                    points=PRICE, cause_type="till", cause_id=till.id, happened_at=then,
                )
                for at in batch
            ],
            now=then,
        )  # fmt: skip
    receipts = seed.insert(Receipt, [
        {"till": till.id, "sequence": seed.BOUGHT + at + 1, "number": f"V0-1-{seed.BOUGHT + at + 1:06d}",
         "household": homes[at % len(homes)], "card": card.card_id, "collector": card.collector_id,
         "clerk": card.clerk_id, "shift": shift.id, "via": "scan", "pin": True, "points": PRICE, "worth_fen": 100,
         "balance_after": 0, "transfer": transfer, "recorded_at": then}
        for at, transfer in enumerate(transfers)
    ], after=range(seed.BOUGHT))  # fmt: skip
    Till.update(sequence=seed.BOUGHT + count).execute()
    undone = range(0, count, UNDONE)
    seed.insert(ReceiptUndo, [
        {"receipt": receipts[at], "reason": "拿错了", "undone_by": card.clerk_id, "undone_at": then} for at in undone
    ])  # fmt: skip
    for at in undone:
        ledger.reverse(transfers[at], key=f"undone:{at}", actor_id=card.clerk_id, reason="拿错了", now=then)
