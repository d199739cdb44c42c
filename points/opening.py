"""Opening balances 期初积分: the old book's rows matched to households, who may object, and posting what is due.

The preview shows what `match` finds and proposing asks it again: households may have changed in between.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import median

from points import access, db, ledger, sheets
from points.errors import N_, NotAllowed, NotFound
from points.judging import CHECKERS
from points.ledger import Posting
from points.models.ledger import AccountRef, AccountType, Kind
from points.models.opening import Opening
from points.models.people import Person
from points.roster import number_of, plain
from points.sheets import Column, Value

HEADS = ("户号", "户主", "积分")
COLUMNS = (
    Column("户号", ("公开户号", "门牌号", "编号"), required=False),
    Column("户主", ("姓名", "户主姓名", "名字"), required=False),
    Column("积分", ("期初积分", "旧积分", "积分余额", "剩余积分", "余额", "结余", "分数")),
)
MOST = 100_000
"""The most points that a household brings along: more is a slip of the pen."""
FAR = 10
"""So many times the median are pointed out, where there are enough households to tell."""
SPEAKERS = (*CHECKERS, "council", "admin")
"""Who may object for someone who came, or wrote on paper."""


@dataclass(slots=True)
class Entry:
    """A row: its number, what it says, which household it is with its *head* and *rank* by lanes, what is wrong.

    *doubt* is a sentence about points that look too many; it hinders nothing.
    """

    number: int
    said: dict[str, Value]
    errors: list[str] = field(default_factory=list)
    household_id: int = 0
    household: str = ""
    head: str = ""
    rank: int = 0
    points: int = 0
    doubt: str = ""


# --- the rows ---------------------------------------------------------------------------------------------------------


def read(data: bytes) -> str:
    """Read an uploaded spreadsheet; return its rows as they are kept. Raises `BadSheet` and its kinds."""
    return kept((row.number, row.values, row.errors) for row in sheets.read(data, COLUMNS))


def typed(points: Mapping[str, str]) -> str:
    """Return what was typed beside each household number as rows are kept; an empty field is no row."""
    said = [(number, text.strip()) for number, text in points.items() if text.strip()]
    return kept((at, {"户号": number, "积分": text}, []) for at, (number, text) in enumerate(said, 1))


def kept(rows: Iterable[tuple[int, Mapping[str, Value], Sequence[str]]]) -> str:
    """Return rows as an upload keeps them."""
    return json.dumps(list(rows), ensure_ascii=False, default=date.isoformat)


def match(rows: str, village_id: int) -> list[Entry]:
    """Match every kept row to its household by a constant number of statements; each error says what to do."""
    entries = [Entry(number, said, errors) for number, said, errors in json.loads(rows)]
    households = _Households(village_id)
    told: dict[int, int] = {}
    for entry in entries:
        if entry.errors:
            continue
        entry.points = _points(entry)
        households.find(entry)
        if entry.household_id and told.setdefault(entry.household_id, entry.number) != entry.number:
            told_in = told[entry.household_id]
            entry.errors.append(_TWICE % {"household": entry.household, "row": told_in})
    good = [entry for entry in entries if not entry.errors]
    middle = int(median(entry.points for entry in good)) if len(good) >= FAR else 0
    for entry in good:
        if middle and entry.points > FAR * middle:
            entry.doubt = _DOUBT % {"n": FAR, "median": middle}
    return entries


_BLANK = N_("“%(what)s”没有填。")
_NO_HOUSEHOLD = N_("没有户号“%(what)s”。请核对，或先在“户与人”里开户。")
_TWO_NUMBERS = N_("户号“%(what)s”对得上 %(n)s 户。请照系统里的户号写全。")
_RESTS = N_("%(household)s 户已停用。请核对户号，或写到接着的那一户。")
_NOT_IN_HOUSEHOLD = N_("%(household)s 户没有“%(what)s”。请核对户号和姓名。")
_NO_PERSON = N_("没有找到“%(what)s”。请填户号。")
_NAMESAKES = N_("有 %(n)s 户有“%(what)s”。请填户号。")
_TWICE = N_("%(household)s 户在第 %(row)s 行已经有了。请去掉一行，或加成一行。")
_HAS_ONE = N_("%(household)s 户已经录过期初积分，一户只录一次。请不要再录。")
_NOT_WHOLE = N_("积分“%(what)s”不是整数。请写成 120 这样。")
_NOTHING = N_("积分是 0，不用录这一户。")
_NEGATIVE = N_("积分不能是负数：欠的积分不转入。请不要录这一户。")
_TOO_MANY = N_("积分“%(what)s”太大，一户最多 %(most)s 分。请核对。")
_DOUBT = N_("是多数人家的 %(n)s 倍以上（中间那一户 %(median)s 分）。请再看一眼旧账。")


def _points(entry: Entry) -> int:
    said = entry.said.get("积分")
    if said is None:
        entry.errors.append(_BLANK % {"what": "积分"})
        return 0
    try:
        points = sheets.as_whole(said)
    except ValueError:
        entry.errors.append(_NOT_WHOLE % {"what": said})
        return 0
    if points == 0:
        entry.errors.append(_NOTHING)
    elif points < 0:
        entry.errors.append(_NEGATIVE)
    elif points > MOST:
        entry.errors.append(_TOO_MANY % {"what": said, "most": MOST})
    return points


_HOUSEHOLDS = """
    SELECT household.id, household.number, household.active FROM household
    JOIN area ON area.id = household.area_id WHERE household.village_id = ?
    ORDER BY area.parent_id, area.position, area.id, household.number
