"""Lists written to a file, row by row: .xlsx with real dates and numbers, or .csv; memory stays flat however many rows.

A text is never a formula. In xlsx it is a cell of text, whatever it begins with. In csv, where a spreadsheet takes what
begins with ``=``, ``+``, ``-``, ``@``, a tab or a line's end for one, an apostrophe is put before it. A number is a
number in both, also below zero.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter  # type: ignore[import-untyped]

from points.calendar import LOCAL

Cell = str | int | Decimal | date | datetime | None
"""A `Decimal` is an amount in yuan, a `datetime` an aware moment; None leaves the cell empty."""

MIMETYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
_FORMULA = tuple("=+-@＝＋－＠\t\r\n")
_LONGEST = 32_767
"""So many signs go into a cell of xlsx."""
_WIDEST = 48
_FORMATS = {date: "yyyy-mm-dd", datetime: "yyyy-mm-dd hh:mm", Decimal: "0.00", int: "0", str: "@"}


def yuan(fen: int) -> Decimal:
    """Turn fen into yuan, exactly."""
    return Decimal(fen) / 100


def write(out: IO[bytes], kind: str, title: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a list to *out* as *kind*, ``xlsx`` or ``csv``: the headings, then the rows as they come."""
    (_write_xlsx if kind == "xlsx" else _write_csv)(out, title, heads, rows)


def _write_csv(out: IO[bytes], _title: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write RFC 4180 in UTF-8, with the mark by which spreadsheets know it."""
    text = io.TextIOWrapper(out, "utf-8-sig", newline="")
    lines = csv.writer(text)
    lines.writerow(heads)
    lines.writerows(map(_plain, row) for row in rows)
    text.detach()


def _plain(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return f"{cell.astimezone(LOCAL):%Y-%m-%d %H:%M}"
        case Decimal():
            return f"{cell:.2f}"
        case str() if cell.startswith(_FORMULA):
            return f"'{cell}"
    return str(cell)


def _write_xlsx(out: IO[bytes], title: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        bold = book.add_format({"bold": True, "bg_color": "#E2F0E6", "border": 1})
        formats = {type_: book.add_format({"num_format": form}) for type_, form in _FORMATS.items()}
        sheet = book.add_worksheet(_sheet_name(title))
        sheet.freeze_panes(1, 0)
        widths = [_width(head) for head in heads]
        for place, head in enumerate(heads):
            sheet.write_string(0, place, head, bold)
        for at, row in enumerate(rows, 1):
            for place, cell in enumerate(row):
                if cell is not None:
                    _put(sheet, at, place, cell, formats)
                    widths[place] = max(widths[place], _width(cell))
        for place, width in enumerate(widths):
            sheet.set_column(place, place, min(width, _WIDEST) + 2)


def _put(sheet: Any, at: int, place: int, cell: Cell, formats: Mapping[type, Any]) -> None:
    match cell:
        case str():
            sheet.write_string(at, place, cell[:_LONGEST], formats[str])
        case datetime():
            sheet.write_datetime(at, place, cell.astimezone(LOCAL).replace(tzinfo=None), formats[datetime])
        case date():
            sheet.write_datetime(at, place, datetime(cell.year, cell.month, cell.day), formats[date])
        case Decimal():
            sheet.write_number(at, place, cell, formats[Decimal])  # written as it stands, without a float between
        case _:
            sheet.write_number(at, place, cell, formats[int])


def _sheet_name(title: str) -> str:
    return re.sub(r"[\[\]:*?/\\'\x00-\x1f]", " ", title)[:31].strip() or "1"


def _width(cell: Cell) -> int:
    """Count how many half-width signs a cell needs."""
    match cell:
        case datetime():
            return 16
        case str():
            return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in cell[:_WIDEST])
    return 10
