"""Signing off while the till sells: what is sold is in the sum, or it is not sold; and everybody signs once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from points import codes, ledger, shifts, stock
from points.models.receipt import Receipt, ReceiptUndo
from points.models.shop import Shift, ShiftCount
from points.services import redemption, shift, shop
from tests.race.crowd import Crowd, Job, tally
from tests.world import World

pytestmark = pytest.mark.slow

SALES = 30


@pytest.fixture(autouse=True)
def books_balance(database: str) -> Iterator[None]:
    yield
    assert list(ledger.audit()) == []
    assert stock.audit() == []


def sales(world: World, count: int = SALES) -> list[Job]:
    """Sell a packet of salt so many times to one household after another."""
    jobs: list[Job] = []
    salt = world.add_goods("精盐", "袋", "调味", 2, quantity=500)
    papers = []
    for number, household in enumerate(world.households):
        world.give_points(household, 500)
        papers.append(world.card(world.villager(number)))
    for n in range(count):
        paper = papers[n % len(papers)]
        given = world.by(world.clerk) | {"till_id": world.till, "card": paper.code, "collector_id": paper.person.id}
        jobs.append((redemption.redeem, given | {"pin": paper.pin, "basket": [[salt, 1, 2]]}))
    return jobs


def signing(world: World, **changed: object) -> Job:
    """Sign off whatever goods are asked for."""
    counts = {goods: 10 for goods in range(1, 20)}
    given = {"till_id": world.till, "counted_fen": 0, "counts": counts, "note": ""}
    return shift.sign_off, world.by(world.clerk) | given | changed


def test_a_sale_under_way_is_in_the_sum_or_refused(world: World, database: str, crowd: Crowd) -> None:
    jobs = sales(world)
    answers = crowd.at_once(database, [*jobs[:15], signing(world), *jobs[15:]])
    came = tally(answers)
    signed = Shift.get(Shift.closed_at.is_null(False))
    sold = Receipt.select().where(Receipt.shift == signed).count()
    assert came["done"] - 1 == sold == signed.redemptions == Receipt.select().count()
    assert signed.points == 2 * sold
    assert came["ShiftClosed"] == SALES - sold
    assert Shift.select().count() == 1


def test_an_undo_under_way_is_in_the_sum_or_refused(world: World, database: str, crowd: Crowd) -> None:
    receipts = [verb(**given) for verb, given in sales(world, 12)]
    undone: list[Job] = [
        (
            redemption.undo,
            world.by(world.clerk) | {"receipt_id": id_, "reason": "拿错了", "code": codes.receipt_code(id_)},
        )
        for id_ in receipts
    ]
    answers = crowd.at_once(database, [*undone[:6], signing(world), *undone[6:]])
    signed = Shift.get()
    count = ReceiptUndo.select().where(ReceiptUndo.shift == signed).count()
    assert tally(answers)["done"] - 1 == count == signed.undone == ReceiptUndo.select().count()
    assert signed.points == 2 * (12 - count)


def test_of_many_signatures_one_counts(world: World, database: str, crowd: Crowd) -> None:
    other = world.appoint("clerk", world.village, "何店员")
    answers = crowd.at_once(database, [signing(world, next_clerk_id=other.id) for _ in range(8)])
    assert tally(answers) == {"done": 1, "AlreadyDone": 7}
    handed = Shift.get()
    counts = {row.goods_id: 9 for row in ShiftCount.select()}
    taking = {"shift_id": handed.id, "counted_fen": 0, "counts": counts, "note": ""}
    answers = crowd.at_once(database, [(shift.take_over, world.by(other) | taking) for _ in range(8)])
    assert tally(answers) == {"done": 1, "AlreadyDone": 7}
    assert ShiftCount.select().count() == len(counts) == shifts.SAMPLE


def test_a_shop_that_closes_sells_nothing_more(world: World, database: str, crowd: Crowd) -> None:
    jobs = sales(world, 8)
    closing: Job = (shop.close_shop, world.by(world.committee[0]) | {"shop_id": world.shop})
    came = tally(crowd.at_once(database, [*jobs[:4], closing, *jobs[4:]]))
    if came["ShopUnsigned"]:
        assert came["done"] == Receipt.select().count() == 8
    else:
        assert came == {"done": 1, "NotFound": 8}
        assert Receipt.select().count() == 0
