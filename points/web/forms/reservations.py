"""Forms of reservations. What is chosen is read by the view, as at the counter."""

from flask_babel import lazy_gettext as _
from wtforms import DateField, HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from points.web.forms.base import KeyedForm

PIN = Regexp(r"^\d{6}$", message=_("取货密码是 6 位数字。"))


class ReserveForm(KeyedForm):
    collect_by = DateField(_("最晚哪天来取"), validators=[InputRequired(_("请选取货的日期。"))])


class DeskForm(ReserveForm):
    person = SelectField(_("谁要预约"), coerce=int)
    pin = PasswordField(_("取货密码"), validators=[InputRequired(_("请预约的人输入取货密码。")), PIN])


class CancelForm(KeyedForm):
    """*ticket*: its code, when a clerk cancels it at the counter."""

    reason = StringField(_("原因（可以不写）"), validators=[Length(max=60)])
    ticket = HiddenField("", validators=[Length(max=60)])


class CollectForm(KeyedForm):
    """The ticket that was read, who takes the goods, and for spoken digits the PIN, which is never shown again."""

    ticket = HiddenField("", validators=[InputRequired(_("请先扫兑换券。")), Length(max=60)])
    collector = RadioField(_("谁来取"), validate_choice=False)
    pin = PasswordField(_("取货密码"), validators=[Optional(), PIN])
