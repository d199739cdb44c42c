"""Forms of the fund; yuan are typed with up to two decimals and become fen without ever being a float."""

import re
import unicodedata
from decimal import Decimal

from flask_babel import lazy_gettext as _
from wtforms import DateField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from points.models.fund import SOURCES
from points.web.edge import label
from points.web.forms.base import KeyedForm


class YuanForm(KeyedForm):
    yuan = StringField(_("金额（元）"), validators=[InputRequired(), Length(max=20)])

    fen = 0

    def validate_yuan(self, field: StringField) -> None:
        """Read ``1,200.50``, full-width digits too, into *fen*."""
        typed = unicodedata.normalize("NFKC", field.data or "").replace(",", "").strip().removesuffix("元").rstrip()
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", typed):
            raise ValidationError(_("请写数字，最多两位小数，如 1200.50。"))
        self.fen = int(Decimal(typed) * 100)


class SpendForm(YuanForm):
    day = DateField(_("哪一天"), validators=[InputRequired()])
    voucher = StringField(_("凭据"), validators=[InputRequired(), Length(max=60)])
    note = StringField(_("说明（可不填）"), validators=[Length(max=120)])


class EnterForm(SpendForm):
    kind = SelectField(_("类别"), validators=[InputRequired()])

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self.kind.choices = [SelectChoice(kind, label(kind)) for kind in (*SOURCES, "spent")]


class CommitForm(YuanForm):
    purpose = StringField(_("用途"), validators=[InputRequired(), Length(max=120)])


class ReleaseForm(YuanForm):
    reason = StringField(_("理由"), validators=[InputRequired(), Length(max=120)])


class CancelForm(KeyedForm):
    reason = StringField(_("理由"), validators=[InputRequired(), Length(max=120)])


class DrawForm(KeyedForm):
    shop = SelectField(_("哪家店"), coerce=int, validators=[InputRequired()])
    month = SelectField(_("结到哪个月底"), validators=[InputRequired()])


class PayForm(KeyedForm):
    commitment = SelectField(_("从哪里付"), coerce=int, default=0)
    day = DateField(_("付款日期"), validators=[InputRequired()])
    voucher = StringField(_("凭据"), validators=[InputRequired(), Length(max=60)])
