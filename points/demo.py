"""The demo: one local file beside its secrets, which are random and readable by their owner only.

Nothing else is ever filled with it. What happens in it, `points.story` tells.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from points import codes, db
from points.errors import ClockUnsure
from points.models import Area, Person
from points.services import tick
from points.story import STEPS, Story

__all__ = ["LOGINS", "STEPS", "Home", "fill", "greeting", "open_database", "wake"]

LOGINS = {
    "admin": "管理员",
    "admin2": "管理员（确认人）",
    "township": "乡镇监督员",
    "committee": "村委干部（记录）",
    "steward": "网格员（初审）",
    "council": "评议员",
    "clerk": "店员",
    "supermarket": "签约超市的店员",
    "villager": "村民",
}


@dataclass
class Home:
    """Where the demo lives: its folder, and what its secrets file holds."""

    folder: Path
    port: int
    secrets: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if self._file.exists():
            lines = self._file.read_text().splitlines()
            self.secrets = dict(line.split("=", 1) for line in lines)
        else:
            self.remember(
                POINTS_SECRET_KEY=secrets.token_hex(32),
                POINTS_CARD_KEY=secrets.token_hex(32),
                DEMO_PASSWORD="demo-" + "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(6)),
            )

    @property
    def _file(self) -> Path:
        return self.folder / "demo.secrets"

    def remember(self, **more: str) -> None:
        """Keep *more* in the secrets file, which only its owner may read."""
        self.secrets.update(more)
        with os.fdopen(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.writelines(f"{name}={value}\n" for name, value in self.secrets.items())

    @property
    def database(self) -> Path:
        """The demo's own file; no other database is ever filled."""
        return self.folder.absolute() / "demo.db"

    @property
    def environment(self) -> dict[str, str]:
        """What the serving process needs to know."""
        return {
            "POINTS_SECRET_KEY": self.secrets["POINTS_SECRET_KEY"],
            "POINTS_CARD_KEY": self.secrets["POINTS_CARD_KEY"],
            "POINTS_DATABASE_URL": f"sqlite:///{self.database}",
            "POINTS_SITE_ADDRESS": f"http://127.0.0.1:{self.port}",
            "POINTS_SECURE_COOKIES": "0",
        }


def open_database(home: Home, *, now: datetime, step: Callable[[], None]) -> None:
    """Bind the demo's database, up to date, and filled if it was empty.

    It is filled beside its place and moved there when complete, so a filling that was interrupted begins anew.
    """
    db.connect(f"sqlite:///{home.database}")
    db.migrate()
    if not is_empty():
        return
    db.disconnect()
    draft = home.folder.absolute() / "filling.db"
    draft.unlink(missing_ok=True)
    db.connect(f"sqlite:///{draft}")
    db.execute("PRAGMA synchronous = OFF")  # this file is thrown away if anything goes wrong
    db.migrate()
    fill(home, now=now, step=step)
    db.disconnect()
    draft.replace(home.database)
    db.connect(f"sqlite:///{home.database}")


def is_empty() -> bool:
    """Tell whether the bound database holds no place and no person yet."""
    return not Area.select().exists() and not Person.select().exists()


def wake(*, now: datetime) -> None:
    """Let the demo go on after days of rest: its administrator confirms the clock, as a real one would on the page."""
    try:
        tick.tick(now=now)
    except ClockUnsure:
        admin = Person.get(Person.username == "admin")
        tick.confirm_clock(key=uuid4().hex, actor=admin, now=now)


def greeting(home: Home) -> str:
    """Say where to go and who may sign in."""
    rows = [f"  {username:<12} {role}" for username, role in LOGINS.items()]
    return "\n".join(
        [
            "",
            f"演示村已就绪: http://127.0.0.1:{home.port}",
            f"所有演示用户的密码：{home.secrets['DEMO_PASSWORD']}",
            *rows,
            f"试用卡号 {home.secrets['DEMO_CARD']}  取货密码 {home.secrets['DEMO_PIN']}",
            "按 Ctrl+C 停止；再次运行会保留所有数据。",
            "",
        ]
    )


def fill(home: Home, *, now: datetime, step: Callable[[], None]) -> None:
    """Live three months in the demo village, up to *now*; call *step* `STEPS` times on the way."""
    codes.use_key(home.secrets["POINTS_CARD_KEY"])
    assert is_empty(), "the demo fills an empty database only"
    number, pin = Story(home.secrets["DEMO_PASSWORD"], now, step).tell()
    home.remember(DEMO_CARD=number, DEMO_PIN=pin)
