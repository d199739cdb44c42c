"""Paper: PDF sheets of what the pages show, each with a QR, and the page to which that leads.

One module a kind, named as in `points.models.paper.PAPERS`, with two functions: ``build(subject_id, given)`` asks
whether the reader may print it and returns the `Sheet`; ``facts(subject_id)`` tells what anybody holding the sheet may
read: it is kept when the sheet is printed, and told again when its QR is read.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import ModuleType
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import access, pdf
from points.errors import Invalid, NotFound
from points.models.paper import PAPERS, Paper
from points.models.people import Person
from points.queries import papers as reads
from points.services import paper
from points.web import qr
from points.web.edge import local_day, now, printed_at
from points.web.forms.base import ButtonForm
from points.web.frame import url_for
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("papers", __name__)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is to be printed: the template's name, its *data* and *pictures*, whose it is, and the name of the file."""

    template: str
    title: str
    area_id: int
    data: dict[str, Any]
    pictures: dict[str, bytes] = field(default_factory=dict)


@blueprint.post("/papers/<kind>/<int:subject_id>")
@login_required
def make(kind: str, subject_id: int) -> ResponseReturnValue:
    """Print one kind of paper about one thing; what else it needs (a lane, a size) comes with the form."""
    if kind not in PAPERS or kind == "cards":  # cards are printed by `points.web.cards`
        raise NotFound()
    form = ButtonForm()
    if not form.validate_on_submit():
        raise Invalid(what=_("这一页不完整，请刷新"))
    sheet = _module(kind).build(subject_id, request.form)
    return answer(issue(kind, subject_id, sheet, key=form.key.data, actor=me()))


@blueprint.get("/check/<token>")
def check(token: str) -> ResponseReturnValue:
    """Show what a sheet said when it was printed, beside what the system says now."""
    found = reads.by_token(token)
    then = [tuple(fact) for fact in json.loads(found.facts)]
    told = _module(found.kind).facts(found.subject_id)
    return render_template(
        "papers/check.html",
        paper=found,
        place=access.area(found.area_id).name,
        facts=compare(then, told),
        printed=printed_at(found.printed_at),
    )


def compare(then: list[tuple[Any, ...]], told: Any) -> list[tuple[str, Any, Any]]:
    """Put what a sheet said beside what holds now: (words, then, now); *now* is None where it is not told any more."""
    today = {words: value for words, value in told}
    return [(words, value, today.get(words)) for words, value in then]


def issue(kind: str, subject_id: int, sheet: Sheet, *, key: str, actor: Person) -> bytes:
    """Keep the printing and return the PDF; the same key prints the same paper, unless what it says has changed."""
    facts = _module(kind).facts(subject_id)
    said = sha256(json.dumps([subject_id, facts, sheet.title], ensure_ascii=False).encode()).hexdigest()
    paper_id = paper.issue(
        key=f"{key}.{said[:16]}",
        actor=actor,
        now=now(),
        kind=kind,
        subject_id=subject_id,
        area_id=sheet.area_id,
        title=sheet.title,
        facts=facts,
    )
    return render(reads.by_id(paper_id), sheet)


def render(printed: Paper, sheet: Sheet) -> bytes:
    """Draw a sheet with the marks that every sheet carries: its date, its place and the QR to check it."""
    site = current_app.config["SITE_ADDRESS"] or request.host_url.rstrip("/")
    address = f"{site}{url_for('papers.check', token=printed.token)}"
    frame = {
        "title": sheet.title,
        "printed": printed_at(printed.printed_at),
        "day": local_day(printed.printed_at),
        "place": access.area(sheet.area_id).name,
        "site": site,
        "check": address,
    }
    pictures = {"check.svg": qr.picture(qr.address(address, _("核对用的二维码"))), **sheet.pictures}
    return pdf.render(sheet.template, {"paper": frame, **sheet.data}, pictures=pictures)


def answer(body: bytes) -> Response:
    """Answer with a PDF that the browser shows, and prints from there."""
    response = Response(body, mimetype="application/pdf")
    response.headers["Content-Disposition"] = "inline"
    return response


def given_int(given: Mapping[str, str], name: str) -> int:
    """Read a number that came with the form; 0 for none."""
    text = given.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _module(kind: str) -> ModuleType:
    return importlib.import_module(f"points.web.papers.{kind}")
