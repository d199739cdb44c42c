"""Many at once, each in a process or thread of its own: what is scarce is given once, and what is done is done once."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from points import caps, codes, db, ledger, stock
from points.errors import PointsError
from points.models import Line, Notice, Person, Receipt, Refusal, Role, Till, Transfer, WriteKey
from points.services import areas, award, card, contribution, notice, redemption, review, shop, staff, tick
from points.tries import FREE_TRIES
from tests import steps
from tests.race.crowd import Crowd, tally
from tests.race.tills import buyers, purchase
from tests.world import PIN, World

pytestmark = pytest.mark.slow

SALT = 2  # points


@pytest.fixture(autouse=True)
def books_balance(database: str) -> Any:
    yield
    assert list(ledger.audit()) == []
    assert stock.audit() == []


def checked(world: World, *people: Person, code: int = 1, quantity: int = 1) -> list[int]:
    """Record and check one sheet; return its lines' ids."""
    return steps.check(world, steps.record(world, *people, code=code, quantity=quantity))


def approval(world: World, member: Person, *line_ids: int) -> dict[str, Any]:
    return world.by(member) | {"line_ids": list(line_ids), "verdict": "approve", "reason": ""}


def decide_settings(world: World, *, voices: int, monthly_cap: int = 60, no_pin: int = 20) -> None:
    areas.decide_settings(
        **world.by(world.committee[0]),
        village_id=world.village,
        council_voices=voices,
        notice_days=3,
        no_pin_daily_limit=no_pin,
        monthly_cap=monthly_cap,
        objection_contact="",
    )


def wait_until(world: World, moment: Any) -> None:
    """Let the days pass, with a tick each, up to just before *moment*."""
    while world.now < moment - timedelta(days=1):
        tick.tick(now=world.wait(days=1))
    world.now = moment
    assert Transfer.select().where(Transfer.kind == "award").count() == 0


# --- the counter --------------------------------------------------------------------------------------------------


def test_forty_tills_sell_the_last_three_bags_to_three(world: World, database: str, crowd: Crowd) -> None:
    bag = world.add_goods("最后的大米", "袋", "粮油", 30, quantity=3)
    tills = [shop.open_till(**world.by(world.committee[0]), shop_id=world.shop) for _ in range(40)]
    cards = buyers(world, 40, 30)
    jobs = [
        (redemption.redeem, purchase(world, paper, bag, till=till)) for paper, till in zip(cards, tills, strict=True)
    ]
    answers = crowd.at_once(database, jobs)
    assert tally(answers) == {"done": 3, "OutOfStock": 37}
    assert Receipt.select().where(Receipt.sequence == 1).count() == Receipt.select().count() == 3
    assert Refusal.select().where(Refusal.code == "OutOfStock").count() == 37
    households = Person.select().where(Person.id.in_([paper.person.id for paper in cards]))
    assert sum(world.balance(person.household) for person in households) == 37 * 30


def test_one_till_numbers_a_queue_without_a_gap(world: World, database: str, crowd: Crowd) -> None:
    cards = buyers(world, 10, 2)
    salt = world.goods["食盐400g"]
    answers = crowd.at_once(database, [(redemption.redeem, purchase(world, paper, salt)) for paper in cards])
    assert tally(answers) == {"done": 10}
    assert sorted(receipt.sequence for receipt in Receipt.select()) == list(range(1, 11))


def test_one_key_sent_twenty_times_at_once_gives_one_receipt(world: World, database: str, crowd: Crowd) -> None:
    bag = world.add_goods("最后的大米", "袋", "粮油", 30, quantity=1)
    world.give_points(world.households[0], 60)
    once = purchase(world, world.card(world.villager()), bag)
    answers = crowd.at_once(database, [(redemption.redeem, once)] * 20)
    assert answers == [(True, Receipt.get().id)] * 20
    assert WriteKey.select().where(WriteKey.key == once["key"]).count() == 1
    assert world.balance(world.households[0]) == 30


