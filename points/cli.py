"""The `points` command: thin wrappers over the services."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

import config
from points import (
    archive,
    backup,
    clock,
    codes,
    county,
    db,
    demo,
    expiring,
    fundbook,
    holding,
    ledger,
    stock,
    summaries,
)
from points.errors import ArchiveDiffers, BackupElsewhere, NotABackup, NotOnLoopback, PointsError, UnknownVillage
from points.models.areas import Area
from points.services import settlement, staff, tick

STATIC = Path(__file__).parent / "static"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Points 积分兑换超市."""


@cli.command("migrate")
def migrate() -> None:
    """Bring the database at POINTS_DATABASE_URL up to date."""
    db.connect(config.database_url())
    applied = db.migrate()
    click.echo("\n".join(applied) if applied else "up to date")


@cli.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
def serve(host: str, port: int) -> None:
    """Serve the site: never seeds, brings no login, fails by name on a missing secret."""
    settings = config.from_environment()
    _require_free(host, port)
    db.connect(settings.database_url)
    if db.pending():
        raise click.ClickException("the database is not up to date: run `points migrate` first")
    _serve(host, port)


@cli.command("demo")
def run_demo() -> None:
    """Serve the demo village on 127.0.0.1 (PORT), filling its own local database if it is empty."""
    if "POINTS_DATABASE_URL" in os.environ:
        raise click.ClickException(
            "the demo fills only its own local file: unset POINTS_DATABASE_URL, or use `points serve`"
        )
    port = int(os.environ.get("PORT", "8000"))
    _require_free("127.0.0.1", port)
    home = demo.Home(Path("instance"), port)
    os.environ.update(home.environment)
    with click.progressbar(length=demo.STEPS, label="the demo village", file=sys.stderr) as bar:
        demo.open_database(home, now=clock.now(), step=lambda: bar.update(1))
    demo.wake(now=clock.now())
    click.echo(demo.greeting(home))
    _serve("127.0.0.1", port)


@cli.group("seed")
def seed() -> None:
    """Fill an empty database, to try and to measure."""


@seed.command("demo")
@click.option("--villages", type=click.IntRange(1, 2000), default=4, show_default=True)
@click.option("--months", type=click.IntRange(1, 96), default=3, show_default=True)
@click.option("--seed", "number", default=1, show_default=True, help="the same number gives the same county")
@click.option("--yes", is_flag=True, help="also on another machine's database")
def seed_demo(villages: int, months: int, number: int, yes: bool) -> None:
    """Fill the empty database at POINTS_DATABASE_URL with a county: villages of real shape, months of life, audited."""
    settings = config.from_environment()
    if not yes and not db.is_local(settings.database_url):
        raise NotOnLoopback()
    db.connect(settings.database_url)
    archive.require_empty()
    codes.use_key(settings.card_key)
    password = secrets.token_urlsafe(9)
    length, now = county.steps(villages, months), clock.now()
    try:
        with click.progressbar(length=length, label=f"{villages} villages, {months} months", file=sys.stderr) as bar:
            card, pin = county.build(
                villages=villages, months=months, seed=number, password=password, now=now, step=lambda: bar.update(1)
            )
    except KeyboardInterrupt:
        raise SystemExit(_HALF_FILLED) from None
    drifts = list(_drifts())
    for table in ("household", "person", "line", "voice", "receipt", "transfer"):
        click.echo(f"{table}: {db.execute(f'SELECT COUNT(*) FROM {table}').fetchone()[0]}")
    click.echo("\n".join([*drifts, f"{len(drifts)} drifts"]))
    click.echo(
        f"sign in as admin, admin2, county, township1, or (1 to {villages}) committee1, treasurer1, steward1, "
        f"council1, clerk1, villager1; password {password}; card {card} PIN {pin}"
    )
    sys.exit(1 if drifts else 0)


_HALF_FILLED = "interrupted: the database is half filled. Delete it, or make a new one, migrate it and begin again"


@cli.group("admin")
def admin() -> None:
    """Administrators."""


@admin.command("create")
@click.option("--area", prompt="county or township", help="the root area, made if there is none")
@click.option("--name", prompt="full name")
@click.option("--username", prompt=True)
@click.password_option()
def create_admin(area: str, name: str, username: str, password: str) -> None:
    """Make the first administrator, and a second one who can confirm what the first proposes."""
    db.connect(config.database_url())
    staff.create_admin(name=name, username=username, password=password, area_name=area, now=clock.now())
    click.echo(f"{username} may sign in")


@cli.group("ledger")
def ledger_group() -> None:
    """The book."""


@ledger_group.command("audit")
def audit() -> None:
    """Recompute balances, summaries, shelf, reservations, fund and settlements; name each drift and exit 1 on any."""
    db.connect(config.database_url())
    drifts = list(_drifts())
    for drift in drifts:
        click.echo(drift)
    count = db.execute("SELECT COUNT(*) FROM transfer").fetchone()[0]
    click.echo(f"{count} transfers, {len(drifts)} drifts")
    sys.exit(1 if drifts else 0)


@cli.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--village", default="", metavar="NAME|ID", help="all of one village, without its secrets")
@click.option("--photos/--no-photos", default=True, show_default=True)
def export(file: Path, village: str, photos: bool) -> None:
    """Write everything into one FILE: plain CSV, photos, a description of every column, checksums."""
    db.connect(config.database_url())
    with archive.snapshot(), _bar("export") as step:
        area = _village(village) if village else None
        written = archive.write(file, now=clock.now(), area=area, secrets=area is None, pictures=photos, step=step)
    click.echo(_told(written))


@cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> None:
    """Load an exported FILE into an empty database: all of it, proved by the audit, or nothing."""
    db.connect(config.database_url())
    _load(file)


@cli.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
def back_up(file: Path) -> None:
    """Copy the database into FILE while it is in use, and audit the copy."""
    url = config.database_url()
    db.connect(url)
    if db.is_postgresql():
        with archive.snapshot(), _bar("backup") as step:
            click.echo(_told(archive.write(file, now=clock.now(), secrets=True, step=step)))
            drifts = list(_drifts())
    else:
        with _bar("backup") as step:
            backup.save(url, file, step=step)
        db.connect(backup.url_of(file))
        drifts = list(_drifts())
    db.disconnect()
    click.echo("\n".join([*drifts, f"{len(drifts)} drifts", _KEPT_ELSEWHERE]))
    sys.exit(1 if drifts else 0)


@cli.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Put a backup FILE where POINTS_DATABASE_URL says, if no database is there or an empty one; audit it."""
    url = config.database_url()
    if archive.looks_like_one(file):
        db.connect(url)
        if not db.database.get_tables():
            db.migrate()
        _load(file)
    elif not backup.looks_like_one(file):
        raise NotABackup()
    elif not url.startswith("sqlite"):
        raise BackupElsewhere()
    else:
        with _bar("restore") as step, backup.restoring(file, url, step=step) as copy:
            db.connect(copy)
            current = backup.require_known()
            drifts = list(_drifts()) if current else []
            db.disconnect()
            _refuse(drifts)
        click.echo("0 drifts" if current else "an older schema: run `points migrate`, then `points ledger audit`")
    click.echo(_KEPT_ELSEWHERE)


_KEPT_ELSEWHERE = (
    "not in it: POINTS_SECRET_KEY and POINTS_CARD_KEY. Keep them in another place: without POINTS_CARD_KEY no card and "
    "no PIN works"
)


def _load(file: Path) -> None:
    with _bar("import") as step:
        try:
            manifest = archive.read(file, audit=_drifts, step=step)
        except ArchiveDiffers as refusal:
            raise SystemExit(str(refusal)) from None
    for what, said, found in archive.compared(manifest):
        if said or found:
            click.echo(f"{what}: {said} = {found}")
    click.echo(f"{_told(manifest)}, 0 drifts")


def _told(manifest: archive.Manifest) -> str:
    return f"{manifest.rows} rows of {len(manifest.tables)} tables, {manifest.pictures or 0} photos"


def _village(asked: str) -> Area:
    is_it = Area.id == int(asked) if asked.isdecimal() else Area.name == asked
    found = list(Area.select().where(is_it, Area.kind == "village").limit(2))
    if len(found) != 1:
        raise UnknownVillage(name=asked)
    return found[0]


def _drifts() -> Iterator[str]:
    """Recompute everything that is stored twice, and name each drift."""
    for drift in ledger.audit():
        yield f"{drift.what} {drift.id}: stored {drift.stored}, recomputed {drift.recomputed}"
    books = {"stock": stock, "reservation": holding, "expiry": expiring, "fund": fundbook}
    books |= {"settlement": settlement, "summary": summaries}
    for book, module in books.items():
        for what, id_, stored, recomputed in module.audit():
            yield f"{book} {what} {id_}: stored {stored}, recomputed {recomputed}"


def _refuse(drifts: list[str]) -> None:
    if drifts:
        raise SystemExit("\n".join(drifts))


@contextmanager
def _bar(label: str) -> Iterator[archive.Step]:
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def step(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield step


@cli.command("tick")
def run_tick() -> None:
    """Post what is due, once: what the serving process does every minute."""
    db.connect(config.database_url())
    report = tick.tick(now=clock.now(), progress=_shown)
    click.echo(f"{report.posted} lines posted, {report.expired} reservations expired, {report.lapsed} points lapsed")


def _shown(notices: list[int]) -> Iterator[int]:
    if notices:
        with click.progressbar(notices, label="notices", file=sys.stderr) as bar:
            yield from bar


def _require_free(host: str, port: int) -> None:
    """Refuse a port where something listens already: the server would share it, and answer every other request."""
    with socket.socket() as probe:
        if probe.connect_ex((host, port)) == 0:
            raise click.ClickException(f"something serves on {host}:{port} already: stop it, or choose another port")


def _server() -> Any:
    """Load granian; its own allocator is to give back what a photo took, or it keeps 20 MB and more."""
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")  # read while it is loaded
    import granian

    return granian


def _serve(host: str, port: int) -> None:
    granian = _server()
    interfaces = granian.constants.Interfaces
    # SQLite has one writer: one process and one thread, which commits for all who wait. `points.web.loop` says how.
    kept: dict[str, Any] = (
        {"target": "points.wsgi:app", "interface": interfaces.WSGI, "workers": 2, "blocking_threads": 2}
        if db.is_postgresql()
        else {"target": "points.rsgi:app", "interface": interfaces.RSGI, "workers": 1}
    )
    db.disconnect()
    granian.Granian(
        **kept,
        address=host,
        port=port,
        static_path_route=["/static"],
        static_path_mount=[STATIC],
        static_path_expires=3600,
        log_level="warning",
    ).serve()


def main() -> None:
    """Run the command; a refusal or a missing setting is one sentence, not a stack trace."""
    try:
        cli()
    except (PointsError, config.MissingSetting) as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
