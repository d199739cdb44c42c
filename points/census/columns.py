"""What each column is taken for, by its heading or its values, and how households are told apart."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from points.census.cells import HAN, HEADS
from points.census.reading import SECRET, Roster, kind_of
from points.errors import N_
from points.sheets import Value

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
    "left": N_("去世、迁出的日期"),
}
"""What a column may be taken for."""

WAYS = {
    "number": N_("户号相同的是一户；没写户号的行，跟着上一行"),
    "head": N_("“户主姓名”这一列写了新的名字（或换了一个合并单元格），就是新的一户"),
    "relation": N_("“与户主关系”写着户主或本人的，是新一户的第一行"),
    "row": N_("每一行是一户"),
}
"""How households are told apart."""


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
        if kind is None and not SECRET.search(head):
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
        ("name", f"(?!.*[号巷组村路街栋户族])[{HAN}]{{2,4}}|[{HAN}]+·[{HAN}]+"),
    ):
        if kind not in taken and sum(bool(re.fullmatch(pattern, text)) for text in texts) >= 0.8 * len(texts):
            return kind
    return None


def _way_of(roster: Roster, columns: Sequence[str]) -> str:
    if "number" in columns:
        return "number"
    if "relation" in columns:
        place = columns.index("relation") + 1
        if any(len(row) > place and row[place] in HEADS for row in roster.rows):
            return "relation"
    return "head" if {"head", "name"} <= set(columns) else "row"
