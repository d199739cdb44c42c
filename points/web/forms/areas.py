"""Forms of areas and of what a village decides for itself."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, DecimalField, IntegerField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

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
    wall_photo = BooleanField(_("公示贴好后要拍照"))
    board_points = BooleanField(_("红榜上写积分"))
    black_board = BooleanField(_("公开扣文明分的次数"))
    cover_percent = IntegerField(_("积分最多值基金和存货的百分之几"), validators=[Optional(), NumberRange(1, 1000)])
    cover_refuses = BooleanField(_("超过就不能再同意"))
    full_names = BooleanField(_("卡上印全名"))


class LimitsForm(KeyedForm):
    most_points = IntegerField(_("每项最多几分"), validators=[Optional(), NumberRange(1, 1000)])
    most_monthly_cap = IntegerField(_("每户每月最多几分"), validators=[Optional(), NumberRange(1, 100_000)])
    most_worth = DecimalField(_("1 分最多值几元"), places=2, validators=[Optional(), NumberRange(0.01, 1000)])

    @property
    def most_worth_fen(self) -> int | None:
        """The highest worth of a point in fen, or None."""
        return None if self.most_worth.data is None else round(self.most_worth.data * 100)


class HolidayForm(KeyedForm):
    name = StringField(_("叫什么"), validators=[InputRequired(), Length(max=20)])
    first = DateField(_("从哪天"), validators=[InputRequired()])
    last = DateField(_("到哪天"), validators=[Optional()])
