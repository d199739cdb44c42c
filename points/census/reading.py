"""The rows of a file below its headings, and what the headings mean."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any
from unicodedata import normalize

from points import sheets
from points.census.numbers import without_numbers
from points.errors import SheetTooLong
from points.sheets import Grid, Value
from points.texts import optional

SECRET = re.compile("身份|证件|公民号|银行|卡号|账号|帐号|社保|医保")
_HEADINGS = (
    ("left", re.compile("(去世|死亡|亡故|迁出|外迁|注销|离开)(的?(日期|时间|年月))?$")),
    ("", re.compile("人口|人数|性别|年龄|民族|生日|出生|日期|备注|说明|序号|文化|学历|面貌|职业|签名")),
    ("", re.compile("网格员|网格长|街巷长|组长|联系人$")),
    ("relation", re.compile("关系|称谓")),
    ("phone", re.compile("电话|手机|联系方式|联系号码")),
    ("number", re.compile("户号|户编|户序|家庭编|户籍编")),
    ("head", re.compile("户主|户名|家长|户代表")),
    ("name", re.compile("姓名|名字|人名|成员|家属|村民$")),
    ("grid", re.compile("^(所在|所属)?网格")),
    ("lane", re.compile("街巷|巷名|^巷$|^(村民|所在|所属)*小?组|村组|组别|组名|自然村|^屯|^(所在|所属)?片区|街道")),
    ("address", re.compile("地址|门牌|住址|住所|位置|楼栋|房号")),
)  # fmt: skip
_SURE = {"姓名", "名字", "户主姓名", "村民姓名", "家庭成员"}
"""Headings that are none of a row's values, so that one alone makes a row of headings."""
_LONGEST_HEADING = 16
_HEADING_WITHIN = 30
_MOST_SIGNS = 200
"""What a cell may hold; the rest of a longer one is cut off."""
_TOTAL = re.compile(r"合计|总计|小计|共计|总户数|总人数")


@dataclass(slots=True)
class Roster:
    """The rows of a sheet below its headings, each with the number that the person sees; kept as JSON.

    *covered* names for a row the columns that a merged cell above or to the left fills. *wrong* the rows that are
    hidden (no column) or show an error. *dropped*: how many identity and bank numbers were left out; *passed*: how many
    rows only repeated the headings or summed up.
    """

    sheet: str
    others: list[str]
    heads: list[str]
    rows: list[list[Any]]
    covered: dict[int, list[int]]
    wrong: dict[int, list[int]]
    dropped: int
    passed: int

    def dump(self) -> str:
        """Return the roster as it is kept."""
        kept = [self.sheet, self.others, self.heads, self.rows, self.covered, self.wrong, self.dropped, self.passed]
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def load(cls, kept: str) -> Roster:
        """Read what `dump` returned."""
        sheet, others, heads, rows, covered, wrong, dropped, passed = json.loads(kept)
        covered, wrong = ({int(row): columns for row, columns in found.items()} for found in (covered, wrong))
        return cls(sheet, others, heads, rows, covered, wrong, dropped, passed)


def read(data: bytes) -> Roster:
    """Read an uploaded file. Raises `BadSheet` and its kinds."""
    grid = sheets.grid(data)
    covered = _fill(grid)
    dropped = 0
    for row in grid.rows:
        for place, said in enumerate(row):
            if said is not None:
                row[place], found = without_numbers(plain(said))
                dropped += found
    bottom, heads = _headings(grid)
    secret = {place for place, head in enumerate(heads) if SECRET.search(head)}
    rows, passed = [], 0
    for at, cells in enumerate(grid.rows[bottom:], bottom):
        for place in secret & set(range(len(cells))):
            dropped += cells[place] is not None and (at, place) not in covered
            cells[place] = None
        if not any(value is not None for value in cells):
            continue
        if _is_heading(cells, heads) or _is_remark(cells, at, covered):
            passed += 1
        else:
            rows.append([at + 1, *_trimmed(cells)])
    if len(rows) > sheets.MOST_ROWS:
        raise SheetTooLong(limit=sheets.MOST_ROWS)
    numbers = {row[0] for row in rows}
    beside: dict[int, list[int]] = defaultdict(list)
    for at, place in sorted(covered):
        if at + 1 in numbers:
            beside[at + 1].append(place)
    wrong: dict[int, list[int]] = {at + 1: [] for at in grid.hidden if at + 1 in numbers}
    for at, place in sorted(grid.faults):
        if at + 1 in numbers:
            wrong.setdefault(at + 1, []).append(place)
    name, *others = (str(without_numbers(plain(name))[0] or "") for name in (grid.name, *grid.others))
    return Roster(name, others, heads, rows, dict(beside), wrong, dropped, passed)


def plain(said: Value) -> Value:
    """Bring what a cell says into one width and form, cut to what a cell may hold."""
    if isinstance(said, date):
        return said.isoformat()
    if not isinstance(said, str):
        return said
    text = optional(re.sub("[\ud800-\udfff]", "", normalize("NFKC", said))[:_MOST_SIGNS], "", _MOST_SIGNS)
    return re.sub(r'^="(.*)"$', r"\1", text).strip() or None


