"""A roster 户名册 as committees keep it: what its columns are, which rows are one household, what taking it in changes.

`read` gives the rows below the headings, without identity or bank numbers: those are dropped here, before anything is
kept or shown. `guess` says what each column is taken for, `plan` what would change in a village, with every problem by
its row. The preview shows a plan, and taking the roster in plans again: what is there may have changed in between.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import Any
from unicodedata import normalize

from points import access, db, sheets
from points.errors import N_, SheetTooLong
from points.models.people import Person
from points.sheets import Grid, Value
from points.texts import optional

KEPT_FOR = timedelta(days=7)
"""How long a roster waits to be taken in."""
KEEPERS = ("committee", "admin")
"""Who takes in a roster: of the whole village."""

TARGETS = {
    "": N_("不导入"),
    "number": N_("户号"),
    "head": N_("户主姓名"),
    "name": N_("姓名"),
    "relation": N_("与户主关系"),
    "lane": N_("街巷、村民小组"),
    "grid": N_("网格"),
    "address": N_("门牌地址"),
    "phone": N_("电话"),
}
"""What a column may be taken for."""

WAYS = {
    "number": N_("户号相同的是一户；没写户号的行，跟着上一行"),
    "head": N_("“户主姓名”这一列写了新的名字（或换了一个合并单元格），就是新的一户"),
    "relation": N_("“与户主关系”写着户主或本人的，是新一户的第一行"),
    "row": N_("每一行是一户"),
}
"""How households are told apart."""

_SECRET = re.compile("身份|证件|公民号|银行|卡号|账号|帐号|社保|医保")
_HEADINGS = (
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
_HEADS = {"户主", "本人", "户主本人", "家长", "户代表", "本户"}
_GONE = re.compile("已故|去世|死亡|亡故|迁出|外嫁|注销|^故$|^亡$")
_HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"


# --- numbers that name a person to the state or a bank ------------------------------------------------------------


_LONG = re.compile(r"\d{15,}[Xx]?")
_ROUNDED = re.compile(r"\d(?:\.\d+)?[Ee]\+?1[4-9]")
_STARRED = re.compile(r"\d{3,}[*×]{4,}[\dXx]{2,4}")
_TOKEN = re.compile(r"\d+[Xx]?")
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
    for first in range(len(tokens)):
        digits, groups = "", []
        for last in range(first, len(tokens)):
            if last > first and text[tokens[last - 1].end() : tokens[last].start()].strip(" -—–·.") != "":
                break
            digits += tokens[last].group()
            groups.append(len(tokens[last].group()))
            if len(digits) > 19:
                break
            if last > first and (_is_identity(digits) or _is_bank(digits, groups)):
                return tokens[first].start(), tokens[last].end()
    return None


def _is_identity(digits: str) -> bool:
    if not re.fullmatch(r"[1-8]\d{13,16}[\dXx]", digits) or len(digits) not in (15, 18):
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


# --- reading --------------------------------------------------------------------------------------------------------


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
                row[place], found = without_numbers(_plain(said))
                dropped += found
    bottom, heads = _headings(grid)
    secret = {place for place, head in enumerate(heads) if _SECRET.search(head)}
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
    return Roster(grid.name, grid.others, heads, rows, dict(beside), wrong, dropped, passed)


def _plain(said: Value) -> Value:
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
    if _SECRET.search(head):
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


# --- what the columns are -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Mapping:
    """What each column is taken for, how households are told apart, and the area of rows that name no lane."""

    columns: list[str]
    way: str
    area_id: int

    def dump(self, heads: Sequence[str]) -> str:
        """Return the mapping as it is kept, with the headings it was chosen for."""
        return json.dumps([self.columns, self.way, self.area_id, list(heads)], ensure_ascii=False)

    @classmethod
    def load(cls, kept: str) -> Mapping:
        """Read what `dump` returned."""
        columns, way, area_id, _heads = json.loads(kept)
        return cls(columns, way, area_id)


def guess(roster: Roster, area_id: int, before: str = "") -> Mapping:
    """Say what each column is taken for: as *before* (the village's last mapping) where its heading was the same."""
    known: dict[str, str] = {}
    if before:
        columns, _way, _area, heads = json.loads(before)
        known = {head: column for head, column in zip(heads, columns, strict=False) if head}
    columns = []
    for place, head in enumerate(roster.heads):
        kind = known.get(head, kind_of(head)) if head else None
        if kind is None and not _SECRET.search(head):
            kind = _by_values(samples(roster, place, 200), columns)
        columns.append(kind if kind and kind not in columns else "")
    return Mapping(columns, _way_of(roster, columns), area_id)


def samples(roster: Roster, place: int, most: int = 3) -> list[Value]:
    """Return the first different values of a column."""
    found: dict[Value, None] = {}
    for row in roster.rows:
        if len(row) > place + 1 and row[place + 1] is not None:
            found[row[place + 1]] = None
            if len(found) == most:
                break
    return list(found)


def _by_values(values: Sequence[Value], taken: Sequence[str]) -> str | None:
    texts = [re.sub(r"\s", "", str(value)) for value in values]
    if not texts:
        return None
    for kind, pattern in (
        ("phone", r"1[3-9]\d{9}(\.0)?"),
        ("relation", "户主|本人|妻|夫|配偶|子|女|儿子|女儿|长子|长女|次子|次女|父亲?|母亲?|儿媳|女婿|孙子?|孙女"),
        ("name", f"(?!.*[号巷组村路街栋户族])[{_HAN}]{{2,4}}|[{_HAN}]+·[{_HAN}]+"),
    ):
        if kind not in taken and sum(bool(re.fullmatch(pattern, text)) for text in texts) >= 0.8 * len(texts):
            return kind
    return None


def _way_of(roster: Roster, columns: Sequence[str]) -> str:
    if "number" in columns:
        return "number"
    if "relation" in columns:
        place = columns.index("relation") + 1
        if any(len(row) > place and row[place] in _HEADS for row in roster.rows):
            return "relation"
    return "head" if {"head", "name"} <= set(columns) else "row"


# --- what a cell means ----------------------------------------------------------------------------------------------


_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_CHINESE = re.compile(f"[{''.join(_DIGITS)}{''.join(_UNITS)}]+")


def arabic(text: str) -> str:
    """Write Chinese numbers as digits: 一百零三号 → 103号, 一二三 → 123, 东十二巷 → 东12巷."""
    return _CHINESE.sub(lambda found: str(_counted(found.group())), text)


def _counted(text: str) -> str:
    if not any(sign in _UNITS for sign in text):
        return "".join(str(_DIGITS[sign]) for sign in text)
    total, last = 0, 0
    for sign in text:
        if sign in _DIGITS:
            last = _DIGITS[sign]
        else:
            total, last = total + (last or 1) * _UNITS[sign], 0
    return str(total + last)


@lru_cache(maxsize=65536)
def alike(text: str) -> str:
    """Reduce a text to what two people would write alike: one width, digits, no blanks, no strokes."""
    return arabic(re.sub(r"[\s\-—_#,，、.。()（）第]", "", normalize("NFKC", text)).lower())


def household_number(said: Value) -> str:
    """Read a household's number: 0211, 211.0, 第211户, 二百一十一 are one. Raises `ValueError`."""
    text = str(int(said) if isinstance(said, float) and said.is_integer() else said)
    text = re.sub(r"\s", "", normalize("NFKC", text))
    text = re.sub(r"\.0+$", "", text).removeprefix("第").removesuffix("户").removesuffix("号")
    text = arabic(text) if _CHINESE.fullmatch(text) else text
    if not 0 < len(text) <= 12 or not re.fullmatch(rf"[0-9A-Za-z{_HAN}\-/.]+", text):
        raise ValueError(text)
    return text


def phone(said: Value) -> str:
    """Read a phone, the first if there are several: 13800000000.0, +86 138-0000-0000. Raises `ValueError`."""
    if isinstance(said, int | float):
        text = str(int(said)) if float(said).is_integer() else ""
    else:
        text = re.split(r"[/,;、，；或]", str(said).strip())[0]
    text = re.sub(r"\.0+$", "", re.sub(r"^(\+|00)86", "", re.sub(r"[\s\-—()]", "", text)))
    if not re.fullmatch(r"1[3-9]\d{9}|0\d{9,11}|[2-9]\d{5,7}|\d{3,6}", text):
        raise ValueError(text)
    return text


def person_name(said: Value) -> tuple[str, str]:
    """Read a name and the remark in brackets behind it. Raises `ValueError` for what is none."""
    text = str(said)
    remark = " ".join(re.findall(r"[(（【](.*?)[)）】]", text))
    text = re.sub(r"[(（【].*?[)）】]?$", "", text).strip()
    text = re.sub(rf"(?<=[{_HAN}])[•・‧∙.·]\s*(?=[{_HAN}])", "·", text)
    text = re.sub(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])", "", text)
    if (
        not 0 < len(text) <= 40
        or not re.fullmatch(rf"(?!\d)[\w{_HAN}][\w{_HAN}·'\- ]*", text)
        or re.search(r"\d", text)
    ):
        raise ValueError(text)
    return text, remark


