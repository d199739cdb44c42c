"""The edge: the clock that views read, how moments and numbers look to a reader, the way on, the security headers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

from flask import Flask, Request, Response, current_app, request, send_file
from werkzeug.datastructures import Headers, ImmutableMultiDict
from werkzeug.wrappers import Response as BaseResponse

from points.calendar import LOCAL
from points.capitals import capitals
from points.exporting import MIMETYPES
from points.models.shop import WEEKDAYS
from points.names import mask
from points.web.text import gettext

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MOST_BYTES_OF_FILES = 30 * 1024 * 1024
View = TypeVar("View", bound=Callable[..., Any])
_WRITTEN_OUT = re.compile(r"/[0-9A-Za-z/_.~%?=&-]*")


class Sent(Request):
    """A request whose form, if it has no files, is read in one step; werkzeug goes through its parser of all kinds."""

    def _load_form_data(self) -> None:
        if "form" in self.__dict__ or self.environ.get("CONTENT_TYPE") != "application/x-www-form-urlencoded":
            super()._load_form_data()
            return
        try:
            text = self._get_stream_for_parsing().read().decode()
        except UnicodeDecodeError:
            text = ""
        sent = parse_qsl(text, keep_blank_values=True, errors="werkzeug.url_quote")
        self.__dict__.update(form=ImmutableMultiDict(sent), files=ImmutableMultiDict())


class Way(Response):
    """The way to another page: an address that needs no quoting, and no page of its own."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        return self.headers


class Site(Flask):
    """Flask, whose way to another page is a page itself, which nobody sees; most writes are answered with one."""

    request_class = Sent

    def redirect(self, location: str, code: int = 302) -> BaseResponse:
        if not _WRITTEN_OUT.fullmatch(location):
            return super().redirect(location, code)
        return Way(status=code, headers=[("Location", location), ("Content-Length", "0")])


def now() -> datetime:
    """Read the clock: aware UTC."""
    moment: datetime = current_app.config["NOW"]()
    return moment


def spreadsheet(body: bytes, name: str) -> Response:
    """Send an .xlsx to be kept under *name*."""
    return send_file(BytesIO(body), mimetype=MIMETYPES["xlsx"], as_attachment=True, download_name=name)


def local_time(moment: datetime | None) -> str:
    """Write a moment as ``11月20日 14:05``, Asia/Shanghai."""
    return "" if moment is None else moment.astimezone(LOCAL).strftime("%-m月%-d日 %H:%M")


def printed_at(moment: datetime) -> str:
    """Write the moment of a printing as ``2026年11月22日 14:05``, Asia/Shanghai."""
    return f"{local_day(moment)} {moment.astimezone(LOCAL):%H:%M}"


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


def weekday(day: date) -> str:
    """Write a day's weekday as ``周五``."""
    return gettext(WEEKDAYS[day.weekday()])


def grouped(number: int) -> str:
    """Write a number as ``1,286`` with a real minus sign."""
    return f"{number:,}".replace("-", "−")


def yuan(fen: int) -> str:
    """Write fen as ``1,286.50`` yuan with a real minus sign."""
    return f"{'−' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02}"


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
    "returned": "退回修改",
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
    "opening": "期初积分",
    "expiry": "积分到期",
    "move": "户的变动",
    "split": "分户",
    "merge": "并户",
    "move_person": "人员迁户",
    "move_household": "整户搬迁",
    "day": "每天",
    "week": "每周",
    "month": "每月",
    "quarter": "每季",
    "year": "每年",
    "event": "每次都算",
    "household": "每户",
    "person": "每人",
    "time": "每次",
    "hour": "每小时",
    "case": "每件",
    "points": "得积分",
    "civility": "扣文明分",
    "anyone": "村民也可以",
    "staff": "网格员和村委",
    "photo": "照片",
    "roster": "名册",
    "cosign": "会签",
    "minutes": "会议记录",
    "scan": "扫码",
    "typed": "输入号码",
    "phone": "手机码",
    "ticket": "兑换券",
    "hold": "预约占用",
    "release": "预约退回",
    "open": "待取货",
    "collected": "已取货",
    "cancelled": "已取消",
    "expired": "已过期",
    "receive": "进货",
    "donate": "捐赠",
    "loss": "报损",
    "move_out": "调出",
    "move_in": "调入",
    "count": "盘点",
    "redeem": "兑换",
    "undo": "退回",
    "commend": "表彰",
    "bar": "限制领取",
    "lift": "解除限制",
    "web": "网上",
    "slip": "异议单",
    "visit": "上门或当面",
    "grant": "上级补助",
    "donation": "捐赠",
    "dividend": "集体分红",
    "profit": "村企利润",
    "other": "其他收入",
    "spent": "支出",
    "fund": "可用资金",
    "committed": "预留",
    "settlement": "结算单",
    "rules": "积分细则",
    "receipt": "凭证",
    "passbook": "积分存折",
    "packet": "会议材料",
    "notice": "公示单",
    "lanes": "街巷一览",
    "hours": "营业时间",
    "goods": "商品和价目",
    "cards": "积分卡",
    "board": "红榜",
    "a4": "A4 卡纸，每张十张卡",
    "pvc": "PVC 卡，一页一面",
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
        "weekday": weekday,
        "grouped": grouped,
        "yuan": yuan,
        "capitals": capitals,
        "card_number": card_number,
        "label": label,
        "mask": mask,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_value_preprocessor(_room_for_files)
    app.after_request(_headers)


def takes_files(view: View) -> View:
    """Mark a view that takes photos or a spreadsheet: its requests may be larger than others."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def _room_for_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Runs before anything reads the request, even before its CSRF token is looked for."""
    if getattr(current_app.view_functions.get(endpoint or ""), "takes_files", False):
        request.max_content_length = MOST_BYTES_OF_FILES


_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
    ("X-Robots-Tag", "noindex, nofollow"),
    ("Permissions-Policy", "camera=(self), geolocation=(), microphone=()"),
)
POLICY = "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"


def _headers(response: Response) -> Response:
    response.headers.extend(_HEADERS)
    response.headers.setdefault("Content-Security-Policy", POLICY)
    if request.endpoint not in ("static", "goods.picture"):  # these say themselves how long they may be kept
        response.headers["Cache-Control"] = "no-store"
    return response