def _fill(grid: Grid) -> set[tuple[int, int]]:
    """Write the value of merged cells into all that they cover, and return the places that were filled."""
    filled: set[tuple[int, int]] = set()
    for top, left, bottom, right in grid.spans:
        if top >= len(grid.rows):
            continue
        value = grid.rows[top][left] if left < len(grid.rows[top]) else None
        for at in range(top, min(bottom + 1, len(grid.rows))):
            row = grid.rows[at]
            row.extend([None] * (min(right, sheets.MOST_COLUMNS - 1) + 1 - len(row)))
            for place in range(left, min(right + 1, len(row))):
                if (at, place) != (top, left):
                    row[place] = value
                    filled.add((at, place))
    return filled


def kind_of(head: str) -> str | None:
    """Tell what a heading means: a target, nothing for one that is known and not taken in, None for a strange one."""
    words = head.split()
    if SECRET.search(head):
        return ""
    for word in reversed(words):
        for target, pattern in _HEADINGS:
            if pattern.search(word):
                headed = target == "name" and any("户主" in other for other in words)
                return "head" if headed else target
    return None


def _heading(said: Value) -> str:
    text = re.sub(r"\s|[*:：]|[(（【].*?[)）】]", "", said) if isinstance(said, str) else ""
    return text if len(text) <= _LONGEST_HEADING and not re.search(r"\d{3,}", text) else ""


def _headings(grid: Grid) -> tuple[int, list[str]]:
    """Find the headings, perhaps in several rows: the row after them, and a text for each column."""
    width = max(map(len, grid.rows))
    best, top = 0, -1
    for at, row in enumerate(grid.rows[:_HEADING_WITHIN]):
        texts = {_heading(said) for said in row} - {""}
        kinds = {text: kind for text in texts if (kind := kind_of(text)) is not None}
        known = len(kinds) + (len(set(kinds.values())) > 2)
        if known > best and (len(kinds) > 1 or set(kinds) & _SURE):
            best, top = known, at
    if top < 0 and not _is_above_numbers(grid.rows):
        return 0, [""] * width
    top = max(top, 0)
    bottom = top + 1
    while any(first < bottom <= last and first >= top for first, _left, last, _right in grid.spans):
        bottom += 1
    if bottom == top + 1 and _only_headings(grid.rows[bottom : bottom + 1]):
        bottom += 1
    bottom = min(bottom, top + 3)
    above = [grid.rows[top - 1]] if _names_groups(grid, top) else []
    rows = [[*row, *[None] * (width - len(row))] for row in [*above, *grid.rows[top:bottom]]]
    for row, below in pairwise(rows):  # what stands over several columns need not be merged
        for place in range(1, width):
            if row[place] is None and below[place] is not None:
                row[place] = row[place - 1]
    heads = []
    for place in range(width):
        words = [_heading(row[place]) for row in rows]
        heads.append(" ".join(dict.fromkeys(word for word in words if word))[:40])
    return bottom, heads


def _is_above_numbers(rows: Sequence[Sequence[Value]]) -> bool:
    """Tell whether the first row, whose words nobody knows, stands above a column of numbers."""
    for place, said in enumerate(rows[0]):
        below = [row[place] for row in rows[1:50] if place < len(row) and row[place] is not None]
        numbers = bool(below) and all(isinstance(value, int | float) or str(value).isdigit() for value in below)
        if numbers and isinstance(said, str) and _heading(said) and not said.isdigit():
            return True
    return False


def _only_headings(rows: Sequence[Sequence[Value]]) -> bool:
    """Tell whether a row holds several headings and nothing else."""
    texts = [_heading(said) for row in rows for said in row if said is not None]
    return len(set(texts)) > 1 and all(text and kind_of(text) is not None for text in texts)


def _names_groups(grid: Grid, top: int) -> bool:
    """Tell whether the row above the headings names groups of columns (户主信息, 家庭成员)."""
    texts = [_heading(said) for said in grid.rows[top - 1] if said is not None] if top else []
    return len(set(texts)) > 1 and all(texts) and any(kind_of(text) in ("head", "name") for text in texts)


def _is_heading(cells: Sequence[Value], heads: Sequence[str]) -> bool:
    """Tell whether a row only repeats the headings, as at the top of each printed page."""
    filled = [(_heading(said), head) for said, head in zip(cells, heads, strict=False) if said is not None]
    same = sum(1 for text, head in filled if text and text in head.split())
    return same >= 2 and same * 2 > len(filled)


def _is_remark(cells: Sequence[Value], at: int, covered: set[tuple[int, int]]) -> bool:
    """Tell whether a row holds a sum or a remark over several columns, and nobody."""
    filled = [place for place, said in enumerate(cells) if said is not None]
    first = cells[filled[0]]
    if isinstance(first, str) and _TOTAL.match(re.sub(r"\s", "", first)):
        return True
    across = [place for place in filled if (at, place) in covered and (at, place - 1) in {*covered, (at, filled[0])}]
    return len(filled) > 2 and len({cells[place] for place in filled}) == 1 and len(across) == len(filled) - 1


def _trimmed(cells: Sequence[Value]) -> list[Value]:
    length = max(place for place, said in enumerate(cells) if said is not None) + 1
    return list(cells[:length])
