"""Card codes, PINs, names, waits: what people carry, type and read."""

from datetime import UTC, datetime, timedelta

import pytest

from points import codes, tries
from points.errors import CardMisread, WeakPin
from points.names import READINGS, initials, mask
from tests.initials import written


def test_a_card_fits_the_smallest_strong_qr_and_reads_back() -> None:
    number, code = codes.new_card("a write's key")
    assert (len(number), len(code)) == (12, 34)
    assert codes.read(f" {number[:4]} {number[4:8]}-{number[8:]} ") == codes.Presented(number, None)
    assert codes.read(code) == codes.Presented(number, code)
    assert (codes.read(number).via, codes.read(code).via) == ("typed", "scan")


def test_the_same_write_prints_the_same_card_and_another_write_another() -> None:
    assert codes.new_card("one") == codes.new_card("one") != codes.new_card("two")


@pytest.mark.parametrize("place", range(12))
def test_one_wrong_digit_is_told_from_a_strange_card(place: int) -> None:
    number, _ = codes.new_card("a write's key")
    wrong = str((int(number[place]) + 1) % 10)
    with pytest.raises(CardMisread):
        codes.read(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize("typed", ["", "12", "abcdefghijkl", "12345678901", "1" * 35, "123456789012"])
def test_what_is_no_card_is_misread(typed: str) -> None:
    with pytest.raises(CardMisread):
        codes.read(typed)


@pytest.mark.parametrize("pin", "000000 777777 123456 987654 890123 121212 123123 12345 一二三四五六".split())
def test_a_weak_pin_is_refused(pin: str) -> None:
    with pytest.raises(WeakPin):
        codes.require_strong_pin(pin)


def test_a_stored_pin_depends_on_the_person_and_the_key() -> None:
    first = codes.hash_pin(1, "135790")
    assert first != codes.hash_pin(2, "135790")
    codes.use_key("another key for tests, thirty-two signs")
    assert first != codes.hash_pin(1, "135790")


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王英", "王*"),
        ("王秀英", "王*英"),
        ("欧阳小娜", "欧*娜"),
        ("卓玛次仁", "卓*"),
        ("买买提·吐尔逊", "买*"),
        ("扎西顿珠", "扎*"),
        ("", "*"),
    ],
)
def test_a_name_is_masked(name: str, masked: str) -> None:
    assert mask(name) == masked


@pytest.mark.parametrize(
    ("name", "found_by"), [("王秀英", "wxy"), ("单田芳", "stf"), ("曾国藩", "zgf"), ("𠮷A1", "a1")]
)
def test_a_name_is_found_by_its_initials(name: str, found_by: str) -> None:
    assert initials(name).endswith(found_by)


def test_the_readings_kept_are_those_of_the_dictionary() -> None:
    assert READINGS.read_text(encoding="utf-8") == written(), "run python -m tests.initials"


def test_waits_grow_and_never_become_a_lock() -> None:
    waits = [tries.wait_after(failures) for failures in range(1, 200)]
    assert waits[:6] == [0, 0, 0, 0, 15, 30]
    assert waits == sorted(waits)
    assert waits[-1] == 3600


NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


def test_a_phones_code_names_person_and_step_and_nobody_else_can_make_it() -> None:
    code = codes.phone_code(7, NOW)
    assert len(code) == codes.CODE_LENGTH and codes.type_of(code) == codes.PHONE_TYPE
    presented = codes.read(code)
    assert (presented.person_id, presented.via, presented.number) == (7, "phone", "")
    codes.use_key("another key for tests, thirty-two signs")
    with pytest.raises(CardMisread):
        codes.read(code)


def test_a_phones_code_is_fresh_until_the_end_of_the_next_step() -> None:
    step = codes.read(codes.phone_code(7, NOW)).step
    moments = {-1: False, 0: True, 29: True, 59: True, 60: False}
    assert {late: codes.phone_is_fresh(step, NOW + timedelta(seconds=late)) for late in moments} == moments
    assert codes.phone_code(7, NOW + timedelta(seconds=29)) == codes.phone_code(7, NOW)
    assert codes.phone_code(7, NOW + timedelta(seconds=30)) != codes.phone_code(7, NOW)


def test_one_kind_of_code_is_not_taken_for_another() -> None:
    receipt, ticket = codes.receipt_code(12), codes.ticket_code(12)
    assert (codes.read_receipt(receipt), codes.read_ticket(ticket)) == (12, 12)
    for read, code in ((codes.read_receipt, ticket), (codes.read_ticket, receipt), (codes.read, receipt)):
        with pytest.raises(CardMisread):
            read(code)
