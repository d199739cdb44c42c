"""Declared kin: in both directions, by oneself or by the committee, and never taken back."""

import pytest

from points import access
from points.errors import AlreadyDone, Missing, NotAllowed, NotFound, OwnHousehold, SelfKin
from points.services import kin
from tests.world import World


def test_a_declaration_holds_in_both_directions_and_for_the_whole_household(world: World) -> None:
    one, other = world.villager(0), world.villager(1)
    kin.declare(**world.by(one), relative_id=other.id, relation="表兄")
    assert world.households[1].id in access.related_households(one)
    assert world.households[0].id in access.related_households(other)
    assert access.are_related(one, world.people(world.households[1])[1])
    assert access.are_related(world.people(world.households[1])[1], one)
    with pytest.raises(OwnHousehold):
        access.require_unrelated(one, world.households[1])
    access.require_unrelated(one, world.households[2])


def test_it_is_declared_once_from_either_side(world: World) -> None:
    one, other = world.villager(0), world.villager(1)
    kin.declare(**world.by(one), relative_id=other.id, relation="表兄")
    with pytest.raises(AlreadyDone):
        kin.declare(**world.by(one), relative_id=other.id, relation="表兄")
    with pytest.raises(AlreadyDone):
        kin.declare(**world.by(other), relative_id=one.id, relation="表弟")


def test_nobody_is_their_own_relative(world: World) -> None:
    with pytest.raises(SelfKin):
        kin.declare(**world.by(world.villager()), relative_id=world.villager().id, relation="本人")


def test_a_relation_has_a_word(world: World) -> None:
    with pytest.raises(Missing):
        kin.declare(**world.by(world.villager()), relative_id=world.villager(1).id, relation=" ")


def test_only_the_committee_of_the_area_declares_for_others(world: World) -> None:
    given = {"person_id": world.villager().id, "relative_id": world.villager(1).id, "relation": "表兄"}
    for actor, error in (
        (world.recorder, NotAllowed),
        (world.other_committee, NotFound),
        (world.villager(2), NotFound),
    ):
        with pytest.raises(error):
            kin.declare(**world.by(actor), **given)
    kin.declare(**world.by(world.committee[0]), **given)


def test_kin_may_live_in_another_village_and_township_staff_have_kin(world: World) -> None:
    kin.declare(**world.by(world.villager()), relative_id=world.people(world.other_household)[0].id, relation="表兄")
    kin.declare(**world.by(world.supervisor), relative_id=world.villager().id, relation="姑姑")
    assert access.related_households(world.supervisor) == {world.households[0].id}
    with pytest.raises(NotFound):
        kin.declare(**world.by(world.villager()), relative_id=999_999, relation="表兄")
