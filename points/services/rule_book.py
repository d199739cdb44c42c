"""The rule book 积分细则: a draft is revised as a whole, on the page or by spreadsheet, then adopted with its minutes.

What was adopted never changes; a new version supersedes it. A village's committee keeps its book; the book of a
township or county is a template 样板 that the villages below may copy, and its limits hold for them.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from peewee import IntegrityError, fn

from points import access, photos, places
from points.calendar import local_date
from points.errors import (
    N_,
    AlreadyDone,
    ClashingName,
    FutureDay,
    Invalid,
    ItemAboveLimit,
    Missing,
    NotFound,
    PointsError,
    WorthAboveLimit,
)
from points.keys import verb
from points.models.areas import Area
from points.models.people import Person
from points.models.photos import Upload
from points.models.rules import (
    CAP_HOLDERS,
    CAP_PERIODS,
    CATEGORIES,
    EFFECTS,
    EVIDENCE,
    REPORTERS,
    UNITS,
    VOICES,
    RuleBook,
    RuleItem,
)
from points.texts import optional, required

DEFAULT_RULES = Path(__file__).parent.parent / "data" / "default_rules.csv"
DEFAULT = 0
"""The source of a draft that begins with the default items."""
MOST_POINTS = 1000
MOST_ITEMS = 120


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a draft. `code` 0 asks for a new one; a cap of None has no number. `RuleItem` explains the rest."""

    code: int
    category: str
    name: str
    points: int
    evidence: str = ""
    cap: int | None = None
    cap_period: str = "month"
    counts_to_cap: bool = True
    discreet: bool = False
    effect: str = "points"
    unit: str = "time"
    needs: str = ""
    cap_holder: str = "household"
    reporter: str = "anyone"
    voices: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """How an item differs between two lists: ``added``, ``removed`` or ``changed``, then with (field, old, new)."""

    kind: str
    item: Item
    fields: list[tuple[str, Any, Any]]


def default_items() -> list[Item]:
    """Read the 25 items and three deductions that a village may begin with."""
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
                effect=row["effect"],
                unit=row["unit"],
                needs=row["needs"],
                reporter=row["reporter"],
            )
            for row in csv.DictReader(file)
        ]


def items_of(book_id: int) -> list[Item]:
    """Return a book's items in the order of their codes."""
    rows = RuleItem.select().where(RuleItem.book == book_id).order_by(RuleItem.code)
    return [Item(**{field.name: getattr(row, field.name) for field in fields(Item)}) for row in rows]


def keepers(area: Area) -> tuple[str, ...]:
    """Return the roles that keep an area's book. Raises `NotFound` for a grid or lane, which has none."""
    if area.kind in ("grid", "lane"):
        raise NotFound()
    return ("committee",) if area.kind == "village" else ("supervisor", "admin")


def look_over(book: RuleBook, items: Sequence[Item]) -> tuple[list[Item], list[tuple[int, PointsError]]]:
    """Return the *items* of a draft tidied, and what is wrong with them: the place of each in the list and why."""
    known = _codes(book.area_id)
    limit = places.limits_above(book.area_id).get("most_points")
    tidy: list[Item] = []
    wrong: list[tuple[int, PointsError]] = []
    names: set[str] = set()
    codes: set[int] = set()
    for place, given in enumerate(items):
        try:
            item = _checked(given)
            if item.name in names:
                raise ClashingName(name=item.name)
            if item.code and (item.code in codes or item.code not in known):
                raise Invalid(what=N_("编号"))
            if limit and item.effect == "points" and item.points > limit.most:
                raise ItemAboveLimit(item=item.name, area=limit.area, most=limit.most)
        except PointsError as refusal:
            wrong.append((place, refusal))
        else:
            tidy.append(item)
            names.add(item.name)
            codes.add(item.code)
    return tidy, wrong


