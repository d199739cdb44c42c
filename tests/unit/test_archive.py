"""One file with everything: the same on both databases, the same after the way back, and never loaded by halves."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from click.testing import CliRunner, Result

from points import archive, cli, db
from points.archive import Manifest
from points.errors import (
    ArchiveBroken,
    ArchiveDiffers,
    DatabaseNotEmpty,
    FileIsThere,
    OtherSchema,
    PointsError,
    Unmigrated,
)
from points.models import TABLES, Account, Area, Card, Household, Kin, Line, Person, PhotoBody, Transfer
from points.picking import LEFT_OUT
from points.services import staff
from tests.databases import Databases, bound
from tests.everything import HARD, drifts, everything
from tests.world import PASSWORD, World

NOW = datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC)
Members = dict[str, bytes]


@pytest.fixture
def other_databases(databases: Databases, request: pytest.FixtureRequest) -> Databases:
    """Make databases of the other kind."""
    other = "postgresql" if "Sqlite" in type(databases).__name__ else "sqlite"
    made: Databases = request.getfixturevalue(f"{other}_databases")
    return made


@pytest.fixture
def filled(databases: Databases, other_databases: Databases) -> Iterator[World]:
    """Bind a database with a row in every table."""
    databases.prepare("everything", everything)
    with databases.fresh("everything"):
        yield databases.prepared["everything"]


def export(file: Path, **given: Any) -> Manifest:
    with archive.snapshot():
        return archive.write(file, now=NOW, step=lambda done, total: None, **({"secrets": True} | given))


def load(file: Path) -> Manifest:
    return archive.read(file, audit=cli._drifts, step=lambda done, total: None)


def members(file: Path) -> Members:
    with ZipFile(file) as pack:
        return {info.filename: pack.read(info) for info in pack.infolist()}


def rows(file: Path, table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(members(file)[f"{table}.csv"].decode(), newline="")))


# --- there and back -----------------------------------------------------------------------------------------------


def test_all_goes_to_the_other_database_and_back_and_stays_the_same(
    filled: World, databases: Databases, other_databases: Databases, tmp_path: Path
) -> None:
    one, two, three = (tmp_path / name for name in ("one.zip", "two.zip", "three.zip"))
    first = export(one)
    for kind, source, target in ((other_databases, one, two), (databases, two, three)):
        with kind.fresh():
            read = load(source)
            assert [found for _, said, found in archive.compared(read) if said != found] == []
            assert drifts() == []
            export(target)
    assert one.read_bytes() == two.read_bytes() == three.read_bytes(), "to the last bit, but for the moment it was made"
    assert first.sums["household_points"] > 0 and first.sums["fund_fen"] == 12_345 and first.sums["stock_on_hand"] > 0


def test_life_goes_on_after_the_way_back(filled: World, other_databases: Databases, tmp_path: Path) -> None:
    export(tmp_path / "all.zip")
    with other_databases.fresh():
        load(tmp_path / "all.zip")
        filled.wait(days=1)
        filled.give_points(filled.households[0], 5)
        made = filled.open_household(filled.lanes[0], "新来的")
        assert made.id == max(home.id for home in Household.select()), "the next id, not one that is taken"
        assert drifts() == []


def test_every_table_lies_in_it_but_the_work_under_way(filled: World, tmp_path: Path) -> None:
    export(tmp_path / "all.zip")
    found = members(tmp_path / "all.zip")
    tables = {table._meta.table_name for table in TABLES} - {"photo_body", *LEFT_OUT}
    assert {name for name in found if name.endswith(".csv")} == {f"{name}.csv" for name in (*tables, "columns")}
    for photo in PhotoBody.select():
        assert found[f"photos/{photo.photo_id}.jpg"] == bytes(photo.body)
    sums = dict(reversed(line.split("  ")) for line in found["SHA256SUMS"].decode().splitlines())
    assert sums == {name: hashlib.sha256(body).hexdigest() for name, body in found.items() if name in sums}
    assert set(found) - set(sums) == {"SHA256SUMS", "MANIFEST.json"}


def test_any_reader_of_csv_understands_it(filled: World, tmp_path: Path) -> None:
    export(tmp_path / "all.zip")
    found = {int(row["id"]): row for row in rows(tmp_path / "all.zip", "motion")}
    assert found[1]["text"] == HARD
    people = members(tmp_path / "all.zip")["person.csv"].decode()
    assert re.search(r'"周玉梅","[^"]*""水，电""[^"]*","",true,,,false', people), (
        "an empty text is quoted, what is absent is not"
    )
    moved = rows(tmp_path / "all.zip", "transfer")
    kept = Transfer.get_by_id(int(moved[0]["id"]))
    assert int(moved[0]["happened_at"]) == db.microseconds(kept.happened_at)


def test_it_is_for_its_owner_only_and_never_written_over(filled: World, tmp_path: Path) -> None:
    file = tmp_path / "all.zip"
    export(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    with pytest.raises(FileIsThere):
        export(file)
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]


def test_it_is_all_of_one_moment(filled: World, databases: Databases, tmp_path: Path) -> None:
    """What is written while it is being made is not in it, in no table."""
    told = []

    def live_on(done: int, total: int) -> None:
        if not told:
            told.append(total)
            import threading

            thread = threading.Thread(target=_give, args=(filled,))
            thread.start()
            thread.join()

    with archive.snapshot():
        manifest = archive.write(tmp_path / "all.zip", now=NOW, secrets=True, step=live_on)
    assert manifest.tables["transfer"].rows == Transfer.select().count() - 1
    assert (
        manifest.sums["household_points"]
        == sum(row.balance for row in Account.select().where(Account.type == "household")) - 77
    )


def _give(world: World) -> None:
    world.give_points(world.households[0], 77)
    db.disconnect()


# --- one village --------------------------------------------------------------------------------------------------


def test_a_village_comes_whole_and_without_its_neighbours(
    filled: World, other_databases: Databases, tmp_path: Path
) -> None:
    file = tmp_path / "village.zip"
    village = Area.get_by_id(filled.village)
    mine = {home.id for home in Household.select().where(Household.village == village)}
    lines = Line.select().where(Line.village == village).count()
    manifest = export(file, area=village, secrets=False)
    assert manifest.area == {"id": village.id, "kind": "village", "name": "石桥村"}
    stranger = next(row for row in rows(file, "person") if row["name"] == "甲乙丙")
    assert (stranger["household_id"], stranger["phone"], stranger["username"]) == ("", "", ""), "kin, and nothing more"
    with other_databases.fresh():
        load(file)
        assert drifts() == []
        theirs = {home.id: home for home in Household.select()}
        assert theirs.keys() >= mine and len(theirs) == len(mine) + 1, "and the one that points came from"
        assert theirs[filled.other_household.id].address == ""
        assert Line.select().count() == lines
        assert Kin.select().count() == 1
        assert {area.kind for area in Area.select().where(Area.id.in_((filled.county, filled.township)))} == {
            "county",
            "township",
        }
        assert not Person.select().where(Person.name == "甲乙丁").exists()


def test_a_village_comes_without_secrets(filled: World, tmp_path: Path) -> None:
    export(tmp_path / "village.zip", area=Area.get_by_id(filled.village), secrets=False)
    assert Person.select().where(Person.pin_hash.is_null(False)).exists() and Card.select().exists()
    for row in rows(tmp_path / "village.zip", "person"):
        assert (row["password_hash"], row["pin_hash"], row["lock_pin_hash"]) == ("", "", "")
    for row in rows(tmp_path / "village.zip", "card"):
        assert (row["secret_hash"], row["first_pin_hash"]) == ("", "")


def test_who_loads_a_village_becomes_its_administrator(
    filled: World, other_databases: Databases, tmp_path: Path
) -> None:
    export(tmp_path / "village.zip", area=Area.get_by_id(filled.village), secrets=False)
    with other_databases.fresh():
        load(tmp_path / "village.zip")
        staff.create_admin(name="新管理", username="anew", password=PASSWORD, area_name="清河县", now=NOW)


def test_photos_may_stay_behind(filled: World, other_databases: Databases, tmp_path: Path) -> None:
    manifest = export(tmp_path / "all.zip", pictures=False)
    assert manifest.pictures is None and not any(name.startswith("photos/") for name in members(tmp_path / "all.zip"))
    with other_databases.fresh():
        load(tmp_path / "all.zip")
        assert PhotoBody.select().count() == 0


# --- what is refused ----------------------------------------------------------------------------------------------


def rewrite(file: Path, change: Callable[[Members], None], *, honest: bool = False) -> Path:
    """Write a changed archive; *honest*: with checksums that fit."""
    found = members(file)
    change(found)
    if honest:
        said = json.loads(found["MANIFEST.json"])
        for name, body in found.items():
            table = name.removesuffix(".csv")
            if table in said["tables"] and name.endswith(".csv"):
                digest, count = hashlib.sha256(body).hexdigest(), said["tables"][table]["rows"]
                said["tables"][table] = {"rows": count, "bytes": len(body), "sha256": digest}
        found["MANIFEST.json"] = json.dumps(said).encode()
        listed = [name for name in found if name not in ("SHA256SUMS", "MANIFEST.json")]
        found["SHA256SUMS"] = "".join(f"{hashlib.sha256(found[n]).hexdigest()}  {n}\n" for n in listed).encode()
    changed = file.with_name("changed.zip")
    with ZipFile(changed, "w", ZIP_DEFLATED) as pack:
        for name, body in found.items():
            pack.writestr(name, body)
    return changed


def swap(member: str, old: bytes, new: bytes) -> Callable[[Members], None]:
    def change(found: Members) -> None:
        assert old in found[member], (member, old)
        found[member] = found[member].replace(old, new, 1)

    return change


def say(**changes: Any) -> Callable[[Members], None]:
    def change(found: Members) -> None:
        found["MANIFEST.json"] = json.dumps(json.loads(found["MANIFEST.json"]) | changes).encode()

    return change


def drop(member: str) -> Callable[[Members], None]:
    return lambda found: found.pop(member) and None


def add(member: str, body: bytes = b"x") -> Callable[[Members], None]:
    return lambda found: found.__setitem__(member, body)


HOSTILE: dict[str, tuple[Callable[[Members], None], bool, type[PointsError]]] = {
    "a wrong checksum": (swap("area.csv", "石桥村".encode(), "石桥镇".encode()), False, ArchiveBroken),
    "a table is missing": (drop("kin.csv"), True, ArchiveBroken),
    "a table too many": (add("sqlite_master.csv"), True, ArchiveBroken),
    "a way out of the folder": (add("../../evil.sh"), True, ArchiveBroken),
    "a photo by another name": (add("photos/../1.jpg"), True, ArchiveBroken),
    "a photo too many": (add("photos/999.jpg"), True, ArchiveBroken),
    "a column too many": (swap("area.csv", b"id,", b"id,extra,"), True, ArchiveBroken),
    "a letter for a number": (swap("account.csv", b",200\r\n", b",2oo\r\n"), True, ArchiveBroken),
    "a number of another kind": (swap("account.csv", b",200\r\n", b",2e2\r\n"), True, ArchiveBroken),
    "a text without end": (swap("area.csv", '石桥村"'.encode(), "石桥村".encode()), True, ArchiveBroken),
    "no UTF-8": (swap("area.csv", "石桥村".encode(), "石桥村".encode("gb18030")), True, ArchiveBroken),
    "a reference to nowhere": (swap("kin.csv", b"1,", b"1,999999"), True, ArchiveBroken),
    "what a check forbids": (swap("area.csv", b'"grid"', b'"moon"'), True, ArchiveBroken),
    "a row twice": (swap("kin.csv", b"\r\n1,", b'\r\n1,1,2,"x",1,1\r\n1,'), True, ArchiveBroken),
    "more points than were earned": (swap("account.csv", b",200\r\n", b",900\r\n"), True, ArchiveDiffers),
    "another sum": (say(sums={"household_points": 1}), False, ArchiveDiffers),
    "an older schema": (say(schema=["0001_initial"]), False, OtherSchema),
    "another format": (say(format=2), False, ArchiveBroken),
    "a manifest of another shape": (say(tables=[1, 2]), False, ArchiveBroken),
    "no manifest": (drop("MANIFEST.json"), False, ArchiveBroken),
    "a manifest that is no JSON": (add("MANIFEST.json", b"{" * 100_000), False, ArchiveBroken),
    "a huge manifest": (add("MANIFEST.json", b" " * 2_000_000), False, ArchiveBroken),
    "no list of checksums": (drop("SHA256SUMS"), False, ArchiveBroken),
}


def test_it_refuses_what_was_changed(filled: World, databases: Databases, tmp_path: Path) -> None:
    export(tmp_path / "all.zip")
    with databases.fresh():
        for name, (change, honest, refusal) in HOSTILE.items():
            changed = rewrite(tmp_path / "all.zip", change, honest=honest)
            with pytest.raises(PointsError) as caught:
                load(changed)
            assert (name, type(caught.value)) == (name, refusal)
            assert "%" not in str(caught.value)
        assert_nothing_is_there()


def assert_nothing_is_there() -> None:
    assert [table._meta.table_name for table in TABLES if table.select().exists()] == []


def test_it_refuses_what_is_no_archive_or_only_its_beginning(
    filled: World, databases: Databases, tmp_path: Path
) -> None:
    whole, file = tmp_path / "all.zip", tmp_path / "other"
    export(whole)
    body = whole.read_bytes()
    with databases.fresh():
        for wrong in (b"", b"PK", b"\x00" * 100, body[: len(body) // 2], body[:2000] + body[3000:], body[:-30]):
            file.write_bytes(wrong)
            with pytest.raises(ArchiveBroken):
                load(file)
        assert_nothing_is_there()


def test_bytes_changed_at_random_do_no_harm(filled: World, databases: Databases, tmp_path: Path) -> None:
    """It is refused with a sentence, or the change was where nothing is read and everything is there."""
    file, chance = tmp_path / "all.zip", Random(7)
    manifest = export(file)
    whole = file.read_bytes()
    changed = []
    for _ in range(40):
        body = bytearray(whole)
        for _ in range(chance.choice((1, 4, 50))):
            body[chance.randrange(len(body))] = chance.randrange(256)
        changed.append(bytes(body))
    while changed:
        with databases.fresh():
            while changed and not Area.select().exists():
                file.write_bytes(changed.pop())
                with suppress(PointsError):
                    assert load(file).tables == manifest.tables


def test_a_member_that_is_swollen_is_not_unpacked(
    filled: World, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gigabyte of one text that never ends fits into a megabyte of archive."""
    monkeypatch.setattr(archive, "MOST_SIGNS", 4_000_000)
    export(tmp_path / "all.zip")
    found = members(tmp_path / "all.zip")
    said = json.loads(found["MANIFEST.json"])
    said["tables"]["area"]["bytes"] = len(found["area.csv"]) + archive.MOST_SIGNS * 4
    found["MANIFEST.json"] = json.dumps(said).encode()
    with ZipFile(tmp_path / "bomb.zip", "w", ZIP_DEFLATED) as pack:
        for name, body in found.items():
            if name != "area.csv":
                pack.writestr(name, body)
        with pack.open("area.csv", "w", force_zip64=True) as swollen:
            swollen.write(found["area.csv"][:-2] + b'"')
            for _ in range(4):
                swollen.write(b" " * archive.MOST_SIGNS)
            swollen.write(b" ")
    with databases.fresh():
        with pytest.raises(ArchiveBroken):
            load(tmp_path / "bomb.zip")
        assert_nothing_is_there()


