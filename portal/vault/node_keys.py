"""Keys for work in flight: random, one a day, in files outside every backup, destroyed after 72 hours.

No process keeps one: it is read when it is needed, so a key that is destroyed is gone everywhere.
"""

import datetime as dt
import os
import time
from pathlib import Path

from django.conf import settings

from portal.common.clock import local_date
from portal.common.clock import now as present
from portal.common.files import alone_in, replace_file, sync_folder
from portal.vault.master_keys import MasterKeys, opens_under_the_first, unwrap, wrap
from portal.vault.primitives import Tampered, new_secret

KEPT = dt.timedelta(hours=72)
_KEYS = "????-??-??.key"
_STRAY_SECONDS = 3600
"""A draft that lies about for so long was left behind by a process that was killed."""


def _folder() -> Path:
    folder = Path(settings.YANLU_DATA_DIR) / "node-keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _name(path: Path) -> str:
    return f"node/{path.stem}"


def node_key(now: dt.datetime) -> bytes:
    """The key of the day, made at first use. Raises `NotReady` without a master key."""
    day = local_date(now).isoformat()
    path = f"{settings.YANLU_DATA_DIR}/node-keys/{day}.key"  # a string: every public request comes by here
    try:
        wrapped = _read(path)
    except FileNotFoundError:
        _make(_folder() / f"{day}.key")
        wrapped = _read(path)
    return unwrap(wrapped, f"node/{day}")


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.read()


def _make(path: Path) -> None:
    with alone_in(path.parent):
        if not path.exists():  # the first to arrive makes it
            _write(path, new_secret())


def _write(path: Path, key: bytes) -> None:
    """The caller is alone in the folder."""
    replace_file(path, wrap(key, _name(path)))


def rewrap_node_keys(now: dt.datetime) -> int:
    """Put every kept key under the newest master key; returns how many were not.

    Raises `Tampered` for a key that no master key opens. Those due to be destroyed are not touched.
    """
    changed, folder = 0, _folder()
    with alone_in(folder):
        for path in sorted(folder.glob(_KEYS)):
            wrapped = path.read_bytes()
            if not _is_expired(path, now) and not opens_under_the_first(wrapped, _name(path)):
                _write(path, unwrap(wrapped, _name(path)))
                changed += 1
    return changed


def unopened_node_keys(masters: MasterKeys | None = None) -> list[str]:
    """The kept keys, as "node/day", that these master keys, or those in force, do not open.

    Raises `NotReady` without a master key.
    """
    closed, now = [], present()
    for path in sorted(_folder().glob(_KEYS)):
        if _is_expired(path, now):  # about to be destroyed, or half destroyed when the power went
            continue
        try:
            unwrap(path.read_bytes(), _name(path), masters)
        except Tampered:
            closed.append(_name(path))
        except FileNotFoundError:  # destroyed just now
            continue
    return closed


def destroy_expired(now: dt.datetime) -> list[str]:
    """Destroy the keys whose day ended more than 72 hours ago, and drafts left behind; returns the days."""
    gone, folder = [], _folder()
    with alone_in(folder):
        for path in sorted(folder.glob(_KEYS)):
            if _is_expired(path, now):
                _destroy(path)
                gone.append(path.stem)
        for path in sorted(folder.iterdir()):
            if not path.match(_KEYS) and path.stat().st_mtime < time.time() - _STRAY_SECONDS:
                _destroy(path)
        sync_folder(folder)
    return gone


def _is_expired(path: Path, now: dt.datetime) -> bool:
    return dt.date.fromisoformat(path.stem) < local_date(now - KEPT)


def _destroy(path: Path) -> None:
    """Overwrite, then delete: a second name or an open handle is left with zeros.

    What a disk that copies on writing keeps, the master key still wraps.
    """
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
