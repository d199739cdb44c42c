"""Forms of signing in and the own password."""

from flask_babel import lazy_gettext as _
from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from points.web.forms.base import Form


class SignInForm(Form):
    username = StringField(_("用户名"), validators=[InputRequired(), Length(max=40)])
    password = PasswordField(_("密码"), validators=[InputRequired(), Length(max=200)])


class PasswordForm(Form):
    old = PasswordField(_("现在的密码"), validators=[InputRequired(), Length(max=200)])
    new = PasswordField(_("新密码"), validators=[InputRequired(), Length(max=200)])
    again = PasswordField(_("再输一次新密码"), validators=[EqualTo("new", _("两次输入的新密码不一样。"))])
