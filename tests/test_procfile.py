"""All processes of a machine together, as `make run` starts them, and how they end."""

import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.server import ROOT, START_SECONDS, Server, _free_port, answers, new_house

LONGEST_STOP = 5
"""Seconds after the first process has ended until honcho kills the others."""


def test_all_processes_end_by_themselves_when_told_to(tmp_path: Path) -> None:
    with new_house() as (home, database):
        server, port = Server(home, database), _free_port()
        log = tmp_path / "log"
        with log.open("wb") as file:
            honcho = subprocess.Popen(
                ["honcho", "--no-colour", "start"],
                cwd=ROOT,
                env={**server.environment, "PORT": str(port), "YANLU_BASE_URL": f"http://127.0.0.1:{port}"},
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        try:
            _wait(port)
            time.sleep(2)  # the guard of the worker now waits for the word to stop
            honcho.send_signal(signal.SIGTERM)
            honcho.wait(LONGEST_STOP + 10)
        finally:
            groups = re.findall(r"started \(pid=(\d+)\)", log.read_text())
            honcho.kill()
            honcho.wait()
            for group in groups:  # honcho gives each a group of its own
                with suppress(ProcessLookupError):
                    os.killpg(int(group), signal.SIGKILL)

    text = log.read_text()
    ended = dict(re.findall(r"(\w+)\.1 stopped \(rc=(-?\d+)\)", text))
    assert (sorted(ended), "SIGKILL" in text) == (["clock", "web", "worker"], False)
    assert (ended["clock"], ended["worker"], "Traceback" in text) == ("0", "0", False)


def _wait(port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while not answers(port):
        if time.monotonic() > end:
            pytest.fail("the server did not start")
        time.sleep(0.1)
