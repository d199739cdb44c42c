"""What people type, cleaned."""

import pytest

from points.errors import Missing
from points.texts import optional, required


def test_signs_that_nobody_sees_go_and_all_others_stay() -> None:
    assert optional("王\x00秀\u202e英\u200b", "姓名", 3) == "王秀英"
    assert optional(" 好\t\n人 👨\u200d👩\u200d👧 ئۇ ", "说明", 40) == "好 人 👨\u200d👩\u200d👧 ئۇ"


@pytest.mark.parametrize("text", ["", " \u3000", "\u200b\u2060", "\x00"])
def test_a_reason_of_nothing_is_none(text: str) -> None:
    with pytest.raises(Missing):
        required(text, "理由", 120)
