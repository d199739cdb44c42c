"""The rule book as a spreadsheet: the items in the words of the page, each error named by its row and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from points import sheets
from points.errors import PointsError
from points.models.rules import (
    CAP_HOLDERS,
    CAP_PERIODS,
    CATEGORIES,
    EFFECTS,
    EVIDENCE,
    REPORTERS,
    UNITS,
    RuleBook,
)
from points.services import rule_book
from points.services.rule_book import Item
from points.web.edge import label
from points.web.errors import sentence
from points.web.text import gettext as _


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell, or (column empty) with a row of the sheet, counted as the person sees it."""

    row: int
    column: str
    what: str


WORDS: dict[str, tuple[str, ...]] = {
    "category": CATEGORIES,
    "effect": EFFECTS,
    "unit": UNITS,
    "cap_period": CAP_PERIODS,
    "cap_holder": CAP_HOLDERS,
    "reporter": REPORTERS,
}
WIDTHS = {"name": 30, "evidence": 30, "needs": 16, "reporter": 16, "valid_from": 12, "valid_to": 12}


def headings() -> dict[str, str]:
    """Return the heading of each field of an item, in the order of the columns."""
    return {
        "code": _("编号"),
        "category": _("类别"),
        "name": _("项目"),
        "effect": _("作用"),
        "points": _("分值"),
        "unit": _("怎么算"),
        "cap": _("最多几次"),
        "cap_period": _("周期"),
        "evidence": _("凭据"),
        "needs": _("必须有"),
        "reporter": _("谁可以报"),
        "voices": _("要几票"),
        "cap_holder": _("次数按谁算"),
        "counts_to_cap": _("计入每月封顶"),
        "discreet": _("公示只写类别"),
        "valid_from": _("从哪天起"),
        "valid_to": _("到哪天止"),
    }


def shown(name: str, value: Any) -> Any:
    """Return a field's value as the sheet shows it."""
    if name in WORDS:
        return label(value)
    if name == "needs":
        return "、".join(label(word) for word in value.split(",") if word)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return value


def write(book: RuleBook, items: Iterable[Item]) -> bytes:
    """Write a book's items as a spreadsheet."""
    heads = headings()
    return sheets.write(
        _("积分细则第 %(version)s 版", version=book.version),
        list(heads.values()),
        [[shown(name, getattr(item, name)) for name in heads] for item in items],
        widths=[WIDTHS.get(name, 12) for name in heads],
        notes=[
            _("第一行不要改。去掉一项：删去那一行。添加一项：填在最后，编号空着。"),
            *(
                _("%(column)s：%(words)s", column=heads[name], words="、".join(label(word) for word in words))
                for name, words in (WORDS | {"needs": EVIDENCE}).items()
            ),
            _("“最多几次”空着就是不限；“要几票”空着就是按本村设置；“必须有”可以写几样，用顿号隔开。"),
        ],
    )


def read(data: bytes, book: RuleBook) -> tuple[list[Item], list[Fault]]:
    """Read the items of a draft from a spreadsheet, and name everything that is wrong with it. Raises `BadSheet`."""
    heads = headings()
    items: list[Item] = []
    rows: list[int] = []
    faults: list[Fault] = []
    for row in sheets.read(data, [sheets.Column(head) for head in heads.values()], most_rows=rule_book.MOST_ITEMS):
        values: dict[str, Any] = {}
        troubles = [Fault(row.number, "", trouble) for trouble in row.errors]
        for name, head in () if troubles else heads.items():
            try:
                values[name] = _READ.get(name, _read_text)(name, row.values[head])
            except ValueError as wrong:
                troubles.append(Fault(row.number, head, str(wrong)))
        if troubles:
            faults += troubles
        else:
            items.append(Item(**values))
            rows.append(row.number)
    items = rule_book.recognised(book.id, items)
    _tidy, wrong_items = rule_book.look_over(book, items)
    faults += [Fault(rows[place], _column(refusal, heads), sentence(refusal)) for place, refusal in wrong_items]
    return items, sorted(faults, key=lambda fault: fault.row)


def _column(refusal: PointsError, heads: dict[str, str]) -> str:
    """Return the heading that a rule's refusal is about."""
    about = {"ClashingName": heads["name"], "ItemAboveLimit": heads["points"]}
    return about.get(refusal.code) or _(str(refusal.values.get("what", "")))


def _read_text(name: str, value: sheets.Value) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)


def _read_word(name: str, value: sheets.Value) -> str:
    text = _read_text(name, value)
    if not text and name in _DEFAULTS:
        return str(_DEFAULTS[name])
    for word in WORDS[name]:
        if text in (label(word), word):
            return word
    words = "、".join(label(word) for word in WORDS[name])
    raise ValueError(_("“%(said)s”不认识，请写 %(words)s 中的一个。", said=text, words=words))


def _read_needs(name: str, value: sheets.Value) -> str:
    known = {label(word): word for word in EVIDENCE}
    found = [part for part in re.split(r"[、，,；;\s]+", _read_text(name, value)) if part]
    for part in found:
        if part not in known:
            raise ValueError(_("“%(said)s”不认识，请写 %(words)s 中的几样。", said=part, words="、".join(known)))
    return ",".join(known[part] for part in found)


def _read_number(name: str, value: sheets.Value) -> int | None:
    if value in (None, ""):
        if name == "points":
            raise ValueError(_("空着。请填整数。"))
        return 0 if name == "code" else None
    try:
        return sheets.as_whole(value)
    except ValueError:
        raise ValueError(_("“%(said)s”不是整数。", said=value)) from None


def _read_yes(name: str, value: sheets.Value) -> bool:
    text = _read_text(name, value)
    if not text:
        return bool(_DEFAULTS[name])
    if text in (_("是"), _("否")):
        return text == _("是")
    raise ValueError(_("“%(said)s”不认识，请写“是”或“否”。", said=text))


def _read_day(name: str, value: sheets.Value) -> date | None:
    if value in (None, ""):
        return None
    try:
        return sheets.as_day(value)
    except ValueError:
        raise ValueError(_("“%(said)s”不是日期，请写成 2026-11-20 这样。", said=value)) from None


_DEFAULTS = {field.name: field.default for field in fields(Item) if isinstance(field.default, str | bool)}
_READ: dict[str, Callable[[str, sheets.Value], Any]] = {
    **dict.fromkeys(WORDS, _read_word),
    **dict.fromkeys(("code", "points", "cap", "voices"), _read_number),
    **dict.fromkeys(("counts_to_cap", "discreet"), _read_yes),
    **dict.fromkeys(("valid_from", "valid_to"), _read_day),
    "needs": _read_needs,
}
