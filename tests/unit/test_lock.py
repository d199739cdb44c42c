"""The lock of a till: a PIN of its own, or the password; wrong tries wait longer and longer."""

from __future__ import annotations

import pytest

from points import codes, tries
from points.errors import TooSoon, WeakPin, WrongLockPin, WrongPassword
from points.models.people import Person
from points.services import lock
from tests.world import PASSWORD, World

PIN = "802735"


def clerk(world: World) -> Person:
    world.username(world.clerk)
    return Person.get_by_id(world.clerk.id)


def set_pin(world: World, *, password: str = PASSWORD, pin: str = PIN) -> None:
    lock.set_pin(person=clerk(world), password=password, pin=pin, now=world.now)


def unlock(world: World, secret: str) -> None:
    lock.unlock(person=clerk(world), secret=secret, now=world.now)


def test_the_password_opens_until_a_pin_is_set_and_then_the_pin_alone(world: World) -> None:
    unlock(world, PASSWORD)
    set_pin(world)
    unlock(world, PIN)
    with pytest.raises(WrongLockPin):
        unlock(world, PASSWORD)


def test_the_pin_is_kept_as_a_hash_of_its_own(world: World) -> None:
    set_pin(world)
    kept = clerk(world).lock_pin_hash
    assert kept == codes.hash_lock_pin(world.clerk.id, PIN)
    assert kept not in (codes.hash_pin(world.clerk.id, PIN), codes.hash_lock_pin(world.clerk.id + 1, PIN))


def test_a_pin_is_strong_and_set_with_the_password(world: World) -> None:
    for weak in ("123456", "111111", "12345", "12345a", "121212"):
        with pytest.raises(WeakPin):
            set_pin(world, pin=weak)
    with pytest.raises(WrongPassword):
        set_pin(world, password="not-my-password")
    assert clerk(world).lock_pin_hash is None


def test_wrong_tries_wait_and_a_right_one_clears_them(world: World) -> None:
    set_pin(world)
    for _ in range(tries.FREE_TRIES + 1):
        with pytest.raises(WrongLockPin):
            unlock(world, "000111")
    with pytest.raises(TooSoon):
        unlock(world, PIN)
    world.wait(seconds=tries.FIRST_WAIT)
    unlock(world, PIN)
    with pytest.raises(WrongLockPin):
        unlock(world, "000111")


def test_setting_a_pin_does_not_open_more_guesses_at_the_password(world: World) -> None:
    for _ in range(tries.FREE_TRIES + 1):
        with pytest.raises(WrongPassword):
            set_pin(world, password="guess-guess")
    with pytest.raises(TooSoon):
        set_pin(world)
