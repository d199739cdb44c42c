"""PDF: what people typed is data, rare characters are drawn, and what no font has is told."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from points import pdf
from tests.tools import drawn, words

RARE = "𠮷䶮𬭎㑇"


@pytest.fixture
def one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be a template that shows a word and, if it is given one, a picture."""
    (tmp_path / "line.typ").write_text(
        '#let data = json("data.json")\n#set text(font: "Noto Sans CJK SC")\n#data.word\n'
        '#if "picture" in data { image(data.picture, width: 30mm) }'
    )
    monkeypatch.setattr(pdf, "TEMPLATES", tmp_path)


@pytest.mark.usefixtures("one_line")
@pytest.mark.parametrize("typed", ["#panic(1)", '#image("/etc/passwd")', "$x^2$ *b* _i_ // no \\ end", "= 标题", '"]}'])
def test_what_was_typed_is_never_read_as_a_command(typed: str) -> None:
    assert words(pdf.render("line", {"word": typed})).strip() == typed


@pytest.mark.usefixtures("one_line")
def test_rare_characters_are_drawn_from_the_font_that_comes_along() -> None:
    body = pdf.render("line", {"word": RARE})
    assert words(body).strip() == RARE
    assert b"NotoSansCJK" in body
    pictures = [drawn(pdf.render("line", {"word": sign}))[0].tobytes() for sign in (*RARE, "□", pdf.SUBSTITUTE)]
    assert len(set(pictures)) == len(pictures)  # each is a shape of its own, none the empty box


@pytest.mark.usefixtures("one_line")
def test_a_character_without_a_glyph_is_printed_as_the_sign_for_it() -> None:
    assert words(pdf.render("line", {"word": "甲\ue000乙"})).strip() == "甲〓乙"
    assert (pdf.missing("甲\ue000乙"), pdf.missing(f"王秀英{RARE}·")) == ("\ue000", "")


@pytest.mark.usefixtures("one_line")
def test_a_photo_is_shown() -> None:
    red = BytesIO()
    Image.new("RGB", (60, 40), (220, 20, 20)).save(red, "JPEG")
    body = pdf.render("line", {"word": "图", "picture": "a.svg"}, pictures={"a.svg": pdf.photo(red.getvalue(), 60, 40)})
    assert any(r > 180 and g < 80 for r, g, _b in drawn(body, 40)[0].convert("RGB").get_flattened_data())
    with pypdfium2.PdfDocument(BytesIO(body)) as document:
        assert len(document) == 1
