"""Passbooks 积分存折: a household's pages, the next one, one to look at and print; and those of a lane at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice
from typing import Any

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice

from points import access, pdf
from points.errors import NothingToPrint
from points.jobs import Outcome, Task
from points.models.people import Household
from points.queries import areas as places
from points.queries import expiry
from points.queries import passbook as reads
from points.services import passbook
from points.services.passbook import PRINTERS
from points.web import jobs, papers
from points.web.answers import button
from points.web.edge import now
from points.web.forms.passbooks import ManyForm
from points.web.frame import url_for
from points.web.papers import passbook as sheets
from points.web.phone import tabs
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("passbooks", __name__)
MOST = 200
"""So many pages make one file: drawing a page takes about 2 MB. What is left comes with the next."""


@blueprint.get("/households/<int:household_id>/passbook")
@login_required
def index(household_id: int) -> ResponseReturnValue:
    """List a household's pages, and offer the next."""
    found = _household(household_id)
    own = household_id == me().household_id
    rows, older = reads.pages(household_id, before=request.args.get("before", type=int))
    return render_template(
        "passbooks/index.html",
        household=found,
        rows=rows,
        older=older,
        waiting=reads.waiting(household_id),
        warning=expiry.warning(household_id, now()),
        own=own,
        tabs=tabs(found.village_id) if own else [],
    )


@blueprint.post("/households/<int:household_id>/passbook/next")
@login_required
def next_(household_id: int) -> ResponseReturnValue:
    """Make the next page and show it."""
    _household(household_id)
    made: list[int] = []
    back = url_for("passbooks.index", household_id=household_id)
    answer = button(
        lambda key: made.append(passbook.print_page(key=key, actor=me(), now=now(), household_id=household_id)),
        done=_("这一页做好了，请打印。"),
        to=back,
    )
    return redirect(url_for("passbooks.show", page_id=made[0]), 303) if made else answer


@blueprint.get("/passbooks/<int:page_id>")
@login_required
def show(page_id: int) -> ResponseReturnValue:
    page = sheets.readable(page_id)
    leaf = reads.leaf(page)
    return render_template(
        "passbooks/show.html",
        page=page,
        leaf=leaf,
        book=sheets.book(leaf),
        title=sheets.title(leaf),
        back_url=url_for("passbooks.index", household_id=page.household_id),
    )


# --- many at once -----------------------------------------------------------------------------------------------------


@blueprint.route("/villages/<int:village_id>/passbooks", methods=["GET", "POST"])
@login_required
def many(village_id: int) -> ResponseReturnValue:
    """Let all pages of a lane, a grid or the village be made that households lack."""
    access.require_inside(me(), *PRINTERS, village_id=village_id)
    form = ManyForm()
    within = places.within(me(), village_id, *PRINTERS)
    lacking = reads.lacking([area.id for area, _depth in within])
    form.area_id.choices = [
        SelectChoice(
            area.id, "\u3000" * depth + _("%(area)s：%(n)s 户有新的进出", area=area.name, n=lacking.get(area.id, 0))
        )
        for area, depth in within
    ]
    if form.validate_on_submit():
        with form.refusals():
            if not lacking.get(form.area_id.data):
                raise NothingToPrint()
            given = {"area_id": form.area_id.data, "village_id": village_id}
            return jobs.ask(form.key.data, "passbooks", given)
    return form.page("passbooks/many.html", village=access.area(village_id), lacks=any(lacking.values()), most=MOST)


def print_many(task: Task) -> Outcome:
    """Make the pages that the households of an area lack, at most `MOST`, each a paper of its own, in one file."""
    area = access.area(task.given["area_id"])
    access.village_of(area.id)
    access.require(task.actor, *PRINTERS, area_id=area.id)
    books: list[dict[str, Any]] = []
    pictures: dict[str, bytes] = {}
    for page_id in islice(_lacking_pages(task, reads.to_print(area.id)), MOST):
        sheet = sheets.sheet(reads.leaf(reads.page(page_id)))
        key = f"passbooks-{task.id}-{page_id}"
        marks, code = papers.frame(papers.keep("passbook", page_id, sheet, key=key, actor=task.actor), sheet)
        books += [book | {"paper": marks, "code": f"check-{page_id}.svg"} for book in sheet.data["books"]]
        pictures[f"check-{page_id}.svg"] = code
    if not books:
        raise NothingToPrint()
    name = _("%(area)s积分存折", area=area.name)
    data = {"paper": books[0]["paper"] | {"title": name}, "books": books}
    task.path.write_bytes(pdf.render("passbook", data, pictures=pictures))
    return Outcome(file_name=f"{name}.pdf")


def _lacking_pages(task: Task, household_ids: Sequence[int]) -> Iterator[int]:
    """Make the pages that each household lacks, up to its newest movement."""
    for done, household_id in enumerate(household_ids):
        task.step(done, len(household_ids))
        for n in count(1):
            key = f"passbooks-{task.id}-{household_id}-{n}"
            try:
                yield passbook.print_page(key=key, actor=task.actor, now=task.now, household_id=household_id)
            except NothingToPrint:
                break


def _household(household_id: int) -> Household:
    """Return a household whose passbook the reader may see. Raises `NotFound` or `NotAllowed`."""
    found = access.household(household_id)
    if household_id != me().household_id:
        access.require(me(), *PRINTERS, area_id=found.area_id)
        g.village_id = found.village_id
    return found
