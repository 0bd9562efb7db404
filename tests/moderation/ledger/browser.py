"""A browser in which somebody of the demo staff is signed in, and what pages show in it."""

import re

from django.test import Client

from portal.accounts.demo_house import PASSPHRASE

_GROUP = re.compile(r'receipt__group">(\d{5})</span>')
_TOKEN = re.compile(r'"[A-Za-z0-9]{64}"')
_TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}")


def browser(username: str) -> Client:
    """A client with this person's session."""
    client = Client()
    answer = client.post(
        "/api/v1/desk/session",
        {"username": username, "password": PASSPHRASE},
        content_type="application/json",
    )
    assert answer.status_code == 200
    return client


def receipt_on(page: str) -> str:
    """The receipt a page shows."""
    return "-".join(_GROUP.findall(page))


def plain(page: str) -> str:
    """The page without what differs every time: receipt, CSRF token and the minute."""
    return _TIME.sub("", _TOKEN.sub("", _GROUP.sub("", page)))
