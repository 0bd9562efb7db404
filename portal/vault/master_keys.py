"""The node's master keys as they are now: the first wraps, every one opens.

They come from `YANLU_MASTER_KEY`, or else from a file that may change under a running process: a rotation
puts the new key first and leaves the old one second until nothing lies under it any more.
"""

import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.common.env import MASTER_KEYS_AT_MOST, hex_keys
from portal.common.errors import NotReady
from portal.common.files import replace_file
from portal.vault.primitives import CURRENT, Tampered, new_secret, pack, suite_of

MasterKeys = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    stamp: tuple[str, int, int, int]
    keys: MasterKeys


# The last file read. Replaced whole, so threads need no lock.
_kept: _Kept | None = None


def master_keys() -> MasterKeys:
    """The master keys, newest first. Raises `NotReady` when there is none, or none that can be read."""
    if settings.YANLU_MASTER_KEY:
        return _of_setting(settings.YANLU_MASTER_KEY)
    return _from_file(Path(settings.YANLU_MASTER_KEY_FILE))


def given_by_environment() -> bool:
    """Whether somebody outside hands the keys in: then Yanlu never writes them."""
    own = Path(settings.YANLU_SECRETS_DIR) / "master.key"
    return bool(settings.YANLU_MASTER_KEY) or Path(settings.YANLU_MASTER_KEY_FILE) != own


def _from_file(path: Path) -> MasterKeys:
    """Asks the file system every time, and reads again what was replaced or written since."""
    global _kept  # noqa: PLW0603  one value per process
    kept = _kept
    try:
        now = path.stat()
        stamp = (str(path), now.st_ino, now.st_size, now.st_mtime_ns)
        if kept is not None and kept.stamp == stamp:
            return kept.keys
        keys = _parsed(path.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError):
        raise NotReady from None
    _kept = _Kept(stamp, keys)
    return keys


@lru_cache(maxsize=1)
def _of_setting(text: str) -> MasterKeys:
    return _parsed(text)


def _parsed(text: str) -> MasterKeys:
    try:
        keys = tuple(bytes.fromhex(one) for one in hex_keys("YANLU_MASTER_KEY", text))
    except ImproperlyConfigured:
        raise NotReady from None
    if not keys:
        raise NotReady
    return keys


def wrap(secret: bytes, name: str) -> bytes:
    """A node secret under the newest master key, bound to its name. Raises `NotReady` without one."""
    return CURRENT.encrypt(master_keys()[0], secret, pack("yanlu-wrap", name))


def unwrap(wrapped: bytes, name: str, keys: MasterKeys | None = None) -> bytes:
    """The node secret again, under any of the master keys. Raises `Tampered` or `NotReady`."""
    suite = suite_of(wrapped)
    for key in keys or master_keys():
        try:
            return suite.decrypt(key, wrapped, pack("yanlu-wrap", name))
        except Tampered:
            continue
    raise Tampered


def opens_under_the_first(wrapped: bytes, name: str) -> bool:
    """Whether a wrapped secret needs none of the older master keys any more."""
    try:
        unwrap(wrapped, name, master_keys()[:1])
    except Tampered:
        return False
    return True


def write_master_keys(keys: MasterKeys) -> None:
    """Replace the file in one step: whoever reads it finds the keys before or those after, never a part.

    Raises `ValueError` where the keys come from the environment, or are none or too many.
    """
    if given_by_environment() or not 1 <= len(keys) <= MASTER_KEYS_AT_MOST:
        raise ValueError("these master keys are not Yanlu's to write")
    path = Path(settings.YANLU_MASTER_KEY_FILE)
    text = "".join(f"{key.hex()}\n" for key in keys)
    replace_file(path, text.encode(), mode=stat.S_IMODE(path.stat().st_mode))


def new_master_key() -> bytes:
    """A fresh one."""
    return new_secret()
