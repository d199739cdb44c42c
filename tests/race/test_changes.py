"""A household is taken up while others sell to it, reserve for it and confirm the same: once, and no point is lost."""

from typing import Any

import pytest

from points import db, holding, ledger, stock
from points.models import Household, HouseholdChange, Person, Reservation, Transfer
from points.models.ledger import Kind
from points.services import change, redemption, reservation
from tests import steps
from tests.race.crowd import Crowd, tally
from tests.race.tills import purchase
from tests.world import World

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def books_balance(database: str) -> Any:
    yield
    assert list(ledger.audit()) == []
    assert stock.audit() == [] and holding.audit() == []


def points_in(*household_ids: int) -> int:
    """Add up what households may spend and what is held for them."""
    marks = ", ".join("?" * len(household_ids))
    sql = f"SELECT SUM(balance) FROM account WHERE type IN ('household', 'hold') AND owner_id IN ({marks})"
    return int(db.execute(sql, household_ids).fetchone()[0])


def merge(world: World) -> int:
    joins = {"household_id": world.households[0].id, "kind": "merge", "target_id": world.households[1].id}
    return change.propose(**world.by(world.committee[0]), **joins, reason="并户", day=world.today)


def test_a_merge_beside_a_sale_and_a_reservation(world: World, database: str, crowd: Crowd) -> None:
    source, target = world.households[:2]
    world.give_points(source, 50)
    paper, made = world.card(world.villager(0)), merge(world)
    basket = {"shop_id": world.shop, "household_id": source.id, "person_id": paper.person.id}
    basket |= {"basket": steps.basket({world.goods["洗衣液2kg"]: 1}), "collect_by": world.today}
    jobs: list[Any] = [
        (change.confirm, world.by(world.committee[1]) | {"change_id": made}),
        (change.confirm, world.by(world.supervisor) | {"change_id": made}),
        (redemption.redeem, purchase(world, paper, world.rice)),
        (reservation.reserve, world.by(paper.person) | basket),
    ]
    answers = crowd.at_once(database, jobs)
    sold = 30 if answers[2][0] else 0
    confirmed = tally(answers[:2])
    assert points_in(source.id, target.id) == 50 - sold
    if answers[3][0] and Reservation.get().household_id == source.id and confirmed["done"] == 0:
        assert confirmed == {"StillReserved": 2}
        assert Household.get_by_id(source.id).active
    else:
        assert confirmed == {"done": 1, "AlreadyDone": 1}
        assert (world.balance(source), Household.get_by_id(source.id).merged_into_id) == (0, target.id)
        assert Person.select().where(Person.household == target).count() == 4
        assert Transfer.select().where(Transfer.kind == Kind.MOVE).count() == 1


def test_of_two_who_decide_at_once_one_does(world: World, database: str, crowd: Crowd) -> None:
    world.give_points(world.households[0], 50)
    made = {"change_id": merge(world)}
    jobs: list[Any] = [(change.confirm, world.by(actor) | made) for actor in (world.committee[1], world.admin)]
    jobs += [(change.refuse, world.by(world.supervisor) | made | {"reason": "没有这事"})]
    jobs += [(change.withdraw, world.by(world.committee[0]) | made)]
    answers = crowd.at_once(database, jobs)
    assert tally(answers) == {"done": 1, "AlreadyDone": 3}
    done = HouseholdChange.get().state == "done"
    assert world.balance(world.households[1]) == (50 if done else 0)
    assert Household.get_by_id(world.households[0].id).active != done
