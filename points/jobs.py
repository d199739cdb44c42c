"""Work beside the requests: what takes longer than a page may is asked for here, and done by another process.

A job's row says who asked for what and how it ended. What it reads and leaves as a file lies in the *spool*, a folder
of the machine outside the database and its backups, readable by the server alone, and goes when its time is over. How
far it has come lies there too, so that it can be seen while the work's own transaction is open.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from points.errors import JobBroken, NotFound, PointsError
from points.models.jobs import Job
from points.models.people import Person

LONGEST = timedelta(minutes=30)
"""A job that runs longer has lost its server, and is called failed."""
KEPT_FOR = timedelta(days=1)
SPARE = timedelta(minutes=5)
"""So long an upload lies there before its job is asked for; one that no job waits for, as after a refusal, goes."""
MOST_WAITING = 3
"""So many jobs may wait for one person."""
_BROKEN = json.dumps([JobBroken.__name__, {}])


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended: the id of what it made, and the name under which its file is handed out, if it left one."""

    id: int | None = None
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A job as its work sees it: who asked, with what, where to read and write, and whom to tell how far it is."""

    id: int
    actor: Person
    given: dict[str, Any]
    now: datetime
    path: Path
    spool: Path

    def step(self, done: int, total: int) -> None:
        """Tell how far the work is."""
        _progress_file(self.spool, self.id).write_text(f"{done} {total}")

    def upload(self) -> bytes:
        """Read the file that came with the job. Raises `JobBroken` when its time is over."""
        try:
            return _upload_file(self.spool, self.given["upload"]).read_bytes()
        except OSError:
            raise JobBroken() from None


Work = Callable[[Task], Outcome]


def keep_upload(spool: Path, name: str, data: bytes) -> str:
    """Put an uploaded file where a job will read it, under *name* (a write's key); return the name for its *given*."""
    _open(spool)
    _upload_file(spool, name).write_bytes(data)
    return name


def claim(now: datetime) -> Job | None:
    """Take the job that has waited longest, if there is one. Several servers may ask at once."""
    for job in Job.select(Job.id).where(Job.state == "waiting").order_by(Job.id).limit(1):
        mine = Job.update(state="running", begun_at=now).where(Job.id == job.id, Job.state == "waiting").execute()
        if mine:
            return Job.get_by_id(job.id)
    return None


def carry_out(job: Job, works: Mapping[str, Work], spool: Path, *, now: Callable[[], datetime]) -> None:
    """Do a job that was claimed, and keep how it ended."""
    _open(spool)
    state, outcome, trouble = "failed", Outcome(), ""
    actor = Person.get_by_id(job.asked_by_id)
    task = Task(job.id, actor, json.loads(job.given), now(), file_of(spool, job.id), spool)
    try:
        outcome = works[job.kind](task)
        state = "done"
    except PointsError as refusal:
        trouble = json.dumps([refusal.code, refusal.values], ensure_ascii=False)
    except Exception:
        logging.getLogger("points").exception("job %s (%s) failed", job.id, job.kind)
        trouble = _BROKEN
    ended = {"state": state, "outcome": outcome.id, "file_name": outcome.file_name, "trouble": trouble}
    Job.update(**ended, ended_at=now()).where(Job.id == job.id, Job.state == "running").execute()
    _progress_file(spool, job.id).unlink(missing_ok=True)
    if not outcome.file_name:
        task.path.unlink(missing_ok=True)
    if "upload" in task.given:
        _upload_file(spool, task.given["upload"]).unlink(missing_ok=True)


def give_up(job: Job, *, now: datetime) -> None:
    """Call a job failed whose process ended without a word; one that ended as it should stays as it is."""
    lost = Job.update(state="failed", ended_at=now, trouble=_BROKEN)
    lost.where(Job.id == job.id, Job.state == "running").execute()


def sweep(spool: Path, *, now: datetime) -> None:
    """End jobs that lost their server, and remove files whose time is over."""
    lost = (Job.state == "running") & (Job.begun_at < now - LONGEST)
    Job.update(state="failed", ended_at=now, trouble=_BROKEN).where(lost).execute()
    for job in Job.select().where(Job.file_name != "", Job.keep_until < now):
        file_of(spool, job.id).unlink(missing_ok=True)
        Job.update(file_name="").where(Job.id == job.id).execute()
    open_ = Job.select(Job.given).where(Job.state.in_(("waiting", "running")))
    wanted = {_upload_file(spool, str(json.loads(job.given).get("upload"))) for job in open_}
    for file in spool.iterdir() if spool.is_dir() else ():  # also what a server that stopped half-way left
        kept_for = SPARE if file.name.startswith("upload-") and file not in wanted else KEPT_FOR
        if file.stat().st_mtime < (now - kept_for).timestamp():
            file.unlink(missing_ok=True)


def progress(spool: Path, job_id: int) -> tuple[int, int]:
    """Tell how far a job has come: so many of so many; (0, 0) before it began to count."""
    try:
        done, total = _progress_file(spool, job_id).read_text().split()
    except (OSError, ValueError):
        return 0, 0
    return int(done), int(total)


def of(actor: Person, job_id: int) -> Job:
    """Return a job of one's own. Raises `NotFound` for anybody else's."""
    found = Job.get_or_none(Job.id == job_id, Job.asked_by == actor)
    if found is None:
        raise NotFound()
    return found


def trouble(job: Job) -> PointsError:
    """Return the refusal that ended a job."""
    code, values = json.loads(job.trouble)
    return PointsError.by_code[code](**values)


def file_of(spool: Path, job_id: int) -> Path:
    """Return where a job's file lies."""
    return spool / f"job-{job_id}"


def _open(spool: Path) -> None:
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(os, "getuid") and spool.stat().st_uid != os.getuid():
        raise PermissionError(f"{spool} belongs to somebody else")


def _progress_file(spool: Path, job_id: int) -> Path:
    return spool / f"progress-{job_id}"


def _upload_file(spool: Path, name: str) -> Path:
    return spool / f"upload-{name}"
