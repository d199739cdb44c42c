"""Signing in by username and password, with growing waits after wrong ones.

These are not keyed: nothing is made by doing them twice. The slow hash is computed outside any transaction, and a try
is counted before it, so that guesses sent at once are all counted.
"""

from __future__ import annotations

from datetime import datetime

from points import db, passwords, tries
from points.errors import SamePassword, WrongPassword
from points.models.people import Person

CHANNEL = "web"


def sign_in(*, username: str, password: str, now: datetime) -> Person:
    """Return the person who has this username and password. Raises `WrongPassword` or `TooSoon`.

    An unknown username takes as long, and waits as long, as a wrong password.
    """
    username = username.strip().lower()[:40]
    person = Person.get_or_none(Person.username == username, Person.active)
    _require_password(username, person, password, now)
    assert person is not None
    return person


def change_password(*, person: Person, old: str, new: str, now: datetime) -> None:
    """Replace the own password; every other session ends. Raises `WrongPassword`, `WeakPassword`, `SamePassword`."""
    username = person.username or ""
    _require_password(username, person, old, now)
    passwords.require_strong(new, username)
    if new == old:
        raise SamePassword()
    changed = {"password_hash": passwords.hash_password(new), "must_change_password": False}
    with db.transaction():
        Person.update(changed, epoch=Person.epoch + 1).where(Person.id == person.id).execute()


def sign_out_everywhere(*, person: Person) -> None:
    """End every session of *person*."""
    with db.transaction():
        Person.update(epoch=Person.epoch + 1).where(Person.id == person.id).execute()


def _require_password(username: str, person: Person | None, password: str, now: datetime) -> None:
    subject = f"name:{username}"
    with db.transaction():
        tries.require_patience(CHANNEL, subject, now=now)
        tries.count_failure(CHANNEL, subject, now=now)
    if not passwords.matches(person.password_hash if person else None, password):
        raise WrongPassword()
    with db.transaction():
        tries.clear(CHANNEL, subject)
