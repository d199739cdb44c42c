"""Proxies: named by the household alone, for a time, and taken back at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest

from points import codes, db
from points.errors import (
    AlreadyDone,
    CardNeeded,
    Missing,
    NoPinSet,
    NotAllowed,
    NotFound,
    OwnHousehold,
    PinNeeded,
    PointsError,
    ProxyIsMember,
    ProxyServes,
    ProxyTwice,
    ProxyUntil,
    TooLong,
    TooManyProxies,
    TooSoon,
    WrongPin,
)
from points.models.keys import WriteKey
from points.models.people import Household, Person
from points.models.receipt import Proxy, Refusal
from points.queries import proxies
from points.services import card, kin, proxy, redemption
from tests.world import PIN, World


def until(world: World, days: int = 30) -> date:
    return world.today + timedelta(days=days)


def grant(world: World, **changes: Any) -> int:
    """Let the first household name a proxy on the phone."""
    given = {"name": "钱外甥", "until": until(world)}
    return proxy.grant(**world.by(world.villager()) | given | changes)


def at_desk(world: World, **changes: Any) -> int:
    """Let the first household name a proxy at the desk of a committee member."""
    member = world.villager()
    given = {"household_id": member.household_id, "member_id": member.id, "pin": PIN}
    return proxy.grant_at_desk(
        **world.by(world.committee[0]) | given | {"name": "钱外甥", "until": until(world)} | changes
    )


def at_till(world: World, number: str, **changes: Any) -> int:
    """Let the holder of a card name a proxy at the counter."""
    given = {"till_id": world.till, "card": number, "pin": PIN, "name": "钱外甥", "until": until(world)}
    return proxy.grant_at_till(**world.by(world.clerk) | given | changes)


def test_a_member_names_a_proxy_until_a_day(world: World) -> None:
    row = Proxy.get_by_id(grant(world, name="  钱 外甥 "))
    assert (row.name, row.until, row.household_id) == ("钱 外甥", until(world), world.households[0].id)
    assert (row.granted_by_id, row.revoked_at, row.person_id) == (world.villager().id, None, None)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": " "}, Missing),
        ({"name": "名" * 41}, TooLong),
        ({"name": "王秀英"}, ProxyIsMember),
        ({"name": "王大山"}, ProxyIsMember),
    ],
)
def test_a_proxy_has_a_name_and_is_not_of_the_household(
    world: World, changes: dict[str, Any], error: type[PointsError]
) -> None:
    with pytest.raises(error):
        grant(world, **changes)


def test_a_grant_ends_between_today_and_a_year_from_now(world: World) -> None:
    for days in (-1, 366):
        with pytest.raises(ProxyUntil):
            grant(world, until=until(world, days))
    for days, name in ((0, "甲"), (365, "乙")):
        grant(world, name=name, until=until(world, days))


def test_the_same_proxy_is_not_named_twice(world: World) -> None:
    first = grant(world)
    with pytest.raises(ProxyTwice):
        grant(world)
    proxy.revoke(**world.by(world.villager()), proxy_id=first)
    grant(world)


def test_a_household_has_five_at_most_and_those_that_ended_do_not_count(world: World) -> None:
    for number in range(5):
        last = grant(world, name=f"代领{number}", until=until(world, number))
    with pytest.raises(TooManyProxies):
        grant(world)
    proxy.revoke(**world.by(world.villager()), proxy_id=last)
    grant(world)
    world.wait(days=1)
    grant(world, name="钱外甥二")
    with pytest.raises(TooManyProxies):
        grant(world, name="钱外甥三")


def test_several_at_once_do_not_make_it_more_than_five(world: World) -> None:
    for number in range(4):
        grant(world, name=f"代领{number}")
    attempts = [world.by(world.villager()) for _ in range(12)]
    start = Barrier(len(attempts))

    def attempt(number: int) -> bool:
        start.wait()
        try:
            proxy.grant(**attempts[number], name=f"又一位{number}", until=until(world))
        except TooManyProxies:
            return False
        finally:
            db.disconnect()
        return True

    with ThreadPoolExecutor(len(attempts)) as pool:
        assert sum(pool.map(attempt, range(len(attempts)))) == 1


def test_a_proxy_of_the_village_is_known_by_who_it_is(world: World) -> None:
    friend = world.villager(1)
    assert Proxy.get_by_id(grant(world, name=friend.name, person_id=friend.id)).person_id == friend.id
    stranger = world.people(world.other_household)[0]
    for name, person_id in (("别的名", friend.id), (stranger.name, stranger.id), ("钱外甥", 999_999)):
        with pytest.raises(NotFound):
            grant(world, name=name, person_id=person_id)


def test_who_lives_in_no_household_names_nobody(world: World) -> None:
    with pytest.raises(NotFound):
        grant(world, actor=world.supervisor)


# --- desk ---------------------------------------------------------------------------------------------------------


def test_at_the_desk_the_members_pin_speaks_for_the_household(world: World) -> None:
    with pytest.raises(NoPinSet):
        at_desk(world)
    world.card(world.villager())
    with pytest.raises(PinNeeded):
        at_desk(world, pin="")
    for guess in range(5):
        with pytest.raises(WrongPin):
            at_desk(world, pin=f"31415{guess}")
    with pytest.raises(TooSoon):
        at_desk(world)
    world.wait(seconds=15)
    assert Proxy.get_by_id(at_desk(world)).granted_by_id == world.committee[0].id


def test_another_pin_chosen_ends_the_waits_at_the_desk(world: World) -> None:
    world.card(world.villager())
    for guess in range(5):
        with pytest.raises(WrongPin):
            at_desk(world, pin=f"31415{guess}")
    card.reset_pin(**world.by(world.committee[1]), person_id=world.villager().id, pin="582931")
    at_desk(world, pin="582931")


def test_the_member_at_the_desk_is_of_the_household(world: World) -> None:
    world.card(world.villager(1))
    with pytest.raises(NotFound):
        at_desk(world, member_id=world.villager(1).id)


def test_only_committee_and_stewards_of_the_place_write_it_down(world: World) -> None:
    world.card(world.villager())
    for actor, error in ((world.clerk, NotAllowed), (world.council[0], NotAllowed), (world.other_steward, NotFound)):
        with pytest.raises(error):
            at_desk(world, actor=actor)
    kin.declare(**world.by(world.committee[0]), relative_id=world.villager().id, relation="侄儿")
    with pytest.raises(OwnHousehold):
        at_desk(world)
    at_desk(world, actor=world.recorder)


def test_who_writes_it_down_does_not_become_the_proxy(world: World) -> None:
    paper = world.card(world.villager())
    me = world.committee[0]
    with pytest.raises(ProxyServes):
        at_desk(world, name=me.name)
    with pytest.raises(ProxyServes):
        at_desk(world, name=me.name, person_id=me.id)
    with pytest.raises(ProxyServes):
        at_till(world, paper.number, name=world.clerk.name)


# --- counter ------------------------------------------------------------------------------------------------------


def test_at_the_counter_it_takes_card_and_pin(world: World) -> None:
    paper = world.card(world.villager())
    with pytest.raises(PinNeeded):
        at_till(world, paper.code, pin="")
    with pytest.raises(WrongPin):
        at_till(world, paper.code, pin="314159")
    assert Proxy.get_by_id(at_till(world, paper.number)).household_id == world.households[0].id
    kept = [(refusal.code, refusal.household_id) for refusal in Refusal.select().order_by(Refusal.id)]
    assert kept == [(code, world.households[0].id) for code in ("PinNeeded", "WrongPin")]


def test_wrong_pins_at_the_counter_are_counted_with_those_of_redeeming(world: World) -> None:
    paper = world.card(world.villager())
    for guess in range(5):
        with pytest.raises(WrongPin):
            at_till(world, paper.code, pin=f"31415{guess}")
    with pytest.raises(TooSoon):
        redemption.redeem(
            **world.by(world.clerk),
            till_id=world.till,
            card=paper.code,
            collector_id=paper.person.id,
            pin=PIN,
            basket=[[world.rice, 1, 30]],
        )


def test_a_phones_owner_grants_on_the_phone(world: World) -> None:
    code = codes.phone_code(world.villager().id, world.now)
    with pytest.raises(CardNeeded):
        at_till(world, code)


def test_a_clerk_of_elsewhere_or_of_the_household_does_not(world: World) -> None:
    paper = world.card(world.villager())
    with pytest.raises(NotFound):
        at_till(world, paper.code, actor=world.other_clerk)
    kin.declare(**world.by(world.clerk), relative_id=paper.person.id, relation="姐夫")
    with pytest.raises(OwnHousehold):
        at_till(world, paper.code)


# --- taking back --------------------------------------------------------------------------------------------------


def test_any_member_or_the_committee_takes_a_grant_back_once(world: World) -> None:
    member, committee = world.people(world.households[0])[1], world.committee[0]
    for actor, other in ((member, committee), (committee, member)):
        made = grant(world)
        proxy.revoke(**world.by(actor), proxy_id=made)
        assert Proxy.get_by_id(made).revoked_by_id == actor.id
        with pytest.raises(AlreadyDone):
            proxy.revoke(**world.by(other), proxy_id=made)


def test_others_do_not_take_it_back(world: World) -> None:
    made = grant(world)
    for actor, error in (
        (world.villager(1), NotFound),
        (world.recorder, NotAllowed),
        (world.clerk, NotAllowed),
        (world.other_committee, NotFound),
    ):
        with pytest.raises(error):
            proxy.revoke(**world.by(actor), proxy_id=made)
    with pytest.raises(NotFound):
        proxy.revoke(**world.by(world.villager()), proxy_id=999_999)
    kin.declare(**world.by(world.committee[0]), relative_id=world.villager().id, relation="侄儿")
    with pytest.raises(OwnHousehold):
        proxy.revoke(**world.by(world.committee[0]), proxy_id=made)
    assert Proxy.get_by_id(made).revoked_at is None


def test_at_the_counter_the_card_takes_back_what_is_of_its_household(world: World) -> None:
    paper, made = world.card(world.villager()), grant(world)
    theirs = proxy.grant(**world.by(world.villager(1)), name="钱外甥", until=until(world))
    given = {"till_id": world.till, "card": paper.code, "pin": PIN}
    with pytest.raises(WrongPin):
        proxy.revoke_at_till(**world.by(world.clerk) | given | {"pin": "314159"}, proxy_id=made)
    with pytest.raises(NotFound):
        proxy.revoke_at_till(**world.by(world.clerk) | given, proxy_id=theirs)
    proxy.revoke_at_till(**world.by(world.clerk) | given, proxy_id=made)
    assert Proxy.get_by_id(made).revoked_by_id == world.clerk.id


def test_a_household_that_left_names_nobody(world: World) -> None:
    Household.update(active=False).where(Household.id == world.households[0].id).execute()
    with pytest.raises(NotFound):
        grant(world)


def test_neither_pin_nor_card_stands_in_any_row(world: World) -> None:
    paper = world.card(world.villager())
    at_till(world, paper.code)
    at_desk(world, name="钱外甥二")
    kept = "\n".join(str(row.__data__) for row in [*WriteKey.select(), *Proxy.select(), *Refusal.select()])
    assert PIN not in kept and paper.code not in kept


# --- notice -------------------------------------------------------------------------------------------------------


def test_each_member_takes_notice_for_themselves(world: World) -> None:
    world.give_points(world.households[0], 20)
    paper, made = world.card(world.villager()), grant(world)
    sale = {"till_id": world.till, "card": paper.code, "collector_id": 0, "proxy_id": made, "pin": ""}
    salt = [[world.goods["食盐400g"], 1, 2]]
    receipts = [redemption.redeem(**world.by(world.clerk), **sale, basket=salt) for _ in range(2)]

    def unseen(number: int) -> list[int]:
        return [one.receipt_id for one in proxies.unseen(world.people(world.households[0])[number])]

    assert unseen(0) == unseen(1) == receipts[::-1]
    proxy.note_seen(**world.by(world.villager()), receipt_id=receipts[0])
    assert (unseen(0), unseen(1)) == ([receipts[1]], receipts[::-1])
    proxy.note_seen(**world.by(world.villager()), receipt_id=receipts[1])
    proxy.note_seen(**world.by(world.villager()), receipt_id=receipts[0])  # an older page cannot take it back
    assert (unseen(0), Person.get_by_id(paper.person.id).seen_receipt_id) == ([], receipts[1])
    with pytest.raises(NotFound):
        proxy.note_seen(**world.by(world.villager(1)), receipt_id=receipts[1])
