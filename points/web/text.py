"""Words for readers. Chinese is the source language: while no catalogue of another one is installed, nothing is looked up.

Flask-Babel's own look-up asks for the request's locale at every sentence; a page has dozens.
"""

from __future__ import annotations

import flask_babel
from flask import Flask

_catalogued = False


def gettext(text: str, **values: object) -> str:
    """Translate *text* for the reader and fill in *values*."""
    if _catalogued:
        return str(flask_babel.gettext(text, **values))
    return text % values if values else text


def register(app: Flask) -> None:
    """Attach Flask-Babel, which also words the forms' own messages, and hand `gettext` to the templates."""
    global _catalogued
    babel = flask_babel.Babel(app)
    with app.app_context():
        _catalogued = any(locale.language != "zh" for locale in babel.list_translations())
    if not _catalogued:
        app.jinja_env.install_gettext_callables(_source, _source_plural, newstyle=True)


def _source(text: str) -> str:
    return text


def _source_plural(one: str, many: str, n: int) -> str:
    return one if n == 1 else many
