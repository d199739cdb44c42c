"""Forms of what comes to a shop and what leaves it other than by the counter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import lazy_gettext as _
from flask_wtf.file import MultipleFileField
from wtforms import DateField, DecimalField, FieldList, FormField, IntegerField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from points.services.stockroom import HIGHEST_COST, MOST_LINES, MOST_PIECES, Line
from points.web.forms.base import Form, KeyedForm
from points.web.text import gettext

ROWS = 5
_needed = InputRequired(_("请填写。"))
_pieces = NumberRange(1, MOST_PIECES)


class LineForm(Form):
    """A row of a delivery; an empty one counts for nothing."""

    goods = StringField(_("商品"), validators=[Length(max=40)], filters=[lambda text: (text or "").strip()])
    quantity = IntegerField(_("数量"), validators=[Optional(), _pieces])
    cost = DecimalField(_("单价（元）"), places=2, validators=[Optional(), NumberRange(0.01, HIGHEST_COST // 100)])
    best_before = DateField(_("保质期到"), validators=[Optional()])
    goods_id = 0

    @property
    def is_filled(self) -> bool:
        """Whether anything was typed."""
        return any("".join(field.raw_data or ()).strip() for field in self)

    def is_clear(self, may: Sequence[tuple[int, str]]) -> bool:
        """Take the goods that were meant, of those that *may* be; say what is not clear beside its field."""
        if len(may) == 1:
            self.goods_id, self.goods.data = may[0]
        elif may:
            said = gettext("有几种都符合：%(names)s。请写全名。", names="、".join(name for _id, name in may[:5]))
            self.goods.errors = [said]
        else:
            self.goods.errors = [gettext("店里没有这种商品。请从列表里选，或先上架。")]
        for field in (self.quantity, self.cost):
            if field.data is None and not field.errors:
                field.errors = [gettext("请填写。")]
        return not self.errors

    @property
    def line(self) -> Line:
        """The row as `receive` takes it."""
        return self.goods_id, self.quantity.data or 0, round((self.cost.data or 0) * 100), self.best_before.data


class DeliveryForm(KeyedForm):
    kind = RadioField(
        _("怎么来的"),
        choices=[SelectChoice("purchase", _("进货")), SelectChoice("donation", _("捐赠"))],
        default="purchase",
    )
    source = StringField(_("供货商或捐赠人"), validators=[_needed, Length(max=60)])
    voucher = StringField(_("票据号"), validators=[Length(max=60)])
    note = StringField(_("说明（可不填）"), validators=[Length(max=120)])
    photos = MultipleFileField(_("票据照片（可不拍）"))
    rows = FieldList(FormField(LineForm), min_entries=ROWS, max_entries=MOST_LINES)

    known: Mapping[str, Sequence[tuple[int, str]]] = {}
    """What each text that was typed for goods may mean."""

    @property
    def filled(self) -> list[LineForm]:
        """The rows in which something was typed."""
        return [row.form for row in self.rows if row.form.is_filled]

    def more(self) -> None:
        """Add empty rows."""
        for _row in range(min(ROWS, MOST_LINES - len(self.rows))):
            self.rows.append_entry()

    def validate_rows(self, rows: FieldList) -> None:
        """Each row in use names goods of the shop, how many and at what price."""
        if not self.filled:
            raise ValidationError(gettext("还没有填商品。请至少填一行。"))
        if not all([row.is_clear(self.known.get(row.goods.data, ())) for row in self.filled]):
            raise ValidationError(gettext("还没有记下。请看下面标红的格子。"))


class LossForm(KeyedForm):
    quantity = IntegerField(_("数量"), validators=[_needed, _pieces])
    batch_id = SelectField(_("哪一批"), coerce=int, default=0)
    reason = StringField(_("理由"), validators=[_needed, Length(max=60)])
    photos = MultipleFileField(_("照片"))


class RemovalForm(KeyedForm):
    to_shop_id = SelectField(_("调到哪家店"), coerce=int)
    quantity = IntegerField(_("数量"), validators=[_needed, _pieces])
    note = StringField(_("说明（可不填）"), validators=[Length(max=60)])
