"""Secrets that people carry: card codes and PINs, kept as HMACs under a key outside the database and its backups.

A card's QR holds 34 digits, which is what version 2 at level H can take: the type digit 1, the card's 12-digit number,
19 secret digits, and two check digits (ISO 7064 Mod 97-10). The number alone is printed below it for typing; its last
digit checks the others (ISO 7064 Mod 11,10). Both are derived from the key of the write that prints the card, so that a
retry prints the same card. Argon2 would not save six digits; the key outside does, and growing waits.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from itertools import pairwise

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_11_10, mod_97_10

from points.errors import CardMisread, WeakPin

CARD_TYPE = "1"
CODE_LENGTH = 34
NUMBER_LENGTH = 12
_CLEAR_SIGNS = "abcdefghjkmnpqrstuvwxyz"

_key: bytes = b""


def use_key(key: str) -> None:
    """Set the key under which codes and PINs are hashed; once, when the program starts."""
    global _key
    assert len(key) >= 32, "the card key needs at least 32 characters"
    _key = key.encode()


@dataclass(frozen=True, slots=True)
class Presented:
    """What the counter read: a card's number, and the whole code when the card itself was scanned."""

    number: str
    code: str | None

    @property
    def via(self) -> str:
        """``scan`` when the secret was seen, ``typed`` when only the printed number was given."""
        return "scan" if self.code else "typed"


def new_card(write_key: str) -> tuple[str, str]:
    """Derive the number (12 digits) and code (34 digits) of the card that the write *write_key* prints."""
    body = _digits("card number", write_key, NUMBER_LENGTH - 1)
    number = body + mod_11_10.calc_check_digit(body)
    stem = CARD_TYPE + number + _digits("card secret", write_key, CODE_LENGTH - NUMBER_LENGTH - 3)
    return number, stem + mod_97_10.calc_check_digits(stem)


def temporary_password(write_key: str) -> str:
    """Derive the first password (4 + 4 signs, none that looks like another) that the write *write_key* gives out."""
    seed = int(_mac("temporary password", write_key), 16)
    signs = "".join(_CLEAR_SIGNS[seed // len(_CLEAR_SIGNS) ** i % len(_CLEAR_SIGNS)] for i in range(7))
    digit = "23456789"[seed // len(_CLEAR_SIGNS) ** 7 % 8]
    return f"{signs[:4]}-{signs[4:]}{digit}"


def read(typed: str) -> Presented:
    """Understand what was scanned or typed: 34 digits of a card, or its 12-digit number, spaces allowed.

    Raises `CardMisread` when the length or a check digit is wrong, so a slip of the finger is told from a strange card.
    """
    digits = "".join(sign for sign in typed if not sign.isspace() and sign != "-")
    if not (digits.isascii() and digits.isdigit()):
        raise CardMisread()
    try:
        if len(digits) == NUMBER_LENGTH:
            return Presented(mod_11_10.validate(digits), None)
        if len(digits) == CODE_LENGTH and digits[0] == CARD_TYPE:
            mod_97_10.validate(digits)
            return Presented(digits[1 : NUMBER_LENGTH + 1], digits)
    except ValidationError:
        pass
    raise CardMisread()


def hash_code(code: str) -> str:
    """Return the stored form of a card's code."""
    return _mac("card code", code)


def hash_pin(person_id: int, pin: str) -> str:
    """Return the stored form of a person's PIN."""
    return _mac(f"pin {person_id}", pin)


def same(stored: str, given: str) -> bool:
    """Compare two hashes in constant time."""
    return hmac.compare_digest(stored, given)


def require_strong_pin(pin: str) -> None:
    """Raise `WeakPin` unless *pin* is six digits, no repeat (000000, 121212, 123123) and no run (123456, 987654)."""
    if len(pin) != 6 or not (pin.isascii() and pin.isdigit()):
        raise WeakPin()
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        raise WeakPin()
    if pin == pin[:2] * 3 or pin == pin[:3] * 2:
        raise WeakPin()


def _mac(purpose: str, text: str) -> str:
    assert _key, "the card key is not set"
    return hmac.new(_key, f"{purpose}\n{text}".encode(), hashlib.sha256).hexdigest()


def _digits(purpose: str, seed: str, count: int) -> str:
    return str(int(_mac(purpose, seed), 16) % 10**count).zfill(count)