def recognised(book_id: int, items: Sequence[Item]) -> list[Item]:
    """Return the *items* of a spreadsheet; one without a code that is called like one of the draft has that one's."""
    taken = {item.code for item in items}
    free = {item.name: item.code for item in items_of(book_id) if item.code not in taken}
    return [item if item.code else replace(item, code=free.pop(item.name, 0)) for item in items]


def differences(before: Iterable[Item], after: Iterable[Item]) -> list[Change]:
    """Compare two lists of items by their codes; an item without a code is a new one."""
    old, new = {item.code: item for item in before}, list(after)
    kept = {item.code for item in new}
    changes = []
    for item in new:
        if item.code not in old:
            changes.append(Change("added", item, []))
        elif item != old[item.code]:
            before_it = old[item.code]
            both = [(field.name, getattr(before_it, field.name), getattr(item, field.name)) for field in fields(Item)]
            changes.append(Change("changed", item, [values for values in both if values[1] != values[2]]))
    return changes + [Change("removed", item, []) for code, item in old.items() if code not in kept]


@verb("rule_book.start_draft")
def start_draft(*, key: str, actor: Person, now: datetime, area_id: int, source: int | None = None) -> int:
    """Begin the next version, or go on with the open draft; return its id.

    *source* is the book to copy: an earlier one of the area's own or a template in force above it, or `DEFAULT`. None
    copies the one in force, or the default items before the first. For an open draft it replaces what that holds.
    """
    area = access.area(area_id)
    access.require(actor, *keepers(area), area_id=area_id)
    draft = RuleBook.get_or_none(RuleBook.area == area_id, RuleBook.state == "draft")
    if draft is not None and source is None:
        return int(draft.id)
    adopted = RuleBook.get_or_none(RuleBook.area == area_id, RuleBook.state == "adopted")
    origin = adopted if source is None else None if source == DEFAULT else _source(area_id, source)
    items = items_of(origin.id) if origin else default_items()
    if origin is None or origin.area_id != area_id:
        items = _at_home(area_id, items)
    worth = origin or adopted
    begun = {
        "worth_fen": worth.worth_fen if worth else 100,
        "template_id": origin and (origin.template_id if origin.area_id == area_id else origin.id),
    }
    if draft is not None:
        if RuleBook.update(**begun).where(RuleBook.id == draft.id, RuleBook.state == "draft").execute() == 0:
            raise AlreadyDone()
        RuleItem.delete().where(RuleItem.book == draft.id).execute()
    else:
        last = RuleBook.select(fn.MAX(RuleBook.version)).where(RuleBook.area == area_id).scalar() or 0
        try:
            draft = RuleBook.create(area=area_id, version=last + 1, created_at=now, **begun)
        except IntegrityError:  # another request was faster
            raise AlreadyDone() from None
    _write(draft.id, items)
    return int(draft.id)


@verb("rule_book.revise")
def revise(*, key: str, actor: Person, now: datetime, book_id: int, worth_fen: int, items: list[Item]) -> int:
    """Replace a draft's items and the worth of a point (fen). An item keeps its code, for caps are counted by code."""
    book = _book(actor, book_id)
    _require_worth(book.area_id, worth_fen)
    _rewrite(book, items, worth_fen=worth_fen)
    return book_id


@verb("rule_book.upload")
def upload(*, key: str, actor: Person, now: datetime, book_id: int, file_name: str, items: list[Item]) -> int:
    """Keep the items that a spreadsheet held until its uploader takes them into the draft; return the upload's id."""
    book = _book(actor, book_id)
    if book.state != "draft":
        raise AlreadyDone()
    tidy, wrong = look_over(book, items)
    if wrong:
        raise wrong[0][1]
    kept = Upload.create(
        village=book.area_id,
        kind="rule_book",
        file_name=file_name.strip()[-80:],
        rows=json.dumps({"book": book_id, "items": [asdict(item) for item in tidy]}, default=date.isoformat),
        uploaded_by=actor,
        uploaded_at=now,
    )
    return int(kept.id)


