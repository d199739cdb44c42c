"""Forms of what a person asks about the own data, and of the answer."""

from flask_babel import lazy_gettext as _
from wtforms import RadioField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from points.web.forms.base import KeyedForm


class AskForm(KeyedForm):
    kind = RadioField(
        _("要求什么"),
        choices=[SelectChoice("correct", _("请更正")), SelectChoice("erase", _("请删除我的资料"))],
        validators=[InputRequired()],
    )
    words = TextAreaField(_("写清楚哪里不对，或为什么删除"), validators=[InputRequired(), Length(max=300)])


class AnswerForm(KeyedForm):
    verdict = RadioField(
        _("怎样答复"),
        choices=[SelectChoice("yes", _("同意")), SelectChoice("no", _("不同意"))],
        validators=[InputRequired()],
    )
    words = TextAreaField(_("答复"), validators=[InputRequired(), Length(max=300)])
