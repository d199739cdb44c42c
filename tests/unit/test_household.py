"""Households and people: opened by those who keep the place, never by someone for their own."""

from datetime import timedelta

import pytest

from points import access, ledger, passwords
from points.errors import (
    BadUsername,
    ClashingName,
    FutureDay,
    Missing,
    NotAllowed,
    NotFound,
    OwnHousehold,
    WeakPassword,
)
from points.models.keys import WriteKey
from points.models.ledger import AccountType
from points.models.people import Household, Person, Role
from points.models.receipt import Proxy
from points.services import household, kin, proxy
from tests.world import AWAY, PASSWORD, World


def give(world: World, actor: Person, person: Person, username: str = "wang", password: str = "first-one-1") -> None:
    household.give_sign_in(**world.by(actor), person_id=person.id, username=username, password=password)


def test_a_new_household_has_zero_points_and_waits_for_the_next_notice(world: World) -> None:
    made = world.households[0]
    assert world.balance(made) == 0
    assert ledger.balance(ledger.account(AccountType.OWED, made.id)) == 0
    assert made.notice_id is None
    assert (made.village_id, made.area_id) == (world.village, world.lanes[0])
    assert [person.initials for person in world.people(made)] == ["wxy", "wds"]


def test_a_number_is_unique_in_its_village(world: World) -> None:
    number = world.households[0].number
    given = {"number": number, "address": "", "people": ["何花"]}
    with pytest.raises(ClashingName):
        household.open_household(**world.by(world.admin), area_id=world.lanes[1], **given)
    household.open_household(**world.by(world.admin), area_id=world.other_lane, **given)


def test_a_refused_household_leaves_nothing_behind(world: World) -> None:
    before = Household.select().count()
    with pytest.raises(Missing):
        household.open_household(
            **world.by(world.admin), area_id=world.lanes[0], number="9001", address="", people=["何花", " "]
        )
    assert Household.select().count() == before


def test_a_retry_opens_one_household(world: World) -> None:
    given = {**world.by(world.admin), "area_id": world.lanes[0], "number": "9001", "address": "", "people": ["何花"]}
    assert household.open_household(**given) == household.open_household(**given)


def test_a_household_stands_in_a_village_or_below(world: World) -> None:
    with pytest.raises(NotFound):
        household.open_household(
            **world.by(world.admin), area_id=world.township, number="9001", address="", people=["何花"]
        )


def test_council_and_strangers_open_no_household(world: World) -> None:
    given = {"area_id": world.lanes[0], "number": "9001", "address": "", "people": ["何花"]}
    for actor, error in ((world.council[0], NotAllowed), (world.clerk, NotAllowed), (world.other_steward, NotFound)):
        with pytest.raises(error):
            household.open_household(**world.by(actor), **given)


def test_a_household_moves_with_its_people_within_the_village(world: World) -> None:
    moving = world.households[0]
    household.edit_household(
        **world.by(world.committee[0]), household_id=moving.id, area_id=world.lanes[1], address="新房"
    )
    assert Household.get_by_id(moving.id).area_id == world.lanes[1]
    assert {person.area_id for person in world.people(moving)} == {world.lanes[1]}
    with pytest.raises(NotFound):
        household.edit_household(**world.by(world.admin), household_id=moving.id, area_id=world.other_lane, address="")


def test_nobody_acts_on_the_own_household_or_on_kin(world: World) -> None:
    me, relative = world.committee[0], world.villager()
    kin.declare(**world.by(me), relative_id=relative.id, relation="妹妹")
    for household_id in (me.household_id, relative.household_id):
        with pytest.raises(OwnHousehold):
            household.add_person(**world.by(me), household_id=household_id, name="何花", phone="")
    for person in (me, relative, world.people(world.households[0])[1]):
        with pytest.raises(OwnHousehold):
            household.edit_person(**world.by(me), person_id=person.id, name="何花", phone="", active=True)
        with pytest.raises(OwnHousehold):
            give(world, me, person)


def test_who_left_can_no_longer_sign_in_and_loses_every_session(world: World) -> None:
    person = world.villager()
    world.username(person)
    before = Person.get_by_id(person.id).epoch
    household.edit_person(
        **world.by(world.committee[0]), person_id=person.id, name=person.name, phone="", active=False, **AWAY
    )
    after = Person.get_by_id(person.id)
    assert not after.active and after.epoch > before


