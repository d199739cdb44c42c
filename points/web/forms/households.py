"""Forms of households, their people, and the first sign-in."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from points.web.forms.base import KeyedForm

LEFT_WORDS = {"died": _("去世"), "moved": _("迁出"), "other": _("其他原因"), "": ""}
"""Why somebody is gone."""


class OpenHouseholdForm(KeyedForm):
    area_id = SelectField(_("街巷"), coerce=int, validators=[InputRequired()])
    number = StringField(_("户号"), validators=[InputRequired(), Length(max=12)])
    address = StringField(_("地址"), validators=[Length(max=60)])
    people = TextAreaField(_("家里有谁"), validators=[InputRequired(), Length(max=1000)])

    @property
    def names(self) -> list[str]:
        """The names that were typed, one a line."""
        return [line.strip() for line in (self.people.data or "").splitlines() if line.strip()]


class EditHouseholdForm(KeyedForm):
    area_id = SelectField(_("街巷"), coerce=int, validators=[InputRequired()])
    address = StringField(_("地址"), validators=[Length(max=60)])


class PersonForm(KeyedForm):
    name = StringField(_("姓名"), validators=[InputRequired(), Length(max=40)])
    phone = StringField(_("电话（可不填）"), validators=[Length(max=20)])


class EditPersonForm(PersonForm):
    active = BooleanField(_("仍在本村"))
    left_why = RadioField(
        _("为什么离开"),
        choices=[SelectChoice(why, words) for why, words in LEFT_WORDS.items() if why],
        validators=[Optional()],
        validate_choice=False,
    )
    left_on = DateField(_("从哪天起"), validators=[Optional()])


class GiveSignInForm(KeyedForm):
    username = StringField(_("用户名"), validators=[InputRequired(), Length(max=40)])
