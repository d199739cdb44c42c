"""Complaints and suggestions: from anyone, bounded, answered once by those above the village."""

import pytest

from points.errors import AlreadyDone, ComplaintsFull, Missing, NotAllowed, NotFound, OwnHousehold, TooLong
from points.models.keys import WriteKey
from points.models.openness import Complaint
from points.models.people import Kin, Person
from points.queries import complaints as reads
from points.services import complaint
from tests.tools import statements
from tests.world import World


def complain(world: World, by: Person | None = None, *, village: int | None = 0, text: str = "店里没人") -> int:
    village_id = world.village if village == 0 else village
    return complaint.complain(**world.by(by or Person()), village_id=village_id, text=text, contact="")


def waiting(world: World, person: Person) -> list[int]:
    unplaced = complaint.reads_unplaced(person)
    return [row.id for row in reads.waiting(person, unplaced=unplaced)[0]]


def test_anyone_complains_signed_in_or_not(world: World) -> None:
    unknown, known = Complaint.get_by_id(complain(world)), Complaint.get_by_id(complain(world, world.villager(0)))
    assert unknown.raised_by is None and known.raised_by == world.villager(0)
    assert (unknown.village_id, unknown.text, unknown.answered_at) == (world.village, "店里没人", None)


def test_a_retry_is_one_complaint_even_on_a_full_day(world: World) -> None:
    writing = world.by(Person()) | {"village_id": world.village, "text": "灯坏了", "contact": ""}
    first = complaint.complain(**writing)
    for _time in range(complaint.MOST_A_DAY - 1):
        complain(world)
    assert complaint.complain(**writing) == first
    assert Complaint.select().count() == complaint.MOST_A_DAY


def test_what_is_refused_leaves_no_trace(world: World) -> None:
    for _time in range(complaint.MOST_A_DAY):
        complain(world)
    kept = WriteKey.select().count()
    with pytest.raises(ComplaintsFull):
        complain(world)
    with pytest.raises(Missing):
        complain(world, village=None, text=" \n ")
    with pytest.raises(TooLong):
        complain(world, village=None, text="长" * 1001)
    for place in (world.township, world.lanes[0], 999):
        with pytest.raises(NotFound):
            complain(world, village=place)
    assert WriteKey.select().count() == kept
    assert Complaint.select().count() == complaint.MOST_A_DAY


def test_a_flood_about_one_village_stops_nobody_else(world: World) -> None:
    for _time in range(complaint.MOST_A_DAY):
        complain(world)
    complain(world, village=world.other_village)
    complain(world, village=None)
    complain(world, world.villager(0))
    world.wait(days=1)
    complain(world)


def test_the_township_and_the_administrators_read_it_and_not_the_village(world: World) -> None:
    about, elsewhere, unplaced = (complain(world, village=place) for place in (0, world.other_village, None))
    assert waiting(world, world.supervisor) == [about, elsewhere]
    assert waiting(world, world.admin) == [about, elsewhere, unplaced]
    for member in (world.committee[0], world.council[0], world.recorder, world.clerk, world.villager(0)):
        assert waiting(world, member) == []
        with pytest.raises((NotFound, NotAllowed)):
            complaint.answer(**world.by(member), complaint_id=about, text="好")


def test_about_no_village_it_goes_to_the_countys_administrator(world: World) -> None:
    unplaced = complain(world, village=None)
    local = world.appoint("admin", world.township, "镇管理")
    for other in (local, world.supervisor, world.committee[0]):
        with pytest.raises(NotFound):
            complaint.answer(**world.by(other), complaint_id=unplaced, text="好")
    complaint.answer(**world.by(world.second_admin), complaint_id=unplaced, text="已转交")
    assert Complaint.get_by_id(unplaced).answer == "已转交"


def test_it_is_answered_once(world: World) -> None:
    made = complain(world, world.villager(0))
    complaint.answer(**world.by(world.supervisor), complaint_id=made, text="周六起有人")
    with pytest.raises(AlreadyDone):
        complaint.answer(**world.by(world.admin), complaint_id=made, text="不对")
    [row] = reads.mine(world.villager(0))
    assert (row.answer, row.answered_by.name) == ("周六起有人", "镇监督")
    assert waiting(world, world.supervisor) == []
    assert [row.id for row in reads.answered(world.supervisor, unplaced=False)] == [made]
    assert reads.mine(world.villager(1)) == []


def test_an_answer_says_something(world: World) -> None:
    made = complain(world)
    with pytest.raises(Missing):
        complaint.answer(**world.by(world.supervisor), complaint_id=made, text=" ")
    with pytest.raises(NotFound):
        complaint.answer(**world.by(world.supervisor), complaint_id=999, text="好")


def test_nobody_answers_the_own_complaint_or_that_of_kin(world: World) -> None:
    own = complain(world, world.supervisor)
    with pytest.raises(OwnHousehold):
        complaint.answer(**world.by(world.supervisor), complaint_id=own, text="很好")
    relation = {"relation": "父女", "declared_by": world.supervisor, "declared_at": world.now}
    Kin.create(person=world.supervisor, relative=world.villager(0), **relation)
    with pytest.raises(OwnHousehold):
        complaint.answer(**world.by(world.supervisor), complaint_id=complain(world, world.villager(0)), text="好")


def test_what_waits_is_paged_longest_first_in_constant_statements(world: World) -> None:
    made = [complain(world, world.villager(number)) for number in range(3)]
    few = statements(lambda: reads.waiting(world.supervisor, unplaced=False))
    for day in range(2):
        world.wait(days=day)
        made += [complain(world) for _time in range(reads.PAGE // 2)]
    rows, more = reads.waiting(world.supervisor, unplaced=False)
    assert [row.id for row in rows] == made[: reads.PAGE]
    assert statements(lambda: reads.waiting(world.supervisor, unplaced=False)) == few
    rest, end = reads.waiting(world.supervisor, unplaced=False, after=more or 0)
    assert [row.id for row in rest] == made[reads.PAGE :] and end is None
