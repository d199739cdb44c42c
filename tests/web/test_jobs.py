"""The page of a piece of work: how far it is, what it left, and why it failed; for who asked, and nobody else."""

from __future__ import annotations

import pytest

from points import jobs
from points.errors import BadSheet
from points.jobs import Outcome, Task
from points.services import job
from points.web import jobs as page
from tests.browser import Browser
from tests.race.served import environment
from tests.tools import press
from tests.world import World


def make(task: Task) -> Outcome:
    """What the tests' job does."""
    if task.given.get("fails"):
        raise BadSheet(what="里面是空的")
    task.path.write_bytes(b"%PDF-")
    return Outcome(file_name="名单.pdf")


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(page.KINDS, "test", page.Kind("做一份名单", "", ("desk.front", "", "")))
    monkeypatch.setattr(page, "_found", lambda place: make)


def ask(world: World, **given: object) -> str:
    return f"/jobs/{job.ask(**world.by(world.recorder), kind='test', given=given, minutes=60)}"


def test_it_waits_then_hands_out_its_file_to_who_asked(browser: Browser, world: World) -> None:
    url = ask(world)
    client = browser.sign_in(world.recorder).client
    assert "在排队" in client.get(url).text and client.get(f"{url}/file").status_code == 404
    page.work_off(browser.app)
    assert "做好了" in client.get(url).text
    answer = client.get(f"{url}/file")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "application/pdf", b"%PDF-")
    answer.close()
    stranger = browser.another().sign_in(world.checker).client
    assert stranger.get(url).status_code == stranger.get(f"{url}/file").status_code == 404
    world.wait(hours=2)
    assert client.get(f"{url}/file").status_code == 404 and "已过期" in client.get(url).text


def test_a_refusal_is_a_sentence_that_says_what_to_do(browser: Browser, world: World) -> None:
    url = ask(world, fails=True)
    client = browser.sign_in(world.recorder).client
    page.work_off(browser.app)
    assert "里面是空的" in client.get(url).text


def test_a_running_job_shows_how_far_it_is(browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    url = ask(world)
    client = browser.sign_in(world.recorder).client
    monkeypatch.setattr(jobs, "progress", lambda spool, job_id: (120, 500))
    answer = client.get(url).text
    assert "120 / 500" in answer and 'value="120" max="500"' in answer


def test_the_server_lets_a_process_of_its_own_do_it(
    browser: Browser, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the real kinds
    for name, value in environment(database).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("POINTS_SPOOL", browser.app.config["SPOOL"])
    monkeypatch.setattr("points.web.lists.AT_ONCE", 1)
    browser.sign_in(world.committee[0])
    url = press(browser, f"/lists/staff.index/{world.village}", format="csv").location
    page.work_off_apart(browser.app)
    answer = browser.client.get(f"{url}/file")
    assert world.committee[0].name in answer.text
    answer.close()
    url = press(browser, f"/lists/staff.index/{world.village}", format="csv").location
    monkeypatch.setenv("POINTS_SECRET_KEY", "")
    page.work_off_apart(browser.app)
    assert jobs.of(world.committee[0], int(url.rpartition("/")[2])).state == "failed"
