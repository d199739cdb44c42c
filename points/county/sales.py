"""The shops: opened and restocked by the verbs; the customers of an opening day in one transaction.

`Sales._serve` is the bulk version of `redemption.redeem`, for all who come on a day, and of `shift.sign_off` in the
evening.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from points import calendar, codes, db, ledger, shifts, stock
from points.county.shape import SHOPPERS, Half
from points.county.telling import Telling, keep, moment
from points.errors import PointsError
from points.ledger import Posting
from points.models import Goods, Person, Receipt, Shift
from points.models.ledger import Account, AccountRef, AccountType, Kind
from points.services import fund, goods, redemption, reservation, settlement, shop, stockroom
from points.trade import KEEPS, SHELF, WEEK

if TYPE_CHECKING:
    from points.county.settling import Home, Village

DEAR = 24
"""Goods of so many points a household takes twice a month at most."""
NO_PIN = 20
"""Points a household may spend without its PIN in a day, by the village's setting."""


@dataclass(slots=True)
class Shop:
    """A shop with one till, its clerk, its goods, and whom the clerk does not serve."""

    id: int
    till_id: int
    code: str
    clerk: Person
    contracted: bool
    account: Account
    goods: list[int] = field(default_factory=list)
    taken: dict[tuple[int, int], int] = field(default_factory=dict)
    """How many of the limited goods a household took in the month."""
    month: str = ""


@dataclass(slots=True)
class Sale:
    """A customer's basket, before it is written."""

    home: Home
    at: datetime
    key: str
    lines: list[tuple[int, str, str, int]]
    pin: bool
    balance: int
    id: int = 0

    @property
    def points(self) -> int:
        """What it costs: one piece of each."""
        return sum(line[3] for line in self.lines)


def open_shop(
    telling: Telling, village: Village, code: str, name: str, clerk: Person, *, contracted: bool = False
) -> Shop:
    """Open a shop with its till, hours, goods and a first delivery; a contracted one is the village's second."""
    do, keeper = telling.do, village.committee[0]
    shop_id = do(shop.open_shop, keeper, area_id=village.id, code=code, name=name, hours="赶场日不休")
    till_id = do(shop.open_till, keeper, shop_id=shop_id)
    do(shop.set_hours, keeper, shop_id=shop_id, hours=WEEK)
    if contracted:
        given = {"name": name, "hours": "", "van": False, "hold_days": 7, "contracted": True, "takes_cash": False}
        do(shop.edit_shop, keeper, shop_id=shop_id, **given)
    facts = [
        {"name": title, "unit": unit, "category": category, "price": price, "cost_fen": price * 86, "low_at": 8}
        | ({"limit_household": 2} if price >= DEAR else {})
        for title, unit, category, price in SHELF
    ]
    upload = do(goods.upload, keeper, shop_id=shop_id, file_name="商品.xlsx", given=facts)
    do(goods.take_in, keeper, upload_id=upload)
    opened = Shop(shop_id, till_id, code, clerk, contracted, ledger.account(AccountType.SHOP, shop_id))
    opened.goods = [one.id for one in Goods.select(Goods.id).where(Goods.shop == shop_id).order_by(Goods.id)]
    return opened


