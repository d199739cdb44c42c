"""One file with everything: all of a database, or what belongs to an area, as plain CSV, pictures and checksums.

docs/archive.md says what the file holds. Both databases write the same bytes, so an archive carries a site from one to
the other and shows that nothing was lost on the way. Reading and writing pass one row at a time; millions fit.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import os
import re
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from struct import error as StructError
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

import psycopg
from peewee import (
    BigAutoField,
    BlobField,
    BooleanField,
    CharField,
    DataError,
    DateField,
    Field,
    ForeignKeyField,
    IntegrityError,
    TextField,
)

from points import db, summaries
from points.db import UTCField
from points.errors import ArchiveBroken, ArchiveDiffers, DatabaseNotEmpty, FileIsThere, OtherSchema, Unmigrated
from points.models import TABLES
from points.models.areas import Area
from points.picking import LEFT_OUT, Picked

FORMAT = 1
PICTURES = "photo_body"
"""The one table that is files, not CSV."""
SECRETS: dict[str, dict[str, str]] = {
    "person": {"password_hash": "NULL", "pin_hash": "NULL", "lock_pin_hash": "NULL"},
    "card": {"secret_hash": "''", "first_pin_hash": "NULL"},
}
"""What an archive without secrets holds in their place."""
COLUMNS = Path(__file__).with_name("archive_columns.csv")
BATCH = 2_000
MOST_SIGNS = 64 * 1024 * 1024
"""A row is not longer than this."""
MOST_BYTES_OF_A_PICTURE = 16 * 1024 * 1024

Step = Callable[[int, int], None]
Audit = Callable[[], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Part:
    """A table as it lies in the archive: so many rows in so many bytes."""

    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive says of itself. *area* is None where it is all of a database.

    *sums*: points, fen and pieces, to be found again after the way back.
    """

    format: int
    program: str
    schema: list[str]
    made_at: str
    area: dict[str, int | str] | None
    secrets: bool
    pictures: int | None
    tables: dict[str, Part]
    sums: dict[str, int]

    @property
    def rows(self) -> int:
        """How many rows all tables hold."""
        return sum(part.rows for part in self.tables.values())


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything as it is at this moment, however long it takes; nobody waits for it, and nothing is written."""
    assert not db.database.in_transaction(), "a snapshot is taken outside of any transaction"
    Picked.prepare()
    if db.is_postgresql():
        db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        db.execute("SET LOCAL datestyle TO 'ISO'")
    else:
        db.execute("BEGIN DEFERRED")
    try:
        db.execute("SELECT 1 FROM area LIMIT 1").fetchone()  # from here on
        yield
    finally:
        db.execute("ROLLBACK")
        Picked.forget()


def write(
    file: Path, *, now: datetime, area: Area | None = None, secrets: bool = False, pictures: bool = True, step: Step
) -> Manifest:
    """Write all of the database, or what belongs to *area*, into a new *file* that its owner alone may read.

    The caller holds a `snapshot`. *secrets*: with the hashes of passwords, PINs and cards. Raises `FileIsThere`.
    """
    picked = Picked(area) if area else None
    sources = {table._meta.table_name: _source(table, picked, secrets) for table in _tables(pictures)}
    counts = {name: _one(f"SELECT COUNT(*) FROM {source}") for name, (source, _, _) in sources.items()}
    progress = Progress(step, sum(counts.values()))
    with new_file(file) as part, ZipFile(part, "w") as pack:
        sums: dict[str, str] = {}
        parts: dict[str, Part] = {}
        for table in _tables(pictures):
            name = table._meta.table_name
            source, cells, order = sources[name]
            if name == PICTURES:
                for id_, body in _stream(f"SELECT photo_id, body FROM {source} ORDER BY {order}", 20):
                    member = f"photos/{id_}.jpg"
                    _, sums[member] = _add(pack, member, [bytes(body)], ZIP_STORED)
                    progress.count(1)
            else:
                size, digest = _add(pack, f"{name}.csv", _lines(table, source, cells, order, progress))
                parts[name] = Part(counts[name], size, digest)
                sums[f"{name}.csv"] = digest
        _, sums["columns.csv"] = _add(pack, "columns.csv", [_description()])
        listed = "".join(f"{digest}  {member}\n" for member, digest in sums.items())
        _add(pack, "SHA256SUMS", [listed.encode()])
        manifest = Manifest(
            format=FORMAT,
            program=version("points"),
            schema=_schema(),
            made_at=now.isoformat(timespec="seconds"),
            area={"id": area.id, "kind": area.kind, "name": area.name} if area else None,
            secrets=secrets,
            pictures=counts[PICTURES] if pictures else None,
            tables=parts,
            sums=_sums(picked),
        )
        _add(pack, "MANIFEST.json", [json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()])
    return manifest


def read(file: Path, *, audit: Audit, step: Step) -> Manifest:
    """Load an archive into the empty database: all of it, or nothing. Return what it says of itself.

    Afterwards every table is read back and compared with its checksum, the sums are compared, and *audit* must name
    nothing. Raises `ArchiveBroken`, `OtherSchema`, `Unmigrated`, `DatabaseNotEmpty`, `ArchiveDiffers`.
    """
    try:
        with ZipFile(file) as pack:
            return _load(pack, audit, step)
    except _TORN as trouble:
        raise ArchiveBroken(member=file.name) from trouble


def compared(manifest: Manifest) -> Iterator[tuple[str, int, int]]:
    """Give each table's rows and each sum, as the archive says and as the database holds it."""
    for name, part in manifest.tables.items():
        yield name, part.rows, _one(f'SELECT COUNT(*) FROM "{name}"')
    found = _sums(None)
    for what in sorted(manifest.sums.keys() | found.keys()):
        yield what, manifest.sums.get(what, 0), found.get(what, 0)


