"""Work beside the requests: done once, told how far it is, ended with a file or a sentence, and tidied away."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from points import db, jobs
from points.errors import BadSheet, JobBroken, NotFound, TooManyJobs
from points.jobs import Outcome, Task
from points.models.jobs import Job
from points.services import job
from tests.databases import Databases
from tests.world import World


def ask(world: World, **given: object) -> int:
    return job.ask(**world.by(world.recorder), kind="sum", given=given, minutes=60)


def run(world: World, spool: Path, work: jobs.Work) -> bool:
    found = jobs.claim(world.now)
    if found:
        jobs.carry_out(found, {"sum": work}, spool, now=lambda: world.now)
    return found is not None


def test_it_leaves_a_file_for_its_asker_and_tells_how_far_it_is(world: World, tmp_path: Path) -> None:
    seen = []

    def work(task: Task) -> Outcome:
        assert task.actor == world.recorder
        task.step(1, 2)
        seen.append(jobs.progress(tmp_path, task.id))
        task.path.write_text(str(sum(task.given["numbers"])))
        return Outcome(7, "和.txt")

    job_id = ask(world, numbers=[1, 2])
    assert run(world, tmp_path, work) and not run(world, tmp_path, work)
    found = jobs.of(world.recorder, job_id)
    assert (found.state, found.outcome, found.file_name, seen) == ("done", 7, "和.txt", [(1, 2)])
    assert jobs.file_of(tmp_path, job_id).read_text() == "3"
    assert jobs.progress(tmp_path, job_id) == (0, 0)
    with pytest.raises(NotFound):
        jobs.of(world.checker, job_id)


def test_an_upload_is_there_for_the_work_and_gone_afterwards(world: World, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    name = jobs.keep_upload(spool, "a-key", b"bytes")
    assert spool.stat().st_mode & 0o777 == 0o700

    def work(task: Task) -> Outcome:
        assert task.upload() == b"bytes"
        return Outcome()

    job_id = ask(world, upload=name)
    assert run(world, spool, work)
    assert jobs.of(world.recorder, job_id).state == "done"
    assert list(spool.iterdir()) == []


def test_an_upload_for_which_no_job_was_asked_goes_soon(world: World, tmp_path: Path) -> None:
    """Pressed twice, or refused because too many jobs wait: the roster's identity numbers would lie there for a day."""
    wanted, stray = (jobs.keep_upload(tmp_path, name, b"bytes") for name in ("a-key", "another-key"))
    ask(world, upload=wanted)
    for file in tmp_path.iterdir():
        os.utime(file, (world.now.timestamp(), world.now.timestamp()))
    jobs.sweep(tmp_path, now=world.wait(minutes=4))
    assert len(list(tmp_path.iterdir())) == 2
    jobs.sweep(tmp_path, now=world.wait(minutes=2))
    assert [file.name for file in tmp_path.iterdir()] == [f"upload-{wanted}"] and stray == "another-key"


def test_a_refusal_and_a_crash_each_end_in_a_sentence(world: World, tmp_path: Path) -> None:
    def refuse(task: Task) -> Outcome:
        raise BadSheet(what="里面是空的")

    def crash(task: Task) -> Outcome:
        with db.transaction():
            Job.update(outcome=99).where(Job.id == task.id).execute()
            raise ZeroDivisionError

    refused, crashed = ask(world), ask(world)
    assert run(world, tmp_path, refuse) and run(world, tmp_path, crash)
    assert isinstance(jobs.trouble(jobs.of(world.recorder, refused)), BadSheet)
    broken = jobs.of(world.recorder, crashed)
    assert isinstance(jobs.trouble(broken), JobBroken) and broken.outcome is None


def test_a_job_is_done_once_however_many_servers_look(databases: Databases, world: World, tmp_path: Path) -> None:
    done: list[int] = []
    ids = [ask(world) for _ in range(3)]
    start = threading.Barrier(4)

    def serve() -> None:
        start.wait()
        try:
            while run(world, tmp_path, lambda task: done.append(task.id) or Outcome()):
                pass
        finally:
            db.disconnect()

    servers = [threading.Thread(target=serve) for _ in range(4)]
    for server in servers:
        server.start()
    for server in servers:
        server.join()
    assert sorted(done) == ids


def test_one_person_cannot_fill_the_queue(world: World) -> None:
    for _ in range(jobs.MOST_WAITING):
        ask(world)
    with pytest.raises(TooManyJobs):
        ask(world)


def test_files_go_when_their_time_is_over_and_lost_jobs_are_called_failed(world: World, tmp_path: Path) -> None:
    def work(task: Task) -> Outcome:
        task.path.write_text("x")
        return Outcome(file_name="x.txt")

    kept = ask(world)
    run(world, tmp_path, work)
    lost = ask(world)
    Job.update(state="running", begun_at=world.now).where(Job.id == lost).execute()
    jobs.sweep(tmp_path, now=world.now)
    assert jobs.file_of(tmp_path, kept).exists() and jobs.of(world.recorder, lost).state == "running"
    jobs.sweep(tmp_path, now=world.wait(minutes=61))
    assert not jobs.file_of(tmp_path, kept).exists() and jobs.of(world.recorder, kept).file_name == ""
    assert isinstance(jobs.trouble(jobs.of(world.recorder, lost)), JobBroken)
