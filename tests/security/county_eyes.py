"""Everything the staff of one organ can see: every GET route, every filter, every answer to the byte."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.core.cache import cache
from django.db import connection, transaction
from django.forms import ChoiceField
from django.http import HttpResponse
from django.test import Client

from moderation.ledger.forms import LeadFilterForm
from moderation.triage.forms import QueueFilterForm
from tests.security.flows import routes

RANDOM = {
    "CSRF token in a form": r'(?<=csrfmiddlewaretoken" value=")[A-Za-z0-9]{64}',
    "CSRF token for htmx": r'(?<="X-CSRFToken": ")[A-Za-z0-9]{64}',
    "one-time nonce or token of a form": r'(?<=name=")((?:\w+-)?(?:nonce|token)" value=")[0-9a-f]{32}',
    "id of a draft": r"(?<=&quot;id&quot;:&quot;)[0-9a-f-]{36}",
}
"""What a page draws at random each time it is shown, and nothing else: each is replaced by its name."""

SEARCHED = ("茶楼", "王某", "锦江", "XS", "1")
"""Words of the reports in question, and those any lead number holds."""
_PLACEHOLDER = re.compile(r"<(\w+):(\w+)>")
_FORMS = {"desk/queue/": QueueFilterForm, "desk/leads/": LeadFilterForm}
_API_OF = {"desk/queue/": "api/v1/desk/queue", "desk/leads/": "api/v1/ledger/leads"}


@dataclass(frozen=True)
class Seen:
    """One answer, as it came: status, headers, body, and how many statements the database ran for it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    statements: int


def paths(ids: Mapping[str, str]) -> list[str]:
    """Every route with these ids in its placeholders; those that only take a POST answer 405 alike."""
    return ["/" + _PLACEHOLDER.sub(lambda part: ids[part.group(2)], route) for route in routes()]


def narrowed() -> Iterator[str]:
    """Every list under every filter and every order it knows, with each word searched, page by page."""
    for page, form in _FORMS.items():
        api = _API_OF[page]
        for name, field in form().fields.items():
            if isinstance(field, ChoiceField):
                values = [value for value, _ in cast(list[tuple[str, str]], field.choices) if value]
                yield from (f"/{api}?{name}={value}" for value in values)
                yield f"/{page}?{name}={values[0]}"
        yield from (f"/{path}?q={word}" for word in SEARCHED for path in (page, api))
        yield f"/{api}?limit=1"
    yield "/desk/queue/?state=void&sort=-received"
    yield "/desk/leads/?year=2026"


def look(clients: Mapping[str, Client], addresses: Mapping[str, list[str]]) -> dict[tuple[str, str], Seen]:
    """What each of them sees there. Nothing of it stays: what reading writes is taken back."""
    seen = {}
    for name, client in clients.items():
        cache.clear()
        with transaction.atomic():
            before = dict(client.cookies)
            for address in addresses[name]:
                seen[name, address] = _one(client, address)
            client.cookies.clear()
            client.cookies.update(before)
            transaction.set_rollback(True)
    return seen


def _one(client: Client, address: str) -> Seen:
    statements = Statements()
    with connection.execute_wrapper(statements):
        answer = cast(HttpResponse, client.get(address))
        body = answer.getvalue().decode()
    return Seen(answer.status_code, tuple(sorted(_headers(answer))), plain(body), statements.count)


class Statements:
    """Counts what the database is asked."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], *asked: Any) -> Any:
        """One more."""
        self.count += 1
        return execute(*asked)


def plain(body: str) -> str:
    """The body with what is random each time replaced."""
    for name, pattern in RANDOM.items():
        body = re.sub(pattern, f"[{name}]", body)
    return body


def _headers(answer: HttpResponse) -> Iterator[tuple[str, str]]:
    """All but the date, which the test client does not send; a cookie's token is random like the pages'."""
    yield from answer.headers.items()
    for name, cookie in answer.cookies.items():
        kept = {key: value for key, value in cookie.items() if value and key != "expires"}
        yield f"Set-Cookie {name}", str(sorted(kept.items()))


def differences(before: Mapping[tuple[str, str], Seen], after: Mapping[tuple[str, str], Seen]) -> list[str]:
    """Who sees what differently, in words."""
    return [
        f"{name} at {address}: {_said(seen, after[name, address])}"
        for (name, address), seen in before.items()
        if seen != after[name, address]
    ]


def _said(one: Seen, other: Seen) -> str:
    if one.body != other.body:
        lines = zip(one.body.splitlines(), other.body.splitlines(), strict=False)
        first = next(((a, b) for a, b in lines if a != b), (one.body[-200:], other.body[-200:]))
        return f"{first[0].strip()[:300]!r} became {first[1].strip()[:300]!r}"
    was, is_now = (f"{each.status} {each.headers} {each.statements}" for each in (one, other))
    return f"{was} became {is_now}"
