"""Error pages: every refusal in its own sentence, in Chinese, with a way on; never a stack trace."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from flask import Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from peewee import DataError, PeeweeException
from werkzeug.exceptions import HTTPException

from points import db
from points.errors import NotFound, PointsError
from points.web.edge import label, local_day
from points.web.text import gettext as _


def sentence(refusal: PointsError) -> str:
    """Translate and fill a refusal's sentence; stored words and days among its values become the reader's."""
    values = {name: _said(value) if isinstance(value, str) else value for name, value in refusal.values.items()}
    return _(refusal.sentence) % values


def _said(value: str) -> str:
    with suppress(ValueError):
        return local_day(datetime.strptime(value, "%Y-%m-%d").date())
    return label(value)


def register(app: Flask) -> None:
    """Attach the error pages."""
    app.register_error_handler(PointsError, _refused)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OverflowError, _out_of_range)
    app.register_error_handler(DataError, _out_of_range)
    app.register_error_handler(PeeweeException, _database)
    app.register_error_handler(Exception, _unexpected)
    app.jinja_env.filters["sentence"] = sentence


def _page(text: str, status: int) -> ResponseReturnValue:
    return render_template("error.html", text=text, status=status), status


def _refused(refusal: PointsError) -> ResponseReturnValue:
    return _page(sentence(refusal), refusal.status)


def _csrf(error: CSRFError) -> ResponseReturnValue:
    return _page(_("登录已过期或页面放得太久。请返回刷新页面，再交一次。"), 400)


def _http(error: HTTPException) -> ResponseReturnValue:
    sentences = {
        403: _("您的职责不包括这一步。"),
        404: _("没有找到这个页面。请检查网址，或从首页进入。"),
        405: _("请从页面上的按钮进入。"),
        413: _("文件太大。请换小一点的。"),
        429: _("操作太快，请稍等再试。"),
    }
    code = error.code or 500
    return _page(sentences.get(code, _("没有办成。请返回再试一次。")), code)


def _out_of_range(error: Exception) -> ResponseReturnValue:
    """Answer an id larger than any database holds: there is nothing under it."""
    return _refused(NotFound())


def _database(error: PeeweeException) -> ResponseReturnValue:

    current_app.logger.exception("database trouble at %s", request.path)
    db.disconnect()
    return _page(_("数据库暂时不可用，这一次没有记下。请稍后再试。"), 503)


def _unexpected(error: Exception) -> ResponseReturnValue:

    current_app.logger.exception("unexpected error at %s", request.path)
    return _page(_("系统出错了，这一次没有记下。请返回再试；如果又出现，请告诉管理员时间和页面。"), 500)
