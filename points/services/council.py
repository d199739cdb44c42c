"""The council 评议会: sittings 会议 with attendance, and motions 提案 that its members' voices carry or lose.

A sitting's agenda is made from what waits when it is opened; what is not decided at its end waits for the next. Each
member comes by the own sign-in. A motion is decided by as many voices as the village asks of a contribution, none of
them the proposer's or a relative's; where too few such members are left the township's reviewer decides alone.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from peewee import fn

from points import access, council, db
from points.calendar import local_date
from points.errors import (
    N_,
    AlreadyDone,
    DayRange,
    Invalid,
    MotionDecided,
    NoCouncil,
    NotBarred,
    NotFound,
    NotSummoned,
    QuorumRange,
    SamePerson,
    SittingClosed,
    SittingOpen,
)
from points.keys import verb
from points.models.areas import Area, VillageSetting
from points.models.council import Motion, MotionVoice, Sitting, SittingMember
from points.models.people import Household, Person
from points.texts import optional, required

CONVENERS = ("committee", "council")
COMMENDERS = ("committee", "council", "steward")
LONGEST_BAR = timedelta(days=365)
MOST_POINTS = 9_999

_AGENDA = """
    INSERT INTO sitting_line (sitting_id, line_id)
    SELECT ?, id FROM line WHERE village_id = ? AND state = 'checked' AND NOT by_township
