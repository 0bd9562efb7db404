"""Node keys: one a day, and once destroyed gone from disk and from every process."""

import datetime as dt
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from portal.vault import node_keys
from portal.vault.node_keys import destroy_expired, node_key, rewrap_node_keys, unopened_node_keys

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
FOUR_DAYS = dt.timedelta(days=4)

OTHER_PROCESS = """
import datetime as dt, sys
import django
django.setup()
from portal.vault.node_keys import node_key
for line in sys.stdin:
    print(node_key(dt.datetime.fromisoformat(line.strip())).hex(), flush=True)
"""


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    """A data folder of its own; the place of the keys in it."""
    settings.YANLU_DATA_DIR = tmp_path
    return tmp_path / "node-keys"


def test_destroyed_key_is_overwritten_and_gone_with_every_name_it_had(folder: Path) -> None:
    node_key(NOON)
    file = folder / "2026-11-20.key"
    second = folder.parent / "another-name"
    os.link(file, second)

    with file.open("rb") as open_before:
        assert destroy_expired(NOON + FOUR_DAYS) == ["2026-11-20"]
        left = open_before.read()

    assert (list(folder.iterdir()), left) == ([], bytes(len(left)))
    assert second.read_bytes() == bytes(len(left))


def test_destroyed_key_is_not_kept_by_a_process_that_used_it(folder: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "YANLU_DATA_DIR": str(folder.parent),
    }
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS],
        cwd=django_settings.BASE_DIR,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:

        def asked() -> str:
            assert other.stdin is not None
            assert other.stdout is not None
            other.stdin.write(f"{NOON.isoformat()}\n")
            other.stdin.flush()
            return str(other.stdout.readline()).strip()

        first, again, ours = asked(), asked(), node_key(NOON).hex()
        destroy_expired(NOON + FOUR_DAYS)
        afterwards = asked()
        assert other.stdin is not None
        other.stdin.close()

    assert (first, again) == (ours, ours)
    assert afterwards != ours


def test_key_of_a_day_is_made_once_however_many_ask_first() -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(node_key, [NOON] * 32))

    assert len(keys) == 1


def test_draft_left_by_a_killed_process_is_destroyed_after_an_hour(folder: Path) -> None:
    node_key(NOON)
    old, fresh = folder / "tmpold", folder / "tmpfresh"
    for draft in (old, fresh):
        draft.write_bytes(b"wrapped")
    os.utime(old, (0, 0))

    destroy_expired(NOON)

    assert sorted(path.name for path in folder.iterdir()) == ["2026-11-20.key", "tmpfresh"]


def test_key_half_destroyed_when_the_power_went_stops_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node_key(NOON)

    def power_cut(*_: object, **__: object) -> None:
        raise InterruptedError

    with monkeypatch.context() as broken:
        broken.setattr(Path, "unlink", power_cut)
        with pytest.raises(InterruptedError):
            destroy_expired(NOON + FOUR_DAYS)

    monkeypatch.setattr(node_keys, "present", lambda: NOON + FOUR_DAYS)
    assert unopened_node_keys() == []
    assert destroy_expired(NOON + FOUR_DAYS) == ["2026-11-20"]
    assert list(folder.iterdir()) == []


def test_new_master_key_never_brings_a_key_back_that_is_due(folder: Path, settings: Settings) -> None:
    node_key(NOON)
    kept = node_key(NOON + FOUR_DAYS)
    due = (folder / "2026-11-20.key").read_bytes()
    settings.YANLU_MASTER_KEY = f"{'c1' * 32},{settings.YANLU_MASTER_KEY}"

    assert rewrap_node_keys(NOON + FOUR_DAYS) == 1

    assert (folder / "2026-11-20.key").read_bytes() == due
    settings.YANLU_MASTER_KEY = "c1" * 32
    assert node_key(NOON + FOUR_DAYS) == kept
