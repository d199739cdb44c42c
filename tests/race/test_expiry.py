"""Year's end, many at once: machines that tick, a till that sells, who objects, who switches it off."""

from datetime import timedelta
from typing import Any

import pytest

from points import expiring, ledger
from points.models.expiry import Expiry, ExpiryLine, ExpiryRule
from points.models.ledger import Transfer
from points.services import expiry, redemption, reservation, tick
from tests import steps
from tests.race.crowd import Crowd, tally
from tests.world import World

pytestmark = pytest.mark.slow


def wait_until_over(world: World) -> Expiry:
    """Let the year end at this moment, the clock having ticked just before."""
    year = Expiry.get(Expiry.state == "waiting")
    tick.tick(now=year.ends_at - timedelta(hours=1))
    world.now = year.ends_at
    return year


def no_drift() -> bool:
    return not list(ledger.audit()) and not expiring.audit()


def test_machines_that_tick_post_a_year_end_once(world: World, database: str, crowd: Crowd) -> None:
    steps.expiring(world)
    for home in world.households:
        world.give_points(home, 10)
    year = wait_until_over(world)
    answers = crowd.at_once(database, [(tick.tick, {"now": year.ends_at})] * 6)
    assert sum(report.lapsed for _done, report in answers) == 40
    assert Transfer.select().where(Transfer.kind == "expiry").count() == 4
    assert Expiry.select().where(Expiry.year == 2027).count() == 1
    assert no_drift()


def test_a_sale_and_a_year_end_share_the_points(world: World, database: str, crowd: Crowd) -> None:
    steps.expiring(world)
    papers = [world.card(world.people(home)[0]) for home in world.households]
    for home in world.households:
        world.give_points(home, 35)
    year = wait_until_over(world)
    jobs: list[Any] = [(tick.tick, {"now": year.ends_at})] * 2
    for paper in papers:
        shown = {"card": paper.code, "collector_id": paper.person.id, "pin": paper.pin}
        sold = {"till_id": world.till, "basket": steps.basket({world.rice: 1})}
        jobs.append((redemption.redeem, world.by(world.clerk) | shown | sold))
        given = {"shop_id": world.shop, "household_id": paper.person.household_id, "person_id": paper.person.id}
        goods = {"basket": steps.basket({world.goods["食盐400g"]: 1}), "collect_by": world.today}
        jobs.append((reservation.reserve, world.by(paper.person) | given | goods))
    answers = tally(crowd.at_once(database, jobs))
    assert set(answers) <= {"done", "InsufficientPoints"}
    assert all(world.balance(home) == 0 for home in world.households)
    assert no_drift()


def test_an_objection_and_a_switch_off_come_before_the_year_end_or_too_late(
    world: World, database: str, crowd: Crowd
) -> None:
    steps.expiring(world)
    first, second = world.households[:2]
    for home in (first, second):
        world.give_points(home, 10)
    year = wait_until_over(world)
    just_before = {"now": year.ends_at - timedelta(seconds=1)}
    about = {"expiry_id": year.id, "household_id": first.id, "text": "少算了一笔"}
    ending = world.by(world.committee[0]) | just_before | {"rule_id": year.rule_id, "reason": "大家不同意"}
    jobs: list[Any] = [
        (expiry.object_to, world.by(world.villager(3)) | just_before | about),
        (expiry.end, ending),
        *[(tick.tick, {"now": year.ends_at})] * 2,
    ]
    assert set(tally(crowd.at_once(database, jobs))) <= {"done", "NoticeOver"}
    posted = Expiry.get_by_id(year.id).state == "posted"
    halted = ExpiryLine.select().where(ExpiryLine.state == "disputed").exists()
    assert world.balance(second) == (0 if posted else 10)
    assert world.balance(first) == (0 if posted and not halted else 10)
    assert ExpiryRule.get().state == "ended"
    assert not Expiry.select().where(Expiry.state == "waiting").exists()
    assert no_drift()
