"""The minute: a thread of the serving process that runs `tick`. It is safe beside other machines doing the same."""

from __future__ import annotations

import threading

from flask import Flask

from points import db
from points.errors import ClockUnsure
from points.services import tick

PERIOD = 60.0  # seconds


def start(app: Flask) -> threading.Event:
    """Start ticking for *app*, at once and then every minute; set the returned event to stop."""
    stop = threading.Event()
    threading.Thread(target=_run, args=(app, stop), name="ticker", daemon=True).start()
    return stop


def _run(app: Flask, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            report = tick.tick(now=app.config["NOW"]())
            if report.posted or report.expired or report.lapsed:
                done = (report.posted, report.expired, report.lapsed)
                app.logger.info("tick posted %s lines, %s reservations expired, %s points lapsed", *done)
        except ClockUnsure as trouble:
            app.logger.warning("tick stands still: %s", trouble)
        except Exception:
            app.logger.exception("tick failed; the next minute tries again")
        finally:
            db.disconnect()
        stop.wait(PERIOD)
