"""Forms of expiry: the village's rule, switching it off, objections and answers."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from points.services.expiry import TEXT_LENGTH
from points.web.forms.base import KeyedForm


class ProposeForm(KeyedForm):
    years = RadioField(
        _("哪些积分到期"),
        choices=[
            SelectChoice("1", _("去年和更早得的：今年得的分，明年年底前都能用")),
            SelectChoice("0", _("今年和更早得的：年底前没用完就到期")),
        ],
        validators=[InputRequired()],
    )
    minutes = StringField(_("会议记录编号"), validators=[InputRequired(), Length(max=60)])


class EndForm(KeyedForm):
    reason = StringField(_("理由"), validators=[InputRequired(), Length(max=60)])


class ObjectForm(KeyedForm):
    text = TextAreaField(_("哪里不对"), validators=[InputRequired(), Length(max=TEXT_LENGTH)])


class AnswerForm(KeyedForm):
    verdict = RadioField(
        _("答复"),
        choices=[
            SelectChoice("due", _("异议不成立：照样到期")),
            SelectChoice("spare", _("异议成立：这一户今年不到期")),
        ],
        validators=[InputRequired()],
    )
    reason = TextAreaField(_("理由（公示页上写明）"), validators=[InputRequired(), Length(max=TEXT_LENGTH)])
