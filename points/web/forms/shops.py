"""Forms of shops and goods."""

from flask_babel import lazy_gettext as _
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from points.models.goods import GOODS_CATEGORIES
from points.services.goods import HIGHEST_PRICE, MOST_RECEIVED
from points.web.forms.base import KeyedForm

_needed = InputRequired(_("请填写。"))
_price = NumberRange(1, HIGHEST_PRICE, _("价格要在 1 到 %(max)s 分之间。"))


class ShopForm(KeyedForm):
    area = SelectField(_("服务范围"), coerce=int)
    name = StringField(_("店名"), validators=[_needed, Length(max=40)])
    code = StringField(_("店号"), validators=[_needed, Length(max=8)])
    hours = StringField(_("营业时间"), validators=[Length(max=60)])


class GoodsForm(KeyedForm):
    name = StringField(_("名称和规格"), validators=[_needed, Length(max=40)])
    unit = StringField(_("单位"), validators=[_needed, Length(max=8)])
    category = SelectField(_("类别"), choices=list(GOODS_CATEGORIES))
    price = IntegerField(_("价格（分）"), validators=[_needed, _price])


class PriceForm(KeyedForm):
    price = IntegerField(_("新价格（分）"), validators=[_needed, _price])


class ReceiveForm(KeyedForm):
    quantity = IntegerField(_("进货数量"), validators=[_needed, NumberRange(1, MOST_RECEIVED)])
    note = StringField(_("来源或单号"), validators=[Length(max=60)])
