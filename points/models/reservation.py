"""Reservations 预约: goods set aside for points that are held, until they are collected, cancelled or expired."""

from __future__ import annotations

from typing import Any

from peewee import CharField, Check, DateField, ForeignKeyField, IntegerField

from points.db import UTCField
from points.models.base import Table, one_of
from points.models.goods import Goods
from points.models.people import Household, Person
from points.models.shop import Shop

RESERVATION_STATES = ("open", "collected", "cancelled", "expired")


class Reservation(Table):
    """A reservation and its ticket 兑换券. *points* are held and the goods set aside while it is open.

    *person* is whom of the household it is for, *made_by* who entered it. *spoken*: six digits that name an open one in
    its shop. *collect_by*: the last local day; the next night it expires.
    """

    shop: Any = ForeignKeyField(Shop, backref="+", on_delete="RESTRICT", index=False)
    shop_id: int
    household: Any = ForeignKeyField(Household, backref="+", on_delete="RESTRICT")
    household_id: int
    person: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    person_id: int
    points = IntegerField()
    spoken = CharField(max_length=6)
    state = CharField(max_length=10, default="open")
    collect_by: Any = DateField()
    made_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    made_by_id: int
    made_at = UTCField()
    ended_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    ended_at = UTCField(null=True)

    class Meta:
        constraints = [
            one_of("state", RESERVATION_STATES),
            Check("points > 0"),
            Check("(state = 'open') = (ended_at IS NULL)"),
        ]


Reservation.add_index(
    Reservation.index(Reservation.shop, Reservation.spoken, unique=True).where(Reservation.state == "open")
)
Reservation.add_index(Reservation.index(Reservation.collect_by).where(Reservation.state == "open"))


class ReservationLine(Table):
    """One sort of goods of a reservation, with the price of the moment."""

    reservation: Any = ForeignKeyField(Reservation, backref="lines", on_delete="RESTRICT")
    goods: Any = ForeignKeyField(Goods, backref="+", on_delete="RESTRICT")
    goods_id: int
    name = CharField(max_length=40)
    unit = CharField(max_length=8)
    price = IntegerField()
    quantity = IntegerField()

    class Meta:
        constraints = [Check("price > 0"), Check("quantity > 0")]
