"""The queue's pages as a test drives them: addresses, forms, and what a page offers."""

import re
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client

from moderation.triage.models import TriageItem
from tests.people import file_tip

INDEX_ASKED = 0 if connection.vendor == "sqlite" else 4
"""Statements around each question to the index: PostgreSQL is told to answer by it, in a savepoint."""


def fresh(**changes: Any) -> TriageItem:
    """The usual tip, filed just now."""
    return TriageItem.objects.get(pk=file_tip(**changes).report)


def url(item: TriageItem, act: str = "") -> str:
    """The page of an item, or of an act on it."""
    return f"/desk/queue/{item.pk}/{act}/" if act else f"/desk/queue/{item.pk}/"


def send(client: Client, item: TriageItem, act: str, **given: Any) -> HttpResponse:
    """Send the form of an act, on the item's current version."""
    version = TriageItem.objects.get(pk=item.pk).version
    answer: HttpResponse = client.post(url(item, act), {"version": version, "seen": 1, **given})  # type: ignore[assignment]
    return answer


def acts_on(page: str, item: TriageItem) -> set[str]:
    """The acts whose forms a page shows."""
    return set(re.findall(rf'action="/desk/queue/{item.pk}/(\w+)/"', page))


def without_token(answer: Any) -> str:
    """A page less its CSRF token, which differs every time."""
    return re.sub(r'"[A-Za-z0-9]{64}"', "", answer.content.decode())
