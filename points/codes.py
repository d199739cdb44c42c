"""Secrets that people carry: codes and PINs, derived or kept as HMACs under a key outside the database and its backups.

Every QR holds 34 digits, which is what version 2 at level H can take: a type digit, 12 digits that name the thing (a
phone's code: 16), secret digits, and two check digits (ISO 7064 Mod 97-10). A card (1) is named by its number, which is
printed below it for typing; the number's last digit checks the others (ISO 7064 Mod 11,10). Both are derived from the
key of the write that prints the card, so that a retry prints the same card. A phone's code (2) is named by person and
time step, a receipt's (3) and a ticket's (4) by their ids; the secret digits of these are derived again when they are
read. Argon2 would not save six digits; the key outside does, and growing waits.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime
from itertools import count, pairwise
from typing import NamedTuple

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_11_10, mod_97_10

from points.errors import CardMisread, WeakPin

CARD_TYPE, PHONE_TYPE, RECEIPT_TYPE, TICKET_TYPE = "1234"
CODE_LENGTH = 34
PHONE_STEP = 30
"""A phone shows another code every so many seconds; `PHONE_STEPS` of them, the newest included, are good."""
PHONE_STEPS = 2
NUMBER_LENGTH = 12
_CLEAR_SIGNS = "abcdefghjkmnpqrstuvwxyz"

_key: bytes = b""


def use_key(key: str) -> None:
    """Set the key under which codes and PINs are hashed; once, when the program starts."""
    global _key
    assert len(key) >= 32, "the card key needs at least 32 characters"
    _key = key.encode()


class Presented(NamedTuple):
    """What the counter read of a card or phone: a card's number, the whole code when it was scanned, whose phone it is.

    A phone's code has no card number; *person_id* and *step* name it.
    """

    number: str
    code: str | None
    person_id: int = 0
    step: int = 0

    @property
    def via(self) -> str:
        """``phone``; else ``scan`` when the secret was seen, ``typed`` when only the printed number was given."""
        return "phone" if self.person_id else "scan" if self.code else "typed"


def new_card(write_key: str) -> tuple[str, str]:
    """Derive the number (12 digits) and code (34 digits) of the card that the write *write_key* prints."""
    body = _digits("card number", write_key, NUMBER_LENGTH - 1)
    number = body + mod_11_10.calc_check_digit(body)
    return number, _code(CARD_TYPE, number, _digits("card secret", write_key, _SECRET_LENGTH))


def cards_of_run(write_key: str, person_id: int) -> Iterator[tuple[str, str]]:
    """Derive, one after another, the card of a person that the write *write_key* prints among others.

    The first whose number nobody has is printed; the number tells later which one that was.
    """
    seed = f"{write_key}.{person_id}"
    yield new_card(seed)
    for again in count(1):
        yield new_card(f"{seed}.{again}")


def first_pin(write_key: str, person_id: int) -> str:
    """Derive the PIN inside the folded slip that the write *write_key* prints for a person: six digits, never weak."""
    for again in count():
        pin = _digits("first pin", f"{write_key}.{person_id}.{again}", 6)
        if is_strong_pin(pin):
            return pin
    raise AssertionError


def phone_code(person_id: int, now: datetime) -> str:
    """Return the code that a person's phone shows at *now*; it changes every `PHONE_STEP` seconds."""
    return _derived(PHONE_TYPE, f"{person_id:08d}{_step(now):08d}")


def receipt_code(receipt_id: int) -> str:
    """Return the code of a receipt, which its holder shows when it is to be undone."""
    return _derived(RECEIPT_TYPE, f"{receipt_id:0{NUMBER_LENGTH}d}")


def ticket_code(reservation_id: int) -> str:
    """Return the code of a reservation's ticket."""
    return _derived(TICKET_TYPE, f"{reservation_id:0{NUMBER_LENGTH}d}")


