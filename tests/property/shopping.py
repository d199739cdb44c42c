"""The shop's part of a life at random: what happens at counter, stockroom and desk, and what always holds there."""

from collections import Counter, defaultdict
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from peewee import fn

from points import codes, db, fundbook
from points.calendar import local_date
from points.models import (
    Account,
    ChangePerson,
    FundTransfer,
    Goods,
    HouseholdChange,
    Person,
    PhoneCode,
    Proxy,
    Receipt,
    ReceiptLine,
    ReceiptUndo,
    Reservation,
    ReservationLine,
    Settlement,
    SettlementItem,
    Shift,
    Shop,
    Stock,
    StockBatch,
    Stocktake,
    StocktakeLine,
    Till,
    Transfer,
)
from points.models.ledger import AccountType
from points.photos import Picture
from points.services import fund, proxy, redemption, reservation, settlement, shift, shop, stockroom, stocktake
from tests.world import PIN

AT_SHOP = st.sampled_from(["clerk", "clerk", "clerk 2", "clerk 2", "committee 1", "other clerk"])
KEEPERS = st.sampled_from(["clerk", "clerk 2", "committee 1", "committee 2"])
COMMITTEE = st.sampled_from(["committee 1", "committee 2", "committee 2", "checker"])
PLACE = st.integers(0, 8)
PICK = st.integers(0, 15)
NO_PIN = 6  # points a day
SALT_A_MONTH = 6  # bags a household takes at most
PICTURE = Picture(b"a JPEG", "0" * 64, 0, 1, 1)


def only_while(table, where=True):
    """Run a rule only while it has something to act on, so that most steps lead on."""
    return precondition(lambda life: table.select().where(where).exists())


