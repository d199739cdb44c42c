"""Notices: what they gather, how long they hang, objections and their answers."""

import ast
import inspect
import pkgutil
from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest

from points import caps, services
from points.errors import (
    AlreadyDone,
    KeptRange,
    Missing,
    NotAllowed,
    NotFound,
    NothingToPublish,
    NoticeOver,
    OwnHousehold,
    OwnHouseholdNamed,
    RisenToTownship,
    SamePerson,
    SlipPhotoNeeded,
    WallPhotoNeeded,
    WrongState,
)
from points.models.areas import Holiday, VillageSetting
from points.models.contribution import Correction, Notice, Objection
from points.models.people import Household
from points.models.photos import Photo
from points.photos import Picture
from points.services import award, kin, notice, tick
from tests import steps
from tests.world import World


def gather(world, actor=None):
    return notice.open_notice(**world.by(actor or world.committee[0]), village_id=world.village)


def answer(world, actor, objection, upheld=False, reason="名册有签到", **more):
    return notice.answer(**world.by(actor), objection_id=objection.id, upheld=upheld, reason=reason, **more)


def holidays(world, *days, area=None):
    for day in days:
        Holiday.create(area=area or world.village, day=date(2026, 11, day), name="放假")


def last_day(notice_id):
    """Return the last full day of a notice, in the village."""
    return (Notice.get_by_id(notice_id).closes_at - timedelta(hours=16)).date()


PICTURE = Picture(b"a jpeg", "0" * 64, 12345, 40, 30)


def answerer(world):
    """Return someone who may answer: the committee took no step on the lines here."""
    return world.committee[0]


# --- gathering and hanging ----------------------------------------------------------------------------------------


def test_a_notice_gathers_what_was_approved_and_the_new_households(world: World) -> None:
    (line,) = steps.approved(world)
    (waiting,) = steps.record(world, world.villager(1))
    made = Notice.get_by_id(gather(world))
    assert (made.number, made.state, made.days, made.closes_at) == (1, "gathered", 5, None)
    assert (steps.line(line).state, steps.line(line).notice_id) == ("noticed", made.id)
    assert steps.line(waiting).state == "recorded"
    assert all(Household.get_by_id(household.id).notice_id == made.id for household in world.households)
    assert Household.get_by_id(world.other_household.id).notice_id is None
    with pytest.raises(NothingToPublish):
        gather(world)
    steps.approved(world, world.villager(2))
    assert Notice.get_by_id(gather(world)).number == 2


def test_only_the_committee_of_the_village_gathers_and_hangs(world: World) -> None:
    steps.approved(world)
    for actor, error in (
        (world.recorder, NotAllowed),
        (world.supervisor, NotAllowed),
        (world.other_committee, NotFound),
    ):
        with pytest.raises(error):
            gather(world, actor)
    made = gather(world)
    for actor, error in (
        (world.recorder, NotAllowed),
        (world.supervisor, NotAllowed),
        (world.other_committee, NotFound),
    ):
        with pytest.raises(error):
            notice.hang(**world.by(actor), notice_id=made)


def test_the_days_begin_tomorrow_and_end_at_midnight_in_shanghai(world: World) -> None:
    steps.approved(world)
    made = gather(world)
    world.now = datetime(2026, 11, 2, 15, 59, tzinfo=UTC)  # 23:59 on the 2nd in the village
    notice.hang(**world.by(world.committee[1]), notice_id=made)
    assert Notice.get_by_id(made).closes_at == datetime(2026, 11, 7, 16, tzinfo=UTC)  # 24:00 on the 7th: five full days
    assert Notice.get_by_id(made).hung_by_id == world.committee[1].id


def test_one_minute_later_the_days_begin_a_day_later(world: World) -> None:
    steps.approved(world)
    made = gather(world)
    world.now = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)  # 0:00 on the 3rd
    notice.hang(**world.by(world.committee[1]), notice_id=made)
    assert Notice.get_by_id(made).closes_at == datetime(2026, 11, 8, 16, tzinfo=UTC)


def test_hanging_again_does_not_move_the_end(world: World) -> None:
    steps.approved(world)
    made = steps.hung(world)
    closes_at = Notice.get_by_id(made).closes_at
    world.wait(days=1)
    with pytest.raises(AlreadyDone):
        notice.hang(**world.by(world.committee[0]), notice_id=made)
    assert Notice.get_by_id(made).closes_at == closes_at


