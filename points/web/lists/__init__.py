"""Lists: what a page lists, taken out as a spreadsheet: all pages of it, by the very filter of the page, on record.

A list is called as the endpoint of its page (a page with several adds a word to it). One function a list, marked
`@of(name)`, in one module a subject: it gets the id that the page's address has (0 for none), asks for the same rights
as the page, narrows by the same `request.args` through the page's own query, and returns a `Listing`. Its page shows
the buttons by ``ui.export(name, id)``. To add a list, write these ten lines, name their module in `_SUBJECTS` if
it is new, and put the buttons on the page; tests/web/test_lists.py compares the two.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from itertools import count, islice
from tempfile import TemporaryFile
from typing import IO, Any, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from markupsafe import Markup

from points import access, exporting, jobs
from points.calendar import local_date
from points.errors import Invalid, NotFound
from points.exporting import Cell
from points.jobs import Outcome, Task
from points.queries import exports as reads
from points.services import export
from points.web import jobs as works
from points.web.edge import now
from points.web.forms.base import ButtonForm
from points.web.session import me
from points.web.text import gettext as _

blueprint = Blueprint("lists", __name__)
Row = TypeVar("Row")
AT_ONCE = 1_000
"""A list of more rows is written beside the requests: a tenth of a second is as long as others may wait for it."""
_SUBJECTS = ("people", "work", "wall", "shop", "money", "rules", "summary")


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as its reader may see it: what it is called, whose it is, and its rows as they come.

    *heads* are its headings, parted by ``、``. *asked* is the filter in words, kept for ever: never what was typed to
    search by (`searched`).
    """

    title: str
    area_id: int
    heads: str
    rows: Iterable[Sequence[Cell]]
    asked: str = ""


Build = Callable[[int], Listing]
_LISTS: dict[str, Build] = {}


def of(name: str) -> Callable[[Build], Build]:
    """Mark the function that builds the list *name*."""

    def mark(build: Build) -> Build:
        _LISTS[name] = build
        return build

    return mark


@cache
def registry() -> dict[str, Build]:
    """Return every list by its name."""
    for subject in _SUBJECTS:
        importlib.import_module(f"points.web.lists.{subject}")
    return _LISTS


@blueprint.post("/lists/<name>/<int:subject_id>")
@login_required
def take(name: str, subject_id: int) -> ResponseReturnValue:
    """Hand a list out as a file, a long one by a job; that it leaves is on record before its first byte does."""
    form, kind = ButtonForm(), request.form.get("format", "")
    if name not in registry():
        raise NotFound()
    listing = registry()[name](subject_id)
    if not form.validate_on_submit() or kind not in exporting.MIMETYPES:
        raise Invalid(what=_("这一页不完整，请刷新"))
    first = list(islice(listing.rows, AT_ONCE + 1))
    if len(first) > AT_ONCE:
        return _later(form.key.data or "", name, subject_id, kind)
    with ExitStack() as stack:
        file = stack.enter_context(TemporaryFile())
        _write(file, kind, replace(listing, rows=first), name, subject_id, key=form.key.data or "")
        stack.pop_all()  # from here on the answer closes it
    size = file.tell()
    file.seek(0)
    name = _file_name(listing, kind)
    answer = send_file(file, mimetype=exporting.MIMETYPES[kind], as_attachment=True, download_name=name)
    answer.content_length = size
    return answer


def _later(key: str, name: str, subject_id: int, kind: str) -> ResponseReturnValue:
    """Let a long list be written beside the requests. What was typed to search by goes when it is written."""
    asked = request.query_string
    said = sha256(f"{name} {subject_id} {kind} {asked!r}".encode()).hexdigest()[:14]
    given = {"list": name, "subject": subject_id, "format": kind, "page": urlsplit(request.referrer or "").path}
    given["upload"] = jobs.keep_upload(works.spool(), f"{key}.{said}", asked)
    return works.ask(f"{key}.{said}", "list", given)


