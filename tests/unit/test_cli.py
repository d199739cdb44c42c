"""The command line: what it refuses by name, and what it leaves behind."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import config
from points import cli, db, demo
from points.errors import PointsError
from points.models import Area, Person
from points.models.ledger import AccountType
from points.models.summary import MonthSummary


def run(*words: str, **environment: str) -> Result:
    """Run ``points …`` as `cli.main` does, in this process."""
    return CliRunner().invoke(cli.cli, list(words), env=environment)


def test_serving_without_a_secret_fails_by_its_name(database: str) -> None:
    result = run("serve", POINTS_DATABASE_URL=database, POINTS_SECRET_KEY="", POINTS_CARD_KEY="k" * 32)
    assert isinstance(result.exception, config.MissingSetting)
    assert "POINTS_SECRET_KEY is missing" in str(result.exception)


def test_a_short_secret_is_refused_by_its_name() -> None:
    with pytest.raises(config.MissingSetting, match="POINTS_CARD_KEY is too short"):
        config.from_environment({"POINTS_SECRET_KEY": "s" * 32, "POINTS_CARD_KEY": "short"})


def test_serving_an_old_schema_is_refused(tmp_path: Path) -> None:
    result = run(
        "serve",
        POINTS_DATABASE_URL=f"sqlite:///{tmp_path}/empty.db",
        POINTS_SECRET_KEY="s" * 32,
        POINTS_CARD_KEY="k" * 32,
    )
    assert result.exit_code != 0
    assert "points migrate" in result.output


def test_migrating_twice_changes_nothing(database: str) -> None:
    assert run("migrate", POINTS_DATABASE_URL=database).output == "up to date\n"


def create_admin(database: str, username: str) -> Result:
    words = ("--area", "清河县", "--name", "田管理", "--username", username, "--password", "long enough 7")
    return run("admin", "create", *words, POINTS_DATABASE_URL=database)


def test_the_first_administrator_and_a_second_are_made_and_no_third(database: str) -> None:
    assert create_admin(database, "one").exit_code == 0
    assert create_admin(database, "two").exit_code == 0
    assert isinstance(create_admin(database, "three").exception, PointsError)
    assert Person.select().count() == 2
    assert Area.get().kind == "county"


def test_nothing_but_the_demos_own_file_is_ever_filled(database: str) -> None:
    result = run("demo", POINTS_DATABASE_URL=database)
    assert result.exit_code != 0
    assert "unset POINTS_DATABASE_URL" in result.output
    assert Person.select().count() == 0


def test_the_demos_secrets_are_random_and_for_their_owner_only(tmp_path: Path) -> None:
    one, other = demo.Home(tmp_path / "one", 8000), demo.Home(tmp_path / "other", 8000)
    assert set(one.secrets.values()).isdisjoint(other.secrets.values())
    mode = (tmp_path / "one" / "demo.secrets").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert demo.Home(tmp_path / "one", 8000).secrets == one.secrets, "a second start keeps them"


def test_the_demo_is_not_filled_twice(database: str, tmp_path: Path) -> None:
    Area.create(kind="county", name="清河县")
    with pytest.raises(AssertionError, match="empty database only"):
        demo.fill(demo.Home(tmp_path / "home", 8000), now=datetime(2026, 11, 21, tzinfo=UTC), step=lambda: None)


def test_the_audit_exits_1_on_a_drift_and_0_without(database: str) -> None:
    assert run("ledger", "audit", POINTS_DATABASE_URL=database).exit_code == 0
    db.connect(database)
    db.execute("INSERT INTO account (type, owner_id, balance) VALUES (?, ?, ?)", (str(AccountType.HOUSEHOLD), 1, 5))
    area = Area.create(kind="village", name="石桥村")
    MonthSummary.create(area=area, month="2026-11", kind="award", item=3, stripe=0, count=1, points=5, change=5)
    found = run("ledger", "audit", POINTS_DATABASE_URL=database)
    assert found.exit_code == 1
    assert "balance" in found.output
    assert "stored 5, recomputed 0" in found.output
    assert f"summary points of 2026-11 award 3 in area {area.id}: stored 5, recomputed 0" in found.output


def test_tick_posts_nothing_where_nothing_is_due(database: str) -> None:
    told = run("tick", POINTS_DATABASE_URL=database).output
    assert told == "0 lines posted, 0 reservations expired, 0 points lapsed\n"
