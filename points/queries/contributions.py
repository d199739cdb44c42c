"""What recorders and judges read: items to record, people to find, sheets, and a line with all that was done to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from peewee import Case, Tuple, fn

from points import access, codes, db, judging, photos
from points.errors import CardUnknown, NotFound
from points.judging import RECORDERS
from points.models.areas import Area
from points.models.contribution import Contribution, Line, Notice, Objection, Score, Voice
from points.models.ledger import TakenBack, Transfer
from points.models.people import JUDGING_ROLES, Card, Household, Person, Role
from points.models.photos import Photo, Upload
from points.models.rules import CATEGORIES, RuleBook, RuleItem
from points.recording import OLDEST, may_record, seen_before
from points.roster import KEPT_FOR

READERS = ("steward", "committee", "council", "supervisor", "admin")
PAGE = 20
FOUND = 10
TEAM = 30
NAMED = 4
LINES = 300
RECENT = 60


@dataclass(frozen=True, slots=True)
class Found:
    """A person to put on a team."""

    id: int
    name: str
    initials: str
    household_id: int
    number: str
    address: str


@dataclass(frozen=True, slots=True)
class Team:
    """People who were recorded together: the ``last`` time, or as ``usual``."""

    kind: str
    people: list[Found]


@dataclass(frozen=True, slots=True)
class Block:
    """A household in an inspection round; which judges keep away from it, and whether it is left out altogether."""

    household: Household
    people: list[Person]
    recused: set[int]
    closed: bool


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A sheet in a list: the first people named on it, how many of its lines are in each state, and how many in all."""

    sheet: Contribution
    people: list[str]
    states: list[tuple[str, int]]
    count: int


class LineRow(NamedTuple):
    """A line as a spreadsheet shows it, with everyone on it by name."""

    id: int
    day: date
    item: str
    number: str
    person: str
    quantity: int
    each: int
    granted: int
    effect: str
    state: str
    refusal: str
    recorder: str
    recorded_at: datetime
    checker: str | None
    notice: int | None


def items(village_id: int) -> list[RuleItem]:
    """Return the items of the adopted rule book by category; none before the first is adopted."""
    rows = (
        RuleItem.select()
        .join(RuleBook)
        .where(RuleBook.area == village_id, RuleBook.state == "adopted")
        .order_by(RuleItem.code)
    )
    return sorted(rows, key=lambda item: CATEGORIES.index(item.category))


def open_items(reader: Person, village_id: int, today: date) -> list[RuleItem]:
    """Return the items that *reader* may record today, for a day that is not too long ago."""
    reporter = "committee" if access.holds(reader, ("committee",), village_id) else "steward"
    oldest = today - timedelta(days=OLDEST)
    return [
        item
        for item in items(village_id)
        if may_record(item, reporter)
        and not (item.valid_from and item.valid_from > today)
        and not (item.valid_to and item.valid_to < oldest)
    ]


def seen(people: Sequence[int], item_code: int, day: date) -> list[Line]:
    """Return the living lines of the same people, item and day, with everyone on them."""
    found = [line.id for line in seen_before(people, item_code, day)]
    return list(lines().where(Line.id.in_(found)).order_by(Line.id)) if found else []


def returned(reader: Person, line_id: int) -> Line:
    """Return a line that was returned to *reader*, who recorded it, and not taken up again since. Raises `NotFound`."""
    mine = (Line.id == line_id) & (Line.recorded_by == reader) & (Line.state == "returned")
    found: Line | None = lines().where(mine).get_or_none()
    if found is None or Line.select().where(Line.revises == line_id).exists():
        raise NotFound()
    return found


# --- people ---------------------------------------------------------------------------------------------------------


def find(reader: Person, village_id: int, q: str) -> list[Found]:
    """Find people whom *reader* may record: by the start of the pinyin initials, a part of the name, or the number.

    Several words must all match: ``wxm 211`` is the one of many with these initials who lives in household 0211.
    """
    words = q.split()[:4]
    if not words:
        return last_team(reader, village_id)
    query = _people(reader, village_id).where(*(_matches(word) for word in words))
    name = words[0]
    best = Case(None, ((_numbered(name), 0), (Person.name == name, 0), (Person.name.startswith(name), 1)), 2)
    return _found(query.order_by(best, Household.number, Person.id).limit(FOUND))


def _matches(word: str) -> Any:
    by_name = fn.LOWER(Person.initials).startswith(word.lower()) | Person.name.contains(word)
    return by_name | _numbered(word) | Household.number.startswith(word)


def _numbered(word: str) -> Any:
    return fn.LTRIM(Household.number, "0") == (word.lstrip("0") or "0")


