"""Answers of routes that are only a button: done or refused, the reader is sent to a page that says which."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect
from flask.typing import ResponseReturnValue

from points.errors import Invalid, NotAllowed, NotFound, PointsError
from points.web.errors import sentence
from points.web.forms.base import ButtonForm
from points.web.text import gettext as _


def button(work: Callable[[str], object], *, done: str, to: str) -> ResponseReturnValue:
    """Do *work* under the key that the button carried, say *done* or why not, and send the reader to *to* (303).

    403 and 404 pass through. Raises `Invalid` when the button carried no key.
    """
    form = ButtonForm()
    if not form.validate_on_submit():
        raise Invalid(what=_("这一页不完整，请刷新"))
    try:
        work(form.key.data)
    except (NotFound, NotAllowed):
        raise
    except PointsError as refusal:
        return refused_back(refusal, to)
    flash(done, "success")
    return redirect(to, 303)


def refused_back(refusal: PointsError, url: str) -> ResponseReturnValue:
    """Say why it was refused, on the page *url*."""
    flash(sentence(refusal), "error")
    return redirect(url, 303)
