"""The edge: a form without files is read as werkzeug reads it, and the way on is an address and nothing else."""

from io import BytesIO
from typing import Any

import pytest
from flask import Flask, redirect
from flask import Request as Usual
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.exceptions import RequestEntityTooLarge

from points.web.edge import Sent, Site

PLAIN = "application/x-www-form-urlencoded"
PIECES = st.sampled_from([b"pin", b"=", b"&", b"+", b"%E5%A4%A7", b"%FF", b"%", b";", b"\xff", b"\xe5\xa4\xa7"])


@pytest.fixture
def site() -> Site:
    made = Site("village")
    made.add_url_rule("/to/<path:path>", view_func=lambda path: redirect(f"/{path}", 303), methods=["GET", "POST"])
    return made


def environ(body: bytes, kind: str = PLAIN) -> dict[str, Any]:
    length = str(len(body))
    return {"REQUEST_METHOD": "POST", "CONTENT_TYPE": kind, "CONTENT_LENGTH": length, "wsgi.input": BytesIO(body)}


@given(st.lists(PIECES).map(b"".join), st.sampled_from([PLAIN, f"{PLAIN}; charset=UTF-8", "text/plain"]))
@example(b"goods-1=2&goods-1=3&pin=", PLAIN)
def test_a_form_is_read_as_ever(body: bytes, kind: str) -> None:
    ours, usual = Sent(environ(body, kind)), Usual(environ(body, kind))
    assert ours.form == usual.form
    assert ours.files == usual.files
    assert ours.get_data() == usual.get_data()


def test_a_form_with_a_file_is_read_as_ever() -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\nabc\r\n--x--\r\n'
    with Sent(environ(body, "multipart/form-data; boundary=x")) as sent:
        assert sent.files["photo"].read() == b"abc"


def test_a_body_that_was_read_before_still_holds_its_form() -> None:
    sent = Sent(environ(b"pin=1"))
    assert sent.get_data() == b"pin=1"
    assert sent.form["pin"] == "1"


def test_a_form_that_is_too_long_is_not_read() -> None:
    sent = Sent(environ(b"pin=123456"))
    sent.max_content_length = 9
    with pytest.raises(RequestEntityTooLarge):
        _ = sent.form


def test_the_way_on_is_an_address_without_a_page(site: Site) -> None:
    answer = site.test_client().post("/to/receipts/7?a=1")
    assert (answer.status, answer.data) == ("303 SEE OTHER", b"")
    assert answer.headers["Location"] == "/receipts/7"
    assert answer.headers["Content-Length"] == "0"


@pytest.mark.parametrize("path", ['大米/"<a>"', "goods%0d%0aSet-Cookie:x", "a b"])
def test_an_address_with_other_signs_is_written_as_flask_writes_it(site: Site, path: str) -> None:
    usual = Flask("elsewhere")
    usual.add_url_rule("/to/<path:path>", view_func=lambda path: redirect(f"/{path}", 303))
    ours, theirs = (app.test_client().get(f"/to/{path}") for app in (site, usual))
    assert ours.status == theirs.status
    assert ours.headers.get("Location") == theirs.headers.get("Location")
