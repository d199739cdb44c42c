"""The site in one loop, for SQLite: what is written by requests that come together is committed together.

The site answers one request after the other, those that bring something in the order in which it arrived; each that
wrote, or read what is not durable yet, is answered right after the commit. So one sync serves all requests that were
waiting, no request waits for another's, and none that waits is overtaken.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from collections.abc import Iterable
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from points import db
from points.web.edge import MOST_BYTES_OF_FILES

MOST_MEMBERS = 32
"""So many writes are committed together at most: the first of them waits for the last."""
TURN = 0.002
"""After so many seconds the loop looks who else came, though more are waiting."""
AT_ONCE = 1024 * 1024
"""A longer answer, or one whose length is not known, is sent in pieces, with others' requests between them."""
_NOT_KEPT = "数据库暂时不可用，这一次没有记下。请稍后再试。".encode()
_PLAIN = [("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store")]
_CGI = {"HTTP_CONTENT_TYPE": "CONTENT_TYPE", "HTTP_CONTENT_LENGTH": "CONTENT_LENGTH"}


class Loop:
    """The site for granian's RSGI interface."""

    def __init__(self, site: Any) -> None:
        self._site = site
        self._group: db.Group | None = None
        self._asked: deque[_Request] = deque()
        self._answered: list[_Request] = []
        self._turning = False

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        if self._group is None:
            self._group = db.Group()  # of the loop's thread
        length = scope.headers.get("content-length") or "0"
        body = await protocol() if length.isdecimal() and 0 < int(length) <= MOST_BYTES_OF_FILES else b""
        request = _Request(scope, protocol, body)
        try:
            if body:
                self._asked.append(request)
            else:
                self._answer(request)
            if not request.said:
                await self._said(request)
            if request.error is not None:
                raise request.error
            if request.whole is None:
                await send(protocol.response_stream(request.status, request.headers), request.pieces)
        finally:
            request.close()

    def _said(self, request: _Request) -> asyncio.Future[None]:
        """Return what is done once *request* had its turn, and its commit if there is one."""
        loop = asyncio.get_running_loop()
        if not self._turning:
            self._turning = True
            loop.call_soon(self._turn)
        request.waits = loop.create_future()
        return request.waits

    def _turn(self) -> None:
        """Answer those who wait, for a while; commit once nobody else does."""
        assert self._group is not None
        until = time.monotonic() + TURN
        while self._asked:
            self._answer(self._asked.popleft())
            if time.monotonic() >= until:
                break
        self._turning = bool(self._asked)
        if self._turning:
            asyncio.get_running_loop().call_soon(self._turn)
        elif self._group.is_open:
            self._commit()

    def _answer(self, request: _Request) -> None:
        assert self._group is not None
        if request.gone:
            return
        request.ask(self._site)
        if not self._group.is_open:
            request.tell(kept=True)
            return
        self._answered.append(request)
        if self._group.members >= MOST_MEMBERS:
            self._commit()

    def _commit(self) -> None:
        group = self._group
        assert group is not None
        answered, self._answered = self._answered, []
        try:
            group.commit()
            kept = True
        except Exception:
            self._site.logger.exception("a group of %s writes was not committed", group.members)
            kept = False
        for request in answered:
            request.tell(kept=kept)


class _Request:
    """A request and what the site answers: *whole*, or None where *pieces* are to be sent one by one.

    *said*: all was said that can be said at once. *waits*: where somebody is told of that.
    """

    said = False
    waits: asyncio.Future[None] | None = None
    error: Exception | None = None
    status = 0
    headers: Any = None
    pieces: Any = None
    whole: bytes | None = b""

    def __init__(self, scope: Any, protocol: Any, body: bytes) -> None:
        self.scope, self.protocol, self.body = scope, protocol, body

    @property
    def gone(self) -> bool:
        """Whether who asked does not wait any more."""
        return self.waits is not None and self.waits.cancelled()

    def ask(self, site: Any) -> None:
        """Let *site* answer."""
        try:
            self.pieces = site(environ(self.scope, self.body), self._head)
            size = next((int(value) for name, value in self.headers if name.lower() == "content-length"), None)
            if self.scope.method != "HEAD":
                self.whole = b"".join(self.pieces) if size is not None and size <= AT_ONCE else None
        except Exception as error:
            self.error = error

    def _head(self, status: str, headers: Any, _error: Any = None) -> None:
        self.status, self.headers = int(status[:3]), headers

    def tell(self, *, kept: bool) -> None:
        """Say what there is to say; who went away is told nothing."""
        if self.gone:
            return
        try:
            if self.error is not None:
                pass
            elif not kept:
                self.whole = _NOT_KEPT
                self.protocol.response_bytes(503, _PLAIN, _NOT_KEPT)
            elif self.whole:
                self.protocol.response_bytes(self.status, self.headers, self.whole)
            elif self.whole is not None:
                self.protocol.response_empty(self.status, self.headers)
        except Exception as error:
            self.error = error
        self.said = True
        if self.waits is not None:
            self.waits.set_result(None)

    def close(self) -> None:
        """Let go what the answer holds."""
        if hasattr(self.pieces, "close"):
            self.pieces.close()


async def send(transport: Any, pieces: Iterable[bytes]) -> None:
    """Send *pieces*, letting other requests in between them."""
    for piece in pieces:
        await transport.send_bytes(piece)
        await asyncio.sleep(0)


def environ(scope: Any, body: bytes) -> dict[str, Any]:
    """Return what WSGI calls the environment of a request."""
    server, _, port = scope.server.rpartition(":")
    made = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope.path).decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        key = "HTTP_" + name.upper().replace("-", "_")
        key = _CGI.get(key, key)
        made[key] = f"{made[key]}; {value}" if key in made and key == "HTTP_COOKIE" else value
    return made
