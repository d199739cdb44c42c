"""The way of a contribution in a `World`, step by step, for tests that need a line somewhere along it."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from points import census as rosters
from points import db, opening, photos, sheets
from points.calendar import start_of
from points.models.contribution import Line, Notice, Objection
from points.models.expiry import Expiry
from points.models.goods import Goods
from points.models.people import Household, Person
from points.models.rules import RuleItem
from points.services import census as census_service
from points.services import contribution, expiry, notice, redemption, reservation, review, tick
from points.services import opening as openings
from tests.world import PaperCard, World


def record(
    world: World, *people: Person, code: int = 1, quantity: int = 1, day: date | None = None, by: Person | None = None
) -> list[int]:
    """Record one sheet; return its lines' ids."""
    sheet = contribution.record(
        **world.by(by or world.recorder),
        village_id=world.village,
        item_id=world.item(code).id,
        day=day or world.today,
        people=[person.id for person in people or (world.villager(),)],
        quantity=quantity,
        note="",
        again=True,
    )
    return [line.id for line in Line.select().where(Line.contribution == sheet).order_by(Line.id)]


def crowd(world: World, count: int, *, code: int = 1, **changed: object) -> list[int]:
    """Record a sheet of *count* lines of the plain households' people in turn, *changed* alike; return their ids."""
    people = [person for household_ in world.households for person in world.people(household_)][:count]
    sheet = Line.get_by_id(record(world, *people, code=code)[0]).contribution_id
    of_sheet = Line.contribution == sheet
    if changed:
        Line.update(**changed).where(of_sheet).execute()
    columns = [field for field in Line._meta.sorted_fields if field.name != "id"]
    made = len(people)
    while made < count:
        copied = Line.select(*columns).where(of_sheet).order_by(Line.id).limit(count - made)
        with db.transaction():
            Line.insert_from(copied, columns).execute()
        made = Line.select().where(of_sheet).count()
    return [id_ for (id_,) in Line.select(Line.id).where(of_sheet).order_by(Line.id).tuples()]


def check(world: World, lines: list[int], *, by: Person | None = None, passes: bool = True) -> list[int]:
    """Check lines; return them."""
    review.check(**world.by(by or world.checker), line_ids=lines, passes=passes, reason="" if passes else "查无此事")
    return lines


def decide(world: World, lines: list[int], *, approves: bool = True) -> list[int]:
    """Let the whole council speak alike; return the lines."""
    for member in world.council:
        verdict, reason = ("approve", "") if approves else ("refuse", "证据不足")
        review.decide(**world.by(member), line_ids=lines, verdict=verdict, reason=reason)
    return lines


def approved(world: World, *people: Person, **given: object) -> list[int]:
    """Record, check and approve; return the lines."""
    return decide(world, check(world, record(world, *people, **given)))


def deduct(world: World, *people: Person) -> list[int]:
    """Let a committee member record what lowers the civility score, and take it through to approval."""
    item = RuleItem.get(RuleItem.book == world.book, RuleItem.effect == "civility")
    return approved(world, *people, code=item.code, by=world.committee[1])


def hung(world: World) -> int:
    """Gather what was approved and hang it; return the notice's id."""
    notice_id = notice.open_notice(**world.by(world.committee[0]), village_id=world.village)
    return notice.hang(**world.by(world.committee[1]), notice_id=notice_id)


def run_out(world: World, notice_id: int) -> tick.Report:
    """Let the days of a notice pass, the clock ticking each day as it would; return the last tick's report."""
    closes_at = Notice.get_by_id(notice_id).closes_at
    while world.now < closes_at:
        tick.tick(now=world.now)
        world.wait(days=1)
    return tick.tick(now=world.now)


def posted(world: World, *people: Person, **given: object) -> list[int]:
    """Take lines all the way to the household's account; return them."""
    lines = approved(world, *people, **given)
    run_out(world, hung(world))
    return lines


def line(line_id: int) -> Line:
    """Read a line anew."""
    return Line.get_by_id(line_id)


