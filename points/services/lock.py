"""The lock of a till: its clerk's own PIN of six digits, or the password while there is none.

Like signing in these are not keyed, and a try is counted before it is checked, so that guesses sent at once all count.
"""

from __future__ import annotations

from datetime import datetime

from points import codes, db, passwords, tries
from points.errors import WrongLockPin, WrongPassword
from points.models.people import Person

CHANNEL = "till"


def unlock(*, person: Person, secret: str, now: datetime) -> None:
    """Let *person* back by the lock PIN, or by the password if none is set. Raises `WrongLockPin`, `TooSoon`."""
    _count(person, now)
    if person.lock_pin_hash is None:
        right = passwords.matches(person.password_hash, secret)
    else:
        right = codes.same(person.lock_pin_hash, codes.hash_lock_pin(person.id, secret))
    if not right:
        raise WrongLockPin()
    _clear(person)


def set_pin(*, person: Person, password: str, pin: str, now: datetime) -> None:
    """Set the lock PIN, proved by the password. Raises `WeakPin`, `WrongPassword`, `TooSoon`."""
    codes.require_strong_pin(pin)
    _count(person, now)
    if not passwords.matches(person.password_hash, password):
        raise WrongPassword()
    _clear(person)
    with db.transaction():
        Person.update(lock_pin_hash=codes.hash_lock_pin(person.id, pin)).where(Person.id == person.id).execute()


def _count(person: Person, now: datetime) -> None:
    with db.transaction():
        tries.require_patience(CHANNEL, _subject(person), now=now)
        tries.count_failure(CHANNEL, _subject(person), now=now)


def _clear(person: Person) -> None:
    with db.transaction():
        tries.clear(CHANNEL, _subject(person))


def _subject(person: Person) -> str:
    return f"lock:{person.id}"
