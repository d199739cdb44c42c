"""The red board, its poster, and a household's choice of how it is named."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import access
from points.calendar import local_date, month_of
from points.models.people import Household
from points.queries import boards as reads
from points.queries import notices
from points.queries.boards import Period
from points.services import boards
from points.web import qr
from points.web.edge import now
from points.web.forms.boards import BoardNameForm
from points.web.frame import url_for
from points.web.phone import tabs
from points.web.public import paper, whole_address
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("boards", __name__)


@blueprint.app_template_filter()
def period_name(period: Period) -> str:
    """Write a period as ``2026年11月``, ``2026年第4季度`` or ``2026年``."""
    months = period.last.month - period.first.month + 1
    if months == 1:
        return _("%(year)s年%(month)s月", year=period.first.year, month=period.first.month)
    if months == 3:
        return _("%(year)s年第%(quarter)s季度", year=period.first.year, quarter=period.last.month // 3)
    return _("%(year)s年", year=period.first.year)


@blueprint.get("/villages/<int:village_id>/board")
def red(village_id: int) -> ResponseReturnValue:
    board = asked_board(village_id)
    lanes = [(lane, list(rows)) for lane, rows in groupby(board["rows"], key=attrgetter("lane"))]
    return render_template("boards/red.html", lanes=lanes, tabs=tabs(village_id), **board)


@blueprint.get("/villages/<int:village_id>/board/poster")
def poster(village_id: int) -> ResponseReturnValue:
    board = asked_board(village_id)
    address = whole_address(url_for("public.village", village_id=village_id))
    return render_template(
        "boards/poster.html",
        size=paper(),
        address=address,
        code=qr.address(address, _("本村的公开网页")),
        back_url=url_for("boards.red", village_id=village_id, period=board["period"].word),
        **board,
    )


@blueprint.route("/me/board", methods=["GET", "POST"])
@login_required
def mine() -> ResponseReturnValue:
    household_id = me().household_id
    if household_id is None:
        return redirect(url_for("home.front"), 303)
    found = access.household(household_id)
    return _choose(found, url_for("boards.mine"), layout="phone", tabs=tabs(found.village_id))


@blueprint.route("/households/<int:household_id>/board", methods=["GET", "POST"])
@login_required
def of_household(household_id: int) -> ResponseReturnValue:
    found = access.household(household_id)
    access.require(me(), "committee", area_id=found.area_id)
    g.village_id = found.village_id
    return _choose(found, url_for("households.show", household_id=household_id), layout="desk")


def _choose(found: Household, after: str, **frame: Any) -> ResponseReturnValue:
    form = BoardNameForm(obj=found)
    if form.validate_on_submit():
        with form.refusals():
            boards.choose_name(
                key=form.key.data, actor=me(), now=now(), household_id=found.id, board_name=form.board_name.data
            )
            flash(_("已记下。下次打开红榜就照这样写。"), "success")
            return redirect(after, 303)
    return form.page("boards/choose.html", household=found, back=after, **frame)


def asked_board(village_id: int) -> dict[str, Any]:
    """Read the board of the period asked for, or of the newest that has one."""
    village = access.village(village_id)
    setting = notices.setting(village_id)
    periods = reads.periods(village_id)
    newest = periods[0][0].word if periods else month_of(local_date(now()))
    period = reads.period(request.args.get("period") or newest)
    return {
        "village": village,
        "setting": setting,
        "period": period,
        "periods": periods,
        "rows": reads.commended(village_id, period, now=now()),
        "deductions": reads.deductions(village_id, period) if setting.black_board else [],
    }
