"""Asking for work that takes longer than a page may; `points.jobs` does it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from points.errors import TooManyJobs
from points.jobs import MOST_WAITING
from points.keys import verb
from points.models.jobs import Job
from points.models.people import Person


@verb("job.ask")
def ask(*, key: str, actor: Person, now: datetime, kind: str, given: dict[str, Any], minutes: int) -> int:
    """Let work of *kind* be done for *actor*, its file kept for so many *minutes*; return the job's id.

    The work itself asks whether *actor* may. Raises `TooManyJobs`.
    """
    waiting = Job.select().where(Job.asked_by == actor, Job.state.in_(("waiting", "running"))).count()
    if waiting >= MOST_WAITING:
        raise TooManyJobs(n=waiting)
    asked = json.dumps(given, ensure_ascii=False)
    job = Job.create(kind=kind, given=asked, asked_by=actor, asked_at=now, keep_until=now + timedelta(minutes=minutes))
    return int(job.id)
