"""Write points/initials.txt anew, from pypinyin's dictionaries: ``python -m tests.initials``.

One line for each page of 256 signs (the first of them, then a letter for each), then one for each phrase within which
a sign is read otherwise. The dictionaries themselves would take 50 MB of every server.
"""

from __future__ import annotations

from collections import defaultdict

from points import names

PAGE = 256
NONE = "."


def written() -> str:
    """Return what the file has to hold."""
    from pypinyin import Style, lazy_pinyin
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

    def read(text: str) -> str:
        return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER))

    pages: dict[int, list[str]] = defaultdict(lambda: [NONE] * PAGE)
    for sign in PINYIN_DICT:
        pages[sign // PAGE][sign % PAGE] = read(chr(sign))
    found = {chr(number * PAGE): "".join(page) for number, page in sorted(pages.items())}
    phrases = {text: read(text) for text in sorted(PHRASES_DICT, key=lambda text: (len(text), text))}
    while wrong := [text for text in phrases if names.read(text, found) != phrases[text]]:
        for text in wrong:
            if names.read(text, found) != phrases[text]:
                found[text] = phrases[text]
    return "".join(f"{name} {letters}\n" for name, letters in found.items())


if __name__ == "__main__":
    names.READINGS.write_text(written(), encoding="utf-8")
