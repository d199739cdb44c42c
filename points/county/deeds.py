"""What people do, from the sheet to the points: recorded, checked and decided in bulk, then hung and posted as ever.

`_judge` is the bulk version of `contribution.record`, `review.check` and `review.decide`: a village's sheets up to a
notice in one transaction. The notice is the verbs' own, and `tick` posts what hung its days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from points import caps, db, judging, recording
from points.county.settling import Home, Village
from points.county.shape import FORTNIGHTLY, MONTHLY_CAP, RHYTHMS, Half, Rhythm
from points.county.telling import Telling, keep, moment
from points.errors import CapFull, PointsError
from points.models import Contribution, Line, Person, RuleItem
from points.services import award, notice, review

VERDICTS = (
    (0.04, "refuse", "排班表上没有这一次"),
    (0.07, "return", "没写在哪一段，请补上再报"),
    (0.1, "change", "只到了前半程"),
)
NOTES = ("", "", "按排班表", "现场有照片", "网格长在场")
STAGES = ("recorded", "checked", "decided")


@dataclass(slots=True)
class Draft:
    """A line before it is written: what `caps` and `judging` look at, and how it was judged."""

    id: int
    village_id: int
    household_id: int
    person_id: int
    day: date
    item_code: int
    each: int
    cap: int | None
    cap_period: str
    cap_holder: str
    counts_to_cap: bool
    effect: str
    agreed: int = 0
    state: str = "recorded"
    times: int = 0
    granted: int = 0
    refusal: str = ""


@dataclass(slots=True)
class Sheet:
    """A sheet of a roster, who takes which step on it and when, and its lines."""

    id: int
    item: RuleItem
    day: date
    note: str
    recorder: Person
    checker: Person
    voices: list[Person]
    verdict: str
    reason: str
    stage: str
    recorded_at: datetime
    checked_at: datetime
    decided_at: datetime
    lines: list[Draft]


class Deeds:
    """The contributions of all villages."""

    def __init__(self, telling: Telling) -> None:
        self.telling, self.dice = telling, telling.dice

    def live(self, village: Village, span: Half) -> None:
        """Live from the last notice to the next, if this is its time, and hang it; now and then put something right."""
        done = span.hung_on
        if village.households < FORTNIGHTLY and span.first.day == 1:
            return
        self._judge(village, village.hung_on + timedelta(days=1), done, "decided")
        village.hung_on = done
        self._hang(village, done)
        if self.dice.random() < 1 / 6:
            self._put_right(village, done)

    def leave_on_the_desk(self, village: Village, span: Half) -> None:
        """Leave the newest sheets at every stage: recorded, checked, and approved for the next notice."""
        first = span.hung_on + timedelta(days=1)
        for stage in STAGES:
            self._judge(village, first, first + timedelta(days=1), stage)
            first += timedelta(days=2)

    # --- the notice -------------------------------------------------------------------------------------------------

    def _hang(self, village: Village, day: date) -> None:
        """Gather, hang, and let somebody object to a line now and then, whom another person answers."""
        do, treasurer = self.telling.do, village.committee[1]
        self.telling.set(day, 20)
        try:
            notice_id = do(notice.open_notice, treasurer, village_id=village.id)
        except PointsError:  # nothing to publish
            return
        do(notice.hang, treasurer, notice_id=notice_id)
        if self.dice.random() < 1 / 6:
            sql = "SELECT id FROM line WHERE notice_id = ? ORDER BY id LIMIT 1"
            line = db.execute(sql, (notice_id,)).fetchone()
            if line is not None:
                self._object(village, line[0], day)

    def _object(self, village: Village, line_id: int, day: date) -> None:
        self.telling.set(day + timedelta(days=1), 9)
        objection = self.telling.do(
            notice.object_to, village.committee[1], line_id=line_id, text="当天好像没看到他家的人，请核实。",
            on_behalf_of="村民来访",
        )  # fmt: skip
        self.telling.set(day + timedelta(days=2), 15)
        upheld = self.dice.random() < 0.3
        reason = "核对签到表，确有参加。" if not upheld else "签到表上没有，已同本人说清。"
        self.telling.do(notice.answer, village.supervisor, objection_id=objection, upheld=upheld, reason=reason)

    def _put_right(self, village: Village, day: date) -> None:
        """Take back a posted award, as a member of the committee who had no part in it."""
        line = db.execute(_NEWEST, (village.id,)).fetchone()
        if line is not None:
            self.telling.set(day, 21)
            try:
                self.telling.do(award.reverse, village.committee[1], line_id=line[0], reason="同一次记了两遍")
            except PointsError:  # the own household or kin
                return

    # --- in bulk ----------------------------------------------------------------------------------------------------

    def _judge(self, village: Village, first: date, last: date, stage: str) -> None:
        """Record, check and decide what is done from *first* to *last*, as far as *stage*, in one transaction."""
        sheets = self._sheets(village, first, last, stage)
        if not sheets:
            return
        with db.transaction():
            self._number(sheets)
            lines = [line for sheet in sheets for line in sheet.lines]
            approved = [line for line in lines if line.agreed]
            rooms = caps.take_for(cast("Sequence[Line]", approved), {village.id: MONTHLY_CAP})
            for line in approved:
                room = rooms[line.id]
                line.times, line.granted = room.times, room.points
                line.state, line.refusal = ("approved", "") if room.points else ("refused", CapFull.sentence)
            self._write(village, sheets)

    def _sheets(self, village: Village, first: date, last: date, stage: str) -> list[Sheet]:
        days = (last - first).days + 1
        seen: set[tuple[int, int, date]] = set()
        sheets = []
        for code, rhythm in RHYTHMS.items():
            item = village.items[code]
            assert recording.is_valid(item, last) and recording.may_record(item, "steward")
            for _ in range(self.telling.often(rhythm.lines * village.households * days / 3000 / rhythm.team)):
                day = first + timedelta(days=self.dice.randrange(days))
                sheet = self._sheet(village, item, rhythm, day, last, stage, seen)
                if sheet is not None:
                    sheets.append(sheet)
        sheets.sort(key=lambda sheet: sheet.recorded_at)
        return sheets

    def _sheet(
        self, village: Village, item: RuleItem, rhythm: Rhythm, day: date, last: date, stage: str,
        seen: set[tuple[int, int, date]],
    ) -> Sheet | None:  # fmt: skip
        """Let a team do the item on a day, and three different people who are no kin of theirs judge it."""
        dice = self.dice
        lane = dice.randrange(len(village.lanes))
        recorder = dice.choice(village.committee[:1] + village.stewards) if rhythm.widely else village.heads[lane]
        checker = dice.choice([person for person in village.stewards if person.id != recorder.id])
        voices = dice.sample(village.members, village.voices)
        apart: set[int] = set().union(*(village.away[person.id] for person in (recorder, checker, *voices)))
        homes = village.homes if rhythm.widely else village.in_lane[lane]
        recording.require_day(day, last)
        team = [home for home in dice.sample(homes, min(rhythm.team, len(homes))) if home.id not in apart]
        chance = dice.random()
        verdict, reason = next(((what, why) for most, what, why in VERDICTS if chance < most), ("approve", ""))
        if verdict == "change" and item.points <= 3:
            verdict, reason = "approve", ""
        lines = [line for home in team if (line := self._line(village, home, item, day, seen))]
        if not lines:
            return None
        for line in lines:
            assert not judging.too_few(village.council, cast("Line", line), village.voices, {recorder.id, checker.id})
            if stage == "decided":
                allowed = {"approve": line.each, "change": 3}.get(verdict, 0)
                line.agreed = review.agreed([allowed] * village.voices)
                line.state, line.refusal = ("returned" if verdict == "return" else "refused"), reason
            else:
                line.state = stage
        minute = dice.randrange(60)
        recorded = moment(day, 17, minute)
        checked = min(moment(day + timedelta(days=1), 12, minute), moment(last, 18, minute))
        decided = min(moment(day + timedelta(days=2), 19, minute), moment(last, 19, minute))
        return Sheet(0, item, day, dice.choice(NOTES), recorder, checker, voices, verdict, reason, stage, recorded,
                     checked, decided, lines)  # fmt: skip

    def _line(
        self, village: Village, home: Home, item: RuleItem, day: date, seen: set[tuple[int, int, date]]
    ) -> Draft | None:
        """Return a line for one of the household, unless the same was recorded of the same person that day."""
        person_id = self.dice.choice(home.people)
        if (person_id, item.code, day) in seen:
            return None
        seen.add((person_id, item.code, day))
        return Draft(
            0, village.id, home.id, person_id, day, item.code, item.points, item.cap, item.cap_period, item.cap_holder,
            item.counts_to_cap, item.effect,
        )  # fmt: skip

    @staticmethod
    def _number(sheets: Sequence[Sheet]) -> None:
        lines = [line for sheet in sheets for line in sheet.lines]
        for sheet, id_ in zip(sheets, db.new_ids("contribution", len(sheets)), strict=True):
            sheet.id = id_
        for line, id_ in zip(lines, db.new_ids("line", len(lines)), strict=True):
            line.id = id_

    def _write(self, village: Village, sheets: Sequence[Sheet]) -> None:
        """Write sheets, lines, voices and the keys of what was done."""
        recorded, lines, voices, kept = [], [], [], []
        for sheet in sheets:
            at, checked_at, decided_at = map(db.microseconds, (sheet.recorded_at, sheet.checked_at, sheet.decided_at))
            by, day = sheet.recorder.id, sheet.day.isoformat()
            recorded.append((sheet.id, village.id, sheet.item.id, day, sheet.note, by, at))
            made = Contribution(id=sheet.id, village=village.id, day=sheet.day, recorded_by=by)
            frozen = recording.frozen(made, sheet.item, quantity=1) | {"contribution": sheet.id, "day": day}
            checked = sheet.stage != "recorded"
            decided = sheet.stage == "decided"
            common = [frozen[name] for name in _FROZEN]
            common += (sheet.checker.id, checked_at, village.voices) if checked else (None, None, 0)
            common += (len(sheet.voices), decided_at) if decided else (0, None)
            ids = [line.id for line in sheet.lines]
            for line in sheet.lines:
                lines.append(
                    (*common, line.id, line.household_id, line.person_id, line.state, line.agreed, line.times,
                     line.granted, line.refusal, False, 0)
                )  # fmt: skip
            payload: dict[str, Any] = {"village_id": village.id, "item_id": sheet.item.id, "day": day, "quantity": 1}
            payload |= {"note": sheet.note, "people": [line.person_id for line in sheet.lines]}
            kept.append(self.telling.kept(self.telling.key(), by, "contribution.record", sheet.id, at, payload))
            if checked:
                key, passes = self.telling.key(), {"line_ids": ids, "passes": True, "reason": ""}
                kept.append(self.telling.kept(key, sheet.checker.id, "review.check", ids[0], checked_at, passes))
            if decided:
                allowed = {"approve": sheet.item.points, "change": 3}.get(sheet.verdict, 0)
                given = {"line_ids": ids, "verdict": sheet.verdict, "reason": sheet.reason}
                for member in sheet.voices:
                    said = (member.id, sheet.verdict, allowed, sheet.reason, decided_at)
                    voices += [(id_, *said) for id_ in ids]
                    key = self.telling.key()
                    kept.append(self.telling.kept(key, member.id, "review.decide", ids[0], decided_at, given))
        db.load("contribution", "id, village_id, item_id, day, note, recorded_by_id, recorded_at", recorded)
        db.load("line", _LINE, lines)
        db.load("voice", "line_id, person_id, verdict, points, reason, said_at", voices)
        keep(kept)


_NEWEST = """
    SELECT id FROM line WHERE village_id = ? AND state = 'posted' AND effect = 'points' ORDER BY id DESC LIMIT 1
"""
_FROZEN = (
    "contribution", "village", "day", "recorded_by", "item_code", "item_name", "version", "each", "quantity",
    "item_voices", "category", "discreet", "effect", "unit", "needs", "cap", "cap_period", "cap_holder",
    "counts_to_cap",
)  # fmt: skip
_LINE = ", ".join(
    [Line._meta.fields[name].column_name for name in _FROZEN]
    + [
        "checked_by_id",
        "checked_at",
        "voices_needed",
        "voices",
        "decided_at",
        "id",
        "household_id",
        "person_id",
        "state",
    ]
    + ["agreed", "granted_quantity", "granted", "refusal", "by_township", "open_objections"]
)
