"""On a real server: a refused body never breaks the connection it came on."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest

from portal.common.wsgi_body import BOUND, WholeBody
from tests.server import Server, running_server

REFUSALS: list[tuple[str, str, dict[str, str], int]] = [
    ("PUT", "/api/v1/report", {}, 405),
    ("POST", "/nowhere/", {}, 404),
    ("POST", "/api/v1/reports", {"Idempotency-Key": "not one"}, 400),
    ("POST", "/api/v1/report/messages", {}, 401),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.mark.parametrize(("method", "path", "headers", "status"), REFUSALS)
def test_connection_lasts_through_refused_bodies(
    server: Server, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    statuses = set()

    with httpx.Client(base_url=server.url) as client:
        for _ in range(300):
            answer = client.request(method, path, json={"x": "y" * 20000}, headers=headers)
            statuses.add(answer.status_code)

    assert statuses - {429} <= {status}  # the limit of requests may end the refusals


def test_connection_ends_in_words_after_a_body_beyond_the_bound(server: Server) -> None:
    with httpx.Client(base_url=server.url) as client:
        answers = [client.put("/api/v1/report", content=b"y" * (BOUND + 1)) for _ in range(3)]

    assert [answer.headers["Connection"] for answer in answers] == ["close"] * 3


@pytest.mark.parametrize(
    ("size", "declared", "closes"),
    [(BOUND, "", False), (BOUND + 1, "", True), (9, "9", False), (0, "0", False)],
)
def test_body_of_any_length_is_read_up_to_the_bound(size: int, declared: str, closes: bool) -> None:
    sent: list[tuple[str, list[tuple[str, str]]]] = []
    environ = {
        "wsgi.input": io.BytesIO(b"y" * size),
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": declared,
        "HTTP_TRANSFER_ENCODING": "chunked",
    }

    def refuse(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("404 Not Found", [("X", "1")])
        return [b"no"]

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        sent.append((status, headers))

    body = WholeBody(refuse)(environ, start)  # type: ignore[arg-type]

    assert body == [b"no"]
    assert sent == [("404 Not Found", [("X", "1"), ("Connection", "close")] if closes else [("X", "1")])]
