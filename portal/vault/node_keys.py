"""Keys for work in flight: random, one a day, in files outside every backup, destroyed after 72 hours.

No process keeps one: it is read when it is needed, so a key that is destroyed is gone everywhere.
"""

import datetime as dt
import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from portal.common.clock import local_date
from portal.common.clock import now as present
from portal.vault.master_keys import MasterKeys, opens_under_the_first, sync_folder, unwrap, wrap
from portal.vault.primitives import Tampered, new_secret

KEPT = dt.timedelta(hours=72)
_KEYS = "????-??-??.key"
_STRAY_SECONDS = 3600
"""A draft that lies about for so long was left behind by a process that was killed."""


def _folder() -> Path:
    folder = Path(settings.YANLU_DATA_DIR) / "node-keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One at a time changes what lies there; readers need not wait. Ends with the process at the latest."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


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
    with _alone_in(path.parent):
        if not path.exists():  # the first to arrive makes it
            _write(path, new_secret())


def _write(path: Path, key: bytes) -> None:
    """Whole or not at all: a draft takes the place of what was there. The caller is alone in the folder."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        draft.write(wrap(key, _name(path)))
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).replace(path)
    sync_folder(path.parent)


def rewrap_node_keys(now: dt.datetime) -> int:
    """Put every kept key under the newest master key; returns how many were not.

    Raises `Tampered` for a key that no master key opens. Those due to be destroyed are not touched.
    """
    changed, folder = 0, _folder()
    with _alone_in(folder):
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
    with _alone_in(folder):
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
