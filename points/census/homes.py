"""Which rows are one household and who is in it, with every problem by its row."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from points.census.cells import HEADS, alike, day, household_number, person_name, phone
from points.census.columns import Mapping
from points.census.reading import Roster
from points.errors import N_
from points.sheets import Value

_GONE = re.compile("已故|去世|死亡|亡故|迁出|外嫁|注销|^故$|^亡$")


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
    "bad_day": N_("“%(said)s”不是日期。请写成 2026-03-05 这样；没有离开的人，这一格空着。"),
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
    "by_two": N_("“%(name)s”有卡、有账号，或者家里有人担任职责，搬户要两个人办。请到原来那一户的页面办变动。"),
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
        before, self.home = self.home, None  # should the row be wrong, the next are not the last household's
        key = self.number(said)
        if key is None and relation not in HEADS and (said.get("head") is None or "head" in covered):
            self.home = before
        names = self.names(said, covered)
        heads = relation in HEADS or any("户主" in remark for _name, remark in names)
        head = None if said.get("head") is None else _name(said["head"])[0]
        home = self.home = self.home_of(key, head, heads, "head" in covered, before)
        home.left_out |= {name for name, _remark in names}
        for name, remark in [*names, (names[0][0] if names else "", relation)]:
            if _GONE.search(remark):
                raise _Wrong("gone", name=name, remark=remark)
        if names and said.get("left") is not None and "left" not in covered:
            raise _Wrong("gone", name=names[0][0], remark=_day(said["left"]).isoformat())
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
        return [_name(part) for part in parts]

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


def _name(said: Value) -> tuple[str, str]:
    try:
        return person_name(said)
    except ValueError:
        raise _Wrong("bad_name", said=str(said)[:40]) from None


def _day(said: Value) -> date:
    try:
        return day(said)
    except (ValueError, OverflowError):
        raise _Wrong("bad_day", said=str(said)[:40]) from None
