"""The minutes of a sitting, with a line to sign for each member who came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app

from points import access
from points.errors import StillSitting
from points.models.contribution import Line
from points.models.council import Sitting
from points.queries import council as reads
from points.queries.council import Opinion
from points.services.paper import Facts
from points.web.edge import local_day, local_time, short_day
from points.web.papers import Sheet
from points.web.session import me
from points.web.text import gettext as _


def build(sitting_id: int, given: Mapping[str, str]) -> Sheet:
    """Build the minutes of a closed sitting, for those who read them. Raises `StillSitting`."""
    sitting = reads.sitting(sitting_id)
    access.require(me(), *reads.READERS, area_id=sitting.village_id)
    if sitting.closed_at is None:
        raise StillSitting()
    words: Any = current_app.jinja_env.get_template("council/_words.html").module
    lines, said = _all(sitting)
    motions = reads.decided_at(sitting)
    ballots = reads.said(motions)
    seats = reads.seats(sitting_id)
    came = [seat.name for seat in seats if seat.present_at]
    over = reads.carried_over(sitting)
    return Sheet(
        template="minutes",
        title=_("%(village)s第 %(n)s 次评议会记录", village=sitting.village.name, n=sitting.number),
        area_id=sitting.village_id,
        data={
            "head": _head(sitting, came, [seat.name for seat in seats if not seat.present_at]),
            "lines": [
                [
                    f"{line.household.number} {line.person.name}",
                    _(
                        "%(item)s，%(day)s，报 %(what)s",
                        item=line.item_name,
                        day=short_day(line.day),
                        what=_plain(words.worth(line, line.each * line.quantity)),
                    ),
                    _plain(words.outcome(line, sitting)),
                    "\n".join(_plain(words.opinion(one)) for one in said.get(line.id, ())),
                ]
                for line in lines
            ],
            "motions": [
                [
                    _plain(words.asks(motion)) + "\n" + motion.text,
                    _("通过") if motion.state == "carried" else _("未通过"),
                    "\n".join(_plain(words.ballot(one)) for one in ballots[motion.id]),
                ]
                for motion in motions
            ],
            "over": _("没议完的 %(n)s 条转到下一次。", n=over) if over else "",
            "signers": came,
        },
    )


def facts(sitting_id: int) -> Facts:
    """Tell which sitting it was, how many came, and how much it dealt with: no names."""
    sitting = reads.sitting(sitting_id)
    seats = reads.seats(sitting_id)
    return [
        (_("第几次"), sitting.number),
        (_("日期"), local_day(sitting.day)),
        (_("到会（人）"), sum(seat.present_at is not None for seat in seats)),
        (_("议了的记录（条）"), len(_all(sitting)[0])),
        (_("表决的提案（件）"), len(reads.decided_at(sitting))),
    ]


def _head(sitting: Sitting, came: list[str], missing: list[str]) -> list[str]:
    times = {"day": local_day(sitting.day), "from": local_time(sitting.opened_at), "to": local_time(sitting.closed_at)}
    none, comma = _("无"), _("、")
    return [
        _("日期：%(day)s（%(from)s 开会，%(to)s 散会）", **times),
        _("地点：%(place)s", place=sitting.place or _("没有写")),
        _("召集人：%(who)s；结束人：%(closer)s", who=sitting.opened_by.name, closer=sitting.closed_by.name),
        _("到会（法定 %(quorum)s 人）：%(names)s", quorum=sitting.quorum, names=comma.join(came) or none),
        _("未到：%(names)s", names=comma.join(missing) or none),
    ]


def _all(sitting: Sitting) -> tuple[list[Line], dict[int, list[Opinion]]]:
    """Read the lines that the sitting dealt with, page by page."""
    lines: list[Line] = []
    said: dict[int, list[Opinion]] = {}
    after: int | None = 0
    while after is not None:
        page, opinions, after = reads.minutes(sitting, after=after)
        lines += page
        said |= opinions
    return lines, said


def _plain(markup: Any) -> str:
    """Turn what a template's macro worded back into plain text."""
    return str(markup.unescape()).strip()
