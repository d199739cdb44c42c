"""Signing in: one sentence for every wrong try, growing waits, and passwords that only their owner knows."""

import pytest
from argon2 import PasswordHasher

from points import passwords, tries
from points.errors import SamePassword, TooSoon, WeakPassword, WrongPassword
from points.models.people import Person, Tries
from points.services import household, sign_in
from tests.world import AWAY, PASSWORD, World


def try_in(world: World, username: str, password: str) -> Person:
    return sign_in.sign_in(username=username, password=password, now=world.now)


def test_the_right_password_signs_in_whatever_the_case_of_the_name(world: World) -> None:
    assert try_in(world, " Admin ", PASSWORD).id == world.admin.id
    assert Tries.select().count() == 0


@pytest.mark.parametrize("username", ["admin", "nobody", "", "x" * 300])
def test_a_wrong_password_and_an_unknown_name_sound_alike(world: World, username: str) -> None:
    with pytest.raises(WrongPassword):
        try_in(world, username, "wrong-word-1")
    for _ in range(tries.FREE_TRIES):
        with pytest.raises(WrongPassword):
            try_in(world, username, "wrong-word-1")
    with pytest.raises(TooSoon):
        try_in(world, username, "wrong-word-1")


def test_waits_grow_and_pass_and_a_right_password_ends_them(world: World) -> None:
    for _ in range(5):
        with pytest.raises(WrongPassword):
            try_in(world, "admin", "wrong-word-1")
    with pytest.raises(TooSoon) as first:
        try_in(world, "admin", PASSWORD)
    world.wait(seconds=int(first.value.values["seconds"]))
    with pytest.raises(WrongPassword):
        try_in(world, "admin", "wrong-word-1")
    with pytest.raises(TooSoon) as second:
        try_in(world, "admin", PASSWORD)
    assert int(second.value.values["seconds"]) > int(first.value.values["seconds"])
    world.wait(seconds=int(second.value.values["seconds"]))
    assert try_in(world, "admin", PASSWORD).id == world.admin.id
    assert try_in(world, "admin", PASSWORD).id == world.admin.id


def test_someone_who_left_does_not_sign_in(world: World) -> None:
    person = world.villager()
    username = world.username(person)
    household.edit_person(
        **world.by(world.committee[0]), person_id=person.id, name=person.name, phone="", active=False, **AWAY
    )
    with pytest.raises(WrongPassword):
        try_in(world, username, PASSWORD)


def test_an_unknown_name_costs_as_much_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            verified.append(str(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "hasher", Watched(time_cost=2, memory_cost=19456, parallelism=1))
    stored = passwords.hash_password(PASSWORD)
    assert not passwords.matches(stored, "wrong-word-1")
    assert not passwords.matches(None, "wrong-word-1")
    costs = [one.split("$")[1:4] for one in verified]
    assert costs == [["argon2id", "v=19", "m=19456,t=2,p=1"]] * 2


def test_the_hash_of_nobody_has_the_price_of_all_others() -> None:
    parameters = "$argon2id$v=19$m=19456,t=2,p=1$"
    assert passwords._NOBODY.startswith(parameters)
    assert not passwords.matches(None, "")


def test_changing_the_password_needs_the_old_one_and_ends_other_sessions(world: World) -> None:
    person = Person.get_by_id(world.admin.id)
    with pytest.raises(WrongPassword):
        sign_in.change_password(person=person, old="wrong-word-1", new="my-own-words", now=world.now)
    with pytest.raises(WeakPassword):
        sign_in.change_password(person=person, old=PASSWORD, new="12345678", now=world.now)
    with pytest.raises(SamePassword):
        sign_in.change_password(person=person, old=PASSWORD, new=PASSWORD, now=world.now)
    sign_in.change_password(person=person, old=PASSWORD, new="my-own-words", now=world.now)
    assert Person.get_by_id(person.id).epoch == person.epoch + 1
    assert try_in(world, "admin", "my-own-words").id == person.id


def test_signing_out_everywhere_raises_the_epoch(world: World) -> None:
    before = Person.get_by_id(world.admin.id).epoch
    sign_in.sign_out_everywhere(person=world.admin)
    assert Person.get_by_id(world.admin.id).epoch == before + 1