def last_team(reader: Person, village_id: int) -> list[Found]:
    """Return who was on the last sheet that *reader* recorded in the village."""
    last = (
        Contribution.select(Contribution.id)
        .where(Contribution.village == village_id, Contribution.recorded_by == reader)
        .order_by(Contribution.recorded_at.desc())
        .limit(1)
        .scalar()
    )
    if last is None:
        return []
    on_it = Line.select(Line.person).where(Line.contribution == last)
    return _found(_people(reader, village_id).where(Person.id.in_(on_it)).order_by(Person.id).limit(30))


def teams(reader: Person, village_id: int, item_code: int | None) -> list[Team]:
    """Return the last team and the two most frequent ones that *reader* recorded, for the item if it was recorded."""
    sheets = (
        Contribution.select(Contribution.id, Contribution.item)
        .where(Contribution.village == village_id, Contribution.recorded_by == reader)
        .order_by(Contribution.recorded_at.desc(), Contribution.id.desc())
        .limit(RECENT)
    )
    of: Any = RuleItem.select(RuleItem.id, RuleItem.code).where(
        RuleItem.id.in_(db.among({sheet.item_id for sheet in sheets}))
    )
    codes_of = dict(of.tuples())
    recent = [(sheet.id, codes_of[sheet.item_id]) for sheet in sheets]
    wanted = [id_ for id_, code in recent if code == item_code] or [id_ for id_, _ in recent]
    if not wanted:
        return []
    members: dict[int, set[int]] = {id_: set() for id_ in wanted}
    for line in Line.select(Line.contribution, Line.person).where(Line.contribution.in_(wanted)):
        members[line.contribution_id].add(line.person_id)
    by_sheet = [frozenset(people) for people in members.values() if 1 < len(people) <= TEAM]
    usual = [people for people, times in Counter(by_sheet).most_common() if times > 1 and people != by_sheet[0]]
    kinds = [("last", people) for people in by_sheet[:1]] + [("usual", people) for people in usual[:2]]
    known = {person.id: person for person in chosen(reader, village_id, [id_ for _, team in kinds for id_ in team])}
    found = [(kind, [known[id_] for id_ in sorted(team) if id_ in known]) for kind, team in kinds]
    return [Team(kind, people) for kind, people in found if people]


def of_card(reader: Person, village_id: int, code: str) -> Found:
    """Return whose card was scanned or whose number was typed. Raises `CardMisread`, `CardUnknown`."""
    presented = codes.read(code)
    card = Card.get_or_none(Card.number == presented.number, Card.handed_at.is_null(False), Card.revoked_at.is_null())
    if card is None or (presented.code and not codes.same(card.secret_hash, codes.hash_code(presented.code))):
        raise CardUnknown()
    people = chosen(reader, village_id, [card.person_id])
    if not people:
        raise CardUnknown()
    return people[0]


def chosen(reader: Person, village_id: int, ids: Sequence[int]) -> list[Found]:
    """Return the people of these ids, in that order, as far as *reader* may record them."""
    rows = {person.id: person for person in _found(_people(reader, village_id).where(Person.id.in_(list(ids))))}
    return [rows[id_] for id_ in dict.fromkeys(ids) if id_ in rows]


def _people(reader: Person, village_id: int) -> Any:
    return (
        Person.select(Person, Household)
        .join(Household)
        .where(Person.active, Household.active, Household.village == village_id)
        .where(Household.area.in_(access.covered_areas(reader, *RECORDERS)))
    )


def _found(query: Any) -> list[Found]:
    return [
        Found(row.id, row.name, row.initials, row.household_id, row.household.number, row.household.address)
        for row in query
    ]


# --- whole lanes ----------------------------------------------------------------------------------------------------


def lanes(reader: Person, village_id: int) -> list[Area]:
    """Return the places of the village in which households live that *reader* may record, in walking order."""
    living = Household.select(Household.area).where(Household.village == village_id, Household.active)
    covered = access.covered_areas(reader, *RECORDERS)
    here = Area.select().where(Area.id.in_(living), Area.id.in_(covered))
    return list(here.order_by(Area.parent, Area.order, Area.id))


def roll(reader: Person, village_id: int) -> list[tuple[Area, list[tuple[Household, list[Person]]]]]:
    """Return everybody whom *reader* may record, by lane and household."""
    by_lane: dict[int, dict[int, tuple[Household, list[Person]]]] = {}
    for person in _people(reader, village_id).order_by(Household.number, Person.id):
        household = person.household
        by_lane.setdefault(household.area_id, {}).setdefault(household.id, (household, []))[1].append(person)
    return [(lane, list(by_lane[lane.id].values())) for lane in lanes(reader, village_id) if lane.id in by_lane]


