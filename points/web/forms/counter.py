"""Forms of the counter. Quantities and prices are read by the view: one WTForms field for each goods would be slow."""

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from points.web.forms.base import Form, KeyedForm


class CardForm(Form):
    """The field that always listens: a scanned code or a typed number."""

    code = StringField(
        _("扫卡，或输入卡上 12 位号码"), validators=[InputRequired(_("请扫卡或输入卡号。")), Length(max=60)]
    )


class RedeemForm(KeyedForm):
    """What goes with a basket: the card that was read, who takes the goods, and the PIN, which is never shown again."""

    card = HiddenField("", validators=[InputRequired(_("请先扫卡。")), Length(max=60)])
    collector = SelectField(_("谁来领"), coerce=int, validate_choice=False)
    pin = PasswordField(_("取货密码"), validators=[Optional(), Regexp(r"^\d{6}$", message=_("取货密码是 6 位数字。"))])


class UndoForm(KeyedForm):
    reason = StringField(_("撤销原因"), validators=[InputRequired(_("请写明原因。")), Length(max=120)])
