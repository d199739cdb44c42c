"""The form of judging: lines ticked on the page, a reason, and the verdict of the button."""

from __future__ import annotations

from flask import request
from flask_babel import lazy_gettext as _
from wtforms import HiddenField, StringField
from wtforms.validators import AnyOf, Length

from points.web.forms.base import KeyedForm


class JudgeForm(KeyedForm):
    verdict = HiddenField(validators=[AnyOf(("yes", "no"), _("请点“通过”或“不通过”。"))])
    reason = StringField(_("理由（不通过时必填）"), validators=[Length(max=120)])

    @property
    def lines(self) -> list[int]:
        """The ids of the lines that were ticked."""
        return [id_ for id_ in request.form.getlist("line", type=int) if id_]
