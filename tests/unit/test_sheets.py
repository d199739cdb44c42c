"""Spreadsheets as people really send them: every trouble named with its row, and nothing that harms the reader."""

import io
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter
from PIL import Image

from points import sheets
from points.errors import BadSheet, HeadingMissing, HeadingTwice, SheetTooLong
from points.sheets import Column, as_day, as_whole, read

COLUMNS = (Column("日期", ("时间",)), Column("姓名"), Column("次数", required=False))
TODAY = date(2026, 11, 22)
BROKEN = "不是电子表格"


def book(*rows, more=lambda book, sheet: None) -> bytes:
    """Write rows as they come; *more* does to the sheet what no list of rows can say."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        sheet = made.add_worksheet("记录")
        for at, row in enumerate(rows):
            for place, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(at, place, cell, made.add_format({"num_format": "yyyy-mm-dd"}))
                else:
                    sheet.write(at, place, cell)
        more(made, sheet)
    return out.getvalue()


def rezipped(data: bytes, change) -> bytes:
    """Return the file with each part as *change(name, body)* makes it; None leaves one out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if (body := change(name, old.read(name))) is not None:
                new.writestr(name, body)
    return out.getvalue()


def ods(*rows: str) -> bytes:
    """Write an ods file from rows of XML."""
    space = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = " ".join(f'xmlns:{name}="{space}:{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="记录">{"".join(rows)}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("META-INF/manifest.xml", "<manifest/>")
        made.writestr("content.xml", content)
    return out.getvalue()


def cell(text: str, more: str = "") -> str:
    return f'<table:table-cell office:value-type="string" {more}><text:p>{text}</text:p></table:table-cell>'


HEADS = f"<table:table-row>{cell('日期')}{cell('姓名')}</table:table-row>"


def fault(data: bytes, **given) -> str:
    """Return the sentence with which a file is refused."""
    with pytest.raises(BadSheet) as refused:
        read(data, COLUMNS, **given)
    return str(refused.value)


def errors(data: bytes) -> dict[int, list[str]]:
    return {row.number: row.errors for row in read(data, COLUMNS) if row.errors}


def test_rows_come_by_heading_with_the_number_that_the_person_sees() -> None:
    data = book(
        ["东一巷十一月巡逻"],
        [],
        ["备注", "姓 名 *", "时间（必填）", "次数"],
        ["好", "  王秀英 ", datetime(2026, 11, 20, 19, 30), 10.0],
        [],
        ["", "李小兰", "１１月２０日", "２"],
    )
    first, second = read(data, COLUMNS)
    assert (first.number, first.values) == (4, {"日期": date(2026, 11, 20), "姓名": "王秀英", "次数": 10})
    assert (second.number, second.values) == (6, {"日期": "11月20日", "姓名": "李小兰", "次数": "2"})
    assert not first.errors and not second.errors


@pytest.mark.parametrize("value", (
    "2026-11-20", "2026/11/20", "2026.11.20", "2026年11月20日", "２０２６年１１月２０日", "2026 年 11 月 20 日",
    "11月20日", "11-20", "20261120", 20261120, "46346", 46346, date(2026, 11, 20),
    "2026-11-20 19:30", "2026-11-20T19:30:00", "2026年11月20日 星期五",
))  # fmt: skip
def test_a_day_is_read_in_every_shape(value) -> None:
    assert as_day(value, TODAY) == date(2026, 11, 20)


@pytest.mark.parametrize("value", ["去年", "", None, "2026-13-01", "2026-02-30", 11.2, 5, "13月1日", "2026", 3.5])
def test_what_is_no_day_is_refused(value) -> None:
    with pytest.raises(ValueError):
        as_day(value, TODAY)


def test_a_day_without_year_is_the_last_one_up_to_today() -> None:
    assert as_day("12月30日", date(2027, 1, 5)) == date(2026, 12, 30)
    assert as_day("1月5日", date(2027, 1, 5)) == date(2027, 1, 5)
    with pytest.raises(ValueError, match="1月5日"):
        as_day("1月5日")


def test_whole_numbers() -> None:
    assert [as_whole(value) for value in (10, "10", "１０", "10.0", "-3")] == [10, 10, 10, 10, -3]
    for value in (1.5, "两次", "", None, "1e3", "²"):
        with pytest.raises(ValueError):
            as_whole(value)


def test_merged_cells_are_errors_of_each_row_they_cover_and_a_merged_title_is_none() -> None:
    def merge(book, sheet):
        sheet.merge_range(0, 0, 0, 2, "一个标题")
        sheet.merge_range(2, 0, 4, 0, "2026-11-20")

    data = book(
        [], ["日期", "姓名"], ["", "王秀英"], ["", "李小兰"], ["", "赵春花"], ["2026-11-20", "周玉梅"], more=merge
    )
    found = errors(data)
    assert list(found) == [3, 4, 5]
    assert all("“日期”是合并单元格" in text for (text,) in found.values())


def test_a_formula_counts_by_its_value_and_without_one_is_an_error() -> None:
    def formulas(book, sheet):
        sheet.write_formula(1, 2, "=1+1", None, 2)
        sheet.write_formula(2, 2, "=1+1", None, "TAKEN OUT")
        sheet.write_formula(3, 2, "=IF(1=1,1,2)", None, "")

    data = book(["日期", "姓名", "次数"], *[["2026-11-20", "王秀英"]] * 3, more=formulas)
    data = rezipped(data, lambda name, body: body.replace(b't="str"><f>1+1</f><v>TAKEN OUT</v>', b"><f>1+1</f>"))
    first, second, third = read(data, COLUMNS)
    assert first.values["次数"] == 2
    assert second.number == 3 and "“次数”是公式" in second.errors[0]
    assert "公式" in third.errors[0]


def test_error_values_are_errors() -> None:
    def spoil(book, sheet):
        sheet.write_formula(1, 2, "=#REF!", None, "#REF!")

    data = book(["日期", "姓名", "次数"], ["2026-11-20", "王秀英"], ["2026-11-20", "#N/A"], more=spoil)
    found = errors(data)
    assert list(found) == [2, 3]
    assert "“次数”显示为错误值" in found[2][0] and "“姓名”显示为错误值" in found[3][0]


def test_a_hidden_row_is_an_error_and_an_empty_hidden_row_is_nothing() -> None:
    def hide(book, sheet):
        sheet.set_row(1, None, None, {"hidden": True})
        sheet.set_row(2, None, None, {"hidden": True})

    found = errors(book(["日期", "姓名"], ["2026-11-20", "王秀英"], [], ["2026-11-20", "李小兰"], more=hide))
    assert list(found) == [2] and "隐藏" in found[2][0]


def test_the_first_visible_sheet_with_the_headings_is_read() -> None:
    def more(book, sheet):
        sheet.hide()
        book.add_worksheet("说明").write(0, 0, "怎么填")
        real = book.add_worksheet("十一月")
        real.activate()
        real.set_first_sheet()
        for at, row in enumerate((["日期", "姓名"], ["2026-11-20", "王秀英"])):
            real.write_row(at, 0, row)
        real.set_row(1, None, None, {"hidden": True})

    data = book(["日期", "姓名"], ["2026-11-20", "不该看见"], more=more)
    (row,) = read(data, COLUMNS)
    assert row.values["姓名"] == "王秀英"
    assert "隐藏" in row.errors[0]  # what is looked up in the XML belongs to the same sheet


def test_headings_are_named_when_one_is_missing_or_comes_twice() -> None:
    with pytest.raises(HeadingMissing) as missing:
        read(book(["日期", "次数"], ["2026-11-20", 1]), COLUMNS)
    assert "没有找到表头“姓名”" in str(missing.value)
    with pytest.raises(HeadingTwice):
        read(book(["日期", "姓名", "姓名"], ["2026-11-20", "王秀英", "李小兰"]), COLUMNS)


def test_trailing_rows_that_are_only_coloured_are_no_rows() -> None:
    def colour(book, sheet):
        sheet.write_blank(900_000, 3, None, book.add_format({"bold": True}))

    assert len(read(book(["日期", "姓名"], ["2026-11-20", "王秀英"], more=colour), COLUMNS)) == 1


def test_what_is_no_spreadsheet_is_refused_in_one_sentence() -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 40), "green").save(picture, "PNG")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("a.xml", "<a/>")
    good = book(["日期", "姓名"], ["2026-11-20", "王秀英"])
    for data in (
        picture.getvalue(),
        b"\xff\xd8\xff\xe0" + bytes(200),
        b"PK\x03\x04 no more",
        archive.getvalue(),
        good[: len(good) // 2],
        rezipped(good, lambda name, body: None if name == "xl/workbook.xml" else body),
        rezipped(good, lambda name, body: body[:-40] if "sheet1" in name else body),
        rezipped(good, lambda name, body: body.replace(b'r="A2"', b'r="??"')),
    ):
        assert BROKEN in fault(data), data[:20]


def test_an_empty_sheet_and_one_with_headings_only_say_so() -> None:
    assert "里面是空的" in fault(book())
    assert "里面是空的" in fault(b"")
    assert "一行也没有填" in fault(book(["日期", "姓名"]))


def test_too_many_rows_bytes_or_columns_are_refused() -> None:
    rows = [["2026-11-20", "王秀英"]] * 12
    with pytest.raises(SheetTooLong):
        read(book(["日期", "姓名"], *rows), COLUMNS, most_rows=11)
    assert len(read(book(["日期", "姓名"], *rows), COLUMNS, most_rows=12)) == 12
    assert "8 MB" in fault(b"x" * (sheets.MOST_BYTES + 1))
    assert "太宽" in fault(book(["日期", "姓名"], more=lambda book, sheet: sheet.write(1, 16_000, 1)))


def test_a_cell_a_million_rows_down_takes_no_room() -> None:
    with pytest.raises(SheetTooLong):
        read(book(["日期", "姓名"], more=lambda book, sheet: sheet.write(1_000_000, 1, 1)), COLUMNS)
    many = (
        f'<table:table-row table:number-rows-repeated="1000000">{cell("2026-11-20")}{cell("王秀英")}</table:table-row>'
    )
    with pytest.raises(SheetTooLong):
        read(ods(HEADS, many), COLUMNS)


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = rezipped(
        book(["日期", "姓名"], ["2026-11-20", "王秀英"]),
        lambda name, body: body + b" " * (80 * 1024 * 1024) if "sheet1" in name else body,
    )
    assert len(bomb) < sheets.MOST_BYTES
    assert "展开以后太大" in fault(bomb)


def test_an_entity_bomb_is_not_unfolded() -> None:
    layers = "".join(f'<!ENTITY l{n} "' + f"&l{n - 1};" * 10 + '">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{layers}]><worksheet><v>&l9;</v></worksheet>'.encode()
    good = book(["日期", "姓名"], ["2026-11-20", "王秀英"])
    assert BROKEN in fault(rezipped(good, lambda name, body: bomb if "sheet1" in name else body))


def test_a_text_that_every_cell_repeats_does_not_fill_the_memory() -> None:
    long = "长" * 30_000
    rows = [["2026-11-20", long]] * 3_000
    assert "展开以后太大" in fault(book(["日期", "姓名"], *rows))
    many = f'<table:table-row table:number-rows-repeated="29000">{cell(long)}{cell(long)}</table:table-row>'
    assert "展开以后太大" in fault(ods(HEADS, many))
    blanks = "<table:table-row>" + cell('<text:s text:c="100000000"/>') + "</table:table-row>"
    assert "展开以后太大" in fault(ods(HEADS, blanks))


def test_a_sheet_is_looked_through_by_whatever_name_the_reader_finds_it() -> None:
    far = book(["日期", "姓名"], more=lambda book, sheet: sheet.write(1_000_000, 90, 1))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(far)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name.replace("sheet1.xml", "SHEET1.xml"), old.read(name))
    with pytest.raises(SheetTooLong):
        read(out.getvalue(), COLUMNS)


def test_a_heading_of_brackets_does_not_keep_the_reader_busy() -> None:
    assert "姓名" in fault(f"日期,{'（' * 100_000}\n2026-11-20,王秀英\n".encode())


def test_a_broken_xls_file_a_locked_one_and_a_web_page_say_what_they_are() -> None:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    assert BROKEN in fault(old)
    assert "另存为不带密码的 xlsx" in fault(old + "EncryptedPackage".encode("utf-16-le"))
    assert "另存为 xlsx" in fault("<html><table><tr><td>日期</td><td>姓名</td></tr></table>".encode())


def test_text_files_in_both_encodings_and_with_any_separator() -> None:
    for text in (
        "日期,姓名\r\n2026/11/20,王秀英\r\n",
        "日期\t姓名\n2026/11/20\t王秀英",
        '日期;姓名\n"2026/11/20";王秀英',
    ):
        for encoding in ("utf-8", "utf-8-sig", "gb18030"):
            (row,) = read(text.encode(encoding), COLUMNS)
            assert (row.number, row.values["姓名"], as_day(row.values["日期"])) == (2, "王秀英", date(2026, 11, 20))


def test_an_ods_file_with_merged_hidden_and_repeated_rows() -> None:
    tall = 'table:number-rows-spanned="2"'
    data = ods(
        HEADS,
        f"<table:table-row>{cell('2026-11-20', tall)}{cell('王秀英')}</table:table-row>",
        f"<table:table-row><table:covered-table-cell/>{cell('李小兰')}</table:table-row>",
        f'<table:table-row table:visibility="filter">{cell("2026-11-20")}{cell("赵春花")}</table:table-row>',
        f'<table:table-row table:number-rows-repeated="2">{cell("2026-11-20")}{cell("周玉梅")}</table:table-row>',
        '<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="1024"/></table:table-row>',
    )
    rows = read(data, COLUMNS)
    assert [row.number for row in rows] == [2, 3, 4, 5, 6]
    assert ["".join(row.errors)[:6] for row in rows] == ["“日期”是合并"[:6], "“日期”是合并"[:6], "这一行是隐藏", "", ""]


def test_what_is_written_is_read_again_and_no_text_becomes_a_formula() -> None:
    rows = [[date(2026, 11, 20), "=1+1", 2], [None, "@王", None], [date(2026, 1, 2), "+86 https://x.cn", 30]]
    data = sheets.write("记录: 样/表", ["日期", "姓名", "次数"], rows, notes=["每行一人。"])
    assert [list(row.values.values()) for row in read(data, COLUMNS)] == rows
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_thirty_thousand_rows_are_read() -> None:
    rows = [[date(2026, 11, 20), "王秀英", 1]] * sheets.MOST_ROWS
    assert len(read(sheets.write("记录", ["日期", "姓名", "次数"], rows), COLUMNS)) == sheets.MOST_ROWS
