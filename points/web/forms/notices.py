"""Forms of hanging a notice, objecting and answering."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf.file import MultipleFileField
from wtforms import IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from points.queries import notices
from points.queries.notices import PublicLine
from points.web.forms.base import KeyedForm
from points.web.text import gettext


class HangForm(KeyedForm):
    photos = MultipleFileField(_("公示单贴好后的照片"))


class ObjectForm(KeyedForm):
    text = TextAreaField(_("哪里不对"), validators=[InputRequired(), Length(max=500)])
    on_behalf_of = StringField(_("代谁提出（本人提出不填）"), validators=[Length(max=40)])
    photos = MultipleFileField(_("照片（可不附）"))


class SlipForm(KeyedForm):
    """What came on a slip of paper, or by word of mouth: the line is named twice, by its number and its household."""

    channel = RadioField(
        _("怎么提的"),
        choices=[SelectChoice("slip", _("交来异议单")), SelectChoice("visit", _("上门或当面提的"))],
        default="slip",
    )
    position = IntegerField(_("第几条"), validators=[InputRequired(), NumberRange(1, 999_999)])
    number = StringField(_("户号"), validators=[InputRequired(), Length(max=12)])
    text = TextAreaField(_("哪里不对"), validators=[InputRequired(), Length(max=500)])
    on_behalf_of = StringField(_("谁提的（没写不填）"), validators=[Length(max=40)])
    photos = MultipleFileField(_("异议单的照片"))
    line: PublicLine | None = None

    def __init__(self, notice_id: int, **given: Any) -> None:
        super().__init__(**given)
        self.notice_id = notice_id

    def validate_number(self, field: StringField) -> None:
        """Find the line, and make sure that it is the one meant."""
        if self.position.errors or not self.position.data:
            return
        self.line = notices.line_at(self.notice_id, self.position.data)
        if self.line is None:
            raise ValidationError(gettext("本期没有第 %(n)s 条。请核对公示单。", n=self.position.data))
        if self.line.number.lstrip("0") != (field.data or "").strip().lstrip("0"):
            said = gettext(
                "第 %(n)s 条是 %(number)s 户的，对不上。请核对公示单。", n=self.position.data, number=self.line.number
            )
            raise ValidationError(said)


class AnswerForm(KeyedForm):
    verdict = RadioField(
        _("答复"),
        choices=[
            SelectChoice("strike", _("异议成立：这一条取消，不计分")),
            SelectChoice("lower", _("异议成立：改少，照改后的分数入账")),
            SelectChoice("dismiss", _("异议不成立：照常入账")),
        ],
        validators=[InputRequired()],
    )
    kept = IntegerField(_("改为几分（选“改少”时填）"), validators=[Optional(), NumberRange(1, 999_999)])
    reason = TextAreaField(
        _("理由（提出人看得到；不成立的，公示页上也写明）"), validators=[InputRequired(), Length(max=500)]
    )

    def validate_verdict(self, field: RadioField) -> None:
        """Ask for the points that stay where a part of them does: left empty, the line would be struck."""
        if field.data == "lower" and not self.kept.data:
            raise ValidationError(gettext("选“改少”时，请填改为几分。"))
