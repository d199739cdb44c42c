"""Forms of a stocktake."""

from __future__ import annotations

import re
from functools import cached_property

from flask import request
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length

from points.services.stocktake import MOST_COUNTED
from points.web.forms.base import KeyedForm


class StartForm(KeyedForm):
    categories = SelectMultipleField(_("只盘这几类（都不选就全盘）"))


class CountForm(KeyedForm):
    """What was counted, a field for each goods: ``count-12``; an empty one says nothing."""

    @cached_property
    def typed(self) -> dict[int, str]:
        """What stands in each field that is not empty, by the goods' id."""
        names = ((re.fullmatch(r"count-([0-9]{1,18})", name), text.strip()) for name, text in request.form.items())
        return {int(found[1]): text for found, text in names if found and text}

    @cached_property
    def counts(self) -> dict[int, int]:
        """What was counted, where it is a number of pieces."""
        return {
            goods_id: int(text)
            for goods_id, text in self.typed.items()
            if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) and int(text) <= MOST_COUNTED
        }

    @property
    def wrong(self) -> set[int]:
        """The goods whose field holds no such number."""
        return self.typed.keys() - self.counts.keys()


class FinishForm(KeyedForm):
    skip = BooleanField(_("没数的这次不盘"))


class DropForm(KeyedForm):
    reason = StringField(_("理由"), validators=[InputRequired(), Length(max=120)])
