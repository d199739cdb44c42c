"""Forms of complaining and answering."""

from flask_babel import lazy_gettext as _
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from points.web.forms.base import KeyedForm


class ComplainForm(KeyedForm):
    village = SelectField(_("关于哪个村"), coerce=int)
    text = TextAreaField(_("投诉或建议"), validators=[InputRequired(), Length(max=1000)])
    contact = StringField(_("联系方式（可不填）"), validators=[Length(max=60)])


class AnswerForm(KeyedForm):
    text = TextAreaField(_("答复"), validators=[InputRequired(), Length(max=1000)])
