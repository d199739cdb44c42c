"""A seeded county: what goes in bulk keeps the rules that the verbs keep, and the site opens on it."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner
from peewee import IntegrityError

from config import Config
from points import cli, county, create_app, db
from points.county import deeds, sales, shape
from points.errors import DatabaseNotEmpty, NotOnLoopback, Unmigrated
from points.models import Account, CapUse, Shop
from tests.browser import forms_of
from tests.databases import Databases
from tests.world import CARD_KEY, PASSWORD, use_cheap_secrets

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
VILLAGES, MONTHS = 2, 2


def build() -> tuple[str, str]:
    """Build a small county so busy that every cap and limit is met."""
    use_cheap_secrets()
    done: list[None] = []
    often = {code: replace(rhythm, lines=6 * rhythm.lines) for code, rhythm in shape.RHYTHMS.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deeds, "RHYTHMS", often)
        patch.setattr(sales, "SHOPPERS", 1.5)
        patch.setattr(sales, "DEAR", 3)
        patch.setattr(sales, "SHELF", sales.SHELF[6:15])
        made = county.build(
            villages=VILLAGES, months=MONTHS, seed=30, password=PASSWORD, now=NOW, step=lambda: done.append(None),
            households=180,
        )  # fmt: skip
    assert len(done) == county.steps(VILLAGES, MONTHS)
    return made


@pytest.fixture
def seeded(databases: Databases) -> Iterator[str]:
    """A county of three villages after two months."""
    databases.prepare("county", build)
    with databases.fresh("county") as url:
        use_cheap_secrets()
        yield url


def rows(sql: str) -> list[tuple[Any, ...]]:
    return list(db.execute(sql).fetchall())


def test_every_audit_is_clean_and_there_is_something_of_everything(seeded: str) -> None:
    assert list(cli._drifts()) == []
    for table in (
        "line",
        "voice",
        "notice",
        "receipt",
        "shift",
        "settlement",
        "reservation",
        "card",
        "kin",
        "write_key",
    ):
        assert rows(f"SELECT COUNT(*) FROM {table}")[0][0] > 0, table
    states = {state for (state,) in rows("SELECT DISTINCT state FROM line")}
    assert states >= {"recorded", "checked", "approved", "posted", "refused", "returned"}


def test_three_different_people_stand_behind_every_line_and_as_many_voices_as_are_needed(seeded: str) -> None:
    assert not rows("SELECT id FROM line WHERE checked_by_id = recorded_by_id")
    assert not rows(
        "SELECT line.id FROM line JOIN voice ON voice.line_id = line.id "
        "WHERE voice.person_id IN (line.recorded_by_id, line.checked_by_id)"
    )
    assert not rows(
        "SELECT line.id FROM line LEFT JOIN voice ON voice.line_id = line.id "
        "WHERE line.decided_at IS NOT NULL GROUP BY line.id, voices_needed HAVING COUNT(voice.id) <> voices_needed"
    )


def test_nobody_acts_for_the_own_household_or_kin(seeded: str) -> None:
    acts = """
        SELECT recorded_by_id AS actor, household_id FROM line UNION SELECT checked_by_id, household_id FROM line
        UNION SELECT voice.person_id, household_id FROM voice JOIN line ON line.id = voice.line_id
        UNION SELECT clerk_id, household_id FROM receipt
        UNION SELECT printed_by_id, person.household_id FROM card JOIN person ON person.id = card.person_id
        UNION SELECT handed_by_id, person.household_id FROM card JOIN person ON person.id = card.person_id
    """
    related = """
        SELECT id AS actor, household_id FROM person
        UNION SELECT kin.person_id, person.household_id FROM kin JOIN person ON person.id = kin.relative_id
        UNION SELECT kin.relative_id, person.household_id FROM kin JOIN person ON person.id = kin.person_id
    """
    assert not rows(f"SELECT * FROM ({acts}) AS acts JOIN ({related}) AS related USING (actor, household_id)")


def test_caps_are_kept_and_what_is_used_is_what_was_granted(seeded: str) -> None:
    month = "SUBSTR(CAST(day AS TEXT), 1, 7)"
    counted = "counts_to_cap AND effect = 'points' AND state IN ('approved', 'noticed', 'posted')"
    sums = rows(f"SELECT household_id, {month}, SUM(granted) FROM line WHERE {counted} GROUP BY household_id, {month}")
    kept: Any = CapUse.select(CapUse.household, CapUse.period, CapUse.used).where(CapUse.scope == 0, CapUse.used > 0)
    assert {tuple(row) for row in sums} == set(kept.tuples())
    assert max(points for *_, points in sums) <= 60
    assert not rows(
        f"SELECT household_id, item_code, {month} FROM line WHERE {counted} AND cap_period = 'month' "
        f"GROUP BY household_id, item_code, {month}, cap HAVING SUM(granted_quantity) > cap"
    )


def test_receipts_are_numbered_without_a_gap_and_every_shift_is_signed_off(seeded: str) -> None:
    tills = rows(
        "SELECT till.id, till.sequence, COUNT(*), MIN(receipt.sequence), MAX(receipt.sequence) FROM till "
        "JOIN receipt ON receipt.till_id = till.id GROUP BY till.id, till.sequence"
    )
    assert len(tills) >= VILLAGES
    assert all(last == count == most and first == 1 for _, last, count, first, most in tills)
    assert not rows(
        "SELECT shift.id FROM shift JOIN receipt ON receipt.shift_id = shift.id WHERE shift.closed_at IS NOT NULL "
        "GROUP BY shift.id, shift.redemptions, shift.points "
        "HAVING shift.redemptions <> COUNT(*) OR shift.points <> SUM(receipt.points)"
    )


def test_what_a_receipt_says_is_what_its_goods_cost_and_its_transfer_moved(seeded: str) -> None:
    assert not rows(
        "SELECT receipt.id FROM receipt JOIN transfer ON transfer.id = receipt.transfer_id "
        "JOIN receipt_line ON receipt_line.receipt_id = receipt.id "
        "GROUP BY receipt.id, receipt.points, receipt.balance_after, transfer.points, transfer.source_after "
        "HAVING receipt.points <> SUM(price * quantity) OR receipt.points <> transfer.points "
        "OR receipt.balance_after <> transfer.source_after"
    )
    limited = (
        "SELECT household_id FROM receipt JOIN receipt_line ON receipt_line.receipt_id = receipt.id "
        "JOIN goods ON goods.id = receipt_line.goods_id WHERE limit_household IS NOT NULL "
        f"GROUP BY household_id, goods.id, limit_household, {db.month_of('receipt.recorded_at')} "
        "HAVING SUM(quantity) > limit_household"
    )
    assert not rows(limited)
    day = "(receipt.recorded_at + 28800000000) / 86400000000"
    assert not rows(
        f"SELECT household_id FROM receipt WHERE NOT pin AND via = 'scan' GROUP BY household_id, {day} "
        "HAVING SUM(points) > 20"
    )


PAGES = {
    "villager1": ("/home",),
    "committee1": (
        "/desk",
        "/villages/{village}/fund",
        "/villages/{village}/cover",
        "/villages/{village}/contributions",
    ),
    "steward1": ("/desk", "/check"),
    "council1": ("/desk", "/decide"),
    "clerk1": ("/desk", "/tills"),
    "township1": ("/desk",),
    "county": ("/desk",),
    "admin": ("/desk",),
}


def test_the_pages_of_each_role_open_on_it(seeded: str) -> None:
    config = Config(database_url=seeded, secret_key="s" * 40, card_key=CARD_KEY, site_address="", secure_cookies=False)
    app = create_app(config, now=lambda: NOW)
    village = Shop.get().area_id
    for username, pages in PAGES.items():
        client = app.test_client()
        form = forms_of(client.get("/sign-in").text, "/sign-in")[0]
        answer = client.post("/sign-in", data=form.values | {"username": username, "password": PASSWORD})
        assert answer.status_code == 303, username
        for page in pages:
            assert client.get(page.format(village=village), follow_redirects=True).status_code == 200, (username, page)


CONTENT = (
    "SELECT id, household_id, name FROM person ORDER BY id",
    "SELECT id, person_id, day, item_code, state, granted, refusal FROM line ORDER BY id",
    "SELECT id, number, points, pin, balance_after, recorded_at FROM receipt ORDER BY id",
    "SELECT id, key, kind, source_id, target_id, points, recorded_at, target_after FROM transfer ORDER BY id",
    "SELECT key, actor_id, digest, result FROM write_key ORDER BY key",
)


def test_the_same_seed_tells_the_same(seeded: str, databases: Databases) -> None:
    told = [rows(sql) for sql in CONTENT]
    with databases.fresh():
        build()
        assert [rows(sql) for sql in CONTENT] == told


def seed(url: str, *words: str) -> Any:
    secrets = {"POINTS_SECRET_KEY": "s" * 32, "POINTS_CARD_KEY": CARD_KEY}
    return CliRunner().invoke(cli.cli, ["seed", "demo", *words], env={"POINTS_DATABASE_URL": url} | secrets)


def test_a_database_that_holds_anything_is_refused(seeded: str) -> None:
    before = Account.select().count()
    assert isinstance(seed(seeded).exception, DatabaseNotEmpty)
    assert Account.select().count() == before


def test_a_database_without_tables_or_on_another_machine_is_refused(tmp_path: Any) -> None:
    assert isinstance(seed(f"sqlite:///{tmp_path}/new.db").exception, Unmigrated)
    assert isinstance(seed("postgresql://points@db.example/points").exception, NotOnLoopback)
    assert isinstance(seed("postgresql:///points?host=db.example").exception, NotOnLoopback)


def test_rows_that_are_loaded_at_once_are_refused_as_one_by_one(database: str) -> None:
    rows_ = [(number, "household", number, 0) for number in (1, 2, 2)]
    with pytest.raises(IntegrityError), db.transaction():
        db.load("account", "id, type, owner_id, balance", rows_)
    with pytest.raises(IntegrityError), db.transaction():
        db.load("account", "type, owner_id, balance", [("household", 1, -1)])
    assert Account.select().count() == 0


def test_the_command_says_what_is_there_and_how_to_sign_in(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(county, "build", lambda **_: ("123456789012", "270416"))
    told = seed(database, "--villages", "2", "--months", "1")
    assert told.exit_code == 0
    for said in ("2 villages, 1 months", "household: 0", "0 drifts", "villager1", "card 123456789012 PIN 270416"):
        assert said in told.output
    monkeypatch.setattr(cli, "_drifts", lambda: iter(["stock on hand 7: stored 1, recomputed 2"]))
    assert seed(database).exit_code == 1


def test_whoever_interrupts_it_is_told_what_to_do(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(county, "build", stop)
    told = seed(database)
    assert told.exit_code == 1
    assert "half filled. Delete it" in told.output


def test_a_county_has_the_shape_of_the_published_one() -> None:
    dice = random.Random(1)
    sizes = shape.sizes(242, shape.MEAN, dice)
    assert 95_000 < sum(sizes) < 105_000
    assert 100 <= min(sizes) < 150 and 1000 < max(sizes) <= 1404
    towns = shape.townships(242, dice)
    assert sum(towns) == 242 and all(8 <= count <= 20 for count in towns)