def test_one_key_refused_twenty_times_at_once_is_refused_once(world: World, database: str, crowd: Crowd) -> None:
    once = purchase(world, world.card(world.villager()), world.rice)
    answers = crowd.at_once(database, [(redemption.redeem, once)] * 20)
    assert tally(answers) == {"InsufficientPoints": 20}
    assert Refusal.select().count() == 1


def test_a_household_with_two_cards_spends_its_points_once(world: World, database: str, crowd: Crowd) -> None:
    world.give_points(world.households[0], 65)
    cards = [world.card(person) for person in world.people(world.households[0])]
    jobs = [(redemption.redeem, purchase(world, paper, world.rice)) for paper in cards * 4]
    assert tally(crowd.at_once(database, jobs)) == {"done": 2, "InsufficientPoints": 6}
    assert world.balance(world.households[0]) == 5


def test_two_cards_share_one_day_without_pin(world: World, database: str, crowd: Crowd) -> None:
    decide_settings(world, voices=3, no_pin=3 * SALT + 1)
    world.give_points(world.households[0], 100)
    cards = [world.card(person) for person in world.people(world.households[0])]
    salt = world.goods["食盐400g"]
    jobs = [(redemption.redeem, purchase(world, paper, salt, pin="")) for paper in cards * 5]
    assert tally(crowd.at_once(database, jobs)) == {"done": 3, "NoPinLimit": 7}


def test_baskets_in_opposite_order_do_not_lock_each_other_out(world: World, database: str, crowd: Crowd) -> None:
    names = ["洗衣液2kg", "食盐400g"]
    goods = [world.goods[name] for name in names]
    jobs = [
        (redemption.redeem, purchase(world, paper, *goods[:: 1 if number % 2 else -1]))
        for number, paper in enumerate(buyers(world, 10, 22))
    ]
    assert tally(crowd.at_once(database, jobs)) == {"done": 10}


def test_a_receipt_is_undone_once(world: World, database: str, crowd: Crowd) -> None:
    world.give_points(world.households[0], 30)
    receipt = redemption.redeem(**purchase(world, world.card(world.villager()), world.rice))
    given = {"receipt_id": receipt, "reason": "拿错了", "code": codes.receipt_code(receipt)}
    jobs = [(redemption.undo, world.by(world.clerk) | given) for _ in range(10)]
    assert tally(crowd.at_once(database, jobs)) == {"done": 1, "AlreadyReversed": 9}
    assert world.balance(world.households[0]) == 30


def test_wrong_pins_sent_at_once_are_compared_no_oftener_than_one_by_one(
    world: World, database: str, crowd: Crowd
) -> None:
    world.give_points(world.households[0], 30)
    paper = world.card(world.villager())
    jobs = [(redemption.redeem, purchase(world, paper, world.rice, pin=f"{918270 + guess}")) for guess in range(20)]
    answers = crowd.at_once(database, jobs)
    assert tally(answers) == {"WrongPin": FREE_TRIES + 1, "TooSoon": 20 - FREE_TRIES - 1}


