"""Words for readers. Chinese is the source language: while there is no catalogue of another, nothing is looked up.

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
        app.jinja_env.globals.update(_=gettext, gettext=gettext)
