"""The form of judging: lines ticked, or one line by its own buttons, or all that is plain; a verdict; a reason."""

from __future__ import annotations

import re
from collections.abc import Collection

from flask import request
from flask_babel import lazy_gettext as _
from wtforms import HiddenField, IntegerField, StringField
from wtforms.validators import Length, Optional, ValidationError

from points.web.forms.base import KeyedForm


class JudgeForm(KeyedForm):
    """Sent by one of three kinds of buttons.

    ``verdict``: for the lines that are ticked, with *reason* and *points*. ``only``: a line and its verdict
    (``12-refuse``), with its own ``reason-12`` and ``points-12``. ``plain``: all that is plain, up to that id.
    """

    verdict = HiddenField()
    reason = StringField(_("理由"), validators=[Length(max=120)])
    points = IntegerField(_("改为几分"), validators=[Optional()])
    only: int | None = None
    plain: int | None = None

    def __init__(self, verdicts: Collection[str]) -> None:
        super().__init__()
        self.verdicts = verdicts
        self.plain = request.form.get("plain", type=int)
        found = re.fullmatch(r"([0-9]{1,18})-([a-z]+)", request.form.get("only", ""))
        if found:
            self.only = int(found[1])
            self.verdict.data = found[2]
            self.reason.data = self.own("reason", self.only)
            self.points.data = request.form.get(f"points-{self.only}", type=int)
        elif self.plain:
            self.verdict.data, self.reason.data = "approve", ""

    def validate_verdict(self, field: HiddenField) -> None:
        """Take the words of this step only."""
        if field.data not in self.verdicts:
            raise ValidationError(_("请点一个办法：通过、退回或不通过。"))

    @property
    def ticked(self) -> list[int]:
        """The ids of the lines that were ticked."""
        return [id_ for id_ in request.form.getlist("line", type=int) if 0 < id_ < 2**63]

    def own(self, name: str, line_id: int) -> str:
        """Return what was typed into a line's own field."""
        return request.form.get(f"{name}-{line_id}", "")
