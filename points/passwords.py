"""Passwords of those who sign in: argon2 hashes, and what a username and a password must be like."""

from __future__ import annotations

import re

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from points.errors import BadUsername, WeakPassword

hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
"""About 30 ms a try; argon2's own default takes 155 ms and 64 MiB (docs/dependencies.md)."""

_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$qJaAm5izRuI8ObAdT7WkmQ$7UPM6l7r1iPmUYxqtF7SVkMw1ZnUFKwxJuhRWgIM4qE"
"""The hash of a password that nobody has: an unknown username shall not be told by its speed."""
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")


def hash_password(password: str) -> str:
    """Return the stored form of a password."""
    return hasher.hash(password)


def matches(stored: str | None, given: str) -> bool:
    """Tell whether *given* is the password; without a stored one it takes as long to say no."""
    try:
        return hasher.verify(stored or _NOBODY, given) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def clean_username(typed: str) -> str:
    """Return a username as it is kept: trimmed, in small letters. Raises `BadUsername`."""
    username = typed.strip().lower()
    if not _USERNAME.fullmatch(username):
        raise BadUsername()
    return username


def require_strong(password: str, username: str) -> None:
    """Raise `WeakPassword` below eight signs, for digits only, and for the username itself."""
    if len(password) < 8 or password.isdigit() or password.lower() == username.lower():
        raise WeakPassword()
