"""Forms of recording, and of putting a posted award right."""

from __future__ import annotations

from flask import request
from flask_babel import lazy_gettext as _
from wtforms import DateField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from points.web.forms.base import KeyedForm

MOST_PEOPLE = 200


class RecordForm(KeyedForm):
    item_id = SelectField(_("做了什么"), coerce=int)
    day = DateField(_("哪一天"), validators=[InputRequired()])
    quantity = IntegerField(_("每人几次"), default=1, validators=[InputRequired(), NumberRange(1, 99)])
    note = TextAreaField(_("说明（可不填）"), validators=[Length(max=200)])

    @property
    def people(self) -> list[int]:
        """The ids of the people who were ticked, in order; what is no id is left out."""
        return [id_ for id_ in request.form.getlist("people", type=int)[:MOST_PEOPLE] if id_]


class PutRightForm(KeyedForm):
    how = RadioField(
        _("收回多少"),
        choices=[SelectChoice("whole", _("全部冲正")), SelectChoice("part", _("只收回一部分"))],
        default="whole",
    )
    points = IntegerField(_("收回几分（只收回一部分时填）"), validators=[Optional(), NumberRange(min=1)])
    reason = StringField(_("理由"), validators=[InputRequired(), Length(max=120)])
