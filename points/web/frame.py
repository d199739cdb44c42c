"""What pages ask for again and again, worked out once: addresses within the site, icons, a page that stays the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import flask
from flask import Flask, current_app, g, render_template, request, session
from markupsafe import Markup

from points.web.forms.base import new_key
from points.web.session import csrf_token, me

_addresses: dict[tuple[Any, ...], str] = {}
_MOST = 2_000
_KEY = "-the-key-of-a-form-"
SAME = 60  # seconds
MOST_PAGES = 256  # of some 17 kB


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


def unless_the_same(template: str, rest: Callable[[], dict[str, Any]], **shown: Any) -> str | bytes:
    """Render *template* for the signed-in person with what is *shown* and what *rest* reads beyond it.

    A page that would show the same again is not rendered again for `SAME` seconds; only the keys of its forms are new.
    So *shown* holds whatever may change: values that never change themselves, or lists of such; and *rest* what follows
    from it but for a name that somebody mends meanwhile.
    Pages that say something once, or lock themselves, are always rendered.
    """
    if "_flashes" in session or "seen" in session:
        return render_template(template, **shown, **rest())
    reader = me()
    about = (tuple(value) if isinstance(value, list) else value for value in shown.values())
    same = (template, request.script_root, reader.id, reader.name, csrf_token(), *about)
    pages: dict[tuple[Any, ...], tuple[float, list[bytes]]] = current_app.extensions["pages"]
    until, parts = pages.get(same, (0.0, []))
    if until < time.monotonic():
        g.keys_later = True
        parts = render_template(template, **shown, **rest()).encode().split(_KEY.encode())
        pages.pop(same, None)
        while len(pages) >= MOST_PAGES:
            pages.pop(next(iter(pages)), None)
        pages[same] = (time.monotonic() + SAME, parts)
    with_keys = [parts[0]]
    for part in parts[1:]:
        with_keys += new_key().encode(), part
    return b"".join(with_keys)


def _new_key() -> str:
    return _KEY if "keys_later" in g else new_key()


def register(app: Flask) -> None:
    """Hand `url_for`, `static`, `icon` and `new_key` to every template."""
    app.extensions["pages"] = {}

    @lru_cache(maxsize=256)
    def icon(name: str, label: str = "") -> Markup:
        return Markup(app.jinja_env.get_template("_macros/icons.html").module.icon(name, label))  # type: ignore[attr-defined]

    app.jinja_env.globals.update(
        url_for=url_for, icon=icon, new_key=_new_key, static=lambda file: f"{app.static_url_path}/{file}"
    )