# --- which rows are one household -----------------------------------------------------------------------------------


@dataclass(slots=True)
class Member:
    """A person in a roster."""

    row: int
    name: str
    phone: str | None
    heads: bool = False


@dataclass(slots=True)
class Home:
    """A household in a roster."""

    rows: list[int] = field(default_factory=list)
    number: str | None = None
    head: str | None = None
    lane: str | None = None
    grid: str | None = None
    address: str | None = None
    members: list[Member] = field(default_factory=list)
    head_phone: str | None = None
    left_out: set[str] = field(default_factory=set)


Problem = tuple[int, str, dict[str, Any]]

PROBLEMS = {
    "hidden": N_("这一行是隐藏的。请取消隐藏或筛选，或者删去这一行。"),
    "faulty": N_("这一行有错误值（如 #REF!）或没算出来的公式。请改成真正的内容。"),
    "bad_number": N_("户号“%(said)s”看不懂，最长 12 个字。请改好。"),
    "bad_name": N_("“%(said)s”不像一个姓名，或超过 40 个字。请核对姓名这一列。"),
    "bad_phone": N_("电话“%(said)s”看不懂。请写 11 位手机号；变成 1.38E+10 的，请把这一列设成文本再填。"),
    "bad_address": N_("地址太长，最多 60 个字。请写短一些。"),
    "bad_lane": N_("街巷或网格的名称太长，最多 60 个字。请写短一些。"),
    "gone": N_("“%(name)s”写着“%(remark)s”。名册不办迁出和去世，请删去这一行，到这一户的页面办理。"),
    "no_household": N_("不知道这一行是哪一户的：上面没有户主。请补上户号或户主。"),
    "nobody": N_("这一户一个人也没有。请填姓名。"),
    "two_heads": N_("同一户有两位户主：“%(first)s”和“%(second)s”。请核对户号。"),
    "two_lanes": N_("同一户写了两条街巷：“%(first)s”和“%(second)s”。请改成一样的。"),
    "twice": N_("同一户里“%(name)s”出现了两次，上一次在第 %(row)s 行。请去掉一行。"),
    "two_homes": N_("“%(name)s”（电话相同）也在第 %(row)s 行的另一户里。请只留一处。"),
    "same_number": N_("第 %(row)s 行的另一户也对应村里的第 %(number)s 户。请填户号分清。"),
    "which_home": N_("村里有 %(n)s 户像这一户。请填户号。"),
    "which_person": N_("村里有 %(n)s 位“%(name)s”，分不清是哪一位。请填电话或户号，或到本人的页面上改。"),
    "resting": N_("第 %(number)s 户已经停用或并入别的户。请换一个户号。"),
    "left": N_("“%(name)s”已登记离开。回来了的请先到本人的页面恢复，再导入。"),
    "no_lane": N_("还没有“%(name)s”。请管理员先在“地方和人员”里设好，或由管理员来导入。"),
    "which_lane": N_("有 %(n)s 处叫“%(name)s”。请加一列写明网格。"),
    "own": N_("这一户是您自家或亲属，按规定回避。请另一位干部来改。"),
    "officer": N_("“%(name)s”担任职责，名册不改。请到本人的页面上改。"),
}
"""What may be wrong with a row, and what to do."""


