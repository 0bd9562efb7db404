"""A window of the desk in which somebody types, goes away and comes back."""

import datetime as dt
import json
import re
from html import unescape
from typing import Any, cast

from django.http import HttpResponse
from django.test import Client

from portal.accounts.demo_house import PASSPHRASE
from portal.accounts.models import StaffSession
from portal.common.clock import now

SIGN_IN = "/desk/sign-in/"
SAVE = "/desk/drafts/"
_MARKER = re.compile(r'<input type="hidden" name="draft" value="([^"]*)"')


def away(minutes: int = 16, *, username: str = "") -> None:
    """Nobody has touched the sessions (of this person) for so long."""
    rows = StaffSession.objects.filter(staff__username=username) if username else StaffSession.objects
    rows.update(seen_at=now() - dt.timedelta(minutes=minutes))


def marker(page: Any, form: str) -> str:
    """The hidden field of one form of a page."""
    found = [unescape(value) for value in _MARKER.findall(page.content.decode())]
    (wanted,) = [value for value in found if json.loads(value)["form"] == form]
    return wanted


def unlock(client: Client, username: str, back: str = "/desk/", passphrase: str = PASSPHRASE) -> HttpResponse:
    """Send the sign-in page's form."""
    sent = {"username": username, "passphrase": passphrase, "next": back}
    return cast(HttpResponse, client.post(SIGN_IN, sent))


def save(client: Client, slot: str, **typed: str) -> HttpResponse:
    """What the script sends while somebody types."""
    return cast(HttpResponse, client.post(SAVE, {"slot": slot, **typed}))
