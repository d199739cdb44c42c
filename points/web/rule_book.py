"""The rule book of a village: its versions, revising a draft as one table, and adopting it."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import access
from points.calendar import local_date
from points.errors import AlreadyDone, Invalid
from points.models.rules import RuleBook
from points.queries import rule_book as reads
from points.services import rule_book
from points.web.edge import now
from points.web.forms.base import ButtonForm
from points.web.forms.rule_book import BLANK_ROWS, AdoptForm, DraftForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("rule_book", __name__)
READERS = ("committee", "council", "steward", "supervisor", "admin")


@blueprint.get("/villages/<int:village_id>/rule-book")
@login_required
def index(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *READERS, village_id=village_id)
    versions = reads.versions(village_id)
    return render_template(
        "rule_book/index.html",
        village=access.area(village_id),
        versions=versions,
        draft=next((book for book in versions if book.state == "draft"), None),
        adopts=access.holds(me(), ("committee",), village_id),
    )


@blueprint.post("/villages/<int:village_id>/rule-book/draft")
@login_required
def start_draft(village_id: int) -> ResponseReturnValue:
    access.require(me(), "committee", area_id=village_id)
    form = ButtonForm()
    if not form.validate_on_submit():
        raise Invalid(what=_("这一页不完整，请刷新"))
    book_id = rule_book.start_draft(key=form.key.data, actor=me(), now=now(), village_id=village_id)
    return redirect(url_for("rule_book.edit", book_id=book_id), 303)


@blueprint.get("/rule-books/<int:book_id>")
@login_required
def show(book_id: int) -> ResponseReturnValue:
    book = reads.book(book_id)
    access.require_inside(me(), *READERS, village_id=book.area_id)
    return render_template(
        "rule_book/show.html",
        book=book,
        village=access.area(book.area_id),
        items=reads.items(book_id),
        adopts=access.holds(me(), ("committee",), book.area_id),
    )


@blueprint.route("/rule-books/<int:book_id>/edit", methods=["GET", "POST"])
@login_required
def edit(book_id: int) -> ResponseReturnValue:
    book = _draft(book_id)
    form = DraftForm()
    if request.method == "GET":
        form.worth.data = Decimal(book.worth_fen) / 100
        for item in reads.items(book_id):
            form.items.append_entry(item)
        for _row in range(BLANK_ROWS):
            form.items.append_entry()
    if form.validate_on_submit():
        with form.refusals():
            rule_book.revise(
                key=form.key.data,
                actor=me(),
                now=now(),
                book_id=book_id,
                worth_fen=form.worth_fen,
                items=[row.form.item() for row in form.items if row.form.is_named],
            )
            flash(_("草稿已保存，采纳后才生效。"), "success")
            if "more" in request.form:
                return redirect(url_for("rule_book.edit", book_id=book_id, _anchor="more"), 303)
            return redirect(url_for("rule_book.adopt", book_id=book_id), 303)
    return form.page("rule_book/edit.html", book=book, village=access.area(book.area_id))


@blueprint.route("/rule-books/<int:book_id>/adopt", methods=["GET", "POST"])
@login_required
def adopt(book_id: int) -> ResponseReturnValue:
    book = _draft(book_id)
    form = AdoptForm(adopted_on=local_date(now()))
    if form.validate_on_submit():
        with form.refusals():
            rule_book.adopt(
                key=form.key.data,
                actor=me(),
                now=now(),
                book_id=book_id,
                minutes=form.minutes.data,
                adopted_on=form.adopted_on.data,
            )
            flash(_("第 %(version)s 版已采纳，从现在起的记录按它计分。", version=book.version), "success")
            return redirect(url_for("rule_book.show", book_id=book_id), 303)
    return form.page("rule_book/adopt.html", book=book, village=access.area(book.area_id), items=reads.items(book_id))


def _draft(book_id: int) -> RuleBook:
    """Guard the pages of a draft. A form that is sent again goes on to the service, which knows its first answer."""
    book = reads.book(book_id)
    access.require(me(), "committee", area_id=book.area_id)
    if book.state != "draft" and request.method == "GET":
        raise AlreadyDone()
    return book
