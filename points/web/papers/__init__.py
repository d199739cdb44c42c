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

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from points import access, pdf
from points.calendar import local_date
from points.errors import Invalid, NotFound
from points.models.areas import Area
from points.models.paper import PAPERS, Paper
from points.models.people import ROLES, Person
from points.queries import boards, notices, public, shop
from points.queries import papers as reads
from points.queries.lanes import board as lane_board  # `lanes` is a module of this package
from points.services import paper
from points.services.paper import Facts
from points.services.passbook import PRINTERS
from points.web import qr
from points.web.edge import label, local_day, now, printed_at
from points.web.forms.base import ButtonForm
from points.web.public import whole_address
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("papers", __name__)
FEW = 3
"""So many notices and red boards are offered, the newest."""
MOST_UNDRAWN = 30
RENEWED = ("board", "expiry", "goods", "hours", "lanes", "notice", "rules")
"""Kinds of which a later printing takes the place of an earlier one."""
PAGES = {
    "board": "boards.red",
    "goods": "public.goods",
    "hours": "public.village",
    "lanes": "public.lanes",
    "rules": "public.rules",
}
"""The public page of a village that shows what was printed."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is to be printed: the template's name, its *data* and *pictures*, whose it is, and what it is called.

    *facts* are those of the kind's that this very sheet tells; None: all.
    """

    template: str
    title: str
    area_id: int
    data: dict[str, Any]
    pictures: dict[str, bytes] = field(default_factory=dict)
    facts: Facts | None = None


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


@blueprint.get("/villages/<int:village_id>/print")
@login_required
def village(village_id: int) -> ResponseReturnValue:
    """Offer everything of a village that can be printed."""
    access.require_inside(me(), *ROLES, village_id=village_id)
    shops = shop.of_village(village_id)
    undrawn = reads.undrawn(me(), village_id)
    return render_template(
        "papers/village.html",
        village=access.village(village_id),
        notices=notices.of_village(village_id, hung_only=False)[0][:FEW],
        boards=boards.periods(village_id)[:FEW],
        book=public.rule_book(village_id),
        shops=shops,
        offered=reads.offered(shops, local_date(now())),
        lanes=lane_board(village_id),
        grids=reads.grids(village_id),
        undrawn=undrawn[:MOST_UNDRAWN],
        more=len(undrawn) - MOST_UNDRAWN if len(undrawn) > MOST_UNDRAWN else 0,
        whats={"person": _("姓名"), "area": _("地名"), "item": _("细则的项目"), "goods": _("商品")},
        ways=_ways(village_id),
        now=now(),
    )


@blueprint.get("/check/<token>")
def check(token: str) -> ResponseReturnValue:
    """Show what a sheet said when it was printed, beside what the system says now."""
    found = reads.by_token(token)
    facts = compare(json.loads(found.facts), _module(found.kind).facts(found.subject_id))
    later = reads.later(found) if found.kind in RENEWED else None
    area = access.area(found.area_id)
    return render_template(
        "papers/check.html",
        paper=found,
        kind=label(found.kind),
        place=area.name,
        village=area if area.kind == "village" else None,
        facts=facts,
        changed=sum(then != today for _words, then, today in facts),
        later=later,
        renewed=later is not None and later.facts != found.facts,
        page=_page(found, area),
        printed=printed_at(found.printed_at),
    )


def compare(then: Facts, told: Facts) -> list[tuple[str, Any, Any]]:
    """Put what a sheet said beside what holds now: (words, then, now); *now* is None where it is not told any more."""
    today = dict(told)
    return [(words, value, today.get(words)) for words, value in then]


def issue(kind: str, subject_id: int, sheet: Sheet, *, key: str, actor: Person) -> bytes:
    """Keep the printing and return the PDF."""
    return render(keep(kind, subject_id, sheet, key=key, actor=actor), sheet)


def keep(kind: str, subject_id: int, sheet: Sheet, *, key: str, actor: Person) -> Paper:
    """Keep the printing; the same key prints the same paper, unless what it says has changed."""
    facts = _module(kind).facts(subject_id) if sheet.facts is None else sheet.facts
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
    return reads.by_id(paper_id)


def render(printed: Paper, sheet: Sheet) -> bytes:
    """Draw a sheet with the marks that every sheet carries: its date, its place and the QR to check it."""
    paper, code = frame(printed, sheet)
    return pdf.render(sheet.template, {"paper": paper, **sheet.data}, pictures={"check.svg": code, **sheet.pictures})


def frame(printed: Paper, sheet: Sheet) -> tuple[dict[str, str], bytes]:
    """Return the marks of a sheet, as `_frame.typ` writes them, and the picture of its QR."""
    address = whole_address(url_for("papers.check", token=printed.token))
    marks = {
        "title": sheet.title,
        "printed": printed_at(printed.printed_at),
        "day": local_day(printed.printed_at),
        "place": access.area(sheet.area_id).name,
        "site": whole_address(""),
        "check": address,
    }
    return marks, qr.picture(qr.address(address, _("核对用的二维码")))


def answer(body: bytes) -> Response:
    """Answer with a PDF that the browser shows, and prints from there."""
    response = Response(body, mimetype="application/pdf")
    response.headers["Content-Disposition"] = "inline"
    return response


def page_code(endpoint: str, **values: Any) -> dict[str, bytes]:
    """Draw the code, `web.svg`, that opens the page of what is printed; the sheet says so beside it."""
    return {"web.svg": qr.picture(qr.address(whole_address(url_for(endpoint, **values)), _("网页的二维码")))}


def size(given: Mapping[str, str]) -> str:
    """Return the size of paper asked for: ``a4``, or ``a3``."""
    return "a3" if given.get("paper") == "a3" else "a4"


def given_int(given: Mapping[str, str], name: str) -> int:
    """Read a number that came with the form; 0 for none."""
    text = given.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _page(found: Paper, area: Area) -> str | None:
    """Return the page that anybody may read of what was printed, if there is one."""
    if found.kind == "notice":
        return url_for("notices.show", notice_id=found.subject_id)
    if found.kind == "expiry":
        return url_for("expiry.show", expiry_id=found.subject_id)
    if found.kind in PAGES and area.kind == "village":
        more: dict[str, Any] = {"shop": found.subject_id} if found.kind == "goods" else {}
        return url_for(PAGES[found.kind], village_id=area.id, **more)
    return None


def _ways(village_id: int) -> list[dict[str, str]]:
    """Return the pages where more is printed, as far as my roles open them."""
    offers: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
        (_("积分卡"), _("按街巷、网格、全村或挑选的人印"), "card", "cards.choose", ("committee", "admin")),
        (_("积分存折"), _("一条街巷的一起印，接着上一页"), "book", "passbooks.many", PRINTERS),
        (
            _("会议材料"),
            _("这一段做了什么、等什么、还有多少"),
            "list",
            "packet.show",
            ("committee", "council", "supervisor", "admin"),
        ),
    )
    return [
        {"label": words, "sub": sub, "icon": icon, "url": url_for(endpoint, village_id=village_id)}
        for words, sub, icon, endpoint, kinds in offers
        if current_user.is_any(*kinds)
    ]


def _module(kind: str) -> ModuleType:
    return importlib.import_module(f"points.web.papers.{kind}")