def test_who_leaves_gives_up_roles_and_collects_for_nobody(world: World) -> None:
    person, neighbour = world.clerk, world.villager()
    proxy.grant(**world.by(neighbour), name=person.name, until=world.today, person_id=person.id)
    gone = {"person_id": person.id, "name": person.name, "phone": "", "active": False}
    with pytest.raises(NotAllowed):
        household.edit_person(**world.by(world.committee[0]), **gone, **AWAY)
    household.edit_person(**world.by(world.admin), **gone, **AWAY)
    role = Role.get(Role.person == person)
    assert (role.ended_by_id, role.ended_at) == (world.admin.id, world.now)
    assert Proxy.get().revoked_by_id == world.admin.id
    assert access.roles_of(person.id) == []


def test_why_and_since_when_somebody_is_gone_is_asked_and_forgotten_when_they_are_back(world: World) -> None:
    person = world.villager()
    edited = {"person_id": person.id, "name": person.name, "phone": ""}
    for wrong in ({}, {"left_why": "died"}, {"left_why": "bored", "left_on": world.today}):
        with pytest.raises(Missing):
            household.edit_person(**world.by(world.committee[0]), **edited, active=False, **wrong)
    with pytest.raises(FutureDay):
        tomorrow = {"left_why": "died", "left_on": world.today + timedelta(days=1)}
        household.edit_person(**world.by(world.committee[0]), **edited, active=False, **tomorrow)
    household.edit_person(**world.by(world.committee[0]), **edited, active=False, **AWAY)
    assert (Person.get_by_id(person.id).left_why, Person.get_by_id(person.id).left_on) == tuple(AWAY.values())
    household.edit_person(**world.by(world.committee[0]), **edited, active=True)
    assert (Person.get_by_id(person.id).left_why, Person.get_by_id(person.id).left_on) == ("", None)


def test_a_first_password_must_be_changed_and_is_kept_as_a_hash(world: World) -> None:
    person = world.villager()
    give(world, world.committee[0], person, " WangXiuying ")
    person = Person.get_by_id(person.id)
    assert person.username == "wangxiuying" and person.must_change_password
    assert person.password_hash.startswith("$argon2id$") and passwords.matches(person.password_hash, "first-one-1")


@pytest.mark.parametrize(
    ("username", "password", "error"),
    [
        ("wa", "first-one-1", BadUsername),
        ("王秀英", "first-one-1", BadUsername),
        ("wang xiuying", "first-one-1", BadUsername),
        ("wang", "short-1", WeakPassword),
        ("wang", "1234567890", WeakPassword),
        ("wangxiuying", "WangXiuying", WeakPassword),
        ("admin", "first-one-1", ClashingName),
    ],
)
def test_bad_usernames_and_passwords_are_refused(
    world: World, username: str, password: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        give(world, world.committee[0], world.villager(), username, password)


def test_the_committee_gives_no_sign_in_to_someone_with_a_role(world: World) -> None:
    """Whoever could replace a judge's password could judge in their place."""
    with pytest.raises(NotAllowed):
        give(world, world.committee[0], world.council[0])
    with pytest.raises(NotFound):
        give(world, world.committee[0], world.supervisor)
    with pytest.raises(NotFound):
        give(world, world.committee[0], world.people(world.other_household)[0])
    give(world, world.admin, world.council[0])


def test_an_administrator_of_a_village_cannot_take_over_one_of_the_county(world: World) -> None:
    low = world.appoint("admin", world.village, "村管理", lane=world.lanes[0])
    high = world.appoint("admin", world.county, "县管理", lane=world.lanes[0])
    with pytest.raises(NotAllowed):
        give(world, low, high)
    with pytest.raises(NotAllowed):
        household.edit_person(**world.by(low), person_id=high.id, name=high.name, phone="", active=False, **AWAY)


def test_a_password_stands_in_no_row(world: World) -> None:
    world.username(world.villager())
    for row in WriteKey.select():
        assert PASSWORD not in str(row.__data__) and "first-password-1" not in str(row.__data__)