"""
_PERIOD = re.compile(r"20\d\d(-(0[1-9]|1[0-2])|-Q[1-4])?")


# --- sittings ---------------------------------------------------------------------------------------------------


@verb("council.open_sitting")
def open_sitting(
    *, key: str, actor: Person, now: datetime, village_id: int, place: str, quorum: int | None = None
) -> int:
    """Open a sitting of a village's council today and return its id: members in office summoned, all that waits listed.

    *quorum* lies between the village's number of voices, which it is if not given, and the number of members.
    Raises `SittingOpen` while another is, `NoCouncil`, `QuorumRange`.
    """
    access.require(actor, *CONVENERS, area_id=village_id)
    voices = _voices(village_id)
    place = optional(place, N_("地点"), 40)
    Area.update(order=Area.order).where(Area.id == village_id).execute()  # two who open one take turns
    running = Sitting.get_or_none(Sitting.village == village_id, Sitting.state == "open")
    if running is not None:
        raise SittingOpen(number=running.number)
    members = council.members(village_id)
    if not members:
        raise NoCouncil()
    least = min(voices, len(members))
    if quorum is None:
        quorum = least
    if not least <= quorum <= len(members):
        raise QuorumRange(least=least, most=len(members))
    last = Sitting.select(fn.MAX(Sitting.number)).where(Sitting.village == village_id).scalar() or 0
    sitting = Sitting.create(
        village=village_id,
        number=last + 1,
        day=local_date(now),
        place=place,
        quorum=quorum,
        opened_by=actor,
        opened_at=now,
    )
    SittingMember.insert_many([{"sitting": sitting, "person": member.person_id} for member in members]).execute()
    db.execute(_AGENDA, (sitting.id, village_id))
    return int(sitting.id)


@verb("council.attend")
def attend(*, key: str, actor: Person, now: datetime, sitting_id: int) -> int:
    """Say that one has come to a sitting, as a member summoned to it. Raises `SittingClosed`, `NotSummoned`."""
    if db.is_postgresql():
        db.execute("SELECT 1 FROM sitting WHERE id = ? FOR SHARE", (sitting_id,))  # nobody closes it meanwhile
    sitting = _sitting(sitting_id)
    access.require(actor, "council", area_id=sitting.village_id)
    if sitting.state != "open":
        raise SittingClosed()
    seat = (SittingMember.sitting == sitting) & (SittingMember.person == actor)
    if not SittingMember.select().where(seat).exists():
        raise NotSummoned()
    if not SittingMember.update(present_at=now).where(seat, SittingMember.present_at.is_null()).execute():
        raise AlreadyDone()
    return sitting_id


@verb("council.close_sitting")
def close_sitting(*, key: str, actor: Person, now: datetime, sitting_id: int) -> int:
    """Close a sitting; what it did not decide waits for the next. Raises `SittingClosed`."""
    access.require(actor, *CONVENERS, area_id=_sitting(sitting_id).village_id)
    running = (Sitting.id == sitting_id) & (Sitting.state == "open")
    if not Sitting.update(state="closed", closed_by=actor, closed_at=now).where(running).execute():
        raise SittingClosed()
    return sitting_id


# --- motions ----------------------------------------------------------------------------------------------------


@verb("council.propose_commendation")
def propose_commendation(
    *,
    key: str,
    actor: Person,
    now: datetime,
    village_id: int,
    household_id: int,
    text: str,
    points: int,
    period: str,
) -> int:
    """Propose a household of the village for the red board of *period*, for the deed *text*; return the motion's id.

    *period* is ``2026-11``, ``2026-Q4`` or ``2026``; *points* stand beside the deed where the village shows them.
    """
    household = Household.get_or_none(Household.id == household_id, Household.village == village_id, Household.active)
    if household is None:
        raise NotFound()
    access.require(actor, *COMMENDERS, area_id=household.area_id)
    if not _PERIOD.fullmatch(period):
        raise Invalid(what=N_("时期"))
    if not 0 <= points <= MOST_POINTS:
        raise Invalid(what=N_("积分"))
    return _propose(actor, now, "commend", household, text, points=points, period=period)


@verb("council.propose_bar")
def propose_bar(
    *, key: str, actor: Person, now: datetime, village_id: int, person_id: int, text: str, until: date
) -> int:
    """Propose that a person may not collect goods through the local day *until*, for the proven fraud *text*.

    At most a year ahead: `DayRange`. Raises `AlreadyDone` while the same is proposed.
    """
    access.require(actor, *CONVENERS, area_id=village_id)
    household = _household_of(person_id, village_id)
    today = local_date(now)
    last = today + LONGEST_BAR
    if not today <= until <= last:
        raise DayRange(what=N_("限制到哪一天"), first=today.isoformat(), last=last.isoformat())
    return _propose(actor, now, "bar", household, text, person=person_id, until=until)


@verb("council.propose_lift")
def propose_lift(*, key: str, actor: Person, now: datetime, village_id: int, person_id: int, text: str) -> int:
    """Propose that a barred person may collect again, for the reason *text*. Raises `NotBarred`, `AlreadyDone`."""
    access.require(actor, *CONVENERS, area_id=village_id)
    household = _household_of(person_id, village_id)
    barred_until = Person.get_by_id(person_id).barred_until
    if barred_until is None or barred_until < local_date(now):
        raise NotBarred()
    return _propose(actor, now, "lift", household, text, person=person_id)


@verb("council.say")
def say(*, key: str, actor: Person, now: datetime, motion_id: int, approves: bool, reason: str) -> int:
    """Give one voice on a motion, a refusal with its reason; the last voice needed decides; return the motion's id.

    More than half of the voices needed carry it. Raises `OwnHousehold`, `SamePerson` for the proposer, `AlreadyDone`
    for a second voice, `MotionDecided`.
    """
    motion = Motion.get_or_none(Motion.id == motion_id)
    if motion is None:
        raise NotFound()
    alone = council.left_to_township(motion)
    access.require(actor, "supervisor" if alone else "council", area_id=motion.village_id)
    access.require_unrelated(actor, motion.household_id)
    if actor.id == motion.proposed_by_id:
        raise SamePerson()
    reason = optional(reason, N_("理由"), 120) if approves else required(reason, N_("理由"), 120)
    still = (Motion.id == motion_id) & (Motion.state == "open")
    counted = list(Motion.update(voices=Motion.voices + 1).where(still).returning(Motion.voices))
    said = MotionVoice.select().where(MotionVoice.motion == motion)
    if said.where(MotionVoice.person == actor).exists():
        raise AlreadyDone()
    if not counted:
        raise MotionDecided()
    MotionVoice.create(motion=motion, person=actor, approves=approves, reason=reason, said_at=now)
    if alone:
        _settle(motion, approves, now=now)
    elif counted[0].voices == motion.voices_needed:
        _settle(motion, 2 * said.where(MotionVoice.approves).count() > motion.voices_needed, now=now)
    return motion_id


def _propose(actor: Person, now: datetime, kind: str, household: Household, text: str, **more: Any) -> int:
    access.require_unrelated(actor, household)
    text = required(text, N_("事由"), 200)
    if "person" in more:
        Person.update(epoch=Person.epoch).where(Person.id == more["person"]).execute()  # two who propose take turns
        same = (Motion.person == more["person"]) & (Motion.kind == kind) & (Motion.state == "open")
        if Motion.select().where(same).exists():
            raise AlreadyDone()
    motion = Motion.create(
        village=household.village_id,
        kind=kind,
        household=household,
        text=text,
        proposed_by=actor,
        proposed_at=now,
        voices_needed=_voices(household.village_id),
        **more,
    )
    return int(motion.id)


def _settle(motion: Motion, carried: bool, *, now: datetime) -> None:
    """Decide a motion, and do what it says. A bar never shortens another; to lift ends all."""
    change = Motion.update(state="carried" if carried else "lost", decided_at=now)
    moved = change.where(Motion.id == motion.id, Motion.state == "open").execute()
    assert moved, "a motion whose last voice was counted here has moved on"
    if carried and motion.kind == "bar":
        shorter = Person.barred_until.is_null() | (Person.barred_until < motion.until)
        Person.update(barred_until=motion.until).where(Person.id == motion.person_id, shorter).execute()
    elif carried and motion.kind == "lift":
        Person.update(barred_until=None).where(Person.id == motion.person_id).execute()


def _household_of(person_id: int, village_id: int) -> Household:
    household = (
        Household.select()
        .join(Person, on=(Person.household == Household.id))
        .where(Person.id == person_id, Household.village == village_id)
        .get_or_none()
    )
    if household is None:
        raise NotFound()
    return household


def _sitting(sitting_id: int) -> Sitting:
    found = Sitting.get_or_none(Sitting.id == sitting_id)
    if found is None:
        raise NotFound()
    return found


def _voices(village_id: int) -> int:
    """Return how many voices a village asks for. Raises `NotFound` for an area that is no village."""
    setting = VillageSetting.get_or_none(VillageSetting.village == village_id)
    if setting is None:
        raise NotFound()
    return int(setting.council_voices)
