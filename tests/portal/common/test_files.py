"""Files that are there whole or not at all."""

import os
import stat
import threading
from pathlib import Path

import pytest

from portal.common.files import alone_in, replace_file


def test_replaced_file_is_its_owners_only_and_leaves_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    path.with_name("file.new").write_bytes(b"left by one that was killed")

    replace_file(path, b"after")

    assert path.read_bytes() == b"after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_file_stays_as_it_was_when_the_disk_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")

    def full(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        replace_file(path, b"after")

    assert path.read_bytes() == b"before"


def test_only_one_at_a_time_changes_a_folder(tmp_path: Path) -> None:
    order: list[str] = []

    def other() -> None:
        with alone_in(tmp_path):
            order.append("second")

    thread = threading.Thread(target=other)
    with alone_in(tmp_path):
        thread.start()
        thread.join(timeout=0.3)
        order.append("first")
    thread.join(timeout=10)

    assert order == ["first", "second"]
