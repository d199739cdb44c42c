"""Staff: a role counts once a second, unrelated person confirms it; administration, counter and judging stay apart."""

from datetime import timedelta

import pytest

from points import access
from points.errors import (
    AlreadyDone,
    ClashingName,
    ConfirmerRelated,
    DayRange,
    LastAdmin,
    NotAllowed,
    NoTerm,
    NotFound,
    RoleConflict,
    RolePlace,
    SamePerson,
    WeakPassword,
)
from points.models.areas import Area
from points.models.people import Person, Role
from points.services import kin, staff
from tests.world import PASSWORD, World


def propose(world: World, person: Person, kind: str, area_id: int | None = None, by: Person | None = None) -> int:
    return staff.grant(**world.by(by or world.admin), person_id=person.id, area_id=area_id or world.village, kind=kind)


def test_a_proposed_role_counts_only_once_it_is_confirmed(world: World) -> None:
    person = world.villager()
    role = propose(world, person, "council")
    assert access.roles_of(person.id) == []
    staff.confirm(**world.by(world.second_admin), role_id=role)
    assert access.holds(person, ["council"], world.village)


def test_neither_proposer_nor_candidate_confirms(world: World) -> None:
    role = propose(world, world.committee[0], "council")
    for actor in (world.admin, world.committee[0]):
        with pytest.raises(SamePerson):
            staff.confirm(**world.by(actor), role_id=role)
    staff.confirm(**world.by(world.committee[1]), role_id=role)


@pytest.mark.parametrize("of", ["candidate", "proposer"])
def test_kin_of_either_side_do_not_confirm(world: World, of: str) -> None:
    candidate = world.villager()
    role = propose(world, candidate, "council")
    relative = candidate if of == "candidate" else world.admin
    kin.declare(**world.by(relative), relative_id=world.committee[0].id, relation="表兄")
    with pytest.raises(ConfirmerRelated):
        staff.confirm(**world.by(world.committee[0]), role_id=role)
    staff.confirm(**world.by(world.committee[1]), role_id=role)


def test_someone_of_the_same_household_does_not_confirm(world: World) -> None:
    one, other = world.people(world.households[0])
    staff.confirm(**world.by(world.second_admin), role_id=propose(world, one, "committee"))
    with pytest.raises(ConfirmerRelated):
        staff.confirm(**world.by(one), role_id=propose(world, other, "council"))


def test_who_confirms_stands_in_the_same_or_a_higher_area(world: World) -> None:
    role = propose(world, world.villager(), "council")
    for actor, error in ((world.other_committee, NotFound), (world.recorder, NotAllowed), (world.clerk, NotAllowed)):
        with pytest.raises(error):
            staff.confirm(**world.by(actor), role_id=role)
    staff.confirm(**world.by(world.supervisor), role_id=role)


def test_a_role_is_confirmed_once(world: World) -> None:
    role = propose(world, world.villager(), "council")
    staff.confirm(**world.by(world.second_admin), role_id=role)
    with pytest.raises(AlreadyDone):
        staff.confirm(**world.by(world.committee[0]), role_id=role)


@pytest.mark.parametrize(
    ("held", "wanted"),
    [("clerk", "council"), ("clerk", "steward"), ("council", "clerk"), ("committee", "admin"), ("admin", "supervisor"),
     ("clerk", "admin")],
)  # fmt: skip
def test_administration_counter_and_judging_exclude_each_other(world: World, held: str, wanted: str) -> None:
    person = world.appoint(held, world.village, "何花", lane=world.lanes[0])
    area = world.township if wanted == "supervisor" else world.village
    with pytest.raises(RoleConflict):
        propose(world, person, wanted, area)


def test_two_conflicting_proposals_cannot_both_be_confirmed(world: World) -> None:
    person = world.villager()
    role = propose(world, person, "council")
    Role.create(person=person, area=world.village, kind="clerk", granted_by=world.admin, granted_at=world.now)
    with pytest.raises(RoleConflict):
        staff.confirm(**world.by(world.second_admin), role_id=role)


def test_one_person_may_judge_in_several_ways(world: World) -> None:
    propose(world, world.recorder, "council")
    with pytest.raises(AlreadyDone):
        propose(world, world.recorder, "council")


@pytest.mark.parametrize(("kind", "place"), [("council", "lanes"), ("supervisor", "village"), ("mayor", "village")])
def test_a_role_has_its_kind_of_place(world: World, kind: str, place: str) -> None:
    area_id = world.lanes[0] if place == "lanes" else world.village
    with pytest.raises(RolePlace):
        propose(world, world.villager(), kind, area_id)


def test_only_the_council_is_elected_for_a_term(world: World) -> None:
    given = {"person_id": world.villager().id, "area_id": world.village, "until": world.today}
    role = staff.grant(**world.by(world.admin), **given, kind="council")
    assert Role.get_by_id(role).until == world.today
    with pytest.raises(NoTerm):
        staff.grant(**world.by(world.admin), **given, kind="steward")
    for days in (-1, 3651):
        with pytest.raises(DayRange):
            staff.grant(
                **world.by(world.admin), **given | {"until": world.today + timedelta(days=days)}, kind="council"
            )


def test_only_administrators_propose_and_only_within_their_areas(world: World) -> None:
    with pytest.raises(NotAllowed):
        propose(world, world.villager(), "council", by=world.committee[0])
    low = world.appoint("admin", world.village, "村管理", lane=world.lanes[0])
    with pytest.raises(NotFound):
        propose(world, world.villager(), "steward", world.other_village, by=low)
    with pytest.raises(NotFound):
        propose(world, world.people(world.other_household)[0], "council", by=low)


def test_an_ended_role_counts_no_more_and_may_be_given_again(world: World) -> None:
    role = Role.get(Role.person == world.clerk)
    staff.end(**world.by(world.admin), role_id=role.id)
    assert access.roles_of(world.clerk.id) == []
    with pytest.raises(AlreadyDone):
        staff.end(**world.by(world.admin), role_id=role.id)
    propose(world, world.clerk, "council")


def test_the_last_administrator_stays(world: World) -> None:
    first, second = (Role.get(Role.person == person) for person in (world.admin, world.second_admin))
    staff.end(**world.by(world.admin), role_id=second.id)
    with pytest.raises(LastAdmin):
        staff.end(**world.by(world.admin), role_id=first.id)


def test_a_village_administrator_may_go_while_one_is_above(world: World) -> None:
    low = world.appoint("admin", world.village, "村管理", lane=world.lanes[0])
    staff.end(**world.by(low), role_id=Role.get(Role.person == low).id)


def test_a_site_begins_with_two_administrators_and_no_third(world: World) -> None:
    given = {"password": PASSWORD, "now": world.now}
    with pytest.raises(NotAllowed):
        staff.create_admin(name="管三", username="admin3", area_name="清河县", **given)
    one = staff.create_admin(name="管三", username="admin3", area_name="白云县", **given)
    assert access.holds(Person.get_by_id(one), ["admin"], Area.get(Area.name == "白云县").id)
    with pytest.raises(ClashingName):
        staff.create_admin(name="管四", username="admin3", area_name="白云县", **given)
    with pytest.raises(WeakPassword):
        staff.create_admin(name="管四", username="admin4", password="12345678", area_name="白云县", now=world.now)
    assert Area.select().where(Area.name == "白云县").count() == 1
