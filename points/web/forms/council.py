"""Forms of the council: opening a sitting, judging at it, proposing and voting on motions."""

from __future__ import annotations

from flask import request
from flask_babel import lazy_gettext as _
from wtforms import DateField, HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional

from points.models.contribution import VERDICTS
from points.services.council import MOST_POINTS
from points.web.forms.base import KeyedForm


class SittingForm(KeyedForm):
    place = StringField(_("地点"), validators=[Length(max=40)])
    quorum = IntegerField(_("法定到会人数"), validators=[InputRequired(), NumberRange(1, 99)])


class AgendaForm(KeyedForm):
    """Lines ticked on the agenda, and the verdict of the button."""

    verdict = HiddenField(validators=[AnyOf(VERDICTS, _("请点“同意”“改分”“退回修改”或“不同意”。"))])
    points = IntegerField(_("改为几分（改分时填）"), validators=[Optional(), NumberRange(1)])
    reason = StringField(_("理由（除同意外必填）"), validators=[Length(max=120)])

    @property
    def lines(self) -> list[int]:
        """The ids of the lines that were ticked."""
        return [id_ for id_ in request.form.getlist("line", type=int) if id_]


class _MotionForm(KeyedForm):
    person_id = RadioField(_("哪一位"), coerce=int, validators=[InputRequired(_("请选一个人。"))])
    text = TextAreaField(_("事由"), validators=[InputRequired(), Length(max=200)])


class CommendForm(_MotionForm):
    person_id = RadioField(_("哪一户（选户里任何一位）"), coerce=int, validators=[InputRequired(_("请选一户。"))])
    text = TextAreaField(_("做了什么好事"), validators=[InputRequired(), Length(max=200)])
    period = SelectField(_("上哪一期红榜"), validators=[InputRequired()])
    points = IntegerField(
        _("旁边写几分（不写填 0）"), default=0, validators=[InputRequired(), NumberRange(0, MOST_POINTS)]
    )


class BarForm(_MotionForm):
    text = TextAreaField(_("查实了什么"), validators=[InputRequired(), Length(max=200)])
    until = DateField(_("限制到哪一天（当天也不能领）"), validators=[InputRequired()])


class LiftForm(_MotionForm):
    text = TextAreaField(_("为什么解除"), validators=[InputRequired(), Length(max=200)])


class SayForm(KeyedForm):
    verdict = HiddenField(validators=[AnyOf(("yes", "no"), _("请点“赞成”或“反对”。"))])
    reason = StringField(_("理由（反对时必填）"), validators=[Length(max=120)])
