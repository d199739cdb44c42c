"""`points serve` itself: what browsers may keep, who sends slowly, and a request that is none."""

import signal
import socket
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse

import pytest

from points import db
from tests.race.served import PATIENCE, serving

pytestmark = pytest.mark.slow


def test_it_serves_the_quick_beside_the_slow_and_ends_when_told(database: str) -> None:
    db.disconnect()
    with serving(database) as (server, port), socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of it")

        style = ask(port, "/static/site.css")
        assert style.status == 200
        assert "max-age=3600" in str(style.getheader("Cache-Control"))
        page = ask(port, "/sign-in")
        assert page.status == 200
        assert page.getheader("Cache-Control") == "no-store"
        assert ask(port, "/static/../cli.py").status == 404

        with socket.create_connection(("127.0.0.1", port)) as odd:
            odd.settimeout(PATIENCE)
            odd.sendall(b"BREW / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert odd.recv(100).startswith((b"HTTP/1.1 400", b"HTTP/1.1 405"))
        assert ask(port, "/sign-in").status == 200

        slow.close()
        server.send_signal(signal.SIGTERM)
        assert server.wait(PATIENCE) in (0, -signal.SIGTERM)


def ask(port: int, path: str) -> HTTPResponse:
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer
