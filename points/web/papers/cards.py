"""Cards and the folded slips with their first PINs: what a run's sheets hold, and the job that draws them.

A code exists nowhere but on paper: it is derived from the key of the write that printed the run, which comes with the
job, and the file lies in the spool for an hour.
"""

from __future__ import annotations

from itertools import islice

from points import access, codes
from points.errors import JobBroken, NotFound
from points.jobs import Outcome, Task
from points.names import mask
from points.queries import people as reads
from points.services.paper import Facts
from points.web import papers, qr
from points.web.edge import card_number, label, local_day
from points.web.papers import Sheet
from points.web.text import gettext as _

ON_A_SHEET = 10
_MOST_DRAWS = 9
"""So often a number was taken already; more never happens."""


def facts(run_id: int) -> Facts:
    """Tell how many cards were printed, in which layout, and on which day; nobody's name."""
    run = reads.card_run(run_id)
    return [
        (_("卡"), _("%(n)s 张", n=run.count)),
        (_("密码条"), _("%(n)s 张", n=run.slips)),
        (_("版式"), label(run.layout)),
        (_("印卡日期"), local_day(run.printed_at)),
    ]


def pages(layout: str, cards: int, slips: int) -> tuple[int, int]:
    """Return how many pages the cards and the slips take, backs included; the list to sign comes after them."""
    return 2 * (_sheets(cards) if layout == "a4" else cards), 2 * _sheets(slips)


def _sheets(number: int) -> int:
    return -(-number // ON_A_SHEET)


def work(task: Task) -> Outcome:
    """Draw the cards of the run ``given["run"]``, which ``given["key"]`` printed, as a PDF for who printed them."""
    run = reads.card_run(task.given["run"])
    if run.printed_by_id != task.actor.id:
        raise NotFound()
    access.require(task.actor, "committee", "admin", area_id=run.village_id)
    village = access.area(run.village_id).name
    key = task.given["key"]
    pictures = {}
    cards = []
    rows = reads.cards_in_run(run.id)
    for place, row in enumerate(rows, 1):
        person, number = row.person, row.card.number
        if place % ON_A_SHEET == 1:
            task.step(place - 1, len(rows))
        pictures[f"{number}.svg"] = qr.picture(qr.card(_code(key, person.id, number), _("卡的二维码")))
        cards.append(
            {
                "place": place,
                "name": person.name if run.full_names else mask(person.name),
                "masked": mask(person.name),
                "household": row.household_number,
                "number": card_number(number),
                "code": f"{number}.svg",
                "pin": codes.first_pin(key, person.id) if row.card.first_pin_hash else "",
            }
        )
    title = _("%(village)s卡 %(n)s 张", village=village, n=run.count)
    sheet = Sheet("cards", title, run.village_id, {"layout": run.layout, "cards": cards}, pictures)
    task.path.write_bytes(papers.issue("cards", run.id, sheet, key=key, actor=task.actor))
    return Outcome(run.id, f"{title}.pdf")


def _code(key: str, person_id: int, number: str) -> str:
    for drawn, code in islice(codes.cards_of_run(key, person_id), _MOST_DRAWS):
        if drawn == number:
            return code
    raise JobBroken()
