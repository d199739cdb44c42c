"""Forms of changes of households, one a kind."""

from flask_babel import lazy_gettext as _
from wtforms import DateField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from points.web.forms.base import KeyedForm


class ChangeForm(KeyedForm):
    day = DateField(_("哪一天的事"), validators=[InputRequired()])
    reason = StringField(_("原因"), validators=[InputRequired(), Length(max=120)])


class PeopleForm(ChangeForm):
    people = SelectMultipleField(_("谁走"), coerce=int)
    points = IntegerField(_("带走多少积分"), default=0, validators=[InputRequired(), NumberRange(min=0)])


class SplitForm(PeopleForm):
    area_id = SelectField(_("新户在哪里"), coerce=int, validators=[InputRequired()])
    number = StringField(_("新户的户号"), validators=[InputRequired(), Length(max=12)])
    address = StringField(_("地址"), validators=[Length(max=60)])


class MergeForm(ChangeForm):
    village_id = SelectField(_("并到哪个村"), coerce=int, validators=[InputRequired()])
    number = StringField(_("并入的户号"), validators=[InputRequired(), Length(max=12)])


class MovePersonForm(PeopleForm):
    village_id = SelectField(_("迁到哪个村"), coerce=int, validators=[InputRequired()])
    number = StringField(_("迁入的户号"), validators=[InputRequired(), Length(max=12)])


class MoveHouseholdForm(ChangeForm):
    area_id = SelectField(_("搬到哪里"), coerce=int, validators=[InputRequired()])
    address = StringField(_("新地址（可不填）"), validators=[Length(max=60)])


FORMS = {"split": SplitForm, "merge": MergeForm, "move_person": MovePersonForm, "move_household": MoveHouseholdForm}
