"""The rule book of a village, and the templates above: versions, revising a draft on the page or by sheet, adopting."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import access, photos, places
from points.calendar import local_date
from points.errors import AlreadyDone, Invalid, NotFound
from points.models.areas import Area
from points.models.rules import RuleBook
from points.queries import rule_book as reads
from points.services import rule_book
from points.web import answers
from points.web.edge import now, spreadsheet, takes_files
from points.web.forms import rule_sheet
from points.web.forms.base import ButtonForm, pictures
from points.web.forms.rule_book import BLANK_ROWS, AdoptForm, DraftForm, PhotoForm, SheetForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("rule_book", __name__)
READERS = ("committee", "council", "steward", "supervisor", "admin")


@blueprint.get("/villages/<int:village_id>/rule-book")
@login_required
def index(village_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *READERS, village_id=village_id)
    return _versions(access.area(village_id), village=True)


@blueprint.get("/areas/<int:area_id>/rule-book")
@login_required
def templates(area_id: int) -> ResponseReturnValue:
    access.require_inside(me(), *READERS, village_id=area_id)
    return _versions(access.area(area_id), village=False)


@blueprint.post("/areas/<int:area_id>/rule-book/draft")
@login_required
def start_draft(area_id: int) -> ResponseReturnValue:
    access.require(me(), *rule_book.keepers(access.area(area_id)), area_id=area_id)
    form = ButtonForm()
    if not form.validate_on_submit():
        raise Invalid(what=_("这一页不完整，请刷新"))
    book_id = rule_book.start_draft(
        key=form.key.data, actor=me(), now=now(), area_id=area_id, source=request.form.get("source", type=int)
    )
    return redirect(url_for("rule_book.edit", book_id=book_id), 303)


@blueprint.get("/rule-books/<int:book_id>")
@login_required
def show(book_id: int) -> ResponseReturnValue:
    book = _read(book_id)
    return render_template(
        "rule_book/show.html",
        book=book,
        items=reads.items(book_id),
        limits=places.limits_above(book.area_id),
        photos=photos.of("rule_book", [book_id]).get(book_id, []),
        keeps=_keeps(book.area),
        form=PhotoForm(),
    )


@blueprint.post("/rule-books/<int:book_id>/photo")
@login_required
@takes_files
def add_photo(book_id: int) -> ResponseReturnValue:
    book = _read(book_id)
    access.require(me(), *rule_book.keepers(book.area), area_id=book.area_id)
    form = PhotoForm()
    return answers.button(
        lambda key: rule_book.add_photo(
            key=key, actor=me(), now=now(), book_id=book_id, pictures=pictures(form.photos)
        ),
        done=_("照片已附上。"),
        to=url_for("rule_book.show", book_id=book_id),
    )


@blueprint.get("/rule-books/<int:book_id>/sheet")
@login_required
def sheet(book_id: int) -> ResponseReturnValue:
    book = _read(book_id)
    name = _("%(place)s积分细则第%(version)s版.xlsx", place=book.area.name, version=book.version)
    return spreadsheet(rule_sheet.write(book, rule_book.items_of(book_id)), name)


@blueprint.get("/rule-books/<int:book_id>/cost")
@login_required
def cost(book_id: int) -> ResponseReturnValue:
    book = _read(book_id)
    return render_template(
        "rule_book/cost.html", book=book, cost=reads.cost(book, local_date(now())), keeps=_keeps(book.area)
    )


@blueprint.route("/rule-books/<int:book_id>/edit", methods=["GET", "POST"])
@login_required
def edit(book_id: int) -> ResponseReturnValue:
    book = _draft(book_id)
    form = DraftForm()
    if request.method == "GET":
        form.worth.data = Decimal(book.worth_fen) / 100
        for item in reads.items(book_id):
            form.items.append_entry()
            form.items[-1].form.show(item)
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
    return form.page("rule_book/edit.html", book=book, limits=places.limits_above(book.area_id))


@blueprint.route("/rule-books/<int:book_id>/upload", methods=["GET", "POST"])
@login_required
@takes_files
def upload(book_id: int) -> ResponseReturnValue:
    book = _draft(book_id)
    form = SheetForm()
    faults: list[rule_sheet.Fault] = []
    if form.validate_on_submit():
        with form.refusals():
            items, faults = rule_sheet.read(form.sheet.data.read(), book)
            if not faults:
                upload_id = rule_book.upload(
                    key=form.key.data,
                    actor=me(),
                    now=now(),
                    book_id=book_id,
                    file_name=form.sheet.data.filename or "",
                    items=items,
                )
                return redirect(url_for("rule_book.preview", upload_id=upload_id), 303)
    return form.page("rule_book/upload.html", book=book, faults=faults)


@blueprint.route("/rule-uploads/<int:upload_id>", methods=["GET", "POST"])
@login_required
def preview(upload_id: int) -> ResponseReturnValue:
    if request.method == "POST":
        return _taken_in(upload_id)
    book_id, items = rule_book.uploaded(me(), upload_id)
    book = _draft(book_id)
    return render_template(
        "rule_book/preview.html",
        book=book,
        upload_id=upload_id,
        changes=rule_book.differences(rule_book.items_of(book_id), items),
        headings=rule_sheet.headings(),
        shown=rule_sheet.shown,
        count=len(items),
    )


def _taken_in(upload_id: int) -> ResponseReturnValue:
    form = ButtonForm()
    if not form.validate_on_submit():
        raise Invalid(what=_("这一页不完整，请刷新"))
    book_id = rule_book.take_in(key=form.key.data, actor=me(), now=now(), upload_id=upload_id)
    flash(_("已放进草稿，采纳后才生效。"), "success")
    return redirect(url_for("rule_book.adopt", book_id=book_id), 303)


@blueprint.route("/rule-books/<int:book_id>/adopt", methods=["GET", "POST"])
@login_required
@takes_files
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
                pictures=pictures(form.photos),
            )
            flash(_("第 %(version)s 版已采纳。", version=book.version), "success")
            return redirect(url_for("rule_book.show", book_id=book_id), 303)
    current = reads.in_force(book.area_id)
    return form.page(
        "rule_book/adopt.html",
        book=book,
        current=current,
        items=reads.items(book_id),
        limits=places.limits_above(book.area_id),
        changes=rule_book.differences(rule_book.items_of(current.id), rule_book.items_of(book_id)) if current else [],
        headings=rule_sheet.headings(),
        shown=rule_sheet.shown,
    )


def _versions(area: Area, *, village: bool) -> ResponseReturnValue:
    if (area.kind == "village") != village:
        raise NotFound()
    rule_book.keepers(area)
    versions = reads.versions(area.id)
    return render_template(
        "rule_book/index.html",
        area=area,
        versions=versions,
        draft=next((book for book in versions if book.state == "draft"), None),
        current=next((book for book in versions if book.state == "adopted"), None),
        templates=reads.templates(area.id),
        keeps=_keeps(area),
    )


def _read(book_id: int) -> RuleBook:
    """Guard the pages that show a book."""
    book = reads.book(book_id)
    access.require_inside(me(), *READERS, village_id=book.area_id)
    g.village_id = book.area_id
    return book


def _draft(book_id: int) -> RuleBook:
    """Guard the pages of a draft. A form that is sent again goes on to the service, which knows its first answer."""
    book = reads.book(book_id)
    access.require(me(), *rule_book.keepers(book.area), area_id=book.area_id)
    g.village_id = book.area_id
    if book.state != "draft" and request.method == "GET":
        raise AlreadyDone()
    return book


def _keeps(area: Area) -> bool:
    return access.holds(me(), rule_book.keepers(area), area.id)