def test_holidays_of_the_village_and_above_lengthen_it(world: World) -> None:
    holidays(world, 3, 5)
    holidays(world, 5, 8, area=world.county)  # the 5th twice: it is one day
    holidays(world, 2, 20)  # the day of hanging, and a day long after: they change nothing
    holidays(world, 4, 6, area=world.other_village)
    steps.approved(world)
    assert last_day(steps.hung(world)) == date(2026, 11, 10)


def test_days_that_are_all_holidays_are_waited_out(world: World) -> None:
    holidays(world, *range(3, 13))
    steps.approved(world)
    assert last_day(steps.hung(world)) == date(2026, 11, 17)


def test_once_it_hangs_nothing_moves_its_end(world: World) -> None:
    holidays(world, 3)
    (line,) = steps.approved(world)
    made = steps.hung(world)
    closes_at = Notice.get_by_id(made).closes_at
    assert last_day(made) == date(2026, 11, 8)
    Holiday.delete().execute()
    holidays(world, 4, 5)
    VillageSetting.update(notice_days=3, wall_photo=True).execute()
    for actor in (world.admin, world.supervisor, *world.committee):
        with pytest.raises((AlreadyDone, NotAllowed, WallPhotoNeeded)):
            notice.hang(**world.by(actor), notice_id=made)
        with pytest.raises((NothingToPublish, NotAllowed)):
            gather(world, actor)
    found = steps.objection(world, line)
    answer(world, world.supervisor, found)
    world.now = closes_at - timedelta(microseconds=1)
    tick.tick(now=world.now - timedelta(hours=12))
    assert tick.tick(now=world.now).posted == 0
    assert (Notice.get_by_id(made).closes_at, Notice.get_by_id(made).state) == (closes_at, "hung")
    assert steps.line(line).state == "noticed"
    world.now = closes_at
    assert tick.tick(now=world.now).posted == 1


def test_no_verb_but_hanging_writes_when_a_notice_ends(world: World) -> None:
    """Read the services: `closes_at` and `hung_at` are set in one place, the days of a notice where it is gathered."""
    writers = {"closes_at": set(), "hung_at": set(), "days": set()}
    for module in pkgutil.iter_modules(services.__path__):
        tree = ast.parse(inspect.getsource(import_module(f"points.services.{module.name}")))
        for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                if ast.unparse(call.func) in ("Notice.update", "Notice.create", "Notice.insert"):
                    for word in call.keywords:
                        writers.get(word.arg, set()).add(f"{module.name}.{function.name}")
    assert writers == {"closes_at": {"notice.hang"}, "hung_at": {"notice.hang"}, "days": {"notice.open_notice"}}


def test_where_the_village_has_chosen_so_a_photo_comes_first(world: World) -> None:
    VillageSetting.update(wall_photo=True).where(VillageSetting.village == world.village).execute()
    steps.approved(world)
    made = gather(world)
    with pytest.raises(WallPhotoNeeded):
        notice.hang(**world.by(world.committee[0]), notice_id=made)
    assert Notice.get_by_id(made).state == "gathered"
    notice.hang(**world.by(world.committee[0]), notice_id=made, pictures=[PICTURE])
    shown = Photo.get()
    assert (shown.subject_type, shown.subject_id, shown.added_by_id) == ("notice", made, world.committee[0].id)


def test_a_photo_of_the_wall_may_always_be_added(world: World) -> None:
    steps.approved(world)
    notice.hang(**world.by(world.committee[0]), notice_id=gather(world), pictures=[PICTURE])
    assert Photo.select().count() == 1


def test_a_notice_may_be_of_corrections_only_and_tells_each_once(world: World) -> None:
    (line,) = steps.posted(world)
    with pytest.raises(NothingToPublish):
        gather(world)
    award.correct(**world.by(world.committee[0]), line_id=line, points=3, reason="多记了")
    made = gather(world)
    assert [row.notice_id for row in Correction.select()] == [made]
    with pytest.raises(NothingToPublish):
        gather(world)
    notice.hang(**world.by(world.committee[0]), notice_id=made)
    assert tick.tick(now=world.wait(hours=20)).closed == 0
    assert steps.run_out(world, made).closed == 1
    assert world.balance(world.households[0]) == 7


# --- objecting ----------------------------------------------------------------------------------------------------


