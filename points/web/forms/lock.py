"""Forms of the locked till."""

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, PasswordField
from wtforms.validators import EqualTo, InputRequired, Length

from points.web.forms.base import Form

_needed = InputRequired(_("请填写。"))


class LockForm(Form):
    """*to* is where to go on; *held*: it was a form that was sent when the till had locked, and *back* its page."""

    secret = PasswordField(_("解锁密码（6 位数字）"), validators=[_needed, Length(max=200)])
    to = HiddenField()
    back = HiddenField()
    held = HiddenField()


class LockPinForm(Form):
    password = PasswordField(_("登录密码"), validators=[_needed, Length(max=200)])
    pin = PasswordField(_("新的解锁密码"), validators=[_needed, Length(max=6)])
    again = PasswordField(_("再输一次解锁密码"), validators=[EqualTo("pin", _("两次输入的解锁密码不一样。"))])
