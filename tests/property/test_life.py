"""A village lives at random, and after every step its promises hold.

Hypothesis draws who does what next: people report and record, say whether they were there, check, decide, object,
answer, put right, send a write twice, and time passes; `Shopping` has what they do in the shop. Whatever the rules
refuse, the book balances, caps hold, nobody judges the own household or what the same person recorded, no line is
posted twice, before its notice's days are over, past an open objection, or by fewer than three people; and what each
line is now follows from its history. `EXPLORE=500` searches that many lives anew.
"""

import os
from collections import Counter, defaultdict
from contextlib import ExitStack
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from peewee import fn

from points import access, caps, db, holding, ledger, opening, photos, stock, summaries
from points.calendar import local_date
from points.errors import PointsError
from points.models import (
    APPEND_ONLY,
    Account,
    CapUse,
    CivilityEntry,
    Correction,
    Holiday,
    HouseholdChange,
    Line,
    Notice,
    Objection,
    Opening,
    OpeningLine,
    Person,
    StockMovement,
    Transfer,
    VillageSetting,
    Voice,
    WriteKey,
)
from points.services import areas, award, change, civility, contribution, notice, report, review, staff, tick
from points.services import opening as openings
from tests.databases import Databases
from tests.property.shopping import NO_PIN, PICK, Shopping
from tests.world import PIN, World, use_cheap_secrets

TOOK_ROOM = ("approved", "noticed", "posted")
ITEMS = (1, 9, 16, 21, 23, 25, 26)  # 4, 1, 2 a month, 2 a year, each event, 2 a year beside the cap; a deduction
NAMES = ("recorder", "checker", "committee 1", "committee 2", "council 1", "council 2", "supervisor")
JUDGES = st.sampled_from(NAMES)
INSISTS = st.sampled_from([True, True, False])
SIGNED = [photos.Picture(b"the signed page", "1" * 64, 0, 1, 1)]
BEGINS = datetime(2026, 10, 28, 1, 0, tzinfo=UTC)  # so that a month is over soon


def when_a_line_is(state: str):
    """Run a rule only while it has something to act on, so that most steps lead on."""
    return precondition(lambda life: Line.select().where(Line.state == state).exists())


