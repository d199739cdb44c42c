"""Forms of the rule book: a draft's items as one table, a spreadsheet of them, and adoption."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired, MultipleFileField
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms import Form as PlainForm
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from points.models.rules import (
    CAP_HOLDERS,
    CAP_PERIODS,
    CATEGORIES,
    EFFECTS,
    EVIDENCE,
    REPORTERS,
    UNITS,
    VOICES,
    RuleItem,
)
from points.services.rule_book import MOST_ITEMS, MOST_POINTS, Item
from points.web.edge import LABELS
from points.web.forms.base import KeyedForm

BLANK_ROWS = 3


def _choices(words: tuple[str, ...]) -> list[SelectChoice]:
    return [SelectChoice(word, _(LABELS.get(word, word))) for word in words]


class ItemForm(PlainForm):
    """One row; a row without a name is left out, which is how an item is removed."""

    class Meta:
        get_translations = KeyedForm.Meta.get_translations

    code = HiddenField(default="0")
    name = StringField(_("项目"), validators=[Length(max=40)])
    category = SelectField(_("类别"), choices=_choices(CATEGORIES))
    effect = SelectField(_("作用"), choices=_choices(EFFECTS))
    points = IntegerField(_("分值"), validators=[Optional(), NumberRange(1, MOST_POINTS)])
    unit = SelectField(_("怎么算"), choices=_choices(UNITS))
    cap = IntegerField(_("最多几次"), validators=[Optional(), NumberRange(1, 1000)])
    cap_period = SelectField(_("周期"), choices=_choices(CAP_PERIODS), default="month")
    evidence = StringField(_("凭据"), validators=[Length(max=60)])
    needs = SelectMultipleField(_("必须有"), choices=_choices(EVIDENCE), default=[])
    cap_holder = SelectField(_("次数按谁算"), choices=_choices(CAP_HOLDERS))
    counts_to_cap = BooleanField(_("计入每月封顶"), default=True)
    reporter = SelectField(_("谁可以报"), choices=_choices(REPORTERS))
    voices = SelectField(
        _("要几票"),
        choices=[SelectChoice("", _("按本村设置")), *(SelectChoice(str(n), _("%(n)s 票", n=n)) for n in VOICES)],
        filters=[lambda value: str(value or "")],
    )
    discreet = BooleanField(_("公示只写类别"))
    valid_from = DateField(_("从哪天起"), validators=[Optional()])
    valid_to = DateField(_("到哪天止"), validators=[Optional()])

    def validate_points(self, points: Any) -> None:
        """A named item needs its points."""
        if self.is_named:
            InputRequired()(self, points)

    @property
    def is_named(self) -> bool:
        """Whether the row has a name."""
        return bool((self.name.data or "").strip())

    @property
    def more(self) -> list[Any]:
        """The fields that most items leave as they are."""
        return [
            self.needs, self.reporter, self.voices, self.cap_holder, self.valid_from, self.valid_to,
            self.counts_to_cap, self.discreet,
        ]  # fmt: skip

    def show(self, item: RuleItem) -> None:
        """Fill the row with an item."""
        self.process(obj=item)
        self.needs.data = [word for word in item.needs.split(",") if word]

    def item(self) -> Item:
        """Return the item that a named row stands for."""
        code = self.code.data or ""
        same = ("category", "name", "effect", "unit", "cap", "cap_period", "cap_holder", "counts_to_cap", "discreet",
                "reporter", "valid_from", "valid_to")  # fmt: skip
        return Item(
            code=int(code) if re.fullmatch("[0-9]{1,6}", code) else 0,
            points=self.points.data or 0,
            evidence=self.evidence.data or "",
            needs=",".join(self.needs.data or ()),
            voices=int(self.voices.data) if self.voices.data else None,
            **{name: self[name].data for name in same},
        )


class DraftForm(KeyedForm):
    worth = DecimalField(_("1 分值多少元"), places=2, validators=[InputRequired(), NumberRange(min=0.01, max=1000)])
    items = FieldList(FormField(ItemForm), min_entries=0, max_entries=MOST_ITEMS + BLANK_ROWS)

    @property
    def worth_fen(self) -> int:
        """The worth of a point in fen."""
        return round(self.worth.data * 100)


class SheetForm(KeyedForm):
    sheet = FileField(_("改好的表格"), validators=[FileRequired(_("请先选文件。"))])


class AdoptForm(KeyedForm):
    minutes = StringField(_("会议记录编号"), validators=[InputRequired(), Length(max=60)])
    adopted_on = DateField(_("通过日期"), validators=[InputRequired()])
    photos = MultipleFileField(_("签字页照片"))


class PhotoForm(KeyedForm):
    photos = MultipleFileField(_("签字页照片"))
