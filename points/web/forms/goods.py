"""Forms of goods."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, DateField, DecimalField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from points.models.goods import GOODS_CATEGORIES, LIMIT_PERIODS
from points.photos import Picture, redraw
from points.queries.shop import Shelved
from points.services.goods import HIGHEST_COST_FEN, HIGHEST_LIMIT, HIGHEST_PRICE, PICTURE_SIDE
from points.web.edge import label
from points.web.forms.base import KeyedForm

_needed = InputRequired(_("请填写。"))
_price = NumberRange(1, HIGHEST_PRICE, _("价格要在 1 到 %(max)s 分之间。"))
_limit = (Optional(), NumberRange(1, HIGHEST_LIMIT))


class GoodsForm(KeyedForm):
    name = StringField(_("名称和规格"), validators=[_needed, Length(max=40)])
    unit = StringField(_("单位"), validators=[_needed, Length(max=8)])
    category = SelectField(_("类别"), choices=list(GOODS_CATEGORIES))
    price = IntegerField(_("价格（分）"), validators=[_needed, _price])
    cost = DecimalField(
        _("进价（元）"), places=2, validators=[Optional(), NumberRange(0, HIGHEST_COST_FEN // 100)], default=Decimal(0)
    )
    barcodes = TextAreaField(_("条码"))
    picture = FileField(_("照片"))
    limit_household = IntegerField(_("每户最多"), validators=_limit)
    limit_person = IntegerField(_("每人最多"), validators=_limit)
    limit_period = SelectField(
        _("限量周期"), choices=[SelectChoice(word, label(word)) for word in LIMIT_PERIODS], default="month"
    )
    valid_from = DateField(_("从哪天起换"), validators=[Optional()])
    valid_to = DateField(_("换到哪天"), validators=[Optional()])
    low_at = IntegerField(_("剩多少算少"), validators=[_needed, NumberRange(0, HIGHEST_LIMIT)], default=3)
    hidden = BooleanField(_("下架：柜台和公开页面不显示"))

    def show(self, goods: Shelved, barcodes: list[str]) -> None:
        """Fill the form with what is said of *goods* today."""
        self.process(data=goods._asdict() | {"cost": Decimal(goods.cost_fen) / 100, "barcodes": "\n".join(barcodes)})

    @property
    def facts(self) -> dict[str, Any]:
        """What was typed, as `Facts` names it."""
        same = ("name", "unit", "category", "price", "limit_household", "limit_person", "limit_period", "valid_from",
                "valid_to", "low_at", "hidden")  # fmt: skip
        return {
            **{name: self[name].data for name in same},
            "cost_fen": round((self.cost.data or 0) * 100),
            "barcodes": tuple(
                re.split(r"[\s,，、;；]+", (self.barcodes.data or "").strip()) if self.barcodes.data else ()
            ),
        }

    def drawn(self) -> Picture | None:
        """Return the picture sent, drawn anew and small. Raises `NotAPhoto`, `PhotoTooLarge`."""
        return redraw(self.picture.data.read(), longest=PICTURE_SIDE) if self.picture.data else None


class PriceForm(KeyedForm):
    price = IntegerField(_("新价格（分）"), validators=[_needed, _price])


class SheetForm(KeyedForm):
    sheet = FileField(_("填好的表格"), validators=[FileRequired(_("请先选文件。"))])
