"""The form of a villager's own report."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf.file import MultipleFileField
from wtforms import DateField, IntegerField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from points.recording import MOST_TIMES, NOTE_LENGTH
from points.web.forms.base import KeyedForm


class ReportForm(KeyedForm):
    item_id = SelectField(_("做了什么"), coerce=int)
    person_id = RadioField(_("家里谁做的"), coerce=int)
    day = DateField(_("哪一天"), validators=[InputRequired()])
    quantity = IntegerField(
        _("几次（或几小时、几件）"), default=1, validators=[InputRequired(), NumberRange(1, MOST_TIMES)]
    )
    note = TextAreaField(_("说明（可不填）"), validators=[Length(max=NOTE_LENGTH)])
    photos = MultipleFileField(_("照片"))
