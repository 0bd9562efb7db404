"""What goes wrong: broken bodies, wrong addresses, floods, a database that goes away, a power cut."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import httpx
import psycopg
from psycopg import sql

from tests.security.story.public import body_for_api
from tests.security.story.stage import Stage
from tests.security.visitor import Visitor

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
DOORS = {
    "api/v1/reports": JSON,
    "api/v1/report/messages": JSON,
    "api/v1/desk/session": JSON,
    "report/": FORM,
    "track/": FORM,
    "track/add/": FORM,
    "desk/sign-in/": FORM,
    "desk/join/": FORM,
}
"""Where anybody may send something, and what is expected there."""
STAFF_DOORS = {
    "api/v1/ledger/leads": JSON,
    "desk/leads/new/": FORM,
    "desk/queue/": FORM,
}
_LIMIT = 256 * 1024
_FILINGS_A_MINUTE, _FAILURES = 600, 5
_CUT_OFF = 30
_TABLES = ("intake_report", "vault_item", "accounts_staff")


def broken(stage: Stage) -> None:
    """Bodies that make no sense, addresses that lead nowhere, requests without their token."""
    person, triager = stage.somebody(), stage.staff("triager")
    for visitor, doors in ((person, DOORS), (triager, STAFF_DOORS)):
        for path, kind in doors.items():
            for what, make in BROKEN.items():
                words = stage.aviary.words(f"{path}: {what}")
                visitor.raw(path, make(words, kind), _type(what, kind), *range(200, 500), Authorization=words)
    _addresses(stage, person)
    _addresses(stage, triager)
    without_token = {"title": stage.aviary.words("lead: sent without a token")}
    triager.http.post("/desk/leads/new/", data=without_token)


def _type(what: str, kind: str) -> str:
    types = {
        "file": "multipart/form-data; boundary=BOUNDARY",
        "another kind": "text/plain",
        "another character set": f"{kind}; charset=utf-16",
        "no character set there is": f"{kind}; charset=no-such-thing",
    }
    return types.get(what, kind)


def _pairs(words: str, kind: str) -> bytes:
    pairs = dict.fromkeys(("title", "content", "text", "receipt", "username", "passphrase", words), words)
    if kind == JSON:
        return json.dumps(pairs, ensure_ascii=False).encode()
    return "&".join(f"{name}={quote(value)}" for name, value in pairs.items()).encode()


def _file(words: str, _kind: str) -> bytes:
    head = f'--BOUNDARY\r\nContent-Disposition: form-data; name="text"; filename="{words}.txt"\r\n\r\n'
    return (head + words * 9000 + "\r\n--BOUNDARY--\r\n").encode()


BROKEN: dict[str, Callable[[str, str], bytes]] = {
    "unknown fields": _pairs,
    "cut off": lambda words, kind: _pairs(words, kind)[:-20] + words.encode(),
    "not UTF-8": lambda words, kind: _pairs(words, kind) + b"\xff\xfe" + words.encode(),
    "NUL": lambda words, kind: _pairs(f"{words}\0", kind),
    "half a surrogate": lambda words, kind: b'{"title": "\\ud800' + words.encode() + b'"}',
    "deep": lambda words, kind: b"[" * 20_000 + words.encode(),
    "a number without end": lambda words, kind: b'{"rating": 1' + b"0" * 5000 + b', "x": "' + words.encode(),
    "too long": lambda words, kind: _pairs(words * (_LIMIT // len(words.encode())), kind),
    "too many fields": lambda words, kind: b"&".join(b"%d=%s" % (n, words.encode()) for n in range(500)),
    "file": _file,
    "another kind": _pairs,
    "another character set": lambda words, kind: _pairs(words, kind).decode().encode("utf-16"),
    "no character set there is": _pairs,
}
"""Bodies no page and no client would send, by what is wrong with them."""


def _addresses(stage: Stage, visitor: Visitor) -> None:
    """Texts and receipts pasted into the address bar."""
    who = f"address {len(stage.aviary.all)}"
    receipt = stage.receipts["main"]
    for number, path in enumerate(("{}", "track/{}/", "desk/{}", "desk/queue/{}/", "api/v1/{}", "static/{}")):
        words = quote(stage.aviary.words(f"{who}: path {number}"))
        for value in (words, receipt):
            visitor.http.get("/" + path.format(value), params={"q": value, "receipt": receipt})
    for method in ("PUT", "DELETE", "OPTIONS"):
        words = stage.aviary.words(f"{who}: {method}")
        visitor.http.request(method, f"/api/v1/report/{quote(words)}", content=words.encode())
    cookies = {"sessionid": quote(stage.aviary.words(f"{who}: cookie")), "yanlu_key": "1", "csrftoken": "1"}
    for path in ("/desk/", "/api/v1/desk/queue"):
        httpx.get(f"{stage.server.url}{path}", cookies=cookies, trust_env=False)


def flooded(stage: Stage) -> None:
    """More than is taken in a minute: what comes on top is refused unread."""
    flood = stage.somebody("192.0.2.77")
    for _ in range(_FILINGS_A_MINUTE):
        flood.http.post("/api/v1/reports", json={})
    flood.json("api/v1/reports", body_for_api(stage, "beyond the limit"), 429)
    fields = {
        "organ": "510100",
        "title": stage.aviary.words("page beyond the limit: title"),
        "content": stage.aviary.words("page beyond the limit: content"),
        "consent": "on",
    }
    flood.form("report/", fields, 429)
    guesser = stage.somebody("192.0.2.78")
    guesses = [stage.aviary.words(f"guessed passphrase {number}") for number in range(_FAILURES + 2)]
    answers = [
        guesser.json("api/v1/desk/session", {"username": "leader", "password": guess}, 401, 429).status_code
        for guess in guesses
    ]
    assert answers[0] == 401
    assert answers[-1] == 429


def without_database(stage: Stage) -> None:
    """Tables are gone, then (on PostgreSQL) the whole database: every door answers with an error page."""
    with _without_tables(stage.server.database):
        _knock(stage, "without tables")
    if not stage.server.database.startswith("sqlite:"):
        with _without_connections(stage.server.database):
            _knock(stage, "without database")
    stage.somebody().form("track/", {"receipt": stage.receipts["main"]})


def _knock(stage: Stage, when: str) -> None:
    person, triager = stage.somebody(), stage.staff("triager")
    seen = set()
    for visitor, doors in ((person, DOORS), (triager, STAFF_DOORS)):
        for path, kind in doors.items():
            if kind == JSON:
                body = body_for_api(stage, f"{when}, {path}")
                headers = {"Authorization": f"Receipt {stage.receipts['talk']}"}
                answer = visitor.http.post(f"/{path}", json=body, headers=headers)
            else:
                words = stage.aviary.words(f"{when}: {path}")
                answer = visitor.http.post(
                    f"/{path}", content=_pairs(words, kind), headers={"Content-Type": kind}
                )
            seen.add(answer.status_code)
    body = body_for_api(stage, f"{when}: a whole report")
    seen.add(person.http.post("/api/v1/reports", json=body).status_code)
    seen.add(person.http.post("/track/", data={"receipt": stage.receipts["talk"]}).status_code)
    seen.add(person.http.get(f"/track/{stage.receipts['talk']}/").status_code)
    words = stage.aviary.words(f"{when}: a search")
    seen.add(triager.http.get("/desk/queue/", params={"q": words}).status_code)
    assert seen & {500, 503}, f"{when}, nothing went wrong: {seen}"


@contextmanager
def _without_tables(url: str) -> Iterator[None]:
    for table in _TABLES:
        _do(url, 'ALTER TABLE "{}" RENAME TO "{}_gone"', table)
    try:
        yield
    finally:
        for table in _TABLES:
            _do(url, 'ALTER TABLE "{}_gone" RENAME TO "{}"', table)


def _do(url: str, statement: str, table: str) -> None:
    written = statement.replace("{}", table)
    if url.startswith("sqlite:"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)
        with connection:
            connection.execute(written)
        connection.close()
        return
    with psycopg.connect(url, autocommit=True) as postgres:
        postgres.execute(written.encode())


@contextmanager
def _without_connections(url: str) -> Iterator[None]:
    name = urlsplit(url).path.removeprefix("/")
    cluster = urlsplit(url)._replace(path="/postgres").geturl()

    def allow(allowed: bool) -> None:
        with psycopg.connect(cluster, autocommit=True) as connection:
            statement = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Literal(allowed)))
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )

    allow(False)
    try:
        yield
    finally:
        allow(True)


def killed(stage: Stage, look: Callable[[], None]) -> None:
    """A power cut while several people file; `look` sees what lies there before anything starts again.

    Whoever got no answer sends the same again afterwards.
    """
    people = [stage.somebody(f"192.0.2.{100 + number}") for number in range(3)]
    waiting = [
        (body_for_api(stage, f"killed {number}"), stage.aviary.nonce(f"killed {number}: nonce"))
        for number in range(_CUT_OFF)
    ]
    once = threading.Event()

    def file(person: Visitor, mine: list[tuple[dict[str, object], str]]) -> None:
        for body, nonce in mine:
            try:
                person.http.post("/api/v1/reports", json=body, headers={"Idempotency-Key": nonce})
            except httpx.TransportError:
                return
            once.set()

    threads = [
        threading.Thread(target=file, args=(person, waiting[number::3]))
        for number, person in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    assert once.wait(20)
    stage.server.kill()
    for thread in threads:
        thread.join()
    look()
    stage.server.start()
    stage.moved()
    person = stage.somebody()
    for body, nonce in waiting[:9]:
        answer = person.json("api/v1/reports", body, 201, Idempotency_Key=nonce)
        name = f"killed {nonce}"
        stage.receipt(name, answer.json()["receipt"])
