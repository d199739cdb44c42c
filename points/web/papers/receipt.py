"""A receipt, on a roll of 58 or 80 mm or on A5; every printing but the first is a copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app

from points import codes
from points.models.receipt import ReceiptPrint
from points.names import mask
from points.queries import counter
from points.services import redemption
from points.services.paper import Facts
from points.web import qr
from points.web.counter import SHOWS_CODE
from points.web.edge import grouped, local_day, local_time, now, printed_at, yuan
from points.web.papers import Sheet
from points.web.session import me
from points.web.text import gettext as _


def build(receipt_id: int, given: Mapping[str, str]) -> Sheet:
    """Keep that the receipt is put on paper, which asks whether the reader may, and build it."""
    size = given.get("size", "")
    print_id = redemption.print_receipt(key=given["key"], actor=me(), now=now(), receipt_id=receipt_id, paper=size)
    number = ReceiptPrint.get_by_id(print_id).number
    slip = counter.receipt(receipt_id)
    own = slip.household_id == me().household_id
    coded = own or now() - slip.recorded_at < SHOWS_CODE
    who = {"n": slip.household_number, "name": mask(slip.collector)}
    left = _("剩余 %(n)s 分（撤销前）") if slip.undone_at else _("剩余 %(n)s 分")
    parts: Any = current_app.jinja_env.get_template("counter/_parts.html").module
    return Sheet(
        template="receipt",
        title=_("积分兑换凭证 %(number)s", number=slip.number),
        area_id=slip.area_id,
        data={
            "size": size,
            "shop": slip.shop,
            "copy": _("副本 第 %(n)s 次", n=number) if number > 1 else "",
            "undone": _("已撤销 %(when)s", when=local_time(slip.undone_at)) if slip.undone_at else "",
            "number": slip.number,
            "day": printed_at(slip.recorded_at),
            "who": (_("%(n)s 号户 · 领取 %(name)s（代领）") if slip.by_proxy else _("%(n)s 号户 · 领取 %(name)s"))
            % who,
            "lines": [
                {
                    "name": line.name,
                    "price": grouped(line.price),
                    "count": f"{line.quantity} {line.unit}",
                    "points": grouped(line.price * line.quantity),
                }
                for line in counter.lines(receipt_id)
            ],
            "total": _("共 %(n)s 分", n=grouped(slip.points + slip.cash_points)),
            "cash": _cash(slip),
            "left": left % {"n": grouped(slip.balance_after)},
            "how": str(parts.how(slip)).strip(),
            "clerk": _("经办 %(name)s", name=mask(slip.clerk)),
            "code": coded,
        },
        pictures={"code.svg": qr.picture(qr.card(codes.receipt_code(slip.id), _("凭证的码")))} if coded else {},
    )


def facts(receipt_id: int) -> Facts:
    """Tell its number, household, day and points, and whether it stands."""
    slip = counter.receipt(receipt_id)
    return [
        (_("凭证号"), slip.number),
        (_("户号"), slip.household_number),
        (_("哪一天"), local_day(slip.recorded_at)),
        (_("商品几样"), len(counter.lines(receipt_id))),
        (_("积分"), slip.points),
        (_("现金（元）"), yuan(slip.cash_fen)),
        (_("状态"), _("已撤销") if slip.undone_at else _("有效")),
    ]


def _cash(slip: counter.Slip) -> list[str]:
    if not slip.cash_fen:
        return []
    cash = {"yuan": yuan(slip.cash_fen), "n": grouped(slip.cash_points)}
    return [_("积分 %(n)s 分", n=grouped(slip.points)), _("现金 %(yuan)s 元（抵 %(n)s 分）", **cash)]