def looks_like_one(file: Path) -> bool:
    """Tell whether *file* begins as an archive does."""
    with file.open("rb") as opened:
        return opened.read(2) == b"PK"


def require_empty() -> None:
    """Let an up-to-date database without a row pass. Raises `Unmigrated`, `DatabaseNotEmpty`."""
    if db.pending():
        raise Unmigrated()
    for table in TABLES:
        if db.execute(f'SELECT 1 FROM "{table._meta.table_name}" LIMIT 1').fetchone() is not None:
            raise DatabaseNotEmpty()


def described() -> dict[tuple[str, str], tuple[str, str, str]]:
    """Return the unit, what it refers to, and the meaning of each column; of a table under the column ``""``."""
    with COLUMNS.open(encoding="utf-8", newline="") as opened:
        return {(row[0], row[1]): (row[2], row[3], row[4]) for row in islice(csv.reader(opened), 1, None)}


@contextmanager
def new_file(file: Path, *, over: bool = False) -> Iterator[Path]:
    """Give a path beside *file* for its owner alone; it becomes *file* when all went well.

    Raises `FileIsThere`, but for *over*.
    """
    if file.exists() and not over:
        raise FileIsThere(name=file.name)
    part = file.with_name(f".{file.name}.part")
    os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    try:
        yield part
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


# --- writing ------------------------------------------------------------------------------------------------------


def _tables(pictures: bool) -> list[Any]:
    without = LEFT_OUT if pictures else (*LEFT_OUT, PICTURES)
    return [table for table in TABLES if table._meta.table_name not in without]


def _source(table: Any, picked: Picked | None, secrets: bool) -> tuple[str, dict[str, str], str]:
    """Return where the rows of *table* come from, each column's expression, and their order."""
    name = table._meta.table_name
    instead = {} if secrets else SECRETS.get(name, {})
    columns = {column: instead.get(column, f'"{name}"."{column}"') for column in table._meta.columns}
    source = f'"{name}"'
    if picked:
        source = picked.source(table)
        for column, bare in picked.bare(name).items():
            columns[column] = f"CASE WHEN pick.bare THEN {bare} ELSE {columns[column]} END"
    cells = {field.column_name: _cell(field, columns[field.column_name]) for field in table._meta.sorted_fields}
    keys = [field for field in table._meta.sorted_fields if field.primary_key or field.name in _composed(table)]
    bytewise = ' COLLATE "C"' if db.is_postgresql() else ""
    order = ", ".join(f'"{name}"."{field.column_name}"{bytewise if _is_text(field) else ""}' for field in keys)
    return source, cells, order


def _composed(table: Any) -> tuple[str, ...]:
    return tuple(getattr(table._meta.primary_key, "field_names", ()))


def _cell(field: Field[Any], value: str) -> str:
    """Return the expression of a value as it stands in the CSV; NULL is empty, a text always quoted."""
    if isinstance(field, BooleanField):
        written = f"CASE WHEN {value} THEN 'true' WHEN NOT {value} THEN 'false' END"
    elif _is_text(field):
        written = f"""'"' || REPLACE({value}, '"', '""') || '"'"""
    else:
        written = f"CAST({value} AS TEXT)"
    return f"COALESCE({written}, '')"


