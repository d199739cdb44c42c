"""What every form shares: a key minted for each page shown, refusals kept beside the input, one way to answer."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from gettext import NullTranslations
from typing import Any

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import HiddenField, i18n
from wtforms.validators import Regexp

from points.errors import N_, NotAllowed, NotFound, PointsError, TooManyPhotos
from points.photos import MOST, Picture, redraw
from points.web.text import gettext

KEY = re.compile(r"^[0-9a-zA-Z-]{16,64}$")
PLAIN = {
    "This field is required.": N_("请填写。"),
    "Not a valid choice.": N_("请选一项。"),
    "Invalid Choice: could not coerce.": N_("请选一项。"),
    "Not a valid integer value.": N_("请填整数。"),
    "Not a valid decimal value.": N_("请填数字。"),
    "Not a valid date value.": N_("请填日期，如 2026-11-20。"),
    "Number must be between %(min)s and %(max)s.": N_("请填 %(min)s 到 %(max)s 之间的数。"),
    "Number must be at least %(min)s.": N_("最少填 %(min)s。"),
    "Number must be at most %(max)s.": N_("最多填 %(max)s。"),
    "Field must be at least %(min)d character long.": N_("最少写 %(min)d 个字。"),
    "Field cannot be longer than %(max)d character.": N_("最多写 %(max)d 个字。"),
    "Field must be between %(min)d and %(max)d characters long.": N_("请写 %(min)d 到 %(max)d 个字。"),
}
"""WTForms' sentences as a villager would say them; the others stay as WTForms has them."""


def new_key() -> str:
    """Mint a write's key: by time first, so that the newest keys lie side by side in every index."""
    return f"{time.time_ns() // 1000:014x}{secrets.token_hex(9)}"


class _Sentences(NullTranslations):
    """What the fields themselves say."""

    def gettext(self, message: str) -> str:
        return gettext(PLAIN[message]) if message in PLAIN else super().gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return gettext(PLAIN[msgid1]) if msgid1 in PLAIN else super().ngettext(msgid1, msgid2, n)


@cache
def _sentences() -> Any:
    sentences = _Sentences()
    sentences.add_fallback(i18n.get_translations(("zh",)))
    return sentences


class Form(FlaskForm):
    """A form that can be refused by a rule and shown again with everything that was typed."""

    refusal: PointsError | None = None

    class Meta:
        csrf = False  # every POST is checked before a view begins: `session.csrf`

        def get_translations(self, form: FlaskForm) -> Any:
            """Use `PLAIN` and WTForms' own Chinese sentences, parsed once a process and not once a form."""
            return _sentences()

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Catch a rule's refusal, so that the view goes on to show the page again; 403 and 404 pass through."""
        try:
            yield
        except (NotFound, NotAllowed):
            raise
        except PointsError as refusal:
            self.refusal = refusal

    def page(self, template: str, **values: Any) -> ResponseReturnValue:
        """Answer with *template*: 200 when asked for, 422 or the refusal's own status when something was wrong."""
        status = 200
        if self.refusal is not None:
            status = self.refusal.status
        elif request.method == "POST":
            status = 422
        return make_response(render_template(template, form=self, **values), status)


class KeyedForm(Form):
    """A form that writes: it carries the key of the write. Every answer shows a fresh one."""

    key = HiddenField("", default=new_key, validators=[Regexp(KEY)])

    def page(self, template: str, **values: Any) -> ResponseReturnValue:
        if request.method == "POST":
            self.key.data = new_key()
        return super().page(template, **values)


class ButtonForm(KeyedForm):
    """A form that is only a button: the write needs nothing but its key."""


def pictures(field: MultipleFileField, most: int = MOST) -> list[Picture]:
    """Redraw the photos sent, within `Form.refusals`. Raises `NotAPhoto`, `PhotoTooLarge`, `TooManyPhotos`."""
    sent = field.data or []
    if len(sent) > most:
        raise TooManyPhotos(limit=most)
    return [redraw(file.read(), number) for number, file in enumerate(sent, 1)]