def write_out(task: Task) -> Outcome:
    """Write a list of any length into the file of a job."""
    name, subject_id, kind = (task.given[word] for word in ("list", "subject", "format"))
    reader = current_user._get_current_object()
    with current_app.test_request_context(query_string=task.upload().decode()):
        g._login_user = reader
        listing = registry()[name](subject_id)
        with task.path.open("wb") as file:
            _write(file, kind, listing, name, subject_id, key=f"list-{task.id}")
        return Outcome(file_name=_file_name(listing, kind))


def _write(file: IO[bytes], kind: str, listing: Listing, name: str, subject_id: int, *, key: str) -> None:
    """Write a list as *kind* to *file*, and keep on record that it leaves."""
    rows = _Watched(listing.rows)
    exporting.write(file, kind, listing.title, listing.heads.split("、"), rows)
    # The same button takes the same list out once, however often it is pressed; what it said since is another.
    said = sha256(f"{name} {subject_id} {kind} {listing.asked} {rows.digest}".encode()).hexdigest()
    export.record(
        key=f"{key}.{said[:14]}",
        actor=me(),
        now=now(),
        area_id=listing.area_id,
        name=name,
        title=listing.title,
        asked=listing.asked,
        format=kind,
        count=rows.count,
    )


def _file_name(listing: Listing, kind: str) -> str:
    name = f"{access.area(listing.area_id).name}-{listing.title}"[:60]
    return re.sub(r'[\\/:*?"<>|\s]+', " ", f"{name}-{local_date(now())}.{kind}")


@blueprint.get("/areas/<int:area_id>/exports")
@login_required
def index(area_id: int) -> ResponseReturnValue:
    """Show who took what out of an area, and when."""
    access.require(me(), *reads.READERS, area_id=area_id)
    area = access.area(area_id)
    if area.kind == "village":
        g.village_id = area_id
    rows, older = reads.of_area(area_id, before=request.args.get("before", type=int))
    return render_template("lists/index.html", area=area, rows=rows, older=older)


class _Watched:
    """Rows on their way out, counted, with a digest of all that they say."""

    def __init__(self, rows: Iterable[Sequence[Cell]]) -> None:
        self._rows, self._digest, self.count = rows, sha256(), 0

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        for row in self._rows:
            self.count += 1
            self._digest.update(repr(row).encode())
            yield row

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


# --- what lists share -------------------------------------------------------------------------------------------------


def following(read: Callable[[Any], tuple[Iterable[Row], Any]]) -> Iterator[Row]:
    """Give the rows of all pages: *read* takes the key of a page, None for the first, and returns the next one's."""
    key = None
    while True:
        rows, key = read(key)
        yield from rows
        if not key:
            return


def turning(read: Callable[[int], tuple[Iterable[Row], Any]]) -> Iterator[Row]:
    """Give the rows of all pages: *read* takes a page's number, from 1, and tells whether another follows."""
    for number in count(1):
        rows, more = read(number)
        yield from rows
        if not more:
            return


def words(template: str, macro: str) -> Callable[..., str]:
    """Return a macro of the pages as plain text, so that a list says what its page says."""
    env: Any = current_app.jinja_env
    module = env.get_template(template).make_module({"ui": env.get_template("_macros/ui.html").module})
    return lambda *given: Markup(getattr(module, macro)(*given)).striptags()


def asked(*parts: str) -> str:
    """Join what a list was narrowed to, in words."""
    return _("，").join(part for part in parts if part)


def searched(q: str) -> str:
    """Say that something was searched for, and not what."""
    return _("按搜索词") if q else ""


def own_area() -> int:
    """Return the widest area that the reader's roles cover: whose a list is that belongs to no one place."""
    held = [role.area_id for role in access.roles_of(me().id)]
    if not held:
        return access.village_of(me().area_id)
    return next(one for one in held if not any(other != one and access.covers(other, one) for other in held))
