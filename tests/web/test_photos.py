"""Photos are served to those who judge, and to nobody else."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from points import db, photos
from points.models.contribution import Line
from points.models.photos import Photo, PhotoBody
from points.services import kin, report
from tests import steps
from tests.browser import Browser
from tests.unit.test_photos import saved, scene
from tests.world import World

PICTURE = photos.redraw(saved(scene(size=(320, 240))))


@pytest.fixture
def url(world: World) -> str:
    report.report(
        **world.by(world.villager()),
        person_id=world.villager().id,
        item_id=world.item(14).id,
        day=world.today,
        quantity=1,
        note="",
        pictures=[PICTURE],
    )
    return f"/photos/{Photo.get().id}"


def test_judges_see_it_and_nothing_stores_it(browser: Browser, world: World, url: str) -> None:
    for judge in (world.recorder, world.committee[0], world.council[0], world.supervisor):
        answer = browser.another().sign_in(judge).get(url)
        assert answer.status_code == 200 and answer.data == PICTURE.body
        assert answer.mimetype == "image/jpeg" and answer.headers["Cache-Control"] == "no-store"
        assert Image.open(BytesIO(answer.data)).size == (320, 240)


def test_nobody_else_does(browser: Browser, world: World, url: str) -> None:
    assert browser.get(url).location.startswith("/sign-in")
    for person, status in (
        (world.villager(), 404),
        (world.villager(1), 404),
        (world.other_steward, 404),
        (world.clerk, 403),
        (world.admin, 403),
    ):
        assert browser.another().sign_in(person).get(url).status_code == status, person.name
    assert browser.sign_in(world.recorder).get("/photos/99999999").status_code == 404


def test_a_steward_of_another_lane_does_not(browser: Browser, world: World, url: str) -> None:
    steward = world.appoint("steward", world.lanes[1], "杜巷长", lane=world.lanes[1])
    assert browser.sign_in(steward).get(url).status_code == 404


def test_kin_keep_away(browser: Browser, world: World, url: str) -> None:
    kin.declare(**world.by(world.recorder), relative_id=world.villager().id, relation="兄妹")
    assert browser.sign_in(world.recorder).get(url).status_code == 403


def test_a_removed_photo_is_gone(browser: Browser, world: World, url: str) -> None:
    PhotoBody.delete().execute()
    assert browser.sign_in(world.recorder).get(url).status_code == 404


def test_photos_of_objections_are_for_judges_of_the_line(browser: Browser, world: World) -> None:
    (line,) = steps.approved(world)
    steps.hung(world)
    objection = steps.objection(world, line)
    with db.transaction():
        photos.keep(
            [PICTURE],
            village_id=Line.get_by_id(line).village_id,
            subject_type="objection",
            subject_id=objection.id,
            actor=world.committee[0],
            now=world.now,
        )
    url = f"/photos/{Photo.get().id}"
    assert browser.another().sign_in(world.council[0]).get(url).status_code == 200
    assert browser.another().sign_in(world.villager()).get(url).status_code == 404
