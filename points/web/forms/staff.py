"""Forms of staff and of declaring kin."""

from flask_babel import lazy_gettext as _
from wtforms import DateField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from points.web.forms.base import KeyedForm


class GrantForm(KeyedForm):
    person_id = RadioField(_("请谁担任"), coerce=int, validators=[InputRequired(_("请选一个人。"))])
    kind = SelectField(_("职责"), validators=[InputRequired()])
    until = DateField(_("任期到哪一天"), validators=[Optional()])


class KinForm(KeyedForm):
    village_id = SelectField(_("亲属在哪个村"), coerce=int, validators=[InputRequired()])
    number = StringField(_("亲属的户号"), validators=[InputRequired(), Length(max=12)])
    name = StringField(_("亲属的姓名"), validators=[InputRequired(), Length(max=40)])
    relation = StringField(_("是什么关系"), validators=[InputRequired(), Length(max=20)])
