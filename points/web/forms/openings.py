"""Forms of opening balances: the old book's sheet, its signed total, the second look at it, objections and answers."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired, MultipleFileField
from wtforms import IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from points.opening import MOST
from points.services.opening import MOST_DAYS, TEXT_LENGTH
from points.web.forms.base import KeyedForm
from points.web.text import gettext

MOST_TOTAL = 999_999_999


class SheetForm(KeyedForm):
    sheet = FileField(_("旧账的表格"), validators=[FileRequired(_("请先选文件。"))])


class ProposeForm(KeyedForm):
    source = StringField(_("从哪里转来"), validators=[InputRequired(), Length(max=60)])
    signers = StringField(_("谁在旧账上签的字"), validators=[InputRequired(), Length(max=80)])
    points = IntegerField(_("签字的总数（积分）"), validators=[InputRequired(), NumberRange(1, MOST_TOTAL)])
    days = IntegerField(_("公示几天"), validators=[InputRequired(), NumberRange(3, MOST_DAYS)])
    photos = MultipleFileField(_("签字那一页的照片"))


class HangForm(KeyedForm):
    points = IntegerField(_("旧账签字页上的总数"), validators=[InputRequired(), NumberRange(1, MOST_TOTAL)])
    photos = MultipleFileField(_("公示单贴好后的照片"))


class DropForm(KeyedForm):
    reason = StringField(_("理由"), validators=[InputRequired(), Length(max=60)])


class ObjectForm(KeyedForm):
    text = TextAreaField(_("哪里不对"), validators=[InputRequired(), Length(max=TEXT_LENGTH)])


class AnswerForm(KeyedForm):
    verdict = RadioField(
        _("答复"),
        choices=[
            SelectChoice("keep", _("异议不成立：照旧账入账")),
            SelectChoice("change", _("异议成立：改成别的分数入账")),
            SelectChoice("drop", _("异议成立：取消，这一户不转入")),
        ],
        validators=[InputRequired()],
    )
    points = IntegerField(_("改为几分（选“改成别的分数”时填）"), validators=[Optional(), NumberRange(1, MOST)])
    reason = TextAreaField(_("理由（公示页上写明）"), validators=[InputRequired(), Length(max=TEXT_LENGTH)])

    def validate_verdict(self, field: RadioField) -> None:
        """Ask for the points where they change: left empty, the line would be dropped."""
        if field.data == "change" and not self.points.data:
            raise ValidationError(gettext("选“改成别的分数”时，请填改为几分。"))
