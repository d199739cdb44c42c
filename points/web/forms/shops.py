"""Forms of shops and their opening hours."""

import re
import unicodedata
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FormField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError
from wtforms.widgets import TimeInput

from points.models.shop import MOST_HOLD_DAYS, WEEKDAYS
from points.services.shop import MIDNIGHT
from points.web.forms.base import Form, KeyedForm
from points.web.text import gettext

_needed = InputRequired(_("请填写。"))


class ShopForm(KeyedForm):
    area = SelectField(_("服务范围"), coerce=int)
    name = StringField(_("店名"), validators=[_needed, Length(max=40)])
    code = StringField(_("店号"), validators=[_needed, Length(max=8)])
    hours = StringField(_("营业说明"), validators=[Length(max=60)])


class EditForm(KeyedForm):
    name = StringField(_("店名"), validators=[_needed, Length(max=40)])
    hours = StringField(_("营业说明"), validators=[Length(max=60)])
    hold_days = IntegerField(_("预约的货留几天"), validators=[_needed, NumberRange(1, MOST_HOLD_DAYS)])
    van = BooleanField(_("流动售货车：按日期到各处"))
    contracted = BooleanField(_("签约店：每月按兑换结算"))
    takes_cash = BooleanField(_("积分不够可以补现金"))


class ClockField(StringField):
    """A time of day, in minutes after midnight; None when it is left empty."""

    widget = TimeInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data // 60 % 24:02}:{self.data % 60:02}"

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = unicodedata.normalize("NFKC", valuelist[0]).strip() if valuelist else ""
        found = re.fullmatch(r"(\d{1,2}):(\d{2})(?::00)?", typed)
        self.data = None
        if not typed:
            return
        if found is None or int(found[1]) > 24 or int(found[2]) > 59:
            raise ValueError(gettext("请填时间，如 8:00。"))
        self.data = int(found[1]) * 60 + int(found[2])


class TimesForm(Form):
    """From when to when; midnight at the end of a day is typed as 0:00."""

    opens = ClockField(_("从"))
    closes = ClockField(_("到"))

    def validate_closes(self, field: ClockField) -> None:
        """Take both or none, and midnight as the end of the day."""
        if (self.opens.data is None) != (field.data is None) and not self.opens.errors:
            raise ValidationError(gettext("开门和关门时间都要填。"))
        if field.data == 0:
            field.data = MIDNIGHT


class LineForm(TimesForm):
    """Weekdays that share a time."""

    days = SelectMultipleField(
        _("星期"), coerce=int, choices=[SelectChoice(day, name) for day, name in enumerate(WEEKDAYS)]
    )
    redeems = BooleanField(_("办兑换"), default=True)

    def validate_days(self, field: SelectMultipleField) -> None:
        timed = self.opens.data is not None
        if bool(field.data) != timed and not (self.opens.errors or self.closes.errors):
            raise ValidationError(gettext("请选星期几。") if not field.data else gettext("请填开门和关门时间。"))


class HoursForm(KeyedForm):
    """A shop's week, a line for each time that some weekdays share; empty lines say nothing."""

    lines = FieldList(FormField(LineForm), max_entries=28)

    @property
    def week(self) -> list[list[int]]:
        """What the lines say, day by day."""
        lines: list[Any] = [line.form for line in self.lines]
        return [
            [day, line.opens.data, line.closes.data, line.redeems.data]
            for line in lines
            for day in line.days.data or ()
        ]


class DayForm(KeyedForm, TimesForm):
    day = DateField(_("哪一天"), validators=[_needed])
    area = SelectField(_("到哪里"), coerce=int, default=0)
    place = StringField(_("停在什么地方"), validators=[Length(max=40)])