def round_of(reader: Person, village_id: int, lane_id: int, judges: Sequence[int]) -> list[Block]:
    """Return the households of a lane for an inspection round."""
    own = access.related_households(reader)
    away = {id_: access.related_households(person) for id_ in judges if (person := Person.get_or_none(id=id_))}
    blocks: dict[int, Block] = {}
    for person in _people(reader, village_id).where(Household.area == lane_id).order_by(Household.number, Person.id):
        household = person.household
        if household.id not in blocks:
            recused = {id_ for id_, related in away.items() if household.id in related}
            blocks[household.id] = Block(household, [], recused, household.id in own or len(recused) == len(judges))
        blocks[household.id].people.append(person)
    return list(blocks.values())


def council(reader: Person, village_id: int) -> list[Found]:
    """Return the members of the council whom *reader* may name as judges."""
    seats = Role.select(Role.person).where(
        Role.kind == "council", Role.confirmed_at.is_null(False), Role.ended_at.is_null(), Role.area == village_id
    )
    return _found(_people(reader, village_id).where(Person.id.in_(seats)).order_by(Person.id))


def uploaded(reader: Person, upload_id: int, now: datetime) -> Upload:
    """Return the roster that *reader* uploaded within a day. Raises `NotFound`."""
    mine = (Upload.id == upload_id) & (Upload.kind == "contributions") & (Upload.uploaded_by == reader)
    found: Upload | None = Upload.get_or_none(mine, Upload.uploaded_at > now - KEPT_FOR)
    if found is None:
        raise NotFound()
    return found


# --- sheets ---------------------------------------------------------------------------------------------------------


def sheets(
    reader: Person, village_id: int, *, before: int | None = None, most: int = PAGE
) -> tuple[list[SheetRow], int | None]:
    """List the newest sheets of a village that touch what *reader* covers; and the key of the next page."""
    covered = Household.area.in_(access.covered_areas(reader, *READERS))
    touching = Line.select().join(Household).where(Line.contribution == Contribution.id, covered).limit(1).offset(0)
    newest = Contribution.recorded_at, Contribution.id
    query = (
        Contribution.select(Contribution, Person, RuleItem)
        .join(Person)
        .switch(Contribution)
        .join(RuleItem)
        .where(Contribution.village == village_id, fn.EXISTS(touching))
        .order_by(*(field.desc() for field in newest))
    )  # the offset keeps PostgreSQL from going through all lines that the reader covers before it finds a sheet
    if before:
        query = query.where(Tuple(*newest) < Contribution.select(*newest).where(Contribution.id == before))
    found = list(query.limit(most + 1))
    shown = found[:most]
    ids = [sheet.id for sheet in shown]
    seen = Line.select(Line.id).join(Household).where(Line.contribution.in_(ids), covered)
    place = fn.ROW_NUMBER().over(partition_by=[Line.contribution], order_by=[Line.id])
    numbered = Line.select(Line.id, place.alias("place")).where(Line.id.in_(seen)).alias("numbered")
    first = Line.select(Line.contribution, Person.name).join(Person, on=Line.person).switch(Line)
    first = first.join(numbered, on=(numbered.c.id == Line.id)).where(numbered.c.place <= NAMED).order_by(Line.id)
    people: dict[int, list[str]] = {}
    for line in first:
        people.setdefault(line.contribution_id, []).append(line.person.name)
    states: dict[int, list[tuple[str, int]]] = {}
    count = fn.COUNT(Line.id)
    counted: Any = (
        Line.select(Line.contribution, Line.state, count)
        .where(Line.id.in_(seen))
        .group_by(Line.contribution, Line.state)
        .order_by(count.desc(), Line.state)
    )
    for contribution_id, state, n in counted.tuples():
        states.setdefault(contribution_id, []).append((state, n))
    rows = [
        SheetRow(sheet, people.get(sheet.id, []), of_sheet := states.get(sheet.id, []), sum(n for _, n in of_sheet))
        for sheet in shown
    ]
    return rows, shown[-1].id if len(found) > most else None


def sheet(contribution_id: int) -> Contribution:
    """Return a sheet with its village and recorder. Raises `NotFound`; the caller guards by the village."""
    found = (
        Contribution.select(Contribution, Area, Person)
        .join(Area)
        .switch(Contribution)
        .join(Person)
        .where(Contribution.id == contribution_id)
        .get_or_none()
    )
    if found is None:
        raise NotFound()
    return found


def lines_of(reader: Person, contribution_id: int, *, after: int = 0) -> tuple[list[Line], int | None]:
    """Return the lines of a sheet that *reader* covers, with everyone on them; and the key of the next page."""
    covered = Household.area.in_(access.covered_areas(reader, *READERS))
    on_it = _noticed_lines().where(Line.contribution == contribution_id, Line.id > after, covered).order_by(Line.id)
    found = list(on_it.limit(LINES + 1))
    return found[:LINES], found[LINES - 1].id if len(found) > LINES else None


