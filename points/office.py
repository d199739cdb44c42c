"""What happens in the demo's office: sheets of cards, passbooks, old balances, a roster, households that change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from points import calendar, census, ledger, opening, sheets
from points.models import Card, Household, OpeningLine, Person
from points.models.ledger import AccountType
from points.services import card, change, data_request, export, household, passbook
from points.services import census as rosters
from points.services import opening as openings

if TYPE_CHECKING:
    from points.story import Story, Village


@dataclass
class Office:
    """The office of a village of the story: the first of the committee prints and proposes, the second confirms."""

    story: Story
    village: Village

    def head_lanes(self) -> None:
        """Give three lanes a head; the first lets the lane board show the phone."""
        heads = [self._of_lane(number)[0] for number in (0, 1, 2)]
        for number, head in enumerate(heads):
            self.story.role(head.id, self.village.lanes[number], "steward")
            phone = {"name": head.name, "phone": f"1390000{number:04d}", "active": True}
            self.story.do(household.edit_person, self.story.admin, person_id=head.id, **phone)
        self.story.do(household.set_phone_public, heads[0], public=True)

    def print_cards(self, lane: int) -> None:
        """Print cards for a lane, spoil the first run, hand most of the second over; some wait still."""
        printer, giver = self.village.committee
        held = {person.household_id for person, _code, _pin in self.village.cards}
        people = [person for person in self._of_lane(lane) if person.household_id not in held]
        run = {"village_id": self.village.area_id, "layout": "a4", "full_names": False}
        run["person_ids"] = [person.id for person in people]
        spoilt = self.story.do(card.print_run, printer, **run)
        self.story.do(card.stop_run, printer, run_id=spoilt, reason="印坏了")
        printed = self.story.do(card.print_run, printer, **run)
        cards = [found.id for found in Card.select().where(Card.run_id == printed).order_by(Card.id)]
        self.story.do(card.hand_over_many, giver, village_id=self.village.area_id, card_ids=cards[:-6])

    def carry_over(self, points: dict[str, int], *, hang: bool) -> int:
        """Propose what an old notebook said of households by number; let it hang, one line objected to and answered."""
        proposer, hanger = self.village.committee
        rows = opening.typed({number: str(balance) for number, balance in points.items()})
        kept = {"village_id": self.village.area_id, "file_name": "旧积分本.xlsx", "rows": rows}
        upload = self.story.do(openings.upload, proposer, **kept)
        signed = {"source": "2025年积分本", "signers": f"{proposer.name}、{hanger.name}", "days": 5}
        made = self.story.do(
            openings.propose,
            proposer,
            upload_id=upload,
            points=sum(points.values()),
            pictures=[self.story.picture()],
            **signed,
        )
        if hang:
            self.story.do(openings.hang, hanger, opening_id=made, points=sum(points.values()))
            line = OpeningLine.get(OpeningLine.opening == made).id
            self.story.do(openings.object_to, self.story.supervisor, line_id=line, text="旧本上是 26 分，少抄了 2 分。")
            said = {"points": 26, "reason": "翻到原页核对，是 26 分。"}
            self.story.do(openings.answer, self.village.council[0], line_id=line, **said)
        return made

    def take_in_a_roster(self) -> None:
        """Take a roster of newcomers in, and leave one on the desk whose rows have problems."""
        admin, lane = self.story.admin, "新居点"
        taken = self._roster(
            ["0901", "司马长青", "户主", lane, "13900001234"],
            ["0901", "欧阳春雨", "妻子", lane, ""],
            ["0902", "𠮷有余", "户主", lane, ""],
            actor=admin,
        )
        rosters.apply(
            key=uuid4().hex, actor=admin, now=self.story.now, census_id=taken, skip=False, step=lambda *_: None
        )
        self._roster(
            ["0903", "诸葛平安", "户主", lane, "1.39E+10"], ["0903", "上官清泉", "户主", lane, ""], actor=admin
        )

    def change_households(self) -> None:
        """Let two households become one, and leave a wedding for a second person to confirm."""
        proposer = self.village.committee[0]
        first, second, third, fourth = (self._of_lane(5)[number].household_id or 0 for number in (0, 1, 2, 3))
        day = calendar.local_date(self.story.now) - timedelta(days=2)
        merge = {"kind": "merge", "household_id": first, "target_id": second, "reason": "搬去和女儿同住", "day": day}
        made = self.story.do(change.propose, proposer, **merge)
        self.story.do(change.confirm, self.story.supervisor, change_id=made)
        bride = Person.select().where(Person.household == third, Person.active).order_by(Person.id.desc()).first()
        wedding = {"kind": "move_person", "household_id": third, "target_id": fourth, "reason": "结婚", "day": day}
        self.story.do(change.propose, proposer, people=[bride.id], points=0, **wedding)

    def print_passbook(self, holder: Person) -> None:
        """Print the next page of a household's passbook."""
        account = ledger.account(AccountType.HOUSEHOLD, holder.household_id or 0)
        if ledger.statement(account, limit=1):
            self.story.do(passbook.print_page, self.village.committee[0], household_id=holder.household_id)

    def leave_traces(self, villager: Person) -> None:
        """Leave a wish to have something corrected, and lists that were taken out."""
        self.story.do(data_request.ask, villager, kind="correct", words="电话换了，请改成新的。")
        homes = Household.select().where(Household.village == self.village.area_id).count()
        for actor, form, asked in ((self.village.committee[0], "xlsx", ""), (self.story.supervisor, "csv", "只看在用")):
            taken = {"name": "households.index", "title": "户与人", "asked": asked, "format": form, "count": homes}
            self.story.do(export.record, actor, area_id=self.village.area_id, **taken)

    def _of_lane(self, number: int) -> list[Person]:
        """Return one person of each household of a lane that no member of staff lives in."""
        people = Person.select().where(Person.id.in_([person.id for person in self.village.members]), Person.active)
        found: dict[int, Person] = {}
        for person in people.where(Person.area == self.village.lanes[number]).order_by(Person.id):
            found.setdefault(person.household_id or 0, person)
        return list(found.values())

    def _roster(self, *rows: list[str], actor: Person) -> int:
        heads = ["户号", "姓名", "与户主关系", "街巷", "电话"]
        made = census.read(sheets.write("户名册", heads, rows))
        mapping = census.guess(made, self.village.area_id)
        kept = mapping.dump(made.heads)
        given = {"village_id": self.village.area_id, "file_name": "新居点.xlsx", "cells": made.dump(), "mapping": kept}
        roster = self.story.do(rosters.keep, actor, **given)
        plan = census.plan(made, mapping, village_id=self.village.area_id, actor=actor)
        found = {
            "preview": json.dumps(census.items(plan, self.village.area_id)),
            "counts": json.dumps(census.counts(plan)),
        }
        return self.story.do(rosters.preview, actor, census_id=roster, mapping=kept, **found)
