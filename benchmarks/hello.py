"""The yardstick: one bare Flask route, served exactly as `points serve` serves the site."""

from __future__ import annotations

import sys

import granian
from flask import Flask

app = Flask(__name__)


@app.route("/")
def hello() -> str:
    return "hello"


def main(port: int) -> None:
    """Serve on *port* as `points serve` does for the database at POINTS_DATABASE_URL; only the app differs."""
    import config
    from points import cli, db

    class Hello(granian.Granian):
        def __init__(self, target: str, **settings: object) -> None:
            super().__init__("benchmarks.hello:app", **settings)

    granian.Granian = Hello  # type: ignore[misc]
    db.connect(config.database_url())
    cli._serve("127.0.0.1", port)


if __name__ == "__main__":
    main(int(sys.argv[1]))
