"""Identity and bank numbers: found in what a cell says, and dropped before anything is kept or shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from points.sheets import Value

_LONG = re.compile(r"\d{15,}[Xx]?")
_ROUNDED = re.compile(r"\d(?:\.\d+)?[Ee]\+?1[4-9]")
_STARRED = re.compile(r"\d{3,}[*×]{4,}[\dXx]{2,4}")
_TOKEN = re.compile(r"\d+[Xx]?")
_BETWEEN = " -—–·•.,，、:/_\u00ad"
_LARGE = 10**14


def without_numbers(said: Value) -> tuple[Value, int]:
    """Take identity and bank numbers out of what a cell says; return the rest and how many there were.

    Identity numbers have 18 digits (the last may be X) or 15, bank cards 16 to 19: whatever has 15 digits in a row
    goes, also what a spreadsheet made a rounded number. With blanks between, what reads as one of them goes.
    """
    if isinstance(said, int | float) and not isinstance(said, bool) and abs(said) >= _LARGE:
        return None, 1
    if not isinstance(said, str) or not re.search(r"\d", said):
        return said, 0
    text, found = said, 0
    for pattern in (_LONG, _ROUNDED, _STARRED):
        text, n = pattern.subn("", text)
        found += n
    while (place := _spaced(text)) is not None:
        text = text[: place[0]] + text[place[1] :]
        found += 1
    return (text.strip() or None if found else said), found


def _spaced(text: str) -> tuple[int, int] | None:
    """Find an identity or bank number written with blanks or strokes between its digits."""
    tokens = list(_TOKEN.finditer(text))
    joined = [text[one.end() : after.start()].strip(_BETWEEN) == "" for one, after in pairwise(tokens)]
    for first in range(len(tokens)):
        digits, groups = "", []
        for last in range(first, len(tokens)):
            if last > first and not joined[last - 1]:
                break
            digits += tokens[last].group()
            groups.append(len(tokens[last].group()))
            if len(digits) > 19:
                break
            if len(digits) >= 15 and last > first and (_is_identity(digits) or _is_bank(digits, groups)):
                return tokens[first].start(), tokens[last].end()
    return None


def _is_identity(digits: str) -> bool:
    if len(digits) not in (15, 18) or not re.fullmatch(r"[1-8]\d{13,16}[\dXx]", digits):
        return False
    born = digits[6:14] if len(digits) == 18 else f"19{digits[6:12]}"
    try:
        return 1850 < date(int(born[:4]), int(born[4:6]), int(born[6:])).year < 2100
    except ValueError:
        return False


def _is_bank(digits: str, groups: Sequence[int]) -> bool:
    if not (16 <= len(digits) <= 19 and digits.isdigit()) or any(size != 4 for size in groups[:-1]):
        return False
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0
