"""A shop's goods as a spreadsheet: one row each, in the words of the page, each error named by its row and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from points import sheets
from points.errors import GoodsForbidden, PointsError
from points.forbidden import require_allowed
from points.models.goods import GOODS_CATEGORIES, LIMIT_PERIODS
from points.models.shop import Shop
from points.queries.shop import Shelved
from points.services import goods
from points.services.goods import Change
from points.web.edge import label, yuan
from points.web.errors import sentence
from points.web.forms.rule_sheet import Fault
from points.web.text import gettext as _

WIDTHS = {"name": 30, "barcodes": 30}


def headings() -> dict[str, str]:
    """Return the heading of each fact, in the order of the columns."""
    return {
        "name": _("名称"),
        "unit": _("单位"),
        "category": _("类别"),
        "price": _("价格"),
        "cost_fen": _("进价"),
        "barcodes": _("条码"),
        "limit_household": _("每户最多"),
        "limit_person": _("每人最多"),
        "limit_period": _("限量周期"),
        "valid_from": _("从哪天起"),
        "valid_to": _("到哪天止"),
        "low_at": _("剩多少算少"),
        "hidden": _("下架"),
    }


def shown(name: str, value: Any) -> Any:
    """Return a fact's value as the sheet shows it."""
    match name:
        case "limit_period":
            return label(value)
        case "barcodes":
            return "、".join(value)
        case "cost_fen":
            return float(Decimal(value) / 100)
        case "hidden":
            return _("是") if value else _("否")
    return value


def said(name: str, value: Any) -> Any:
    """Return a fact's value as the page shows it, an absent one as a dash."""
    return "—" if value in (None, (), "") else yuan(value) if name == "cost_fen" else shown(name, value)


def write(shop: Shop, listed: Iterable[Shelved], barcodes: Mapping[int, Sequence[str]]) -> bytes:
    """Write goods as a spreadsheet, with how many are there beside what may be changed."""
    heads = headings()
    rows = []
    for one in listed:
        facts = one._asdict() | {"barcodes": barcodes.get(one.id, ())}
        rows.append([*(shown(name, facts[name]) for name in heads), one.on_hand, one.reserved])
    return sheets.write(
        _("%(shop)s的商品", shop=shop.name),
        [*heads.values(), _("库存"), _("已预约")],
        rows,
        widths=[WIDTHS.get(name, 12) for name in heads] + [10, 10],
        notes=[
            _("第一行不要改。表里没有的商品不动；要下架，在“下架”一列写“是”。"),
            _("一行是哪样商品，先看名称，再看条码。名称没有见过、条码是已有商品的：给它改名。都没有见过：新上架。"),
            _("不想改的列可以整列删去，只留“名称”和要改的列。库存和已预约只供看，改了也不算：进货请到进货页面记。"),
            _("“价格”是多少分；“进价”是多少元。条码可以写几个，用顿号隔开。每户、每人最多空着就是不限。"),
            _("类别：%(words)s", words="、".join(GOODS_CATEGORIES)),
            _("限量周期：%(words)s", words="、".join(label(word) for word in LIMIT_PERIODS)),
            _("现金、购物卡券、烟、酒、药品不能上架。"),
        ],
    )


def read(data: bytes, shop_id: int) -> tuple[list[dict[str, Any]], list[Change], list[Fault]]:
    """Read what a spreadsheet tells of a shop's goods: its rows, what they would change, and everything that is wrong.

    Raises `BadSheet`.
    """
    heads = headings()
    columns = [sheets.Column(head, _ALSO.get(name, ()), required=name == "name") for name, head in heads.items()]
    given: list[dict[str, Any]] = []
    numbers: list[int] = []
    faults: list[Fault] = []
    for row in sheets.read(data, columns, most_rows=goods.MOST_ROWS):
        values: dict[str, Any] = {}
        troubles = [Fault(row.number, "", trouble) for trouble in row.errors]
        for name, head in () if troubles else heads.items():
            if head in row.values:
                try:
                    values |= _cell(name, row.values[head])
                except ValueError as wrong:
                    troubles.append(Fault(row.number, head, str(wrong)))
        if troubles:
            faults += troubles
        else:
            given.append(values)
            numbers.append(row.number)
    changes, wrong_rows = goods.look_over(shop_id, given)
    faults += [Fault(numbers[place], _column(refusal, heads), sentence(refusal)) for place, refusal in wrong_rows]
    return given, changes, sorted(faults, key=lambda fault: fault.row)


_ALSO = {
    "name": ("商品", "商品名称", "品名", "名称和规格"),
    "barcodes": ("商品条码", "条形码"),
    "price": ("积分", "分值"),
    "category": ("分类",),
}
_ABOUT = {
    "GoodsForbidden": "name",
    "ClashingName": "name",
    "BadPrice": "price",
    "BadBarcode": "barcodes",
    "BarcodeTaken": "barcodes",
}


def _column(refusal: PointsError, heads: dict[str, str]) -> str:
    """Return the heading that a rule's refusal is about."""
    return heads.get(_ABOUT.get(refusal.code, "")) or _(str(refusal.values.get("what", "")))


def _cell(name: str, value: sheets.Value) -> dict[str, Any]:
    """Return what a cell tells; an empty one, where a value is needed, tells nothing."""
    if value is None and name in ("unit", "category", "price", "cost_fen", "limit_period", "low_at", "hidden"):
        return {}
    return {name: _READ.get(name, _text)(value)}


def _text(value: sheets.Value) -> str:
    return "" if value is None else str(value)


def _category(value: sheets.Value) -> str:
    said = _text(value)
    try:
        require_allowed(said)
    except GoodsForbidden as refusal:
        raise ValueError(sentence(refusal)) from None
    if said not in GOODS_CATEGORIES:
        words = "、".join(GOODS_CATEGORIES)
        raise ValueError(_("“%(said)s”不认识，请写 %(words)s 中的一个。", said=said, words=words))
    return said


def _codes(value: sheets.Value) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[\s,，、;；]+", _text(value)) if part)


def _number(value: sheets.Value) -> int | None:
    if value is None:
        return None
    try:
        return sheets.as_whole(value)
    except ValueError:
        raise ValueError(_("“%(said)s”不是整数。", said=value)) from None


def _fen(value: sheets.Value) -> int:
    text = f"{value:.2f}" if isinstance(value, float) else _text(value)
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", text):
        raise ValueError(_("“%(said)s”不是金额，请写成 12.50 这样。", said=value))
    return round(Decimal(text) * 100)


def _period(value: sheets.Value) -> str:
    for word in LIMIT_PERIODS:
        if _text(value) in (label(word), word):
            return word
    words = "、".join(label(word) for word in LIMIT_PERIODS)
    raise ValueError(_("“%(said)s”不认识，请写 %(words)s 中的一个。", said=value, words=words))


def _yes(value: sheets.Value) -> bool:
    if value not in (_("是"), _("否")):
        raise ValueError(_("“%(said)s”不认识，请写“是”或“否”。", said=value))
    return value == _("是")


def _day(value: sheets.Value) -> date | None:
    try:
        return None if value is None else sheets.as_day(value)
    except ValueError:
        raise ValueError(_("“%(said)s”不是日期，请写成 2026-11-20 这样。", said=value)) from None


_READ: dict[str, Callable[[sheets.Value], Any]] = {
    **dict.fromkeys(("price", "limit_household", "limit_person", "low_at"), _number),
    **dict.fromkeys(("valid_from", "valid_to"), _day),
    "category": _category,
    "cost_fen": _fen,
    "barcodes": _codes,
    "limit_period": _period,
    "hidden": _yes,
}
