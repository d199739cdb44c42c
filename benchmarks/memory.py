"""What one worker keeps in memory while it serves: after thousands of mixed requests, and whether that still grows.

A hundred requests hold what a day holds, the rare and heavy ones far more often than in life: redemptions, pages, and
of each one a list as csv and as xlsx, a poster as PDF, a photo, and two sign-ins.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from io import BytesIO
from itertools import count, islice
from pathlib import Path
from statistics import fmean, linear_regression
from typing import Any, Protocol
from urllib.parse import urlencode

from PIL import Image

from benchmarks.client import Visitor
from benchmarks.seed import PASSWORD, County

MARKS = range(10_000, 20_001, 500)
"""After so many requests the workers are weighed, at rest; what is kept for later ones has filled up before. How much
they hold is read at the first, what they gain from all."""
SMALL = range(200, 401, 20)
AT_ONCE = 4
Ask = tuple[str, str, dict[str, str], bytes]


class Till(Protocol):
    """A clerk at a till, as `benchmarks.__main__` has it."""

    counter: Any
    visitor: Visitor
    path: str
    token: str

    def body(self, turn: int, key: str, sorts: int) -> bytes: ...


def figures(
    port: int, tills: Sequence[Till], villagers: Sequence[Visitor], county: County, *, small: bool
) -> dict[str, float]:
    """Send the mixed requests to the server on *port*: megabytes of its largest worker, and how many a thousand add.

    One weighing says little, since Python takes a megabyte at a time: what a thousand add is the slope through all of
    them, of the workers' mean.
    """
    marks = SMALL if small else MARKS
    weights = weigh(port, _mixed(port, tills, villagers, county), marks)
    slope = linear_regression([mark / 1000 for mark in marks], [fmean(seen.values()) for seen in weights]).slope
    return {"worker_mb": round(max(weights[0].values()), 1), "worker_mb_a_thousand": round(slope, 2)}


def weigh(port: int, asks: Iterator[Ask], marks: Iterable[int]) -> list[dict[int, float]]:
    """Send *asks*, and return the megabytes of each worker at each of *marks*."""
    weights = []
    done = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for mark in marks:
            list(pool.map(lambda ask: _send(port, ask), islice(asks, mark - done)))
            done = mark
            weights.append({pid: _rss(pid) / 1024 for pid in _behind(port)})
    return weights


def _behind(port: int) -> list[int]:
    """Find the workers of the server on *port*: the processes that another one with the same command started."""
    said = {int(entry.name): entry for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    found = []
    for pid, entry in said.items():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if str(port).encode() in words and (said.get(parent, Path()) / "cmdline").exists():
            found.append((pid, parent))
    pids = {pid for pid, _ in found}
    return [pid for pid, parent in found if parent in pids]


def _rss(pid: int) -> int:
    """Return the kilobytes that are resident, shared pages included."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found, f"process {pid} tells nothing of its memory"
    return int(found[1])


def _send(port: int, ask: Ask) -> None:
    method, path, headers, body = ask
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body or None, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    assert answer.status in (200, 303), f"{method} {path} answered {answer.status}: {text[:2000]!r}"


def _mixed(port: int, tills: Sequence[Till], villagers: Sequence[Visitor], county: County) -> Iterator[Ask]:
    """Write the requests without end, the same hundred kinds again and again."""
    run, first = secrets.token_hex(8), tills[0]
    shop_goods, clerk = first.counter.goods[0][0], first.visitor.cookie
    photo = _photo()
    sign_in = Visitor(port)
    token = sign_in.token("/sign-in")
    for turn in count():
        till, villager = tills[turn % len(tills)], villagers[turn % len(villagers)]
        for at in range(100):
            key = f"{run}{turn:08x}{at:04x}"
            form = f"csrf_token={first.token}&key={key}"
            match at:
                case 10 | 60:
                    said = f"csrf_token={token}&username={till.counter.username}&password={PASSWORD}"
                    yield _post("/sign-in", sign_in.cookie, said)
                case 20 | 30:
                    kind = "csv" if at == 20 else "xlsx"
                    yield _post(f"/lists/goods.index/1?{_SOME}", clerk, f"{form}&format={kind}")
                case 70 if turn % 10 == 0:  # a long one: written by a job
                    yield _post("/lists/goods.index/1", clerk, f"{form}&format=xlsx")
                case 40:
                    yield _post(f"/papers/rules/{county.full_village}", clerk, form)
                case 50:
                    fields = {"csrf_token": first.token, "key": key, "name": "大米5kg", "unit": "袋"}
                    fields |= {"category": "粮油", "price": "30", "low_at": "3"}
                    yield _upload(f"/goods/{shop_goods}/edit", clerk, fields, photo)
                case _ if at % 2:
                    yield _post(till.path, till.visitor.cookie, till.body(turn * 50 + at // 2, key, 1).decode())
                case _:
                    path, who = _PAGES[at // 2 % len(_PAGES)]
                    cookie = {"clerk": till.visitor.cookie, "villager": villager.cookie, "": ""}[who]
                    yield "GET", path.format(till=till.counter.till_id, village=county.full_village), _head(cookie), b""


_SOME = urlencode({"category": "粮油"})
"""500 of 2,000 goods: a list of more than a thousand rows is written by a process of its own."""
_PAGES = (("/home", "villager"), ("/tills/{till}", "clerk"), ("/desk", "clerk"), ("/villages/{village}/notices", ""),
          ("/home", "villager"), ("/villages/{village}/goods", ""), ("/notices/1", ""))  # fmt: skip


def _head(cookie: str, type_: str = "application/x-www-form-urlencoded") -> dict[str, str]:
    return {"Cookie": cookie, "Content-Type": type_}


def _post(path: str, cookie: str, form: str) -> Ask:
    return "POST", path, _head(cookie), form.encode()


def _upload(path: str, cookie: str, fields: dict[str, str], photo: bytes) -> Ask:
    edge = secrets.token_hex(8)
    parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
             for name, value in fields.items()]  # fmt: skip
    head = f'--{edge}\r\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\r\n\r\n'.encode()
    body = b"".join([*parts, head, photo, f"\r\n--{edge}--\r\n".encode()])
    return "POST", path, _head(cookie, f"multipart/form-data; boundary={edge}"), body


def _photo() -> bytes:
    """Draw what a phone's camera sends: twelve million pixels."""
    out = BytesIO()
    Image.effect_noise((1000, 750), 60).resize((4000, 3000)).convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()
