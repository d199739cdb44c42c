"""The demo: a township with two villages, three months of their life, through the same services as the real thing.

It lives in one local file beside its secrets, which are random and readable by their owner only. Nothing else is ever
filled with it. Names are invented: no family names its children after crops and tools all at once.
"""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from points import calendar, codes, db, ledger
from points.errors import ClockUnsure, PointsError
from points.models import Area, Goods, Person, RuleBook, RuleItem
from points.models.ledger import AccountType
from points.services import (
    areas,
    card,
    contribution,
    goods,
    household,
    notice,
    redemption,
    review,
    rule_book,
    shop,
    sign_in,
    staff,
    tick,
)

DAYS = 92
STEPS = DAYS + 24

LOGINS = {
    "admin": "管理员",
    "admin2": "管理员（确认人）",
    "township": "乡镇监督员",
    "committee": "村委干部（记录）",
    "steward": "网格员（初审）",
    "council": "评议员",
    "clerk": "店员",
    "villager": "村民",
}

SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗"
GIVEN = (
    "小麦 水稻 玉米 高粱 大豆 红薯 芝麻 油菜 棉花 南瓜 冬瓜 丝瓜 白菜 萝卜 青椒 茄子 豆角 葡萄 石榴 核桃 板栗 银杏 "
    "青松 翠竹 红梅 杨柳 金桂 山茶 荷花 牡丹 春耕 夏种 秋收 冬藏 清泉 石桥 水车 木犁 镰刀 箩筐 扁担 斗笠 磨盘 风车 "
    "朝霞 晚风 春雨 秋露 冬雪 晴空 星河 满月 喜鹊 燕子 布谷 黄牛 白羊 骏马 丰收 平安 和顺 安康 有余 满仓 长青 永顺"
).split()

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