def _is_text(field: Field[Any]) -> bool:
    return isinstance(field, CharField | TextField)


def _lines(table: Any, source: str, cells: dict[str, str], order: str, progress: Progress) -> Iterator[bytes]:
    """Give a table's CSV in pieces: its head, then some rows at a time."""
    yield _head(table)
    line = " || ',' || ".join(cells.values())
    rows = _stream(f"SELECT {line} FROM {source} ORDER BY {order}", BATCH)
    while some := [row[0] for row in islice(rows, BATCH)]:
        progress.count(len(some))
        yield "\r\n".join([*some, ""]).encode()


def _head(table: Any) -> bytes:
    return (",".join(field.column_name for field in table._meta.sorted_fields) + "\r\n").encode()


def _stream(sql: str, at_once: int) -> Iterator[Any]:
    """Run *sql* and give its rows without holding them all."""
    if not db.is_postgresql():
        yield from db.execute(sql)
        return
    with db.database.obj.connection().cursor(name="archive") as cursor:
        cursor.itersize = at_once
        yield from cursor.execute(sql)


def _add(pack: ZipFile, member: str, pieces: Iterable[bytes], how: int = ZIP_DEFLATED) -> tuple[int, str]:
    """Write a member in pieces; return its size and SHA-256. The same pieces give the same bytes at any time."""
    info = ZipInfo(member)
    info.compress_type, info.create_system, info.external_attr = how, 3, 0o600 << 16
    digest, size = hashlib.sha256(), 0
    with pack.open(info, "w", force_zip64=True) as opened:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            opened.write(piece)
    return size, digest.hexdigest()


def _schema() -> list[str]:
    return sorted(path.stem for path in db.MIGRATIONS.glob("[0-9]*.py"))


def _one(sql: str) -> int:
    return int(db.execute(sql).fetchone()[0])


_SUMS = {
    "household_points": "SELECT COALESCE(SUM(balance), 0) FROM {account} WHERE type = 'household'",
    "held_points": "SELECT COALESCE(SUM(balance), 0) FROM {account} WHERE type = 'hold'",
    "owed_points": "SELECT COALESCE(SUM(balance), 0) FROM {account} WHERE type = 'owed'",
    "issued_points": """
        SELECT COALESCE(SUM(CASE source.type WHEN 'issuance' THEN points ELSE 0 END), 0)
             - COALESCE(SUM(CASE target.type WHEN 'issuance' THEN points ELSE 0 END), 0)
        FROM {transfer} AS moved JOIN account AS source ON source.id = moved.source_id
        JOIN account AS target ON target.id = moved.target_id
    """,
    "redeemed_points": "SELECT COALESCE(SUM(points), 0) FROM {receipt} AS given",
    "fund_fen": "SELECT COALESCE(SUM(fen), 0) FROM {fund_account} AS held",
    "stock_on_hand": "SELECT COALESCE(SUM(on_hand), 0) FROM {stock} AS shelf",
}


def _sums(picked: Picked | None) -> dict[str, int]:
    tables = {table._meta.table_name: table for table in TABLES}
    return {what: _one(sql.format_map(_Rows(tables, picked))) for what, sql in _SUMS.items()}


class _Rows(dict[str, Any]):
    """By name of a table: the rows that the archive holds of it."""

    def __init__(self, tables: dict[str, Any], picked: Picked | None) -> None:
        super().__init__(tables)
        self.picked = picked

    def __getitem__(self, name: str) -> str:
        if self.picked is None:
            return f'"{name}"'
        return f'(SELECT "{name}".* FROM {self.picked.source(super().__getitem__(name))})'


def _description() -> bytes:
    """Write the table of all columns: what each holds."""
    told = described()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("table", "column", "type", "may_be_empty", "unit", "refers_to", "meaning"))
    for table in TABLES:
        name = table._meta.table_name
        if name in LEFT_OUT:
            continue
        writer.writerow((name, "", "", "", "", "", told[name, ""][2]))
        for field in table._meta.sorted_fields:
            unit, refers, meaning = told[name, field.column_name]
            unit = unit or _UNITS.get(_type(field), "")
            if isinstance(field, ForeignKeyField):
                refers = f"{field.rel_model._meta.table_name}.{field.rel_field.column_name}"
            empty = "yes" if field.null else "no"
            writer.writerow((name, field.column_name, _type(field), empty, unit, refers, meaning))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


_UNITS = {"moment": "1970-01-01 起的微秒，UTC", "date": "年-月-日，当地"}


