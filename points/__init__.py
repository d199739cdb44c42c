"""Points 积分兑换超市: villagers earn points for what they do for each other, and a village shop gives goods for them.

`create_app` is wiring only. The rules are verbs in `points.services`; the book is `points.ledger`.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flask import Flask

from config import Config
from points import clock, codes, db


def create_app(config: Config, *, now: Callable[[], datetime] = clock.now) -> Flask:
    """Build the site for *config*; *now* is the clock that views hand to the services."""
    from points import web
    from points.web.edge import Site

    app = Site(__name__)
    app.config.update(
        SECRET_KEY=config.secret_key,
        SITE_ADDRESS=config.site_address,
        REGISTRATION=config.registration,
        LOCK_AFTER=config.lock_minutes * 60,  # seconds
        SESSION_COOKIE_SECURE=config.secure_cookies,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="points",
        WTF_CSRF_TIME_LIMIT=None,  # a till stays open all day
        MAX_CONTENT_LENGTH=1024 * 1024,
        BABEL_DEFAULT_LOCALE="zh",
        NOW=now,
        SPOOL=config.spool or _spool(config.database_url),
    )
    codes.use_key(config.card_key)
    db.connect(config.database_url)
    web.register(app)
    return app


def _spool(database_url: str) -> str:
    """Name a folder that belongs to this database alone."""
    return str(Path(tempfile.gettempdir()) / f"points-spool-{hashlib.sha256(database_url.encode()).hexdigest()[:16]}")