"""
_PEOPLE = """
    SELECT person.household_id, person.name FROM person
    JOIN household ON household.id = person.household_id WHERE household.village_id = ?
    ORDER BY person.active DESC, person.id
"""
_OPENED = """
    SELECT opening_line.household_id FROM opening_line JOIN household ON household.id = opening_line.household_id
    WHERE household.village_id = ? AND opening_line.state <> 'dropped'
"""


class _Households:
    """A village's households by number and by the names of their people."""

    def __init__(self, village_id: int) -> None:
        rows = db.execute(_HOUSEHOLDS, (village_id,)).fetchall()
        self.rank = {id_: (rank, number, active) for rank, (id_, number, active) in enumerate(rows)}
        self.exact = {plain(number): id_ for id_, number, _active in rows}
        self.by_number: dict[str, list[int]] = defaultdict(list)
        for id_, number, _active in rows:
            self.by_number[number_of(number)].append(id_)
        self.heads: dict[int, str] = {}
        self.names: dict[int, set[str]] = defaultdict(set)
        self.by_name: dict[str, set[int]] = defaultdict(set)
        for id_, name in db.execute(_PEOPLE, (village_id,)).fetchall():
            self.heads.setdefault(id_, name)
            self.names[id_].add(plain(name))
            self.by_name[plain(name)].add(id_)
        self.opened = {row[0] for row in db.execute(_OPENED, (village_id,)).fetchall()}

    def find(self, entry: Entry) -> None:
        """Give *entry* its household, or an error."""
        number, name = entry.said.get("户号"), entry.said.get("户主")
        id_ = self._by_number(entry, number) if number is not None else self._by_name(entry, name)
        if not id_:
            return
        entry.household_id, entry.head = id_, self.heads.get(id_, "")
        entry.rank, entry.household, active = self.rank[id_]
        if not active:
            entry.errors.append(_RESTS % {"household": entry.household})
        elif number is not None and name is not None and plain(name) not in self.names[id_]:
            entry.errors.append(_NOT_IN_HOUSEHOLD % {"household": entry.household, "what": name})
        elif id_ in self.opened:
            entry.errors.append(_HAS_ONE % {"household": entry.household})

    def _by_number(self, entry: Entry, number: Value) -> int:
        exact = self.exact.get(plain(number))
        found = [exact] if exact else self.by_number.get(number_of(number), [])
        if not found:
            entry.errors.append(_NO_HOUSEHOLD % {"what": number})
        elif len(found) > 1:
            entry.errors.append(_TWO_NUMBERS % {"what": number, "n": len(found)})
        return found[0] if len(found) == 1 else 0

    def _by_name(self, entry: Entry, name: Value) -> int:
        if name is None:
            entry.errors.append(_BLANK % {"what": "户号"})
            return 0
        found = {id_ for id_ in self.by_name.get(plain(name), ()) if self.rank[id_][2]}
        if not found:
            entry.errors.append(_NO_PERSON % {"what": name})
        elif len(found) > 1:
            entry.errors.append(_NAMESAKES % {"what": name, "n": len(found)})
        return found.pop() if len(found) == 1 else 0