def _type(field: Field[Any]) -> str:
    kinds = {BooleanField: "boolean", DateField: "date", UTCField: "moment", BlobField: "file"}
    if _is_text(field):
        return "text"
    return next((word for kind, word in kinds.items() if isinstance(field, kind)), "integer")


class Progress:
    """Counts what is done, and tells it."""

    def __init__(self, step: Step, total: int) -> None:
        self.step, self.done, self.total = step, 0, total

    def count(self, more: int) -> None:
        """Tell that so much more is done."""
        self.done += more
        self.step(self.done, self.total)


# --- reading ------------------------------------------------------------------------------------------------------

_WRONG = (IntegrityError, DataError, sqlite3.IntegrityError, psycopg.IntegrityError, psycopg.DataError)
"""What the databases say to rows that are not allowed."""
_TORN = (BadZipFile, ZlibError, StructError, EOFError, OSError, ValueError, OverflowError, NotImplementedError)
"""What the reader of zip files says to one that was cut off or patched."""
_OWN = ("SHA256SUMS", "MANIFEST.json")
_PICTURE = re.compile(r"photos/([1-9][0-9]{0,17})\.jpg")
_MOST_BYTES_OF_LISTS = 256 * 1024 * 1024
_CELLS = {
    "integer": "(-?[0-9]+)?",
    "moment": "(-?[0-9]+)?",
    "boolean": "(true|false)?",
    "date": "([0-9]{4}-[0-9]{2}-[0-9]{2})?",
    "text": '(?:"([^"]*(?:""[^"]*)*)")?',
}


def _load(pack: ZipFile, audit: Audit, step: Step) -> Manifest:
    members = _members(pack)
    manifest = _manifest(pack, members)
    if manifest.schema != _schema():
        raise OtherSchema(theirs=manifest.schema[-1], ours=_schema()[-1], program=manifest.program)
    require_empty()
    tables = [table for table in _tables(pictures=False) if table._meta.table_name in manifest.tables]
    sums = _listed(pack, members)
    named = {f"{table._meta.table_name}.csv" for table in _tables(pictures=False)} | {"columns.csv"}
    shown = {member for member in members if _PICTURE.fullmatch(member)}
    for missing in (named ^ set(members) - shown - set(_OWN)) | (set(sums) ^ set(members) - set(_OWN)):
        raise ArchiveBroken(member=missing)
    if len(shown) != (manifest.pictures or 0) or len(tables) != len(manifest.tables):
        raise ArchiveBroken(member="MANIFEST.json")
    progress = Progress(step, 2 * manifest.rows + len(shown))
    with db.transaction():
        if not db.is_postgresql():
            db.execute("PRAGMA defer_foreign_keys = 1")
        for table in tables:
            part = manifest.tables[table._meta.table_name]
            rows = _rows(pack, members[f"{table._meta.table_name}.csv"], table, part, progress)
            try:
                with closing(rows):
                    _fill(table, rows)
            except _WRONG as trouble:
                raise ArchiveBroken(member=f"{table._meta.table_name}.csv") from trouble
        for member in sorted(shown, key=lambda member: int(member[7:-4])):
            _hang(pack, members[member], sums[member])
            progress.count(1)
        summaries.rebuild()
        _settle()
        _compare(manifest, tables, progress)
        if drifts := list(islice(audit(), 5)):
            raise ArchiveDiffers(what="；".join(drifts))
    return manifest


def _members(pack: ZipFile) -> dict[str, ZipInfo]:
    found = {info.filename: info for info in pack.infolist()}
    plain = all(info.compress_type in (ZIP_STORED, ZIP_DEFLATED) and not info.flag_bits & 1 for info in found.values())
    if len(found) != len(pack.infolist()) or not plain:
        raise ArchiveBroken(member=pack.filename or "")
    for needed in _OWN:
        if needed not in found:
            raise ArchiveBroken(member=needed)
    return found


def _manifest(pack: ZipFile, members: dict[str, ZipInfo]) -> Manifest:
    try:
        said = json.loads(_small(pack, members["MANIFEST.json"], 1024 * 1024))
        parts = {
            name: Part(int(part["rows"]), int(part["bytes"]), str(part["sha256"]))
            for name, part in said["tables"].items()
        }
        found = Manifest(**{**said, "tables": parts})
        if found.format != FORMAT or not all(isinstance(value, int) for value in found.sums.values()):
            raise ArchiveBroken(member="MANIFEST.json")
        if not found.schema or not all(isinstance(name, str) for name in found.schema):
            raise ArchiveBroken(member="MANIFEST.json")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as trouble:
        raise ArchiveBroken(member="MANIFEST.json") from trouble
    return found


