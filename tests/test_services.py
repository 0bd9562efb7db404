"""The runner that lends the tests a PostgreSQL and a Redis of their own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from tests import machine, services

pytestmark = pytest.mark.postgres_only  # where the machine is known to have both servers

SPEAK = "import json, os; print(json.dumps(dict(os.environ)), flush=True)"


def runner(code: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.services", "--", sys.executable, "-c", code]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


def is_reachable(database_url: str) -> bool:
    try:
        psycopg.connect(database_url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_services_answer_and_are_private() -> None:
    with services.services() as variables:
        with psycopg.connect(variables["YANLU_DATABASE_URL"]) as connection:
            listening = connection.execute("SHOW listen_addresses").fetchone()
        with redis.from_url(variables["YANLU_CACHE_URL"]) as client:
            tcp_port = client.config_get("port")

    assert listening == ("",)
    assert tcp_port == {"port": "0"}
    assert not is_reachable(variables["YANLU_DATABASE_URL"])


def test_services_hand_on_the_exit_code() -> None:
    assert services.main(["--", sys.executable, "-c", "raise SystemExit(7)"]) == 7


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_services_stop_when_interrupted(sent: signal.Signals) -> None:
    with runner(SPEAK + "; import time; time.sleep(60)") as started:
        assert started.stdout is not None
        variables = json.loads(started.stdout.readline())
        os.killpg(started.pid, sent)

    assert started.returncode == (130 if sent == signal.SIGINT else 143)
    assert not is_reachable(variables["YANLU_DATABASE_URL"])
    assert not Path(variables["YANLU_CACHE_URL"].removeprefix("unix://").partition("?")[0]).exists()


def test_missing_program_is_said_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = machine.Need("a Telex", "telex-server", lambda: False)
    monkeypatch.setitem(machine.NEEDS, "services", (absent,))
    monkeypatch.setattr(machine, "_install", lambda packages: None)

    with pytest.raises(machine.Missing, match=r"lacks a Telex \(package telex-server\)"):
        machine.ensure("services")
