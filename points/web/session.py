"""Signing in and out; who is asking; the own password.

A session names a person and that person's `epoch`; signing out everywhere raises the epoch and ends them all.
"""

from __future__ import annotations

import hmac
import re
import time
from functools import cached_property
from typing import Any, TypeVar

from flask import Blueprint, Flask, Request, flash, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user
from flask_wtf.csrf import CSRFProtect, generate_csrf
from itsdangerous import URLSafeTimedSerializer
from peewee import BooleanField, DateField

from points import access, db
from points.access import Held
from points.db import UTCField
from points.models.people import Person
from points.services import sign_in as verbs
from points.web.edge import now
from points.web.forms.session import PasswordForm, SignInForm
from points.web.text import gettext as _

# Every request reads its person: built by the ORM the same statement costs fifteen times as much.
_FIELDS = [field.name for field in Person._meta.sorted_fields]
_CONVERTED = [
    (at, field.python_value) for at, field in enumerate(Person._meta.sorted_fields)
    if isinstance(field, UTCField | DateField | BooleanField)
]  # fmt: skip
_PERSON = (
    f"SELECT {', '.join(field.column_name for field in Person._meta.sorted_fields)} FROM person WHERE id = ? AND active"
)

# No backslash, blank or control sign: browsers drop these or read them as a slash, and //elsewhere is another site.
_OUR_PATH = re.compile(r"/(?!/)[^\s\\\x00-\x1f\x7f]*")

REMEMBERED = 300.0  # seconds
MOST_REMEMBERED = 1_000
"""So many cookies (0.8 kB each) and so many tokens for forms (0.3 kB) are kept."""
V = TypeVar("V")
_tokens: dict[str, str] = {}

blueprint = Blueprint("session", __name__)


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
    values = list(row)
    for at, convert in _CONVERTED:
        values[at] = convert(values[at])
    person = Person(__no_default__=True)
    person.__data__.update(zip(_FIELDS, values, strict=True))
    return SignedIn(person) if str(person.epoch) == epoch else None


class Sessions(SecureCookieSessionInterface):
    """Flask's signed sessions: the signer is built once, and the signature of a cookie that comes again is not redone.

    Who signed out everywhere is out all the same: the cookie names an epoch, and the person's row has the present one.
    """

    def __init__(self, app: Flask) -> None:
        signer = super().get_signing_serializer(app)
        assert signer is not None
        self._signer = signer
        self._opened: dict[str, tuple[dict[str, Any], float]] = {}

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer:
        return self._signer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        cookie = request.cookies.get(self.get_cookie_name(app), "")
        content, until = self._opened.get(cookie, ({}, 0.0))
        if until < time.time():
            opened = super().open_session(app, request) or self.session_class()
            # What holds a list, like messages to be shown, could be changed from within: it is opened each time.
            if cookie and opened and all(isinstance(value, str | int) for value in opened.values()):
                remember(self._opened, cookie, (dict(opened), time.time() + REMEMBERED))
            return opened
        return self.session_class(content)


class Protection(CSRFProtect):
    """Flask-WTF's protection; a token that this process itself made for the session is known without its signature."""

    def protect(self, apply_exemptions: bool = False) -> None:
        if request.method == "POST" and not request.is_secure:  # a secure request must also say whence it came
            made = _tokens.get(session.get("csrf_token", ""))
            if made is not None and hmac.compare_digest(made, request.form.get("csrf_token", "")):
                g.csrf_valid = True
                return
        super().protect(apply_exemptions)


csrf = Protection()


def csrf_token() -> str:
    """Return the session's token for forms, the same on every page."""
    came = session.get("csrf_token", "")
    token = _tokens.get(came)
    if token is None:
        token = generate_csrf()
        if came:  # whoever brings no cookie may never come again
            remember(_tokens, came, token)
    return token


def remember(known: dict[str, V], key: str, value: V) -> None:
    """Keep *value* of *key* in memory; of more than `MOST_REMEMBERED` the oldest goes."""
    while len(known) >= MOST_REMEMBERED:
        known.pop(next(iter(known)), None)
    known[key] = value


def register(app: Flask) -> None:
    """Attach Flask-Login and CSRF protection."""
    app.session_interface = Sessions(app)
    login = LoginManager()
    login.login_view = "session.sign_in"
    login.login_message = None
    login.session_protection = None  # a phone changes its address all day; the cookie is signed
    login.user_loader(_load)
    login._session_identifier_generator = lambda: ""  # it hashes address and browser for the protection that is off
    login.init_app(app)
    csrf.init_app(app)
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.context_processor(lambda: {"csrf_token": csrf_token})
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
