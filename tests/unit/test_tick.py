"""The tick: posts what is due, once; never by silence; stands still while the clock cannot be trusted."""

import hashlib
import threading
from datetime import timedelta

import pytest

from points import db, ledger
from points.calendar import start_of
from points.errors import ClockBehind, ClockJumped, NotAllowed
from points.models.contribution import CivilityEntry, Line, Notice, TickState
from points.models.ledger import AccountType, Kind, Transfer, TransferNote
from points.models.people import Role
from points.models.photos import Upload
from points.services import award, notice, tick
from points.services.tick import Report
from tests import steps
from tests.tools import statements
from tests.world import World


def answer(world, objection, upheld=False):
    notice.answer(**world.by(world.committee[0]), objection_id=objection.id, upheld=upheld, reason="查过名册")


def test_nothing_is_posted_before_the_end_and_all_of_it_then(world: World) -> None:
    day = world.today - timedelta(days=1)
    lines = steps.approved(world, world.villager(0), world.villager(1), day=day)
    notice_id = steps.hung(world)
    closes_at = Notice.get_by_id(notice_id).closes_at
    while world.wait(days=1) < closes_at:
        assert tick.tick(now=world.now) == Report()
    tick.tick(now=closes_at - timedelta(microseconds=1))
    assert world.balance(world.households[0]) == 0
    assert tick.tick(now=closes_at) == Report(posted=2, points=20, closed=1)
    assert [world.balance(household) for household in world.households] == [10, 10, 0, 0]
    assert {steps.line(id_).state for id_ in lines} == {"posted"}
    assert Notice.get_by_id(notice_id).state == "closed"
    transfer = Transfer.get(Transfer.key == f"line:{lines[0]}")
    assert (transfer.kind, transfer.cause_type, transfer.cause_id) == ("award", "line", lines[0])
    assert (transfer.happened_at, transfer.recorded_at) == (start_of(day), closes_at)
    assert transfer.source_id == ledger.account(AccountType.ISSUANCE, world.village).id
    assert list(ledger.audit()) == []


def test_it_may_run_again_and_again(world: World) -> None:
    steps.posted(world)
    assert tick.tick(now=world.now) == Report()
    assert world.balance(world.households[0]) == 10


def test_a_notice_that_does_not_hang_posts_nothing(world: World) -> None:
    steps.approved(world)
    notice.open_notice(**world.by(world.committee[0]), village_id=world.village)
    for _ in range(20):
        assert tick.tick(now=world.wait(days=1)).posted == 0


def test_an_objection_halts_its_line_only_and_silence_never_posts(world: World) -> None:
    disputed, other = steps.approved(world, world.villager(0), world.villager(1))
    notice_id = steps.hung(world)
    found = steps.objection(world, disputed)
    steps.run_out(world, notice_id)
    for _ in range(30):
        tick.tick(now=world.wait(days=1))
    assert (steps.line(disputed).state, steps.line(other).state) == ("noticed", "posted")
    notice.answer(**world.by(world.supervisor), objection_id=found.id, upheld=False, reason="查过名册")
    assert tick.tick(now=world.now) == Report(posted=1, points=10)
    assert steps.line(disputed).state == "posted"
    assert world.balance(world.households[0]) == 10


def test_an_upheld_line_is_never_posted(world: World) -> None:
    (line,) = steps.approved(world)
    notice_id = steps.hung(world)
    answer(world, steps.objection(world, line), upheld=True)
    assert steps.run_out(world, notice_id) == Report(closed=1)
    assert (steps.line(line).state, world.balance(world.households[0])) == ("struck", 0)


def test_an_objection_dismissed_in_time_does_not_delay(world: World) -> None:
    (line,) = steps.approved(world)
    notice_id = steps.hung(world)
    answer(world, steps.objection(world, line))
    assert steps.run_out(world, notice_id) == Report(posted=1, points=10, closed=1)


def test_a_large_notice_takes_no_more_statements_than_a_small_one(world: World) -> None:
    counts = []
    for team in ([world.villager(0)], [world.villager(number) for number in (1, 2, 3)]):
        steps.approved(world, *team)
        notice_id = steps.hung(world)
        closes_at = Notice.get_by_id(notice_id).closes_at
        while world.now < closes_at:
            tick.tick(now=world.now)
            world.wait(days=1)
        counts.append(statements(lambda: tick.tick(now=world.now)))
    assert counts[0] == counts[1]


def test_what_is_owed_is_taken_first_from_what_the_notice_brings(world: World) -> None:
    household, spent = world.households[0], 7
    [line] = steps.posted(world)
    with db.transaction():
        give, take = (
            ledger.account(AccountType.HOUSEHOLD, household.id),
            ledger.account(AccountType.ADJUSTMENT, world.village),
        )
        ledger.post(
            ledger.Posting(
                key="spent", kind=Kind.ADJUSTMENT, source=give, target=take, points=spent, cause_type="household",
                cause_id=household.id, happened_at=world.now,
            ),
            now=world.now,
        )  # fmt: skip
    award.reverse(**world.by(world.committee[1]), line_id=line, reason="那晚不在")
    owed = ledger.account(AccountType.OWED, household.id)
    assert (world.balance(household), ledger.balance(owed)) == (0, -spent)
    steps.posted(world, world.villager(0), world.villager(1), code=14)
    assert (world.balance(household), ledger.balance(owed)) == (0, -2)
    assert world.balance(world.households[1]) == 5
    steps.posted(world, code=11)
    assert (world.balance(household), ledger.balance(owed)) == (3, 0)
    assert list(ledger.audit()) == []


