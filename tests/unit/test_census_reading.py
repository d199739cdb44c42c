"""Rosters as committees really keep them, and files that mean harm: read, said, or refused in one sentence."""

from __future__ import annotations

import io
import random
import time
import tracemalloc
import zipfile
from typing import Any

import pytest

from points import census, sheets
from points.census import Home, Roster, without_numbers
from points.census.reading import plain
from points.errors import BadSheet, PointsError, SheetTooLong
from tests import census_files
from tests.census_files import KINDS, Sheet, bank, identity, xlsx

HEADS = ["户号", "姓名", "与户主关系", "电话"]


def read(*rows: list[Any], kind: str = "xlsx", **more: Any) -> Roster:
    return census.read(KINDS[kind](Sheet(rows, **more)))


def grouped(roster: Roster, **changed: Any) -> tuple[list[Home], list[tuple[int, str]]]:
    mapping = census.guess(roster, 1)
    for name, value in changed.items():
        setattr(mapping, name, value)
    homes, problems = census.group(roster, mapping)
    return homes, [(row, code) for row, code, _values in problems]


def names(homes: list[Home]) -> list[list[str]]:
    return [[member.name for member in home.members] for home in homes]


def refused(data: bytes) -> str:
    with pytest.raises(BadSheet) as refusal:
        census.read(data)
    return str(refusal.value)


# --- what the columns are -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_title_rows_totals_and_headings_that_come_again_are_passed_over(kind: str) -> None:
    rows = [
        ["石桥村户籍人口花名册", None, None, None],
        ["填表人：张三", None, "2026年11月", None],
        HEADS,
        ["1", "王秀英", "户主", 13800000000],
        [None, None, None, None],
        HEADS,
        ["2", "李小兰", "户主", None],
        ["合计", "2人", None, None],
    ]
    roster = read(*rows, kind=kind, merged=[] if kind == "csv" else [(0, 0, 0, 3)])
    assert [row[0] for row in roster.rows] == [4, 7] and roster.passed == 2
    homes, problems = grouped(roster)
    assert names(homes) == [["王秀英"], ["李小兰"]] and not problems
    assert homes[0].members[0].phone == "13800000000"


@pytest.mark.parametrize("merged", [True, False])
def test_headings_in_two_rows_are_put_together(merged: bool) -> None:
    rows: list[list[Any]] = [
        ["序号", "户主信息", None, "家庭成员", None, "备注"],
        [None, "姓名", "联系电话", "姓名", "与户主关系", None],
        [1, "王秀英", 13800000000, "王大山", "丈夫", None],
        [2, None, None, "王小宝", "儿子", "在外"],
    ]
    spans = [(0, 0, 1, 0), (0, 1, 0, 2), (0, 3, 0, 4), (0, 5, 1, 5)] if merged else []
    roster = read(*rows, merged=spans)
    assert census.guess(roster, 1).columns == ["", "head", "phone", "name", "relation", ""]
    homes, problems = grouped(roster)
    assert names(homes) == [["王秀英", "王大山", "王小宝"]] and not problems
    assert [member.phone for member in homes[0].members] == ["13800000000", None, None]


def test_without_any_heading_columns_are_known_by_what_they_hold() -> None:
    roster = read(["0001", "王秀英", 13800000000], ["0002", "李小兰", 13800000001], ["0003", "赵春花", 13800000002])
    assert len(roster.rows) == 3 and census.guess(roster, 1).columns == ["", "name", "phone"]


def test_columns_may_stand_in_any_order_under_any_of_their_names() -> None:
    heads = ["手机号码", "所在小组", "称谓", "户主名字", "家庭编号", "现住址", "成员姓名", "民族"]
    roster = read(heads, ["13800000000", "二组", "本人", "王秀英", 7, "东头", "王秀英", "汉族"])
    assert census.guess(roster, 1).columns == ["phone", "lane", "relation", "head", "number", "address", "name", ""]


# --- which rows are one household -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_merged_cells_hold_for_all_rows_they_cover_but_a_merged_phone_is_the_heads(kind: str) -> None:
    heads = ["户号", "户主姓名", "姓名", "村民小组", "电话"]
    rows = [
        heads,
        [1, "王秀英", "王秀英", "一组", 13800000000],
        [None, None, "王大山", None, None],
        [2, "李小兰", "李小兰", None, 13800000001],
    ]
    merged = [(1, 0, 2, 0), (1, 1, 2, 1), (1, 3, 3, 3), (1, 4, 2, 4)]
    homes, problems = grouped(read(*rows, kind=kind, merged=merged))
    assert names(homes) == [["王秀英", "王大山"], ["李小兰"]] and not problems
    assert [home.lane for home in homes] == ["一组", "一组"]
    assert [member.phone for home in homes for member in home.members] == ["13800000000", None, "13800000001"]


