"""Servers for tests are real ones, apart from each other, and leave nothing behind."""

import os

import httpx
import pytest

from tests.concurrency.filing import client_of, opens, send, submissions
from tests.server import DidNotStart, new_house, running_server


def test_server_keeps_its_data_through_a_kill_and_nothing_after_its_end() -> None:
    submission = next(submissions("a test of the server"))

    with running_server() as server:
        with client_of(server.url) as client:
            send(client, submission)
        processes = [server._running[0].pid, *server.web_processes()]
        server.kill()
        server.start()
        receipt = httpx.Response(200, content=submission.answer).json()["receipt"]
        with client_of(server.url) as client:
            still_there = opens(client, submission, receipt)
        processes += [server._running[0].pid, *server.web_processes()]

    assert (submission.status, still_there) == (201, True)
    assert not server.home.exists()
    assert [pid for pid in processes if _alive(pid)] == []


def test_server_starts_from_the_house_as_it_was_founded() -> None:
    submission = next(submissions("another test of the server"))
    with running_server() as server, client_of(server.url) as client:
        send(client, submission)
        receipt = httpx.Response(200, content=submission.answer).json()["receipt"]

    with running_server() as server, client_of(server.url) as client:
        assert not opens(client, submission, receipt)


def test_server_that_cannot_start_says_why() -> None:
    elsewhere = running_server(environment={"YANLU_ZONE": "elsewhere"})

    with pytest.raises(DidNotStart, match="YANLU_ZONE must be one of single"):
        elsewhere.__enter__()


def test_house_has_secrets_of_its_own() -> None:
    with new_house() as (home, _):
        names = sorted(path.name for path in (home / "secrets").iterdir())

    assert names == ["cookie.key", "master.key", "mode", "root.fingerprint"]
    assert not home.exists()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(") ")[2][0] != "Z"
