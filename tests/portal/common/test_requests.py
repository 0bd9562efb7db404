"""Client addresses, nonces, words made safe, and log lines without content."""

import logging

import pytest
from django.http import HttpRequest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from portal.common.client import client_address, one_time_nonce
from portal.common.errors import Invalid
from portal.common.logs import Scrub
from portal.common.words import as_paragraphs, one_line


def _request(remote: str, forwarded: str = "") -> HttpRequest:
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_FOR": forwarded}
    return request


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        ("", "", ""),
        ("unix:", "198.51.100.1", ""),
    ],
)
def test_address_only_trusted_proxies_are_believed(
    settings: Settings, remote: str, forwarded: str, address: str
) -> None:
    settings.YANLU_TRUSTED_PROXIES = ["10.0.0.0/8"]

    assert client_address(_request(remote, forwarded)) == address


@pytest.mark.parametrize("text", ["0" * 32, "00000000-0000-0000-0000-000000000000", " " + "aF" * 16 + " "])
def test_nonce_of_128_bits(text: str) -> None:
    assert len(one_time_nonce(text)) == 16


@pytest.mark.parametrize("text", ["", "0" * 31, "0" * 33, "g" * 32, "é" * 32])
def test_nonce_other_text_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        one_time_nonce(text)


@given(st.text(max_size=200))
def test_paragraphs_hold_no_other_markup(text: str) -> None:
    html = as_paragraphs(text)
    for tag in ("<p>", "</p>", "<br>"):
        html = html.replace(tag, "")  # type: ignore[assignment]

    assert "<" not in html
    assert ">" not in html


def test_paragraphs_keep_what_was_written() -> None:
    assert as_paragraphs("一 < 二\r\n<script>x</script>\n\n三 & 四") == (
        "<p>一 &lt; 二<br>&lt;script&gt;x&lt;/script&gt;</p><p>三 &amp; 四</p>"
    )


def test_one_line_is_cut_with_an_ellipsis() -> None:
    assert one_line(" 甲\n乙  丙 ", 10) == "甲 乙 丙"
    assert one_line("甲" * 20, 10) == "甲" * 9 + "…"


def test_log_line_tells_class_and_place_never_the_text() -> None:
    with pytest.raises(ValueError, match="金丝雀") as caught:
        int("金丝雀")
    trouble = (caught.type, caught.value, caught.tb)
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed", (), trouble)

    Scrub().filter(record)
    line = logging.Formatter().format(record)

    assert "金丝雀" not in line
    assert "ValueError" in line
    assert "test_requests.py" in line