@dataclass
class Home:
    """Where the demo lives: its folder, and what its secrets file holds."""

    folder: Path
    port: int
    secrets: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if self._file.exists():
            lines = self._file.read_text().splitlines()
            self.secrets = dict(line.split("=", 1) for line in lines)
        else:
            self.remember(
                POINTS_SECRET_KEY=secrets.token_hex(32),
                POINTS_CARD_KEY=secrets.token_hex(32),
                DEMO_PASSWORD="demo-" + "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(6)),
            )

    @property
    def _file(self) -> Path:
        return self.folder / "demo.secrets"

    def remember(self, **more: str) -> None:
        """Keep *more* in the secrets file, which only its owner may read."""
        self.secrets.update(more)
        with os.fdopen(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.writelines(f"{name}={value}\n" for name, value in self.secrets.items())

    @property
    def database(self) -> Path:
        """The demo's own file; no other database is ever filled."""
        return self.folder.absolute() / "demo.db"

    @property
    def environment(self) -> dict[str, str]:
        """What the serving process needs to know."""
        return {
            "POINTS_SECRET_KEY": self.secrets["POINTS_SECRET_KEY"],
            "POINTS_CARD_KEY": self.secrets["POINTS_CARD_KEY"],
            "POINTS_DATABASE_URL": f"sqlite:///{self.database}",
            "POINTS_SITE_ADDRESS": f"http://127.0.0.1:{self.port}",
            "POINTS_SECURE_COOKIES": "0",
        }


def open_database(home: Home, *, now: datetime, step: Callable[[], None]) -> None:
    """Bind the demo's database, up to date, and filled if it was empty.

    It is filled beside its place and moved there when complete, so a filling that was interrupted begins anew.
    """
    db.connect(f"sqlite:///{home.database}")
    db.migrate()
    if not is_empty():
        return
    db.disconnect()
    draft = home.folder.absolute() / "filling.db"
    draft.unlink(missing_ok=True)
    db.connect(f"sqlite:///{draft}")
    db.execute("PRAGMA synchronous = OFF")  # this file is thrown away if anything goes wrong
    db.migrate()
    fill(home, now=now, step=step)
    db.disconnect()
    draft.replace(home.database)
    db.connect(f"sqlite:///{home.database}")


def is_empty() -> bool:
    """Tell whether the bound database holds no place and no person yet."""
    return not Area.select().exists() and not Person.select().exists()


def wake(*, now: datetime) -> None:
    """Let the demo go on after days of rest: its administrator confirms the clock, as a real one would on the page."""
    try:
        tick.tick(now=now)
    except ClockUnsure:
        admin = Person.get(Person.username == "admin")
        tick.confirm_clock(key=uuid4().hex, actor=admin, now=now)


def greeting(home: Home) -> str:
    """Say where to go and who may sign in."""
    rows = [f"  {username:<10} {role}" for username, role in LOGINS.items()]
    return "\n".join(
        [
            "",
            f"演示村已就绪: http://127.0.0.1:{home.port}",
            f"所有演示用户的密码：{home.secrets['DEMO_PASSWORD']}",
            *rows,
            f"试用卡号 {home.secrets['DEMO_CARD']}  取货密码 {home.secrets['DEMO_PIN']}",
            "按 Ctrl+C 停止；再次运行会保留所有数据。",
            "",
        ]
    )


def fill(home: Home, *, now: datetime, step: Callable[[], None]) -> None:
    """Live three months in the demo village, up to *now*; call *step* `STEPS` times on the way."""
    codes.use_key(home.secrets["POINTS_CARD_KEY"])
    assert is_empty(), "the demo fills an empty database only"
    Story(home, now, step).tell()


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
    till_id: int = 0
    shelf: list[Goods] = field(default_factory=list)
    cards: list[tuple[Person, str, str]] = field(default_factory=list)  # holder, code, PIN


class Story:
    """Three months, told day by day with a clock of its own."""

    def __init__(self, home: Home, now: datetime, step: Callable[[], None]) -> None:
        self.home = home
        self.end = now
        self.now = now - timedelta(days=DAYS)
        self.step = step
        self.dice = random.Random(20261121)
        self.used: set[str] = set()

    def tell(self) -> None:
        """Tell it all."""
        self._found_the_places()
        big = self._settle(self.township, "石桥村", grids=2, lanes=8, households=420, people=1400)
        small = self._settle(self.township, "柳林村", grids=1, lanes=3, households=60, people=180)
        self._appoint(big, council=5, voices=3)
        self._appoint(small, council=3, voices=1)
        for village, code, name in ((big, "SQ", "石桥村积分超市"), (small, "LL", "柳林村积分超市")):
            self._adopt_rules(village)
            self._open_shop(village, code, name)
            self._hand_out_cards(village, 160 if village is big else 20)
        self._give_logins(big)
        first = calendar.local_date(self.now)
        for number in range(1, DAYS + 1):
            day = first + timedelta(days=number)
            self._set(day, 0, 5)
            tick.tick(now=min(self.now, self.end))
            self.step()
            if number == DAYS:
                break
            self._live(big, number, sheets=3 if number % 3 else 2, redemptions=6)
            if number % 7 == 3:
                self._live(small, number, sheets=1, redemptions=1)
        self._leave_work_on_the_desk(big)
        self._welcome_a_villager(big)
        tick.tick(now=self.end)

    # --- places and people --------------------------------------------------------------------------------------

    def do(self, verb: Callable[..., int], actor: Person | None, **payload: Any) -> int:
        """Carry out one verb, now and with a fresh key."""
        return verb(key=uuid4().hex, actor=actor, now=self.now, **payload)

    def _found_the_places(self) -> None:
        password = self.home.secrets["DEMO_PASSWORD"]
        admins = [
            staff.create_admin(name=name, username=username, password=password, area_name="清河县", now=self.now)
            for name, username in (("田管理", "admin"), ("江确认", "admin2"))
        ]
        self.admin, self.second = (Person.get_by_id(id_) for id_ in admins)
        county = Area.get(Area.kind == "county")
        self.township = self.do(areas.open_area, self.admin, parent_id=county.id, kind="township", name="云溪镇")
        for number, name in enumerate(("石监督", "柳监督"), 1):
            person = self.do(household.add_staff_person, self.admin, area_id=self.township, name=name, phone="")
            self._role(person, self.township, "supervisor")
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

    def _role(self, person_id: int, area_id: int, kind: str) -> None:
        role = self.do(staff.grant, self.admin, person_id=person_id, area_id=area_id, kind=kind)
        self.do(staff.confirm, self.second, role_id=role)

    def _login(self, person: Person, username: str) -> None:
        first, password = "first-" + secrets.token_hex(6), self.home.secrets["DEMO_PASSWORD"]
        self.do(household.give_sign_in, self.admin, person_id=person.id, username=username, password=first)
        person = Person.get_by_id(person.id)
        sign_in.change_password(person=person, old=first, new=password, now=self.now)

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
            self._role(person.id, village.area_id, "committee")
        for person in village.checkers:
            self._role(person.id, village.area_id, "steward")
        for person in village.council:
            self._role(person.id, village.area_id, "council")
        self._role(village.clerk.id, village.area_id, "clerk")
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
        )

    def _adopt_rules(self, village: Village) -> None:
        book = self.do(rule_book.start_draft, village.committee[0], village_id=village.area_id)
        day, minutes = calendar.local_date(self.now), "村民代表会议〔2026〕第3号"
        self.do(rule_book.adopt, village.committee[0], book_id=book, minutes=minutes, adopted_on=day)
        adopted = RuleBook.get_by_id(book)
        village.items = list(RuleItem.select().where(RuleItem.book == adopted).order_by(RuleItem.code))

    def _open_shop(self, village: Village, code: str, name: str) -> None:
        committee = village.committee[0]
        shop_id = self.do(
            shop.open_shop, committee, area_id=village.area_id, code=code, name=name, hours="周二、周六 8:30–11:30"
        )
        village.till_id = self.do(shop.open_till, committee, shop_id=shop_id)
        for title, unit, category, price in SHELF:
            goods_id = self.do(
                goods.add_goods, committee, shop_id=shop_id, name=title, unit=unit, category=category, price=price
            )
            self.do(goods.receive, committee, goods_id=goods_id, quantity=self.dice.randint(60, 150), note="首批进货")
            village.shelf.append(Goods.get_by_id(goods_id))

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
        ):
            self._login(person, username)

    def _welcome_a_villager(self, village: Village) -> None:
        """Give the household with the most points a sign-in, and remember its card for whoever tries the counter."""
        holder, code, pin = max(village.cards, key=lambda held: self._points_of(held[0]))
        self.home.remember(DEMO_CARD=codes.read(code).number, DEMO_PIN=pin)
        self._login(holder, "villager")

    def _points_of(self, holder: Person) -> int:
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
            self._redeem(village)

    def _record(self, village: Village) -> list[int]:
        item = self.dice.choice([item for item in village.items if item.points <= 20])
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
        )
        rows = db.execute("SELECT id FROM line WHERE contribution_id = ? ORDER BY id", (sheet,)).fetchall()
        return [row[0] for row in rows]

    def _check(self, village: Village, lines: list[int]) -> None:
        self.do(review.check, self.dice.choice(village.checkers), line_ids=lines, passes=True, reason="")

    def _decide(self, village: Village, lines: list[int]) -> None:
        refuse = self.dice.random() < 0.05
        voices = 3 if len(village.council) > 3 else 1
        for member in self.dice.sample(village.council, voices):
            reason = "现场照片看不清，请补充" if refuse else ""
            self.do(review.decide, member, line_ids=lines, approves=not refuse, reason=reason)

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

    def _redeem(self, village: Village) -> None:
        holder, code, pin = self.dice.choice(village.cards)
        affordable = [item for item in village.shelf if item.price <= self._points_of(holder) - 5]
        if not affordable:
            return
        item = self.dice.choice(affordable)
        try:
            self.do(
                redemption.redeem,
                village.clerk,
                till_id=village.till_id,
                card=code,
                collector_id=holder.id,
                pin="" if item.price <= 8 and self.dice.random() < 0.3 else pin,
                basket=[[item.id, 1, item.price]],
            )
        except PointsError:
            return  # sold out, or over the day's limit without a PIN: refusals are part of the story

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
        self.now = self.end
