"""Receipts: 24 digits and a check digit that find a report and open its thread, and are stored nowhere.

The digits are a keyed hash of a one-time nonce the client made, so the same submission sent twice gets
the same receipt. From the digits come a lookup value, the thread key pair and the key of the proof: all by
suite 1 whatever suite is current, or a receipt would no longer find its report after a switch.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from stdnum.iso7064 import mod_11_10

from portal.vault.models import PurposeKey
from portal.vault.primitives import SODIUM, PrivateHalf, keyed_hash
from portal.vault.purpose_keys import ActiveKeys, active_keys

NONCE_BYTES = 16
DIGITS = 24
_SEPARATORS = re.compile(r"[\s\-‐‑‒–—―−·.,，。_]+")


@dataclass(frozen=True)
class ReceiptSecrets:
    """What grows from one receipt under one version of the node's keys."""

    digits: str = field(repr=False)
    key_version: int
    lookup: bytes
    thread_seed: bytes = field(repr=False)
    body_key: bytes = field(repr=False)

    @property
    def thread_public(self) -> bytes:
        """The sealing half of the thread key: all that is kept of the receipt."""
        return SODIUM.public_half(self.thread_seed).sealing


@dataclass(frozen=True)
class ThreadKey:
    """The private half of one report's thread key, in the hands of whoever showed the receipt."""

    report: UUID
    seed: bytes = field(repr=False)

    @cached_property
    def private(self) -> PrivateHalf:
        """What opens the office's words."""
        return SODIUM.private_half(self.seed)


def formatted(digits: str) -> str:
    """The receipt as people read it: five groups of five, the last digit checking the rest."""
    whole = digits + mod_11_10.calc_check_digit(digits)
    return "-".join(whole[at : at + 5] for at in range(0, 25, 5))


def parsed(text: str) -> str | None:
    """The 24 digits of a receipt as typed, or `None`; spaces, dashes and full width are fine."""
    bare = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text[:200]))
    if len(bare) != DIGITS + 1 or not (bare.isascii() and bare.isdigit()):
        return None
    return bare[:DIGITS] if mod_11_10.is_valid(bare) else None


def proof_key(digits: str) -> bytes:
    """The key of the digest in the proof of filing: from the receipt alone, so outsiders can check it."""
    return keyed_hash(b"", digits, person="yanlu-proof-key")


def _secrets(digits: str, version: int, receipt_key: bytes, lookup_key: bytes) -> ReceiptSecrets:
    return ReceiptSecrets(
        digits=digits,
        key_version=version,
        lookup=keyed_hash(lookup_key, digits, person="yanlu-lookup"),
        thread_seed=keyed_hash(receipt_key, digits, person="yanlu-thread"),
        body_key=keyed_hash(receipt_key, digits, person="yanlu-body"),
    )


def secrets_from_nonce(nonce: bytes, keys: ActiveKeys | None = None) -> list[ReceiptSecrets]:
    """What one submission's nonce gives, under every active key, newest first.

    A new report uses the first; a retry after a key change is found under one of the others. `keys`: those
    of `receipt` and `lookup`, where the caller has read them already.
    Raises `NotReady` without purpose keys, `ValueError` for a nonce of another length.
    """
    if len(nonce) != NONCE_BYTES:
        raise ValueError("a nonce has 16 bytes")
    keys = keys or active_keys(PurposeKey.Purpose.RECEIPT, PurposeKey.Purpose.LOOKUP)
    lookups = dict(keys[PurposeKey.Purpose.LOOKUP])
    found = []
    for version, key in keys[PurposeKey.Purpose.RECEIPT]:
        number = int.from_bytes(keyed_hash(key, nonce, person="yanlu-receipt"), "big")
        found.append(_secrets(f"{number % 10**DIGITS:0{DIGITS}d}", version, key, lookups[version]))
    return found


def secrets_from_digits(digits: str) -> list[ReceiptSecrets]:
    """What a shown receipt gives under every active key, newest first. Raises `NotReady`."""
    keys = active_keys(PurposeKey.Purpose.RECEIPT, PurposeKey.Purpose.LOOKUP)
    lookups = dict(keys[PurposeKey.Purpose.LOOKUP])
    return [
        _secrets(digits, version, key, lookups[version]) for version, key in keys[PurposeKey.Purpose.RECEIPT]
    ]