def example() -> bytes:
    """Write the empty sheet that people fill."""
    notes = [
        N_("一行一户。户号和户主填一样就行，两样都填可以互相核对；积分填旧账上还剩的整数。"),
        N_("没有积分的户不用写。一户只能转入一次。不要合并单元格，不要隐藏行，不要写合计行。"),
    ]
    return sheets.write("期初积分", HEADS, [], widths=(12, 14, 12), notes=notes)


# --- objecting --------------------------------------------------------------------------------------------------------


def may_object(person: Person, village_id: int) -> bool:
    """Tell whether *person* lives in the village, or may speak there for others."""
    if person.household is not None and person.household.village_id == village_id:
        return True
    try:
        access.require_inside(person, *SPEAKERS, village_id=village_id)
    except (NotFound, NotAllowed):
        return False
    return True


# --- posting ----------------------------------------------------------------------------------------------------------


_DUE = """
    SELECT opening.id FROM opening WHERE closes_at <= ? AND (state = 'hung' OR state = 'closed' AND EXISTS (
        SELECT 1 FROM opening_line WHERE opening_line.opening_id = opening.id AND opening_line.state = 'waiting'))
    ORDER BY opening.id
"""
_HOLD = "SELECT state, village_id, closes_at, source FROM opening WHERE id = ? AND closes_at <= ?"
_POST = (
    "UPDATE opening_line SET state = 'posted', posted_at = ? WHERE opening_id = ? AND state = 'waiting' "
    "RETURNING id, position, household_id, agreed"
)
_ACCOUNTS = "SELECT owner_id, id FROM account WHERE type = 'household' AND owner_id IN (SELECT {0} FROM {rows})"


def due(now: datetime) -> list[int]:
    """Return the openings that ran out, and closed ones with a line whose objection has been answered since."""
    return [row[0] for row in db.execute(_DUE, (db.microseconds(now),)).fetchall()]


def post(opening_id: int, *, now: datetime) -> list[int]:
    """Post the undisputed lines of an opening that ran out, in the caller's transaction; return their points.

    A constant number of statements, however many lines. One that another machine is posting now is left to it.
    """
    db.require_transaction()
    hold = _HOLD + (" FOR UPDATE SKIP LOCKED" if db.is_postgresql() else "")
    held = db.execute(hold, (opening_id, db.microseconds(now))).fetchone()
    if held is None:
        return []
    state, village_id, closes_at, source = held
    if state == "hung":
        Opening.update(state="closed", closed_at=now).where(Opening.id == opening_id).execute()
    lines = sorted(db.execute(_POST, (db.microseconds(now), opening_id)).fetchall(), key=lambda line: line[1])
    if not lines:
        return []
    adjustment = ledger.account(AccountType.ADJUSTMENT, village_id)
    accounts = dict(db.rows(_ACCOUNTS, [[household_id] for _id, _at, household_id, _points in lines]))
    postings = [
        Posting(
            key=f"opening:{id_}",
            kind=Kind.OPENING,
            source=adjustment,
            target=AccountRef(accounts[household_id], AccountType.HOUSEHOLD, household_id),
            points=points,
            cause_type="opening",
            cause_id=id_,
            happened_at=db.moment(closes_at),
            reason=source,
        )
        for id_, _at, household_id, points in lines
    ]
    ledger.post_many(postings, now=now)
    return [posting.points for posting in postings]
