"""Printed paper: what a sheet said when it was printed is kept, so that its QR can be held against the system."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from points import codes
from points.keys import verb
from points.models.paper import Paper
from points.models.people import Person

Facts = Sequence[tuple[str, str | int]]


@verb("paper.issue")
def issue(
    *, key: str, actor: Person, now: datetime, kind: str, subject_id: int, area_id: int, title: str, facts: Facts
) -> int:
    """Keep that *actor* prints this, and return the paper's id. Who builds the sheet has asked whether they may.

    *facts* are what anybody holding the sheet may read again: names masked, as on the sheet.
    """
    paper = Paper.create(
        token=codes.paper_token(key),
        kind=kind,
        subject_id=subject_id,
        area=area_id,
        title=title[:80],
        facts=json.dumps(list(facts), ensure_ascii=False),
        printed_by=actor,
        printed_at=now,
    )
    return int(paper.id)
