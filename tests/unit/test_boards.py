"""The red board: what the council carried, in lane order, named as each household chose; the black board: counts."""

from datetime import date

import pytest

from points.errors import Invalid, NotAllowed, NotFound, OwnHousehold
from points.models.contribution import Line
from points.models.people import Household, Kin, Person
from points.queries import boards as reads
from points.services import boards, council
from tests import steps
from tests.tools import statements
from tests.world import World


def commend(world: World, number: int, period: str = "2026-11", *, text: str = "照看独居老人", points: int = 0) -> int:
    """Let the council commend a plain household."""
    motion = council.propose_commendation(
        **world.by(world.committee[0]),
        village_id=world.village,
        household_id=world.households[number].id,
        text=text,
        points=points,
        period=period,
    )
    for member in world.council:
        council.say(**world.by(member), motion_id=motion, approves=True, reason="")
    return motion


def board(world: World, period: str = "2026-11") -> list[tuple[str, str, str]]:
    found = reads.commended(world.village, reads.period(period), now=world.now)
    return [(row.number, row.name, row.deed) for row in found]


def numbers(world: World) -> list[str]:
    return [household.number for household in world.households]


@pytest.mark.parametrize(
    ("word", "first", "last"),
    [
        ("2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_is_a_month_a_quarter_or_a_year(word: str, first: date, last: date) -> None:
    assert reads.period(word) == reads.Period(word, first, last)


@pytest.mark.parametrize("word", ["", "2026-13", "2026-00", "2026-Q5", "1999", "2026-1", "2026-11-02", "２０２６"])
def test_nothing_else_is_a_period(word: str) -> None:
    with pytest.raises(NotFound):
        reads.period(word)


def test_households_stand_in_lane_order_whatever_they_did(world: World) -> None:
    for number in (3, 0, 2):
        commend(world, number, text=f"做了第 {number} 件事", points=10 * number)
    own = numbers(world)
    assert board(world) == [
        (own[0], "王*英", "做了第 0 件事"),
        (own[2], "赵*花", "做了第 2 件事"),
        (own[3], "周*梅", "做了第 3 件事"),
    ]
    assert board(world, "2026-10") == []


def test_only_what_the_council_carried_is_on_it(world: World) -> None:
    motion = council.propose_commendation(
        **world.by(world.committee[0]),
        village_id=world.village,
        household_id=world.households[0].id,
        text="扫雪",
        points=0,
        period="2026-11",
    )
    assert board(world) == []
    for member in world.council:
        council.say(**world.by(member), motion_id=motion, approves=False, reason="没有的事")
    assert board(world) == [] and reads.periods(world.village) == []


def test_a_household_is_named_as_it_chose(world: World) -> None:
    for number in range(3):
        commend(world, number)
    for number, choice in ((1, "full"), (2, "none")):
        boards.choose_name(
            **world.by(world.villager(number)), household_id=world.households[number].id, board_name=choice
        )
    assert [name for _number, name, _deed in board(world)] == ["王*英", "李小兰"]
    assert [count for _period, count in reads.periods(world.village)] == [2]


def test_the_first_person_who_still_lives_there_is_named(world: World) -> None:
    commend(world, 0)
    Person.update(active=False).where(Person.id == world.villager(0).id).execute()
    assert board(world)[0][1] == "王*山"
    Person.update(active=False).where(Person.household == world.households[0]).execute()
    assert board(world)[0][:2] == (numbers(world)[0], "")


def test_names_are_dropped_thirty_days_after_the_period_or_the_decision(world: World) -> None:
    commend(world, 0)
    commend(world, 1, "2025")
    world.wait(days=30)  # 2 December
    assert [board(world)[0][1], board(world, "2025")[0][1]] == ["王*英", "李*兰"]
    world.wait(days=1)
    assert [board(world)[0][1], board(world, "2025")[0][1]] == ["王*英", ""]
    world.wait(days=27)  # 30 December
    assert board(world)[0][1] == "王*英"
    world.wait(days=1)
    assert board(world) == [(numbers(world)[0], "", "照看独居老人")]


def test_periods_come_newest_first(world: World) -> None:
    for period in ("2025", "2026-11", "2026-Q4", "2026", "2026-09", "2026-12"):
        commend(world, 0, period)
    commend(world, 1, "2026")
    assert [(period.word, count) for period, count in reads.periods(world.village)] == [
        ("2026-12", 1),
        ("2026-Q4", 1),
        ("2026", 2),
        ("2026-11", 1),
        ("2026-09", 1),
        ("2025", 1),
    ]
    assert reads.periods(world.other_village) == []


def test_the_board_reads_as_few_statements_for_many_as_for_one(world: World) -> None:
    commend(world, 0)
    few = statements(lambda: board(world))
    for number in range(1, 4):
        commend(world, number)
    assert statements(lambda: board(world)) == few


def test_anyone_of_the_household_or_the_committee_chooses(world: World) -> None:
    home = world.households[0]

    def choose(actor: Person, choice: str = "full") -> None:
        boards.choose_name(**world.by(actor), household_id=home.id, board_name=choice)
        assert Household.get_by_id(home.id).board_name == choice

    choose(world.people(home)[1], "none")
    choose(world.committee[0])
    with pytest.raises(Invalid):
        choose(world.villager(0), "shouted")
    for other in (world.recorder, world.supervisor, world.admin, world.clerk):
        with pytest.raises(NotAllowed):
            choose(other)
    for stranger in (world.villager(1), world.other_committee):
        with pytest.raises(NotFound):
            choose(stranger)
    with pytest.raises(NotFound):
        boards.choose_name(**world.by(world.committee[0]), household_id=999, board_name="full")


def test_the_committee_does_not_choose_for_its_kin(world: World) -> None:
    relation = {"relation": "姐妹", "declared_by": world.committee[0], "declared_at": world.now}
    Kin.create(person=world.committee[0], relative=world.villager(0), **relation)
    with pytest.raises(OwnHousehold):
        boards.choose_name(**world.by(world.committee[0]), household_id=world.households[0].id, board_name="full")


def deduct(
    world: World, *households: int, item: str = "烧秸秆", discreet: bool = False, day: date | None = None
) -> None:
    """Put deductions in force, as if they had come all the way."""
    for number in households:
        [line] = steps.posted(world, world.villager(number), code=23)
        said = {"effect": "civility", "item_name": item, "category": "环境", "discreet": discreet}
        Line.update(day=day or date(2026, 11, 2), **said).where(Line.id == line).execute()


def test_the_black_board_counts_items_and_names_nobody(world: World) -> None:
    deduct(world, 0, 1, 2)
    deduct(world, 0, 1, 3, item="争吵", discreet=True)
    deduct(world, 0, 1, item="脏乱")
    deduct(world, 3, item="脏乱", day=date(2026, 10, 31))
    found = reads.deductions(world.village, reads.period("2026-11"))
    assert sorted(found) == [("烧秸秆", 3), ("环境", 3)]
    assert reads.deductions(world.other_village, reads.period("2026-11")) == []


def test_one_household_many_times_is_not_counted_in_public(world: World) -> None:
    deduct(world, 0, 0, 0, 1)
    assert reads.deductions(world.village, reads.period("2026-11")) == []


def test_what_was_put_right_is_not_counted(world: World) -> None:
    deduct(world, 0, 1, 2)
    line = Line.get(Line.effect == "civility")
    Line.update(state="reversed").where(Line.id == line.id).execute()
    assert reads.deductions(world.village, reads.period("2026-11")) == []
