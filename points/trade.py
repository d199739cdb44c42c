"""What happens in the demo's shops: deliveries, baskets, reservations, shifts, stocktakes, the month's settlement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw
from stdnum import ean

from points import calendar, codes, photos, shifts
from points.errors import PointsError
from points.models import Goods, Person, Reservation, Shift, ShiftCount, Shop, Stock
from points.services import fund, goods, proxy, redemption, reservation, settlement, shift, shop, stockroom, stocktake
from points.services import wish as wishes

if TYPE_CHECKING:
    from points.story import Story, Village

Held = tuple[Person, str, str]
"""Who holds a card, its code, the PIN."""

SHELF = (
    ("大米5kg", "袋", "粮油", 30),("面粉5kg", "袋", "粮油", 24),("挂面1kg", "把", "粮油", 6),
    ("菜籽油1.8L", "桶", "粮油", 28),("小米1kg", "袋", "粮油", 12),("绿豆500g", "袋", "粮油", 8),
    ("食盐400g", "袋", "调味", 2),("酱油500ml", "瓶", "调味", 6),("食醋500ml", "瓶", "调味", 5),
    ("白糖400g", "袋", "调味", 4),("鸡精200g", "袋", "调味", 8),("洗衣液2kg", "瓶", "日化", 20),
    ("洗衣粉1kg", "袋", "日化", 9),("肥皂", "块", "日化", 3),("香皂", "块", "日化", 4),
    ("牙膏", "支", "日化", 6),("牙刷", "支", "日化", 3),("洗发水400ml", "瓶", "日化", 16),
    ("毛巾", "条", "家纺", 8),("枕套", "个", "家纺", 12),("抽纸3包", "提", "纸品", 8),
    ("卷纸10卷", "提", "纸品", 15),("洗洁精1kg", "瓶", "清洁", 7),("扫帚", "把", "清洁", 9),
    ("垃圾袋", "卷", "清洁", 4),("不锈钢盆", "个", "厨具", 10),("饭碗", "个", "厨具", 4),
    ("作业本10本", "包", "文具", 10),("中性笔5支", "盒", "文具", 6),("劳保手套", "双", "农具", 3),
)  # fmt: skip
KEEPS = {"粮油": 210, "调味": 330}
"""So many days goods of a category keep; the others do not spoil."""
COLOURS = {"粮油": "#d9a441", "调味": "#b5523b", "日化": "#3f7fb5", "家纺": "#a06cb0", "纸品": "#7f9aa8",
           "清洁": "#3f9d7a", "厨具": "#8a8f98", "文具": "#c2577e", "农具": "#7a8f3f"}  # fmt: skip
WEEK = [(day, 8 * 60 + 30, 11 * 60 + 30, True) for day in (1, 5)] + [(day, 14 * 60, 17 * 60, False) for day in (0, 3)]


@dataclass
class Trade:
    """A shop of the story, its clerk, and what lies on its shelf."""

    story: Story
    village: Village
    shop_id: int = 0
    till_id: int = 0
    clerk: Person | None = None
    shelf: list[Goods] = field(default_factory=list)

    def do(self, verb: Callable[..., int], actor: Person | None, **payload: Any) -> int:
        """Carry out one verb of the story."""
        return self.story.do(verb, actor, **payload)

    @property
    def today(self) -> date:
        """The story's day."""
        return calendar.local_date(self.story.now)

    # --- opening ------------------------------------------------------------------------------------------------

    def open(self, code: str, name: str, *, clerk: Person, titles: range = range(len(SHELF))) -> None:
        """Open the shop with its till, hours, goods and a first delivery."""
        self.clerk, keeper = clerk, self.village.committee[0]
        self.shop_id = self.do(
            shop.open_shop, keeper, area_id=self.village.area_id, code=code, name=name, hours="赶场日不休"
        )
        self.till_id = self.do(shop.open_till, keeper, shop_id=self.shop_id)
        self.do(shop.set_hours, keeper, shop_id=self.shop_id, hours=WEEK)
        for number in titles:
            self.shelf.append(Goods.get_by_id(self._list(number, keeper)))
        self.deliver("purchase", "县供销社", "送货单 001", 60, 150)

    def _list(self, number: int, keeper: Person) -> int:
        title, unit, category, price = SHELF[number]
        stem = f"6900000{number + 1:05d}"
        limits = {"limit_household": 2, "limit_period": "month"} if price >= 24 else {}
        return self.do(
            goods.add_goods, keeper, shop_id=self.shop_id, name=title, unit=unit, category=category, price=price,
            cost_fen=price * 86, barcodes=(stem + ean.calc_check_digit(stem),), low_at=8,
            picture=_picture(category, number), **limits,
        )  # fmt: skip

    def deliver(self, kind: str, source: str, voucher: str, least: int, most: int, *, sorts: int = 0) -> None:
        """Receive a delivery of all goods, or of some."""
        dice, lines = self.story.dice, []
        for one in dice.sample(self.shelf, sorts) if sorts else self.shelf:
            days = KEEPS.get(str(one.category))
            spoils = self.today + timedelta(days=days + dice.randrange(60)) if days else None
            lines.append((one.id, dice.randint(least, most), one.cost_fen, spoils))
        given = {"kind": kind, "source": source, "voucher": voucher, "note": ""}
        self.do(stockroom.receive, self.village.committee[0], shop_id=self.shop_id, **given, lines=lines)

    # --- at the counter -----------------------------------------------------------------------------------------

    def sell(self, *, kinds: int = 1, held: Held | None = None) -> int:
        """Let a holder of a card take one of each of a few goods; return the receipt's id, or 0 for a refusal."""
        dice = self.story.dice
        holder, code, pin = held or dice.choice(self.village.cards)
        left = self.story.points_of(holder) - 5
        basket: list[list[int]] = []
        for item in dice.sample(self.shelf, min(kinds * 4, len(self.shelf))):
            if item.price <= left and len(basket) < kinds:
                basket.append([item.id, 1, item.price])
                left -= int(item.price)
        if not basket:
            return 0
        how: dict[str, Any] = {"card": code, "pin": pin}
        if sum(price for _, _, price in basket) <= 8 and dice.random() < 0.3:
            how["pin"] = ""
        elif dice.random() < 0.15:
            how = {"card": codes.phone_code(holder.id, self.story.now), "pin": ""}
        return self._redeem(basket=basket, collector_id=holder.id, **how)

    def _redeem(self, **given: Any) -> int:
        try:
            return self.do(redemption.redeem, self.clerk, till_id=self.till_id, **given)
        except PointsError:
            return 0  # sold out, a limit, or over the day's points without a PIN: refusals are part of the story

    def sell_for_cash_too(self) -> None:
        """Let somebody whose points do not suffice pay the rest in cash."""
        rice = self.shelf[0]
        poor = [held for held in self.village.cards if 0 < self.story.points_of(held[0]) < rice.price]
        if poor:
            holder, code, pin = self.story.dice.choice(poor)
            due = (rice.price - self.story.points_of(holder)) * 100
            basket = [[rice.id, 1, rice.price]]
            self._redeem(card=code, pin=pin, collector_id=holder.id, basket=basket, cash_fen=due)

    def sell_to_a_proxy(self) -> None:
        """Let a household name someone who collects for it, and the proxy come."""
        holder, code, pin = self.story.dice.choice(self.village.cards)
        name = self.story.dice.choice(self.village.members).name
        until = self.today + timedelta(days=60)
        try:
            proxy_id = self.do(proxy.grant, holder, name=name, until=until)
        except PointsError:
            return
        cheap = min(self.shelf, key=lambda one: int(one.price))
        basket = [[cheap.id, 1, cheap.price]]
        self._redeem(card=code, pin=pin, collector_id=0, proxy_id=proxy_id, basket=basket)

    def undo_one(self) -> None:
        """Sell, and take it back at once: the wrong goods."""
        receipt = self.sell()
        if receipt:
            code = codes.receipt_code(receipt)
            self.do(redemption.undo, self.clerk, receipt_id=receipt, reason="拿错了商品，已收回", code=code)

    def reserve(self) -> int:
        """Let a villager reserve on the phone; return the reservation's id, or 0."""
        some = self.story.dice.sample(self.village.cards, 12)
        return self.reserve_for(max((held[0] for held in some), key=self.story.points_of))

    def reserve_for(self, holder: Person) -> int:
        """Set two sorts of goods aside for *holder*."""
        dear = [one for one in self.shelf if 5 < one.price <= (self.story.points_of(holder) - 5) // 2]
        if len(dear) < 2:
            return 0
        chosen = self.story.dice.sample(dear, 2)
        basket = [[one.id, 1, one.price] for one in chosen]
        by = self.today + timedelta(days=6)
        given = {"household_id": holder.household_id, "person_id": holder.id, "collect_by": by}
        try:
            return self.do(reservation.reserve, holder, shop_id=self.shop_id, basket=basket, **given)
        except PointsError:
            return 0

    def collect_one(self) -> None:
        """Hand out the oldest reservation that waits, most of the time."""
        waiting = Reservation.select().where(Reservation.shop == self.shop_id, Reservation.state == "open")
        oldest = waiting.order_by(Reservation.id).first()
        if oldest is not None and self.story.dice.random() < 0.8:
            given = {"ticket": codes.ticket_code(oldest.id), "collector_id": oldest.person_id}
            try:
                self.do(reservation.collect, self.clerk, till_id=self.till_id, **given)
            except PointsError:
                return

    def sign_off(self, *, next_clerk: Person | None = None) -> int:
        """Count and sign the clerk's day, if anything was sold; return the shift's id."""
        assert self.clerk is not None
        open_ = shifts.find(self.till_id, self.clerk, self.today)
        if open_ is None:
            return 0
        sums = shifts.tally(self.till_id, self.clerk.id, self.today, open_, now=self.story.now)
        sample = shifts.sample(self.till_id, self.clerk.id, self.today, open_)
        counts = {one.goods_id: one.expected for one in sample}
        given: dict[str, Any] = {"counted_fen": sums.drawer_fen, "counts": counts, "note": ""}
        return self.do(
            shift.sign_off, self.clerk, till_id=self.till_id, **given, next_clerk_id=next_clerk.id if next_clerk else 0
        )

    def hand_over(self, next_clerk: Person) -> None:
        """Hand the till over: both count, both sign."""
        shift_id = self.sign_off(next_clerk=next_clerk)
        if shift_id:
            signed = Shift.get_by_id(shift_id)
            counted: Any = ShiftCount.select(ShiftCount.goods_id, ShiftCount.counted)
            counts = dict(counted.where(ShiftCount.shift == shift_id).tuples())
            given = {"counted_fen": signed.counted_fen, "counts": counts, "note": "点清"}
            self.do(shift.take_over, next_clerk, shift_id=shift_id, **given)
            self.clerk = next_clerk

    # --- in the stockroom ---------------------------------------------------------------------------------------

    def lose_one(self) -> None:
        """Find a bottle broken."""
        bottles = [one for one in self.shelf if one.unit == "瓶"]
        one = self.story.dice.choice(bottles)
        given = {"quantity": 1, "reason": "搬运时摔破", "pictures": [self._broken()]}
        self.do(stockroom.lose, self.clerk, goods_id=one.id, **given)

    def _broken(self) -> photos.Picture:
        """Draw pieces on a floor, each time others."""
        drawn, dice = Image.new("RGB", (640, 480), "#b9b2a3"), self.story.dice
        pen = ImageDraw.Draw(drawn)
        for _ in range(14):
            x, y = dice.randrange(60, 580), dice.randrange(60, 420)
            corners = [(x + dice.randrange(-70, 70), y + dice.randrange(-50, 50)) for _ in range(3)]
            pen.polygon(corners, fill=dice.choice(("#3f7fb5", "#6ea3c9", "#dfe6e9", "#56524a")))
        out = BytesIO()
        drawn.save(out, "JPEG", quality=85)
        return photos.redraw(out.getvalue())

    def take_stock(self, *, approve: bool) -> None:
        """Count some goods blind; a few are missing. A second person approves, or it waits for one."""
        ids = [one.id for one in self.story.dice.sample(self.shelf, 8)]
        stocktake_id = self.do(stocktake.start, self.clerk, shop_id=self.shop_id, goods_ids=ids)
        found: Any = Stock.select(Stock.goods, Stock.on_hand).where(Stock.goods.in_(ids))
        lying = dict(found.tuples())
        missing = self.story.dice.choice(ids)
        counts = {id_: max(number - (id_ == missing), 0) for id_, number in lying.items()}
        self.do(stocktake.count, self.clerk, stocktake_id=stocktake_id, counts=counts)
        self.do(stocktake.finish, self.clerk, stocktake_id=stocktake_id)
        if approve:
            self.do(stocktake.approve, self.village.committee[1], stocktake_id=stocktake_id)

    def wish(self) -> None:
        """Let households say what they miss on the shelf."""
        names, dice = ("小包装大米1kg", "儿童雨鞋", "暖水瓶", "保温饭盒", "蜂窝煤炉具"), self.story.dice
        for name in names:
            for holder, _, _ in dice.sample(self.village.cards, dice.randint(2, 9)):
                self.do(wishes.wish, holder, village_id=self.village.area_id, name=name)

    # --- the month's money --------------------------------------------------------------------------------------

    def edit(self, **facts: bool) -> None:
        """Decide how the shop is run."""
        found = Shop.get_by_id(self.shop_id)
        given = {"name": found.name, "hours": found.hours, "van": False, "hold_days": 7}
        given |= {"contracted": False, "takes_cash": False} | facts
        self.do(shop.edit_shop, self.village.committee[0], shop_id=self.shop_id, **given)

    def settle(self, *, pay: bool) -> None:
        """Draw the month that is over; both sides sign; the village pays and the shop has the money. Or it waits."""
        committee, treasurer = self.village.committee
        month = calendar.month_of(self.today.replace(day=1) - timedelta(days=1))
        given = {"shop_id": self.shop_id, "village_id": self.village.area_id, "month": month}
        try:
            drawn = self.do(settlement.draw, committee, **given)
        except PointsError:
            return
        self.do(settlement.sign, self.clerk, settlement_id=drawn)
        if pay:
            self.do(settlement.sign, treasurer, settlement_id=drawn)
            voucher = f"转账回单 {month[5:]}01"
            self.do(settlement.pay, committee, settlement_id=drawn, voucher=voucher, day=self.today)
            self.do(settlement.close, self.clerk, settlement_id=drawn)

    def promise(self) -> None:
        """Set money aside for the goods of the year's end."""
        given = {"village_id": self.village.area_id, "fen": 5_000_00, "purpose": "年底米面油集中采购"}
        self.do(fund.commit, self.village.committee[0], **given)


def _picture(category: str, number: int) -> photos.Picture:
    """Draw goods as a child would: a sack, a bottle, a box or a bar, with a label."""
    colour = COLOURS.get(category, "#888888")
    drawn = Image.new("RGB", (320, 320), "#f3f1ea")
    pen = ImageDraw.Draw(drawn)
    match category:
        case "粮油":
            pen.rounded_rectangle((80, 60, 240, 280), 26, fill=colour)
            pen.polygon([(110, 60), (160, 20), (210, 60)], fill=colour)
        case "调味" | "日化" | "清洁":
            pen.rectangle((138, 30, 182, 80), fill="#5b6268")
            pen.rounded_rectangle((100, 70, 220, 290), 30, fill=colour)
        case "纸品" | "文具":
            pen.rectangle((60, 110, 260, 260), fill=colour)
            pen.polygon([(60, 110), (100, 70), (300, 70), (260, 110)], fill="#dfe6e9")
        case _:
            pen.ellipse((60, 90, 260, 270), fill=colour)
    pen.rounded_rectangle((112, 150, 208, 220), 10, fill="white")
    for stripe in range(3):
        width = 20 + (number * 17 + stripe * 23) % 60
        pen.rectangle((124, 162 + stripe * 18, 124 + width, 170 + stripe * 18), fill=colour)
    out = BytesIO()
    drawn.save(out, "JPEG", quality=85)
    return photos.redraw(out.getvalue())
