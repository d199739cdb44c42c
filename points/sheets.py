"""Spreadsheets: read with every error named by its row, and written.

What people upload is never trusted: a zip is unpacked here up to a limit and only then handed to the reader, far-off
cells and texts that every cell repeats are refused before room is made for them, and what a cell does not show (a
formula without value, an error, a merged cell, a hidden row) is an error of its row. An xls file goes through a reader
in pure Python, cell by cell, which stops where contents reach too far. `read` finds columns by their headings; `grid`
gives a sheet as it stands, for rosters that merge and stack what they like.
"""

from __future__ import annotations

import csv
import io
import os
import re
import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from unicodedata import normalize
from xml.etree import ElementTree
from xml.parsers import expat

import xlrd.sheet
import xlsxwriter  # type: ignore[import-untyped]
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from points.errors import (
    N_,
    BadSheet,
    HeadingMissing,
    HeadingTwice,
    SheetTooLong,
)

_xlrd: Any = xlrd  # untyped

Value = str | int | float | date | None

MOST_BYTES = 8 * 1024 * 1024
MOST_ROWS = 30_000
_MOST_UNPACKED = 64 * 1024 * 1024
MOST_COLUMNS = 100
_HEADING_WITHIN = 20  # rows from the top: a title and notes may stand above the headings
_MOST_MERGED = 2_000_000
_SPARE_ROWS = 1_000  # empty ones between the lines, which do not count
_LEAST_SIGNS = 64  # what a cell counts at least towards `_MOST_UNPACKED`
_LONGEST_HEADING = 100


@dataclass(frozen=True, slots=True)
class Column:
    """A column looked for by its heading: *name*, or one of *also*."""

    name: str
    also: tuple[str, ...] = ()
    required: bool = True


@dataclass(slots=True)
class Row:
    """A row with its *number* as the person sees it, its values by `Column.name`, and what is wrong with it."""

    number: int
    values: dict[str, Value]
    errors: list[str] = field(default_factory=list)


def read(data: bytes, columns: Sequence[Column], *, most_rows: int = MOST_ROWS) -> list[Row]:
    """Read the first visible sheet of an xlsx, xls, ods or csv file that has the headings of *columns*.

    Texts are trimmed, full-width digits made half-width, empty rows left out. Raises `BadSheet` and its kinds.
    """
    if len(data) > MOST_BYTES:
        raise BadSheet(what=N_("文件超过 8 MB，请分成几份"))
    fault = BadSheet(what=N_("里面是空的"))
    for table in _tables(data, most_rows):
        try:
            if any(cell for row in table.cells for cell in row):
                return _rows(table, columns, most_rows)
        except HeadingMissing as missing:
            fault = missing
    raise fault


Span = tuple[int, int, int, int]
"""A merged cell: its first row and column, its last row and column, from 0."""


@dataclass(slots=True)
class Grid:
    """A sheet as it stands, rows and columns from 0: what each cell shows, and what its reader must be told.

    *spans* are merged cells, their value in the first; *faults* cells that show an error or a formula without value;
    *others* the names of visible sheets that hold something too and were not read.
    """

    name: str
    rows: list[list[Value]]
    spans: list[Span]
    hidden: set[int]
    faults: set[tuple[int, int]]
    others: list[str]


def grid(data: bytes, *, most_rows: int = MOST_ROWS) -> Grid:
    """Read the visible sheet with the most rows of an xlsx, xls, ods or csv file. Raises `BadSheet` and its kinds."""
    if len(data) > MOST_BYTES:
        raise BadSheet(what=N_("文件超过 8 MB，请分成几份"))
    best, most = None, 0
    names = []
    for table in _tables(data, most_rows):
        filled = sum(any(cell not in (None, "") for cell in row) for row in table.cells)
        names += [table.name] if filled else []
        if filled > most:
            best, most = table, filled
    if best is None:
        raise BadSheet(what=N_("里面是空的"))
    rows = [[_value(cell) for cell in row[:MOST_COLUMNS]] for row in best.cells]
    marked = [(at, place, words) for at, found in best.troubles.items() for place, words in found]
    faults = {(at, place) for at, place, words in marked if place is not None and words in (_FORMULA, _FAULTY)}
    faults |= {(at, place) for at, row in enumerate(rows) for place, value in enumerate(row) if _is_error(value)}
    hidden = {at for at, place, _words in marked if place is None}
    return Grid(best.name, rows, best.spans, hidden, faults, [name for name in names if name != best.name])


