"""The yardsticks: a bare Flask route, in an application of its own and in the site's, served as `points serve` does."""

from __future__ import annotations

import sys
from typing import Any

from flask import Flask

PATH = "/hello"


def hello() -> str:
    return "hello"


def _bare() -> Flask:
    app = Flask(__name__)
    app.add_url_rule(PATH, "hello", hello)
    return app


def _site() -> Flask:
    from points.wsgi import app

    app.add_url_rule(PATH, "hello", hello)
    return app


def __getattr__(name: str) -> Any:
    """Make what granian loads: ``bare`` or ``site``, and ``_loop`` behind it where the site is served in its loop."""
    if name.partition("_")[0] not in ("bare", "site"):
        raise AttributeError(name)
    app = _bare() if name.startswith("bare") else _site()
    if not name.endswith("_loop"):
        return app
    from points.web.loop import Loop

    return Loop(app)


def main(which: str, port: int) -> None:
    """Serve *which* on *port* as `points serve` does for the database at POINTS_DATABASE_URL; only the app differs."""
    import config
    from points import cli, db

    granian = cli._server()

    class Measured(granian.Granian):
        def __init__(self, *, target: str, interface: object, **settings: object) -> None:
            loop = "_loop" if target == "points.rsgi:app" else ""
            super().__init__(f"benchmarks.hello:{which}{loop}", interface=interface, **settings)

    granian.Granian = Measured
    db.connect(config.database_url())
    cli._serve("127.0.0.1", port)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
