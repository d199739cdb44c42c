"""The rule book 积分细则: a draft is revised as a whole, then adopted with its minutes.

What was adopted never changes; a new version supersedes it.
"""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from peewee import IntegrityError, fn

from points import access
from points.calendar import local_date
from points.errors import N_, AlreadyDone, ClashingName, FutureDay, Invalid, Missing, NotFound
from points.keys import verb
from points.models.people import Person
from points.models.rules import CAP_PERIODS, CATEGORIES, RuleBook, RuleItem
from points.texts import optional, required

DEFAULT_RULES = Path(__file__).parent.parent / "data" / "default_rules.csv"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a draft. `code` 0 asks for a new one; a cap of None has no number. `RuleItem` explains the rest."""

    code: int
    category: str
    name: str
    points: int
    evidence: str
    cap: int | None
    cap_period: str
    counts_to_cap: bool
    discreet: bool


def default_items() -> list[Item]:
    """Read the 25 items that a village may begin with."""
    with DEFAULT_RULES.open(encoding="utf-8", newline="") as file:
        return [
            Item(
                code=int(row["code"]),
                category=row["category"],
                name=row["name"],
                points=int(row["points"]),
                evidence=row["evidence"],
                cap=int(row["cap"]) if row["cap"] else None,
                cap_period=row["cap_period"],
                counts_to_cap=row["counts_to_cap"] == "1",
                discreet=row["discreet"] == "1",
            )
            for row in csv.DictReader(file)
        ]


def items_of(book_id: int) -> list[Item]:
    """Return a book's items in the order of their codes."""
    rows = RuleItem.select().where(RuleItem.book == book_id).order_by(RuleItem.code)
    return [Item(**{name: getattr(row, name) for name in Item.__slots__}) for row in rows]


@verb("rule_book.start_draft")
def start_draft(*, key: str, actor: Person, now: datetime, village_id: int) -> int:
    """Begin the next version as a copy of the adopted one, or of the default items; an open draft is gone on with."""
    access.require(actor, "committee", area_id=village_id)
    access.village_of(village_id)
    draft = RuleBook.get_or_none(RuleBook.area == village_id, RuleBook.state == "draft")
    if draft is not None:
        return int(draft.id)
    adopted = RuleBook.get_or_none(RuleBook.area == village_id, RuleBook.state == "adopted")
    last = RuleBook.select(fn.MAX(RuleBook.version)).where(RuleBook.area == village_id).scalar() or 0
    try:
        book = RuleBook.create(
            area=village_id, version=last + 1, worth_fen=adopted.worth_fen if adopted else 100, created_at=now
        )
    except IntegrityError:  # another request was faster
        raise AlreadyDone() from None
    _write(book.id, items_of(adopted.id) if adopted else default_items())
    return int(book.id)


@verb("rule_book.revise")
def revise(*, key: str, actor: Person, now: datetime, book_id: int, worth_fen: int, items: list[Item]) -> int:
    """Replace a draft's items and the worth of a point (fen). An item keeps its code, for caps are counted by code."""
    book = _book(actor, book_id)
    if worth_fen < 1:
        raise Invalid(what=N_("1 分的价值"))
    checked = [_checked(item) for item in items]
    seen: set[str] = set()
    for item in checked:
        if item.name in seen:
            raise ClashingName(name=item.name)
        seen.add(item.name)
    if RuleBook.update(worth_fen=worth_fen).where(RuleBook.id == book_id, RuleBook.state == "draft").execute() == 0:
        raise AlreadyDone()
    numbered = _numbered(book, checked)
    RuleItem.delete().where(RuleItem.book == book_id).execute()
    _write(book_id, numbered)
    return book_id


@verb("rule_book.adopt")
def adopt(*, key: str, actor: Person, now: datetime, book_id: int, minutes: str, adopted_on: date) -> int:
    """Put a draft in force from now on; the version before is superseded. *minutes* says where the decision is kept."""
    book = _book(actor, book_id)
    minutes = required(minutes, N_("会议记录编号"), 60)
    if adopted_on > local_date(now):
        raise FutureDay()
    if not RuleItem.select().where(RuleItem.book == book_id).exists():
        raise Missing(what=N_("至少一项细则"))
    RuleBook.update(state="superseded").where(
        RuleBook.area == book.area_id, RuleBook.state == "adopted", RuleBook.id != book_id
    ).execute()
    adopted = RuleBook.update(state="adopted", minutes=minutes, adopted_on=adopted_on, adopted_by=actor)
    if adopted.where(RuleBook.id == book_id, RuleBook.state == "draft").execute() == 0:
        raise AlreadyDone()
    return book_id


def _book(actor: Person, book_id: int) -> RuleBook:
    book = RuleBook.get_or_none(RuleBook.id == book_id)
    if book is None:
        raise NotFound()
    access.require(actor, "committee", area_id=book.area_id)
    return book


def _checked(item: Item) -> Item:
    if item.category not in CATEGORIES:
        raise Invalid(what=N_("类别"))
    if item.cap_period not in CAP_PERIODS:
        raise Invalid(what=N_("封顶周期"))
    if not 0 < item.points <= 1000:
        raise Invalid(what=N_("分值"))
    if item.cap is not None and not 0 < item.cap <= 1000:
        raise Invalid(what=N_("封顶次数"))
    return Item(
        code=item.code,
        category=item.category,
        name=required(item.name, N_("项目"), 40),
        points=item.points,
        evidence=optional(item.evidence, N_("凭据"), 60),
        cap=None if item.cap_period == "event" else item.cap,
        cap_period=item.cap_period,
        counts_to_cap=item.counts_to_cap,
        discreet=item.discreet,
    )


def _numbered(book: RuleBook, items: list[Item]) -> list[Item]:
    """Give codes to the new items, above every code that the village ever used."""
    used = RuleItem.select(RuleItem.code).join(RuleBook).where(RuleBook.area == book.area_id)
    known: set[int] = {item.code for item in used}
    kept = [item.code for item in items if item.code]
    if len(set(kept)) < len(kept) or not known.issuperset(kept):
        raise Invalid(what=N_("编号"))
    following = max(known, default=0) + 1
    numbered = []
    for item in items:
        values = asdict(item)
        if not item.code:
            values["code"], following = following, following + 1
        numbered.append(Item(**values))
    return numbered


def _write(book_id: int, items: list[Item]) -> None:
    if items:
        RuleItem.insert_many([{"book": book_id, **asdict(item)} for item in items]).execute()
