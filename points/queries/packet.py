"""The meeting packet 会议材料 of a village: what was done in a period, and what waits and is owed now.

Figures by a constant number of fixed statements, however much there is; a household appears by its number only.
What was recorded in the period counts for the period; what waits, is owed, lies on the shelf or stands behind the
points is that of the moment, for nobody keeps it by day.
"""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from points import cover, db, fundbook
from points.calendar import end_of, local_date, start_of
from points.cover import Cover
from points.models.fund import SOURCES
from points.queries import fund
from points.queries.fund import Commitment
from points.queries.shop import LOW, NEAR_DAYS
from points.queries.stock import COST, RECENT_DAYS

KINDS = ("week", "half", "month")
HALF = 15
FEW = 20
"""So many open objections, and so many goods of which few are left, are named."""


@dataclass(frozen=True, slots=True)
class Period:
    """A week (Monday to Sunday), half a month (1st to 15th, 16th to the end) or a month of local days."""

    kind: str
    first: date
    last: date

    @property
    def before(self) -> Period:
        """The one before."""
        return period(self.kind, self.first - timedelta(days=1))

    @property
    def after(self) -> Period:
        """The one after."""
        return period(self.kind, self.last + timedelta(days=1))


def period(kind: str, day: date) -> Period:
    """Return the period of *kind* in which *day* lies; a week for a kind that there is not."""
    end = day.replace(day=monthrange(day.year, day.month)[1])
    if kind == "month":
        return Period(kind, day.replace(day=1), end)
    if kind == "half":
        return Period(kind, day.replace(day=HALF + 1), end) if day.day > HALF else _first_half(day)
    monday = day - timedelta(days=day.weekday())
    return Period("week", monday, monday + timedelta(days=6))


def _first_half(day: date) -> Period:
    return Period("half", day.replace(day=1), day.replace(day=HALF))


@dataclass(frozen=True, slots=True)
class Item:
    """What was recorded of one item in the period, and what has become of it since; *points* were asked."""

    code: int
    name: str
    effect: str
    lines: int
    households: int
    points: int
    posted: int
    refused: int
    struck: int


@dataclass(frozen=True, slots=True)
class Hanging:
    """A notice that hangs."""

    id: int
    number: int
    closes_at: datetime
    lines: int
    disputed: int


@dataclass(frozen=True, slots=True)
class Disputed:
    """An objection that waits for its answer; *item* is the category where the rule book is discreet."""

    id: int
    household: str
    item: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Shelf:
    """An own shop's stock now, and what was lost of it in the period."""

    shop_id: int
    name: str
    low: int
    near: int
    expired: int
    worth_fen: int
    lost: int
    lost_fen: int


@dataclass(frozen=True, slots=True)
class Scarce:
    """Goods of which few are left, and for how many days at the rate of the last month; None: nobody takes them."""

    goods_id: int
    name: str
    unit: str
    available: int
    taken: int

    @property
    def days(self) -> int | None:
        """How many days what is left lasts."""
        return self.available * RECENT_DAYS // self.taken if self.taken > 0 else None


@dataclass(frozen=True, slots=True)
class Packet:
    """All of it. *counts* holds the single figures by name: `_OF_VILLAGE` and `_OTHERWISE` say which."""

    period: Period
    items: list[Item]
    counts: Mapping[str, int]
    hanging: list[Hanging]
    disputed: list[Disputed]
    cover: Cover
    shelves: list[Shelf]
    scarce: list[Scarce]
    free_fen: int
    committed_fen: int
    commitments: list[Commitment]
    income: Mapping[str, int]
    spent: Mapping[str, int]

    @property
    def quiet(self) -> bool:
        """Whether nothing was recorded, posted, redeemed, paid or lost in the period."""
        moved = ("awards", "taken", "brought", "redeemed", "undone", "sittings", "notices", "corrections")
        return not (
            self.items
            or any(self.counts[name] for name in moved)
            or self.income
            or self.spent
            or any(shelf.lost for shelf in self.shelves)
        )


