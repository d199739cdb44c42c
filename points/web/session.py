"""Signing in and out; who is asking; the own password.

A session names a person and that person's `epoch`; signing out everywhere raises the epoch and ends them all.
"""

from __future__ import annotations

import re
from functools import cached_property

from flask import Blueprint, Flask, flash, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user
from flask_wtf.csrf import CSRFProtect
from itsdangerous import URLSafeTimedSerializer

from points import access, db
from points.access import Held
from points.models.people import Person
from points.services import sign_in as verbs
from points.web.edge import now
from points.web.forms.session import PasswordForm, SignInForm
from points.web.text import gettext as _

# Every request reads its person: built by the ORM the same statement costs fifteen times as much.
_FIELDS = [(getattr(field, "object_id_name", field.name), field.python_value) for field in Person._meta.sorted_fields]
_PERSON = (
    f"SELECT {', '.join(field.column_name for field in Person._meta.sorted_fields)} FROM person WHERE id = ? AND active"
)

# No backslash, blank or control sign: browsers drop these or read them as a slash, and //elsewhere is another site.
_OUR_PATH = re.compile(r"/(?!/)[^\s\\\x00-\x1f\x7f]*")

blueprint = Blueprint("session", __name__)
csrf = CSRFProtect()


class SignedIn(UserMixin):
    """The person behind a session, and what they may do."""

    def __init__(self, person: Person) -> None:
        self.person = person

    def get_id(self) -> str:
        return f"{self.person.id}.{self.person.epoch}"

    @cached_property
    def roles(self) -> list[Held]:
        """The roles in force, read once a request."""
        return access.roles_of(self.person.id)

    def is_any(self, *kinds: str) -> bool:
        """Tell whether one of *kinds* is held anywhere: for what a page offers, never for what it allows."""
        return any(held.kind in kinds for held in self.roles)


def me() -> Person:
    """Return the signed-in person; only behind `login_required`."""
    person: Person = current_user.person
    return person


def _load(session_id: str) -> SignedIn | None:
    person_id, _, epoch = session_id.partition(".")
    row = db.execute(_PERSON, (int(person_id),)).fetchone()
    if row is None:
        return None
    person = Person(**{name: convert(value) for (name, convert), value in zip(_FIELDS, row, strict=True)})
    return SignedIn(person) if str(person.epoch) == epoch else None


class Sessions(SecureCookieSessionInterface):
    """Flask's signed sessions, with the signer built once and not at every request."""

    def __init__(self, app: Flask) -> None:
        self._signer = super().get_signing_serializer(app)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        return self._signer


def register(app: Flask) -> None:
    """Attach Flask-Login and CSRF protection."""
    app.session_interface = Sessions(app)
    login = LoginManager()
    login.login_view = "session.sign_in"
    login.login_message = None
    login.session_protection = None  # a phone changes its address all day; the cookie is signed
    login.user_loader(_load)
    login.init_app(app)
    csrf.init_app(app)
    app.before_request(_password_first)


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    if form.validate_on_submit():
        with form.refusals():
            person = verbs.sign_in(username=form.username.data or "", password=form.password.data or "", now=now())
            session.clear()
            login_user(SignedIn(person))
            if person.must_change_password:
                return redirect(url_for("session.password"), 303)
            return redirect(_next() or url_for("desk.front"), 303)
    return form.page("session/sign_in.html")


@blueprint.post("/sign-out")
@login_required
def sign_out() -> ResponseReturnValue:
    logout_user()
    session.clear()
    return redirect(url_for("public.front"), 303)


@blueprint.post("/sign-out-everywhere")
@login_required
def sign_out_everywhere() -> ResponseReturnValue:
    verbs.sign_out_everywhere(person=me())
    session.clear()
    flash(_("已在所有设备上退出。"))
    return redirect(url_for("session.sign_in"), 303)


@blueprint.route("/me/password", methods=["GET", "POST"])
@login_required
def password() -> ResponseReturnValue:
    form = PasswordForm()
    if form.validate_on_submit():
        with form.refusals():
            verbs.change_password(person=me(), old=form.old.data or "", new=form.new.data or "", now=now())
            session.clear()
            login_user(SignedIn(Person.get_by_id(me().id)))
            flash(_("密码已改好，其他设备上的登录已失效。"))
            return redirect(url_for("desk.front"), 303)
    return form.page("session/password.html")


def _password_first() -> ResponseReturnValue | None:
    """Lead whoever still has a temporary password to the page that changes it, and nowhere else."""
    if request.endpoint in (None, "static", "session.password", "session.sign_out"):
        return None
    user = current_user._get_current_object()
    if not user.is_authenticated or not user.person.must_change_password:
        return None
    return redirect(url_for("session.password"), 303)


def _next() -> str | None:
    """Return where the reader wanted to go, if it is a path of ours."""
    return our_path(request.args.get("next", ""))


def our_path(wanted: str) -> str | None:
    """Return *wanted* if it is a path of ours, and never another site's address."""
    return wanted if _OUR_PATH.fullmatch(wanted) else None
