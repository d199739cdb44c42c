"""Group commit: what the transactions of a thread wrote is there for others after the commit, all of it or nothing."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from glob import glob

import pytest
from peewee import PeeweeException

from points import db

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)  # PostgreSQL groups commits itself


@pytest.fixture
def group(database: str) -> Iterator[db.Group]:
    group = db.Group()
    yield group
    if group.is_open:
        group.commit()
    group.leave()


def write(subject: str) -> None:
    with db.transaction():
        db.execute("INSERT INTO tries (channel, subject, failures, last_at) VALUES ('till', ?, 1, 0)", (subject,))


def others_see(database: str) -> list[str]:
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as other:
        return [row[0] for row in other.execute("SELECT subject FROM tries ORDER BY subject")]


def test_members_become_durable_together(group: db.Group, database: str) -> None:
    write("one")
    write("two")
    assert others_see(database) == []
    group.commit()
    assert others_see(database) == ["one", "two"]


def test_a_member_that_fails_takes_nobody_with_it(group: db.Group, database: str) -> None:
    write("one")
    with pytest.raises(ZeroDivisionError), db.transaction():
        db.execute("INSERT INTO tries (channel, subject, failures, last_at) VALUES ('till', 'wrong', 1, 0)")
        raise ZeroDivisionError
    write("two")
    group.commit()
    assert others_see(database) == ["one", "two"]


def test_a_member_that_changed_much_goes_back_without_a_file(group: db.Group, database: str) -> None:
    with db.transaction():
        db.execute("""
            WITH RECURSIVE one (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM one WHERE number < 10000)
            INSERT INTO tries (channel, subject, failures, last_at) SELECT 'till', number, 1, 0 FROM one
        """)
    with pytest.raises(ZeroDivisionError), db.transaction():
        db.execute("UPDATE tries SET failures = 2")
        opened = [os.readlink(file) for file in glob("/proc/self/fd/*") if os.path.islink(file)]
        assert any(database.removeprefix("sqlite:///") in name for name in opened)
        assert not [name for name in opened if name.endswith("(deleted)") and "etilqs" in name]
        raise ZeroDivisionError
    group.commit()
    assert db.execute("SELECT COUNT(*), SUM(failures) FROM tries").fetchone() == (10_000, 10_000)


def test_a_verb_still_does_not_call_a_verb(group: db.Group) -> None:
    with db.transaction(), pytest.raises(RuntimeError, match="a verb"), db.transaction():
        pass


def test_after_a_commit_that_failed_nothing_has_happened_and_work_goes_on(group: db.Group, database: str) -> None:
    write("one")
    db.database.obj.connection().execute("ROLLBACK")  # as SQLite itself does when its disk is full
    with pytest.raises(PeeweeException):
        group.commit()
    write("two")
    group.commit()
    assert others_see(database) == ["two"]


def test_others_get_their_turn_between_two_groups(group: db.Group, database: str) -> None:
    write("one")
    group.commit()
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"), timeout=0)) as other:
        other.execute("UPDATE tries SET failures = 2")
        other.commit()
    write("two")
    assert db.execute("SELECT failures FROM tries ORDER BY subject").fetchall() == [(2,), (1,)]
