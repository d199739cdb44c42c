"""Forms of proxies."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import DateField, HiddenField, IntegerField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from points.web.forms.base import Form, KeyedForm

PIN = Regexp(r"^[0-9]{6}$", message=_("取货密码是 6 位数字。"))


class ProxyForm(KeyedForm):
    """Who may collect until when."""

    name = StringField(_("代领人姓名"), validators=[InputRequired(_("请写姓名。")), Length(max=40)])
    until = DateField(_("可以代领到哪一天"), validators=[InputRequired(_("请选日期。"))])

    @property
    def who(self) -> dict[str, Any]:
        """The name and the last day; only after validation."""
        return {"name": self.name.data or "", "until": self.until.data}


class KnownProxyForm(ProxyForm):
    """The same, and *number*, the own household of someone whom the village knows."""

    number = StringField(_("代领人自己的户号"), validators=[Optional(), Length(max=12)])


class DeskProxyForm(KnownProxyForm):
    """The same at the desk, where a member of the household types the PIN."""

    member = SelectField(_("哪位成员在场"), coerce=int)
    pin = PasswordField(_("这位成员的取货密码"), validators=[InputRequired(_("请成员本人输入密码。")), PIN])


class TillProxyForm(ProxyForm):
    """Who may collect until when, at the counter, where the holder of the card types the PIN."""

    card = HiddenField("", validators=[InputRequired(_("请先扫卡。")), Length(max=60)])
    pin = PasswordField(_("持卡人的取货密码"), validators=[InputRequired(_("请持卡人本人输入密码。")), PIN])


class TillRevokeForm(KeyedForm):
    """A grant to be taken back at the counter."""

    card = HiddenField("", validators=[InputRequired(_("请先扫卡。")), Length(max=60)])
    proxy = IntegerField("", validators=[InputRequired()])
    pin = PasswordField(_("持卡人的取货密码"), validators=[InputRequired(_("请持卡人本人输入密码。")), PIN])


class CodeForm(Form):
    """The code field of a page at the counter that is not about a basket."""

    code = StringField(
        _("扫卡，或输入卡上 12 位号码"), validators=[InputRequired(_("请扫卡或输入卡号。")), Length(max=60)]
    )