def lines_on(reader: Person, contribution_ids: Collection[int]) -> list[LineRow]:
    """Return the lines of several sheets that *reader* covers, the newest sheet first: thousands, without the ORM."""
    recorder, checker = Person.alias(), Person.alias()
    columns = (
        *(Line.id, Line.day, Line.item_name, Household.number, Person.name, Line.quantity, Line.each, Line.granted),
        *(Line.effect, Line.state, Line.refusal, recorder.name, Contribution.recorded_at, checker.name, Notice.number),
    )
    query: Any = (
        Line.select(*columns)
        .join_from(Line, Household)
        .join_from(Line, Person, on=Line.person)
        .join_from(Line, Contribution)
        .join_from(Line, recorder, on=Line.recorded_by)
        .join_from(Line, checker, "LEFT OUTER JOIN", on=Line.checked_by)
        .join_from(Line, Notice, "LEFT OUTER JOIN", on=Line.notice)
        .where(Line.contribution.in_(db.among(contribution_ids)))
        .where(Household.area.in_(access.covered_areas(reader, *READERS)))
        .order_by(Line.contribution.desc(), Line.id)
    )
    return [LineRow(*row) for row in query.tuples()]


def scores_of(lines: Sequence[Line | LineRow]) -> dict[int, list[str]]:
    """Return what the judges of an inspection round gave each line."""
    found: dict[int, list[str]] = {line.id: [] for line in lines}
    said = Score.select(Score, Person).join(Person).where(Score.line.in_(db.among(found))).order_by(Person.id)
    for score in said:
        found[score.line_id].append(f"{score.judge.name} {score.points}")
    return found


def photos_of(reader: Person, contribution_id: int, lines: Sequence[Line]) -> list[Photo]:
    """Return the photos of a sheet for those who judge it; none for others, and none of the own household and kin."""
    related = access.related_households(reader)
    if not any(held.kind in JUDGING_ROLES for held in access.roles_of(reader.id)):
        return []
    if all(line.household_id in related for line in lines):
        return []
    return photos.of("contribution", [contribution_id]).get(contribution_id, [])


def revisable(reader: Person, lines: Sequence[Line]) -> set[int]:
    """Return which lines were returned to *reader* and not yet taken up again."""
    mine = {line.id for line in lines if line.state == "returned" and line.recorded_by_id == reader.id}
    again = Line.select(Line.revises).where(Line.revises.in_(mine)) if mine else ()
    return mine - {line.revises_id for line in again}


def returned_to(reader: Person, village_id: int | None = None) -> list[Line]:
    """List the lines that were returned to *reader* and not yet taken up again, newest first; of a village, or all."""
    again = Line.alias()
    taken_up = again.select().where(again.revises == Line.id, again.recorded_by == reader)
    mine = (Line.state == "returned") & (Line.recorded_by == reader) & ~fn.EXISTS(taken_up)
    if village_id is not None:
        mine &= Line.village == village_id
    return list(judging.lines().where(mine).order_by(Line.id.desc()).limit(PAGE))


def line(line_id: int) -> Line:
    """Return a line with person, household, sheet, recorder, checker and notice. Raises `NotFound`."""
    found: Line | None = _noticed_lines().where(Line.id == line_id).get_or_none()
    if found is None:
        raise NotFound()
    return found


def voices(line_id: int) -> list[Voice]:
    """Return the voices on a line, in the order in which they were given."""
    return list(Voice.select(Voice, Person).join(Person).where(Voice.line == line_id).order_by(Voice.id))


def objections(line_id: int) -> list[Objection]:
    """Return the objections to a line, with who raised and who answered them."""
    answerer = Person.alias()
    return list(
        Objection.select(Objection, Person, answerer)
        .join(Person, on=Objection.raised_by)
        .switch(Objection)
        .join(answerer, "LEFT OUTER JOIN", on=Objection.answered_by)
        .where(Objection.line == line_id)
        .order_by(Objection.id)
    )


def taken_back(line_id: int) -> int:
    """Return how many points of a line's award were reversed or corrected."""
    query = TakenBack.select(TakenBack.points).join(Transfer).where(Transfer.key == f"line:{line_id}")
    return int(query.scalar() or 0)


def lines(*more: Any) -> Any:
    """Return a query of lines with everyone on them and their sheet, to be narrowed; *more* is selected besides."""
    recorder, checker = Person.alias(), Person.alias()
    return (
        Line.select(Line, Person, Household, Contribution, recorder, checker, *more)
        .join(Person, on=Line.person)
        .switch(Line)
        .join(Household)
        .switch(Line)
        .join(Contribution)
        .switch(Line)
        .join(recorder, on=Line.recorded_by)
        .switch(Line)
        .join(checker, "LEFT OUTER JOIN", on=Line.checked_by)
        .switch(Line)
    )


def _noticed_lines() -> Any:
    return lines(Notice).join(Notice, "LEFT OUTER JOIN")
