"""What happens in the demo township: three months, told day by day through the same verbs as the real thing.

Names are invented: no family names its children after crops and tools all at once.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

from PIL import Image, ImageDraw

from points import calendar, codes, db, ledger, photos
from points.errors import PointsError
from points.models import Area, Household, Line, Person, RuleBook, RuleItem
from points.models.ledger import AccountType
from points.office import Office
from points.services import (
    areas,
    award,
    boards,
    card,
    civility,
    complaint,
    contribution,
    council,
    expiry,
    fund,
    household,
    notice,
    report,
    review,
    rule_book,
    sign_in,
    staff,
    tick,
)
from points.trade import Trade

DAYS = 92
STEPS = DAYS + 24

SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗"
GIVEN = (
    "小麦 水稻 玉米 高粱 大豆 红薯 芝麻 油菜 棉花 南瓜 冬瓜 丝瓜 白菜 萝卜 青椒 茄子 豆角 葡萄 石榴 核桃 板栗 银杏 "
    "青松 翠竹 红梅 杨柳 金桂 山茶 荷花 牡丹 春耕 夏种 秋收 冬藏 清泉 石桥 水车 木犁 镰刀 箩筐 扁担 斗笠 磨盘 风车 "
    "朝霞 晚风 春雨 秋露 冬雪 晴空 星河 满月 喜鹊 燕子 布谷 黄牛 白羊 骏马 丰收 平安 和顺 安康 有余 满仓 长青 永顺"
).split()


@dataclass
class Village:
    """A village of the story and the people who act in it."""

    area_id: int
    lanes: list[int] = field(default_factory=list)
    members: list[Person] = field(default_factory=list)
    recorders: list[Person] = field(default_factory=list)
    checkers: list[Person] = field(default_factory=list)
    council: list[Person] = field(default_factory=list)
    clerk: Person | None = None
    committee: list[Person] = field(default_factory=list)
    items: list[RuleItem] = field(default_factory=list)
    cards: list[tuple[Person, str, str]] = field(default_factory=list)  # holder, code, PIN
    shops: list[Trade] = field(default_factory=list)


class Story:
    """Three months, told day by day with a clock of its own."""

    def __init__(self, password: str, now: datetime, step: Callable[[], None]) -> None:
        self.password = password
        self.end = now
        self.now = now - timedelta(days=DAYS)
        self.step = step
        self.dice = random.Random(20261121)
        self.used: set[str] = set()

    def tell(self) -> tuple[str, str]:
        """Tell it all; return the number and the PIN of a card to try."""
        self._found_the_places()
        self._write_the_template()
        big = self._settle(self.township, "石桥村", grids=2, lanes=8, households=420, people=1400)
        small = self._settle(self.township, "柳林村", grids=1, lanes=3, households=60, people=180)
        self._appoint(big, council=5, voices=3)
        self._appoint(small, council=3, voices=1)
        for village, code, name in ((big, "SQ", "石桥村积分超市"), (small, "LL", "柳林村积分超市")):
            self._adopt_rules(village)
            self._open_shops(village, code, name)
            self._hand_out_cards(village, 160 if village is big else 20)
            self._open_the_fund(village)
        rule = self.do(expiry.propose, small.committee[0], village_id=small.area_id, years=0, minutes="村民会议第4号")
        self.do(expiry.adopt, small.committee[1], rule_id=rule)
        self._give_logins(big)
        desk, small_desk = Office(self, big), Office(self, small)
        desk.head_lanes()
        desk.print_cards(3)
        first = calendar.local_date(self.now)
        for number in range(1, DAYS + 1):
            day = first + timedelta(days=number)
            self._set(day, 0, 5)
            tick.tick(now=min(self.now, self.end))
            self.step()
            if number == DAYS:
                break
            self._live(big, number, sheets=3 if number % 3 else 2, redemptions=6)
            self._live_in_the_open(big, number)
            self._trade(big, number)
            if number % 7 == 3:
                self._live(small, number, sheets=1, redemptions=1)
                small.shops[0].sign_off()
            if number == 6:
                small_desk.carry_over({f"{at:04d}": 10 + 7 * at % 50 for at in range(3, 33)}, hang=True)
            if number == 60:
                for holder, _code, _pin in sorted(big.cards, key=lambda held: -self.points_of(held[0]))[:5]:
                    desk.print_passbook(holder)
        desk.change_households()
        small_desk.take_in_a_roster()
        small_desk.carry_over({f"{at:04d}": 12 for at in range(40, 46)}, hang=False)
        self._leave_work_on_the_desk(big)
        card_to_try = self._welcome_a_villager(big)
        villager = Person.get(Person.username == "villager")
        desk.print_passbook(villager)
        desk.leave_traces(villager)
        tick.tick(now=self.end)
        return card_to_try

    # --- places and people --------------------------------------------------------------------------------------

    def do(self, verb: Callable[..., int], actor: Person | None, **payload: Any) -> int:
        """Carry out one verb, now and with a fresh key."""
        return verb(key=uuid4().hex, actor=actor, now=self.now, **payload)

    def _found_the_places(self) -> None:
        admins = [
            staff.create_admin(name=name, username=username, password=self.password, area_name="清河县", now=self.now)
            for name, username in (("田管理", "admin"), ("江确认", "admin2"))
        ]
        self.admin, self.second = (Person.get_by_id(id_) for id_ in admins)
        county = Area.get(Area.kind == "county")
        self.township = self.do(areas.open_area, self.admin, parent_id=county.id, kind="township", name="云溪镇")
        for number, name in enumerate(("石监督", "柳监督"), 1):
            person = self.do(household.add_staff_person, self.admin, area_id=self.township, name=name, phone="")
            self.role(person, self.township, "supervisor")
            if number == 1:
                self.supervisor = Person.get_by_id(person)
                self._login(self.supervisor, "township")

    def _settle(self, township: int, name: str, *, grids: int, lanes: int, households: int, people: int) -> Village:
        village = Village(self.do(areas.open_area, self.admin, parent_id=township, kind="village", name=name))
        for grid in range(grids):
            signs = "一二三四五六七八九十"
            grid_id = self.do(
                areas.open_area, self.admin, parent_id=village.area_id, kind="grid", name=f"第{signs[grid]}网格"
            )
            for lane in range(lanes):
                title = f"{'东西'[grid]}{signs[lane]}巷"
                village.lanes.append(self.do(areas.open_area, self.admin, parent_id=grid_id, kind="lane", name=title))
        for number in range(households):
            size = people // households + (number < people % households)
            surname = self.dice.choice(SURNAMES)
            lane_number = number * len(village.lanes) // households
            household_id = self.do(
                household.open_household,
                self.admin,
                area_id=village.lanes[lane_number],
                number=f"{number + 1:04d}",
                address=f"{Area.get_by_id(village.lanes[lane_number]).name}{number + 1}号",
                people=[self._name(surname) for _ in range(size)],
            )
            village.members.extend(Person.select().where(Person.household == household_id).order_by(Person.id))
            if number % 20 == 0:
                self.step()
        return village

    def _name(self, surname: str) -> str:
        while True:
            name = surname + self.dice.choice(GIVEN)
            if name not in self.used or len(self.used) >= len(SURNAMES) * len(GIVEN) * 0.8:
                self.used.add(name)
                return name
            surname = self.dice.choice(SURNAMES) if self.dice.random() < 0.1 else surname

    def role(self, person_id: int, area_id: int, kind: str, until: date | None = None) -> None:
        role = self.do(staff.grant, self.admin, person_id=person_id, area_id=area_id, kind=kind, until=until)
        self.do(staff.confirm, self.second, role_id=role)

    def _login(self, person: Person, username: str) -> None:
        first = "first-" + secrets.token_hex(6)
        self.do(household.give_sign_in, self.admin, person_id=person.id, username=username, password=first)
        person = Person.get_by_id(person.id)
        sign_in.change_password(person=person, old=first, new=self.password, now=self.now)

    def _appoint(self, village: Village, *, council: int, voices: int) -> None:
        heads: dict[int, Person] = {}
        for member in village.members:
            heads.setdefault(member.household_id, member)  # type: ignore[arg-type]
        pool = self.dice.sample(list(heads.values()), 6 + council)
        village.committee = pool[:2]
        village.recorders = pool[:2]
        village.checkers = pool[2:4]
        village.clerk = pool[4]
        village.council = pool[6:]
        for person in village.committee:
            self.role(person.id, village.area_id, "committee")
        for person in village.checkers:
            self.role(person.id, village.area_id, "steward")
        for person in village.council:
            self.role(person.id, village.area_id, "council", until=date(self.end.year + 2, 12, 31))
        self.role(village.clerk.id, village.area_id, "clerk")
        busy = {person.household_id for person in pool}
        village.members = [member for member in village.members if member.household_id not in busy]
        self.do(
            areas.decide_settings,
            village.committee[0],
            village_id=village.area_id,
            council_voices=voices,
            notice_days=5,
            no_pin_daily_limit=20,
            monthly_cap=60,
            objection_contact=f"{village.committee[0].name}，村委会一楼，周一至周五 8:00–17:00",
            black_board=True,
        )

    def _adopt_rules(self, village: Village) -> None:
        book = self.do(rule_book.start_draft, village.committee[0], area_id=village.area_id, source=self.template)
        day, minutes = calendar.local_date(self.now), "村民代表会议〔2026〕第3号"
        self.do(rule_book.adopt, village.committee[0], book_id=book, minutes=minutes, adopted_on=day)
        adopted = RuleBook.get_by_id(book)
        village.items = list(RuleItem.select().where(RuleItem.book == adopted).order_by(RuleItem.code))

    def _open_shops(self, village: Village, code: str, name: str) -> None:
        """Open the village's own shop; the large village also has a contract with a supermarket."""
        assert village.clerk is not None
        own = Trade(self, village)
        own.open(code, name, clerk=village.clerk)
        village.shops.append(own)
        if len(village.council) > 3:
            own.edit(takes_cash=True)
            self.second_clerk = self._clerk(village, "钱帮手")
            supermarket = Trade(self, village)
            supermarket.open("HM", "惠民超市（签约）", clerk=self._clerk(village, "惠店员"), titles=range(6, 22))
            supermarket.edit(contracted=True)
            village.shops.append(supermarket)

    def _clerk(self, village: Village, name: str) -> Person:
        person = self.do(household.add_staff_person, self.admin, area_id=village.area_id, name=name, phone="")
        self.role(person, village.area_id, "clerk")
        return Person.get_by_id(person)

    def _hand_out_cards(self, village: Village, number: int) -> None:
        printer, giver = village.committee
        seen: set[int] = set()
        for person in self.dice.sample(village.members, len(village.members)):
            if person.household_id in seen or len(seen) == number:
                continue
            seen.add(person.household_id or 0)
            key = uuid4().hex
            card_id = card.print_card(key=key, actor=printer, now=self.now, person_id=person.id)
            pin = self._pin()
            self.do(card.hand_over, giver, card_id=card_id, pin=pin)
            village.cards.append((person, codes.new_card(key)[1], pin))

    def _pin(self) -> str:
        while True:
            pin = f"{secrets.randbelow(10**6):06d}"
            try:
                codes.require_strong_pin(pin)
            except PointsError:
                continue
            return pin

    def _give_logins(self, village: Village) -> None:
        assert village.clerk is not None
        for person, username in (
            (village.committee[0], "committee"),
            (village.checkers[0], "steward"),
            (village.council[0], "council"),
            (village.clerk, "clerk"),
            (village.shops[1].clerk, "supermarket"),
        ):
            assert person is not None
            self._login(person, username)

    def _welcome_a_villager(self, village: Village) -> tuple[str, str]:
        """Give the household with the most points a sign-in; return its card's number and PIN."""
        holder, code, pin = richest = max(village.cards, key=lambda held: self.points_of(held[0]))
        self._login(holder, "villager")
        own = village.shops[0]
        own.sell(kinds=2, held=richest)
        own.reserve_for(holder)
        return str(codes.read(code).number), pin

    def points_of(self, holder: Person) -> int:
        return ledger.balance(ledger.account(AccountType.HOUSEHOLD, holder.household_id or 0))

    # --- life -----------------------------------------------------------------------------------------------------

    def _set(self, day: Any, hour: int, minute: int) -> None:
        self.now = datetime.combine(day, time(hour, minute), calendar.LOCAL).astimezone(db.moment(0).tzinfo)

    def _live(self, village: Village, number: int, *, sheets: int, redemptions: int) -> None:
        day = calendar.local_date(self.now)
        for _ in range(sheets):
            self._set(day, 8, self.dice.randrange(60))
            lines = self._record(village)
            self._set(day, 12, self.dice.randrange(60))
            self._check(village, lines)
            self._set(day, 19, self.dice.randrange(60))
            self._decide(village, lines)
        if number % 7 == 3:
            self._set(day, 20, 0)
            self._hang_a_notice(village, object_to_one=number % 28 == 17)
        for hour in range(redemptions):
            self._set(day, 20 + hour % 3, 10 + self.dice.randrange(50))
            village.shops[hour % len(village.shops)].sell(kinds=1 + hour % 2)

    def _record(self, village: Village) -> list[int]:
        common = [item for item in village.items if item.effect == "points" and item.points <= 20]
        item = self.dice.choice(common)
        holders = [person for person, _, _ in village.cards]
        team: dict[int, Person] = {}
        while len(team) < self.dice.randint(3, 6):
            person = self.dice.choice(holders if self.dice.random() < 0.5 else village.members)
            team[person.household_id or 0] = person
        sheet = self.do(
            contribution.record,
            self.dice.choice(village.recorders),
            village_id=village.area_id,
            item_id=item.id,
            day=calendar.local_date(self.now),
            people=[person.id for person in team.values()],
            quantity=1,
            note=self.dice.choice(("", "", "按排班表", "现场有照片", "网格长在场")),
            again=True,
        )
        for line in Line.select().where(Line.contribution == sheet):
            if "cosign" in item.needs and self.dice.random() < 0.7:
                person = Person.get_by_id(line.person_id)
                self.do(report.say_attendance, person, line_id=line.id, was_there=True)
        return self._lines(sheet)

    def _lines(self, sheet: int) -> list[int]:
        return [line.id for line in Line.select(Line.id).where(Line.contribution == sheet).order_by(Line.id)]

    def _check(self, village: Village, lines: list[int]) -> None:
        self.do(review.check, self.dice.choice(village.checkers), line_ids=lines, passes=True, reason="")

    def _decide(self, village: Village, lines: list[int]) -> None:
        chance = self.dice.random()
        given: dict[str, Any] = {"verdict": "approve", "reason": ""}
        if chance < 0.04:
            given = {"verdict": "refuse", "reason": "排班表上没有这一次"}
        elif chance < 0.07:
            given = {"verdict": "return", "reason": "没写在哪一段，请补上再报"}
        elif chance < 0.1 and all(line.each * line.quantity > 3 for line in Line.select().where(Line.id.in_(lines))):
            given = {"verdict": "change", "points": 3, "reason": "只到了前半程，按 3 分计"}
        for member in self._voices(village):
            self.do(review.decide, member, line_ids=lines, **given)

    def _voices(self, village: Village) -> list[Person]:
        return self.dice.sample(village.council, 3 if len(village.council) > 3 else 1)

    def _hang_a_notice(self, village: Village, *, object_to_one: bool) -> None:
        try:
            notice_id = self.do(notice.open_notice, village.committee[1], village_id=village.area_id)
        except PointsError:
            return
        self.do(notice.hang, village.committee[1], notice_id=notice_id)
        if object_to_one:
            line = db.execute("SELECT id FROM line WHERE notice_id = ? ORDER BY id", (notice_id,)).fetchone()[0]
            objection = self.do(
                notice.object_to,
                village.committee[1],
                line_id=line,
                text="当天好像没看到他家的人，请核实。",
                on_behalf_of="村民来访",
            )
            answer = {"objection_id": objection, "upheld": False, "reason": "核对签到表，确有参加。"}
            try:
                self.do(notice.answer, village.council[-1], **answer)
            except PointsError:  # whoever judged the line may not answer
                self.do(notice.answer, self.supervisor, **answer)

    def _leave_work_on_the_desk(self, village: Village) -> None:
        self.now = self.end - timedelta(minutes=50)
        decided, checked, _ = (self._record(village) for _ in range(3))
        self.now = self.end - timedelta(minutes=40)
        self._check(village, decided + checked)
        self.now = self.end - timedelta(minutes=30)
        self._decide(village, decided)
        self.now = self.end - timedelta(minutes=20)
        hanging = "SELECT id FROM line WHERE village_id = ? AND state = 'noticed' ORDER BY id DESC"
        self.do(
            notice.object_to,
            village.committee[1],
            line_id=db.execute(hanging, (village.area_id,)).fetchone()[0],
            text="那天下雨，好像没有做成，请核实。",
            on_behalf_of="村民来访",
        )
        self.now = self.end - timedelta(minutes=10)
        own = village.shops[0]
        for _ in range(3):
            own.sell(kinds=2)
            own.reserve()
        self.now = self.end
        self._leave_the_open_work(village)

    # --- in the open ------------------------------------------------------------------------------------------------

    def _write_the_template(self) -> None:
        """Let the township write a rule book to copy from, limits, and the holidays to come."""
        book = self.do(rule_book.start_draft, self.supervisor, area_id=self.township)
        today = calendar.local_date(self.now)
        self.do(rule_book.adopt, self.supervisor, book_id=book, minutes="云溪镇〔2026〕第12号", adopted_on=today)
        self.template = book
        limits = {"most_points": 100, "most_monthly_cap": 100, "most_worth_fen": 200}
        self.do(areas.set_limits, self.supervisor, area_id=self.township, **limits)
        first = date(self.end.year + 1, 1, 1)
        self.do(areas.add_holidays, self.supervisor, area_id=self.township, name="元旦", first=first, last=first)

    def _open_the_fund(self, village: Village) -> None:
        self._money(village, "grant", 30_000_00, "镇财〔2026〕45号", "镇里的补助")
        self._money(village, "spent", 6_480_00, "发票 0231", "首批进货")

    def _money(self, village: Village, kind: str, fen: int, voucher: str, note: str) -> None:
        day = calendar.local_date(self.now)
        entry = {"kind": kind, "fen": fen, "voucher": voucher, "note": note, "day": day}
        self.do(fund.enter, village.committee[0], village_id=village.area_id, **entry)

    def _live_in_the_open(self, village: Village, number: int) -> None:
        """Do what comes once a month: each on its own day."""
        day = calendar.local_date(self.now)
        self._set(day, 23, 0)
        match number % 30:
            case 2:
                self._inspect(village, day)
            case 5 | 15 | 25:
                self._report(village, day)
            case 6:
                self._sit(village)
            case 9:
                self._deduct(village, day)
            case 12:
                self._money(village, "donation", 2_000_00, f"收据 {number:04d}", "在外乡亲的捐款")
            case 20:
                self._commend(village, day)
        if number == 45:
            self._put_right(village)
        if number == 50:
            self._write_to_the_township(village)

    def _trade(self, village: Village, number: int) -> None:
        """Do what is rarer at the shops: each on its own day; in the evening the clerks sign off."""
        day, (own, supermarket) = calendar.local_date(self.now), village.shops
        self._set(day, 23, 10)
        for every, on, act in (
            (7, 1, own.reserve),
            (7, 2, own.reserve),
            (7, 4, own.collect_one),
            (7, 5, own.collect_one),
            (8, 3, own.sell_for_cash_too),
            (9, 2, own.sell_to_a_proxy),
            (10, 5, own.undo_one),
            (30, 14, own.lose_one),
        ):
            if number % every == on:
                act()
        match number:
            case 10:
                own.wish()
            case 30:
                own.promise()
            case 33:
                own.deliver("donation", "在外乡亲（不愿留名）", "", 20, 40, sorts=3)
            case 40 | 85:
                own.take_stock(approve=number == 40)
            case 60:
                own.hand_over(self.second_clerk)
            case 61:
                own.clerk = village.clerk
        if number % 15 == 8:
            own.deliver("purchase", "县供销社", f"送货单 {number:03d}", 20, 60, sorts=8)
        if day.day == 3:
            supermarket.settle(pay=number < DAYS - 31)
        self._set(day, 23, 40)
        if number < DAYS - 1:  # yesterday waits to be signed
            for trade in village.shops:
                trade.sign_off()

    def _inspect(self, village: Village, day: date) -> None:
        lane = self.dice.choice(village.lanes)
        judges = [person for person, _, _ in self.dice.sample(village.cards, 3)]
        at_home = Household.select().where(Household.area == lane).order_by(Household.number)
        plain = {person.household_id for person in (*village.members, *judges)}  # none of them judges below
        scores = [
            (home.id, [self.dice.choice((2, 3, 4, 4, 5, 5)) for _ in judges]) for home in at_home if home.id in plain
        ]
        item = next(item for item in village.items if item.code == 9)
        sheet = self.do(
            contribution.inspect, village.recorders[0], village_id=village.area_id, lane_id=lane, item_id=item.id,
            day=day, judges=[judge.id for judge in judges], scores=scores, note="按月检查表", again=True,
        )  # fmt: skip
        lines = self._lines(sheet)
        self._check(village, lines)
        self._decide(village, lines)

    def _report(self, village: Village, day: date) -> None:
        """Let a villager report for the own household, with a photo."""
        reporter = self.dice.choice(village.cards)[0]
        item = next(item for item in village.items if item.code == 12)
        sheet = self.do(
            report.report, reporter, person_id=reporter.id, item_id=item.id, day=day, quantity=1,
            note="清了门前那一段水渠", pictures=[self.picture()], again=True,
        )  # fmt: skip
        lines = self._lines(sheet)
        self._check(village, lines)
        self._decide(village, lines)

    def picture(self) -> photos.Picture:
        """Draw a ditch under a sky, for want of a camera."""
        drawn = Image.new("RGB", (960, 720), (150, 190, 230))
        pen = ImageDraw.Draw(drawn)
        pen.rectangle((0, 300, 960, 720), fill=(110, 150, 80))
        left, wide = self.dice.randrange(200, 500), self.dice.randrange(120, 300)
        pen.polygon([(left, 300), (left + wide, 300), (left + 2 * wide, 720), (left - wide, 720)], fill=(90, 110, 120))
        for _ in range(40):
            x, y = self.dice.randrange(960), self.dice.randrange(720)
            pen.ellipse((x, y, x + self.dice.randrange(20, 160), y + self.dice.randrange(20, 110)), fill=(60, 110, 50))
        out = BytesIO()
        drawn.save(out, "JPEG")
        return photos.redraw(out.getvalue())

    def _sit(self, village: Village) -> None:
        """Hold a sitting that decides one sheet; it is closed again, and its minutes are kept."""
        lines = self._record(village)
        self._check(village, lines)
        sitting = self._open_a_sitting(village)
        for member in self._voices(village):
            self.do(review.decide, member, line_ids=lines, verdict="approve", reason="", sitting_id=sitting)
        self.do(council.close_sitting, village.committee[1], sitting_id=sitting)

    def _open_a_sitting(self, village: Village) -> int:
        sitting = self.do(council.open_sitting, village.committee[1], village_id=village.area_id, place="村委会二楼")
        for member in village.council:
            self.do(council.attend, member, sitting_id=sitting)
        return sitting

    def _deduct(self, village: Village, day: date) -> None:
        """Lower a household's civility score, and restore it where the straw is cleared."""
        item = next(item for item in village.items if item.effect == "civility")
        who = self.dice.choice(village.members)
        sheet = self.do(
            contribution.record, village.checkers[0], village_id=village.area_id, item_id=item.id, day=day,
            people=[who.id], quantity=1, note="村北地头，已劝阻", again=True,
        )  # fmt: skip
        lines = self._lines(sheet)
        self.do(review.check, village.checkers[1], line_ids=lines, passes=True, reason="")
        for member in self._voices(village):
            self.do(review.decide, member, line_ids=lines, verdict="approve", reason="")
        earlier = Line.get_or_none(Line.village == village.area_id, Line.effect == "civility", Line.state == "posted")
        if earlier is not None:
            self.do(civility.restore, village.committee[1], line_id=earlier.id, reason="已清理干净，写了保证书")

    def _commend(self, village: Village, day: date) -> None:
        deeds = ("雨夜帮独居老人抢修屋顶", "连续三个月清扫巷口", "劝和两家多年的地界纠纷", "救起落水的孩子")
        periods = (calendar.month_of(day), calendar.month_of(day), calendar.quarter_of(day))
        for period, deed in zip(periods, self.dice.sample(deeds, 3), strict=True):
            home = self.dice.choice(village.cards)[0]
            choice = self.dice.choice(("masked", "masked", "full"))
            self.do(boards.choose_name, home, household_id=home.household_id, board_name=choice)
            self._carry(village, self._propose(village, home, deed, period))

    def _propose(self, village: Village, home: Person, deed: str, period: str) -> int:
        return self.do(
            council.propose_commendation, village.committee[0], village_id=village.area_id,
            household_id=home.household_id, text=deed, points=0, period=period,
        )  # fmt: skip

    def _carry(self, village: Village, motion: int) -> None:
        for member in self._voices(village):
            self.do(council.say, member, motion_id=motion, approves=True, reason="")

    def _put_right(self, village: Village) -> None:
        """Take back an award that was wrong; the correction hangs on the next notice."""
        posted = (Line.village == village.area_id) & (Line.state == "posted") & (Line.effect == "points")
        line = Line.get(posted, Line.recorded_by == village.committee[0].id)
        self.do(award.reverse, village.committee[1], line_id=line.id, reason="同一次巡逻记了两遍")

    def _write_to_the_township(self, village: Village) -> None:
        village_id = village.area_id
        number = self.do(
            complaint.complain, village.members[0], village_id=village_id, text="超市周二常常开门晚，白跑一趟。",
            contact="",
        )  # fmt: skip
        answer = "已同村委会说好：周二 8:30 准时开门，有事提前一天贴通知。"
        self.do(complaint.answer, self.supervisor, complaint_id=number, text=answer)
        self.do(complaint.complain, Person(), village_id=village_id, text="希望多进一些小包装的米。", contact="")

    def _leave_the_open_work(self, village: Village) -> None:
        """Leave a report to be checked, an open sitting, an open motion."""
        reporter = self.dice.choice(village.cards)[0]
        item = next(item for item in village.items if item.code == 12)
        day = calendar.local_date(self.now)
        given = {"item_id": item.id, "day": day, "quantity": 1, "note": "清了桥下的垃圾", "again": True}
        self.do(report.report, reporter, person_id=reporter.id, pictures=[self.picture()], **given)
        self._open_a_sitting(village)
        self._propose(village, self.dice.choice(village.cards)[0], "把自家的井让给邻居用", calendar.month_of(day))