class Sales:
    """What all shops give."""

    def __init__(self, telling: Telling) -> None:
        self.telling, self.dice = telling, telling.dice

    # --- by the verbs -------------------------------------------------------------------------------------------------

    def restock(self, village: Village, first: date) -> None:
        """Begin a month: fill the shelves, settle with the contracted shop, and let money come in by the quarter."""
        do, (chief, treasurer) = self.telling.do, village.committee
        self.telling.set(first, 8)
        if first.month % 3 == 1:
            given = {"kind": "donation", "voucher": f"收据 {first:%y%m}", "note": "在外乡亲的捐款", "day": first}
            do(fund.enter, chief, village_id=village.id, fen=village.households * 8_00, **given)
        for one in village.shops:
            self._receive(village, one, first)
        for one in village.shops[1:]:
            self._settle(village, one, first, chief, treasurer)

    def _receive(self, village: Village, one: Shop, day: date) -> None:
        full = 10 + village.households // (12 if not one.contracted else 25)
        lines: list[stockroom.Line] = []
        for goods_id, on_hand, cost_fen, category in db.execute(_ON_HAND, (one.id,)).fetchall():
            if on_hand < full:
                keeps = KEEPS.get(category)
                spoils = day + timedelta(days=keeps + self.dice.randrange(60)) if keeps else None
                lines.append((goods_id, full - on_hand, cost_fen, spoils))
        if lines:
            given = {"kind": "purchase", "source": "县供销社", "voucher": f"送货单 {day:%y%m}", "note": ""}
            self.telling.do(stockroom.receive, village.committee[0], shop_id=one.id, **given, lines=lines)

    def _settle(self, village: Village, one: Shop, day: date, chief: Person, treasurer: Person) -> None:
        do, month = self.telling.do, calendar.month_of(day - timedelta(days=1))
        try:
            drawn = do(settlement.draw, chief, shop_id=one.id, village_id=village.id, month=month)
        except PointsError:  # nothing was sold
            return
        do(settlement.sign, one.clerk, settlement_id=drawn)
        do(settlement.sign, treasurer, settlement_id=drawn)
        try:
            do(settlement.pay, chief, settlement_id=drawn, voucher=f"转账回单 {month[5:]}01", day=day)
        except PointsError:  # the fund holds too little: it waits
            return
        do(settlement.close, one.clerk, settlement_id=drawn)

    # --- life ---------------------------------------------------------------------------------------------------------

    def live(self, village: Village, span: Half) -> None:
        """Open on each shop's days; now and then a household reserves, or a receipt is undone."""
        days = [span.first + timedelta(days=step) for step in range((span.last - span.first).days + 1)]
        for one in village.shops:
            open_on = [day for day in days if day.weekday() == (5 if one is village.shops[0] else 1)]
            for number, day in enumerate(open_on):
                if calendar.month_of(day) != one.month:
                    one.month, one.taken = calendar.month_of(day), defaultdict(int)
                if one is village.shops[0] and number == 0 and self.dice.random() < 0.5:
                    self._reserve(village, one, day)
                self._serve(village, one, day, village.households * SHOPPERS / len(open_on) / len(village.shops))
            if open_on and self.dice.random() < 1 / 6:
                self._undo(village, one, open_on[-1])

    def _reserve(self, village: Village, one: Shop, day: date) -> None:
        """Let a household reserve on the phone, and mostly collect on the next opening day or cancel."""
        home = self.dice.choice(village.homes)
        balance = db.execute("SELECT balance FROM account WHERE id = ?", (home.account_id,)).fetchone()[0]
        sql = "SELECT id, price FROM goods WHERE shop_id = ? AND price BETWEEN 6 AND ? ORDER BY id"
        offered = db.execute(sql, (one.id, min(balance, 20))).fetchall()
        if not offered or home.id in village.away[one.clerk.id]:
            return
        goods_id, price = self.dice.choice(offered)
        one.taken[home.id, goods_id] += 1
        holder = Person.get_by_id(home.people[0])
        self.telling.set(day - timedelta(days=1), 20, self.dice.randrange(60))
        given = {"household_id": home.id, "person_id": holder.id, "collect_by": day + timedelta(days=5)}
        try:
            made = self.telling.do(reservation.reserve, holder, shop_id=one.id, basket=[[goods_id, 1, price]], **given)
            chance = self.dice.random()
            if chance < 0.1:
                self.telling.do(reservation.cancel, holder, reservation_id=made, reason="不需要了")
            elif chance < 0.85:
                self.telling.set(day, 8, 31)
                ticket = {"ticket": codes.ticket_code(made), "collector_id": holder.id}
                self.telling.do(reservation.collect, one.clerk, till_id=one.till_id, **ticket)
        except PointsError:
            return  # sold out, spoilt: refusals are part of life

    def _undo(self, village: Village, one: Shop, day: date) -> None:
        """Let the committee undo the till's last receipt."""
        last = Receipt.select().where(Receipt.till == one.till_id).order_by(Receipt.sequence.desc()).first()
        if last is None:
            return
        self.telling.set(day, 15)
        try:
            given = {"receipt_id": last.id, "reason": "拿错了商品，已收回"}
            self.telling.do(redemption.undo, village.committee[1], **given)
        except PointsError:  # undone before, or the own household
            return

    # --- in bulk ------------------------------------------------------------------------------------------------------

    def _serve(self, village: Village, one: Shop, day: date, mean: float) -> None:
        """Serve those who come on a day, and sign the shift off, in one transaction."""
        coming = [
            home
            for home in self.dice.sample(village.homes, min(self.telling.often(mean * 2), village.households))
            if home.card_id and home.id not in village.away[one.clerk.id]
        ]
        with db.transaction():
            sales = self._baskets(one, coming, day, self.telling.often(mean))
            if sales:
                self._sell(one, sales, day)

    def _baskets(self, one: Shop, coming: Sequence[Home], day: date, most: int) -> list[Sale]:
        """Let customers choose among what lies there, within their points and the goods' limits."""
        dice = self.dice
        sql = "SELECT id, balance FROM account WHERE id IN (SELECT {0} FROM {rows})"
        balances = dict(db.rows(sql, [[home.account_id] for home in coming]))
        on_shelf = {
            row[0]: row
            for row in db.execute(_SHELF, (day if db.is_postgresql() else day.isoformat(), one.id)).fetchall()
        }
        left = {goods_id: row[5] for goods_id, row in on_shelf.items()}
        sales: list[Sale] = []
        for home in coming:
            if len(sales) == most:
                break
            points = balances[home.account_id]
            lines: list[tuple[int, str, str, int]] = []
            for goods_id in dice.sample(one.goods, min(8, len(one.goods))):
                _, name, unit, price, limit, _ = on_shelf[goods_id]
                if price > points or left[goods_id] < 1 or len(lines) == 3:
                    continue
                if limit is not None:
                    if one.taken[home.id, goods_id] >= limit:
                        continue
                    one.taken[home.id, goods_id] += 1
                points -= price
                left[goods_id] -= 1
                lines.append((goods_id, name, unit, price))
            if lines:
                lines.sort()
                second = len(sales) * 10_800 // most
                at = moment(day, 8, 40) + timedelta(seconds=second)
                balance = balances[home.account_id]
                sale = Sale(home, at, self.telling.key(), lines, True, balance)
                sale.pin = sale.points > NO_PIN or dice.random() < 0.7
                sales.append(sale)
        return sales

    def _sell(self, one: Shop, sales: Sequence[Sale], day: date) -> None:
        closing = moment(day, 11, 45)
        wanted: dict[int, int] = defaultdict(int)
        for sale in sales:
            for line in sale.lines:
                wanted[line[0]] += 1
        taken = stock.take(wanted, good_on=day)
        transfers = ledger.post_many([_posting(one, sale) for sale in sales], now=closing)
        last = db.execute(_NUMBERS, (len(sales), one.till_id)).fetchone()[0]
        shift_id = self._open_shift(one, day, last - len(sales) + 1, sales[0].at)
        batches: dict[int, deque[int]] = defaultdict(deque)
        on_hand: dict[int, int] = {}
        for moved in taken:
            batches[moved.goods_id].extend([moved.batch_id] * -moved.change)
            on_hand[moved.goods_id] = moved.on_hand_after
        for goods_id, count in wanted.items():
            on_hand[goods_id] += count
        receipts, lines, movements, kept = [], [], [], []
        ids = db.new_ids("receipt", len(sales))
        for place, (sale, receipt_id, transfer_id) in enumerate(zip(sales, ids, transfers, strict=True)):
            at, sequence = db.microseconds(sale.at), last - len(sales) + 1 + place
            holder = sale.home.people[0]
            receipts.append(
                (receipt_id, one.till_id, sequence, f"{one.code}-1-{sequence:06d}", sale.home.id, sale.home.card_id,
                 holder, one.clerk.id, shift_id, "scan", sale.pin, sale.points, 100, 0, 0, sale.balance - sale.points,
                 transfer_id, at)
            )  # fmt: skip
            for goods_id, name, unit, price in sale.lines:
                lines.append((receipt_id, goods_id, name, unit, price, 1))
                on_hand[goods_id] -= 1
                movements.append((goods_id, batches[goods_id].popleft(), "redeem", -1, on_hand[goods_id], "receipt",
                                  receipt_id, "", one.clerk.id, at))  # fmt: skip
            basket = [[goods_id, 1, price] for goods_id, _, _, price in sale.lines]
            payload: dict[str, Any] = {"till_id": one.till_id, "collector_id": holder, "basket": basket}
            kept.append(self.telling.kept(sale.key, one.clerk.id, "redemption.redeem", receipt_id, at, payload))
        db.load("receipt", _RECEIPT, receipts)
        db.load("receipt_line", "receipt_id, goods_id, name, unit, price, quantity", lines)
        db.load("stock_movement", _MOVEMENT, movements)
        keep(kept)
        self._sign_off(one, shift_id, day, closing)

    def _open_shift(self, one: Shop, day: date, sequence: int, now: datetime) -> int:
        """Return the clerk's shift of the day: the one of a reservation that was collected, or a new one."""
        asked = (one.till_id, one.clerk.id, day if db.is_postgresql() else day.isoformat())
        row = db.execute(_OPEN_SHIFT, asked).fetchone()
        return int((row or db.execute(_NEW_SHIFT, (*asked, sequence, db.microseconds(now))).fetchone())[0])

    def _sign_off(self, one: Shop, shift_id: int, day: date, now: datetime) -> None:
        """Count and sign the clerk's day."""
        sample = shifts.sample(one.till_id, one.clerk.id, day, Shift(id=shift_id, first_sequence=0))
        at, begin = db.microseconds(now), db.microseconds(calendar.start_of(day))
        db.execute(_SIGN_OFF, (at, one.till_id, shift_id, one.till_id, shift_id, one.till_id, begin, at, shift_id))
        db.execute("UPDATE till SET shift_id = NULL WHERE id = ?", (one.till_id,))
        counts = [(shift_id, goods.goods_id, goods.expected, goods.expected) for goods in sample]
        db.load("shift_count", "shift_id, goods_id, expected, counted", counts)
        given = {
            "till_id": one.till_id,
            "counted_fen": 0,
            "counts": {goods.goods_id: goods.expected for goods in sample},
        }
        keep([self.telling.kept(self.telling.key(), one.clerk.id, "shift.sign_off", shift_id, at, given)])