def test_blank_cells_under_the_head_belong_to_the_same_household() -> None:
    heads = ["户主姓名", "姓名", "电话"]
    roster = read(heads, ["王秀英", "王秀英", None], [None, "王大山", None], ["李小兰", "李石头", 13800000000])
    homes, problems = grouped(roster)
    assert census.guess(roster, 1).way == "head" and not problems
    assert names(homes) == [["王秀英", "王大山"], ["李小兰", "李石头"]]


def test_the_word_head_of_household_begins_one() -> None:
    roster = read(["姓名", "关系"], ["王秀英", "户主"], ["王大山", "夫"], ["李小兰", "本人"], ["李石头", "子"])
    homes, problems = grouped(roster)
    assert names(homes) == [["王秀英", "王大山"], ["李小兰", "李石头"]] and not problems
    assert names(grouped(roster, way="row")[0]) == [["王秀英"], ["王大山"], ["李小兰"], ["李石头"]]


def test_several_names_in_one_cell_are_several_people_of_the_row() -> None:
    homes, problems = grouped(read(["户号", "家庭成员"], [1, "王秀英、王大山，王小宝"], [2, "李小兰"]))
    assert names(homes) == [["王秀英", "王大山", "王小宝"], ["李小兰"]] and not problems


def test_rows_under_a_household_that_cannot_be_read_do_not_fall_to_the_one_before() -> None:
    rows = [
        HEADS,
        [1, "王秀英", "户主", None],
        ["这不是一个户号，它写得太长了", "李小兰", "户主", None],
        [None, "李石头", "子", None],
    ]
    homes, problems = grouped(read(*rows))
    assert names(homes) == [["王秀英"]] and problems == [(3, "bad_number"), (4, "no_household")]


# --- what a cell means ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("said", "number"), [
    ("１２", "12"), ("一百零三", "103"), ("第12户", "12"), (12.0, "12"), ("十二", "12"), ("二〇三", "203"),
    ("一千零二十", "1020"), ("A-12", "A-12"),
])  # fmt: skip
def test_household_numbers_in_every_script(said: Any, number: str) -> None:
    assert census.household_number(said) == number


@pytest.mark.parametrize("said", [
    13800000000, 13800000000.0, "13800000000.0", "138 0000 0000", "+86 138-0000-0000", "１３８００００００００",
    "13800000000/13900000000", "13800000000、0578-1234567",
])  # fmt: skip
def test_phones_in_every_shape(said: Any) -> None:
    assert census.phone(plain(said)) == "13800000000"


@pytest.mark.parametrize("said", ["1.38E+10", "无", "1380000000", "138000000000", 1.5, "微信同号"])
def test_what_is_no_phone_is_a_problem_of_its_row(said: Any) -> None:
    homes, problems = grouped(read(HEADS, [1, "王秀英", "户主", said]))
    assert not homes and problems == [(2, "bad_phone")]


@pytest.mark.parametrize(("said", "name"), [
    ("王　芳", "王芳"), (" 王秀英（户主）", "王秀英"), ("买买提•吐尔逊", "买买提·吐尔逊"), ("𠮷䶮𬭎", "𠮷䶮𬭎"),
    ("卓玛次仁" * 10, "卓玛次仁" * 10), ("John Smith", "John Smith"), ("㛃", "㛃"),
])  # fmt: skip
def test_names_as_people_write_them(said: str, name: str) -> None:
    homes, problems = grouped(read(HEADS, [1, said, "户主", None]))
    assert names(homes) == [[name]] and not problems


@pytest.mark.parametrize("said", [12345, "13800000000", "王" * 41, "！！", "<script>"])
def test_what_is_no_name_is_a_problem_of_its_row(said: Any) -> None:
    assert grouped(read(HEADS, [1, said, "户主", None]))[1] == [(2, "bad_name")]


def test_chinese_numbers_are_alike_in_addresses_and_lanes() -> None:
    for one, other in (("东一巷一百零三号", "东1巷103号"), ("第一网格", "第１网格"), ("东一巷 12 号", "东一巷12号")):
        assert census.alike(one) == census.alike(other)
    assert census.alike("东一巷1号") != census.alike("东一巷2号")