def test_it_is_loaded_into_an_empty_database_only(filled: World, tmp_path: Path) -> None:
    export(tmp_path / "all.zip")
    with pytest.raises(DatabaseNotEmpty):
        load(tmp_path / "all.zip")


def test_an_unmade_database_is_to_be_migrated_first(filled: World, tmp_path: Path) -> None:
    export(tmp_path / "all.zip")
    with bound(f"sqlite:///{tmp_path}/none.db"), pytest.raises(Unmigrated):
        load(tmp_path / "all.zip")


# --- the description ----------------------------------------------------------------------------------------------


def test_every_column_of_every_table_is_described_and_nothing_else() -> None:
    columns = {
        (table._meta.table_name, column)
        for table in TABLES
        if table._meta.table_name not in LEFT_OUT
        for column in ("", *table._meta.columns)
    }
    told = archive.described()
    assert set(told) == columns
    assert [key for key, (_, _, meaning) in told.items() if not meaning] == []


def test_what_a_description_refers_to_is_there() -> None:
    places = {f"{table._meta.table_name}.id" for table in TABLES}
    for _, refers, _ in archive.described().values():
        assert not refers or set(re.split("、| 或 ", refers)) <= places, refers


def test_points_and_money_are_told_apart() -> None:
    for (table, column), (unit, _, _) in archive.described().items():
        if column.endswith("fen"):
            assert unit == "人民币分", (table, column)


