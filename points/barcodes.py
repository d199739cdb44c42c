"""Barcodes on goods as their makers print them: EAN-13, EAN-8, and UPC-A, which is an EAN-13 without its leading 0."""

from __future__ import annotations

from unicodedata import normalize

from stdnum import ean
from stdnum.exceptions import ValidationError

from points.errors import BadBarcode

LENGTHS = (8, 12, 13)


def read(typed: str) -> str:
    """Return the code as it is kept: 8 or 13 digits. Raises `BadBarcode` when length or check digit are wrong."""
    try:
        code = ean.validate(normalize("NFKC", typed))
    except ValidationError:
        raise BadBarcode(code=typed.strip()[:20]) from None
    if len(code) not in LENGTHS:
        raise BadBarcode(code=code)
    return "0" + code if len(code) == 12 else str(code)