def household(world: World, number: int = 0) -> Household:
    """Return a plain household."""
    return world.households[number]


def objection(world: World, line_id: int, *, by: Person | None = None) -> Objection:
    """Let a villager object to a line."""
    id_ = notice.object_to(**world.by(by or world.villager(3)), line_id=line_id, text="那天没看见他")
    return Objection.get_by_id(id_)


def basket(quantities: dict[int, int]) -> list[list[int]]:
    """Return a basket of goods by id, at today's prices."""
    return [[id_, count, Goods.get_by_id(id_).price] for id_, count in quantities.items()]


def reserve(world: World, quantities: dict[int, int], *, by: Person | None = None, **changes: Any) -> int:
    """Let a villager reserve goods of the shop for three days from today; return the reservation."""
    person = by or world.villager(0)
    given: dict[str, Any] = {
        "shop_id": world.shop,
        "household_id": person.household_id,
        "person_id": person.id,
        "basket": basket(quantities),
        "collect_by": world.today + timedelta(days=3),
    }
    return reservation.reserve(**world.by(person) | given | changes)


def sold(world: World, paper: PaperCard, quantities: dict[int, int], *, by: Person | None = None) -> int:
    """Let the clerk sell to a card and its PIN; return the receipt's id."""
    shown = {"card": paper.code, "collector_id": paper.person.id, "pin": paper.pin}
    return redemption.redeem(**world.by(by or world.clerk), till_id=world.till, **shown, basket=basket(quantities))


def proposed_opening(world: World, balances: dict[Household, int], *, by: Person | None = None, **given: Any) -> int:
    """Let the committee propose opening balances of these households, with a photo of the signed page."""
    actor = by or world.committee[0]
    rows = opening.typed({home.number: str(n) for home, n in balances.items()})
    kept = openings.upload(**world.by(actor), village_id=world.village, file_name="", rows=rows)
    signed = {"source": "旧积分本", "signers": "田主任、江委员", "points": sum(balances.values()), "days": 5}
    page = [photos.Picture(b"the signed page", "1" * 64, 0, 1, 1)]
    return openings.propose(**world.by(actor) | signed | {"upload_id": kept, "pictures": page} | given)


def hung_opening(world: World, balances: dict[Household, int]) -> int:
    """Propose opening balances and let a second member of the committee hang them."""
    opening_id = proposed_opening(world, balances)
    total = sum(balances.values())
    return openings.hang(**world.by(world.committee[1]), opening_id=opening_id, points=total)


def expiring(world: World, *, years: int = 0, on: date = date(2026, 10, 20), hung: bool = True) -> Expiry:
    """Let the village have adopted that points lapse, and the list hang since the warning; return the year-end."""
    then: dict[str, datetime] = {"now": start_of(on)}
    given = {"village_id": world.village, "years": years, "minutes": "村民会议第9号"}
    rule = expiry.propose(**world.by(world.committee[0]) | then | given)
    expiry.adopt(**world.by(world.committee[1]) | then, rule_id=rule)
    found: Expiry = Expiry.get(Expiry.rule == rule)
    if hung:
        expiry.hang(**world.by(world.committee[0]) | {"now": found.warns_at}, expiry_id=found.id)
    return found


def census(world: World, *rows: list[Any]) -> int:
    """Upload a roster of households and preview it; return its id."""
    heads = ["户号", "姓名", "与户主关系", "街巷"]
    made = rosters.read(sheets.write("户名册", heads, rows or [["0901", "吴新民", "户主", "东一巷"]]))
    mapping = rosters.guess(made, world.village)
    by, kept = world.committee[0], mapping.dump(made.heads)
    given = {"village_id": world.village, "file_name": "户名册.xlsx", "cells": made.dump(), "mapping": kept}
    census_id = census_service.keep(**world.by(by), **given)
    plan = rosters.plan(made, mapping, village_id=world.village, actor=by)
    found = {"preview": json.dumps(rosters.items(plan, world.village)), "counts": json.dumps(rosters.counts(plan))}
    return census_service.preview(**world.by(by), census_id=census_id, mapping=kept, **found)
