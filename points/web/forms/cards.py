"""Forms of cards and PINs."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, Regexp

from points.web.forms.base import Form, KeyedForm


class PrintForm(KeyedForm):
    full_name = BooleanField(_("卡上印全名（不勾选则印“王*英”这样的姓名）"))


class PinForm(KeyedForm):
    pin = PasswordField(
        _("6 位取货密码"), validators=[InputRequired(), Regexp(r"^[0-9]{6}$", message=_("要 6 位数字。"))]
    )
    again = PasswordField(_("再输一次"), validators=[EqualTo("pin", _("两次输入的密码不一样。"))])


class RevokeForm(KeyedForm):
    reason = StringField(_("原因"), validators=[InputRequired(), Length(max=60)])


class LostForm(Form):
    """Which card was lost: its code or number, or else whose it is."""

    code = StringField(_("卡号（扫卡或输入 12 位）"), validators=[Length(max=60)])
    number = StringField(_("户号"), validators=[Length(max=12)])
    name = StringField(_("持卡人姓名"), validators=[Length(max=40)])
