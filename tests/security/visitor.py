"""A person with a browser or a client, whose every request is noted with the canaries it carried."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from django.urls import Resolver404, resolve

from tests.security.canaries import Aviary
from tests.security.flows import ACT

PATIENCE = 30.0


@dataclass(frozen=True)
class Sent:
    """One text that was sent: where to, in which field, with which canaries, and how it was answered."""

    route: str
    field: str
    canaries: frozenset[str]
    status: int


@dataclass
class Visitor:
    """One browser. Answers of the wrong kind fail at once, so that a story that went astray is noticed."""

    url: str
    aviary: Aviary
    notes: list[Sent]
    address: str = "192.0.2.1"
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(
            base_url=self.url,
            timeout=PATIENCE,
            trust_env=False,
            headers={"X-Forwarded-For": self.address},
        )

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def sign_in(self, username: str, passphrase: str) -> "Visitor":
        """Start a session by the page."""
        self.get("desk/sign-in/", query={"next": "/desk/"})
        self.form("desk/sign-in/", {"username": username, "passphrase": passphrase, "next": "/desk/"}, 302)
        return self

    def get(
        self, path: str, *statuses: int, query: Mapping[str, str] | None = None, **headers: str
    ) -> httpx.Response:
        """GET; `headers` with underscores for dashes."""
        return self._send("GET", path, statuses, params=query or {}, headers=headers)

    def form(self, path: str, fields: Mapping[str, str], *statuses: int) -> httpx.Response:
        """POST a form as a browser does, with the CSRF token where there is one."""
        token = self.http.cookies.get("csrftoken")
        data = {**fields, **({"csrfmiddlewaretoken": token} if token else {})}
        return self._send("POST", path, statuses, data=data)

    def json(self, path: str, body: Any, *statuses: int, **headers: str) -> httpx.Response:
        """POST JSON to the API."""
        token = self.http.cookies.get("csrftoken")
        if token:
            headers["X_CSRFToken"] = token
        return self._send("POST", path, statuses, json=body, headers=headers)

    def raw(self, path: str, content: bytes, kind: str, *statuses: int, **headers: str) -> httpx.Response:
        """POST bytes that may make no sense."""
        token = self.http.cookies.get("csrftoken")
        if token:
            headers["X_CSRFToken"] = token
        return self._send("POST", path, statuses, content=content, headers={**headers, "Content_Type": kind})

    def _send(self, method: str, path: str, statuses: tuple[int, ...], **what: Any) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in what.pop("headers", {}).items()}
        headers = {name: value.encode() for name, value in named.items()}
        response = self.http.request(method, f"/{path}", headers=headers, **what)
        wanted = statuses or (200,)
        if response.status_code not in wanted:
            raise AssertionError(
                f"{method} {path}: {response.status_code}, expected {wanted}\n{response.text[:3000]}"
            )
        self._note(path, named, what, response.status_code)
        return response

    def _note(self, path: str, headers: Mapping[str, str], what: Mapping[str, Any], status: int) -> None:
        try:
            match = resolve(f"/{path.partition('?')[0]}")
        except Resolver404:
            return
        act = f"{match.kwargs[ACT]}:" if ACT in match.kwargs else ""
        named = [(f"header {name}", value) for name, value in headers.items()]
        named += [(f"query {name}", value) for name, value in what.get("params", {}).items()]
        named += [(f"typed {act}{name}", value) for name, value in what.get("data", {}).items()]
        named += [(f"body {name}", value) for name, value in leaves(what.get("json", {}))]
        for name, value in named:
            carried = frozenset(self.aviary.in_text(value))
            if carried:
                self.notes.append(Sent(match.route, name, carried, status))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, text) of all text in a JSON value; `*` stands for any place in a list."""
    if isinstance(value, Mapping):
        for name, below in value.items():
            yield from leaves(below, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for below in value:
            yield from leaves(below, f"{path}.*")
    elif isinstance(value, str):
        yield path, value


def read(response: httpx.Response) -> Any:
    """The JSON of an answer."""
    return json.loads(response.content)
