"""The `points` command: thin wrappers over the services."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import click

import config
from points import clock, db, demo, fundbook, holding, ledger, stock
from points.errors import PointsError
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
    """Recompute balances, shelf, reservations, fund and settlements; name each drift and exit 1 on any."""
    db.connect(config.database_url())
    drifts = 0
    for drift in ledger.audit():
        drifts += 1
        click.echo(f"{drift.what} {drift.id}: stored {drift.stored}, recomputed {drift.recomputed}")
    for what, id_, stored, recomputed in stock.audit():
        drifts += 1
        click.echo(f"stock {what} {id_}: stored {stored}, recomputed {recomputed}")
    for what, id_, stored, recomputed in holding.audit():
        drifts += 1
        click.echo(f"reservation {what} {id_}: stored {stored}, recomputed {recomputed}")
    for what, id_, stored, recomputed in fundbook.audit():
        drifts += 1
        click.echo(f"fund {what} {id_}: stored {stored}, recomputed {recomputed}")
    for what, id_, stored, recomputed in settlement.audit():
        drifts += 1
        click.echo(f"settlement {what} {id_}: stored {stored}, recomputed {recomputed}")
    count = db.execute("SELECT COUNT(*) FROM transfer").fetchone()[0]
    click.echo(f"{count} transfers, {drifts} drifts")
    sys.exit(1 if drifts else 0)


@cli.command("tick")
def run_tick() -> None:
    """Post what is due, once: what the serving process does every minute."""
    db.connect(config.database_url())
    report = tick.tick(now=clock.now(), progress=_shown)
    click.echo(f"{report.posted} lines posted, {report.expired} reservations expired")


def _shown(notices: list[int]) -> Iterator[int]:
    if notices:
        with click.progressbar(notices, label="notices", file=sys.stderr) as bar:
            yield from bar


def _require_free(host: str, port: int) -> None:
    """Refuse a port where something listens already: the server would share it, and answer every other request."""
    with socket.socket() as probe:
        if probe.connect_ex((host, port)) == 0:
            raise click.ClickException(f"something serves on {host}:{port} already: stop it, or choose another port")


def _serve(host: str, port: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces

    # On SQLite a second process waits for the first, a second thread for the interpreter: both made it slower.
    workers, threads = (2, 2) if db.is_postgresql() else (1, 1)
    db.disconnect()
    Granian(
        "points.wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        static_path_route=["/static"],
        static_path_mount=[STATIC],
        static_path_expires=3600,
        log_level="warning",  # type: ignore[arg-type]
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
