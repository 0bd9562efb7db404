"""Keyed BLAKE2b: suite 1's hash, and the node's own under every suite (docs/adr/0007)."""

from nacl import encoding
from nacl.hash import blake2b

from portal.vault.suites.contract import KEY_BYTES
from portal.vault.suites.packing import pack


def keyed_hash(key: bytes, *parts: bytes | str | int, person: str, size: int = KEY_BYTES) -> bytes:
    """Keyed BLAKE2b over packed parts; `person` (≤ 16 bytes) keeps uses apart."""
    return blake2b(
        pack(*parts), digest_size=size, key=key, person=person.encode(), encoder=encoding.RawEncoder
    )


def digest(*parts: bytes | str | int, person: str) -> bytes:
    """Unkeyed BLAKE2b, 32 bytes, for fingerprints and chains."""
    return keyed_hash(b"", *parts, person=person)
