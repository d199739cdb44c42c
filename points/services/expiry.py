"""Expiry 到期: a village decides that old points lapse at year's end, hangs the list, hears and answers objections.

Points carry over unless a village decides otherwise: one proposes with the minutes, another adopts. It first works at a
year-end with the whole warning before it, and only what hung on the wall lapses; `tick` posts it. It can be ended.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from peewee import IntegrityError

from points import access, db, expiring, opening, places
from points.calendar import local_date
from points.errors import (
    N_,
    AlreadyDone,
    ExpiryHang,
    ExpiryRuleThere,
    Invalid,
    NotFound,
    NoticeOver,
    ObjectedBefore,
    ProposerRelated,
    RisenToTownship,
    SamePerson,
)
from points.judging import ANSWERERS
from points.keys import verb
from points.models.areas import VillageSetting
from points.models.expiry import Expiry, ExpiryLine, ExpiryRule
from points.models.ledger import Account, AccountType
from points.models.people import Household, Person
from points.objecting import DAYS_TO_ANSWER
from points.texts import required

ADOPTERS = ("committee", "supervisor")
YEARS = (0, 1)
TEXT_LENGTH = 200

_OBJECT = (
    "INSERT INTO expiry_line (expiry_id, household_id, state, points, remaining, objection, objected_by_id, "
    "objected_at, answer) VALUES (?, ?, 'disputed', 0, 0, ?, ?, ?, '') "
    "ON CONFLICT (expiry_id, household_id) DO NOTHING RETURNING id"
)


@verb("expiry.propose")
def propose(*, key: str, actor: Person, now: datetime, village_id: int, years: int, minutes: str) -> int:
    """Propose that points earned in a calendar year lapse at the end of the year *years* (0 or 1) later; return the id.

    *minutes* says where the decision is kept. Raises `ExpiryRuleThere`.
    """
    access.require(actor, "committee", area_id=village_id)
    access.village(village_id)
    if years not in YEARS:
        raise Invalid(what=N_("几年后到期"))
    minutes = required(minutes, N_("会议记录编号"), 60)
    try:
        made = ExpiryRule.create(village=village_id, years=years, minutes=minutes, proposed_by=actor, proposed_at=now)
    except IntegrityError:  # by the index of open rules
        raise ExpiryRuleThere() from None
    return int(made.id)


@verb("expiry.adopt")
def adopt(*, key: str, actor: Person, now: datetime, rule_id: int) -> int:
    """Put a rule in force as a second person, who compared the minutes; return its id.

    Raises `SamePerson`, `ProposerRelated`, `AlreadyDone`.
    """
    rule = _rule(rule_id)
    access.require(actor, *ADOPTERS, area_id=rule.village_id)
    if actor.id == rule.proposed_by_id:
        raise SamePerson()
    if access.are_related(actor, rule.proposed_by):
        raise ProposerRelated()
    change = ExpiryRule.update(state="adopted", adopted_by=actor, adopted_at=now)
    if not change.where(ExpiryRule.id == rule_id, ExpiryRule.state == "proposed").execute():
        raise AlreadyDone()
    Account.insert(type=AccountType.EXPIRED, owner_id=rule.village_id).on_conflict_ignore().execute()
    expiring.plan(rule, expiring.first_year(now))
    return rule_id


@verb("expiry.end")
def end(*, key: str, actor: Person, now: datetime, rule_id: int, reason: str) -> int:
    """Switch a rule off, or drop a proposed one, with a reason: points carry over again; return its id.

    What lapsed before stays lapsed. Raises `AlreadyDone`.
    """
    rule = _rule(rule_id)
    access.require(actor, *ADOPTERS, area_id=rule.village_id)
    reason = required(reason, N_("理由"), 60)
    ended = {"ended_by": actor, "ended_at": now, "ended_reason": reason}
    here = ExpiryRule.id == rule_id
    switched_off = ExpiryRule.update(state="ended", **ended).where(here, ExpiryRule.state == "adopted").execute()
    dropped = ExpiryRule.update(state="dropped", **ended).where(here, ExpiryRule.state == "proposed").execute()
    if not (switched_off or dropped):
        raise AlreadyDone()
    waiting = (Expiry.rule == rule_id) & (Expiry.state == "waiting")
    Expiry.update(state="dropped", closed_at=now).where(waiting).execute()
    return rule_id


@verb("expiry.hang")
def hang(*, key: str, actor: Person, now: datetime, expiry_id: int) -> int:
    """Confirm that the list of what lapses hangs on the wall, so that it may; return its id.

    As many full days before year's end as a notice hangs there, holidays left out. Raises `ExpiryHang`, `AlreadyDone`.
    """
    expiry = _held(expiry_id)
    access.require(actor, "committee", area_id=expiry.village_id)
    first, last = hang_between(expiry)
    if not first <= local_date(now) <= last:
        raise ExpiryHang(first=first.isoformat(), last=last.isoformat())
    still = (Expiry.id == expiry_id) & (Expiry.state == "waiting") & Expiry.hung_at.is_null()
    if not Expiry.update(hung_by=actor, hung_at=now).where(still).execute():
        raise AlreadyDone()
    return expiry_id


@verb("expiry.object_to")
def object_to(*, key: str, actor: Person, now: datetime, expiry_id: int, household_id: int, text: str) -> int:
    """Object to what would lapse in one household, as a villager of the village, or as staff for someone.

    While the list is public, once a household; until it is answered nothing lapses there. Return the line. Raises
    `NoticeOver`, `AlreadyDone`, `ObjectedBefore`.
    """
    expiry = _held(expiry_id)
    if not opening.may_object(actor, expiry.village_id):
        raise NotFound()
    if not Household.select().where(Household.id == household_id, Household.village == expiry.village_id).exists():
        raise NotFound()
    text = required(text, N_("异议内容"), TEXT_LENGTH)
    if expiry.state != "waiting" or not expiry.warns_at <= now < expiry.ends_at:
        raise NoticeOver()
    values = (expiry_id, household_id, text, actor.id, db.microseconds(now))
    made = db.execute(_OBJECT, values).fetchone()
    if made is None:
        before = ExpiryLine.get(ExpiryLine.expiry == expiry_id, ExpiryLine.household == household_id)
        raise AlreadyDone() if before.state == "disputed" else ObjectedBefore()
    return int(made[0])


@verb("expiry.answer")
def answer(*, key: str, actor: Person, now: datetime, line_id: int, spares: bool, reason: str) -> int:
    """Answer the objection to a line, as a person unrelated to it: nothing lapses there this time, or it does.

    Once it is late only the township's supervisor may (`RisenToTownship`). Raises `SamePerson` for who proposed or
    adopted the rule or objected, `OwnHousehold` for the household, the objector and their kin, `AlreadyDone`.
    """
    found = ExpiryLine.get_or_none(ExpiryLine.id == line_id, ExpiryLine.objected_at.is_null(False))
    if found is None:
        raise NotFound()
    rule = _held(found.expiry_id).rule
    access.require(actor, *ANSWERERS, area_id=found.household.area_id)
    reason = required(reason, N_("理由"), TEXT_LENGTH)
    if now >= due_at(found) and not access.holds(actor, ("supervisor",), rule.village_id):
        raise RisenToTownship()
    if actor.id in (rule.proposed_by_id, rule.adopted_by_id, found.objected_by_id):
        raise SamePerson()
    access.require_unrelated(actor, found.household_id)
    access.require_stranger(actor, found.objected_by)
    said = {"answer": reason, "answered_by": actor, "answered_at": now}
    still = (ExpiryLine.id == line_id) & (ExpiryLine.state == "disputed")
    outcome = {"state": "spared", "remaining": 0} if spares else {"state": "due"}
    if not ExpiryLine.update(**said, **outcome).where(still).execute():
        raise AlreadyDone()
    return line_id


def hang_between(expiry: Expiry) -> tuple[date, date]:
    """Return the first and the last local day on which the list may be hung."""
    first, over = local_date(expiry.warns_at), local_date(expiry.ends_at)
    days = VillageSetting.get(VillageSetting.village == expiry.village_id).notice_days
    last = over - timedelta(days=days + 1)
    while places.last_day(expiry.village_id, last, days) >= over:
        last -= timedelta(days=1)
    return first, last


def due_at(line: ExpiryLine) -> datetime:
    """Return until when the objection to a line is the village's to answer."""
    objected_at: datetime = line.objected_at
    return objected_at + timedelta(days=DAYS_TO_ANSWER)


def _rule(rule_id: int) -> ExpiryRule:
    found: ExpiryRule | None = ExpiryRule.get_or_none(ExpiryRule.id == rule_id)
    if found is None:
        raise NotFound()
    return found


def _held(expiry_id: int) -> Expiry:
    """Return a year-end, held: `tick`, who ends the rule, and who objects take turns."""
    if not expiring.hold(expiry_id):
        raise NotFound()
    found: Expiry = Expiry.get_by_id(expiry_id)
    return found
