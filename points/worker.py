"""The process that does one job and ends: ``python -m points.worker JOB``, started by the server (`points.web.jobs`).

It stands back behind the requests, and ends with the server, which holds the other end of its input.
"""

from __future__ import annotations

import os
import sys
import threading

from config import from_environment
from points import create_app
from points.models.jobs import Job
from points.web import jobs


def _end_with_the_server() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(5)
    app = create_app(from_environment())
    jobs.carry_out(app, Job.get_by_id(int(sys.argv[1])))
