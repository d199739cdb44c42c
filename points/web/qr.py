"""QR codes as SVG of one path: small, sharp on paper, no picture file.

A card's 34 digits are version 2 at level H, which still reads when a third of it is scratched off (`points.codes`).
"""

from __future__ import annotations

from itertools import groupby

from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET = 4
"""Modules of white around a code, which readers need; they are part of the drawing."""


def card(code: str, label: str) -> Markup:
    """Draw a card's code: digits only, version 2, level H: 33 modules wide with its quiet zone."""
    drawing = QRCode(version=2, error_correction=ERROR_CORRECT_H, border=QUIET)
    drawing.add_data(code, optimize=0)
    drawing.make(fit=False)
    return _svg(drawing, label)


def address(url: str, label: str) -> Markup:
    """Draw the address of a page, for sheets and posters."""
    drawing = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    drawing.add_data(url)
    return _svg(drawing, label)


def picture(drawing: Markup) -> bytes:
    """Return a code drawn here as an SVG file of its own, for a PDF."""
    return str(drawing).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).encode()


def _svg(drawing: QRCode, label: str) -> Markup:  # type: ignore[type-arg]
    rows = drawing.get_matrix()
    path = "".join(_row(y, row) for y, row in enumerate(rows))
    size = len(rows)
    return Markup(
        '<svg viewBox="0 0 {size} {size}" role="img" aria-label="{label}" shape-rendering="crispEdges">'
        '<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path stroke="#000" d="{path}"/></svg>'
    ).format(size=size, label=label, path=path)


def _row(y: int, row: list[bool]) -> str:
    """Draw the dark runs of one row as strokes through its middle."""
    path, x, end = "", 0, 0
    for dark, run in groupby(row):
        width = len(list(run))
        if dark:
            path += f"m{x - end} 0h{width}" if end else f"M{x} {y}.5h{width}"
            end = x + width
        x += width
    return path
