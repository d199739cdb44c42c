"""Forms of the counter. Quantities and prices are read by the view: one WTForms field for each goods would be slow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, IntegerField, PasswordField, RadioField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from points.web.forms.base import KEY, Form, KeyedForm

PIN = re.compile(r"^\d{6}$")
LONGEST = 60  # signs of a scanned code
MOST_CASH = 9  # digits


class CardForm(Form):
    """The field that always listens: a scanned code or a typed number; *photo* says that a picture of it was read."""

    code = StringField(_("扫卡，或输入号码"), validators=[InputRequired(_("请扫卡或输入卡号。")), Length(max=LONGEST)])
    photo = HiddenField("")


class Asked(NamedTuple):
    """What goes with a basket, as `RedeemForm` accepts it."""

    key: str
    card: str
    photo: bool
    collector: str
    pin: str
    cash_fen: int


class RedeemForm(KeyedForm):
    """What goes with a basket: the card that was read, who takes the goods, and the PIN, which is never shown again.

    *collector* is a member's id, or a proxy's behind a ``p``; *cash_fen* the cash that was shown and received.
    """

    card = HiddenField("", validators=[InputRequired(_("请先扫卡。")), Length(max=LONGEST)])
    photo = HiddenField("")
    collector = RadioField(_("谁来领"), validate_choice=False)
    pin = PasswordField(_("取货密码"), validators=[Optional(), Regexp(PIN, message=_("取货密码是 6 位数字。"))])
    cash_fen = IntegerField(_("收了现金"), default=0, validators=[Optional()])

    @property
    def asked(self) -> Asked:
        """What was sent; only after validation."""
        return Asked(
            key=self.key.data or "",
            card=self.card.data or "",
            photo=bool(self.photo.data),
            collector=self.collector.data or "",
            pin=self.pin.data or "",
            cash_fen=self.cash_fen.data or 0,
        )


def plainly(sent: Mapping[str, str]) -> Asked | None:
    """Read what was *sent* without the form, which takes nine times as long; None where only the form can tell.

    It accepts nothing that the form would not, and reads it alike.
    """
    key, card, pin, cash = sent.get("key", ""), sent.get("card", ""), sent.get("pin", ""), sent.get("cash_fen", "")
    if not (KEY.match(key) and 0 < len(card) <= LONGEST and (pin == "" or PIN.match(pin))):
        return None
    if cash and not (cash.isdecimal() and len(cash) <= MOST_CASH):
        return None
    return Asked(key, card, bool(sent.get("photo")), sent.get("collector", ""), pin, int(cash or 0))


class UndoForm(KeyedForm):
    """Why a receipt is undone; *code* is what its holder shows, which a clerk needs."""

    code = StringField(_("凭证上的码"), validators=[Optional(), Length(max=60)])
    reason = StringField(_("撤销原因"), validators=[InputRequired(_("请写明原因。")), Length(max=120)])
