"""What the tests of the public pages share: a filled form, and reading a page as a person does."""

import re
from html import unescape
from typing import Any

from django.test import Client

from tests.people import CITY

NONCE = "0123456789abcdef0123456789abcdef"
FORM = {
    "organ": CITY,
    "about_organ": "no",
    "title": "窗口人员多次推诿",
    "content": "三月以来去了四次，\r\n每次都说负责人不在。",
    "category": "",
    "occurred": "2026年3月",
    "place": "城东窗口",
    "nonce": NONCE,
    "consent": "on",
    "subjects-0-name": "王某",
    "subjects-0-organ_text": "锦江区检察院",
    "subjects-0-post": "窗口人员",
}
RECEIPT = re.compile(r"\d{5}(?:-\d{5}){4}")


def browser() -> Client:
    """A visitor whose requests are checked for CSRF as in service."""
    return Client(enforce_csrf_checks=True)


def file(client: Client, path: str = "/report/", **changes: Any) -> Any:
    """Send the filled form with some fields changed; `None` leaves one out."""
    data = {**FORM, **{name.replace("__", "-"): value for name, value in changes.items()}}
    return client.post(path, {name: value for name, value in data.items() if value is not None})


def text_of(response: Any) -> str:
    """The page without its tags."""
    return unescape(re.sub(r"<[^>]*>", "", response.content.decode()))


def receipt_on(response: Any) -> str:
    """The receipt the page shows."""
    found = RECEIPT.search(text_of(response))
    assert found is not None
    return found.group()
