"""A village lives at random, and after every step its promises hold.

Hypothesis draws who does what next: people record, check, decide, object, answer, put right, redeem, undo, send a write
twice, and time passes. Whatever the rules refuse, the book balances, caps hold, receipts have no gap, and no line is
posted twice, or past an open objection, or by fewer than three people. `EXPLORE=500` searches that many lives anew.
"""

import os
from collections import Counter, defaultdict
from contextlib import ExitStack
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from peewee import fn

from points import access, caps, db, ledger, stock
from points.calendar import local_date
from points.errors import PointsError
from points.models import (
    APPEND_ONLY,
    Account,
    CapUse,
    Goods,
    Line,
    Notice,
    Objection,
    Person,
    Receipt,
    ReceiptLine,
    ReceiptUndo,
    StockMovement,
    Till,
    Transfer,
    VillageSetting,
    Voice,
)
from points.services import areas, award, contribution, notice, redemption, review, staff, tick
from tests.databases import Databases
from tests.world import PIN, World

TOOK_ROOM = ("approved", "noticed", "posted")
ITEMS = (1, 9, 16, 21, 23, 25)  # 4 and 1 and 2 a month, 2 a year, each event, 2 a year beside the monthly cap
JUDGES = st.sampled_from(["recorder", "checker", "committee 1", "committee 2", "council 1", "council 2", "supervisor"])
AT_SHOP = st.sampled_from(["clerk", "clerk", "clerk", "committee 1", "other clerk"])
PICK = st.integers(0, 15)
NO_PIN = 6  # points a day


def when_a_line_is(state: str):
    """Run a rule only while it has something to act on, so that most steps lead on."""
    return precondition(lambda life: Line.select().where(Line.state == state).exists())


