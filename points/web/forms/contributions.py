"""Forms of recording, and of putting a posted award right."""

from __future__ import annotations

from flask import request
from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired, MultipleFileField
from wtforms import DateField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from points.recording import MOST_TIMES, NOTE_LENGTH
from points.web.forms.base import Form, KeyedForm

MOST_PEOPLE = 300


class RecordForm(KeyedForm):
    item_id = SelectField(_("做了什么"), coerce=int)
    day = DateField(_("哪一天"), validators=[InputRequired()])
    quantity = IntegerField(
        _("每人几次（或几小时、几件）"), default=1, validators=[InputRequired(), NumberRange(1, MOST_TIMES)]
    )
    note = TextAreaField(_("说明（可不填）"), validators=[Length(max=NOTE_LENGTH)])
    photos = MultipleFileField(_("照片（可不拍）"))

    @property
    def people(self) -> list[int]:
        """The ids of the people who were ticked, then of the team that was pressed; what is no id is left out."""
        ids = [*request.form.getlist("people", type=int), *_numbers(request.form.get("team", ""))]
        return [id_ for id_ in dict.fromkeys(ids) if id_][:MOST_PEOPLE]

    @property
    def only_looks(self) -> bool:
        """Whether, without scripts, a button was pressed that only finds people or adds a team."""
        return "find" in request.form or "team" in request.form


class RoundForm(Form):
    """Which lane is inspected for which item, on which day, by whom: sent by GET."""

    lane_id = SelectField(_("哪条街巷"), coerce=int)
    item_id = SelectField(_("评什么"), coerce=int)
    day = DateField(_("哪一天"), validators=[InputRequired()])

    @property
    def judges(self) -> list[int]:
        """The ids of the judges who were ticked, then of the team that was pressed."""
        ids = [*request.args.getlist("judges", type=int), *_numbers(request.args.get("team", ""))]
        return [id_ for id_ in dict.fromkeys(ids) if id_][:9]

    @property
    def only_looks(self) -> bool:
        return "find" in request.args or "team" in request.args

    @property
    def complete(self) -> bool:
        """Whether the round is described well enough to be scored."""
        return bool(request.args) and not self.only_looks and bool(self.validate())


class ScoresForm(KeyedForm):
    """The scores of a round, one field for each household and judge."""

    note = TextAreaField(_("说明（可不填）"), validators=[Length(max=NOTE_LENGTH)])
    photos = MultipleFileField(_("照片（可不拍）"))

    def score(self, household_id: int, judge_id: int) -> int | None:
        """Return what a judge gave a household; None for nothing, or for what is no number."""
        return request.form.get(f"score-{household_id}-{judge_id}", type=int)


class RosterForm(KeyedForm):
    sheet = FileField(_("填好的表格"), validators=[FileRequired(_("还没有选文件。"))])


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part.isascii() and part.isdigit()]


class PutRightForm(KeyedForm):
    how = RadioField(
        _("收回多少"),
        choices=[SelectChoice("whole", _("全部冲正")), SelectChoice("part", _("只收回一部分"))],
        default="whole",
    )
    points = IntegerField(_("收回几分（只收回一部分时填）"), validators=[Optional(), NumberRange(min=1)])
    reason = StringField(_("理由"), validators=[InputRequired(), Length(max=120)])