def group(roster: Roster, mapping: Mapping) -> tuple[list[Home], list[Problem]]:
    """Tell which rows are one household and who is in it; rows that cannot be read are problems and left out."""
    return _Grouping(roster, mapping).done()


class _Grouping:
    def __init__(self, roster: Roster, mapping: Mapping) -> None:
        self.roster, self.way = roster, mapping.way
        self.place = {target: at for at, target in enumerate(mapping.columns) if target}
        self.head_has_phone = "phone" in self.place and "户主" in roster.heads[self.place["phone"]]
        self.problems: list[Problem] = []
        self.homes: list[Home] = []
        self.by_number: dict[str, Home] = {}
        self.home: Home | None = None  # to which rows without a number or head belong

    def done(self) -> tuple[list[Home], list[Problem]]:
        mapped = set(self.place.values())
        for number, *cells in self.roster.rows:
            said = {target: cells[at] if at < len(cells) else None for target, at in self.place.items()}
            if not any(value is not None for value in said.values()):
                continue
            if number in self.roster.wrong:
                faults = self.roster.wrong[number]
                if not faults or mapped & set(faults):
                    self.wrong(number, "faulty" if faults else "hidden")
                    continue
            covered = set(self.roster.covered.get(number, ()))
            try:
                self.take(number, said, {target for target, at in self.place.items() if at in covered})
            except _Wrong as wrong:
                self.wrong(number, wrong.code, **wrong.values)
        for home in self.homes:
            self.finish(home)
        return [home for home in self.homes if home.members], self.problems

    def wrong(self, at: int, code: str, **values: Any) -> None:
        self.problems.append((at, code, values))

    def take(self, row: int, said: dict[str, Value], covered: set[str]) -> None:
        """Read one row into its household."""
        relation = "" if "relation" in covered else re.sub(r"\s", "", str(said.get("relation") or ""))
        before, self.home = (
            self.home,
            None,
        )  # should the row be wrong, the next ones do not fall to the household before
        key = self.number(said)
        if key is None and relation not in _HEADS and (said.get("head") is None or "head" in covered):
            self.home = before
        names = self.names(said, covered)
        heads = relation in _HEADS or any("户主" in remark for _name, remark in names)
        head = None if said.get("head") is None else person_name_or_wrong(said["head"])[0]
        home = self.home = self.home_of(key, head, heads, "head" in covered, before)
        home.left_out |= {name for name, _remark in names}
        for name, remark in [*names, (names[0][0] if names else "", relation)]:
            if _GONE.search(remark):
                raise _Wrong("gone", name=name, remark=remark)
        self.keep_places(home, said, head)
        number = None
        if said.get("phone") is not None and "phone" not in covered:
            try:
                number = phone(said["phone"])
            except ValueError:
                raise _Wrong("bad_phone", said=said["phone"]) from None
        if heads and names and home.head not in (None, names[0][0]):
            raise _Wrong("two_heads", first=home.head, second=names[0][0])
        home.rows.append(row)
        home.left_out -= {name for name, _remark in names}
        if number and (self.head_has_phone or not names):
            home.head_phone, number = home.head_phone or number, None
        if heads and names:
            home.head = names[0][0]
        for at, (name, _remark) in enumerate(names):
            leads = name == home.head or (self.way == "row" and at == 0)
            home.members.append(Member(row, name, number if at == 0 else None, leads))

    def number(self, said: dict[str, Value]) -> str | None:
        """Read the household's number of a row, if it has one."""
        if said.get("number") is None:
            return None
        try:
            return household_number(said["number"])
        except ValueError:
            raise _Wrong("bad_number", said=str(said["number"])[:40]) from None

    def names(self, said: dict[str, Value], covered: set[str]) -> list[tuple[str, str]]:
        """Return who stands in a row, each with the remark in brackets; several names in a cell are several people."""
        target = "name" if "name" in self.place else "head"
        value = said.get(target)
        if value is None or target in covered:
            return []
        parts = [part for part in re.split(r"[、,，;；/]", str(value)) if part.strip()]
        return [person_name_or_wrong(part) for part in parts]

    def home_of(self, key: str | None, head: str | None, heads: bool, covered: bool, home: Home | None) -> Home:
        """Find or begin the household of a row."""
        if self.way == "number" and key is not None:
            return self.by_number.get(key.lstrip("0")) or self.begin(key)
        begins = {
            "number": heads or (head is not None and not covered and home is not None and head != home.head),
            "head": head is not None and not covered and (heads or home is None or head != home.head),
            "relation": heads,
            "row": True,
        }[self.way]
        if begins:
            return self.begin(key)
        if home is None:
            raise _Wrong("no_household")
        return home

    def begin(self, key: str | None) -> Home:
        home = Home(number=key)
        self.homes.append(home)
        if key is not None and self.way == "number":
            self.by_number[key.lstrip("0")] = home
        return home

    def keep_places(self, home: Home, said: dict[str, Value], head: str | None) -> None:
        for target, limit, code in (("lane", 60, "bad_lane"), ("grid", 60, "bad_lane"), ("address", 60, "bad_address")):
            if said.get(target) is None:
                continue
            text = str(said[target]).strip()
            text = f"{text}组" if target == "lane" and re.fullmatch(r"\d{1,3}", text) else text
            if len(text) > limit:
                raise _Wrong(code)
            before = getattr(home, target)
            if before is None:
                setattr(home, target, text)
            elif target == "lane" and alike(before) != alike(text):
                raise _Wrong("two_lanes", first=before, second=text)
        if head is not None:
            if home.head is not None and home.head != head:
                raise _Wrong("two_heads", first=home.head, second=head)
            home.head = head

    def finish(self, home: Home) -> None:
        """Put the head among the people, and take out who comes twice."""
        known = home.left_out | {member.name for member in home.members}
        if home.rows and home.head and home.head not in known:
            home.members.insert(0, Member(home.rows[0], home.head, home.head_phone, True))
        first: dict[str, int] = {}
        for member in list(home.members):
            if member.heads and home.head_phone and not member.phone:
                member.phone = home.head_phone
            if member.name in first:
                home.members.remove(member)
                self.wrong(member.row, "twice", name=member.name, row=first[member.name])
            first.setdefault(member.name, member.row)
        if not home.members and home.rows:
            self.wrong(home.rows[0], "nobody")


