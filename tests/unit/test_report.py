"""A villager's own report, and what a person named by others says of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from points import photos
from points.errors import (
    AlreadyDone,
    FutureDay,
    ItemNotInForce,
    NotAllowed,
    NotForReporter,
    NotFound,
    NoticeOver,
    NotThere,
    OwnHouseholdNamed,
    PhotoNeeded,
    QuantityRange,
    SamePerson,
    SeenBefore,
    TooLongAgo,
    TooManyPhotos,
    WrongState,
)
from points.models.contribution import Attendance, Contribution, Line, Objection
from points.models.people import Household, Person
from points.models.photos import Photo
from points.models.rules import RuleItem
from points.services import contribution, report, review
from tests import steps
from tests.unit.test_photos import saved, scene
from tests.world import World

PICTURE = photos.redraw(saved(scene(size=(320, 240))))
OTHER = photos.redraw(saved(scene(2, size=(320, 240))))


def send(world: World, actor: Person | None = None, **given) -> int:
    """Report a service of the first household; return the line."""
    usual = {
        "person_id": world.villager().id,
        "item_id": world.item(14).id,
        "day": world.today,
        "quantity": 1,
        "note": "",
        "pictures": [],
    }
    sheet = report.report(**world.by(actor or world.villager()), **(usual | given))
    return Line.get(Line.contribution == sheet).id


def returned(world: World, **given) -> int:
    line = send(world, **given)
    Line.update(state="returned", refusal="看不清是哪里").where(Line.id == line).execute()
    return line


def say(world: World, line: int, was_there: bool, actor: Person | None = None, **given) -> int:
    return report.say_attendance(**world.by(actor or world.villager()), line_id=line, was_there=was_there, **given)


@pytest.fixture
def shy(world: World) -> RuleItem:
    """An item that needs a photo."""
    RuleItem.update(needs="roster,photo").where(RuleItem.id == world.item(12).id).execute()
    return world.item(12)


# --- reporting --------------------------------------------------------------------------------------------------------


def test_a_villager_reports_for_someone_of_the_own_household(world: World) -> None:
    other = world.people(world.households[0])[1]
    line = Line.get_by_id(send(world, person_id=other.id, quantity=2, note="给张奶奶  挑水", pictures=[PICTURE]))
    assert (line.person_id, line.household_id, line.recorded_by_id) == (
        other.id,
        world.households[0].id,
        world.villager().id,
    )
    assert (line.state, line.each, line.quantity, line.item_name) == ("recorded", 5, 2, world.item(14).name)
    sheet = Contribution.get_by_id(line.contribution_id)
    assert (sheet.note, sheet.village_id, sheet.day) == ("给张奶奶 挑水", world.village, world.today)
    [photo] = photos.of("contribution", [sheet.id])[sheet.id]
    assert (photo.sha256, photo.added_by_id) == (PICTURE.sha256, world.villager().id)


def test_a_retry_finds_the_first_report_and_its_photos(world: World) -> None:
    given = world.by(world.villager()) | {
        "person_id": world.villager().id,
        "item_id": world.item(14).id,
        "day": world.today,
        "quantity": 1,
        "note": "",
        "pictures": [PICTURE],
    }
    assert report.report(**given) == report.report(**given)
    assert (Line.select().count(), Photo.select().count()) == (1, 1)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (lambda world: {"person_id": world.villager(1).id}, NotFound),
        (lambda world: {"person_id": 10**9}, NotFound),
        (lambda world: {"item_id": 10**9}, ItemNotInForce),
        (lambda world: {"day": world.today + timedelta(days=1)}, FutureDay),
        (lambda world: {"day": world.today - timedelta(days=61)}, TooLongAgo),
        (lambda world: {"quantity": 0}, QuantityRange),
        (lambda world: {"pictures": [PICTURE] * 7}, TooManyPhotos),
        (lambda world: {"revises": 10**9}, NotFound),
        (lambda world: {"revises": steps.record(world)[0]}, NotFound),
    ],
)
def test_it_refuses_what_cannot_be(world: World, given, error) -> None:
    with pytest.raises(error):
        send(world, **given(world))
    assert Photo.select().count() == 0


def test_only_items_for_anyone_are_reported(world: World) -> None:
    for change in ({"reporter": "staff"}, {"effect": "civility", "reporter": "anyone"}):
        RuleItem.update(**change).where(RuleItem.id == world.item(14).id).execute()
        with pytest.raises(NotForReporter):
            send(world)


def test_an_item_that_needs_a_photo_is_refused_without(world: World, shy: RuleItem) -> None:
    with pytest.raises(PhotoNeeded) as refused:
        send(world, item_id=shy.id)
    assert refused.value.values == {"item": shy.name}
    assert send(world, item_id=shy.id, pictures=[PICTURE])


def test_who_lives_in_no_household_does_not_report(world: World) -> None:
    with pytest.raises(NotAllowed):
        send(world, world.supervisor)
    Household.update(active=False).where(Household.id == world.households[0].id).execute()
    with pytest.raises(NotAllowed):
        send(world)


def test_the_same_act_is_shown_before_it_is_taken_once_more(world: World) -> None:
    steps.record(world, code=14)
    with pytest.raises(SeenBefore):
        send(world)
    assert send(world, again=True)
    assert send(world, person_id=world.people(world.households[0])[1].id)
    assert send(world, day=world.today - timedelta(days=1))
    assert send(world, item_id=world.item(15).id)


def test_what_was_withdrawn_or_refused_is_no_earlier_act(world: World) -> None:
    contribution.withdraw(**world.by(world.villager()), line_id=send(world), reason="报错了")
    steps.check(world, [send(world)], passes=False)
    assert send(world)


def test_the_reporter_neither_checks_nor_decides_the_own_report(world: World) -> None:
    """A steward reports as a villager of the own household; nobody of it, nor its kin, takes the next step."""
    line = send(world, world.checker, person_id=world.checker.id)
    with pytest.raises(OwnHouseholdNamed):
        steps.check(world, [line], by=world.checker)
    steps.check(world, [line], by=world.committee[0])
    world.appoint("council", world.village, "评四", lane=world.lanes[0])
    member = world.council[0]
    (line,) = steps.check(world, [send(world, member, person_id=member.id)])
    with pytest.raises(OwnHouseholdNamed):
        review.decide(**world.by(member), line_ids=[line], verdict="approve", reason="")


def test_a_report_goes_the_whole_way_by_other_hands(world: World) -> None:
    line = send(world)
    steps.decide(world, steps.check(world, [line]))
    steps.run_out(world, steps.hung(world))
    assert world.balance(world.households[0]) == 5


# --- returned, and taken up again -------------------------------------------------------------------------------------


def test_a_returned_report_is_taken_up_once_with_its_photos(world: World, shy: RuleItem) -> None:
    line = returned(world, item_id=shy.id, pictures=[PICTURE])
    anew = Line.get_by_id(send(world, item_id=shy.id, revises=line))
    assert (anew.revises_id, anew.state) == (line, "recorded")
    [photo] = photos.of("contribution", [anew.contribution_id])[anew.contribution_id]
    assert (photo.sha256, photo.like_id) == (PICTURE.sha256, None)
    with pytest.raises(AlreadyDone):
        send(world, item_id=shy.id, revises=line, again=True)


def test_new_photos_take_the_place_of_the_returned_ones(world: World) -> None:
    anew = Line.get_by_id(send(world, revises=returned(world, pictures=[PICTURE]), pictures=[OTHER]))
    assert [photo.sha256 for photo in photos.of("contribution", [anew.contribution_id])[anew.contribution_id]] == [
        OTHER.sha256
    ]


def test_only_what_was_returned_to_oneself_is_taken_up(world: World) -> None:
    with pytest.raises(NotFound):
        send(world, revises=send(world), again=True)
    line = returned(world, day=world.today - timedelta(days=1))
    with pytest.raises(NotFound):
        send(world, world.people(world.households[0])[1], revises=line, again=True)


# --- I was there, I was not -------------------------------------------------------------------------------------------


def test_the_named_person_says_once_whether_they_were_there(world: World) -> None:
    (line,) = steps.record(world)
    say(world, line, True)
    assert Attendance.get_by_id(line).was_there
    with pytest.raises(AlreadyDone):
        say(world, line, False)
    assert Attendance.get_by_id(line).was_there and not Objection.select().exists()


def test_nobody_says_it_for_another(world: World) -> None:
    (line,) = steps.record(world)
    for actor in (world.people(world.households[0])[1], world.recorder, world.committee[0], world.villager(1)):
        with pytest.raises(NotFound):
            say(world, line, False, actor)
    with pytest.raises(SamePerson):
        say(world, send(world), True)
    assert not Attendance.select().exists()


def test_a_denial_on_a_notice_is_an_objection(world: World) -> None:
    (line,) = steps.approved(world)
    steps.hung(world)
    say(world, line, False, reason="我在县城住院")
    objection = Objection.get()
    assert (objection.line_id, objection.raised_by_id, objection.text) == (line, world.villager().id, "我在县城住院")
    assert steps.line(line).open_objections == 1


def test_a_denial_beside_an_own_objection_adds_no_second(world: World) -> None:
    (line,) = steps.approved(world)
    steps.hung(world)
    steps.objection(world, line, by=world.villager())
    say(world, line, False)
    assert (Objection.select().count(), steps.line(line).open_objections) == (1, 1)


def test_a_denial_after_approval_becomes_an_objection_when_the_notice_is_gathered(world: World) -> None:
    line, other = steps.approved(world, world.villager(0), world.villager(1))
    say(world, line, False)
    assert not Objection.select().exists()
    notice_id = steps.hung(world)
    objection = Objection.get()
    assert (objection.line_id, objection.raised_by_id) == (line, world.villager().id)
    steps.run_out(world, notice_id)
    assert (steps.line(line).state, steps.line(other).state) == ("noticed", "posted")


def test_a_denied_line_is_not_approved(world: World) -> None:
    (line,) = steps.record(world)
    say(world, line, False)
    with pytest.raises(NotThere):
        steps.check(world, [line])
    (later,) = steps.check(world, steps.record(world, code=2))
    say(world, later, False)
    with pytest.raises(NotThere):
        review.decide(**world.by(world.council[0]), line_ids=[later], verdict="approve", reason="")


def test_it_is_too_late_when_the_notice_is_over(world: World) -> None:
    (line,) = steps.approved(world)
    notice_id = steps.hung(world)
    world.wait(days=7)
    with pytest.raises(NoticeOver):
        say(world, line, False)
    assert not Attendance.select().exists()
    steps.run_out(world, notice_id)
    with pytest.raises(WrongState):
        say(world, line, False)