@dataclass(slots=True)
class _Table:
    """A sheet's cells, row by row from the first; and by row and column (from 0, a row alone is None) what is wrong."""

    cells: list[list[Any]]
    troubles: Mapping[int, Sequence[tuple[int | None, str]]]
    name: str = ""
    spans: list[Span] = field(default_factory=list)


_FORMULA = N_("“%(name)s”是公式，还没有算出结果。请复制后选择性粘贴为数值。")
_FAULTY = N_("“%(name)s”显示为错误值（如 #REF!）。请改成真正的内容。")
_MERGED = N_("“%(name)s”是合并单元格。请取消合并，每一行都填上。")
_HIDDEN = N_("这一行是隐藏的。请取消隐藏或筛选，或者删去这一行。")
_TOO_WIDE = N_("太宽，超过 100 列。请删去右边用不着的内容")
_LOCKED = N_("有密码。请在表格软件里另存为不带密码的 xlsx 再交")
_TOO_LARGE = N_("展开以后太大，请只留要交的那一张表")
_ERROR_TEXT = re.compile(r"#(REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!)|Err:\d+|#+")


def _rows(table: _Table, columns: Sequence[Column], most_rows: int) -> list[Row]:
    top, placed = _headings(table.cells, columns)
    places = {column.name: placed[column.name] for column in columns if column.name in placed}
    by_place = {place: name for name, place in places.items()}
    found = []
    for at, cells in enumerate(table.cells[top + 1 :], top + 1):
        values = {name: _value(cells[place]) if place < len(cells) else None for name, place in places.items()}
        errors = {_FAULTY % {"name": name} for name, value in values.items() if _is_error(value)}
        for place, trouble in table.troubles.get(at, ()):
            if place in by_place:
                errors.add(trouble % {"name": by_place[place]})
            elif place is None and any(value is not None for value in values.values()):
                errors.add(trouble)
        if errors or any(value is not None for value in values.values()):
            found.append(Row(at + 1, values, sorted(errors)))
        if len(found) > most_rows:
            raise SheetTooLong(limit=most_rows)
    if not found:
        raise BadSheet(what=N_("表头下面一行也没有填"))
    return found


def _headings(cells: Sequence[Sequence[Any]], columns: Sequence[Column]) -> tuple[int, dict[str, int]]:
    """Find the row of headings: its index, and the place of each column in it."""
    names = {_heading(word): column.name for column in columns for word in (column.name, *column.also)}
    required = [column.name for column in columns if column.required]
    missing = required
    for at, row in enumerate(cells[:_HEADING_WITHIN]):
        known = [(names[word], place) for place, cell in enumerate(row) if (word := _heading(cell)) in names]
        places = dict(reversed(known))
        lacking = [name for name in required if name not in places]
        if known and not lacking:
            for name, place in known:
                if places[name] != place:
                    raise HeadingTwice(name=name)
            return at, places
        if len(lacking) < len(missing):
            missing = lacking
    raise HeadingMissing(name=missing[0])


def _heading(cell: Any) -> str:
    """Reduce a heading to its word: without blanks, an asterisk, or a remark in brackets."""
    if not isinstance(cell, str) or len(cell) > _LONGEST_HEADING:
        return ""
    return re.sub(r"\s|[*＊]|[（(].*?[）)]", "", cell)


_HALF_WIDTH = str.maketrans("０１２３４５６７８９\u3000\u00a0\ufeff", "0123456789   ")


def _value(cell: Any) -> Value:
    match cell:
        case bool() | timedelta():
            return str(cell)
        case str():
            return cell.translate(_HALF_WIDTH).strip() or None
        case float() if cell.is_integer():
            return int(cell)
        case datetime():
            return cell.date()
        case int() | float() | date() | None:
            return cell
    return str(cell)


def _is_error(value: Value) -> bool:
    return isinstance(value, str) and _ERROR_TEXT.fullmatch(value) is not None


# --- what a cell means ----------------------------------------------------------------------------------------------


_DAY = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?(?:T.*|\d{1,2}:.*|星期.|周.)?")
_EIGHT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_SERIALS = range(20_000, 80_000)  # the years 1954 to 2119
_SERIAL_ZERO = date(1899, 12, 30)


