"""Rosters as committees send them, clean and hostile, in every kind of file: made here, none lies in the tree.

`Sheet` says what a spreadsheet holds; `xlsx`, `xls`, `ods` and `csv` write it. `village` is a clean roster of any size.
The identity and bank numbers are made up; their check digits are right.
"""

from __future__ import annotations

import csv as separated
import io
import struct
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter
from stdnum import luhn
from stdnum.cn import ric

HEADS = ["序号", "户号", "户主姓名", "姓名", "与户主关系", "村民小组", "门牌地址", "联系电话"]
SURNAMES = "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁"
GIVEN = "秀英大山春花玉梅长青石头满仓建国桂兰小宝志强红霞海燕文博雨晴"
RARE = "𠮷䶮𬭎㛃"


def identity(number: int) -> str:
    """Return an identity number of 18 digits."""
    stem = f"610423{1940 + number % 70}{1 + number % 12:02d}{1 + number % 28:02d}{number % 1000:03d}"
    return stem + ric.calc_check_digit(stem + "0")


def bank(number: int) -> str:
    """Return a bank card's number of 19 digits."""
    stem = f"622202{number:012d}"
    return stem + luhn.calc_check_digit(stem)


def village(people: int, *, size: int = 3, lanes: int = 12) -> Iterator[list[Any]]:
    """Give the rows of a roster of *people*, so many a household, everyone with another name or phone."""
    for at in range(people):
        home, place = divmod(at, size)
        name = SURNAMES[home % 20] + GIVEN[(at * 7) % len(GIVEN)] + GIVEN[(at * 11 + home) % len(GIVEN)]
        head = (
            SURNAMES[home % 20] + GIVEN[(home * size * 7) % len(GIVEN)] + GIVEN[(home * size * 11 + home) % len(GIVEN)]
        )
        relation = ("户主", "配偶", "子")[place % 3]
        lane = f"第{home % lanes + 1}组"
        yield [at + 1, home + 1, head, name, relation, lane, f"{lane}{home}号", 13_000_000_000 + at]


@dataclass
class Sheet:
    """What a spreadsheet holds: rows of values, merged cells (first row and column, last ones), hidden rows."""

    rows: Sequence[Sequence[Any]]
    merged: Sequence[tuple[int, int, int, int]] = ()
    hidden: Sequence[int] = ()
    more: Sequence[tuple[str, Sequence[Sequence[Any]]]] = field(default_factory=list)


# --- xlsx -----------------------------------------------------------------------------------------------------------