def _listed(pack: ZipFile, members: dict[str, ZipInfo]) -> dict[str, str]:
    try:
        text = _small(pack, members["SHA256SUMS"], _MOST_BYTES_OF_LISTS).decode()
        return {member: digest for digest, member in (line.split("  ") for line in text.splitlines())}
    except ValueError as trouble:
        raise ArchiveBroken(member="SHA256SUMS") from trouble


def _small(pack: ZipFile, info: ZipInfo, most: int) -> bytes:
    """Read a whole member that is not larger than *most*."""
    if info.file_size > most:
        raise ArchiveBroken(member=info.filename)
    return pack.read(info)


def _rows(pack: ZipFile, info: ZipInfo, table: Any, part: Part, progress: Progress) -> Generator[tuple[Any, ...]]:
    """Give the rows of a table's CSV, in the one form that `write` knows, and at the end compare its checksum."""
    broken = ArchiveBroken(member=info.filename)
    if info.file_size != part.bytes:
        raise broken
    row = re.compile(",".join(_CELLS[_type(field)] for field in table._meta.sorted_fields) + "\r\n")
    decoder, digest, rows = codecs.getincrementaldecoder("utf-8")(), hashlib.sha256(), 0
    with pack.open(info) as opened:
        head = opened.read(len(_head(table)))
        digest.update(head)
        if head != _head(table):
            raise broken
        text = ""
        while piece := opened.read(1024 * 1024):
            digest.update(piece)
            try:
                text += decoder.decode(piece)
            except UnicodeDecodeError:
                raise broken from None
            begun = end = 0
            while found := row.match(text, end):
                end = found.end()
                yield tuple(cell.replace('""', '"') if cell and '"' in cell else cell for cell in found.groups())
                begun += 1
            text = text[end:]
            rows += begun
            progress.count(begun)
            if len(text) > MOST_SIGNS:
                raise broken
    if text or rows != part.rows or digest.hexdigest() != part.sha256:
        raise broken


def _fill(table: Any, rows: Iterator[tuple[Any, ...]]) -> None:
    name, fields = table._meta.table_name, table._meta.sorted_fields
    columns = ", ".join(f'"{field.column_name}"' for field in fields)
    connection = db.database.obj.connection()
    if db.is_postgresql():
        with connection.cursor() as cursor, cursor.copy(f'COPY "{name}" ({columns}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join(
        "CASE ? WHEN 'true' THEN 1 WHEN 'false' THEN 0 END" if isinstance(field, BooleanField) else "?"
        for field in fields
    )
    connection.executemany(f'INSERT INTO "{name}" ({columns}) VALUES ({marks})', rows)


def _hang(pack: ZipFile, info: ZipInfo, digest: str) -> None:
    """Put a picture back to its photo."""
    body = _small(pack, info, MOST_BYTES_OF_A_PICTURE)
    if hashlib.sha256(body).hexdigest() != digest:
        raise ArchiveBroken(member=info.filename)
    found = _PICTURE.fullmatch(info.filename)
    assert found
    try:
        db.execute("INSERT INTO photo_body (photo_id, body) VALUES (?, ?)", (int(found[1]), body))
    except _WRONG as trouble:
        raise ArchiveBroken(member=info.filename) from trouble


def _settle() -> None:
    """Let the database know what came: the next ids, how large the tables are; no reference may lead nowhere."""
    if not db.is_postgresql():
        for table, *_row in db.execute("PRAGMA foreign_key_check").fetchmany(1):
            raise ArchiveBroken(member=f"{table}.csv")
        return
    for table in TABLES:
        if isinstance(table._meta.primary_key, BigAutoField):
            name = table._meta.table_name
            last = (
                f"SELECT setval(pg_get_serial_sequence('\"{name}\"', 'id'), MAX(id)) FROM \"{name}\" HAVING MAX(id) > 0"
            )
            db.execute(last)
    db.execute("ANALYZE")


def _compare(manifest: Manifest, tables: Iterable[Any], progress: Progress) -> None:
    """Read everything back. Raises `ArchiveDiffers` where it is not what the archive says."""
    for what, said, found in compared(manifest):
        if said != found:
            raise ArchiveDiffers(what=f"{what}: {said} → {found}")
    for table in tables:
        name, digest = table._meta.table_name, hashlib.sha256()
        for piece in _lines(table, *_source(table, None, True), progress):
            digest.update(piece)
        if digest.hexdigest() != manifest.tables[name].sha256:
            raise ArchiveDiffers(what=f"{name}.csv")
