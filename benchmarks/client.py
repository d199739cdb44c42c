"""The load: keep-alive connections, each with one request under way, from one thread that does little else.

Requests are bytes made beforehand or by one formatting; answers are read as far as their length. It takes some 20 µs of
processor a request, and every round says what share of a core it used, since it runs beside what it measures.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


@dataclass(slots=True)
class Round:
    """What one round saw: answers within its time, all latencies in seconds, and the answers that were not right."""

    rate: float
    latencies: list[float]
    wrong: list[bytes]
    client: float  # share of one core that the load itself took

    @property
    def right(self) -> int:
        """How many requests were answered as they should be, the last ones after the round's end included."""
        return len(self.latencies) - len(self.wrong)


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    began: float = 0.0
    answer: bytes = b""


def drive(
    port: int, requests: Iterator[bytes], *, right: Callable[[bytes], bool], seconds: float, connections: int
) -> Round:
    """Keep *connections* busy with *requests* for *seconds*, wait for the last answers, and judge each by *right*."""
    clock, latencies, wrong, in_time = time.perf_counter, list[float](), list[bytes](), 0
    with selectors.DefaultSelector() as selector:
        lines = [_Connection(socket.create_connection(("127.0.0.1", port), 10)) for _ in range(connections)]
        for line in lines:
            line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(line.socket, selectors.EVENT_READ, line)
        spent, start = time.process_time(), clock()
        end = start + seconds
        for line in lines:
            line.began = clock()
            line.socket.sendall(next(requests))
        busy = len(lines)
        while busy:
            ready = selector.select(10)
            if not ready:
                raise TimeoutError("the server stopped answering")
            for key, _ in ready:
                line = key.data
                part = line.socket.recv(1 << 18)
                if not part:
                    raise ConnectionError("the server closed a connection")
                line.answer += part
                if not _complete(line.answer):
                    continue
                now = clock()
                latencies.append(now - line.began)
                if not right(line.answer):
                    wrong.append(line.answer)
                line.answer = b""
                if now < end:
                    in_time += 1
                    line.began = now
                    line.socket.sendall(next(requests))
                else:
                    busy -= 1
        spent, lasted = time.process_time() - spent, clock() - start
        for line in lines:
            line.socket.close()
    return Round(in_time / seconds, latencies, wrong, spent / lasted)


def _complete(answer: bytes) -> bool:
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = _LENGTH.search(answer, 0, head)
    if length is None:
        raise ValueError(f"an answer without its length: {answer[:head]!r}")
    return len(answer) == head + 4 + int(length[1])


class Visitor:
    """A browser as far as a sign-in needs one: it keeps cookies and reads the token of a form."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._cookies: dict[str, str] = {}

    @property
    def cookie(self) -> str:
        """The Cookie header as it stands."""
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def get(self, path: str) -> str:
        """Return the page at *path*, which must answer 200."""
        status, text = self._ask("GET", path, "")
        assert status == 200, f"GET {path} answered {status}: {text[:300]}"
        return text

    def token(self, path: str) -> str:
        """Return the CSRF token of the page at *path*."""
        found = TOKEN.search(self.get(path))
        assert found, f"{path} holds no form"
        return found[1]

    def sign_in(self, username: str, password: str) -> None:
        """Sign in by the form."""
        form = {"csrf_token": self.token("/sign-in"), "username": username, "password": password}
        status, text = self._ask("POST", "/sign-in", urlencode(form))
        assert status == 303, f"signing in {username} answered {status}: {text[:300]}"

    def _ask(self, method: str, path: str, body: str) -> tuple[int, str]:
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request(method, path, body or None, headers)
        answer = self._connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        text = answer.read().decode()
        self._connection.close()  # the server hangs up on who is silent for long; the next request calls again
        return answer.status, text


def request(method: str, path: str, cookie: str = "", body: bytes = b"") -> bytes:
    """Write a request as a browser sends it, without the headers that nobody here reads."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nAccept-Language: zh-CN,zh;q=0.9\r\n"
    if cookie:
        head += f"Cookie: {cookie}\r\n"
    if method == "POST":
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body
