"""`points serve` in a process group of its own, over the database of a test."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.world import CARD_KEY

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds until a server that does not answer is an error


@contextmanager
def serving(database: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run ``points serve`` in a process group of its own on a free port; kill the group at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "points.cli", "serve", "--port", str(port)],
        cwd=ROOT,
        env=environment(database),
        start_new_session=True,
    )
    try:
        wait_for(server, port)
        yield server, port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(PATIENCE)


def wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(PATIENCE * 20):
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        with suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"the server ended with {server.wait(0.05)}")
    raise AssertionError("the server does not listen")


def audit(database: str) -> int:
    """Run ``points ledger audit``; return its exit status."""
    command = [sys.executable, "-m", "points.cli", "ledger", "audit"]
    return subprocess.run(command, cwd=ROOT, env=environment(database), check=False).returncode


def environment(database: str) -> dict[str, str]:
    return os.environ | {
        "POINTS_DATABASE_URL": database,
        "POINTS_SECRET_KEY": "a secret key for tests, thirty-two signs",
        "POINTS_CARD_KEY": CARD_KEY,
        "POINTS_SECURE_COOKIES": "0",
    }