def packet(village_id: int, period: Period, *, now: datetime) -> Packet:
    """Read a village's packet of a period."""
    span = (db.microseconds(start_of(period.first)), db.microseconds(end_of(period.last)))
    asked = (village_id, *span, db.microseconds(now))
    shelves = _shelves(asked, local_date(now))
    income, spent = _money(village_id, period)
    return Packet(
        period=period,
        items=[Item(*row[:3], *map(int, row[3:])) for row in db.execute(_ITEMS, (village_id, *span)).fetchall()],
        counts={name: int(number or 0) for name, number in db.execute(_COUNTS, asked).fetchall()},
        hanging=[
            Hanging(id_, number, db.moment(closes_at), int(lines), int(disputed))
            for id_, number, closes_at, lines, disputed in db.execute(_HANGING, (village_id,)).fetchall()
        ],
        disputed=[
            Disputed(id_, household, item, db.moment(due_at))
            for id_, household, item, due_at in db.execute(_DISPUTED, (village_id, FEW)).fetchall()
        ],
        cover=cover.of(village_id),
        shelves=shelves,
        scarce=_scarce([shelf.shop_id for shelf in shelves], now),
        free_fen=fundbook.balance(village_id),
        committed_fen=fundbook.balance(village_id, "committed"),
        commitments=fund.commitments(village_id),
        income=income,
        spent=spent,
    )


def _shelves(asked: tuple[int, ...], today: date) -> list[Shelf]:
    near = (today.isoformat(), (today + timedelta(days=NEAR_DAYS)).isoformat(), today.isoformat())
    rows = db.execute(_SHELVES, (*asked, *near)).fetchall()
    return [Shelf(shop_id, name, *(int(number) for number in rest)) for shop_id, name, *rest in rows]


def _scarce(shop_ids: list[int], now: datetime) -> list[Scarce]:
    since = db.microseconds(now - timedelta(days=RECENT_DAYS))
    values = (since, json.dumps(shop_ids), FEW)
    rows = db.execute(_SCARCE.format(ids=db.set_of_ids()), values).fetchall()
    return [Scarce(id_, name, unit, int(left), int(taken)) for id_, name, unit, left, taken in rows]


def _money(village_id: int, period: Period) -> tuple[dict[str, int], dict[str, int]]:
    """Return what came by source and what was spent on settlements and otherwise, reversals taken off, in fen."""
    income: dict[str, int] = {}
    spent: dict[str, int] = {}
    for source, target, cause, fen in db.execute(
        _MONEY, (village_id, period.first.isoformat(), period.last.isoformat())
    ).fetchall():
        if "spent" in (source, target):
            name, side, signed = cause or "other", spent, fen if target == "spent" else -fen
        elif source in SOURCES or target in SOURCES:
            name, side, signed = (source, income, fen) if source in SOURCES else (target, income, -fen)
        else:
            continue  # set aside, or back
        side[name] = side.get(name, 0) + int(signed)
    return {name: income[name] for name in SOURCES if income.get(name)}, spent


# --- the statements -----------------------------------------------------------------------------------------------

_ITEMS = """
    SELECT line.item_code, line.item_name, line.effect, COUNT(*), COUNT(DISTINCT line.household_id),
        SUM(CAST(line.each AS BIGINT) * line.quantity),
        COUNT(CASE WHEN line.state IN ('posted', 'reversed') THEN 1 END),
        COUNT(CASE WHEN line.state = 'refused' THEN 1 END), COUNT(CASE WHEN line.state = 'struck' THEN 1 END)
    FROM contribution JOIN line ON line.contribution_id = contribution.id AND line.state <> 'withdrawn'
    WHERE contribution.village_id = ? AND contribution.recorded_at >= ? AND contribution.recorded_at < ?
    GROUP BY line.item_code, line.item_name, line.effect ORDER BY line.effect DESC, line.item_code, line.item_name
"""
_ASKED = """
    WITH asked AS (
        SELECT CAST(? AS BIGINT) AS village, CAST(? AS BIGINT) AS since, CAST(? AS BIGINT) AS until,
            CAST(? AS BIGINT) AS moment
    )
"""
_VILLAGE = "(SELECT village FROM asked)"
_SERVING = f"""
    SELECT ancestor_id FROM area_ancestor WHERE descendant_id = {_VILLAGE}
    UNION SELECT descendant_id FROM area_ancestor WHERE ancestor_id = {_VILLAGE}
"""
_ISSUED = f"(SELECT id FROM account WHERE type = 'issuance' AND owner_id = {_VILLAGE})"
_BROUGHT = f"(SELECT id FROM account WHERE type = 'adjustment' AND owner_id = {_VILLAGE})"
_DURING = "{0} >= (SELECT since FROM asked) AND {0} < (SELECT until FROM asked)"
_POSTED = _DURING.format("transfer.recorded_at")
_AWARDED = f"FROM line WHERE village_id = {_VILLAGE} AND effect = 'points' AND {_DURING.format('posted_at')}"
"""A village's awards, by the lines they were posted for: the transfers of one village alone no index finds."""
_SOLD = f"""
    FROM household JOIN receipt ON receipt.household_id = household.id AND {_DURING.format("receipt.recorded_at")}
    WHERE household.village_id = {_VILLAGE}
"""
_UNDONE = f"""
    FROM receipt_undo JOIN receipt ON receipt.id = receipt_undo.receipt_id
    JOIN household ON household.id = receipt.household_id
    WHERE household.village_id = {_VILLAGE} AND {_DURING.format("receipt_undo.undone_at")}
"""
_OBJECTIONS = f"""
    FROM objection CROSS JOIN line
    WHERE objection.answer IS NULL AND line.id = objection.line_id AND line.village_id = {_VILLAGE}
"""  # CROSS: SQLite begins with the few that are open, not with the village's lines
_OWING = f"""
    FROM household CROSS JOIN account WHERE household.village_id = {_VILLAGE}
    AND account.type = 'owed' AND account.owner_id = household.id AND account.balance < 0
"""  # CROSS: SQLite begins with the village's households, not with all accounts; and below with what was lost
_OF_VILLAGE = {
    "to_check": ("COUNT(*)", "line", "state = 'recorded'"),
    "to_decide": ("COUNT(*)", "line", "state = 'checked'"),
    "to_publish": ("COUNT(*)", "line", "state = 'approved'"),
    "to_hang": ("COUNT(*)", "notice", "state = 'gathered'"),
    "motions": ("COUNT(*)", "motion", "state = 'open'"),
    "complaints": ("COUNT(*)", "complaint", "answered_at IS NULL"),
    "to_sign": (
        "COUNT(*)",
        "settlement",
        "state = 'drawn' AND (shop_signed_at IS NULL OR village_signed_at IS NULL)",
    ),
    "unpaid": ("COUNT(*)", "settlement", "state = 'drawn'"),
    "unpaid_fen": ("SUM(fen)", "settlement", "state = 'drawn'"),
    "sittings": ("COUNT(*)", "sitting", _DURING.format("opened_at")),
    "notices": ("COUNT(*)", "notice", _DURING.format("closed_at")),
    "corrections": ("COUNT(*)", "correction", _DURING.format("made_at")),
}
"""Figures that are found in one table by its village."""
_OTHERWISE = {
    "objections": f"COUNT(*) {_OBJECTIONS}",
    "overdue": f"COUNT(*) {_OBJECTIONS} AND objection.due_at <= (SELECT moment FROM asked)",
    "cards": f"""SUM(
            (SELECT COUNT(*) FROM card WHERE person_id = person.id AND handed_at IS NULL AND revoked_at IS NULL)
        ) FROM household JOIN person ON person.household_id = household.id WHERE household.village_id = {_VILLAGE}""",
    "stocktakes": f"""COUNT(*) FROM stocktake JOIN shop ON shop.id = stocktake.shop_id
        WHERE stocktake.state = 'counted' AND shop.area_id IN ({_SERVING})""",
    "owing": "owing FROM owing",
    "owed": "owed FROM owing",
    "awards": "awards FROM awarded",
    "awarded": "awarded FROM awarded",
    "awarded_households": "households FROM awarded",
    "taken": f"SUM(points) FROM transfer WHERE target_id = {_ISSUED} AND {_POSTED}",
    "brought": f"SUM(points) FROM transfer WHERE source_id = {_BROUGHT} AND {_POSTED}",
    "redeemed": "redeemed FROM sold",
    "spent": "spent FROM sold",
    "cash_fen": "cash_fen FROM sold",
    "unproved": "unproved FROM sold",
    "by_proxy": "by_proxy FROM sold",
    "undone": f"COUNT(*) {_UNDONE}",
    "returned": f"SUM(receipt.points) {_UNDONE}",
    "denied": f"""COUNT(*) FROM shop JOIN till ON till.shop_id = shop.id
        JOIN refusal ON refusal.till_id = till.id AND {_DURING.format("refusal.recorded_at")}
        LEFT JOIN household ON household.id = refusal.household_id
        WHERE shop.area_id IN ({_SERVING}) AND (household.village_id = {_VILLAGE} OR (household.id IS NULL
            AND shop.area_id IN (SELECT descendant_id FROM area_ancestor WHERE ancestor_id = {_VILLAGE})))""",
}
"""The others. A redemption is of the village whose household it was; a card nobody knows, of the shop's."""
_ONCE = f"""
    , owing AS (SELECT COUNT(*) AS owing, -SUM(account.balance) AS owed {_OWING})
    , awarded AS (
        SELECT COUNT(*) AS awards, SUM(granted) AS awarded, COUNT(DISTINCT household_id) AS households {_AWARDED}
    )
    , sold AS (
        SELECT COUNT(*) AS redeemed, SUM(receipt.points) AS spent, SUM(receipt.cash_fen) AS cash_fen,
            COUNT(CASE WHEN NOT receipt.pin AND receipt.via = 'scan' THEN 1 END) AS unproved,
            COUNT(receipt.proxy_id) AS by_proxy {_SOLD}
    )
"""
"""Figures that come from one walk through a month."""
_COUNTS = (
    _ASKED
    + _ONCE
    + " UNION ALL ".join(
        [
            f"SELECT '{name}', {what} FROM {table} WHERE village_id = {_VILLAGE} AND {which}"
            for name, (what, table, which) in _OF_VILLAGE.items()
        ]
        + [f"SELECT '{name}', {query}" for name, query in _OTHERWISE.items()]
    )
)
_HANGING = """
    SELECT notice.id, notice.number, notice.closes_at, COUNT(line.id),
        COUNT(CASE WHEN line.open_objections > 0 THEN 1 END)
    FROM notice LEFT JOIN line ON line.notice_id = notice.id
    WHERE notice.village_id = ? AND notice.state = 'hung'
    GROUP BY notice.id, notice.number, notice.closes_at ORDER BY notice.number
"""
_DISPUTED = """
    SELECT objection.id, household.number, CASE WHEN line.discreet THEN line.category ELSE line.item_name END,
        objection.due_at
    FROM objection CROSS JOIN line JOIN household ON household.id = line.household_id
    WHERE objection.answer IS NULL AND line.id = objection.line_id AND line.village_id = ?
    ORDER BY objection.due_at, objection.id LIMIT ?
"""
_LOST = f"""
    FROM goods CROSS JOIN loss CROSS JOIN stock_movement JOIN stock_batch ON stock_batch.id = stock_movement.batch_id
    WHERE goods.shop_id = shop.id AND loss.goods_id = goods.id AND {_DURING.format("loss.recorded_at")}
    AND stock_movement.cause_type = 'loss' AND stock_movement.cause_id = loss.id
"""
_SHELVES = f"""
    {_ASKED}
    , serving AS (
        SELECT id, code, name FROM shop WHERE active AND NOT contracted AND area_id IN ({_SERVING})
    ), batches AS (
        SELECT goods.shop_id, SUM(CASE WHEN best_before BETWEEN ? AND ? THEN 1 ELSE 0 END) AS near,
            SUM(CASE WHEN best_before < ? THEN 1 ELSE 0 END) AS expired,
            SUM(CAST(remaining AS BIGINT) * {COST}) AS worth_fen
        FROM serving CROSS JOIN goods CROSS JOIN stock_batch
        WHERE goods.shop_id = serving.id AND stock_batch.goods_id = goods.id AND remaining > 0 GROUP BY goods.shop_id
    )
    SELECT shop.id, shop.name,
        (SELECT COUNT(*) FROM goods JOIN stock ON stock.goods_id = goods.id WHERE goods.shop_id = shop.id AND {LOW}),
        COALESCE(near, 0), COALESCE(expired, 0), COALESCE(worth_fen, 0),
        (SELECT COALESCE(-SUM(change), 0) {_LOST}),
        (SELECT COALESCE(-SUM(CAST(change AS BIGINT) * {COST}), 0) {_LOST})
    FROM serving AS shop LEFT JOIN batches ON batches.shop_id = shop.id ORDER BY shop.code
"""
_SCARCE = f"""
    SELECT goods.id, goods.name, goods.unit, on_hand - reserved,
        (SELECT COALESCE(-SUM(change), 0) FROM stock_movement
            WHERE goods_id = goods.id AND kind IN ('redeem', 'undo') AND recorded_at >= ?)
    FROM goods JOIN stock ON stock.goods_id = goods.id
    WHERE goods.shop_id IN ({{ids}}) AND {LOW} ORDER BY on_hand - reserved, goods.initials, goods.id LIMIT ?
"""
_MONEY = """
    SELECT source, target, cause_type, SUM(fen) FROM fund_transfer
    WHERE village_id = ? AND day >= ? AND day <= ? GROUP BY source, target, cause_type
"""
