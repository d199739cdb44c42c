"""What every page's frame asks for dozens of times, worked out once: addresses within the site, and icons."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import flask
from flask import Flask, request
from markupsafe import Markup

_addresses: dict[tuple[Any, ...], str] = {}
_MOST = 20_000


def url_for(endpoint: str, **values: Any) -> str:
    """Return the path of a page of ours, as `flask.url_for` builds it within a request.

    It depends on nothing but its arguments and the prefix under which the site is served.
    """
    key = (request.script_root, endpoint, *values.items())
    found = _addresses.get(key)
    if found is None:
        found = flask.url_for(endpoint, **values)
        if len(_addresses) < _MOST:
            _addresses[key] = found
    return found


def register(app: Flask) -> None:
    """Hand `url_for`, `static` and `icon` to every template."""

    @lru_cache(maxsize=256)
    def icon(name: str, label: str = "") -> Markup:
        return Markup(app.jinja_env.get_template("_macros/icons.html").module.icon(name, label))  # type: ignore[attr-defined]

    app.jinja_env.globals.update(url_for=url_for, icon=icon, static=lambda file: f"{app.static_url_path}/{file}")