def uploaded(actor: Person, upload_id: int) -> tuple[int, list[Item]]:
    """Return the draft for which *actor* uploaded a spreadsheet, and its items. Raises `NotFound`."""
    kept = Upload.get_or_none(Upload.id == upload_id, Upload.kind == "rule_book", Upload.uploaded_by == actor)
    if kept is None:
        raise NotFound()
    rows = json.loads(kept.rows)
    days = ("valid_from", "valid_to")
    return rows["book"], [
        Item(**row | {day: date.fromisoformat(row[day]) for day in days if row[day]}) for row in rows["items"]
    ]


@verb("rule_book.take_in")
def take_in(*, key: str, actor: Person, now: datetime, upload_id: int) -> int:
    """Replace a draft's items by those that *actor* uploaded; return the draft's id."""
    book_id, items = uploaded(actor, upload_id)
    book = _book(actor, book_id)
    if Upload.delete().where(Upload.id == upload_id).execute() == 0:
        raise AlreadyDone()
    _rewrite(book, items, worth_fen=book.worth_fen)
    return book_id


@verb("rule_book.adopt")
def adopt(
    *,
    key: str,
    actor: Person,
    now: datetime,
    book_id: int,
    minutes: str,
    adopted_on: date,
    pictures: Sequence[photos.Picture] = (),
) -> int:
    """Put a draft in force from now on; the version before is superseded.

    *minutes* says where the decision is kept, *pictures* show the signed page.
    """
    book = _book(actor, book_id)
    minutes = required(minutes, N_("会议记录编号"), 60)
    if adopted_on > local_date(now):
        raise FutureDay()
    adopted = RuleBook.update(state="adopted", minutes=minutes, adopted_on=adopted_on, adopted_by=actor)
    if adopted.where(RuleBook.id == book_id, RuleBook.state == "draft").execute() == 0:
        raise AlreadyDone()
    _require_worth(book.area_id, RuleBook.get_by_id(book_id).worth_fen)
    items, wrong = look_over(book, items_of(book_id))
    if wrong:
        raise wrong[0][1]
    if not items:
        raise Missing(what=N_("至少一项细则"))
    RuleBook.update(state="superseded").where(
        RuleBook.area == book.area_id, RuleBook.state == "adopted", RuleBook.id != book_id
    ).execute()
    _keep(pictures, book, actor, now)
    return book_id


@verb("rule_book.add_photo")
def add_photo(*, key: str, actor: Person, now: datetime, book_id: int, pictures: Sequence[photos.Picture]) -> int:
    """Add photos of the signed page to a book that was adopted without."""
    book = _book(actor, book_id)
    if book.state == "draft":
        raise Invalid(what=N_("这一版还没有采纳"))
    if not pictures:
        raise Missing(what=N_("签字页照片"))
    _keep(pictures, book, actor, now)
    return book_id


def _keep(pictures: Sequence[photos.Picture], book: RuleBook, actor: Person, now: datetime) -> None:
    if pictures:
        photos.keep(
            pictures, village_id=book.area_id, subject_type="rule_book", subject_id=book.id, actor=actor, now=now
        )


def _book(actor: Person, book_id: int) -> RuleBook:
    book = RuleBook.get_or_none(RuleBook.id == book_id)
    if book is None:
        raise NotFound()
    access.require(actor, *keepers(book.area), area_id=book.area_id)
    return book


def _source(area_id: int, book_id: int) -> RuleBook:
    """Return a book that a draft of the area may copy. Raises `NotFound`."""
    book = RuleBook.get_or_none(RuleBook.id == book_id)
    if book is None or not access.covers(book.area_id, area_id):
        raise NotFound()
    if book.area_id != area_id and book.state != "adopted":
        raise NotFound()
    return book


def _rewrite(book: RuleBook, items: Sequence[Item], *, worth_fen: int) -> None:
    held = RuleBook.update(worth_fen=worth_fen).where(RuleBook.id == book.id, RuleBook.state == "draft")
    if held.execute() == 0:
        raise AlreadyDone()
    tidy, wrong = look_over(book, items)
    if wrong:
        raise wrong[0][1]
    if len(tidy) > MOST_ITEMS:
        raise Invalid(what=N_("项数"))
    numbered = _numbered(book, tidy)
    RuleItem.delete().where(RuleItem.book == book.id).execute()
    _write(book.id, numbered)


