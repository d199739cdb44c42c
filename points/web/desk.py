"""The front page of staff: what waits for me, and the way to every page that my roles open."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from points.errors import NotAllowed, NotFound
from points.queries import desk, notices
from points.services import tick
from points.web import answers
from points.web.edge import now
from points.web.navigation import counter, ways, ways_in
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("desk", __name__)
FEW = 3
"""So many villages have their ways on the front page itself."""


@blueprint.get("/desk")
@login_required
def front() -> ResponseReturnValue:
    if not current_user.roles:
        return redirect(url_for("home.front"), 303)
    villages = desk.villages(me())
    only = villages[0].id if len(villages) == 1 else None
    return render_template(
        "desk/front.html",
        waiting=desk.waiting(me(), now=now()),
        waiting_url=url_for("notices.index", village_id=only) if only else None,
        cards_url=url_for("cards.waiting", village_id=only) if only else None,
        motions_url=url_for("council.motions", village_id=only) if only else None,
        returned_url=url_for("contributions.index", village_id=only) if only else None,
        now=now(),
        villages=[(village, ways_in(village.id) if len(villages) <= FEW else []) for village in villages],
        counter=counter(),
        ways=ways(),
        trouble=notices.trouble(),
        confirms_clock=current_user.is_any("admin"),
    )


@blueprint.get("/villages/<int:village_id>/desk")
@login_required
def village(village_id: int) -> ResponseReturnValue:
    found = next((village for village in desk.villages(me()) if village.id == village_id), None)
    if found is None:
        raise NotFound()
    return render_template("desk/village.html", village=found, ways=ways_in(village_id))


@blueprint.post("/clock")
@login_required
def confirm_clock() -> ResponseReturnValue:
    if not current_user.is_any("admin"):
        raise NotAllowed()
    return answers.button(
        lambda key: tick.confirm_clock(key=key, actor=me(), now=now()),
        done=_("时间已确认，入账继续。"),
        to=url_for("desk.front"),
    )
