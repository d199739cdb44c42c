"""Cover: a village's points and debts beside what stands behind them, all in fen; and how that went by month.

On one side the points that households hold or that the council promised, by the worth of a point, and what contracted
shops have given and not been paid for. On the other the fund, free and committed, and the stock of the own shops at
cost; that of a shop for several villages is shared out by their active households. Fixed SQL over a set of villages.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from points import db
from points.calendar import end_of_month, local_date, month_of, start_of
from points.errors import BeyondCover
from points.models.areas import Area, VillageSetting
from points.models.fund import CoverMonth
from points.summaries import TOTAL

UNDER_WAY = timedelta(days=1)
"""A redemption that began before a settlement was drawn may have ended after it."""


@dataclass(frozen=True, slots=True)
class Cover:
    """Points *held* and *promised* at *worth_fen* each and debts to shops, beside fund and stock."""

    worth_fen: int = 0
    held: int = 0
    promised: int = 0
    unsettled_fen: int = 0
    fund_fen: int = 0
    stock_fen: int = 0

    @property
    def owed_fen(self) -> int:
        """What is owed: points and debts."""
        return (self.held + self.promised) * self.worth_fen + self.unsettled_fen

    @property
    def behind_fen(self) -> int:
        """What stands behind it."""
        return self.fund_fen + self.stock_fen

    @property
    def percent(self) -> int | None:
        """What is owed, in percent of what stands behind it, rounded up; None when nothing stands behind."""
        return -(-100 * self.owed_fen // self.behind_fen) if self.behind_fen else None

    def room(self, percent: int) -> int:
        """How many points more may be given, up to so much percent; negative: so many are too many."""
        return (self.behind_fen * percent // 100 - self.owed_fen) // self.worth_fen if self.worth_fen else 0


def of(village_id: int) -> Cover:
    """Return the cover of one village now."""
    return of_villages([village_id])[village_id]


def of_villages(village_ids: Collection[int]) -> dict[int, Cover]:
    """Return the cover of villages now, by three statements, and one each for what contracted and own shops have."""
    asked = [[id_] for id_ in sorted(village_ids)]
    figures: dict[int, dict[str, int]] = {id_: defaultdict(int) for id_ in village_ids}
    for village_id, name, number in db.rows(_FIGURES, asked):
        figures[village_id][name] += int(number)
    unsettled = [(*pair, since) for pair, since in unsettled_since(village_ids).items()]
    for village_id, fen in db.rows(_UNSETTLED, unsettled) if unsettled else ():
        figures[village_id]["unsettled_fen"] += int(fen)
    served: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for shop_id, village_id, households in db.rows(_SERVED, asked):
        served[shop_id][village_id] = households
    stock = db.execute(_STOCK.format(ids=db.set_of_ids()), (json.dumps(sorted(served)),)).fetchall() if served else []
    for shop_id, fen in stock:
        households = sum(served[shop_id].values())
        for village_id in served[shop_id].keys() & figures.keys():
            share = served[shop_id][village_id] if households else 1
            figures[village_id]["stock_fen"] += int(fen) * share // (households or len(served[shop_id]))
    return {village_id: Cover(**numbers) for village_id, numbers in figures.items()}


def unsettled_since(village_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """Return by contracted shop and village that it serves the moment before which all its receipts are settled."""
    drawn: defaultdict[tuple[int, int], list[tuple[str, bool]]] = defaultdict(list)
    for shop_id, village_id, month, state in db.rows(_DRAWN, [[id_] for id_ in sorted(village_ids)]):
        drawn[shop_id, village_id] += [(month, state == "dropped")] if month else []
    return {pair: _unsettled_since(months) for pair, months in drawn.items()}


def _unsettled_since(drawn: Sequence[tuple[str, bool]]) -> int:
    """Go through the months in the order in which they were drawn, with which of them were dropped.

    Each takes all that is left until its end. What one that was dropped took is free again, nobody knows since when,
    until the same month is drawn anew; from the first for which that never happened nothing later counts.
    """
    settled = free = ""
    for month, dropped in drawn:
        if free not in ("", month):
            if dropped:
                break
        elif dropped:
            free = month
        else:
            settled, free = max(settled, month), ""
    return db.microseconds(end_of_month(settled) - UNDER_WAY) if settled else 0


def require_room(settings: Mapping[int, VillageSetting], asked: Mapping[int, int]) -> None:
    """Let *asked* points by village pass. Raises `BeyondCover` where a village refuses what exceeds its limit.

    Two who ask at once for such a village take turns.
    """
    db.require_transaction()
    refusing = [id_ for id_ in sorted(asked) if asked[id_] and settings[id_].cover_refuses]
    if not refusing:
        return
    if db.is_postgresql():
        held = f"SELECT 1 FROM village_setting WHERE village_id IN ({db.set_of_ids()}) ORDER BY village_id FOR UPDATE"
        db.execute(held, (json.dumps(refusing),))
    for village_id, cover in of_villages(refusing).items():
        percent = settings[village_id].cover_percent
        if percent and cover.worth_fen and cover.room(percent) < asked[village_id]:
            raise BeyondCover(percent=percent, left=max(cover.room(percent), 0))


# --- by month -----------------------------------------------------------------------------------------------------


def seen(now: datetime) -> list[dict[str, Any]]:
    """Return what is to be kept of all villages today, once a local day: this month's row of each.

    On the first day that is seen of a month, the month before gets its last figures too. A constant number of
    statements, outside a transaction, so that nobody waits.
    """
    today = local_date(now)
    last = CoverMonth.select(CoverMonth.seen_on).order_by(CoverMonth.seen_on.desc()).limit(1).scalar()
    if last == today:
        return []
    covers = of_villages([village.id for village in Area.select(Area.id).where(Area.kind == "village")])
    firsts = {today.replace(day=1), (last or today).replace(day=1)}
    return [row for first in sorted(firsts) for row in _month(covers, first, today)]


def keep(rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what was `seen`; what was kept of the month before is replaced."""
    db.require_transaction()
    if rows:
        figures = [field for name, field in CoverMonth._meta.fields.items() if name not in ("village", "month")]
        kept = CoverMonth.insert_many(rows)
        kept.on_conflict(conflict_target=[CoverMonth.village, CoverMonth.month], preserve=figures).execute()