class _Wrong(Exception):
    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def person_name_or_wrong(said: Value) -> tuple[str, str]:
    """Read a name, for `group`."""
    try:
        return person_name(said)
    except ValueError:
        raise _Wrong("bad_name", said=str(said)[:40]) from None


# --- what would change ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Plan:
    """What a roster would change in a village. A reference below zero is the -n-th new area or household.

    areas: row, kind, name, parent. homes: row, number, address, area. people: row, household, name, phone.
    home_edits: row, id, before and after (area, address). person_edits: row, id, before and after (name, phone).
    moves: row, id, before (household, area), after (household). absent: number, name or nothing, id: who is there and
    not in the file. *problems* by row, of *wrong* rows in all; *same* people need no change.
    """

    areas: list[list[Any]] = field(default_factory=list)
    homes: list[list[Any]] = field(default_factory=list)
    people: list[list[Any]] = field(default_factory=list)
    home_edits: list[list[Any]] = field(default_factory=list)
    person_edits: list[list[Any]] = field(default_factory=list)
    moves: list[list[Any]] = field(default_factory=list)
    absent: list[list[Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    wrong: set[int] = field(default_factory=set)
    same: int = 0
    labels: dict[int, tuple[str, int]] = field(default_factory=dict)

    @property
    def changes(self) -> int:
        """How many things would change."""
        return sum(map(len, (self.areas, self.homes, self.people, self.home_edits, self.person_edits, self.moves)))

    @property
    def digest(self) -> str:
        """What the plan would do, in short: the same when nothing relevant has changed since."""
        said = [self.areas, self.homes, self.people, self.home_edits, self.person_edits, self.moves, len(self.wrong)]
        return sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def plan(roster: Roster, mapping: Mapping, *, village_id: int, actor: Person) -> Plan:
    """Compare a roster with what a village holds now, as far as *actor* may change it."""
    homes, problems = group(roster, mapping)
    planning = _Planning(village_id, actor, mapping.area_id)
    planning.plan.problems += problems
    planning.plan.wrong |= {row for row, _code, _values in problems}
    planning.compare(homes)
    planning.plan.problems.sort(key=lambda problem: problem[0])
    return planning.plan


@dataclass(slots=True)
class _There:
    """A person who is there."""

    id: int
    household_id: int
    name: str
    phone: str | None
    active: bool


class _Planning:
    def __init__(self, village_id: int, actor: Person, area_id: int) -> None:
        self.plan = Plan()
        self.related = access.related_households(actor)
        self.opens = access.holds(actor, ("admin",), village_id)
        self.village_id = village_id
        self.areas = {
            id_: (kind, name, parent) for id_, kind, name, parent in db.execute(_AREAS, (village_id,)).fetchall()
        }
        self.area_id = area_id if area_id in self.areas else village_id
        self.named: dict[str, list[int]] = defaultdict(list)
        for id_, (_kind, name, _parent) in self.areas.items():
            self.named[alike(name)].append(id_)
        self.homes = {row[0]: row for row in db.execute(_HOMES, (village_id,)).fetchall()}
        self.by_number = {number.lstrip("0").lower(): id_ for id_, number, *_ in self.homes.values()}
        self.people = [_There(*row) for row in db.execute(_PEOPLE, (village_id,)).fetchall()]
        self.in_home: dict[int, list[_There]] = defaultdict(list)
        self.by_name: dict[str, list[_There]] = defaultdict(list)
        for person in self.people:
            self.in_home[person.household_id].append(person)
            if person.active:
                self.by_name[person.name].append(person)
        self.officers = {id_ for (id_,) in db.execute(_OFFICERS, (village_id,)).fetchall()}
        digits = [number for _id, number, *_ in self.homes.values() if number.isascii() and number.isdigit()]
        self.last = max((int(number) for number in digits), default=0)
        self.width = max(map(len, digits), default=0)

    def wrong(self, home: Home, code: str, **values: Any) -> None:
        """Leave a household out, all its rows."""
        self.plan.problems.append((home.rows[0], code, values))
        self.plan.wrong |= set(home.rows)

    def leave(self, member: Member, code: str, **values: Any) -> None:
        """Leave one row out."""
        self.plan.problems.append((member.row, code, values))
        self.plan.wrong.add(member.row)

    def compare(self, homes: Sequence[Home]) -> None:
        given = [home.number for home in homes if home.number is not None]
        digits = [number for number in given if number.isascii() and number.isdigit()]
        self.width = self.width or max(4, *map(len, digits), 4)
        self.last = max(self.last, max((int(number) for number in digits if len(number) <= self.width), default=0))
        self.refuse_twins(homes)
        matched: dict[int, Home] = {}
        known: list[tuple[Home, int | None, int]] = []
        for home in homes:
            if not home.members:
                continue
            area = self.area_of(home)
            if area is None:
                continue
            found = self.find(home, area)
            if found is None:
                continue
            if found and found in matched:
                self.wrong(home, "same_number", row=matched[found].rows[0], number=self.homes[found][1])
                continue
            if found:
                matched[found] = home
            known.append((home, found or None, area))
        refs: list[tuple[Home, int, int]] = []
        for home, found, area in known:
            if found is None:
                self.plan.homes.append([home.rows[0], self.number_for(home), home.address or "", area])
                refs.append((home, -len(self.plan.homes), area))
            else:
                refs.append((home, found, area))
                self.edit_home(home, found, area)
        self.match_people(refs)
        self.list_absent(matched)

    def refuse_twins(self, homes: Sequence[Home]) -> None:
        """Refuse a person whose name and phone stand in two households of the roster."""
        first: dict[tuple[str, str], tuple[int, int]] = {}
        for at, home in enumerate(homes):
            for member in list(home.members):
                if member.phone is None:
                    continue
                there, row = first.setdefault((member.name, member.phone), (at, member.row))
                if there != at:
                    home.members.remove(member)
                    self.leave(member, "two_homes", name=member.name, row=row)

    # --- where ------------------------------------------------------------------------------------------------------

    def area_of(self, home: Home) -> int | None:
        """Return the area a household is to stand in, 0 when the roster does not say, None after a problem."""
        grid = self.named_area(home, home.grid, "grid", self.village_id) if home.grid else 0
        if grid is None:
            return None
        if not home.lane:
            return grid
        return self.named_area(home, home.lane, "lane", grid or 0)

    def named_area(self, home: Home, name: str, kind: str, parent: int) -> int | None:
        found = [id_ for id_ in self.named[alike(name)] if not parent or self.lies_in(id_, parent)]
        if len(found) > 1:
            found = [id_ for id_ in found if self.areas[id_][0] == kind] or found
        if len(found) == 1:
            return found[0]
        if len(found) > 1:
            self.wrong(home, "which_lane", n=len(found), name=name)
            return None
        if not self.opens:
            self.wrong(home, "no_lane", name=name)
            return None
        grids = [id_ for id_, (other, _name, _parent) in self.areas.items() if other == "grid" and id_ > 0]
        above = parent or (grids[0] if kind == "lane" and len(grids) == 1 else self.village_id)
        self.plan.areas.append([home.rows[0], kind, name, above])
        made = -len(self.plan.areas)
        self.areas[made] = (kind, name, above)
        self.named[alike(name)].append(made)
        return made

    def lies_in(self, area_id: int, above: int) -> bool:
        while area_id != above and area_id != self.village_id:
            area_id = self.areas[area_id][2]
        return area_id == above

    # --- which household ----------------------------------------------------------------------------------------------

    def find(self, home: Home, area: int) -> int | None:
        """Return the household that is meant, 0 for a new one, None after a problem."""
        if home.number is not None:
            found = int(self.by_number.get(home.number.lstrip("0").lower(), 0))
            if found and not self.homes[found][4]:
                self.wrong(home, "resting", number=self.homes[found][1])
                return None
            return found
        votes: Counter[int] = Counter()
        for member in home.members:
            for person in self.by_name.get(member.name, ()):
                if self.homes[person.household_id][4]:
                    sure = person.phone is not None and person.phone == member.phone
                    votes[person.household_id] += 3 if sure else 2 if member.heads else 1
        if home.address:
            for id_ in votes:
                votes[id_] += 2 * (alike(self.homes[id_][3]) == alike(home.address) != "")
        best = [id_ for id_, n in votes.items() if n == max(votes.values())]
        leader = next((member for member in home.members if member.heads), home.members[0])
        best = [id_ for id_ in best if self.is_home_of(leader, home, id_, votes[id_])]
        elsewhere = len(best) == 1 and area and area != self.homes[best[0]][2] and votes[best[0]] < 3
        if len(best) > 1 or elsewhere:
            self.wrong(home, "which_home", n=len(best))
            return None
        return best[0] if best else 0

    def is_home_of(self, leader: Member, home: Home, id_: int, votes: int) -> bool:
        """Tell whether a household that shares names is the one: its head lives there, and nobody else is so called."""
        living = {person.name for person in self.in_home[id_] if person.active}
        return leader.name in living and (votes > 2 or len(home.members) == 1 or len(living) == 1)

    def number_for(self, home: Home) -> str:
        if home.number is None:
            self.last += 1
            return str(self.last).zfill(self.width)
        return home.number.zfill(self.width) if home.number.isascii() and home.number.isdigit() else home.number

    def edit_home(self, home: Home, id_: int, area: int) -> None:
        _id, _number, area_id, address, _active = self.homes[id_]
        after: dict[str, Any] = {}
        if area and area != area_id:
            after["area"] = area
        if home.address and alike(home.address) != alike(address):
            after["address"] = home.address
        if after and id_ in self.related:
            self.wrong(home, "own")
        elif after:
            before = {name: {"area": area_id, "address": address}[name] for name in after}
            self.plan.home_edits.append([home.rows[0], id_, before, after])

    # --- who ----------------------------------------------------------------------------------------------------------

    def match_people(self, refs: Sequence[tuple[Home, int, int]]) -> None:
        """Match everybody of the roster: first within the household, then those who seem to have moved."""
        strange: list[tuple[Member, int]] = []
        self.met: set[int] = set()
        for home, ref, area in refs:
            if ref < 0 and not area:
                self.plan.homes[-ref - 1][3] = self.area_id
            for member in home.members:
                if member.row in self.plan.wrong and set(home.rows) <= self.plan.wrong:
                    continue
                if not self.match_within(member, ref):
                    strange.append((member, ref))
        absent: dict[str, list[_There]] = defaultdict(list)
        for _home, ref, _area in refs:
            for person in self.in_home.get(ref, ()):
                if person.active and person.id not in self.met:
                    absent[person.name].append(person)
        for member, ref in strange:
            self.match_beyond(member, ref, absent)
        kept = {ref for _row, ref, *_ in self.plan.people} | {after["household"] for *_, after in self.plan.moves}
        self.drop_empty(kept)

    def match_within(self, member: Member, ref: int) -> bool:
        """Match a person by name within the household, or by phone where one sign of the name was corrected."""
        there = self.in_home.get(ref, [])
        same = [person for person in there if person.name == member.name and person.active]
        if len(same) > 1:
            self.leave(member, "which_person", n=len(same), name=member.name)
            return True
        if not same and any(person.name == member.name for person in there):
            self.leave(member, "left", name=member.name)
            return True
        if not same and member.phone:
            same = [
                person
                for person in there
                if person.active and person.phone == member.phone and _one_sign_apart(person.name, member.name)
            ]
            same = [person for person in same if person.id not in self.met][:1]
        if not same:
            return False
        person = same[0]
        self.met.add(person.id)
        after = {}
        if person.name != member.name:
            after["name"] = member.name
        if member.phone and member.phone != person.phone:
            after["phone"] = member.phone
        if not after:
            self.plan.same += 1
        elif self.may_touch(member, person):
            before = {name: getattr(person, name) for name in after}
            self.plan.person_edits.append([member.row, person.id, before, after])
            self.plan.labels[person.id] = (person.name, person.household_id)
        return True

    def match_beyond(self, member: Member, ref: int, absent: dict[str, list[_There]]) -> None:
        """Let a person move who is missing elsewhere, or has the same phone elsewhere; else it is a new one."""
        by_phone = [
            person
            for person in self.by_name.get(member.name, ())
            if member.phone and person.phone == member.phone and person.id not in self.met
        ]
        found = by_phone or [
            person
            for person in absent.get(member.name, ())
            if person.id not in self.met and not (member.phone and person.phone and member.phone != person.phone)
        ]
        if len(found) > 1:
            self.leave(member, "which_person", n=len(found), name=member.name)
        elif found:
            person = found[0]
            self.met.add(person.id)
            if person.household_id in self.related or ref in self.related:
                self.leave(member, "own")
            elif self.may_touch(member, person):
                before = {"household": person.household_id}
                self.plan.moves.append([member.row, person.id, before, {"household": ref}])
                self.plan.labels[person.id] = (person.name, person.household_id)
                if member.phone and member.phone != person.phone:
                    changed = [{"phone": person.phone}, {"phone": member.phone}]
                    self.plan.person_edits.append([member.row, person.id, *changed])
        elif ref in self.related:
            self.leave(member, "own")
        else:
            self.plan.people.append([member.row, ref, member.name, member.phone])

    def may_touch(self, member: Member, person: _There) -> bool:
        if person.household_id in self.related:
            self.leave(member, "own")
        elif person.id in self.officers:
            self.leave(member, "officer", name=person.name)
        else:
            return True
        return False

    def drop_empty(self, kept: set[int]) -> None:
        """Open no household into which nobody comes, and no area that nobody needs; the references close ranks."""
        place = {-at: at for at in range(1, len(self.plan.homes) + 1)}
        stays = [ref for ref in place if ref in kept]
        fresh = {ref: -at for at, ref in enumerate(stays, 1)}
        self.plan.homes = [self.plan.homes[-ref - 1] for ref in stays]
        for row in self.plan.people:
            row[1] = fresh.get(row[1], row[1])
        for row in self.plan.moves:
            row[3]["household"] = fresh.get(row[3]["household"], row[3]["household"])
        used = {home[3] for home in self.plan.homes} | {edit[3].get("area", 0) for edit in self.plan.home_edits}
        for at in range(len(self.plan.areas), 0, -1):
            if -at in used:
                used.add(self.plan.areas[at - 1][3])
        stays = [-at for at in range(1, len(self.plan.areas) + 1) if -at in used]
        fresh = {ref: -at for at, ref in enumerate(stays, 1)}
        self.plan.areas = [self.plan.areas[-ref - 1] for ref in stays]
        for area in self.plan.areas:
            area[3] = fresh.get(area[3], area[3])
        for home in self.plan.homes:
            home[3] = fresh.get(home[3], home[3])
        for edit in self.plan.home_edits:
            if "area" in edit[3]:
                edit[3]["area"] = fresh.get(edit[3]["area"], edit[3]["area"])

    def list_absent(self, matched: dict[int, Home]) -> None:
        """List who is there and not in the file: people of its households, and households of the areas it names."""
        moved = {id_ for _row, id_, *_ in self.plan.moves}
        lanes = {self.homes[id_][2] for id_ in matched}
        for id_, number, area_id, _address, active in sorted(self.homes.values(), key=lambda row: row[1]):
            if not active:
                continue
            if id_ in matched:
                for person in self.in_home[id_]:
                    if person.active and person.id not in self.met and person.id not in moved:
                        self.plan.absent.append([number, person.name, person.id])
            elif area_id in lanes:
                self.plan.absent.append([number, "", id_])


def _one_sign_apart(one: str, other: str) -> bool:
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1


_AREAS = (
    "SELECT area.id, area.kind, area.name, area.parent_id FROM area JOIN area_ancestor ON "
    "area_ancestor.descendant_id = area.id WHERE area_ancestor.ancestor_id = ? ORDER BY area.id"
)
_HOMES = "SELECT id, number, area_id, address, active FROM household WHERE village_id = ? ORDER BY id"
_PEOPLE = (
    "SELECT person.id, person.household_id, person.name, person.phone, person.active FROM person "
    "JOIN household ON household.id = person.household_id WHERE household.village_id = ? ORDER BY person.id"
)
_OFFICERS = (
    "SELECT DISTINCT role.person_id FROM role JOIN person ON person.id = role.person_id JOIN household ON "
    "household.id = person.household_id WHERE household.village_id = ? AND role.ended_at IS NULL"
)


# --- what the preview shows -----------------------------------------------------------------------------------------


Item = tuple[str, int, str, str, dict[str, Any]]
"""A line of the preview: its kind, the row, the household's number, the person, and what is said of it."""

KINDS = {
    "problem": N_("有问题"),
    "open_area": N_("新的街巷、网格"),
    "open_household": N_("新户"),
    "add_person": N_("新增的人"),
    "edit_household": N_("改住处"),
    "edit_person": N_("改姓名、电话"),
    "move_person": N_("搬到别的户"),
    "absent": N_("村里有、表里没有"),
}
"""Kinds of lines of the preview, in their order."""


def items(found: Plan, village_id: int) -> list[Item]:
    """Put a plan into lines that a page can show; numbers and names of areas come from what is there and will be."""
    numbers: dict[int, str] = dict(
        db.execute("SELECT id, number FROM household WHERE village_id = ?", (village_id,)).fetchall()
    )
    numbers |= {-at: home[1] for at, home in enumerate(found.homes, 1)}
    names: dict[int, str] = {row[0]: row[2] for row in db.execute(_AREAS, (village_id,)).fetchall()}
    names |= {-at: area[2] for at, area in enumerate(found.areas, 1)}
    lines: list[Item] = [("problem", row, "", "", {"code": code, **said}) for row, code, said in found.problems]
    lines += [
        ("open_area", row, "", "", {"name": name, "kind": kind, "in": names[above]})
        for row, kind, name, above in found.areas
    ]
    lines += [
        ("open_household", row, number, "", {"area": names[area], "address": address})
        for row, number, address, area in found.homes
    ]
    lines += [("add_person", row, numbers[ref], name, {"phone": tel or ""}) for row, ref, name, tel in found.people]
    for row, id_, before, after in found.home_edits:
        said = {name: [names.get(was, was), names.get(after[name], after[name])] for name, was in before.items()}
        lines.append(("edit_household", row, numbers[id_], "", said))
    for row, id_, before, after in found.person_edits:
        changed = {name: [was or "", after[name]] for name, was in before.items()}
        name, ref = found.labels[id_]
        lines.append(("edit_person", row, numbers[ref], name, changed))
    for row, id_, before, after in found.moves:
        both = {"from": numbers[before["household"]], "to": numbers[after["household"]]}
        lines.append(("move_person", row, both["to"], found.labels[id_][0], both))
    lines += [("absent", 0, number, name, {}) for number, name, _id in found.absent]
    order = list(KINDS)
    return sorted(lines, key=lambda line: (order.index(line[0]), line[1]))


def counts(found: Plan) -> dict[str, Any]:
    """Count what a plan would do, and name it by its digest."""
    return {
        "open_area": len(found.areas),
        "open_household": len(found.homes),
        "add_person": len(found.people),
        "edit_household": len(found.home_edits),
        "edit_person": len(found.person_edits),
        "move_person": len(found.moves),
        "absent": len(found.absent),
        "problem": len(found.problems),
        "wrong": len(found.wrong),
        "same": found.same,
        "digest": found.digest,
    }


def only(lines: Iterable[Item], kind: str) -> list[Item]:
    """Return the lines of one kind, or all."""
    return [line for line in lines if not kind or line[0] == kind]
