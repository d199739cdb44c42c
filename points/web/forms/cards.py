"""Forms of cards and PINs."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import EqualTo, InputRequired, Length, Regexp

from points.web.forms.base import Form, KeyedForm


class WhoForm(Form):
    """For whom cards are to be printed; what it holds stands in the page's address."""

    area = SelectField(_("哪里"), coerce=int)
    who = RadioField(
        _("给谁印"),
        choices=[SelectChoice("household", _("每户一张（先勾上第一个人）")), SelectChoice("everyone", _("每人一张"))],
        default="household",
    )
    again = BooleanField(_("已有卡的也重印（补办）"))


class RunForm(KeyedForm):
    layout = RadioField(
        _("印在哪里"),
        choices=[
            SelectChoice("a4", _("A4 卡纸，每张十张卡，双面")),
            SelectChoice("pvc", _("PVC 卡打印机，一页一面")),
        ],
        default="a4",
    )


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
