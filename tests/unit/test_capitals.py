"""Capital numerals on papers that are paid upon."""

import pytest

from points.capitals import capitals


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (10, "壹角整"),
        (100, "壹元整"),
        (105, "壹元零伍分"),
        (110, "壹元壹角整"),
        (1_000_00, "壹仟元整"),
        (1_001_00, "壹仟零壹元整"),
        (10_100_00, "壹万零壹佰元整"),
        (1_000_001_00, "壹佰万零壹元整"),
        (10_010_000_00, "壹仟零壹万元整"),
        (100_000_000_00, "壹亿元整"),
        (100_000_100_00, "壹亿零壹佰元整"),
        (107_000_53, "壹拾万柒仟元伍角叁分"),
        (1_234_567_89, "壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分"),
    ],
)
def test_fen_are_written_as_a_bank_writes_them(fen: int, words: str) -> None:
    assert capitals(fen) == words
