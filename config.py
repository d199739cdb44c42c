"""Settings, read from the environment; a missing one fails by its name.

POINTS_DATABASE_URL  sqlite:////var/lib/points/points.db (default: sqlite:///points.db) or postgresql://…
POINTS_SECRET_KEY    signs sessions; at least 32 characters, kept outside the database
POINTS_CARD_KEY      hashes card codes and PINs; at least 32 characters, kept outside the database and its backups
POINTS_SITE_ADDRESS  the address printed on cards and notices, e.g. https://points.example.cn
POINTS_SECURE_COOKIES  1 (default) behind HTTPS; 0 for a plain-http address in a village's own network
POINTS_LOCK_MINUTES  after so many minutes without a sign of the clerk a till locks itself (default: 5)
POINTS_SPOOL         a folder for files that wait to be fetched, 0700 (default: one in the system's temporary folder)
POINTS_REGISTRATION  the site's registration number for every footer, e.g. 陕ICP备00000000号 (default: none)
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


class MissingSetting(Exception):
    """A setting that has no safe default is not there, or too short; the message names it."""


@dataclass(frozen=True, slots=True)
class Config:
    database_url: str
    secret_key: str
    card_key: str
    site_address: str
    secure_cookies: bool
    registration: str = ""
    lock_minutes: int = 5
    spool: str = ""


def from_environment(environment: Mapping[str, str] = os.environ) -> Config:
    """Read the settings. Raises `MissingSetting`, naming the first that is missing."""
    return Config(
        database_url=database_url(environment),
        secret_key=_secret(environment, "POINTS_SECRET_KEY"),
        card_key=_secret(environment, "POINTS_CARD_KEY"),
        site_address=environment.get("POINTS_SITE_ADDRESS", "").rstrip("/"),
        secure_cookies=environment.get("POINTS_SECURE_COOKIES", "1") != "0",
        registration=environment.get("POINTS_REGISTRATION", "").strip(),
        lock_minutes=int(environment.get("POINTS_LOCK_MINUTES", "5")),
        spool=environment.get("POINTS_SPOOL", ""),
    )


def database_url(environment: Mapping[str, str] = os.environ) -> str:
    """Return the database's URL: all that commands such as ``points migrate`` need."""
    return environment.get("POINTS_DATABASE_URL", "sqlite:///points.db")


def _secret(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if len(value) < 32:
        state = "is too short" if value else "is missing"
        raise MissingSetting(
            f"{name} {state}: set it to at least 32 random characters, e.g. from `openssl rand -hex 32`"
        )
    return value
