"""Marks by which the node knows its own rows again: whoever merely writes the database can't make them.

Sealing needs public keys only, so a stranger can seal a false original, or point a row at another key; the
mark, under a purpose key that the master key wraps, is what they lack. Putting an older row back with its
own mark is not noticed by it.
"""

import hmac
import time

from portal.vault.master_keys import MasterKeys, master_keys
from portal.vault.models import PurposeKey
from portal.vault.primitives import Tampered, keyed_hash
from portal.vault.purpose_keys import active_keys

_KEPT_SECONDS = 60
_VERSION_BYTES = 2
_kept: tuple[float, MasterKeys, dict[int, bytes]] = (0.0, (), {})


def _keys(version: int | None = None) -> dict[int, bytes]:
    """The keys by version, newest first; kept for a minute, read anew for a version not known yet."""
    global _kept  # noqa: PLW0603  one process-wide copy of what is read for every row
    read_at, masters, keys = _kept
    fresh = time.monotonic() - read_at < _KEPT_SECONDS and masters == master_keys()
    if not fresh or not keys or (version is not None and version not in keys):
        keys = dict(active_keys(PurposeKey.Purpose.ROWS)[PurposeKey.Purpose.ROWS])
        _kept = (time.monotonic(), master_keys(), keys)
    return keys


def node_mac(person: str, *parts: bytes | str | int) -> bytes:
    """The node's mark over these parts; `person` (≤ 16 bytes) says what they are. Raises `NotReady`."""
    version, key = next(iter(_keys().items()))
    return version.to_bytes(_VERSION_BYTES, "big") + keyed_hash(key, *parts, person=person)


def check_node_mac(mark: bytes, person: str, *parts: bytes | str | int) -> None:
    """Returns when the node made this mark over these parts; raises `Tampered` otherwise."""
    version = int.from_bytes(mark[:_VERSION_BYTES], "big")
    key = _keys(version).get(version)
    if key is None:
        raise Tampered
    expected = keyed_hash(key, *parts, person=person)
    if not hmac.compare_digest(mark[_VERSION_BYTES:], expected):
        raise Tampered
