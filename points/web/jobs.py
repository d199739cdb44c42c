"""Work beside the requests: the page that shows how far it is, its file, and the thread that has it done.

The server has it done by a process of its own for each job: that neither takes the interpreter from the requests nor
leaves its memory behind (a roster of 30,000 rows takes 200 MB).
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, current_app, g, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_login import login_required

from points import db, jobs
from points.errors import N_, NotFound
from points.jobs import Outcome, Task, Work
from points.models.jobs import Job
from points.models.people import Person
from points.services import job
from points.web.edge import now
from points.web.frame import url_for
from points.web.session import SignedIn, me, our_path
from points.web.text import gettext as _

blueprint = Blueprint("jobs", __name__)
KEPT_MINUTES = 60
"""So long the file of a job waits to be fetched."""
IDLE = 1.0  # seconds between two looks for work that another process was asked for

SWEEP = 60  # idle rounds between two looks for what is left over


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job: its title, the function that does it (module:name), and the pages before and after it.

    *asked* is the page from which it was asked for, as (endpoint, argument, what the job's `given` calls that), unless
    `given` says it by its path, ``page``; *made* that of what it made, as (endpoint, argument), where it made something
    with a page.
    """

    title: str
    work: str
    asked: tuple[str, str, str]
    made: tuple[str, str] | None = None


KINDS = {
    "archive": Kind(N_("取走全部数据"), "points.web.archives:work", ("archives.new", "area_id", "area")),
    "cards": Kind(N_("印卡"), "points.web.papers.cards:work", ("cards.run", "run_id", "run"), ("cards.run", "run_id")),
    "census.apply": Kind(
        N_("导入户名册"),
        "points.web.census:take_in",
        ("census.show", "census_id", "census"),
        ("census.show", "census_id"),
    ),
    "census.preview": Kind(
        N_("比对户名册"),
        "points.web.census:preview",
        ("census.columns", "census_id", "census"),
        ("census.show", "census_id"),
    ),
    "census.read": Kind(
        N_("读户名册"),
        "points.web.census:read",
        ("census.index", "village_id", "village"),
        ("census.columns", "census_id"),
    ),
    "list": Kind(N_("导出"), "points.web.lists:write_out", ("desk.front", "", "")),
    "passbooks": Kind(
        N_("打印存折"), "points.web.passbooks:print_many", ("passbooks.many", "village_id", "village_id")
    ),
}

_asked = threading.Event()


def spool() -> Path:
    """Return the folder where jobs keep their files."""
    return Path(current_app.config["SPOOL"])


def ask(key: str, kind: str, given: dict[str, Any]) -> ResponseReturnValue:
    """Ask for work for the reader, its file kept for `KEPT_MINUTES`, and lead to the page of the job."""
    job_id = job.ask(key=key, actor=me(), now=now(), kind=kind, given=given, minutes=KEPT_MINUTES)
    _asked.set()
    return redirect(url_for("jobs.show", job_id=job_id), 303)


@blueprint.get("/jobs/<int:job_id>")
@login_required
def show(job_id: int) -> ResponseReturnValue:
    job = jobs.of(me(), job_id)
    kind = KINDS[job.kind]
    if job.state == "done" and kind.made and not request.args.get("stay"):
        endpoint, argument = kind.made
        return redirect(url_for(endpoint, **{argument: job.outcome}), 303)
    done, total = jobs.progress(spool(), job_id)
    return render_template(
        "jobs/show.html",
        job=job,
        title=_(kind.title),
        trouble=jobs.trouble(job) if job.state == "failed" else None,
        back=_back(job),
        done=done,
        total=total,
        gone=job.keep_until < now(),
    )


def _back(job: Job) -> str:
    endpoint, argument, name = KINDS[job.kind].asked
    given = json.loads(job.given)
    if our_path(given.get("page", "")):
        return str(given["page"])
    said = given.get(name)
    return url_for("desk.front") if said is None else url_for(endpoint, **{argument: said})


@blueprint.get("/jobs/<int:job_id>/file")
@login_required
def file(job_id: int) -> ResponseReturnValue:
    job = jobs.of(me(), job_id)
    path = jobs.file_of(spool(), job_id)
    if not job.file_name or job.keep_until < now() or not path.is_file():
        raise NotFound()
    shown = job.file_name.endswith(".pdf")
    return send_file(path.resolve(), download_name=job.file_name, as_attachment=not shown)


def start(app: Flask, *, apart: bool = False) -> threading.Event:
    """Start having done what is asked for, *apart* in processes of their own; set the returned event to stop."""
    stop = threading.Event()
    threading.Thread(target=_run, args=(app, stop, apart), name="jobs", daemon=True).start()
    return stop


def work_off(app: Flask) -> None:
    """Do all that waits, then return."""
    while found := jobs.claim(app.config["NOW"]()):
        carry_out(app, found)


def carry_out(app: Flask, found: Job) -> None:
    """Do a job that was claimed, as its asker would."""
    works = {name: _found(kind.work) for name, kind in KINDS.items()}
    with app.app_context(), app.test_request_context(base_url=app.config["SITE_ADDRESS"] or None):
        g._login_user = SignedIn(Person.get_by_id(found.asked_by_id))
        jobs.carry_out(found, works, Path(app.config["SPOOL"]), now=app.config["NOW"])


def work_off_apart(app: Flask) -> None:
    """Let all that waits be done by a process for each, which ends when this one does."""
    while found := jobs.claim(app.config["NOW"]()):
        db.disconnect()
        with subprocess.Popen([sys.executable, "-m", "points.worker", str(found.id)], stdin=subprocess.PIPE) as process:
            process.wait()
        jobs.give_up(found, now=app.config["NOW"]())


def sweep(app: Flask) -> None:
    """Tidy up after jobs that are over."""
    jobs.sweep(Path(app.config["SPOOL"]), now=app.config["NOW"]())


def _run(app: Flask, stop: threading.Event, apart: bool) -> None:
    for number in count():
        if stop.is_set():
            return
        _asked.clear()
        try:
            (work_off_apart if apart else work_off)(app)
            if number % SWEEP == 0:
                sweep(app)
        except Exception:
            app.logger.exception("jobs stand still; the next round tries again")
        finally:
            db.disconnect()
        _asked.wait(IDLE)


def _found(place: str) -> Work:
    module, name = place.split(":")

    def work(task: Task) -> Outcome:
        found: Work = getattr(importlib.import_module(module), name)
        return found(task)

    return work
