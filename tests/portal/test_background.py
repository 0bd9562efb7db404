"""What runs without a request: nothing the database says, and housekeeping by a clock of its own."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django_q.conf import Conf

from portal import hooks
from portal.accounts.models import StaffSession
from portal.common.clock import BEIJING, now
from portal.vault.node_keys import node_key
from tests.people import People

ROOT = Path(settings.BASE_DIR)


def test_background_worker_runs_nothing_a_row_names_and_keeps_nothing_to_unpickle() -> None:
    assert Conf.SCHEDULER is False
    assert Conf.SAVE_LIMIT == -1
    assert [path for path in settings.YANLU_HOOKS["reference_data"] if "housekeeping" in path] == []
    assert hooks.receivers("reference_data")


def test_procfile_has_a_clock() -> None:
    lines = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())

    assert lines["clock"] == "exec python manage.py housekeeping --every 300"


def test_housekeeping_destroys_old_node_keys_and_clears_ended_sessions(people: People) -> None:
    old, fresh = now() - dt.timedelta(days=5), now()
    node_key(old)
    node_key(fresh)
    key = ""
    for ends in (old, fresh + dt.timedelta(hours=1)):
        session = SessionStore()
        session.create()
        key = str(session.session_key)
        Session.objects.filter(pk=key).update(expire_date=ends)
        StaffSession.objects.create(
            session_key=key,
            staff=people.triager.staff,
            key_id=people.triager.keyring.personal.id,
            started_at=old,
            seen_at=fresh,
            mark=b"",
        )
    folder = Path(settings.YANLU_DATA_DIR) / "node-keys"
    days = {moment.astimezone(BEIJING).date().isoformat(): moment for moment in (old, fresh)}
    before = [day for day in days if (folder / f"{day}.key").exists()]

    call_command("housekeeping")

    assert before == list(days)
    assert [day for day in days if (folder / f"{day}.key").exists()] == before[1:]
    assert (Session.objects.count(), StaffSession.objects.count()) == (1, 1)
    assert StaffSession.objects.get().session_key == key


def test_housekeeping_failure_is_told_without_its_words_and_is_exit_1(tmp_path: Path) -> None:
    code = _command(tmp_path).wait(60)

    said = (tmp_path / "log").read_text()
    assert code == 1
    assert "clear_sessions failed [OperationalError at" in said
    assert "no such table" not in said
    assert "destroy_node_keys failed" not in said


def test_housekeeping_by_the_clock_goes_on_after_failures_and_ends_on_sigterm(tmp_path: Path) -> None:
    process = _command(tmp_path, "--every", "1")
    try:
        end = time.monotonic() + 60
        while _failures(tmp_path) < 2 and time.monotonic() < end:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)
    finally:
        process.kill()
        process.wait()

    assert _failures(tmp_path) >= 2
    assert code == 0


def test_housekeeping_refuses_a_clock_that_stands_still() -> None:
    with pytest.raises(CommandError):
        call_command("housekeeping", every=0)


def _failures(home: Path) -> int:
    return (home / "log").read_text().count("clear_sessions failed")


def _command(home: Path, *words: str) -> subprocess.Popen[bytes]:
    """The command on a database without tables, where clearing sessions fails every time."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YANLU_")}
    environment |= {"YANLU_DATA_DIR": str(home), "YANLU_SECRETS_DIR": str(home)}
    with (home / "log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "manage.py", "housekeeping", *words],
            cwd=ROOT,
            env={**environment, "DJANGO_SETTINGS_MODULE": "portal.settings"},
            stdout=log,
            stderr=log,
        )
