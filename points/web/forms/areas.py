"""Forms of areas and of what a village decides for itself."""

from flask_babel import lazy_gettext as _
from wtforms import IntegerField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from points.web.forms.base import KeyedForm


class OpenAreaForm(KeyedForm):
    kind = SelectField(_("哪一级"), validators=[InputRequired()])
    name = StringField(_("名称"), validators=[InputRequired(), Length(max=60)])


class RenameForm(KeyedForm):
    name = StringField(_("名称"), validators=[InputRequired(), Length(max=60)])


class SettingsForm(KeyedForm):
    council_voices = RadioField(
        _("每条记录要几位评议员表决"),
        coerce=int,
        choices=[
            SelectChoice("1", _("1 位（小村）")),
            SelectChoice("3", _("3 位")),
            SelectChoice("5", _("5 位")),
            SelectChoice("7", _("7 位")),
        ],
        validators=[InputRequired()],
    )
    notice_days = IntegerField(_("公示几天"), validators=[InputRequired(), NumberRange(3, 15)])
    monthly_cap = IntegerField(_("每户每月封顶（分）"), validators=[InputRequired(), NumberRange(1, 100_000)])
    no_pin_daily_limit = IntegerField(_("每户每天免密额度（分）"), validators=[InputRequired(), NumberRange(0, 1000)])
    objection_contact = StringField(_("向谁、怎样提异议"), validators=[Length(max=120)])
