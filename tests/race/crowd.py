"""A crowd at the door: processes with threads, each with its own connection, that all begin at the same moment."""

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

from points import codes, db
from points.errors import PointsError

PROCESSES = 4
THREADS = 20  # of a process at most, as a PostgreSQL lets in a hundred; more jobs than threads take turns
PATIENCE = 120  # seconds before a crowd that does not answer is an error

Job = tuple[Callable[..., Any], dict[str, Any]]
Answer = tuple[bool, Any]
"""(True, what the verb returned) or (False, the refusal's code)."""


def tally(answers: Sequence[Answer]) -> Counter[str]:
    """Count the answers: ``done``, or the code of the refusal."""
    return Counter("done" if done else code for done, code in answers)


class Crowd:
    """Keeps its processes for the whole session, for to start one takes longer than what it does."""

    def __init__(self, card_key: str) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._barrier = spawn.Barrier(PROCESSES)  # kept: its semaphores go with it
        self.members = []
        for _ in range(PROCESSES):
            ours, theirs = spawn.Pipe()
            process = spawn.Process(target=_stand_by, args=(theirs, self._barrier, card_key), daemon=True)
            process.start()
            self.members.append((process, ours))

    def at_once(self, url: str, jobs: Sequence[Job]) -> list[Answer]:
        """Run all *jobs* at the same moment; return their answers in the same order."""
        for place, (_, pipe) in enumerate(self.members):
            pipe.send((url, jobs[place::PROCESSES]))
        answers: list[Any] = [None] * len(jobs)
        for place, (_, pipe) in enumerate(self.members):
            assert pipe.poll(PATIENCE), "a process of the crowd does not answer"
            answers[place::PROCESSES] = pipe.recv()
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return answers

    def go_home(self) -> None:
        for process, pipe in self.members:
            pipe.send(None)
            process.join(PATIENCE)


def _stand_by(pipe: Connection, barrier: Barrier, card_key: str) -> None:
    codes.use_key(card_key)
    while (work := pipe.recv()) is not None:
        url, jobs = work
        db.connect(url)
        answers: list[Any] = [None] * len(jobs)
        hands = min(len(jobs), THREADS)
        gate = threading.Barrier(hands + 1)
        threads = [
            threading.Thread(target=_do, args=(range(hand, len(jobs), hands), jobs, gate, answers), daemon=True)
            for hand in range(hands)
        ]
        for thread in threads:
            thread.start()
        barrier.wait(PATIENCE)
        gate.wait(PATIENCE)
        for thread in threads:
            thread.join()
        pipe.send(answers)


def _do(places: Sequence[int], jobs: Sequence[Job], gate: threading.Barrier, answers: list[Any]) -> None:
    with ExitStack() as stack:
        stack.callback(db.disconnect)
        try:
            db.execute("SELECT 1")  # opens this thread's connection
            gate.wait(PATIENCE)
            for place in places:
                verb, given = jobs[place]
                try:
                    answers[place] = True, verb(**given)
                except PointsError as refusal:
                    answers[place] = False, refusal.code
        except Exception as error:
            answers[places[0]] = RuntimeError(f"{type(error).__name__}: {error}")