def test_who_knows_every_card_number_and_no_pin_gets_nothing(world: World) -> None:
    """The clerk tries 200 times, over all cards, with the commonest PINs and with none, and every few minutes again."""
    cards = [paper for paper in buyers(world, 8, 100) if paper.pin == PIN]
    guesses = ["", "112233", "888888", "666888", "520520", "000000", "123456", "159357", "201314", "147258"]
    codes = Counter[str]()
    for number in range(200):
        paper, pin = cards[number % len(cards)], guesses[number // len(cards) % len(guesses)]
        given = purchase(world, paper, world.rice, pin=pin or "x") | {"pin": pin}
        assert given["card"] == paper.number
        with pytest.raises(PointsError) as refused:
            redemption.redeem(**given)
        codes[refused.value.code] += 1
        world.wait(seconds=20)
    assert codes.keys() == {"PinNeeded", "WrongPin", "TooSoon"}
    assert Receipt.select().count() == 0


# --- judging and posting ------------------------------------------------------------------------------------------


def test_an_act_recorded_by_two_at_once_is_recorded_once(world: World, database: str, crowd: Crowd) -> None:
    act = {"village_id": world.village, "item_id": world.item(14).id, "day": world.today, "quantity": 1, "note": ""}
    people = {"people": [world.villager().id]}
    jobs = [(contribution.record, world.by(by) | act | people) for by in (world.recorder, world.checker) * 4]
    assert tally(crowd.at_once(database, jobs)) == {"done": 1, "SeenBefore": 7}
    assert Line.select().count() == 1


def test_five_decisions_of_one_line_make_one_award(world: World, database: str, crowd: Crowd) -> None:
    decide_settings(world, voices=1)
    council = [*world.council, *(world.appoint("council", world.village, name) for name in ("评四", "评五"))]
    [line] = checked(world, world.villager())
    answers = crowd.at_once(database, [(review.decide, approval(world, member, line)) for member in council])
    assert tally(answers) == {"done": 1, "WrongState": 4}
    wait_until(world, Notice.get_by_id(steps.hung(world)).closes_at)
    tick.tick(now=world.now)
    assert [award.points for award in Transfer.select().where(Transfer.kind == "award")] == [10]
    assert world.balance(world.households[0]) == 10


def test_no_more_voices_are_heard_than_the_village_asks_for(world: World, database: str, crowd: Crowd) -> None:
    decide_settings(world, voices=3)
    council = [*world.council, *(world.appoint("council", world.village, name) for name in ("评四", "评五"))]
    [line] = checked(world, world.villager())
    answers = crowd.at_once(database, [(review.decide, approval(world, member, line)) for member in council])
    assert tally(answers) == {"done": 3, "WrongState": 2}
    assert Line.get_by_id(line).state == "approved"


def test_one_place_left_in_a_cap_goes_to_one_of_two_approvals(world: World, database: str, crowd: Crowd) -> None:
    decide_settings(world, voices=1)
    lines = [*checked(world, world.villager(), code=9), *checked(world, world.people(world.households[0])[1], code=9)]
    jobs = [(review.decide, approval(world, member, line)) for member, line in zip(world.council, lines, strict=False)]
    assert tally(crowd.at_once(database, jobs)) == {"done": 2}
    assert sorted((line.state, line.granted) for line in Line.select()) == [("approved", 5), ("refused", 0)]
    assert caps.used(world.households[0].id, 9, f"{world.today:%Y-%m}") == 1


def test_the_rest_of_a_month_is_shared_by_two_approvals(world: World, database: str, crowd: Crowd) -> None:
    decide_settings(world, voices=1, monthly_cap=45)
    lines = [*checked(world, world.villager(), quantity=3), *checked(world, world.villager(), code=16)]
    jobs = [(review.decide, approval(world, member, line)) for member, line in zip(world.council, lines, strict=False)]
    assert tally(crowd.at_once(database, jobs)) == {"done": 2}
    granted = [line.granted for line in Line.select().order_by(Line.id)]
    assert granted in ([30, 15], [25, 20])
    assert caps.used(world.households[0].id, caps.ALL, f"{world.today:%Y-%m}") == 45


def test_four_machines_that_tick_at_once_post_each_line_once(world: World, database: str, crowd: Crowd) -> None:
    decide_settings(world, voices=1)
    lines = checked(world, *(world.villager(number) for number in range(4)))
    review.decide(**approval(world, world.council[0], *lines))
    wait_until(world, Notice.get_by_id(steps.hung(world)).closes_at)
    answers = crowd.at_once(database, [(tick.tick, {"now": world.now})] * 4)
    assert sum(report.posted for _, report in answers) == sum(report.points for _, report in answers) / 10 == 4
    assert sum(report.closed for _, report in answers) == 1
    assert Counter(award.cause_id for award in Transfer.select().where(Transfer.kind == "award")) == Counter(lines)


def test_an_objection_at_the_last_moment_and_the_tick_do_not_both_win(
    world: World, database: str, crowd: Crowd
) -> None:
    decide_settings(world, voices=1)
    people = [person for household in world.households for person in world.people(household)]
    lines = checked(world, *people)
    review.decide(**approval(world, world.council[0], *lines))
    hung = Notice.get_by_id(steps.hung(world))
    wait_until(world, hung.closes_at)
    just_before = {"now": hung.closes_at - timedelta(seconds=1)}
    jobs = [
        (notice.object_to, world.by(person) | just_before | {"line_id": line, "text": "那晚没看见"})
        for person, line in zip(people, reversed(lines), strict=True)
    ]
    answers = crowd.at_once(database, [*jobs, (tick.tick, {"now": world.now})])
    report = answers.pop()[1]
    assert tally(answers) == Counter(done=8 - report.posted, NoticeOver=report.posted)
    for line in Line.select():
        assert (line.state, line.open_objections) in {("posted", 0), ("noticed", 1)}
    assert db.execute("SELECT COUNT(*) FROM transfer WHERE kind = 'award'").fetchone()[0] == report.posted


# --- the office ---------------------------------------------------------------------------------------------------


def test_tills_opened_at_once_have_numbers_of_their_own(world: World, database: str, crowd: Crowd) -> None:
    jobs = [(shop.open_till, world.by(world.committee[0]) | {"shop_id": world.shop}) for _ in range(6)]
    assert tally(crowd.at_once(database, jobs)) == {"done": 6}
    assert sorted(till.number for till in Till.select()) == list(range(1, 8))


def test_two_administrators_who_end_each_other_leave_one(world: World, database: str, crowd: Crowd) -> None:
    roles = {role.person_id: role.id for role in Role.select().where(Role.kind == "admin")}
    one, other = world.admin, world.second_admin
    jobs = [(staff.end, world.by(by) | {"role_id": roles[whose.id]}) for by, whose in ((one, other), (other, one))]
    answers = tally(crowd.at_once(database, jobs))
    assert answers["done"] == 1, answers
    assert Role.select().where(Role.kind == "admin", Role.ended_at.is_null()).count() == 1


def test_who_is_made_clerk_and_council_at_once_becomes_one_of_them(world: World, database: str, crowd: Crowd) -> None:
    given = {"person_id": world.villager().id, "area_id": world.village}
    jobs = [(staff.grant, world.by(world.admin) | given | {"kind": kind}) for kind in ("clerk", "council") * 4]
    answers = tally(crowd.at_once(database, jobs))
    assert answers["done"] == 1, answers
    assert Role.select().where(Role.person == world.villager()).count() == 1


def test_a_notice_gathered_at_once_by_two_is_one(world: World, database: str, crowd: Crowd) -> None:
    steps.approved(world)
    jobs = [(notice.open_notice, world.by(by) | {"village_id": world.village}) for by in world.committee * 2]
    assert tally(crowd.at_once(database, jobs)) == {"done": 1, "NothingToPublish": 3}


def test_one_card_is_handed_over_once(world: World, database: str, crowd: Crowd) -> None:
    printed = card.print_card(**world.by(world.committee[0]), person_id=world.villager().id)
    jobs = [
        (card.hand_over, world.by(world.committee[1]) | {"card_id": printed, "pin": f"{270410 + number}"})
        for number in range(6)
    ]
    assert tally(crowd.at_once(database, jobs)) == {"done": 1, "AlreadyDone": 5}


def test_an_award_put_right_by_two_is_taken_back_once(world: World, database: str, crowd: Crowd) -> None:
    [line] = steps.posted(world)
    whole = {"line_id": line, "reason": "查无此事"}
    jobs = [(award.reverse, world.by(by) | whole) for by in world.committee * 2]
    jobs += [(award.correct, world.by(by) | whole | {"points": 10}) for by in world.committee * 2]
    assert tally(crowd.at_once(database, jobs)) == {"done": 1, "WrongState": 7}
    assert world.balance(world.households[0]) == 0
