"""The button by which an administrator takes everything out: a job, a file for an hour, and a record of it."""

from __future__ import annotations

import json
from io import BytesIO
from zipfile import ZipFile

from points import jobs as floor
from points.errors import NotAllowed
from points.models.jobs import Job
from points.models.paper import Export
from points.models.people import Role
from points.web import jobs
from tests.browser import Browser
from tests.world import World


def ask(browser: Browser, area_id: int, **fields: object) -> str:
    """Press the button, let the work be done, and return the page of the job."""
    answer = browser.submit(f"/areas/{area_id}/archive", **fields)
    assert answer.status_code == 303, answer.text
    jobs.work_off(browser.app)
    return answer.headers["Location"]


def test_an_administrator_takes_a_village_out(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    place = ask(browser, world.village)
    assert "做好了" in browser.get(place).text
    answer = browser.get(f"{place}/file")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    with ZipFile(BytesIO(answer.data)) as pack:
        manifest = json.loads(pack.read("MANIFEST.json"))
        people = pack.read("person.csv").decode()
    answer.close()
    assert (manifest["area"]["id"], manifest["secrets"], manifest["pictures"]) == (world.village, False, 0)
    assert world.villager().name in people and "甲乙丙" not in people, "the other village stays where it is"
    assert "$argon2" not in people


def test_it_is_on_record_who_took_what(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    ask(browser, world.village, photos=None)
    export = Export.get()
    assert (export.name, export.format, export.asked, export.made_by) == ("archive", "zip", "不带照片", world.admin)
    assert export.area_id == world.village and export.count > 50
    assert "石桥村全部数据" in browser.get(f"/areas/{world.village}/exports").text


def test_nobody_else_fetches_the_file_and_after_an_hour_nobody(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    place = ask(browser, world.village)
    other = browser.another().sign_in(world.second_admin)
    assert other.get(f"{place}/file").status_code == 404
    world.wait(minutes=61)
    assert browser.get(f"{place}/file").status_code == 404


def test_the_same_form_twice_makes_one_file(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    form = next(form for form in browser.forms(f"/areas/{world.village}/archive") if form.action.endswith("/archive"))
    assert browser.post(form).headers["Location"] == browser.post(form).headers["Location"]
    assert Job.select().count() == 1


def test_a_lane_has_no_archive_of_its_own(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    assert browser.get(f"/areas/{world.lanes[0]}/archive").status_code == 404


def test_who_lost_the_role_meanwhile_gets_nothing(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    assert browser.submit(f"/areas/{world.village}/archive").status_code == 303
    Role.update(kind="supervisor").where(Role.person == world.admin).execute()
    jobs.work_off(browser.app)
    job = Job.get()
    assert job.state == "failed" and isinstance(floor.trouble(job), NotAllowed)
    assert Export.select().count() == 0


def test_the_page_of_a_village_leads_there(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    assert f"/areas/{world.village}/archive" in browser.get(f"/areas/{world.village}").text
    committee = browser.another().sign_in(world.committee[0])
    assert f"/areas/{world.village}/archive" not in committee.get(f"/areas/{world.village}").text
