"""The front door to all cryptography in Yanlu: suites behind a number, and the node's own hash.

Every ciphertext, sealed box, signature and lock starts with one byte that names its suite, and is opened by
that suite whatever `YANLU_SUITE` says now. Failures to open are all the same `Tampered`.
"""

import secrets
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from portal.vault.suites.blake import digest, keyed_hash
from portal.vault.suites.contract import KEY_BYTES, SALT_BYTES, PrivateHalf, PublicHalf, Suite, Tampered
from portal.vault.suites.packing import pack, unpack, xor
from portal.vault.suites.sm import SmSuite, sm_works_here
from portal.vault.suites.sodium import SodiumSuite

__all__ = [
    "CURRENT",
    "KEY_BYTES",
    "SALT_BYTES",
    "SODIUM",
    "PrivateHalf",
    "PublicHalf",
    "Suite",
    "Tampered",
    "digest",
    "keyed_hash",
    "new_secret",
    "pack",
    "sm_works_here",
    "suite_numbered",
    "suite_of",
    "unpack",
    "xor",
]

SODIUM: Final = SodiumSuite()
"""Suite 1 under any setting: for what outsiders check with libsodium alone, and what grows from a receipt."""
_SUITES: Final[dict[int, Suite]] = {suite.number: suite for suite in (SODIUM, SmSuite())}


def suite_numbered(number: int) -> Suite:
    """The suite of this number. Raises `Tampered` for an unknown one."""
    try:
        return _SUITES[number]
    except KeyError:
        raise Tampered from None


def suite_of(blob: bytes) -> Suite:
    """The suite that made this ciphertext, box or signature. Raises `Tampered` for an unknown one."""
    return suite_numbered(blob[0] if blob else 0)


if TYPE_CHECKING:
    CURRENT: Suite
else:

    class _Current:
        """Asks the setting at every use, so that nothing is decided at import."""

        def __getattr__(self, name: str) -> Any:
            return getattr(_SUITES[settings.YANLU_SUITE], name)

    CURRENT = _Current()
"""The suite new things are made with: the one `YANLU_SUITE` names."""


def new_secret(size: int = KEY_BYTES) -> bytes:
    """Random bytes from the operating system."""
    return secrets.token_bytes(size)