def xlsx(sheet: Sheet) -> bytes:
    """Write a sheet; a text that begins with ``=`` is a formula without a value, #REF! an error."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        made = book.add_worksheet("户名册")
        for at, row in enumerate(sheet.rows):
            for place, value in enumerate(row):
                if isinstance(value, str) and value.startswith("="):
                    made.write_formula(at, place, value, None, "TAKEN OUT")
                elif value == "#REF!":
                    made.write_formula(at, place, "=#REF!", None, "#REF!")
                elif value is not None:
                    made.write(at, place, value)
        for top, left, bottom, right in sheet.merged:
            made.merge_range(top, left, bottom, right, sheet.rows[top][left])
        for at in sheet.hidden:
            made.set_row(at, None, None, {"hidden": True})
        for name, rows in sheet.more:
            other = book.add_worksheet(name)
            for at, row in enumerate(rows):
                other.write_row(at, 0, row)
    data = out.getvalue()
    if not any(isinstance(value, str) and value.startswith("=") for row in sheet.rows for value in row):
        return data
    again = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b' t="str"', b"").replace(b"<v>TAKEN OUT</v>", b""))
    return again.getvalue()


# --- xls: BIFF8 in a compound file, just enough of both -----------------------------------------------------------


def xls(sheet: Sheet) -> bytes:
    """Write a sheet as the old spreadsheets do."""
    body = b"".join(_cells(sheet))
    rows = b"".join(_record(0x208, struct.pack("<HHHHHHi", at, 0, 20, 255, 0, 0, 0x20 | 0x100)) for at in sheet.hidden)
    merged = struct.pack("<H", len(sheet.merged)) + b"".join(
        struct.pack("<HHHH", top, bottom, left, right) for top, left, bottom, right in sheet.merged
    )
    page = _bof(0x10) + rows + body + (_record(0xE5, merged) if sheet.merged else b"") + _record(0x0A, b"")
    name = "户名册".encode("utf-16-le")
    head = _bof(0x05) + _record(0x42, struct.pack("<H", 1200))
    font = _record(
        0x31, struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 1, 0) + struct.pack("<BB", 1, 0) + b"A"
    )
    style = _record(0xE0, struct.pack("<HHHBBBBIIH", 0, 0, 0xFFF5, 0x20, 0, 0, 0, 0, 0, 0x20C0))
    head += font * 4 + style * 16
    bound = 4 + 8 + len(name) + 4  # length of the BOUNDSHEET record and of the EOF behind it
    place = len(head) + bound
    head += _record(0x85, struct.pack("<IBBBB", place, 0, 0, len(name) // 2, 1) + name) + _record(0x0A, b"")
    assert len(head) == place
    return _compound(head + page)


def _cells(sheet: Sheet) -> Iterator[bytes]:
    for at, row in enumerate(sheet.rows):
        for place, value in enumerate(row):
            where = struct.pack("<HHH", at, place, 15)
            if value == "#REF!":
                yield _record(0x205, where + struct.pack("<BB", 0x17, 1))
            elif isinstance(value, int | float):
                yield _record(0x203, where + struct.pack("<d", value))
            elif value is not None:
                text = str(value).encode("utf-16-le")
                yield _record(0x204, where + struct.pack("<HB", len(text) // 2, 1) + text)


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _bof(kind: int) -> bytes:
    return _record(0x809, struct.pack("<HHHHII", 0x600, kind, 0x0DBB, 1996, 0, 0x06))


def _compound(stream: bytes) -> bytes:
    """Put a stream into a compound file: header, table of sectors, directory, the stream itself."""
    stream = stream.ljust(4096, b"\0")
    stream += b"\0" * (-len(stream) % 512)
    count = len(stream) // 512
    tables = 1
    while tables * 128 < count + tables + 1:
        tables += 1
    assert tables <= 109, "larger than this writer can"
    chain = [0xFFFFFFFD] * tables + [0xFFFFFFFE]
    chain += [at + 1 for at in range(tables + 1, tables + count)] + [0xFFFFFFFE]
    chain += [0xFFFFFFFF] * (tables * 128 - len(chain))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH6sIII", 0x3E, 3, 0xFFFE, 9, 6, b"\0" * 6, 0, tables, tables)
    header += struct.pack("<IIIIII", 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", *range(tables), *[0xFFFFFFFF] * (109 - tables))
    entries = _entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + _entry("Workbook", 2, 0xFFFFFFFF, tables + 1, len(stream))
    return header + struct.pack(f"<{len(chain)}I", *chain) + entries.ljust(512, b"\0") + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le")
    links = struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child)
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBB", len(text) + 2, kind, 1)
        + links
        + b"\0" * 36
        + struct.pack("<IQ", start, size)
    )


# --- ods and csv ----------------------------------------------------------------------------------------------------


def ods(sheet: Sheet) -> bytes:
    """Write a sheet as the open formats do."""
    spans = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in sheet.merged}
    covered = {
        (at, place)
        for top, left, bottom, right in sheet.merged
        for at in range(top, bottom + 1)
        for place in range(left, right + 1)
    } - set(spans)
    rows = []
    for at, row in enumerate(sheet.rows):
        cells = "".join(
            _ods_cell(value, spans.get((at, place)), (at, place) in covered) for place, value in enumerate(row)
        )
        hidden = ' table:visibility="filter"' if at in sheet.hidden else ""
        rows.append(f"<table:table-row{hidden}>{cells}</table:table-row>")
    space = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = " ".join(f'xmlns:{name}="{space}:{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="户名册">{"".join(rows)}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("META-INF/manifest.xml", "<manifest/>")
        made.writestr("content.xml", content)
    return out.getvalue()


def _ods_cell(value: Any, span: tuple[int, int] | None, covered: bool) -> str:
    tag = "covered-table-cell" if covered else "table-cell"
    wide = f' table:number-rows-spanned="{span[0]}" table:number-columns-spanned="{span[1]}"' if span else ""
    if value is None:
        return f"<table:{tag}{wide}/>"
    if isinstance(value, int | float):
        number = f'office:value-type="float" office:value="{value}"'
        return f"<table:{tag}{wide} {number}><text:p>{value}</text:p></table:{tag}>"
    text = escape(str(value))
    return f'<table:{tag}{wide} office:value-type="string"><text:p>{text}</text:p></table:{tag}>'


def csv(sheet: Sheet, encoding: str = "utf-8", separator: str = ",") -> bytes:
    """Write a sheet as text."""
    out = io.StringIO()
    separated.writer(out, delimiter=separator).writerows(sheet.rows)
    return out.getvalue().encode(encoding)


KINDS = {"xlsx": xlsx, "xls": xls, "ods": ods, "csv": csv}
