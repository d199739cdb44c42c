"""PDF from typst templates, its Chinese fonts embedded, rare characters included; nothing is taken from the system.

A template is a file of `points/paper/`. What people typed reaches it as data and never as markup, so nothing in it is
ever read as a command.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import noto_cjk_sans_otc
import typst
from PIL import ImageFont

TEMPLATES = Path(__file__).parent / "paper"
FONT = Path(str(noto_cjk_sans_otc.FONT_PATH))
_SIMPLIFIED = 2  # the font file holds one face for each country; this one draws characters as mainland China does
_BLANK = re.compile(r"[\s\u200b-\u200f\u2028-\u202f\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")
SUBSTITUTE = "〓"
"""Stands for a character that no font at hand can draw, as in Chinese print."""


def render(template: str, data: Mapping[str, Any], *, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """Fill the template `points/paper/<template>.typ` with *data* and return the PDF.

    The template reads *data* by ``json("data.json")`` and a picture (SVG, JPEG or PNG) by its name. A character without
    a glyph is replaced by `SUBSTITUTE`: `missing` tells beforehand which.
    """
    files = {file.name: file.read_bytes() for file in TEMPLATES.glob("*.typ")}
    files["main.typ"] = files.pop(f"{template}.typ")
    files["data.json"] = json.dumps(_drawable(data), ensure_ascii=False).encode()
    for name, body in (pictures or {}).items():
        files[name] = body
    made: bytes = typst.compile(files, font_paths=_fonts(), ignore_system_fonts=True)  # type: ignore[call-overload]
    return made


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


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONT.parent)])


@cache
def _face() -> tuple[ImageFont.FreeTypeFont, bytes]:
    face = ImageFont.truetype(str(FONT), 20, index=_SIMPLIFIED)
    return face, bytes(face.getmask("\U0010ffff"))


@cache
def _is_drawn(sign: str) -> bool:
    if _BLANK.match(sign):
        return True
    face, nothing = _face()
    return bytes(face.getmask(sign)) != nothing