def test_the_description_in_the_archive_says_what_the_columns_are(filled: World, tmp_path: Path) -> None:
    export(tmp_path / "all.zip")
    told = {(row["\ufefftable"], row["column"]): row for row in rows(tmp_path / "all.zip", "columns")}
    assert told["transfer", "answers_id"]["refers_to"] == "transfer.id"
    assert (told["line", "day"]["type"], told["line", "posted_at"]["may_be_empty"]) == ("date", "yes")
    assert "UTC" in told["line", "posted_at"]["unit"]


# --- the commands -------------------------------------------------------------------------------------------------


def run(url: str, *words: str) -> Result:
    return CliRunner().invoke(cli.cli, list(words), env={"POINTS_DATABASE_URL": url})


def test_the_commands_take_out_a_village_by_name_and_bring_it_back(
    filled: World, databases: Databases, other_databases: Databases, tmp_path: Path
) -> None:
    db.disconnect()
    with databases.fresh("everything") as url:
        file = str(tmp_path / "village.zip")
        assert run(url, "export", file, "--village", "石桥村").exit_code == 0
        assert run(url, "export", str(tmp_path / "two.zip"), "--village", str(filled.village)).exit_code == 0
        one, two = members(Path(file)), members(tmp_path / "two.zip")
        assert one.keys() == two.keys() and [name for name in one if one[name] != two[name]] in ([], ["MANIFEST.json"])
        for wrong in ("云溪镇", "99", "无此村"):
            assert isinstance(run(url, "export", str(tmp_path / "no.zip"), "--village", wrong).exception, PointsError)
        assert isinstance(run(url, "import", file).exception, DatabaseNotEmpty)
    with other_databases.fresh() as url:
        result = run(url, "import", file)
        assert result.exit_code == 0, result.output
        assert re.search(r"^household_points: (\d+) = \1$", result.output, re.M)
        assert "0 drifts" in result.output


def test_the_command_ends_with_1_when_the_balances_differ(filled: World, databases: Databases, tmp_path: Path) -> None:
    export(tmp_path / "all.zip")
    changed = rewrite(tmp_path / "all.zip", swap("account.csv", b",200\r\n", b",900\r\n"), honest=True)
    with databases.fresh() as url:
        result = run(url, "import", str(changed))
        assert (result.exit_code, "核对不符" in result.output) == (1, True)
        assert_nothing_is_there()
