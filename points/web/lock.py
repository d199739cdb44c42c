"""A till that locks itself after a pause, and the PIN that opens it.

A clerk's session keeps when it was last used, refreshed at most once a minute, so a till that is in use works all day.
After the pause (`POINTS_LOCK_MINUTES`), or by the button, every page of that session leads to the lock. A form that was
sent too late waits on the lock's page: with the same key it goes on afterwards, if the clerk says so. Other people's
sessions never lock.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, current_app, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required, user_logged_in

from points.errors import NotAllowed
from points.services import lock as verbs
from points.web.edge import now
from points.web.forms.lock import LockForm, LockPinForm
from points.web.session import SignedIn, me, our_path
from points.web.text import gettext as _

blueprint = Blueprint("lock", __name__)

SEEN = "seen"
"""In a clerk's session: the second in which it was last used, 0 once it is locked."""
REFRESH = 60  # seconds
OPEN = ("static", "lock.show", "lock.unlock", "lock.lock", "session.sign_in", "session.sign_out")
NOT_HELD = ("csrf_token", "pin", "password", "old", "new", "again")
"""What a form that waits does not keep: secrets are typed again."""


@user_logged_in.connect
def _begin(_app: Flask, user: SignedIn) -> None:
    """Let the session of a clerk lock; whoever has a temporary password has nothing to lock yet."""
    if user.is_any("clerk") and not user.person.must_change_password:
        session[SEEN] = _second()


@blueprint.before_app_request
def _guard() -> ResponseReturnValue | None:
    """Lead a locked session to the lock, and refresh one that is in use; no other session is looked at."""
    if SEEN not in session or request.endpoint in OPEN:
        return None
    idle = _idle()
    if _is_over(idle):
        if request.method == "POST":
            return _held_page()
        return redirect(url_for("lock.show", next=request.full_path.rstrip("?")), 303)
    if idle >= REFRESH:
        session[SEEN] = _second()
    return None


@blueprint.app_context_processor
def _context() -> dict[str, Any]:
    """Tell the page of a clerk after how many seconds it locks; lock.js does so a little before the server."""
    return {"lock_after": current_app.config["LOCK_AFTER"]} if SEEN in session and not _locked() else {}


@blueprint.get("/lock")
@login_required
def show() -> ResponseReturnValue:
    to = our_path(request.args.get("next", "")) or url_for("desk.front")
    if not _locked():
        return redirect(to, 303)
    return _page(_form(formdata=None, data={"to": to}), [])


@blueprint.post("/lock")
@login_required
def unlock() -> ResponseReturnValue:
    form = _form()
    to = our_path(form.to.data or "") or url_for("desk.front")
    if not _locked():
        return redirect(to, 303)
    if form.validate_on_submit():
        with form.refusals():
            verbs.unlock(person=me(), secret=form.secret.data or "", now=now())
            session[SEEN] = _second()
            if form.held.data and "go" in request.form:
                return redirect(to, 307)  # the browser sends the form once more, to where it was meant for
            return redirect(our_path(form.back.data or "") or to, 303)
    return _page(form, _held())


@blueprint.post("/lock/now")
@login_required
def lock() -> ResponseReturnValue:
    if SEEN not in session:
        raise NotAllowed()
    session[SEEN] = 0
    return redirect(url_for("lock.show", next=_came_from()), 303)


@blueprint.get("/lock/stay")
@login_required
def stay() -> ResponseReturnValue:
    """Answer nothing: somebody is at the till, though no page was asked for."""
    return ""


@blueprint.route("/lock/pin", methods=["GET", "POST"])
@login_required
def pin() -> ResponseReturnValue:
    if not current_user.is_any("clerk"):
        raise NotAllowed()
    form = LockPinForm()
    if form.validate_on_submit():
        with form.refusals():
            verbs.set_pin(person=me(), password=form.password.data or "", pin=form.pin.data or "", now=now())
            flash(_("解锁密码已设好。"), "success")
            return redirect(url_for("counter.tills"), 303)
    return form.page("lock/pin.html", is_set=me().lock_pin_hash is not None)


def _second() -> int:
    return int(now().timestamp())


def _idle() -> int:
    """Return for how many seconds a clerk's session was not used."""
    return _second() - int(session[SEEN])


def _is_over(idle: int) -> bool:
    """Tell whether the pause is over. A clock that was put back a little locks nothing."""
    return not -REFRESH <= idle < current_app.config["LOCK_AFTER"]


def _locked() -> bool:
    return SEEN in session and _is_over(_idle())


def _form(**given: Any) -> LockForm:
    form = LockForm(prefix="lock", **given)
    if me().lock_pin_hash is None:
        form.secret.label.text = _("登录密码")
    return form


def _held_page() -> ResponseReturnValue:
    """Answer a form that was sent too late: it waits on the lock's page."""
    if not current_user.is_authenticated:
        return redirect(url_for("session.sign_in"), 303)
    whole = not request.files
    data = {"to": request.full_path.rstrip("?"), "back": _came_from(), "held": "1" if whole else ""}
    if not whole:
        data["to"] = data["back"]
    return _page(_form(formdata=None, data=data), _held() if whole else [], lost=not whole)


def _held() -> list[tuple[str, str]]:
    """Return what a form that waits has sent, without secrets and the lock's own fields."""
    sent = request.form.items(multi=True)
    return [(name, value) for name, value in sent if name not in (*NOT_HELD, "go") and not name.startswith("lock-")]


def _page(form: LockForm, held: list[tuple[str, str]], *, lost: bool = False) -> ResponseReturnValue:
    answer = current_app.make_response(form.page("lock/show.html", held=held, lost=lost))
    if request.endpoint != "lock.unlock" and request.method == "POST":
        answer.status_code = 423
    return answer


def _came_from() -> str:
    """Return the path of the page from which a form was sent, if it is one of ours."""
    try:
        page = urlsplit(request.referrer or "")
    except ValueError:  # no address at all
        return url_for("desk.front")
    path = f"{page.path}?{page.query}" if page.query else page.path
    return our_path(path) or url_for("desk.front")
