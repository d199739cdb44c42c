"""The council's working list by keyboard alone: walk, tick, approve, change, return, refuse."""

from __future__ import annotations

import pytest

from points import demo
from points.models.contribution import Line, Voice
from points.models.people import Person
from tests.e2e.site import Reader, Site

pytestmark = pytest.mark.e2e


def test_a_member_gives_every_kind_of_voice_without_a_mouse(demo_site: Site, demo_home: demo.Home) -> None:
    reader = demo_site.desk().sign_in("council", demo_home.secrets["DEMO_PASSWORD"]).open("/decide")
    member = Person.get(Person.username == "council")
    waiting = [
        int(box)
        for box in reader.page.locator("[data-judge] input[type=checkbox]:enabled").evaluate_all(
            "all => all.map(one => one.value)"
        )
    ]
    assert len(waiting) >= 4
    press(reader, "j", "j", "k", "Space")
    assert not reader.page.locator(f"[data-judge] input[value='{waiting[0]}']").is_checked()
    press(reader, "Space")
    assert reader.page.locator(f"[data-judge] input[value='{waiting[0]}']").is_checked()
    press(reader, "a")
    gone(reader, waiting[0])
    for line, keys in zip(waiting[1:], ("c", "r", "x"), strict=False):
        press(reader, keys)
        if keys == "c":
            reader.page.keyboard.type("1")
            press(reader, "Tab")
        reader.page.keyboard.type("看过现场")
        press(reader, "Enter")
        gone(reader, line)
    said = {
        voice.line_id: voice.verdict for voice in Voice.select().where(Voice.person == member, Voice.line.in_(waiting))
    }
    assert [said.get(line) for line in waiting[:4]] == ["approve", "change", "return", "refuse"]
    assert all(Line.get_by_id(id_).voices == 1 for id_ in said)


def press(reader: Reader, *keys: str) -> None:
    for key in keys:
        reader.page.keyboard.press(key)


def gone(reader: Reader, line: int) -> None:
    """Wait until a line has left the list."""
    reader.page.locator(f"[data-judge] input[value='{line}']").wait_for(state="detached")
