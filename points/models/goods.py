"""Goods 商品 of a shop: prices with history, barcodes, limits; and what households wish for."""

from __future__ import annotations

from typing import Any

from peewee import BooleanField, CharField, Check, CompositeKey, DateField, ForeignKeyField, IntegerField

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table, one_of
from points.models.people import Household, Person
from points.models.photos import Photo
from points.models.shop import Shop

GOODS_CATEGORIES = ("粮油", "调味", "日化", "纸品", "清洁", "厨具", "家纺", "文具", "农具", "其他")
LIMIT_PERIODS = ("day", "week", "month", "quarter", "year")


class Goods(Table):
    """Goods of one shop, priced in points. Never cash, vouchers, tobacco, alcohol or medicine.

    *cost_fen*: what a piece costs, as far as its batches do not say. A household and a person take at most so many in a
    period. *valid_from*, *valid_to*: the first and last local day on which they are given. *low_at*: few are left.
    """

    shop: Any = ForeignKeyField(Shop, backref="goods", on_delete="RESTRICT", index=False)
    shop_id: int
    name = CharField(max_length=40)
    initials = CharField(max_length=40, default="")
    unit = CharField(max_length=8)
    category = CharField(max_length=8)
    price = IntegerField()
    hidden = BooleanField(default=False)
    cost_fen = IntegerField(default=0)
    limit_household = IntegerField(null=True)
    limit_person = IntegerField(null=True)
    limit_period = CharField(max_length=8, default="month")
    valid_from: Any = DateField(null=True)
    valid_to: Any = DateField(null=True)
    low_at = IntegerField(default=3)
    photo: Any = ForeignKeyField(Photo, null=True, backref="+", on_delete="RESTRICT", index=False)
    photo_id: int | None

    class Meta:
        constraints = [
            one_of("category", GOODS_CATEGORIES),
            one_of("limit_period", LIMIT_PERIODS),
            Check("price > 0"),
            Check("length(name) > 0"),
            Check("cost_fen >= 0"),
            Check("low_at >= 0"),
            Check("limit_household IS NULL OR limit_household > 0"),
            Check("limit_person IS NULL OR limit_person > 0"),
            Check("valid_from IS NULL OR valid_to IS NULL OR valid_from <= valid_to"),
        ]
        indexes = ((("shop", "name"), True), (("shop", "initials"), False))


class GoodsPrice(Table):
    """The price of goods from a moment on, and who set it."""

    goods: Any = ForeignKeyField(Goods, backref="prices", on_delete="RESTRICT")
    price = IntegerField()
    since = UTCField()
    set_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)

    class Meta:
        constraints = [Check("price > 0")]


class Barcode(Table):
    """A maker's barcode of goods: EAN-13 (an UPC-A begins with 0) or EAN-8; goods of a shop do not share one."""

    goods: Any = ForeignKeyField(Goods, backref="barcodes", on_delete="RESTRICT")
    goods_id: int
    shop: Any = ForeignKeyField(Shop, backref="+", on_delete="RESTRICT", index=False)
    code = CharField(max_length=13)

    class Meta:
        constraints = [Check("length(code) IN (8, 13)")]
        indexes = ((("shop", "code"), True),)


class Wish(Table):
    """Goods that a household wishes for: new ones by name, or more of what a shop has; open until answered."""

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    village_id: int
    name = CharField(max_length=40)
    goods: Any = ForeignKeyField(Goods, null=True, backref="+", on_delete="RESTRICT", index=False)
    goods_id: int | None
    raised_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    raised_at = UTCField()
    answer = CharField(max_length=60, default="")
    answered_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    answered_at = UTCField(null=True)

    class Meta:
        constraints = [Check("length(name) > 0")]
        indexes = ((("village", "answered_at"), False), (("raised_by",), False))


# Nobody opens a wish that is open already.
Wish.add_index(Wish.index(Wish.village, Wish.name, unique=True).where(Wish.answered_at.is_null()))

Wish.add_index(Wish.index(Wish.goods).where(Wish.goods.is_null(False)))


class WishVote(Table):
    """A household's voice for a wish: one."""

    id = None
    wish: Any = ForeignKeyField(Wish, backref="votes", on_delete="RESTRICT", index=False)
    household: Any = ForeignKeyField(Household, backref="+", on_delete="RESTRICT", index=False)
    voted_at = UTCField()

    class Meta:
        primary_key = CompositeKey("wish", "household")
