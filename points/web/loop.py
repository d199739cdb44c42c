"""The site in one loop, for SQLite: what is written by requests that come together is committed together.

The site answers one request after the other; each that wrote, or read what is not durable yet, is answered after the
commit. So one sync serves all requests that were waiting, and no request waits for another's.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from points import db
from points.web.edge import MOST_BYTES_OF_FILES

MOST_MEMBERS = 24
"""So many writes are committed together at most: the first of them waits for the last."""
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
        self._waiting: list[asyncio.Future[bool]] = []
        self._seen = 0

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        if self._group is None:
            self._group = db.Group()  # of the loop's thread
        length = scope.headers.get("content-length") or "0"
        body = await protocol() if length.isdecimal() and 0 < int(length) <= MOST_BYTES_OF_FILES else b""
        head: list[Any] = []
        pieces = self._site(environ(scope, body), lambda status, headers, _=None: head.extend((status, headers)))
        try:
            if self._group.is_open and not await self._committed():
                protocol.response_bytes(503, _PLAIN, _NOT_KEPT)
                return
            status, headers = int(head[0][:3]), head[1]
            size = next((int(value) for name, value in headers if name.lower() == "content-length"), None)
            if scope.method == "HEAD":
                protocol.response_empty(status, headers)
            elif size is not None and size <= AT_ONCE:
                protocol.response_bytes(status, headers, b"".join(pieces))
            else:
                await send(protocol.response_stream(status, headers), pieces)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()

    def _committed(self) -> asyncio.Future[bool]:
        """Return what tells one who waits, once it is done, whether the group's transaction was committed."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            self._seen = 0
            loop.call_soon(self._commit_once_quiet)
        told: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(told)
        return told

    def _commit_once_quiet(self) -> None:
        """Commit when no request joined since the last look, or enough did; else look again after those that wait."""
        group = self._group
        assert group is not None
        if self._seen < group.members < MOST_MEMBERS:
            self._seen = group.members
            asyncio.get_running_loop().call_soon(self._commit_once_quiet)
            return
        waiting, self._waiting = self._waiting, []
        try:
            group.commit()
            kept = True
        except Exception:
            self._site.logger.exception("a group of %s writes was not committed", group.members)
            kept = False
        for told in waiting:
            if not told.done():  # who went away waits no more
                told.set_result(kept)


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
