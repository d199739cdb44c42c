"""Small tools of the tests: how many statements some work sends, a button no page shows, what a printed PDF says."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import uuid4

import pypdfium2
import zxingcpp
from PIL.Image import Image
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


def words(body: bytes) -> str:
    """Read the words of a PDF."""
    with pypdfium2.PdfDocument(BytesIO(body)) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def drawn(body: bytes, dpi: int = 150) -> list[Image]:
    """Draw a PDF's pages as a printer would."""
    with pypdfium2.PdfDocument(BytesIO(body)) as document:
        return [page.render(scale=dpi / 72).to_pil() for page in document]


def codes(body: bytes, dpi: int = 150) -> list[str]:
    """Read the codes on a PDF's pages."""
    return [found.text for page in drawn(body, dpi) for found in zxingcpp.read_barcodes(page)]


def misplaced(body: bytes) -> list[str]:
    """Name the words of a PDF that leave its page's margins, or run into other words."""
    found = []
    with pypdfium2.PdfDocument(BytesIO(body)) as document:
        for page in document:
            text = page.get_textpage()
            boxes = [text.get_rect(i) for i in range(text.count_rects())]
            width, height = page.get_size()
            for i, box in enumerate(boxes):
                left, bottom, right, top = box
                inside = left > 20 and bottom > 20 and right < width - 20 and top < height - 20
                if not inside or any(_overlap(box, other) for other in boxes[:i]):
                    found.append(text.get_text_bounded(*box))
    return found


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    along = min(one[3], other[3]) - max(one[1], other[1])
    return across > 2 and along > 3