def _posting(one: Shop, sale: Sale) -> Posting:
    return Posting(
        key=f"redeem:{sale.key}",
        kind=Kind.REDEMPTION,
        source=AccountRef(sale.home.account_id, AccountType.HOUSEHOLD, sale.home.id),
        target=one.account,
        points=sale.points,
        cause_type="till",
        cause_id=one.till_id,
        happened_at=sale.at,
        actor_id=one.clerk.id,
    )


_ON_HAND = "SELECT id, on_hand, cost_fen, category FROM goods JOIN stock ON goods_id = id WHERE shop_id = ? ORDER BY id"
_NUMBERS = "UPDATE till SET sequence = sequence + ? WHERE id = ? RETURNING sequence"
_OPEN_SHIFT = "SELECT id FROM shift WHERE till_id = ? AND clerk_id = ? AND day = ? AND closed_at IS NULL"
_NEW_SHIFT = """
    INSERT INTO shift (till_id, clerk_id, day, first_sequence, opened_at, note, taken_note)
    VALUES (?, ?, ?, ?, ?, '', '') RETURNING id
"""
_SIGN_OFF = """
    UPDATE shift SET closed_at = ?, cash_fen = 0, undone = 0, counted_fen = 0,
        redemptions = (SELECT COUNT(*) FROM receipt WHERE till_id = ? AND sequence >= first_sequence AND shift_id = ?),
        points = (SELECT SUM(receipt.points) FROM receipt
            WHERE till_id = ? AND sequence >= first_sequence AND shift_id = ?),
        refused = (SELECT COUNT(*) FROM refusal WHERE till_id = ? AND recorded_at >= ? AND recorded_at <= ?)
    WHERE id = ?
"""
_SHELF = """
    SELECT goods.id, goods.name, goods.unit, goods.price, goods.limit_household,
        (SELECT COALESCE(SUM(remaining), 0) FROM stock_batch WHERE goods_id = goods.id
            AND (best_before IS NULL OR best_before >= ?)) - stock.reserved
    FROM goods JOIN stock ON stock.goods_id = goods.id WHERE goods.shop_id = ? AND NOT goods.hidden
"""
_RECEIPT = (
    "id, till_id, sequence, number, household_id, card_id, collector_id, clerk_id, shift_id, via, pin, points, "
    "worth_fen, cash_points, cash_fen, balance_after, transfer_id, recorded_at"
)
_MOVEMENT = "goods_id, batch_id, kind, change, on_hand_after, cause_type, cause_id, note, actor_id, recorded_at"