def temporary_password(write_key: str) -> str:
    """Derive the first password (4 + 4 signs, none that looks like another) that the write *write_key* gives out."""
    seed = int(_mac("temporary password", write_key), 16)
    signs = "".join(_CLEAR_SIGNS[seed // len(_CLEAR_SIGNS) ** i % len(_CLEAR_SIGNS)] for i in range(7))
    digit = "23456789"[seed // len(_CLEAR_SIGNS) ** 7 % 8]
    return f"{signs[:4]}-{signs[4:]}{digit}"


def paper_token(write_key: str) -> str:
    """Derive the token in the QR of the sheet that the write *write_key* prints: 16 clear signs."""
    seed = int(_mac("paper", write_key), 16)
    return "".join(_CLEAR_SIGNS[seed // len(_CLEAR_SIGNS) ** i % len(_CLEAR_SIGNS)] for i in range(16))


def read(typed: str) -> Presented:
    """Understand what was scanned or typed: 34 digits of a card or phone, or a card's 12-digit number, spaces allowed.

    Raises `CardMisread` when the length or a check digit is wrong, so a slip of the finger is told from a strange card.
    Whether a phone's code is still fresh is asked by `phone_is_fresh`.
    """
    digits = _plain(typed)
    if len(digits) == NUMBER_LENGTH:
        try:
            return Presented(mod_11_10.validate(digits), None)
        except ValidationError:
            raise CardMisread() from None
    _require_whole(digits)
    if digits[0] == CARD_TYPE:
        return Presented(digits[1 : NUMBER_LENGTH + 1], digits)
    if digits[0] == PHONE_TYPE and same(_derived(PHONE_TYPE, digits[1:17]), digits):
        return Presented("", digits, int(digits[1:9]), int(digits[9:17]))
    raise CardMisread()


def phone_is_fresh(step: int, now: datetime) -> bool:
    """Tell whether a phone's code of *step* may still be read at *now*."""
    return 0 <= _step(now) - step < PHONE_STEPS


def type_of(typed: str) -> str:
    """Return the type digit of a whole code (`CARD_TYPE`, …), or nothing for anything else, such as a typed number."""
    digits = "".join(typed.split())
    return digits[0] if len(digits) == CODE_LENGTH and digits.isascii() and digits.isdigit() else ""


def read_receipt(typed: str) -> int:
    """Return the id of the receipt whose code was scanned. Raises `CardMisread` for anything else."""
    return _read_derived(RECEIPT_TYPE, typed)


def read_ticket(typed: str) -> int:
    """Return the id of the reservation whose ticket was scanned. Raises `CardMisread` for anything else."""
    return _read_derived(TICKET_TYPE, typed)


def hash_code(code: str) -> str:
    """Return the stored form of a card's code."""
    return _mac("card code", code)


def hash_pin(person_id: int, pin: str) -> str:
    """Return the stored form of a person's PIN."""
    return _mac(f"pin {person_id}", pin)


def hash_lock_pin(person_id: int, pin: str) -> str:
    """Return the stored form of the PIN by which a person opens a locked till."""
    return _mac(f"lock pin {person_id}", pin)


def same(stored: str, given: str) -> bool:
    """Compare two hashes in constant time."""
    return hmac.compare_digest(stored, given)


def require_strong_pin(pin: str) -> None:
    """Raise `WeakPin` unless *pin* is six digits and `is_strong_pin`."""
    if len(pin) != 6 or not (pin.isascii() and pin.isdigit()) or not is_strong_pin(pin):
        raise WeakPin()


def is_strong_pin(pin: str) -> bool:
    """Tell whether six digits are no repeat (000000, 121212, 123123) and no run (123456, 987654)."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    run = len(steps) == 1 and steps <= {0, 1, 9}
    return not run and pin not in (pin[:2] * 3, pin[:3] * 2)


_SECRET_LENGTH = CODE_LENGTH - NUMBER_LENGTH - 3


def _step(now: datetime) -> int:
    return int(now.timestamp()) // PHONE_STEP


def _code(type_: str, name: str, secret: str) -> str:
    stem = type_ + name + secret
    return stem + mod_97_10.calc_check_digits(stem)


def _derived(type_: str, name: str) -> str:
    return _code(type_, name, _digits(f"code {type_}", name, CODE_LENGTH - 3 - len(name)))


def _plain(typed: str) -> str:
    digits = "".join(sign for sign in typed if not sign.isspace() and sign != "-")
    if not (digits.isascii() and digits.isdigit()):
        raise CardMisread()
    return digits


def _require_whole(digits: str) -> None:
    try:
        if len(digits) == CODE_LENGTH:
            mod_97_10.validate(digits)
            return
    except ValidationError:
        pass
    raise CardMisread()


def _read_derived(type_: str, typed: str) -> int:
    digits = _plain(typed)
    _require_whole(digits)
    name = digits[1 : NUMBER_LENGTH + 1]
    if digits[0] != type_ or not same(_derived(type_, name), digits):
        raise CardMisread()
    return int(name)


def _mac(purpose: str, text: str) -> str:
    assert _key, "the card key is not set"
    return hmac.digest(_key, f"{purpose}\n{text}".encode(), "sha256").hex()


def _digits(purpose: str, seed: str, count: int) -> str:
    return str(int(_mac(purpose, seed), 16) % 10**count).zfill(count)
