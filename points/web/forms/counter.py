"""Forms of the counter. Quantities and prices are read by the view: one WTForms field for each goods would be slow."""

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, IntegerField, PasswordField, RadioField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from points.web.forms.base import Form, KeyedForm


class CardForm(Form):
    """The field that always listens: a scanned code or a typed number; *photo* says that a picture of it was read."""

    code = StringField(_("扫卡，或输入号码"), validators=[InputRequired(_("请扫卡或输入卡号。")), Length(max=60)])
    photo = HiddenField("")


class RedeemForm(KeyedForm):
    """What goes with a basket: the card that was read, who takes the goods, and the PIN, which is never shown again.

    *collector* is a member's id, or a proxy's behind a ``p``; *cash_fen* the cash that was shown and received.
    """

    card = HiddenField("", validators=[InputRequired(_("请先扫卡。")), Length(max=60)])
    photo = HiddenField("")
    collector = RadioField(_("谁来领"), validate_choice=False)
    pin = PasswordField(_("取货密码"), validators=[Optional(), Regexp(r"^\d{6}$", message=_("取货密码是 6 位数字。"))])
    cash_fen = IntegerField(_("收了现金"), default=0, validators=[Optional()])


class UndoForm(KeyedForm):
    """Why a receipt is undone; *code* is what its holder shows, which a clerk needs."""

    code = StringField(_("凭证上的码"), validators=[Optional(), Length(max=60)])
    reason = StringField(_("撤销原因"), validators=[InputRequired(_("请写明原因。")), Length(max=120)])