class Life(Shopping):
    """The state is the database; a step that the rules refuse is a step as well."""

    databases: Databases

    def __init__(self) -> None:
        super().__init__()
        use_cheap_secrets()
        self.stack = ExitStack()
        self.kept_away = {}

    def teardown(self) -> None:
        self.stack.close()

    @initialize(voices=st.sampled_from([1, 3]), monthly_cap=st.sampled_from([15, 60]), takes_cash=st.booleans())
    def begin(self, voices: int, monthly_cap: int, takes_cash: bool) -> None:
        """Begin in the midst of things, which are the same for all lives that begin with the same numbers."""
        name = f"life_{voices}_{monthly_cap}_{takes_cash:d}"
        self.databases.prepare(name, lambda: self.what_went_before(voices, monthly_cap, takes_cash))
        self.stack.enter_context(self.databases.fresh(name))
        vars(self).update(deepcopy(self.databases.prepared[name]))

    def what_went_before(self, voices: int, monthly_cap: int, takes_cash: bool) -> dict[str, object]:
        """Let people hold several roles, so that only the rules keep them apart; and let something be under way."""
        known = set(vars(self))
        world = self.world = World(now=BEGINS)
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
        for name in ("recorder", "checker", "committee 1"):
            role = {"person_id": self.people[name].id, "area_id": world.village, "kind": "council"}
            staff.confirm(**world.by(world.second_admin), role_id=staff.grant(**world.by(world.admin), **role))
        decided = {"council_voices": voices, "notice_days": 3, "no_pin_daily_limit": NO_PIN, "monthly_cap": monthly_cap}
        areas.decide_settings(
            **world.by(world.committee[0]), village_id=world.village, objection_contact="田主任", **decided
        )
        holidays = {"area_id": world.township, "name": "假日", "first": world.today + timedelta(days=6)}
        areas.add_holidays(**world.by(world.supervisor), **holidays, last=world.today + timedelta(days=8))
        self.open_the_shop(takes_cash=takes_cash)
        world.give_points(world.households[0], 24)
        world.give_points(world.households[3], 16)
        self.redeem_by_number("clerk", 0, PIN, 3)
        for days in (3, 0):
            self.record("recorder", 1, [0, 2, 4], 1, 0)
            self.record("recorder", 26, [6], 1, 0)
            ids = [line.id for line in Line.select().where(Line.state == "recorded")]
            review.check(**world.by(world.checker), line_ids=ids, passes=True, reason="")
            for member in world.council[:voices]:
                review.decide(**world.by(member), line_ids=ids, verdict="approve", reason="")
            self.gather("committee 1", hangs=True)
            self.time_passes(24, days + 1)
            if days:  # one household spends an award that is then found wrong: it owes, and its next award is under way
                self.redeem_by_number("clerk", 2, PIN, 3)
                posted = Line.get(Line.state == "posted", Line.household == self.cards[2].person.household_id)
                self.do(award.correct, "committee 2", line_id=posted.id, points=10, reason="查无此事")
        noticed = Line.get(Line.state == "noticed")
        self.do(notice.object_to, self.villagers[6], line_id=noticed.id, text="那晚没看见他")
        self.report(2, 0, 11, 2)
        ids = [line.id for line in Line.select().where(Line.state == "recorded")]
        self.do(review.check, "checker", line_ids=ids, passes=False, reason="写清地点", returns=True)
        self.record("recorder", 14, [1, 3, 5], 2, 0)
        ids = [line.id for line in Line.select().where(Line.state == "recorded")]
        self.do(review.check, "checker", line_ids=ids, passes=True, reason="", returns=False)
        self.record("recorder", 16, [0, 6], 2, 0)
        self.record("checker", 21, [1, 2, 4], 1, 0)
        for place in (0, 1, 6):
            self.reserve(place, place, 2, at_desk=False)
        self.proxies_change(0, 1, 5)
        for who in ("committee 1", "committee 1", "committee 2"):
            self.the_settlement_goes_on(who, "clerk", 0)
        for off in (0, -1):
            self.the_stocktake_goes_on("clerk", 0, off)
        for _ in ("proposed", "hung"):
            self.the_opening_goes_on("committee 2", insists=False, place=0, pick=0, points=30)
        return {name: value for name, value in vars(self).items() if name not in known}

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

    @rule(place=st.integers(0, 8), pick=PICK, code=st.sampled_from([1, 11, 26]), quantity=st.integers(1, 2))
    def report(self, place: int, pick: int, code: int, quantity: int) -> None:
        """Let a villager report for the own household, or take a returned line up again."""
        reporter = self.villagers[place]
        mine = (Line.recorded_by == reporter) & (Line.state == "returned")
        returned = Line.get_or_none(mine) if pick % 2 else None
        given = {"person_id": reporter.id, "item_id": self.world.item(code).id, "day": self.world.today, "note": ""}
        given |= {"quantity": quantity, "pictures": [], "again": pick > 7, "revises": returned and returned.id}
        self.do(report.report, reporter, **given)

    @rule(place=st.integers(0, 8), pick=PICK, was_there=st.sampled_from([True, True, False]))
    def say_attendance(self, place: int, pick: int, was_there: bool) -> None:
        """Let a named person, or now and then another one, say whether they were there."""
        person = self.villagers[place]
        named = list(Line.select().where((Line.person == person) | (pick == 15)).order_by(Line.id.desc()))
        if named:
            line = named[pick % len(named)]
            self.do(report.say_attendance, person, line_id=line.id, was_there=was_there, reason="没去")

    @when_a_line_is("recorded")
    @rule(
        who=JUDGES, insists=INSISTS, pick=PICK, passes=st.sampled_from([True, True, True, False]), returns=st.booleans()
    )
    def check(self, who: str, insists: bool, pick: int, passes: bool, returns: bool) -> None:
        lines = self.some(pick, "recorded")
        self.ask(review.check, who, insists, line_ids=lines, passes=passes, reason="看过", returns=returns)

    @when_a_line_is("checked")
    @rule(
        who=JUDGES,
        insists=INSISTS,
        pick=PICK,
        verdict=st.sampled_from(["approve", "change", "approve", "return", "approve", "refuse"]),
        points=st.integers(1, 9),
        all_of_them=st.booleans(),
    )
    def decide(self, who: str, insists: bool, pick: int, verdict: str, points: int, all_of_them: bool) -> None:
        given = {"line_ids": self.some(pick, "checked"), "verdict": verdict, "points": points, "reason": "议过"}
        for _ in range(3 if all_of_them else 1):
            self.ask(review.decide, who, insists, **given)

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
    @rule(who=JUDGES, insists=INSISTS, upheld=st.booleans(), kept=st.sampled_from([4, 0]))
    def answer(self, who: str, insists: bool, upheld: bool, kept: int) -> None:
        waiting = Objection.select().where(Objection.answer.is_null()).order_by(Objection.id).first()
        self.ask(notice.answer, who, insists, objection_id=waiting.id, upheld=upheld, reason="查过", kept=kept)

    @rule(who=JUDGES, insists=INSISTS, place=st.integers(0, 3), pick=PICK, points=st.sampled_from([30, 12, 0]))
    def the_opening_goes_on(self, who: str, insists: bool, place: int, pick: int, points: int) -> None:
        """Propose the old balances of two households, or take what is under way a step further."""
        disputed = OpeningLine.get_or_none(OpeningLine.state == "disputed")
        under_way = Opening.get_or_none(Opening.state.in_(("proposed", "hung")))
        if disputed and pick % 2:
            self.ask(openings.answer, who, insists, line_id=disputed.id, points=points, reason="查过旧账")
        elif under_way is None:
            homes = self.world.households[place : place + 2]
            rows = opening.typed({home.number: "30" for home in homes})
            proposer = f"committee {1 + pick // 8}"
            _done, kept = self.do(openings.upload, proposer, village_id=self.world.village, file_name="", rows=rows)
            signed = {"source": "旧积分本", "signers": "田主任", "points": 30 * len(homes), "days": 3}
            self.do(openings.propose, proposer, upload_id=kept, **signed, pictures=SIGNED)
        elif under_way.state == "hung":
            lines = list(OpeningLine.select().where(OpeningLine.opening == under_way).order_by(OpeningLine.id))
            line = lines[pick % len(lines)]
            self.do(openings.object_to, self.villagers[2 * place], line_id=line.id, text="旧账上不是这样")
        elif pick > 13:
            self.do(openings.drop, who, opening_id=under_way.id, reason="总数看错了")
        else:
            self.ask(openings.hang, who, insists, opening_id=under_way.id, points=under_way.points)

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
        again = tick.tick(now=self.world.now)
        assert again.posted == again.opened == 0, "all that is due is posted at once"
        assert holding.due(self.world.now) == [], "what was not collected in time has expired"

    @when_a_line_is("posted")
    @rule(who=JUDGES, pick=PICK)
    def reverse(self, who: str, pick: int) -> None:
        self.do(award.reverse, who, line_id=self.one(pick, "posted"), reason="查无此事")

    @when_a_line_is("posted")
    @rule(who=JUDGES, pick=PICK, points=st.integers(1, 12))
    def correct(self, who: str, pick: int, points: int) -> None:
        self.do(award.correct, who, line_id=self.one(pick, "posted"), points=points, reason="多记了")

    @when_a_line_is("posted")
    @rule(who=JUDGES, insists=INSISTS, pick=PICK)
    def restore(self, who: str, insists: bool, pick: int) -> None:
        deductions = [line.id for line in Line.select().where(Line.effect == "civility").order_by(Line.id)]
        line_id = deductions[pick % len(deductions)] if deductions else self.one(pick, "posted")
        self.ask(civility.restore, who, insists, line_id=line_id, reason="已清理")

    @rule(
        who=st.sampled_from(["committee 1", "committee 2"]),
        place=st.integers(0, 7),
        onto=st.integers(0, 7),
        kind=st.sampled_from(["split", "merge", "move_person"]),
        points=st.sampled_from([0, 3]),
    )
    def a_household_changes(self, who: str, place: int, onto: int, kind: str, points: int) -> None:
        """Let villagers' households split, merge and exchange people, as a second person confirms."""
        leaving, joined = (Person.get_by_id(self.villagers[at].id) for at in (place, onto))
        given = {"kind": kind, "household_id": leaving.household_id, "reason": "分家", "day": self.world.today}
        if kind == "split":
            given |= {"area_id": leaving.area_id, "number": f"9{HouseholdChange.select().count():03}"}
        else:
            given |= {"target_id": joined.household_id}
        if kind != "merge":
            given |= {"people": [leaving.id], "points": points}
        done, change_id = self.do(change.propose, who, **given)
        if done and not self.do(change.confirm, "supervisor", change_id=change_id)[0]:
            self.do(change.withdraw, who, change_id=change_id)
        self.villagers = [Person.get_by_id(person.id) for person in self.villagers]

    @rule(later=st.integers(0, 24))
    def send_the_last_write_again(self, later: int) -> None:
        """A retry hears what the first one heard, and nothing more has happened."""
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

    def ask(self, verb, who: str, insists: bool, **given) -> None:
        """Let *who* do it, or, refused and told to insist, the first who may."""
        for name in (who, *(NAMES if insists else ())):
            if self.do(verb, name, **given)[0]:
                return

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
        self.lines = {line.id: line for line in Line.select()}
        self.voices = defaultdict(list)
        for voice in Voice.select().order_by(Voice.id):
            self.voices[voice.line_id].append(voice)
        self.all_accounts_together_hold_nothing()
        self.balances_and_shelf_are_the_sum_of_their_movements()
        self.the_shop_keeps_its_promises()
        self.caps_hold_just_what_lines_in_force_took()
        self.a_line_is_posted_once_after_its_notice_without_an_open_objection()
        self.a_posted_line_passed_three_people_none_of_the_household()
        self.an_old_balance_is_posted_once_after_its_days_undisputed()
        self.nobody_judges_the_own_household_or_the_own_record()
        self.what_a_line_is_follows_from_its_history()

    def all_accounts_together_hold_nothing(self) -> None:
        total = db.execute(
            "SELECT (SELECT SUM(balance) FROM account)"
            " + (SELECT COALESCE(SUM(points), 0) FROM transfer JOIN account ON account.id = target_id"
            " WHERE type NOT IN ('household', 'hold', 'owed'))"
            " - (SELECT COALESCE(SUM(points), 0) FROM transfer JOIN account ON account.id = source_id"
            " WHERE type NOT IN ('household', 'hold', 'owed'))"
        ).fetchone()[0]
        assert total == 0

    def balances_and_shelf_are_the_sum_of_their_movements(self) -> None:
        assert list(ledger.audit()) == []
        assert stock.audit() == []
        assert list(summaries.audit()) == []
        on_hand = defaultdict(int)
        for movement in StockMovement.select().order_by(StockMovement.id):
            on_hand[movement.goods_id] += movement.change
            assert movement.on_hand_after == on_hand[movement.goods_id]

    def caps_hold_just_what_lines_in_force_took(self) -> None:
        monthly_cap = VillageSetting.get_by_id(self.world.village).monthly_cap
        taken, limits = defaultdict(int), {}
        for line in self.lines.values():
            if line.state not in TOOK_ROOM or line.effect == "civility":
                continue
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
        for entry in CivilityEntry.select().where(CivilityEntry.change < 0):
            posted[entry.line_id].append(-entry.change)
        notices = {hung.id: hung for hung in Notice.select()}
        holidays = {holiday.day for holiday in Holiday.select()}
        still_open = Counter(objection.line_id for objection in Objection.select().where(Objection.answer.is_null()))
        for line in self.lines.values():
            settled = line.state in ("posted", "reversed")
            assert posted.pop(line.id, []) == ([line.granted] if settled else [])
            assert line.granted <= line.granted_quantity * line.each
            assert line.open_objections == still_open[line.id]
            if settled:
                assert line.open_objections == 0
                hung = notices[line.notice_id]
                assert line.posted_at >= hung.closes_at
                hung_on, over = local_date(hung.hung_at), local_date(hung.closes_at)
                full = {hung_on + timedelta(days=number) for number in range(1, (over - hung_on).days)}
                assert len(full - holidays) == hung.days, "every day counts but the first, and no holiday"
        assert not posted

    def a_posted_line_passed_three_people_none_of_the_household(self) -> None:
        for line in self.lines.values():
            if line.state not in (*TOOK_ROOM, "reversed"):
                continue
            voices = self.voices[line.id]
            people = [line.recorded_by_id, line.checked_by_id, *(voice.person_id for voice in voices)]
            assert len(voices) == line.voices_needed >= 1
            assert 2 * sum(voice.points >= line.agreed for voice in voices) > line.voices_needed
            assert len(set(people)) == len(people) >= 3
            assert all(line.household_id not in self.related(person_id) for person_id in people)

    def an_old_balance_is_posted_once_after_its_days_undisputed(self) -> None:
        posted = defaultdict(list)
        for transfer in Transfer.select().where(Transfer.kind == "opening"):
            posted[transfer.cause_id].append(transfer.points)
        brought: Counter[int] = Counter()
        for line in OpeningLine.select(OpeningLine, Opening).join(Opening):
            brought[line.household_id] += line.state != "dropped"
            hands = (line.opening.proposed_by_id, line.opening.hung_by_id, line.objected_by_id)
            assert posted.pop(line.id, []) == ([line.agreed] if line.state == "posted" else [])
            if line.state == "posted":
                assert line.posted_at >= line.opening.closes_at
                assert len(set(hands[:2])) == 2
                assert line.answered_at or (not line.objected_at and line.agreed == line.points)
            if line.answered_by_id:
                assert line.answered_by_id not in hands
                assert line.household_id not in self.related(line.answered_by_id)
        assert not posted
        assert all(count <= 1 for count in brought.values()), "a household brings its points along once"

    def nobody_judges_the_own_household_or_the_own_record(self) -> None:
        lines = self.lines
        judged = [(line, line.checked_by_id) for line in lines.values() if line.checked_by_id]
        judged += [(lines[line_id], voice.person_id) for line_id in self.voices for voice in self.voices[line_id]]
        answers = Objection.select().where(Objection.answered_by.is_null(False))
        judged += [(lines[objection.line_id], objection.answered_by_id) for objection in answers]
        judged += [(lines[row.line_id], row.made_by_id) for row in Correction.select()]
        for line, person_id in judged:
            assert person_id != line.recorded_by_id
            assert line.household_id not in self.related(person_id)

    def what_a_line_is_follows_from_its_history(self) -> None:
        """Replay what is known of each line's way, and arrive at what it is now."""
        objections, back = defaultdict(list), Counter()
        for objection in Objection.select().where(Objection.answer == "upheld"):
            objections[objection.line_id].append(objection)
        for row in Correction.select():
            back[row.line_id] += row.points
        withdrawn = {row.result for row in WriteKey.select().where(WriteKey.action == "contribution.withdraw")}
        for line in self.lines.values():
            left = [objection.kept for objection in objections[line.id]]
            replayed = replay(line, self.voices[line.id], left, back[line.id], line.id in withdrawn)
            assert line.state == replayed, (line.id, line.state, replayed)

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


def replay(line: Line, voices: list[Voice], kept: list[int], taken_back: int, withdrawn: bool) -> str:
    """Work out a line's state from who did what to it, but for what the caps left of it (`granted`)."""
    if line.checked_by_id is None:
        return "withdrawn" if withdrawn else "recorded"
    if not line.voices_needed:
        return line.state if line.state in ("refused", "returned") else "refused at the check"
    if len(voices) < line.voices_needed:
        return "checked"
    agreed = sorted((voice.points for voice in voices), reverse=True)[len(voices) // 2]
    assert line.agreed == agreed
    if not agreed:
        against = [voice.verdict for voice in voices if not voice.points]
        return "returned" if 2 * against.count("return") > len(against) else "refused"
    if line.notice_id is None:
        return "approved" if line.granted else "refused"
    if 0 in kept:
        return "struck"
    if line.posted_at is None:
        return "noticed"
    return "reversed" if taken_back == line.granted else "posted"


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
            max_examples=explore or (24 if on_sqlite else 6),
            stateful_step_count=45 if on_sqlite else 30,
            derandomize=not explore,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, *([Phase.shrink] if explore else [])],  # to shrink a life takes minutes
        ),
    )
