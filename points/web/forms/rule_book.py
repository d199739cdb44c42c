"""Forms of the rule book: a draft's items as one table, and its adoption."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
)
from wtforms import Form as PlainForm
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from points.models.rules import CATEGORIES
from points.services.rule_book import Item
from points.web.forms.base import KeyedForm

BLANK_ROWS = 3


class ItemForm(PlainForm):
    """One row; a row without a name is left out, which is how an item is removed."""

    code = HiddenField(default="0")
    name = StringField(_("项目"), validators=[Length(max=40)])
    category = SelectField(_("类别"), choices=[SelectChoice(word) for word in CATEGORIES])
    points = IntegerField(_("分值"), validators=[Optional(), NumberRange(1, 1000)])
    evidence = StringField(_("凭据"), validators=[Length(max=60)])
    cap = IntegerField(_("最多几次"), validators=[Optional(), NumberRange(1, 1000)])
    cap_period = SelectField(
        _("周期"),
        choices=[
            SelectChoice("month", _("每月")),
            SelectChoice("year", _("每年")),
            SelectChoice("event", _("每次都算")),
        ],
    )
    counts_to_cap = BooleanField(_("计入封顶"), default=True)
    discreet = BooleanField(_("公示只写类别"))

    def validate_points(self, points: Any) -> None:
        """A named item needs its points."""
        if self.is_named:
            InputRequired()(self, points)

    @property
    def is_named(self) -> bool:
        """Whether the row has a name."""
        return bool((self.name.data or "").strip())

    def item(self) -> Item:
        """Return the item that a named row stands for."""
        code = self.code.data or ""
        return Item(
            code=int(code) if re.fullmatch("[0-9]{1,6}", code) else 0,
            category=self.category.data,
            name=self.name.data,
            points=self.points.data or 0,
            evidence=self.evidence.data or "",
            cap=self.cap.data,
            cap_period=self.cap_period.data,
            counts_to_cap=self.counts_to_cap.data,
            discreet=self.discreet.data,
        )


class DraftForm(KeyedForm):
    worth = DecimalField(_("1 分值多少元"), places=2, validators=[InputRequired(), NumberRange(min=0.01, max=1000)])
    items = FieldList(FormField(ItemForm), min_entries=0, max_entries=120)

    @property
    def worth_fen(self) -> int:
        """The worth of a point in fen."""
        return round(self.worth.data * 100)


class AdoptForm(KeyedForm):
    minutes = StringField(_("会议记录编号"), validators=[InputRequired(), Length(max=60)])
    adopted_on = DateField(_("通过日期"), validators=[InputRequired()])