def test_wrong_rows_each_say_what_to_do() -> None:
    rows = [
        [*HEADS, "村民小组"],
        [1, "王秀英", "户主", None, "一组"],
        [1, "王秀英", "女儿", None, "一组"],
        [1, "李小兰", "户主", None, "一组"],
        [2, "赵春花", "户主", None, "一组"],
        [2, "赵满仓", "子", None, "二组"],
        [3, "周玉梅（已故）", "户主", None, "一组"],
        [4, "#REF!", "户主", None, "一组"],
        [5, "=A1", "户主", None, "一组"],
        [6, "陈一", "户主", None, "一组"],
    ]
    _homes, problems = grouped(read(*rows, hidden=[9]))
    expected = ["twice", "two_heads", "two_lanes", "gone", "faulty", "faulty", "hidden"]
    assert sorted(problems) == [(row, code) for row, code in zip([3, 4, 6, 7, 8, 9, 10], expected, strict=True)]
    for code in {code for _row, code in problems}:
        assert len(census.PROBLEMS[code]) > 10


@pytest.mark.parametrize("kind", KINDS)
def test_who_died_or_moved_away_is_told_by_the_day_in_whatever_form_it_stands(kind: str) -> None:
    said = [
        "2026-3-5", "2026/03/05", "2026.3.5", "20260305", "2026年3月5日", "二〇二六年三月五日", "２０２６年３月５日",
        "2026-03-05 00:00:00", 46086, "2026年3月5日 星期四",
    ]  # fmt: skip
    rows = [
        [str(at), f"王{sign}", "户主", value]
        for at, (sign, value) in enumerate(zip("甲乙丙丁戊己庚辛壬癸", said, strict=True), 1)
    ]
    roster = read(
        ["户号", "姓名", "与户主关系", "去世日期"],
        *rows,
        ["11", "王子", "户主", "2026年3月"],
        ["12", "王丑", "户主", None],
        kind=kind,
    )
    homes, problems = census.group(roster, census.guess(roster, 1))
    assert [values for _row, code, values in problems if code == "gone"] == [
        *({"name": f"王{sign}", "remark": "2026-03-05"} for sign in "甲乙丙丁戊己庚辛壬癸"),
        {"name": "王子", "remark": "2026-03-01"},
    ]
    assert names(homes) == [["王丑"]]
    _homes, problems_ = grouped(
        read(["户号", "姓名", "去世日期"], ["1", "王甲", "前年"], ["2", "王乙", "2026-13-40"], kind=kind)
    )
    assert problems_ == [(2, "bad_day"), (3, "bad_day")]


# --- numbers that are never kept ------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [
    identity(1), "61042319800101002X",
    f"身份证：{identity(3)}，党员", "６１０４２３１９８００１０１００２７", "610423 19800101 0027",
    "6104-2319-8001-0100-27",
    "6 1 0 4 2 3 1 9 8 0 0 1 0 1 0 0 2 7", "610423800101002", 6.10423198001010e17, 610423198001010000, "6.10E+17",
    "610423********0027", bank(1), f"{bank(2)[:4]} {bank(2)[4:8]} {bank(2)[8:12]} {bank(2)[12:16]} {bank(2)[16:]}",
    f"{identity(4)}{identity(5)}", f"{identity(6)} 13800000000", "610423198001010027x",
])  # fmt: skip
def test_identity_and_bank_numbers_are_dropped_wherever_they_stand(said: Any) -> None:
    left, found = without_numbers(plain(said))
    assert found >= 1
    kept = "".join(sign for sign in str(left or "") if sign.isdigit())
    assert kept in ("", "13800000000")


