"""The passbook: each page begins where the last one stopped, whatever happens meanwhile, and says the same for ever."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from points import db, ledger
from points.errors import NotAllowed, NotFound, NothingToPrint, PointsError
from points.models.ledger import AccountType
from points.models.paper import PassbookPage
from points.models.people import Household, Person
from points.queries import passbook as reads
from points.services import award, passbook, proxy, redemption, reservation
from points.services.passbook import LINES
from tests import steps
from tests.databases import Databases
from tests.tools import statements
from tests.world import World


def printed(world: World, household: Household | None = None, *, by: Person | None = None) -> PassbookPage:
    household = household or world.households[0]
    made = passbook.print_page(**world.by(by or world.committee[0]), household_id=household.id)
    return reads.page(made)


def moved(world: World, count: int, household: Household | None = None) -> None:
    for points in range(1, count + 1):
        world.give_points(household or world.households[0], points)


def whole(household: Household) -> list[ledger.Entry]:
    """Return all entries of a household, oldest first."""
    return ledger.following(ledger.account(AccountType.HOUSEHOLD, household.id), after=0, limit=10_000)


def test_a_page_takes_what_fits_and_the_next_goes_on_where_it_stopped(world: World) -> None:
    moved(world, LINES + 2)
    first, second = printed(world), printed(world)
    assert (first.number, first.after_id, second.number, second.after_id) == (1, 0, 2, first.last_id)
    assert [len(reads.leaf(page).rows) for page in (first, second)] == [LINES, 2]
    assert second.balance == world.balance(world.households[0])
    with pytest.raises(NothingToPrint):
        printed(world)
    moved(world, 1)
    assert printed(world).number == 3


def test_ten_pages_through_corrections_debts_holds_and_reversals_leave_nothing_out(world: World) -> None:
    household, paper = world.households[0], world.card(world.villager())
    pages = []
    for n in range(10):
        lines = steps.posted(world, world.villager(), code=(1, 14)[n % 2])  # both within their caps
        world.give_points(household, 40)
        reserved = steps.reserve(world, {world.goods["食盐400g"]: 1})
        receipt = steps.sold(world, paper, {world.goods["食盐400g"]: 1})
        redemption.undo(**world.by(world.committee[0]), receipt_id=receipt, reason="拿错了")
        reservation.cancel(**world.by(world.villager()), reservation_id=reserved)
        spend_all(world, household)
        correction = {"line_id": lines[0], "points": 3, "reason": "时间不够"}
        award.correct(**world.by(world.committee[1]), **correction)
        pages.append(printed(world))
        if n % 3 == 0:
            moved(world, LINES)
            pages.append(printed(world))
    entries, shown = whole(household), []
    for before, page in zip([None, *pages], pages, strict=False):
        leaf = reads.leaf(page)
        shown += [row.entry.id for row in leaf.rows]
        assert leaf.opening == (before.balance if before else 0)
        assert leaf.opening + leaf.came - leaf.went == page.balance == leaf.rows[-1].entry.balance
        assert page.after_id == (before.last_id if before else 0)
    assert shown == [entry.id for entry in entries] and len(pages) > 10
    assert {entry.kind for entry in entries} >= {"award", "redemption", "reversal", "hold", "release", "repayment"}
    assert reads.leaf(pages[-1]).owed == -ledger.balance(ledger.account(AccountType.OWED, household.id)) > 0


def spend_all(world: World, household: Household) -> None:
    """Take what the household has, so that a correction becomes a debt."""
    source = ledger.account(AccountType.HOUSEHOLD, household.id)
    target = ledger.account(AccountType.ADJUSTMENT, household.village_id)
    posting = ledger.Posting(
        key=world.key(), kind=ledger.Kind.ADJUSTMENT, source=source, target=target, points=ledger.balance(source),
        cause_type="household", cause_id=household.id, happened_at=world.now,
    )  # fmt: skip
    with db.transaction():
        ledger.post(posting, now=world.now)


def test_a_page_says_the_same_again_whatever_came_later(world: World) -> None:
    household = world.households[0]
    world.give_points(household, 50)
    steps.reserve(world, {world.goods["食盐400g"]: 2})
    granted = proxy.grant(**world.by(world.villager()), name="钱外甥", until=world.today + timedelta(days=9))
    page = printed(world)
    then = reads.leaf(page)
    assert (then.held, then.owed, [name for name, _until in then.proxies]) == (4, 0, ["钱外甥"])
    world.wait(hours=1)
    proxy.revoke(**world.by(world.villager()), proxy_id=granted)
    moved(world, 3)
    steps.reserve(world, {world.goods["食盐400g"]: 1})
    again = reads.leaf(reads.page(page.id))
    assert (again.held, again.proxies, again.opening) == (then.held, then.proxies, then.opening)
    assert [row.entry for row in again.rows] == [row.entry for row in then.rows]
    assert reads.leaf(printed(world)).proxies == []


def test_the_household_and_those_who_look_after_it_print_and_nobody_else(world: World) -> None:
    moved(world, 1)
    for stranger in (world.villager(1), world.other_committee, world.other_steward):
        with pytest.raises(NotFound):
            printed(world, by=stranger)
    for other in (world.clerk, world.council[0], world.supervisor, world.admin):
        with pytest.raises(NotAllowed):
            printed(world, by=other)
    assert printed(world, by=world.villager()).printed_by_id == world.villager().id
    moved(world, 1)
    assert printed(world, by=world.recorder).number == 2
    with pytest.raises(NotFound):
        passbook.print_page(**world.by(world.committee[0]), household_id=10**9)


def test_the_same_key_makes_one_page(world: World) -> None:
    moved(world, LINES + 1)
    by = world.by(world.recorder)
    made = {passbook.print_page(**by, household_id=world.households[0].id) for _again in range(2)}
    assert len(made) == 1 and PassbookPage.select().count() == 1


def test_clicks_at_once_never_print_a_movement_twice(databases: Databases, world: World) -> None:
    moved(world, LINES + 1)
    answers, start = [], threading.Barrier(4)
    given = [world.by(world.committee[0]) for _ in range(4)]

    def click(by: dict[str, Any]) -> None:
        start.wait()
        try:
            passbook.print_page(**by, household_id=world.households[0].id)
            answers.append("printed")
        except PointsError as refusal:
            answers.append(refusal.code)
        finally:
            db.disconnect()

    clicks = [threading.Thread(target=click, args=(by,)) for by in given]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert sorted(answers) == ["NothingToPrint", "NothingToPrint", "printed", "printed"]
    first, second = PassbookPage.select().order_by(PassbookPage.number)
    assert (first.number, second.number, second.after_id) == (1, 2, first.last_id)


def test_households_that_lack_a_page_are_found_in_walking_order(world: World) -> None:
    one, two, three, _four = world.households
    moved(world, 1, three)
    moved(world, 1, one)
    moved(world, 1, two)
    assert reads.to_print(world.village) == [one.id, two.id, three.id]
    printed(world, one)
    assert reads.to_print(world.village) == [two.id, three.id] and reads.to_print(world.lanes[1]) == [three.id]
    assert reads.lacking([world.village, *world.lanes]) == {world.village: 2, world.lanes[0]: 1, world.lanes[1]: 1}
    assert reads.waiting(one.id) == 0 and reads.waiting(two.id) == 1
    Household.update(active=False).where(Household.id == two.id).execute()
    assert reads.to_print(world.lanes[0]) == []


def test_a_page_is_read_by_the_same_statements_however_much_it_holds(world: World) -> None:
    paper = world.card(world.villager())
    for household, count in ((world.households[0], LINES), (world.households[1], 1)):
        moved(world, count, household)
    steps.sold(world, paper, {world.rice: 1})
    few, many = printed(world, world.households[1]), printed(world)
    assert statements(lambda: reads.leaf(many)) <= statements(lambda: reads.leaf(few)) + 3
