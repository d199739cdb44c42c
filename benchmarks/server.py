"""Servers of their own process on a free port of 127.0.0.1, ended when the block is left."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

SITE = ("-m", "benchmarks.hello", "site")
BARE = ("-m", "benchmarks.hello", "bare")
PATIENCE = 30.0  # seconds until a server must listen


@contextmanager
def serving(command: tuple[str, ...], environment: Mapping[str, str]) -> Iterator[int]:
    """Run *command* with a free port as its last word, wait until it listens, and give the port."""
    port = _free_port()
    process = subprocess.Popen([sys.executable, *command, str(port)], env={**os.environ, **environment})
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"no server came up on port {port}")