def test_a_villager_objects_from_the_gathering_until_the_end(world: World) -> None:
    (line,) = steps.approved(world)
    made = gather(world)
    found = steps.objection(world, line)
    assert (found.due_at, steps.line(line).open_objections) == (world.now + timedelta(days=3), 1)
    notice.hang(**world.by(world.committee[1]), notice_id=made)
    world.now = Notice.get_by_id(made).closes_at - timedelta(microseconds=1)
    steps.objection(world, line, by=world.villager(2))
    world.now = Notice.get_by_id(made).closes_at
    with pytest.raises(NoticeOver):
        steps.objection(world, line, by=world.villager(1))
    assert steps.line(line).open_objections == 2


def test_before_the_notice_there_is_nothing_to_object_to(world: World) -> None:
    (line,) = steps.approved(world)
    with pytest.raises(WrongState):
        steps.objection(world, line)


def test_one_person_has_one_open_objection_to_a_line(world: World) -> None:
    (line,) = steps.approved(world)
    gather(world)
    steps.objection(world, line)
    with pytest.raises(AlreadyDone):
        steps.objection(world, line)
    assert steps.line(line).open_objections == 1


def test_staff_object_for_someone_and_strangers_do_not(world: World) -> None:
    (line,) = steps.approved(world)
    gather(world)
    given = {"line_id": line, "text": "老人说那天没人来"}
    made = notice.object_to(**world.by(world.recorder), **given, on_behalf_of="周长青")
    assert Objection.get_by_id(made).on_behalf_of == "周长青"
    notice.object_to(**world.by(world.supervisor), **given)
    for actor in (world.people(world.other_household)[0], world.other_committee):
        with pytest.raises(NotFound):
            notice.object_to(**world.by(actor), **given)
    with pytest.raises(NotFound):  # a villager speaks for nobody else
        notice.object_to(**world.by(world.villager(3)), **given, on_behalf_of="周长青")
    with pytest.raises(Missing):
        notice.object_to(**world.by(world.villager(3)), line_id=line, text=" ")


def test_staff_type_in_slips_with_their_photo_and_what_was_said(world: World) -> None:
    (line,) = steps.approved(world)
    gather(world)
    given = {"line_id": line, "text": "字条上写的"}
    with pytest.raises(SlipPhotoNeeded):
        notice.object_to(**world.by(world.recorder), **given, channel="slip")
    slip = notice.object_to(**world.by(world.recorder), **given, channel="slip", pictures=[PICTURE])
    for _time in range(2):  # two people who leave no name are two objections, by the same hand
        notice.object_to(**world.by(world.recorder), **given, channel="visit")
    assert [row.channel for row in Objection.select().order_by(Objection.id)] == ["slip", "visit", "visit"]
    assert (Photo.get().subject_type, Photo.get().subject_id) == ("objection", slip)
    assert steps.line(line).open_objections == 3
    for channel in ("slip", "visit"):  # no villager says that it came on paper
        with pytest.raises(NotFound):
            notice.object_to(**world.by(world.villager(3)), **given, channel=channel, pictures=[PICTURE])
    with pytest.raises(NotAllowed):
        notice.object_to(**world.by(world.clerk), **given, channel="visit")


# --- answering ----------------------------------------------------------------------------------------------------


def test_an_upheld_objection_strikes_the_line_and_frees_its_room(world: World) -> None:
    line, other = steps.approved(world, world.villager(0), world.villager(1), quantity=2)
    gather(world)
    first, second = steps.objection(world, line), steps.objection(world, line, by=world.villager(2))
    answer(world, answerer(world), first, upheld=True, reason="名册上没有他")
    assert (steps.line(line).state, steps.line(line).open_objections) == ("struck", 0)
    assert steps.line(line).refusal == "名册上没有他"
    assert Objection.get_by_id(second.id).answer == "upheld"
    household = world.households[0].id
    assert caps.used(household, 1, "2026-11") == caps.used(household, caps.ALL, "2026-11") == 0
    assert steps.line(other).state == "noticed"
    with pytest.raises(AlreadyDone):
        answer(world, answerer(world), second)