class Shopping(RuleBasedStateMachine):
    """Needs what `Life` keeps: the world, its people by name, the villagers, four cards, and `do`, `ask`."""

    def open_the_shop(self, *, takes_cash: bool) -> None:
        """Let the shop be contracted, with two tills, two clerks, a second shop, money, and every piece scarce."""
        world = self.world
        by = world.committee[0]
        self.tills = [world.till, shop.open_till(**world.by(by), shop_id=world.shop)]
        about = {"name": "石桥店", "hours": "", "contracted": True, "takes_cash": takes_cash, "van": False}
        shop.edit_shop(**world.by(by), shop_id=world.shop, **about, hold_days=2)
        place = {"area_id": world.village, "code": "SQ2", "name": "第二店", "hours": ""}
        self.second_shop = shop.open_shop(**world.by(by), **place)
        self.people["clerk 2"] = world.appoint("clerk", world.village, "孔店员", lane=world.lanes[0])
        Goods.update(limit_household=SALT_A_MONTH).where(Goods.name == "食盐400g").execute()
        given = {"village_id": world.village, "kind": "grant", "fen": 2_000, "voucher": "拨款 1", "note": ""}
        fund.enter(**world.by(by), **given, day=world.today)
        fund.commit(**world.by(by), village_id=world.village, fen=700, purpose="重阳节")
        world.receive(world.goods["食盐400g"], 16, best_before=world.today + timedelta(days=20))

    # --- at the counter -----------------------------------------------------------------------------------------------

    @rule(who=AT_SHOP, card=st.integers(0, 3), pin=st.sampled_from([PIN, PIN, "", "918273"]), pick=PICK)
    def redeem_by_number(self, who: str, card: int, pin: str, pick: int) -> None:
        self.redeem(who, self.cards[card].number, self.cards[card].person, pin, pick)

    @rule(who=AT_SHOP, card=st.integers(0, 3), pin=st.sampled_from(["", "", PIN]), pick=PICK, photo=st.booleans())
    def redeem_by_scan(self, who: str, card: int, pin: str, pick: int, photo: bool) -> None:
        """Scan a card, or a photo of one; a proxy takes the goods if the household has one."""
        self.redeem(who, self.cards[card].code, self.cards[card].person, pin, pick, photo=photo)

    @rule(who=AT_SHOP, place=PLACE, pick=PICK, age=st.sampled_from([0, 0, 30, 90]))
    def redeem_by_phone(self, who: str, place: int, pick: int, age: int) -> None:
        """Show a phone's code, some of them stale; the same moment shows the same code, which is used up."""
        owner = self.villagers[place]
        self.redeem(who, codes.phone_code(owner.id, self.world.now - timedelta(seconds=age)), owner, "", pick)

    def redeem(self, who: str, card: str, owner: Person, pin: str, pick: int, *, photo: bool = False) -> None:
        mine = Proxy.select().where(Proxy.household == owner.household_id).order_by(Proxy.id.desc())
        proxy_id = (mine.first() or Proxy(id=0)).id if pick % 4 == 1 else 0
        basket = self.basket(pick)
        given = {"till_id": self.tills[pick % 2], "card": card, "pin": pin, "basket": basket, "photo": photo}
        given |= {"collector_id": 0 if proxy_id else owner.id, "proxy_id": proxy_id}
        self.do(redemption.redeem, who, **given)
        answer = self.last[2]
        if answer[1] == "CashChanged":
            self.do(redemption.redeem, who, **given, cash_fen=answer[2]["fen"])

    def basket(self, pick: int) -> list[list[int]]:
        """Choose some salt, now and then with washing liquid, or a bag of rice."""
        chosen = {"大米5kg": 1} if pick > 12 else {"食盐400g": 1 + pick % 4}
        if pick % 5 == 0:
            chosen["洗衣液2kg"] = 1
        goods = {row.name: row for row in Goods.select().where(Goods.shop == self.world.shop)}
        return [[goods[name].id, count, goods[name].price] for name, count in chosen.items()]

    @only_while(Receipt)
    @rule(who=st.sampled_from(["clerk", "clerk 2", "committee 2", "committee 2", "other clerk"]), pick=PICK)
    def undo(self, who: str, pick: int) -> None:
        receipts = [receipt.id for receipt in Receipt.select(Receipt.id).order_by(Receipt.id.desc())]
        receipt_id = receipts[pick % min(len(receipts), 5)]
        code = codes.receipt_code(receipts[0] if pick == 7 else receipt_id)
        self.do(redemption.undo, who, receipt_id=receipt_id, reason="拿错了", code=code)

    @only_while(Receipt)
    @rule(
        who=st.sampled_from(["clerk", "clerk 2"]), till=st.integers(0, 1), handover=st.sampled_from([True, True, False])
    )
    def shifts_change(self, who: str, till: int, handover: bool) -> None:
        """Sign off a shift of today or earlier, with or without handing it over; or sign for what was handed over."""
        counts = {goods.id: 5 for goods in Goods.select()}
        found = {"counted_fen": 300, "counts": counts, "note": ""}
        actor = self.people[who]
        waiting = Shift.select().where(Shift.next_clerk == actor, Shift.taken_at.is_null())
        if waiting.exists():
            self.do(shift.take_over, who, shift_id=waiting.get().id, **found)
            return
        mine = Shift.select().where(Shift.till == self.tills[till], Shift.clerk == actor, Shift.closed_at.is_null())
        earlier = mine.where(Shift.day < self.world.today).first()
        other = self.people["clerk 2" if who == "clerk" else "clerk"]
        given = {"next_clerk_id": other.id} if handover and not earlier else {}
        self.do(shift.sign_off, who, till_id=self.tills[till], **found, **given, shift_id=earlier.id if earlier else 0)

    @rule(place=PLACE, pick=PICK, days=st.integers(0, 5))
    def proxies_change(self, place: int, pick: int, days: int) -> None:
        """Grant a proxy at home or at the counter, or take one back."""
        actor, grants = self.villagers[place], list(Proxy.select().order_by(Proxy.id))
        about = {"name": f"代{'甲乙丙'[pick % 3]}", "until": self.world.today + timedelta(days=days)}
        if pick > 11 and grants:
            chosen = grants[days % len(grants)]
            household = Person.select().where(Person.household == chosen.household_id)
            self.do(proxy.revoke, household.first() if pick > 12 else actor, proxy_id=chosen.id)
        elif pick % 2:
            self.do(proxy.grant, actor, **about)
        else:
            paper = self.cards[place % 4]
            given = {"till_id": self.tills[0], "card": paper.code, "pin": PIN if pick else "918273"}
            self.do(proxy.grant_at_till, "clerk", **given, **about)

    # --- reservations -------------------------------------------------------------------------------------------------

    @rule(place=PLACE, pick=PICK, days=st.integers(0, 3), at_desk=st.sampled_from([False, False, True]))
    def reserve(self, place: int, pick: int, days: int, at_desk: bool) -> None:
        person = self.cards[place % 4].person if at_desk else self.villagers[place]
        given = {"shop_id": self.world.shop, "household_id": person.household_id, "person_id": person.id}
        given |= {"basket": self.basket(pick), "collect_by": self.world.today + timedelta(days=days)}
        self.do(reservation.reserve, "committee 2" if at_desk else person, **given, pin=PIN if at_desk else "")

    @only_while(Reservation)
    @rule(who=AT_SHOP, pick=PICK, spoken=st.sampled_from([False, False, True]))
    def collect(self, who: str, pick: int, spoken: bool) -> None:
        chosen = self.reservation(pick)
        ticket = {"ticket": chosen.spoken if spoken else codes.ticket_code(chosen.id), "pin": PIN if spoken else ""}
        proxies = Proxy.select().where(Proxy.household == chosen.household_id).order_by(Proxy.id.desc())
        by_proxy = (proxies.first() or Proxy(id=0)).id if pick % 4 == 1 else 0
        taker = {"collector_id": 0 if by_proxy else chosen.person_id, "proxy_id": by_proxy}
        self.do(reservation.collect, who, till_id=self.tills[pick % 2], **ticket, **taker)

    @only_while(Reservation)
    @rule(place=PLACE, pick=PICK)
    def cancel(self, place: int, pick: int) -> None:
        chosen = self.reservation(pick)
        who = (self.villagers[place], chosen.person, self.people["committee 2"], self.people["clerk"])[pick % 4]
        ticket = codes.ticket_code(chosen.id)
        self.do(reservation.cancel, who, reservation_id=chosen.id, reason="不要了", ticket=ticket)

    def reservation(self, pick: int) -> Reservation:
        """Choose a reservation, mostly an open one."""
        found = list(Reservation.select().order_by(Reservation.id.desc()))
        still = [one for one in found if one.state == "open"] if pick < 13 else []
        return (still or found)[pick % len(still or found)]

    # --- the stockroom ------------------------------------------------------------------------------------------------

    @rule(
        who=KEEPERS,
        what=st.sampled_from(["receive", "lose", "remove"]),
        name=st.sampled_from(["大米5kg", "洗衣液2kg", "食盐400g"]),
        count=st.integers(1, 5),
        days=st.integers(0, 3),
    )
    def goods_come_and_go(self, who: str, what: str, name: str, count: int, days: int) -> None:
        goods = Goods.get(Goods.shop == self.world.shop, Goods.name == name).id
        if what == "receive":
            other = Goods.get(Goods.shop == self.world.shop, Goods.name == "大米5kg").id
            best = self.world.today + timedelta(days=days) if days else None
            paper = {"kind": ("purchase", "donation")[days % 2], "source": "批发部", "voucher": "7", "note": ""}
            lines = [(goods, count, 100, best), (goods, 1, 90, None), (other, 1, 2000, None)]
            self.do(stockroom.receive, who, shop_id=self.world.shop, **paper, lines=lines)
        elif what == "lose":
            self.do(stockroom.lose, who, goods_id=goods, quantity=count, reason="受潮", pictures=[PICTURE])
        else:
            self.do(stockroom.remove, who, goods_id=goods, to_shop_id=self.second_shop, quantity=count, note="")

    @rule(who=KEEPERS, pick=PICK, off=st.integers(-2, 2))
    def the_stocktake_goes_on(self, who: str, pick: int, off: int) -> None:
        """Begin a stocktake, or take the one under way a step further, now and then to its end."""
        under_way = Stocktake.get_or_none(Stocktake.state.in_(("counting", "counted")))
        if under_way is None:
            self.do(stocktake.start, who, shop_id=self.world.shop)
            return
        given = {"stocktake_id": under_way.id}
        if pick == 15:
            self.do(stocktake.drop, who, **given, reason="改天再盘")
        elif under_way.state == "counted":
            self.ask(stocktake.approve, who, True, **given)
        else:
            shelf = {row.goods_id: row.on_hand for row in Stock.select()}
            listed = [line.goods_id for line in StocktakeLine.select().where(StocktakeLine.stocktake == under_way)]
            counts = {goods_id: max(shelf[goods_id] + off, 0) for goods_id in listed}
            self.do(stocktake.count, who, **given, counts=counts)
            if pick < 12:
                self.do(stocktake.finish, who, **given)

    # --- money --------------------------------------------------------------------------------------------------------

    @rule(
        who=COMMITTEE,
        what=st.sampled_from(["income", "spent", "commit", "release", "spend_committed", "cancel"]),
        fen=st.integers(1, 900),
        pick=PICK,
    )
    def money_moves(self, who: str, what: str, fen: int, pick: int) -> None:
        rows = list(FundTransfer.select().order_by(FundTransfer.id))
        entries, promised = [row.id for row in rows], [row.id for row in rows if row.kind == "commit"]
        place, paper = {"village_id": self.world.village, "fen": fen}, {"voucher": "9", "note": ""}
        today = self.world.today
        if what in ("income", "spent"):
            kind = "donation" if what == "income" else "spent"
            self.do(fund.enter, who, **place, kind=kind, **paper, day=today)
        elif what == "cancel":
            self.do(fund.cancel, who, entry_id=entries[pick % len(entries)], reason="记错了")
        elif what == "commit" or not promised:
            self.do(fund.commit, who, **place, purpose="年货")
        else:
            given = {"commitment_id": promised[pick % len(promised)], "fen": fen}
            if what == "release":
                self.do(fund.release, who, **given, reason="用不着")
            else:
                self.do(fund.spend_committed, who, **given, **paper, day=today)

    @rule(who=COMMITTEE, clerk=st.sampled_from(["clerk", "clerk 2"]), pick=PICK)
    def the_settlement_goes_on(self, who: str, clerk: str, pick: int) -> None:
        """Draw last month's settlement, or take the one under way a step further."""
        open_ = Settlement.get_or_none(Settlement.state.in_(("drawn", "paid")))
        if open_ is None:
            month = f"{self.world.today.replace(day=1) - timedelta(days=1):%Y-%m}"
            self.do(settlement.draw, who, shop_id=self.world.shop, village_id=self.world.village, month=month)
            return
        given = {"settlement_id": open_.id}
        if open_.state == "paid":
            self.do(settlement.close, clerk, **given)
        elif pick > 11 and not open_.village_signed_at:
            self.do(settlement.drop, who, **given)
        elif open_.shop_signed_at is None:
            self.do(settlement.sign, clerk, **given)
        elif open_.village_signed_at is None:
            self.do(settlement.sign, who, **given)
        else:
            self.do(settlement.pay, who, **given, voucher="转账 3", day=self.world.today)

    @only_while(Settlement, Settlement.state != "dropped")
    @rule()
    def the_month_ends(self) -> None:
        """Let the days pass until another month may be settled."""
        next_month = (self.world.today.replace(day=1) + timedelta(days=31)).replace(day=1)
        self.time_passes(24, (next_month - self.world.today).days)

    # --- what always holds --------------------------------------------------------------------------------------------

    def the_shop_keeps_its_promises(self) -> None:
        self.receipts = {receipt.id: receipt for receipt in Receipt.select().order_by(Receipt.till, Receipt.sequence)}
        self.undone = {row.receipt_id: row.shift_id for row in ReceiptUndo.select()}
        self.standing = [receipt for receipt in self.receipts.values() if receipt.id not in self.undone]
        self.reservations = list(Reservation.select())
        self.nothing_is_negative()
        self.what_is_held_is_what_open_reservations_hold()
        self.each_reservation_ends_once()
        self.receipts_have_no_gap_and_agree_with_the_book()
        self.nobody_spends_more_without_pin_than_a_day_allows()
        self.no_household_takes_more_than_its_limit()
        self.who_collected_was_allowed_to()
        self.what_was_signed_off_stays()
        self.settlements_take_each_receipt_once()
        self.money_balances()

    def nothing_is_negative(self) -> None:
        for table, wrong in (
            ("account", "type IN ('household', 'hold') AND balance < 0 OR type = 'owed' AND balance > 0"),
            ("stock", "on_hand < 0 OR reserved < 0 OR reserved > on_hand"),
            ("stock_batch", "remaining < 0"),
            ("fund_account", "fen < 0"),
        ):
            assert db.execute(f"SELECT COUNT(*) FROM {table} WHERE {wrong}").fetchone()[0] == 0, table

    def what_is_held_is_what_open_reservations_hold(self) -> None:
        held = Counter()
        for one in self.reservations:
            if one.state == "open":
                held[one.household_id] += one.points
        accounts = Account.select().where(Account.type == AccountType.HOLD, Account.balance > 0)
        assert {account.owner_id: account.balance for account in accounts} == held

    def each_reservation_ends_once(self) -> None:
        moved = defaultdict(list)
        for transfer in Transfer.select().where(Transfer.cause_type == "reservation").order_by(Transfer.id):
            moved[transfer.cause_id].append((str(transfer.kind), transfer.points))
        collected = [receipt.reservation_id for receipt in self.receipts.values() if receipt.reservation_id]
        assert len(set(collected)) == len(collected)
        for one in self.reservations:
            ways = [("hold", one.points), ("release", one.points)]
            assert moved.pop(one.id) == (ways[:1] if one.state == "open" else ways)
            assert (one.state == "collected") == (one.id in collected)
            if one.state == "expired":
                assert local_date(one.ended_at) > one.collect_by
        assert not moved

    def receipts_have_no_gap_and_agree_with_the_book(self) -> None:
        lines = defaultdict(int)
        for line in ReceiptLine.select():
            lines[line.receipt_id] += line.price * line.quantity
        moves = (Transfer.kind == "redemption") | (Transfer.kind == "reversal")
        columns = (Transfer.id, Transfer.points, Transfer.answers)
        transfers = {id_: (points, answers) for id_, points, answers in Transfer.select(*columns).where(moves).tuples()}
        reversed_ = Counter(answers for _, answers in transfers.values())
        sequences = defaultdict(list)
        for receipt in self.receipts.values():
            sequences[receipt.till_id].append(receipt.sequence)
            assert receipt.points == transfers[receipt.transfer_id][0] == lines[receipt.id] - receipt.cash_points
            assert receipt.cash_fen == receipt.cash_points * receipt.worth_fen
            assert reversed_[receipt.transfer_id] == (receipt.id in self.undone)
        for till in Till.select():
            assert sequences[till.id] == list(range(1, till.sequence + 1))

    def nobody_spends_more_without_pin_than_a_day_allows(self) -> None:
        spent = defaultdict(int)
        for receipt in (one for one in self.standing if one.via == "scan" and not one.pin):
            spent[receipt.household_id, local_date(receipt.recorded_at)] += receipt.points
        assert all(points <= NO_PIN for points in spent.values())

    def no_household_takes_more_than_its_limit(self) -> None:
        salt = Goods.get(Goods.shop == self.world.shop, Goods.name == "食盐400g")
        this_month = f"{self.world.today:%Y-%m}"
        taken = defaultdict(int)
        bought = {line.receipt_id: line.quantity for line in ReceiptLine.select().where(ReceiptLine.goods == salt)}
        for receipt in self.standing:
            taken[receipt.household_id, f"{local_date(receipt.recorded_at):%Y-%m}"] += bought.get(receipt.id, 0)
        lines = ReservationLine.select(ReservationLine, Reservation).join(Reservation)
        for line in lines.where(ReservationLine.goods == salt, Reservation.state == "open"):
            taken[line.reservation.household_id, this_month] += line.quantity
        assert all(count <= SALT_A_MONTH for count in taken.values())

    def who_collected_was_allowed_to(self) -> None:
        homes = {person.id: {person.household_id} for person in Person.select()}
        for went in ChangePerson.select(ChangePerson, HouseholdChange).join(HouseholdChange):
            homes[went.person_id] |= {went.change.source_id, went.change.target_id}
        proxies = {one.id: one for one in Proxy.select()}
        for receipt in self.receipts.values():
            if receipt.proxy_id is None:
                assert receipt.household_id in homes[receipt.collector_id]
                continue
            one = proxies[receipt.proxy_id]
            assert (receipt.collector_id, one.household_id) == (None, receipt.household_id)
            assert one.granted_at <= receipt.recorded_at and local_date(receipt.recorded_at) <= one.until
            assert one.revoked_at is None or one.revoked_at >= receipt.recorded_at
        used = PhoneCode.select().where(PhoneCode.used).count()  # those of the last day are kept
        by_phone = [receipt for receipt in self.receipts.values() if receipt.via == "phone"]
        late = self.world.now - timedelta(hours=23)
        assert sum(receipt.recorded_at > late for receipt in by_phone) <= used <= len(by_phone)

    def what_was_signed_off_stays(self) -> None:
        sold, undone = defaultdict(list), defaultdict(list)
        for receipt in self.receipts.values():
            sold[receipt.shift_id].append(receipt)
        for receipt_id, shift_id in self.undone.items():
            undone[shift_id].append(self.receipts[receipt_id])
        for one in Shift.select().where(Shift.closed_at.is_null(False)):
            ours, back = sold[one.id], undone[one.id]
            assert (one.redemptions, one.undone) == (len(ours), len(back))
            assert one.points == sum(row.points for row in ours) - sum(row.points for row in back)
            assert one.cash_fen == sum(row.cash_fen for row in ours) - sum(row.cash_fen for row in back)
            assert all(local_date(row.recorded_at) == one.day for row in ours)

    def settlements_take_each_receipt_once(self) -> None:
        assert settlement.audit() == []
        fen, seen = Counter(), set()
        for item in SettlementItem.select().order_by(SettlementItem.undone, SettlementItem.receipt):
            assert (item.receipt_id, item.undone) not in seen
            seen.add((item.receipt_id, item.undone))
            assert not item.undone or (item.receipt_id in self.undone and (item.receipt_id, False) in seen)
            receipt = self.receipts[item.receipt_id]
            fen[item.settlement_id] += (-1 if item.undone else 1) * receipt.points * receipt.worth_fen
        drawn = list(Settlement.select().where(Settlement.state != "dropped"))
        assert {one.id: one.fen for one in drawn} == fen
        paid = {one.id: one.fen for one in drawn if one.state in ("paid", "closed")}
        spent = FundTransfer.select().where(FundTransfer.cause_type == "settlement")
        assert {row.cause_id: row.fen for row in spent} == paid

    def money_balances(self) -> None:
        assert fundbook.audit() == []
        held = Counter()
        for row in FundTransfer.select().order_by(FundTransfer.id):
            held[row.source] -= row.fen
            held[row.target] += row.fen
            assert held["fund"] >= 0 and held["committed"] >= 0
        assert sum(held.values()) == 0
        worth = StockBatch.select(fn.SUM(StockBatch.remaining)).scalar()
        assert worth == Stock.select(fn.SUM(Stock.on_hand)).scalar()
        assert Shop.select().count() == 2