@pytest.mark.parametrize("said", [
    "13800000000 13900000000", 13800000000, "0578-1234567 13800000000", "2026-11-20 19800101", "东一巷103号",
    "1234 5678 9012", "户号 12，电话 13800000000", 123456789012,
])  # fmt: skip
def test_phones_days_and_card_numbers_stay(said: Any) -> None:
    assert without_numbers(said) == (said, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_no_identity_number_is_left_of_a_whole_roster(kind: str) -> None:
    rows = [[*row, identity(at), f"备注{identity(at)}"] for at, row in enumerate(census_files.village(40))]
    roster = read([*census_files.HEADS, "公民身份号码", "说明"], *rows, kind=kind)
    assert roster.dropped == 80 and "610423" not in roster.dump()


@pytest.mark.parametrize("between", "/_,，、•·\u00ad\u200b")
def test_numbers_are_found_whatever_stands_between_their_digits(between: str) -> None:
    said = between.join(("610423", "19800101", "0027"))
    assert without_numbers(plain(f"身份证{said}")) == ("身份证", 1)


def test_millions_of_empty_lines_are_refused_before_they_fill_the_memory() -> None:
    tracemalloc.start()
    with pytest.raises(SheetTooLong):
        census.read(b"\n" * 2_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000


def test_no_identity_number_is_left_in_the_name_of_a_sheet() -> None:
    made = census.read(sheets.write(f"张三{identity(1)}", ["户号", "姓名"], [["0901", "吴新民"]]))
    assert made.sheet == "张三" and identity(1) not in made.dump()


def test_a_column_of_identity_numbers_goes_even_where_they_are_mistyped() -> None:
    roster = read([*HEADS, "身份证号"], [1, "王秀英", "户主", None, "61042319800"], [2, "李小兰", "户主", None, "待补"])
    assert roster.dropped == 2 and "61042319800" not in roster.dump() and "待补" not in roster.dump()


# --- kinds of file --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_says_the_same(kind: str) -> None:
    rows = [census_files.HEADS, *census_files.village(20)]
    homes, problems = grouped(read(*rows, kind=kind))
    assert not problems and len(homes) == 7
    assert homes == grouped(read(*rows))[0]


@pytest.mark.parametrize(("encoding", "separator"), [
    ("utf-8", ","), ("utf-8-sig", ","), ("gb18030", ","), ("utf-16", "\t"), ("gb18030", ";"), ("utf-8", "\t"),
])  # fmt: skip
def test_texts_in_every_encoding_with_every_separator(encoding: str, separator: str) -> None:
    data = census_files.csv(Sheet([HEADS, [1, "𠮷䶮", "户主", "13800000000.0"]]), encoding, separator)
    assert names(grouped(census.read(data))[0]) == [["𠮷䶮"]]


def test_the_fullest_sheet_is_read_and_the_others_are_named() -> None:
    roster = read(HEADS, [1, "王秀英", "户主", None], [2, "李小兰", "户主", None], more=[("二组", [["别的"]])])
    assert (roster.sheet, roster.others) == ("户名册", ["二组"])


def test_what_is_no_roster_is_refused_in_one_sentence() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/workbook.xml", b" " * 80_000_000)
    locked = census_files._compound(b"x" * 5000) + "EncryptedPackage".encode("utf-16-le")
    for data, sentence in (
        (b"\xff\xd8\xff\xe0" + bytes(400), "不是电子表格"),
        (b"", "里面是空的"),
        (xlsx(Sheet([])), "里面是空的"),
        (b"<html><body><table><tr><td>1</td></tr></table></body></html>", "网页"),
        (bomb.getvalue(), "太大"),
        (locked, "密码"),
        (census_files._compound(b"x" * 5000), "不是电子表格"),
        (b"x" * (sheets.MOST_BYTES + 1), "8 MB"),
    ):
        assert sentence in refused(data), sentence


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_more_rows_than_a_village_has_are_refused(kind: str) -> None:
    rows = [["户号", "姓名"], *([at, "王秀英"] for at in range(sheets.MOST_ROWS + 1))]
    with pytest.raises(SheetTooLong):
        read(*rows, kind=kind)


def test_a_cell_far_away_takes_no_room() -> None:
    far = Sheet([["户号", "姓名"], [1, "王秀英"]])
    old = census_files._cells(far)
    assert list(old)
    for at, place in ((60_000, 1), (1, 250)):
        rows: list[list[Any]] = [["户号", "姓名"], [1, "王秀英"], *[[] for _ in range(at - 2)], [None] * place + ["远"]]
        with pytest.raises(BadSheet):
            read(*rows, kind="xls")


def test_a_password_protected_xls_says_so() -> None:
    data = bytearray(census_files.xls(Sheet([HEADS])))
    start = data.index(census_files._bof(0x05)) + len(census_files._bof(0x05))
    data[start : start + 4] = b"\x2f\x00\x02\x00"  # FILEPASS instead of the code page
    assert "密码" in refused(bytes(data))


@pytest.mark.parametrize("kind", KINDS)
def test_a_spoilt_file_is_read_or_refused_and_nothing_else(kind: str) -> None:
    """Bits turned, pieces cut out or doubled: no crash, and no file keeps the reader busy."""
    good = KINDS[kind](
        Sheet([census_files.HEADS, *census_files.village(12)], merged=[] if kind == "csv" else [(1, 1, 3, 1)])
    )
    chance = random.Random(kind)
    begun = time.process_time()
    for _round in range(80):
        data = bytearray(good)
        for _change in range(chance.choice((1, 1, 4, 30))):
            at = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    data[at] ^= 1 << chance.randrange(8)
                case 1:
                    data[at : at + 4] = chance.randbytes(4)
                case 2:
                    del data[at : at + chance.randrange(64)]
                case 3:
                    data[at:at] = data[at : at + chance.randrange(64)]
        try:
            roster = census.read(bytes(data))
            grouped(roster)
        except PointsError:
            continue
        assert len(roster.rows) <= sheets.MOST_ROWS
    assert time.process_time() - begun < 60
