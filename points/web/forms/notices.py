"""Forms of objecting and answering."""

from flask_babel import lazy_gettext as _
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from points.web.forms.base import KeyedForm


class ObjectForm(KeyedForm):
    text = TextAreaField(_("哪里不对"), validators=[InputRequired(), Length(max=500)])
    on_behalf_of = StringField(_("代谁提出（本人提出不填）"), validators=[Length(max=40)])


class AnswerForm(KeyedForm):
    upheld = RadioField(
        _("答复"),
        choices=[SelectChoice("yes", _("异议成立：这一条取消，不计分")), SelectChoice("no", _("异议不成立：照常入账"))],
        validators=[InputRequired()],
    )
    reason = TextAreaField(_("理由（提出人看得到）"), validators=[InputRequired(), Length(max=500)])