def _require_worth(area_id: int, worth_fen: int) -> None:
    if worth_fen < 1:
        raise Invalid(what=N_("1 分的价值"))
    limit = places.limits_above(area_id).get("most_worth_fen")
    if limit and worth_fen > limit.most:
        raise WorthAboveLimit(area=limit.area, most=f"{limit.most / 100:.2f}")


_WORDS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("category", CATEGORIES, N_("类别")),
    ("effect", EFFECTS, N_("作用")),
    ("unit", UNITS, N_("怎么算")),
    ("cap_period", CAP_PERIODS, N_("周期")),
    ("cap_holder", CAP_HOLDERS, N_("次数按谁算")),
    ("reporter", REPORTERS, N_("谁可以报")),
)


def _checked(item: Item) -> Item:
    for name, words, what in _WORDS:
        if getattr(item, name) not in words:
            raise Invalid(what=what)
    if not 0 < item.points <= MOST_POINTS:
        raise Invalid(what=N_("分值"))
    if item.cap is not None and not 0 < item.cap <= 1000:
        raise Invalid(what=N_("最多几次"))
    if item.voices is not None and item.voices not in VOICES:
        raise Invalid(what=N_("要几票"))
    needs = {word.strip() for word in item.needs.split(",") if word.strip()}
    if not needs.issubset(EVIDENCE):
        raise Invalid(what=N_("必须有"))
    if item.valid_from and item.valid_to and item.valid_to < item.valid_from:
        raise Invalid(what=N_("到哪天止"))
    item = replace(
        item,
        name=required(item.name, N_("项目"), 40),
        evidence=optional(item.evidence, N_("凭据"), 60),
        needs=",".join(word for word in EVIDENCE if word in needs),
    )
    if item.effect == "civility":  # no cap limits a deduction, and nobody reports one for the own household
        reporter = "staff" if item.reporter == "anyone" else item.reporter
        return replace(
            item, cap=None, cap_period="event", cap_holder="household", counts_to_cap=False, reporter=reporter
        )
    return replace(item, cap=None) if item.cap_period == "event" else item


def _codes(area_id: int) -> set[int]:
    """Return every code that the area ever used."""
    return {item.code for item in RuleItem.select(RuleItem.code).join(RuleBook).where(RuleBook.area == area_id)}


def _numbered(book: RuleBook, items: Iterable[Item]) -> list[Item]:
    """Give codes to the new items, above every code that the area ever used."""
    following = max(_codes(book.area_id), default=0) + 1
    numbered = []
    for item in items:
        if not item.code:
            item, following = replace(item, code=following), following + 1
        numbered.append(item)
    return numbered


def _at_home(area_id: int, items: Sequence[Item]) -> list[Item]:
    """Give items from elsewhere the area's own codes, for caps are counted by code.

    One that is called like an item of the area has its code; another keeps the code it brings if that was never used.
    """
    own = RuleItem.select(RuleItem.name, RuleItem.code).join(RuleBook).where(RuleBook.area == area_id)
    codes = {item.name: item.code for item in own.order_by(RuleBook.version)}
    used = _codes(area_id)
    following = max(used | {item.code for item in items}, default=0) + 1
    taken: set[int] = set()
    settled = []
    for item in items:
        code = codes.get(item.name, 0 if item.code in used else item.code)
        if not code or code in taken:
            code, following = following, following + 1
        taken.add(code)
        settled.append(replace(item, code=code))
    return sorted(settled, key=lambda item: item.code)


def _write(book_id: int, items: Iterable[Item]) -> None:
    rows = [{"book": book_id, **asdict(item)} for item in items]
    if rows:
        RuleItem.insert_many(rows).execute()