def _month(covers: Mapping[int, Cover], first: date, today: date) -> list[dict[str, Any]]:
    following = (first + timedelta(days=31)).replace(day=1)
    flows = _flows(first, following)
    rows = []
    for village_id, cover in covers.items():
        figures = {name: number for name, number in asdict(cover).items() if name not in ("held", "promised")}
        moved = {name: flows[village_id, name] for name in ("awarded", "redeemed", "income_fen", "spent_fen")}
        at = {"village": village_id, "month": month_of(first), "seen_on": min(today, following - timedelta(days=1))}
        rows.append(at | figures | moved | {"outstanding": cover.held + cover.promised})
    return rows


def _flows(first: date, following: date) -> defaultdict[tuple[int, str], int]:
    """Return what moved from the local day *first*, a month's, until *following*, by village and name."""
    span = (db.microseconds(start_of(first)), db.microseconds(start_of(following)))
    flows: defaultdict[tuple[int, str], int] = defaultdict(int)
    for village_id, name, number in db.execute(_FLOWS, (month_of(first), month_of(first), *span)).fetchall():
        flows[village_id, name] += int(number)
    return flows


# --- within -------------------------------------------------------------------------------------------------------

_SHOPS = """
    {rows} JOIN area_ancestor ON descendant_id = {0} OR ancestor_id = {0}
    JOIN shop ON shop.area_id = CASE WHEN descendant_id = {0} THEN ancestor_id ELSE descendant_id END
"""
"""The shops that serve villages or a part of them."""
_DRAWN = f"""
    SELECT shop.id, {{0}}, settlement.month, settlement.state FROM {_SHOPS} AND shop.contracted
    LEFT JOIN settlement ON settlement.shop_id = shop.id AND settlement.village_id = {{0}} ORDER BY settlement.id
"""
RECEIPTS = """
    household CROSS JOIN receipt
    WHERE household.village_id = {1} AND receipt.household_id = household.id AND receipt.recorded_at >= {2}
    AND receipt.till_id + 0 IN (SELECT id FROM till WHERE shop_id = {0})
"""
"""Receipts by shop, village and moment, from household to household: the tills (hence the sum) lead to all ever."""
UNDONE = """
    account CROSS JOIN transfer CROSS JOIN receipt CROSS JOIN household
    WHERE account.type = 'shop' AND account.owner_id = {0} AND transfer.source_id = account.id
    AND transfer.kind = 'reversal' AND receipt.transfer_id = transfer.answers_id
    AND household.id = receipt.household_id AND household.village_id = {1}
    AND NOT EXISTS (SELECT 1 FROM settlement_item WHERE receipt_id = receipt.id AND undone)
"""
"""A shop's receipts that are undone and not taken off yet, by what the shop gave back: few ever."""
_UNSETTLED = f"""
    SELECT {{1}}, COALESCE((
        SELECT SUM(CAST(receipt.points AS BIGINT) * receipt.worth_fen) FROM {RECEIPTS}
        AND (SELECT settlement_id FROM settlement_item WHERE receipt_id = receipt.id AND NOT undone) IS NULL
    ), 0) - COALESCE((SELECT SUM(CAST(receipt.points AS BIGINT) * receipt.worth_fen) FROM {UNDONE}), 0) FROM {{rows}}
"""
_ASKED = "(SELECT id FROM asked)"
_FIGURES = f"""
    WITH asked AS (SELECT {{0}} AS id FROM {{rows}})
    SELECT area_id, 'worth_fen', worth_fen FROM rule_book WHERE state = 'adopted' AND area_id IN {_ASKED}
    UNION ALL
    SELECT area_id, 'held', SUM(change) FROM month_summary
    WHERE area_id IN {_ASKED} AND month = '{TOTAL}' GROUP BY area_id
    UNION ALL
    SELECT village_id, 'promised', SUM(granted) FROM line
    WHERE village_id IN {_ASKED} AND state IN ('approved', 'noticed') AND effect = 'points' GROUP BY village_id
    UNION ALL
    SELECT village_id, 'fund_fen', SUM(fen) FROM fund_account WHERE village_id IN {_ASKED} GROUP BY village_id
    UNION ALL
    SELECT village_id, 'unsettled_fen', SUM(fen) FROM settlement
    WHERE village_id IN {_ASKED} AND state = 'drawn' GROUP BY village_id
"""
_SERVED = f"""
    WITH own AS (
        SELECT DISTINCT shop.id, shop.area_id FROM {_SHOPS} AND shop.active AND NOT shop.contracted
    ), serves AS (
        SELECT own.id AS shop_id, area.id AS village_id FROM own
        JOIN area_ancestor ON area_ancestor.ancestor_id = own.area_id
        JOIN area ON area.id = area_ancestor.descendant_id AND area.kind = 'village'
        UNION
        SELECT own.id, area.id FROM own JOIN area_ancestor ON area_ancestor.descendant_id = own.area_id
        JOIN area ON area.id = area_ancestor.ancestor_id AND area.kind = 'village'
    )
    SELECT shop_id, village_id,
        (SELECT COUNT(*) FROM household WHERE household.village_id = serves.village_id AND household.active)
    FROM serves
"""
_STOCK = """
    SELECT goods.shop_id, SUM(
        CAST(stock_batch.remaining AS BIGINT)
        * CASE WHEN stock_batch.cost_fen > 0 THEN stock_batch.cost_fen ELSE goods.cost_fen END
    ) FROM goods JOIN stock_batch ON stock_batch.goods_id = goods.id
    WHERE goods.shop_id IN ({ids}) AND stock_batch.remaining > 0 GROUP BY goods.shop_id
"""
_FLOWS = """
    SELECT area.id, 'awarded', SUM(CASE month_summary.kind
        WHEN 'award' THEN points WHEN 'reversal' THEN (change - points) / 2 ELSE -points END)
    FROM area JOIN month_summary ON month_summary.area_id = area.id AND month = ?
        AND month_summary.kind IN ('award', 'reversal', 'correction', 'debt')
    WHERE area.kind = 'village' GROUP BY area.id
    UNION ALL
    SELECT area.id, 'redeemed',
        SUM(CASE month_summary.kind WHEN 'redemption' THEN points ELSE -(change + points) / 2 END)
    FROM area JOIN month_summary ON month_summary.area_id = area.id AND month = ?
        AND month_summary.kind IN ('redemption', 'reversal')
    WHERE area.kind = 'village' GROUP BY area.id
    UNION ALL
    SELECT village_id, CASE WHEN target = 'spent' OR source = 'spent' THEN 'spent_fen' ELSE 'income_fen' END,
        SUM(CASE WHEN kind = 'reversal' THEN -fen ELSE fen END)
    FROM fund_transfer
    WHERE recorded_at >= ? AND recorded_at < ?
    AND NOT (source IN ('fund', 'committed') AND target IN ('fund', 'committed'))
    GROUP BY 1, 2
"""