def as_day(value: Value, today: date | None = None) -> date:
    """Read a day: a date, a serial number, 20261120, or a text like 2026-11-20, 2026/11/20, 2026年11月20日.

    A day without year (11月20日) is the last such day up to *today*, and refused without it. Raises `ValueError`.
    """
    if isinstance(value, date):
        return value
    text = re.sub(r"\s", "", normalize("NFKC", str(value if value is not None else "")))
    if text.isdigit() and int(text) in _SERIALS:
        return _SERIAL_ZERO + timedelta(days=int(text))
    found = _EIGHT.fullmatch(text) or (_DAY.fullmatch(text) if isinstance(value, str) else None)
    if found is None:
        raise ValueError(text)
    year, month, day = found.groups()
    if year:
        return date(int(year), int(month), int(day))
    if today is None:
        raise ValueError(text)
    this_year = date(today.year, int(month), int(day))
    return this_year if this_year <= today else this_year.replace(year=today.year - 1)


def as_whole(value: Value) -> int:
    """Read a whole number: 10, 10.0, or a text like １０. Raises `ValueError`."""
    if isinstance(value, int):
        return value
    text = value.translate(_HALF_WIDTH).strip() if isinstance(value, str) else ""
    if re.fullmatch(r"[-+]?\d{1,12}(\.0+)?", text, re.ASCII):
        return int(text.split(".")[0])
    raise ValueError(text)


# --- the kinds of file ----------------------------------------------------------------------------------------------


_BROKEN = (
    CalamineError, zipfile.BadZipFile, zlib.error, expat.ExpatError, ElementTree.ParseError, csv.Error, EOFError,
    KeyError, ValueError, RuntimeError, struct.error,
)  # fmt: skip


def _tables(data: bytes, most_rows: int) -> Iterable[_Table]:
    try:
        if data.startswith(b"PK"):
            yield from _zipped(data, most_rows)
        elif data.startswith(b"\xd0\xcf\x11\xe0"):
            yield from _old(data, most_rows)
        elif data[:200].lstrip(b"\xef\xbb\xbf\0 \r\n\t").startswith(b"<"):
            raise BadSheet(what=N_("是网页改了名字。请用表格软件打开，另存为 xlsx 再交"))
        else:
            yield _Table(_separated(data, most_rows), {})
    except _BROKEN as error:
        raise BadSheet(what=N_("不是电子表格，或已损坏。请交 xlsx、xls、ods 或 csv")) from error


def _visible(book: CalamineWorkbook) -> Iterable[tuple[int, CalamineSheet]]:
    for at, about in enumerate(book.sheets_metadata):
        if about.visible == SheetVisibleEnum.Visible:
            yield at, book.get_sheet_by_index(at)