def test_an_upheld_objection_may_leave_a_part_which_goes_on(world: World) -> None:
    (line,) = steps.approved(world, quantity=3)
    made = steps.hung(world)
    first, second = steps.objection(world, line), steps.objection(world, line, by=world.villager(2))
    answer(world, answerer(world), first, upheld=True, kept=15, reason="只来了一次半")
    now = steps.line(line)
    assert (now.state, now.granted, now.granted_quantity, now.open_objections) == ("noticed", 15, 2, 0)
    assert [(row.answer, row.kept) for row in Objection.select()] == [("upheld", 15), ("upheld", 15)]
    household = world.households[0].id
    assert (caps.used(household, 1, "2026-11"), caps.used(household, caps.ALL, "2026-11")) == (2, 15)
    with pytest.raises(AlreadyDone):
        answer(world, answerer(world), second)
    again = steps.objection(world, line)
    answer(world, answerer(world), again, upheld=True, kept=4, reason="又少了")
    assert (caps.used(household, 1, "2026-11"), caps.used(household, caps.ALL, "2026-11")) == (1, 4)
    steps.run_out(world, made)
    assert (steps.line(line).state, world.balance(world.households[0])) == ("posted", 4)


def test_a_part_left_after_the_notice_ended_is_posted_too(world: World) -> None:
    (line,) = steps.approved(world)
    made = steps.hung(world)
    while world.now < Notice.get_by_id(made).closes_at - timedelta(days=1):
        tick.tick(now=world.wait(hours=12))
    found = steps.objection(world, line)
    assert (steps.run_out(world, made).closed, steps.line(line).state) == (1, "noticed")
    answer(world, answerer(world), found, upheld=True, kept=6, reason="只来了一会儿")
    assert tick.tick(now=world.now).posted == 1
    assert (steps.line(line).state, world.balance(world.households[0])) == ("posted", 6)


def test_what_is_left_is_less_than_there_was(world: World) -> None:
    (line,) = steps.approved(world)
    gather(world)
    found = steps.objection(world, line)
    for kept in (10, 11, -1):
        with pytest.raises(KeptRange):
            answer(world, answerer(world), found, upheld=True, kept=kept)
    assert (steps.line(line).granted, Objection.get().answer) == (10, None)
    answer(world, answerer(world), found, upheld=False, kept=5)  # what is dismissed leaves all of it
    assert (steps.line(line).granted, Objection.get().kept) == (10, 0)


def test_a_deduction_can_be_objected_to_and_lowered(world: World) -> None:
    (line,) = steps.deduct(world)
    gather(world)
    answer(world, world.committee[0], steps.objection(world, line), upheld=True, kept=2, reason="只有门前一堆")
    assert (steps.line(line).state, steps.line(line).granted) == ("noticed", 2)


def test_a_dismissed_objection_lets_the_line_go_on(world: World) -> None:
    (line,) = steps.approved(world)
    gather(world)
    answer(world, answerer(world), steps.objection(world, line))
    assert (steps.line(line).state, steps.line(line).open_objections) == ("noticed", 0)
    assert caps.used(world.households[0].id, 1, "2026-11") == 1


def test_only_a_third_unrelated_person_answers(world: World) -> None:
    (line,) = steps.approved(world)
    gather(world)
    raiser = world.committee[1]
    found = steps.objection(world, line, by=raiser)
    kin.declare(**world.by(world.committee[0]), relative_id=world.villager().id, relation="表亲")
    for actor, error in (
        (raiser, SamePerson),
        (world.council[0], SamePerson),
        (world.committee[0], OwnHouseholdNamed),
        (world.recorder, NotAllowed),
        (world.clerk, NotAllowed),
        (world.villager(3), NotFound),
        (world.other_committee, NotFound),
    ):
        with pytest.raises(error):
            answer(world, actor, found)
    with pytest.raises(Missing):
        answer(world, world.supervisor, found, reason="")
    answer(world, world.supervisor, found)


def test_who_objects_too_or_whose_kin_does_answers_no_objection_to_the_line(world: World) -> None:
    (line,) = steps.approved(world)
    gather(world)
    found = steps.objection(world, line, by=world.villager(1))
    steps.objection(world, line, by=world.committee[0])
    kin.declare(**world.by(world.committee[1]), relative_id=world.villager(1).id, relation="表亲")
    for actor, error in ((world.committee[0], SamePerson), (world.committee[1], OwnHousehold)):
        with pytest.raises(error):
            answer(world, actor, found, upheld=True)
    answer(world, world.supervisor, found, upheld=True)


def test_after_three_days_only_the_township_answers(world: World) -> None:
    (line,) = steps.approved(world)
    steps.hung(world)
    found = steps.objection(world, line)
    world.wait(days=3)
    with pytest.raises(RisenToTownship):
        answer(world, answerer(world), found)
    tick.tick(now=world.now)
    assert Objection.get_by_id(found.id).risen_at == world.now
    answer(world, world.supervisor, found)
    assert Objection.get_by_id(found.id).answer == "dismissed"
