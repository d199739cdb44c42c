"""Small tools of the tests: how many statements some work sends, and a button pressed that no page shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from werkzeug.test import TestResponse

from points import db
from tests.browser import Browser


def statements(work: Callable[[], Any]) -> int:
    """Count the statements that *work* sends to the database."""
    sent: list[str] = []
    bound = db.database.obj
    execute = bound.execute_sql

    def count(sql: str, *rest: Any, **named: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest, **named)

    bound.execute_sql = count
    try:
        work()
    finally:
        del bound.execute_sql
    return len(sent)


def press(browser: Browser, url: str, **fields: Any) -> TestResponse:
    """Post to *url* with a good token and a fresh key, whether or not a page offers it."""
    token = browser.forms("/me/password")[0].values["csrf_token"]
    return browser.client.post(url, data={"csrf_token": token, "key": uuid4().hex, **fields})