def test_the_words_of_an_award_lie_beside_it_and_match_their_digest(world: World) -> None:
    lines = steps.posted(world, world.villager(0), world.villager(1))
    notes = {note.transfer_id: note for note in TransferNote.select()}
    awards = [Transfer.get(Transfer.key == f"line:{line}") for line in lines]
    for transfer in awards:
        note = notes[transfer.id]
        assert note.text == world.item(1).name
        assert transfer.reason_digest == hashlib.sha256((note.salt + note.text).encode()).hexdigest()
    assert len({note.salt for note in notes.values()}) == len(awards), "one salt would give the others away"


def test_a_deduction_lowers_the_civility_score_and_no_points(world: World) -> None:
    earned, lowered = steps.approved(world, world.villager(0), world.villager(1))
    Line.update(effect="civility").where(Line.id == lowered).execute()
    notice_id = steps.hung(world)
    assert steps.run_out(world, notice_id) == Report(posted=1, points=10, closed=1)
    assert [steps.line(id_).state for id_ in (earned, lowered)] == ["posted", "posted"]
    assert [world.balance(household) for household in world.households] == [10, 0, 0, 0]
    [entry] = CivilityEntry.select()
    assert (entry.household_id, entry.year, entry.change) == (world.households[1].id, world.today.year, -10)
    assert entry.line_id == lowered
    assert tick.tick(now=world.now) == Report()
    assert CivilityEntry.select().count() == 1


def test_many_machines_at_once_post_once(world: World) -> None:
    steps.approved(world, *(world.villager(number) for number in range(4)))
    notice_id = steps.hung(world)
    closes_at = Notice.get_by_id(notice_id).closes_at
    while world.now < closes_at:
        tick.tick(now=world.now)
        world.wait(days=1)
    barrier, reports = threading.Barrier(5), []

    def run():
        barrier.wait()
        try:
            reports.append(tick.tick(now=world.now))
        finally:
            db.disconnect()

    threads = [threading.Thread(target=run) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reports) == 5
    assert (sum(report.posted for report in reports), sum(report.closed for report in reports)) == (4, 1)
    assert [world.balance(household) for household in world.households] == [10] * 4
    assert list(ledger.audit()) == []


def test_the_first_tick_only_takes_the_time(world: World) -> None:
    assert TickState.select().count() == 0
    tick.tick(now=world.now)
    assert TickState.get().last_at == world.now


def test_it_ends_terms_and_removes_what_was_kept_for_a_while(world: World) -> None:
    term = {"person": world.villager(3), "area": world.village, "kind": "council", "granted_at": world.now}
    role = Role.create(
        **term, granted_by=world.admin, confirmed_by=world.second_admin, confirmed_at=world.now, until=world.today
    )
    kept = {"village": world.village, "kind": "contributions", "rows": "[]", "uploaded_by": world.recorder}
    Upload.create(**kept, uploaded_at=world.now)
    tick.tick(now=world.wait(hours=12))
    assert (Role.get_by_id(role.id).ended_at, Upload.select().count()) == (None, 1)
    tick.tick(now=world.wait(hours=13))
    assert (Role.get_by_id(role.id).ended_at, Upload.select().count()) == (world.now, 0)


# --- the clock ----------------------------------------------------------------------------------------------------


def due(world):
    """Leave a notice that has run out, the clock right until then."""
    steps.approved(world)
    notice_id = steps.hung(world)
    while world.now < Notice.get_by_id(notice_id).closes_at:
        tick.tick(now=world.now)
        world.wait(days=1)


def test_a_clock_that_jumped_ahead_stops_until_an_administrator_confirms(world: World) -> None:
    due(world)
    world.wait(days=2)
    with pytest.raises(ClockJumped):
        tick.tick(now=world.now)
    with pytest.raises(ClockJumped):
        tick.tick(now=world.wait(minutes=1))
    assert TickState.get().trouble == "ClockJumped"
    assert world.balance(world.households[0]) == 0
    with pytest.raises(NotAllowed):
        tick.confirm_clock(**world.by(world.committee[0]))
    tick.confirm_clock(**world.by(world.admin))
    assert (TickState.get().trouble, TickState.get().last_at) == ("", world.now)
    assert tick.tick(now=world.now).posted == 1


def test_a_day_since_the_last_tick_is_no_jump(world: World) -> None:
    tick.tick(now=world.now)
    tick.tick(now=world.wait(days=1))
    with pytest.raises(ClockJumped):
        tick.tick(now=world.wait(days=1, microseconds=1))


def test_a_clock_behind_the_newest_record_stops_and_recovers_by_itself(world: World) -> None:
    tick.tick(now=world.now)
    steps.record(world)
    for behind in (timedelta(minutes=1), timedelta(days=40)):
        with pytest.raises(ClockBehind):
            tick.tick(now=world.now - behind)
    assert TickState.get().trouble == "ClockBehind"
    tick.tick(now=world.wait(minutes=1))
    assert TickState.get().trouble == ""


def test_records_dated_ahead_by_a_wrong_clock_stop_it_until_confirmed(world: World) -> None:
    tick.tick(now=world.now)
    right = world.now + timedelta(hours=1)
    world.wait(days=300)
    steps.record(world)
    world.now = right
    with pytest.raises(ClockBehind):
        tick.tick(now=world.now)
    tick.confirm_clock(**world.by(world.admin))
    tick.tick(now=world.wait(minutes=1))
    with pytest.raises(ClockBehind):  # a clock that runs back again is noticed as before
        tick.tick(now=world.now - timedelta(minutes=10))
