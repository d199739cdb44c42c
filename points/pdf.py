"""PDF from typst templates, its Chinese fonts embedded, rare characters included; nothing is taken from the system.

A template is a file of `points/paper/`. What people typed reaches it as data and never as markup, so nothing in it is
ever read as a command.
"""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import noto_cjk_sans_otc
from PIL import ImageFont

TEMPLATES = Path(__file__).parent / "paper"
FONT = Path(str(noto_cjk_sans_otc.FONT_PATH))
_SIMPLIFIED = 2  # the font file holds one face for each country; this one draws characters as mainland China does
_BLANK = re.compile(r"[\s\u200b-\u200f\u2028-\u202f\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")
LONGEST = 120  # seconds that one PDF may take
SUBSTITUTE = "〓"
"""Stands for a character that no font at hand can draw, as in Chinese print."""


def render(template: str, data: Mapping[str, Any], *, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """Fill the template `points/paper/<template>.typ` with *data* and return the PDF.

    The template reads *data* by ``json("data.json")`` and a picture by its name: an SVG, or a `photo`. A character
    without a glyph is replaced by `SUBSTITUTE`: `missing` tells beforehand which.
    """
    files = {file.name: file.read_bytes() for file in TEMPLATES.glob("*.typ")}
    files["main.typ"] = files.pop(f"{template}.typ")
    files["data.json"] = json.dumps(_drawable(data), ensure_ascii=False).encode()
    for name, body in (pictures or {}).items():
        files[name] = body
    return _typeset(files)


def photo(jpeg: bytes, width: int, height: int) -> bytes:
    """Return a JPEG as an SVG that holds it: the files given to typst have to be text."""
    held = b64encode(jpeg).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" href="data:image/jpeg;base64,{held}"/></svg>'
    ).encode()


def missing(text: str) -> str:
    """Return the characters of *text* that cannot be drawn, each once."""
    return "".join(sorted({sign for sign in text if not _is_drawn(sign)}))


def _drawable(value: Any) -> Any:
    if isinstance(value, str):
        gone = missing(value)
        return re.sub(f"[{re.escape(gone)}]", SUBSTITUTE, value) if gone else value
    if isinstance(value, Mapping):
        return {name: _drawable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_drawable(inner) for inner in value]
    return value


def _typeset(files: Mapping[str, bytes]) -> bytes:
    command = [sys.executable, "-I", str(Path(__file__).with_name("typeset.py"))]
    given = pickle.dumps((files, str(FONT.parent)))
    ended = subprocess.run(command, input=given, capture_output=True, timeout=LONGEST, check=False)
    if ended.returncode:
        raise RuntimeError(ended.stderr.decode(errors="replace")[-2000:])
    return ended.stdout


@cache
def _face() -> tuple[ImageFont.FreeTypeFont, bytes]:
    face = ImageFont.truetype(str(FONT), 20, index=_SIMPLIFIED)
    return face, bytes(face.getmask("\U0010ffff"))


@lru_cache(maxsize=4096)
def _is_drawn(sign: str) -> bool:
    if _BLANK.match(sign):
        return True
    face, nothing = _face()
    return bytes(face.getmask(sign)) != nothing
