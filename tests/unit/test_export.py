"""Lists written to files, and that they were taken out."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from weakref import WeakSet

import pytest
from peewee import DatabaseError
from python_calamine import CalamineWorkbook

from points import db, exporting
from points.exporting import Cell
from points.models.paper import Export
from points.queries import exports
from points.services import export
from tests.world import World

HOSTILE = [
    "=1+1",
    '=HYPERLINK("http://x","y")',
    "+86",
    "-2+3",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "＝1",
    'a"b',
    "1,2\n3",
    "王𠮷",
]


def written(kind: str, rows: list[list[Cell]], title: str = "名册") -> bytes:
    out = io.BytesIO()
    exporting.write(out, kind, title, [f"列{number}" for number in range(max(map(len, rows), default=1))], rows)
    return out.getvalue()


def cells(body: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0).to_python()


def sheet(body: bytes) -> str:
    return zipfile.ZipFile(io.BytesIO(body)).read("xl/worksheets/sheet1.xml").decode()


def test_a_text_is_a_text_in_xlsx_whatever_it_begins_with() -> None:
    body = written("xlsx", [[text] for text in HOSTILE])
    assert [row[0] for row in cells(body)[1:]] == HOSTILE
    assert "<f>" not in sheet(body) and "hyperlink" not in sheet(body)


def test_what_a_spreadsheet_would_take_for_a_formula_has_an_apostrophe_in_csv() -> None:
    text = written("csv", [[text] for text in HOSTILE]).decode("utf-8-sig")
    read = [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]
    assert read == [f"'{text}" for text in HOSTILE[:8]] + HOSTILE[8:]
    assert not any(cell.startswith(tuple("=+-@\t\r＝")) for cell in read)


def test_csv_is_utf_8_with_its_mark_and_lines_end_as_rfc_4180_says() -> None:
    body = written("csv", [["0001", 'a"b', "1,2\n3", -5, None]])
    assert body == '\ufeff列0,列1,列2,列3,列4\r\n0001,"a""b","1,2\n3",-5,\r\n'.encode()


def test_days_moments_numbers_and_money_are_what_they_are() -> None:
    moment = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # 7:30 the next morning in the village
    row: list[Cell] = ["0012", date(2026, 11, 22), moment, -1286, exporting.yuan(-7), exporting.yuan(10_000_001), None]
    body = written("xlsx", [row])
    assert cells(body)[1] == ["0012", date(2026, 11, 22), datetime(2026, 11, 22, 7, 30), -1286, -0.07, 100000.01, ""]
    assert "<v>-0.07</v>" in sheet(body) and "<v>100000.01</v>" in sheet(body)  # as it stands, without a float's tail
    plain = written("csv", [row]).decode("utf-8-sig").splitlines()[1]
    assert plain == "0012,2026-11-22,2026-11-22 07:30,-1286,-0.07,100000.01,"


def test_fen_become_yuan_without_a_float_between() -> None:
    assert [str(exporting.yuan(fen)) for fen in (1, 29, 115, 10**15 + 1)] == [
        "0.01",
        "0.29",
        "1.15",
        "10000000000000.01",
    ]
    assert all(isinstance(exporting.yuan(fen), Decimal) for fen in (0, -1))


def test_the_heading_stays_and_columns_are_as_wide_as_what_they_hold() -> None:
    body = sheet(written("xlsx", [["一" * 15], ["一" * 200]]))
    assert 'state="frozen"' in body and 'topLeftCell="A2"' in body
    assert 'width="50.7' in body  # capped


def test_a_list_without_rows_has_its_headings() -> None:
    assert cells(written("xlsx", [])) == [["列0"]]
    assert written("csv", []).decode("utf-8-sig") == "列0\r\n"


@pytest.mark.parametrize("title", ["户" * 40, "石[桥]村:户/名*册?\\", "'引'", "", "\x07"])
def test_any_title_gives_a_sheet_that_opens(title: str) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(written("xlsx", [["甲"]], title)))
    assert 1 <= len(book.sheet_names[0]) <= 31


class Row(list[Cell]):
    """A row that can be watched: known by what it is, not by what it says."""

    __hash__ = object.__hash__
    __eq__ = object.__eq__


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_rows_are_written_as_they_come_and_none_is_kept(kind: str, tmp_path: Path) -> None:
    alive: WeakSet[Row] = WeakSet()
    most = 0

    def rows() -> Iterator[Row]:
        nonlocal most
        for number in range(3_000):
            row = Row([number, f"第{number}户"])
            alive.add(row)
            most = max(most, len(alive))
            yield row

    with (tmp_path / "list").open("wb") as file:
        exporting.write(file, kind, "名册", ["号", "户"], rows())
    assert most <= 3


def test_what_was_taken_out_is_kept_once_a_key_and_never_changed(world: World) -> None:
    by = world.by(world.committee[0])
    given = {"area_id": world.village, "name": "households.index", "title": "户" * 90, "asked": "按搜索词", "count": 6}
    first = export.record(**by, **given, format="csv")
    assert export.record(**by, **given, format="csv") == first
    kept = Export.get()
    assert (kept.title, kept.asked, kept.count, kept.made_by, kept.made_at) == (
        "户" * 80,
        "按搜索词",
        6,
        world.committee[0],
        world.now,
    )
    for change in (Export.update(count=1), Export.delete()):
        with pytest.raises(DatabaseError), db.transaction():
            change.execute()


def test_a_place_is_told_what_left_it_and_all_below_newest_first(world: World) -> None:
    given = {"name": "areas.show", "title": "下级地方", "asked": "", "format": "xlsx", "count": 1}
    for area_id in (world.lanes[0], world.township, world.other_village):
        export.record(**world.by(world.supervisor), area_id=area_id, **given)
    found = {
        area_id: [one.area_id for one in exports.of_area(area_id)[0]] for area_id in (world.village, world.township)
    }
    assert found == {
        world.village: [world.lanes[0]],
        world.township: [world.other_village, world.township, world.lanes[0]],
    }
