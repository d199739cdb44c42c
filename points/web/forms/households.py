"""Forms of households, their people, and the first sign-in."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from points.web.forms.base import KeyedForm


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
    active = BooleanField(_("仍在本村（去掉勾选后，卡和登录都停用）"))


class GiveSignInForm(KeyedForm):
    username = StringField(_("用户名"), validators=[InputRequired(), Length(max=40)])
