"""What docs/operations.md says of backups: nothing undocumented lies about, and what is kept suffices."""

import re
import shutil
import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.concurrency.filing import client_of, opens, send, submissions
from tests.server import ROOT, Server, running_server

KEPT = {"yanlu.sqlite3"}


def _excluded() -> set[str]:
    """The documented list, without the folder's name."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```text backup-exclude\n(.*?)```", page, re.DOTALL)
    lines = block.split()
    assert all(line.startswith("var/") for line in lines)
    return {line.removeprefix("var/") for line in lines}


def _in_the_data_folder(home: Path) -> dict[str, str]:
    """Database and cache where they are by default, which is in the data folder."""
    return {
        "YANLU_DATABASE_URL": f"sqlite:///{home}/var/yanlu.sqlite3",
        "YANLU_CACHE_URL": f"disk://{home}/var/cache",
    }


@pytest.mark.sqlite_only
def test_backup_without_the_excluded_is_a_house_where_receipts_open(tmp_path: Path) -> None:
    submission = next(submissions("a test of backups"))
    with running_server() as first:
        first.stop()
        shutil.move(first.home / "yanlu.sqlite3", first.home / "var" / "yanlu.sqlite3")
        served = Server(
            first.home, f"sqlite:///{first.home}/var/yanlu.sqlite3", extra=_in_the_data_folder(first.home)
        )
        served.start()
        try:
            with client_of(served.url) as client:
                send(client, submission)
            found = {path.name for path in (first.home / "var").iterdir()}
            _back_up(first.home, tmp_path)
        finally:
            served.stop()
        assert submission.answer is not None
        _restored_opens(first.home, tmp_path, submission.answer)

    assert found == KEPT | _excluded()


def _back_up(home: Path, to: Path) -> None:
    """Database, by SQLite's own way, and secrets; nothing else."""
    (to / "var").mkdir()
    shutil.copytree(home / "secrets", to / "secrets")
    source, target = (
        sqlite3.connect(home / "var" / "yanlu.sqlite3"),
        sqlite3.connect(to / "var" / "yanlu.sqlite3"),
    )
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()


def _restored_opens(home: Path, backup: Path, answer: bytes) -> None:
    (backup / "var" / "static").symlink_to((home / "var" / "static").resolve())  # made by collectstatic
    server = Server(backup, f"sqlite:///{backup}/var/yanlu.sqlite3", extra=_in_the_data_folder(backup))
    submission = next(submissions("a test of backups"))
    server.start()
    try:
        with client_of(server.url) as client:
            receipt = httpx.Response(200, content=answer).json()["receipt"]
            assert opens(client, submission, receipt)
    finally:
        server.stop()