def _table(sheet: CalamineSheet, marks: Mapping[int, Sequence[tuple[int | None, str]]], spans: list[Span]) -> _Table:
    troubles = defaultdict(list, {at: list(found) for at, found in marks.items()})
    merged = [(top, left, bottom, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()]
    _mark_merged(troubles, merged, sheet.total_height)
    return _Table(sheet.to_python(skip_empty_area=False), troubles, sheet.name, merged or spans)


def _mark_merged(troubles: dict[int, list[tuple[int | None, str]]], spans: Iterable[Span], height: int) -> None:
    room = _MOST_MERGED
    for top, left, bottom, right in spans:
        places = range(left, min(right, MOST_COLUMNS) + 1)
        for at in range(top, min(bottom, height) + 1):
            room -= len(places)
            if room < 0:
                raise BadSheet(what=_TOO_LARGE)
            troubles[at] += [(place, _MERGED) for place in places]


class _OldSheet(xlrd.sheet.Sheet):
    """A sheet of an xls file that takes only what is filled, and stops where contents reach too far."""

    most_rows = MOST_ROWS
    room = _MOST_UNPACKED

    def put_cell_ragged(self, row: int, column: int, kind: int | None, value: Any, style: int) -> None:
        if kind in (_xlrd.XL_CELL_EMPTY, _xlrd.XL_CELL_BLANK):
            return
        if row > self.most_rows + _SPARE_ROWS:
            raise SheetTooLong(limit=self.most_rows)
        if column >= MOST_COLUMNS:
            raise BadSheet(what=_TOO_WIDE)
        self.room -= _LEAST_SIGNS + (len(value) if isinstance(value, str) else 0)
        if self.room < 0:
            raise BadSheet(what=_TOO_LARGE)
        super().put_cell_ragged(row, column, kind, value, style)  # type: ignore[no-untyped-call]


def _old(data: bytes, most_rows: int) -> Iterable[_Table]:
    """Read an xls file; whatever its reader stumbles over means that the file is broken."""
    if b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e" in data:
        raise BadSheet(what=_LOCKED)
    try:
        with open(os.devnull, "w") as nowhere:
            given = {"on_demand": True, "formatting_info": True, "ragged_rows": True}
            book = _xlrd.open_workbook(file_contents=data, logfile=nowhere, **given)
            for at, name in enumerate(book.sheet_names()):
                if book._sheet_visibility[at] == 0:
                    yield _old_table(book, at, name, most_rows)
    except BadSheet:
        raise
    except _xlrd.XLRDError as error:
        locked = "encrypted" in str(error)
        raise BadSheet(what=_LOCKED) if locked else ValueError(error) from error
    except (Exception, MemoryError) as error:
        raise ValueError("a broken xls file") from error


def _old_table(book: Any, at: int, name: str, most_rows: int) -> _Table:
    book._position = book._sh_abs_posn[at]
    book.getbof(_xlrd.biffh.XL_WORKSHEET)
    make: Any = _OldSheet
    sheet = make(book, book._position, name, at)
    sheet.most_rows = most_rows
    sheet.read(book)
    troubles: dict[int, list[tuple[int | None, str]]] = defaultdict(list)
    for row, about in sheet.rowinfo_map.items():
        if about.hidden and row < sheet.nrows:
            troubles[row].append((None, _HIDDEN))
    spans = [(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells]
    _mark_merged(troubles, spans, sheet.nrows)
    cells = []
    for row in range(sheet.nrows):
        kinds, values = sheet.row_types(row), sheet.row_values(row)
        cells.append([_old_value(kind, value, book.datemode) for kind, value in zip(kinds, values, strict=True)])
        for place, kind in enumerate(kinds):
            if kind == _xlrd.XL_CELL_ERROR:
                troubles[row].append((place, _FAULTY))
    return _Table(cells, troubles, name, spans)


def _old_value(kind: int, value: Any, datemode: int) -> Any:
    match kind:
        case _xlrd.XL_CELL_DATE:
            try:
                return _xlrd.xldate_as_datetime(value, datemode)
            except (ValueError, OverflowError):
                return value
        case _xlrd.XL_CELL_BOOLEAN:
            return bool(value)
        case _xlrd.XL_CELL_ERROR:
            return _xlrd.error_text_from_code.get(value, "#N/A")
    return value


def _separated(data: bytes, most_rows: int) -> list[list[str]]:
    """Read comma-, tab- or semicolon-separated text in UTF-8 or GB 18030, or UTF-16 with its mark."""
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    if re.search(r"[\x00-\x08\x0e-\x1f]", text):
        raise ValueError("not a text")
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    rows: list[list[str]] = []
    for row in csv.reader(io.StringIO(text), delimiter=max(",\t;", key=first.count)):
        if len(rows) == most_rows + _SPARE_ROWS:  # not one more: eight million empty lines fill the memory
            raise SheetTooLong(limit=most_rows)
        rows.append(row[:MOST_COLUMNS])
    return rows


def _zipped(data: bytes, most_rows: int) -> Iterable[_Table]:
    """Read xlsx or ods: unpack it, look its sheets' XML through, and hand the reader what was unpacked."""
    parts = _unpack(data)
    looked = _look_through(parts, most_rows)
    with io.BytesIO() as safe:
        with zipfile.ZipFile(safe, "w") as archive:
            for name, body in parts.items():
                archive.writestr(name, body)
        if "content.xml" in parts:
            looks, spans = _look_through_ods(parts["content.xml"], most_rows)
        else:
            looks = {at: looked[name] for at, name in _sheets_of(parts).items() if name in looked}
            spans = {}
        safe.seek(0)
        book = CalamineWorkbook.from_filelike(safe)
        for at, sheet in _visible(book):
            yield _table(sheet, looks.get(at, {}), spans.get(at, []))


def _unpack(data: bytes) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    room = _MOST_UNPACKED
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if not name.endswith((".xml", ".rels", "mimetype")):
                continue  # pictures, macros: nothing we read
            with archive.open(name) as member:
                parts[name] = member.read(room + 1)
            room -= len(parts[name])
            if room < 0:
                raise BadSheet(what=_TOO_LARGE)
    return parts


def _sheets_of(parts: Mapping[str, bytes]) -> dict[int, str]:
    """Return the parts that hold an xlsx file's sheets, by their place among them."""
    targets = {
        link.get("Id"): link.get("Target", "") for link in ElementTree.fromstring(parts["xl/_rels/workbook.xml.rels"])
    }
    sheets = [node for node in ElementTree.fromstring(parts["xl/workbook.xml"]).iter() if node.tag.endswith("}sheet")]
    found = {}
    for at, node in enumerate(sheets):
        link = next((value for name, value in node.items() if name.endswith("}id")), None)
        name = targets.get(link, "")
        name = name.lstrip("/") if name.startswith("/") else f"xl/{name}"
        if name in parts:
            found[at] = name
    return found


class _Look:
    """One pass over a sheet's XML: how far its contents reach, and what its cells do not show."""

    def __init__(self, most_rows: int) -> None:
        self.most_rows = most_rows
        self.room = _MOST_UNPACKED
        self.troubles: dict[int, list[tuple[int | None, str]]] = defaultdict(list)
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.buffer_text = True

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def end(self, tag: str) -> None:
        raise NotImplementedError

    def reaches(self, row: int, column: int) -> None:
        """Refuse contents too far down or to the right: the reader makes room for all between."""
        if row > self.most_rows + _SPARE_ROWS:
            raise SheetTooLong(limit=self.most_rows)
        if column >= MOST_COLUMNS:
            raise BadSheet(what=_TOO_WIDE)

    def takes(self, signs: int) -> None:
        """Refuse texts that are small in the file and fill the memory once every cell has its own."""
        self.room -= signs
        if self.room < 0:
            raise BadSheet(what=_TOO_LARGE)


class _XlsxLook(_Look):
    def __init__(self, most_rows: int, shared: Sequence[int]) -> None:
        super().__init__(most_rows)
        self.row = self.column = -1
        self.formula = self.valued = self.faulty = self.blank = self.is_shared = False
        self.shared = shared
        self.place = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        match tag.rpartition(" ")[2]:
            case "row":
                self.row = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
                self.column = -1
                if attributes.get("hidden") in ("1", "true"):
                    self.troubles[self.row].append((None, _HIDDEN))
            case "c":
                self.column = _column(attributes["r"]) if "r" in attributes else self.column + 1
                if "r" in attributes:
                    self.row = int(attributes["r"].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) - 1
                self.formula = self.valued = False
                kind = attributes.get("t")
                self.faulty, self.blank, self.is_shared = kind == "e", kind == "str", kind == "s"
            case "f":
                self.formula = True
            case "v":
                self.parser.CharacterDataHandler, self.place = self.text, ""
            case "is":
                self.valued = True

    def text(self, text: str) -> None:
        self.valued = True
        if self.is_shared:
            self.place = (self.place + text)[:20]

    def end(self, tag: str) -> None:
        match tag.rpartition(" ")[2]:
            case "v":
                self.parser.CharacterDataHandler = None
                if self.is_shared and self.place and int(self.place) in range(len(self.shared)):
                    self.takes(self.shared[int(self.place)])
            case "c":
                if self.valued or self.formula:
                    self.reaches(self.row, self.column)
                    self.takes(_LEAST_SIGNS)
                if self.faulty:
                    self.troubles[self.row].append((self.column, _FAULTY))
                elif self.formula and not (self.valued or self.blank):
                    self.troubles[self.row].append((self.column, _FORMULA))


def _column(reference: str) -> int:
    """Return the place of the column of a reference: ``C7`` → 2."""
    place = 0
    for letter in reference.rstrip("0123456789"):
        place = place * 26 + ord(letter) - 64
    return place - 1


class _OdsLook(_Look):
    def __init__(self, most_rows: int) -> None:
        super().__init__(most_rows)
        self.sheets: list[dict[int, list[tuple[int | None, str]]]] = []
        self.spans: list[list[Span]] = []
        self.row = self.column = self.rows = self.repeated = 0
        self.filled: list[tuple[int | None, str]] = []
        self.parser.CharacterDataHandler = lambda text: self.takes(len(text) * self.repeated)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        given = {name.rpartition(" ")[2]: value for name, value in attributes.items()}
        match tag.rpartition(" ")[2]:
            case "table":
                self.troubles = defaultdict(list)
                self.sheets.append(self.troubles)
                self.spans.append([])
                self.row = 0
            case "table-row":
                self.column, self.filled = 0, []
                self.rows = int(given.get("number-rows-repeated", 1))
                if given.get("visibility", "visible") != "visible" and self.rows < _SPARE_ROWS:
                    for at in range(self.row, self.row + self.rows):
                        self.troubles[at].append((None, _HIDDEN))
            case "table-cell" | "covered-table-cell" as kind:
                wide = int(given.get("number-columns-repeated", 1))
                last = self.column + wide - 1
                if "value-type" in given or "formula" in given:
                    self.reaches(self.row + self.rows - 1, last)
                    self.repeated = wide * self.rows
                    self.takes((_LEAST_SIGNS + sum(map(len, given.values()))) * self.repeated)
                across, down = (int(given.get(f"number-{way}-spanned", 1)) for way in ("columns", "rows"))
                if across * down > 1:
                    self.troubles[self.row].append((self.column, _MERGED))
                    self.spans[-1].append((self.row, self.column, self.row + down - 1, self.column + across - 1))
                elif kind == "covered-table-cell":
                    self.troubles[self.row] += [
                        (place, _MERGED) for place in range(self.column, min(last, MOST_COLUMNS) + 1)
                    ]
                if "formula" in given and "value-type" not in given:
                    self.troubles[self.row].append((self.column, _FORMULA))
                self.column += wide
            case "s":  # so many blanks
                self.takes(int(given.get("c", 1)) * self.repeated)

    def end(self, tag: str) -> None:
        match tag.rpartition(" ")[2]:
            case "table-row":
                self.row += self.rows
            case "table-cell" | "covered-table-cell":
                self.repeated = 0


def _look_through(parts: Mapping[str, bytes], most_rows: int) -> dict[str, dict[int, list[tuple[int | None, str]]]]:
    """Look every sheet of an xlsx file through, also one that `_sheets_of` does not find and the reader might."""
    shared = [body for name, body in parts.items() if name.lower().endswith("sharedstrings.xml")]
    if len(shared) > 1:
        raise ValueError("two lists of texts")
    lengths = _lengths(shared[0]) if shared else []
    looked = {}
    for name, body in parts.items():
        if b"sheetData" in body or b"<worksheet" in body:
            look = _XlsxLook(most_rows, lengths)
            look.parser.Parse(body, True)
            looked[name] = look.troubles
    return looked


def _lengths(xml: bytes) -> list[int]:
    """Return how long each of an xlsx file's shared texts is."""
    lengths: list[int] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(" ")[2] == "si":
            lengths.append(0)

    def text(text: str) -> None:
        if lengths:
            lengths[-1] += len(text)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.CharacterDataHandler = start, text
    parser.Parse(xml, True)
    return lengths


def _look_through_ods(
    xml: bytes, most_rows: int
) -> tuple[dict[int, dict[int, list[tuple[int | None, str]]]], dict[int, list[Span]]]:
    look = _OdsLook(most_rows)
    look.parser.Parse(xml, True)
    return dict(enumerate(look.sheets)), dict(enumerate(look.spans))


# --- writing --------------------------------------------------------------------------------------------------------


def write(
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Value]],
    *,
    widths: Sequence[int] | None = None,
    notes: Sequence[str] = (),
) -> bytes:
    """Write an xlsx file: the headings, the rows, and *notes* on a sheet of their own. A text is never a formula."""
    out = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, {"in_memory": True, **plain}) as book:
        bold = book.add_format({"bold": True, "bg_color": "#E2F0E6", "border": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", title)[:31])
        sheet.write_row(0, 0, heads, bold)
        sheet.freeze_panes(1, 0)
        for place, wide in enumerate(widths or [max(10, 2 * len(head) + 2) for head in heads]):
            sheet.set_column(place, place, wide)
        for at, row in enumerate(rows, 1):
            for place, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(at, place, datetime(value.year, value.month, value.day), day)
                elif value is not None:
                    sheet.write(at, place, value)
        if notes:
            about = book.add_worksheet("填写说明")
            about.set_column(0, 0, 90)
            about.write_column(0, 0, notes)
    return out.getvalue()
