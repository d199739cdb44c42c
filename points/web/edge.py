"""The edge: the clock that views read, how moments and numbers look to a reader, and the security headers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Flask, Response, current_app, request

from points.calendar import LOCAL
from points.names import mask
from points.web.forms.base import new_key
from points.web.text import gettext


def now() -> datetime:
    """Read the clock: aware UTC."""
    moment: datetime = current_app.config["NOW"]()
    return moment


def local_time(moment: datetime | None) -> str:
    """Write a moment as ``11月20日 14:05``, Asia/Shanghai."""
    return "" if moment is None else moment.astimezone(LOCAL).strftime("%-m月%-d日 %H:%M")


def local_day(moment: datetime | date | None) -> str:
    """Write a day as ``2026年11月20日``; a moment as its day in Asia/Shanghai."""
    if moment is None:
        return ""
    day = moment.astimezone(LOCAL) if isinstance(moment, datetime) else moment
    return f"{day.year}年{day.month}月{day.day}日"


def short_day(moment: datetime | date | None) -> str:
    """Write a day as ``11月20日``."""
    if moment is None:
        return ""
    day = moment.astimezone(LOCAL) if isinstance(moment, datetime) else moment
    return f"{day.month}月{day.day}日"


def grouped(number: int) -> str:
    """Write a number as ``1,286`` with a real minus sign."""
    return f"{number:,}".replace("-", "−")


def card_number(number: str) -> str:
    """Write a card's number in groups of four, as it is printed."""
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))


LABELS: dict[str, str] = {
    "county": "县",
    "township": "乡镇",
    "village": "村",
    "grid": "网格",
    "lane": "街巷",
    "steward": "网格员",
    "committee": "村委干部",
    "council": "评议员",
    "clerk": "店员",
    "supervisor": "乡镇监督员",
    "admin": "管理员",
    "recorded": "待初审",
    "checked": "待评议",
    "approved": "待公示",
    "noticed": "公示中",
    "posted": "已入账",
    "refused": "未通过",
    "struck": "异议成立",
    "withdrawn": "已撤回",
    "reversed": "已冲正",
    "gathered": "待张贴",
    "hung": "公示中",
    "closed": "已结束",
    "draft": "草稿",
    "adopted": "现行",
    "superseded": "已被替代",
    "award": "入账",
    "redemption": "兑换",
    "reversal": "冲正",
    "correction": "更正",
    "debt": "欠分",
    "repayment": "抵还欠分",
    "adjustment": "调整",
    "month": "每月",
    "year": "每年",
    "event": "每次",
    "scan": "扫码",
    "typed": "输入卡号",
    "receive": "进货",
    "redeem": "兑换",
    "undo": "退回",
}
"""The word a reader sees for each word the database keeps."""


def label(word: str) -> str:
    """Return the reader's word for a stored word."""
    return gettext(LABELS.get(word, word))


def register(app: Flask) -> None:
    """Hand these to every template, and send the security headers with every answer."""
    filters: dict[str, Any] = {
        "local_time": local_time,
        "local_day": local_day,
        "short_day": short_day,
        "grouped": grouped,
        "card_number": card_number,
        "label": label,
        "mask": mask,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals["new_key"] = new_key
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(_headers)


_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
    ("Permissions-Policy", "camera=(self), geolocation=(), microphone=()"),
)
POLICY = "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"


def _headers(response: Response) -> Response:
    response.headers.extend(_HEADERS)
    response.headers.setdefault("Content-Security-Policy", POLICY)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
