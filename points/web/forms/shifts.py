"""Forms of signing off a shift and taking it over."""

from flask_babel import lazy_gettext as _
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from points.web.forms.fund import YuanForm


class CountForm(YuanForm):
    """What was found: cash and, in ``count-<goods id>``, pieces."""

    yuan = StringField(_("点到的现金（元）"), default="0", validators=[InputRequired(), Length(max=20)])
    note = StringField(_("备注"), validators=[Length(max=120)])


class SignForm(CountForm):
    next_clerk = SelectField(_("接下来"), coerce=int, default=0)
