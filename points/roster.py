"""A roster from a spreadsheet: each row matched to an item and a person, with what is wrong with it, in few queries.

The preview shows what this finds and taking the roster in asks it again: people and rules may have changed in between.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from unicodedata import normalize

from points import access, recording, sheets
from points.calendar import local_date
from points.errors import N_, FutureDay, NotForReporter, OwnHouseholdNamed, QuantityRange, TooLong, TooLongAgo
from points.judging import RECORDERS
from points.models.contribution import Line
from points.models.people import Household, Person
from points.models.rules import RuleBook, RuleItem
from points.recording import LIVING, MOST_TIMES, NOTE_LENGTH, OLDEST
from points.sheets import Column, Value
from points.texts import optional

HEADS = ("日期", "项目", "户号", "姓名", "次数", "说明")
COLUMNS = (
    Column("日期", ("时间", "日子")),
    Column("项目", ("做了什么", "积分项目", "事项")),
    Column("户号", ("公开户号", "门牌号"), required=False),
    Column("姓名", ("参加人", "参加的人")),
    Column("次数", ("数量", "每人几次"), required=False),
    Column("说明", ("备注",), required=False),
)
KEPT_FOR = timedelta(days=1)
"""How long a roster waits between its preview and being taken in."""


@dataclass(slots=True)
class Entry:
    """A row: its number, what it says, what it was matched to, what is wrong, and whether it seems to come twice.

    *twice* holds the number of an earlier row of the roster with the same person, item and day, or 0 when the act was
    recorded before.
    """

    number: int
    said: dict[str, Value]
    errors: list[str] = field(default_factory=list)
    day: date | None = None
    item: RuleItem | None = None
    person: Person | None = None
    quantity: int = 1
    note: str = ""
    twice: int | None = None


def read(data: bytes) -> str:
    """Read an uploaded spreadsheet; return its rows as they are kept. Raises `BadSheet` and its kinds."""
    rows = [[row.number, row.values, row.errors] for row in sheets.read(data, COLUMNS)]
    return json.dumps(rows, ensure_ascii=False, default=date.isoformat)


def match(rows: str, *, village_id: int, recorder: Person, now: datetime) -> list[Entry]:
    """Match every kept row to what it means for *recorder* today; each error is a sentence that says what to do."""
    entries = [Entry(number, said, errors) for number, said, errors in json.loads(rows)]
    today = local_date(now)
    items = _Items(village_id, recorder)
    people = _People(village_id, recorder)
    for entry in entries:
        if not entry.errors:
            entry.day = _day(entry, today)
            entry.item = items.of(entry)
            entry.person = people.of(entry)
            entry.quantity = _quantity(entry)
            entry.note = _note(entry)
    mark_twice([entry for entry in entries if not entry.errors], village_id)
    return entries


_NO_DAY = N_("“%(what)s”不是日期。请写成 2026-11-20 这样。")
_NO_ITEM = N_("细则里没有“%(what)s”。请照样表第二页填项目的名称或编号。")
_NOT_THAT_DAY = N_("“%(what)s”在那一天不算分。请核对日期或项目。")
_NO_HOUSEHOLD = N_("没有户号“%(what)s”，或不在您负责的范围内。请核对户号。")
_NO_PERSON = N_("没有找到“%(what)s”，或不在您负责的范围内。请核对姓名，或先在“户与人”里添上。")
_NOT_IN_HOUSEHOLD = N_("%(household)s 户没有“%(what)s”。请核对户号和姓名。")
_NAMESAKES = N_("有 %(n)s 位“%(what)s”。请填户号。")
_ALIKE_AT_HOME = N_("%(household)s 户有 %(n)s 位“%(what)s”，表格分不清。请用“记一组人”记这一位。")
_NO_NUMBER = N_("次数“%(what)s”不是整数。请填 1 到 %(limit)s 之间的整数。")
_NOTE_TOO_LONG = N_("说明太长，最多 %(limit)s 个字。请写短一些。")
_BLANK = N_("“%(what)s”没有填。")


def _day(entry: Entry, today: date) -> date | None:
    said = entry.said.get("日期")
    if said is None:
        entry.errors.append(_BLANK % {"what": "日期"})
        return None
    try:
        day = sheets.as_day(said, today)
    except (ValueError, OverflowError):
        entry.errors.append(_NO_DAY % {"what": said})
        return None
    try:
        recording.require_day(day, today)
    except (FutureDay, TooLongAgo) as refusal:
        entry.errors.append(str(refusal))
    return day


def _quantity(entry: Entry) -> int:
    said = entry.said.get("次数")
    if said is None:
        return 1
    try:
        quantity = sheets.as_whole(said)
    except ValueError:
        entry.errors.append(_NO_NUMBER % {"what": said, "limit": MOST_TIMES})
        return 1
    if not 1 <= quantity <= MOST_TIMES:
        entry.errors.append(str(QuantityRange(limit=MOST_TIMES)))
    return quantity


def _note(entry: Entry) -> str:
    said = entry.said.get("说明")
    try:
        return optional(str(said if said is not None else ""), "说明", NOTE_LENGTH)
    except TooLong:
        entry.errors.append(_NOTE_TOO_LONG % {"limit": NOTE_LENGTH})
        return ""


@lru_cache(maxsize=4096)
def plain(said: Value) -> str:
    """Reduce a name to what two people would write alike: no blanks, one width, one kind of brackets."""
    return re.sub(r"\s", "", normalize("NFKC", str(said))).lower()


class _Items:
    """The items of the adopted book, by code and by name."""

    def __init__(self, village_id: int, recorder: Person) -> None:
        self.reporter = "committee" if access.holds(recorder, ("committee",), village_id) else "steward"
        items = RuleItem.select(RuleItem, RuleBook).join(RuleBook)
        self.by_word: dict[str, RuleItem] = {}
        for item in items.where(RuleBook.area == village_id, RuleBook.state == "adopted"):
            name = plain(item.name)
            for word in (str(item.code), name, re.sub(r"\(.*\)$", "", name)):
                self.by_word.setdefault(word, item)

    def of(self, entry: Entry) -> RuleItem | None:
        said = entry.said.get("项目")
        if said is None:
            entry.errors.append(_BLANK % {"what": "项目"})
            return None
        item = self.by_word.get(plain(said))
        if item is None:
            entry.errors.append(_NO_ITEM % {"what": said})
        elif not recording.may_record(item, self.reporter):
            entry.errors.append(str(NotForReporter(item=item.name)))
        elif entry.day and not recording.is_valid(item, entry.day):
            entry.errors.append(_NOT_THAT_DAY % {"what": item.name})
        return item


class _People:
    """The people whom the recorder covers, by name and by household number."""

    def __init__(self, village_id: int, recorder: Person) -> None:
        self.related = access.related_households(recorder)
        self.by_name: dict[str, list[Person]] = defaultdict(list)
        self.by_number: dict[str, list[Person]] = defaultdict(list)
        for person in (
            Person.select(Person.id, Person.name, Household.id, Household.number)
            .join(Household)
            .where(Person.active, Household.active, Household.village == village_id)
            .where(Household.area.in_(access.covered_areas(recorder, *RECORDERS)))
        ):
            self.by_name[plain(person.name)].append(person)
            self.by_number[number_of(person.household.number)].append(person)

    def of(self, entry: Entry) -> Person | None:
        name, number = entry.said.get("姓名"), entry.said.get("户号")
        if name is None:
            entry.errors.append(_BLANK % {"what": "姓名"})
            return None
        found = self.by_name.get(plain(name), [])
        if number is not None:
            household = self.by_number.get(number_of(number), [])
            if not household:
                entry.errors.append(_NO_HOUSEHOLD % {"what": number})
                return None
            found = [person for person in household if plain(person.name) == plain(name)]
        if len(found) == 1 and found[0].household.id in self.related:
            entry.errors.append(str(OwnHouseholdNamed(person=found[0].name)))
        elif len(found) > 1:
            several = _NAMESAKES if number is None else _ALIKE_AT_HOME
            entry.errors.append(several % {"what": name, "n": len(found), "household": number})
        elif not found and number is not None:
            entry.errors.append(_NOT_IN_HOUSEHOLD % {"what": name, "household": number})
        elif not found:
            entry.errors.append(_NO_PERSON % {"what": name})
        return found[0] if len(found) == 1 else None


@lru_cache(maxsize=4096)
def number_of(said: Value) -> str:
    """Reduce a household number: 0211, 211, 211.0 and 211号 are one."""
    return plain(said).removesuffix("户").removesuffix("号").lstrip("0")


def mark_twice(entries: Sequence[Entry], village_id: int) -> None:
    """Mark what comes twice in the roster, and what was recorded before."""
    recorded = _recorded(entries, village_id)
    first: dict[tuple[int, int, date], int] = {}
    for entry in entries:
        assert entry.person and entry.item and entry.day
        act = (entry.person.id, entry.item.code, entry.day)
        if act in first:
            entry.twice = first[act]
        elif act in recorded:
            entry.twice = 0
        first.setdefault(act, entry.number)


def _recorded(entries: Sequence[Entry], village_id: int) -> set[tuple[int, int, date]]:
    days = {entry.day for entry in entries if entry.day}
    if not days:
        return set()
    codes: Iterable[int] = {entry.item.code for entry in entries if entry.item}
    acts = (
        Line.select(Line.person, Line.item_code, Line.day)
        .where(Line.village == village_id, Line.state.in_(LIVING), Line.day.between(min(days), max(days)))
        .where(Line.item_code.in_(list(codes)))
    )
    return {(line.person_id, line.item_code, line.day) for line in acts}


def example(items: Iterable[RuleItem]) -> bytes:
    """Write the empty sheet that people fill, with the items they may name on a sheet of its own."""
    notes = [
        N_("一行一个人。日期写成 2026-11-20；项目填名称或编号；户号可以不填，有同名的人时必须填；次数不填就是 1。"),
        N_("不要合并单元格，不要隐藏行。"),
        *(f"{item.code}　{item.name}" for item in items),
    ]
    return sheets.write("记录", HEADS, [], widths=(14, 26, 10, 12, 8, 30), notes=notes)


assert OLDEST < 366  # a day without its year is then never ambiguous
