"""Keys for work in flight: random, one a day, in files outside every backup, destroyed after 72 hours."""

import datetime as dt
import os
import tempfile
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from portal.common.clock import local_date
from portal.vault.primitives import Tampered, new_secret
from portal.vault.purpose_keys import unwrap, wrap

KEPT = dt.timedelta(hours=72)


def _folder() -> Path:
    folder = Path(settings.YANLU_DATA_DIR) / "node-keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _file(day: dt.date) -> Path:
    return _folder() / f"{day.isoformat()}.key"


def node_key(now: dt.datetime) -> bytes:
    """The key of the day, made at first use. Raises `NotReady` without a master key."""
    return _read(str(_made(local_date(now))), settings.YANLU_MASTER_KEY)


def _made(day: dt.date) -> Path:
    path = _file(day)
    if not path.exists():
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
            draft.write(wrap(new_secret(), f"node/{day.isoformat()}"))
            draft.flush()
            os.fsync(draft.fileno())
        try:
            os.link(draft.name, path)  # the first to arrive wins; nobody overwrites
        except FileExistsError:
            pass
        finally:
            Path(draft.name).unlink()
    return path


@lru_cache(maxsize=8)
def _read(path: str, master: str) -> bytes:
    file = Path(path)
    return unwrap(file.read_bytes(), f"node/{file.stem}")


def unopened_node_keys() -> list[str]:
    """The kept keys, as "node/day", that this master key does not open. Raises `NotReady` without one."""
    closed = []
    for path in sorted(_folder().glob("????-??-??.key")):
        try:
            unwrap(path.read_bytes(), f"node/{path.stem}")
        except Tampered:
            closed.append(f"node/{path.stem}")
    return closed


def destroy_expired(now: dt.datetime) -> list[str]:
    """Delete the keys whose day ended more than 72 hours ago; returns their days."""
    oldest = local_date(now - KEPT)
    gone = []
    for path in sorted(_folder().glob("????-??-??.key")):
        if dt.date.fromisoformat(path.stem) < oldest:
            path.unlink(missing_ok=True)
            gone.append(path.stem)
    if gone:
        _read.cache_clear()
    return gone