class Life(RuleBasedStateMachine):
    """The state is the database; a step that the rules refuse is a step as well."""

    databases: Databases

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(self.databases.fresh())
        world = self.world = World()
        self.people = {
            "recorder": world.recorder,
            "checker": world.checker,
            "committee 1": world.committee[0],
            "committee 2": world.committee[1],
            "council 1": world.council[0],
            "council 2": world.council[1],
            "supervisor": world.supervisor,
            "clerk": world.clerk,
            "other clerk": world.other_clerk,
        }
        self.villagers = [person for household in world.households for person in world.people(household)]
        self.villagers.append(world.recorder)  # who may not be recorded, or judged, by themselves
        self.cards = [world.card(self.villagers[place]) for place in (0, 1, 2, 4)]  # two of one household
        self.kept_away = {}
        self.last = None

    def teardown(self) -> None:
        self.stack.close()

    @initialize(voices=st.sampled_from([1, 3]), monthly_cap=st.sampled_from([15, 60]))
    def begin(self, voices: int, monthly_cap: int) -> None:
        """Let people hold several roles, so that only the rules keep them apart; and let something be under way."""
        world = self.world
        for name in ("recorder", "checker", "committee 1"):
            role = {"person_id": self.people[name].id, "area_id": world.village, "kind": "council"}
            staff.confirm(**world.by(world.second_admin), role_id=staff.grant(**world.by(world.admin), **role))
        decided = {"council_voices": voices, "notice_days": 3, "no_pin_daily_limit": NO_PIN, "monthly_cap": monthly_cap}
        areas.decide_settings(
            **world.by(world.committee[0]), village_id=world.village, objection_contact="田主任", **decided
        )
        world.give_points(world.households[0], 12)
        for days in (3, 0):
            self.record("recorder", 1, [0, 2, 4], 1, 0)
            ids = [line.id for line in Line.select().where(Line.state == "recorded")]
            review.check(**world.by(world.checker), line_ids=ids, passes=True, reason="")
            for member in world.council[:voices]:
                review.decide(**world.by(member), line_ids=ids, approves=True, reason="")
            self.gather("committee 1", hangs=True)
            self.time_passes(24, days + 1)
            if days:  # one household spends an award that is then found wrong: it owes, and its next award is under way
                self.redeem_by_number("clerk", 2, PIN, 3)
                posted = Line.get(Line.state == "posted", Line.household == self.cards[2].person.household_id)
                self.do(award.correct, "committee 2", line_id=posted.id, points=10, reason="查无此事")
        self.record("recorder", 16, [0, 6], 2, 0)
        self.record("checker", 21, [1, 2, 4], 1, 0)

    # --- what people do -----------------------------------------------------------------------------------------------

    @rule(
        who=JUDGES,
        code=st.sampled_from(ITEMS),
        team=st.lists(st.integers(0, 8), min_size=1, max_size=3),
        quantity=st.integers(1, 3),
        ago=st.sampled_from([0, 0, 1, 40]),
    )
    def record(self, who: str, code: int, team: list[int], quantity: int, ago: int) -> None:
        world = self.world
        sheet = {
            "item_id": world.item(code).id,
            "day": world.today - timedelta(days=ago),
            "people": [self.villagers[place].id for place in team],
            "quantity": quantity,
        }
        self.do(contribution.record, who, village_id=world.village, note="", **sheet)

    @when_a_line_is("recorded")
    @rule(who=JUDGES, pick=PICK, passes=st.sampled_from([True, True, True, False]))
    def check(self, who: str, pick: int, passes: bool) -> None:
        self.do(review.check, who, line_ids=self.some(pick, "recorded"), passes=passes, reason="看过")

    @when_a_line_is("checked")
    @rule(who=JUDGES, pick=PICK, approves=st.sampled_from([True, True, True, False]))
    def decide(self, who: str, pick: int, approves: bool) -> None:
        self.do(review.decide, who, line_ids=self.some(pick, "checked"), approves=approves, reason="议过")

    @when_a_line_is("recorded")
    @rule(who=JUDGES, pick=PICK)
    def withdraw(self, who: str, pick: int) -> None:
        self.do(contribution.withdraw, who, line_id=self.one(pick, "recorded"), reason="记错了")

    @when_a_line_is("approved")
    @rule(who=st.sampled_from(["committee 1", "committee 2"]), hangs=st.booleans())
    def gather(self, who: str, hangs: bool) -> None:
        done, notice_id = self.do(notice.open_notice, who, village_id=self.world.village)
        if done and hangs:
            self.do(notice.hang, who, notice_id=notice_id)

    @precondition(lambda life: Notice.select().where(Notice.state == "gathered").exists())
    @rule(who=st.sampled_from(["committee 1", "committee 2"]))
    def hang(self, who: str) -> None:
        self.do(notice.hang, who, notice_id=Notice.get(Notice.state == "gathered").id)

    @when_a_line_is("noticed")
    @rule(place=st.integers(0, 8), pick=PICK)
    def object(self, place: int, pick: int) -> None:
        line_id = self.one(pick, "noticed")
        self.do(notice.object_to, self.villagers[place], line_id=line_id, text="那晚没看见他")

    @precondition(lambda life: Objection.select().where(Objection.answer.is_null()).exists())
    @rule(who=JUDGES, upheld=st.sampled_from([True, False, False]))
    def answer(self, who: str, upheld: bool) -> None:
        waiting = Objection.select().where(Objection.answer.is_null()).order_by(Objection.id).first()
        self.do(notice.answer, who, objection_id=waiting.id, upheld=upheld, reason="查过")

    @rule(hours=st.integers(1, 24), times=st.integers(1, 4))
    def time_passes(self, hours: int, times: int) -> None:
        for _ in range(times):
            before, last = owed(), Transfer.select(fn.MAX(Transfer.id)).scalar() or 0
            self.world.wait(hours=hours)
            tick.tick(now=self.world.now)
            for award_ in Transfer.select().where(Transfer.id > last, Transfer.kind == "award"):
                household_id = Line.get_by_id(award_.cause_id).household_id
                before[household_id] = min(0, before[household_id] + award_.points)
            assert owed() == before, "what a household earns pays first what it owes"
        assert tick.tick(now=self.world.now).posted == 0, "all that is due is posted at once"

    @when_a_line_is("posted")
    @rule(who=JUDGES, pick=PICK)
    def reverse(self, who: str, pick: int) -> None:
        self.do(award.reverse, who, line_id=self.one(pick, "posted"), reason="查无此事")

    @when_a_line_is("posted")
    @rule(who=JUDGES, pick=PICK, points=st.integers(1, 12))
    def correct(self, who: str, pick: int, points: int) -> None:
        self.do(award.correct, who, line_id=self.one(pick, "posted"), points=points, reason="多记了")

    @rule(who=AT_SHOP, card=st.integers(0, 3), pin=st.sampled_from([PIN, PIN, "", "918273"]), pick=PICK)
    def redeem_by_number(self, who: str, card: int, pin: str, pick: int) -> None:
        self.redeem(who, self.cards[card].number, self.cards[card].person.id, pin, pick)

    @rule(who=AT_SHOP, card=st.integers(0, 3), pin=st.sampled_from(["", "", PIN]), pick=PICK)
    def redeem_by_scan(self, who: str, card: int, pin: str, pick: int) -> None:
        self.redeem(who, self.cards[card].code, self.cards[card].person.id, pin, pick)

    def redeem(self, who: str, card: str, collector_id: int, pin: str, pick: int) -> None:
        goods = Goods.get(Goods.name == ("食盐400g" if pick < 12 else "大米5kg"))
        basket = [[goods.id, 1 + pick % 4, goods.price]]
        given = {"card": card, "collector_id": collector_id, "pin": pin, "basket": basket}
        self.do(redemption.redeem, who, till_id=self.world.till, **given)

    @precondition(lambda life: Receipt.select().exists())
    @rule(who=AT_SHOP, pick=PICK)
    def undo(self, who: str, pick: int) -> None:
        receipts = [receipt.id for receipt in Receipt.select(Receipt.id).order_by(Receipt.id.desc())]
        self.do(redemption.undo, who, receipt_id=receipts[pick % len(receipts)], reason="拿错了")

    @rule(later=st.integers(0, 24))
    def send_the_last_write_again(self, later: int) -> None:
        """A retry hears what the first one heard, and nothing more has happened."""
        if self.last is None:
            return
        verb, given, answer = self.last
        before = rows_kept()
        again = given | {"now": self.world.now + timedelta(hours=later)}
        assert outcome(verb, again) == answer
        assert rows_kept() == before

    def do(self, verb, who, **given) -> tuple:
        actor = self.people[who] if isinstance(who, str) else who
        given |= self.world.by(actor)
        answer = outcome(verb, given)
        self.last = verb, given, answer
        return answer[0], answer[1]

    def some(self, pick: int, state: str) -> list[int]:
        """Choose lines: mostly two in *state*, now and then any of them."""
        ids = [line.id for line in Line.select(Line.id).where((Line.state == state) | (pick == 15)).order_by(Line.id)]
        start = pick % max(len(ids), 1)
        return ids[start : start + 1 + pick % 2]

    def one(self, pick: int, state: str) -> int:
        return self.some(pick, state)[0]

    # --- what always holds --------------------------------------------------------------------------------------------

    @invariant()
    def promises_hold(self) -> None:
        self.all_accounts_together_hold_nothing()
        self.no_floor_is_broken()
        self.balances_and_shelf_are_the_sum_of_their_movements()
        self.receipts_have_no_gap_and_agree_with_the_book()
        self.nobody_spends_more_without_pin_than_a_day_allows()
        self.caps_hold_just_what_lines_in_force_took()
        self.a_line_is_posted_once_after_its_notice_without_an_open_objection()
        self.a_posted_line_passed_three_people_none_of_the_household()

    def all_accounts_together_hold_nothing(self) -> None:
        total = db.execute(
            "SELECT (SELECT SUM(balance) FROM account)"
            " + (SELECT COALESCE(SUM(points), 0) FROM transfer JOIN account ON account.id = target_id"
            " WHERE type NOT IN ('household', 'hold', 'owed'))"
            " - (SELECT COALESCE(SUM(points), 0) FROM transfer JOIN account ON account.id = source_id"
            " WHERE type NOT IN ('household', 'hold', 'owed'))"
        ).fetchone()[0]
        assert total == 0

    def no_floor_is_broken(self) -> None:
        sql = "SELECT COUNT(*) FROM account WHERE type = 'household' AND balance < 0 OR type = 'owed' AND balance > 0"
        assert db.execute(sql).fetchone()[0] == 0
        assert db.execute("SELECT COUNT(*) FROM stock WHERE on_hand < 0").fetchone()[0] == 0

    def balances_and_shelf_are_the_sum_of_their_movements(self) -> None:
        assert list(ledger.audit()) == []
        assert stock.audit() == []
        on_hand = defaultdict(int)
        for movement in StockMovement.select().order_by(StockMovement.id):
            on_hand[movement.goods_id] += movement.change
            assert movement.on_hand_after == on_hand[movement.goods_id]

    def receipts_have_no_gap_and_agree_with_the_book(self) -> None:
        for till in Till.select():
            receipts = list(Receipt.select().where(Receipt.till == till).order_by(Receipt.sequence))
            assert [receipt.sequence for receipt in receipts] == list(range(1, till.sequence + 1))
            for receipt in receipts:
                lines = ReceiptLine.select().where(ReceiptLine.receipt == receipt)
                moved = Transfer.get_by_id(receipt.transfer_id)
                assert receipt.points == moved.points == sum(line.price * line.quantity for line in lines)
                undone = ReceiptUndo.select().where(ReceiptUndo.receipt == receipt).count()
                assert undone == Transfer.select().where(Transfer.answers == moved).count() <= 1

    def nobody_spends_more_without_pin_than_a_day_allows(self) -> None:
        spent = defaultdict(int)
        undone = [row.receipt_id for row in ReceiptUndo.select()]
        for receipt in Receipt.select().where(~Receipt.pin, Receipt.id.not_in(undone)):
            spent[receipt.household_id, local_date(receipt.recorded_at)] += receipt.points
        assert all(points <= NO_PIN for points in spent.values())

    def caps_hold_just_what_lines_in_force_took(self) -> None:
        monthly_cap = VillageSetting.get_by_id(self.world.village).monthly_cap
        taken, limits = defaultdict(int), {}
        for line in Line.select().where(Line.state.in_(TOOK_ROOM)):
            if line.cap is not None and line.cap_period != "event":
                place = line.household_id, line.item_code, caps.period_of(line.day, line.cap_period)
                taken[place] += line.granted_quantity
                limits[place] = line.cap
            if line.counts_to_cap:
                place = line.household_id, caps.ALL, caps.period_of(line.day, "month")
                taken[place] += line.granted
                limits[place] = monthly_cap
        used = {(row.household_id, row.scope, row.period): row.used for row in CapUse.select() if row.used}
        assert used == dict(taken)
        assert all(used[place] <= limits[place] for place in used)

    def a_line_is_posted_once_after_its_notice_without_an_open_objection(self) -> None:
        posted = defaultdict(list)
        for transfer in Transfer.select().where(Transfer.kind == "award"):
            posted[transfer.cause_id].append(transfer.points)
        notices = {hung.id: hung for hung in Notice.select()}
        still_open = Counter(objection.line_id for objection in Objection.select().where(Objection.answer.is_null()))
        for line in Line.select():
            settled = line.state in ("posted", "reversed")
            assert posted.pop(line.id, []) == ([line.granted] if settled else [])
            assert line.granted <= line.granted_quantity * line.each
            assert line.open_objections == still_open[line.id]
            if settled:
                assert line.open_objections == 0
                hung = notices[line.notice_id]
                assert line.posted_at >= hung.closes_at >= hung.hung_at + timedelta(days=hung.days)
        assert not posted

    def a_posted_line_passed_three_people_none_of_the_household(self) -> None:
        said = defaultdict(list)
        for voice in Voice.select():
            said[voice.line_id].append(voice)
        for line in Line.select().where(Line.state.in_((*TOOK_ROOM, "reversed"))):
            voices = said[line.id]
            people = [line.recorded_by_id, line.checked_by_id, *(voice.person_id for voice in voices)]
            assert len(voices) == line.voices_needed >= 1
            assert 2 * sum(voice.points > 0 for voice in voices) > line.voices_needed
            assert len(set(people)) == len(people) >= 3
            assert all(line.household_id not in self.related(person_id) for person_id in people)

    def related(self, person_id: int) -> set[int]:
        """The households a person keeps away from; here nobody moves or declares kin."""
        if person_id not in self.kept_away:
            self.kept_away[person_id] = access.related_households(Person.get_by_id(person_id))
        return self.kept_away[person_id]


def outcome(verb, given) -> tuple:
    """Call a verb: (True, its id), or (False, the refusal's code, its values)."""
    try:
        return True, verb(**given)
    except PointsError as refusal:
        return False, refusal.code, refusal.values


def owed() -> dict[int, int]:
    return {account.owner_id: account.balance for account in Account.select().where(Account.type == "owed")}


def rows_kept() -> dict[str, int]:
    return {table.__name__: table.select().count() for table in APPEND_ONLY}


@pytest.mark.slow
def test_whatever_happens_in_the_village_its_promises_hold(databases: Databases) -> None:
    machine = type("LifeHere", (Life,), {"databases": databases})
    on_sqlite = type(databases).__name__ == "SqliteDatabases"
    explore = int(os.environ.get("EXPLORE", "0"))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=explore or (20 if on_sqlite else 6),
            stateful_step_count=40 if on_sqlite else 30,
            derandomize=not explore,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, *([Phase.shrink] if explore else [])],  # to shrink a life takes minutes
        ),
    )
